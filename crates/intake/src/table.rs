//! Records of any table, text or workbook, to rows: folding, damage, the guard, surplus cells.

use weighbridge_books::substances::quarantine::{Code, Issue};
use weighbridge_books::substances::vocabulary::Field;

use crate::guard::holds_identity_number;
use crate::issue::FileIssue;
use crate::limits::{MAX_RECORD, MAX_ROWS};
use crate::movements::{Options, Parser, refuse, unreadable};
use crate::row::RawRow;
use crate::sink::Sink;
use crate::summary::Summary;
use crate::text::{fold_char, needs_folding};

/// Characters shown of a line whose quotation mark is not closed.
const QUOTED_SHOWN: usize = 30;

/// What cells of a record mean, and buffers kept between records.
pub(crate) struct Table {
    fields: Vec<Option<Field>>,
    transcoded: bool,
    folded: String,
    ranges: Vec<(usize, usize)>,
    /// Why cells of the next record are empty.
    lacking: Vec<Issue>,
}

/// Where rows of a file go.
pub(crate) struct Out<'a> {
    pub(crate) parser: Parser,
    pub(crate) sink: &'a mut dyn Sink,
    pub(crate) summary: Summary,
}

impl Out<'_> {
    /// Ends a file that must have had rows.
    pub(crate) fn finish(mut self) -> Result<Summary, FileIssue> {
        self.parser.finish(&mut self.summary);
        if self.summary.rows_read == 0 {
            Err(FileIssue::NoRows)
        } else {
            Ok(self.summary)
        }
    }

    /// Checks the limit of rows.
    pub(crate) fn limit(&self) -> Result<(), FileIssue> {
        if self.summary.rows_read > MAX_ROWS {
            Err(FileIssue::TooManyRows { limit: MAX_ROWS })
        } else {
            Ok(())
        }
    }

    /// Parses a row.
    pub(crate) fn row(&mut self, raw: &RawRow<'_>) {
        self.parser.row(raw, self.sink, &mut self.summary);
    }

    /// Sets a row aside that could not be cut into cells.
    pub(crate) fn unreadable(&mut self, raw: &RawRow<'_>, code: Code, found: &str, expected: &str) {
        unreadable(raw, code, found, expected, self.sink, &mut self.summary);
    }

    /// Keeps a row whose code the format does not define.
    pub(crate) fn unmapped(&mut self, raw: &RawRow<'_>, code: &str) {
        if let Some((field, _)) = raw.cells().find(|(_, text)| holds_identity_number(text)) {
            return self.refuse(raw.row, field);
        }
        self.summary.rows_read += 1;
        self.summary.set_aside += 1;
        self.sink.set_aside(raw.aside(vec![Issue::new(
            raw.row,
            Field::Kind,
            Code::Unmapped,
            code,
            "",
        )]));
    }

    pub(crate) fn refuse(&mut self, row: u32, field: Field) {
        refuse(row, field, self.sink, &mut self.summary);
    }
}

impl Table {
    /// A table with these columns.
    ///
    /// # Errors
    /// A table without a column of reporters needs one from the caller.
    pub(crate) fn new(
        fields: Vec<Option<Field>>,
        headers: Vec<String>,
        transcoded: bool,
        options: &Options,
    ) -> Result<Table, FileIssue> {
        if fields.contains(&Some(Field::Reporter)) || options.reporter.is_some() {
            return Ok(Table {
                fields,
                transcoded,
                folded: String::new(),
                ranges: Vec::new(),
                lacking: Vec::new(),
            });
        }
        Err(FileIssue::absent(&[Field::Reporter], headers))
    }

    pub(crate) fn columns(&self) -> String {
        format!("<= {} columns", self.fields.len())
    }

    /// Says why a cell of the next record is empty though it has a value for whoever looks at the sheet. Remarks and
    /// columns that are not read may be empty.
    pub(crate) fn lacking(&mut self, row: u32, column: usize, code: Code, found: &str) {
        if let Some(Some(field)) = self.fields.get(column)
            && *field != Field::Remark
        {
            self.lacking.push(Issue::new(row, *field, code, found, ""));
        }
    }

    pub(crate) fn too_long(row: u32, out: &mut Out<'_>) {
        out.unreadable(
            &RawRow::new(row),
            Code::TextTooLong,
            "",
            &format!("<= {MAX_RECORD} bytes"),
        );
    }

    /// A record whose quotation mark is not closed: only its first line is given up. `line` is that line.
    pub(crate) fn unclosed(row: u32, line: &[u8], out: &mut Out<'_>) {
        let text = String::from_utf8_lossy(line);
        if holds_identity_number(&text) {
            return out.refuse(row, Field::Row);
        }
        let from = text.find('"').and_then(|at| text.get(at..));
        let found: String = from.unwrap_or("\"").chars().take(QUOTED_SHOWN).collect();
        let found: String = found
            .chars()
            .map(|c| if c.is_control() { '\u{FFFD}' } else { c })
            .collect();
        out.unreadable(
            &RawRow::new(row),
            Code::QuotationOpen,
            found.trim(),
            "closing quotation mark",
        );
    }

    /// Takes one record: its bytes and the ranges of its cells.
    pub(crate) fn record(
        &mut self,
        row: u32,
        bytes: &[u8],
        cells: &[(usize, usize)],
        out: &mut Out<'_>,
    ) {
        let lacking = std::mem::take(&mut self.lacking);
        let expected = match std::str::from_utf8(bytes) {
            Ok(text) if !damaged(text, self.transcoded) => {
                if needs_folding(bytes) {
                    self.fold(text, cells);
                    self.cells(row, &self.folded, &self.ranges, lacking, out);
                } else {
                    self.cells(row, text, cells, lacking, out);
                }
                return;
            }
            Ok(_) => "text without control characters",
            Err(_) => "valid text in the file's encoding",
        };
        let text: String = String::from_utf8_lossy(bytes)
            .chars()
            .map(|c| if c.is_control() { '\u{FFFD}' } else { c })
            .collect();
        if holds_identity_number(&text) {
            out.refuse(row, Field::Row);
        } else {
            out.unreadable(&RawRow::new(row), Code::Unreadable, text.trim(), expected);
        }
    }

    /// Guards a record that is not read as a row: titles above the header, sheets beside the one that is read.
    pub(crate) fn guard(row: u32, bytes: &[u8], cells: &[(usize, usize)], out: &mut Out<'_>) {
        let cell = |(a, b): &(usize, usize)| {
            String::from_utf8_lossy(bytes.get(*a..*b).unwrap_or_default())
        };
        if cells
            .iter()
            .any(|range| holds_identity_number(&cell(range)))
        {
            out.refuse(row, Field::Row);
        }
    }

    fn fold(&mut self, text: &str, cells: &[(usize, usize)]) {
        self.folded.clear();
        self.ranges.clear();
        for (a, b) in cells {
            let start = self.folded.len();
            self.folded.extend(
                text.get(*a..*b)
                    .unwrap_or_default()
                    .chars()
                    .filter_map(fold_char),
            );
            self.ranges.push((start, self.folded.len()));
        }
    }

    fn cells(
        &self,
        row: u32,
        text: &str,
        ranges: &[(usize, usize)],
        lacking: Vec<Issue>,
        out: &mut Out<'_>,
    ) {
        let mut raw = RawRow::new(row);
        let mut blank = true;
        let mut extra = "";
        for (n, (a, b)) in ranges.iter().enumerate() {
            if a == b {
                continue;
            }
            // Folding has made every odd blank an ASCII one.
            let cell = text.get(*a..*b).unwrap_or_default().trim_ascii();
            if cell.is_empty() {
                continue;
            }
            blank = false;
            let field = self.fields.get(n).copied();
            if cell.len() >= 18 && holds_identity_number(cell) {
                return out.refuse(row, field.flatten().unwrap_or_default());
            }
            match field {
                Some(Some(field)) => raw.set(field, cell),
                Some(None) => {}
                None if extra.is_empty() => extra = cell,
                None => {}
            }
        }
        if blank && lacking.is_empty() {
            return;
        }
        if extra.is_empty() {
            (out.parser).guarded_row(&raw, lacking, out.sink, &mut out.summary);
        } else {
            out.unreadable(&raw, Code::Unreadable, extra, &self.columns());
        }
    }
}

/// Control characters other than tabs and line breaks, or characters that could not be decoded.
fn damaged(text: &str, transcoded: bool) -> bool {
    // Without a way out in the middle the loop is done many bytes at a time.
    let control = text.bytes().fold(false, |found, b| {
        found | (((b < 0x20) & (b != b'\t') & (b != b'\n') & (b != b'\r')) | (b == 0x7F))
    });
    control || (transcoded && text.contains('\u{FFFD}'))
}
