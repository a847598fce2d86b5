//! Rows set aside, corrections that wait for their target, and the files themselves.

use crate::check::WaitingItem;
use crate::locale::Texts;
use crate::sources::{FileNote, QuarantineItem};
use crate::table::{Cell, Column, Kind, Table};

const COLUMNS: [Column; 8] = [
    Column::new("entry", "head-entry", Kind::Int),
    Column::new("file", "head-file", Kind::Text),
    Column::new("row", "head-row", Kind::Int),
    Column::new("field", "head-field", Kind::Code("field")),
    Column::new("code", "head-code", Kind::Code("code")),
    Column::new("found", "head-found", Kind::Text),
    Column::new("expected", "head-expected", Kind::Text),
    Column::new("remedy", "head-remedy", Kind::Text),
];

/// Rows set aside, each with its entry, their reasons and what to do.
#[must_use]
pub fn quarantine(items: &[(u64, QuarantineItem)], texts: &Texts) -> Table {
    let mut table = Table::new("quarantine", "title-quarantine", &COLUMNS);
    table.rows = items
        .iter()
        .map(|(entry, item)| {
            vec![
                Cell::int(*entry),
                Cell::text(&item.file),
                Cell::int(item.row),
                Cell::text(&item.field),
                Cell::text(&item.code),
                Cell::text(&item.found),
                Cell::text(&item.expected),
                Cell::text(texts.remedy(&item.code, !item.expected.is_empty())),
            ]
        })
        .collect();
    table
}

/// The same for people: what was expected in words.
#[must_use]
pub fn in_words(mut table: Table, texts: &Texts) -> Table {
    let at = |key: &str| table.columns.iter().position(|c| c.key == key);
    let (Some(field), Some(expected)) = (at("field"), at("expected")) else {
        return table;
    };
    for row in &mut table.rows {
        let of = match row.get(field) {
            Some(Cell::Text(code)) => code.clone(),
            _ => String::new(),
        };
        if let Some(Cell::Text(data)) = row.get_mut(expected) {
            *data = texts.expected(&of, data);
        }
    }
    table
}

/// Corrections whose target is not known or not unique.
#[must_use]
pub fn waiting(items: &[WaitingItem]) -> Table {
    let columns = [
        Column::new("file", "head-file", Kind::Text),
        Column::new("row", "head-row", Kind::Int),
        Column::new("corrects", "head-corrects", Kind::Text),
    ];
    let mut table = Table::new("waiting", "title-waiting", &columns);
    let cells = |w: &WaitingItem| {
        vec![
            Cell::text(&w.file),
            Cell::int(w.row),
            Cell::text(&w.corrects),
        ]
    };
    table.rows = items.iter().map(cells).collect();
    table
}

/// Files and what they were found to be, in words or as stable pairs.
#[must_use]
pub fn files(notes: &[FileNote]) -> Table {
    let columns = [
        Column::new("file", "head-file", Kind::Text),
        Column::new("detection", "report-detected", Kind::Text),
    ];
    let mut table = Table::new("files", "report-files", &columns);
    let pairs = |n: &FileNote| {
        n.detection
            .iter()
            .map(|(k, v)| format!("{k}={v}"))
            .collect::<Vec<_>>()
            .join("; ")
    };
    table.rows = notes
        .iter()
        .map(|n| vec![Cell::text(&n.file), Cell::text(pairs(n))])
        .collect();
    table
}
