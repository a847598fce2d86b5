//! A single movement or stocktake in a form: shown in kilograms of the base first, then taken like a file of one row.

use std::sync::Arc;

use askama::Template;
use weighbridge_books::Books;
use weighbridge_books::registry::HolderId;
use weighbridge_books::substances::kind::{Kind, RULES, Second};

use super::submit::{own, take};
use crate::answer::{Answer, Answered, Refusal};
use crate::ask::Ask;
use crate::frame::{Frame, rendered};
use crate::state::Server;

/// Columns of the form, as a file of movements has them.
const FIELDS: [&str; 11] = [
    "site",
    "line_id",
    "kind",
    "date",
    "substance",
    "amount",
    "unit",
    "concentration",
    "counterparty",
    "document",
    "lot",
];
/// Units offered: those that people write most.
const UNITS: [&str; 4] = ["kg", "g", "t", "L"];

#[derive(Template)]
#[template(path = "submit_row.html")]
struct RowPage<'a> {
    f: Frame<'a>,
    holder: String,
    kinds: Vec<(String, String, bool)>,
    substances: Vec<(String, String, bool)>,
    units: Vec<(&'static str, bool)>,
    sites: Vec<(String, bool)>,
    line_id: String,
    given: Given,
    preview: String,
    problem: String,
}

/// What was typed.
struct Given {
    date: String,
    amount: String,
    concentration: String,
    counterparty: String,
    document: String,
    lot: String,
}

/// The form; what was asked in the query is filled in, so that a page can prepare an answer to the other side's half.
pub(crate) fn form(server: &Server, ask: &Ask) -> Answered {
    Ok(Answer::Page(shown(
        server,
        ask,
        String::new(),
        String::new(),
    )?))
}

fn given<'a>(ask: &'a Ask, name: &str) -> &'a str {
    let asked = || ask.query(name).unwrap_or("");
    ask.form.get(name).map_or_else(asked, |v| v.trim())
}

fn shown(server: &Server, ask: &Ask, preview: String, problem: String) -> Result<String, Refusal> {
    let account = server.account();
    let (id, holder) = own(ask, &account, server)?;
    let t = server.texts(ask.lang);
    let text = |name: &str| given(ask, name).to_owned();
    let substances = super::filters::named(&account.desk.substances, t).into_iter();
    let free = RULES.iter().filter(|r| r.second != Second::Case);
    let page = RowPage {
        f: Frame::new(server, ask, t.word("web-submit_row")),
        holder,
        kinds: free
            .map(|r| {
                (
                    r.code.to_owned(),
                    t.code("kind", r.code),
                    r.code == given(ask, "kind"),
                )
            })
            .collect(),
        substances: substances
            .map(|(id, name)| {
                let is_given = id == given(ask, "substance");
                (id, name, is_given)
            })
            .collect(),
        sites: own_sites(server, account.books(), id, given(ask, "site")),
        line_id: line_id(ask)?,
        units: UNITS.map(|u| (u, u == given(ask, "unit"))).into(),
        given: Given {
            date: text("date"),
            amount: text("amount"),
            concentration: text("concentration"),
            counterparty: text("counterparty"),
            document: text("document"),
            lot: text("lot"),
        },
        preview,
        problem,
    };
    Ok(rendered(&page))
}

/// The sites of a holder, where it has several.
fn own_sites(server: &Server, books: &Books, id: HolderId, here: &str) -> Vec<(String, bool)> {
    let registry = &books.registry;
    let sites = registry.holder(id).map_or(&[][..], |h| h.sites.as_slice());
    let sites = sites
        .iter()
        .filter(|s| registry.site_holder(**s, server.today()) == Some(id));
    let all: Vec<(String, bool)> = sites
        .filter_map(|s| registry.site(*s))
        .map(|s| (s.code.clone(), s.code == here))
        .collect();
    if all.len() > 1 { all } else { Vec::new() }
}

/// A number for the line, made with the form: two movements may be alike in everything else.
fn line_id(ask: &Ask) -> Result<String, Refusal> {
    let before = given(ask, "line_id");
    if !before.is_empty() {
        return Ok(before.to_owned());
    }
    let token = crate::users::token()?;
    Ok(format!("form-{}", token.get(..16).unwrap_or(&token)))
}

/// Shows the mass of the base, or, confirmed, takes the row.
pub(crate) fn enter(server: &Server, ask: &Ask) -> Answered {
    let t = server.texts(ask.lang);
    let rows: Arc<[u8]> = file(ask).into();
    let account = server.account();
    let (id, holder) = own(ask, &account, server)?;
    let mut trial = server.trial(&account)?;
    trial.at(ask.now_us)?;
    let incoming = weighbridge_account::input::Incoming::held(NAME, Arc::clone(&rows));
    let how = super::submit::how(ask, (id, &holder), weighbridge_account::Keep::Nothing)?;
    let before = trial.books().substances.lines().len();
    let tried = trial.import(&incoming, &how, &mut |_| {});
    let tally = match &tried {
        Ok(weighbridge_account::Imported::Movements(taken)) => &taken.tally,
        Ok(_) => {
            return Ok(Answer::Again(shown(
                server,
                ask,
                String::new(),
                t.word("web-already"),
            )?));
        }
        Err(_) => {
            return Ok(Answer::Again(shown(
                server,
                ask,
                String::new(),
                t.word("web-row_unreadable"),
            )?));
        }
    };
    if let Some(issue) = tally.issues.first() {
        let (field, code) = (issue.field.code(), issue.code.code());
        let args = [
            ("field", t.code("field", field).into()),
            ("reason", t.code("code", code).into()),
            ("expected", t.expected(field, &issue.expected).into()),
            ("remedy", t.remedy(code, !issue.expected.is_empty()).into()),
        ];
        return Ok(Answer::Again(shown(
            server,
            ask,
            String::new(),
            t.say("web-row_wrong", &args),
        )?));
    }
    if ask.field("do") == "confirm" {
        drop(trial);
        return take(server, ask, NAME, rows);
    }
    let line = u32::try_from(before)
        .ok()
        .and_then(|n| trial.books().substances.lines().get(n));
    let kg = line
        .map(|l| weighbridge_reports::number::kg(i128::from(l.base_ug())))
        .unwrap_or_default();
    let kind = Kind::from_code(ask.field("kind"))
        .map(|k| t.code("kind", k.code()))
        .unwrap_or_default();
    let args = [("kind", kind.into()), ("kg", kg.into())];
    Ok(Answer::Page(shown(
        server,
        ask,
        t.say("web-row_preview", &args),
        String::new(),
    )?))
}

/// Name of the file that a form becomes.
const NAME: &str = "form.csv";

/// The form as a file of one row.
fn file(ask: &Ask) -> Vec<u8> {
    let cell = |text: &str| format!("\"{}\"", text.replace('"', "\"\""));
    let of = |name: &str| match name {
        "unit" if ask.field(name).is_empty() => "kg".to_owned(),
        name => ask.field(name).replace(['\r', '\n'], " "),
    };
    let values: Vec<String> = FIELDS.iter().map(|name| cell(&of(name))).collect();
    format!("{}\n{}\n", FIELDS.join(","), values.join(",")).into_bytes()
}
