//! A file of a reporter becomes entries: all of it or nothing.

use std::collections::{BTreeMap, BTreeSet};
use std::io::BufReader;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};

use weighbridge_books::registry::{Event, HolderId};
use weighbridge_books::substances::body::{Attachment, AttachmentKind, Movements};
use weighbridge_books::{Body, EntryKind};
use weighbridge_intake::{Detection, Format, Options, Summary};
use weighbridge_journal::Store;
use weighbridge_measure::{Date, Timestamp};

use super::again::{Before, Rest, Rows, Spent};
use super::collect::{Collector, Filler, Tally};
use super::register::HoldersTaken;
use super::{Account, Sealed, Who, derived_key};
use crate::blobs::{BlobKey, Blobs, hex};
use crate::input::Incoming;
use crate::trouble::Trouble;

/// How a file is to be taken in.
#[derive(Clone, Debug)]
pub struct How {
    /// Who submits.
    pub who: Who,
    /// The client's submission key; none = the hash of the file.
    pub key: Option<String>,
    /// The holder that sends: rows of others, but for those that it is an agent of, are set aside. None = whoever keeps the
    /// account.
    pub agent: Option<HolderId>,
    /// The reporter of rows that name none.
    pub reporter: Option<String>,
    /// Whether parties and sites that the lines name become known by it.
    pub learn: bool,
    /// Whether the original file and remarks are kept.
    pub keep: Keep,
}

impl How {
    /// The submission key of a file without one of the client's: its hash; where rows that name no reporter are somebody's,
    /// also whose. The same rows for another reporter are another submission.
    fn key_of(&self, hash: [u8; 32]) -> [u8; 32] {
        self.reporter.as_deref().map_or(hash, |reporter| {
            weighbridge_journal::sha256(&[&hash, reporter.as_bytes()].concat())
        })
    }
}

/// What becomes of the original file and of remarks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Keep {
    /// Kept encrypted beside the journal.
    Blobs,
    /// Not kept, where the files stay where they are: only the file's name and hash are noted.
    Name,
    /// Nothing is kept: for trials.
    Nothing,
}

/// What became of a file.
#[derive(Clone, Debug)]
pub enum Imported {
    /// A file of movements was taken.
    Movements(Box<Taken>),
    /// A file of holders was taken.
    Holders(HoldersTaken),
    /// The same file was taken before; nothing changed.
    Already(Before),
}

/// A file of movements that was taken.
#[derive(Clone, Debug)]
pub struct Taken {
    /// First movements entry: the submission's number.
    pub seq: u64,
    /// The earlier submission of the same file, of which not everything counts.
    pub again: Option<(u64, Spent)>,
    /// Movements entries.
    pub parts: Vec<u64>,
    /// What the file was found to be.
    pub detection: Detection,
    /// What reading it came to.
    pub summary: Summary,
    /// Fates of its rows.
    pub tally: Tally,
}

/// Hours from UTC to the earliest civil day on Earth: where people are, today may already be tomorrow.
const EARLIEST_DAY_US: i64 = 14 * 3_600 * 1_000_000;

/// The last civil date that a movement recorded now can bear anywhere.
pub(super) fn last_day(now_us: i64) -> Date {
    Timestamp::from_micros(now_us.saturating_add(EARLIEST_DAY_US))
        .date()
        .unwrap_or(Date::MAX)
}

/// Reads a large file on one core while its parts are decided on another.
fn read_apart<S: Store>(
    incoming: &Incoming,
    detection: &Detection,
    options: &Options,
    settled: &BTreeSet<u32>,
    collector: &mut Collector<'_, S>,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary, Trouble> {
    let bytes = AtomicU64::new(0);
    let count = |n| bytes.store(n, Ordering::Relaxed);
    let (mut filler, drafts) = Filler::new();
    std::thread::scope(|scope| {
        let reading = scope.spawn(move || {
            let mut rows = Rows {
                inner: &mut filler,
                settled,
            };
            let summary = incoming.read(detection, options, &mut rows, &mut |n| count(n))?;
            filler.hand_over();
            Ok(summary)
        });
        for draft in drafts {
            if !draft.is_empty() {
                collector.take(draft);
            }
            progress(bytes.load(Ordering::Relaxed));
        }
        let unfinished = |_| Err(Trouble::Fault("the file was not read to its end"));
        reading.join().unwrap_or_else(unfinished)
    })
}

impl<S: Store> Account<S> {
    /// Takes in a file: decided, applied to the books, waiting to be committed. A file that fails changes nothing.
    ///
    /// `progress` is told the bytes read.
    ///
    /// # Errors
    /// [`Trouble::File`] where the file as a whole cannot be read; [`Trouble::System`]; [`Trouble::KeyUsed`].
    pub fn import(
        &mut self,
        incoming: &Incoming,
        how: &How,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Imported, Trouble> {
        let detection = incoming.sniff()?;
        let before = self.pending.submissions.len();
        let client = how
            .key
            .as_ref()
            .map(|k| weighbridge_journal::sha256(k.as_bytes()));
        let result =
            if incoming.is_streamed() && client.is_none() && detection.format != Format::HoldersCsv
            {
                self.import_streamed(incoming, detection, how, progress)
            } else {
                self.import_hashed(incoming, detection, how, client, progress)
            };
        if result.is_err() {
            self.undo(before)?;
        }
        result
    }

    fn import_hashed(
        &mut self,
        incoming: &Incoming,
        detection: Detection,
        how: &How,
        client: Option<[u8; 32]>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Imported, Trouble> {
        let hash = incoming.hash()?;
        let first = client.unwrap_or_else(|| how.key_of(hash));
        let slot = self.slot(&how.who.organisation, first)?;
        let (key, before) = (slot.key, slot.before());
        let mut settled = BTreeSet::new();
        if before.is_some_and(|(_, spent)| spent != Spent::Withdrawn) {
            let (known, rest) = self.standing(&slot);
            // Under a key of the client's own, only the note of what was sent tells a repetition from a conflict.
            let same = match client {
                None => Some(true),
                Some(_) => self.sent_hash(known.seq())?.map(|sent| sent == hash),
            };
            let counts = before.is_some_and(|(_, spent)| spent == Spent::InPart);
            match same {
                Some(false) if counts => {
                    return Err(Trouble::KeyUsed {
                        name: incoming.name.clone(),
                        seq: known.seq(),
                    });
                }
                None if counts => return Ok(Imported::Already(known)),
                _ if rest == Rest::None => return Ok(Imported::Already(known)),
                _ => {}
            }
            settled = self.settled_rows(&slot)?;
            let options = self.options(how);
            if !self.gains(incoming, &detection, &options, how, &settled)? {
                return Ok(Imported::Already(known));
            }
        }
        if detection.format == Format::HoldersCsv {
            return self
                .import_holders(incoming, &detection, how, key)
                .map(Imported::Holders);
        }
        let (mut read, held) = self.collect(incoming, &detection, how, &settled, progress)?;
        self.finish(incoming, how, key, hash, None, &mut read, held)?;
        Ok(Imported::Movements(Box::new(read.taken(detection, before))))
    }

    /// A large file is hashed while it is read; that it was known before turns out at the end.
    fn import_streamed(
        &mut self,
        incoming: &Incoming,
        detection: Detection,
        how: &How,
        progress: &mut dyn FnMut(u64),
    ) -> Result<Imported, Trouble> {
        let before = self.pending.submissions.len();
        let blobs = self.blobs(how.keep);
        // Keeping the original hashes it as well: one pass on the other core.
        let keep = || match &blobs {
            Some(blobs) => {
                let (blob, hash) = blobs.put(&mut BufReader::new(incoming.reader()?))?;
                Ok((Some(blob), hash))
            }
            None => Ok((None, incoming.hash()?)),
        };
        let (kept, collected) = std::thread::scope(|scope| {
            let kept = scope.spawn(keep);
            let collected = self.collect(incoming, &detection, how, &BTreeSet::new(), progress);
            let unfinished = || Err(Trouble::Fault("the hash was not finished"));
            (kept.join().unwrap_or_else(|_| unfinished()), collected)
        });
        let (original, hash) = kept?;
        let result = collected.and_then(|(mut read, held)| {
            let slot = self.slot(&how.who.organisation, how.key_of(hash))?;
            let (key, spent) = (slot.key, slot.before());
            if spent.is_some_and(|(_, spent)| spent != Spent::Withdrawn) {
                // What a further attempt has to take is known only now.
                self.undo(before)?;
                return self.import_hashed(incoming, detection, how, None, progress);
            }
            self.finish(incoming, how, key, hash, original, &mut read, held)?;
            Ok(Imported::Movements(Box::new(read.taken(detection, spent))))
        });
        let used = matches!(
            &result,
            Ok(Imported::Movements(taken))
                if taken.summary.refused_rows == 0
                    && !matches!(taken.again, Some((_, Spent::InPart | Spent::SetAside)))
        );
        if let (Some(blobs), Some(blob), false) = (blobs, original, used) {
            blobs.discard(&blob);
        }
        result
    }

    fn collect(
        &mut self,
        incoming: &Incoming,
        detection: &Detection,
        how: &How,
        settled: &BTreeSet<u32>,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(Read, Movements), Trouble> {
        let options = self.options(how);
        let mut collector = Collector::new(self, how, detection.format.code());
        let summary = if incoming.is_streamed() {
            read_apart(
                incoming,
                detection,
                &options,
                settled,
                &mut collector,
                progress,
            )?
        } else {
            let mut rows = Rows {
                inner: &mut collector,
                settled,
            };
            incoming.read(detection, &options, &mut rows, progress)?
        };
        let (staged, held, tally, remarks) = collector.finish()?;
        Ok((
            Read {
                staged,
                summary,
                tally,
                remarks,
            },
            held,
        ))
    }

    fn options(&self, how: &How) -> Options {
        Options {
            reporter: how.reporter.clone(),
            today: last_day(self.pending.now_us),
        }
    }

    /// Where originals and remarks go, if they are kept at all.
    fn blobs(&self, keep: Keep) -> Option<Blobs> {
        let folder = self.folder.as_ref().filter(|_| keep == Keep::Blobs)?;
        Some(Blobs::of(folder))
    }

    /// Keys, attachments and what a file says of its parties; after this the submission waits to be committed.
    #[allow(
        clippy::too_many_arguments,
        reason = "what is known of the file, from its two callers"
    )]
    fn finish(
        &mut self,
        incoming: &Incoming,
        how: &How,
        key: [u8; 32],
        hash: [u8; 32],
        original: Option<BlobKey>,
        read: &mut Read,
        mut held: Movements,
    ) -> Result<(), Trouble> {
        let first = self.journal.head().size;
        let mut note = serde_json::Map::new();
        let name = Path::new(&incoming.name)
            .file_name()
            .map(|n| n.to_string_lossy().into_owned());
        note.insert("name".to_owned(), name.into());
        note.insert("sent".to_owned(), hex(&hash).into());
        if let Some(blobs) = self.blobs(how.keep) {
            if read.summary.refused_rows == 0 {
                let (blob, kept) = match original {
                    Some(blob) => (blob, hash),
                    None => blobs.put(&mut BufReader::new(incoming.reader()?))?,
                };
                if kept != hash {
                    return Err(Trouble::FileChanged(incoming.name.clone()));
                }
                attach(&mut held, &mut note, AttachmentKind::Original, &blob);
                self.pending.blobs = true;
            }
            if !read.remarks.is_empty() {
                let text = serde_json::to_vec(&read.remarks)
                    .map_err(|_| Trouble::Fault("remarks as JSON"))?;
                let (blob, _) = blobs.put(&mut text.as_slice())?;
                attach(&mut held, &mut note, AttachmentKind::Remarks, &blob);
                self.pending.blobs = true;
            }
        }
        let Some(last) = read.staged.last() else {
            return Err(Trouble::Fault("a submission without an entry"));
        };
        let sealed = Sealed::of(&held, &self.secret(last.at));
        self.seal(last.at, sealed)?;
        let submission = read.submission();
        for staged in &read.staged {
            let own = match (staged.kind, staged.number) {
                (EntryKind::Movements, 0) => key,
                (kind, number) => derived_key(&key, kind, number),
            };
            if let Some(entry) = self.pending.submissions.get_mut(staged.at) {
                entry.key = own;
            }
            self.pending.keys.insert(
                (how.who.organisation.clone(), own),
                first + staged.at as u64,
            );
        }
        let parties = &read.summary.parties;
        if how.learn && !parties.is_empty() {
            let named = parties.iter().filter(|(_, note)| !note.name.is_empty());
            let events: Vec<Event> = named
                .map(|(code, note)| Event::Learnt {
                    code: code.clone(),
                    name: note.name.clone(),
                })
                .collect();
            self.stage(
                &how.who,
                derived_key(&key, EntryKind::Registry, u32::MAX),
                &Body::Registry(events),
            )?;
        }
        self.names.insert(submission, incoming.name.clone());
        if how.keep != Keep::Nothing {
            self.pending
                .notes
                .insert(submission.to_string(), note.into());
        }
        Ok(())
    }
}

fn attach(
    movements: &mut Movements,
    note: &mut serde_json::Map<String, serde_json::Value>,
    kind: AttachmentKind,
    blob: &BlobKey,
) {
    movements.attachments.push(Attachment {
        kind,
        hash: blob.name,
    });
    note.insert(kind.code().to_owned(), blob.to_note());
}

/// An entry that waits, by its place in the batch.
#[derive(Clone, Copy, Debug)]
pub(super) struct Staged {
    pub(super) at: usize,
    pub(super) seq: u64,
    pub(super) kind: EntryKind,
    /// Number among the submission's entries of this kind.
    pub(super) number: u32,
}

struct Read {
    staged: Vec<Staged>,
    summary: Summary,
    tally: Tally,
    remarks: BTreeMap<u32, String>,
}

impl Read {
    fn parts(&self) -> Vec<u64> {
        self.staged
            .iter()
            .filter(|s| s.kind == EntryKind::Movements)
            .map(|s| s.seq)
            .collect()
    }

    fn submission(&self) -> u64 {
        self.parts().first().copied().unwrap_or_default()
    }

    fn taken(self, detection: Detection, again: Option<(u64, Spent)>) -> Taken {
        let detection = self.summary.detected.clone().unwrap_or(detection);
        Taken {
            seq: self.submission(),
            again,
            parts: self.parts(),
            detection,
            summary: self.summary,
            tally: self.tally,
        }
    }
}
