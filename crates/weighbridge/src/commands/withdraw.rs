//! `withdraw`: a submission uploaded by mistake is taken back as a whole; the journal keeps both.

use std::path::PathBuf;

use clap::Args;
use weighbridge_books::{Body, Withdrawal};

use super::open;
use crate::account::Who;
use crate::clock;
use crate::printer::Printer;
use crate::trouble::Trouble;

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
        if printer.json {
            return printer.object(&serde_json::json!({
                "entry": seq, "withdrawn": submission, "receipt": path.display().to_string(),
            }));
        }
        printer.tell(
            "cli-withdraw-done",
            &[
                ("submission", submission.to_string().into()),
                ("seq", seq.to_string().into()),
            ],
        )?;
        printer.tell(
            "cli-import-receipt",
            &[("path", path.display().to_string().into())],
        )
    }
}
