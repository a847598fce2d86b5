//! Balances too good to be measured: stocktakes copied from the book leave nothing of the errors of weighing.
//!
//! A quiet series is compared with its own past, not with its declared tolerance: who declares too wide a tolerance has quiet
//! balances from the first day, who begins to copy has them from some day on. The balance itself is looked at, over its own
//! standard deviation: the innovation of a copied stocktake still carries what earlier ones said of the biases.
//!
//! Absent: telling a copied stocktake from a tolerance that is declared several times too wide. Both look alike in the first
//! year, so the other reading is shown beside every such result.

use crate::detector::Detector;
use crate::scale::Scale;

/// Standard deviation of a copied balance, as a share of a measured one.
const COPIED: f64 = 0.25;
/// No period says less than this against copying: one honest surprise does not clear a year.
const LOG_MIN: f64 = -5.0;
/// The past never makes a series expect less than this share of the declared variance.
const VARIANCE_MIN: f64 = 0.3;

/// The detector, between two periods.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct TooGood {
    past: Scale,
    detector: Detector,
}

impl TooGood {
    /// log M.
    #[must_use]
    pub fn log(&self) -> f64 {
        self.detector.log()
    }

    /// Takes in a balance over its own standard deviation and gives log M. One that is not finite is that of a count, which
    /// can be as good as it likes.
    pub fn step(&mut self, u: f64) -> f64 {
        if !u.is_finite() {
            return self.log();
        }
        let against = (1.0 / (COPIED * COPIED) - 1.0) / 2.0;
        let variance = self.past.variance_before(u).max(VARIANCE_MIN);
        let log_e = -libm::log(COPIED) - against * u * u / variance;
        self.detector.step(log_e.max(LOG_MIN))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_change_for_the_better_speaks() {
        let honest = [
            0.9, -1.1, 0.4, 1.3, -0.7, 0.2, -1.6, 0.8, 1.0, -0.3, 0.6, -1.2,
        ];
        let copied = [0.05, -0.02, 0.01, 0.03, -0.04, 0.02, 0.0, 0.01];
        let all = |values: &[f64]| -> Vec<f64> {
            let mut detector = TooGood::default();
            values.iter().map(|u| detector.step(*u)).collect()
        };
        let last = |values: &[f64]| *all(values).last().unwrap();
        let begins = last(&[&honest[..], &copied].concat());
        let goes_on = last(&[&honest[..], &honest[..8]].concat());
        assert!(begins > 8.0, "{begins}");
        assert!(goes_on < 1.0, "{goes_on}");
        // Tolerances declared half too wide: quiet from the start, and expected to be so.
        let wide: Vec<f64> = honest.iter().chain(&honest[..8]).map(|u| u / 1.5).collect();
        assert!(last(&wide) < 2.0, "{}", last(&wide));
        assert!(all(&[f64::MAX, -f64::MAX, 0.0]).iter().all(|l| !l.is_nan()));
    }
}
