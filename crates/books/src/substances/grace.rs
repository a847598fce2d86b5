//! The days in which two firms may mend a difference themselves, before it is the authority's.

use weighbridge_measure::Date;

use super::consignment::{Consignment, State};
use super::ledger::Ledger;

/// Days after the newest half was recorded. Ours: no rule names them.
pub const GRACE_DAYS: i32 = 3;

/// The first day on which a difference is the authority's, while that day is still to come. None where there is no difference,
/// and where it is so large that the duty to tell the authority is at once.
///
/// What counts is when the newest half was recorded, not when goods moved: a firm that files or corrects late has its days
/// too, and so has the other side.
#[must_use]
pub fn until(ledger: &Ledger, c: &Consignment, on: Date) -> Option<Date> {
    if c.notify || matches!(c.state, State::Matched | State::WithinAllowance) {
        return None;
    }
    let halves = c.dispatches.iter().chain(&c.receipts);
    let recorded = halves.filter_map(|l| ledger.entry_of(*l)?.0.recorded_at.date());
    let end = recorded.max()?.plus_days(GRACE_DAYS)?;
    (on < end).then_some(end)
}
