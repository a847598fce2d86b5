//! Queries to firms: who is asked what about what, whose turn it is, how many days are left.

use weighbridge_books::Books;
use weighbridge_books::queries::{Answer, Owner, Query, Stage};
use weighbridge_books::registry::HolderId;
use weighbridge_measure::Date;

use super::{holder_code, holder_name, site_code};
use crate::check::substance_code;
use crate::locale::Texts;
use crate::table::{Cell, Column, Kind, Table};

const COLUMNS: [Column; 16] = [
    Column::new("query", "head-query", Kind::Int),
    Column::new("stage", "head-state", Kind::Code("query_stage")),
    Column::new("outcome", "head-outcome", Kind::Code("query_outcome")),
    Column::new("late", "head-late", Kind::Code("query_owner")),
    Column::new("holder", "head-holder", Kind::Text),
    Column::new("holder_name", "head-name", Kind::Text),
    Column::new("question", "head-question", Kind::Code("query_question")),
    Column::new("about", "head-about", Kind::Code("query_about")),
    Column::new("site", "head-site", Kind::Text),
    Column::new("substance", "head-substance_id", Kind::Text),
    Column::new("substance_name", "head-substance", Kind::Text),
    Column::new("reference", "head-reference", Kind::Text),
    Column::new("asked_on", "head-asked_on", Kind::Date),
    Column::new("due", "head-due", Kind::Date),
    Column::new("days_left", "head-days_left", Kind::Int),
    Column::new("answer", "head-answer", Kind::Code("query_answer")),
];

/// Which queries are asked for.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct QueryFilter {
    /// Code of the stage.
    pub stage: Option<String>,
    /// Who is asked.
    pub holder: Option<HolderId>,
    /// Who is late.
    pub late: Option<Owner>,
}

impl QueryFilter {
    /// Whether a query is asked for on a day.
    #[must_use]
    pub fn fits(&self, q: &Query, on: Date) -> bool {
        self.stage.as_deref().is_none_or(|s| q.stage.code() == s)
            && self.holder.is_none_or(|h| q.holder == h)
            && self.late.is_none_or(|late| q.late(on) == Some(late))
    }
}

/// Some queries as they stand on a day, those that wait for somebody first, by the day that they wait for.
#[must_use]
pub fn queries<'a>(
    books: &Books,
    some: impl IntoIterator<Item = &'a Query>,
    on: Date,
    texts: &Texts,
) -> Table {
    let mut some: Vec<&Query> = some.into_iter().collect();
    some.sort_by_key(|q| (q.owner().is_none(), q.due, q.seq));
    let mut table = Table::new("queries", "title-queries", &COLUMNS);
    table.rows = some.iter().map(|q| row(books, q, on, texts)).collect();
    table
}

fn row(books: &Books, q: &Query, on: Date, texts: &Texts) -> Vec<Cell> {
    let series = q.about.series();
    let outcome = match q.stage {
        Stage::Closed(outcome) => outcome.code(),
        Stage::Open | Stage::Answered => "",
    };
    vec![
        Cell::int(q.seq),
        Cell::text(q.stage.code()),
        Cell::text(outcome),
        Cell::text(q.late(on).map_or("", Owner::code)),
        holder_code(books, q.holder),
        holder_name(books, q.holder, on, texts),
        Cell::text(q.question.code()),
        Cell::text(q.about.code()),
        series.map_or(Cell::Null, |(site, _)| site_code(books, site)),
        series.map_or(Cell::Null, |(_, s)| Cell::text(substance_code(s))),
        series.map_or(Cell::Null, |(_, s)| Cell::text(texts.substance(s))),
        q.about
            .row()
            .map_or(Cell::Null, |r| Cell::text(format!("{}:{}", r.seq, r.row))),
        Cell::date(q.asked_on()),
        Cell::date(q.owner().map(|_| q.due)),
        q.days_left(on).map_or(Cell::Null, Cell::int),
        Cell::text(q.answer.map_or("", Answer::code)),
    ]
}
