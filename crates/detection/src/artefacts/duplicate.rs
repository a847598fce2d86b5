//! The same goods entered twice: two halves of one amount, one counterparty and nearly one day, of which the other side
//! knows one.

use super::{Candidate, Change, Neighbours};
use crate::book::{Book, Item, kilograms};

/// Days between two entries of the same goods, at most.
const DAYS: i32 = 3;
/// Of the amount, how closely the other side must have one of the two.
const CLOSELY: f64 = 0.01;

pub(super) fn candidates(book: &Book) -> Vec<Candidate> {
    let mut all = halves(book);
    // Within a site nobody else speaks: the same line twice on one day is believed less.
    let within = book.items.iter().filter(|i| !i.kind.is_half());
    all.extend(
        within
            .filter(|i| twice_on_a_day(book, i))
            .map(|item| Candidate {
                line: item.line,
                change: Change::DoubtItem(item.period, -item.sign * item.kg),
            }),
    );
    // A stocktake has no other side but the balances before and after it.
    for (at, count) in book.counts.iter().enumerate() {
        if let ([first, _], true) = (count.lines.as_slice(), count.ug % 2 == 0) {
            all.push(Candidate {
                line: *first,
                change: Change::DoubtCount(at, -kilograms(count.ug / 2), Neighbours::Any),
            });
        }
    }
    all
}

fn halves(book: &Book) -> Vec<Candidate> {
    let halves = book.items.iter().filter(|i| i.kind.is_half());
    halves
        .filter(|item| twice(book, item))
        .map(|item| Candidate {
            line: item.line,
            change: Change::Move(vec![(item.period, -item.sign * item.kg)]),
        })
        .collect()
}

fn twice_on_a_day(book: &Book, item: &Item) -> bool {
    book.items.iter().any(|other| {
        other.line < item.line
            && other.kind == item.kind
            && other.date == item.date
            && other.kg.total_cmp(&item.kg).is_eq()
    })
}

/// Whether an earlier line says the same, and the other side has no more than one of the two.
fn twice(book: &Book, item: &Item) -> bool {
    let same = |other: &&Item| {
        other.line < item.line
            && other.kind == item.kind
            && other.kg.total_cmp(&item.kg).is_eq()
            && other.party == item.party
            && other.date.minus(item.date).abs() <= DAYS
    };
    book.items
        .iter()
        .filter(same)
        .any(|earlier| match (item.other, earlier.other) {
            (None, _) | (_, None) => true,
            // Of two lines in one consignment each has half of what the other side says.
            (Some(own), Some(before)) => (own.kg + before.kg - item.kg).abs() <= CLOSELY * item.kg,
        })
}
