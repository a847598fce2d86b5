//! Lateness: receipts booked late, month after month, cover a hole with the next delivery (lapping).

use crate::detector::Detector;
use crate::series::Lateness;

/// Share of late items that is tolerated.
pub const TOLERATED: f64 = 0.06;
/// Share of late items that is looked for.
pub const LOOKED_FOR: f64 = 0.35;

/// Log of the e-value of one period.
#[must_use]
pub fn log_e(period: Lateness) -> f64 {
    let (late, items) = (f64::from(period.late), f64::from(period.items));
    let on_time = (items - late).max(0.0);
    late * libm::log(LOOKED_FOR / TOLERATED)
        + on_time * libm::log((1.0 - LOOKED_FOR) / (1.0 - TOLERATED))
}

/// log M after every period.
#[must_use]
pub fn detector(periods: &[Lateness]) -> Vec<f64> {
    let mut detector = Detector::default();
    periods.iter().map(|p| detector.step(log_e(*p))).collect()
}
