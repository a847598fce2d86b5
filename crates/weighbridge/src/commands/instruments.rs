//! `instruments`: with what sites measure, how well, and when it was calibrated.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use weighbridge_books::Body;
use weighbridge_books::registry::Event;
use weighbridge_books::registry::event::EVENTS_MAX;
use weighbridge_measure::Timestamp;
use weighbridge_reports::views;

use super::{as_of, open, open_read};
use crate::account::Who;
use crate::cli::{self, Reading};
use crate::clock;
use crate::printer::Printer;
use crate::trouble::Trouble;

/// Bytes of a file of instruments, at most.
const FILE_MAX: u64 = 64 << 20;
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

/// Takes a file: all of it, or, where a row is wrong, nothing.
fn take(dir: &Path, file: &Path, printer: &Printer) -> Result<(), Trouble> {
    let name = file.display().to_string();
    let size = std::fs::metadata(file)
        .map_err(Trouble::system(file))?
        .len();
    if size > FILE_MAX {
        let error = std::io::Error::other(format!("{size} B > {FILE_MAX} B"));
        return Err(Trouble::system(file)(error));
    }
    let bytes = std::fs::read(file).map_err(Trouble::system(file))?;
    let in_file = |issue| Trouble::File {
        name: name.clone(),
        issue,
    };
    let rows = match weighbridge_intake::read_instruments(&bytes).map_err(in_file)? {
        Ok(rows) => rows,
        Err(issues) => {
            for i in issues.iter().take(ROWS_NAMED) {
                super::import::row(
                    printer,
                    i.row,
                    i.column,
                    i.code.code(),
                    &i.found,
                    &i.expected,
                )?;
            }
            let wrong: BTreeSet<u32> = issues.iter().map(|i| i.row).collect();
            printer.tell("cli-instruments-wrong", &[("n", wrong.len().into())])?;
            return Err(Trouble::Said);
        }
    };
    let mut account = open(dir, "instruments", printer)?;
    for row in &rows {
        let holder = account
            .party(&row.holder)
            .map_err(|_| unknown("holder", &name, row.row, &row.holder))?;
        let site = account.books().registry.find_site(holder, &row.site);
        if site.is_none() {
            return Err(unknown("site", &name, row.row, &row.site));
        }
    }
    let count = rows.len();
    // Rows name holders by code, licence or number; the register keeps the code.
    let registry = &account.books().registry;
    let rows: Vec<Event> = rows
        .into_iter()
        .map(|mut row| {
            let holder = registry.one(&row.holder).and_then(|id| registry.holder(id));
            if let Some(holder) = holder {
                row.holder.clone_from(&holder.code);
            }
            Event::Instrument(row)
        })
        .collect();
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
        let told = serde_json::json!({ "entry": seq, "calibrations": count, "receipt": receipt });
        return printer.object(&told);
    }
    let args = [("seq", seq.to_string().into()), ("n", count.into())];
    printer.tell("cli-instruments-done", &args)?;
    printer.tell("cli-import-receipt", &[("path", receipt.into())])
}

fn unknown(what: &'static str, file: &str, row: u32, name: &str) -> Trouble {
    Trouble::Unknown {
        what,
        name: format!("{name} ({file}:{row})"),
    }
}
