//! `balances`: opening, in, out, book, count and what is unexplained, by holder, site and substance.

use clap::Args;
use weighbridge_measure::SubstanceTable;
use weighbridge_reports::{Cell, views};

use super::{Pick, as_of, open_read};
use crate::cli::Reading;
use crate::printer::Printer;
use crate::trouble::Trouble;

/// Arguments of `balances`.
#[derive(Args, Debug)]
pub struct Balances {
    /// Which account, and when.
    #[command(flatten)]
    pub reading: Reading,
    /// Which of them.
    #[command(flatten)]
    pub pick: Pick,
    /// Only balances that do not close.
    #[arg(long)]
    pub unclosed: bool,
}

impl Balances {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        let account = open_read(&self.reading, printer)?;
        let on = as_of(&account, self.reading.as_of);
        let code = |id| account.books().registry.holder(id).map(|h| h.code.clone());
        let holder = self.pick.holder(&account)?.and_then(code);
        let substance = self
            .pick
            .substance()?
            .map(|s| SubstanceTable::shipped().get(s).id);
        let mut table = views::balances(account.books(), on, &printer.texts);
        let at = |key: &str| table.columns.iter().position(|c| c.key == key);
        let (of_holder, of_substance, of_rest) =
            (at("holder"), at("substance"), at("unexplained_ug"));
        let is = |row: &[Cell], at: Option<usize>, wanted: Option<&str>| {
            wanted.is_none_or(
                |w| matches!(at.and_then(|a| row.get(a)), Some(Cell::Text(text)) if text == w),
            )
        };
        let rest = |row: &[Cell]| match of_rest.and_then(|a| row.get(a)) {
            Some(Cell::MassUg(ug)) => ug.unsigned_abs(),
            _ => 0,
        };
        table.rows.retain(|row| {
            is(row, of_holder, holder.as_deref())
                && is(row, of_substance, substance)
                && (!self.unclosed || rest(row) > 0)
        });
        if self.unclosed {
            table.rows.sort_by_key(|row| std::cmp::Reverse(rest(row)));
        }
        table.rows.truncate(self.pick.limit.unwrap_or(usize::MAX));
        printer.table(table)
    }
}
