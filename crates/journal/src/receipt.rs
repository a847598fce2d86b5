//! Receipts: a text file that a stranger checks offline (C2SP `tlog-proof`).
//!
//! ```text
//! c2sp.org/tlog-proof@v1
//! extra <base64 of the entry's header>
//! index <sequence number>
//! <base64 hash>            one line a hash of the inclusion proof, lowest first
//!
//! <signed checkpoint>
//! ```
//!
//! The leaf is the header, so text and public key are enough: the header names the submission key, the time of record, the
//! rows and the body's hash; the proof ties it to the checkpoint; the signature ties that to the journal.

use crate::checkpoint::{Checkpoint, CheckpointError, parse_decimal, parse_hash};
use crate::header::{Header, HeaderError};
use crate::keys::Verifier;
use crate::merkle::{Hash, ProofError, leaf_hash, verify_inclusion};
use crate::note::Note;
use base64::prelude::{BASE64_STANDARD, Engine as _};
use std::fmt;

/// First line.
const MAGIC: &str = "c2sp.org/tlog-proof@v1";
/// Largest receipt that is read: header, 63 hashes and the largest note are below it.
pub const MAX_BYTES: usize = 256 * 1024;
/// Most hashes in an inclusion proof.
const MAX_PATH: usize = 64;

/// A receipt as read, unchecked; [`fmt::Display`] writes the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Receipt {
    /// The entry's header bytes.
    pub header: Vec<u8>,
    /// Sequence number of the entry.
    pub index: u64,
    /// Inclusion proof, lowest sibling first.
    pub path: Vec<Hash>,
    /// The signed checkpoint.
    pub note: String,
}

/// What a receipt proves.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// Sequence number of the entry.
    pub index: u64,
    /// The entry's header: submission key, time of record, rows, hash of the body.
    pub header: Header,
    /// The checkpoint that covers it: origin, size, root.
    pub checkpoint: Checkpoint,
}

/// Why a receipt does not prove anything.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ReceiptError {
    /// The file is not a receipt.
    #[error("not a receipt: {0}")]
    Format(&'static str),
    /// The header inside is not one.
    #[error("the receipt's entry header is damaged: {0}")]
    Header(#[from] HeaderError),
    /// The checkpoint inside does not hold.
    #[error("the receipt's checkpoint does not hold: {0}")]
    Checkpoint(#[from] CheckpointError),
    /// The row is not one of the entry's rows.
    #[error("the row is not one of the entry's rows: the row, its salt or its proof was changed")]
    Row,
    /// The readable lines of a receipt of a row are not what its bytes say.
    #[error("the readable lines are not those of the proved row")]
    Shown,
    /// The proof does not lead from the header to the checkpoint.
    #[error("the receipt's entry is not in the signed tree: {0}")]
    Proof(#[from] ProofError),
}

impl ReceiptError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Format(_) => "receipt_format",
            Self::Header(_) => "receipt_header",
            Self::Checkpoint(error) => error.code(),
            Self::Row => "receipt_row",
            Self::Shown => "receipt_shown",
            Self::Proof(_) => "receipt_proof",
        }
    }
}

impl Receipt {
    /// Reads a receipt; only the exact text that [`fmt::Display`] writes is one.
    ///
    /// # Errors
    /// [`ReceiptError::Format`] or what is wrong with the note.
    pub fn parse(text: &str) -> Result<Self, ReceiptError> {
        use ReceiptError::Format;
        if text.len() > MAX_BYTES {
            return Err(Format("it is too long"));
        }
        let (proof, note) = (text.split_once("\n\n")).ok_or(Format("the checkpoint is missing"))?;
        let mut lines = proof.split('\n');
        if lines.next() != Some(MAGIC) {
            return Err(Format("its first line is not c2sp.org/tlog-proof@v1"));
        }
        let header = (lines.next())
            .and_then(|line| BASE64_STANDARD.decode(line.strip_prefix("extra ")?).ok())
            .ok_or(Format(
                "the line `extra` with the entry's header is missing",
            ))?;
        let index = (lines.next())
            .and_then(|line| parse_decimal(line.strip_prefix("index ")?))
            .ok_or(Format("the line `index` is missing"))?;
        let path: Vec<Hash> = lines
            .map(parse_hash)
            .collect::<Option<_>>()
            .ok_or(Format("a line of the proof is not a hash"))?;
        if path.len() > MAX_PATH {
            return Err(Format("the proof has too many hashes"));
        }
        Note::parse(note).map_err(CheckpointError::from)?;
        Ok(Self {
            header,
            index,
            path,
            note: note.to_owned(),
        })
    }

    /// Checks this receipt against the journal's public key.
    ///
    /// # Errors
    /// [`ReceiptError`] says which part does not hold.
    pub fn verify(&self, verifier: &Verifier) -> Result<Verified, ReceiptError> {
        let header = Header::decode(&self.header)?;
        let checkpoint = Checkpoint::verify(&self.note, verifier)?;
        let leaf = leaf_hash(&self.header);
        verify_inclusion(
            leaf,
            self.index,
            checkpoint.size,
            &self.path,
            &checkpoint.root,
        )?;
        Ok(Verified {
            index: self.index,
            header,
            checkpoint,
        })
    }
}

impl fmt::Display for Receipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let header = BASE64_STANDARD.encode(&self.header);
        writeln!(f, "{MAGIC}\nextra {header}\nindex {}", self.index)?;
        for hash in &self.path {
            writeln!(f, "{}", BASE64_STANDARD.encode(hash))?;
        }
        write!(f, "\n{}", self.note)
    }
}

/// Reads a receipt and checks it against the journal's public key: nothing else is needed.
///
/// # Errors
/// [`ReceiptError`] says which part does not hold.
pub fn verify(text: &str, verifier: &Verifier) -> Result<Verified, ReceiptError> {
    Receipt::parse(text)?.verify(verifier)
}
