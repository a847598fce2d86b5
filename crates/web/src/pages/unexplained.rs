//! What is unexplained: the list, and one of it down to its rows.

use askama::Template;
use weighbridge_measure::SubstanceTable;
use weighbridge_reports::unexplained::{self as said, Drawn, Entry};

use super::{holder, sight};
use crate::access::Action;
use crate::answer::{Answer, Answered, Refusal};
use crate::ask::{Ask, encoded, link};
use crate::frame::{Frame, rendered};
use crate::judged::Judged;
use crate::listing::{page_of, view};
use crate::state::Server;

/// Entries of a page.
const SHOWN: usize = 10;

#[derive(Template)]
#[template(path = "unexplained.html")]
struct AllPage<'a> {
    f: Frame<'a>,
    judged: bool,
    head: Vec<String>,
    count: String,
    entries: Vec<(String, Drawn)>,
    previous: String,
    next: String,
    gains: String,
    silent: String,
}

/// The entries that the caller sees, with their numbers in the whole list.
fn seen<'a>(server: &Server, ask: &Ask, judged: &'a Judged) -> Result<Vec<&'a Entry>, Refusal> {
    let account = server.account();
    let books = account.books();
    let sight = sight(ask, Action::ReadUnexplained, &account, server)?;
    let sees = |e: &&Entry| sight.sees_code(books, &e.holder);
    Ok(judged.unexplained.entries.iter().filter(sees).collect())
}

pub(crate) fn path(e: &Entry) -> String {
    format!(
        "/unexplained/{}/{}/{}",
        encoded(&e.holder),
        encoded(&e.site),
        encoded(&e.substance)
    )
}

/// The list.
pub(crate) fn all(server: &Server, ask: &Ask) -> Answered {
    let t = server.texts(ask.lang);
    let f = Frame::new(server, ask, t.word("title-unexplained"));
    let Some(judged) = server.judged.last() else {
        let page = AllPage {
            f,
            judged: false,
            head: Vec::new(),
            count: String::new(),
            entries: Vec::new(),
            previous: String::new(),
            next: String::new(),
            gains: String::new(),
            silent: String::new(),
        };
        return Ok(Answer::Page(rendered(&page)));
    };
    let mut entries = seen(server, ask, &judged)?;
    if let Some(substance) = ask.query("substance") {
        entries.retain(|e| e.substance == substance);
    }
    let whole = entries.len() == judged.unexplained.entries.len();
    let number = page_of(ask);
    let first = (number - 1).saturating_mul(SHOWN).min(entries.len());
    let last = (first + SHOWN).min(entries.len());
    let to = |page: usize| ask.here_with(&[("page", &page.to_string())]);
    let all = entries.len();
    let u = &judged.unexplained;
    let page = AllPage {
        f,
        judged: true,
        head: said::head(&u.calibration, u.as_of, t),
        // How many there are in all is for who sees all of them.
        count: if whole {
            said::count(u, t).unwrap_or_default()
        } else {
            t.say("web-entries_seen", &[("n", all.into())])
        },
        entries: entries
            .get(first..last)
            .unwrap_or(&[])
            .iter()
            .map(|e| (path(e), Drawn::of(e, t)))
            .collect(),
        previous: if first > 0 {
            to(number - 1)
        } else {
            String::new()
        },
        next: if last < all {
            to(number + 1)
        } else {
            String::new()
        },
        gains: if whole {
            said::gains(u, t).unwrap_or_default()
        } else {
            String::new()
        },
        silent: if whole {
            said::silent(u, t).unwrap_or_default()
        } else {
            String::new()
        },
    };
    Ok(Answer::Page(rendered(&page)))
}

#[derive(Template)]
#[template(path = "unexplained_one.html")]
struct OnePage<'a> {
    f: Frame<'a>,
    head: Vec<String>,
    e: Drawn,
    periods: String,
    movements: String,
    holder: String,
    ends: Vec<(String, String)>,
    /// Where the firm is asked, for who may.
    ask: String,
}

/// One entry.
pub(crate) fn one(server: &Server, ask: &Ask) -> Answered {
    let t = server.texts(ask.lang);
    let judged = server
        .judged
        .last()
        .ok_or(Refusal::Bad("judged", String::new()))?;
    let account = server.account();
    let books = account.books();
    holder(ask, Action::ReadUnexplained, books, ask.param(0), judged.on)?;
    let asks = holder(ask, Action::AskFirms, books, ask.param(0), server.today()).is_ok();
    let is = |e: &&Entry| {
        (e.holder.as_str(), e.site.as_str(), e.substance.as_str())
            == (ask.param(0), ask.param(1), ask.param(2))
    };
    let entry = judged
        .unexplained
        .entries
        .iter()
        .find(is)
        .ok_or(Refusal::Absent)?;
    let known = SubstanceTable::shipped()
        .by_code(&entry.substance)
        .is_some();
    let mut query = vec![
        ("holder", entry.holder.clone()),
        ("site", entry.site.clone()),
    ];
    if known {
        query.push(("substance", entry.substance.clone()));
    }
    if let Some(d) = &entry.difference {
        query.extend([("from", d.from.to_string()), ("to", d.to.to_string())]);
    }
    let e = Drawn::of(entry, t);
    let about = [
        ("about", "unexplained"),
        ("holder", &entry.holder),
        ("site", &entry.site),
        ("substance", &entry.substance),
        ("question", "unexplained"),
    ];
    let page = OnePage {
        f: Frame::new(server, ask, e.place.clone()),
        head: said::head(&judged.unexplained.calibration, judged.on, t),
        periods: view(None, t, &said::periods(entry), None),
        movements: link("/movements", query.iter().map(|(k, v)| (*k, v.as_str()))),
        holder: format!("/holders/{}", encoded(&entry.holder)),
        ends: entry
            .other_ends
            .iter()
            .map(|code| (code.clone(), format!("/holders/{}", encoded(code))))
            .collect(),
        ask: match asks && known {
            true => link("/queries/new", about),
            false => String::new(),
        },
        e,
    };
    Ok(Answer::Page(rendered(&page)))
}
