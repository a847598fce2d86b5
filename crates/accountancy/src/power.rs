//! Power against a known loss: what a test finds at best.

use crate::innovations::Whitener;
use crate::normal;

/// P(the standardised sum passes its limit at false-alarm rate `alpha`) when `loss` kg went in all; `sd` is the standard
/// deviation of the sum, kg.
#[must_use]
pub fn of_sum(loss: f64, sd: f64, alpha: f64) -> f64 {
    normal::below(loss / sd + normal::quantile(alpha))
}

/// The best possible power against a loss pattern (kg by period) at false-alarm rate `alpha` (J. Neyman, E. S. Pearson,
/// Phil. Trans. R. Soc. A 231, 1933): of the test that knows the pattern.
#[must_use]
pub fn bound(whitener: &Whitener, pattern: &[f64], alpha: f64) -> f64 {
    let signature = whitener.whiten(pattern).standardised;
    let length = signature.iter().map(|g| g * g).sum::<f64>().sqrt();
    normal::below(length + normal::quantile(alpha))
}
