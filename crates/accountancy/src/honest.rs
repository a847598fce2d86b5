//! Honest series as the error model says they could have been: what a threshold rests on until enough real years are there.
//!
//! Errors are wider than declared in the way that real ones are: Student's t with six degrees of freedom instead of normal
//! ones, and every tolerance wrong by a factor of its own, 20 % to either side.

use crate::model::Model;
use crate::series::{Difference, Series, Tally};

/// Standard deviation of the logarithm of the factor by which a declared tolerance is wrong.
const MISDECLARED: f64 = 0.2;
/// Share of items that an honest reporter is late with.
const LATE: f64 = 0.03;
/// Share of items of an honest reporter that have to be mended.
const MENDED: f64 = 0.005;

/// Random numbers that follow from a seed alone (splitmix64: G. L. Steele et al., OOPSLA 2014).
#[derive(Clone, Debug)]
pub struct Draw(u64);

/// A number in (0, 1) from the upper 53 bits; the largest rounds to 1, of which the logarithm is 0.
#[allow(clippy::cast_precision_loss, reason = "53 bits")]
fn within_one(bits: u64) -> f64 {
    let number = ((bits >> 11) as f64 + 0.5) / (1u64 << 53) as f64;
    number.min(1.0 - f64::EPSILON / 2.0)
}

impl Draw {
    /// The numbers of a seed.
    #[must_use]
    pub fn new(seed: u64) -> Draw {
        Draw(seed)
    }

    /// The numbers of one of many draws under a seed, told apart by what it is for. No two share a stretch, and those of two
    /// seeds are no more alike than those of two purposes.
    #[must_use]
    pub fn keyed(seed: u64, purpose: &[u64]) -> Draw {
        let keyed = purpose.iter().fold(Draw(seed).bits(), |bits, key| {
            Draw(bits ^ key.wrapping_add(1)).bits()
        });
        Draw(keyed)
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let z = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        let z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// Uniform in (0, 1).
    pub fn uniform(&mut self) -> f64 {
        within_one(self.bits())
    }

    /// Standard normal (G. E. P. Box, M. E. Muller, Ann. Math. Stat. 29, 1958).
    pub fn normal(&mut self) -> f64 {
        let radius = (-2.0 * libm::log(self.uniform())).sqrt();
        radius * libm::cos(2.0 * std::f64::consts::PI * self.uniform())
    }

    /// Student's t with six degrees of freedom, scaled to variance 1.
    pub fn heavy(&mut self) -> f64 {
        let squares = -2.0 * libm::log(self.uniform() * self.uniform() * self.uniform());
        self.normal() / (squares / 6.0).sqrt() * (2.0f64 / 3.0).sqrt()
    }

    /// Normal balances under a model, exactly as it declares them, kg.
    pub fn normal_balances(&mut self, model: &Model) -> Vec<f64> {
        let mut kg = Vec::with_capacity(model.periods.len());
        balances(&mut kg, model, |_| 1.0, &mut || self.normal());
        kg
    }

    /// The factor by which a tolerance is wrong.
    fn factor(&mut self) -> f64 {
        libm::exp(MISDECLARED * self.normal())
    }
}

/// Draws the errors of a series anew; amounts, instruments and periods stay.
pub fn redraw(series: &mut Series, draw: &mut Draw) {
    heavy_balances(&mut series.balances, &series.model, draw);
    let differences = [&mut series.receipts, &mut series.issues];
    for Difference { kg, model } in differences.into_iter().flatten() {
        heavy_balances(kg, model, draw);
    }
    if let Some(yields) = &mut series.yields {
        for ratio in &mut yields.log_ratio {
            *ratio = yields.spread * draw.heavy();
        }
    }
    let tallies = [(&mut series.late, LATE), (&mut series.mended, MENDED)];
    for (all, share) in tallies {
        for Tally { counted, items } in all.iter_mut().flatten() {
            let drawn = (0..*items).filter(|_| draw.uniform() < share).count();
            *counted = u32::try_from(drawn).unwrap_or(u32::MAX);
        }
    }
}

fn heavy_balances(kg: &mut Vec<f64>, model: &Model, draw: &mut Draw) {
    // One factor a bias, one for the flows and one for stocktakes.
    let factors: Vec<f64> = (0..model.biases.len() + 2).map(|_| draw.factor()).collect();
    let of = |source: usize| factors.get(source).copied().unwrap_or(1.0);
    balances(kg, model, of, &mut || draw.heavy());
}

/// Balances with standardised errors from `error`, each source's standard deviation times its factor. Sources are the
/// biases in their order, then flows, then stocktakes.
fn balances(
    kg: &mut Vec<f64>,
    model: &Model,
    factor: impl Fn(usize) -> f64,
    error: &mut impl FnMut() -> f64,
) {
    let count = model.biases.len();
    let prior: Vec<f64> = (0..count)
        .zip(&model.biases)
        .map(|(k, b)| factor(k) * b.variance.sqrt())
        .collect();
    let mut biases: Vec<f64> = prior.iter().map(|sd| sd * error()).collect();
    let mut opening = factor(count + 1) * model.opening.sqrt() * error();
    kg.clear();
    for (t, period) in model.periods.iter().enumerate() {
        let mut y = factor(count) * period.flows.sqrt() * error() + opening;
        let own = biases.iter_mut().zip(&prior).zip(model.loads(t));
        for (k, ((bias, sd), load)) in own.enumerate() {
            y += *bias * load.old;
            if period.renewed.renews(k) {
                *bias = sd * error();
            }
            y += *bias * load.own;
        }
        let closing = factor(count + 1) * period.closing.sqrt() * error();
        y -= closing;
        opening = closing;
        kg.push(y);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::covariance::dense;
    use crate::model::{Applies, Bias, Epochs, Period};

    fn model() -> Model {
        let bias = |applies, sd: f64| Bias {
            applies,
            variance: sd * sd,
        };
        let period = |t: usize| Period {
            flows: 1.0,
            closing: 2.0 + t as f64,
            amounts: vec![100.0 + 10.0 * t as f64, 300.0 - 20.0 * t as f64],
            renewed: if t == 2 {
                Epochs::of(0..2)
            } else {
                Epochs::NONE
            },
        };
        Model {
            biases: vec![bias(Applies::Flow, 0.02), bias(Applies::Stock, 0.01)],
            opening: 2.0,
            opening_amounts: vec![0.0, 280.0],
            periods: (0..4).map(period).collect(),
        }
    }

    /// What is drawn has the covariance that the tests are built on, term by term.
    #[test]
    fn drawn_balances_have_the_declared_covariance() {
        let (model, rounds) = (model(), 40_000);
        let wanted = dense(&model);
        let mut draw = Draw::new(1);
        let mut sums = vec![vec![0.0; 4]; 4];
        for _ in 0..rounds {
            let y = draw.normal_balances(&model);
            for (i, a) in y.iter().enumerate() {
                for (j, b) in y.iter().enumerate() {
                    sums[i][j] += a * b / f64::from(rounds);
                }
            }
        }
        for (i, row) in wanted.iter().enumerate() {
            for (j, want) in row.iter().enumerate() {
                let error =
                    ((wanted[i][i] * wanted[j][j] + want * want) / f64::from(rounds)).sqrt();
                assert!(
                    (sums[i][j] - want).abs() < 4.5 * error,
                    "{i} {j}: {} {want}",
                    sums[i][j]
                );
            }
        }
    }

    #[test]
    fn the_ends_are_never_drawn() {
        for bits in [0, 1, u64::MAX / 2, u64::MAX - 1, u64::MAX] {
            let number = within_one(bits);
            assert!(0.0 < number && number < 1.0, "{bits:x}");
        }
    }

    #[test]
    fn heavy_values_have_the_variance_one() {
        let mut draw = Draw::new(3);
        let n = 400_000;
        let values: Vec<f64> = (0..n).map(|_| draw.heavy()).collect();
        let mean =
            |f: &dyn Fn(f64) -> f64| values.iter().map(|v| f(*v)).sum::<f64>() / f64::from(n);
        assert!(mean(&|v| v).abs() < 0.01);
        assert!((mean(&|v| v * v) - 1.0).abs() < 0.02);
        // Kurtosis of t₆ is 6.
        assert!((4.5..9.0).contains(&mean(&|v| v.powi(4))));
    }
}
