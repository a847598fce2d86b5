//! What the cells of a sheet do not tell: which rows are hidden, which cells are merged with the one above, which
//! concentrations are shown as percentages, and from when days are counted.
//!
//! The reader of workbooks knows no hidden rows and no formats but those of dates, so the parts of the package are gone
//! through once more, for the tags alone.
//! Absent: damage. Where a part is not as expected nothing is marked; what is wrong with the package is said elsewhere.

use std::io::{BufReader, Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::dates::DayNumbers;
use crate::issue::FileIssue;
use crate::limits::{MAX_COLUMNS, MAX_MERGED, SHEET_COLUMNS, SHEET_ROWS};

/// A block of merged cells: rows from 1, the column in which its value stands from 0.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Block {
    first: u32,
    last: u32,
    column: usize,
    /// Whether something stands in its first cell.
    stated: bool,
}

/// The marks of one sheet, asked for row by row from the top.
#[derive(Default, Debug)]
pub(super) struct Marks {
    hidden: Vec<u32>,
    /// By first row, the last one first.
    waiting: Vec<Block>,
    open: Vec<Block>,
    shares: Shares,
    /// The first row or cell beyond what a sheet can have.
    outside: Option<String>,
}

/// How concentrations that are numbers are shown.
#[derive(Debug)]
enum Shares {
    /// As percentages in these rows: the stored number is a hundredth of what is seen.
    Percent(Vec<u32>),
    /// The reader of the old format does not tell.
    Unknown,
}

impl Default for Shares {
    fn default() -> Shares {
        Shares::Percent(Vec::new())
    }
}

impl Marks {
    /// The marks of a workbook whose reader tells no formats of numbers.
    pub(super) fn without_formats() -> Marks {
        Marks {
            shares: Shares::Unknown,
            ..Marks::default()
        }
    }

    /// Checks that every cell lies where a sheet can have one: the reader of workbooks counts what is beyond anew from the
    /// top.
    ///
    /// # Errors
    /// [`FileIssue::OutsideSheet`].
    pub(super) fn inside(mut self) -> Result<Marks, FileIssue> {
        match self.outside.take() {
            Some(cell) => Err(FileIssue::OutsideSheet { cell }),
            None => Ok(self),
        }
    }

    /// Whether the concentration of a row is shown as a percentage.
    pub(super) fn is_percent(&self, row: u32) -> bool {
        matches!(&self.shares, Shares::Percent(rows) if rows.binary_search(&row).is_ok())
    }

    /// Whether a concentration may be a share that is shown as a percentage, or as well be what it says.
    pub(super) fn may_be_share(&self, number: &str) -> bool {
        matches!(self.shares, Shares::Unknown)
            && number.parse().is_ok_and(|n: f64| n > 0.0 && n <= 1.0)
    }

    /// Marks a block of merged cells, rows and columns counted from 0.
    pub(super) fn merged(&mut self, start: (u32, u32), end: (u32, u32)) {
        let column = start.1 as usize;
        if end.0 > start.0 && column < MAX_COLUMNS && self.waiting.len() < MAX_MERGED {
            self.waiting.push(Block {
                first: start.0.saturating_add(1),
                last: end.0.saturating_add(1),
                column,
                stated: false,
            });
        }
    }

    /// Leaves out what ends in the header or above it. What begins there and goes on hides cells as any other block does:
    /// something stands above them, if only the heading.
    pub(super) fn below(mut self, header: u32) -> Marks {
        self.waiting.retain(|b| b.last > header);
        for block in &mut self.waiting {
            block.stated = block.first <= header;
        }
        self.waiting.sort_by_key(|b| std::cmp::Reverse(b.first));
        self.hidden.sort_unstable();
        if let Shares::Percent(rows) = &mut self.shares {
            rows.sort_unstable();
        }
        self
    }

    pub(super) fn is_hidden(&self, row: u32) -> bool {
        self.hidden.binary_search(&row).is_ok()
    }

    /// Columns of a row in which nothing stands because the cell is merged with one above that has a value, each with its
    /// block as a spreadsheet writes it. `has` tells whether something stands in a column.
    pub(super) fn emptied(
        &mut self,
        row: u32,
        has: impl Fn(usize) -> bool,
    ) -> impl Iterator<Item = (usize, String)> {
        while let Some(mut block) = self.waiting.pop_if(|b| b.first <= row) {
            block.stated |= block.first == row && has(block.column);
            self.open.push(block);
        }
        self.open.retain(|b| b.last >= row && b.stated);
        let emptied = self.open.iter().filter(|b| b.first < row && !has(b.column));
        let named: Vec<_> = emptied
            .map(|b| {
                let name = format!("{}:{}", cell(b.column, b.first), cell(b.column, b.last));
                (b.column, name)
            })
            .collect();
        named.into_iter()
    }
}

/// A cell as a spreadsheet names it; the column from 0, the row from 1.
pub(super) fn cell(column: usize, row: u32) -> String {
    let mut letters = Vec::new();
    let mut left = column.saturating_add(1);
    while left > 0 {
        left -= 1;
        letters.push(char::from(
            b'A'.saturating_add(u8::try_from(left % 26).unwrap_or(0)),
        ));
        left /= 26;
    }
    let letters: String = letters.into_iter().rev().collect();
    format!("{letters}{row}")
}

/// Row and column from 0 of a cell's name.
fn place(name: &str) -> Option<(u32, u32)> {
    let digits = name.find(|c: char| c.is_ascii_digit())?;
    let (letters, row) = name.split_at_checked(digits)?;
    let column = letters.bytes().try_fold(0u32, |n, b| {
        let letter = u32::from(
            b.is_ascii_alphabetic()
                .then(|| b.to_ascii_uppercase() - b'A')?,
        );
        n.checked_mul(26)?.checked_add(letter + 1)
    })?;
    Some((
        row.parse::<u32>().ok()?.checked_sub(1)?,
        column.checked_sub(1)?,
    ))
}

/// A number as the percentage that it is shown as: the point two places on, exactly.
pub(super) fn percent(number: &str) -> String {
    let (sign, digits) = match number.strip_prefix('-') {
        Some(digits) => ("-", digits),
        None => ("", number),
    };
    let (whole, part) = digits.split_once('.').unwrap_or((digits, ""));
    let (moved, left) = part.split_at_checked(2).unwrap_or((part, ""));
    let whole = format!("{whole}{moved:0<2}");
    let whole = match whole.trim_start_matches('0') {
        "" => "0",
        whole => whole,
    };
    let point = if left.is_empty() { "" } else { "." };
    format!("{sign}{whole}{point}{left}%")
}

/// The marks of a sheet of a package, by the sheet's name; concentrations stand in the column.
pub(super) fn of_package(bytes: &[u8], sheet: &str, concentration: Option<usize>) -> Marks {
    let mut marks = Marks::default();
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
        return marks;
    };
    let Some(part) = part_of(&mut archive, sheet) else {
        return marks;
    };
    let styles = match concentration {
        Some(_) => percent_styles(&mut archive),
        None => Vec::new(),
    };
    let mut percent = Vec::new();
    let (mut row, mut column) = (0u32, 0usize);
    tags(&mut archive, &part, |tag| match tag.local_name().as_ref() {
        "row" => {
            let name = attribute(tag, "r");
            let stated = name.as_deref().and_then(|r| r.parse().ok());
            row = stated.unwrap_or_else(|| row.saturating_add(1));
            column = 0;
            if let Some(name) = name.filter(|_| stated.is_none_or(|r| r > SHEET_ROWS)) {
                marks.outside.get_or_insert(name);
            }
            if attribute(tag, "hidden").is_some_and(|h| h == "1" || h == "true") {
                marks.hidden.push(row);
            }
        }
        "c" => {
            let name = attribute(tag, "r");
            let stated = name.as_deref().and_then(place);
            if let Some(name) = name.filter(|_| {
                stated.is_none_or(|(row, column)| row >= SHEET_ROWS || column >= SHEET_COLUMNS)
            }) {
                marks.outside.get_or_insert(name);
            }
            let (of_row, at) = match stated {
                Some((row, column)) => (row.saturating_add(1), column as usize),
                None => (row, column),
            };
            column = at.saturating_add(1);
            if !styles.is_empty() && Some(at) == concentration {
                let style = attribute(tag, "s").and_then(|s| s.parse().ok());
                if styles.contains(&style.unwrap_or(0)) {
                    percent.push(of_row);
                }
            }
        }
        "mergeCell" => {
            let block = attribute(tag, "ref");
            let ends = block.as_deref().and_then(|b| b.split_once(':'));
            if let Some((start, end)) = ends.and_then(|(a, b)| Some((place(a)?, place(b)?))) {
                marks.merged(start, end);
            }
        }
        _ => {}
    });
    marks.shares = Shares::Percent(percent);
    marks
}

/// From when the workbook counts its days.
pub(super) fn day_numbers(bytes: &[u8]) -> DayNumbers {
    let mut system = DayNumbers::default();
    if let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) {
        tags(&mut archive, "xl/workbook.xml", |tag| {
            if tag.local_name().as_ref() == "workbookPr"
                && attribute(tag, "date1904").is_some_and(|d| d == "1" || d == "true")
            {
                system = DayNumbers::Since1904;
            }
        });
    }
    system
}

/// The styles of cells, by number, that show a number as a percentage.
fn percent_styles(archive: &mut Archive<'_>) -> Vec<u32> {
    let part = target(archive, |tag| {
        attribute(tag, "Type").is_some_and(|t| t.ends_with("/styles"))
    });
    // The formats that every spreadsheet has: `0%` and `0.00%`.
    let mut formats = vec![9u32, 10];
    let mut styles = Vec::new();
    let mut next = None;
    let Some(part) = part else {
        return styles;
    };
    tags(archive, &part, |tag| match tag.local_name().as_ref() {
        "numFmt" => {
            let id = attribute(tag, "numFmtId").and_then(|id| id.parse().ok());
            if let (Some(id), Some(code)) = (id, attribute(tag, "formatCode"))
                && shows_percent(&code)
            {
                formats.push(id);
            }
        }
        "cellXfs" => next = Some(0u32),
        "cellStyleXfs" | "cellStyles" | "dxfs" => next = None,
        "xf" => {
            if let Some(style) = next {
                let format = attribute(tag, "numFmtId").and_then(|id| id.parse().ok());
                if format.is_some_and(|f| formats.contains(&f)) {
                    styles.push(style);
                }
                next = Some(style.saturating_add(1));
            }
        }
        _ => {}
    });
    styles
}

/// Whether a format of positive numbers has a percent sign that counts: not one that is quoted or escaped.
fn shows_percent(code: &str) -> bool {
    let mut letters = code.chars();
    let mut quoted = false;
    while let Some(letter) = letters.next() {
        match letter {
            '"' => quoted = !quoted,
            _ if quoted => {}
            // What follows is shown as it is, left as room, or repeated.
            '\\' | '_' | '*' => {
                letters.next();
            }
            ';' => return false,
            '%' => return true,
            _ => {}
        }
    }
    false
}

type Archive<'a> = zip::ZipArchive<Cursor<&'a [u8]>>;

/// The part in which a sheet lies.
fn part_of(archive: &mut Archive<'_>, sheet: &str) -> Option<String> {
    let mut relation = None;
    tags(archive, "xl/workbook.xml", |tag| {
        if tag.local_name().as_ref() == "sheet" && attribute(tag, "name").as_deref() == Some(sheet)
        {
            relation = attribute(tag, "id");
        }
    });
    let relation = relation?;
    target(archive, |tag| {
        attribute(tag, "Id").as_deref() == Some(relation.as_str())
    })
}

/// The part that a relation of the workbook leads to.
fn target(archive: &mut Archive<'_>, is: impl Fn(&BytesStart<'_>) -> bool) -> Option<String> {
    let mut target = None;
    tags(archive, "xl/_rels/workbook.xml.rels", |tag| {
        if is(tag) {
            target = attribute(tag, "Target");
        }
    });
    let target = target?;
    Some(match target.strip_prefix('/') {
        Some(whole) => whole.to_owned(),
        None => format!("xl/{target}"),
    })
}

/// Hands on every opening tag of a part, as far as it can be read.
fn tags(archive: &mut Archive<'_>, part: &str, mut take: impl FnMut(&BytesStart<'_>)) {
    let Ok(part) = archive.by_name(part) else {
        return;
    };
    // The package was unpacked once within its limits; what a directory says does not count.
    let mut reader = Reader::from_reader(BufReader::new(part.take(crate::limits::MAX_UNPACKED)));
    let mut buffer = Vec::new();
    loop {
        buffer.clear();
        match reader.read_event_into(&mut buffer) {
            Ok(Event::Start(tag) | Event::Empty(tag)) => take(&tag),
            Ok(Event::Eof) | Err(_) => return,
            Ok(_) => {}
        }
    }
}

fn attribute(tag: &BytesStart<'_>, name: &str) -> Option<String> {
    let mut all = tag.attributes();
    let found = all
        .with_checks(false)
        .flatten()
        .find(|a| a.key.local_name().as_ref() == name)?;
    let value = found.normalized_value(quick_xml::XmlVersion::Implicit1_0);
    value.ok().map(std::borrow::Cow::into_owned)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_as_percentages() {
        for (number, shown) in [
            ("0.36", "36%"),
            ("0.365", "36.5%"),
            ("0.3", "30%"),
            ("1", "100%"),
            ("0", "0%"),
            ("0.0025", "0.25%"),
            ("-0.36", "-36%"),
            ("12.5", "1250%"),
        ] {
            assert_eq!(percent(number), shown);
        }
    }

    #[test]
    fn formats_that_show_percentages() {
        for (code, shows) in [
            ("0%", true),
            ("0.0\\ %", true),
            ("[Red]0.00%;0.00", true),
            ("General", false),
            ("0\"%\"", false),
            ("0\\%", false),
            ("0;0%", false),
        ] {
            assert_eq!(shows_percent(code), shows, "{code}");
        }
    }

    #[test]
    fn names_of_cells() {
        for (column, row, name) in [
            (0, 1, "A1"),
            (25, 9, "Z9"),
            (26, 10, "AA10"),
            (701, 2, "ZZ2"),
            (702, 2, "AAA2"),
        ] {
            assert_eq!(cell(column, row), name);
            assert_eq!(place(name), Some((row - 1, u32::try_from(column).unwrap())));
        }
        for text in ["", "A", "1", "A0", "1A", "ZZZZZZZZZZ1", "é1"] {
            assert_eq!(place(text), None, "{text}");
        }
    }
}
