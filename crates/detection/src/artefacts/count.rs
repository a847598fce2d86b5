//! A stocktake that was wrong, or a line on the wrong side of one: what is left over before it comes back after it.
//!
//! Nothing is moved. The count is believed less, so that the two balances beside it say little, and their sum says all that
//! it said.

use super::{Candidate, Change, Neighbours};
use crate::book::Book;

/// Twice the median of all other balances, without their signs, is not worth doubting a count.
const WORTH: f64 = 2.0;

/// `balances` are those that the other hypotheses left, kg.
pub(super) fn candidates(book: &Book, balances: &[f64]) -> Vec<Candidate> {
    let usual = |t: usize| {
        let others = balances.iter().enumerate();
        let others = others.filter(|(u, _)| *u != t && *u != t + 1);
        let sizes: Vec<f64> = others.map(|(_, y)| y.abs()).collect();
        weighbridge_accountancy::scale::median(&sizes).unwrap_or(0.0)
    };
    let pairs = balances.windows(2).enumerate();
    pairs
        .filter_map(|(t, pair)| {
            let [before, after] = pair else { return None };
            let off = (before - after) / 2.0;
            let count = book.counts.get(t + 1)?;
            let opposite = before * after < 0.0 && off.abs() > WORTH * usual(t);
            opposite.then(|| {
                Some(Candidate {
                    line: *count.lines.first()?,
                    change: Change::DoubtCount(t + 1, off, Neighbours::Both),
                })
            })?
        })
        .collect()
}
