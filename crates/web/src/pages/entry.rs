//! An entry of the journal with its proof, made and checked when it is asked for.

use askama::Template;
use weighbridge_account::blobs::hex;
use weighbridge_measure::Timestamp;
use weighbridge_reports::views::{MOVEMENT_COLUMNS, movement_cells};
use weighbridge_reports::{Sources as _, Table};

use super::sight;
use crate::access::Action;
use crate::answer::{Answer, Answered, Refusal};
use crate::ask::Ask;
use crate::frame::{Frame, rendered};
use crate::limits::PAGE_ROWS;
use crate::listing::view;
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
    };
    Ok(Answer::Page(rendered(&page)))
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
