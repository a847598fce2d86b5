//! Use against output: more used for the same output means that some of it went elsewhere.

use crate::detector::Mixture;
use crate::scale::median;
use crate::series::Yield;

/// Settled periods that a holder's own level is taken from.
pub const LEARNING: usize = 12;
/// Residuals beyond this many standard deviations weigh less in the level (P. J. Huber, Ann. Math. Stat. 35, 1964).
const HUBER: f64 = 1.5;
/// Steps of the iteration; it changes nothing after a few.
const STEPS: usize = 20;
/// Variance of the level that Huber's mean of normal values has, over that of the plain mean.
const EFFICIENCY: f64 = 1.037;
/// Factor by which standard deviations may be larger than stated.
const INFLATION: f64 = 1.1;

/// The holder's own level; `None` without values.
fn level(values: &[f64], spread: f64) -> Option<f64> {
    let mut level = median(values)?;
    for _ in 0..STEPS {
        let (mut sum, mut weights) = (0.0, 0.0);
        for value in values {
            let away = (value - level).abs();
            let weight = if away <= HUBER * spread {
                1.0
            } else {
                HUBER * spread / away
            };
            sum += weight * value;
            weights += weight;
        }
        if weights > 0.0 {
            level = sum / weights;
        }
    }
    Some(level)
}

/// Standardised deviations from the holder's level, after the periods that it was learnt from; `None` for these.
#[must_use]
pub fn standardised(yields: &Yield) -> Vec<Option<f64>> {
    let learnt = yields.log_ratio.get(..LEARNING);
    let Some(level) = learnt.and_then(|l| level(l, yields.spread)) else {
        return vec![None; yields.log_ratio.len()];
    };
    #[allow(clippy::cast_precision_loss, reason = "twelve")]
    let of_level = EFFICIENCY / LEARNING as f64;
    let variance =
        yields.spread * yields.spread * (1.0 + of_level) + 2.0 * yields.bias * yields.bias;
    let values = yields.log_ratio.iter().enumerate();
    values
        .map(|(t, h)| (t >= LEARNING).then(|| (h - level) / variance.sqrt()))
        .collect()
}

/// log M after every period; −∞ while the level is learnt.
#[must_use]
pub fn detector(yields: &Yield) -> Vec<f64> {
    let mut mixture = Mixture::default();
    let values = standardised(yields).into_iter();
    values
        .map(|z| z.map_or(f64::NEG_INFINITY, |z| mixture.step(z, INFLATION)))
        .collect()
}
