//! Self-scaling: a declared tolerance may be wrong by a factor, and the series itself says by which.

/// Weight of the declared scale, in periods.
pub(crate) const PRIOR_PERIODS: f64 = 12.0;
/// No value counts for more than the square of three standard deviations.
pub(crate) const SQUARE_MAX: f64 = 9.0;
/// The scale never falls below the square root of this: a quiet past must not make a series oversensitive.
pub(crate) const VARIANCE_MIN: f64 = 0.5;

/// The scale of a series from its own past: s² = max(½, (12 + Σ min(z², 9)) / (12 + t)) over the t values before.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Scale {
    squares: f64,
    periods: f64,
}

impl Scale {
    /// The variance that what came before speaks for, then takes a value in.
    pub(crate) fn variance_before(&mut self, z: f64) -> f64 {
        let variance = (PRIOR_PERIODS + self.squares) / (PRIOR_PERIODS + self.periods);
        self.squares += (z * z).min(SQUARE_MAX);
        self.periods += 1.0;
        variance
    }

    /// Scales a value by what came before it, then takes it in.
    pub fn step(&mut self, z: f64) -> f64 {
        z / self.variance_before(z).max(VARIANCE_MIN).sqrt()
    }
}

/// Scales every value by the ones before it; a change shows before it is taken into the scale.
#[must_use]
pub fn self_scaled(values: &[f64]) -> Vec<f64> {
    let mut scale = Scale::default();
    values.iter().map(|z| scale.step(*z)).collect()
}

/// The median, the mean of the middle two where they are even in number; `None` of nothing.
#[must_use]
pub fn median(values: &[f64]) -> Option<f64> {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.get(sorted.len() / 2)?;
    let lower = sorted.get(sorted.len().checked_sub(1)? / 2)?;
    Some((lower + upper) / 2.0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_does_not_scale_itself() {
        assert_eq!(self_scaled(&[100.0, 1.0])[0], 100.0);
        let after = (12.0 + 9.0) / 13.0;
        assert_eq!(self_scaled(&[100.0, 1.0])[1], 1.0 / f64::sqrt(after));
        let quiet = self_scaled(&[0.0; 40]);
        assert!(quiet.iter().all(|u| *u == 0.0));
        let floor = self_scaled(&[&[0.0; 40][..], &[1.0]].concat());
        assert_eq!(floor[40], 1.0 / 0.5f64.sqrt());
    }
}
