//! An account out of a backup.
//!
//! It is made aside and moved into place at the end, when everything in the backup is what its manifest says and the journal
//! opens: a folder has a whole account or none.
//!
//! A journal that was put back may be older than what receipts outside show. Going on from there would sign a second journal
//! under the name of the first. So the journal is marked, see [`Journal::mark_restored`], and nothing is appended or signed
//! until somebody has said the highest size that was ever shown, by number or by showing it, and it is not more than there is.

use std::fs::{File, OpenOptions, TryLockError};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use weighbridge_journal::{
    Checkpoint, Journal, JournalError, Note, Receipt, RowReceipt, Signer, SqliteStore, Store,
    StoreError,
};

use crate::account::{KEY, PUBLIC_KEY, RECEIPTS, sync_folder};
use crate::backup::{BackupFault, Manifest, parent, private_folder, unpack};
use crate::blobs::hex;
use crate::trouble::Trouble;

/// File in the folder aside by which a second restore sees the first.
const LOCK: &str = "restoring.lock";

/// What somebody has seen of a journal.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Seen {
    /// A number of entries, as a receipt names it.
    Size(u64),
    /// A signed checkpoint.
    Checkpoint(String),
}

impl Seen {
    /// What the text of a receipt, of a row's receipt or of a checkpoint shows; none where it is none of them.
    #[must_use]
    pub fn in_text(text: &str) -> Option<Seen> {
        // Mail programs end lines so; no receipt has such a mark otherwise.
        let text = text.replace("\r\n", "\n");
        let note = if RowReceipt::is_meant(&text) {
            RowReceipt::parse(&text).ok()?.receipt.note
        } else if let Ok(receipt) = Receipt::parse(&text) {
            receipt.note
        } else {
            text
        };
        size(&note).map(|_| Seen::Checkpoint(note))
    }
}

/// Entries that a checkpoint claims to cover, unchecked.
fn size(note: &str) -> Option<u64> {
    let note = Note::parse(note).ok()?;
    let checkpoint = Checkpoint::parse(note.unverified_text()).ok()?;
    Some(checkpoint.size)
}

/// An account that was restored.
#[derive(Debug)]
pub struct Restored {
    /// What the backup says of itself.
    pub manifest: Manifest,
    /// What keeps it from being written.
    pub hindrance: Option<JournalError>,
}

/// Restores a backup into a new or an empty folder.
///
/// # Errors
/// [`Trouble::NotEmpty`]; [`Trouble::Backup`]; [`Trouble::Journal`] where what was seen is not of this journal;
/// [`Trouble::System`]. Nothing is left behind then.
pub fn restore(
    file: &Path,
    dir: &Path,
    seen: &[Seen],
    program: &str,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Restored, Trouble> {
    empty(dir)?;
    let whole = std::path::absolute(dir).map_err(Trouble::system(dir))?;
    let aside = Aside::claim(&hidden(&whole, "restoring"))?;
    let restored = build(file, &aside.path, seen, program, progress)?;
    aside.into_place(&whole)?;
    Ok(restored)
}

/// Restores a backup into a folder that is thrown away, and has it looked at there.
///
/// # Errors
/// As [`restore`]; what `look` says.
pub fn drill<T>(
    file: &Path,
    program: &str,
    progress: &mut dyn FnMut(u64, u64),
    look: impl FnOnce(&Path, &Manifest) -> Result<T, Trouble>,
) -> Result<T, Trouble> {
    let whole = std::path::absolute(file).map_err(Trouble::system(file))?;
    let beside = hidden(&whole, "checking");
    let aside = match Aside::claim(&beside) {
        // A medium that can only be read: there is room for temporary files elsewhere.
        Err(Trouble::System { error, .. })
            if matches!(
                error.kind(),
                ErrorKind::PermissionDenied | ErrorKind::ReadOnlyFilesystem
            ) =>
        {
            // Others write there too: a name that nobody can have taken.
            let mut random = [0; 16];
            getrandom::fill(&mut random).map_err(|_| Trouble::Random)?;
            let name = format!("weighbridge-{}", hex(&random));
            Aside::claim(&std::env::temp_dir().join(name))?
        }
        other => other?,
    };
    let restored = build(file, &aside.path, &[], program, progress)?;
    look(&aside.path, &restored.manifest)
}

/// Takes note of what was seen of a restored account, and says what still keeps it from being written. A number is taken
/// once, after the restore: later on there are receipts that show more and are right, which a number does not tell apart.
///
/// # Errors
/// [`Trouble::Option`] for a number at another time; [`Trouble::Journal`] where it is not of this journal, or the journal is busy.
pub fn confirm(dir: &Path, seen: &[Seen], program: &str) -> Result<Option<JournalError>, Trouble> {
    let mut journal = Journal::open(SqliteStore::open(dir, program)?)?;
    let number = seen.iter().find_map(|seen| match seen {
        Seen::Size(size) => Some(*size),
        Seen::Checkpoint(_) => None,
    });
    let waits = matches!(journal.restored()?, Some((_, None)));
    if let (Some(size), false) = (number, waits) {
        return Err(Trouble::Option {
            option: "--seen",
            given: size.to_string(),
            expected: "FILE",
        });
    }
    take_note(&mut journal, seen)?;
    hindrance(&journal)
}

fn build(
    file: &Path,
    into: &Path,
    seen: &[Seen],
    program: &str,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Restored, Trouble> {
    let manifest = unpack(file, into, progress)?;
    let mut journal = Journal::open(SqliteStore::open(into, program)?)?;
    contents(&journal, into, &manifest).map_err(|what| Trouble::Backup {
        path: file.to_owned(),
        at: 0,
        fault: BackupFault::Contents(what),
    })?;
    if let Some(latest) = journal.store().latest_checkpoint()? {
        journal.store_mut().put_checkpoint(&latest)?;
    }
    journal.mark_restored()?;
    // Receipts that show more than the journal beside them has.
    for note in given(&into.join(RECEIPTS))? {
        if size(&note).is_some_and(|size| size > manifest.entries)
            && Checkpoint::verify(&note, journal.verifier()).is_ok()
        {
            take_note(&mut journal, &[Seen::Checkpoint(note)])?;
        }
    }
    take_note(&mut journal, seen)?;
    let hindrance = hindrance(&journal)?;
    journal.into_store().settle()?;
    for folder in [into.join(RECEIPTS), into.join(crate::blobs::BLOBS)] {
        sync_folder(&folder)?;
    }
    Ok(Restored {
        manifest,
        hindrance,
    })
}

/// Whether the journal is the one of the manifest, and the keys are the journal's.
fn contents(
    journal: &Journal<SqliteStore>,
    folder: &Path,
    manifest: &Manifest,
) -> Result<(), &'static str> {
    let head = journal.head();
    let is_it = head.size == manifest.entries
        && hex(&head.root) == manifest.root
        && head.last_recorded_at_us == manifest.last_recorded_at_us
        && journal.origin() == manifest.origin
        && journal.verifier().to_string() == manifest.key;
    if !is_it {
        return Err("journal");
    }
    let text = |name: &str| std::fs::read_to_string(folder.join(name)).ok();
    let own = journal.verifier();
    if text(PUBLIC_KEY).is_some_and(|key| key.trim() != own.to_string()) {
        return Err("public_key");
    }
    let signer = |key: String| Signer::parse(key.trim()).ok();
    if text(KEY).is_some_and(|key| signer(key).is_none_or(|signer| signer.verifier() != *own)) {
        return Err("key");
    }
    Ok(())
}

/// The checkpoints of the receipts in a folder.
fn given(folder: &Path) -> Result<Vec<String>, Trouble> {
    let mut notes = Vec::new();
    for file in std::fs::read_dir(folder).map_err(Trouble::system(folder))? {
        let path = file.map_err(Trouble::system(folder))?.path();
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        notes.extend(Receipt::parse(&text).ok().map(|receipt| receipt.note));
    }
    Ok(notes)
}

fn take_note(journal: &mut Journal<SqliteStore>, seen: &[Seen]) -> Result<(), Trouble> {
    for seen in seen {
        let shown = match seen {
            Seen::Size(size) => *size,
            Seen::Checkpoint(note) => match journal.remember_seen(note) {
                // What is contained can be no more than what was put back, or was signed here since.
                Ok(()) => {
                    let restored = journal.restored()?.map(|(size, _)| size);
                    let most = restored.unwrap_or(journal.head().size);
                    size(note).unwrap_or_default().min(most)
                }
                Err(JournalError::Fork { signed, .. }) => signed,
                Err(other) => return Err(other.into()),
            },
        };
        match journal.confirm_seen(shown) {
            Ok(()) | Err(JournalError::Behind { .. }) => {}
            Err(other) => return Err(other.into()),
        }
    }
    Ok(())
}

/// What keeps a journal from being written; other trouble is trouble.
fn hindrance(journal: &Journal<SqliteStore>) -> Result<Option<JournalError>, Trouble> {
    match journal.may_go_on() {
        Ok(_) => Ok(None),
        Err(
            known @ (JournalError::Unconfirmed { .. }
            | JournalError::Behind { .. }
            | JournalError::Fork { .. }),
        ) => Ok(Some(known)),
        Err(other) => Err(other.into()),
    }
}

/// Whether a folder is not there or has nothing in it.
fn empty(dir: &Path) -> Result<(), Trouble> {
    match std::fs::read_dir(dir) {
        Ok(listed) => match listed.count() {
            0 => Ok(()),
            _ => Err(Trouble::NotEmpty(dir.to_owned())),
        },
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(Trouble::system(dir)(error)),
    }
}

/// The folder beside a path that something is made in.
fn hidden(path: &Path, what: &str) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    parent(path).join(format!(".{name}.{what}"))
}

/// A folder that an account is made in; gone when this is dropped. What a killed program left is taken over by the next one
/// that restores to the same place.
struct Aside {
    path: PathBuf,
    _lock: File,
}

impl Aside {
    fn claim(path: &Path) -> Result<Aside, Trouble> {
        match private_folder(path) {
            Err(Trouble::System { error, .. }) if error.kind() == ErrorKind::AlreadyExists => {}
            other => other?,
        }
        // A link would have something else cleared.
        if !std::fs::symlink_metadata(path).is_ok_and(|found| found.is_dir()) {
            return Err(Trouble::NotAFolder(path.to_owned()));
        }
        let at = path.join(LOCK);
        let mut options = OpenOptions::new();
        let lock = (options.write(true).create(true).truncate(false).open(&at))
            .map_err(Trouble::system(&at))?;
        match lock.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let holder = path.display().to_string();
                return Err(StoreError::Busy { holder }.into());
            }
            Err(TryLockError::Error(error)) => return Err(Trouble::system(&at)(error)),
        }
        for left in std::fs::read_dir(path).map_err(Trouble::system(path))? {
            let left = left.map_err(Trouble::system(path))?;
            if left.file_name() == LOCK {
                continue;
            }
            let left = left.path();
            let removed = match left.is_dir() {
                true => std::fs::remove_dir_all(&left),
                false => std::fs::remove_file(&left),
            };
            removed.map_err(Trouble::system(&left))?;
        }
        Ok(Aside {
            path: path.to_owned(),
            _lock: lock,
        })
    }

    /// Gives the folder its name, which nothing or an empty folder has.
    fn into_place(self, dir: &Path) -> Result<(), Trouble> {
        let lock = self.path.join(LOCK);
        std::fs::remove_file(&lock).map_err(Trouble::system(&lock))?;
        sync_folder(&self.path)?;
        if dir.exists() {
            std::fs::remove_dir(dir).map_err(Trouble::system(dir))?;
        }
        std::fs::rename(&self.path, dir).map_err(Trouble::system(dir))?;
        sync_folder(parent(dir))
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        // After the move there is nothing; else the first error is the one to tell.
        let _ = std::fs::remove_dir_all(&self.path);
    }
}
