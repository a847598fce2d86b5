//! When two rows are the same row (matching rules, 1.2).

use super::key::{KeyBuilder, fold_text, text_key};
use super::movement::Text;
use super::rows::Rows;
use crate::registry::{HolderId, SiteId};

/// Sort of a key made of reporter and line number.
const BY_LINE_ID: u8 = 1;
/// Sort of a key made of a row's whole content.
const BY_CONTENT: u8 = 2;

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
    if line_id == rows.text(Text::Corrects, at) { "" } else { line_id }
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
        self.key.key()
    }

    /// Key of everything that counts as a row's content.
    pub fn content(&mut self, rows: &Rows, at: usize, who: &Resolved) -> u64 {
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

    /// Identity of a row: by its number where it has one, else by its content.
    pub fn identity(&mut self, rows: &Rows, at: usize, who: &Resolved) -> u64 {
        match own_line_id(rows, at) {
            "" => self.content(rows, at, who),
            line_id => self.line_id(who.holder, line_id),
        }
    }

    /// Key of one text.
    pub fn text(&mut self, text: &str) -> u64 {
        text_key(text, &mut self.buffer)
    }
}
