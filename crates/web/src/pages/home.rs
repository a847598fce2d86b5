//! The home page: what needs a hand comes first.

use askama::Template;
use weighbridge_books::substances::consignment::Consignment;
use weighbridge_measure::Timestamp;
use weighbridge_reports::unexplained::Drawn;
use weighbridge_reports::views::{self, ConsignmentFilter, StateFilter};

use super::unexplained::path;
use super::{as_of, caller, is_firm, sight};
use crate::access::{Action, Resource, Verdict, authorize};
use crate::answer::{Answer, Answered, Refusal};
use crate::ask::{Ask, link};
use crate::frame::{Frame, rendered};
use crate::listing::{view, without_others};
use crate::state::{Served, Server};

/// Rows of each part.
const SHOWN: usize = 5;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    f: Frame<'a>,
    figures: Vec<(String, String, String)>,
    may_submit: bool,
    judged: bool,
    judges: bool,
    entries: Vec<(String, Drawn)>,
    more_entries: bool,
    visits: Vec<String>,
    consignments: String,
    reads: bool,
    news: Vec<(String, String)>,
    since: String,
}

/// States of consignments that need a hand, with their words.
const STATES: [(&str, &str); 4] = [
    ("overdue", "web-overdue"),
    ("short", "web-short"),
    ("over", "web-over"),
    ("disputed", "web-disputed"),
];

/// The page.
pub(crate) fn page(server: &Server, ask: &Ask) -> Answered {
    let (t, me) = (server.texts(ask.lang), caller(ask)?);
    let standings = &me.user.standings;
    let may = |action| authorize(standings, action, Resource::Account) == Verdict::Allow;
    let account = server.account();
    let books = account.books();
    let on = as_of(server, ask, &account)?;
    let reads = may(Action::ReadBooks);
    let mut figures = Vec::new();
    let mut consignments = String::new();
    if reads {
        let sight = sight(ask, Action::ReadBooks, books, server)?;
        let mut counts = STATES.map(|_| 0usize);
        let glance = server.glance(&account);
        let own = |c: &&Consignment| sight.sees(c.sender) || sight.sees(c.receiver);
        let own: Vec<&Consignment> = glance.open.iter().filter(own).collect();
        for ((state, _), n) in STATES.iter().zip(&mut counts) {
            let fits =
                |c: &&&Consignment| StateFilter::from_code(state).is_some_and(|f| f.fits(c, on));
            *n = own.iter().filter(fits).count();
        }
        for ((state, key), n) in STATES.into_iter().zip(counts) {
            let n = weighbridge_reports::number::grouped(i128::try_from(n).unwrap_or(0));
            figures.push((t.word(key), n, link("/consignments", [("state", state)])));
        }
        let open = |a: &&weighbridge_books::substances::ledger::Aside| {
            a.resolved_by.is_none() && super::entry::is_seen(books, &sight, a.seq)
        };
        let aside = books.substances.set_aside().iter().filter(open).count();
        figures.push((
            t.word("title-quarantine"),
            aside.to_string(),
            "/quarantine".to_owned(),
        ));
        let filter = ConsignmentFilter {
            limit: Some(SHOWN),
            ..ConsignmentFilter::all(on)
        };
        let own = own.into_iter().cloned().collect();
        let mut table = views::consignments_of(books, own, &filter, &account.lookup(), t);
        if is_firm(ask) {
            table = without_others(table);
        }
        consignments = view(None, t, &table, None);
    }
    let judged = server.judged.last();
    let (mut entries, mut visits, mut more) = (Vec::new(), Vec::new(), false);
    if let Some(judged) = judged.as_ref().filter(|_| may(Action::ReadUnexplained)) {
        let sight = sight(ask, Action::ReadUnexplained, books, server)?;
        let sees = |code: &str| {
            books
                .registry
                .by_code(code)
                .is_some_and(|id| sight.sees(id))
        };
        let own: Vec<_> = judged
            .unexplained
            .entries
            .iter()
            .filter(|e| sees(&e.holder))
            .collect();
        more = own.len() > SHOWN;
        entries = own
            .into_iter()
            .take(SHOWN)
            .map(|e| (path(e), Drawn::of(e, t)))
            .collect();
        if may(Action::ReadVisits) {
            let list = judged
                .inspection
                .visits
                .iter()
                .filter(|v| sees(&v.holder))
                .take(SHOWN);
            visits = list
                .map(|v| {
                    [&v.holder, &v.site, &v.area]
                        .map(String::as_str)
                        .join(" · ")
                })
                .collect();
        }
    }
    let news = if reads {
        news(server, ask, &account)?
    } else {
        Vec::new()
    };
    let page = HomePage {
        figures,
        may_submit: may(Action::Submit),
        judged: judged.is_some(),
        judges: may(Action::ReadUnexplained),
        entries,
        more_entries: more,
        visits,
        consignments,
        reads,
        news,
        since: me
            .user
            .seen_us
            .map(|us| Timestamp::from_micros(us).to_string())
            .unwrap_or_default(),
        f: Frame::new(server, ask, t.word("web-home")),
    };
    drop(account);
    // What is new is new until the next session begins.
    if me.user.seen_us.is_none_or(|us| us < me.session.started_us) {
        server.users.saw(me.user.id, me.session.started_us)?;
    }
    Ok(Answer::Page(rendered(&page)))
}

/// The last submissions that the caller sees, with when they came.
fn news(server: &Server, ask: &Ask, account: &Served) -> Result<Vec<(String, String)>, Refusal> {
    let t = server.texts(ask.lang);
    let books = account.books();
    let sight = sight(ask, Action::ReadBooks, books, server)?;
    let lookup = account.lookup();
    let entries = books.substances.entries().iter().rev();
    let own = entries
        .filter(|e| super::entry::is_seen(books, &sight, e.seq))
        .take(SHOWN);
    let told = own.map(|e| {
        let args = [
            ("file", lookup.name_of(e.submission).into()),
            ("lines", e.lines.into()),
            ("aside", e.aside.into()),
            ("at", e.recorded_at.to_string().into()),
        ];
        (
            format!("/entries/{}", e.seq),
            t.say("web-submission", &args),
        )
    });
    Ok(told.collect())
}
