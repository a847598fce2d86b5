//! The error model of one series: what each balance is uncertain by, and what its balances share.
//!
//! Source: the measurement model of nuclear material accountancy (R. Avenhaus, Material Accountability, 1977) with a bias
//! for every calibration epoch of every instrument.

/// What a bias applies to.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Applies {
    /// To amounts that move: the amount of a period is signed, + in, − out.
    Flow,
    /// To stocktakes: the amount of a period is the closing stock that the gauge measures, kg, without sign.
    Stock,
}

/// The systematic error of one instrument, relative; drawn anew at every calibration.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Bias {
    /// What it applies to.
    pub applies: Applies,
    /// Prior variance of the relative error, dimensionless.
    pub variance: f64,
}

/// Which biases are drawn anew, by position in [`Model::biases`].
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Epochs(u64);

/// Biases that one series may have: positions of [`Epochs`].
pub const BIASES_MAX: usize = 64;

impl Epochs {
    /// None is.
    pub const NONE: Epochs = Epochs(0);

    /// These are, and no others.
    #[must_use]
    pub fn of(biases: impl IntoIterator<Item = usize>) -> Epochs {
        let bits = biases.into_iter().filter(|b| *b < BIASES_MAX);
        Epochs(bits.fold(0, |all, b| all | 1 << b))
    }

    /// Whether a bias is drawn anew.
    #[must_use]
    pub fn renews(self, bias: usize) -> bool {
        bias < BIASES_MAX && self.0 >> bias & 1 == 1
    }
}

/// One balance period, from stocktake t − 1 to stocktake t.
#[derive(Clone, PartialEq, Debug)]
pub struct Period {
    /// Variance of the random errors of all flow items, kg² (v).
    pub flows: f64,
    /// Variance of the random error of the closing stocktake, kg² (w).
    pub closing: f64,
    /// Amount by bias, kg; see [`Applies`].
    pub amounts: Vec<f64>,
    /// Biases drawn anew between stocktake t − 1 and this period; a new stock bias applies from stocktake t on.
    pub renewed: Epochs,
}

/// The error model of a series; it holds no balance.
#[derive(Clone, PartialEq, Debug)]
pub struct Model {
    /// The biases.
    pub biases: Vec<Bias>,
    /// Variance of the random error of the opening stocktake, kg² (w of stocktake 0).
    pub opening: f64,
    /// Opening stock by bias, kg; 0 for flows.
    pub opening_amounts: Vec<f64>,
    /// The periods.
    pub periods: Vec<Period>,
}

/// Why a model cannot be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum ModelError {
    /// More than [`BIASES_MAX`] biases.
    TooManyBiases,
    /// Amounts of a period (0 = the opening) are not as many as biases.
    Shape(usize),
    /// A variance of a period (0 = the opening) is negative, infinite or not a number, or an amount is not finite.
    Value(usize),
}

impl Model {
    /// Checks that amounts and biases fit and that every number is one.
    ///
    /// # Errors
    /// [`ModelError`], with the number of the first period that is wrong.
    pub fn check(&self) -> Result<(), ModelError> {
        if self.biases.len() > BIASES_MAX {
            return Err(ModelError::TooManyBiases);
        }
        let is_variance = |x: f64| x.is_finite() && x >= 0.0;
        let stated = |amounts: &[f64], variances: [f64; 2], at: usize| {
            if amounts.len() != self.biases.len() {
                return Err(ModelError::Shape(at));
            }
            let fine =
                variances.into_iter().all(is_variance) && amounts.iter().all(|x| x.is_finite());
            fine.then_some(()).ok_or(ModelError::Value(at))
        };
        if !self.biases.iter().all(|b| is_variance(b.variance)) {
            return Err(ModelError::Value(0));
        }
        stated(&self.opening_amounts, [self.opening, 0.0], 0)?;
        for (at, period) in (1..).zip(&self.periods) {
            stated(&period.amounts, [period.flows, period.closing], at)?;
        }
        Ok(())
    }

    /// Amounts by bias of the stocktake before a period (counted from 0), kg; 0 for flows.
    pub(crate) fn before(&self, period: usize) -> impl Iterator<Item = f64> {
        let amounts = match period.checked_sub(1).and_then(|p| self.periods.get(p)) {
            Some(previous) => &previous.amounts,
            None => &self.opening_amounts,
        };
        let amounts = amounts.iter().zip(&self.biases);
        amounts.map(|(amount, bias)| match bias.applies {
            Applies::Flow => 0.0,
            Applies::Stock => *amount,
        })
    }

    /// Variance of the random error of the stocktake before a period, kg².
    pub(crate) fn opening_of(&self, period: usize) -> f64 {
        let previous = period.checked_sub(1).and_then(|p| self.periods.get(p));
        previous.map_or(self.opening, |p| p.closing)
    }

    /// What a period puts on the bias of its own epoch and on that of the epoch before, by bias, kg.
    pub(crate) fn loads(&self, period: usize) -> impl Iterator<Item = Load> {
        let now = self.periods.get(period);
        let renewed = now.map_or(Epochs::NONE, |p| p.renewed);
        let amounts = now.into_iter().flat_map(|p| &p.amounts);
        let stated = amounts.zip(&self.biases).zip(self.before(period));
        stated
            .enumerate()
            .map(
                move |(k, ((amount, bias), before))| match (bias.applies, renewed.renews(k)) {
                    (Applies::Flow, _) => Load {
                        own: *amount,
                        old: 0.0,
                    },
                    (Applies::Stock, false) => Load {
                        own: before - amount,
                        old: 0.0,
                    },
                    (Applies::Stock, true) => Load {
                        own: -amount,
                        old: before,
                    },
                },
            )
    }
}

/// Amounts through a bias, signed, kg.
#[derive(Clone, Copy, PartialEq, Debug)]
pub(crate) struct Load {
    /// On the bias of the period's own epoch.
    pub(crate) own: f64,
    /// On the bias of the epoch before: the opening stock after a recalibration.
    pub(crate) old: f64,
}

#[cfg(test)]
pub(crate) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Series with up to five biases, recalibrations and up to sixty periods, and their balances.
    pub(crate) fn any_series() -> impl Strategy<Value = (Model, Vec<f64>)> {
        (0usize..6, 1usize..61).prop_flat_map(|(biases, periods)| {
            let bias = (prop::bool::ANY, 1e-8..1e-4f64).prop_map(|(stock, variance)| Bias {
                applies: if stock { Applies::Stock } else { Applies::Flow },
                variance,
            });
            let amounts = prop::collection::vec(0.0..1000.0f64, biases);
            let period = (
                0.01..4.0f64,
                0.01..4.0f64,
                amounts.clone(),
                0u64..64,
                0u32..8,
            )
                .prop_map(|(flows, closing, amounts, bits, often)| Period {
                    flows,
                    closing,
                    amounts,
                    renewed: Epochs(if often == 0 { bits } else { 0 }),
                });
            let model = (
                prop::collection::vec(bias, biases),
                0.0..4.0f64,
                amounts,
                prop::collection::vec(period, periods),
            )
                .prop_map(|(biases, opening, opening_amounts, periods)| Model {
                    biases,
                    opening,
                    opening_amounts,
                    periods,
                });
            (model, prop::collection::vec(-10.0..10.0f64, periods))
        })
    }

    #[test]
    fn what_is_wrong_is_named() {
        let bias = Bias {
            applies: Applies::Flow,
            variance: 1e-6,
        };
        let period = |flows, amounts: &[f64]| Period {
            flows,
            closing: 1.0,
            amounts: amounts.to_vec(),
            renewed: Epochs::NONE,
        };
        let model = |biases: usize, periods| Model {
            biases: vec![bias; biases],
            opening: 1.0,
            opening_amounts: vec![0.0; biases],
            periods,
        };
        let table = [
            (model(1, vec![period(1.0, &[2.0])]), Ok(())),
            (
                model(1, vec![period(1.0, &[2.0]), period(1.0, &[])]),
                Err(ModelError::Shape(2)),
            ),
            (
                model(1, vec![period(-1.0, &[2.0])]),
                Err(ModelError::Value(1)),
            ),
            (
                model(1, vec![period(f64::NAN, &[2.0])]),
                Err(ModelError::Value(1)),
            ),
            (
                model(1, vec![period(1.0, &[f64::INFINITY])]),
                Err(ModelError::Value(1)),
            ),
            (model(65, vec![]), Err(ModelError::TooManyBiases)),
        ];
        for (model, wanted) in table {
            assert_eq!(model.check(), wanted);
        }
    }
}
