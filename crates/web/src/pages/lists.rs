//! The lists of the substances book, each as the command of the same name gives it.

use std::collections::BTreeSet;

use weighbridge_books::registry::HolderId;
use weighbridge_books::substances::body::Finding;
use weighbridge_books::substances::consignment::State;
use weighbridge_books::substances::kind::{Kind, RULES};
use weighbridge_books::substances::trace::{Direction, Step};
use weighbridge_measure::{Found, SubstanceId, SubstanceTable};
use weighbridge_reports::table::Cell;
use weighbridge_reports::views::{
    self, ConsignmentFilter, FindingFilter, MovementFilter, StateFilter,
};
use weighbridge_reports::{Table, Texts};

use super::{as_of, day, holder, is_firm, sight};
use crate::access::{Action, Sight};
use crate::answer::{Answered, Refusal};
use crate::ask::Ask;
use crate::limits::{EXPORT_ROWS, PAGE_ROWS};
use crate::listing::{Filter, List, answer, cut, without_others};
use crate::state::{Served, Server};

/// The substance that the query names.
fn substance(ask: &Ask) -> Result<Option<SubstanceId>, Refusal> {
    let Some(text) = ask.query("substance") else {
        return Ok(None);
    };
    match SubstanceTable::shipped().find(text) {
        Found::One(id) => Ok(Some(id)),
        _ => Err(Refusal::Bad("substance", text.chars().take(80).collect())),
    }
}

/// The holder that the query names, of those that the caller sees; the caller's own where there is one alone.
fn of_holder(
    ask: &Ask,
    account: &Served,
    sight: &Sight,
    name: &str,
) -> Result<Option<HolderId>, Refusal> {
    let on = weighbridge_measure::Date::MAX;
    match ask.query(name) {
        Some(code) if name == "holder" => {
            holder(ask, Action::ReadBooks, account.books(), code, on).map(Some)
        }
        // A name that nobody bears is nobody, whose lines are none.
        Some(code) => Ok(account
            .books()
            .registry
            .one(code)
            .or(Some(HolderId::at(usize::MAX)))),
        None if name == "holder" => Ok(sight.only()),
        None => Ok(None),
    }
}

fn words<'a>(
    t: &Texts,
    prefix: &str,
    codes: impl IntoIterator<Item = &'a str>,
) -> Vec<(String, String)> {
    codes
        .into_iter()
        .map(|c| (c.to_owned(), t.code(prefix, c)))
        .collect()
}

/// Substances that the account has.
fn substances(account: &Served, t: &Texts) -> Vec<(String, String)> {
    let all: BTreeSet<SubstanceId> = account
        .books()
        .substances
        .all_series()
        .map(|(_, s)| s.substance)
        .collect();
    let table = SubstanceTable::shipped();
    let mut all: Vec<(String, String)> = all
        .into_iter()
        .map(|s| (table.get(s).id.to_owned(), t.substance(s).to_owned()))
        .collect();
    all.sort_by(|a, b| a.1.cmp(&b.1));
    all
}

fn filters_of(account: &Served, ask: &Ask, t: &Texts) -> Vec<Filter> {
    let mut all = Vec::new();
    if !is_firm(ask) {
        all.push(Filter::text(ask, t, "holder", "head-holder"));
    }
    all.push(Filter::choice(
        ask,
        t,
        "substance",
        "head-substance",
        substances(account, t),
    ));
    all
}

/// Only the rows with a text in one of their shown cells.
fn containing(table: &mut Table, text: Option<&str>) {
    let Some(text) = text.map(str::to_lowercase) else {
        return;
    };
    table.rows.retain(|row| {
        row.iter()
            .any(|c| matches!(c, Cell::Text(x) if x.to_lowercase().contains(&text)))
    });
}

pub(crate) fn holders(server: &Server, ask: &Ask) -> Answered {
    let (account, t) = (server.account(), server.texts(ask.lang));
    let on = as_of(server, ask, &account)?;
    let mut table = views::holders(account.books(), on, t);
    cut(
        &mut table,
        &sight(ask, Action::ReadBooks, account.books(), server)?,
        account.books(),
    );
    containing(&mut table, ask.query("q"));
    if let (Some(area), Some(at)) = (
        ask.query("area"),
        table.columns.iter().position(|c| c.key == "area"),
    ) {
        table
            .rows
            .retain(|r| matches!(r.get(at), Some(Cell::Text(a)) if a.starts_with(area)));
    }
    let filters = vec![
        Filter::text(ask, t, "q", "web-contains"),
        Filter::text(ask, t, "area", "head-area"),
    ];
    drop(account);
    answer(
        server,
        ask,
        List {
            table,
            lead: t.word("web_lead-holders"),
            filters,
            shown: None,
        },
    )
}

pub(crate) fn balances(server: &Server, ask: &Ask) -> Answered {
    let (account, t) = (server.account(), server.texts(ask.lang));
    let on = as_of(server, ask, &account)?;
    let sight = sight(ask, Action::ReadBooks, account.books(), server)?;
    let mut table = views::balances(account.books(), on, t);
    cut(&mut table, &sight, account.books());
    let code = |id| account.books().registry.holder(id).map(|h| h.code.clone());
    let owner = of_holder(ask, &account, &sight, "holder")?.and_then(code);
    let of = substance(ask)?.map(|s| SubstanceTable::shipped().get(s).id.to_owned());
    keep(&mut table, "holder", owner.as_deref());
    keep(&mut table, "substance", of.as_deref());
    if ask.query("unclosed").is_some()
        && let Some(at) = table.columns.iter().position(|c| c.key == "unexplained_ug")
    {
        let rest = |row: &Vec<Cell>| match row.get(at) {
            Some(Cell::MassUg(ug)) => ug.unsigned_abs(),
            _ => 0,
        };
        table.rows.retain(|row| rest(row) > 0);
        table.rows.sort_by_key(|row| std::cmp::Reverse(rest(row)));
    }
    let mut filters = filters_of(&account, ask, t);
    filters.push(Filter::choice(
        ask,
        t,
        "unclosed",
        "web-show",
        vec![("1".to_owned(), t.word("web-unclosed"))],
    ));
    filters.push(Filter::date(ask, t, "as_of", "web-as_of"));
    let lead = t.say("web_lead-balances", &[("date", on.to_string().into())]);
    drop(account);
    answer(
        server,
        ask,
        List {
            table,
            lead,
            filters,
            shown: None,
        },
    )
}

/// The page of a list that is asked for, from 1.
pub(crate) fn page_of(ask: &Ask) -> usize {
    let page = ask.query("page").and_then(|p| p.parse().ok());
    page.unwrap_or(1).max(1)
}

fn keep(table: &mut Table, key: &str, value: Option<&str>) {
    if let (Some(value), Some(at)) = (value, table.columns.iter().position(|c| c.key == key)) {
        table
            .rows
            .retain(|r| matches!(r.get(at), Some(Cell::Text(x)) if x == value));
    }
}

pub(crate) fn consignments(server: &Server, ask: &Ask) -> Answered {
    let (account, t) = (server.account(), server.texts(ask.lang));
    let on = as_of(server, ask, &account)?;
    let sight = sight(ask, Action::ReadBooks, account.books(), server)?;
    let whole = ask.query("format").is_some() || ask.query("sort").is_some();
    let state = ask.query("state").and_then(StateFilter::from_code);
    let filter = ConsignmentFilter {
        as_of: on,
        states: state.into_iter().collect(),
        holder: of_holder(ask, &account, &sight, "holder")?,
        substance: substance(ask)?,
        limit: (!whole).then(|| page_of(ask).saturating_mul(PAGE_ROWS)),
    };
    let needs_hand = |s: &State| matches!(s, State::Short | State::Over | State::Disputed);
    let among_open = match state {
        Some(StateFilter::Open | StateFilter::Overdue) => true,
        Some(StateFilter::Is(state)) => needs_hand(&state),
        _ => false,
    };
    let books = account.books();
    let mut all = match among_open {
        true => super::open(server, &account, on),
        false => books.substances.consignments(&books.registry, on).collect(),
    };
    all.retain(|c| filter.fits(c) && (sight.sees(c.sender) || sight.sees(c.receiver)));
    let count = all.len();
    let mut table = views::consignments_of(books, all, &filter, &account.lookup(), t);
    // What is behind the page is counted and not read.
    table.rows.resize_with(count, Vec::new);
    if is_firm(ask) {
        table = without_others(table);
    }
    let mut filters = filters_of(&account, ask, t);
    filters.insert(
        0,
        Filter::choice(
            ask,
            t,
            "state",
            "head-state",
            words(t, "state", StateFilter::CODES),
        ),
    );
    filters.push(Filter::date(ask, t, "as_of", "web-as_of"));
    let lead = t.say("web_lead-consignments", &[("date", on.to_string().into())]);
    drop(account);
    answer(
        server,
        ask,
        List {
            table,
            lead,
            filters,
            shown: None,
        },
    )
}

pub(crate) fn movements(server: &Server, ask: &Ask) -> Answered {
    let (account, t) = (server.account(), server.texts(ask.lang));
    let sight = sight(ask, Action::ReadBooks, account.books(), server)?;
    let filter = MovementFilter {
        holder: of_holder(ask, &account, &sight, "holder")?,
        counterparty: of_holder(ask, &account, &sight, "counterparty")?,
        site: ask.query("site").map(str::to_owned),
        substance: substance(ask)?,
        kind: ask.query("kind").and_then(Kind::from_code),
        from: day(ask, "from")?,
        to: day(ask, "to")?,
        document: ask.query("document").map(str::to_owned),
        lot: ask.query("lot").map(str::to_owned),
        every_state: ask.query("all").is_some(),
        limit: None,
    };
    let (books, lookup) = (account.books(), account.lookup());
    let ledger = &books.substances;
    let seen = |line: &u32| {
        let l = ledger.lines().get(*line);
        let of = l.and_then(|l| Some((ledger.series(l.series())?, l.date())));
        of.is_some_and(|(series, date)| sight.sees(series.holder_on(&books.registry, date)))
    };
    let mut lines = filter.lines(books);
    lines.retain(seen);
    // The newest first; only what is shown or sent is read from the journal.
    lines.reverse();
    let mut table = Table::new("movements", "title-movements", &views::MOVEMENT_COLUMNS);
    let whole = ask.query("format").is_some() || ask.query("sort").is_some();
    let (page, rows) = (page_of(ask), PAGE_ROWS);
    let needed = if whole {
        0..EXPORT_ROWS + 1
    } else {
        (page - 1).saturating_mul(rows)..page.saturating_mul(rows)
    };
    table.rows = lines
        .iter()
        .enumerate()
        .map(|(at, line)| match needed.contains(&at) {
            true => views::movement_cells(books, *line, &lookup, t).unwrap_or_default(),
            false => Vec::new(),
        })
        .collect();
    let mut filters = filters_of(&account, ask, t);
    filters.push(Filter::choice(
        ask,
        t,
        "kind",
        "head-kind",
        words(t, "kind", RULES.map(|r| r.code)),
    ));
    filters.push(Filter::text(ask, t, "counterparty", "head-counterparty"));
    filters.push(Filter::text(ask, t, "document", "head-document"));
    filters.push(Filter::date(ask, t, "from", "head-from"));
    filters.push(Filter::date(ask, t, "to", "head-to"));
    drop(lookup);
    drop(account);
    answer(
        server,
        ask,
        List {
            table,
            lead: t.word("web_lead-movements"),
            filters,
            shown: None,
        },
    )
}

pub(crate) fn findings(server: &Server, ask: &Ask) -> Answered {
    let (account, t) = (server.account(), server.texts(ask.lang));
    let sight = sight(ask, Action::ReadBooks, account.books(), server)?;
    let lines = MovementFilter {
        holder: of_holder(ask, &account, &sight, "holder")?,
        substance: substance(ask)?,
        ..MovementFilter::default()
    };
    let filter = FindingFilter {
        lines,
        finding: ask.query("code").and_then(Finding::from_code),
        limit: None,
    };
    let mut table = views::findings(account.books(), &filter, &account.lookup(), t);
    cut(&mut table, &sight, account.books());
    let mut filters = filters_of(&account, ask, t);
    let codes = Finding::ALL.iter().map(|f| f.code());
    filters.push(Filter::choice(
        ask,
        t,
        "code",
        "web-question",
        words(t, "question", codes),
    ));
    drop(account);
    answer(
        server,
        ask,
        List {
            table,
            lead: t.word("cli-findings-meaning"),
            filters,
            shown: None,
        },
    )
}

pub(crate) fn quarantine(server: &Server, ask: &Ask) -> Answered {
    let (account, t) = (server.account(), server.texts(ask.lang));
    let sight = sight(ask, Action::ReadBooks, account.books(), server)?;
    let mut items = account.lookup().set_aside(false);
    if sight != Sight::All {
        let books = account.books();
        items.retain(|(seq, _)| super::entry::is_seen(books, &sight, *seq));
    }
    let table = views::in_words(views::quarantine(&items, t), t);
    drop(account);
    answer(
        server,
        ask,
        List {
            table,
            lead: t.word("web_lead-quarantine"),
            filters: Vec::new(),
            shown: None,
        },
    )
}

pub(crate) fn instruments(server: &Server, ask: &Ask) -> Answered {
    let (account, t) = (server.account(), server.texts(ask.lang));
    let on = server.today();
    let mut table = views::instruments(account.books(), on, t);
    cut(
        &mut table,
        &sight(ask, Action::ReadBooks, account.books(), server)?,
        account.books(),
    );
    drop(account);
    answer(
        server,
        ask,
        List {
            table,
            lead: t.word("web_lead-instruments"),
            filters: Vec::new(),
            shown: None,
        },
    )
}

pub(crate) fn trace(server: &Server, ask: &Ask) -> Answered {
    let (account, t) = (server.account(), server.texts(ask.lang));
    let on = as_of(server, ask, &account)?;
    let sight = sight(ask, Action::ReadBooks, account.books(), server)?;
    let ledger = &account.books().substances;
    let (trace, way) = (ledger.trace(), ask.query("direction").unwrap_or(""));
    let starts: Vec<_> =
        ask.query("lot")
            .and_then(|l| ledger.lot(l))
            .map_or_else(Vec::new, |lot| {
                let own = |s: &weighbridge_books::substances::ledger::Series| {
                    sight.sees(s.holder_on(&account.books().registry, on))
                };
                trace
                    .nodes_of(lot)
                    .filter(|n| ledger.series(n.series).is_some_and(|s| own(&s)))
                    .collect()
            });
    let mut steps: Vec<Step> = Vec::new();
    for (direction, not) in [
        (Direction::Backward, "forward"),
        (Direction::Forward, "backward"),
    ] {
        for start in starts.iter().filter(|_| way != not) {
            steps.extend(trace.follow(*start, direction));
        }
    }
    let mut seen = BTreeSet::new();
    steps.retain(|step| seen.insert(*step));
    let mut table = views::trace(account.books(), &steps, &account.lookup(), t);
    // A firm sees where its own lot came from and went to, one step: further ones are other firms'.
    cut(&mut table, &sight, account.books());
    let ways = ["backward", "forward"].map(|w| (w.to_owned(), t.word(&format!("web-{w}"))));
    let filters = vec![
        Filter::text(ask, t, "lot", "head-lot"),
        Filter::choice(ask, t, "direction", "web-direction", ways.into()),
    ];
    drop(account);
    answer(
        server,
        ask,
        List {
            table,
            lead: t.word("web_lead-trace"),
            filters,
            shown: None,
        },
    )
}
