//! Queries to firms: the list, one of them, a new one.

pub(crate) mod new;
pub(crate) mod one;

use weighbridge_account::Who;
use weighbridge_account::account::{Refused, WORDS_MAX};
use weighbridge_books::queries::{By, DECISION_DAYS, Owner, Query, Rejection, Stage, Step};
use weighbridge_books::registry::HolderId;
use weighbridge_measure::Date;
use weighbridge_reports::table::Cell;
use weighbridge_reports::views::{self, QueryFilter};
use weighbridge_reports::{Table, Texts};

use super::{caller, holder, is_firm, sight};
use crate::access::{Action, Sight};
use crate::answer::{Answered, Refusal};
use crate::ask::Ask;
use crate::listing::{Filter, List, answer, view};
use crate::now::Now;
use crate::state::Server;

/// The list.
pub(crate) fn all(server: &Server, ask: &Ask) -> Answered {
    let (account, t) = (server.account(), server.texts(ask.lang));
    let (books, on) = (account.books(), server.today());
    let sight = sight(ask, Action::ReadQueries, &account, server)?;
    let filter = QueryFilter {
        stage: ask.query("state").map(str::to_owned),
        holder: match ask.query("holder") {
            Some(code) => Some(holder(ask, Action::ReadQueries, books, code, on)?),
            None => None,
        },
        late: ask.query("late").and_then(Owner::from_code),
    };
    let some = books.queries.all();
    let some = some.filter(|q| sight.sees(q.holder) && filter.fits(q, on));
    let table = views::queries(books, some, on, t);
    let words = |prefix: &str, codes: &[&str]| {
        let word = |c: &&str| ((*c).to_owned(), t.code(prefix, c));
        codes.iter().map(word).collect()
    };
    let owners = Owner::ALL.iter().map(|o| o.code());
    let owners: Vec<&str> = owners.collect();
    let mut filters = vec![
        Filter::choice(
            ask,
            t,
            "state",
            "head-state",
            words("query_stage", &Stage::CODES),
        ),
        Filter::choice(ask, t, "late", "head-late", words("query_owner", &owners)),
    ];
    if !is_firm(ask) {
        filters.push(Filter::text(ask, t, "holder", "head-holder"));
    }
    let args = [("date", on.to_string().into()), ("n", DECISION_DAYS.into())];
    let lead = t.say("web_lead-queries", &args);
    let list = List {
        lead,
        filters,
        shown: Some(LIST),
        ..List::whole(table)
    };
    answer(server, ask, list)
}

/// What the home page shows of queries: to a firm those that it has to answer, to who asks firms those that wait for a
/// decision and those that are overdue. Heading and table; none where nothing waits.
pub(super) fn waiting(
    server: &Server,
    ask: &Ask,
    account: &Now,
) -> Result<Option<(String, String)>, Refusal> {
    let (books, t, on) = (account.books(), server.texts(ask.lang), server.today());
    let asks = sight(ask, Action::AskFirms, account, server)?;
    let answers = sight(ask, Action::AnswerQueries, account, server)?;
    let none = Sight::Some(std::collections::BTreeSet::new());
    let (key, columns, table) = if *asks != none {
        let waits = |q: &&Query| {
            let on_us = q.stage == Stage::Answered || q.late(on).is_some();
            on_us && asks.sees(q.holder)
        };
        let table = views::queries(books, books.queries.all().filter(waits), on, t);
        ("web-queries_to_decide", OFFICER, table)
    } else {
        let waits = |q: &&Query| q.stage == Stage::Open && answers.sees(q.holder);
        let table = views::queries(books, books.queries.all().filter(waits), on, t);
        ("web-queries_to_answer", FIRM, table)
    };
    Ok((!table.rows.is_empty()).then(|| (t.word(key), view(None, t, &table, Some(columns)))))
}

const LIST: &[&str] = &[
    "query",
    "stage",
    "outcome",
    "late",
    "holder",
    "holder_name",
    "question",
    "about",
    "reference",
    "asked_on",
    "due",
    "days_left",
];
const OFFICER: &[&str] = &[
    "query",
    "stage",
    "late",
    "holder",
    "holder_name",
    "question",
    "answer",
    "due",
    "days_left",
];
const FIRM: &[&str] = &[
    "query",
    "question",
    "about",
    "reference",
    "asked_on",
    "due",
    "days_left",
];

/// The queries of a holder, for its page.
pub(super) fn of_holder(account: &Now, t: &Texts, id: HolderId, on: Date) -> Option<String> {
    let books = account.books();
    let own = books.queries.all().filter(|q| q.holder == id);
    let table: Table = views::queries(books, own, on, t);
    (!table.rows.is_empty()).then(|| view(None, t, &table, Some(OFFICER)))
}

/// Takes a step, durably, and gives its receipt.
fn take(
    server: &Server,
    ask: &Ask,
    (by, step): (By, Step),
    organisation: Option<String>,
) -> Result<Result<u64, Refused>, Refusal> {
    let who = Who {
        // Opaque: the journal bears no names.
        actor: caller(ask)?.user.id.to_string(),
        organisation: organisation.unwrap_or(Who::default().organisation),
    };
    let words = ask.field("words").replace("\r\n", "\n");
    // What is refused changes nothing, and need not keep readers back.
    let may = server.account().may_ask((by, step), &words, ask.now_us);
    if let Err(refused) = may {
        return Ok(Err(refused));
    }
    let taken = server.change(|account| {
        account.at((server.config.clock)())?;
        account.ask(&who, (by, step), &words)
    })?;
    if let Ok(seq) = taken {
        server.account().give_receipt(seq)?;
    }
    Ok(taken)
}

/// Code and name of a holder.
fn named(account: &Now, id: HolderId, on: Date, t: &Texts) -> String {
    let books = account.books();
    let code = books.registry.holder(id).map(|h| h.code.as_str());
    let code = code.unwrap_or("");
    match views::holder_name(books, id, on, t) {
        Cell::Text(name) => format!("{code} · {name}"),
        _ => code.to_owned(),
    }
}

/// Why a step was not taken, in words.
fn said(t: &Texts, refused: Refused) -> String {
    let key = format!("query_refused-{}", refused.code());
    match refused {
        Refused::Rejected(Rejection::InGrace(date)) => {
            t.say(&key, &[("date", date.to_string().into())])
        }
        Refused::TooLong => t.say(&key, &[("n", WORDS_MAX.into())]),
        Refused::Rejected(_) | Refused::IdentityNumber => t.word(&key),
    }
}

/// The day of a form, or what is wrong with it in words.
fn day_of(ask: &Ask, t: &Texts) -> Result<Date, String> {
    let text = ask.field("due");
    let given: String = text.chars().take(40).collect();
    let wrong = |_| t.say("web_bad-date", &[("given", given.into())]);
    text.parse().map_err(wrong)
}
