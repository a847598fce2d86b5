//! Detectors of a change that add up evidence: logarithms of e-values, one a period (Shiryaev-Roberts).
//!
//! An e-value is a figure whose mean is at most 1 while the books are honest. M = Σ over starts of the product of the
//! e-values since then; P(M reaches A within T periods) ≤ T / A. Sources: A. N. Shiryaev, Theory Prob. Appl. 8 (1963);
//! J. Shin, A. Ramdas, A. Rinaldo, E-detectors, New England J. Stat. Data Sci. (2024).

/// The logarithm of a sum of evidence that starts anew in every period: log M, from log 0.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Detector {
    log: f64,
}

impl Default for Detector {
    fn default() -> Detector {
        Detector {
            log: f64::NEG_INFINITY,
        }
    }
}

impl Detector {
    /// log M.
    #[must_use]
    pub fn log(&self) -> f64 {
        self.log
    }

    /// Takes in the log of a period's e-value and gives log M: M ← (1 + M) e.
    pub fn step(&mut self, log_e: f64) -> f64 {
        self.log = log_one_plus_exp(self.log) + log_e;
        self.log
    }
}

/// log(1 + eˣ) without overflow.
#[must_use]
pub fn log_one_plus_exp(x: f64) -> f64 {
    if x > 0.0 {
        x + libm::log1p(libm::exp(-x))
    } else {
        libm::log1p(libm::exp(x))
    }
}

/// log of the mean of eˣ; −∞ of nothing.
#[must_use]
pub fn log_mean_exp(values: &[f64]) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "counts far below 2⁵³")]
    let count = values.len() as f64;
    log_sum_exp(values) - libm::log(count.max(1.0))
}

/// log of the sum of eˣ; −∞ of nothing.
#[must_use]
pub fn log_sum_exp(values: &[f64]) -> f64 {
    let largest = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
    if largest.is_infinite() || values.len() == 1 {
        return largest;
    }
    let sum: f64 = values.iter().map(|x| libm::exp(x - largest)).sum();
    largest + libm::log(sum)
}

/// log M after every period.
#[must_use]
pub fn shiryaev_roberts(log_e: &[f64]) -> Vec<f64> {
    let mut detector = Detector::default();
    log_e.iter().map(|l| detector.step(*l)).collect()
}

/// Sizes of shift, in standard deviations, that a mixture looks for.
pub const TILTS: [f64; 4] = [0.5, 1.0, 2.0, 3.5];

/// No period says more than five standard deviations: keeps the mean of an e-value at most 1 under heavy tails.
pub const VALUE_MAX: f64 = 5.0;

/// An average of detectors over the sizes of [`TILTS`].
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Mixture {
    detectors: [Detector; TILTS.len()],
}

impl Mixture {
    /// log M.
    #[must_use]
    pub fn log(&self) -> f64 {
        log_mean_exp(&self.detectors.map(|d| d.log()))
    }

    /// Takes in a standardised value and gives log M. `inflation` ≥ 1 is the factor by which the standard deviation may be
    /// larger than declared.
    pub fn step(&mut self, value: f64, inflation: f64) -> f64 {
        let x = (value / inflation).min(VALUE_MAX);
        for (detector, tilt) in self.detectors.iter_mut().zip(TILTS) {
            detector.step(tilt * x - tilt * tilt / 2.0);
        }
        self.log()
    }
}

/// log M of the mixture after every period.
#[must_use]
pub fn mixture(values: &[f64], inflation: f64) -> Vec<f64> {
    let mut mixture = Mixture::default();
    values.iter().map(|u| mixture.step(*u, inflation)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn evidence_is_the_sum_over_starts_of_products() {
        let e = [0.5f64, 3.0, 0.1, 2.0];
        let logs: Vec<f64> = e.iter().map(|e| e.ln()).collect();
        for (t, log) in shiryaev_roberts(&logs).iter().enumerate() {
            let want: f64 = (0..=t)
                .map(|start| e[start..=t].iter().product::<f64>())
                .sum();
            assert!((log.exp() / want - 1.0).abs() < 1e-14, "{t}");
        }
    }

    #[test]
    fn nothing_overflows() {
        assert_eq!(log_one_plus_exp(1e300), 1e300);
        assert_eq!(log_one_plus_exp(f64::NEG_INFINITY), 0.0);
        assert_eq!(log_mean_exp(&[1e300, 1e300]), 1e300);
        assert_eq!(log_sum_exp(&[]), f64::NEG_INFINITY);
        assert!(
            mixture(&[f64::MAX; 1000], 1.15)
                .iter()
                .all(|l| l.is_finite())
        );
        assert!(mixture(&[-1e300; 10], 1.15).iter().all(|l| !l.is_nan()));
    }
}
