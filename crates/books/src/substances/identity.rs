//! When two rows are the same row (matching rules, 1.2).

use super::key::{KeyBuilder, fold_text, text_key};
use super::movement::Text;
use super::rows::Rows;
use super::vocabulary::Action;
use crate::registry::{HolderId, SiteId};

/// Sort of a key made of reporter and line number.
const BY_LINE_ID: u8 = 1;
/// Sort of a key made of a row's whole content.
const BY_CONTENT: u8 = 2;
/// Sort of a key made of what a deletion names.
const DELETION: u8 = 3;

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

/// A row's own line number. A correction that repeats its target's number has none of its own.
#[must_use]
pub fn own_line_id(rows: &Rows, at: usize) -> &str {
    let line_id = rows.text(Text::LineId, at);
    let corrects = rows.text(Text::Corrects, at);
    if corrects.is_empty() || line_id.is_empty() {
        return line_id;
    }
    let (mut a, mut b) = (Vec::new(), Vec::new());
    fold_text(line_id, &mut a);
    fold_text(corrects, &mut b);
    if a == b { "" } else { line_id }
}

/// The bit of an identity that tells a reporter's own line number from a content.
const NUMBERED: u64 = 1;

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

/// Computes identities with reused buffers.
#[derive(Default)]
pub struct Identifier {
    key: KeyBuilder,
    buffer: Vec<u8>,
}

impl Identifier {
    /// Identity by the reporter's own number of a line.
    pub fn line_id(&mut self, holder: HolderId, line_id: &str) -> u64 {
        fold_text(line_id, &mut self.buffer);
        self.key.start(BY_LINE_ID).number(u64::from(holder.0)).part(&self.buffer);
        self.key.key() | NUMBERED
    }

    /// Key of everything that counts as a row's content; of a deletion only who deletes what.
    pub fn content(&mut self, rows: &Rows, at: usize, who: &Resolved) -> u64 {
        if rows.action.get(at) == Some(&(Action::Delete as u8)) {
            fold_text(rows.text(Text::Corrects, at), &mut self.buffer);
            return self.key.start(DELETION).number(u64::from(who.holder.0)).part(&self.buffer).key();
        }
        let narrow = [&rows.action, &rows.kind, &rows.class, &rows.reason, &rows.mode, &rows.packaging];
        let words = narrow.iter().fold(0u64, |w, column| w << 8 | u64::from(column.get(at).copied().unwrap_or(0)));
        let (other, other_site) = who.other.map_or((0, 0), |(h, s)| {
            (u64::from(h.0) + 1, s.map_or(0, |s| u64::from(s.0) + 1))
        });
        self.key
            .start(BY_CONTENT)
            .number(words << 16 | u64::from(rows.date.get(at).copied().unwrap_or(0)))
            .number(u64::from(who.site.0) << 32 | u64::from(who.holder.0))
            .number(other << 32 | other_site)
            .number(u64::from(who.substance))
            .number(rows.base_ug.get(at).copied().unwrap_or(0).cast_unsigned());
        for column in CONTENT {
            let text = rows.text(column, at);
            if text.is_empty() {
                self.key.part(&[]);
            } else {
                fold_text(text, &mut self.buffer);
                self.key.part(&self.buffer);
            }
        }
        self.key.key()
    }

    /// Identity of a row (by its number where it has one, else by its content), and the key of its content.
    pub fn identity(&mut self, rows: &Rows, at: usize, who: &Resolved) -> (u64, u64) {
        let content = self.content(rows, at, who);
        match own_line_id(rows, at) {
            "" => (content & !NUMBERED, content),
            line_id => (self.line_id(who.holder, line_id), content),
        }
    }

    /// Key of one text.
    pub fn text(&mut self, text: &str) -> u64 {
        text_key(text, &mut self.buffer)
    }
}
