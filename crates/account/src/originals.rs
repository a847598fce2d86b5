//! Compares the files and remarks that are kept beside the journal with what its entries say of them.
//!
//! An entry has the salted hash of what is kept, the private note of its batch the salt and the key. What may be erased may
//! be absent: a blob that is not there, or whose key is not, is counted and is no fault. One that is there has to be the one
//! that was put.

use serde_json::Value;
use weighbridge_books::substances::body::AttachmentKind;
use weighbridge_journal::Store;

use crate::account::NOTE;
use crate::blobs::{BlobKey, Blobs, Left, hex};
use crate::recount::{Fault, Kept, More};

/// Faults that are listed.
const FAULTS_MAX: usize = 100;

/// What became of what is kept.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Originals {
    /// Decrypted and found to be what was sent.
    pub checked: u64,
    /// Not there any more, or without a key.
    pub erased: u64,
    /// There, and not what was sent, or not to be read; also what a damaged note can no longer open.
    pub damaged: u64,
    /// Which, by submission. A damaged note is named by the journal's own verification and not again.
    pub faults: Vec<Fault>,
}

/// Checks everything that entries say is kept. `progress` is told how many are done.
pub fn check<S: Store + ?Sized>(
    store: &S,
    blobs: &Blobs,
    kept: &[Kept],
    progress: &mut dyn FnMut(u64),
) -> Originals {
    let mut notes = Notes::of(store);
    let mut result = Originals::default();
    for (done, kept) in (0..).zip(kept) {
        progress(done);
        result.one(&mut notes, blobs, kept);
    }
    result
}

impl Originals {
    fn one<S: Store + ?Sized>(&mut self, notes: &mut Notes<'_, S>, blobs: &Blobs, kept: &Kept) {
        let Ok(note) = notes.note(kept.submission) else {
            self.damaged += 1;
            return;
        };
        let note = note.unwrap_or_default();
        let Some(blob) = BlobKey::of_note(&note, kept.kind.code()) else {
            self.erased += 1;
            return;
        };
        let sent = |content: [u8; 32]| match kept.kind {
            AttachmentKind::Original => note["sent"] == hex(&content),
            AttachmentKind::Remarks | AttachmentKind::Words => true,
        };
        let changed = match kept.kind {
            AttachmentKind::Original => "original_changed",
            AttachmentKind::Remarks => "remarks_changed",
            AttachmentKind::Words => "words_changed",
        };
        let (code, error) = match blobs.check(&blob) {
            _ if blob.name != kept.hash => (changed, None),
            Ok(Left::Whole(content)) if sent(content) => {
                self.checked += 1;
                return;
            }
            Ok(Left::Nothing) => {
                self.erased += 1;
                return;
            }
            Ok(Left::Whole(_) | Left::Changed) => (changed, None),
            Err(error) => ("kept_unreadable", Some(error.to_string())),
        };
        self.damaged += 1;
        if self.faults.len() < FAULTS_MAX {
            self.faults.push(Fault {
                seq: kept.submission,
                code,
                detail: More::File {
                    name: note["name"]
                        .as_str()
                        .map_or_else(|| format!("#{}", kept.submission), str::to_owned),
                    path: blobs.path(&kept.hash),
                    error,
                },
            });
        }
    }
}

/// The private notes of batches, in which submissions are looked up in rising order: one note is read once.
struct Notes<'a, S: ?Sized> {
    store: &'a S,
    /// First entries of the batches that have a note, ascending.
    batches: Vec<u64>,
    held: Option<(u64, Result<Value, Damaged>)>,
}

/// A note is there and cannot be read.
#[derive(Clone, Copy)]
struct Damaged;

impl<'a, S: Store + ?Sized> Notes<'a, S> {
    fn of(store: &'a S) -> Self {
        // Where they cannot be listed, verification has said so.
        let names = store.meta_list().unwrap_or_default();
        let mut batches: Vec<u64> = (names.iter())
            .filter_map(|private| private.name.strip_prefix(NOTE)?.parse().ok())
            .collect();
        batches.sort_unstable();
        Self {
            store,
            batches,
            held: None,
        }
    }

    /// What is noted of a submission: in the note of the last batch that begins at or before it.
    fn note(&mut self, submission: u64) -> Result<Option<Value>, Damaged> {
        let before = self.batches.partition_point(|first| *first <= submission);
        let Some(first) = before.checked_sub(1).and_then(|at| self.batches.get(at)) else {
            return Ok(None);
        };
        if self.held.as_ref().map(|(held, _)| held) != Some(first) {
            let text = self.store.meta_get(&format!("{NOTE}{first}"));
            let read = text.map_err(|_| Damaged).and_then(|text| {
                serde_json::from_str(&text.unwrap_or_default()).map_err(|_| Damaged)
            });
            self.held = Some((*first, read));
        }
        match &self.held {
            Some((_, Ok(batch))) => Ok(batch.get(submission.to_string()).cloned()),
            _ => Err(Damaged),
        }
    }
}
