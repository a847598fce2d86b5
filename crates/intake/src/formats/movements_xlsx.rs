//! Workbooks (`.xlsx`, and the binary `.xls` and WPS `.et`) with the columns of the account.
//!
//! The first sheet whose header is understood is read, cell by cell, so that a cell in the last row costs nothing.
//! Formulas count by the value that the spreadsheet stored with them; nothing is computed. Before the reader sees a
//! package, all its parts are unpacked into nothing once, to see that they are no bomb: directories can lie.

use std::io::{Cursor, Read};
use std::panic::{AssertUnwindSafe, catch_unwind};

use calamine::{Data, DataRef, ExcelDateTime, Reader, Xls, XlsError, Xlsx, XlsxError};
use weighbridge_books::substances::quarantine::Code;
use weighbridge_books::substances::vocabulary::Field;

use super::xlsx_marks::{self, Marks};
use crate::detect::Detection;
use crate::encoding::Encoding;
use crate::formats::Format;
use crate::guard::holds_identity_number;
use crate::issue::FileIssue;
use crate::layout::{Layout, SampleRow, check_persons};
use crate::limits::{
    HEADER_SEARCH, MAX_CELLS, MAX_COLUMNS, MAX_PARTS, MAX_RATIO, MAX_RECORD, MAX_UNPACKED,
    MAX_WORKBOOK, RATIO_FLOOR,
};
use crate::movements::{Options, Parser, Spelling};
use crate::row::RawRow;
use crate::sink::Sink;
use crate::summary::Summary;
use crate::table::{Out, Table};
use crate::text::fold;

/// Rows that are looked at to find the header and the spelling of values.
const SAMPLE: usize = 400;

/// Reads the first sheet that has a header.
pub(crate) fn read(
    bytes: &[u8],
    detection: &Detection,
    options: &Options,
    sink: &mut dyn Sink,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary, FileIssue> {
    if bytes.len() > MAX_WORKBOOK {
        return Err(FileIssue::TooLarge {
            limit: MAX_WORKBOOK,
        });
    }
    let mut book: Box<dyn Sheets + '_> = if detection.format == Format::MovementsXls {
        Box::new(open_xls(bytes)?)
    } else {
        check_package(bytes)?;
        Box::new(Package {
            reader: open_xlsx(bytes)?,
            bytes,
        })
    };
    let (name, layout, spelling) = choose(book.as_mut())?;
    let mut found = Detection::of_layout(detection.format, Encoding::Utf8, None, &layout, spelling);
    let fields = found.columns.iter().map(|c| c.field).collect();
    let mut table = Table::new(fields, layout.seen(), false, options)?;
    let spelling = Spelling {
        serial_dates: true,
        ..spelling
    };
    let mut out = Out {
        parser: Parser::new(options, spelling),
        sink,
        summary: Summary::default(),
    };
    let mut record = Record::default();
    let mut marks = book.marks(&name).below(layout.header_row);
    let mut hidden = 0;
    for sheet in book.names() {
        let mut rows = Rows::new(book.cells(&sheet)?);
        let read = sheet == name;
        while let Some(row) = rows.next()? {
            if read && row.row > layout.header_row {
                hidden += u64::from(marks.is_hidden(row.row));
                record.take(&row, &mut marks, &mut table, &mut out);
                out.limit()?;
            } else {
                row.guard(&mut out);
            }
        }
        if !read {
            out.summary.note("other_sheet", &sheet);
        }
    }
    out.summary.note_times("hidden_rows", "", hidden);
    progress(bytes.len() as u64);
    found.sheet = Some(name);
    out.summary.detected = Some(found);
    out.finish()
}

/// The first sheet whose first rows make a movements table, with its header and the spelling of its values.
///
/// Without one, the issue of the sheet that came nearest.
fn choose(book: &mut dyn Sheets) -> Result<(String, Layout, Spelling), FileIssue> {
    let (mut unknown, mut partial) = (None, None);
    for name in book.names() {
        let mut rows = Rows::new(book.cells(&name)?);
        let mut sample: Vec<SampleRow> = Vec::new();
        while sample.len() < SAMPLE
            && let Some(row) = rows.next()?
        {
            sample.push(row.folded());
        }
        let top = sample
            .get(..sample.len().min(HEADER_SEARCH))
            .unwrap_or_default();
        let Some(layout) = Layout::find(top).filter(|l| !l.holders) else {
            if let Some((_, cells)) = sample.into_iter().next() {
                let seen: Vec<String> = cells.into_iter().filter(|c| !c.is_empty()).collect();
                check_persons(seen.iter().map(String::as_str))?;
                unknown.get_or_insert(FileIssue::no_header(seen));
            }
            continue;
        };
        match layout.check(&sample) {
            Ok(()) => {
                let spelling = layout.spelling(&sample);
                return Ok((name, layout, spelling));
            }
            Err(issue @ FileIssue::PersonColumn { .. }) => return Err(issue),
            Err(issue) => {
                partial.get_or_insert(issue);
            }
        }
    }
    Err(partial.or(unknown).unwrap_or(FileIssue::Empty))
}

/// Checks a package against bombs before anything of it is kept.
fn check_package(bytes: &[u8]) -> Result<(), FileIssue> {
    let damaged = |e: zip::result::ZipError| FileIssue::Damaged {
        format: "movements_xlsx",
        offset: 0,
        detail: e.to_string(),
    };
    let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).map_err(damaged)?;
    if archive.len() > MAX_PARTS {
        return Err(FileIssue::ZipBomb {
            unpacked: archive.len() as u64,
            limit: MAX_PARTS as u64,
        });
    }
    let (mut declared, mut packed) = (0u64, 0u64);
    for n in 0..archive.len() {
        let part = archive.by_index_raw(n).map_err(damaged)?;
        if part.encrypted() {
            return Err(FileIssue::EncryptedWorkbook);
        }
        declared = declared.saturating_add(part.size());
        packed = packed.saturating_add(part.compressed_size());
    }
    check_size(declared, packed)?;
    let mut unpacked = 0u64;
    let mut buffer = vec![0u8; 64 * 1024];
    for n in 0..archive.len() {
        let mut part = archive.by_index(n).map_err(damaged)?;
        loop {
            let taken = part
                .read(&mut buffer)
                .map_err(|e| damaged(zip::result::ZipError::Io(e)))?;
            if taken == 0 {
                break;
            }
            unpacked = unpacked.saturating_add(taken as u64);
            check_size(unpacked, bytes.len() as u64)?;
        }
    }
    Ok(())
}

fn check_size(unpacked: u64, packed: u64) -> Result<(), FileIssue> {
    let ratio = packed.max(1).saturating_mul(MAX_RATIO);
    let limit = MAX_UNPACKED.min(ratio.max(RATIO_FLOOR));
    if unpacked > limit {
        Err(FileIssue::ZipBomb { unpacked, limit })
    } else {
        Ok(())
    }
}

/// A row of a sheet: cells by column, empty ones left out.
struct SheetRow {
    row: u32,
    cells: Vec<(usize, String)>,
    /// Columns with a formula whose value is not stored.
    uncomputed: Vec<usize>,
}

impl SheetRow {
    fn guard(&self, out: &mut Out<'_>) {
        if self
            .cells
            .iter()
            .any(|(_, text)| holds_identity_number(text))
        {
            out.refuse(self.row, Field::Row);
        }
    }

    /// The row with every column up to the last, folded, for finding the header.
    fn folded(&self) -> SampleRow {
        let width = self
            .cells
            .iter()
            .map(|(c, _)| c + 1)
            .max()
            .unwrap_or(0)
            .min(MAX_COLUMNS);
        let mut cells = vec![String::new(); width];
        for (column, text) in &self.cells {
            if let Some(slot) = cells.get_mut(*column) {
                *slot = fold(text).into_owned();
            }
        }
        (self.row, cells)
    }
}

/// A row laid out as a record.
#[derive(Default)]
struct Record {
    text: String,
    ranges: Vec<(usize, usize)>,
}

impl Record {
    fn take(&mut self, row: &SheetRow, marks: &mut Marks, table: &mut Table, out: &mut Out<'_>) {
        self.text.clear();
        self.ranges.clear();
        for (column, text) in &row.cells {
            if *column >= MAX_COLUMNS {
                return out.unreadable(
                    &RawRow::new(row.row),
                    Code::Unreadable,
                    "",
                    &table.columns(),
                );
            }
            if self.text.len() + text.len() > MAX_RECORD {
                return Table::too_long(row.row, out);
            }
            let start = self.text.len();
            self.text.push_str(text);
            if self.ranges.len() <= *column {
                self.ranges.resize(*column + 1, (start, start));
            }
            if let Some(range) = self.ranges.get_mut(*column) {
                *range = (start, self.text.len());
            }
        }
        let has = |column| row.cells.iter().any(|(c, _)| *c == column);
        for (column, block) in marks.emptied(row.row, has) {
            table.lacking(row.row, column, Code::MergedAbove, &block);
        }
        for column in &row.uncomputed {
            let cell = xlsx_marks::cell(*column, row.row);
            table.lacking(row.row, *column, Code::FormulaUncomputed, &cell);
        }
        table.record(row.row, self.text.as_bytes(), &self.ranges, out);
    }
}

/// A cell: row from 1, column from 0, text; none for a formula whose value is not stored.
type TextCell = (u32, usize, Option<String>);

/// Groups cells into rows.
struct Rows<'a> {
    cells: Box<dyn Cells + 'a>,
    pending: Option<TextCell>,
    seen: u64,
    /// The readers of sheets do not like to be asked again after the end.
    ended: bool,
}

impl<'a> Rows<'a> {
    fn new(cells: Box<dyn Cells + 'a>) -> Rows<'a> {
        Rows {
            cells,
            pending: None,
            seen: 0,
            ended: false,
        }
    }

    fn next(&mut self) -> Result<Option<SheetRow>, FileIssue> {
        let mut current: Option<SheetRow> = None;
        loop {
            let cell = match self.pending.take() {
                Some(cell) => Some(cell),
                None if self.ended => None,
                None => self.cells.next()?,
            };
            let Some((row, column, text)) = cell else {
                self.ended = true;
                return Ok(current);
            };
            self.seen += 1;
            if self.seen > MAX_CELLS {
                return Err(FileIssue::TooManyRows { limit: MAX_CELLS });
            }
            if text.as_ref().is_some_and(String::is_empty) {
                continue;
            }
            if current.as_ref().is_some_and(|r| r.row != row) {
                self.pending = Some((row, column, text));
                return Ok(current);
            }
            let current = current.get_or_insert_with(|| SheetRow {
                row,
                cells: Vec::new(),
                uncomputed: Vec::new(),
            });
            match text {
                Some(text) => current.cells.push((column, text)),
                None => current.uncomputed.push(column),
            }
        }
    }
}

trait Sheets {
    fn names(&self) -> Vec<String>;
    fn cells<'a>(&'a mut self, name: &str) -> Result<Box<dyn Cells + 'a>, FileIssue>;
    fn marks(&self, name: &str) -> Marks;
}

trait Cells {
    fn next(&mut self) -> Result<Option<TextCell>, FileIssue>;
}

/// Runs a call into the workbook reader. A broken workbook must not end the program, whatever the reader makes of it.
fn guarded<T>(format: &'static str, call: impl FnOnce() -> T) -> Result<T, FileIssue> {
    catch_unwind(AssertUnwindSafe(call)).map_err(|_| FileIssue::Damaged {
        format,
        offset: 0,
        detail: "the reader gave up".to_owned(),
    })
}

struct Package<'a> {
    reader: Xlsx<Cursor<&'a [u8]>>,
    bytes: &'a [u8],
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

fn open_xlsx(bytes: &[u8]) -> Result<Xlsx<Cursor<&[u8]>>, FileIssue> {
    guarded("movements_xlsx", || Xlsx::new(Cursor::new(bytes)))?
        .map_err(|e: XlsxError| xlsx_issue(&e))
}

impl Sheets for Package<'_> {
    fn names(&self) -> Vec<String> {
        self.reader.sheet_names()
    }

    fn cells<'a>(&'a mut self, name: &str) -> Result<Box<dyn Cells + 'a>, FileIssue> {
        let reader = &mut self.reader;
        let opened = guarded("movements_xlsx", || reader.worksheet_cells_reader(name))?;
        match opened {
            Ok(reader) => Ok(Box::new(XlsxCells(reader))),
            Err(e) => Err(xlsx_issue(&e)),
        }
    }

    fn marks(&self, name: &str) -> Marks {
        xlsx_marks::of_package(self.bytes, name)
    }
}

struct XlsxCells<'a, 'b>(calamine::XlsxCellReader<'a, Cursor<&'b [u8]>>);

impl Cells for XlsxCells<'_, '_> {
    fn next(&mut self) -> Result<Option<TextCell>, FileIssue> {
        let cell = guarded("movements_xlsx", || {
            self.0.next_cell_with_formula_metadata()
        })?
        .map_err(|e| xlsx_issue(&e))?;
        Ok(cell.map(|cell| {
            let (row, column) = cell.pos;
            let text = match &cell.value {
                DataRef::String(s) => s.clone(),
                DataRef::SharedString(s) => (*s).to_owned(),
                DataRef::Int(n) => n.to_string(),
                DataRef::Float(f) => f.to_string(),
                DataRef::Bool(b) => b.to_string(),
                DataRef::DateTime(t) => date_time(t),
                DataRef::DateTimeIso(s) | DataRef::DurationIso(s) => s.clone(),
                DataRef::Error(e) => e.to_string(),
                DataRef::Empty => String::new(),
            };
            // An empty text that was computed is a text, and not this.
            let uncomputed = cell.formula.is_some() && cell.value == DataRef::Empty;
            let text = (!uncomputed).then_some(text);
            (row.saturating_add(1), column as usize, text)
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

type Binary<'a> = Xls<Cursor<&'a [u8]>>;

fn open_xls(bytes: &[u8]) -> Result<Binary<'_>, FileIssue> {
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
    fn names(&self) -> Vec<String> {
        self.sheet_names()
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

    fn marks(&self, name: &str) -> Marks {
        let mut marks = Marks::default();
        for block in self.merge_cells_by_sheet_name(name).unwrap_or_default() {
            marks.merged(block.start, block.end);
        }
        marks
    }
}

/// A sheet of the old format has at most 65,536 rows of 256 columns, so it is held as a whole.
struct XlsCells {
    range: calamine::Range<Data>,
    start: (u32, u32),
    at: (usize, usize),
}

impl Cells for XlsCells {
    fn next(&mut self) -> Result<Option<TextCell>, FileIssue> {
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
        let text = match self.range.get((row, column)) {
            None | Some(Data::Empty) => String::new(),
            Some(Data::DateTime(t)) => date_time(t),
            Some(Data::Float(f)) => f.to_string(),
            Some(other) => other.to_string(),
        };
        let first = u32::try_from(row)
            .unwrap_or(u32::MAX)
            .saturating_add(self.start.0)
            .saturating_add(1);
        Ok(Some((
            first,
            column.saturating_add(self.start.1 as usize),
            Some(text),
        )))
    }
}
