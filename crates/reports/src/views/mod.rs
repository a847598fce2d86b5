//! The lists that commands show and export, as tables. Each list has its columns for programs and files, and a brief
//! choice of them for the terminal.

mod balances;
mod consignments;
mod findings;
mod holders;
mod instruments;
mod movements;
mod quarantine;
mod queries;
mod trace;

pub use balances::{balance_table, balances, balances_of, in_order};
pub use consignments::{
    ConsignmentFilter, StateFilter, consignments, consignments_as, consignments_of, discrepancies,
};
pub use findings::{FindingFilter, finding_table, findings, questions};
pub use holders::{holders, holders_of};
pub use instruments::instruments;
pub use movements::{COLUMNS as MOVEMENT_COLUMNS, MovementFilter, movement_cells, movements};
pub use quarantine::{files, in_words, quarantine, waiting};
pub use queries::{QueryFilter, queries};
pub use trace::trace;

use weighbridge_books::Books;
use weighbridge_books::registry::{HolderId, SiteId};
use weighbridge_measure::Date;

use crate::locale::{Lang, Texts};
use crate::table::{Cell, Table};

/// The columns of a table that a terminal shows.
fn brief_keys(table: &str) -> &'static [&'static str] {
    match table {
        "balances" => &[
            "holder",
            "site",
            "substance_name",
            "opening_ug",
            "in_ug",
            "out_ug",
            "book_ug",
            "book_is",
            "unexplained_ug",
        ],
        "consignments" | "discrepancies" => &[
            "state",
            "sender",
            "receiver",
            "substance_name",
            "document",
            "first_date",
            "dispatched_ug",
            "received_ug",
            "difference_ug",
        ],
        "movements" => &[
            "date",
            "kind",
            "reporter",
            "holder",
            "site",
            "substance_name",
            "reported",
            "mass_ug",
            "counterparty",
            "document",
            "lot",
            "line_state",
            "reference",
            "file",
        ],
        "findings" => &[
            "code",
            "questioned",
            "date",
            "kind",
            "holder",
            "counterparty",
            "substance_name",
            "mass_ug",
            "document",
            "reference",
        ],
        "holders" => &[
            "holder",
            "holder_name",
            "area",
            "uscc",
            "licences",
            "sites",
            "reports",
        ],
        "trace" => &[
            "step",
            "link",
            "from_holder",
            "from_lot",
            "to_holder",
            "to_lot",
            "to_substance_name",
            "date",
            "mass_ug",
            "document",
        ],
        "queries" => &[
            "query",
            "stage",
            "late",
            "holder",
            "question",
            "about",
            "reference",
            "due",
            "days_left",
        ],
        "quarantine" => &["entry", "file", "row", "field", "code", "found", "expected"],
        _ => &[],
    }
}

/// The table with the columns that a terminal shows.
#[must_use]
pub fn brief(table: Table) -> Table {
    let keys = brief_keys(table.name);
    if keys.is_empty() {
        table
    } else {
        only(table, keys)
    }
}

/// The table with some of its columns, in the order of the keys. Keys that it does not have are left out.
#[must_use]
pub fn only(mut table: Table, keys: &[&str]) -> Table {
    let place = |key: &&str| table.columns.iter().position(|c| c.key == *key);
    let places: Vec<usize> = keys.iter().filter_map(place).collect();
    table.columns = places
        .iter()
        .filter_map(|at| table.columns.get(*at).copied())
        .collect();
    for row in &mut table.rows {
        *row = places
            .iter()
            .filter_map(|at| row.get_mut(*at).map(std::mem::take))
            .collect();
    }
    table
}

/// A holder's name in the language on a day; nothing where it is only a code.
#[must_use]
pub fn holder_name(books: &Books, id: HolderId, on: Date, texts: &Texts) -> Cell {
    let Some(holder) = books.registry.holder(id) else {
        return Cell::Null;
    };
    let name = match texts.lang() {
        Lang::En if !holder.name_en.is_empty() => holder.name_en.as_str(),
        _ => holder.name_on(on),
    };
    if name == holder.code {
        Cell::Null
    } else {
        Cell::text(name)
    }
}

fn holder_code(books: &Books, id: HolderId) -> Cell {
    Cell::text(crate::check::holder_code(books, id))
}

fn site_code(books: &Books, id: SiteId) -> Cell {
    Cell::text(crate::check::site_code(books, id))
}

fn flag(yes: bool) -> Cell {
    Cell::text(if yes { "yes" } else { "no" })
}

#[cfg(test)]
mod tests;
