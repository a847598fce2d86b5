//! One movement as a reporter stated it: parsed and converted, its parties not yet looked up.

use weighbridge_measure::{Basis, Date, Decimal, ScaleClass, SubstanceId};

use super::kind::Kind;
use super::vocabulary::{Action, Mode, Packaging, Reason};

/// A row after intake. Texts are as reported, trimmed, full-width forms folded; empty means absent.
///
/// For [`Action::Delete`] only `row`, `action`, `reporter` and `corrects` carry meaning; `kind`, `date`,
/// `substance`, `amount` may be absent in the file and then hold values without meaning.
#[derive(Clone, PartialEq, Debug)]
pub struct Movement<'a> {
    /// Row number in the file (header = 1).
    pub row: u32,
    /// Insert, adjust or delete.
    pub action: Action,
    /// Movement kind.
    pub kind: Kind,
    /// Civil date at the site.
    pub date: Date,
    /// Who reports: our code, a licence number, a unified social credit code or a DEA-style number.
    pub reporter: &'a str,
    /// The reporter's site code.
    pub site: &'a str,
    /// The other party, written like `reporter`.
    pub counterparty: &'a str,
    /// The other party's site code.
    pub counterparty_site: &'a str,
    /// How the amount was stated; equal bases share one conversion factor.
    pub basis: &'a Basis,
    /// The amount's text as reported.
    pub amount_text: &'a str,
    /// The amount, exact.
    pub amount: Decimal,
    /// Class of the scale or meter; the default of the dimension where none was stated.
    pub class: ScaleClass,
    /// Why goods moved.
    pub reason: Reason,
    /// Mode of transport.
    pub mode: Mode,
    /// Packaging.
    pub packaging: Packaging,
    /// Texts without a closed list, by [`Text`].
    pub texts: [&'a str; Text::COUNT],
    /// Free text; goes to the private store, never into the journal.
    pub remark: &'a str,
}

/// The text columns that are kept as reported.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(usize)]
pub enum Text {
    /// Document number.
    Document,
    /// Lot.
    Lot,
    /// Permit or filing.
    Permit,
    /// Case.
    Case,
    /// Carrier.
    Carrier,
    /// Instrument.
    Instrument,
    /// Process batch.
    Batch,
    /// Lots that went into the batch, `;`-separated.
    InputLots,
    /// RFC 3339 time or date at which the reporter wrote the row.
    ReportedAt,
    /// The reporter's number of the line.
    LineId,
    /// Line or document corrected.
    Corrects,
}

impl Text {
    /// Number of text columns.
    pub const COUNT: usize = 11;
    /// Every text column in the order of the journal. Append only.
    pub const ALL: [Text; Text::COUNT] = [
        Text::Document,
        Text::Lot,
        Text::Permit,
        Text::Case,
        Text::Carrier,
        Text::Instrument,
        Text::Batch,
        Text::InputLots,
        Text::ReportedAt,
        Text::LineId,
        Text::Corrects,
    ];
}

impl<'a> Movement<'a> {
    /// The text in one column.
    #[must_use]
    #[allow(
        clippy::indexing_slicing,
        reason = "Text's discriminants are below COUNT"
    )]
    pub fn text(&self, column: Text) -> &'a str {
        self.texts[column as usize]
    }

    /// The substance moved.
    #[must_use]
    pub fn substance(&self) -> SubstanceId {
        self.basis.substance
    }
}
