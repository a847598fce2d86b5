//! A province of invented firms: who deals with whom, what they report, what they get wrong, what goes missing.
//!
//! The world runs day by day on real stocks in grams. Demand follows the seasons of each ware; users and traders order
//! from their suppliers when their stock runs low; makers produce what is ordered; lots travel with the goods. Every
//! event writes an honest line; at the end of a month each firm's lines pass through the faults of [`rates`] into a
//! file in the firm's dialect. Losses are taken from the real stock without a line, so that they show only as a count
//! that does not fit, a short delivery, or a dispatch nobody confirms.

mod files;
mod line;
mod losses;
mod names;
mod network;
pub mod rates;
mod render;
mod truth;
mod wares;
mod world;

use weighbridge_books::registry::{HolderRow, Reports};
use weighbridge_measure::Date;

pub use files::Files;
pub use losses::LossKind;
pub use render::Dialect;
pub use truth::{Fault, Loss, Truth};

use crate::draw::Seed;

/// Lines that a holder of a large province reports.
const LINES_PER_HOLDER: u64 = 1_500;

/// What to make.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Plan {
    /// Everything follows from it.
    pub seed: Seed,
    /// Number of holders, those abroad and the phantoms included.
    pub holders: u32,
    /// Number of months.
    pub months: u32,
    /// First day, the first of a month.
    pub start: Date,
    /// Lines to aim at; the result lies within a sixth of it at the densities of [`Plan::default`] and [`Plan::bench`],
    /// and below it where few holders report very much.
    pub lines: u64,
    /// Losses to plant.
    pub losses: u32,
    /// Whether reporters make mistakes.
    pub faults: bool,
    /// Share of firms that send workbooks, in a million; see [`Dialect::Workbook`].
    pub workbooks_ppm: u32,
}

impl Default for Plan {
    /// The demonstration: 400 holders, 24 months from 2024-01-01, about 300,000 lines, 12 losses.
    fn default() -> Plan {
        Plan {
            seed: Seed(1),
            holders: 400,
            months: 24,
            start: Date::from_ymd(2024, 1, 1).unwrap_or(Date::MIN),
            lines: 300_000,
            losses: 12,
            faults: true,
            workbooks_ppm: 0,
        }
    }
}

impl Plan {
    /// A province of about this many lines for measuring speed; holders and losses grow with it.
    #[must_use]
    pub fn bench(lines: u64) -> Plan {
        let holders = u32::try_from((lines / LINES_PER_HOLDER).clamp(20, 8_000)).unwrap_or(8_000);
        Plan {
            holders,
            lines,
            losses: (holders * 12 / 400).max(1),
            ..Plan::default()
        }
    }
}

/// A file as it arrives.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SimFile {
    /// Name, unique in the province.
    pub name: String,
    /// Code of the sender.
    pub holder: String,
    /// How it is written.
    pub dialect: Dialect,
    /// The simulated day on which it arrives; files come in the order of these days.
    pub received_on: Date,
    /// Rows of data.
    pub lines: u64,
    /// The bytes.
    pub bytes: Vec<u8>,
}

/// A province.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Province {
    plan: Plan,
}

impl Province {
    /// The province of a plan.
    #[must_use]
    pub fn new(plan: Plan) -> Province {
        Province { plan }
    }

    /// The plan.
    #[must_use]
    pub fn plan(&self) -> &Plan {
        &self.plan
    }

    /// The files in their order of arrival, made as they are asked for. One month is kept in memory at a time.
    #[must_use]
    pub fn files(&self) -> Files {
        Files::new(&self.plan)
    }

    /// The register, one row per site.
    #[must_use]
    pub fn holders(&self) -> Vec<HolderRow> {
        network::Network::new(&self.plan).holders()
    }

    /// The register as a holders file.
    #[must_use]
    pub fn holders_csv(&self) -> Vec<u8> {
        let mut out = String::from(
            "code,name,name_en,uscc,dea,licence,licence_classes,licence_from,licence_to,site,site_name,area,authority,\
             valid_from,valid_to,reports\n",
        );
        for row in self.holders() {
            let classes: Vec<String> = row.licence_classes.iter().map(u8::to_string).collect();
            let date = |date: Option<Date>| date.map(|d| d.to_string()).unwrap_or_default();
            let cells = [
                row.code,
                row.name,
                row.name_en,
                row.uscc,
                row.dea,
                row.licence,
                classes.join(";"),
                date(row.licence_from),
                date(row.licence_to),
                row.site,
                row.site_name,
                row.area,
                row.authority,
                date(row.valid_from),
                date(row.valid_to),
                if row.reports == Reports::Yes {
                    "yes"
                } else {
                    "no"
                }
                .to_owned(),
            ];
            out.push_str(&cells.join(","));
            out.push('\n');
        }
        out.into_bytes()
    }

    /// The whole truth. Makes all files again; [`Files::truth`] costs nothing after the last file.
    #[must_use]
    pub fn truth(&self) -> Truth {
        let mut files = self.files();
        files.by_ref().for_each(drop);
        files.truth()
    }
}

#[cfg(test)]
mod tests;
