//! A consignment: what both sides say, the rows behind it as far as the caller sees them, and what was asked about it.

use askama::Template;
use weighbridge_books::entry::LineRef;
use weighbridge_books::queries::{About, Question, question_of};
use weighbridge_books::registry::HolderId;
use weighbridge_books::substances::consignment::Consignment;
use weighbridge_books::substances::grace;
use weighbridge_measure::Date;
use weighbridge_reports::table::{Cell, Column, Kind};
use weighbridge_reports::views::{self, MOVEMENT_COLUMNS, movement_cells};
use weighbridge_reports::{Sources as _, Table, Texts};

use super::{as_of, sight};
use crate::access::Action;
use crate::answer::{Answer, Answered, Refusal};
use crate::ask::{Ask, link};
use crate::frame::{Frame, rendered};
use crate::listing::view;
use crate::now::Now;
use crate::state::Server;

#[derive(Template)]
#[template(path = "consignment.html")]
struct ConsignmentPage<'a> {
    f: Frame<'a>,
    grace: String,
    asks: Vec<(String, String)>,
    consignment: String,
    rows: String,
    queries: String,
}

const COLUMNS: &[&str] = &[
    "state",
    "sender",
    "receiver",
    "substance_name",
    "document",
    "first_date",
    "dispatched_ug",
    "received_ug",
    "difference_ug",
    "difference_ppm",
    "due",
];

/// A consignment as both its sides may see it.
pub(super) fn shown(account: &Now, c: Consignment, t: &Texts, on: Date) -> String {
    let table = views::consignments_as(account.books(), vec![c], on, &account.lookup(), t);
    view(None, t, &table, Some(COLUMNS))
}

/// The consignment that a query is about, where it is one and still there.
pub(super) fn of_query(account: &Now, about: About, t: &Texts, on: Date) -> String {
    let About::Consignment(row) = about else {
        return String::new();
    };
    let books = account.books();
    let c = account.line_of(row).and_then(|l| {
        books
            .substances
            .consignment_of(&books.registry, l, Date::MAX)
    });
    c.map_or_else(String::new, |c| shown(account, c, t, on))
}

/// The page.
pub(crate) fn page(server: &Server, ask: &Ask) -> Answered {
    let line = ask.param(0).parse().map_err(|_| Refusal::Absent)?;
    let (account, t) = (server.account(), server.texts(ask.lang));
    let books = account.books();
    let (on, today) = (as_of(ask, &account)?, server.today());
    let reads = sight(ask, Action::ReadBooks, &account, server)?;
    let ledger = &books.substances;
    let c = ledger.consignment_of(&books.registry, line, on);
    let c = c.filter(|c| reads.sees(c.sender) || reads.sees(c.receiver));
    let c = c.ok_or(Refusal::Absent)?;
    let lookup = account.lookup();
    let seen = |line: &u32| {
        let l = ledger.lines().get(*line);
        let of = l.and_then(|l| Some((ledger.series(l.series())?, l.date())));
        of.is_some_and(|(s, date)| reads.sees(s.holder_on(&books.registry, date)))
    };
    let lines = c.dispatches.iter().chain(&c.receipts).copied();
    let mut rows = Table::new("movements", "title-movements", &MOVEMENT_COLUMNS);
    rows.rows = lines
        .filter(seen)
        .filter_map(|l| movement_cells(books, l, &lookup, t))
        .collect();
    let until = grace::until(ledger, &c, today);
    let asks = sight(ask, Action::AskFirms, &account, server)?;
    let mut sides = vec![c.sender, c.receiver];
    sides.dedup();
    sides.retain(|side| until.is_none() && asks.sees(*side));
    let asks = sides.into_iter().filter_map(|side| {
        let code = books.registry.holder(side).map(|h| h.code.clone())?;
        let question = question_of(&c, today).unwrap_or(Question::Other);
        let row = reference(&account, &c, side)?;
        let query = [
            ("about", "consignment"),
            ("holder", code.as_str()),
            ("row", row.as_str()),
            ("question", question.code()),
        ];
        let to = link("/queries/new", query);
        Some((t.say("web-ask_about", &[("holder", code.into())]), to))
    });
    let queries = sight(ask, Action::ReadQueries, &account, server)?;
    let about = |row: LineRef| {
        let line = account.line_of(row);
        line.is_some_and(|l| c.dispatches.contains(&l) || c.receipts.contains(&l))
    };
    let own = books.queries.all().filter(|q| {
        let of = [c.sender, c.receiver].contains(&q.holder) && queries.sees(q.holder);
        of && q.about.row().is_some_and(about)
    });
    let queries = views::queries(books, own, today, t);
    let page = ConsignmentPage {
        grace: until.map_or_else(String::new, |until| {
            t.say("web-in_grace", &[("date", until.to_string().into())])
        }),
        asks: asks.collect(),
        consignment: shown(&account, c, t, on),
        rows: view(None, t, &rows, None),
        queries: match queries.rows.is_empty() {
            true => String::new(),
            false => view(None, t, &queries, None),
        },
        f: Frame::new(server, ask, t.word("web-consignment")),
    };
    Ok(Answer::Page(rendered(&page)))
}

/// Columns of a list of consignments that has [`with_grace`] for some.
pub(super) const WITH_GRACE: &[&str] = &[
    "state",
    "grace_until",
    "sender",
    "receiver",
    "substance_name",
    "document",
    "first_date",
    "dispatched_ug",
    "received_ug",
    "difference_ug",
];

/// A list of consignments with the day until which the two firms may mend a difference themselves. Whether any row has one.
pub(super) fn with_grace(table: &mut Table, account: &Now, on: Date) -> bool {
    let Some(at) = table.place_of("consignment") else {
        return false;
    };
    let books = account.books();
    let until = |row: &[Cell]| {
        let Some(Cell::Int(line)) = row.get(at) else {
            return None;
        };
        let line = (*line).try_into().ok()?;
        let ledger = &books.substances;
        let c = ledger.consignment_of(&books.registry, line, Date::MAX)?;
        grace::until(ledger, &c, on)
    };
    let column = Column::new("grace_until", "head-grace_until", Kind::Date);
    table.columns.push(column);
    let mut any = false;
    for row in table.rows.iter_mut().filter(|row| !row.is_empty()) {
        let cell = Cell::date(until(row));
        any |= cell != Cell::Null;
        row.push(cell);
    }
    any
}

/// The row by which a side is asked: its own where it has one, else the other's.
fn reference(account: &Now, c: &Consignment, side: HolderId) -> Option<String> {
    let (own, others) = match side == c.sender {
        true => (&c.dispatches, &c.receipts),
        false => (&c.receipts, &c.dispatches),
    };
    let line = *own.first().or(others.first())?;
    let (entry, _) = account.books().substances.entry_of(line)?;
    Some(format!("{}:{}", entry.seq, account.lookup().row(line).row))
}
