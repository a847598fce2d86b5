//! Sheets and their cells, as the two readers of workbooks give them.

use std::io::Cursor;
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{
    Data, DataRef, ExcelDateTime, Reader, SheetVisible, Xls, XlsError, Xlsx, XlsxError,
};

use super::xlsx_marks::{self, Marks};
use crate::dates::DayNumbers;
use crate::issue::FileIssue;
use crate::limits::{SHEET_COLUMNS, SHEET_ROWS};

/// A cell: row from 1, column from 0.
pub(super) struct Cell {
    pub(super) row: u32,
    pub(super) column: usize,
    pub(super) held: Held,
}

/// What stands in a cell.
pub(super) enum Held {
    Text(String),
    /// A number, of which only the format tells whether it is shown as a percentage.
    Number(String),
    /// A formula whose value is not stored.
    Uncomputed,
    /// What a formula that went wrong came to, as the spreadsheet shows it.
    Error(String),
}

impl Held {
    pub(super) fn text(&self) -> &str {
        match self {
            Held::Text(text) | Held::Number(text) => text,
            Held::Uncomputed | Held::Error(_) => "",
        }
    }

    fn of_xlsx(value: &DataRef<'_>) -> Held {
        match value {
            DataRef::Int(n) => Held::Number(n.to_string()),
            DataRef::Float(f) => Held::Number(f.to_string()),
            DataRef::String(s) | DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => {
                Held::Text(s.clone())
            }
            DataRef::SharedString(s) => Held::Text((*s).to_owned()),
            DataRef::Bool(b) => Held::Text(b.to_string()),
            DataRef::DateTime(t) => Held::Text(date_time(t)),
            DataRef::Error(e) => Held::Error(e.to_string()),
            DataRef::Empty => Held::Text(String::new()),
        }
    }

    fn of_xls(value: Option<&Data>) -> Held {
        match value {
            None | Some(Data::Empty) => Held::Text(String::new()),
            Some(Data::DateTime(t)) => Held::Text(date_time(t)),
            Some(Data::Int(n)) => Held::Number(n.to_string()),
            Some(Data::Float(f)) => Held::Number(f.to_string()),
            Some(Data::Error(e)) => Held::Error(e.to_string()),
            Some(other) => Held::Text(other.to_string()),
        }
    }
}

/// Whether whoever opens the workbook sees a sheet.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Shown {
    Yes,
    Hidden,
}

pub(super) trait Sheets {
    /// The sheets in their order.
    fn all(&self) -> Vec<(String, Shown)>;
    fn cells<'a>(&'a mut self, name: &str) -> Result<Box<dyn Cells + 'a>, FileIssue>;
    /// The marks of a sheet whose concentrations stand in this column.
    fn marks(&self, name: &str, concentration: Option<usize>) -> Marks;
    fn day_numbers(&self) -> DayNumbers;
}

pub(super) trait Cells {
    fn next(&mut self) -> Result<Option<Cell>, FileIssue>;
}

fn all<R: std::io::Read + std::io::Seek, B: Reader<R>>(book: &B) -> Vec<(String, Shown)> {
    let sheets = book.sheets_metadata().iter();
    sheets
        .map(|s| {
            let shown = match s.visible {
                SheetVisible::Visible => Shown::Yes,
                SheetVisible::Hidden | SheetVisible::VeryHidden => Shown::Hidden,
            };
            (s.name.clone(), shown)
        })
        .collect()
}

/// Runs a call into the workbook reader. A broken workbook must not end the program, whatever the reader makes of it.
fn guarded<T>(format: &'static str, call: impl FnOnce() -> T) -> Result<T, FileIssue> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|_| FileIssue::Damaged {
        format,
        offset: 0,
        detail: "the reader gave up".to_owned(),
    })
}

pub(super) struct Package<'a> {
    reader: Xlsx<Cursor<&'a [u8]>>,
    bytes: &'a [u8],
}

impl Package<'_> {
    pub(super) fn open(bytes: &[u8]) -> Result<Package<'_>, FileIssue> {
        let reader = guarded("movements_xlsx", || Xlsx::new(Cursor::new(bytes)))?
            .map_err(|e: XlsxError| xlsx_issue(&e))?;
        Ok(Package { reader, bytes })
    }
}

fn xlsx_issue(error: &XlsxError) -> FileIssue {
    match error {
        XlsxError::Password => FileIssue::EncryptedWorkbook,
        other => FileIssue::Damaged {
            format: "movements_xlsx",
            offset: 0,
            detail: other.to_string(),
        },
    }
}

impl Sheets for Package<'_> {
    fn all(&self) -> Vec<(String, Shown)> {
        all(&self.reader)
    }

    fn cells<'a>(&'a mut self, name: &str) -> Result<Box<dyn Cells + 'a>, FileIssue> {
        let reader = &mut self.reader;
        let opened = guarded("movements_xlsx", || reader.worksheet_cells_reader(name))?;
        match opened {
            Ok(reader) => Ok(Box::new(XlsxCells(reader))),
            Err(e) => Err(xlsx_issue(&e)),
        }
    }

    fn marks(&self, name: &str, concentration: Option<usize>) -> Marks {
        xlsx_marks::of_package(self.bytes, name, concentration)
    }

    fn day_numbers(&self) -> DayNumbers {
        xlsx_marks::day_numbers(self.bytes)
    }
}

struct XlsxCells<'a, 'b>(calamine::XlsxCellReader<'a, Cursor<&'b [u8]>>);

impl Cells for XlsxCells<'_, '_> {
    fn next(&mut self) -> Result<Option<Cell>, FileIssue> {
        let cell = guarded("movements_xlsx", || {
            self.0.next_cell_with_formula_metadata()
        })?
        .map_err(|e| xlsx_issue(&e))?;
        let Some(cell) = cell else {
            return Ok(None);
        };
        let (row, column) = cell.pos;
        if row >= SHEET_ROWS || column >= SHEET_COLUMNS {
            return Err(FileIssue::OutsideSheet {
                cell: xlsx_marks::cell(column as usize, row.saturating_add(1)),
            });
        }
        // An empty text that was computed is a text, and not this.
        let uncomputed = cell.formula.is_some() && cell.value == DataRef::Empty;
        Ok(Some(Cell {
            row: row.saturating_add(1),
            column: column as usize,
            held: if uncomputed {
                Held::Uncomputed
            } else {
                Held::of_xlsx(&cell.value)
            },
        }))
    }
}

/// A date as `YYYY-MM-DD`, with the time of day if it has one. A duration stays a number.
fn date_time(t: &ExcelDateTime) -> String {
    if !t.is_datetime() {
        return t.as_f64().to_string();
    }
    let (y, m, d, hour, minute, second, _) = t.to_ymd_hms_milli();
    if (hour, minute, second) == (0, 0, 0) {
        return format!("{y:04}-{m:02}-{d:02}");
    }
    format!("{y:04}-{m:02}-{d:02} {hour:02}:{minute:02}:{second:02}")
}

pub(super) type Binary<'a> = Xls<Cursor<&'a [u8]>>;

pub(super) fn open_xls(bytes: &[u8]) -> Result<Binary<'_>, FileIssue> {
    // A package with a password is kept in the container of the old format, in a stream of this name.
    let name: Vec<u8> = "EncryptedPackage"
        .encode_utf16()
        .flat_map(u16::to_le_bytes)
        .collect();
    if memchr::memmem::find(bytes, &name).is_some() {
        return Err(FileIssue::EncryptedWorkbook);
    }
    let opened = guarded("movements_xls", || Xls::new(Cursor::new(bytes)))?;
    opened.map_err(|e| match e {
        XlsError::Password => FileIssue::EncryptedWorkbook,
        other => FileIssue::LegacyWorkbook {
            detail: other.to_string(),
        },
    })
}

impl Sheets for Binary<'_> {
    fn all(&self) -> Vec<(String, Shown)> {
        all(self)
    }

    fn cells<'a>(&'a mut self, name: &str) -> Result<Box<dyn Cells + 'a>, FileIssue> {
        let range = guarded("movements_xls", || self.worksheet_range(name))?.map_err(|e| {
            FileIssue::LegacyWorkbook {
                detail: e.to_string(),
            }
        })?;
        Ok(Box::new(XlsCells {
            start: range.start().unwrap_or_default(),
            at: (0, 0),
            range,
        }))
    }

    fn marks(&self, name: &str, _: Option<usize>) -> Marks {
        let mut marks = Marks::without_formats();
        for block in self.merge_cells_by_sheet_name(name).unwrap_or_default() {
            marks.merged(block.start, block.end);
        }
        marks
    }

    /// The reader does not tell which system the old format is in; dates that are formatted as such it reads right.
    fn day_numbers(&self) -> DayNumbers {
        DayNumbers::Since1900
    }
}

/// A sheet of the old format has at most 65,536 rows of 256 columns, so it is held as a whole.
struct XlsCells {
    range: calamine::Range<Data>,
    start: (u32, u32),
    at: (usize, usize),
}

impl Cells for XlsCells {
    fn next(&mut self) -> Result<Option<Cell>, FileIssue> {
        let (height, width) = self.range.get_size();
        let (row, column) = self.at;
        if row >= height {
            return Ok(None);
        }
        self.at = if column + 1 < width {
            (row, column + 1)
        } else {
            (row + 1, 0)
        };
        let held = Held::of_xls(self.range.get((row, column)));
        let first = u32::try_from(row)
            .unwrap_or(u32::MAX)
            .saturating_add(self.start.0)
            .saturating_add(1);
        Ok(Some(Cell {
            row: first,
            column: column.saturating_add(self.start.1 as usize),
            held,
        }))
    }
}
