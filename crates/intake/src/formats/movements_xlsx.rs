//! Workbooks (`.xlsx`, and the binary `.xls` and WPS `.et`) with the columns of the account.
//!
//! One sheet is read, the first that is shown and has rows below a header, cell by cell, so that a cell in the last row costs nothing.
//! Formulas count by the value that the spreadsheet stored with them; nothing is computed. Before the reader sees a
//! package, all its parts are unpacked into nothing once, to see that they are no bomb: directories can lie.

use std::io::{Cursor, Read};

use weighbridge_books::substances::quarantine::Code;
use weighbridge_books::substances::vocabulary::Field;

use super::sheets::{Cell, Cells, Held, Package, Sheets, Shown, open_xls};
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
use crate::summary::{Note, Summary};
use crate::table::{Out, Table};
use crate::text::fold;

/// Rows that are looked at to find the header and the spelling of values.
const SAMPLE: usize = 400;

/// Reads the sheet that has a header and rows.
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
        Box::new(Package::open(bytes)?)
    };
    let Choice {
        name,
        layout,
        spelling,
        notes,
        unread,
    } = choose(book.as_mut())?;
    let mut found = Detection::of_layout(detection.format, Encoding::Utf8, None, &layout, spelling);
    let fields: Vec<_> = found.columns.iter().map(|c| c.field).collect();
    let concentration = fields.iter().position(|f| *f == Some(Field::Concentration));
    let mut table = Table::new(fields, layout.seen(), false, options)?;
    let spelling = Spelling {
        day_numbers: Some(book.day_numbers()),
        ..spelling
    };
    let mut out = Out {
        parser: Parser::new(options, spelling),
        sink,
        summary: Summary {
            unread_sheets: unread,
            ..Summary::default()
        },
    };
    for (code, sheet) in notes {
        out.summary.note(code, &sheet);
    }
    let mut record = Record {
        concentration,
        ..Record::default()
    };
    let mut marks = (book.marks(&name, concentration))
        .inside()?
        .below(layout.header_row);
    let mut hidden = 0;
    for (sheet, _) in book.all() {
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
    }
    out.summary.note_times(Note::HiddenRows, "", hidden);
    progress(bytes.len() as u64);
    found.sheet = Some(name);
    out.summary.detected = Some(found);
    out.finish()
}

/// The sheet that is read, and what is to be said of the others.
struct Choice {
    name: String,
    layout: Layout,
    spelling: Spelling,
    notes: Vec<(Note, String)>,
    /// Sheets that have a header and rows too.
    unread: Vec<String>,
}

/// What a sheet was found to be.
enum Look {
    Fits {
        layout: Layout,
        spelling: Spelling,
        rows: bool,
    },
    /// Some required columns are absent.
    Partial(FileIssue),
    Unknown(FileIssue),
    Blank,
}

/// The first sheet that is shown and has rows below a header. Else the first shown one with a header alone: hidden rows
/// are not taken in the place of rows that somebody forgot. Only without either a hidden one.
///
/// Without any, the issue of the sheet that came nearest.
fn choose(book: &mut dyn Sheets) -> Result<Choice, FileIssue> {
    let (mut unknown, mut partial) = (None, None);
    let (mut fitting, mut others) = (Vec::new(), Vec::new());
    for (name, shown) in book.all() {
        match look(book, &name)? {
            Look::Fits {
                layout,
                spelling,
                rows,
            } => {
                fitting.push((name, shown, layout, spelling, rows));
                continue;
            }
            Look::Partial(issue) => {
                partial.get_or_insert(issue);
            }
            Look::Unknown(issue) => {
                unknown.get_or_insert(issue);
            }
            Look::Blank => {}
        }
        others.push((name, shown));
    }
    let order = |(_, shown, _, _, rows): &(_, Shown, _, _, bool)| match (shown, rows) {
        (Shown::Yes, true) => 0,
        (Shown::Yes, false) => 1,
        (Shown::Hidden, true) => 2,
        (Shown::Hidden, false) => 3,
    };
    // Of several alike the first.
    let Some(at) = (0..fitting.len()).min_by_key(|n| fitting.get(*n).map(order)) else {
        return Err(partial.or(unknown).unwrap_or(FileIssue::Empty));
    };
    let (name, shown, layout, spelling, _) = fitting.remove(at);
    let mut notes = Vec::new();
    if shown == Shown::Hidden {
        notes.push((Note::SheetHidden, name.clone()));
    }
    let mut unread = Vec::new();
    for (name, shown, _, _, rows) in fitting {
        if rows && shown == Shown::Yes {
            unread.push(name);
        } else {
            others.push((name, shown));
        }
    }
    for (name, shown) in others {
        let code = match shown {
            Shown::Yes => Note::OtherSheet,
            Shown::Hidden => Note::OtherSheetHidden,
        };
        notes.push((code, name));
    }
    Ok(Choice {
        name,
        layout,
        spelling,
        notes,
        unread,
    })
}

/// Looks at the first rows of a sheet.
fn look(book: &mut dyn Sheets, name: &str) -> Result<Look, FileIssue> {
    let mut rows = Rows::new(book.cells(name)?);
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
        let Some((_, cells)) = sample.into_iter().next() else {
            return Ok(Look::Blank);
        };
        let seen: Vec<String> = cells.into_iter().filter(|c| !c.is_empty()).collect();
        check_persons(seen.iter().map(String::as_str))?;
        return Ok(Look::Unknown(FileIssue::no_header(seen)));
    };
    match layout.check(&sample) {
        Ok(()) => Ok(Look::Fits {
            spelling: layout.spelling(&sample),
            rows: sample.iter().any(|(row, _)| *row > layout.header_row),
            layout,
        }),
        Err(issue @ FileIssue::PersonColumn { .. }) => Err(issue),
        Err(issue) => Ok(Look::Partial(issue)),
    }
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
    cells: Vec<(usize, Held)>,
}

impl SheetRow {
    fn guard(&self, out: &mut Out<'_>) {
        if self
            .cells
            .iter()
            .any(|(_, held)| holds_identity_number(held.text()))
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
        for (column, held) in &self.cells {
            if let Some(slot) = cells.get_mut(*column) {
                *slot = fold(held.text()).into_owned();
            }
        }
        (self.row, cells)
    }
}

/// A row laid out as a record.
#[derive(Default)]
struct Record {
    /// The column of concentrations.
    concentration: Option<usize>,
    text: String,
    ranges: Vec<(usize, usize)>,
}

impl Record {
    fn take(&mut self, row: &SheetRow, marks: &mut Marks, table: &mut Table, out: &mut Out<'_>) {
        self.text.clear();
        self.ranges.clear();
        for (column, held) in &row.cells {
            if *column >= MAX_COLUMNS {
                return out.unreadable(
                    &RawRow::new(row.row),
                    Code::Unreadable,
                    "",
                    &table.columns(),
                );
            }
            if self.text.len() + held.text().len() > MAX_RECORD {
                return Table::too_long(row.row, out);
            }
            let start = self.text.len();
            match held {
                Held::Number(number)
                    if Some(*column) == self.concentration && marks.is_percent(row.row) =>
                {
                    self.text.push_str(&xlsx_marks::percent(number));
                }
                held => self.text.push_str(held.text()),
            }
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
        for (column, held) in &row.cells {
            let cell = xlsx_marks::cell(*column, row.row);
            let (code, found) = match held {
                Held::Uncomputed => (Code::FormulaUncomputed, cell),
                Held::Error(error) => (Code::ErrorValue, format!("{cell} {error}")),
                Held::Number(number)
                    if Some(*column) == self.concentration && marks.may_be_share(number) =>
                {
                    (Code::PercentUnclear, format!("{cell} {number}"))
                }
                Held::Number(_) | Held::Text(_) => continue,
            };
            table.lacking(row.row, *column, code, &found);
        }
        table.record(row.row, self.text.as_bytes(), &self.ranges, out);
    }
}

/// Groups cells into rows.
struct Rows<'a> {
    cells: Box<dyn Cells + 'a>,
    pending: Option<Cell>,
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
            let Some(cell) = cell else {
                self.ended = true;
                return Ok(current);
            };
            self.seen += 1;
            if self.seen > MAX_CELLS {
                return Err(FileIssue::TooManyRows { limit: MAX_CELLS });
            }
            if matches!(&cell.held, Held::Text(text) if text.is_empty()) {
                continue;
            }
            if current.as_ref().is_some_and(|r| r.row != cell.row) {
                self.pending = Some(cell);
                return Ok(current);
            }
            let current = current.get_or_insert_with(|| SheetRow {
                row: cell.row,
                cells: Vec::new(),
            });
            current.cells.push((cell.column, cell.held));
        }
    }
}
