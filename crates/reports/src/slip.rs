//! Rows of a balance that does not close which look as if a unit had been written a thousand times too large or small.
//!
//! A question for people: nothing is changed and nothing is left out because of it.

use std::collections::BTreeMap;

use weighbridge_books::Books;
use weighbridge_books::substances::line::LineNo;
use weighbridge_measure::Date;

use crate::check::BalanceItem;

/// Masses and rows of a series by kind.
type Kinds = BTreeMap<u8, Vec<(i128, LineNo)>>;

/// Rows of one kind below which nothing can be called usual.
const KIND_MIN: usize = 4;
/// A slip of three decimal places, give or take a factor of three around the median.
const FACTOR: std::ops::RangeInclusive<i128> = 333..=3_000;
/// Balances looked at, largest difference first: as many as the report shows.
const BALANCES_MAX: usize = 200;

/// The row that would explain most of what a balance leaves over, by number of the series; a balance without one is
/// left out.
pub(crate) fn find(books: &Books, as_of: Date, balances: &[BalanceItem]) -> BTreeMap<u32, LineNo> {
    let figure = |b: &BalanceItem| b.unexplained_ug.map_or(0, i128::unsigned_abs);
    let mut open: Vec<&BalanceItem> = balances.iter().filter(|b| figure(b) > 0).collect();
    open.sort_by_key(|b| std::cmp::Reverse(figure(b)));
    let mut series: BTreeMap<u32, (u128, Kinds)> = (open.iter())
        .take(BALANCES_MAX)
        .map(|b| (b.balance.number, (figure(b), Kinds::new())))
        .collect();
    if series.is_empty() {
        return BTreeMap::new();
    }
    let lines = books.substances.lines();
    for l in lines.iter().filter(|l| l.is_live() && l.date() <= as_of) {
        if let Some((_, kinds)) = series.get_mut(&l.series()) {
            let kind = kinds.entry(l.kind() as u8).or_default();
            kind.push((i128::from(l.base_ug()), l.number()));
        }
    }
    (series.into_iter())
        .filter_map(|(number, (figure, kinds))| {
            let doubts = kinds.into_values().flat_map(doubts);
            let distance = |off: &u128| off.abs_diff(figure);
            // Of several slips in one series each explains a part.
            let explains = doubts.filter(|(off, _)| (figure / 4..=figure * 2).contains(off));
            let nearest = explains.min_by_key(|(off, line)| (distance(off), *line));
            nearest.map(|(_, line)| (number, line))
        })
        .collect()
}

/// The rows of a kind that are about a thousand times its median, or a thousandth of it, each after what it is off by.
fn doubts(mut rows: Vec<(i128, LineNo)>) -> Vec<(u128, LineNo)> {
    rows.sort_unstable();
    let (Some(&(median, _)), true) = (rows.get(rows.len() / 2), rows.len() >= KIND_MIN) else {
        return Vec::new();
    };
    let slips = |mass: i128| {
        (median > 0 && FACTOR.contains(&(mass / median)))
            || (mass > 0 && FACTOR.contains(&(median / mass)))
    };
    rows.retain(|(mass, _)| slips(*mass));
    let off = |(mass, line): (i128, LineNo)| (mass.abs_diff(median), line);
    rows.into_iter().map(off).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_thousand_times_the_usual() {
        for (masses, want) in [
            (vec![50_000, 48_000, 52_000, 49_500_000], Some(3)),
            (vec![50_000, 48_000, 52_000, 51], Some(3)),
            (vec![50_000, 48_000, 52_000, 500_000], None),
            (vec![50_000, 48_000, 50_000_000], None),
            (vec![0, 0, 0, 0, 1_000], None),
            (vec![], None),
        ] {
            let rows = (0..).zip(masses).map(|(line, mass)| (mass, line)).collect();
            assert_eq!(doubts(rows).first().map(|(_, line)| *line), want);
        }
    }
}
