//! What the cells of a sheet do not tell: which rows are hidden, and which cells are merged with the one above.
//!
//! The reader of workbooks knows no hidden rows, so the part of the sheet is gone through once more, for the tags alone.
//! Absent: damage. Where a part is not as expected nothing is marked; what is wrong with the package is said elsewhere.

use std::io::{BufReader, Cursor, Read};

use quick_xml::Reader;
use quick_xml::events::{BytesStart, Event};

use crate::limits::{MAX_COLUMNS, MAX_MERGED};

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
}

impl Marks {
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

    /// Leaves out what begins in the header or above it.
    pub(super) fn below(mut self, header: u32) -> Marks {
        self.waiting.retain(|b| b.first > header);
        self.waiting.sort_by_key(|b| std::cmp::Reverse(b.first));
        self.hidden.sort_unstable();
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
            block.stated = block.first == row && has(block.column);
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

/// The marks of a sheet of a package, by the sheet's name.
pub(super) fn of_package(bytes: &[u8], sheet: &str) -> Marks {
    let mut marks = Marks::default();
    let Ok(mut archive) = zip::ZipArchive::new(Cursor::new(bytes)) else {
        return marks;
    };
    let Some(part) = part_of(&mut archive, sheet) else {
        return marks;
    };
    let mut row = 0u32;
    tags(&mut archive, &part, |tag| match tag.local_name().as_ref() {
        "row" => {
            let stated = attribute(tag, "r").and_then(|r| r.parse().ok());
            row = stated.unwrap_or_else(|| row.saturating_add(1));
            if attribute(tag, "hidden").is_some_and(|h| h == "1" || h == "true") {
                marks.hidden.push(row);
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
    marks
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
    let mut target = None;
    tags(archive, "xl/_rels/workbook.xml.rels", |tag| {
        if attribute(tag, "Id").as_deref() == Some(relation.as_str()) {
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
