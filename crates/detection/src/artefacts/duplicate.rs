//! The same goods entered twice: two halves of one amount, one counterparty and nearly one day, of which the other side
//! knows one.
//!
//! Of two lines that say the same the later one is in question. Lines are compared with the nearest before them of their
//! own kind, so that a month of a hundred thousand equal packs costs no more than sorting them.

use std::collections::BTreeMap;

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
    let mut before = BTreeMap::new();
    for item in within {
        let same = (item.date, item.kind, item.kg.to_bits());
        if before.insert(same, ()).is_some() {
            all.push(Candidate {
                line: item.line,
                change: Change::DoubtItem(item.period, -item.sign * item.kg),
            });
        }
    }
    // A stocktake has no other side but the balances before and after it.
    for (at, count) in book.counts.iter().enumerate() {
        if let ([first, ..], true) = (count.lines.as_slice(), count.twice) {
            all.push(Candidate {
                line: *first,
                change: Change::DoubtCount(at, -kilograms(count.ug / 2), Neighbours::Any),
            });
        }
    }
    all
}

/// The nearest half before, of one amount and party.
#[derive(Default)]
struct Before<'a> {
    any: Option<&'a Item>,
    /// To which the other side says nothing.
    alone: Option<&'a Item>,
    /// Of which the other side has half: two lines in one consignment share what it says.
    halved: Option<&'a Item>,
}

fn halves(book: &Book) -> Vec<Candidate> {
    let mut all = Vec::new();
    let mut before: BTreeMap<_, Before<'_>> = BTreeMap::new();
    for item in book.items.iter().filter(|i| i.kind.is_half()) {
        let same = (item.kind, item.party, item.kg.to_bits());
        let before = before.entry(same).or_default();
        let halved = item
            .other
            .is_some_and(|o| (2.0 * o.kg - item.kg).abs() <= CLOSELY * item.kg);
        let near = |i: &&Item| item.date.minus(i.date) <= DAYS;
        let with_other = || match halved {
            true => before.alone.filter(near).or(before.halved.filter(near)),
            false => before.alone.filter(near),
        };
        let earlier = match item.other {
            None => before.any.filter(near),
            Some(_) => with_other(),
        };
        if let Some(earlier) = earlier {
            // Either may be the one too many; a line has one slip.
            let mut periods = vec![item.period];
            periods.extend((earlier.period != item.period).then_some(earlier.period));
            all.extend(periods.into_iter().map(|t| Candidate {
                line: item.line,
                change: Change::Move(vec![(t, -item.sign * item.kg)]),
            }));
        }
        before.any = Some(item);
        match item.other {
            None => before.alone = Some(item),
            Some(_) if halved => before.halved = Some(item),
            Some(_) => {}
        }
    }
    all
}
