//! Where to look first: what an inspection is expected to find.

use crate::calibration::Verdict;
use crate::channel::Family;
use crate::series::Series;

/// Prior odds that something is missing at a holder within a year; only a weight between evidence and mass, never shown.
const PRIOR: f64 = 0.01;
/// Evidence beyond this changes no order.
const STATISTIC_MAX: f64 = 30.0;

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

/// Expected mass of an inspection, kg: evidence times mass in the family where their product is largest.
#[must_use]
pub fn value(verdict: &Verdict, masses: &[Masses]) -> f64 {
    let odds = |surprise: f64| PRIOR * libm::exp(surprise.min(STATISTIC_MAX));
    let p = odds(verdict.statistic) / (1.0 + odds(verdict.statistic));
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
