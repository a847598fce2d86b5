//! The columns of one entry: movement rows as struct of arrays, with texts as words and positions.

use std::sync::OnceLock;

use hashbrown::HashTable;
use xxhash_rust::xxh3::xxh3_64;

use super::key::text_key;
use super::kind::Kind;
use super::movement::Text;
use super::vocabulary::Action;

/// Rows from whose texts it is told whether a longer column repeats itself.
const SAMPLE_ROWS: usize = 4_096;

/// A column repeats itself if at most this share (1/n) of the sample's texts are distinct.
const WORDS_SHARE: usize = 2;

/// A column of texts: words in one buffer, and for each row the position of its word.
///
/// Words are distinct and in order of first appearance as long as that saves something; else a row has a word of its own.
#[derive(Clone, Default, Debug)]
pub struct TextColumn {
    ends: Vec<u32>,
    bytes: String,
    at: Vec<u32>,
    index: HashTable<u32>,
    /// The word of empty cells, by far the most frequent one.
    blank: Option<u32>,
    form: Form,
    /// Keys of the folded words, once somebody has asked for them.
    keys: OnceLock<Vec<u64>>,
}

/// How a column keeps its texts.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
enum Form {
    /// Distinct words, in order of first appearance.
    #[default]
    Words,
    /// A word a row from the end of the sample on.
    Plain,
    /// As it was read: whoever wrote it may have chosen otherwise.
    Read,
}

impl TextColumn {
    /// Appends a text. The caller bounds the total: a draft holds at most `ROWS_MAX` rows of limited cells.
    pub fn push(&mut self, text: &str) {
        if text.is_empty()
            && let Some(blank) = self.blank
        {
            self.at.push(blank);
            return;
        }
        if self.form == Form::Plain {
            let word = self.add_word(text);
            self.at.push(word);
            return;
        }
        // Rows of one sender stand together and repeat each other.
        if let Some(last) = self.at.last().copied()
            && self.word(last as usize) == text
        {
            self.at.push(last);
            return;
        }
        let hash = xxh3_64(text.as_bytes());
        let known = self
            .index
            .find(hash, |w| self.word(*w as usize) == text)
            .copied();
        let word = known.unwrap_or_else(|| {
            let word = self.add_word(text);
            let (ends, bytes) = (&self.ends, &self.bytes);
            let hash_of = |w: &u32| xxh3_64(slice(ends, bytes, *w as usize).as_bytes());
            self.index.insert_unique(hash, word, hash_of);
            if text.is_empty() {
                self.blank = Some(word);
            }
            word
        });
        self.at.push(word);
        if self.at.len() == SAMPLE_ROWS && self.ends.len() * WORDS_SHARE > SAMPLE_ROWS {
            self.form = Form::Plain;
            self.index = HashTable::new();
        }
    }

    /// Whether the column is written as words and positions; a function of its texts alone.
    pub(crate) fn is_words(&self) -> bool {
        self.form == Form::Words
            && (self.len() >= SAMPLE_ROWS || self.ends.len() * WORDS_SHARE <= self.len())
    }

    /// A column of empty texts.
    pub(crate) fn blanks(rows: usize) -> TextColumn {
        let mut column = TextColumn::default();
        if rows > 0 {
            column.push("");
            column.at.resize(rows, 0);
        }
        column
    }

    /// Adds a word without asking whether it is there; the caller then places rows with [`TextColumn::place`].
    pub(crate) fn add_word(&mut self, text: &str) -> u32 {
        self.keys.take();
        let word = u32::try_from(self.ends.len()).unwrap_or(u32::MAX);
        self.bytes.push_str(text);
        self.ends
            .push(u32::try_from(self.bytes.len()).unwrap_or(u32::MAX));
        word
    }

    /// Appends a row with a word that is there; `None` if it is not.
    pub(crate) fn place(&mut self, word: u32) -> Option<()> {
        ((word as usize) < self.ends.len()).then(|| self.at.push(word))
    }

    /// Room for words that will be added in bulk, which need not be distinct.
    pub(crate) fn for_words(words: usize, bytes: usize, rows: usize) -> TextColumn {
        TextColumn {
            ends: Vec::with_capacity(words),
            bytes: String::with_capacity(bytes),
            at: Vec::with_capacity(rows),
            index: HashTable::new(),
            blank: None,
            form: Form::Read,
            keys: OnceLock::new(),
        }
    }

    /// The same texts in the form that pushing them one by one gives.
    pub(crate) fn canonical(&self) -> std::borrow::Cow<'_, TextColumn> {
        if self.form != Form::Read {
            return std::borrow::Cow::Borrowed(self);
        }
        let mut column = TextColumn::default();
        self.iter().for_each(|text| column.push(text));
        std::borrow::Cow::Owned(column)
    }

    fn word(&self, word: usize) -> &str {
        slice(&self.ends, &self.bytes, word)
    }

    /// The text at a row; empty beyond the end.
    #[must_use]
    pub fn get(&self, at: usize) -> &str {
        self.at.get(at).map_or("", |word| self.word(*word as usize))
    }

    /// Number of rows.
    #[must_use]
    pub fn len(&self) -> usize {
        self.at.len()
    }

    /// Whether the column has no rows.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.at.is_empty()
    }

    /// Whether every text is empty.
    #[must_use]
    pub fn is_blank(&self) -> bool {
        self.bytes.is_empty()
    }

    /// Positions of the rows' words.
    #[must_use]
    pub(crate) fn positions(&self) -> &[u32] {
        &self.at
    }

    /// The words.
    pub(crate) fn words(&self) -> impl ExactSizeIterator<Item = &str> {
        (0..self.ends.len()).map(|w| self.word(w))
    }

    /// Every text in order.
    pub fn iter(&self) -> impl Iterator<Item = &str> + Clone {
        (0..self.len()).map(|i| self.get(i))
    }

    /// The texts of some rows, in their order, in the form that pushing them one by one gives.
    fn pick(&self, rows: &[usize]) -> TextColumn {
        let few = self.form == Form::Words && rows.len() >= SAMPLE_ROWS;
        let sampled = rows.get(..SAMPLE_ROWS).unwrap_or_default();
        let mut to = TextColumn::default();
        // The new number of every word, once it has appeared.
        let mut moved = vec![u32::MAX; if few { self.ends.len() } else { 0 }];
        for row in sampled.iter().filter(|_| few) {
            to.carry(self, *row, &mut moved);
        }
        if few && to.ends.len() * WORDS_SHARE <= SAMPLE_ROWS {
            for row in rows.iter().skip(SAMPLE_ROWS) {
                to.carry(self, *row, &mut moved);
            }
            let (ends, bytes) = (&to.ends, &to.bytes);
            let hash_of = |w: &u32| xxh3_64(slice(ends, bytes, *w as usize).as_bytes());
            for word in 0..u32::try_from(ends.len()).unwrap_or(u32::MAX) {
                to.index.insert_unique(hash_of(&word), word, hash_of);
            }
            return to;
        }
        let mut to = TextColumn::default();
        rows.iter().for_each(|row| to.push(self.get(*row)));
        to
    }

    /// Appends a row of another column of distinct words without comparing texts.
    fn carry(&mut self, from: &TextColumn, row: usize, moved: &mut [u32]) {
        let Some(word) = from.at.get(row).copied() else {
            return;
        };
        let Some(new) = moved.get_mut(word as usize) else {
            return;
        };
        if *new == u32::MAX {
            let text = from.word(word as usize);
            *new = self.add_word(text);
            if text.is_empty() {
                self.blank = Some(*new);
            }
        }
        self.at.push(*new);
    }

    /// The key of every row's folded text; each word is folded once. Nothing for a blank column, whose keys are all 0.
    #[must_use]
    pub(crate) fn keys(&self) -> TextKeys<'_> {
        let words = self.keys.get_or_init(|| {
            if self.is_blank() {
                return Vec::new();
            }
            let mut buffer = Vec::new();
            self.words().map(|w| text_key(w, &mut buffer)).collect()
        });
        TextKeys {
            words,
            at: &self.at,
        }
    }
}

fn slice<'a>(ends: &[u32], bytes: &'a str, word: usize) -> &'a str {
    let end = ends.get(word).map_or(0, |e| *e as usize);
    let start = word
        .checked_sub(1)
        .and_then(|p| ends.get(p))
        .map_or(0, |e| *e as usize);
    bytes.get(start..end).unwrap_or("")
}

impl PartialEq for TextColumn {
    fn eq(&self, other: &TextColumn) -> bool {
        self.len() == other.len() && self.iter().eq(other.iter())
    }
}

impl Eq for TextColumn {}

/// Keys of a column's folded texts.
#[derive(Clone, Copy)]
pub(crate) struct TextKeys<'a> {
    words: &'a [u64],
    at: &'a [u32],
}

impl TextKeys<'_> {
    /// Whether every text is absent.
    pub(crate) fn is_blank(&self) -> bool {
        self.words.is_empty()
    }

    /// The key of a row's text; 0 = absent.
    #[inline]
    pub(crate) fn get(&self, row: usize) -> u64 {
        if self.words.is_empty() {
            return 0;
        }
        self.at
            .get(row)
            .and_then(|w| self.words.get(*w as usize))
            .copied()
            .unwrap_or(0)
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
        let deletes = self.action.get(at) == Some(&(Action::Delete as u8));
        let place = self.other.get(at)?.checked_sub(1)? as usize;
        (self.is_half(at) && !deletes).then_some(place)
    }

    /// Whether a row is of a kind that has another side.
    #[must_use]
    pub(crate) fn is_half(&self, at: usize) -> bool {
        let kind = self.kind.get(at).copied().and_then(Kind::from_number);
        kind.is_some_and(Kind::is_half)
    }

    /// Whether no row has a text in a column.
    #[must_use]
    #[allow(
        clippy::indexing_slicing,
        reason = "Text's discriminants are below COUNT"
    )]
    pub(crate) fn is_blank(&self, column: Text) -> bool {
        self.texts[column as usize].is_blank()
    }

    /// The columns of numbers of closed lists, in the order in which everything that writes them does: action, kind, class,
    /// reason, mode, packaging.
    #[must_use]
    pub(crate) fn narrow(&self) -> [&[u8]; 6] {
        [
            &self.action,
            &self.kind,
            &self.class,
            &self.reason,
            &self.mode,
            &self.packaging,
        ]
    }

    /// Folds and hashes the texts now, for whoever has a core free before the rows are applied.
    pub fn prepare_keys(&self) {
        self.text_keys();
    }

    /// The keys of every text column.
    pub(crate) fn text_keys(&self) -> [TextKeys<'_>; Text::COUNT] {
        self.texts.each_ref().map(TextColumn::keys)
    }

    /// A text of a row.
    #[must_use]
    #[allow(
        clippy::indexing_slicing,
        reason = "Text's discriminants are below COUNT"
    )]
    pub fn text(&self, column: Text, at: usize) -> &str {
        self.texts[column as usize].get(at)
    }

    /// The rows at these positions, in their order.
    #[must_use]
    pub fn pick(&self, positions: &[usize]) -> Rows {
        fn column<T: Copy>(from: &[T], positions: &[usize]) -> Vec<T> {
            positions
                .iter()
                .filter_map(|p| from.get(*p).copied())
                .collect()
        }
        let texts = |from: &TextColumn| from.pick(positions);
        Rows {
            row: column(&self.row, positions),
            action: column(&self.action, positions),
            kind: column(&self.kind, positions),
            date: column(&self.date, positions),
            own: column(&self.own, positions),
            other: column(&self.other, positions),
            basis: column(&self.basis, positions),
            base_ug: column(&self.base_ug, positions),
            class: column(&self.class, positions),
            reason: column(&self.reason, positions),
            mode: column(&self.mode, positions),
            packaging: column(&self.packaging, positions),
            amount: texts(&self.amount),
            texts: std::array::from_fn(|t| self.texts.get(t).map(texts).unwrap_or_default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn picking_rows_gives_what_pushing_them_gives() {
        // Few words, some of which only a picked row bears; many words; words that become many once rows are left out.
        let few = |n: usize| {
            if n % 5_000 == 17 {
                format!("once {n}")
            } else {
                format!("w{}", n * n % 7)
            }
        };
        let many = |n: usize| format!("unique {n}");
        let edge = |n: usize| {
            if n.is_multiple_of(2) {
                String::new()
            } else {
                format!("d{}", n % 4_096)
            }
        };
        let texts: [&dyn Fn(usize) -> String; 3] = [&few, &many, &edge];
        for text in texts {
            let mut column = TextColumn::default();
            (0..9_000).for_each(|n| column.push(&text(n)));
            for step in [2, 3, 5_000, 9_001] {
                let rows: Vec<usize> = (0..9_000).filter(|n| n % step != step - 1).collect();
                for rows in [&rows[..], &rows[..rows.len().min(4_095)]] {
                    let mut picked = column.pick(rows);
                    let mut pushed = TextColumn::default();
                    rows.iter().for_each(|n| pushed.push(column.get(*n)));
                    for more in ["", "w1", "new", "new"] {
                        picked.push(more);
                        pushed.push(more);
                    }
                    assert!(picked.words().eq(pushed.words()), "{step}");
                    assert_eq!(picked.positions(), pushed.positions(), "{step}");
                    assert_eq!(picked.form, pushed.form, "{step}");
                }
            }
        }
    }
}
