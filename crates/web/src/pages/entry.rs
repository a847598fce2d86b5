//! An entry of the journal with its proof, made and checked when it is asked for.

use askama::Template;
use weighbridge_account::blobs::hex;
use weighbridge_books::entry::LineRef;
use weighbridge_measure::Timestamp;
use weighbridge_reports::views::{MOVEMENT_COLUMNS, movement_cells};
use weighbridge_reports::{Sources as _, Table};

use super::sight;
use crate::access::{Action, Sight};
use crate::answer::{Answer, Answered, Refusal};
use crate::ask::{Ask, link};
use crate::frame::{Frame, rendered};
use crate::limits::PAGE_ROWS;
use crate::listing::view;
use crate::now::Now;
use crate::state::Server;

#[derive(Template)]
#[template(path = "entry.html")]
struct EntryPage<'a> {
    f: Frame<'a>,
    facts: Vec<(String, String)>,
    proof: String,
    path: Vec<String>,
    receipt: String,
    lines: String,
    count: String,
    /// To the consignment of the row that is asked about, its query, and where a firm is asked about the row.
    links: Vec<(String, String)>,
}

fn number(server: &Server, ask: &Ask) -> Result<u64, Refusal> {
    let seq = ask.param(0).parse::<u64>().map_err(|_| Refusal::Absent)?;
    let account = server.account();
    let books = account.books();
    let sight = sight(ask, Action::ReadEntry, &account, server)?;
    let there = seq < account.journal().head().size && account.desk.is_seen(books, &sight, seq);
    there.then_some(seq).ok_or(Refusal::Absent)
}

/// The page.
pub(crate) fn page(server: &Server, ask: &Ask) -> Answered {
    let seq = number(server, ask)?;
    let (account, t) = (server.account(), server.texts(ask.lang));
    let (header, body) = account.entry(seq)?;
    let lookup = account.lookup();
    let receipt = account.receipt(seq);
    let verified = receipt
        .as_ref()
        .ok()
        .and_then(|r| r.verify(account.journal().verifier()).ok());
    let mut facts = vec![
        (t.word("head-entry"), seq.to_string()),
        (
            t.word("head-recorded_at"),
            Timestamp::from_micros(header.recorded_at_us).to_string(),
        ),
        (t.word("web-organisation"), header.organisation.clone()),
        (t.word("head-kind"), t.code("web_kind", body.kind().code())),
        (t.word("web-body_hash"), hex(&header.body_hash)),
    ];
    let ledger = &account.books().substances;
    let mut lines = Table::new("movements", "title-movements", &MOVEMENT_COLUMNS);
    let mut count = String::new();
    if let Some(entry) = ledger.entry(seq) {
        facts.push((t.word("head-file"), lookup.name_of(entry.submission)));
        let asked = ask.query("row").and_then(|r| r.parse::<u32>().ok());
        let all = entry.first..entry.first + entry.lines;
        let wanted = all.filter(|l| asked.is_none_or(|row| lookup.row(*l).row == row));
        lines.rows = wanted
            .take(PAGE_ROWS)
            .filter_map(|l| movement_cells(account.books(), l, &lookup, t))
            .collect();
        let args = [
            ("shown", lines.rows.len().into()),
            ("all", entry.lines.into()),
            ("aside", entry.aside.into()),
        ];
        count = t.say("web-entry_rows", &args);
    }
    let proof = match (&receipt, &verified) {
        (_, Some(v)) => t.say(
            "web-proved",
            &[
                ("size", v.checkpoint.size.into()),
                ("root", hex(&v.checkpoint.root).into()),
            ],
        ),
        (Ok(_), None) => t.word("web-not_proved"),
        (Err(_), _) => t.word("web-no_proof_yet"),
    };
    let path = receipt
        .as_ref()
        .map_or_else(|_| Vec::new(), |r| r.path.iter().map(|h| hex(h)).collect());
    let page = EntryPage {
        f: Frame::new(server, ask, format!("{} {seq}", t.word("head-entry"))),
        facts,
        proof,
        path,
        receipt: format!("/entries/{seq}/receipt"),
        lines: view(None, t, &lines, None),
        count,
        links: links(server, ask, &account, seq)?,
    };
    Ok(Answer::Page(rendered(&page)))
}

/// Where else one can go from here.
fn links(
    server: &Server,
    ask: &Ask,
    account: &Now,
    seq: u64,
) -> Result<Vec<(String, String)>, Refusal> {
    let (t, books) = (server.texts(ask.lang), account.books());
    let mut links = Vec::new();
    if let Some(q) = books.queries.of_entry(seq) {
        let number = t.say("web-query_no", &[("n", q.seq.to_string().into())]);
        links.push((number, format!("/queries/{}", q.seq)));
    }
    let Some(row) = ask.query("row").and_then(|r| r.parse().ok()) else {
        return Ok(links);
    };
    let ledger = &books.substances;
    let line = account.line_of(LineRef { seq, row });
    let l = line.and_then(|l| ledger.lines().get(l));
    if let Some(l) = l.filter(|l| l.is_half()) {
        let text = t.word("web-consignment");
        links.push((text, format!("/consignments/{}", l.number())));
    }
    let series = l.and_then(|l| Some((ledger.series(l.series())?, l.date())));
    let own = series.map(|(s, date)| s.holder_on(&books.registry, date));
    let mut aside = ledger.set_aside_of(seq);
    let is_aside = own.is_none() && aside.any(|a| a.row == row);
    let sender = ledger.entry(seq);
    let sender = sender.and_then(|e| books.registry.by_code(&e.organisation));
    let whose = own.or(sender.filter(|_| is_aside));
    let asks = sight(ask, Action::AskFirms, account, server)?;
    let may = match whose {
        Some(whose) => asks.sees(whose),
        // Whose row it is has to be said by who asks.
        None => is_aside && *asks == Sight::All,
    };
    if may {
        let code = whose.and_then(|id| books.registry.holder(id));
        let row = format!("{seq}:{row}");
        let about = [
            ("about", "row"),
            ("holder", code.map_or("", |h| h.code.as_str())),
            ("row", row.as_str()),
            ("question", if is_aside { "set_aside" } else { "other" }),
        ];
        links.push((t.word("web-ask"), link("/queries/new", about)));
    }
    Ok(links)
}

/// The receipt as a file.
pub(crate) fn receipt(server: &Server, ask: &Ask) -> Answered {
    let seq = number(server, ask)?;
    let account = server.account();
    let text = account.receipt(seq)?.to_string();
    Ok(Answer::File {
        name: format!("{seq:08}.receipt"),
        kind: "text/plain; charset=utf-8",
        bytes: text.into_bytes(),
    })
}
