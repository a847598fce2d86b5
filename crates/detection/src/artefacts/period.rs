//! Goods booked in another period than on the other side: the copy takes the other side's day.

use super::{Candidate, Change};
use crate::book::Book;

pub(super) fn candidates(book: &Book) -> Vec<Candidate> {
    let with_other = book.items.iter().filter_map(|i| Some((i, i.other?)));
    with_other
        .filter(|(_, other)| !other.disputed)
        .filter_map(|(item, other)| {
            let period = book.period_of(other.date).filter(|t| *t != item.period)?;
            let kg = item.sign * item.kg;
            Some(Candidate {
                line: item.line,
                change: Change::Move(vec![(item.period, -kg), (period, kg)]),
            })
        })
        .collect()
}
