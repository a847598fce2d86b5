//! `withdraw`: a submission uploaded by mistake is taken back as a whole; the journal keeps both.

use std::path::PathBuf;

use clap::Args;
use weighbridge_books::substances::ledger::Ledger;
use weighbridge_books::substances::line::{LineNo, State};
use weighbridge_books::substances::movement::Text;
use weighbridge_books::{Body, Withdrawal};
use weighbridge_journal::SqliteStore;
use weighbridge_reports::Sources;

use super::open;
use crate::account::{Account, Lookup, Who};
use crate::clock;
use crate::printer::Printer;
use crate::trouble::Trouble;

/// Rows that are named of each kind of consequence; `movements --all` lists every one.
const ROWS_NAMED: usize = 10;

/// Arguments of `withdraw`.
#[derive(Args, Debug)]
pub struct Withdraw {
    /// Folder of the account.
    pub dir: PathBuf,
    /// An entry of the submission.
    pub seq: u64,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

impl Withdraw {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        let mut account = open(&self.dir, "withdraw", printer)?;
        let submission = account.submission_of(self.seq);
        let Some(submission) =
            submission.filter(|s| !account.books().substances.withdrawn().contains(s))
        else {
            return Err(Trouble::Unknown {
                what: "submission",
                name: self.seq.to_string(),
            });
        };
        account.settle();
        let before = states(&account.books().substances);
        account.at(clock::now_us())?;
        let seq = account.record(
            &Who::default(),
            &Body::Withdrawal(Withdrawal {
                submission,
                reason: self.reason,
            }),
        )?;
        account.sign()?;
        let (path, _) = account.give_receipt(seq)?;
        account.settle();
        let follows = Follows::of(&before, &states(&account.books().substances));
        let receipt = path.display().to_string();
        if printer.json {
            return printer.object(&serde_json::json!({
                "entry": seq, "withdrawn": submission, "receipt": receipt,
                "waiting": follows.waiting.json(&account),
                "counting": follows.counting.json(&account),
            }));
        }
        printer.tell(
            "cli-withdraw-done",
            &[
                ("submission", submission.to_string().into()),
                ("seq", seq.to_string().into()),
            ],
        )?;
        follows.waiting.tell(&account, "waiting", printer)?;
        follows.counting.tell(&account, "counting", printer)?;
        printer.tell("cli-import-receipt", &[("path", receipt.into())])
    }
}

fn states(ledger: &Ledger) -> Vec<State> {
    ledger.lines().iter().map(|l| l.state()).collect()
}

/// Lines whose fate changed, with what they were before.
#[derive(PartialEq, Eq, Debug, Default)]
struct Changed(Vec<(LineNo, State)>);

/// What a withdrawal does to the lines of other submissions.
#[derive(PartialEq, Eq, Debug, Default)]
struct Follows {
    /// Corrections whose target is gone.
    waiting: Changed,
    /// Lines that count again: what replaced, deleted or came before them is gone.
    counting: Changed,
}

impl Follows {
    fn of(before: &[State], after: &[State]) -> Follows {
        let mut follows = Follows::default();
        for (line, (was, is)) in (0..).zip(before.iter().zip(after)) {
            match (was, is) {
                (was, is) if was == is => {}
                (was, State::Waiting) => follows.waiting.0.push((line, *was)),
                (was, State::Live) => follows.counting.0.push((line, *was)),
                _ => {}
            }
        }
        follows
    }
}

impl Changed {
    fn json(&self, account: &Account<SqliteStore>) -> serde_json::Value {
        let lookup = account.lookup();
        let rows = self.0.iter().take(ROWS_NAMED).map(|(line, was)| {
            let at = lookup.row(*line);
            serde_json::json!({
                "reference": reference(account, &lookup, *line),
                "file": at.file,
                "row": at.row,
                "line_id": lookup.text(*line, Text::LineId),
                "was": was.code(),
            })
        });
        serde_json::json!({ "lines": self.0.len(), "rows": rows.collect::<Vec<_>>() })
    }

    fn tell(
        &self,
        account: &Account<SqliteStore>,
        what: &str,
        printer: &Printer,
    ) -> Result<(), Trouble> {
        if self.0.is_empty() {
            return Ok(());
        }
        let lookup = account.lookup();
        printer.tell(
            &format!("cli-withdraw-{what}"),
            &[("n", self.0.len().into())],
        )?;
        for (line, was) in self.0.iter().take(ROWS_NAMED) {
            let (at, line_id) = (lookup.row(*line), lookup.text(*line, Text::LineId));
            let key = if line_id.is_empty() {
                "cli-withdraw-row"
            } else {
                "cli-withdraw-row_line"
            };
            printer.tell(
                key,
                &[
                    ("reference", reference(account, &lookup, *line).into()),
                    ("file", at.file.into()),
                    ("row", at.row.to_string().into()),
                    ("line", line_id.into()),
                    ("was", printer.texts.code("line_state", was.code()).into()),
                ],
            )?;
        }
        let more = self.0.len().saturating_sub(ROWS_NAMED);
        if more == 0 {
            return Ok(());
        }
        let dir = printer.account.clone().unwrap_or_default();
        printer.tell(
            "cli-withdraw-more",
            &[("n", more.into()), ("dir", dir.into())],
        )
    }
}

/// A line as the column “Entry:row” names it.
fn reference(
    account: &Account<SqliteStore>,
    lookup: &Lookup<'_, SqliteStore>,
    line: LineNo,
) -> String {
    let entry = account.books().substances.entry_of(line);
    entry.map_or_else(String::new, |(entry, _)| {
        format!("{}:{}", entry.seq, lookup.row(line).row)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_changed_follows() {
        use State::{Deleted, Duplicate, Live, Superseded, Waiting, Withdrawn};
        for (was, is, waits, counts) in [
            (Live, Live, false, false),
            (Live, Withdrawn, false, false),
            (Waiting, Waiting, false, false),
            (Waiting, Withdrawn, false, false),
            (Live, Waiting, true, false),
            (Superseded, Waiting, true, false),
            (Superseded, Live, false, true),
            (Deleted, Live, false, true),
            (Duplicate, Live, false, true),
            (Superseded, Deleted, false, false),
        ] {
            let of = |yes: bool| Changed(if yes { vec![(1, was)] } else { Vec::new() });
            let want = Follows {
                waiting: of(waits),
                counting: of(counts),
            };
            assert_eq!(
                Follows::of(&[Live, was], &[Live, is]),
                want,
                "{was:?} {is:?}"
            );
        }
    }
}
