//! Substances: what the account has of each, and how one flowed through the province.

use std::cmp::Reverse;
use std::collections::BTreeMap;

use askama::Template;
use weighbridge_books::registry::HolderId;
use weighbridge_books::substances::balance::Balance;
use weighbridge_books::substances::kind::Kind as Movement;
use weighbridge_measure::{Date, SubstanceId, SubstanceTable};
use weighbridge_reports::Table;
use weighbridge_reports::table::{Cell, Column, Kind};
use weighbridge_reports::views::{self, MovementFilter};

use super::{as_of, day, sight};
use crate::access::{Action, Sight};
use crate::answer::{Answer, Answered, Refusal};
use crate::ask::{Ask, link};
use crate::desk::Flow;
use crate::frame::{Frame, rendered};
use crate::listing::{List, answer, view};
use crate::now::Now;
use crate::state::Server;

/// Lanes of a flow that are shown; the rest is in the export.
const LANES: usize = 50;

/// Every substance of the account.
pub(crate) fn all(server: &Server, ask: &Ask) -> Answered {
    let (account, t) = (server.account(), server.texts(ask.lang));
    let books = account.books();
    let on = as_of(ask, &account)?;
    let sight = sight(ask, Action::ReadBooks, &account, server)?;
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
    let list = List {
        shown: Some(&["substance_name", "cas", "series"]),
        ..List::whole(table)
    };
    answer(server, ask, list)
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
    let on = account.desk.on;
    let sight = sight(ask, Action::ReadBooks, &account, server)?;
    let id = SubstanceTable::shipped()
        .by_code(ask.param(0))
        .ok_or(Refusal::Absent)?;
    let (from, to) = (day(ask, "from")?, day(ask, "to")?);
    let mut lanes = match (from, to) {
        (None, None) => lanes_of(&account, id),
        _ => {
            let _leave = server.heavy()?;
            lanes_between(&account, id, from, to)
        }
    };
    lanes.retain(|(a, b, _)| sight.sees(*a) || sight.sees(*b));
    lanes.sort_by(|a, b| b.2.ug.cmp(&a.2.ug).then(a.0.cmp(&b.0)));
    let code = |id: HolderId| books.registry.holder(id).map_or("", |h| h.code.as_str());
    let shown = match ask.query("format") {
        Some(_) => lanes.len(),
        None => LANES,
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
        .take(shown)
        .map(|(a, b, flow)| {
            vec![
                Cell::text(code(*a)),
                Cell::text(code(*b)),
                Cell::MassUg(flow.ug),
                Cell::int(flow.dispatches),
            ]
        })
        .collect();
    if ask.query("format").is_some() {
        return answer(server, ask, List::whole(flows));
    }
    let drawn: Vec<(HolderId, HolderId, i128)> =
        lanes.iter().map(|(a, b, flow)| (*a, *b, flow.ug)).collect();
    let named = |id| code(id).to_owned();
    let drawing = weighbridge_reports::flow::sankey(&drawn, named, &t.word("title-flows"));
    let more = lanes.len() > LANES;
    let own = account.desk.balances.iter();
    let own = own.filter(|b| {
        b.series.substance == id && sight.sees(b.series.holder_on(&books.registry, on))
    });
    let mut own: Vec<&Balance> = own.collect();
    own.sort_by_key(|b| Reverse(b.book_ug));
    own.truncate(LANES);
    let balances = views::balances_of(own, books, on, t);
    let known = SubstanceTable::shipped().get(id);
    let mut facts = vec![(t.word("head-substance_id"), known.id.to_owned())];
    facts.extend(known.cas.map(|cas| (t.word("web-cas"), cas.to_owned())));
    facts.push((
        t.word("web-also"),
        [known.name_en, known.name_zh.unwrap_or("")].join(" · "),
    ));
    if *sight == Sight::All {
        let sum: i128 = lanes.iter().map(|(_, _, flow)| flow.ug).sum();
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

/// Sender and receiver with what was dispatched between them.
type Between = (HolderId, HolderId, Flow);

/// All lanes of a substance.
fn lanes_of(account: &Now, id: SubstanceId) -> Vec<Between> {
    let lanes = account
        .desk
        .lanes
        .range((id, HolderId::at(0), HolderId::at(0))..);
    let own = lanes.take_while(|((substance, ..), _)| *substance == id);
    own.map(|((_, a, b), flow)| (*a, *b, *flow)).collect()
}

/// The same for dispatches of some days.
fn lanes_between(
    account: &Now,
    id: SubstanceId,
    from: Option<Date>,
    to: Option<Date>,
) -> Vec<Between> {
    let books = account.books();
    let ledger = &books.substances;
    let mut lanes: BTreeMap<(HolderId, HolderId), Flow> = BTreeMap::new();
    let filter = MovementFilter {
        substance: Some(id),
        kind: Some(Movement::Dispatch),
        from,
        to,
        ..MovementFilter::default()
    };
    for l in ledger.lines().iter().filter(filter.of(books)) {
        let sender = ledger.series(l.series());
        let sender = sender.map(|s| s.holder_on(&books.registry, l.date()));
        if let (Some(sender), Some((receiver, _))) = (sender, ledger.place(l.other())) {
            let flow = lanes.entry((sender, receiver)).or_default();
            flow.ug += i128::from(l.base_ug());
            flow.dispatches += 1;
        }
    }
    lanes.into_iter().map(|((a, b), f)| (a, b, f)).collect()
}
