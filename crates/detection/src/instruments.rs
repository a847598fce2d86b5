//! What an amount is uncertain by: the instrument it was read from.
//!
//! The register may name the instrument of a site with its errors and calibrations. Until it does, an amount has the error
//! of its class of scale, split evenly between what varies from reading to reading and what stays until the next
//! calibration, and every instrument is calibrated once a year, counted from the first stocktake. These are defaults and
//! are called so wherever they are shown. A volume of which neither temperature nor density is said has another: its mass
//! hangs on how warm it was.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use weighbridge_books::registry::{Calibration, Measures, Registry};
use weighbridge_books::substances::allowance::Stated;
use weighbridge_books::substances::ledger::Series;
use weighbridge_books::substances::line::Traits;
use weighbridge_measure::{
    Date, DensityTable, Ratio, ScaleClass, SubstanceId, SubstanceTable, density,
};

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
    /// The default of a reading: the standard uncertainty u of the class of scale, r² + s² = u², split 1 : 1; what a
    /// temperature does that is not said is systematic.
    #[must_use]
    pub fn default_of(reading: Reading) -> Error {
        let part = f64::from(reading.class.u_ppm()) / 1e6 / std::f64::consts::SQRT_2;
        Error {
            random: part,
            systematic: libm::hypot(part, f64::from(reading.volume_ppm) / 1e6),
        }
    }
}

/// What an amount was read with.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Reading {
    class: ScaleClass,
    /// Relative standard uncertainty of the mass of a volume of unknown temperature, ppm.
    volume_ppm: u32,
}

impl Reading {
    /// Of a line of a substance. Counted packs hold what they hold at any temperature.
    #[must_use]
    pub fn of(traits: Traits, substance: SubstanceId) -> Reading {
        let class = traits.class();
        let volume_ppm = match (traits.stated(), class) {
            (Stated::Volume, class) if class != ScaleClass::Exact => {
                let listed = VOLUME_PPM.get(&substance).copied();
                listed.unwrap_or_else(|| warmth_ppm(EXPANSION))
            }
            _ => 0,
        };
        Reading { class, volume_ppm }
    }

    /// With a scale of a class.
    #[must_use]
    pub fn with(class: ScaleClass) -> Reading {
        Reading {
            class,
            volume_ppm: 0,
        }
    }

    /// Whether it is a count, which has no error.
    #[must_use]
    pub fn is_exact(self) -> bool {
        self.class == ScaleClass::Exact
    }

    /// Relative standard uncertainty of the amount.
    #[must_use]
    pub fn uncertainty(self) -> f64 {
        libm::hypot(f64::from(self.class.u_ppm()), f64::from(self.volume_ppm)) / 1e6
    }

    /// Which of two readings is the coarser.
    #[must_use]
    pub fn coarser(self, other: Reading) -> Reading {
        match other.order() > self.order() {
            true => other,
            false => self,
        }
    }

    /// Grows with the uncertainty.
    pub(crate) fn order(self) -> (u64, u32) {
        let square = |ppm: u32| u64::from(ppm) * u64::from(ppm);
        (
            square(self.class.u_ppm()) + square(self.volume_ppm),
            self.volume_ppm,
        )
    }
}

/// Half the range of temperatures that a volume may have had, K: 10 to 30 °C about the 20 °C that it is converted at. Ours.
const HALF_RANGE: f64 = 10.0;
/// Share by which a liquid grows a kelvin, where the table of densities has one temperature alone: that of most organic
/// solvents (toluene 1.08 · 10⁻³, ethanol 1.09 · 10⁻³; CRC Handbook of Chemistry and Physics).
const EXPANSION: f64 = 0.001;

/// By substance, for those with densities at 20 and at 25 °C.
static VOLUME_PPM: LazyLock<BTreeMap<SubstanceId, u32>> = LazyLock::new(|| {
    #[allow(clippy::cast_precision_loss, reason = "a density of a few digits")]
    let at = |substance, centi_c| {
        let of = density(
            DensityTable::shipped(),
            substance,
            Ratio::ONE,
            Some(centi_c),
        )
        .ok()?;
        Some(of.kg_per_l.num() as f64 / of.kg_per_l.den() as f64)
    };
    let all = SubstanceTable::shipped().all();
    let measured = all.filter_map(|(id, _)| {
        let (cool, warm) = (at(id, 2_000)?, at(id, 2_500)?);
        Some((id, warmth_ppm((cool - warm) / cool / 5.0)))
    });
    measured.collect()
});

/// Relative standard uncertainty of a mass by a temperature anywhere in the range, ppm.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "some thousands"
)]
fn warmth_ppm(expansion: f64) -> u32 {
    (expansion.abs() * HALF_RANGE / 3.0f64.sqrt() * 1e6).round() as u32
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
    /// What the register says of a series as it stood on a day.
    #[must_use]
    pub fn of(registry: &Registry, series: Series, on: Date) -> Instruments {
        let of = |measures| {
            let mut all = registry.calibrations(series.site, measures, series.substance);
            // What has not happened yet says nothing.
            all.retain(|c| c.on <= on);
            declared(&all)
        };
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

    /// Acetone has 0.7899 kg/L at 20 °C and 0.7845 at 25 °C; ether is listed at 20 °C alone.
    #[test]
    fn a_volume_hangs_on_its_temperature() {
        let id = |code| SubstanceTable::shipped().by_code(code).unwrap();
        let class = |wanted| ScaleClass::ALL.iter().position(|c| *c == wanted).unwrap() as u8;
        for (substance, of, stated, want) in [
            ("acetone", ScaleClass::FlowMeter, Stated::Mass, 0),
            ("acetone", ScaleClass::FlowMeter, Stated::KnownVolume, 0),
            ("acetone", ScaleClass::FlowMeter, Stated::Volume, 7_894),
            ("acetone", ScaleClass::Exact, Stated::Volume, 0),
            ("ethyl_ether", ScaleClass::FlowMeter, Stated::Volume, 5_774),
        ] {
            let traits = Traits::new(class(of), 0, 0, stated);
            assert_eq!((traits.class(), traits.stated()), (of, stated));
            let reading = Reading::of(traits, id(substance));
            assert_eq!(reading.volume_ppm, want, "{substance} {of:?} {stated:?}");
            let error = Error::default_of(reading);
            let u = libm::hypot(error.random, error.systematic);
            assert!((u - reading.uncertainty()).abs() < 1e-12);
        }
    }

    #[test]
    fn defaults() {
        let bench = Error::default_of(Reading::with(ScaleClass::ClassIII));
        let u = (bench.random.powi(2) + bench.systematic.powi(2)).sqrt();
        assert!((u - 500e-6).abs() < 1e-12);
        assert_eq!(
            Error::default_of(Reading::with(ScaleClass::Exact)).random,
            0.0
        );
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
