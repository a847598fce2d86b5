//! `review`: a reviewer joins lines into one consignment, or keeps two lines apart.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use weighbridge_books::substances::line::LineNo;
use weighbridge_books::{Body, Review as Decision, Verdict};
use weighbridge_journal::{SqliteStore, Store};

use super::open;
use crate::account::{Account, RowName, Who};
use crate::clock;
use crate::printer::Printer;
use crate::trouble::Trouble;

/// Arguments of `review`.
#[derive(Args, Debug)]
pub struct Review {
    /// Folder of the account.
    pub dir: PathBuf,
    /// What was decided.
    pub verdict: Choice,
    /// Lines as `ENTRY:ROW` or `ENTRY:ROW:NTH`, as movements shows them.
    #[arg(required = true, num_args = 2.., value_name = "ENTRY:ROW")]
    pub lines: Vec<String>,
    /// Why.
    #[arg(long, value_name = "TEXT")]
    pub reason: String,
}

/// A decision.
#[derive(Clone, Copy, ValueEnum, Debug)]
pub enum Choice {
    /// The lines are one consignment.
    Together,
    /// The two lines do not belong together.
    Apart,
}

impl Review {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        let mut account = open(&self.dir, "review", printer)?;
        let lines = self
            .lines
            .iter()
            .map(|l| line(&account, l))
            .collect::<Result<Vec<LineNo>, _>>()?;
        // A decision is about pairs that the books have made.
        account.settle();
        for (line, name) in lines.iter().zip(&self.lines) {
            let half = account.books().substances.lines().get(*line);
            if !half.is_some_and(|l| l.is_half()) {
                return Err(Trouble::Unknown {
                    what: "half",
                    name: name.clone(),
                });
            }
        }
        let distinct: std::collections::BTreeSet<&LineNo> = lines.iter().collect();
        if distinct.len() < 2 {
            return Err(Trouble::Option {
                option: "review",
                given: self.lines.join(" "),
                expected: "≥ 2",
            });
        }
        let verdict = match self.verdict {
            Choice::Together => Verdict::Together,
            Choice::Apart if lines.len() == 2 => Verdict::Apart,
            Choice::Apart => {
                return Err(Trouble::Option {
                    option: "apart",
                    given: lines.len().to_string(),
                    expected: "2",
                });
            }
        };
        account.at(clock::now_us())?;
        let seq = account.record(
            &Who::default(),
            &Body::Review(Decision {
                verdict,
                lines,
                reason: self.reason,
            }),
        )?;
        account.sign()?;
        let (path, _) = account.give_receipt(seq)?;
        if printer.json {
            return printer.object(
                &serde_json::json!({ "entry": seq, "receipt": path.display().to_string() }),
            );
        }
        printer.tell("cli-review-done", &[("seq", seq.to_string().into())])?;
        printer.tell(
            "cli-import-receipt",
            &[("path", path.display().to_string().into())],
        )
    }
}

/// The line of an entry's row.
fn line(account: &Account<SqliteStore>, text: &str) -> Result<LineNo, Trouble> {
    let unknown = || Trouble::Unknown {
        what: "line",
        name: text.to_owned(),
    };
    let (seq, row) = text.split_once(':').ok_or_else(unknown)?;
    let (seq, row): (u64, RowName) = (
        seq.parse().map_err(|_| unknown())?,
        row.parse().map_err(|_| unknown())?,
    );
    find(account, seq, row)?.ok_or_else(unknown)
}

fn find<S: Store>(account: &Account<S>, seq: u64, row: RowName) -> Result<Option<LineNo>, Trouble> {
    let mut entries = account.books().substances.entries().iter();
    let (Some(entry), Some(body)) = (entries.find(|e| e.seq == seq), account.lookup().body(seq))
    else {
        return Ok(None);
    };
    let at = row.find(seq, &body)?;
    Ok(at.and_then(|at| Some(entry.first + LineNo::try_from(at).ok()?)))
}
