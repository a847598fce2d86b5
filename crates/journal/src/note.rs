//! Signed notes (C2SP `signed-note`): a text, an empty line, and a line per signature.

use crate::keys::{Signer, Verifier, name_is_valid};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use std::fmt;

/// Largest note that is read: a checkpoint is a few hundred bytes, witnesses add about a hundred each.
pub const MAX_BYTES: usize = 64 * 1024;
/// Most signatures that are read.
pub const MAX_SIGNATURES: usize = 100;
/// Em dash and space: how a signature line begins.
const DASH: &str = "\u{2014} ";

/// Why a text is not a signed note, or not one of the expected key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoteError {
    /// Not a text, an empty line and signature lines; or a control character; or too long.
    #[error("not a signed note: a text, an empty line, and signature lines are expected")]
    Format,
    /// A signature line is malformed or given twice, or there are too many.
    #[error("a signature line of the note is malformed")]
    Signature,
    /// The expected key did not sign.
    #[error("the note carries no signature of the expected key")]
    Unsigned,
    /// A signature of the expected key is there and is wrong.
    #[error("the signature does not fit the text: one of them was changed")]
    Invalid,
}

impl NoteError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Format => "note_format",
            Self::Signature => "note_signature",
            Self::Unsigned => "note_unsigned",
            Self::Invalid => "note_invalid",
        }
    }
}

/// One signature line, checked or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NoteSignature {
    /// Name of the key.
    pub name: String,
    /// Id of the key.
    pub id: u32,
    /// Signature bytes, as the key's type has them.
    pub bytes: Vec<u8>,
}

/// A text with its signatures. The text means nothing before [`Note::verify`].
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    text: String,
    signatures: Vec<NoteSignature>,
}

fn text_is_valid(text: &str) -> bool {
    text.ends_with('\n') && !text.chars().any(|c| c < ' ' && c != '\n')
}

impl Note {
    /// Signs `text`, which must end in a newline and hold no other control character.
    ///
    /// # Errors
    /// [`NoteError::Format`].
    pub fn sign(text: String, signers: &[&Signer]) -> Result<Self, NoteError> {
        if !text_is_valid(&text) {
            return Err(NoteError::Format);
        }
        let signatures = (signers.iter())
            .map(|signer| NoteSignature {
                name: signer.name().to_owned(),
                id: signer.verifier().id(),
                bytes: signer.sign(text.as_bytes()),
            })
            .collect();
        Ok(Self { text, signatures })
    }

    /// Reads a note; [`fmt::Display`] gives the same text back.
    ///
    /// # Errors
    /// [`NoteError::Format`] or [`NoteError::Signature`].
    pub fn parse(note: &str) -> Result<Self, NoteError> {
        if note.len() > MAX_BYTES || !text_is_valid(note) {
            return Err(NoteError::Format);
        }
        // The last empty line divides: a text may hold empty lines, signature lines may not.
        let at = note.rfind("\n\n").ok_or(NoteError::Format)?;
        let (text, rest) = note.split_at(at + 1);
        let mut signatures: Vec<NoteSignature> = Vec::new();
        for line in rest.trim_start_matches('\n').lines() {
            let signature = parse_signature(line).ok_or(NoteError::Signature)?;
            let twice =
                (signatures.iter()).any(|s| s.name == signature.name && s.id == signature.id);
            if twice || signatures.len() == MAX_SIGNATURES {
                return Err(NoteError::Signature);
            }
            signatures.push(signature);
        }
        if signatures.is_empty() {
            return Err(NoteError::Format);
        }
        Ok(Self {
            text: text.to_owned(),
            signatures,
        })
    }

    /// The text, if this key signed it. Signatures of other keys are not looked at.
    ///
    /// # Errors
    /// [`NoteError::Unsigned`] or [`NoteError::Invalid`].
    pub fn verify(&self, verifier: &Verifier) -> Result<&str, NoteError> {
        let id = verifier.id();
        let signature = (self.signatures.iter())
            .find(|s| s.id == id && s.name == verifier.name())
            .ok_or(NoteError::Unsigned)?;
        if verifier.verify(self.text.as_bytes(), &signature.bytes) {
            Ok(&self.text)
        } else {
            Err(NoteError::Invalid)
        }
    }

    /// The text, unchecked.
    #[must_use]
    pub fn unverified_text(&self) -> &str {
        &self.text
    }

    /// The signatures, unchecked.
    #[must_use]
    pub fn signatures(&self) -> &[NoteSignature] {
        &self.signatures
    }
}

fn parse_signature(line: &str) -> Option<NoteSignature> {
    let (name, bytes) = line.strip_prefix(DASH)?.split_once(' ')?;
    let bytes = BASE64_STANDARD.decode(bytes).ok()?;
    let (id, bytes) = bytes.split_first_chunk::<4>()?;
    (name_is_valid(name) && !bytes.is_empty()).then(|| NoteSignature {
        name: name.to_owned(),
        id: u32::from_be_bytes(*id),
        bytes: bytes.to_vec(),
    })
}

impl fmt::Display for Note {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{}", self.text)?;
        for signature in &self.signatures {
            let bytes = [signature.id.to_be_bytes().as_slice(), &signature.bytes].concat();
            let bytes = BASE64_STANDARD.encode(bytes);
            writeln!(f, "{DASH}{} {bytes}", signature.name)?;
        }
        Ok(())
    }
}
