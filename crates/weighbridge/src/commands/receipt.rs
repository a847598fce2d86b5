//! `receipt`: what proves that a submission is in the journal.

use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use weighbridge_journal::{Receipt as Proof, Verifier, receipt};
use weighbridge_measure::Timestamp;

use super::open_read;
use crate::blobs::hex;
use crate::cli::Reading;
use crate::printer::Printer;
use crate::trouble::Trouble;

/// Arguments of `receipt`.
#[derive(Args, Debug)]
pub struct Receipt {
    /// What to do.
    #[command(subcommand)]
    pub command: What,
}

/// What to do with a receipt.
#[derive(Subcommand, Debug)]
pub enum What {
    /// Shows the receipt of an entry.
    Show {
        /// Folder of the account.
        dir: PathBuf,
        /// Entry.
        seq: u64,
    },
    /// Checks a receipt with nothing but the public key.
    Verify {
        /// The receipt.
        file: PathBuf,
        /// Public key: a file, or the key itself.
        #[arg(long, value_name = "FILE|KEY")]
        key: String,
    },
}

impl Receipt {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        match self.command {
            What::Show { dir, seq } => show(printer, dir, seq),
            What::Verify { file, key } => verify(printer, &file, &key),
        }
    }
}

fn show(printer: &Printer, dir: PathBuf, seq: u64) -> Result<(), Trouble> {
    let account = open_read(
        &Reading {
            dir,
            as_of: None,
            known_at: None,
        },
        printer,
    )?;
    let proof = account.receipt(seq)?;
    if printer.json {
        return object(printer, &proof, account.journal().verifier());
    }
    printer.data(&proof.to_string())
}

fn verify(printer: &Printer, file: &Path, key: &str) -> Result<(), Trouble> {
    let text = std::fs::read_to_string(file).map_err(Trouble::system(file))?;
    let verifier = verifier(key)?;
    let proof = Proof::parse(&text)?;
    let verified = receipt::verify(&text, &verifier)?;
    if printer.json {
        return object(printer, &proof, &verifier);
    }
    let recorded_at = Timestamp::from_micros(verified.header.recorded_at_us).to_string();
    printer.tell(
        "cli-receipt-holds",
        &[
            ("seq", verified.index.to_string().into()),
            ("origin", verified.checkpoint.origin.into()),
            ("size", verified.checkpoint.size.into()),
            ("rows", verified.header.rows.into()),
            ("time", recorded_at.into()),
            ("key", hex(&verified.header.key).into()),
        ],
    )
}

/// The public key in a file, or the key itself.
pub(super) fn verifier(key: &str) -> Result<Verifier, Trouble> {
    let path = Path::new(key);
    let text = match std::fs::read_to_string(path) {
        Ok(text) => text,
        Err(_) if key.contains('+') => key.to_owned(),
        Err(error) => {
            return Err(Trouble::System {
                path: path.to_owned(),
                error,
            });
        }
    };
    Ok(Verifier::parse(text.trim())?)
}

fn object(printer: &Printer, proof: &Proof, verifier: &Verifier) -> Result<(), Trouble> {
    let verified = proof.verify(verifier)?;
    let header = &verified.header;
    printer.object(&serde_json::json!({
        "holds": true,
        "entry": verified.index,
        "origin": verified.checkpoint.origin,
        "size": verified.checkpoint.size,
        "recorded_at": Timestamp::from_micros(header.recorded_at_us).to_string(),
        "organisation": header.organisation,
        "submission_key": hex(&header.key),
        "rows": header.rows,
        "body_sha256": hex(&header.body_hash),
        "receipt": proof.to_string(),
    }))
}
