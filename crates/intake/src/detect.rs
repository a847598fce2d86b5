//! What a file is: format, encoding, delimiter, header, spelling of numbers and dates.

use crate::dates::DateStyle;
use crate::encoding::Encoding;
use crate::formats::{Format, arcos_fixed, arcos_tsv};
use crate::headers::Column;
use crate::issue::FileIssue;
use crate::layout::{Layout, SampleRow, check_persons};
use crate::limits::{HEADER_SEARCH, MAX_RECORD, SNIFF_LEN};
use crate::movements::Spelling;
use crate::number::DecimalMark;
use crate::records::{Found, Records};
use crate::text::{cut, fold};

/// What a file was found to be. Shown to the user before anything is booked.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Detection {
    /// The format.
    pub format: Format,
    /// The encoding; of no meaning for workbooks.
    pub encoding: Encoding,
    /// The delimiter of delimited text.
    pub delimiter: Option<u8>,
    /// What stands before fractions.
    pub decimal_mark: DecimalMark,
    /// Order of day and month.
    pub date_style: DateStyle,
    /// Row of the header; 0 for formats without one.
    pub header_row: u32,
    /// The sheet of a workbook.
    pub sheet: Option<String>,
    /// Header cells in order and what each was taken for; empty for formats with fixed columns.
    pub columns: Vec<Column>,
}

impl Detection {
    pub(crate) fn plain(format: Format, encoding: Encoding) -> Detection {
        Detection {
            format,
            encoding,
            delimiter: None,
            decimal_mark: DecimalMark::Dot,
            date_style: DateStyle::Undecided,
            header_row: 0,
            sheet: None,
            columns: Vec::new(),
        }
    }

    pub(crate) fn of_layout(
        format: Format,
        encoding: Encoding,
        delimiter: Option<u8>,
        layout: &Layout,
        spelling: Spelling,
    ) -> Detection {
        Detection {
            delimiter,
            // Where cells are separated by semicolons the comma is free to be the mark: a lone `1.234` may mean both.
            decimal_mark: match (spelling.mark, delimiter) {
                (DecimalMark::Unstated, Some(b';')) => DecimalMark::PerCell,
                (mark, _) => mark,
            },
            date_style: spelling.dates,
            header_row: layout.header_row,
            columns: layout.columns.clone(),
            ..Detection::plain(format, encoding)
        }
    }

    pub(crate) fn spelling(&self) -> Spelling {
        Spelling {
            mark: self.decimal_mark,
            dates: self.date_style,
            unit: self.columns.iter().find_map(|c| c.unit),
            serial_dates: false,
        }
    }

    /// Header cells that were not understood. Their cells are guarded but not read.
    pub fn unknown_headers(&self) -> impl Iterator<Item = &str> {
        self.columns
            .iter()
            .filter(|c| c.field.is_none() && !c.header.is_empty())
            .map(|c| c.header.as_str())
    }

    /// The detection as pairs of a stable key and a value, in the order in which they are shown.
    #[must_use]
    pub fn pairs(&self) -> Vec<(&'static str, String)> {
        let mut pairs = vec![("format", self.format.code().to_owned())];
        if self.format.is_text() {
            pairs.push(("encoding", self.encoding.code().to_owned()));
        }
        if let Some(delimiter) = self.delimiter {
            let name = match delimiter {
                b'\t' => "tab",
                b';' => ";",
                b'|' => "|",
                _ => ",",
            };
            pairs.push(("delimiter", name.to_owned()));
        }
        if let Some(sheet) = &self.sheet {
            pairs.push(("sheet", sheet.clone()));
        }
        if self.columns.is_empty() {
            return pairs;
        }
        pairs.push(("header_row", self.header_row.to_string()));
        pairs.push(("decimal_mark", self.decimal_mark.code().to_owned()));
        pairs.push(("date_style", self.date_style.code().to_owned()));
        for column in &self.columns {
            if let Some(field) = column.field {
                let unit = column
                    .unit
                    .map(|u| format!(" [{}]", u.code()))
                    .unwrap_or_default();
                pairs.push((
                    "column",
                    format!("{} = {}{unit}", column.header, field.code()),
                ));
            }
        }
        pairs.extend(
            self.unknown_headers()
                .map(|h| ("column_not_read", h.to_owned())),
        );
        pairs
    }
}

const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Finds out what a table or a known structure is from its head ([`SNIFF_LEN`] bytes, or all of a shorter file) and its
/// name, which only tells formats apart that look alike from inside.
pub(crate) fn sniff(head: &[u8], name: &str) -> Result<Detection, FileIssue> {
    let whole = head.len() < SNIFF_LEN;
    match head {
        [b'P', b'K', 3, 4, ..] => {
            return Ok(Detection::plain(Format::MovementsXlsx, Encoding::Utf8));
        }
        [0xD0, 0xCF, 0x11, 0xE0, ..] => {
            return Ok(Detection::plain(Format::MovementsXls, Encoding::Utf8));
        }
        _ => {}
    }
    let encoding = Encoding::of(head)?;
    let text = encoding.decode(head);
    let start = text.trim_start_matches(['\u{FEFF}', ' ', '\t', '\r', '\n']);
    if start.is_empty() {
        return Err(FileIssue::Empty);
    }
    if start.starts_with('<') {
        return xml(start, encoding);
    }
    if start.starts_with(['{', '[']) {
        return json(start, encoding);
    }
    if arcos_fixed::looks_like(&text) {
        return Ok(Detection::plain(Format::ArcosFixed, encoding));
    }
    table(&text, whole, name, encoding)
}

fn first_line(text: &str) -> String {
    cut(text.lines().next().unwrap_or_default(), 120).to_owned()
}

fn xml(text: &str, encoding: Encoding) -> Result<Detection, FileIssue> {
    const MARKS: [&str; 7] = [
        "EPCIS",
        "epcis",
        "ObjectEvent",
        "AggregationEvent",
        "TransactionEvent",
        "TransformationEvent",
        "AssociationEvent",
    ];
    if MARKS.iter().any(|m| text.contains(m)) {
        return Ok(Detection::plain(Format::EpcisXml, encoding));
    }
    Err(FileIssue::UnknownFormat {
        first: first_line(text),
    })
}

fn json(text: &str, encoding: Encoding) -> Result<Detection, FileIssue> {
    const MARKS: [&str; 5] = ["EPCIS", "epcis", "eventList", "eventTime", "bizStep"];
    if MARKS.iter().any(|m| text.contains(m)) {
        return Ok(Detection::plain(Format::EpcisJson, encoding));
    }
    Err(FileIssue::UnknownFormat {
        first: first_line(text),
    })
}

fn table(text: &str, whole: bool, name: &str, encoding: Encoding) -> Result<Detection, FileIssue> {
    let mut best: Option<(Layout, u8, Vec<SampleRow>)> = None;
    // A delimiter that occurs nowhere cuts nothing: one pass stands for all of those.
    let occurs = |d: &u8| *d == b',' || memchr::memchr(*d, text.as_bytes()).is_some();
    for delimiter in DELIMITERS.into_iter().filter(occurs) {
        let rows = sample(text, delimiter, whole)?;
        if delimiter == b'\t'
            && rows
                .iter()
                .take(HEADER_SEARCH)
                .any(|(_, cells)| arcos_tsv::is_header(cells))
        {
            return Ok(Detection {
                delimiter: Some(b'\t'),
                ..Detection::plain(Format::ArcosTsv, encoding)
            });
        }
        let top = rows
            .get(..rows.len().min(HEADER_SEARCH))
            .unwrap_or_default();
        if let Some(layout) = Layout::find(top)
            && best
                .as_ref()
                .is_none_or(|(b, ..)| layout.score() > b.score())
        {
            best = Some((layout, delimiter, rows));
        }
    }
    let Some((layout, delimiter, rows)) = best else {
        let first = first_line(text.trim_start());
        let tabular = DELIMITERS.iter().any(|d| first.as_bytes().contains(d));
        let delimiter = DELIMITERS
            .into_iter()
            .max_by_key(|d| first.bytes().filter(|b| b == d).count())
            .unwrap_or(b',');
        if !tabular && !name.to_ascii_lowercase().ends_with(".csv") {
            return Err(FileIssue::UnknownFormat { first });
        }
        let seen: Vec<String> = first
            .split(char::from(delimiter))
            .map(|c| fold(c).into_owned())
            .collect();
        check_persons(seen.iter().map(String::as_str))?;
        return Err(FileIssue::no_header(seen));
    };
    if layout.holders {
        check_persons(layout.columns.iter().map(|c| c.header.as_str()))?;
        let columns = layout
            .columns
            .into_iter()
            .map(|c| Column {
                field: None,
                unit: None,
                ..c
            })
            .collect();
        return Ok(Detection {
            delimiter: Some(delimiter),
            header_row: layout.header_row,
            date_style: DateStyle::of(
                rows.iter()
                    .flat_map(|(_, cells)| cells.iter().map(String::as_str)),
            ),
            columns,
            ..Detection::plain(Format::HoldersCsv, encoding)
        });
    }
    layout.check(&rows)?;
    let spelling = layout.spelling(&rows);
    Ok(Detection::of_layout(
        Format::MovementsCsv,
        encoding,
        Some(delimiter),
        &layout,
        spelling,
    ))
}

/// The rows of a head; the last one is left out where the head is cut.
fn sample(text: &str, delimiter: u8, whole: bool) -> Result<Vec<SampleRow>, FileIssue> {
    let mut records = Records::new(text.as_bytes(), delimiter);
    let mut rows = Vec::new();
    while let Ok(found) = records.next() {
        match found {
            Found::Record => {
                let bytes = records.text();
                let cell = |(a, b): &(usize, usize)| {
                    let text = String::from_utf8_lossy(bytes.get(*a..*b).unwrap_or_default());
                    fold(&text).into_owned()
                };
                rows.push((
                    records.row(),
                    records.cells().iter().map(cell).collect::<Vec<_>>(),
                ));
            }
            Found::TooLong | Found::TooManyColumns => {}
            Found::End => break,
        }
    }
    if !whole && !text.ends_with('\n') {
        rows.pop();
        if rows.is_empty() {
            return Err(FileIssue::LineTooLong {
                row: 1,
                limit: MAX_RECORD,
            });
        }
    }
    Ok(rows)
}
