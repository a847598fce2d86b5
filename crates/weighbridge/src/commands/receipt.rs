//! `receipt`: what proves that a submission is in the journal.

use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::{Args, Subcommand};
use weighbridge_books::EntryKind;
use weighbridge_journal::{RowReceipt, SqliteStore, Verified, Verifier, receipt};
use weighbridge_measure::Timestamp;
use weighbridge_reports::terminal::clean;

use super::open_read;
use crate::account::Account;
use crate::blobs::hex;
use crate::cli::Reading;
use crate::output::{whole, writable};
use crate::printer::Printer;
use crate::proved_row;
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
        /// File to write as well.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Proves one row of a file without showing the others.
    Row {
        /// Folder of the account.
        dir: PathBuf,
        /// Entry.
        seq: u64,
        /// Row of the file.
        row: u32,
        /// File to write; standard output where none is given.
        #[arg(long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Checks a receipt of an entry or of a row with nothing but the public key.
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
            What::Show { dir, seq, out } => show(printer, dir, seq, out.as_deref()),
            What::Row { dir, seq, row, out } => give_row(printer, dir, (seq, row), out.as_deref()),
            What::Verify { file, key } => verify(printer, &file, &key),
        }
    }
}

fn account(printer: &Printer, dir: PathBuf) -> Result<Account<SqliteStore>, Trouble> {
    let reading = Reading {
        dir,
        as_of: None,
        known_at: None,
    };
    open_read(&reading, printer)
}

/// What the receipt proves is for whoever looks, the receipt itself is the data: it can be sent on to a file.
fn show(printer: &Printer, dir: PathBuf, seq: u64, out: Option<&Path>) -> Result<(), Trouble> {
    if let Some(out) = out {
        writable(out)?;
    }
    let account = account(printer, dir)?;
    let proof = account.receipt(seq)?;
    let verified = proof.verify(account.journal().verifier())?;
    let text = proof.to_string();
    if let Some(out) = out {
        write(out, &text)?;
    }
    if printer.json {
        return printer.object(&object(&verified, &text));
    }
    let says = say_entry(printer, "cli-receipt-shown", &verified);
    let kind = EntryKind::from_number(verified.header.kind).map_or("", EntryKind::code);
    let of = [
        ("kind", printer.texts.code("entry_kind", kind).into()),
        ("organisation", (&verified.header.organisation).into()),
        ("body", hex(&verified.header.body_hash).into()),
    ];
    let more = printer.say("cli-receipt-shown-more", &of);
    let Some(out) = out else {
        printer.note(&format!("{says}\n{more}\n"));
        return printer.data(&text);
    };
    printer.data(&format!("{says}\n{more}"))?;
    let path = [("file", out.display().to_string().into())];
    printer.tell("cli-export-kept", &path)
}

fn write(out: &Path, text: &str) -> Result<(), Trouble> {
    whole(out, |aside| {
        std::fs::write(aside, text).map_err(Trouble::system(aside))
    })
}

fn give_row(
    printer: &Printer,
    dir: PathBuf,
    (seq, row): (u64, u32),
    out: Option<&Path>,
) -> Result<(), Trouble> {
    if let Some(out) = out {
        writable(out)?;
    }
    let account = account(printer, dir)?;
    let proof = account.row_receipt(seq, row)?;
    let text = proof.to_string();
    if let Some(out) = out {
        write(out, &text)?;
    }
    if printer.json {
        let verified = proof.verify(account.journal().verifier())?;
        return printer.object(&row_object(&proof, &verified, &text)?);
    }
    match out {
        None => printer.data(&text),
        Some(out) => printer.tell(
            "cli-receipt-row-written",
            &[
                ("path", out.display().to_string().into()),
                ("row", row.to_string().into()),
                ("seq", proof.receipt.index.to_string().into()),
            ],
        ),
    }
}

fn verify(printer: &Printer, file: &Path, key: &str) -> Result<(), Trouble> {
    let text = std::fs::read_to_string(file).map_err(Trouble::system(file))?;
    // Mail programs end lines so; no receipt has such a mark otherwise.
    let text = text.replace("\r\n", "\n");
    let verifier = verifier(key)?;
    if RowReceipt::is_meant(&text) {
        return verify_row(printer, &text, &verifier);
    }
    let verified = receipt::verify(&text, &verifier)?;
    if printer.json {
        return printer.object(&object(&verified, &text));
    }
    tell_entry(printer, "cli-receipt-holds", &verified)
}

/// Everything that is said of the row comes from the bytes that were proved, nothing from the readable lines.
fn verify_row(printer: &Printer, text: &str, verifier: &Verifier) -> Result<(), Trouble> {
    let proof = RowReceipt::parse(text)?;
    let verified = proof.verify(verifier)?;
    let seq = verified.index;
    let of_body = |damaged| Trouble::Body { seq, damaged };
    proof.shows(&proved_row::lines(&proof.row).map_err(of_body)?)?;
    if printer.json {
        return printer.object(&row_object(&proof, &verified, text)?);
    }
    tell_entry(printer, "cli-receipt-row-holds", &verified)?;
    for field in proved_row::fields(&proof.row).map_err(of_body)? {
        // As a field, "row" means the whole of it.
        let name = match field.name {
            "row" => printer.texts.word("cli-receipt-row-number"),
            name => printer.texts.code("field", name),
        };
        let value = clean(&printer.texts.code(field.name, &field.value));
        let args = [("field", name.into()), ("value", value.into())];
        printer.tell("cli-receipt-row-field", &args)?;
    }
    printer.tell(
        "cli-receipt-row-only",
        &[("rows", verified.header.rows.into())],
    )
}

fn tell_entry(printer: &Printer, key: &str, verified: &Verified) -> Result<(), Trouble> {
    printer.data(&say_entry(printer, key, verified))
}

fn say_entry(printer: &Printer, key: &str, verified: &Verified) -> String {
    let recorded_at = Timestamp::from_micros(verified.header.recorded_at_us).to_string();
    printer.say(
        key,
        &[
            ("seq", verified.index.to_string().into()),
            ("origin", (&verified.checkpoint.origin).into()),
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
        Err(error) if error.kind() == ErrorKind::InvalidData => String::new(),
        Err(_) if key.contains('+') => return Ok(Verifier::parse(key.trim())?),
        Err(error) => return Err(Trouble::system(path)(error)),
    };
    Verifier::parse(text.trim()).map_err(|error| Trouble::KeyFile {
        path: path.to_owned(),
        error,
    })
}

fn object(verified: &Verified, text: &str) -> serde_json::Value {
    let header = &verified.header;
    serde_json::json!({
        "holds": true,
        "entry": verified.index,
        "origin": verified.checkpoint.origin,
        "size": verified.checkpoint.size,
        "recorded_at": Timestamp::from_micros(header.recorded_at_us).to_string(),
        "organisation": header.organisation,
        "submission_key": hex(&header.key),
        "rows": header.rows,
        "body_sha256": hex(&header.body_hash),
        "receipt": text,
    })
}

fn row_object(
    proof: &RowReceipt,
    verified: &Verified,
    text: &str,
) -> Result<serde_json::Value, Trouble> {
    let seq = verified.index;
    let fields =
        proved_row::fields(&proof.row).map_err(|damaged| Trouble::Body { seq, damaged })?;
    let row: serde_json::Map<String, serde_json::Value> = (fields.into_iter())
        .map(|field| (field.name.to_owned(), field.value.into()))
        .collect();
    let mut object = object(verified, text);
    object["place"] = proof.proof.index.into();
    object["row"] = row.into();
    Ok(object)
}
