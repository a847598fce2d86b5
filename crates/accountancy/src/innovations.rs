//! Standardised innovations (SITMUF) by recursion: what each balance adds to what the ones before it said.
//!
//! The state of the filter is the error of the last stocktake and one bias per instrument; a period costs p² products and
//! no matrix is built. Equal to whitening with the Cholesky factor of the dense covariance; a recalibration is exact, not
//! a reset: the opening stock keeps the old bias as a part of its error. Sources: R. E. Kalman, J. Basic Engineering 82
//! (1960), for the recursion; SITMUF after D. J. Pike and A. J. Woods (1983).

use crate::linear::Square;
use crate::model::Model;

/// Share of the variance of a balance by itself below which that of its innovation is rounding: biases that are known
/// leave nothing where random errors are 0.
const ROUNDING: f64 = 1e-15;

/// What one period's balance does to the state: depends on the model alone, so that it is shared by the data, by every
/// whitened signature and by every replay.
#[derive(Clone, PartialEq, Debug)]
struct Gain {
    /// Covariance of each bias with the balance, kg.
    biases: Vec<f64>,
    /// Amount of the balance by bias, kg.
    loads: Vec<f64>,
    /// Variance of the innovation, kg².
    variance: f64,
    /// Its square root.
    sd: f64,
    /// Share of the innovation that the closing stocktake takes up.
    closing: f64,
    /// Biases drawn anew before, each with the opening stock that bore the old one, kg.
    renewed: Vec<(usize, f64)>,
}

/// The whitening of one series.
#[derive(Clone, PartialEq, Debug)]
pub struct Whitener {
    biases: usize,
    gains: Vec<Gain>,
}

/// Standardised innovations and what they were standardised by.
#[derive(Clone, PartialEq, Debug)]
pub struct Innovations {
    /// e / √F, without dimension (SITMUF).
    pub standardised: Vec<f64>,
    /// e, kg (ITMUF).
    pub residuals: Vec<f64>,
}

/// The covariance part of the state.
struct Spread {
    /// Variance of the error of the last stocktake.
    opening: f64,
    /// Its covariance with each bias.
    cross: Vec<f64>,
    /// Covariance of the biases.
    biases: Square,
}

impl Spread {
    fn of(model: &Model) -> Spread {
        let prior = |k: usize| model.biases.get(k).map_or(0.0, |b| b.variance);
        Spread {
            opening: model.opening,
            cross: vec![0.0; model.biases.len()],
            biases: Square::from_fn(
                model.biases.len(),
                |i, j| if i == j { prior(i) } else { 0.0 },
            ),
        }
    }

    /// Draws a bias anew; the opening stock `stock` (kg, 0 for a flow) keeps the old one as a part of its error.
    fn renew(&mut self, bias: usize, stock: f64, prior: f64) {
        let own = self.biases.get(bias, bias);
        let crossed = self.cross.get(bias).copied().unwrap_or(0.0);
        self.opening += 2.0 * stock * crossed + stock * stock * own;
        for (cross, with) in self.cross.iter_mut().zip(self.biases.row(bias)) {
            *cross += stock * with;
        }
        if let Some(cross) = self.cross.get_mut(bias) {
            *cross = 0.0;
        }
        self.biases.clear(bias, prior);
    }

    /// Takes in a period; `unlearnt` is the variance of its balance by itself.
    fn advance(
        &mut self,
        loads: Vec<f64>,
        [flows, closing]: [f64; 2],
        unlearnt: f64,
        renewed: Vec<(usize, f64)>,
    ) -> Gain {
        let spread = self.biases.times(&loads);
        let biases: Vec<f64> = self.cross.iter().zip(spread).map(|(c, s)| c + s).collect();
        let dot = |a: &[f64]| a.iter().zip(&loads).map(|(a, x)| a * x).sum::<f64>();
        let own = self.opening + dot(&self.cross);
        let variance = (own + dot(&biases) + flows + closing).max(ROUNDING * unlearnt);
        // Nothing is uncertain: the balance is a count, and says nothing of any bias.
        let weight = if variance > 0.0 { 1.0 / variance } else { 0.0 };
        self.biases.less_product(&biases, weight);
        let share = closing * weight;
        self.opening = closing - share * closing;
        for (cross, g) in self.cross.iter_mut().zip(&biases) {
            *cross = share * g;
        }
        Gain {
            biases,
            loads,
            variance,
            sd: variance.sqrt(),
            closing: share,
            renewed,
        }
    }
}

/// The mean part of the state: what the balances so far say of the last stocktake and of each bias.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Means {
    opening: f64,
    biases: Vec<f64>,
}

impl Means {
    /// The innovation of a balance, kg.
    fn advance(&mut self, gain: &Gain, balance: f64) -> f64 {
        for (bias, stock) in &gain.renewed {
            if let Some(mean) = self.biases.get_mut(*bias) {
                self.opening += stock * *mean;
                *mean = 0.0;
            }
        }
        let known: f64 = self
            .biases
            .iter()
            .zip(&gain.loads)
            .map(|(a, x)| a * x)
            .sum();
        let e = balance - self.opening - known;
        if gain.variance > 0.0 {
            let by = e / gain.variance;
            for (mean, g) in self.biases.iter_mut().zip(&gain.biases) {
                *mean += g * by;
            }
        }
        self.opening = -gain.closing * e;
        e
    }
}

impl Whitener {
    /// The whitening of a model; [`Model::check`] must hold.
    #[must_use]
    pub fn of(model: &Model) -> Whitener {
        let mut spread = Spread::of(model);
        let periods = model.periods.iter().enumerate();
        let gains = periods.map(|(t, period)| {
            let stated = model.biases.iter().zip(model.before(t)).enumerate();
            let anew = stated.filter(|(k, _)| period.renewed.renews(*k));
            let mut renewed = Vec::new();
            for (k, (bias, stock)) in anew {
                spread.renew(k, stock, bias.variance);
                renewed.push((k, stock));
            }
            let random = [period.flows, period.closing];
            let systematic = model.loads(t).zip(&model.biases);
            let unlearnt = systematic
                .map(|(load, bias)| bias.variance * (load.own * load.own + load.old * load.old))
                .sum::<f64>()
                + model.opening_of(t)
                + random.iter().sum::<f64>();
            let loads = model.loads(t).map(|l| l.own).collect();
            spread.advance(loads, random, unlearnt, renewed)
        });
        Whitener {
            gains: gains.collect(),
            biases: model.biases.len(),
        }
    }

    /// Number of periods.
    #[must_use]
    pub fn len(&self) -> usize {
        self.gains.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.gains.is_empty()
    }

    /// Variances of the innovations, kg².
    pub fn variances(&self) -> impl Iterator<Item = f64> {
        self.gains.iter().map(|g| g.variance)
    }

    /// Whitens balances (kg, one a period). Where nothing is uncertain the standardised value is 0 for no residual and
    /// infinite, with its sign, for any.
    #[must_use]
    pub fn whiten(&self, balances: &[f64]) -> Innovations {
        self.whiten_from(0, balances.iter().copied())
    }

    /// Whitens a pattern (kg, one a period from period `from` on) that is 0 before; values from `from` on.
    #[must_use]
    pub fn whiten_from(&self, from: usize, pattern: impl Iterator<Item = f64>) -> Innovations {
        let mut means = self.start();
        let stated = (from..self.len()).zip(pattern);
        let (residuals, standardised) = stated
            .map(|(period, balance)| self.step(&mut means, period, balance))
            .unzip();
        Innovations {
            standardised,
            residuals,
        }
    }

    /// The state before any balance.
    pub(crate) fn start(&self) -> Means {
        Means {
            opening: 0.0,
            biases: vec![0.0; self.biases],
        }
    }

    /// Takes the balance of a period into the state and gives its innovation, kg and standardised; nothing of a period
    /// that the model does not know.
    pub(crate) fn step(&self, means: &mut Means, period: usize, balance: f64) -> (f64, f64) {
        let Some(gain) = self.gains.get(period) else {
            return (0.0, 0.0);
        };
        let e = means.advance(gain, balance);
        (e, if e == 0.0 { 0.0 } else { e / gain.sd })
    }

    /// Log-likelihood of balances under the model, −½ Σ (z² + log F + log 2π).
    #[must_use]
    pub fn log_likelihood(&self, innovations: &Innovations) -> f64 {
        let terms = innovations.standardised.iter().zip(self.variances());
        let circle = libm::log(2.0 * std::f64::consts::PI);
        -0.5 * terms
            .map(|(z, f)| z * z + libm::log(f) + circle)
            .sum::<f64>()
    }
}

/// Standardised innovations of the balances of a series.
#[must_use]
pub fn standardised(model: &Model, balances: &[f64]) -> Vec<f64> {
    Whitener::of(model).whiten(balances).standardised
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::covariance;
    use crate::honest::Draw;
    use crate::model::tests::any_series;
    use crate::model::{Applies, Bias, Epochs, Period};

    fn largest_difference(a: &[f64], b: &[f64]) -> f64 {
        assert_eq!(a.len(), b.len());
        a.iter()
            .zip(b)
            .map(|(a, b)| (a - b).abs())
            .fold(0.0, f64::max)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]
        #[test]
        fn another_unit_changes_nothing((model, balances) in any_series()) {
            let by = 1000.0;
            let mut grams = model.clone();
            grams.opening *= by * by;
            grams.opening_amounts.iter_mut().for_each(|x| *x *= by);
            for p in &mut grams.periods {
                p.flows *= by * by;
                p.closing *= by * by;
                p.amounts.iter_mut().for_each(|x| *x *= by);
            }
            let in_grams: Vec<f64> = balances.iter().map(|y| y * by).collect();
            let (a, b) = (standardised(&model, &balances), standardised(&grams, &in_grams));
            for (a, b) in a.iter().zip(&b) {
                prop_assert!((a - b).abs() <= 1e-12 * a.abs().max(1.0), "{a} {b}");
            }
        }
    }

    /// A series of up to sixty periods with up to five instruments, calibrated anew once a year on average.
    fn drawn(draw: &mut Draw) -> (Model, Vec<f64>) {
        let mut between = |low: f64, high: f64| low + (high - low) * draw.uniform();
        let (biases, periods) = (between(0.0, 6.0) as usize, between(1.0, 61.0) as usize);
        let amounts = |between: &mut dyn FnMut(f64, f64) -> f64| -> Vec<f64> {
            (0..biases).map(|_| between(0.0, 1000.0)).collect()
        };
        let bias = |between: &mut dyn FnMut(f64, f64) -> f64| Bias {
            applies: if between(0.0, 1.0) < 0.5 {
                Applies::Stock
            } else {
                Applies::Flow
            },
            variance: between(1e-8, 1e-4),
        };
        let period = |between: &mut dyn FnMut(f64, f64) -> f64| Period {
            flows: between(0.01, 4.0),
            closing: between(0.01, 4.0),
            amounts: amounts(between),
            renewed: Epochs::of((0..biases).filter(|_| between(0.0, 12.0) < 1.0)),
        };
        let model = Model {
            biases: (0..biases).map(|_| bias(&mut between)).collect(),
            opening: between(0.0, 4.0),
            opening_amounts: amounts(&mut between),
            periods: (0..periods).map(|_| period(&mut between)).collect(),
        };
        let balances = (0..periods).map(|_| between(-10.0, 10.0)).collect();
        (model, balances)
    }

    #[test]
    fn innovations_are_what_cholesky_gives() {
        let mut draw = Draw::new(20);
        for series in 0..100_000 {
            let (model, balances) = drawn(&mut draw);
            let low = covariance::matrix(&model).cholesky().unwrap();
            let z = standardised(&model, &balances);
            let largest = z.iter().fold(1.0, |m: f64, z| m.max(z.abs()));
            let difference = largest_difference(&z, &low.whiten(&balances));
            assert!(
                difference < 1e-12 * largest,
                "{series}: {difference:e} of {largest}"
            );
        }
    }

    /// Where nothing but biases is uncertain, the first balance tells them, and every other one is a check.
    #[test]
    fn biases_alone_leave_a_check() {
        let period = |amount: f64| Period {
            flows: 0.0,
            closing: 0.0,
            amounts: vec![amount, 0.0],
            renewed: Epochs::NONE,
        };
        let bias = |applies| Bias {
            applies,
            variance: 1e-6,
        };
        let amounts = [313.7, 0.1, 77.7, 1e6, 5.3];
        let model = Model {
            biases: vec![bias(Applies::Flow), bias(Applies::Stock)],
            opening: 0.0,
            opening_amounts: vec![0.0, 0.0],
            periods: amounts.into_iter().map(period).collect(),
        };
        let mut balances = amounts.map(|x| 0.0017 * x);
        let z = standardised(&model, &balances);
        assert!((z[0] - 1.7).abs() < 1e-9, "{z:?}");
        assert!(z[1..].iter().all(|z| z.abs() < 1e-3), "{z:?}");
        balances[4] += 0.01;
        assert!(standardised(&model, &balances)[4] > 1e3);
    }

    #[test]
    fn a_count_without_error_is_exact() {
        let period = |amount: f64| Period {
            flows: 0.0,
            closing: 0.0,
            amounts: vec![amount],
            renewed: Epochs::NONE,
        };
        let model = Model {
            biases: vec![Bias {
                applies: Applies::Flow,
                variance: 0.0,
            }],
            opening: 0.0,
            opening_amounts: vec![0.0],
            periods: vec![period(5.0), period(0.0), period(7.0)],
        };
        assert_eq!(
            standardised(&model, &[0.0, 3.0, -1.0]),
            [0.0, f64::INFINITY, f64::NEG_INFINITY]
        );
    }
}
