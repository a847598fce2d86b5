//! The covariance of the balances of a series, as a matrix and as variances of sums.

use crate::linear::Square;
use crate::model::Model;

/// The covariance of all balances, row by row, kg².
///
/// Costs n² products by bias: for reports and as the check of [`crate::innovations`], which need no matrix.
#[must_use]
pub fn dense(model: &Model) -> Vec<Vec<f64>> {
    let matrix = matrix(model);
    (0..matrix.size()).map(|i| matrix.row(i).to_vec()).collect()
}

pub(crate) fn matrix(model: &Model) -> Square {
    let n = model.periods.len();
    let loads: Vec<Vec<(usize, f64)>> = on_epochs(model);
    let shared = |t: usize, u: usize| {
        let pairs = loads.get(t).into_iter().flatten();
        pairs
            .map(|(epoch, x)| {
                let others = loads.get(u).into_iter().flatten();
                let same = others.filter(|(e, _)| e == epoch);
                let q = model.biases.get(epoch % model.biases.len());
                same.map(|(_, y)| q.map_or(0.0, |b| b.variance) * x * y)
                    .sum::<f64>()
            })
            .sum::<f64>()
    };
    Square::from_fn(n, |t, u| {
        let own = match t.abs_diff(u) {
            0 => model.periods.get(t).map_or(0.0, |p| p.flows + p.closing) + model.opening_of(t),
            1 => -model.opening_of(t.max(u)),
            _ => 0.0,
        };
        own + shared(t, u)
    })
}

/// For each period, what it puts on each epoch of each bias. Epoch e of bias k has number e · biases + k.
fn on_epochs(model: &Model) -> Vec<Vec<(usize, f64)>> {
    let count = model.biases.len();
    let mut epochs: Vec<usize> = (0..count).collect();
    let periods = model.periods.iter().enumerate();
    periods
        .map(|(t, period)| {
            let mut loads = Vec::new();
            for ((k, load), epoch) in model.loads(t).enumerate().zip(&mut epochs) {
                if period.renewed.renews(k) {
                    loads.push((*epoch, load.old));
                    *epoch += count;
                }
                loads.push((*epoch, load.own));
            }
            loads
        })
        .collect()
}

/// Standard deviation of each balance by itself, kg (sigma-MUF).
#[must_use]
pub fn standard_deviations(model: &Model) -> Vec<f64> {
    let periods = 0..model.periods.len();
    periods.map(|t| sum_variance(model, t, t).sqrt()).collect()
}

/// Variance of the sum of the balances of periods `from` to `to` (counted from 0, both included), kg².
///
/// Stocktakes within cancel: what is left are the flows, the two outer stocktakes, and what each epoch of a bias summed to.
#[must_use]
pub fn sum_variance(model: &Model, from: usize, to: usize) -> f64 {
    parts_of_sum(model, from, to).total()
}

/// The variance of a sum of balances by where it comes from, kg².
#[derive(Clone, PartialEq, Debug)]
pub struct Parts {
    /// Random errors of flow items.
    pub flows: f64,
    /// Random errors of the first and the last stocktake.
    pub stocktakes: f64,
    /// Systematic errors, by bias.
    pub biases: Vec<f64>,
}

impl Parts {
    /// All of it.
    #[must_use]
    pub fn total(&self) -> f64 {
        self.flows + self.stocktakes + self.biases.iter().sum::<f64>()
    }
}

/// What the variance of the sum of periods `from` to `to` (counted from 0, both included) is made of.
#[must_use]
pub fn parts_of_sum(model: &Model, from: usize, to: usize) -> Parts {
    let mut sums = vec![Sum::default(); model.biases.len()];
    let mut flows = 0.0;
    let mut stocktakes = 0.0;
    for (t, period) in model.periods.iter().enumerate().take(to + 1).skip(from) {
        flows += period.flows;
        stocktakes = model.opening_of(from) + period.closing;
        for ((k, load), sum) in model.loads(t).enumerate().zip(&mut sums) {
            if period.renewed.renews(k) {
                sum.running += load.old;
                sum.squares += sum.running * sum.running;
                sum.running = 0.0;
            }
            sum.running += load.own;
        }
    }
    let biases = model.biases.iter().zip(sums);
    let biases =
        biases.map(|(bias, sum)| bias.variance * (sum.squares + sum.running * sum.running));
    Parts {
        flows,
        stocktakes,
        biases: biases.collect(),
    }
}

/// What the epochs of a bias sum to.
#[derive(Clone, Default)]
struct Sum {
    /// The epoch that runs, kg.
    running: f64,
    /// Those that ended, squared, kg².
    squares: f64,
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::model::tests::any_series;

    proptest! {
        #[test]
        fn a_sum_has_the_variance_of_its_block((model, _) in any_series(), from in 0usize..60, length in 0usize..60) {
            let n = model.periods.len();
            let (from, to) = (from % n, (from % n + length).min(n - 1));
            let dense = dense(&model);
            let block: f64 = dense[from..=to].iter().flat_map(|row| &row[from..=to]).sum();
            let scale: f64 = (from..=to).map(|t| dense[t][t]).sum();
            prop_assert!((sum_variance(&model, from, to) - block).abs() <= 1e-11 * scale);
        }
    }
}
