//! Rows set aside, and corrections that wait for their target.

use crate::check::WaitingItem;
use crate::locale::Texts;
use crate::sources::QuarantineItem;
use crate::table::{Cell, Column, Kind, Table};

const COLUMNS: [Column; 7] = [
    Column::new("file", "head-file", Kind::Text),
    Column::new("row", "head-row", Kind::Int),
    Column::new("field", "head-field", Kind::Code("field")),
    Column::new("code", "head-code", Kind::Code("code")),
    Column::new("found", "head-found", Kind::Text),
    Column::new("expected", "head-expected", Kind::Text),
    Column::new("remedy", "head-remedy", Kind::Text),
];

/// Rows set aside with their reasons and what to do.
#[must_use]
pub fn quarantine(items: &[QuarantineItem], texts: &Texts) -> Table {
    let mut table = Table::new("quarantine", "title-quarantine", &COLUMNS);
    table.rows = items
        .iter()
        .map(|item| {
            vec![
                Cell::text(&item.file),
                Cell::int(item.row),
                Cell::text(&item.field),
                Cell::text(&item.code),
                Cell::text(&item.found),
                Cell::text(&item.expected),
                Cell::text(texts.code("remedy", &item.code)),
            ]
        })
        .collect();
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
    let cells = |w: &WaitingItem| vec![Cell::text(&w.file), Cell::int(w.row), Cell::text(&w.corrects)];
    table.rows = items.iter().map(cells).collect();
    table
}
