//! What faces outward: the columns of lines that are a half of a consignment or name another party, a document, a permit
//! or a carrier. Most lines do not, so these columns have rows of their own; which line has one is told by counting marks.

use std::collections::BTreeSet;

use super::line::{LineNo, Stage};

/// A row's place among the outward ones; means nothing outside the book.
pub(crate) type Place = u32;

const WORD: usize = u64::BITS as usize;

/// A mark a line, counted: from a line to its place among the marked ones.
#[derive(Clone, Default, Debug)]
struct Marks {
    words: Vec<u64>,
    /// Marks before each word.
    before: Vec<Place>,
    marked: Place,
}

impl Marks {
    /// Marks a line beyond the last marked one; those between stay without.
    fn mark(&mut self, line: LineNo) {
        let line = line as usize;
        let words = line / WORD + 1;
        self.words.resize(words, 0);
        self.before.resize(words, self.marked);
        if let Some(word) = self.words.last_mut() {
            *word |= 1 << (line % WORD);
            self.marked += 1;
        }
    }

    #[inline]
    fn place(&self, line: LineNo) -> Option<Place> {
        let line = line as usize;
        let word = *self.words.get(line / WORD)?;
        let bit = 1u64 << (line % WORD);
        (word & bit != 0).then_some(())?;
        Some(self.before.get(line / WORD)? + (word & (bit - 1)).count_ones())
    }
}

/// What is appended of a line that faces outward.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Facing {
    /// Interned place + 1 of the other party; 0 = none.
    pub(crate) other: u32,
    /// Key of the folded document number; 0 = none.
    pub(crate) document: u64,
    /// Interned pair of permit and carrier; 0 = none.
    pub(crate) papers: u32,
}

/// The columns. Vectors have equal length; rows ascend by line.
#[derive(Clone, Default, Debug)]
pub(crate) struct Outward {
    marks: Marks,
    lines: Vec<LineNo>,
    other: Vec<u32>,
    document: Vec<u64>,
    papers: Vec<u32>,
    /// Next member of the same consignment, in a ring; a row alone points at itself.
    mate: Vec<Place>,
    stage: Vec<u8>,
}

impl Outward {
    /// Appends a line beyond the last one.
    pub(crate) fn push(&mut self, line: LineNo, facing: Facing) {
        self.marks.mark(line);
        self.mate
            .push(Place::try_from(self.lines.len()).unwrap_or(Place::MAX));
        self.lines.push(line);
        self.other.push(facing.other);
        self.document.push(facing.document);
        self.papers.push(facing.papers);
        self.stage.push(Stage::None as u8);
    }

    /// A line's place.
    #[inline]
    pub(crate) fn place(&self, line: LineNo) -> Option<Place> {
        self.marks.place(line)
    }

    /// The line at a place.
    #[inline]
    pub(crate) fn line(&self, place: Place) -> Option<LineNo> {
        self.lines.get(place as usize).copied()
    }

    /// What a line states, where it faces outward.
    #[inline]
    pub(crate) fn facing(&self, line: LineNo) -> Option<Facing> {
        let at = self.place(line)? as usize;
        Some(Facing {
            other: *self.other.get(at)?,
            document: *self.document.get(at)?,
            papers: *self.papers.get(at)?,
        })
    }

    /// Keys of documents, by place.
    pub(crate) fn documents(&self) -> &[u64] {
        &self.document
    }

    /// How a line found its consignment, by the number of [`Stage`].
    pub(crate) fn stage(&self, line: LineNo) -> u8 {
        let at = self.place(line).map(|p| p as usize);
        at.and_then(|at| self.stage.get(at)).copied().unwrap_or(0)
    }

    /// Members of the ring that a line belongs to, starting with it.
    pub(crate) fn ring(&self, line: LineNo) -> Vec<LineNo> {
        let mut members = vec![line];
        let Some(start) = self.place(line) else {
            return members;
        };
        let next = |at: Place| self.mate.get(at as usize).copied().unwrap_or(start);
        let mut at = next(start);
        while at != start && members.len() <= self.lines.len() {
            members.extend(self.line(at));
            at = next(at);
        }
        members
    }

    /// Joins lines into one ring and notes how they were found. A line that does not face outward has no part in any.
    pub(crate) fn join(&mut self, members: &[LineNo], stage: Stage) {
        let next = members.iter().skip(1).chain(members.first());
        for (line, next) in members.iter().zip(next) {
            let (Some(at), Some(next)) = (self.place(*line), self.place(*next)) else {
                continue;
            };
            if let (Some(m), Some(s)) = (
                self.mate.get_mut(at as usize),
                self.stage.get_mut(at as usize),
            ) {
                *m = next;
                *s = stage as u8;
            }
        }
    }

    /// Lines that were there before and are in another ring now, or found it otherwise.
    pub(crate) fn changed_since(&self, before: &Outward, changed: &mut BTreeSet<LineNo>) {
        let mates = before.mate.iter().zip(&self.mate);
        let stages = before.stage.iter().zip(&self.stage);
        let rows = self.lines.iter().zip(mates.zip(stages));
        let other = rows.filter(|(_, (mate, stage))| mate.0 != mate.1 || stage.0 != stage.1);
        changed.extend(other.map(|(line, _)| *line));
    }

    /// Number of rows.
    pub(crate) fn len(&self) -> usize {
        self.lines.len()
    }

    /// Bytes that the columns hold in memory.
    pub(crate) fn memory_bytes(&self) -> usize {
        let Outward {
            marks,
            lines,
            other,
            document,
            papers,
            mate,
            stage,
        } = self;
        8 * (marks.words.capacity() + document.capacity())
            + 4 * (marks.before.capacity()
                + lines.capacity()
                + other.capacity()
                + papers.capacity()
                + mate.capacity())
            + stage.capacity()
    }

    /// Gives back what the columns reserved beyond their length.
    pub(crate) fn shrink(&mut self) {
        let Outward {
            marks,
            lines,
            other,
            document,
            papers,
            mate,
            stage,
        } = self;
        for column in [&mut marks.before, lines, other, papers, mate] {
            column.shrink_to_fit();
        }
        for column in [&mut marks.words, document] {
            column.shrink_to_fit();
        }
        stage.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_place_is_the_number_of_marked_lines_before(marked in prop::collection::btree_set(0u32..400, 0..200)) {
            let mut outward = Outward::default();
            for line in &marked {
                outward.push(*line, Facing { other: line + 1, document: u64::from(*line), papers: 0 });
            }
            for line in 0..500 {
                let place = marked.contains(&line).then(|| marked.range(..line).count() as Place);
                prop_assert_eq!(outward.place(line), place, "{}", line);
                prop_assert_eq!(place.and_then(|p| outward.line(p)), place.map(|_| line));
                prop_assert_eq!(outward.facing(line).map(|f| f.other), place.map(|_| line + 1));
                prop_assert_eq!(outward.ring(line), vec![line]);
            }
        }
    }

    #[test]
    fn lines_without_a_row_join_nothing() {
        let mut outward = Outward::default();
        for line in [3, 64, 65, 200] {
            outward.push(
                line,
                Facing {
                    other: 1,
                    document: 0,
                    papers: 0,
                },
            );
        }
        outward.join(&[3, 65, 200], Stage::Split);
        assert_eq!(outward.ring(65), [65, 200, 3]);
        assert_eq!(outward.stage(200), Stage::Split as u8);
        outward.join(&[7, 64], Stage::Lane);
        assert_eq!(outward.ring(7), [7]);
        assert_eq!(outward.ring(64), [64]);
        assert_eq!(outward.stage(7), Stage::None as u8);
    }
}
