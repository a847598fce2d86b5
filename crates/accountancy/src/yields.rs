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

/// The holder's own level, Huber's mean; `None` without values.
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
        // Beyond the range of numbers the median stands.
        if weights > 0.0 && sum.is_finite() {
            level = sum / weights;
        }
    }
    Some(level)
}

/// The detector, between two periods.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Watched {
    level: Option<f64>,
    mixture: Mixture,
}

impl Watched {
    /// log M; −∞ while the level is learnt.
    #[must_use]
    pub fn log(&self) -> f64 {
        self.mixture.log()
    }

    /// Takes in a period and gives log M. The level is learnt once, from the periods before.
    pub fn step(&mut self, yields: &Yield, period: usize) -> f64 {
        if period == LEARNING {
            let learnt = yields.log_ratio.get(..LEARNING);
            self.level = learnt.and_then(|learnt| level(learnt, yields.spread));
        }
        if let Some(z) = self.standardised(yields, period) {
            self.mixture.step(z, INFLATION);
        }
        self.log()
    }

    /// The deviation from the holder's level; `None` while it is learnt.
    fn standardised(&self, yields: &Yield, period: usize) -> Option<f64> {
        let h = yields.log_ratio.get(period)?;
        Some((h - self.level?) / deviation(yields))
    }
}

/// Standard deviation of a period's value about a level that was learnt.
fn deviation(yields: &Yield) -> f64 {
    #[allow(clippy::cast_precision_loss, reason = "twelve")]
    let of_level = EFFICIENCY / LEARNING as f64;
    let variance =
        yields.spread * yields.spread * (1.0 + of_level) + 2.0 * yields.bias * yields.bias;
    variance.sqrt()
}

/// What was used beyond what the output explains at the holder's own level, kg by period. `at_peers` is what the peers would
/// have used for the same output, kg: the output times e to the peers' level. Unlike the test it also speaks of the periods
/// that the level was learnt from, and of a series that is shorter than these: a mass is shown with its interval, never
/// alarms.
#[must_use]
pub fn unexplained_use(yields: &Yield, usage: &[f64], at_peers: &[f64]) -> Vec<f64> {
    let own = yields.log_ratio.as_slice();
    let level = level(own.get(..LEARNING).unwrap_or(own), yields.spread).unwrap_or(0.0);
    let by_level = libm::exp(level);
    let periods = usage.iter().zip(at_peers);
    periods.map(|(own, peers)| own - peers * by_level).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Fourteen months of `peers` times e to the level −0.1; in the third a slip, in the last a fifth more than is explained.
    fn yields() -> (Yield, Vec<f64>, Vec<f64>) {
        let peers: Vec<f64> = (0..14).map(|t| 50.0 + f64::from(t)).collect();
        let mut usage: Vec<f64> = peers.iter().map(|p| p * f64::exp(-0.1)).collect();
        usage[2] *= 1000.0;
        usage[13] *= 1.2;
        let ratios = usage.iter().zip(&peers);
        let yields = Yield {
            log_ratio: ratios.map(|(u, p)| f64::ln(u / p)).collect(),
            spread: 0.02,
            bias: 0.0,
        };
        (yields, usage, peers)
    }

    fn all(yields: &Yield) -> Vec<Option<f64>> {
        let mut watched = Watched::default();
        let periods = 0..yields.log_ratio.len();
        let stated = periods.map(|t| {
            watched.step(yields, t);
            watched.standardised(yields, t)
        });
        stated.collect()
    }

    #[test]
    fn mass_and_test_have_one_level() {
        let (yields, usage, peers) = yields();
        let kg = unexplained_use(&yields, &usage, &peers);
        let z = all(&yields);
        // Huber's mean gives the slip the pull of 1.5 standard deviations, shared by the eleven others.
        let level = -0.1 + 1.5 * 0.02 / 11.0;
        let sd = 0.02 * (1.0 + EFFICIENCY / 12.0).sqrt();
        for t in [12, 13] {
            assert!(
                (kg[t] - (usage[t] - peers[t] * f64::exp(level))).abs() < 1e-4,
                "{t}: {}",
                kg[t]
            );
            let want = ((usage[t] / peers[t]).ln() - level) / sd;
            assert!((z[t].unwrap() - want).abs() < 1e-4, "{t}: {:?}", z[t]);
        }
        assert_eq!(z[..LEARNING], [None; LEARNING]);
    }

    #[test]
    fn a_short_series_has_a_mass_and_no_test() {
        let (mut yields, usage, peers) = yields();
        yields.log_ratio.truncate(2);
        let kg = unexplained_use(&yields, &usage[..2], &peers[..2]);
        assert!(kg.iter().all(|kg| kg.abs() < 1e-9), "{kg:?}");
        assert_eq!(all(&yields), [None; 2]);
        yields.log_ratio.clear();
        assert_eq!(unexplained_use(&yields, &[], &[]), [0.0; 0]);
    }
}
