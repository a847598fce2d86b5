//! `findings`: accepted lines that are questioned, filtered.

use clap::Args;
use clap::builder::PossibleValuesParser;
use weighbridge_books::substances::body::Finding;
use weighbridge_measure::Date;
use weighbridge_reports::views::{self, FindingFilter, MovementFilter};

use super::{Pick, open_read};
use crate::cli::{self, Reading};
use crate::printer::Printer;
use crate::trouble::Trouble;

/// Arguments of `findings`.
#[derive(Args, Debug)]
pub struct Findings {
    /// Which account, and when.
    #[command(flatten)]
    pub reading: Reading,
    /// Which of them.
    #[command(flatten)]
    pub pick: Pick,
    /// The other party.
    #[arg(long, value_name = "CODE")]
    pub counterparty: Option<String>,
    /// What a line is questioned for.
    #[arg(long, value_name = "CODE", value_parser = PossibleValuesParser::new(Finding::ALL.iter().map(|f| f.code())))]
    pub code: Option<String>,
    /// First day.
    #[arg(long, value_name = "DATE", value_parser = cli::date)]
    pub from: Option<Date>,
    /// Last day.
    #[arg(long, value_name = "DATE", value_parser = cli::date)]
    pub to: Option<Date>,
    /// Lines that do not count as well: duplicate, replaced, deleted, withdrawn, waiting.
    #[arg(long)]
    pub all: bool,
}

impl Findings {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        let account = open_read(&self.reading, printer)?;
        let other = self.counterparty.as_deref();
        let lines = MovementFilter {
            holder: self.pick.holder(&account)?,
            counterparty: other.map(|c| account.party(c)).transpose()?,
            substance: self.pick.substance()?,
            from: self.from,
            to: self.to.or(self.reading.as_of),
            every_state: self.all,
            ..MovementFilter::default()
        };
        let filter = FindingFilter {
            lines,
            finding: self.code.as_deref().and_then(Finding::from_code),
            limit: self.pick.limit,
        };
        let (books, lookup) = (account.books(), account.lookup());
        let table = views::findings(books, &filter, &lookup, &printer.texts);
        let any = !table.rows.is_empty();
        printer.table(table)?;
        if any && !printer.json {
            printer.note(&printer.texts.word("cli-findings-meaning"));
        }
        Ok(())
    }
}
