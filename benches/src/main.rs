//! Rates of the account on a generated province: `cargo run --release -p weighbridge-benches -- LINES FOLDER`; of the
//! statistics of balances: `… -- nightly`.
//!
//! Prints a table in Markdown; `benches/peers.py` reads the same lines (`FOLDER/lines.csv`) with other engines. Every
//! figure is the best of the runs named beside it, on one core unless said otherwise.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints")]

mod chain;
mod limits;
mod nightly;
mod phases;
mod program;
mod proofs;
mod province;
mod replay;

use std::path::PathBuf;
use std::time::{Duration, Instant};

use weighbridge_simulate::province::Province;

type Failure = Box<dyn std::error::Error>;

/// Entries of the journal in which a proof is timed.
const LARGE: u64 = 100_000_000;

const HEADER: &str = "| what | amount | seconds | rate |\n| --- | --- | --- | --- |";

fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let first = args.next();
    if first.as_deref() == Some("nightly") {
        println!("{HEADER}");
        nightly::nightly();
        return Ok(());
    }
    let lines: u64 = first.as_deref().unwrap_or("1000000").parse()?;
    let folder = PathBuf::from(args.next().unwrap_or_else(|| "target/bench".into()));
    std::fs::create_dir_all(&folder)?;
    let _ = std::fs::remove_dir_all(folder.join("journal"));
    println!("{HEADER}");
    let file = province::generate(lines, &folder)?;
    let holders = || Province::new(province::plan(lines)).holders();
    let sizes = limits::limits(&file, &folder)?;
    program::import(&file, &folder, holders())?;
    drop(phases::import(&file, &folder, holders())?);
    let mut books = replay::replay(&folder)?;
    replay::views(&mut books, sizes.lines);
    drop(books);
    chain::chain()?;
    proofs::verify(&folder)?;
    proofs::large(LARGE, &folder)
}

fn row(what: &str, amount: f64, unit: &str, took: Duration) {
    let rate = amount / took.as_secs_f64();
    println!(
        "| {what} | {amount:.2} {unit} | {:.3} | {rate:.2} {unit}/s |",
        took.as_secs_f64()
    );
}

fn best<T>(runs: u32, mut work: impl FnMut() -> T) -> (Duration, T) {
    let mut fastest: Option<(Duration, T)> = None;
    for _ in 0..runs {
        let start = Instant::now();
        let result = work();
        let took = start.elapsed();
        if fastest.as_ref().is_none_or(|(t, _)| took < *t) {
            fastest = Some((took, result));
        }
    }
    fastest.unwrap_or_else(|| unreachable!("at least one run"))
}
