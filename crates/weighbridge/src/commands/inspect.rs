//! `inspect`: where to look first, with the reasons, and a tenth of the visits at random.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use weighbridge_books::registry::SiteId;
use weighbridge_detection::Population;
use weighbridge_detection::unexplained::Survey;
use weighbridge_detection::visits::{Means, visits};
use weighbridge_intake::{HoursRow, read_hours};
use weighbridge_journal::Store;
use weighbridge_reports::unexplained::{self as said, Inspection};

use super::instruments::{site_of, whole, wrong};
use super::unexplained::Judging;
use super::{as_of, open_read};
use crate::account::Account;
use crate::cli::{self, Reading};
use crate::printer::Printer;
use crate::trouble::Trouble;

/// Arguments of `inspect`.
#[derive(Args, Debug)]
pub struct Inspect {
    /// Which account, and when.
    #[command(flatten)]
    pub reading: Reading,
    /// Visits, at most.
    #[arg(long, value_name = "N", value_parser = cli::within::<1, 100_000>)]
    pub visits: u32,
    /// Hours of a visit by site: a CSV file with the columns holder, site and hours.
    #[arg(long, value_name = "FILE")]
    pub hours_per: Option<PathBuf>,
    /// Hours in all.
    #[arg(long, value_name = "N", value_parser = cli::within::<1, 1_000_000>)]
    pub hours: Option<u32>,
    /// How the account is judged.
    #[command(flatten)]
    pub judging: Judging,
}

impl Inspect {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        let account = open_read(&self.reading, printer)?;
        let hours_of = match &self.hours_per {
            Some(path) => hours(path, &account, printer)?,
            None => BTreeMap::new(),
        };
        let means = Means {
            visits: usize::try_from(self.visits).unwrap_or(usize::MAX),
            hours: self.hours.map(f64::from),
            hours_of,
            seed: self.judging.seed,
        };
        let on = as_of(&account, self.reading.as_of);
        let population = Population::of(account.books(), on);
        let survey = Survey::of(&population, self.judging.review());
        let visits = visits(&population, &survey, &means);
        let lookup = account.lookup();
        let list = Inspection::build(&population, &survey, &visits, self.judging.seed, &lookup);
        if printer.json {
            return printer.object(&list);
        }
        let texts = &printer.texts;
        for sentence in said::head(&list.calibration, list.as_of, texts) {
            printer.data(&sentence)?;
        }
        if list.visits.is_empty() {
            return printer.tell("inspect-none", &[]);
        }
        printer.tell("inspect-head", &[])?;
        printer.data("")?;
        for visit in &list.visits {
            printer.data(&said::visits::visit(visit, texts))?;
        }
        if let Some(drawn) = list.visits.iter().find(|v| v.reason == "random") {
            let args = [
                ("inclusion", format!("{:.4}", drawn.inclusion).into()),
                ("seed", self.judging.seed.to_string().into()),
            ];
            printer.tell("inspect-estimate", &args)?;
        }
        Ok(())
    }
}

/// Reads the hours of visits by site. A holder may be named by its code in one row and by its licence in another.
fn hours<S: Store>(
    path: &Path,
    account: &Account<S>,
    printer: &Printer,
) -> Result<BTreeMap<SiteId, f64>, Trouble> {
    let mut all: BTreeMap<SiteId, HoursRow> = BTreeMap::new();
    for row in whole(path, read_hours, printer)? {
        let site = site_of(account, (&row.holder, &row.site), path, row.row)?;
        if let Some(issue) = all.get(&site).and_then(|earlier| row.against(earlier)) {
            return wrong(&[issue], printer);
        }
        all.entry(site).or_insert(row);
    }
    let hours = all.into_iter().map(|(site, row)| (site, row.hours));
    Ok(hours.collect())
}
