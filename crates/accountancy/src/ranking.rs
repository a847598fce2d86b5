//! Where to look first: what an inspection is expected to find.

use crate::calibration::Verdict;
use crate::channel::{Family, YEAR};
use crate::covariance::sum_variance;
use crate::model::Model;
use crate::series::{Series, Tolerances};
use crate::yearly::smallest_found;

/// Prior odds that something is missing at a holder within a year; only a weight between evidence and mass, never shown.
const PRIOR: f64 = 0.01;
/// Evidence beyond this changes no order.
const STATISTIC_MAX: f64 = 30.0;
/// Below this the closed form of [`e_value`] loses its digits.
const SERIES_BELOW: f64 = 1e-3;

/// What is unaccounted for in one period by family, kg.
pub type Masses = [f64; Family::COUNT];

/// Residual masses of a series by family and period. `unexplained_use` is what was used beyond what the output explains,
/// kg by period.
///
/// A stocktake that is no weighing leaves no mass: what it may hide is the least that a year's sum of measured balances
/// finds, since less needs no hiding. How the books are kept has no mass of its own either, see [`value`].
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
                Family::TooGood => match series.tolerances {
                    Tolerances::Declared => hidden(&series.model, t),
                    // Nothing is too good there, and nothing hidden.
                    Tolerances::Assumed => 0.0,
                },
                Family::Bookkeeping => 0.0,
            })
        })
        .collect()
}

/// A period's share of the smallest loss that the sum of the year which ends with it finds, kg.
#[allow(clippy::cast_precision_loss, reason = "at most twelve")]
fn hidden(model: &Model, period: usize) -> f64 {
    let from = (period + 1).saturating_sub(YEAR);
    smallest_found(sum_variance(model, from, period)) / (period + 1 - from) as f64
}

/// What a family leaves by the end of a year, kg. Who books late covers a hole in the stock or in what arrived: the larger
/// of the two.
fn left(family: Family, masses: &[Masses]) -> f64 {
    let of = |family: Family| {
        let own = masses.iter();
        trailing(own.filter_map(|m| m.get(family as usize).copied()))
    };
    match family {
        Family::Bookkeeping => of(Family::Balance).max(of(Family::Receipts)),
        Family::Balance | Family::Receipts | Family::Issues | Family::Yield | Family::TooGood => {
            of(family)
        }
    }
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
    let best = Family::ALL.into_iter().zip(shares);
    let best = best.map(|(family, share)| share * left(family, masses));
    p * best.fold(0.0, f64::max)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::{Applies, Bias, Epochs, Period};
    use crate::series::Difference;

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

    fn verdict(family: Family) -> Verdict {
        let mut families = [f64::NEG_INFINITY; Family::COUNT];
        families[family as usize] = 10.0;
        Verdict {
            statistic: 10.0,
            families,
        }
    }

    #[test]
    fn each_family_has_its_mass() {
        let bias = Bias {
            applies: Applies::Flow,
            variance: 0.0,
        };
        let period = Period {
            flows: 4.0,
            closing: 0.0,
            amounts: vec![100.0],
            renewed: Epochs::NONE,
        };
        let model = Model {
            biases: vec![bias],
            opening: 0.0,
            opening_amounts: vec![0.0],
            periods: vec![period; 14],
        };
        let difference = |kg: f64| {
            Some(Difference {
                kg: vec![kg; 14],
                model: model.clone(),
            })
        };
        let series = Series {
            balances: vec![-1.0; 14],
            years: vec![0; 14],
            tolerances: Tolerances::Declared,
            receipts: difference(3.0),
            issues: difference(5.0),
            yields: None,
            late: None,
            mended: None,
            model: model.clone(),
        };
        let year = &masses(&series, &[7.0; 14])[2..];
        let p = {
            let odds = PRIOR * e_value(10.0);
            odds / (1.0 + odds)
        };
        // Of twelve variances of 4 kg² 3.29 standard deviations, whatever the balances are.
        let hidden = 2.0 * 1.644_853_627 * 48f64.sqrt();
        for (family, kg) in [
            (Family::Balance, 0.0),
            (Family::Receipts, 36.0),
            (Family::Issues, 60.0),
            (Family::Yield, 84.0),
            (Family::Bookkeeping, 36.0),
        ] {
            assert!(
                (value(&verdict(family), year) - p * kg).abs() < 1e-9,
                "{family:?}"
            );
        }
        let of_last = hidden / 12.0;
        assert!((year[11][Family::TooGood as usize] - of_last).abs() < 1e-6);
        assert!(value(&verdict(Family::TooGood), year) >= p * hidden - 1e-6);
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
