//! Events that bring several quantities at once: the numbers of their lines, and whether a later statement is whole.
//!
//! The first line of an event bears the event's own id, the others the id with their place behind it (`e4`, `e4#2`,
//! `e4#3`), so that a line keeps its number however many quantities the event is said to have. A row of a table is one
//! line; only formats of events bring several lines under one row number.
//!
//! Absent: the quantities themselves. That a line of a known number came with another content is seen as for every line.

use std::ops::Range;

use super::rows::Rows;

/// The number of an event's line; `nth` counts from 1. An event without id has lines without numbers.
#[must_use]
pub fn line_id(event: &str, nth: usize) -> String {
    if nth < 2 || event.is_empty() {
        event.to_owned()
    } else {
        format!("{event}#{nth}")
    }
}

/// The event of a line, and the line's place in it.
fn place(line_id: &str) -> (&str, usize) {
    let split = line_id.rsplit_once('#');
    let numbered = split.and_then(|(event, nth)| Some((event, nth.parse().ok()?)));
    numbered.filter(|(_, nth)| *nth > 1).unwrap_or((line_id, 1))
}

/// The number that the next quantity of the same event would have.
pub(crate) fn following(line: &str) -> String {
    let (event, nth) = place(line);
    line_id(event, nth.saturating_add(1))
}

/// Whether rows of a format are events.
pub(crate) fn is_of_events(format: &str) -> bool {
    format.starts_with("epcis_")
}

/// The rows from `at` on that came with one event.
pub(crate) fn lines(rows: &Rows, at: usize) -> Range<usize> {
    let number = rows.row.get(at);
    let more = rows.row.iter().skip(at);
    at..at + more.take_while(|r| Some(*r) == number).count()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers() {
        for (event, nth, id, next) in [
            ("e4", 1, "e4", "e4#2"),
            ("e4", 2, "e4#2", "e4#3"),
            (
                "ni:///sha-256;a#9?x",
                1,
                "ni:///sha-256;a#9?x",
                "ni:///sha-256;a#9?x#2",
            ),
            ("e#x", 10, "e#x#10", "e#x#11"),
            ("e#1", 1, "e#1", "e#1#2"),
        ] {
            assert_eq!(line_id(event, nth), id);
            assert_eq!(following(id), next);
        }
        assert_eq!(line_id("", 2), "");
    }
}
