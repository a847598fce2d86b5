//! Page's one-sided test (CUSUM) and the exponentially weighted mean, for loss: of standardised values, one a period.

/// What the first period subtracts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Start {
    /// The allowance, as every other period (E. S. Page, Biometrika 41, 1954).
    Allowance,
    /// Nothing, as the program MAPIT does: for comparison with its figures alone.
    Nothing,
}

/// One step: max(0, before + value − allowance).
#[must_use]
#[inline]
pub fn step(before: f64, value: f64, allowance: f64) -> f64 {
    (before + value - allowance).max(0.0)
}

/// The statistic after every period, from 0.
#[must_use]
pub fn page(values: &[f64], allowance: f64, start: Start) -> Vec<f64> {
    let mut sum = 0.0;
    let mut allowance_now = match start {
        Start::Allowance => allowance,
        Start::Nothing => 0.0,
    };
    values
        .iter()
        .map(|value| {
            sum = step(sum, *value, allowance_now);
            allowance_now = allowance;
            sum
        })
        .collect()
}

/// Exponentially weighted mean, Z = (1 − λ) Z + λ value, from 0 (S. W. Roberts, Technometrics 1, 1959); for reports only.
#[must_use]
pub fn weighted_mean(values: &[f64], lambda: f64) -> Vec<f64> {
    let mut mean = 0.0;
    let values = values.iter();
    values
        .map(|value| {
            mean = (1.0 - lambda) * mean + lambda * value;
            mean
        })
        .collect()
}
