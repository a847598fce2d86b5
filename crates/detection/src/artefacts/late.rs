//! The other side reports a consignment, or a part of one, that this side has not reported: it is placed at the other side's
//! day.

use std::collections::BTreeMap;

use weighbridge_books::registry::HolderId;

use super::{Candidate, Change};
use crate::book::{Book, Item, Role, Unanswered};

/// Days between a half and parts of its own side that were reported alone.
const DAYS: i32 = 31;
/// Lines that may be the part that was reported, the nearest ones.
const PARTS_MAX: usize = 16;
/// Share of an amount by which the other side must have more for a part to be missing.
const PART: f64 = 0.05;

/// This side's lines to which the other side says nothing, by role and party, each by date.
pub(crate) type Alone<'a> = BTreeMap<(Role, HolderId), Vec<&'a Item>>;

pub(crate) fn lines_alone(book: &Book) -> Alone<'_> {
    let mut alone = Alone::new();
    for item in book.items.iter().filter(|i| i.other.is_none()) {
        if let Some(party) = item.party {
            alone.entry((item.role, party)).or_default().push(item);
        }
    }
    alone
}

/// Where a half without an answer would leave least over: the share of it that is really left over, the period, and what it
/// would add there, kg.
pub(crate) fn asked_for(
    book: &Book,
    alone: &Alone<'_>,
    balances: &[f64],
    half: &Unanswered,
) -> Option<(f64, usize, f64)> {
    let own = alone.get(&(half.role, half.party));
    let candidates = whole(book, half, own.map_or(&[][..], Vec::as_slice));
    let changes = candidates.iter().flat_map(|c| c.change.by());
    let shares = changes.filter_map(|(t, kg)| {
        let y = balances.get(t)?;
        (kg != 0.0).then(|| ((y.abs() - (y + kg).abs()) / kg.abs(), t, kg))
    });
    shares.max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)))
}

pub(super) fn candidates(book: &Book) -> Vec<Candidate> {
    let alone = lines_alone(book);
    let mut all: Vec<Candidate> = book
        .unanswered
        .iter()
        .flat_map(|h| {
            let own = alone.get(&(h.role, h.party)).map_or(&[][..], Vec::as_slice);
            whole(book, h, own)
        })
        .collect();
    all.extend(book.items.iter().flat_map(parts));
    all
}

/// What this side would have, kg of its balance.
fn signed(role: Role, kg: f64) -> f64 {
    match role {
        Role::Receipts => kg,
        Role::Issues | Role::Process => -kg,
    }
}

/// A half without an answer: none of it was reported, or a part of it stands alone.
/// `alone` are this side's lines with that party to which it says nothing, by date.
fn whole(book: &Book, half: &Unanswered, alone: &[&Item]) -> Vec<Candidate> {
    let Some(period) = book.period_of(half.date) else {
        return Vec::new();
    };
    // What was sent may have come in the next period, what came may have left in the one before; of the two the one that
    // asks for it is taken.
    let periods = match half.role {
        Role::Receipts => period..(period + 2).min(book.spans.len()),
        Role::Issues | Role::Process => period.saturating_sub(1)..period + 1,
    };
    let from = alone.partition_point(|i| half.date.minus(i.date) > DAYS);
    let near = alone.get(from..).unwrap_or(&[]).iter();
    let near = near.take_while(|i| i.date.minus(half.date) <= DAYS);
    let mut parts: Vec<&&Item> = near.filter(|i| i.kg < half.kg).collect();
    parts.sort_by(|a, b| {
        let days = |i: &Item| i.date.minus(half.date).abs();
        days(a).cmp(&days(b)).then(b.kg.total_cmp(&a.kg))
    });
    let alone = parts.into_iter().take(PARTS_MAX);
    let reported: Vec<f64> = std::iter::once(0.0).chain(alone.map(|i| i.kg)).collect();
    let changes = periods.flat_map(|t| reported.iter().map(move |kg| (t, half.kg - kg)));
    changes
        .map(|(t, kg)| Candidate {
            line: half.line,
            change: Change::Move(vec![(t, signed(half.role, kg))]),
        })
        .collect()
}

/// A lot of the other side that this side does not name, or more in a lot than it has.
fn parts(item: &Item) -> Vec<Candidate> {
    let Some(other) = item.other.filter(|o| !o.disputed) else {
        return Vec::new();
    };
    let more = other.kg - item.kg;
    let parts = [
        (other.other_lots > 0.0).then_some(other.other_lots),
        (more > PART * item.kg).then_some(more),
    ];
    let parts = parts.into_iter().flatten();
    parts
        .map(|kg| Candidate {
            line: item.line,
            change: Change::Move(vec![(item.period, signed(item.role, kg))]),
        })
        .collect()
}
