//! `inspect`: where to look first, with the reasons, and a tenth of the visits at random.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use clap::Args;
use weighbridge_books::registry::SiteId;
use weighbridge_detection::Population;
use weighbridge_detection::unexplained::Survey;
use weighbridge_detection::visits::{Means, visits};
use weighbridge_journal::Store;
use weighbridge_reports::unexplained::{self as said, Inspection};

use super::unexplained::Judging;
use super::{as_of, open_read};
use crate::account::Account;
use crate::cli::{self, Reading};
use crate::printer::Printer;
use crate::trouble::Trouble;

/// Hours that a visit may take; more is a slip.
const HOURS_MAX: f64 = 1_000.0;
/// Bytes of a file of hours, at most.
const HOURS_FILE_MAX: u64 = 16 << 20;

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
            Some(path) => hours(path, &account)?,
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

/// Reads the hours of visits by site.
fn hours<S: Store>(path: &Path, account: &Account<S>) -> Result<BTreeMap<SiteId, f64>, Trouble> {
    let size = std::fs::metadata(path)
        .map_err(Trouble::system(path))?
        .len();
    if size > HOURS_FILE_MAX {
        let error = std::io::Error::other(format!("{size} > {HOURS_FILE_MAX} B"));
        return Err(Trouble::system(path)(error));
    }
    let text = std::fs::read_to_string(path).map_err(Trouble::system(path))?;
    let mut rows = (1..)
        .zip(text.lines())
        .filter(|(_, l)| !l.trim().is_empty());
    let wrong = |row: usize, found: &str| Trouble::Option {
        option: "--hours-per",
        given: format!("{}:{row}: {found}", path.display()),
        expected: "holder,site,hours",
    };
    let cells = |line: &str| -> Vec<String> {
        let cells = line
            .trim_start_matches('\u{feff}')
            .split([',', ';', '\t', '，']);
        cells
            .map(|c| c.trim().trim_matches('"').to_owned())
            .collect()
    };
    let (_, header) = rows.next().ok_or_else(|| wrong(1, ""))?;
    let names = cells(header);
    let column = |words: [&str; 2]| {
        names
            .iter()
            .position(|n| words.iter().any(|w| n.eq_ignore_ascii_case(w)))
    };
    let (Some(of_holder), Some(of_site), Some(of_hours)) = (
        column(["holder", "持有单位"]),
        column(["site", "场所"]),
        column(["hours", "小时"]),
    ) else {
        return Err(wrong(1, header));
    };
    let mut all = BTreeMap::new();
    for (row, line) in rows {
        let cells = cells(line);
        let cell = |at: usize| cells.get(at).map_or("", String::as_str);
        let holder = account
            .party(cell(of_holder))
            .map_err(|_| wrong(row, line))?;
        let site = account.books().registry.find_site(holder, cell(of_site));
        let hours: f64 = cell(of_hours).parse().unwrap_or(f64::NAN);
        match site {
            Some(site) if hours > 0.0 && hours <= HOURS_MAX => all.insert(site, hours),
            _ => return Err(wrong(row, line)),
        };
    }
    Ok(all)
}
