//! How much is missing, in the records that speak.

use weighbridge_accountancy::Family;
use weighbridge_accountancy::channel::INFLATION;
use weighbridge_accountancy::covariance::sum_variance;
use weighbridge_accountancy::innovations::Whitener;
use weighbridge_accountancy::loss::{self, Loss};
use weighbridge_accountancy::model::Model;
use weighbridge_accountancy::normal::quantile;
use weighbridge_accountancy::series::Series;

use super::Speaking;

/// What is missing in some records.
#[derive(Clone, PartialEq, Debug)]
pub struct Missing {
    /// The records.
    pub family: Family,
    /// The most likely loss.
    pub loss: Loss,
    /// What is missing besides, in periods outside it, in order of time.
    pub further: Vec<Loss>,
}

impl Missing {
    /// What is missing in the records of the loudest family; stocktakes and how books are kept have no mass of their own.
    pub(super) fn of(series: &Series, speaking: &[Speaking]) -> Option<Missing> {
        let own = |family: Family| match family {
            Family::Balance => estimate(family, &series.model, &series.balances),
            Family::Receipts => {
                let d = series.receipts.as_ref()?;
                estimate(family, &d.model, &d.kg)
            }
            Family::Issues => {
                let d = series.issues.as_ref()?;
                estimate(family, &d.model, &d.kg)
            }
            Family::Yield | Family::TooGood | Family::Bookkeeping => None,
        };
        speaking.iter().find_map(|s| own(s.family))
    }

    /// The last period in which anything went.
    #[must_use]
    pub fn last(&self) -> usize {
        let further = self.further.iter().map(|l| l.last);
        further.fold(self.loss.last, usize::max)
    }
}

fn estimate(family: Family, model: &Model, kg: &[f64]) -> Option<Missing> {
    let certain = Whitener::of(model).variances().all(|f| f == 0.0);
    let mut all = match certain {
        true => loss::exact(kg).into_iter().collect(),
        false => loss::several(model, kg, INFLATION),
    };
    if !certain {
        all.iter_mut()
            .for_each(|loss| *loss = with_sum(*loss, model, kg));
    }
    let mut all = all.into_iter();
    let loss = all.next()?;
    let mut further: Vec<Loss> = all.collect();
    further.sort_by_key(|l| l.first);
    Some(Missing {
        family,
        loss,
        further,
    })
}

/// A loss at one rate is a picture; what the books leave over its stretch is a fact. Where the picture does not hold it, as
/// where goods went twice, or more and more of them, the sum is stated, with an interval that holds both.
fn with_sum(loss: Loss, model: &Model, kg: &[f64]) -> Loss {
    let stretch = kg.get(loss.first..=loss.last).unwrap_or(&[]);
    let sum: f64 = stretch.iter().sum();
    if (loss.low..=loss.high).contains(&sum) {
        return loss;
    }
    // Nine of ten normal values lie within.
    let by = quantile(0.95) * INFLATION * sum_variance(model, loss.first, loss.last).sqrt();
    Loss {
        kg: sum.max(0.0),
        low: loss.low.min(sum - by).max(0.0),
        high: loss.high.max(sum + by),
        ..loss
    }
}

#[cfg(test)]
mod tests {
    use weighbridge_accountancy::model::{Applies, Bias, Epochs, Period};

    use super::*;

    /// Goods that went at once, twice, evenly, and more and more: what is stated holds what the books leave over.
    #[test]
    fn the_interval_holds_the_sum_of_its_stretch() {
        let bias = |applies| Bias {
            applies,
            variance: 1e-6,
        };
        let period = |t: usize| Period {
            flows: 25.0,
            closing: 25.0,
            amounts: vec![4_000.0 + t as f64, 9_000.0],
            renewed: if t % 12 == 5 {
                Epochs::of(0..2)
            } else {
                Epochs::NONE
            },
        };
        let model = Model {
            biases: vec![bias(Applies::Flow), bias(Applies::Stock)],
            opening: 25.0,
            opening_amounts: vec![0.0, 9_000.0],
            periods: (0..24).map(period).collect(),
        };
        let at = |list: &[(usize, f64)]| -> Vec<f64> {
            let mut kg: Vec<f64> = (0..24).map(|t| f64::from(t % 5) - 2.0).collect();
            list.iter().for_each(|(t, lost)| kg[*t] += lost);
            kg
        };
        let rising: Vec<(usize, f64)> = (12..24).map(|t| (t, 50.0 * (t - 11) as f64)).collect();
        for kg in [
            at(&[(14, 3_000.0)]),
            at(&[(14, 3_000.0), (19, 2_500.0)]),
            at(&(12..24).map(|t| (t, 200.0)).collect::<Vec<_>>()),
            at(&rising),
        ] {
            let loss = estimate(Family::Balance, &model, &kg).unwrap().loss;
            let sum: f64 = kg[loss.first..=loss.last].iter().sum();
            assert!((loss.low..=loss.high).contains(&sum), "{loss:?}: {sum}");
            assert!((loss.low..=loss.high).contains(&loss.kg), "{loss:?}");
        }
    }
}
