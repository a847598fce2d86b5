//! The home page: what needs a hand comes first.

use std::sync::Arc;

use askama::Template;
use weighbridge_books::substances::consignment::Consignment;
use weighbridge_books::substances::grace;
use weighbridge_books::substances::ledger::{Aside, EntryLines};
use weighbridge_measure::Timestamp;
use weighbridge_reports::Texts;
use weighbridge_reports::number::grouped;
use weighbridge_reports::unexplained::Drawn;
use weighbridge_reports::views::{self, StateFilter};

use super::unexplained::path;
use super::{caller, is_firm, sight};
use crate::access::{Action, Resource, Sight, Verdict, authorize};
use crate::answer::{Answer, Answered};
use crate::ask::{Ask, link};
use crate::desk::OPEN_AS;
use crate::frame::{Frame, rendered};
use crate::listing::{view, without_others};
use crate::now::Now;
use crate::state::Server;

/// Rows of each part.
const SHOWN: usize = 5;

#[derive(Template)]
#[template(path = "home.html")]
struct HomePage<'a> {
    f: Frame<'a>,
    queries: Option<(String, String)>,
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

/// The page.
pub(crate) fn page(server: &Server, ask: &Ask) -> Answered {
    let (t, me) = (server.texts(ask.lang), caller(ask)?);
    let standings = &me.user.standings;
    let may = |action| authorize(standings, action, Resource::Account) == Verdict::Allow;
    let account = server.account();
    let books = account.books();
    let on = account.desk.on;
    let reads = may(Action::ReadBooks);
    let mut figures = Vec::new();
    let mut consignments = String::new();
    let mut news = Vec::new();
    if reads {
        let sight = sight(ask, Action::ReadBooks, &account, server)?;
        let (desk, today) = (&account.desk, server.today());
        // What the two firms may still mend themselves needs no hand of the authority.
        let graced =
            |c: &Consignment| !is_firm(ask) && grace::until(&books.substances, c, today).is_some();
        for code in OPEN_AS {
            let of = StateFilter::from_code(code);
            let is = |c: &Consignment| of.is_some_and(|f| f.fits(c, on));
            let n = match (&*sight, sight.only()) {
                (Sight::All, _) => {
                    let young = desk.young().filter(|c| is(c) && graced(c));
                    desk.open_as(code).len() - young.count()
                }
                (_, Some(holder)) => desk.watched_of(holder).filter(|c| is(c)).count(),
                _ => {
                    let own = desk.open_as(code);
                    own.filter(|c| sees(&sight, c) && !graced(c)).count()
                }
            };
            let n = grouped(i128::try_from(n).unwrap_or(0));
            let list = link("/consignments", [("state", code)]);
            figures.push((t.word(&format!("web-{code}")), n, list));
        }
        let waits = |a: &&Aside| a.resolved_by.is_none();
        let aside = match &*sight {
            Sight::All => books.substances.set_aside().iter().filter(waits).count(),
            Sight::Some(_) => {
                let own = desk.entries(books, &sight).filter(|e| e.aside > 0);
                let rows =
                    |e: &EntryLines| books.substances.set_aside_of(e.seq).filter(waits).count();
                own.map(rows).sum()
            }
        };
        figures.push((
            t.word("title-quarantine"),
            aside.to_string(),
            "/quarantine".to_owned(),
        ));
        let first = first_open(&account, &sight, graced);
        let mut table = views::consignments_as(books, first, on, &account.lookup(), t);
        if is_firm(ask) {
            table = without_others(table);
        }
        consignments = view(None, t, &table, None);
        news = self::news(&account, &sight, t);
    }
    let judged = server.judged.last();
    let (mut entries, mut visits, mut more) = (Vec::new(), Vec::new(), false);
    if let Some(judged) = judged.as_ref().filter(|_| may(Action::ReadUnexplained)) {
        let sight = sight(ask, Action::ReadUnexplained, &account, server)?;
        let sees = |code: &str| sight.sees_code(books, code);
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
    let page = HomePage {
        queries: super::queries::waiting(server, ask, &account)?,
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
    // What is new is new until the next session begins.
    if me.user.seen_us.is_none_or(|us| us < me.session.started_us) {
        server.users.saw(me.user.id, me.session.started_us)?;
    }
    Ok(Answer::Page(rendered(&page)))
}

fn sees(sight: &Sight, c: &Consignment) -> bool {
    sight.sees(c.sender) || sight.sees(c.receiver)
}

/// The largest consignments that need a hand, of those that the caller sees.
fn first_open(
    account: &Now,
    sight: &Sight,
    graced: impl Fn(&Consignment) -> bool,
) -> Vec<Consignment> {
    let desk = &account.desk;
    let copy = |c: &Arc<Consignment>| Consignment::clone(c);
    match sight.only() {
        Some(holder) => {
            let own = desk.watched_of(holder).filter(|c| c.is_open(desk.on));
            own.take(SHOWN).map(copy).collect()
        }
        None => {
            let own = desk.open_as("open");
            let own = own.filter(|c| sees(sight, c) && !graced(c));
            own.take(SHOWN).map(copy).collect()
        }
    }
}

/// The last submissions that the caller sees, with when they came.
fn news(account: &Now, sight: &Sight, t: &Texts) -> Vec<(String, String)> {
    let books = account.books();
    let lookup = account.lookup();
    let own = account.desk.entries(books, sight).take(SHOWN);
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
    told.collect()
}
