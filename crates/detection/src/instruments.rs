//! What an amount is uncertain by: the instrument it was read from.
//!
//! The register may name the instrument of a site with its errors and calibrations. Until it does, an amount has the error
//! of its class of scale, split evenly between what varies from reading to reading and what stays until the next
//! calibration, and every instrument is calibrated once a year, counted from the first stocktake. These are defaults and
//! are called so wherever they are shown.

use weighbridge_books::registry::{Calibration, Measures, Registry};
use weighbridge_books::substances::ledger::Series;
use weighbridge_measure::{Date, ScaleClass};

use crate::book::{Role, UG};

/// Relative standard deviations of a reading.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Error {
    /// From reading to reading.
    pub random: f64,
    /// Constant between two calibrations.
    pub systematic: f64,
}

impl Error {
    /// The default of a class of scale: its standard uncertainty u, r² + s² = u², split 1 : 1.
    #[must_use]
    pub fn default_of(class: ScaleClass) -> Error {
        let part = f64::from(class.u_ppm()) / 1e6 / std::f64::consts::SQRT_2;
        Error {
            random: part,
            systematic: part,
        }
    }
}

/// An instrument as the register has it.
#[derive(Clone, PartialEq, Debug)]
pub struct Declared {
    /// Its error: the largest of its calibrations.
    pub error: Error,
    /// Smallest step, kg.
    pub step: f64,
    /// Days of its calibrations, ascending.
    pub calibrated_on: Vec<Date>,
}

/// The instruments of a series: those that the register names, by what goes through them.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Instruments {
    roles: [Option<Declared>; Role::COUNT],
    stock: Option<Declared>,
}

impl Instruments {
    /// What the register says of a series.
    #[must_use]
    pub fn of(registry: &Registry, series: Series) -> Instruments {
        let of =
            |measures| declared(&registry.calibrations(series.site, measures, series.substance));
        Instruments {
            roles: [Measures::Receipts, Measures::Issues, Measures::Process].map(of),
            stock: of(Measures::Stock),
        }
    }

    /// The instrument of a role, where it is named.
    #[must_use]
    pub fn role(&self, role: Role) -> Option<&Declared> {
        self.roles.get(role as usize)?.as_ref()
    }

    /// The gauge or scale of stocktakes, where it is named.
    #[must_use]
    pub fn stock(&self) -> Option<&Declared> {
        self.stock.as_ref()
    }
}

fn declared(calibrations: &[&Calibration]) -> Option<Declared> {
    let largest = |of: fn(&Calibration) -> u32| {
        let all = calibrations.iter().map(|c| f64::from(of(c)) / 1e6);
        all.fold(0.0, f64::max)
    };
    #[allow(clippy::cast_precision_loss, reason = "a step of a scale")]
    let steps = calibrations.iter().map(|c| c.step_ug as f64 / UG);
    let mut calibrated_on: Vec<Date> = calibrations.iter().map(|c| c.on).collect();
    calibrated_on.dedup();
    (!calibrations.is_empty()).then(|| Declared {
        error: Error {
            random: largest(|c| c.random_ppm),
            systematic: largest(|c| c.systematic_ppm),
        },
        step: steps.fold(0.0, f64::max),
        calibrated_on,
    })
}

/// Whether an instrument was calibrated after one day and not after another: as the register says, or by default once a
/// year from the first stocktake on.
#[must_use]
pub fn calibrated(of: Option<&Declared>, first: Date, after: Date, until: Date) -> bool {
    match of {
        Some(of) => of
            .calibrated_on
            .iter()
            .any(|on| after < *on && *on <= until),
        None => calibrated_between(first, after, until),
    }
}

/// Standard deviation of the normal loss in use about what is allowed, relative to the use; for the life of the series.
/// Ours: it bounds how much of a steady loss a series can teach the model to expect.
pub const NORMAL_LOSS: f64 = 0.001;

/// Days between two calibrations where the register names none.
const CALIBRATED_EVERY: i32 = 365;

/// Whether instruments were calibrated, by default, after one day and not after another.
#[must_use]
pub fn calibrated_between(first: Date, after: Date, until: Date) -> bool {
    let year = |day: Date| day.minus(first).max(0) / CALIBRATED_EVERY;
    year(until) > year(after)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn defaults() {
        let bench = Error::default_of(ScaleClass::ClassIII);
        let u = (bench.random.powi(2) + bench.systematic.powi(2)).sqrt();
        assert!((u - 500e-6).abs() < 1e-12);
        assert_eq!(Error::default_of(ScaleClass::Exact).random, 0.0);
        let day = |text: &str| text.parse::<Date>().unwrap();
        for (after, until, want) in [
            ("2024-11-30", "2024-12-30", false),
            ("2024-12-30", "2024-12-31", true),
            ("2024-12-31", "2025-01-31", false),
            ("2024-01-01", "2026-06-30", true),
        ] {
            let got = calibrated_between(day("2024-01-01"), day(after), day(until));
            assert_eq!(got, want, "{after} {until}");
        }
    }
}
