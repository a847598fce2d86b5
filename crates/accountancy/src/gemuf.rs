//! GEMUF: sums over innovations that answer to any loss pattern. For reports; V5B3 looks two periods ahead.
//!
//! Source: R. Seifert, The GEMUF test, Proc. IAEA Symposium on International Safeguards (1986), as computed by the public
//! program MAPIT from an exact covariance.

use crate::innovations::Whitener;

/// GEMUF-V1: the running sum of squared innovations.
#[must_use]
pub fn v1(standardised: &[f64]) -> Vec<f64> {
    let mut sum = 0.0;
    let values = standardised.iter();
    values
        .map(|z| {
            sum += z * z;
            sum
        })
        .collect()
}

/// Periods on either side that the smoothing of V5B3 takes in.
const REACH: usize = 2;
/// Weights of the smoothing, of seven.
const WEIGHTS: [f64; 2 * REACH + 1] = [1.0, 1.0, 3.0, 1.0, 1.0];

/// GEMUF-V5B3 from the third to the last but two periods; `None` elsewhere.
///
/// The innovations weighed with the whitened signature of the smoothed balances.
#[must_use]
pub fn v5b3(whitener: &Whitener, balances: &[f64]) -> Vec<Option<f64>> {
    let n = balances.len();
    let smooth = |centre: usize| {
        let around = balances.iter().skip(centre - REACH).zip(WEIGHTS);
        around.map(|(y, weight)| y * weight).sum::<f64>() / WEIGHTS.iter().sum::<f64>()
    };
    let inner = |t: usize| t >= REACH && t + REACH < n;
    let smoothed: Vec<f64> = (0..n)
        .map(|t| if inner(t) { smooth(t) } else { 0.0 })
        .collect();
    let signature = whitener.whiten(&smoothed).standardised;
    let z = whitener.whiten(balances).standardised;
    let mut sum = 0.0;
    let pairs = signature.iter().zip(&z).enumerate();
    pairs
        .map(|(t, (f, z))| {
            sum += f * z;
            inner(t).then_some(sum)
        })
        .collect()
}
