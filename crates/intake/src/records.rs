//! Records of delimited text as a stream: constant memory, row numbers as a spreadsheet shows them, RFC 4180 quoting.
//!
//! Cells of a record without quotes are ranges of the read buffer, nothing is copied. A quote opens only at the start
//! of a cell; elsewhere it is a character. A record longer than [`MAX_RECORD`] is skipped to its line's end and
//! reported, so that the rest of the file can still be read.

use std::io::Read;

use crate::issue::FileIssue;
use crate::limits::{MAX_COLUMNS, MAX_RECORD};

/// What the reader found.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Found {
    /// A record; its cells are in [`Records::cells`].
    Record,
    /// A record beyond the limit was skipped.
    TooLong,
    /// A record with more than [`MAX_COLUMNS`] cells was skipped.
    TooManyColumns,
    /// No more.
    End,
}

/// A streaming reader of records. Blank lines count as rows but are not returned.
pub(crate) struct Records<R> {
    input: R,
    buf: Vec<u8>,
    start: usize,
    end: usize,
    eof: bool,
    delimiter: u8,
    quoting: bool,
    row: u32,
    text: (usize, usize),
    cells: Vec<(usize, usize)>,
    unclosed: bool,
}

const READ: usize = 256 * 1024;

impl<R: Read> Records<R> {
    pub(crate) fn new(input: R, delimiter: u8) -> Records<R> {
        Records {
            input,
            buf: vec![0; READ],
            start: 0,
            end: 0,
            eof: false,
            delimiter,
            quoting: true,
            row: 0,
            text: (0, 0),
            cells: Vec::new(),
            unclosed: false,
        }
    }

    /// Takes quotes for what they are: characters.
    pub(crate) fn unquoted(mut self) -> Records<R> {
        self.quoting = false;
        self
    }

    /// The number of the record last returned; the first line is 1.
    pub(crate) fn row(&self) -> u32 {
        self.row
    }

    /// The bytes of the record; quoting is undone, delimiters between unquoted cells remain.
    pub(crate) fn text(&self) -> &[u8] {
        self.buf.get(self.text.0..self.text.1).unwrap_or_default()
    }

    /// Whether the record that was skipped as too long has a quotation mark that is not closed; its line, as far as it
    /// is at hand, is then in [`Records::text`].
    pub(crate) fn unclosed(&self) -> bool {
        self.unclosed
    }

    /// Ranges of the cells within [`Records::text`].
    pub(crate) fn cells(&self) -> &[(usize, usize)] {
        &self.cells
    }

    /// Goes to the next record with content.
    pub(crate) fn next(&mut self) -> Result<Found, FileIssue> {
        loop {
            if self.start == self.end && !self.fill()? {
                return Ok(Found::End);
            }
            if self.skip_blank()? {
                continue;
            }
            let Some((length, quoted)) = self.find_end()? else {
                return self.skip_long();
            };
            self.row = self.row.saturating_add(1);
            let (from, to) = (self.start, self.start + length);
            let (from, to) = if to + 1 == self.end && !self.eof {
                self.keep(from, to)?
            } else {
                (from, to)
            };
            self.start = self.after_break(to);
            let fits = if quoted {
                self.cut_quoted(from, to)
            } else {
                self.cut_plain(from, to)
            };
            return Ok(if fits {
                Found::Record
            } else {
                Found::TooManyColumns
            });
        }
    }

    /// Skips line breaks at the start; each is a blank row. Returns whether the buffer is used up.
    fn skip_blank(&mut self) -> Result<bool, FileIssue> {
        while let Some(b) = self.buf.get(self.start..self.end).and_then(|b| b.first()) {
            match b {
                b'\n' => {}
                b'\r' => {
                    // Before LF a CR belongs to it, alone it is the line break of old files.
                    if self.start + 1 == self.end {
                        self.more()?;
                    }
                    if self.start + 1 < self.end && self.buf.get(self.start + 1) == Some(&b'\n') {
                        self.start += 1;
                    }
                }
                _ => return Ok(false),
            }
            self.row = self.row.saturating_add(1);
            self.start += 1;
        }
        Ok(true)
    }

    /// Length of the record at the start and whether it has quoted cells; `None` beyond the limit.
    fn find_end(&mut self) -> Result<Option<(usize, bool)>, FileIssue> {
        self.unclosed = false;
        let mut scan = Scan {
            at: 0,
            quotes: 0,
            cell_start: self.quoting,
            quoting: self.quoting,
        };
        loop {
            let window = self.buf.get(self.start..self.end).unwrap_or_default();
            if let Some(length) = scan.run(window, self.delimiter) {
                return Ok(Some((length, scan.quotes > 0)).filter(|_| length <= MAX_RECORD));
            }
            if window.len() > MAX_RECORD {
                self.unclosed = scan.inside();
                return Ok(None);
            }
            if !self.more()? {
                self.unclosed = scan.inside();
                let length = self.end - self.start;
                // A quote that never closes would swallow the file: only its first line is given up.
                return Ok(
                    if scan.inside()
                        && memchr::memchr(
                            b'\n',
                            self.buf.get(self.start..self.end).unwrap_or_default(),
                        )
                        .is_some_and(|n| n + 1 < length)
                    {
                        None
                    } else {
                        Some((length, scan.quotes > 0))
                    },
                );
            }
        }
    }

    /// Skips to the end of the physical line.
    fn skip_long(&mut self) -> Result<Found, FileIssue> {
        self.row = self.row.saturating_add(1);
        self.cells.clear();
        self.text = (0, 0);
        let mut skipped = 0usize;
        loop {
            let window = self.buf.get(self.start..self.end).unwrap_or_default();
            if let Some(n) = memchr::memchr(b'\n', window) {
                if skipped == 0 {
                    self.text = (self.start, self.start + n);
                }
                self.start += n + 1;
                return Ok(Found::TooLong);
            }
            skipped = skipped.saturating_add(window.len());
            self.start = self.end;
            if !self.fill()? {
                return Err(FileIssue::LineTooLong {
                    row: self.row,
                    limit: MAX_RECORD,
                });
            }
        }
    }

    /// Reads on without losing the record, so that a CR at the end of the buffer shows whether LF follows.
    fn keep(&mut self, from: usize, to: usize) -> Result<(usize, usize), FileIssue> {
        let length = to - from;
        self.more()?;
        Ok((self.start, self.start + length))
    }

    fn after_break(&self, at: usize) -> usize {
        let rest = self.buf.get(at..self.end).unwrap_or_default();
        match rest {
            [b'\r', b'\n', ..] => at + 2,
            [b'\r' | b'\n', ..] => at + 1,
            _ => at,
        }
    }

    fn cut_plain(&mut self, from: usize, to: usize) -> bool {
        self.text = (from, to);
        self.cells.clear();
        let line = self.buf.get(from..to).unwrap_or_default();
        let mut start = 0;
        let cells = &mut self.cells;
        each_position(self.delimiter, line, |at| {
            cells.push((start, at));
            start = at + 1;
        });
        self.cells.push((start, line.len()));
        self.cells.len() <= MAX_COLUMNS
    }

    /// Undoes quoting in place: the result is never longer.
    fn cut_quoted(&mut self, from: usize, to: usize) -> bool {
        self.cells.clear();
        let delimiter = self.delimiter;
        let line = self.buf.get_mut(from..to).unwrap_or_default();
        let (mut read, mut write, mut start) = (0, 0, 0);
        let mut inside = false;
        let mut cell_start = true;
        while let Some(b) = line.get(read).copied() {
            read += 1;
            if inside {
                if b == b'"' {
                    if line.get(read) == Some(&b'"') {
                        read += 1;
                    } else {
                        inside = false;
                        continue;
                    }
                }
            } else if b == b'"' && cell_start {
                inside = true;
                cell_start = false;
                continue;
            } else if b == delimiter {
                self.cells.push((start, write));
                start = write;
                cell_start = true;
                continue;
            }
            cell_start = false;
            if let Some(slot) = line.get_mut(write) {
                *slot = b;
            }
            write += 1;
        }
        self.cells.push((start, write));
        self.text = (from, from + write);
        self.cells.len() <= MAX_COLUMNS
    }

    /// Moves what is left to the front and reads more behind it.
    fn more(&mut self) -> Result<bool, FileIssue> {
        if self.eof {
            return Ok(false);
        }
        if self.start > 0 {
            self.buf.copy_within(self.start..self.end, 0);
            self.end -= self.start;
            self.start = 0;
        }
        if self.buf.len() - self.end < READ / 2 {
            let larger = (self.buf.len() * 2).min(MAX_RECORD + 2 * READ);
            self.buf.resize(larger, 0);
        }
        self.read()
    }

    fn fill(&mut self) -> Result<bool, FileIssue> {
        self.start = 0;
        self.end = 0;
        self.read()
    }

    fn read(&mut self) -> Result<bool, FileIssue> {
        let space = self.buf.get_mut(self.end..).unwrap_or_default();
        loop {
            match self.input.read(space) {
                Ok(0) => {
                    self.eof = true;
                    return Ok(false);
                }
                Ok(n) => {
                    self.end += n;
                    return Ok(true);
                }
                Err(e) if e.kind() == std::io::ErrorKind::Interrupted => {}
                Err(e) => return Err(FileIssue::read(&e)),
            }
        }
    }
}

/// Hands on the place of every such byte. Cells are a few bytes long: eight bytes at a time are looked at, where a search
/// that starts anew behind every delimiter would cost more to start than to run.
fn each_position(wanted: u8, line: &[u8], mut found: impl FnMut(usize)) {
    const LOW: u64 = 0x0101_0101_0101_0101;
    const HIGH: u64 = LOW << 7;
    let pattern = LOW * u64::from(wanted);
    let (words, rest) = line.as_chunks::<8>();
    for (base, word) in (0..).step_by(8).zip(words) {
        let differs = u64::from_le_bytes(*word) ^ pattern;
        // The high bit of every byte that is zero, and of no other: nothing carries from one byte into the next.
        let mut hits = !(((differs & !HIGH) + !HIGH) | differs) & HIGH;
        while hits != 0 {
            found(base + hits.trailing_zeros() as usize / 8);
            hits &= hits - 1;
        }
    }
    let base = words.len() * 8;
    for (at, _) in (base..).zip(rest).filter(|(_, b)| **b == wanted) {
        found(at);
    }
}

/// Looks for the end of a record, over several windows that start at the same byte.
struct Scan {
    at: usize,
    quoting: bool,
    quotes: usize,
    cell_start: bool,
}

impl Scan {
    fn inside(&self) -> bool {
        self.quotes % 2 == 1
    }

    /// The offset of the line break that ends the record.
    fn run(&mut self, window: &[u8], delimiter: u8) -> Option<usize> {
        loop {
            let rest = window.get(self.at..)?;
            if self.inside() {
                // Doubled quotes close and open again: the parity is right without looking at pairs.
                let n = memchr::memchr(b'"', rest);
                let Some(n) = n else {
                    self.at = window.len();
                    return None;
                };
                self.quotes += 1;
                self.at += n + 1;
                // A quote right behind a closing one continues the cell.
                self.cell_start = window.get(self.at) == Some(&b'"');
                if self.at == window.len() {
                    // Whether the quote closes shows in the next byte: look at it again with more bytes.
                    self.quotes -= 1;
                    self.at -= 1;
                    return None;
                }
                continue;
            }
            if self.cell_start && rest.first() == Some(&b'"') {
                self.quotes += 1;
                self.at += 1;
                self.cell_start = false;
                continue;
            }
            if !self.quoting {
                let n = memchr::memchr2(b'\n', b'\r', rest);
                self.at = if n.is_none() { window.len() } else { self.at };
                return n.map(|n| self.at + n);
            }
            let Some(n) = memchr::memchr3(b'\n', b'\r', b'"', rest) else {
                self.cell_start = rest.last().map_or(self.cell_start, |b| *b == delimiter);
                self.at = window.len();
                return None;
            };
            match rest.get(n) {
                Some(b'"') => {
                    let opens = if n == 0 {
                        self.cell_start
                    } else {
                        rest.get(n - 1) == Some(&delimiter)
                    };
                    self.at += n;
                    self.cell_start = opens;
                    if !opens {
                        self.at += 1;
                    }
                }
                _ => return Some(self.at + n),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Hands out a few bytes at a time.
    struct Drip<'a>(&'a [u8], usize);

    impl Read for Drip<'_> {
        fn read(&mut self, buf: &mut [u8]) -> std::io::Result<usize> {
            let n = self.1.min(self.0.len()).min(buf.len());
            buf[..n].copy_from_slice(&self.0[..n]);
            self.0 = &self.0[n..];
            Ok(n)
        }
    }

    fn all(input: impl Read, delimiter: u8) -> Vec<(u32, Vec<String>)> {
        let mut records = Records::new(input, delimiter);
        let mut out = Vec::new();
        loop {
            match records.next().unwrap() {
                Found::End => return out,
                Found::Record => {
                    let text = records.text();
                    let cells = records
                        .cells()
                        .iter()
                        .map(|(a, b)| String::from_utf8_lossy(&text[*a..*b]).into_owned())
                        .collect();
                    out.push((records.row(), cells));
                }
                Found::TooLong | Found::TooManyColumns => {
                    out.push((records.row(), vec!["!".to_owned()]));
                }
            }
        }
    }

    #[test]
    fn records() {
        for (text, expected) in [
            ("a,b\nc,d\n", vec![(1, vec!["a", "b"]), (2, vec!["c", "d"])]),
            ("a,b\r\nc,d", vec![(1, vec!["a", "b"]), (2, vec!["c", "d"])]),
            ("a\rb\r", vec![(1, vec!["a"]), (2, vec!["b"])]),
            ("\n\na\n\n\nb", vec![(3, vec!["a"]), (6, vec!["b"])]),
            ("\r\n\r\na", vec![(3, vec!["a"])]),
            ("\"a,b\",c\n", vec![(1, vec!["a,b", "c"])]),
            (
                "\"a\nb\",c\nd",
                vec![(1, vec!["a\nb", "c"]), (2, vec!["d"])],
            ),
            ("\"a\"\"b\",c", vec![(1, vec!["a\"b", "c"])]),
            (
                "\"\",\"\"\"\"\nx",
                vec![(1, vec!["", "\""]), (2, vec!["x"])],
            ),
            (
                "a\"b,c\"\nd",
                vec![(1, vec!["a\"b", "c\""]), (2, vec!["d"])],
            ),
            ("\"a\"x,y", vec![(1, vec!["ax", "y"])]),
            ("a,,\n", vec![(1, vec!["a", "", ""])]),
            ("a,\"b", vec![(1, vec!["a", "b"])]),
            (
                "\"never closed,b\nc,d\ne,f\n",
                vec![(1, vec!["!"]), (2, vec!["c", "d"]), (3, vec!["e", "f"])],
            ),
            ("", vec![]),
        ] {
            let expected: Vec<(u32, Vec<String>)> = expected
                .into_iter()
                .map(|(r, c)| (r, c.into_iter().map(str::to_owned).collect()))
                .collect();
            assert_eq!(all(text.as_bytes(), b','), expected, "{text:?}");
            for step in 1..4 {
                assert_eq!(
                    all(Drip(text.as_bytes(), step), b','),
                    expected,
                    "{text:?} in steps of {step}"
                );
            }
        }
    }

    #[test]
    fn a_long_line_is_skipped_and_the_rest_is_read() {
        let mut text = b"a,b\n".to_vec();
        text.extend(std::iter::repeat_n(b'x', 3 * MAX_RECORD));
        text.extend(b"\nc,d\n");
        let rows = all(&text[..], b',');
        assert_eq!(
            rows.iter()
                .map(|(r, c)| (*r, c[0].as_str()))
                .collect::<Vec<_>>(),
            [(1, "a"), (2, "!"), (3, "c")]
        );
    }

    #[test]
    fn a_line_without_end_is_an_error_in_constant_memory() {
        let mut records = Records::new(std::io::repeat(b'x').take(1 << 28), b',');
        assert!(matches!(
            records.next(),
            Err(FileIssue::LineTooLong { row: 1, .. })
        ));
        assert!(records.buf.len() <= MAX_RECORD + 2 * READ);
    }

    proptest::proptest! {
        #[test]
        fn positions_are_those_of_a_plain_search(line in proptest::collection::vec(proptest::prop_oneof![0u8..=255, proptest::strategy::Just(b','), 0x2b..0x2e_u8], 0..60), wanted in proptest::prop_oneof![proptest::strategy::Just(b','), 0u8..=255]) {
            let mut found = Vec::new();
            each_position(wanted, &line, |at| found.push(at));
            let plain: Vec<usize> = (0..line.len()).filter(|at| line[*at] == wanted).collect();
            proptest::prop_assert_eq!(found, plain);
        }

        #[test]
        fn reads_what_was_written(rows in proptest::collection::vec(proptest::collection::vec("[a\",;\n\r 出]{0,6}", 2..5), 0..6), step in 1usize..9) {
            let mut text = String::new();
            for row in &rows {
                let cells: Vec<String> = row.iter().map(|c| format!("\"{}\"", c.replace('"', "\"\""))).collect();
                text.push_str(&cells.join(","));
                text.push_str("\r\n");
            }
            let read: Vec<Vec<String>> = all(Drip(text.as_bytes(), step), b',').into_iter().map(|(_, c)| c).collect();
            proptest::prop_assert_eq!(read, rows);
        }

        #[test]
        fn steps_do_not_matter(text in "[a\",\n\r]{0,40}", step in 1usize..9) {
            proptest::prop_assert_eq!(all(Drip(text.as_bytes(), step), b','), all(text.as_bytes(), b','));
        }
    }
}
