//! Sending a file: first what would happen, then, by a second step, that it does.

use std::sync::Arc;

use askama::Template;
use weighbridge_account::account::Taken;
use weighbridge_account::input::Incoming;
use weighbridge_account::{How, Imported, Keep, Trouble, Who};
use weighbridge_books::registry::HolderId;
use weighbridge_books::substances::consignment::Consignment;
use weighbridge_books::substances::line::LineNo;
use weighbridge_intake::Format;
use weighbridge_measure::Date;
use weighbridge_reports::table::{Cell, Column, Kind};
use weighbridge_reports::views::{self, ConsignmentFilter};
use weighbridge_reports::{Table, Texts};

use super::{caller, sight};
use crate::access::Action;
use crate::answer::{Answer, Answered, Refusal};
use crate::ask::{Ask, Upload};
use crate::frame::{Frame, rendered};
use crate::listing::{view, without_others};
use crate::now::Now;
use crate::state::{Held, Served, Server};

/// Reasons shown of one file.
const ISSUES_SHOWN: usize = 100;
/// Consignments shown that a file would leave open.
const OPEN_SHOWN: usize = 20;

#[derive(Template)]
#[template(path = "submit.html")]
struct SubmitPage<'a> {
    f: Frame<'a>,
    holder: String,
    problem: String,
}

/// The holder that the caller reports for.
pub(super) fn own(
    ask: &Ask,
    account: &Now,
    server: &Server,
) -> Result<(HolderId, String), Refusal> {
    let books = account.books();
    let sight = sight(ask, Action::Submit, account, server)?;
    let id = sight
        .only()
        .ok_or(Refusal::Bad("no_holder", String::new()))?;
    let code = books.registry.holder(id).map(|h| h.code.clone());
    Ok((id, code.ok_or(Refusal::Absent)?))
}

/// How a file of a holder is taken in: for it alone, under the name of who sends it.
pub(super) fn how(ask: &Ask, (id, holder): (HolderId, &str), keep: Keep) -> Result<How, Refusal> {
    // Opaque: the journal bears no names.
    let actor = caller(ask)?.user.id.to_string();
    Ok(How {
        agent: Some(id),
        who: Who {
            actor,
            organisation: holder.to_owned(),
        },
        key: None,
        reporter: Some(holder.to_owned()),
        learn: false,
        keep,
    })
}

/// The form.
pub(crate) fn form(server: &Server, ask: &Ask) -> Answered {
    Ok(Answer::Page(shown(server, ask, String::new())?))
}

fn shown(server: &Server, ask: &Ask, problem: String) -> Result<String, Refusal> {
    let account = server.account();
    let (_, holder) = own(ask, &account, server)?;
    let t = server.texts(ask.lang);
    Ok(rendered(&SubmitPage {
        f: Frame::new(server, ask, t.word("web-submit")),
        holder,
        problem,
    }))
}

#[derive(Template)]
#[template(path = "rehearsed.html")]
struct RehearsedPage<'a> {
    f: Frame<'a>,
    told: Told,
    key: String,
    done: bool,
    receipts: Vec<(String, String)>,
}

/// What came, or would come, of a file.
struct Told {
    name: String,
    lines: Vec<String>,
    issues: String,
    more_issues: String,
    open: String,
}

/// What the file would come to. Nothing is changed: it is tried on a copy of the books.
pub(crate) fn rehearse(server: &Server, ask: &Ask) -> Answered {
    let t = server.texts(ask.lang);
    let Some(Upload { name, bytes }) = ask.upload.clone() else {
        return Ok(Answer::Again(shown(server, ask, t.word("web-no_file"))?));
    };
    let account = server.account();
    let (id, holder) = own(ask, &account, server)?;
    let (on, mut trial) = (account.desk.on, server.trial(&account)?);
    trial.at(ask.now_us)?;
    let how = how(ask, (id, &holder), Keep::Nothing)?;
    let before = trial.books().substances.lines().len();
    let incoming = Incoming::held(&name, Arc::clone(&bytes));
    // The register is the authority's: a file of holders changes it.
    if incoming
        .sniff()
        .is_ok_and(|d| d.format == Format::HoldersCsv)
    {
        return Ok(Answer::Again(shown(
            server,
            ask,
            t.word("web-holders_file"),
        )?));
    }
    let imported = match trial.import(&incoming, &how, &mut |_| {}) {
        Ok(imported) => imported,
        Err(Trouble::File { issue, .. }) => {
            let (said, remedy) = weighbridge_account::explained::file(t, &issue);
            return Ok(Answer::Again(shown(
                server,
                ask,
                format!("{name}: {said}. {remedy}"),
            )?));
        }
        Err(other) => return Err(other.into()),
    };
    trial.settle();
    let mut told = told(&name, &imported, t);
    told.open = opened(server, ask, &trial, (id, before, on));
    drop(trial);
    let key = crate::users::token()?;
    let takes = matches!(&imported, Imported::Movements(taken) if taken.tally.accepted + taken.tally.aside + taken.tally.duplicates > 0);
    let held = Held {
        user: caller(ask)?.user.id,
        name,
        bytes,
        since_us: ask.now_us,
    };
    if takes && !server.hold(key.clone(), held) {
        return Err(Refusal::TooMany);
    }
    let page = RehearsedPage {
        f: Frame::new(server, ask, t.word("web-rehearsed")),
        told,
        key: if takes { key } else { String::new() },
        done: false,
        receipts: Vec::new(),
    };
    Ok(Answer::Page(rendered(&page)))
}

/// Does what was shown.
pub(crate) fn confirm(server: &Server, ask: &Ask) -> Answered {
    let user = caller(ask)?.user.id;
    let held = server
        .take_held(ask.field("key"), user)
        .ok_or(Refusal::Bad("held", String::new()))?;
    match take(server, ask, &held.name, Arc::clone(&held.bytes)) {
        Err(Refusal::Failed(trouble)) => {
            // What was sent is not lost with what failed here: it can be confirmed again.
            server.hold(ask.field("key").to_owned(), held);
            Err(Refusal::Failed(trouble))
        }
        other => other,
    }
}

/// Takes a file in, durably, and shows what came of it with the receipts.
pub(super) fn take(server: &Server, ask: &Ask, name: &str, bytes: Arc<[u8]>) -> Answered {
    let t = server.texts(ask.lang);
    let (id, holder) = own(ask, &server.account(), server)?;
    let how = how(ask, (id, &holder), Keep::Blobs)?;
    let imported = server.change(|account| {
        account.at((server.config.clock)())?;
        let before = account.books().substances.lines().len();
        let imported = account.import(&Incoming::held(name, bytes), &how, &mut |_| {})?;
        Ok((imported, before))
    });
    let (imported, before) = match imported {
        Err(Trouble::File { issue, .. }) => {
            return Err(Refusal::Bad("file", issue.code().to_owned()));
        }
        other => other?,
    };
    let account = server.account();
    let on = account.desk.on;
    for seq in entries(&imported) {
        account.give_receipt(seq)?;
    }
    let mut told = told(name, &imported, t);
    told.open = opened(server, ask, &account, (id, before, on));
    let receipts = entries(&imported).into_iter();
    let receipts = receipts
        .map(|seq| (seq.to_string(), format!("/entries/{seq}/receipt")))
        .collect();
    let page = RehearsedPage {
        f: Frame::new(server, ask, t.word("web-taken")),
        told,
        key: String::new(),
        done: true,
        receipts,
    };
    Ok(Answer::Page(rendered(&page)))
}

fn entries(imported: &Imported) -> Vec<u64> {
    match imported {
        Imported::Movements(taken) => taken.parts.clone(),
        Imported::Holders(taken) => vec![taken.seq],
        Imported::Already(before) => before.submissions.clone(),
    }
}

fn told(name: &str, imported: &Imported, t: &Texts) -> Told {
    let mut told = Told {
        name: name.to_owned(),
        lines: Vec::new(),
        issues: String::new(),
        more_issues: String::new(),
        open: String::new(),
    };
    match imported {
        Imported::Movements(taken) => movements(&mut told, taken, t),
        Imported::Holders(_) => told.lines.push(t.word("web-holders_file")),
        Imported::Already(_) => told.lines.push(t.word("web-already")),
    }
    told
}

fn movements(told: &mut Told, taken: &Taken, t: &Texts) {
    let tally = &taken.tally;
    let args = [
        ("accepted", tally.accepted.into()),
        ("duplicates", tally.duplicates.into()),
        ("aside", tally.aside.into()),
        ("findings", tally.findings.into()),
    ];
    told.lines.push(t.say("web-tally", &args));
    let columns = [
        Column::new("row", "head-row", Kind::Int),
        Column::new("field", "head-field", Kind::Code("field")),
        Column::new("found", "head-found", Kind::Text),
        Column::new("code", "head-code", Kind::Code("code")),
        Column::new("expected", "head-expected", Kind::Text),
        Column::new("remedy", "head-remedy", Kind::Text),
    ];
    let mut issues = Table::new("issues", "title-quarantine", &columns);
    issues.rows = tally
        .issues
        .iter()
        .take(ISSUES_SHOWN)
        .map(|i| {
            vec![
                Cell::int(i.row),
                Cell::text(i.field.code()),
                Cell::text(&i.found),
                Cell::text(i.code.code()),
                Cell::text(t.expected(i.field.code(), &i.expected)),
                Cell::text(t.remedy(i.code.code(), !i.expected.is_empty())),
            ]
        })
        .collect();
    if !issues.rows.is_empty() {
        told.issues = view(
            None,
            t,
            &issues,
            Some(&["row", "field", "found", "code", "expected", "remedy"]),
        );
    }
    if tally.issues.len() > ISSUES_SHOWN {
        told.more_issues = t.say(
            "web-more_issues",
            &[("n", (tally.issues.len() - ISSUES_SHOWN).into())],
        );
    }
}

/// Consignments with lines of the file that do not agree with the other side.
fn opened(
    server: &Server,
    ask: &Ask,
    account: &Served,
    (id, before, on): (HolderId, usize, Date),
) -> String {
    let t = server.texts(ask.lang);
    let own = |c: &Consignment| c.sender == id || c.receiver == id;
    let books = account.books();
    let ledger = &books.substances;
    let end = ledger.lines().len();
    let new = (before..end).filter_map(|l| LineNo::try_from(l).ok());
    // Each by one of its new lines.
    let first = |l: &LineNo| {
        let ring = ledger.lines().ring(*l);
        ring.iter().filter(|l| **l as usize >= before).min() == Some(l)
    };
    let new = new.filter(first);
    let new = new.filter_map(|l| ledger.consignment_of(&books.registry, l, on));
    let open: Vec<Consignment> = new.filter(|c| own(c) && c.is_open(on)).collect();
    let any = open.len();
    if any == 0 {
        return t.word("web-all_agrees");
    }
    let filter = ConsignmentFilter {
        limit: Some(OPEN_SHOWN),
        ..ConsignmentFilter::all(on)
    };
    let table = views::consignments_of(books, open, &filter, &account.lookup(), t);
    format!(
        "<p>{}</p>{}",
        t.say("web-would_differ", &[("n", any.into())]),
        view(None, t, &without_others(table), None)
    )
}
