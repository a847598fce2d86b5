//! Where to look first: what an inspection is expected to find.

use crate::calibration::Verdict;
use crate::channel::Family;
use crate::series::Series;

/// Prior odds that something is missing at a holder within a year; only a weight between evidence and mass, never shown.
const PRIOR: f64 = 0.01;
/// Evidence beyond this changes no order.
const STATISTIC_MAX: f64 = 30.0;
/// Below this the closed form of [`e_value`] loses its digits.
const SERIES_BELOW: f64 = 1e-3;

/// What is unaccounted for in one period by family, kg.
pub type Masses = [f64; Family::COUNT];

/// Residual masses of a series by family and period. `unexplained_use` is what was used beyond what the output explains,
/// kg by period. Of stocktakes too good to be measured nothing follows by itself: the larger of what the balance and the
/// yield leave; of lateness, of what the balance and the receipts leave.
#[must_use]
pub fn masses(series: &Series, unexplained_use: &[f64]) -> Vec<Masses> {
    let of = |difference: Option<&crate::series::Difference>, t: usize| {
        let kg = difference.and_then(|d| d.kg.get(t));
        kg.copied().unwrap_or(0.0)
    };
    let periods = series.balances.iter().enumerate();
    periods
        .map(|(t, balance)| {
            let receipts = of(series.receipts.as_ref(), t);
            let issues = of(series.issues.as_ref(), t);
            let usage = unexplained_use.get(t).copied().unwrap_or(0.0);
            Family::ALL.map(|family| match family {
                Family::Balance => *balance,
                Family::Receipts => receipts,
                Family::Issues => issues,
                Family::Yield => usage,
                Family::TooGood => balance.max(usage),
                Family::Late => balance.max(receipts),
            })
        })
        .collect()
}

/// The largest sum that ends with the last period, at least 0, kg: biased upwards.
#[must_use]
pub fn trailing(masses: impl DoubleEndedIterator<Item = f64>) -> f64 {
    let mut sum = 0.0;
    let sums = masses.rev().map(|kg| {
        sum += kg;
        sum
    });
    sums.fold(0.0, f64::max)
}

/// The e-value that a surprise s = −log p amounts to: (eˢ − 1 − s) / s², the mean of κ pᵏ⁻¹ over κ between 0 and 1.
///
/// 1/p is no e-value: its mean over honest holders is infinite, and taken for one it makes every large holder with a
/// common deviation worth a visit. Source: V. Vovk, R. Wang, E-values: calibration, combination and applications, Annals of
/// Statistics 49 (2021), 2.
#[must_use]
pub fn e_value(surprise: f64) -> f64 {
    let s = surprise.min(STATISTIC_MAX);
    if s < SERIES_BELOW {
        // The first terms of the series; below 0 there is nothing to say.
        return if s > 0.0 { 0.5 + s / 6.0 } else { 0.5 };
    }
    (libm::exp(s) - 1.0 - s) / (s * s)
}

/// Expected mass of an inspection, kg: the weight of the evidence, times the mass in the family where its share of the
/// evidence times its mass is largest. A weight for ordering, never a probability to be shown.
#[must_use]
pub fn value(verdict: &Verdict, masses: &[Masses]) -> f64 {
    let odds = PRIOR * e_value(verdict.statistic);
    let p = odds / (1.0 + odds);
    let shares = verdict.shares();
    let best = Family::ALL.iter().zip(shares).map(|(family, share)| {
        let own = masses
            .iter()
            .filter_map(|m| m.get(*family as usize).copied());
        let own: Vec<f64> = own.collect();
        share * trailing(own.into_iter())
    });
    p * best.fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_e_value_has_the_mean_one() {
        // Over uniform p: the integral of e(−log p), by the midpoints of many cells.
        let cells = 4_000_000;
        let sum: f64 = (0..cells)
            .map(|i| e_value(-((f64::from(i) + 0.5) / f64::from(cells)).ln()))
            .sum();
        let mean = sum / f64::from(cells);
        // What lies below the first cell is missing: ∫ 1 / (p log² p) up to 1/cells is 1 / log(cells).
        assert!(
            (mean + 1.0 / f64::from(cells).ln() - 1.0).abs() < 0.01,
            "{mean}"
        );
        assert!((e_value(0.999e-3) - e_value(1.001e-3)).abs() < 1e-5);
        assert_eq!(e_value(f64::NEG_INFINITY), 0.5);
        assert!(e_value(f64::INFINITY).is_finite());
    }

    #[test]
    fn the_trailing_sum_is_the_largest_that_ends_now() {
        for (masses, want) in [
            (&[1.0, 2.0, 3.0][..], 6.0),
            (&[-5.0, 2.0, 3.0], 5.0),
            (&[9.0, -10.0, 1.0], 1.0),
            (&[1.0, -3.0], 0.0),
            (&[], 0.0),
        ] {
            assert_eq!(trailing(masses.iter().copied()), want, "{masses:?}");
        }
    }
}
