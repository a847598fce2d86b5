//! How books are kept, as counts: receipts that are booked late, month after month, cover a hole with the next delivery
//! (lapping); figures that had to be mended, month after month, hide one among them.

use crate::series::Tally;

/// A share of items that is tolerated, and one that is looked for.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Shares {
    /// Tolerated.
    pub tolerated: f64,
    /// Looked for.
    pub looked_for: f64,
}

/// Of items that are booked late.
pub const LATE: Shares = Shares {
    tolerated: 0.06,
    looked_for: 0.35,
};
/// Of items that had to be mended.
pub const MENDED: Shares = Shares {
    tolerated: 0.01,
    looked_for: 0.10,
};

/// Log of the e-value of one period.
#[must_use]
pub fn log_e(period: Tally, shares: Shares) -> f64 {
    let Shares {
        tolerated,
        looked_for,
    } = shares;
    let (counted, items) = (f64::from(period.counted), f64::from(period.items));
    let rest = (items - counted).max(0.0);
    counted * libm::log(looked_for / tolerated)
        + rest * libm::log((1.0 - looked_for) / (1.0 - tolerated))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The mean of the e-value over binomial counts is 1 at the tolerated share, and less below it.
    #[test]
    fn it_is_an_e_value() {
        for shares in [LATE, MENDED] {
            for (p, want) in [(shares.tolerated, 1.0), (shares.tolerated / 2.0, 0.9)] {
                let mut mean = 0.0;
                let mut ways = 1.0;
                for counted in 0..=8u32 {
                    let tally = Tally { counted, items: 8 };
                    let chance = ways
                        * f64::powi(p, counted as i32)
                        * f64::powi(1.0 - p, 8 - counted as i32);
                    mean += chance * log_e(tally, shares).exp();
                    ways *= f64::from(8 - counted) / f64::from(counted + 1);
                }
                assert!(mean <= want + 1e-12, "{shares:?} {p}: {mean}");
                assert!(p < shares.tolerated || (mean - 1.0).abs() < 1e-12);
            }
        }
    }
}
