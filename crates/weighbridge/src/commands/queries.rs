//! `queries`: what the authority asks of firms, and whose turn it is. Asking and answering is done on the pages, where it is known
//! who does it.

use std::path::PathBuf;

use clap::Args;
use clap::builder::PossibleValuesParser;
use weighbridge_books::queries::{Owner, Stage};
use weighbridge_measure::Timestamp;
use weighbridge_reports::views::{self, QueryFilter};

use super::open_read;
use crate::cli::{self, Reading};
use crate::clock;
use crate::printer::Printer;
use crate::trouble::Trouble;

/// Arguments of `queries`.
#[derive(Args, Debug)]
pub struct Queries {
    /// Folder of the account.
    pub dir: PathBuf,
    /// What was known at this time.
    #[arg(long, value_name = "TIME", value_parser = cli::time)]
    pub known_at: Option<Timestamp>,
    /// Where they stand.
    #[arg(long, value_name = "STATE", value_parser = PossibleValuesParser::new(Stage::CODES))]
    pub state: Option<String>,
    /// Who is asked.
    #[arg(long, value_name = "CODE")]
    pub holder: Option<String>,
    /// Who is late.
    #[arg(long, value_name = "CODE", value_parser = PossibleValuesParser::new(Owner::ALL.iter().map(|o| o.code())))]
    pub late: Option<String>,
    /// At most so many.
    #[arg(long, value_name = "N")]
    pub limit: Option<usize>,
}

impl Queries {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        let reading = Reading {
            dir: self.dir,
            as_of: None,
            known_at: self.known_at,
        };
        let account = open_read(&reading, printer)?;
        let holder = self.holder.as_deref().map(|c| account.party(c));
        let filter = QueryFilter {
            stage: self.state,
            holder: holder.transpose()?,
            late: self.late.as_deref().and_then(Owner::from_code),
        };
        // Who is late is a matter of the day on which it is asked.
        let known = self.known_at.and_then(Timestamp::date);
        let on = known.unwrap_or_else(clock::today);
        let books = account.books();
        let some = books.queries.all().filter(|q| filter.fits(q, on));
        let mut table = views::queries(books, some, on, &printer.texts);
        table.rows.truncate(self.limit.unwrap_or(usize::MAX));
        printer.table(table)
    }
}
