//! Lists of one night with a stated share of wrong entries.
//!
//! Sources: Y. Benjamini, Y. Hochberg, J. R. Stat. Soc. B 57 (1995), for p-values; R. Wang, A. Ramdas, False discovery
//! rate control with e-values, J. R. Stat. Soc. B 84 (2022), for e-values, which need no independence.

use crate::channel::{Channel, Readings};
use crate::detector::log_sum_exp;

/// The share of honest holder-years that reach a value, this one counted: (1 + reached) / (1 + all).
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts far below 2⁵³")]
pub fn conformal(value: f64, ascending: &[f64]) -> f64 {
    let reached = ascending.len() - ascending.partition_point(|x| *x < value);
    (1 + reached) as f64 / (1 + ascending.len()) as f64
}

/// Positions on the list, smallest p first: the largest k with p₍ₖ₎ ≤ αk/m. On average at most a share α of it is wrong
/// where the p-values of honest holders are independent or positively dependent.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts far below 2⁵³")]
pub fn benjamini_hochberg(p: &[f64], alpha: f64) -> Vec<usize> {
    let order = ordered(p, |a, b| a.total_cmp(b));
    let m = p.len() as f64;
    listed(p, order, |k, p| p <= alpha * k as f64 / m)
}

/// Positions on the list, largest e first: the largest k with e₍ₖ₎ ≥ m/(αk). On average at most a share α of it is wrong,
/// whatever holders have in common, where the e-values are ones.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "counts far below 2⁵³")]
pub fn e_benjamini_hochberg(e: &[f64], alpha: f64) -> Vec<usize> {
    let order = ordered(e, |a, b| b.total_cmp(a));
    let m = e.len() as f64;
    listed(e, order, |k, e| e >= m / (alpha * k as f64))
}

/// Weights of the channels in a series' e-value.
const WEIGHTS: [(Channel, f64); 6] = [
    (Channel::Matched, 4.0 / 12.0),
    (Channel::Receipts, 2.0 / 12.0),
    (Channel::Issues, 2.0 / 12.0),
    (Channel::Yield, 2.0 / 12.0),
    (Channel::TooGood, 1.0 / 12.0),
    (Channel::Late, 1.0 / 12.0),
];

/// The e-value of a series after so many periods: the mean of its detectors' evidence, over the number of starts that each
/// adds up. Rests on the declared tolerances, and on nothing that holders have in common.
#[must_use]
#[allow(clippy::cast_precision_loss, reason = "periods")]
pub fn e_value(readings: &Readings, periods: usize) -> f64 {
    let logs = WEIGHTS.map(|(channel, weight)| {
        let log = readings.get(channel as usize).copied();
        log.unwrap_or(f64::NEG_INFINITY) + libm::log(weight)
    });
    libm::exp(log_sum_exp(&logs)) / periods.max(1) as f64
}

/// Positions in order. What is no number is on no list, and counts among the m all the same.
fn ordered(values: &[f64], by: impl Fn(&f64, &f64) -> std::cmp::Ordering) -> Vec<usize> {
    let all = values.iter().copied().enumerate();
    let mut all: Vec<(usize, f64)> = all.filter(|(_, value)| !value.is_nan()).collect();
    all.sort_by(|(i, a), (j, b)| by(a, b).then(i.cmp(j)));
    all.into_iter().map(|(i, _)| i).collect()
}

fn listed(
    values: &[f64],
    mut order: Vec<usize>,
    passes: impl Fn(usize, f64) -> bool,
) -> Vec<usize> {
    let value = |i: &usize| values.get(*i).copied().unwrap_or(f64::NAN);
    let last = (1..)
        .zip(&order)
        .filter(|(k, i)| passes(*k, value(i)))
        .map(|(k, _)| k)
        .last();
    order.truncate(last.unwrap_or(0));
    order
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Evidence that each detector has of nothing is one a start, and so the e-value of nothing is 1.
    #[test]
    fn no_evidence_is_one() {
        let mut readings = [f64::NEG_INFINITY; Channel::COUNT];
        assert_eq!(e_value(&readings, 12), 0.0);
        for (channel, _) in WEIGHTS {
            readings[channel as usize] = f64::ln(12.0);
        }
        assert!((e_value(&readings, 12) - 1.0).abs() < 1e-12);
        readings[Channel::Receipts as usize] = f64::ln(1200.0);
        assert!((e_value(&readings, 12) - (10.0 + 200.0) / 12.0).abs() < 1e-9);
        readings[Channel::Matched as usize] = f64::INFINITY;
        assert_eq!(e_value(&readings, 12), f64::INFINITY);
    }

    #[test]
    fn tables() {
        // The example of Benjamini and Hochberg 1995, 3.2: fifteen p-values, four rejected at 5 %.
        let p = [
            0.0001, 0.0004, 0.0019, 0.0095, 0.0201, 0.0278, 0.0298, 0.0344, 0.0459, 0.3240, 0.4262,
            0.5719, 0.6528, 0.7590, 1.0000,
        ];
        assert_eq!(benjamini_hochberg(&p, 0.05), [0, 1, 2, 3]);
        assert_eq!(benjamini_hochberg(&[0.9, 0.02, 0.03], 0.05), [1, 2]);
        assert_eq!(benjamini_hochberg(&[], 0.05), [0usize; 0]);
        assert_eq!(e_benjamini_hochberg(&[1.0, 45.0, 29.0], 0.05), [0usize; 0]);
        assert_eq!(e_benjamini_hochberg(&[1.0, 45.0, 31.0], 0.05), [1, 2]);
        assert_eq!(e_benjamini_hochberg(&[1.0, 29.0, 61.0], 0.05), [2]);
        assert_eq!(e_benjamini_hochberg(&[30.0, 45.0, 20.5], 0.05), [1, 0, 2]);
        // A NaN takes no place from others and gets none.
        for nan in [f64::NAN, -f64::NAN] {
            assert_eq!(benjamini_hochberg(&[nan, 0.02, 0.9], 0.05), [0usize; 0]);
            assert_eq!(benjamini_hochberg(&[nan, 0.01, 0.9], 0.05), [1]);
            assert_eq!(e_benjamini_hochberg(&[nan, 39.0], 0.05), [0usize; 0]);
            assert_eq!(e_benjamini_hochberg(&[nan, 41.0], 0.05), [1]);
        }
        assert_eq!(e_benjamini_hochberg(&[f64::INFINITY, 0.0], 0.05), [0]);
        assert_eq!(conformal(f64::NAN, &[1.0, 2.0]), 1.0);
        assert_eq!(conformal(1.0, &[]), 1.0);
        assert_eq!(conformal(3.0, &[1.0, 2.0, 3.0, 4.0]), 3.0 / 5.0);
        assert_eq!(conformal(9.0, &[1.0, 2.0, 3.0, 4.0]), 1.0 / 5.0);
    }
}
