//! The grid of shift sizes with which a mixture of e-detectors is near-optimal over a range of sizes.
//!
//! Source: J. Shin, A. Ramdas, A. Rinaldo, E-detectors: a nonparametric framework for sequential change detection (2024),
//! section 4, for sub-Gaussian values.

/// Sizes and weights of a mixture.
#[derive(Clone, PartialEq, Debug)]
pub struct Baseline {
    /// Log of the threshold that the mixture has at the wanted rate.
    pub threshold: f64,
    /// Sizes, from the largest down.
    pub sizes: Vec<f64>,
    /// Their weights.
    pub weights: Vec<f64>,
}

/// Grids larger than this are not looked at.
const SIZES_MAX: u32 = 1_000;
/// Halvings of the interval of a threshold.
const HALVINGS: u32 = 200;

/// The grid for shifts between `from` and `to` standard deviations at rate `alpha`; `None` unless 0 < from ≤ to and
/// 0 < alpha < 1.
#[must_use]
pub fn baseline(alpha: f64, from: f64, to: f64) -> Option<Baseline> {
    if !(from > 0.0 && from <= to && to.is_finite() && alpha > 0.0 && alpha < 1.0) {
        return None;
    }
    let alone = (1, -libm::log(alpha), 1.0);
    let grid = |count: u32| {
        let eta = libm::pow(to / from, 2.0 / f64::from(count - 1));
        (count, threshold(alpha, count, eta), eta)
    };
    let (count, threshold, eta) = if from == to {
        alone
    } else {
        (2..=SIZES_MAX)
            .map(grid)
            .min_by(|a, b| a.1.total_cmp(&b.1))?
    };
    let ratio = if count == 1 {
        1.0
    } else {
        libm::pow(from / to, 1.0 / f64::from(count - 1))
    };
    let size = |k: u32| to * libm::pow(ratio, f64::from(k));
    let weight = |k: u32| {
        let share = if k == 0 { threshold } else { threshold / eta };
        libm::exp(-share) / alpha
    };
    Some(Baseline {
        threshold,
        sizes: (0..count).map(size).collect(),
        weights: (0..count).map(weight).collect(),
    })
}

/// The g with e^−g + (K − 1) e^(−g/η) = α.
fn threshold(alpha: f64, count: u32, eta: f64) -> f64 {
    let rate = |g: f64| libm::exp(-g) + f64::from(count - 1) * libm::exp(-g / eta);
    let (mut low, mut high) = (0.0, 1.0);
    while rate(high) > alpha {
        high *= 2.0;
    }
    for _ in 0..HALVINGS {
        let middle = (low + high) / 2.0;
        if rate(middle) > alpha {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}
