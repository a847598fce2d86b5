//! The journal over a store: numbers and times entries, grows the tree, signs checkpoints, gives receipts.

mod seen;

use crate::checkpoint::{Checkpoint, CheckpointError};
use crate::header::{Header, MAX_NAME_BYTES, VERSION};
use crate::keys::{KeyError, Signer, Verifier};
use crate::merkle::{self, Hash, Nodes, leaf_hash};
use crate::note::Note;
use crate::receipt::Receipt;
use crate::rows::salt_of;
use crate::store::{Batch, DESTROYED, Head, NewEntry, Store, StoreError, StoredCheckpoint};
use crate::tiles::{Edge, TileNodes};
use std::collections::HashMap;

/// Largest body in bytes: a file of a million lines at 30 bytes a line has room eight times over.
pub const MAX_BODY_BYTES: usize = 256 * 1024 * 1024;

/// Private values of the store that the journal itself uses.
pub(crate) const META_ORIGIN: &str = "journal.origin";
pub(crate) const META_VKEY: &str = "journal.vkey";

/// What a caller wants recorded.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Submission {
    /// The account that submits.
    pub actor: String,
    /// The organisation on whose behalf.
    pub organisation: String,
    /// What the body is.
    pub kind: u16,
    /// Submission key: the client's, else the hash of what was sent.
    pub key: [u8; 32],
    /// Rows in the row tree.
    pub rows: u32,
    /// Root of the row tree, built under `secret`.
    pub rows_root: [u8; 32],
    /// Random; behind the row salts and, one way, the header's salt. See [`crate::rows`].
    pub secret: [u8; 32],
    /// The body in canonical bytes.
    pub body: Vec<u8>,
}

/// What became of a submission.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Recorded as this entry.
    Appended(u64),
    /// The same organisation sent the same key and body before, as this entry; nothing changed.
    Already(u64),
    /// The same organisation used the key before for another body, in this entry; nothing changed.
    Conflict(u64),
}

impl Outcome {
    /// The entry meant.
    #[must_use]
    pub fn seq(self) -> u64 {
        match self {
            Self::Appended(seq) | Self::Already(seq) | Self::Conflict(seq) => seq,
        }
    }
}

/// Why the journal did not do what was asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JournalError {
    /// The store.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// An earlier write failed; the journal must be opened again.
    #[error("the journal has stopped after a failed write ({0}); open it again")]
    Stopped(String),
    /// A submission is outside the limits; nothing of the batch was recorded.
    #[error("submission {index} of the batch: {what}")]
    Refused {
        /// Place in the batch.
        index: usize,
        /// What is wrong with it.
        what: &'static str,
    },
    /// The clock's range is used up.
    #[error("the time of record cannot grow any further")]
    Time,
    /// The store holds a journal already.
    #[error("the store holds the journal {0} already")]
    Created(String),
    /// The store was made but its journal was not finished.
    #[error("the store holds no journal: it was not created to the end; create it again")]
    NotCreated,
    /// The name cannot be a journal's.
    #[error("a journal's name is that of its key, without white space or `+`")]
    Origin,
    /// The stored public key is damaged.
    #[error("the journal's public key is damaged: {0}")]
    Key(#[from] KeyError),
    /// The signer is not the journal's.
    #[error("this key is not the journal's: it belongs to {expected}")]
    WrongKey {
        /// The journal's public key.
        expected: String,
    },
    /// A stored or shown checkpoint does not hold.
    #[error("the checkpoint of {size} entries does not hold: {error}")]
    Checkpoint {
        /// Entries that it covers.
        size: u64,
        /// Why.
        error: CheckpointError,
    },
    /// Signing would contradict what was signed before.
    #[error(
        "refused to sign {size} entries: a checkpoint of {signed} entries is out, and this journal does not contain it; \
         it was restored from an old copy or changed"
    )]
    Fork {
        /// Entries here.
        size: u64,
        /// Entries in the checkpoint that is out.
        signed: u64,
    },
    /// The journal was put back from a backup, and nobody has said yet what was signed after it.
    #[error(
        "the journal was put back from a backup of {size} entries, and the highest size that a receipt shows was not given"
    )]
    Unconfirmed {
        /// Entries in the backup.
        size: u64,
    },
    /// The journal was put back from a backup, and more than that was signed.
    #[error(
        "the journal was put back from a backup of {size} entries, and {seen} were signed: the last of them are missing"
    )]
    Behind {
        /// Entries in the backup.
        size: u64,
        /// Entries that were signed.
        seen: u64,
    },
    /// There is no such entry.
    #[error("there is no entry {seq}: the journal has {size}")]
    NoEntry {
        /// The entry asked for.
        seq: u64,
        /// Entries there are.
        size: u64,
    },
    /// No checkpoint covers the entry yet.
    #[error("no signed checkpoint covers entry {seq} yet")]
    NotCovered {
        /// The entry asked for.
        seq: u64,
    },
}

impl JournalError {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Store(error) => error.code(),
            Self::Stopped(_) => "journal_stopped",
            Self::Refused { .. } => "submission_refused",
            Self::Time => "time_used_up",
            Self::Created(_) => "journal_created",
            Self::NotCreated => "journal_not_created",
            Self::Origin => "journal_origin",
            Self::Key(error) => error.code(),
            Self::WrongKey { .. } => "wrong_key",
            Self::Checkpoint { error, .. } => error.code(),
            Self::Fork { .. } => "fork",
            Self::Unconfirmed { .. } => "unconfirmed",
            Self::Behind { .. } => "behind",
            Self::NoEntry { .. } => "no_entry",
            Self::NotCovered { .. } => "not_covered",
        }
    }
}

/// A journal, open.
pub struct Journal<S> {
    store: S,
    verifier: Verifier,
    head: Head,
    edge: Edge,
    stopped: Option<String>,
}

/// Nodes out of a store's tiles.
fn nodes<S: Store>(store: &S) -> impl Nodes<Error = StoreError> + '_ {
    TileNodes::new(
        |level, index| store.tile(level, index),
        |level, index| StoreError::damaged(format!("tile {level}/{index} is missing or short")),
    )
}

impl<S: Store> Journal<S> {
    /// Makes an empty store a journal whose name is that of the key. Completes a creation that was interrupted.
    ///
    /// # Errors
    /// [`JournalError::Created`], [`JournalError::Origin`], [`JournalError::Store`].
    pub fn create(mut store: S, origin: &str, verifier: &Verifier) -> Result<Self, JournalError> {
        if origin != verifier.name() || !Checkpoint::origin_is_valid(origin) {
            return Err(JournalError::Origin);
        }
        if let Some(origin) = store.meta_get(META_ORIGIN)? {
            return Err(JournalError::Created(origin));
        }
        // The name comes last: a store without it is not a journal yet.
        store.meta_put(META_VKEY, &verifier.to_string())?;
        store.meta_put(META_ORIGIN, origin)?;
        Self::open(store)
    }

    /// Opens a journal: reads the head, compares it with the stored tiles and with the last signed checkpoint.
    ///
    /// # Errors
    /// [`JournalError`]; damage names its place.
    pub fn open(store: S) -> Result<Self, JournalError> {
        let origin = (store.meta_get(META_ORIGIN)?).ok_or(JournalError::NotCreated)?;
        let vkey = (store.meta_get(META_VKEY)?).ok_or(JournalError::NotCreated)?;
        let verifier = Verifier::parse(&vkey)?;
        if verifier.name() != origin {
            return Err(JournalError::Origin);
        }
        // Before the head: a writer may append and sign meanwhile, and what is signed is never above a later head.
        let latest = store.latest_checkpoint()?;
        let (head, edge) = load(&store)?;
        let journal = Self {
            store,
            verifier,
            head,
            edge,
            stopped: None,
        };
        if let Some(latest) = latest {
            let signed = journal.checked(&latest)?;
            if !journal.contains(&signed)? {
                return Err(StoreError::damaged(format!(
                    "it has {} entries and does not contain the {} that were signed",
                    journal.head.size, signed.size
                ))
                .into());
            }
        }
        Ok(journal)
    }

    /// Reads the head again after [`StoreError::HeadMoved`].
    ///
    /// # Errors
    /// [`JournalError::Store`].
    pub fn refresh(&mut self) -> Result<(), JournalError> {
        (self.head, self.edge) = load(&self.store)?;
        Ok(())
    }

    /// The journal's name.
    #[must_use]
    pub fn origin(&self) -> &str {
        self.verifier.name()
    }

    /// The journal's public key.
    #[must_use]
    pub fn verifier(&self) -> &Verifier {
        &self.verifier
    }

    /// Where the journal stands.
    #[must_use]
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// The store, to read from.
    #[must_use]
    pub fn store(&self) -> &S {
        &self.store
    }

    /// The store, for private values and secrets.
    #[must_use]
    pub fn store_mut(&mut self) -> &mut S {
        &mut self.store
    }

    /// Closes the journal.
    #[must_use]
    pub fn into_store(self) -> S {
        self.store
    }

    /// Records a batch in one durable append and says what became of each submission, in order. The time of record of an
    /// entry is `now_us` (microseconds since 1970 UTC) or one above the entry before it, whichever is later.
    ///
    /// # Errors
    /// [`JournalError::Refused`], [`JournalError::Time`] and a moved head change nothing. After any other error the
    /// journal has stopped: whether the batch was kept is known when it is opened again. [`JournalError::Unconfirmed`] and
    /// [`JournalError::Behind`] after a restore.
    pub fn append_batch(
        &mut self,
        now_us: i64,
        batch: Vec<Submission>,
    ) -> Result<Vec<Outcome>, JournalError> {
        self.running()?;
        self.not_behind()?;
        if let Some((index, what)) = (batch.iter().enumerate())
            .find_map(|(index, submission)| Some((index, over_limit(submission)?)))
        {
            return Err(JournalError::Refused { index, what });
        }
        let mut head = self.head.clone();
        let mut entries: Vec<NewEntry> = Vec::with_capacity(batch.len());
        let mut outcomes = Vec::with_capacity(batch.len());
        let mut fresh: HashMap<(String, [u8; 32]), (u64, Hash)> = HashMap::new();
        for submission in batch {
            let body_hash = crate::sha256(&submission.body);
            let place = (submission.organisation.clone(), submission.key);
            let known = match fresh.get(&place) {
                Some(known) => Some(*known),
                None => (self.store.find(&place.0, &place.1)?).map(|f| (f.seq, f.body_hash)),
            };
            outcomes.push(match known {
                Some((seq, hash)) if hash == body_hash => Outcome::Already(seq),
                Some((seq, _)) => Outcome::Conflict(seq),
                None => {
                    let at = next_time(head.last_recorded_at_us, now_us)?;
                    fresh.insert(place, (head.size, body_hash));
                    entries.push(entry(submission, at, body_hash));
                    head.last_recorded_at_us = Some(at);
                    head.size += 1;
                    Outcome::Appended(head.size - 1)
                }
            });
        }
        if !entries.is_empty() {
            self.append(head, entries)?;
        }
        Ok(outcomes)
    }

    fn append(&mut self, mut head: Head, entries: Vec<NewEntry>) -> Result<(), JournalError> {
        let mut edge = self.edge.clone();
        let tiles = edge.grow(entries.iter().map(|entry| leaf_hash(&entry.header_bytes)));
        head.root = edge.root();
        let batch = Batch {
            entries,
            tiles,
            head,
        };
        self.store
            .append(self.head.size, &batch)
            .map_err(|error| self.stop(error))?;
        self.head = batch.head;
        self.edge = edge;
        Ok(())
    }

    /// Signs the journal as it stands and keeps the checkpoint before returning it. Entries and tiles are durable by then:
    /// an append returns only afterwards. The same size is signed once.
    ///
    /// # Errors
    /// [`JournalError::Fork`] when something signed or shown before is not contained here; [`JournalError::Unconfirmed`] and
    /// [`JournalError::Behind`] after a restore; [`JournalError::WrongKey`].
    pub fn sign(&mut self, signer: &Signer) -> Result<StoredCheckpoint, JournalError> {
        self.running()?;
        if signer.verifier() != self.verifier {
            let expected = self.verifier.to_string();
            return Err(JournalError::WrongKey { expected });
        }
        let stored = self.store.head()?;
        if stored != self.head {
            return Err(JournalError::Store(StoreError::HeadMoved {
                expected: self.head.size,
                found: stored.size,
            }));
        }
        let latest = self.may_go_on()?;
        if let Some(latest) = latest.filter(|latest| latest.size == self.head.size) {
            return Ok(latest);
        }
        let checkpoint = Checkpoint {
            origin: self.origin().to_owned(),
            size: self.head.size,
            root: self.head.root,
            extensions: Vec::new(),
        };
        let note = Note::sign(checkpoint.to_string(), &[signer])
            .map_err(|error| self.bad_checkpoint(checkpoint.size, error.into()))?;
        let signed = StoredCheckpoint {
            size: checkpoint.size,
            note: note.to_string(),
        };
        self.store
            .put_checkpoint(&signed)
            .map_err(|error| self.stop(error))?;
        Ok(signed)
    }

    /// The latest signed checkpoint.
    ///
    /// # Errors
    /// [`JournalError::Store`].
    pub fn checkpoint(&self) -> Result<Option<StoredCheckpoint>, JournalError> {
        Ok(self.store.latest_checkpoint()?)
    }

    /// The receipt of an entry against the latest signed checkpoint. It is checked before it is given.
    ///
    /// # Errors
    /// [`JournalError::NoEntry`], [`JournalError::NotCovered`]; damage when the proof does not hold.
    pub fn receipt(&self, seq: u64) -> Result<Receipt, JournalError> {
        let latest = (self.store.latest_checkpoint()?).filter(|latest| seq < latest.size);
        let Some(latest) = latest else {
            return Err(if seq < self.head.size {
                JournalError::NotCovered { seq }
            } else {
                let size = self.head.size;
                JournalError::NoEntry { seq, size }
            });
        };
        let damaged = |what: String| StoreError::Damaged {
            seq: Some(seq),
            what,
        };
        let header = (self.store.header_bytes(seq)?)
            .ok_or_else(|| damaged("the entry is missing".to_owned()))?;
        let receipt = Receipt {
            header,
            index: seq,
            path: merkle::inclusion(&mut nodes(&self.store), seq, latest.size)?,
            note: latest.note,
        };
        match receipt.verify(&self.verifier) {
            Ok(_) => Ok(receipt),
            Err(error) => Err(damaged(error.to_string()).into()),
        }
    }

    /// The proof that the journal of `to` entries begins with that of `from` entries.
    ///
    /// # Errors
    /// [`JournalError::NoEntry`] when there are fewer entries, or `from` is above `to`.
    pub fn consistency(&self, from: u64, to: u64) -> Result<Vec<Hash>, JournalError> {
        if to > self.head.size || from > to {
            let size = self.head.size;
            return Err(JournalError::NoEntry {
                seq: from.max(to),
                size,
            });
        }
        Ok(merkle::consistency(&mut nodes(&self.store), from, to)?)
    }

    /// Root of the journal's first `size` entries, out of the stored tiles.
    ///
    /// # Errors
    /// [`JournalError::NoEntry`] when there are fewer.
    pub fn root_at(&self, size: u64) -> Result<Hash, JournalError> {
        if size > self.head.size {
            return Err(JournalError::NoEntry {
                seq: size,
                size: self.head.size,
            });
        }
        Ok(merkle::root_at(&mut nodes(&self.store), size)?)
    }

    /// Whether this journal begins with the tree of a checkpoint.
    fn contains(&self, checkpoint: &Checkpoint) -> Result<bool, JournalError> {
        Ok(checkpoint.size <= self.head.size && self.root_at(checkpoint.size)? == checkpoint.root)
    }

    fn checked(&self, stored: &StoredCheckpoint) -> Result<Checkpoint, JournalError> {
        Checkpoint::verify(&stored.note, &self.verifier)
            .map_err(|error| self.bad_checkpoint(stored.size, error))
    }

    fn bad_checkpoint(&self, size: u64, error: CheckpointError) -> JournalError {
        JournalError::Checkpoint { size, error }
    }

    fn running(&self) -> Result<(), JournalError> {
        match &self.stopped {
            Some(reason) => Err(JournalError::Stopped(reason.clone())),
            None => Ok(()),
        }
    }

    fn stop(&mut self, error: StoreError) -> JournalError {
        let harmless = matches!(
            error,
            StoreError::HeadMoved { .. } | StoreError::Conflict { .. }
        );
        if !harmless {
            self.stopped = Some(error.to_string());
        }
        error.into()
    }
}

/// Head and edge, compared with each other.
fn load<S: Store>(store: &S) -> Result<(Head, Edge), StoreError> {
    let head = store.head()?;
    let edge = Edge::load(head.size, |level, index| store.tile(level, index))?
        .ok_or_else(|| StoreError::damaged("a tile at the edge of the tree is missing or short"))?;
    if edge.root() != head.root {
        return Err(StoreError::damaged(
            "the stored tiles do not lead to the stored root",
        ));
    }
    Ok((head, edge))
}

fn over_limit(submission: &Submission) -> Option<&'static str> {
    if submission.actor.len() > MAX_NAME_BYTES {
        Some("the actor's id is longer than 256 bytes")
    } else if submission.organisation.len() > MAX_NAME_BYTES {
        Some("the organisation's id is longer than 256 bytes")
    } else if submission.body.len() > MAX_BODY_BYTES {
        Some("the body is larger than 256 MiB; send it in parts")
    } else if submission.secret == DESTROYED {
        Some("its secret is all zeros, which marks a destroyed one")
    } else {
        None
    }
}

fn next_time(last: Option<i64>, now_us: i64) -> Result<i64, JournalError> {
    match last {
        None => Ok(now_us),
        Some(last) => Ok(last.checked_add(1).ok_or(JournalError::Time)?.max(now_us)),
    }
}

fn entry(submission: Submission, recorded_at_us: i64, body_hash: Hash) -> NewEntry {
    let header = Header {
        version: VERSION,
        recorded_at_us,
        actor: submission.actor,
        organisation: submission.organisation,
        kind: submission.kind,
        key: submission.key,
        salt: salt_of(&submission.secret),
        rows: submission.rows,
        rows_root: submission.rows_root,
        body_len: submission.body.len() as u64,
        body_hash,
    };
    NewEntry {
        header_bytes: header.encode(),
        header,
        body: submission.body,
        secret: submission.secret,
    }
}
