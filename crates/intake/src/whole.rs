//! Small tables that are right as a whole or are not taken: what instruments files and hours files share.
//!
//! Absent: taking some rows of such a file and not others; workbooks.

use std::cell::Cell;

use weighbridge_books::substances::draft::TEXT_MAX;
use weighbridge_books::substances::quarantine::{Code, FOUND_MAX};

use crate::encoding::{Encoding, Utf8Stream};
use crate::foreign;
use crate::guard::{holds_identity_number, is_person_column};
use crate::issue::FileIssue;
use crate::limits::{MAX_COLUMNS, MAX_COUNTED, MAX_RECORD, MAX_ROWS, SNIFF_LEN};
use crate::records::{Found, Records};
use crate::text::{fold, key};

/// Why a row of such a file is wrong.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum RowReason {
    /// As in a file of movements.
    Cell(Code),
    /// No percentage that an error can have.
    PercentRange,
    /// The error of an instrument stated in more than one way.
    ErrorTwice,
    /// Another row states the same calibration with other figures.
    CalibrationContradict,
    /// No hours that a visit can take.
    HoursRange,
    /// Another row has other hours for the same site.
    HoursContradict,
}

impl RowReason {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            RowReason::Cell(code) => code.code(),
            RowReason::PercentRange => "percent_range",
            RowReason::ErrorTwice => "error_twice",
            RowReason::CalibrationContradict => "calibration_contradict",
            RowReason::HoursRange => "hours_range",
            RowReason::HoursContradict => "hours_contradict",
        }
    }
}

/// What is wrong with a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct RowIssue {
    /// Row number in the file.
    pub row: u32,
    /// The column.
    pub column: &'static str,
    /// The reason.
    pub reason: RowReason,
    /// What stood there; empty where the guard refused it.
    pub found: String,
    /// What would have been right.
    pub expected: String,
}

/// Every row of a file, or what is wrong with those that are.
pub type Taken<T> = Result<Vec<T>, Vec<RowIssue>>;

/// The columns of a kind of file.
pub(crate) struct Layout {
    /// Codes with their other names, as [`key`] makes them, between blanks.
    pub(crate) columns: &'static [(&'static str, &'static str)],
    /// Codes of those that a header must have.
    pub(crate) required: &'static [&'static str],
}

impl Layout {
    fn column(&self, header: &str) -> Option<&'static str> {
        let header = key(header.trim_matches(['*', ' ', ':']));
        let fits = |(code, names): &&(&'static str, &str)| {
            key(code) == header || names.split(' ').any(|n| n == header)
        };
        self.columns.iter().find(fits).map(|(code, _)| *code)
    }

    fn header(&self, cells: &[String]) -> Result<Vec<Option<&'static str>>, FileIssue> {
        if let Some(header) = cells.iter().find(|c| is_person_column(c)) {
            return Err(FileIssue::PersonColumn {
                header: header.clone(),
            });
        }
        let columns: Vec<_> = cells.iter().map(|c| self.column(c)).collect();
        let is_absent = |code: &&&'static str| !columns.contains(&Some(**code));
        let absent: Vec<_> = self.required.iter().filter(is_absent).copied().collect();
        if !absent.is_empty() {
            return Err(FileIssue::HeaderMissing {
                absent,
                seen: cells.to_vec(),
            });
        }
        for (n, code) in columns.iter().enumerate() {
            let before = columns
                .iter()
                .take(n)
                .position(|c| c.is_some() && c == code);
            if let (Some(before), Some(field)) = (before, code) {
                let cell = |n: usize| cells.get(n).cloned().unwrap_or_default();
                return Err(FileIssue::HeaderTwice {
                    field,
                    first: cell(before),
                    second: cell(n),
                });
            }
        }
        Ok(columns)
    }
}

/// Reads a file; `of_row` makes of a row what it says, or rejects it.
///
/// # Errors
/// [`FileIssue`] where the file as a whole cannot be read.
pub(crate) fn read<T>(
    bytes: &[u8],
    layout: &Layout,
    mut of_row: impl FnMut(&mut Row<'_>) -> Option<T>,
) -> Result<Taken<T>, FileIssue> {
    foreign::check(bytes)?;
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"\xD0\xCF\x11\xE0") {
        return Err(FileIssue::Workbook);
    }
    let encoding = Encoding::of(bytes)?;
    let head = encoding.decode(bytes.get(..SNIFF_LEN).unwrap_or(bytes));
    let count = Cell::new(0);
    let mut stream = bytes;
    let stream = Utf8Stream::new(&mut stream, encoding, &count);
    let mut records = Records::new(stream, delimiter(&head));
    let mut columns: Option<Vec<Option<&'static str>>> = None;
    let (mut rows, mut issues) = (Vec::new(), Vec::new());
    loop {
        let found = records.next()?;
        if found == Found::End {
            break;
        }
        let text = std::str::from_utf8(records.text());
        let unreadable = match (found, text) {
            (Found::Record, Ok(t)) if !t.bytes().any(|b| b == 0 || b == 0x7F) => None,
            (Found::TooLong, _) if records.unclosed() => {
                Some((Code::QuotationOpen, "closing quotation mark".to_owned()))
            }
            (Found::TooLong, _) => Some((Code::TextTooLong, format!("<= {MAX_RECORD} bytes"))),
            (Found::TooManyColumns, _) => {
                Some((Code::Unreadable, format!("<= {MAX_COLUMNS} columns")))
            }
            _ => Some((
                Code::Unreadable,
                "valid text in the file's encoding".to_owned(),
            )),
        };
        let text = text.unwrap_or_default();
        let cells = records.cells().iter();
        let cells: Vec<String> = cells
            .map(|(a, b)| fold(text.get(*a..*b).unwrap_or_default()).into_owned())
            .collect();
        if unreadable.is_none() && cells.iter().all(String::is_empty) {
            continue;
        }
        let Some(columns) = &columns else {
            columns = Some(layout.header(&cells)?);
            continue;
        };
        let mut row = Row {
            number: records.row(),
            columns,
            cells: &cells,
            issues: Vec::new(),
        };
        let read = match unreadable {
            Some((code, expected)) => row.reject("row", RowReason::Cell(code), "", &expected),
            None => row.guard().and_then(|()| of_row(&mut row)),
        };
        match read.filter(|_| row.issues.is_empty()) {
            Some(read) => rows.push(read),
            None if issues.len() < MAX_COUNTED => issues.append(&mut row.issues),
            None => {}
        }
        if rows.len() as u64 > MAX_ROWS {
            return Err(FileIssue::TooManyRows { limit: MAX_ROWS });
        }
    }
    match (columns.is_some(), rows.is_empty(), issues.is_empty()) {
        (false, ..) => Err(FileIssue::Empty),
        (true, true, true) => Err(FileIssue::NoRows),
        (_, _, true) => Ok(Ok(rows)),
        _ => Ok(Err(issues)),
    }
}

/// What most often stands between the cells of the first line.
fn delimiter(head: &str) -> u8 {
    let first = head.lines().find(|l| !l.trim().is_empty());
    let first = first.unwrap_or_default().as_bytes();
    let count = |d: &u8| first.iter().filter(|b| *b == d).count();
    let all = [b'\t', b';', b','];
    all.into_iter().max_by_key(count).unwrap_or(b',')
}

/// A row that is being read.
pub(crate) struct Row<'a> {
    number: u32,
    columns: &'a [Option<&'static str>],
    cells: &'a [String],
    issues: Vec<RowIssue>,
}

impl Row<'_> {
    /// Its number in the file.
    pub(crate) fn number(&self) -> u32 {
        self.number
    }

    /// Whether nothing was rejected so far.
    pub(crate) fn is_right(&self) -> bool {
        self.issues.is_empty()
    }

    /// Rejects the row for a cell.
    pub(crate) fn reject<T>(
        &mut self,
        column: &'static str,
        reason: RowReason,
        found: &str,
        expected: &str,
    ) -> Option<T> {
        self.issues.push(RowIssue {
            row: self.number,
            column,
            reason,
            found: found.chars().take(FOUND_MAX).collect(),
            expected: expected.to_owned(),
        });
        None
    }

    /// The cell of a column; empty where there is none.
    pub(crate) fn cell(&self, column: &str) -> &str {
        let at = self.columns.iter().position(|c| *c == Some(column));
        at.and_then(|at| self.cells.get(at))
            .map_or("", String::as_str)
    }

    /// The cell of a column that must not be empty.
    pub(crate) fn needed(&mut self, column: &'static str) -> Option<String> {
        let text = self.cell(column).to_owned();
        if text.is_empty() {
            return self.reject(column, RowReason::Cell(Code::Missing), "", "");
        }
        Some(text)
    }

    fn guard(&mut self) -> Option<()> {
        let cells = self.cells;
        for (n, cell) in cells.iter().enumerate() {
            let column = self.columns.get(n).copied().flatten().unwrap_or("row");
            if holds_identity_number(cell) {
                return self.reject(column, RowReason::Cell(Code::IdentityNumber), "", "");
            }
            if cell.len() > TEXT_MAX {
                let most = format!("<= {TEXT_MAX} bytes");
                return self.reject(column, RowReason::Cell(Code::TextTooLong), cell, &most);
            }
        }
        Some(())
    }
}
