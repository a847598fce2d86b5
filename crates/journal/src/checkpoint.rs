//! Checkpoints (C2SP `tlog-checkpoint`): origin, size and root of a tree, as the text of a signed note.

use crate::keys::{Verifier, name_is_valid};
use crate::merkle::Hash;
use crate::note::{Note, NoteError};
use base64::prelude::{BASE64_STANDARD, Engine as _};
use std::fmt;

/// A head of the tree that was signed, or is about to be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Checkpoint {
    /// The journal's name, also the name of its key.
    pub origin: String,
    /// Leaves in the tree.
    pub size: u64,
    /// Root of the tree.
    pub root: Hash,
    /// Further lines: ours has none, another log's are kept.
    pub extensions: Vec<String>,
}

/// Why a text is not a checkpoint of the expected journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CheckpointError {
    /// Not origin, size and root, one a line.
    #[error("not a checkpoint: origin, size and root are expected, one a line")]
    Format,
    /// A checkpoint of another journal.
    #[error("the checkpoint is of another journal than the key")]
    Origin,
    /// The note around it does not hold.
    #[error(transparent)]
    Note(#[from] NoteError),
}

impl CheckpointError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Format => "checkpoint_format",
            Self::Origin => "checkpoint_origin",
            Self::Note(error) => error.code(),
        }
    }
}

/// A decimal number in its one form.
pub(crate) fn parse_decimal(text: &str) -> Option<u64> {
    let plain = text == "0" || !text.starts_with('0');
    (plain && text.bytes().all(|b| b.is_ascii_digit()))
        .then(|| text.parse().ok())
        .flatten()
}

/// A hash in base64.
pub(crate) fn parse_hash(text: &str) -> Option<Hash> {
    BASE64_STANDARD.decode(text).ok()?.try_into().ok()
}

impl Checkpoint {
    /// Reads the text of a checkpoint (the part of a note that is signed); [`fmt::Display`] gives it back.
    ///
    /// # Errors
    /// [`CheckpointError::Format`].
    pub fn parse(text: &str) -> Result<Self, CheckpointError> {
        let body = text.strip_suffix('\n').ok_or(CheckpointError::Format)?;
        let mut lines = body.split('\n');
        let mut next = || lines.next().filter(|line| !line.is_empty());
        let (Some(origin), Some(size), Some(root)) = (next(), next(), next()) else {
            return Err(CheckpointError::Format);
        };
        let extensions: Vec<String> = lines.map(str::to_owned).collect();
        match (parse_decimal(size), parse_hash(root)) {
            (Some(size), Some(root)) if extensions.iter().all(|line| !line.is_empty()) => {
                Ok(Self {
                    origin: origin.to_owned(),
                    size,
                    root,
                    extensions,
                })
            }
            _ => Err(CheckpointError::Format),
        }
    }

    /// Reads a signed checkpoint and checks the signature and that the key's name is the origin.
    ///
    /// # Errors
    /// [`CheckpointError`].
    pub fn verify(note: &str, verifier: &Verifier) -> Result<Self, CheckpointError> {
        let note = Note::parse(note)?;
        let checkpoint = Self::parse(note.verify(verifier)?)?;
        if checkpoint.origin == verifier.name() {
            Ok(checkpoint)
        } else {
            Err(CheckpointError::Origin)
        }
    }

    /// Whether a journal can have this name: what a key's name can be.
    #[must_use]
    pub fn origin_is_valid(origin: &str) -> bool {
        name_is_valid(origin)
    }
}

impl fmt::Display for Checkpoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let root = BASE64_STANDARD.encode(self.root);
        writeln!(f, "{}\n{}\n{root}", self.origin, self.size)?;
        self.extensions
            .iter()
            .try_for_each(|line| writeln!(f, "{line}"))
    }
}
