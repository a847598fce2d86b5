//! The instruments of the register, one row per calibration.

use weighbridge_books::Books;
use weighbridge_measure::{Date, SubstanceTable};

use super::{holder_code, site_code};
use crate::locale::Texts;
use crate::table::{Cell, Column, Kind, Table};

/// Every calibration, by site and what is measured; holders as on a day.
#[must_use]
pub fn instruments(books: &Books, on: Date, texts: &Texts) -> Table {
    let columns = [
        Column::new("holder", "head-holder", Kind::Text),
        Column::new("site", "head-site", Kind::Text),
        Column::new("substance", "head-substance_id", Kind::Text),
        Column::new("substance_name", "head-substance", Kind::Text),
        Column::new("measures", "head-measures", Kind::Code("source")),
        Column::new("instrument", "head-instrument", Kind::Text),
        Column::new("random_ppm", "head-random", Kind::Percent),
        Column::new("systematic_ppm", "head-systematic", Kind::Percent),
        Column::mass("step_ug", "head-scale_step"),
        Column::new("calibrated_on", "head-calibrated_on", Kind::Date),
    ];
    let mut table = Table::new("instruments", "title-instruments", &columns);
    let rows = books.registry.instruments().map(|(site, measures, c)| {
        let holder = books.registry.site_holder(site, on);
        let id = c.substance.map(|s| SubstanceTable::shipped().get(s).id);
        vec![
            holder.map_or(Cell::Null, |h| holder_code(books, h)),
            site_code(books, site),
            Cell::text(id.unwrap_or_default()),
            Cell::text(c.substance.map_or("", |s| texts.substance(s))),
            Cell::text(measures.code()),
            Cell::text(&c.code),
            Cell::int(c.random_ppm),
            Cell::int(c.systematic_ppm),
            Cell::MassUg(i128::from(c.step_ug)),
            Cell::Date(c.on),
        ]
    });
    table.rows = rows.collect();
    table
}
