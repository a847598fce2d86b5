//! Chores of the workspace: `cargo xtask tidy` lists what breaks a rule, `cargo xtask picture` draws terminal output.
//!
//! The rules run as ordinary tests of this crate, so that nothing is checked by a server alone.

mod deny;
mod docs;
mod edges;
mod picture;
mod text;
mod tree;
mod unused;

use std::io::{Read as _, Write as _};
use std::process::ExitCode;

const USAGE: &str = "\
usage: cargo xtask tidy                    list what breaks a rule of the house
       cargo xtask picture TITLE < OUTPUT  draw terminal output as SVG
";

fn tidy() -> Result<String, String> {
    let pages = tree::pages().map_err(|e| e.to_string())?;
    let metadata = edges::metadata()?;
    let mut wrong = edges::check(&metadata);
    wrong.extend(unused::check(&metadata, &pages));
    let lists =
        std::fs::read_to_string(tree::root().join("deny.toml")).map_err(|e| e.to_string())?;
    wrong.extend(deny::check(&deny::metadata()?, &lists));
    for rule in [
        text::lengths,
        text::module_docs,
        text::words,
        text::sources,
        text::bans,
        docs::links,
        docs::paths,
        docs::codes,
        docs::headers,
    ] {
        wrong.extend(rule(&pages));
    }
    if wrong.is_empty() {
        Ok(String::new())
    } else {
        Err(format!("{}\n", wrong.join("\n")))
    }
}

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let result = match arguments.as_slice() {
        ["tidy"] => tidy(),
        ["picture", title] => {
            let mut text = String::new();
            std::io::stdin()
                .read_to_string(&mut text)
                .map(|_| picture::svg(title, &text))
                .map_err(|e| format!("{e}\n"))
        }
        _ => Err(USAGE.to_owned()),
    };
    match result {
        Ok(text) => drop(std::io::stdout().write_all(text.as_bytes())),
        Err(text) => {
            drop(std::io::stderr().write_all(text.as_bytes()));
            return ExitCode::FAILURE;
        }
    }
    ExitCode::SUCCESS
}
