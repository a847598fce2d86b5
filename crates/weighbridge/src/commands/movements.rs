//! `movements`: lines, filtered.

use clap::Args;
use clap::builder::PossibleValuesParser;
use weighbridge_books::substances::kind::{Kind, RULES};
use weighbridge_measure::Date;
use weighbridge_reports::views::{self, MovementFilter};

use super::{Pick, open_read};
use crate::cli::{self, Reading};
use crate::printer::Printer;
use crate::trouble::Trouble;

/// Arguments of `movements`.
#[derive(Args, Debug)]
pub struct Movements {
    /// Which account, and when.
    #[command(flatten)]
    pub reading: Reading,
    /// Which of them.
    #[command(flatten)]
    pub pick: Pick,
    /// The other party.
    #[arg(long, value_name = "CODE")]
    pub counterparty: Option<String>,
    /// Site of the reporter.
    #[arg(long, value_name = "CODE")]
    pub site: Option<String>,
    /// Movement kind.
    #[arg(long, value_name = "KIND", value_parser = PossibleValuesParser::new(RULES.map(|r| r.code)))]
    pub kind: Option<String>,
    /// First day.
    #[arg(long, value_name = "DATE", value_parser = cli::date)]
    pub from: Option<Date>,
    /// Last day.
    #[arg(long, value_name = "DATE", value_parser = cli::date)]
    pub to: Option<Date>,
    /// Document number.
    #[arg(long, value_name = "TEXT")]
    pub document: Option<String>,
    /// Lot.
    #[arg(long, value_name = "TEXT")]
    pub lot: Option<String>,
    /// Lines that do not count as well: duplicate, replaced, deleted, withdrawn, waiting.
    #[arg(long)]
    pub all: bool,
}

impl Movements {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        let account = open_read(&self.reading, printer)?;
        let filter = MovementFilter {
            holder: self.pick.holder(&account)?,
            counterparty: self
                .counterparty
                .as_deref()
                .map(|c| account.party(c))
                .transpose()?,
            site: self.site,
            substance: self.pick.substance()?,
            kind: self.kind.as_deref().and_then(Kind::from_code),
            from: self.from,
            to: self.to.or(self.reading.as_of),
            document: self.document,
            lot: self.lot,
            every_state: self.all,
            limit: self.pick.limit,
        };
        printer.table(views::movements(
            account.books(),
            &filter,
            &account.lookup(),
            &printer.texts,
        ))
    }
}
