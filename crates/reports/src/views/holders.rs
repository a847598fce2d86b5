//! Holders with their numbers, licences and sites.

use weighbridge_books::Books;
use weighbridge_books::registry::{HolderId, Licence, Reports};
use weighbridge_measure::Date;

use super::holder_name;
use crate::locale::Texts;
use crate::table::{Cell, Column, Kind, Table};

const COLUMNS: [Column; 13] = [
    Column::new("holder", "head-holder", Kind::Text),
    Column::new("holder_name", "head-name", Kind::Text),
    Column::new("area", "head-area", Kind::Text),
    Column::new("uscc", "head-uscc", Kind::Text),
    Column::new("dea", "head-dea", Kind::Text),
    Column::new("licences", "head-licences", Kind::Text),
    Column::new("classes", "head-classes", Kind::Text),
    Column::new("authority", "head-authority", Kind::Text),
    Column::new("valid_from", "head-valid_from", Kind::Date),
    Column::new("valid_to", "head-valid_to", Kind::Date),
    Column::new("reports", "head-reports", Kind::Code("reports")),
    Column::new("sites", "head-sites", Kind::Text),
    Column::new("answered_by", "head-answered_by", Kind::Text),
];

/// Every holder in the order of registration, as the register stands on a day.
#[must_use]
pub fn holders(books: &Books, on: Date, texts: &Texts) -> Table {
    holders_of(books, books.registry.holders().map(|(id, _)| id), on, texts)
}

/// Some holders of the register as on a day, in their order.
#[must_use]
pub fn holders_of(
    books: &Books,
    ids: impl IntoIterator<Item = HolderId>,
    on: Date,
    texts: &Texts,
) -> Table {
    let registry = &books.registry;
    let mut table = Table::new("holders", "title-holders", &COLUMNS);
    for id in ids {
        let Some(h) = registry.holder(id) else {
            continue;
        };
        let sites: Vec<_> = h
            .sites
            .iter()
            .filter(|s| registry.site_holder(**s, on) == Some(id))
            .collect();
        let site = |s: &&weighbridge_books::registry::SiteId| registry.site(**s);
        let area = sites
            .iter()
            .filter_map(site)
            .map(|s| s.area.as_str())
            .find(|a| !a.is_empty());
        let codes: Vec<&str> = sites
            .iter()
            .filter_map(site)
            .map(|s| s.code.as_str())
            .collect();
        let licences: Vec<String> = h.licences.iter().map(licence).collect();
        let mut classes: Vec<u8> = h
            .licences
            .iter()
            .flat_map(|l| l.classes.iter().copied())
            .collect();
        classes.sort_unstable();
        classes.dedup();
        let classes: Vec<String> = classes.iter().map(u8::to_string).collect();
        let answered_by = registry.in_force(id, on);
        table.rows.push(vec![
            Cell::text(&h.code),
            holder_name(books, id, on, texts),
            Cell::text(area.unwrap_or("")),
            Cell::text(&h.uscc),
            Cell::text(&h.dea),
            Cell::text(licences.join("; ")),
            Cell::text(classes.join(" ")),
            Cell::text(&h.authority),
            Cell::date(h.valid_from),
            Cell::date(h.valid_to),
            Cell::text(match h.reports {
                Reports::Yes => "yes",
                Reports::No => "no",
            }),
            Cell::text(codes.join("; ")),
            if answered_by == id {
                Cell::Null
            } else {
                super::holder_code(books, answered_by)
            },
        ]);
    }
    table
}

/// A licence with the days on which it is in force.
fn licence(l: &Licence) -> String {
    let day = |d: Option<Date>| d.map(|d| d.to_string()).unwrap_or_default();
    match (l.from, l.to) {
        (None, None) => l.number.clone(),
        (from, to) => format!("{} ({}–{})", l.number, day(from), day(to)),
    }
}
