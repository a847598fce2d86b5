//! A holder: who it is, its sites, its balances drawn, what of its consignments needs a hand.

use askama::Template;
use weighbridge_books::substances::consignment::Consignment;
use weighbridge_reports::table::Cell;
use weighbridge_reports::unexplained::Drawn;
use weighbridge_reports::views;

use super::unexplained::path;
use super::{holder, is_firm};
use crate::access::Action;
use crate::answer::{Answer, Answered};
use crate::ask::{Ask, link};
use crate::frame::{Frame, rendered};
use crate::listing::{view, without_others};
use crate::state::Server;

/// Consignments shown of a holder; the rest is in the list.
const SHOWN: usize = 15;

#[derive(Template)]
#[template(path = "holder.html")]
struct HolderPage<'a> {
    f: Frame<'a>,
    facts: Vec<(String, String)>,
    balances: String,
    entries: Vec<(String, Drawn)>,
    judged: bool,
    consignments: String,
    more: String,
    movements: String,
    /// Where the firm is asked, for who may.
    ask: String,
    queries: Option<String>,
}

/// The page.
pub(crate) fn page(server: &Server, ask: &Ask) -> Answered {
    let (account, t) = (server.account(), server.texts(ask.lang));
    let books = account.books();
    let on = account.desk.on;
    let id = holder(ask, Action::ReadBooks, books, ask.param(0), on)?;
    let code = books
        .registry
        .holder(id)
        .map(|h| h.code.clone())
        .unwrap_or_default();
    let register = views::holders_of(books, [id], on, t);
    let facts = register.rows.first().map_or_else(Vec::new, |row| {
        let cells = register
            .columns
            .iter()
            .zip(row)
            .filter(|(_, cell)| **cell != Cell::Null);
        cells
            .map(|(c, cell)| (c.heading(t), cell.shown(c, t)))
            .collect()
    });
    let own = account.desk.balances.iter();
    let own = own.filter(|b| b.series.holder_on(&books.registry, on) == id);
    let balances = views::balances_of(own, books, on, t);
    let open = account.desk.watched_of(id).filter(|c| c.is_open(on));
    let open = open.take(SHOWN).map(|c| Consignment::clone(c)).collect();
    let mut consignments = views::consignments_as(books, open, on, &account.lookup(), t);
    let more = consignments.rows.len() == SHOWN;
    if is_firm(ask) {
        consignments = without_others(consignments);
    }
    let judged = server.judged.last();
    let entries = judged
        .iter()
        .flat_map(|j| j.unexplained.entries.iter().filter(|e| e.holder == code));
    let entries = entries.map(|e| (path(e), Drawn::of(e, t)));
    let name = facts
        .get(1)
        .map_or("", |(_, name): &(String, String)| name.as_str())
        .to_owned();
    let today = server.today();
    let may = |action| holder(ask, action, books, &code, today).is_ok();
    let queries = may(Action::ReadQueries)
        .then(|| super::queries::of_holder(&account, t, id, today))
        .flatten();
    let page = HolderPage {
        ask: match may(Action::AskFirms) {
            true => link("/queries/new", [("about", "holder"), ("holder", &code)]),
            false => String::new(),
        },
        queries,
        balances: view(None, t, &balances, Some(BALANCES)),
        consignments: view(None, t, &consignments, None),
        more: if more {
            link(
                "/consignments",
                [("holder", code.as_str()), ("state", "open")],
            )
        } else {
            String::new()
        },
        movements: link("/movements", [("holder", code.as_str())]),
        entries: entries.collect(),
        judged: judged.is_some(),
        f: Frame::new(
            server,
            ask,
            if name.is_empty() {
                code.clone()
            } else {
                format!("{code} · {name}")
            },
        ),
        facts,
    };
    Ok(Answer::Page(rendered(&page)))
}

const BALANCES: &[&str] = &[
    "site",
    "substance_name",
    "opening_ug",
    "in_ug",
    "out_ug",
    "book_ug",
    "book_is",
    "counted_ug",
    "counted_on",
    "unexplained_ug",
];
