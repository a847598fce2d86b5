//! Rows of the holder wait in quarantine: until they are brought in, a balance is believed less by what they may weigh.

use super::{Candidate, Change, usual};
use crate::book::Book;

/// A row is taken to weigh no more than twice the usual.
const USUAL: f64 = 2.0;

/// `balances` are those that the other hypotheses left, kg.
pub(super) fn candidates(book: &Book, balances: &[f64]) -> Vec<Candidate> {
    let usual = usual(book, |_| true).unwrap_or(0.0);
    let mut all = Vec::new();
    for waiting in &book.waiting {
        let spans = book.spans.iter().zip(balances).enumerate();
        let within = spans.filter(|(_, (s, _))| s.from <= waiting.to && waiting.from <= s.to);
        // A row belongs to one period: of those with most left over no more are doubted than there are rows.
        let mut within: Vec<(usize, &f64)> = within.map(|(t, (_, y))| (t, y)).collect();
        within.sort_by(|(t, a), (u, b)| b.abs().total_cmp(&a.abs()).then(t.cmp(u)));
        within.truncate(usize::try_from(waiting.rows).unwrap_or(usize::MAX));
        all.extend(within.into_iter().map(|(t, y)| {
            let kg = (f64::from(waiting.rows) * USUAL * usual).min(y.abs());
            Candidate {
                line: waiting.line,
                change: Change::DoubtItem(t, -kg.copysign(*y)),
            }
        }));
    }
    all
}
