//! Substances: what the account has of each, and how one flowed through the province.

use std::collections::BTreeMap;

use askama::Template;
use weighbridge_books::registry::HolderId;
use weighbridge_books::substances::kind::Kind as Movement;
use weighbridge_measure::{SubstanceId, SubstanceTable};
use weighbridge_reports::table::{Cell, Column, Kind};
use weighbridge_reports::{Table, views};

use super::{as_of, day, sight};
use crate::access::{Action, Sight};
use crate::answer::{Answer, Answered, Refusal};
use crate::ask::{Ask, link};
use crate::frame::{Frame, rendered};
use crate::listing::{List, answer, cut, view};
use crate::state::Server;

/// Lanes of a flow that are shown; the rest is in the export.
const LANES: usize = 50;

/// Every substance of the account.
pub(crate) fn all(server: &Server, ask: &Ask) -> Answered {
    let (account, t) = (server.account(), server.texts(ask.lang));
    let books = account.books();
    let on = as_of(server, ask, &account)?;
    let sight = sight(ask, Action::ReadBooks, books, server)?;
    let mut count: BTreeMap<SubstanceId, i64> = BTreeMap::new();
    for (_, series) in books.substances.all_series() {
        if sight.sees(series.holder_on(&books.registry, on)) {
            *count.entry(series.substance).or_default() += 1;
        }
    }
    let columns = [
        Column::new("substance", "head-substance_id", Kind::Text),
        Column::new("substance_name", "head-substance", Kind::Text),
        Column::new("cas", "web-cas", Kind::Text),
        Column::new("series", "web-places_held", Kind::Int),
    ];
    let mut table = Table::new("substances", "title-substances", &columns);
    table.rows = count
        .into_iter()
        .map(|(id, n)| {
            let known = SubstanceTable::shipped().get(id);
            vec![
                Cell::text(known.id),
                Cell::text(t.substance(id)),
                Cell::text(known.cas.unwrap_or("")),
                Cell::int(n),
            ]
        })
        .collect();
    drop(account);
    answer(
        server,
        ask,
        List {
            table,
            lead: String::new(),
            filters: Vec::new(),
            shown: Some(&["substance_name", "cas", "series"]),
        },
    )
}

#[derive(Template)]
#[template(path = "substance.html")]
struct SubstancePage<'a> {
    f: Frame<'a>,
    facts: Vec<(String, String)>,
    from: String,
    to: String,
    flows: String,
    drawing: String,
    more: bool,
    exports: String,
    balances: String,
}

/// One substance.
pub(crate) fn page(server: &Server, ask: &Ask) -> Answered {
    let (account, t) = (server.account(), server.texts(ask.lang));
    let books = account.books();
    let on = as_of(server, ask, &account)?;
    let sight = sight(ask, Action::ReadBooks, books, server)?;
    let id = SubstanceTable::shipped()
        .by_code(ask.param(0))
        .ok_or(Refusal::Absent)?;
    let (from, to) = (day(ask, "from")?, day(ask, "to")?);
    let mut lanes: BTreeMap<(HolderId, HolderId), (i128, i64)> = BTreeMap::new();
    let ledger = &books.substances;
    for l in ledger
        .lines()
        .iter()
        .filter(|l| l.is_live() && l.kind() == Movement::Dispatch)
    {
        let within = from.is_none_or(|d| d <= l.date()) && to.is_none_or(|d| l.date() <= d);
        let Some(series) = ledger
            .series(l.series())
            .filter(|s| within && s.substance == id)
        else {
            continue;
        };
        let sender = series.holder_on(&books.registry, l.date());
        if let Some((receiver, _)) = ledger.place(l.other()) {
            let lane = lanes.entry((sender, receiver)).or_default();
            lane.0 += i128::from(l.base_ug());
            lane.1 += 1;
        }
    }
    let mut lanes: Vec<_> = lanes
        .into_iter()
        .filter(|((a, b), _)| sight.sees(*a) || sight.sees(*b))
        .collect();
    lanes.sort_by(|a, b| b.1.0.cmp(&a.1.0).then(a.0.cmp(&b.0)));
    let code = |id: HolderId| {
        books
            .registry
            .holder(id)
            .map(|h| h.code.clone())
            .unwrap_or_default()
    };
    let columns = [
        Column::new("sender", "head-sender", Kind::Text),
        Column::new("receiver", "head-receiver", Kind::Text),
        Column::mass("dispatched_ug", "head-dispatched"),
        Column::new("dispatches", "web-dispatches", Kind::Int),
    ];
    let mut flows = Table::new("flows", "title-flows", &columns);
    flows.rows = lanes
        .iter()
        .map(|((a, b), (ug, n))| {
            vec![
                Cell::text(code(*a)),
                Cell::text(code(*b)),
                Cell::MassUg(*ug),
                Cell::int(*n),
            ]
        })
        .collect();
    if ask.query("format").is_some() {
        drop(account);
        return answer(
            server,
            ask,
            List {
                table: flows,
                lead: String::new(),
                filters: Vec::new(),
                shown: None,
            },
        );
    }
    let named: Vec<(String, String, i128)> = lanes
        .iter()
        .map(|((a, b), (ug, _))| (code(*a), code(*b), *ug))
        .collect();
    let drawing = weighbridge_reports::flow::sankey(&named, &t.word("title-flows"));
    let more = flows.rows.len() > LANES;
    flows.rows.truncate(LANES);
    let mut balances = views::balances(books, on, t);
    let at = balances.columns.iter().position(|c| c.key == "substance");
    balances
        .rows
        .retain(|r| matches!(at.and_then(|a| r.get(a)), Some(Cell::Text(s)) if s == ask.param(0)));
    cut(&mut balances, &sight, books);
    let rest = balances.columns.iter().position(|c| c.key == "book_ug");
    balances.rows.sort_by_key(|r| {
        std::cmp::Reverse(match rest.and_then(|a| r.get(a)) {
            Some(Cell::MassUg(ug)) => *ug,
            _ => i128::MIN,
        })
    });
    balances.rows.truncate(LANES);
    let known = SubstanceTable::shipped().get(id);
    let mut facts = vec![(t.word("head-substance_id"), known.id.to_owned())];
    facts.extend(known.cas.map(|cas| (t.word("web-cas"), cas.to_owned())));
    facts.push((
        t.word("web-also"),
        [known.name_en, known.name_zh.unwrap_or("")].join(" · "),
    ));
    if sight == Sight::All {
        let sum: i128 = lanes.iter().map(|(_, (ug, _))| ug).sum();
        facts.push((
            t.word("web-dispatched_in_all"),
            format!("{} kg", weighbridge_reports::number::kg_short(sum)),
        ));
    }
    let query = [
        ("from", ask.query("from").unwrap_or("")),
        ("to", ask.query("to").unwrap_or("")),
        ("format", "csv"),
    ];
    let page = SubstancePage {
        f: Frame::new(server, ask, t.substance(id)),
        facts,
        from: ask.query("from").unwrap_or("").to_owned(),
        to: ask.query("to").unwrap_or("").to_owned(),
        flows: view(
            None,
            t,
            &flows,
            Some(&["sender", "receiver", "dispatched_ug", "dispatches"]),
        ),
        drawing,
        more,
        exports: link(&ask.path, query),
        balances: view(
            None,
            t,
            &balances,
            Some(&[
                "holder",
                "site",
                "book_ug",
                "book_is",
                "counted_on",
                "unexplained_ug",
            ]),
        ),
    };
    Ok(Answer::Page(rendered(&page)))
}
