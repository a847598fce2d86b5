//! `balances`: opening, in, out, book, count and what is unexplained, by holder, site and substance.

use clap::Args;
use weighbridge_reports::views;

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
        let (holder, substance) = (self.pick.holder(&account)?, self.pick.substance()?);
        let mut items = weighbridge_reports::check::balances(account.books(), on);
        items.retain(|b| {
            holder.is_none_or(|h| b.balance.series.holder == h)
                && substance.is_none_or(|s| b.balance.series.substance == s)
                && (!self.unclosed || b.unexplained_ug.is_some_and(|u| u != 0))
        });
        if self.unclosed {
            items.sort_by_key(|b| std::cmp::Reverse(b.unexplained_ug.map_or(0, i128::unsigned_abs)));
        }
        items.truncate(self.pick.limit.unwrap_or(usize::MAX));
        printer.table(views::balance_table(&items, account.books(), on, &printer.texts))
    }
}
