//! The columns of one entry: movement rows as struct of arrays, with texts packed.

use super::kind::Kind;
use super::movement::Text;
use super::vocabulary::Action;

/// A column of texts in one buffer.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct TextColumn {
    ends: Vec<u32>,
    bytes: String,
}

impl TextColumn {
    /// Appends a text. The caller bounds the total: a draft holds at most `ROWS_MAX` rows of limited cells.
    pub fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.ends.push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
    }

    /// The text at a position; empty beyond the end.
    #[must_use]
    pub fn get(&self, at: usize) -> &str {
        let end = self.ends.get(at).map_or(0, |e| *e as usize);
        let start = at.checked_sub(1).and_then(|p| self.ends.get(p)).map_or(0, |e| *e as usize);
        self.bytes.get(start..end).unwrap_or("")
    }

    /// Number of texts.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether the column has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Whether every text is empty.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Bytes of all texts.
    #[must_use]
    pub fn byte_len(&self) -> usize {
        self.bytes.len()
    }

    /// Every text in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> {
        (0..self.len()).map(|i| self.get(i))
    }
}

/// The rows of one entry. Vectors have equal length; enum columns hold the numbers of the journal.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Rows {
    /// Row number in the file.
    pub row: Vec<u32>,
    /// [`super::vocabulary::Action`].
    pub action: Vec<u8>,
    /// [`super::kind::Kind`].
    pub kind: Vec<u8>,
    /// Days since 1970-01-01.
    pub date: Vec<u16>,
    /// Position in the entry's list of places: who reports, at which site.
    pub own: Vec<u32>,
    /// Position + 1 in the entry's list of places: the other party; 0 = absent.
    pub other: Vec<u32>,
    /// Position in the entry's list of bases.
    pub basis: Vec<u32>,
    /// Base µg.
    pub base_ug: Vec<i64>,
    /// Scale class.
    pub class: Vec<u8>,
    /// [`super::vocabulary::Reason`].
    pub reason: Vec<u8>,
    /// [`super::vocabulary::Mode`].
    pub mode: Vec<u8>,
    /// [`super::vocabulary::Packaging`].
    pub packaging: Vec<u8>,
    /// Amount as reported.
    pub amount: TextColumn,
    /// Text columns by [`Text`].
    pub texts: [TextColumn; Text::COUNT],
}

impl Rows {
    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.row.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.row.is_empty()
    }

    /// Position in the list of places of the other party, where it means something: for a half that is not a deletion.
    /// A counterparty stated on any other kind stays in the record and is never looked up.
    #[must_use]
    pub fn other_party(&self, at: usize) -> Option<usize> {
        let half = Kind::from_number(*self.kind.get(at)?).is_some_and(Kind::is_half);
        let deletes = self.action.get(at) == Some(&(Action::Delete as u8));
        let place = self.other.get(at)?.checked_sub(1)? as usize;
        (half && !deletes).then_some(place)
    }

    /// A text of a row.
    #[must_use]
    #[allow(clippy::indexing_slicing, reason = "Text's discriminants are below COUNT")]
    pub fn text(&self, column: Text, at: usize) -> &str {
        self.texts[column as usize].get(at)
    }
}
