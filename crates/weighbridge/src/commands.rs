//! The commands: one file each.

pub mod backup;
pub mod balances;
pub mod bench;
pub mod calibrate;
pub mod check;
pub mod consignments;
pub mod demo;
pub mod export;
pub mod findings;
pub mod holders;
pub mod import;
pub mod init;
pub mod inspect;
pub mod instruments;
pub mod movements;
mod names;
pub mod quarantine;
pub mod queries;
pub mod receipt;
pub mod restore;
pub mod review;
pub mod serve;
pub mod trace;
pub mod unexplained;
pub mod users;
pub mod verify;
pub mod withdraw;

use std::path::Path;

use clap::Args;
use weighbridge_books::registry::HolderId;
use weighbridge_journal::{SqliteStore, Store};
use weighbridge_measure::{Date, Found, SubstanceId, SubstanceTable};

use crate::account::Account;
use crate::cli::{Command, Reading};
use crate::clock;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::trouble::Trouble;

/// Does what the arguments say.
///
/// # Errors
/// [`Trouble`], to be told to the user and turned into the exit code.
pub fn run(command: Command, printer: &Printer) -> Result<(), Trouble> {
    match command {
        Command::Demo(c) => c.run(printer),
        Command::Check(c) => c.run(printer),
        Command::Init(c) => c.run(printer),
        Command::Import(c) => c.run(printer),
        Command::Balances(c) => c.run(printer),
        Command::Consignments(c) => c.run(printer),
        Command::Movements(c) => c.run(printer),
        Command::Unexplained(c) => c.run(printer),
        Command::Inspect(c) => c.run(printer),
        Command::Calibrate(c) => c.run(printer),
        Command::Findings(c) => c.run(printer),
        Command::Quarantine(c) => c.run(printer),
        Command::Queries(c) => c.run(printer),
        Command::Trace(c) => c.run(printer),
        Command::Instruments(c) => c.run(printer),
        Command::Holders(c) => c.run(printer),
        Command::Withdraw(c) => c.run(printer),
        Command::Review(c) => c.run(printer),
        Command::Verify(c) => c.run(printer),
        Command::Backup(c) => c.run(printer),
        Command::Restore(c) => c.run(printer),
        Command::Receipt(c) => c.run(printer),
        Command::Export(c) => c.run(printer),
        Command::Serve(c) => c.run(printer),
        Command::Users(c) => c.run(printer),
        Command::Bench(c) => c.run(printer),
    }
}

/// What is shown to whoever wants to write meanwhile.
fn program(verb: &str) -> String {
    format!("weighbridge {verb}")
}

fn open(dir: &Path, verb: &str, printer: &Printer) -> Result<Account<SqliteStore>, Trouble> {
    let bar = Progress::new(&printer.texts.word("cli-replaying"), 0, false);
    Account::open(dir, &program(verb), &mut |done, total| bar.of(done, total))
}

fn open_read(reading: &Reading, printer: &Printer) -> Result<Account<SqliteStore>, Trouble> {
    let bar = Progress::new(&printer.texts.word("cli-replaying"), 0, false);
    let account = Account::open_read(&reading.dir, reading.known_at, &mut |done, total| {
        bar.of(done, total);
    })?;
    drop(bar);
    if let Some(date) = reading.as_of {
        say_if_early(&account, date, printer);
    }
    Ok(account)
}

/// Says from when there are lines, where a day before that is asked about.
fn say_if_early<S: Store>(account: &Account<S>, date: Date, printer: &Printer) {
    let live = account.books().substances.lines().iter();
    let first = live.filter(|l| l.is_live()).map(|l| l.date()).min();
    if let Some(first) = first.filter(|first| date < *first) {
        let args = [
            ("date", date.to_string().into()),
            ("first", first.to_string().into()),
        ];
        printer.note(&printer.say("cli-before_first", &args));
    }
}

/// The day asked about: given, else the latest date of a live line, else today.
fn as_of<S: Store>(account: &Account<S>, given: Option<Date>) -> Date {
    given.unwrap_or_else(|| {
        let lines = account.books().substances.lines();
        lines
            .iter()
            .filter(|l| l.is_live())
            .map(|l| l.date())
            .max()
            .unwrap_or_else(clock::today)
    })
}

/// Whose lines, of what, and how many.
#[derive(Args, Debug, Clone, Default)]
pub struct Pick {
    /// Holder, by code, licence or number.
    #[arg(long, value_name = "CODE")]
    pub holder: Option<String>,
    /// Substance, by id, CAS number or name.
    #[arg(long, value_name = "NAME")]
    pub substance: Option<String>,
    /// At most so many.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

impl Pick {
    fn holder<S: Store>(&self, account: &Account<S>) -> Result<Option<HolderId>, Trouble> {
        self.holder
            .as_deref()
            .map(|text| account.party(text))
            .transpose()
    }

    fn substance(&self) -> Result<Option<SubstanceId>, Trouble> {
        let Some(text) = &self.substance else {
            return Ok(None);
        };
        match SubstanceTable::shipped().find(text) {
            Found::One(id) => Ok(Some(id)),
            _ => Err(Trouble::Unknown {
                what: "substance",
                name: text.clone(),
            }),
        }
    }
}
