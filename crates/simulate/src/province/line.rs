//! One line of a report before it is written, and what is wrong with it.

use weighbridge_books::substances::kind::Kind;
use weighbridge_books::substances::vocabulary::{Action, Mode, Packaging, Reason};

/// No site.
pub(super) const NOWHERE: u32 = u32::MAX;

/// What a line gets wrong.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Slip {
    None,
    Grams,
    Litres,
    Form,
    Document,
    Party,
    PartyCheck,
    Identity,
}

/// One line.
#[derive(Clone, Copy, Debug)]
pub(super) struct Line {
    pub(super) kind: Kind,
    pub(super) action: Action,
    /// Days since 1970-01-01.
    pub(super) day: u16,
    pub(super) account: u32,
    /// The counterparty's site, [`NOWHERE`] for one-sided kinds.
    pub(super) other_site: u32,
    /// Grams of goods.
    pub(super) grams: i64,
    /// Sender's firm and its number of the document; 0 for none.
    pub(super) document: u64,
    /// Firm of origin and its number of the lot; 0 for none.
    pub(super) lot: u64,
    /// Lot that went into a production; 0 for none.
    pub(super) input: u64,
    /// Process batch or case; 0 for none.
    pub(super) batch: u32,
    /// Permit; 0 for none.
    pub(super) permit: u32,
    pub(super) reason: Reason,
    pub(super) mode: Mode,
    pub(super) packaging: Packaging,
    pub(super) carrier: u8,
    /// The reporter's number of the line; 0 for none.
    pub(super) line_id: u32,
    /// The line corrected; 0 for none.
    pub(super) corrects: u32,
    pub(super) slip: Slip,
}

impl Line {
    /// A line of a one-sided kind.
    pub(super) fn new(kind: Kind, day: u16, account: u32, grams: i64) -> Line {
        Line {
            kind,
            action: Action::Insert,
            day,
            account,
            other_site: NOWHERE,
            grams,
            document: 0,
            lot: 0,
            input: 0,
            batch: 0,
            permit: 0,
            reason: Reason::None,
            mode: Mode::Unknown,
            packaging: Packaging::Unknown,
            carrier: 0,
            line_id: 0,
            corrects: 0,
            slip: Slip::None,
        }
    }
}
