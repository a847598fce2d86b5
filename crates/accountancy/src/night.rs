//! The nightly step: one period of many series at once, each in a lane of its own, with the state between nights.
//!
//! The same recursion as [`crate::innovations`], the same tests as [`crate::page`], [`crate::scale`] and
//! [`crate::detector`], laid out so that eight series run side by side in the processor's registers. Evidence is kept as M
//! itself, not as its logarithm: all tilts are powers of e^(x/2), so that one exponential a series and night is enough.
//!
//! Absent: the channels beyond the balance and the detector with signatures, which looks back two years: computed by replay.
#![allow(
    clippy::indexing_slicing,
    clippy::needless_range_loop,
    reason = "loops over lanes and biases, whose numbers are part of the types"
)]

use crate::channel::INFLATION;
use crate::detector::VALUE_MAX;
use crate::exponential::exponential;
use crate::scale::{PRIOR_PERIODS, SQUARE_MAX, VARIANCE_MIN};

/// Series that run side by side.
pub const LANES: usize = 8;
/// One value a series.
pub type Lane = [f64; LANES];

/// Allowances of Page's tests.
pub const ALLOWANCES: [f64; 4] = [0.25, 0.5, 1.0, 1.5];
/// Tilts of the detectors, in halves: ½, 1, 2, 3½; and e^(−tilt² / 2), which keeps the mean of e^(tilt x) at 1.
const TILTS: [(u32, f64); 4] = [
    (1, 0.882_496_902_584_595_4),
    (2, 0.606_530_659_712_633_4),
    (4, 0.135_335_283_236_612_7),
    (7, 2.187_491_118_182_885_4e-3),
];
/// Evidence is not counted beyond this.
const EVIDENCE_MAX: f64 = 1e300;

/// What one period brings.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Night<const BIASES: usize> {
    /// Balances, kg.
    pub balances: Lane,
    /// Variance of flows, kg².
    pub flows: Lane,
    /// Variance of the closing stocktake, kg²; flows and closing are not both 0.
    pub closing: Lane,
    /// Amounts through the biases of the period's own epoch, signed, kg.
    pub loads: [Lane; BIASES],
}

/// A loop over biases, laid out flat: of a loop the compiler puts biases side by side in a register instead of series.
macro_rules! flat {
    ($k:ident < $count:expr, $body:block) => {
        const { assert!($count <= 6) };
        flat!(@ $k < $count, $body, 0 1 2 3 4 5);
    };
    (@ $k:ident < $count:expr, $body:block, $($at:literal)*) => {
        $(if $at < $count {
            let $k: usize = $at;
            $body
        })*
    };
}

/// Eight series between two nights. `TRIANGLE` is BIASES (BIASES + 1) / 2.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Sleepers<const BIASES: usize, const TRIANGLE: usize> {
    stock_mean: Lane,
    stock_variance: Lane,
    means: [Lane; BIASES],
    cross: [Lane; BIASES],
    /// Covariance of the biases, lower triangle row by row.
    spread: [Lane; TRIANGLE],
    squares: Lane,
    periods: f64,
    /// Page's statistics by [`ALLOWANCES`].
    pub pages: [Lane; ALLOWANCES.len()],
    /// Evidence by tilt.
    pub evidence: [Lane; TILTS.len()],
}

#[inline(always)]
const fn at(row: usize, column: usize) -> usize {
    if row >= column {
        row * (row + 1) / 2 + column
    } else {
        column * (column + 1) / 2 + row
    }
}

impl<const BIASES: usize, const TRIANGLE: usize> Sleepers<BIASES, TRIANGLE> {
    const FITS: () = assert!(TRIANGLE == BIASES * (BIASES + 1) / 2);

    /// Before the first night: the variance of the opening stocktake (kg²) and of each bias.
    #[must_use]
    pub fn new(opening: Lane, biases: [Lane; BIASES]) -> Self {
        let () = Self::FITS;
        let mut spread = [[0.0; LANES]; TRIANGLE];
        for (k, variance) in biases.iter().enumerate() {
            spread[at(k, k)] = *variance;
        }
        Sleepers {
            stock_mean: [0.0; LANES],
            stock_variance: opening,
            means: [[0.0; LANES]; BIASES],
            cross: [[0.0; LANES]; BIASES],
            spread,
            squares: [0.0; LANES],
            periods: 0.0,
            pages: [[0.0; LANES]; ALLOWANCES.len()],
            evidence: [[0.0; LANES]; TILTS.len()],
        }
    }

    /// Draws a bias of one series anew, before the first night of its new epoch; `stock` kg of the opening stock bear the
    /// old one (0 for a flow).
    pub fn renew(&mut self, lane: usize, bias: usize, stock: f64, variance: f64) {
        if lane >= LANES || bias >= BIASES {
            return;
        }
        let own = self.spread[at(bias, bias)][lane];
        self.stock_mean[lane] += stock * self.means[bias][lane];
        self.stock_variance[lane] += 2.0 * stock * self.cross[bias][lane] + stock * stock * own;
        for k in 0..BIASES {
            self.cross[k][lane] += stock * self.spread[at(k, bias)][lane];
            self.spread[at(k, bias)][lane] = 0.0;
        }
        self.cross[bias][lane] = 0.0;
        self.means[bias][lane] = 0.0;
        self.spread[at(bias, bias)][lane] = variance;
    }

    /// One night; gives the standardised innovations.
    #[inline(always)]
    pub fn step(&mut self, night: &Night<BIASES>) -> Lane {
        let z = self.whiten(night);
        self.test(z);
        z
    }

    #[inline(always)]
    fn whiten(&mut self, night: &Night<BIASES>) -> Lane {
        let x = &night.loads;
        let mut gains = self.cross;
        flat!(row < BIASES, {
            flat!(column < BIASES, {
                let p = &self.spread[at(row, column)];
                for l in 0..LANES {
                    gains[row][l] += p[l] * x[column][l];
                }
            });
        });
        let mut variance = self.stock_variance;
        let mut residual = night.balances;
        for l in 0..LANES {
            variance[l] += night.flows[l] + night.closing[l];
            residual[l] -= self.stock_mean[l];
        }
        flat!(k < BIASES, {
            for l in 0..LANES {
                variance[l] += x[k][l] * (self.cross[k][l] + gains[k][l]);
                residual[l] -= x[k][l] * self.means[k][l];
            }
        });
        let (mut z, mut weight, mut scaled) = ([0.0; LANES], [0.0; LANES], [0.0; LANES]);
        for l in 0..LANES {
            weight[l] = 1.0 / variance[l];
            scaled[l] = residual[l] * weight[l];
            z[l] = residual[l] / variance[l].sqrt();
        }
        let mut weighted = gains;
        flat!(k < BIASES, {
            for l in 0..LANES {
                self.means[k][l] += gains[k][l] * scaled[l];
                weighted[k][l] *= weight[l];
            }
        });
        flat!(row < BIASES, {
            flat!(column < BIASES, {
                if column <= row {
                    let p = &mut self.spread[at(row, column)];
                    for l in 0..LANES {
                        p[l] -= weighted[row][l] * gains[column][l];
                    }
                }
            });
        });
        let mut share = night.closing;
        for l in 0..LANES {
            let closing = night.closing[l];
            share[l] *= weight[l];
            self.stock_mean[l] = -closing * scaled[l];
            self.stock_variance[l] = closing - share[l] * closing;
        }
        flat!(k < BIASES, {
            for l in 0..LANES {
                self.cross[k][l] = share[l] * gains[k][l];
            }
        });
        z
    }

    #[inline(always)]
    fn test(&mut self, z: Lane) {
        let count = PRIOR_PERIODS + self.periods;
        self.periods += 1.0;
        let (mut u, mut half) = ([0.0; LANES], [0.0; LANES]);
        for l in 0..LANES {
            let variance = ((PRIOR_PERIODS + self.squares[l]) / count).max(VARIANCE_MIN);
            self.squares[l] += (z[l] * z[l]).min(SQUARE_MAX);
            u[l] = z[l] / variance.sqrt();
            half[l] = exponential((u[l] / INFLATION).min(VALUE_MAX) / 2.0);
        }
        for (page, allowance) in self.pages.iter_mut().zip(ALLOWANCES) {
            for l in 0..LANES {
                page[l] = (page[l] + u[l] - allowance).max(0.0);
            }
        }
        for (evidence, (halves, toll)) in self.evidence.iter_mut().zip(TILTS) {
            for l in 0..LANES {
                let e = power(half[l], halves) * toll;
                evidence[l] = ((1.0 + evidence[l]) * e).min(EVIDENCE_MAX);
            }
        }
    }
}

#[inline(always)]
fn power(x: f64, exponent: u32) -> f64 {
    let square = x * x;
    match exponent {
        1 => x,
        2 => square,
        4 => square * square,
        _ => square * square * square * x,
    }
}

/// Some nights of many series: `nights` of each group of eight, one group after the other. Runs in the widest registers that
/// the processor has; every width gives the same bits, since nothing is added in another order.
pub fn pass<'a, const BIASES: usize, const TRIANGLE: usize>(
    all: &mut [Sleepers<BIASES, TRIANGLE>],
    nights: impl Fn(usize) -> &'a [Night<BIASES>],
) {
    pulp::Arch::new().dispatch(Pass { all, nights });
}

struct Pass<'b, F, const BIASES: usize, const TRIANGLE: usize> {
    all: &'b mut [Sleepers<BIASES, TRIANGLE>],
    nights: F,
}

impl<'a, F, const BIASES: usize, const TRIANGLE: usize> pulp::NullaryFnOnce
    for Pass<'_, F, BIASES, TRIANGLE>
where
    F: Fn(usize) -> &'a [Night<BIASES>],
{
    type Output = ();

    #[inline(always)]
    fn call(self) {
        for (group, sleepers) in self.all.iter_mut().enumerate() {
            for night in (self.nights)(group) {
                sleepers.step(night);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::detector::shiryaev_roberts;
    use crate::innovations::standardised;
    use crate::model::{Applies, Bias, Epochs, Model, Period};
    use crate::page::{Start, page};
    use crate::scale::self_scaled;

    /// Model and balances of one series with two flow biases and a gauge.
    fn series() -> impl Strategy<Value = (Model, Vec<f64>)> {
        let period = (
            0.01..4.0f64,
            0.01..4.0f64,
            [10.0..900.0f64, 10.0..900.0, 10.0..900.0],
            0u8..10,
        );
        let period = period.prop_map(|(flows, closing, [a, b, c], often)| Period {
            flows,
            closing,
            amounts: vec![a, -b, c],
            renewed: if often == 0 {
                Epochs::of([0, 2])
            } else {
                Epochs::NONE
            },
        });
        let periods = prop::collection::vec((period, -8.0..8.0f64), 24);
        (periods, 1e-7..1e-5f64, 0.1..3.0f64, 10.0..900.0f64).prop_map(
            |(periods, q, opening, stock)| {
                let (periods, balances) = periods.into_iter().unzip();
                let bias = |applies| Bias {
                    applies,
                    variance: q,
                };
                let model = Model {
                    biases: vec![
                        bias(Applies::Flow),
                        bias(Applies::Flow),
                        bias(Applies::Stock),
                    ],
                    opening,
                    opening_amounts: vec![0.0, 0.0, stock],
                    periods,
                };
                (model, balances)
            },
        )
    }

    proptest! {
        #[test]
        fn every_lane_is_the_series_by_itself(all in prop::collection::vec(series(), LANES)) {
            let lane = |of: &dyn Fn(&Model) -> f64| -> Lane { std::array::from_fn(|l| of(&all[l].0)) };
            let mut sleepers = Sleepers::<3, 6>::new(
                lane(&|m| m.opening),
                std::array::from_fn(|k| lane(&|m| m.biases[k].variance)),
            );
            let mut got = vec![Vec::new(); LANES];
            let mut ends = Vec::new();
            for t in 0..24 {
                for (l, (model, _)) in all.iter().enumerate() {
                    for (k, stock) in (0..3).zip(model.before(t).collect::<Vec<_>>()) {
                        if model.periods[t].renewed.renews(k) {
                            sleepers.renew(l, k, stock, model.biases[k].variance);
                        }
                    }
                }
                let night = Night {
                    balances: std::array::from_fn(|l| all[l].1[t]),
                    flows: lane(&|m| m.periods[t].flows),
                    closing: lane(&|m| m.periods[t].closing),
                    loads: std::array::from_fn(|k| lane(&|m| m.loads(t).nth(k).unwrap().own)),
                };
                // In the widest registers that there are, to the same bits.
                let mut wide = [sleepers];
                pass(&mut wide, |_| std::slice::from_ref(&night));
                let z = sleepers.step(&night);
                prop_assert_eq!(wide, [sleepers]);
                (0..LANES).for_each(|l| got[l].push(z[l]));
                ends.push(sleepers);
            }
            for (l, (model, balances)) in all.iter().enumerate() {
                let z = standardised(model, balances);
                for (a, b) in got[l].iter().zip(&z) {
                    prop_assert!((a - b).abs() <= 1e-11 * b.abs().max(1.0), "{a} {b}");
                }
                let u = self_scaled(&z);
                for (k, allowance) in ALLOWANCES.into_iter().enumerate() {
                    let want = page(&u, allowance, Start::Allowance);
                    for (end, want) in ends.iter().zip(&want) {
                        prop_assert!((end.pages[k][l] - want).abs() <= 1e-10 * want.max(1.0));
                    }
                }
                for (k, (halves, toll)) in TILTS.into_iter().enumerate() {
                    let tilt = f64::from(halves) / 2.0;
                    prop_assert!((toll / libm::exp(-tilt * tilt / 2.0) - 1.0).abs() < 1e-15);
                    let x = u.iter().map(|u| (u / INFLATION).min(VALUE_MAX));
                    let logs: Vec<f64> = x.map(|x| tilt * x - tilt * tilt / 2.0).collect();
                    for (end, want) in ends.iter().zip(shiryaev_roberts(&logs)) {
                        prop_assert!((end.evidence[k][l].ln() - want).abs() <= 1e-9 * want.abs().max(1.0));
                    }
                }
            }
        }
    }
}
