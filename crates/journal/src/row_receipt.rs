//! A receipt of one row: a text file that shows one row of an entry, proves it, and says nothing of the others.
//!
//! ```text
//! weighbridge.row-receipt@v1
//! # <what the row says, for people>     any number of lines
//!
//! row <base64 of the row's bytes>
//! salt <base64>
//! place <place in the row tree>
//! <base64 hash>                         one line a hash of the row's proof, lowest first
//!
//! <the entry's receipt>
//! ```
//!
//! The row's bytes and salt lead to the root of rows in the entry's header, the receipt from there to the signed checkpoint.
//! What a row means is not known here: whoever reads the file makes the readable lines anew from the proved bytes and refuses
//! others, see [`RowReceipt::shows`].

use crate::checkpoint::{parse_decimal, parse_hash};
use crate::keys::Verifier;
use crate::receipt::{self, Receipt, ReceiptError, Verified};
use crate::rows::{RowProof, verify_row};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use std::fmt;

/// First line.
pub const MAGIC: &str = "weighbridge.row-receipt@v1";
/// How a readable line begins.
const SHOWN: &str = "# ";
/// Largest file that is read: the entry's receipt, and a row twice, as bytes and readable.
pub const MAX_BYTES: usize = 4 * 1024 * 1024 + receipt::MAX_BYTES;
/// Most hashes in a row's proof: an entry counts its rows in 32 bits.
const MAX_PATH: usize = 32;

/// A receipt of one row as read, unchecked; [`fmt::Display`] writes the file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowReceipt {
    /// The row for people, line by line: without any weight.
    pub shown: Vec<String>,
    /// The row's bytes.
    pub row: Vec<u8>,
    /// Its place, salt and path.
    pub proof: RowProof,
    /// The receipt of the entry that it is a row of.
    pub receipt: Receipt,
}

impl RowReceipt {
    /// Whether a text claims to be a receipt of a row, rather than one of an entry.
    #[must_use]
    pub fn is_meant(text: &str) -> bool {
        text.lines().next() == Some(MAGIC)
    }

    /// Reads a receipt of a row; only the exact text that [`fmt::Display`] writes is one.
    ///
    /// # Errors
    /// [`ReceiptError::Format`] or what is wrong with the entry's receipt.
    pub fn parse(text: &str) -> Result<Self, ReceiptError> {
        use ReceiptError::Format;
        if text.len() > MAX_BYTES {
            return Err(Format("it is too long"));
        }
        let cut = |text| str::split_once(text, "\n\n").ok_or(Format("a part is missing"));
        let (head, rest) = cut(text)?;
        let (proof, entry) = cut(rest)?;
        let mut lines = head.split('\n');
        if lines.next() != Some(MAGIC) {
            return Err(Format("its first line is not weighbridge.row-receipt@v1"));
        }
        let shown = lines
            .map(|line| line.strip_prefix(SHOWN).map(str::to_owned))
            .collect::<Option<_>>()
            .ok_or(Format("a readable line does not begin with `# `"))?;
        let mut lines = proof.split('\n');
        let mut field = |name: &str| lines.next()?.strip_prefix(name)?.strip_prefix(' ');
        let bytes = |text: Option<&str>| BASE64_STANDARD.decode(text?).ok();
        let row = bytes(field("row")).ok_or(Format("the line `row` is missing"))?;
        let salt = (bytes(field("salt")).and_then(|salt| salt.try_into().ok()))
            .ok_or(Format("the line `salt` is missing"))?;
        let index = (field("place").and_then(parse_decimal))
            .ok_or(Format("the line `place` is missing"))?;
        let path: Vec<_> = lines
            .map(parse_hash)
            .collect::<Option<_>>()
            .ok_or(Format("a line of the row's proof is not a hash"))?;
        if path.len() > MAX_PATH {
            return Err(Format("the row's proof has too many hashes"));
        }
        Ok(Self {
            shown,
            row,
            proof: RowProof { index, salt, path },
            receipt: Receipt::parse(entry)?,
        })
    }

    /// Checks this receipt against the journal's public key: what then holds is [`Self::row`], and the entry's header.
    ///
    /// # Errors
    /// [`ReceiptError`] says which part does not hold.
    pub fn verify(&self, verifier: &Verifier) -> Result<Verified, ReceiptError> {
        let verified = self.receipt.verify(verifier)?;
        let header = &verified.header;
        if verify_row(
            &header.rows_root,
            header.rows.into(),
            &self.row,
            &self.proof,
        ) {
            Ok(verified)
        } else {
            Err(ReceiptError::Row)
        }
    }

    /// Checks that the readable lines are those that the proved bytes say.
    ///
    /// # Errors
    /// [`ReceiptError::Shown`].
    pub fn shows(&self, lines: &[String]) -> Result<(), ReceiptError> {
        if self.shown == lines {
            Ok(())
        } else {
            Err(ReceiptError::Shown)
        }
    }
}

impl fmt::Display for RowReceipt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{MAGIC}")?;
        (self.shown.iter()).try_for_each(|line| writeln!(f, "{SHOWN}{line}"))?;
        let (row, salt) = (
            BASE64_STANDARD.encode(&self.row),
            BASE64_STANDARD.encode(self.proof.salt),
        );
        writeln!(f, "\nrow {row}\nsalt {salt}\nplace {}", self.proof.index)?;
        for hash in &self.proof.path {
            writeln!(f, "{}", BASE64_STANDARD.encode(hash))?;
        }
        write!(f, "\n{}", self.receipt)
    }
}
