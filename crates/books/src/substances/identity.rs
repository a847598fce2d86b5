//! When two rows are the same row (matching rules, 1.2).

use super::key::{cell_key, key_of, record_key};
use super::movement::Text;
use super::rows::{Rows, TextKeys};
use super::vocabulary::Action;
use crate::registry::{HolderId, SiteId};

/// Sort of a key made of reporter and line number.
const BY_LINE_ID: u64 = 1;
/// Sort of a key made of a row's whole content.
const BY_CONTENT: u64 = 2;
/// Sort of a key made of what a deletion names.
const DELETION: u64 = 3;

/// Texts that belong to a row's content.
const CONTENT: [Text; 9] = [
    Text::Document,
    Text::Lot,
    Text::Permit,
    Text::Case,
    Text::Carrier,
    Text::Instrument,
    Text::Batch,
    Text::InputLots,
    Text::Corrects,
];

/// Who and what a row speaks of, looked up.
#[derive(Clone, Copy, Debug)]
pub struct Resolved {
    /// Reporter.
    pub holder: HolderId,
    /// Its site.
    pub site: SiteId,
    /// The other party and, where named, its site.
    pub other: Option<(HolderId, Option<SiteId>)>,
    /// Index of the substance.
    pub substance: u16,
}

/// The bit of an identity that tells a reporter's own line number from a content. It is none of those by which a hash
/// table chooses its bucket.
const NUMBERED: u64 = 1 << 50;

/// Whether an identity is a reporter's own line number, of which only one line counts.
#[must_use]
pub fn is_numbered(ident: u64) -> bool {
    ident & NUMBERED == NUMBERED
}

/// The bits of a content's key that a line keeps.
#[must_use]
pub fn fingerprint(content: u64) -> u16 {
    u16::try_from(content >> 48).unwrap_or(0)
}

/// Rows with the keys of their texts, which every identity is made of.
pub struct Identities<'a> {
    rows: &'a Rows,
    keys: [TextKeys<'a>; Text::COUNT],
    /// Columns of [`CONTENT`] that are not blank here.
    stated: Vec<(u64, TextKeys<'a>)>,
}

impl<'a> Identities<'a> {
    /// The identities of an entry's rows.
    #[must_use]
    pub fn of(rows: &'a Rows) -> Identities<'a> {
        let keys = rows.text_keys();
        let of = |column: Text| Some((column as u64, *keys.get(column as usize)?));
        let stated = CONTENT.into_iter().filter_map(of);
        Identities {
            rows,
            stated: stated.filter(|(_, keys)| !keys.is_blank()).collect(),
            keys,
        }
    }

    /// Key of a row's folded text; 0 = absent.
    #[must_use]
    #[inline]
    pub fn text(&self, column: Text, at: usize) -> u64 {
        self.keys
            .get(column as usize)
            .map_or(0, |keys| keys.get(at))
    }

    /// Keys of a column's folded texts, row by row.
    pub(crate) fn texts(&self, column: Text) -> impl Iterator<Item = u64> + Clone {
        (0..self.rows.len()).map(move |at| self.text(column, at))
    }

    /// Key of the row's own line number, 0 = none. A correction that repeats its target's number has none of its own.
    #[must_use]
    pub fn own_line_id(&self, at: usize) -> u64 {
        let line_id = self.text(Text::LineId, at);
        if line_id == self.text(Text::Corrects, at) {
            0
        } else {
            line_id
        }
    }

    /// Key of everything that counts as a row's content; of a deletion only who deletes what.
    #[must_use]
    pub fn content(&self, at: usize, who: &Resolved) -> u64 {
        let rows = self.rows;
        if rows.action.get(at) == Some(&(Action::Delete as u8)) {
            return key_of(&[
                DELETION,
                u64::from(who.holder.0),
                self.text(Text::Corrects, at),
            ]);
        }
        let words = rows.narrow().iter().fold(0u64, |w, column| {
            w << 8 | u64::from(column.get(at).copied().unwrap_or(0))
        });
        let (other, other_site) = who.other.map_or((0, 0), |(h, s)| {
            (u64::from(h.0) + 1, s.map_or(0, |s| u64::from(s.0) + 1))
        });
        let fixed = record_key([
            BY_CONTENT << 32 | u64::from(who.substance),
            words << 16 | u64::from(rows.date.get(at).copied().unwrap_or(0)),
            u64::from(who.site.0) << 32 | u64::from(who.holder.0),
            other << 32 | other_site,
            rows.base_ug.get(at).copied().unwrap_or(0).cast_unsigned(),
        ]);
        let cells = self.stated.iter().map(|(column, keys)| match keys.get(at) {
            0 => 0,
            text => cell_key(*column, text),
        });
        key_of(&[fixed, cells.fold(0, u64::wrapping_add)])
    }

    /// Identity of a row (by its number where it has one, else by its content), and the key of its content.
    #[must_use]
    pub fn identity(&self, at: usize, who: &Resolved) -> (u64, u64) {
        let content = self.content(at, who);
        match self.own_line_id(at) {
            0 => (content & !NUMBERED, content),
            line_id => (by_line_id(who.holder, line_id), content),
        }
    }
}

/// Identity of the line to which a reporter gave a number (by the number's text key).
#[must_use]
pub fn by_line_id(holder: HolderId, line_id: u64) -> u64 {
    key_of(&[BY_LINE_ID, u64::from(holder.0), line_id]) | NUMBERED
}
