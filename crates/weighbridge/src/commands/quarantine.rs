//! `quarantine`: rows set aside with their reasons and what to do about each.

use std::path::PathBuf;

use clap::Args;
use weighbridge_measure::Timestamp;
use weighbridge_reports::views;

use super::open_read;
use crate::cli::{self, Reading};
use crate::printer::Printer;
use crate::trouble::Trouble;

/// Arguments of `quarantine`.
#[derive(Args, Debug)]
pub struct Quarantine {
    /// Folder of the account.
    pub dir: PathBuf,
    /// What was known at this time.
    #[arg(long, value_name = "TIME", value_parser = cli::time)]
    pub known_at: Option<Timestamp>,
    /// Only this reason.
    #[arg(long, value_name = "CODE")]
    pub code: Option<String>,
    /// Also rows that were resolved, withdrawn or sent again.
    #[arg(long)]
    pub all: bool,
    /// At most so many.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

impl Quarantine {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        let reading = Reading {
            dir: self.dir,
            as_of: None,
            known_at: self.known_at,
        };
        let account = open_read(&reading, printer)?;
        let mut items = account.lookup().set_aside(self.all);
        items.retain(|(_, item)| self.code.as_ref().is_none_or(|c| item.code == *c));
        items.truncate(self.limit.unwrap_or(usize::MAX));
        printer.table(views::quarantine(&items, &printer.texts))
    }
}
