//! `import`: files of reporters into an account, each wholly or not at all, with a receipt.
// long: what an import says of a file, once as text and once as data, side by side.

use std::path::PathBuf;

use clap::Args;
use weighbridge_books::substances::line::{LineNo, State};
use weighbridge_journal::header::MAX_NAME_BYTES;
use weighbridge_journal::{SqliteStore, Store};
use weighbridge_measure::Date;
use weighbridge_reports::{Arg, CheckResult};

use super::withdraw::Changed;
use super::{open, open_read};
use crate::account::{Account, How, Imported, Keep, Spent, Taken, Who};
use crate::cli::Reading;
use crate::clock;
use crate::input::Incoming;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::trouble::Trouble;

/// Entries that are committed together, at most: a receipt is given when its batch is durable.
const BATCH_ENTRIES: usize = 256;
/// Bytes that are committed together; a larger submission is a batch of its own.
const BATCH_BYTES: usize = 8 * 1024 * 1024;
/// Reasons shown of one file; the rest is in `quarantine`.
const ROWS_SHOWN: usize = 20;

/// Arguments of `import`.
#[derive(Args, Debug)]
pub struct Import {
    /// Folder of the account.
    pub dir: PathBuf,
    /// Files.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Shows what would happen and changes nothing.
    #[arg(long)]
    pub dry_run: bool,
    /// Reporter of rows that name none.
    #[arg(long, value_name = "CODE")]
    pub reporter: Option<String>,
    /// Parties and sites that the lines name become known by it.
    #[arg(long)]
    pub learn: bool,
    /// Organisation on whose behalf the files are sent.
    #[arg(long, value_name = "NAME", default_value = "local")]
    pub organisation: String,
    /// The sender's own key of the submission; for one file.
    #[arg(long, value_name = "KEY")]
    pub key: Option<String>,
    /// Does not keep the original files.
    #[arg(long)]
    pub no_originals: bool,
}

/// What became of one file of the run.
struct Outcome {
    file: String,
    result: Result<Imported, Trouble>,
}

impl Import {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        if self.key.is_some() && self.files.len() > 1 {
            return Err(Trouble::Option {
                option: "--key",
                given: self.files.len().to_string(),
                expected: "1 FILE",
            });
        }
        // The journal would refuse it too, but only when the original is kept already.
        if self.organisation.len() > MAX_NAME_BYTES {
            return Err(Trouble::Option {
                option: "--organisation",
                given: self.organisation,
                expected: "<= 256 bytes",
            });
        }
        if self.dry_run {
            self.rehearse(printer)
        } else {
            self.import(printer)
        }
    }

    fn how(&self) -> How {
        How {
            who: Who {
                organisation: self.organisation.clone(),
                ..Who::default()
            },
            key: self.key.clone(),
            agent: None,
            reporter: self.reporter.clone(),
            learn: self.learn,
            keep: match (self.dry_run, self.no_originals) {
                (true, _) => Keep::Nothing,
                (false, true) => Keep::Name,
                (false, false) => Keep::Blobs,
            },
        }
    }

    fn import(&self, printer: &Printer) -> Result<(), Trouble> {
        let mut account = open(&self.dir, "import", printer)?;
        let (how, mut shown, mut failed) = (self.how(), Vec::new(), false);
        let before = Waiting::before(&mut account);
        let bar = Bar::over(&self.files, printer);
        let mut batch = Vec::new();
        for (at, path) in self.files.iter().enumerate() {
            if account.waiting().0 == 0 {
                account.at(clock::now_us())?;
            }
            let outcome = take(&mut account, path, &how, &bar);
            failed |= outcome.result.is_err();
            batch.push(outcome);
            let (entries, bytes) = account.waiting();
            if entries >= BATCH_ENTRIES || bytes >= BATCH_BYTES || at + 1 == self.files.len() {
                account.commit()?;
                account.sign()?;
                for outcome in batch.drain(..) {
                    let receipts = receipts(&account, &outcome)?;
                    shown.extend(show(printer, &outcome, &receipts, false)?);
                }
            }
        }
        drop(bar);
        self.hint(&account, printer);
        let (own, undone) = before.after(&mut account);
        tell_waiting(&account, own, &undone, printer);
        end(printer, &account, &shown, &undone, failed)
    }

    /// Where nobody is known, every row is set aside: says how somebody becomes known.
    fn hint<S: Store>(&self, account: &Account<S>, printer: &Printer) {
        let books = account.books();
        let nobody = books.registry.holders().next().is_none();
        if nobody && !self.learn && !books.substances.set_aside().is_empty() {
            let dir = printer.account.clone().unwrap_or_default();
            printer.note(&printer.say("cli-import-no-register", &[("dir", dir.into())]));
        }
    }

    fn rehearse(&self, printer: &Printer) -> Result<(), Trouble> {
        let reading = Reading {
            dir: self.dir.clone(),
            as_of: None,
            known_at: None,
        };
        let mut account = open_read(&reading, printer)?;
        let waiting = Waiting::before(&mut account);
        account.at(clock::now_us())?;
        let (how, mut shown, mut failed) = (self.how(), Vec::new(), false);
        let bar = Bar::over(&self.files, printer);
        for path in &self.files {
            let outcome = take(&mut account, path, &how, &bar);
            failed |= outcome.result.is_err();
            shown.extend(show(printer, &outcome, &[], true)?);
        }
        drop(bar);
        self.hint(&account, printer);
        let (own, undone) = waiting.after(&mut account);
        tell_waiting(&account, own, &undone, printer);
        account.settle();
        if printer.json {
            return end(printer, &account, &shown, &undone, failed);
        }
        printer.tell("cli-import-dry", &[])?;
        let result = CheckResult::build(
            account.books(),
            super::as_of(&account, None::<Date>),
            &account.lookup(),
        );
        let lines = result.discrepancies.iter().filter(|d| {
            let all = d
                .consignment
                .dispatches
                .iter()
                .chain(&d.consignment.receipts);
            all.into_iter().any(|l| *l as usize >= waiting.lines)
        });
        let lines: Vec<String> = lines
            .map(|d| weighbridge_reports::summary::one_line(d, &printer.texts))
            .collect();
        printer.tell("cli-import-differences", &[("n", lines.len().into())])?;
        for line in lines.iter().take(ROWS_SHOWN) {
            printer.data(&format!("  {line}"))?;
        }
        end(printer, &account, &shown, &undone, failed)
    }
}

/// A bar over the bytes of all files.
struct Bar {
    bar: Progress,
    done: std::cell::Cell<u64>,
}

impl Bar {
    fn over(files: &[PathBuf], printer: &Printer) -> Bar {
        let total = files
            .iter()
            .filter_map(|f| std::fs::metadata(f).ok())
            .map(|m| m.len())
            .sum();
        let bar = Progress::new(&printer.texts.word("cli-importing"), total, true);
        Bar {
            bar,
            done: std::cell::Cell::new(0),
        }
    }
}

fn take<S: Store>(
    account: &mut Account<S>,
    path: &std::path::Path,
    how: &How,
    bar: &Bar,
) -> Outcome {
    let start = bar.done.get();
    let (inner, mut len) = (&bar.bar, 0);
    let result = Incoming::open(path).and_then(|incoming| {
        len = incoming.len();
        account.import(&incoming, how, &mut |read| inner.at(start + read))
    });
    bar.done.set(start + len);
    bar.bar.at(start + len);
    Outcome {
        file: path.display().to_string(),
        result,
    }
}

/// The corrections that wait before a run.
struct Waiting {
    lines: usize,
    known: Vec<LineNo>,
}

impl Waiting {
    fn before<S: Store>(account: &mut Account<S>) -> Waiting {
        Waiting {
            known: account.waiting_corrections(),
            lines: account.books().substances.lines().len(),
        }
    }

    /// How many corrections of the run itself wait, and which ones wait that held before it: a row of the run bears the
    /// document that they name, too.
    fn after<S: Store>(&self, account: &mut Account<S>) -> (usize, Changed) {
        let waiting = account.waiting_corrections();
        let (old, own): (Vec<LineNo>, Vec<LineNo>) = waiting
            .into_iter()
            .partition(|l| (*l as usize) < self.lines);
        let new = old.into_iter().filter(|l| !self.known.contains(l));
        (own.len(), Changed(new.map(|l| (l, State::Live)).collect()))
    }
}

/// Says which corrections count nowhere: of this run, those that found nothing to correct; of earlier ones, those that it
/// took their target from.
fn tell_waiting<S: Store>(account: &Account<S>, own: usize, undone: &Changed, printer: &Printer) {
    if own > 0 {
        let dir = printer.account.clone().unwrap_or_default();
        let args = [("n", own.into()), ("dir", dir.into())];
        printer.note(&printer.say("cli-import-waiting", &args));
    }
    for text in undone.texts(account, "cli-import-undone", printer) {
        printer.note(&text);
    }
}

fn receipts(account: &Account<SqliteStore>, outcome: &Outcome) -> Result<Vec<String>, Trouble> {
    let entries = match &outcome.result {
        Ok(Imported::Movements(taken)) => taken.parts.clone(),
        Ok(Imported::Holders(taken)) => vec![taken.seq],
        // All parts of the earlier submissions, the first one by its key.
        Ok(Imported::Already(before)) => {
            let entries = account.books().substances.entries().iter();
            let parts: Vec<u64> = entries
                .filter(|e| before.submissions.contains(&e.submission))
                .map(|e| e.seq)
                .collect();
            if parts.is_empty() {
                before.submissions.clone()
            } else {
                parts
            }
        }
        Err(_) => Vec::new(),
    };
    entries
        .into_iter()
        .map(|seq| Ok(account.give_receipt(seq)?.0.display().to_string()))
        .collect()
}

fn end<S: Store>(
    printer: &Printer,
    account: &Account<S>,
    shown: &[serde_json::Value],
    undone: &Changed,
    failed: bool,
) -> Result<(), Trouble> {
    if printer.json {
        let waiting = undone.json(account);
        printer.object(&serde_json::json!({ "files": shown, "waiting": waiting }))?;
    }
    if failed { Err(Trouble::Said) } else { Ok(()) }
}

/// Shows what became of a file; as JSON it is given back, to be shown with the others.
fn show(
    printer: &Printer,
    outcome: &Outcome,
    receipts: &[String],
    dry: bool,
) -> Result<Option<serde_json::Value>, Trouble> {
    let file = &outcome.file;
    if let Ok(Imported::Movements(taken)) = &outcome.result {
        unread_sheets(printer, file, taken);
    }
    if printer.json {
        return Ok(Some(json(printer, outcome, receipts)));
    }
    match &outcome.result {
        Ok(Imported::Movements(taken)) => {
            let account = printer.account.as_deref().filter(|_| !dry);
            let more = if dry {
                "cli-dry-more"
            } else {
                "cli-import-more"
            };
            let room = Room {
                reasons: ROWS_SHOWN,
                more,
                account,
            };
            movements(printer, file, taken, room)?;
        }
        Ok(Imported::Holders(taken)) => {
            let s = &taken.summary;
            let args = [
                ("file", file.into()),
                ("accepted", s.accepted.into()),
                ("rejected", s.rejected.into()),
            ];
            printer.tell("cli-import-holders", &args)?;
            for issue in s.issues.iter().take(ROWS_SHOWN) {
                row(
                    printer,
                    issue.row,
                    issue.column,
                    issue.code.code(),
                    &issue.found,
                    &issue.expected,
                )?;
            }
        }
        Ok(Imported::Already(before)) => {
            let seqs: Vec<String> = before.submissions.iter().map(u64::to_string).collect();
            printer.tell(
                "cli-import-already",
                &[("file", file.into()), ("seq", seqs.join(", ").into())],
            )?;
            if before.aside > 0 {
                let dir = printer.account.clone().unwrap_or_default();
                printer.tell(
                    "cli-import-still",
                    &[("n", before.aside.into()), ("dir", dir.into())],
                )?;
            }
        }
        Err(trouble) => printer.trouble(trouble),
    }
    for receipt in receipts {
        printer.tell("cli-import-receipt", &[("path", receipt.into())])?;
    }
    Ok(None)
}

/// How much of a file is shown, and where the rest can be looked up.
#[derive(Clone, Copy)]
pub(super) struct Room<'a> {
    /// Reasons, at most.
    pub(super) reasons: usize,
    /// The message that says where the other reasons are.
    pub(super) more: &'static str,
    /// The account that has the file now; none where nothing is kept, so that no command can list it.
    pub(super) account: Option<&'a str>,
}

/// How many accepted rows are questioned, and which command lists them.
fn questioned(printer: &Printer, n: u64, account: Option<&str>) -> Result<(), Trouble> {
    if n == 0 {
        return Ok(());
    }
    printer.tell("cli-import-findings", &[("n", n.into())])?;
    match account {
        Some(dir) => printer.tell("cli-import-findings_listed", &[("dir", dir.into())]),
        None => Ok(()),
    }
}

/// Says which sheets with rows are not in the account though the file is. It is no data: it is said beside JSON too.
pub(super) fn unread_sheets(printer: &Printer, file: &str, taken: &Taken) {
    let unread = &taken.summary.unread_sheets;
    if unread.is_empty() {
        return;
    }
    let names = unread.join(&printer.texts.word("list-comma"));
    let read = taken.detection.sheet.as_deref().unwrap_or_default();
    printer.note(&printer.say(
        "cli-import-unread_sheets",
        &[
            ("file", file.into()),
            ("sheets", names.into()),
            ("read", read.into()),
        ],
    ));
}

/// What a file of movements was found to be and what became of its rows.
pub(super) fn movements(
    printer: &Printer,
    file: &str,
    taken: &Taken,
    room: Room<'_>,
) -> Result<(), Trouble> {
    let (tally, summary, shown) = (&taken.tally, &taken.summary, room.reasons);
    let found = detected(printer, taken);
    printer.tell(
        "cli-in_file",
        &[("name", file.into()), ("text", found.into())],
    )?;
    if let Some((before, spent)) = taken.again {
        let why = printer.texts.code("spent", spent.code());
        printer.tell(
            match spent {
                Spent::InPart => "cli-import-rest",
                Spent::SetAside | Spent::Withdrawn => "cli-import-again",
            },
            &[
                ("before", before.to_string().into()),
                ("why", why.into()),
                ("seq", taken.seq.to_string().into()),
            ],
        )?;
    }
    printer.tell(
        "cli-import-lines",
        &[
            ("read", summary.rows_read.into()),
            ("accepted", tally.accepted.into()),
            ("aside", tally.aside.into()),
            ("duplicates", tally.duplicates.into()),
        ],
    )?;
    for issue in tally.issues.iter().take(shown) {
        row(
            printer,
            issue.row,
            issue.field.code(),
            issue.code.code(),
            &issue.found,
            &issue.expected,
        )?;
    }
    if tally.issues.len() > shown {
        let n = (tally.issues.len() - shown).into();
        let dir = room.account.unwrap_or_default().into();
        printer.tell(room.more, &[("n", n), ("dir", dir)])?;
    }
    questioned(printer, tally.findings, room.account)?;
    for (what, n) in &summary.not_movements {
        printer.tell(
            "cli-import-no-movement",
            &[("what", what.into()), ("n", (*n).into())],
        )?;
    }
    for (what, n) in &summary.ignored {
        printer.tell(
            "cli-import-ignored",
            &[("what", what.into()), ("n", (*n).into())],
        )?;
    }
    for ((note, text), n) in &summary.notes {
        let text = printer.say(&format!("note-{}", note.code()), &[("text", text.into())]);
        printer.tell(
            "cli-import-note",
            &[("text", text.into()), ("n", (*n).into())],
        )?;
    }
    if let Some(arcos) = &summary.arcos {
        let differ: u64 = arcos.differ.values().sum();
        printer.tell(
            "cli-import-arcos",
            &[
                ("rows", arcos.rows.into()),
                ("equal", arcos.equal.into()),
                ("without", arcos.without_strength.into()),
                ("differ", differ.into()),
            ],
        )?;
        for (reason, n) in &arcos.differ {
            let reason = printer.texts.code("arcos", reason);
            printer.tell(
                "cli-import-arcos-differ",
                &[("reason", reason.into()), ("n", (*n).into())],
            )?;
        }
    }
    Ok(())
}

/// The detection in one line; what the columns were taken for and those that were not read in lines of their own.
fn detected(printer: &Printer, taken: &Taken) -> String {
    let mut parts = Vec::new();
    let (mut columns, mut unread) = (Vec::new(), Vec::new());
    for (key, value) in taken.detection.pairs() {
        match key {
            "format" => parts.push(printer.texts.code("format", &value)),
            "column" => columns.push(match value.split_once(" = ") {
                Some((header, field)) if header == field => field.to_owned(),
                _ => value,
            }),
            "column_not_read" => unread.push(value),
            // Dates that need no order, or that show none: those are set aside one by one.
            "date_style" if value == "undecided" => {}
            _ => parts.push(printer.say(
                &format!("detected-{key}"),
                &[("value", printer.texts.code("detected_value", &value).into())],
            )),
        }
    }
    let mut line = parts.join(&printer.texts.word("cli-separator"));
    for (key, columns) in [
        ("cli-import-columns", columns),
        ("cli-import-unread", unread),
    ] {
        if !columns.is_empty() {
            line.push('\n');
            let columns = columns.join(&printer.texts.word("cli-separator"));
            line.push_str(&printer.say(key, &[("columns", columns.into())]));
        }
    }
    line
}

/// One reason, with what to do.
pub(super) fn row(
    printer: &Printer,
    row: u32,
    field: &str,
    code: &str,
    found: &str,
    expected: &str,
) -> Result<(), Trouble> {
    let texts = &printer.texts;
    let key = match (found.is_empty(), expected.is_empty()) {
        (false, false) => "cli-row-both",
        (false, true) => "cli-row-found",
        (true, false) => "cli-row-expected",
        (true, true) => "cli-row-plain",
    };
    let args: [(&str, Arg<'_>); 6] = [
        ("row", row.to_string().into()),
        ("field", texts.code("field", field).into()),
        ("reason", texts.code("code", code).into()),
        ("found", found.into()),
        ("expected", texts.expected(field, expected).into()),
        ("remedy", texts.remedy(code, !expected.is_empty()).into()),
    ];
    printer.tell(key, &args)
}

fn json(printer: &Printer, outcome: &Outcome, receipts: &[String]) -> serde_json::Value {
    use serde_json::json;
    let file = &outcome.file;
    match &outcome.result {
        Ok(Imported::Movements(taken)) => {
            let (tally, summary) = (&taken.tally, &taken.summary);
            let issues: Vec<_> = tally.issues.iter().map(|i| {
                json!({"row": i.row, "field": i.field.code(), "code": i.code.code(), "found": i.found, "expected": i.expected})
            }).collect();
            let detection: Vec<_> = taken
                .detection
                .pairs()
                .into_iter()
                .map(|(k, v)| json!([k, v]))
                .collect();
            json!({
                "file": file, "state": "taken", "entry": taken.seq, "again": taken.again.map(|(seq, _)| seq), "entries": taken.parts, "receipts": receipts,
                "detection": detection, "unread_sheets": summary.unread_sheets,
                "lines": {"read": summary.rows_read, "accepted": tally.accepted, "quarantined": tally.aside,
                    "duplicate": tally.duplicates, "questioned": tally.findings},
                "not_movements": summary.not_movements, "arcos": summary.arcos.as_ref().map(|a| json!({
                    "rows": a.rows, "equal": a.equal, "without_strength": a.without_strength, "differ": a.differ,
                })), "ignored": summary.ignored, "quarantine": issues,
            })
        }
        Ok(Imported::Holders(taken)) => {
            let s = &taken.summary;
            let issues: Vec<_> = s.issues.iter().map(|i| {
                json!({"row": i.row, "field": i.column, "code": i.code.code(), "found": i.found, "expected": i.expected})
            }).collect();
            json!({
                "file": file, "state": "holders", "entry": taken.seq, "receipts": receipts,
                "lines": {"read": s.rows_read, "accepted": s.accepted, "quarantined": s.rejected}, "quarantine": issues,
            })
        }
        Ok(Imported::Already(before)) => {
            json!({"file": file, "state": "already", "entry": before.seq(), "quarantined": before.aside, "receipts": receipts})
        }
        Err(trouble) => {
            let (text, remedy) = printer.explain(trouble);
            json!({"file": file, "state": "refused", "error": trouble.code(), "text": text, "remedy": remedy})
        }
    }
}
