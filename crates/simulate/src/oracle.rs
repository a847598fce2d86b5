//! Matching and balancing the slow obvious way, from the rules page alone.
//!
//! Plain maps, loops over all pairs and subsets, nothing incremental. Where the page leaves a choice the simplest
//! reading is taken; each such place says "Reading:" in its comment.

mod balancing;
mod comparing;
mod fates;
mod pairing;
mod register;
mod stated;
#[cfg(test)]
mod tests;

use weighbridge_books::registry::HolderRow;
use weighbridge_books::substances::quarantine::Code;
use weighbridge_measure::{Date, Timestamp};

use crate::row::Row;

/// A file of rows on its way in. Its place in the list of submissions is its order of arrival.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Submission {
    /// A number that stays with the submission when the order of arrival changes.
    pub id: u32,
    /// Its rows; the first one is row 2 of the file.
    pub rows: Vec<Row>,
    /// Whether it was withdrawn after everything had arrived.
    pub withdrawn: bool,
}

/// The time of record of the submission that arrives at this place: one a minute from 2025-06-01T00:00:00Z.
#[must_use]
pub fn recorded_at(place: usize) -> Timestamp {
    const START_MICROS: i64 = 1_748_736_000_000_000;
    Timestamp::from_micros(
        START_MICROS.saturating_add(
            60_000_000_i64.saturating_mul(i64::try_from(place).unwrap_or(i64::MAX)),
        ),
    )
}

/// A line: a row of a submission.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LineRef {
    /// [`Submission::id`].
    pub submission: u32,
    /// Row number in the file (header = 1).
    pub row: u32,
}

/// What a reviewer decided. A line that is not a live half has no part in it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Decision {
    /// These lines are one consignment. A line that an earlier decision paired stays with that one.
    Pair(Vec<LineRef>),
    /// These two lines are not of one consignment.
    Apart(LineRef, LineRef),
}

/// What became of a row.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Fate {
    /// In the account.
    Live,
    /// A delete that holds: accepted, itself in no balance.
    Accepted,
    /// Brought before.
    Duplicate,
    /// Quarantined, by the first reason found.
    SetAside(Code),
    /// A correction without its target.
    Waiting,
    /// Replaced by an adjust, or a correction that another one outdid.
    Superseded,
    /// Removed by a delete.
    Deleted,
    /// Part of a withdrawn submission.
    Withdrawn,
}

/// The rule that made a consignment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Stage {
    /// A reviewer's decision.
    Reviewer,
    /// Equal document.
    Document,
    /// Equal document, another consignee.
    ConsigneeDiffers,
    /// Equal document, another sender.
    SenderDiffers,
    /// Equal document, another substance.
    SubstanceDiffers,
    /// Equal permit.
    Permit,
    /// The only candidates of a lane.
    Lane,
    /// A split delivery or a collected load.
    Split,
    /// Left over.
    OneSided,
}

/// What comparing the two sides gave.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "the codes are the rules page's own")]
pub enum State {
    Matched,
    WithinAllowance,
    Short,
    Over,
    AwaitingReceipt,
    AwaitingDispatch,
    Disputed,
}

impl State {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            State::Matched => "matched",
            State::WithinAllowance => "within_allowance",
            State::Short => "short",
            State::Over => "over",
            State::AwaitingReceipt => "awaiting_receipt",
            State::AwaitingDispatch => "awaiting_dispatch",
            State::Disputed => "disputed",
        }
    }
}

/// A consignment.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Consignment {
    /// Its dispatches, sorted.
    pub dispatches: Vec<LineRef>,
    /// Its receipts, sorted.
    pub receipts: Vec<LineRef>,
    /// State.
    pub state: State,
    /// The rule that made it.
    pub stage: Stage,
    /// Sum of the dispatches, µg; `None` without any, or where the consignment's lines are of several substances.
    pub dispatched_ug: Option<i128>,
    /// Sum of the receipts, µg; `None` likewise.
    pub received_ug: Option<i128>,
    /// Dispatched − received, µg, positive = missing; `None` where a side is absent or substances differ.
    pub difference_ug: Option<i128>,
    /// Whether a short one goes beyond the second limit.
    pub notify: bool,
    /// The end of the silent party's clock, of a one-sided one; `None` where that party does not report here.
    pub due: Option<Date>,
    /// Whether the clock is past on the day asked about.
    pub overdue: bool,
    /// Whether one of its halves had several candidates, of a one-sided one.
    pub ambiguous: bool,
    /// Per half of a one-sided one: the half that may be its partner under another document; sorted.
    pub suggestions: Vec<(LineRef, LineRef)>,
}

/// The balance of a substance at a site.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Balance {
    /// Holder code.
    pub holder: String,
    /// Site code.
    pub site: String,
    /// Substance id.
    pub substance: String,
    /// First count, µg.
    pub opening_ug: Option<i128>,
    /// Sum in since the opening, µg.
    pub in_ug: i128,
    /// Sum out since the opening, µg.
    pub out_ug: i128,
    /// Opening + in − out, µg; a net flow without an opening.
    pub book_ug: i128,
    /// Date of the latest count after the opening.
    pub counted_on: Option<Date>,
    /// That count, µg.
    pub counted_ug: Option<i128>,
    /// The book at the close of that date, µg.
    pub book_at_count_ug: Option<i128>,
    /// Book at the count − count, µg, positive = missing.
    pub unexplained_ug: Option<i128>,
}

/// The whole account on a day.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Account {
    /// Every row and its fate, in order of arrival.
    pub rows: Vec<(LineRef, Fate)>,
    /// Every consignment, sorted.
    pub consignments: Vec<Consignment>,
    /// Every balance, sorted.
    pub balances: Vec<Balance>,
}

/// The account of submissions in their order of arrival. Pairing rests on every live line; `as_of` leaves out
/// halves dated later, moves clocks and cuts the balances.
#[must_use]
pub fn account(
    holders: &[HolderRow],
    submissions: &[Submission],
    decisions: &[Decision],
    as_of: Date,
) -> Account {
    let register = register::Register::of(holders);
    let judged = fates::judge(&register, submissions);
    let consignments =
        comparing::consignments(&register, &pairing::pair(&judged.live, decisions), as_of);
    let balances = balancing::balances(&register, &judged.live, as_of);
    Account {
        rows: judged.rows,
        consignments,
        balances,
    }
}
