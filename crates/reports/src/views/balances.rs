//! Balances by holder, site and substance.

use weighbridge_books::Books;
use weighbridge_books::substances::balance::Balance;
use weighbridge_measure::Date;

use super::holder_name;
use crate::check::{self, BalanceItem};
use crate::locale::Texts;
use crate::table::{Cell, Column, Kind, Table};

const COLUMNS: [Column; 16] = [
    Column::new("holder", "head-holder", Kind::Text),
    Column::new("holder_name", "head-name", Kind::Text),
    Column::new("site", "head-site", Kind::Text),
    Column::new("substance", "head-substance_id", Kind::Text),
    Column::new("substance_name", "head-substance", Kind::Text),
    Column::new("opened_on", "head-opened_on", Kind::Date),
    Column::mass("opening_ug", "head-opening"),
    Column::mass("in_ug", "head-in"),
    Column::mass("out_ug", "head-out"),
    Column::mass("book_ug", "head-book"),
    Column::new("book_is", "head-net_flow", Kind::Code("net")),
    Column::new("counted_on", "head-counted_on", Kind::Date),
    Column::mass("book_at_count_ug", "head-book_at_count"),
    Column::mass("counted_ug", "head-counted"),
    Column::mass("unexplained_ug", "head-unexplained"),
    Column::new("lines", "head-lines", Kind::Int),
];

/// Every balance on a day. The books must be settled.
#[must_use]
pub fn balances(books: &Books, as_of: Date, texts: &Texts) -> Table {
    let items = check::balances(books, as_of);
    balance_table(items.iter(), books, as_of, texts)
}

/// Some balances as the book gives them, in their order.
#[must_use]
pub fn balances_of<'a>(
    of: impl IntoIterator<Item = &'a Balance>,
    books: &Books,
    as_of: Date,
    texts: &Texts,
) -> Table {
    let items = of.into_iter().map(|b| check::balance(books, b, as_of));
    let items: Vec<BalanceItem> = items.collect();
    balance_table(&items, books, as_of, texts)
}

/// Balances by the codes of holder, site and substance, as a list has them.
#[must_use]
pub fn in_order(mut all: Vec<Balance>, books: &Books, as_of: Date) -> Vec<Balance> {
    let registry = &books.registry;
    all.sort_by_cached_key(|b| {
        let holder = registry.holder(b.series.holder_on(registry, as_of));
        let site = registry.site(b.series.site);
        (
            holder.map_or("", |h| h.code.as_str()),
            site.map_or("", |s| s.code.as_str()),
            check::substance_code(b.series.substance),
        )
    });
    all
}

/// Some balances, in their order.
#[must_use]
pub fn balance_table<'a>(
    items: impl IntoIterator<Item = &'a BalanceItem>,
    books: &Books,
    as_of: Date,
    texts: &Texts,
) -> Table {
    let mut table = Table::new("balances", "title-balances", &COLUMNS);
    for b in items {
        table.rows.push(vec![
            Cell::text(&b.holder),
            holder_name(
                books,
                b.balance.series.holder_on(&books.registry, as_of),
                as_of,
                texts,
            ),
            Cell::text(&b.site),
            Cell::text(&b.substance),
            Cell::text(texts.substance(b.balance.series.substance)),
            Cell::date(b.opened_on),
            Cell::mass(b.opening_ug),
            Cell::MassUg(b.in_ug),
            Cell::MassUg(b.out_ug),
            Cell::MassUg(b.book_ug),
            Cell::text(b.book_is),
            Cell::date(b.counted_on),
            Cell::mass(b.book_at_count_ug),
            Cell::mass(b.counted_ug),
            Cell::mass(b.unexplained_ug),
            Cell::int(b.lines),
        ]);
    }
    table
}
