//! `trace`: where a lot came from and where it went.

use clap::{Args, ValueEnum};
use weighbridge_books::substances::trace::Direction;
use weighbridge_reports::views;

use super::{Pick, open_read};
use crate::cli::Reading;
use crate::printer::Printer;
use crate::trouble::Trouble;

/// Arguments of `trace`.
#[derive(Args, Debug)]
pub struct Trace {
    /// Which account, and when.
    #[command(flatten)]
    pub reading: Reading,
    /// Lot.
    #[arg(long, value_name = "TEXT")]
    pub lot: String,
    /// Which way.
    #[arg(
        long,
        value_name = "forward|backward|both",
        default_value = "both",
        hide_possible_values = true
    )]
    pub direction: Way,
    /// Where to start, when several hold the lot.
    #[command(flatten)]
    pub pick: Pick,
}

/// Which way a trace runs.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub enum Way {
    /// To where goods went.
    Forward,
    /// To where they came from.
    Backward,
    /// Both.
    Both,
}

impl Trace {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        let account = open_read(&self.reading, printer)?;
        let ledger = &account.books().substances;
        let unknown = || Trouble::Unknown {
            what: "lot",
            name: self.lot.clone(),
        };
        let lot = ledger.lot(&self.lot).ok_or_else(unknown)?;
        let (holder, substance) = (self.pick.holder(&account)?, self.pick.substance()?);
        let trace = ledger.trace();
        let starts: Vec<_> = trace
            .nodes_of(lot)
            .filter(|node| {
                ledger.series(node.series).is_some_and(|s| {
                    holder.is_none_or(|h| s.holder == h)
                        && substance.is_none_or(|x| s.substance == x)
                })
            })
            .collect();
        if starts.is_empty() {
            return Err(unknown());
        }
        let directions: &[Direction] = match self.direction {
            Way::Backward => &[Direction::Backward],
            Way::Forward => &[Direction::Forward],
            Way::Both => &[Direction::Backward, Direction::Forward],
        };
        let mut steps = trace.follow_all(&starts, directions);
        if let Some(day) = self.reading.as_of {
            let known = |line| ledger.lines().get(line).is_some_and(|l| l.date() <= day);
            steps.retain(|s| known(s.from_line) && known(s.to_line));
        }
        steps.truncate(self.pick.limit.unwrap_or(usize::MAX));
        printer.table(views::trace(
            account.books(),
            &steps,
            &account.lookup(),
            &printer.texts,
        ))
    }
}
