//! A detector whose signatures are whitened like the data: it knows how a loss that starts in some period would show in
//! the innovations after it, biases that learn it included.

use crate::detector::VALUE_MAX;
use crate::exponential::exponential;
use crate::innovations::{Means, Whitener};

/// Starts that are kept: the last two years.
pub const STARTS: usize = 24;

/// Sizes of a loss that is the same in every period, in units of the median standard deviation of the series' balances.
const STEPS: [f64; 4] = [0.25, 0.5, 1.0, 2.0];
/// Sizes of a loss at once, in the same units.
const PULSES: [f64; 2] = [3.0, 6.0];
/// Losses that are looked for from one start on.
const LOSSES: usize = STEPS.len() + PULSES.len();

/// A step and a pulse.
type Shapes<T> = [T; 2];

/// The whitened signatures of losses of 1 kg that start in one of the last two years' periods: how each shows in a period.
#[derive(Clone, PartialEq, Debug)]
pub struct Signatures {
    /// By period, then by start, the oldest that is kept first.
    by_period: Vec<Vec<Shapes<f64>>>,
}

impl Signatures {
    /// Of a model; `inflation` ≥ 1 is the factor by which standard deviations may be larger than declared.
    #[must_use]
    pub fn of(whitener: &Whitener, inflation: f64) -> Signatures {
        let mut starts: Vec<Shapes<Means>> = Vec::with_capacity(STARTS);
        let by_period = (0..whitener.len()).map(|period| {
            if starts.len() == STARTS {
                starts.remove(0);
            }
            starts.push([whitener.start(), whitener.start()]);
            let newest = starts.len() - 1;
            let stated = starts.iter_mut().enumerate();
            let all = stated.map(|(start, [step, pulse])| {
                let once = if start == newest { 1.0 } else { 0.0 };
                let shapes = [(step, 1.0), (pulse, once)];
                shapes.map(|(means, kg)| {
                    let (_, g) = whitener.step(means, period, kg);
                    // Where nothing is uncertain there is nothing to weigh.
                    if g.is_finite() { g / inflation } else { 0.0 }
                })
            });
            all.collect()
        });
        Signatures {
            by_period: by_period.collect(),
        }
    }
}

/// What has been gathered for losses of 1 kg, by start, the oldest that is kept first: Σ g x and Σ g².
#[derive(Clone, PartialEq, Default, Debug)]
pub struct Gathered {
    sums: Vec<Shapes<[f64; 2]>>,
}

impl Gathered {
    /// Takes in the self-scaled innovation of a period.
    pub fn step(&mut self, signatures: &Signatures, period: usize, value: f64, inflation: f64) {
        if self.sums.len() == STARTS {
            self.sums.remove(0);
        }
        self.sums.push([[0.0; 2]; 2]);
        let own = signatures.by_period.get(period).into_iter().flatten();
        let x = (value / inflation).clamp(-VALUE_MAX, VALUE_MAX);
        for (sums, shapes) in self.sums.iter_mut().zip(own) {
            for ([products, squares], g) in sums.iter_mut().zip(shapes) {
                *products += g * x;
                *squares += g * g;
            }
        }
    }

    /// log of the mean over shapes and sizes of the evidence over all starts; `unit` kg is the median standard deviation of
    /// the balances.
    #[must_use]
    pub fn log_evidence(&self, unit: f64) -> f64 {
        let mut ratios = [f64::NEG_INFINITY; LOSSES * STARTS];
        let steps = STEPS.map(|size| size * unit);
        let pulses = PULSES.map(|size| size * unit);
        for (slots, [step, pulse]) in ratios.chunks_exact_mut(LOSSES).zip(&self.sums) {
            let of = |size: f64, [products, squares]: &[f64; 2]| {
                size * products - size * size * squares / 2.0
            };
            let each = steps.iter().map(|size| of(*size, step));
            let each = each.chain(pulses.iter().map(|size| of(*size, pulse)));
            for (slot, ratio) in slots.iter_mut().zip(each) {
                *slot = ratio;
            }
        }
        let largest = ratios.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        #[allow(clippy::cast_precision_loss, reason = "six")]
        let losses = LOSSES as f64;
        if largest.is_infinite() {
            return largest;
        }
        let sum = pulp::Arch::new().dispatch(Evidence {
            ratios: &ratios,
            largest,
        });
        largest + libm::log(sum / losses)
    }
}

/// Σ e^(ratio − largest), in eight sums side by side whatever registers there are.
struct Evidence<'a> {
    ratios: &'a [f64; LOSSES * STARTS],
    largest: f64,
}

impl pulp::NullaryFnOnce for Evidence<'_> {
    type Output = f64;

    #[inline(always)]
    fn call(self) -> f64 {
        let mut sums = [0.0; 8];
        for lanes in self.ratios.chunks_exact(sums.len()) {
            for (sum, ratio) in sums.iter_mut().zip(lanes) {
                *sum += exponential(ratio - self.largest);
            }
        }
        sums.iter().sum()
    }
}

/// The detector after every period. `values` are self-scaled innovations, `unit` kg the median standard deviation of the
/// balances, `inflation` ≥ 1 the factor by which standard deviations may be larger than declared.
#[must_use]
pub fn matched(whitener: &Whitener, values: &[f64], unit: f64, inflation: f64) -> Vec<f64> {
    let signatures = Signatures::of(whitener, inflation);
    let mut gathered = Gathered::default();
    let stated = values.iter().enumerate();
    stated
        .map(|(period, value)| {
            gathered.step(&signatures, period, *value, inflation);
            gathered.log_evidence(unit)
        })
        .collect()
}
