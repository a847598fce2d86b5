//! A detector whose signatures are whitened like the data: it knows how a loss that starts in some period would show in
//! the innovations after it, biases that learn it included.

use crate::detector::{VALUE_MAX, log_sum_exp};
use crate::innovations::Whitener;

/// Starts that are kept: the last two years.
pub const STARTS: usize = 24;

/// What a loss looks like from its start on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Shape {
    /// The same mass in every period.
    Step,
    /// One mass at once.
    Pulse,
}

impl Shape {
    /// Both.
    pub const ALL: [Shape; 2] = [Shape::Step, Shape::Pulse];

    /// Sizes that are looked for, in units of the median standard deviation of the series' balances.
    #[must_use]
    pub fn sizes(self) -> &'static [f64] {
        match self {
            Shape::Step => &[0.25, 0.5, 1.0, 2.0],
            Shape::Pulse => &[3.0, 6.0],
        }
    }

    fn pattern(self) -> impl Iterator<Item = f64> {
        let after = match self {
            Shape::Step => 1.0,
            Shape::Pulse => 0.0,
        };
        std::iter::once(1.0).chain(std::iter::repeat(after))
    }
}

/// A loss that the detector looks for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Hypothesis {
    /// What it looks like.
    pub shape: Shape,
    /// Period in which it starts, from 0.
    pub start: usize,
    /// kg: a period for a step, at once for a pulse.
    pub size: f64,
    /// Log-likelihood ratio against no loss, up to the last period.
    pub log_ratio: f64,
}

/// What a whitened start has gathered of unit size: Σ g x and Σ g².
struct Gathered {
    products: f64,
    squares: f64,
}

/// log of the mean over shapes and sizes of the evidence over all starts, after every period.
///
/// `values` are self-scaled innovations, `unit` kg the median standard deviation of the balances, `inflation` ≥ 1 the factor
/// by which standard deviations may be larger than declared.
#[must_use]
pub fn matched(whitener: &Whitener, values: &[f64], unit: f64, inflation: f64) -> Vec<f64> {
    let n = values.len();
    let count: usize = Shape::ALL.iter().map(|s| s.sizes().len()).sum();
    // By period, all log-ratios of starts that are still kept.
    let mut ratios: Vec<Vec<f64>> = vec![Vec::new(); n];
    for shape in Shape::ALL {
        for start in 0..n {
            let gathered = gather(whitener, values, shape, start, inflation);
            for (period, sum) in ratios.iter_mut().skip(start).zip(gathered) {
                period.extend(shape.sizes().iter().map(|size| sum.log_ratio(size * unit)));
            }
        }
    }
    #[allow(clippy::cast_precision_loss, reason = "six")]
    let signatures = libm::log(count as f64);
    ratios.iter().map(|r| log_sum_exp(r) - signatures).collect()
}

/// Every loss that is looked for, with what speaks for it at the end of the series.
#[must_use]
pub fn hypotheses(
    whitener: &Whitener,
    values: &[f64],
    unit: f64,
    inflation: f64,
) -> Vec<Hypothesis> {
    let n = values.len();
    let mut all = Vec::new();
    for shape in Shape::ALL {
        for start in n.saturating_sub(STARTS)..n {
            let Some(sum) = gather(whitener, values, shape, start, inflation).last() else {
                continue;
            };
            all.extend(shape.sizes().iter().map(|by| Hypothesis {
                shape,
                start,
                size: by * unit,
                log_ratio: sum.log_ratio(by * unit),
            }));
        }
    }
    all
}

impl Gathered {
    fn log_ratio(&self, size: f64) -> f64 {
        size * self.products - size * size * self.squares / 2.0
    }
}

fn gather(
    whitener: &Whitener,
    values: &[f64],
    shape: Shape,
    start: usize,
    inflation: f64,
) -> impl Iterator<Item = Gathered> {
    let pattern = shape.pattern().take(STARTS);
    let signature = whitener.whiten_from(start, pattern).standardised;
    let values = values.iter().skip(start).take(STARTS).copied();
    let pairs: Vec<(f64, f64)> = signature.into_iter().zip(values).collect();
    let (mut products, mut squares) = (0.0, 0.0);
    pairs.into_iter().map(move |(g, u)| {
        // Where nothing is uncertain there is nothing to weigh.
        let g = if g.is_finite() { g / inflation } else { 0.0 };
        products += g * (u / inflation).clamp(-VALUE_MAX, VALUE_MAX);
        squares += g * g;
        Gathered { products, squares }
    })
}
