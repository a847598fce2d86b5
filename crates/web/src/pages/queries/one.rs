//! One query: what is asked, everything that was done, and what the caller may do next.

use askama::Template;
use weighbridge_account::account::WORDS_MAX;
use weighbridge_books::queries::{
    About, Answer as Given, By, DUE_DAYS_MAX, Outcome, Owner, Query, Rejection, Stage, Step, Taken,
};
use weighbridge_books::substances::line::LineNo;
use weighbridge_measure::{Date, SubstanceTable};
use weighbridge_reports::Texts;

use super::super::{holder, sight};
use super::{day_of, said, take};
use crate::access::Action;
use crate::answer::{Answer, Answered, Refusal};
use crate::ask::{Ask, encoded, link};
use crate::frame::{Frame, rendered};
use crate::now::Now;
use crate::state::Server;

#[derive(Template)]
#[template(path = "query.html")]
struct QueryPage<'a> {
    f: Frame<'a>,
    problem: String,
    /// Where it stands, and for whom it waits.
    state: String,
    late: bool,
    facts: Vec<Fact>,
    /// The consignment, where it is about one.
    subject: String,
    steps: Vec<StepView>,
    path: String,
    may_answer: bool,
    may_decide: bool,
    answers: Vec<(&'static str, String, bool)>,
    outcomes: Vec<(&'static str, String, bool)>,
    extends: bool,
    closes: bool,
    reopens: bool,
    /// What the form had when it was refused.
    words: String,
    entry: String,
    until: String,
    last: String,
    words_max: usize,
}

struct Fact {
    head: String,
    text: String,
    href: String,
}

struct StepView {
    what: String,
    when: String,
    /// What it says: the answer, the new day, the outcome.
    detail: String,
    late: String,
    words: String,
    erased: bool,
    entry: String,
}

/// The query, if the caller sees it.
fn seen<'a>(
    server: &Server,
    ask: &Ask,
    account: &'a Now,
    action: Action,
) -> Result<&'a Query, Refusal> {
    let seq: u64 = ask.param(0).parse().map_err(|_| Refusal::Absent)?;
    let sight = sight(ask, action, account, server)?;
    let found = account
        .books()
        .queries
        .get(seq)
        .filter(|q| sight.sees(q.holder));
    found.ok_or(Refusal::Absent)
}

/// The page.
pub(crate) fn page(server: &Server, ask: &Ask) -> Answered {
    Ok(Answer::Page(shown(server, ask, String::new())?))
}

fn shown(server: &Server, ask: &Ask, problem: String) -> Result<String, Refusal> {
    let (account, t, on) = (server.account(), server.texts(ask.lang), server.today());
    let books = account.books();
    let q = seen(server, ask, &account, Action::ReadQueries)?;
    let may = |action| {
        let code = books.registry.holder(q.holder).map(|h| h.code.as_str());
        holder(ask, action, books, code.unwrap_or(""), on).is_ok()
    };
    let decides = may(Action::AskFirms);
    let more_time = matches!(q.answer, Some(Given::NeedMoreTime(_)));
    let without_answer = q.stage == Stage::Open;
    let outcomes = Outcome::ALL.iter().copied();
    let outcomes = outcomes.filter(|o| !without_answer || *o != Outcome::Resolved);
    let until = match (ask.field("due"), q.answer) {
        ("", Some(Given::NeedMoreTime(asked))) => asked.to_string(),
        (given, _) => given.to_owned(),
    };
    let page = QueryPage {
        problem,
        state: state(t, q, on),
        late: q.late(on).is_some(),
        facts: facts(&account, t, q, on),
        subject: super::super::consignment::of_query(&account, q.about, t, on),
        steps: q.steps.iter().map(|s| step(&account, t, s)).collect(),
        path: format!("/queries/{}", q.seq),
        may_answer: q.stage == Stage::Open && may(Action::AnswerQueries),
        may_decide: decides,
        answers: Given::CODES
            .map(|c| (c, t.code("query_answer", c), c == ask.field("answer")))
            .into(),
        outcomes: outcomes
            .map(|o| {
                let here = o.code() == ask.field("outcome");
                (o.code(), t.code("query_outcome", o.code()), here)
            })
            .collect(),
        extends: q.stage == Stage::Open || (q.stage == Stage::Answered && more_time),
        closes: q.owner().is_some(),
        reopens: q.stage != Stage::Open,
        words: ask.field("words").to_owned(),
        entry: ask.field("entry").to_owned(),
        until,
        last: on
            .plus_days(DUE_DAYS_MAX)
            .map(|d| d.to_string())
            .unwrap_or_default(),
        words_max: WORDS_MAX,
        f: Frame::new(
            server,
            ask,
            t.say("web-query_no", &[("n", q.seq.to_string().into())]),
        ),
    };
    Ok(rendered(&page))
}

/// Where a query stands, and how many days whose turn it is has.
fn state(t: &Texts, q: &Query, on: Date) -> String {
    let (Some(owner), Some(left)) = (q.owner(), q.days_left(on)) else {
        let outcome = match q.stage {
            Stage::Closed(outcome) => t.code("query_outcome", outcome.code()),
            Stage::Open | Stage::Answered => String::new(),
        };
        return [t.code("query_stage", q.stage.code()), outcome].join(" · ");
    };
    let waits = match owner {
        Owner::Firm => t.word("web-query_waits_firm"),
        Owner::Authority => t.word("web-query_waits_authority"),
    };
    let days = match left {
        ..0 => t.say(
            "web-query_late_days",
            &[("n", left.saturating_abs().into())],
        ),
        0 => t.word("web-query_last_day"),
        _ => t.say("web-query_left", &[("n", left.into())]),
    };
    let by = t.say("web-query_by", &[("date", q.due.to_string().into())]);
    [waits, by, days].join(" · ")
}

fn facts(account: &Now, t: &Texts, q: &Query, on: Date) -> Vec<Fact> {
    let registry = &account.books().registry;
    let code = registry.holder(q.holder).map(|h| h.code.clone());
    let code = code.unwrap_or_default();
    let fact = |key: &str, text: String, href: String| Fact {
        head: t.word(key),
        text,
        href,
    };
    let mut all = vec![
        fact(
            "head-holder",
            super::named(account, q.holder, on, t),
            format!("/holders/{}", encoded(&code)),
        ),
        fact(
            "head-question",
            t.code("query_question", q.question.code()),
            String::new(),
        ),
    ];
    let (mut text, mut href) = (t.code("query_about", q.about.code()), String::new());
    let series = q.about.series().and_then(|(site, substance)| {
        let substance = (
            SubstanceTable::shipped().get(substance).id,
            t.substance(substance),
        );
        Some((registry.site(site)?.code.clone(), substance))
    });
    if let Some((site, (id, substance))) = series {
        text = format!("{text} · {site} · {substance}");
        href = match q.about {
            About::Unexplained { .. } => {
                format!("/unexplained/{}/{}/{id}", encoded(&code), encoded(&site))
            }
            _ => link(
                "/movements",
                [
                    ("holder", code.as_str()),
                    ("site", site.as_str()),
                    ("substance", id),
                ],
            ),
        };
    }
    if let Some(row) = q.about.row() {
        text = format!("{text} · {}:{}", row.seq, row.row);
        let line: Option<LineNo> = account.line_of(row);
        href = match (q.about, line) {
            (About::Consignment(_), Some(line)) => format!("/consignments/{line}"),
            _ => link(
                &format!("/entries/{}", row.seq),
                [("row", row.row.to_string().as_str())],
            ),
        };
    }
    all.push(fact("head-about", text, href));
    all
}

fn step(account: &Now, t: &Texts, taken: &Taken) -> StepView {
    let stated = &taken.stated;
    let by = |date: Date| t.say("web-query_by", &[("date", date.to_string().into())]);
    let detail = match stated.step {
        Step::Asked { due, .. } | Step::Extended { due, .. } | Step::Reopened { due, .. } => {
            by(due)
        }
        Step::Closed { outcome, .. } => t.code("query_outcome", outcome.code()),
        Step::Answered { answer, .. } => {
            let word = t.code("query_answer", answer.code());
            match answer {
                Given::CorrectedIn(entry) => {
                    let args = [("n", entry.to_string().into())];
                    format!("{word} · {}", t.say("web-query_corrected_in", &args))
                }
                Given::NeedMoreTime(due) => format!("{word} · {}", by(due)),
                _ => word,
            }
        }
    };
    let due = taken.due.filter(|_| taken.is_late());
    let words = stated.text.and_then(|_| account.words(taken.seq));
    StepView {
        what: t.code("query_step", stated.step.code()),
        when: taken
            .at
            .to_string()
            .chars()
            .take(16)
            .collect::<String>()
            .replace('T', " "),
        detail,
        late: due.map_or_else(String::new, |due| {
            t.say("web-query_late", &[("date", due.to_string().into())])
        }),
        erased: stated.text.is_some() && words.is_none(),
        words: words.unwrap_or_default(),
        entry: format!("/entries/{}", taken.seq),
    }
}

/// Answers for the firm that is asked.
pub(crate) fn answer(server: &Server, ask: &Ask) -> Answered {
    let t = server.texts(ask.lang);
    let (query, id, code) = {
        let account = server.account();
        let q = seen(server, ask, &account, Action::AnswerQueries)?;
        let code = account.books().registry.holder(q.holder);
        let code = code.map(|h| h.code.clone()).ok_or(Refusal::Absent)?;
        (q.seq, q.holder, code)
    };
    let answer = match ask.field("answer") {
        "explained" => Given::Explained,
        "will_file_late" => Given::WillFileLate,
        "mistake_of_other_side" => Given::MistakeOfOtherSide,
        "need_more_time" => match day_of(ask, t) {
            Ok(due) => Given::NeedMoreTime(due),
            Err(problem) => return Ok(Answer::Again(shown(server, ask, problem)?)),
        },
        "corrected_in" => match ask.field("entry").parse() {
            Ok(entry) => Given::CorrectedIn(entry),
            Err(_) => {
                let code = Rejection::EntryUnknown.code();
                let problem = t.word(&format!("query_refused-{code}"));
                return Ok(Answer::Again(shown(server, ask, problem)?));
            }
        },
        _ => return Err(Refusal::Bad("form", String::new())),
    };
    let step = Step::Answered { query, answer };
    done(server, ask, (By::Holder(id), step), Some(code))
}

/// Gives more time, closes, asks again.
pub(crate) fn decide(server: &Server, ask: &Ask) -> Answered {
    let t = server.texts(ask.lang);
    let query = {
        let account = server.account();
        seen(server, ask, &account, Action::AskFirms)?.seq
    };
    let bad = || Refusal::Bad("form", String::new());
    let step = match (ask.field("do"), day_of(ask, t)) {
        ("extend", Ok(due)) => Step::Extended { query, due },
        ("reopen", Ok(due)) => Step::Reopened { query, due },
        ("extend" | "reopen", Err(problem)) => {
            return Ok(Answer::Again(shown(server, ask, problem)?));
        }
        ("close", _) => Step::Closed {
            query,
            outcome: Outcome::from_code(ask.field("outcome")).ok_or_else(bad)?,
        },
        _ => return Err(bad()),
    };
    done(server, ask, (By::Authority, step), None)
}

fn done(server: &Server, ask: &Ask, step: (By, Step), organisation: Option<String>) -> Answered {
    let t = server.texts(ask.lang);
    match take(server, ask, step, organisation)? {
        Ok(_) => Ok(Answer::Go(format!("/queries/{}", ask.param(0)))),
        Err(refused) => Ok(Answer::Again(shown(server, ask, said(t, refused))?)),
    }
}
