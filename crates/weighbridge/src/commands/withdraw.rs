//! `withdraw`: a submission uploaded by mistake is taken back as a whole; the journal keeps both.

use std::path::PathBuf;

use clap::Args;
use weighbridge_books::substances::ledger::Ledger;
use weighbridge_books::substances::line::{LineNo, State};
use weighbridge_books::substances::movement::Text;
use weighbridge_books::{Body, Withdrawal};
use weighbridge_journal::Store;
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
                "holding": follows.holding.json(&account),
                "replaced": follows.replaced.json(&account),
            }));
        }
        printer.tell(
            "cli-withdraw-done",
            &[
                ("submission", submission.to_string().into()),
                ("seq", seq.to_string().into()),
            ],
        )?;
        for (changed, what) in [
            (&follows.waiting, "cli-withdraw-waiting"),
            (&follows.counting, "cli-withdraw-counting"),
            (&follows.holding, "cli-withdraw-holding"),
            (&follows.replaced, "cli-withdraw-replaced"),
        ] {
            for text in changed.texts(&account, what, printer) {
                printer.data(&text)?;
            }
        }
        printer.tell("cli-import-receipt", &[("path", receipt.into())])
    }
}

fn states(ledger: &Ledger) -> Vec<State> {
    ledger.lines().iter().map(|l| l.state()).collect()
}

/// Lines whose fate changed, with what they were before.
#[derive(PartialEq, Eq, Debug, Default)]
pub(super) struct Changed(pub(super) Vec<(LineNo, State)>);

/// What a withdrawal does to the lines of other submissions.
#[derive(PartialEq, Eq, Debug, Default)]
struct Follows {
    /// Corrections whose target is gone.
    waiting: Changed,
    /// Lines that count again: what replaced, deleted or came before them is gone.
    counting: Changed,
    /// Corrections that waited and hold now: what they name is one row again.
    holding: Changed,
    /// Lines that such a correction replaces or deletes.
    replaced: Changed,
}

impl Follows {
    fn of(before: &[State], after: &[State]) -> Follows {
        let mut follows = Follows::default();
        for (line, (was, is)) in (0..).zip(before.iter().zip(after)) {
            match (was, is) {
                (was, is) if was == is => {}
                (was, State::Waiting) => follows.waiting.0.push((line, *was)),
                (was @ State::Waiting, State::Live | State::Deletion) => {
                    follows.holding.0.push((line, *was));
                }
                (was, State::Live) => follows.counting.0.push((line, *was)),
                (was @ State::Live, State::Superseded | State::Deleted) => {
                    follows.replaced.0.push((line, *was));
                }
                _ => {}
            }
        }
        follows
    }
}

impl Changed {
    pub(super) fn json<S: Store>(&self, account: &Account<S>) -> serde_json::Value {
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

    /// What the message `what` says of so many, and the rows; nothing where there are none.
    pub(super) fn texts<S: Store>(
        &self,
        account: &Account<S>,
        what: &str,
        printer: &Printer,
    ) -> Vec<String> {
        if self.0.is_empty() {
            return Vec::new();
        }
        let lookup = account.lookup();
        let mut texts = vec![printer.say(what, &[("n", self.0.len().into())])];
        texts.extend(self.0.iter().take(ROWS_NAMED).map(|(line, was)| {
            let (at, line_id) = (lookup.row(*line), lookup.text(*line, Text::LineId));
            let key = if line_id.is_empty() {
                "cli-withdraw-row"
            } else {
                "cli-withdraw-row_line"
            };
            printer.say(
                key,
                &[
                    ("reference", reference(account, &lookup, *line).into()),
                    ("file", at.file.into()),
                    ("row", at.row.to_string().into()),
                    ("line", line_id.into()),
                    ("was", printer.texts.code("line_state", was.code()).into()),
                ],
            )
        }));
        let more = self.0.len().saturating_sub(ROWS_NAMED);
        if more > 0 {
            let dir = printer.account.clone().unwrap_or_default();
            texts.push(printer.say(
                "cli-withdraw-more",
                &[("n", more.into()), ("dir", dir.into())],
            ));
        }
        texts
    }
}

/// A line as the column “Entry:row” names it.
fn reference<S: Store>(account: &Account<S>, lookup: &Lookup<'_, S>, line: LineNo) -> String {
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
        use State::{Deleted, Deletion, Duplicate, Live, Superseded, Waiting, Withdrawn};
        for (was, is, told) in [
            (Live, Live, ""),
            (Live, Withdrawn, ""),
            (Waiting, Waiting, ""),
            (Waiting, Withdrawn, ""),
            (Live, Waiting, "waiting"),
            (Superseded, Waiting, "waiting"),
            (Superseded, Live, "counting"),
            (Deleted, Live, "counting"),
            (Duplicate, Live, "counting"),
            (Superseded, Deleted, ""),
            // Of two rows with the document that a correction names one is gone.
            (Waiting, Live, "holding"),
            (Waiting, Deletion, "holding"),
            (Live, Superseded, "replaced"),
            (Live, Deleted, "replaced"),
            (Waiting, Superseded, ""),
        ] {
            let of = |what: &str| {
                Changed(if what == told {
                    vec![(1, was)]
                } else {
                    Vec::new()
                })
            };
            let want = Follows {
                waiting: of("waiting"),
                counting: of("counting"),
                holding: of("holding"),
                replaced: of("replaced"),
            };
            assert_eq!(
                Follows::of(&[Live, was], &[Live, is]),
                want,
                "{was:?} {is:?}"
            );
        }
    }
}
