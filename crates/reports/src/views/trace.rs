//! The steps of a trace: where a lot came from, or where it went.

use weighbridge_books::Books;
use weighbridge_books::substances::ledger::Series;
use weighbridge_books::substances::movement::Text;
use weighbridge_books::substances::trace::{Link, Step};
use weighbridge_measure::Date;

use super::{holder_code, site_code};
use crate::check::substance_code;
use crate::locale::Texts;
use crate::sources::Sources;
use crate::table::{Cell, Column, Kind, Table};

const COLUMNS: [Column; 17] = [
    Column::new("step", "head-step", Kind::Int),
    Column::new("link", "head-link", Kind::Code("link")),
    Column::new("from_holder", "head-from_holder", Kind::Text),
    Column::new("from_site", "head-from_site", Kind::Text),
    Column::new("from_substance", "head-from_substance_id", Kind::Text),
    Column::new("from_substance_name", "head-from_substance", Kind::Text),
    Column::new("from_lot", "head-from_lot", Kind::Text),
    Column::new("to_holder", "head-to_holder", Kind::Text),
    Column::new("to_site", "head-to_site", Kind::Text),
    Column::new("to_substance", "head-to_substance_id", Kind::Text),
    Column::new("to_substance_name", "head-to_substance", Kind::Text),
    Column::new("to_lot", "head-to_lot", Kind::Text),
    Column::new("date", "head-date", Kind::Date),
    Column::mass("mass_ug", "head-mass"),
    Column::new("document", "head-document", Kind::Text),
    Column::new("from_row", "head-from_row", Kind::Text),
    Column::new("to_row", "head-to_row", Kind::Text),
];

/// Steps in the order of the trace, nearest first. Date, mass and document of a consignment are those of the line that
/// left; of a process those of the line that came out of it, since the other may be what brought the lot here.
#[must_use]
pub fn trace(books: &Books, steps: &[Step], sources: &dyn Sources, texts: &Texts) -> Table {
    let ledger = &books.substances;
    let mut table = Table::new("trace", "title-trace", &COLUMNS);
    for (at, step) in (1i128..).zip(steps) {
        let (Some(from), Some(to)) = (
            ledger.series(step.from.series),
            ledger.series(step.to.series),
        ) else {
            continue;
        };
        let shown = match step.link {
            Link::Consignment => step.from_line,
            Link::Process => step.to_line,
        };
        let line = ledger.lines().get(shown);
        // The holder of the day on which the goods left or came, as everywhere else.
        let holder = |series: Series, line| {
            let day = ledger.lines().get(line).map_or(Date::MAX, |l| l.date());
            holder_code(books, series.holder_on(&books.registry, day))
        };
        let row = |line| {
            let row = sources.row(line);
            Cell::text(format!("{}:{}", row.file, row.row))
        };
        table.rows.push(vec![
            Cell::Int(at),
            Cell::text(match step.link {
                Link::Consignment => "consignment",
                Link::Process => "process",
            }),
            holder(from, step.from_line),
            site_code(books, from.site),
            Cell::text(substance_code(from.substance)),
            Cell::text(texts.substance(from.substance)),
            Cell::text(sources.text(step.from_line, Text::Lot)),
            holder(to, step.to_line),
            site_code(books, to.site),
            Cell::text(substance_code(to.substance)),
            Cell::text(texts.substance(to.substance)),
            Cell::text(sources.text(step.to_line, Text::Lot)),
            line.map_or(Cell::Null, |l| Cell::Date(l.date())),
            line.map_or(Cell::Null, |l| Cell::MassUg(i128::from(l.base_ug()))),
            Cell::text(sources.text(shown, Text::Document)),
            row(step.from_line),
            row(step.to_line),
        ]);
    }
    table
}
