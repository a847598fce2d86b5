//! What is done today, to compare with: a fixed percentage and a plain z test of each balance as reported.

use crate::book::Book;
use crate::book::{Role, kilograms};

/// The largest balance within the last periods as a share of opening stock and receipts.
#[must_use]
pub fn percentage(book: &Book, periods: std::ops::Range<usize>) -> f64 {
    let balances = book.balances();
    let own = periods.filter_map(|t| {
        let opening = kilograms(book.counts.get(t)?.ug);
        let items = book
            .items
            .iter()
            .filter(|i| i.period == t && i.role == Role::Receipts);
        let there = opening + items.map(|i| i.kg).sum::<f64>();
        let y = balances.get(t)?;
        Some(if there > 0.0 { y / there } else { 0.0 })
    });
    own.fold(f64::NEG_INFINITY, f64::max)
}

/// The largest balance within the last periods over its own standard deviation.
#[must_use]
pub fn z_test(
    series: &weighbridge_accountancy::series::Series,
    periods: std::ops::Range<usize>,
) -> f64 {
    let sd = weighbridge_accountancy::covariance::standard_deviations(&series.model);
    let all: Vec<f64> = series
        .balances
        .iter()
        .zip(sd)
        .map(|(y, sd)| y / sd)
        .collect();
    let own = all.get(periods).unwrap_or(&[]).iter();
    own.copied()
        .filter(|z| !z.is_nan())
        .fold(f64::NEG_INFINITY, f64::max)
}
