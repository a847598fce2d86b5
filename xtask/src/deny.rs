//! Licences and sources of what is built in, read from `cargo metadata` and the lists of `deny.toml`.
//!
//! cargo-deny sees more (advisories, other platforms); this runs wherever the tests run and needs nothing installed.

use serde_json::Value;
use std::process::Command;

use crate::tree::root;

/// Strings of the list `key = [ … ]` in a TOML file as `deny.toml` is written: one item a line.
fn list<'t>(toml: &'t str, key: &str) -> Vec<&'t str> {
    let lines = toml
        .lines()
        .skip_while(|l| !l.starts_with(&format!("{key} = [")))
        .skip(1);
    lines
        .take_while(|l| !l.starts_with(']'))
        .filter_map(|l| l.split('"').nth(1))
        .collect()
}

/// Whether an SPDX expression can be met by allowed licences. `/` is the old spelling of OR.
fn allowed(expression: &str, list: &[&str]) -> bool {
    let text = expression
        .replace('/', " OR ")
        .replace('(', " ( ")
        .replace(')', " ) ");
    let text = text.replace(" WITH ", "\u{a0}WITH\u{a0}");
    let words: Vec<String> = text
        .split(' ')
        .filter(|w| !w.is_empty())
        .map(|w| w.replace('\u{a0}', " "))
        .collect();
    let mut rest = words.as_slice();
    either(&mut rest, list) && rest.is_empty()
}

fn either(rest: &mut &[String], list: &[&str]) -> bool {
    let mut fits = both(rest, list);
    while rest.first().is_some_and(|w| w == "OR") {
        *rest = &rest[1..];
        fits |= both(rest, list);
    }
    fits
}

fn both(rest: &mut &[String], list: &[&str]) -> bool {
    let mut fits = one(rest, list);
    while rest.first().is_some_and(|w| w == "AND") {
        *rest = &rest[1..];
        fits &= one(rest, list);
    }
    fits
}

fn one(rest: &mut &[String], list: &[&str]) -> bool {
    let Some((word, tail)) = rest.split_first() else {
        return false;
    };
    *rest = tail;
    if word != "(" {
        return list.contains(&word.as_str());
    }
    let fits = either(rest, list);
    *rest = rest.split_first().map_or(*rest, |(_, tail)| tail);
    fits
}

/// Packages that `deny.toml` does not allow.
pub(crate) fn check(metadata: &Value, toml: &str) -> Vec<String> {
    let licences = list(toml, "allow");
    let banned: Vec<&str> = list(toml, "deny");
    let none = Vec::new();
    let mut wrong = Vec::new();
    for package in metadata["packages"].as_array().unwrap_or(&none) {
        let name = package["name"].as_str().unwrap_or_default();
        let Some(source) = package["source"].as_str() else {
            continue;
        };
        let licence = package["license"].as_str().unwrap_or("none stated");
        if !allowed(licence, &licences) {
            wrong.push(format!("{name}: licence {licence}"));
        }
        if !source.starts_with("registry+") {
            wrong.push(format!("{name}: comes from {source}"));
        }
        if banned.contains(&name) && !toml.contains(&format!("crate = \"{name}\", wrappers")) {
            wrong.push(format!("{name}: banned"));
        }
    }
    wrong
}

/// Everything that is built on this computer, with licences.
///
/// # Errors
/// Where cargo or rustc cannot be run or say something else.
pub(crate) fn metadata() -> Result<Value, String> {
    let run = |program: &str, arguments: &[&str]| {
        let output = Command::new(program)
            .args(arguments)
            .current_dir(root())
            .output();
        output
            .map(|o| String::from_utf8_lossy(&o.stdout).into_owned())
            .map_err(|e| e.to_string())
    };
    let version = run("rustc", &["-vV"])?;
    let host = version
        .lines()
        .find_map(|l| l.strip_prefix("host: "))
        .ok_or("rustc names no host")?;
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let text = run(
        cargo,
        &[
            "metadata",
            "--offline",
            "--format-version",
            "1",
            "--filter-platform",
            host,
        ],
    )?;
    serde_json::from_str(&text).map_err(|e| e.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn licences_bans_and_sources() {
        let toml = std::fs::read_to_string(root().join("deny.toml")).unwrap();
        assert!(
            list(&toml, "allow").contains(&"Apache-2.0")
                && list(&toml, "deny").contains(&"reqwest")
        );
        let metadata = metadata().unwrap();
        assert!(metadata["packages"].as_array().unwrap().len() > 50);
        assert_eq!(check(&metadata, &toml), Vec::<String>::new());
    }

    #[test]
    fn expressions() {
        let list = ["MIT", "Apache-2.0 WITH LLVM-exception", "BSD-3-Clause"];
        for (expression, fits) in [
            ("MIT", true),
            ("MIT/Apache-2.0", true),
            ("GPL-3.0 OR MIT", true),
            ("GPL-3.0 AND MIT", false),
            ("(GPL-3.0 OR MIT) AND BSD-3-Clause", true),
            ("(GPL-3.0 OR MIT) AND ISC", false),
            ("Apache-2.0 WITH LLVM-exception OR GPL-2.0", true),
            ("none stated", false),
        ] {
            assert_eq!(allowed(expression, &list), fits, "{expression}");
        }
    }
}
