//! An account: a journal and the books folded from it, in a folder on disk or in memory.
//!
//! The books are never written. What a command decides is applied to the books in memory, gathered in a batch, and
//! becomes true when [`Account::commit`] has appended the batch; an account whose commit failed is to be opened again.

mod again;
mod collect;
mod folder;
mod import;
mod lookup;
mod proof;
mod query;
mod read;
mod register;
mod row_name;
mod shown;

use std::collections::HashMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::sync::Arc;

use weighbridge_books::substances::body::Movements;
use weighbridge_books::substances::ledger::Stamp;
use weighbridge_books::substances::line::LineNo;
use weighbridge_books::substances::row_form::RowForm;
use weighbridge_books::{Body, Books, EntryKind};
use weighbridge_journal::{
    Journal, JournalError, MemoryStore, Outcome, Receipt, RowTree, Signer, Store, StoreError,
    Submission,
};
use weighbridge_measure::Timestamp;

use crate::blobs::Blobs;
use crate::trouble::Trouble;
use read::Read;

pub use again::{Before, Spent};
pub use collect::{ISSUES_KEPT, Tally};
pub(crate) use folder::receipt_name;
pub use folder::{
    AUTHORITY, AUTHORITY_KEY, KEY, PUBLIC_KEY, RECEIPTS, SYNTHETIC, USERS, sync_folder,
    write_secret, write_synced,
};
pub use import::{How, Imported, Keep, Taken};
pub use lookup::Lookup;
pub use query::{Refused, WORDS_MAX};
pub use register::{HoldersTaken, Party};
pub use row_name::RowName;

/// How the names of private notes begin; the batch's first entry follows.
pub(crate) const NOTE: &str = "batch.";

/// A journal and its books.
pub struct Account<S> {
    journal: Journal<S>,
    books: Books,
    /// Folder of the journal; none in memory.
    folder: Option<PathBuf>,
    signer: Option<Signer>,
    pending: Pending,
    /// Names of files by the first entry of their submission, as far as known in this run.
    names: HashMap<u64, String>,
    /// What was read last, shared by all who read this journal.
    read: Arc<Read>,
}

/// What is decided and applied but not appended yet.
#[derive(Default)]
struct Pending {
    now_us: i64,
    last_us: Option<i64>,
    submissions: Vec<Submission>,
    /// Submission keys with their entries.
    keys: HashMap<(String, [u8; 32]), u64>,
    /// What the private table learns with the batch: a name and a JSON object each.
    notes: serde_json::Map<String, serde_json::Value>,
    /// Whether blobs were put that wait for their names to be durable.
    blobs: bool,
    /// What was read of them.
    read: Read,
}

/// Who submits.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Who {
    /// The account that submits (an opaque id, never a person's name).
    pub actor: String,
    /// The organisation on whose behalf; submission keys are unique within it.
    pub organisation: String,
}

impl Default for Who {
    fn default() -> Who {
        Who {
            actor: "cli".to_owned(),
            organisation: "local".to_owned(),
        }
    }
}

/// Rows that are decoded before they are handed over to be applied; entries of a few rows go together.
const ROWS_TOGETHER: usize = 8_192;
/// Entries that go together at most.
const ENTRIES_TOGETHER: usize = 256;
/// Batches that may wait to be applied while the next one is decoded.
const BATCHES_WAITING: usize = 2;

type Batch = Vec<(Stamp, Body)>;

/// Folds a journal into books, up to the last entry that was recorded at or before a time. Entries are read and decoded on
/// one core and applied on another.
///
/// # Errors
/// [`Trouble::Body`] names the first entry that is not understood; what the store says.
pub fn replay<S: Store>(
    store: &S,
    known_at: Option<Timestamp>,
    progress: &mut dyn FnMut(u64),
) -> Result<Books, Trouble> {
    std::thread::scope(|scope| {
        let (send, batches) = std::sync::mpsc::sync_channel::<Batch>(BATCHES_WAITING);
        let folding = scope.spawn(move || {
            let mut books = Books::default();
            for (stamp, body) in batches.into_iter().flatten() {
                books.apply(&stamp, &body);
            }
            books
        });
        // Nobody takes a batch any more only if the fold has failed, which joining it tells.
        let read = decode_all(store, known_at, progress, &mut |batch| {
            send.send(batch).is_ok()
        });
        drop(send);
        let books = folding.join();
        read?;
        books.map_err(|_| Trouble::Fault("the books were not folded"))
    })
}

/// Decodes entries and hands them over in batches, until there are no more or nobody takes them.
fn decode_all<S: Store>(
    store: &S,
    known_at: Option<Timestamp>,
    progress: &mut dyn FnMut(u64),
    hand_over: &mut dyn FnMut(Batch) -> bool,
) -> Result<(), Trouble> {
    let (mut batch, mut rows) = (Batch::new(), 0);
    let (mut next, mut trouble) = (0, None);
    store.read(0, &mut |seq, header, _, bytes| {
        next = seq + 1;
        if known_at.is_some_and(|t| header.recorded_at_us > t.micros()) {
            next = u64::MAX;
            return ControlFlow::Break(());
        }
        // Everything else about an entry is left to `verify`; but no figure comes out of a body that was changed.
        if weighbridge_journal::sha256(bytes) != header.body_hash {
            trouble = Some(damaged(seq, "its content was changed"));
            return ControlFlow::Break(());
        }
        let body = match Body::decode(header.kind, bytes) {
            Ok(body) => body,
            Err(damaged) => {
                trouble = Some(Trouble::Body { seq, damaged });
                return ControlFlow::Break(());
            }
        };
        if let Body::Movements(movements) = &body {
            movements.rows.prepare_keys();
            rows += movements.rows.len();
        }
        let stamp = Stamp {
            seq,
            recorded_at: Timestamp::from_micros(header.recorded_at_us),
            organisation: header.organisation.clone(),
        };
        batch.push((stamp, body));
        progress(seq + 1);
        let full = rows >= ROWS_TOGETHER || batch.len() >= ENTRIES_TOGETHER;
        if full && !hand_over(std::mem::take(&mut batch)) {
            return ControlFlow::Break(());
        }
        rows = if full { 0 } else { rows };
        ControlFlow::Continue(())
    })?;
    if trouble.is_none() && next < store.head()?.size {
        trouble = Some(damaged(next, "the entry is missing"));
    }
    hand_over(batch);
    trouble.map_or(Ok(()), Err)
}

fn damaged(seq: u64, what: &str) -> Trouble {
    let (seq, what) = (Some(seq), what.to_owned());
    Trouble::Journal(StoreError::Damaged { seq, what }.into())
}

impl Account<MemoryStore> {
    /// An empty account that is thrown away at the end.
    ///
    /// # Errors
    /// [`Trouble::Key`].
    pub fn in_memory() -> Result<Self, Trouble> {
        let signer = Signer::from_seed("throw-away.invalid", &[0; 32])?;
        let journal = Journal::create(MemoryStore::new(), signer.name(), &signer.verifier())?;
        Ok(Account::over(journal, Books::default(), None, Some(signer)))
    }
}

impl<S: Store> Account<S> {
    fn over(
        journal: Journal<S>,
        books: Books,
        folder: Option<PathBuf>,
        signer: Option<Signer>,
    ) -> Self {
        Account {
            journal,
            books,
            folder,
            signer,
            pending: Pending::default(),
            names: HashMap::new(),
            read: Arc::default(),
        }
    }

    /// The journal.
    #[must_use]
    pub fn journal(&self) -> &Journal<S> {
        &self.journal
    }

    /// The books, pending entries included.
    #[must_use]
    pub fn books(&self) -> &Books {
        &self.books
    }

    /// Brings the books' views up to the last entry.
    pub fn settle(&mut self) {
        self.books.settle();
    }

    /// Corrections that wait for their target.
    pub fn waiting_corrections(&mut self) -> Vec<LineNo> {
        self.books.substances.settle_waiting()
    }

    /// Gives back memory that was reserved for more lines.
    pub fn shrink(&mut self) {
        self.books.substances.shrink();
    }

    /// Sets the time of record of what follows. Entries that wait for another time are committed first.
    ///
    /// # Errors
    /// As [`Account::commit`].
    pub fn at(&mut self, now_us: i64) -> Result<(), Trouble> {
        if !self.pending.submissions.is_empty() && self.pending.now_us != now_us {
            self.commit()?;
        }
        self.pending.now_us = now_us;
        Ok(())
    }

    /// Entries that wait to be committed, and the bytes of their bodies.
    #[must_use]
    pub fn waiting(&self) -> (usize, usize) {
        let bytes = self.pending.submissions.iter().map(|s| s.body.len()).sum();
        (self.pending.submissions.len(), bytes)
    }

    /// Appends what waits in one durable batch.
    ///
    /// # Errors
    /// [`Trouble::Journal`], [`Trouble::System`]; the account is to be opened again then.
    pub fn commit(&mut self) -> Result<(), Trouble> {
        let pending = std::mem::take(&mut self.pending);
        self.pending.now_us = pending.now_us;
        if pending.submissions.is_empty() {
            return Ok(());
        }
        if let (true, Some(folder)) = (pending.blobs, &self.folder) {
            Blobs::of(folder).sync()?;
        }
        let first = self.journal.head().size;
        if !pending.notes.is_empty() {
            let note = serde_json::Value::Object(pending.notes).to_string();
            self.journal
                .store_mut()
                .meta_put(&note_name(first), &note)?;
            self.read.add_batch(first);
        }
        let outcomes = self
            .journal
            .append_batch(pending.now_us, pending.submissions)?;
        if outcomes
            .iter()
            .zip(first..)
            .any(|(outcome, seq)| *outcome != Outcome::Appended(seq))
        {
            return Err(Trouble::Fault(
                "an entry did not get the number it was decided for",
            ));
        }
        Ok(())
    }

    /// Signs a checkpoint over everything that is committed.
    ///
    /// # Errors
    /// [`Trouble::KeyMissing`]; [`Trouble::Unsigned`] where it could not be kept, [`Trouble::Journal`] where it must not be
    /// signed.
    pub fn sign(&mut self) -> Result<(), Trouble> {
        let Some(signer) = &self.signer else {
            return Err(Trouble::KeyMissing(
                self.folder.clone().unwrap_or_default().join(KEY),
            ));
        };
        let size = self.journal.head().size;
        match self.journal.sign(signer) {
            Ok(_) => Ok(()),
            Err(error @ (JournalError::Store(_) | JournalError::Stopped(_))) => {
                Err(Trouble::Unsigned { size, error })
            }
            Err(error) => Err(error.into()),
        }
    }

    /// The receipt of an entry: the one that was given before where there is one, else made from the last checkpoint.
    ///
    /// # Errors
    /// [`Trouble::Journal`].
    pub fn receipt(&self, seq: u64) -> Result<Receipt, Trouble> {
        if let Some(given) = self.given_receipt(seq) {
            return Ok(given);
        }
        Ok(self.journal.receipt(seq)?)
    }

    /// The entry that a submission key led to, waiting ones included.
    fn find(&self, organisation: &str, key: &[u8; 32]) -> Result<Option<u64>, Trouble> {
        if let Some(seq) = self.pending.keys.get(&(organisation.to_owned(), *key)) {
            return Ok(Some(*seq));
        }
        Ok(self.journal.store().find(organisation, key)?.map(|f| f.seq))
    }

    /// Applies a body to the books and lets it wait. Movements are sealed later, see [`Account::seal`].
    fn stage(&mut self, who: &Who, key: [u8; 32], body: &Body) -> Result<u64, Trouble> {
        let last = self
            .pending
            .last_us
            .or(self.journal.head().last_recorded_at_us);
        let at = last.map_or(self.pending.now_us, |l| {
            self.pending.now_us.max(l.saturating_add(1))
        });
        let seq = self.books.entries();
        let recorded_at = Timestamp::from_micros(at);
        self.books.apply(
            &Stamp {
                seq,
                recorded_at,
                organisation: who.organisation.clone(),
            },
            body,
        );
        let bytes = match body {
            Body::Movements(_) => Vec::new(),
            other => other.encode(),
        };
        let secret = weighbridge_journal::rows::new_secret().ok_or(Trouble::Random)?;
        self.pending.submissions.push(Submission {
            actor: who.actor.clone(),
            organisation: who.organisation.clone(),
            kind: body.kind() as u16,
            key,
            rows: 0,
            rows_root: RowTree::new(&secret).finish(),
            secret,
            body: bytes,
        });
        self.pending.last_us = Some(at);
        self.pending
            .keys
            .insert((who.organisation.clone(), key), seq);
        Ok(seq)
    }

    /// The secret of an entry that waits.
    fn secret(&self, at: usize) -> [u8; 32] {
        self.pending
            .submissions
            .get(at)
            .map_or([0; 32], |s| s.secret)
    }

    /// Gives a staged movements entry its bytes.
    fn seal(&mut self, at: usize, sealed: Sealed) -> Result<(), Trouble> {
        let Some(entry) = self.pending.submissions.get_mut(at) else {
            return Err(Trouble::Fault("an entry to seal is not there"));
        };
        entry.rows = sealed.rows;
        entry.rows_root = sealed.root;
        entry.body = sealed.body;
        Ok(())
    }

    /// Forgets waiting entries from a place on and folds the books anew.
    fn undo(&mut self, from: usize) -> Result<(), Trouble> {
        if self.pending.submissions.len() == from {
            return Ok(());
        }
        let first = self.journal.head().size;
        self.pending.submissions.truncate(from);
        self.pending.read = Read::default();
        let end = first + from as u64;
        self.pending.keys.retain(|_, seq| *seq < end);
        self.names.retain(|seq, _| *seq < end);
        let mut books = replay(self.journal.store(), None, &mut |_| {})?;
        let mut last = self.journal.head().last_recorded_at_us;
        for (seq, entry) in (first..).zip(&self.pending.submissions) {
            let at = last.map_or(self.pending.now_us, |l| {
                self.pending.now_us.max(l.saturating_add(1))
            });
            last = Some(at);
            let body = Body::decode(entry.kind, &entry.body)
                .map_err(|damaged| Trouble::Body { seq, damaged })?;
            let recorded_at = Timestamp::from_micros(at);
            books.apply(
                &Stamp {
                    seq,
                    recorded_at,
                    organisation: entry.organisation.clone(),
                },
                &body,
            );
        }
        self.pending.last_us = if self.pending.submissions.is_empty() {
            None
        } else {
            last
        };
        self.books = books;
        Ok(())
    }

    /// Records a body that is no file: a withdrawal, a review, a merger. `key` makes sending it twice harmless.
    ///
    /// # Errors
    /// As [`Account::commit`].
    pub fn record(&mut self, who: &Who, body: &Body) -> Result<u64, Trouble> {
        let seq = self.stage(who, self.own_key(body), body)?;
        self.commit()?;
        Ok(seq)
    }

    /// The key of a body that is no file. Two equal decisions at two times are two decisions: the place in the journal is
    /// part of the key.
    fn own_key(&self, body: &Body) -> [u8; 32] {
        let mut bytes = self.books.entries().to_be_bytes().to_vec();
        bytes.extend((body.kind() as u16).to_be_bytes());
        bytes.extend(body.encode());
        weighbridge_journal::sha256(&bytes)
    }

    /// The first movements entry of the submission that an entry belongs to.
    #[must_use]
    pub fn submission_of(&self, seq: u64) -> Option<u64> {
        self.books.substances.entry(seq).map(|e| e.submission)
    }
}

/// The bytes of a movements entry and the root of its rows.
struct Sealed {
    rows: u32,
    root: [u8; 32],
    body: Vec<u8>,
}

impl Sealed {
    /// Encodes an entry and hashes its rows.
    fn of(movements: &Movements, secret: &[u8; 32]) -> Sealed {
        let mut tree = RowTree::new(secret);
        let mut row = Vec::new();
        let form = RowForm::of(movements);
        for at in 0..movements.rows.len() {
            form.write(at, &mut row);
            tree.push(&row);
        }
        Sealed {
            rows: u32::try_from(movements.rows.len()).unwrap_or(u32::MAX),
            root: tree.finish(),
            body: movements.encode(),
        }
    }
}

/// Name of the private note about a batch, by its first entry.
fn note_name(first: u64) -> String {
    format!("{NOTE}{first}")
}

/// The key of a further entry of a submission: only its first movements entry has the submission's own.
fn derived_key(key: &[u8; 32], kind: EntryKind, number: u32) -> [u8; 32] {
    let mut bytes = key.to_vec();
    bytes.extend((kind as u16).to_be_bytes());
    bytes.extend(number.to_be_bytes());
    weighbridge_journal::sha256(&bytes)
}
