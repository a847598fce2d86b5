//! Average run lengths: how many periods a test goes before it alarms, as solutions of integral equations.
//!
//! Sources: E. S. Page, Biometrika 41 (1954), 2.3; D. Brook, D. A. Evans, Biometrika 59 (1972); J. M. Lucas, R. B. Crosier,
//! Technometrics 24 (1982), for two sides and the head start; S. V. Crowder, J. Quality Technology 19 (1987), for the
//! exponentially weighted mean; G. V. Moustakides, A. S. Polunchenko, A. G. Tartakovsky, Comm. Stat. 38 (2009), for
//! Shiryaev-Roberts. Values are independent and normal with standard deviation 1.

use crate::detector::log_one_plus_exp;
use crate::linear::Square;
use crate::normal::{above, below, density};
use crate::quadrature;

/// Nodes of the quadrature: results do not change in nine digits from half as many on.
const NODES: u32 = 120;

/// Page's one-sided test with allowance `k` and limit `h` under a shift.
#[derive(Clone, Debug)]
pub struct Page {
    allowance: f64,
    shift: f64,
    nodes: Vec<(f64, f64)>,
    /// Run length from 0, then from every node.
    lengths: Vec<f64>,
    transitions: Square,
}

impl Page {
    /// Solves for the run lengths; `None` where the limit is not positive or the lengths pass what doubles resolve.
    #[must_use]
    pub fn solve(allowance: f64, limit: f64, shift: f64) -> Option<Page> {
        if !(limit > 0.0 && limit.is_finite() && allowance.is_finite() && shift.is_finite()) {
            return None;
        }
        let nodes = quadrature::nodes(NODES, 0.0, limit);
        let starts: Vec<f64> = std::iter::once(0.0)
            .chain(nodes.iter().map(|n| n.0))
            .collect();
        let transitions = Square::from_fn(starts.len(), |from, to| {
            let start = starts.get(from).copied().unwrap_or(0.0);
            match to.checked_sub(1).and_then(|node| nodes.get(node)) {
                None => below(allowance - start - shift),
                Some((u, weight)) => weight * density(u + allowance - start - shift),
            }
        });
        let lengths = run_lengths(&transitions)?;
        Some(Page {
            allowance,
            shift,
            nodes,
            lengths,
            transitions,
        })
    }

    /// Average run length from a head start (0 for none), periods.
    #[must_use]
    pub fn from(&self, start: f64) -> f64 {
        let (Some(first), true) = (self.lengths.first(), start != 0.0) else {
            return self.lengths.first().copied().unwrap_or(f64::NAN);
        };
        let shift = self.allowance - start - self.shift;
        let passed = self.nodes.iter().zip(self.lengths.iter().skip(1));
        let inner: f64 = passed
            .map(|((u, w), length)| w * density(u + shift) * length)
            .sum();
        1.0 + first * below(shift) + inner
    }

    /// P(no alarm within `periods`) from 0.
    #[must_use]
    pub fn quiet(&self, periods: u32) -> f64 {
        let mut still = vec![1.0; self.transitions.size()];
        for _ in 0..periods {
            still = self.transitions.times(&still);
        }
        still.first().copied().unwrap_or(f64::NAN)
    }
}

/// Page's test on both sides under a shift either way, each side from `start`:
/// (L⁺(x) L⁻(0) + L⁻(x) L⁺(0) − L⁺(0) L⁻(0)) / (L⁺(0) + L⁻(0)).
#[must_use]
pub fn page_two_sided(allowance: f64, limit: f64, shift: f64, start: f64) -> Option<f64> {
    let up = Page::solve(allowance, limit, shift.abs())?;
    let Some(down) = Page::solve(allowance, limit, -shift.abs()) else {
        // Longer than doubles resolve: the other side alone decides.
        return Some(up.from(start));
    };
    let (up_0, down_0) = (up.from(0.0), down.from(0.0));
    let both = up.from(start) * down_0 + down.from(start) * up_0 - up_0 * down_0;
    Some(both / (up_0 + down_0))
}

/// The exponentially weighted mean, on both sides, from 0, with limits ± c √(λ / (2 − λ)).
#[must_use]
pub fn weighted_mean(lambda: f64, c: f64, shift: f64) -> Option<f64> {
    if !(lambda > 0.0 && lambda <= 1.0 && c > 0.0 && c.is_finite() && shift.is_finite()) {
        return None;
    }
    let limit = c * (lambda / (2.0 - lambda)).sqrt();
    let nodes = quadrature::nodes(NODES, -limit, limit);
    let kernel =
        |from: f64, to: f64| density((to - (1.0 - lambda) * from) / lambda - shift) / lambda;
    let transitions = Square::from_fn(nodes.len(), |from, to| {
        match (nodes.get(from), nodes.get(to)) {
            (Some((x, _)), Some((u, weight))) => weight * kernel(*x, *u),
            _ => 0.0,
        }
    });
    let lengths = run_lengths(&transitions)?;
    let inner: f64 = nodes
        .iter()
        .zip(&lengths)
        .map(|((u, w), l)| w * kernel(0.0, *u) * l)
        .sum();
    Some(1.0 + inner)
}

/// Below this log M the evidence counts as none.
const LOG_NONE: f64 = -12.0;

/// The Shiryaev-Roberts detector of tilt `tilt` with threshold A = `threshold`, from M = 0, under a shift.
#[must_use]
pub fn shiryaev_roberts(tilt: f64, threshold: f64, shift: f64) -> Option<f64> {
    if !(tilt > 0.0 && threshold > 0.0 && threshold.is_finite() && shift.is_finite()) {
        return None;
    }
    let nodes = quadrature::nodes(NODES, LOG_NONE, libm::log(threshold));
    let drift = tilt * tilt / 2.0 - tilt * shift;
    let states: Vec<f64> = std::iter::once(0.0)
        .chain(nodes.iter().map(|n| log_one_plus_exp(n.0)))
        .collect();
    let transitions = Square::from_fn(states.len(), |from, to| {
        let state = states.get(from).copied().unwrap_or(0.0);
        match to.checked_sub(1).and_then(|node| nodes.get(node)) {
            None => below((LOG_NONE - state + drift) / tilt),
            Some((x, weight)) => weight * density((x - state + drift) / tilt) / tilt,
        }
    });
    run_lengths(&transitions)?.first().copied()
}

/// Solves (I − A) L = 1.
fn run_lengths(transitions: &Square) -> Option<Vec<f64>> {
    let n = transitions.size();
    let left = Square::from_fn(n, |i, j| {
        f64::from(u8::from(i == j)) - transitions.get(i, j)
    });
    let lengths = left.solve(&vec![1.0; n])?;
    lengths.iter().all(|l| *l >= 1.0 - 1e-9).then_some(lengths)
}

/// The limit `h` of Page's one-sided test at which honest values go `length` periods on average.
#[must_use]
pub fn page_limit(allowance: f64, length: f64) -> Option<f64> {
    let (mut low, mut high) = (1e-3, 50.0);
    // With no limit at all the first value above the allowance alarms.
    if length.is_nan() || length <= 1.0 / above(allowance) {
        return None;
    }
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        // Lengths beyond what doubles resolve are longer than any that is asked for.
        let reached = Page::solve(allowance, middle, 0.0).is_none_or(|p| p.from(0.0) >= length);
        if reached {
            high = middle;
        } else {
            low = middle;
        }
    }
    Some(high)
}
