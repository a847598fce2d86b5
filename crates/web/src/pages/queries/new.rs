//! A new query: the form, filled in by the page that it is opened from, and asking.

use askama::Template;
use weighbridge_account::account::WORDS_MAX;
use weighbridge_books::entry::LineRef;
use weighbridge_books::queries::{About, By, DUE_DAYS_MAX, Question, Step};
use weighbridge_books::registry::HolderId;
use weighbridge_measure::SubstanceTable;

use super::super::holder;
use super::{day_of, said, take};
use crate::access::Action;
use crate::answer::{Answer, Answered, Refusal};
use crate::ask::Ask;
use crate::frame::{Frame, rendered};
use crate::now::Now;
use crate::state::Server;

/// Days for an answer that the form offers. Ours.
const DUE_DAYS: i32 = 14;

#[derive(Template)]
#[template(path = "query_new.html")]
struct NewPage<'a> {
    f: Frame<'a>,
    problem: String,
    /// What is asked about, said.
    facts: Vec<(String, String)>,
    /// The consignment, where it is about one.
    subject: String,
    /// The same, sent.
    hidden: Vec<(&'static str, String)>,
    /// Whether somebody has yet to say who is asked.
    needs_holder: bool,
    questions: Vec<(&'static str, String, bool)>,
    due: String,
    last: String,
    words: String,
    words_max: usize,
}

/// A field of the form, else of the address.
fn given<'a>(ask: &'a Ask, name: &str) -> &'a str {
    let asked = || ask.query(name).unwrap_or("");
    ask.form.get(name).map_or_else(asked, |v| v.trim())
}

/// What a query would be about. The holder is one that the caller may ask.
fn about(server: &Server, ask: &Ask, account: &Now) -> Result<(Option<HolderId>, About), Refusal> {
    let books = account.books();
    let bad = || Refusal::Bad("form", String::new());
    let id = match given(ask, "holder") {
        "" => None,
        code => Some(holder(ask, Action::AskFirms, books, code, server.today())?),
    };
    let series = || {
        let site = books.registry.find_site(id?, given(ask, "site"))?;
        let substance = SubstanceTable::shipped().by_code(given(ask, "substance"))?;
        Some((site, substance))
    };
    let row = || {
        let (seq, row) = given(ask, "row").split_once(':')?;
        Some(LineRef {
            seq: seq.parse().ok()?,
            row: row.parse().ok()?,
        })
    };
    let about = match given(ask, "about") {
        "" | "holder" => About::Holder,
        "balance" => series()
            .map(|(site, substance)| About::Balance { site, substance })
            .ok_or(Refusal::Absent)?,
        "unexplained" => series()
            .map(|(site, substance)| About::Unexplained { site, substance })
            .ok_or(Refusal::Absent)?,
        "consignment" => row().map(About::Consignment).ok_or_else(bad)?,
        "row" => row().map(About::Row).ok_or_else(bad)?,
        _ => return Err(bad()),
    };
    Ok((id, about))
}

/// The form.
pub(crate) fn form(server: &Server, ask: &Ask) -> Answered {
    Ok(Answer::Page(shown(server, ask, String::new())?))
}

fn shown(server: &Server, ask: &Ask, problem: String) -> Result<String, Refusal> {
    let (account, t) = (server.account(), server.texts(ask.lang));
    let (id, about) = about(server, ask, &account)?;
    let registry = &account.books().registry;
    let mut facts = Vec::new();
    if let Some(id) = id {
        let named = super::named(&account, id, server.today(), t);
        facts.push((t.word("head-holder"), named));
    }
    facts.push((t.word("head-about"), t.code("query_about", about.code())));
    if let Some((site, substance)) = about.series() {
        let site = registry.site(site).map(|s| s.code.clone());
        facts.push((t.word("head-site"), site.unwrap_or_default()));
        facts.push((t.word("head-substance"), t.substance(substance).to_owned()));
    }
    if about.row().is_some() {
        facts.push((t.word("head-reference"), given(ask, "row").to_owned()));
    }
    let asked = given(ask, "question");
    let fields = ["about", "holder", "site", "substance", "row"];
    let hidden = fields.map(|name| (name, given(ask, name).to_owned()));
    let due = match given(ask, "due") {
        "" => server.today().plus_days(DUE_DAYS),
        text => text.parse().ok(),
    };
    let last = server.today().plus_days(DUE_DAYS_MAX);
    let page = NewPage {
        problem,
        facts,
        subject: super::super::consignment::of_query(&account, about, t, server.today()),
        hidden: hidden
            .into_iter()
            .filter(|(name, value)| *name != "holder" || !value.is_empty())
            .collect(),
        needs_holder: id.is_none(),
        questions: about
            .questions()
            .iter()
            .map(|q| {
                (
                    q.code(),
                    t.code("query_question", q.code()),
                    q.code() == asked,
                )
            })
            .collect(),
        due: due.map(|d| d.to_string()).unwrap_or_default(),
        last: last.map(|d| d.to_string()).unwrap_or_default(),
        words: ask.field("words").to_owned(),
        words_max: WORDS_MAX,
        f: Frame::new(server, ask, t.word("web-new_query")),
    };
    Ok(rendered(&page))
}

/// Asks.
pub(crate) fn ask(server: &Server, ask: &Ask) -> Answered {
    let t = server.texts(ask.lang);
    let (id, about) = {
        let account = server.account();
        about(server, ask, &account)?
    };
    let Some(holder) = id else {
        let problem = t.word("query_refused-holder_unknown");
        return Ok(Answer::Again(shown(server, ask, problem)?));
    };
    let question = Question::from_code(ask.field("question"))
        .ok_or_else(|| Refusal::Bad("form", String::new()))?;
    let due = match day_of(ask, t) {
        Ok(due) => due,
        Err(problem) => return Ok(Answer::Again(shown(server, ask, problem)?)),
    };
    let step = Step::Asked {
        holder,
        about,
        question,
        due,
    };
    match take(server, ask, (By::Authority, step), None)? {
        Ok(seq) => Ok(Answer::Go(format!("/queries/{seq}"))),
        Err(refused) => Ok(Answer::Again(shown(server, ask, said(t, refused))?)),
    }
}
