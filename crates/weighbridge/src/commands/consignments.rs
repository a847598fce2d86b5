//! `consignments`: what was sent and what arrived, by state.

use clap::Args;
use clap::builder::PossibleValuesParser;
use weighbridge_reports::views::{self, ConsignmentFilter, StateFilter};

use super::{Pick, as_of, open_read};
use crate::cli::Reading;
use crate::printer::Printer;
use crate::trouble::Trouble;

/// Arguments of `consignments`.
#[derive(Args, Debug)]
pub struct Consignments {
    /// Which account, and when.
    #[command(flatten)]
    pub reading: Reading,
    /// States, any of them.
    #[arg(long, value_name = "STATE", value_delimiter = ',', value_parser = PossibleValuesParser::new(StateFilter::CODES))]
    pub state: Vec<String>,
    /// Which of them.
    #[command(flatten)]
    pub pick: Pick,
}

impl Consignments {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        let account = open_read(&self.reading, printer)?;
        let filter = ConsignmentFilter {
            as_of: as_of(&account, self.reading.as_of),
            states: self
                .state
                .iter()
                .filter_map(|s| StateFilter::from_code(s))
                .collect(),
            holder: self.pick.holder(&account)?,
            substance: self.pick.substance()?,
            limit: self.pick.limit,
        };
        printer.table(views::consignments(
            account.books(),
            &filter,
            &account.lookup(),
            &printer.texts,
        ))
    }
}
