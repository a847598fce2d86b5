//! Gauss-Legendre quadrature.

use std::f64::consts::PI;

/// Nodes and weights on [a, b]: exact for polynomials of degree below twice their number.
///
/// Roots of the Legendre polynomial by Newton's method from Chebyshev's guesses (Press et al., Numerical Recipes, 4.6).
pub(crate) fn nodes(count: u32, a: f64, b: f64) -> Vec<(f64, f64)> {
    let n = f64::from(count);
    let (middle, half) = ((a + b) / 2.0, (b - a) / 2.0);
    (0..count)
        .map(|i| {
            let mut x = -libm::cos(PI * (f64::from(i) + 0.75) / (n + 0.5));
            let mut slope = 1.0;
            for _ in 0..STEPS {
                let (mut p, mut before) = (1.0, 0.0);
                for k in 0..count {
                    let k = f64::from(k);
                    let next = ((2.0 * k + 1.0) * x * p - k * before) / (k + 1.0);
                    (before, p) = (p, next);
                }
                slope = n * (x * p - before) / (x * x - 1.0);
                x -= p / slope;
            }
            (
                middle + half * x,
                2.0 * half / ((1.0 - x * x) * slope * slope),
            )
        })
        .collect()
}

/// Newton's steps; the guesses are good to 1e-3, and every step doubles the digits.
const STEPS: u32 = 6;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn polynomials_are_integrated_exactly() {
        for count in [1u32, 2, 5, 60, 121] {
            let nodes = nodes(count, -1.0, 3.0);
            let degree = (2 * count as i32 - 1).min(9);
            for d in 0..=degree {
                let got: f64 = nodes.iter().map(|(x, w)| w * x.powi(d)).sum();
                let want = (3f64.powi(d + 1) - (-1f64).powi(d + 1)) / f64::from(d + 1);
                assert!(
                    (got - want).abs() < 1e-11 * want.abs().max(1.0),
                    "{count} {d}"
                );
            }
        }
    }
}
