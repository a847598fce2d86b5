//! A unit mistaken for another. With the other side's amount at that ratio the copy takes it; alone, an amount that a known
//! factor brings back to what is usual is only believed less.

use weighbridge_accountancy::scale::median;

use super::{Candidate, Change, Neighbours, at_ratio};
use crate::book::{Book, Item, Role, kilograms};

/// Own amount over the right one: grams and milligrams for kilograms, pounds, percent for a share, and the reverse.
pub(super) const RATIOS: [f64; 10] = [
    1e3,
    1e-3,
    1e6,
    1e-6,
    100.0,
    0.01,
    2.204_622_621_848_776,
    1.0 / 2.204_622_621_848_776,
    453.592_37,
    1.0 / 453.592_37,
];
/// Amounts within this factor of the median are usual, whatever their ratio.
const USUAL: f64 = 30.0;
/// Amounts of a kind below which nothing can be called usual.
const KIND_MIN: usize = 4;
/// The corrected amount lies within three median absolute deviations of the usual, of logarithms; at least by this factor.
const DEVIATIONS: f64 = 3.0;
const SPREAD_MIN: f64 = 0.5;

pub(super) fn candidates(book: &Book) -> Vec<Candidate> {
    let mut all = at_ratio(book, &RATIOS);
    let roles = [Role::Receipts, Role::Issues, Role::Process];
    for (role, sign) in roles.into_iter().flat_map(|r| [(r, 1.0), (r, -1.0)]) {
        let same = |i: &&Item| i.role == role && i.sign == sign;
        let usual = Usual::of(book.items.iter().filter(same).map(|i| i.kg));
        let alone = book.items.iter().filter(same).filter(|i| i.other.is_none());
        all.extend(alone.filter_map(|i| {
            let off = usual.as_ref()?.off(i.kg)?;
            Some(Candidate {
                line: i.line,
                change: Change::DoubtItem(i.period, i.sign * off),
            })
        }));
    }
    let stocks = book.counts.iter().map(|c| kilograms(c.ug));
    let usual = Usual::of(stocks.clone());
    let counted = book.counts.iter().zip(stocks).enumerate();
    all.extend(counted.filter_map(|(at, (count, kg))| {
        let off = usual.as_ref()?.off(kg)?;
        Some(Candidate {
            line: *count.lines.first()?,
            change: Change::DoubtCount(at, off, Neighbours::Any),
        })
    }));
    all
}

/// What amounts of a kind usually are.
struct Usual {
    centre: f64,
    spread: f64,
}

impl Usual {
    fn of(kg: impl Iterator<Item = f64>) -> Option<Usual> {
        let logs: Vec<f64> = kg.filter(|kg| *kg > 0.0).map(libm::log).collect();
        if logs.len() < KIND_MIN {
            return None;
        }
        let centre = median(&logs)?;
        let away: Vec<f64> = logs.iter().map(|l| (l - centre).abs()).collect();
        let spread = (DEVIATIONS * median(&away)?).max(SPREAD_MIN);
        Some(Usual { centre, spread })
    }

    /// What would have to be added to an amount that a known factor brings back to the usual, kg.
    fn off(&self, kg: f64) -> Option<f64> {
        if kg <= 0.0 || (libm::log(kg) - self.centre).abs() <= libm::log(USUAL) {
            return None;
        }
        let right = RATIOS.iter().map(|r| kg / r);
        right
            .filter(|kg| (libm::log(*kg) - self.centre).abs() <= self.spread)
            .min_by(|a, b| {
                let away = |kg: &f64| (libm::log(*kg) - self.centre).abs();
                away(a).total_cmp(&away(b))
            })
            .map(|right| right - kg)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_known_factor_brings_back() {
        let usual = Usual::of([48.0, 50.0, 51.0, 47.0, 52.0].into_iter()).unwrap();
        for (kg, want) in [
            (49_000.0, Some(-48_951.0)),
            (0.05, Some(49.95)),
            (500.0, None),
            (5_000_000.0, None),
            (49_000_000.0, Some(-48_999_951.0)),
            (0.0, None),
        ] {
            let off = usual.off(kg);
            let near = |a: f64, b: f64| (a - b).abs() < 1e-6 * b.abs();
            assert!(
                match (off, want) {
                    (Some(a), Some(b)) => near(a, b),
                    (a, b) => a == b,
                },
                "{kg}: {off:?}"
            );
        }
    }
}
