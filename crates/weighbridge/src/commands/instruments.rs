//! `instruments`: with what sites measure, how well, and when it was calibrated.

use std::collections::{BTreeMap, BTreeSet};
use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;
use weighbridge_books::Body;
use weighbridge_books::registry::event::EVENTS_MAX;
use weighbridge_books::registry::{Event, InstrumentRow, Measures, SiteId};
use weighbridge_intake::{FileIssue, RowIssue, Taken, contradiction};
use weighbridge_journal::Store;
use weighbridge_measure::{Date, Timestamp};
use weighbridge_reports::views;

use super::{as_of, open, open_read};
use crate::account::{Account, Who};
use crate::cli::{self, Reading};
use crate::clock;
use crate::printer::Printer;
use crate::trouble::Trouble;

/// Bytes of a file that is taken as a whole, at most.
const FILE_MAX: usize = 64 << 20;
/// Rows named where a file is wrong.
const ROWS_NAMED: usize = 20;

/// Arguments of `instruments`.
#[derive(Args, Debug)]
pub struct Instruments {
    /// Folder of the account.
    pub dir: PathBuf,
    /// A file of calibrations to take into the register; without it, the register is shown.
    pub file: Option<PathBuf>,
    /// What was known at this time.
    #[arg(long, value_name = "TIME", value_parser = cli::time)]
    pub known_at: Option<Timestamp>,
}

impl Instruments {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        if let Some(file) = &self.file {
            return take(&self.dir, file, printer);
        }
        let reading = Reading {
            dir: self.dir,
            as_of: None,
            known_at: self.known_at,
        };
        let account = open_read(&reading, printer)?;
        let on = as_of(&account, None).max(clock::today());
        printer.table(views::instruments(account.books(), on, &printer.texts))
    }
}

/// The rows of a file that is right as a whole or not taken; what is wrong with it is said by row.
pub(super) fn whole<T>(
    file: &Path,
    read: fn(&[u8]) -> Result<Taken<T>, FileIssue>,
    printer: &Printer,
) -> Result<Vec<T>, Trouble> {
    let in_file = |issue| Trouble::File {
        name: file.display().to_string(),
        issue,
    };
    let mut bytes = Vec::new();
    std::fs::File::open(file)
        .and_then(|f| f.take(FILE_MAX as u64 + 1).read_to_end(&mut bytes))
        .map_err(Trouble::system(file))?;
    if bytes.len() > FILE_MAX {
        return Err(in_file(FileIssue::TooLarge { limit: FILE_MAX }));
    }
    read(&bytes)
        .map_err(in_file)?
        .or_else(|issues| wrong(&issues, printer))
}

/// Says what is wrong with the rows of such a file.
pub(super) fn wrong<T>(issues: &[RowIssue], printer: &Printer) -> Result<T, Trouble> {
    for i in issues.iter().take(ROWS_NAMED) {
        super::import::row(
            printer,
            i.row,
            i.column,
            i.reason.code(),
            &i.found,
            &i.expected,
        )?;
    }
    let rows: BTreeSet<u32> = issues.iter().map(|i| i.row).collect();
    printer.tell("cli-instruments-wrong", &[("n", rows.len().into())])?;
    Err(Trouble::Said)
}

/// The site that a row of such a file names.
pub(super) fn site_of<S: Store>(
    account: &Account<S>,
    (holder, site): (&str, &str),
    file: &Path,
    row: u32,
) -> Result<SiteId, Trouble> {
    let unknown = |what, name: &str| Trouble::Unknown {
        what,
        name: format!("{name} ({}:{row})", file.display()),
    };
    let owner = account
        .party(holder)
        .map_err(|_| unknown("holder", holder))?;
    let found = account.books().registry.find_site(owner, site);
    found.ok_or_else(|| unknown("site", site))
}

/// Takes a file: all of it, or, where a row is wrong, nothing.
fn take(dir: &Path, file: &Path, printer: &Printer) -> Result<(), Trouble> {
    let rows = whole(file, weighbridge_intake::read_instruments, printer)?;
    let mut account = open(dir, "instruments", printer)?;
    for row in &rows {
        site_of(&account, (&row.holder, &row.site), file, row.row)?;
    }
    // Rows name holders by code, licence or number; the register keeps the code.
    let registry = &account.books().registry;
    let mut stated: BTreeMap<(String, String, String, Measures, String, Date), InstrumentRow> =
        BTreeMap::new();
    for mut row in rows {
        let holder = registry.one(&row.holder).and_then(|id| registry.holder(id));
        if let Some(holder) = holder {
            row.holder.clone_from(&holder.code);
        }
        let r = row.clone();
        let calibration = (
            r.holder,
            r.site,
            r.substance,
            r.measures,
            r.code,
            r.calibrated_on,
        );
        match stated
            .get(&calibration)
            .and_then(|e| contradiction(&row, e))
        {
            Some(issue) => return wrong(&[issue], printer),
            None => stated.entry(calibration).or_insert(row),
        };
    }
    let mut rows: Vec<InstrumentRow> = stated.into_values().collect();
    let all = rows.len();
    rows.retain(|row| !registry.has_calibration(row));
    rows.sort_by_key(|row| row.row);
    let (count, known) = (rows.len(), all - rows.len());
    if rows.is_empty() {
        if printer.json {
            return printer
                .object(&serde_json::json!({ "entry": null, "calibrations": 0, "known": known }));
        }
        return printer.tell("cli-instruments-known", &[("n", known.into())]);
    }
    let rows: Vec<Event> = rows.into_iter().map(Event::Instrument).collect();
    account.at(clock::now_us())?;
    let mut seq = None;
    for part in rows.chunks(EVENTS_MAX) {
        let entry = account.record(&Who::default(), &Body::Registry(part.to_vec()))?;
        seq.get_or_insert(entry);
    }
    account.sign()?;
    let seq = seq.ok_or(Trouble::NothingRead)?;
    let (path, _) = account.give_receipt(seq)?;
    let receipt = path.display().to_string();
    if printer.json {
        let told = serde_json::json!({ "entry": seq, "calibrations": count, "known": known, "receipt": receipt });
        return printer.object(&told);
    }
    let args = [("seq", seq.to_string().into()), ("n", count.into())];
    printer.tell("cli-instruments-done", &args)?;
    if known > 0 {
        printer.tell("cli-instruments-known", &[("n", known.into())])?;
    }
    printer.tell("cli-import-receipt", &[("path", receipt.into())])
}
