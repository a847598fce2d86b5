//! What the journal asks of a store, and what can go wrong with one.
//!
//! A store keeps bytes and knows neither the tree nor the rules: header bytes, tiles and the new head are computed once, by
//! the journal. The trait is shaped so that a server database fits as well: an append names the head it was decided on and
//! is refused when the head moved; nothing needs a sequence, a notification or a lock of the database's own.

use crate::header::Header;
use crate::merkle::{Hash, digest};
use crate::tiles::Tile;
use std::ops::ControlFlow;

/// Where the journal stands.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    /// Entries, and the next sequence number.
    pub size: u64,
    /// Root of the tree over them.
    pub root: Hash,
    /// Time of record of the last entry in microseconds since 1970 UTC; none when there is no entry.
    pub last_recorded_at_us: Option<i64>,
}

/// An entry about to be stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewEntry {
    /// The header.
    pub header: Header,
    /// Its canonical bytes.
    pub header_bytes: Vec<u8>,
    /// The body.
    pub body: Vec<u8>,
    /// The secret behind the row salts: private, never shown.
    pub secret: [u8; 32],
}

/// What one append makes durable, all or nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Batch {
    /// Entries in order; the first gets the sequence number that is the expected size.
    pub entries: Vec<NewEntry>,
    /// Tiles to write; a tile of the same level and index is replaced.
    pub tiles: Vec<Tile>,
    /// The head afterwards.
    pub head: Head,
}

/// An entry as stored, not decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Raw<'a> {
    /// Sequence number.
    pub seq: u64,
    /// Header bytes.
    pub header: &'a [u8],
    /// Body bytes.
    pub body: &'a [u8],
}

/// What is told every decoded entry: sequence number, header, header bytes, body.
pub type Visit<'a> = dyn FnMut(u64, &Header, &[u8], &[u8]) -> ControlFlow<()> + 'a;

/// Where a submission key was used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Found {
    /// Sequence number of the entry.
    pub seq: u64,
    /// SHA-256 of its body.
    pub body_hash: Hash,
}

/// A signed checkpoint as stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StoredCheckpoint {
    /// Entries that it covers.
    pub size: u64,
    /// The signed note.
    pub note: String,
}

/// How much a store holds; `verify` compares.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries.
    pub entries: u64,
    /// Submission keys.
    pub keys: u64,
    /// Tiles.
    pub tiles: u64,
}

/// Why a store did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StoreError {
    /// The append was decided on another head: decide again.
    #[error("the journal has {found} entries now, not {expected}: decide again and append")]
    HeadMoved {
        /// Size that the append named.
        expected: u64,
        /// Size that the store has.
        found: u64,
    },
    /// A submission key is in use.
    #[error("the submission key is already that of entry {seq}")]
    Conflict {
        /// The entry that has the key.
        seq: u64,
    },
    /// Another program holds the journal.
    #[error("the journal is held by {holder}; wait for it or end it")]
    Busy {
        /// Program, process and since when, as far as known.
        holder: String,
    },
    /// No room.
    #[error(
        "the disk is full; nothing of this batch was kept: make room, start again and send again"
    )]
    DiskFull,
    /// The journal may only be read: opened so, or a right is missing.
    #[error("the journal can be read but not written: {0}")]
    ReadOnly(String),
    /// The system could not read or write.
    #[error("the journal could not be read or written: {0}")]
    Io(String),
    /// Stored bytes are not what was stored.
    #[error("the journal is damaged{}: {what}; restore it from a copy, or run verify for the extent",
        seq.map(|seq| format!(" at entry {seq}")).unwrap_or_default())]
    Damaged {
        /// The entry, when one is meant.
        seq: Option<u64>,
        /// What was found.
        what: String,
    },
    /// There is no journal at this place.
    #[error("there is no journal at {0}")]
    NotFound(String),
    /// There is a journal at this place already.
    #[error("there is already a journal at {0}")]
    Exists(String),
    /// The file is not a journal.
    #[error("{0} is not a journal")]
    NotAJournal(String),
    /// A later version of the program wrote it.
    #[error("the journal has layout {found}, this program knows {known}: use a newer program")]
    TooNew {
        /// Layout found.
        found: i64,
        /// Newest layout known.
        known: i64,
    },
}

impl StoreError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::HeadMoved { .. } => "head_moved",
            Self::Conflict { .. } => "key_conflict",
            Self::Busy { .. } => "journal_busy",
            Self::DiskFull => "disk_full",
            Self::ReadOnly(_) => "journal_read_only",
            Self::Io(_) => "journal_io",
            Self::Damaged { .. } => "journal_damaged",
            Self::NotFound(_) => "journal_not_found",
            Self::Exists(_) => "journal_exists",
            Self::NotAJournal(_) => "not_a_journal",
            Self::TooNew { .. } => "journal_too_new",
        }
    }

    /// Damage that is not of one entry.
    pub(crate) fn damaged(what: impl Into<String>) -> Self {
        Self::Damaged {
            seq: None,
            what: what.into(),
        }
    }
}

/// A private value by name, and whether it is what was stored.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Private {
    /// Its name; what can be read of it where it is damaged.
    pub name: String,
    /// Whether name and value have the checksum that was stored with them.
    pub sound: bool,
}

/// Checksum of a private value. Private values may be forgotten, so no header can name them, and no proof rests on them:
/// this finds a changed byte, not a keeper who writes another value with another checksum.
pub(crate) fn private_checksum(name: &str, value: &str) -> Hash {
    let length = (name.len() as u64).to_be_bytes();
    digest(&[
        b"weighbridge journal private value v1\0",
        &length,
        name.as_bytes(),
        value.as_bytes(),
    ])
}

/// Damage to a private value.
pub(crate) fn private_damaged(name: &str) -> StoreError {
    StoreError::damaged(format!("the private value {name} is not what was stored"))
}

/// What stands in place of a destroyed secret; no submission may bring it.
pub const DESTROYED: [u8; 32] = [0; 32];

/// The secret out of its record.
pub(crate) fn secret_of(
    seq: u64,
    record: Option<[u8; 32]>,
) -> Result<Option<[u8; 32]>, StoreError> {
    let missing = || StoreError::Damaged {
        seq: Some(seq),
        what: "its secret has no record".to_owned(),
    };
    let secret = record.ok_or_else(missing)?;
    Ok((secret != DESTROYED).then_some(secret))
}

/// A place that keeps a journal. One writer at a time; what [`Store::append`] was given is durable when it returns `Ok`,
/// and wholly absent or wholly there when it does not.
pub trait Store: Send {
    /// Where the journal stands.
    ///
    /// # Errors
    /// [`StoreError`].
    fn head(&self) -> Result<Head, StoreError>;

    /// Appends a batch to a journal of `expected` entries and makes it durable.
    ///
    /// # Errors
    /// [`StoreError::HeadMoved`] and [`StoreError::Conflict`] change nothing and leave the store usable. After any other
    /// error the state of the system's caches is unknown: stop, open again, do not retry.
    fn append(&mut self, expected: u64, batch: &Batch) -> Result<(), StoreError>;

    /// Gives stored entries from sequence number `from` on, in order, until `f` breaks. Decodes nothing and skips nothing:
    /// a gap shows as a jump of [`Raw::seq`].
    ///
    /// # Errors
    /// [`StoreError`]; entries before the unreadable one have been given.
    fn read_raw(
        &self,
        from: u64,
        f: &mut dyn FnMut(Raw<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError>;

    /// Where this organisation used this submission key.
    ///
    /// # Errors
    /// [`StoreError`].
    fn find(&self, organisation: &str, key: &[u8; 32]) -> Result<Option<Found>, StoreError>;

    /// Data of a tile, as wide as it is by now.
    ///
    /// # Errors
    /// [`StoreError`].
    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, StoreError>;

    /// Keeps a signed checkpoint; durable when it returns.
    ///
    /// # Errors
    /// [`StoreError`]; as after a failed append, do not retry.
    fn put_checkpoint(&mut self, checkpoint: &StoredCheckpoint) -> Result<(), StoreError>;

    /// All signed checkpoints, smallest first.
    ///
    /// # Errors
    /// [`StoreError`].
    fn checkpoints(&self) -> Result<Vec<StoredCheckpoint>, StoreError>;

    /// The largest signed checkpoint.
    ///
    /// # Errors
    /// [`StoreError`].
    fn latest_checkpoint(&self) -> Result<Option<StoredCheckpoint>, StoreError>;

    /// The secret of an entry; none once it has been destroyed, which leaves a record of zeros behind so that a lost one is
    /// not taken for it.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when there is no record of it.
    fn secret(&self, seq: u64) -> Result<Option<[u8; 32]>, StoreError>;

    /// Destroys the secret of an entry: rows of it can no longer be proved, every root and proof stays valid.
    ///
    /// # Errors
    /// [`StoreError`].
    fn destroy_secret(&mut self, seq: u64) -> Result<(), StoreError>;

    /// A small private value by name.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] when it is not what was stored; [`StoreError`].
    fn meta_get(&self, name: &str) -> Result<Option<String>, StoreError>;

    /// Sets a small private value; durable when it returns.
    ///
    /// # Errors
    /// [`StoreError`].
    fn meta_put(&mut self, name: &str, value: &str) -> Result<(), StoreError>;

    /// Every private value by name, damaged ones included.
    ///
    /// # Errors
    /// [`StoreError`] when they cannot be listed at all.
    fn meta_list(&self) -> Result<Vec<Private>, StoreError>;

    /// How much there is, counted and not remembered.
    ///
    /// # Errors
    /// [`StoreError`].
    fn counts(&self) -> Result<Counts, StoreError>;

    /// Checks the store's own structure as far as the entries do not cover it.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] says what is wrong.
    fn self_check(&self) -> Result<(), StoreError> {
        Ok(())
    }

    /// Gives decoded entries from sequence number `from` on, in order and without a gap, until `f` breaks: sequence number,
    /// header, header bytes, body. Nothing is re-hashed; that is `verify`'s work.
    ///
    /// # Errors
    /// [`StoreError::Damaged`] names the first entry that is missing or has no header.
    fn read(&self, from: u64, f: &mut Visit<'_>) -> Result<(), StoreError> {
        let mut next = from;
        let mut damage = None;
        self.read_raw(from, &mut |raw| {
            let what = match Header::decode(raw.header) {
                _ if raw.seq != next => "the entry is missing".to_owned(),
                Err(error) => error.to_string(),
                Ok(header) => {
                    next += 1;
                    return f(raw.seq, &header, raw.header, raw.body);
                }
            };
            damage = Some(StoreError::Damaged {
                seq: Some(next),
                what,
            });
            ControlFlow::Break(())
        })?;
        damage.map_or(Ok(()), Err)
    }

    /// Header bytes of one entry.
    ///
    /// # Errors
    /// [`StoreError`].
    fn header_bytes(&self, seq: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let mut bytes = None;
        self.read_raw(seq, &mut |raw| {
            bytes = (raw.seq == seq).then(|| raw.header.to_vec());
            ControlFlow::Break(())
        })?;
        Ok(bytes)
    }
}
