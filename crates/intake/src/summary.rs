//! What reading a file came to.

use std::collections::BTreeMap;

use crate::detect::Detection;
use crate::limits::MAX_COUNTED;

/// Counts and notes of one file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Summary {
    /// Rows or events with content, the header not counted.
    pub rows_read: u64,
    /// Rows that reached the sink as movements and were taken.
    pub accepted: u64,
    /// Rows set aside, the refused ones included.
    pub set_aside: u64,
    /// Rows that the guard refused: only their number, field and code are kept.
    pub refused_rows: u64,
    /// Events that move nothing, by kind (`ObjectEvent commissioning`).
    pub not_movements: BTreeMap<String, u64>,
    /// Records that the format defines as empty of movement, by code (`arcos 7: no activity`).
    pub ignored: BTreeMap<String, u64>,
    /// Remarks on the file that need no hand, with a text of the file and how often.
    pub notes: BTreeMap<(Note, String), u64>,
    /// Sheets of a workbook that have a header and rows like the one that was read, and were not: whoever sent them
    /// thinks that they are in the account.
    pub unread_sheets: Vec<String>,
    /// What the header of a workbook was taken for; for other formats the caller has it from [`crate::sniff`].
    pub detected: Option<Detection>,
    /// Figures of an ARCOS release.
    pub arcos: Option<Arcos>,
    /// Institutions named in the file, by code; never a natural person.
    pub parties: BTreeMap<String, PartyNote>,
}

/// A remark on a file that needs no hand. The texts are in the locale files under `note-` and the code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Note {
    /// A line of an ARCOS release that only controls the others.
    ArcosControlRecord,
    /// A concentration below 1, perhaps a fraction.
    ConcentrationBelowOne,
    /// A DEA-style number with an unusual check digit.
    DeaCheckDigit,
    /// An event names single items beside its quantities.
    EpcisItemsBesideQuantities,
    /// A row of a sheet that is hidden and was read.
    HiddenRows,
    /// A document of events without any.
    NoEvents,
    /// A further sheet that was not read.
    OtherSheet,
    /// A hidden sheet that was not read.
    OtherSheetHidden,
    /// A packaging that is not in the list.
    PackagingOther,
    /// A reason that is not in the list.
    ReasonOther,
    /// The sheet that was read is hidden.
    SheetHidden,
}

impl Note {
    /// Every remark there is.
    pub const ALL: [Note; 11] = [
        Note::ArcosControlRecord,
        Note::ConcentrationBelowOne,
        Note::DeaCheckDigit,
        Note::EpcisItemsBesideQuantities,
        Note::HiddenRows,
        Note::NoEvents,
        Note::OtherSheet,
        Note::OtherSheetHidden,
        Note::PackagingOther,
        Note::ReasonOther,
        Note::SheetHidden,
    ];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Note::ArcosControlRecord => "arcos_control_record",
            Note::ConcentrationBelowOne => "concentration_below_one",
            Note::DeaCheckDigit => "dea_check_digit",
            Note::EpcisItemsBesideQuantities => "epcis_items_beside_quantities",
            Note::HiddenRows => "hidden_rows",
            Note::NoEvents => "no_events",
            Note::OtherSheet => "other_sheet",
            Note::OtherSheetHidden => "other_sheet_hidden",
            Note::PackagingOther => "packaging_other",
            Note::ReasonOther => "reason_other",
            Note::SheetHidden => "sheet_hidden",
        }
    }
}

/// An institution as a file names it.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct PartyNote {
    /// Registered name.
    pub name: String,
    /// Business activity as the format words it.
    pub activity: String,
    /// Area from large to small, parts separated by `/`.
    pub area: String,
}

/// Our base weights compared with the authority's, over an ARCOS release.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Arcos {
    /// Rows.
    pub rows: u64,
    /// Rows without dosage units or strength, where nothing can be compared.
    pub without_strength: u64,
    /// Rows where dosage units × strength × factor is the authority's figure.
    pub equal: u64,
    /// Rows where it is not, by reason.
    pub differ: BTreeMap<&'static str, u64>,
}

impl Summary {
    pub(crate) fn note(&mut self, note: Note, text: &str) {
        self.note_times(note, text, 1);
    }

    pub(crate) fn note_times(&mut self, note: Note, text: &str, times: u64) {
        if times > 0 {
            let text = if self.notes.len() < MAX_COUNTED {
                text
            } else {
                ""
            };
            *self.notes.entry((note, text.to_owned())).or_default() += times;
        }
    }

    pub(crate) fn count(map: &mut BTreeMap<String, u64>, key: &str) {
        if let Some(n) = map.get_mut(key) {
            *n += 1;
        } else {
            let key = if map.len() < MAX_COUNTED {
                key
            } else {
                "other"
            };
            *map.entry(key.to_owned()).or_default() += 1;
        }
    }
}
