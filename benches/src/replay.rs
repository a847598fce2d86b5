//! Replay of the journal, and views of the books that come out.

use std::path::Path;
use std::time::Duration;

use weighbridge_books::Books;
use weighbridge_books::substances::trace::Direction;
use weighbridge_journal::SqliteStore;
use weighbridge_measure::Date;

use crate::{Failure, best, row};

pub(crate) fn replay(folder: &Path) -> Result<Books, Failure> {
    let store = SqliteStore::open_read(&folder.join("journal"))?;
    let (took, books) = best(2, || {
        weighbridge::account::replay(&store, None, &mut |_| {}).map_err(|e| format!("{e:?}"))
    });
    let mut books = books?;
    let lines = books.substances.lines().len() as f64 / 1e6;
    row(
        "replay: decode on one core, apply on the other",
        lines,
        "M lines",
        took,
    );
    let (index, ()) = best(1, || books.substances.catch_up());
    row("replay: index", lines, "M lines", index);
    let (settle, ()) = best(1, || books.settle());
    row("replay: match", lines, "M lines", settle);
    row(
        "**replay, ready to answer**",
        lines,
        "M lines",
        took + index + settle,
    );
    books.substances.shrink();
    let per_line = books.substances.memory_bytes() as f64 / (lines * 1e6);
    println!("| **memory a line, indexes included** | {per_line:.1} B | | |");
    for (what, bytes) in books.substances.memory() {
        println!(
            "| — of it: {what} | {:.1} B | | |",
            bytes as f64 / (lines * 1e6)
        );
    }
    Ok(books)
}

pub(crate) fn views(books: &mut Books, lines: f64) {
    let ledger = &books.substances;
    let days: Vec<u16> = ledger.lines().iter().map(|l| l.date().days()).collect();
    let (first, last) = (
        days.iter().min().copied().unwrap_or(0),
        days.iter().max().copied().unwrap_or(0),
    );
    let middle = Date::from_days(first + (last - first) / 2);
    let (took, n) = best(5, || ledger.balances(middle).len());
    row(
        &format!("**all {n} balances at a past date**"),
        lines,
        "M lines",
        took,
    );
    let (took, n) = best(2, || {
        ledger.consignments(&books.registry, Date::MAX).count()
    });
    row(
        &format!("compare all {n} consignments"),
        lines,
        "M lines",
        took,
    );
    let (took, trace) = best(1, || ledger.trace());
    row("build the graph of lots", lines, "M lines", took);
    let nodes: Vec<_> = (1..=u32::try_from(ledger.lots()).unwrap_or(0))
        .step_by(ledger.lots() / 200 + 1)
        .collect();
    let mut longest = (0, Duration::ZERO);
    for lot in nodes {
        for node in trace.nodes_of(lot).take(1).collect::<Vec<_>>() {
            for direction in [Direction::Forward, Direction::Backward] {
                let (took, steps) = best(3, || trace.follow(node, direction).len());
                longest = longest.max((steps, took));
            }
        }
    }
    row(
        "**trace of a lot** (longest of 200)",
        longest.0 as f64,
        "steps",
        longest.1,
    );
}
