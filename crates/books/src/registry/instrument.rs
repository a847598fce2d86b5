//! Scales, meters and gauges: what amounts of a site are measured with, how well, and when they were calibrated.

use weighbridge_measure::{Date, SubstanceId};

use super::{Registry, SiteId};
use crate::substances::vocabulary::vocabulary;

vocabulary! {
    /// Which amounts of a site go through an instrument.
    Measures {
        /// What comes in.
        #[default]
        Receipts = "receipts",
        /// What goes out.
        Issues = "issues",
        /// What is used, made, wasted or sampled.
        Process = "process",
        /// What is counted.
        Stock = "stock",
    }
}

/// One calibration of one instrument, as a row of an instruments file states it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct InstrumentRow {
    /// Row number in the file.
    pub row: u32,
    /// Holder's code.
    pub holder: String,
    /// Site code.
    pub site: String,
    /// Id of the substance; empty = whatever the site has.
    pub substance: String,
    /// What goes through it.
    pub measures: Measures,
    /// Its own number.
    pub code: String,
    /// Relative standard deviation from reading to reading, parts per million.
    pub random_ppm: u32,
    /// Relative standard deviation that stays until the next calibration, parts per million.
    pub systematic_ppm: u32,
    /// Smallest step that it shows, base µg; 0 where it does not matter.
    pub step_ug: u64,
    /// Day of the calibration.
    pub calibrated_on: Date,
}

/// A calibration in the register.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Calibration {
    /// Its day.
    pub on: Date,
    /// The substance; none = whatever the site has.
    pub substance: Option<SubstanceId>,
    /// The instrument's own number.
    pub code: String,
    /// From reading to reading, parts per million.
    pub random_ppm: u32,
    /// Until the next calibration, parts per million.
    pub systematic_ppm: u32,
    /// Smallest step, base µg.
    pub step_ug: u64,
}

impl Registry {
    /// Where a row belongs and what it says.
    fn placed(&self, row: &InstrumentRow) -> Option<((SiteId, Measures), Calibration)> {
        let holder = self.by_code(&row.holder);
        let site = holder.and_then(|h| self.find_site(h, &row.site))?;
        let substance = weighbridge_measure::SubstanceTable::shipped().by_code(&row.substance);
        let calibration = Calibration {
            on: row.calibrated_on,
            substance,
            code: row.code.clone(),
            random_ppm: row.random_ppm,
            systematic_ppm: row.systematic_ppm,
            step_ug: row.step_ug,
        };
        Some(((site, row.measures), calibration))
    }

    /// Whether the register has a calibration just as a row states it.
    #[must_use]
    pub fn has_calibration(&self, row: &InstrumentRow) -> bool {
        self.placed(row).is_some_and(|(place, calibration)| {
            let all = self.instruments.get(&place);
            all.is_some_and(|all| all.contains(&calibration))
        })
    }

    pub(super) fn calibrate(&mut self, row: &InstrumentRow) {
        let Some((place, calibration)) = self.placed(row) else {
            return;
        };
        let all = self.instruments.entry(place).or_default();
        // The same calibration stated anew replaces what was said of it.
        all.retain(|c| {
            (c.on, c.substance, &c.code)
                != (calibration.on, calibration.substance, &calibration.code)
        });
        all.push(calibration);
        all.sort();
    }

    /// The calibrations of what a site measures a substance with, oldest first: those stated for the substance, or else
    /// those for whatever the site has.
    #[must_use]
    pub fn calibrations(
        &self,
        site: SiteId,
        measures: Measures,
        substance: SubstanceId,
    ) -> Vec<&Calibration> {
        let all = || {
            self.instruments
                .get(&(site, measures))
                .into_iter()
                .flatten()
        };
        let own: Vec<&Calibration> = all().filter(|c| c.substance == Some(substance)).collect();
        match own.is_empty() {
            true => all().filter(|c| c.substance.is_none()).collect(),
            false => own,
        }
    }

    /// Every calibration with its site, by site and what is measured.
    pub fn instruments(&self) -> impl Iterator<Item = (SiteId, Measures, &Calibration)> {
        let all = self.instruments.iter();
        all.flat_map(|((site, measures), of)| of.iter().map(|c| (*site, *measures, c)))
    }
}
