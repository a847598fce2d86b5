//! A backup: one file with everything that an account is, taken while others write.
//!
//! The file is an uncompressed tar (POSIX ustar), so that in thirty years any system opens it without this program:
//! `tar xf FILE` gives the files of the account's folder, `sha256sum -c manifest.sha256` tells whether the manifest is the
//! one that was written, and the manifest names every other file with its SHA-256. Everything about the container is
//! determined by names and lengths, so whoever reads it compares every byte, see [`unpack()`].
//!
//! What is in it fits together although others write meanwhile. Receipts are listed before the journal is copied, so none
//! of them shows more entries than the copy has. The journal is copied in one reading transaction. Blobs are put before the
//! journal names them, so every blob that the copy names is there by then, or was erased since, which is noted.
//!
//! Absent: the copy of the last checkpoint, which is written again from the journal; blobs that no entry names.

mod archive;
mod unpack;

use std::fmt;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{BufWriter, ErrorKind};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use weighbridge_books::substances::body::AttachmentKind;
use weighbridge_journal::{Checkpoint, Journal, Signer, SqliteStore, Store, StoreError, sqlite};

use crate::account::{
    AUTHORITY, AUTHORITY_KEY, KEY, NOTE, PUBLIC_KEY, RECEIPTS, USERS, receipt_name,
};
use crate::blobs::{BLOBS, BlobKey, Blobs, hex, unhex};
use crate::trouble::Trouble;
use archive::Writer;

pub use unpack::{BackupFault, unpack};

/// Form of the file: what stands in every manifest.
const FORMAT: &str = "weighbridge.backup";
/// Version of the form.
const VERSION: u32 = 1;
/// Name of the manifest.
const MANIFEST: &str = "manifest.json";
/// Name of the file with the manifest's hash.
const SEAL: &str = "manifest.sha256";

/// What a backup can hold; in this order.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) enum Member {
    /// The journal.
    Journal,
    /// Who may sign in.
    Users,
    /// The secret key.
    Key,
    /// The public key.
    PublicKey,
    /// The server's own authority, where it has one.
    Authority,
    /// Its secret key.
    AuthorityKey,
    /// A receipt that was given.
    Receipt(u64),
    /// An original, remarks or the words of a query, encrypted.
    Blob([u8; 32]),
    /// The manifest.
    Manifest,
    /// The manifest's hash.
    Seal,
}

impl Member {
    /// The member of a name in its one form.
    fn parse(name: &str) -> Option<Member> {
        let fixed = [
            (sqlite::DATABASE, Member::Journal),
            (USERS, Member::Users),
            (KEY, Member::Key),
            (PUBLIC_KEY, Member::PublicKey),
            (AUTHORITY, Member::Authority),
            (AUTHORITY_KEY, Member::AuthorityKey),
            (MANIFEST, Member::Manifest),
            (SEAL, Member::Seal),
        ];
        let fixed = fixed.into_iter().find(|(known, _)| *known == name);
        let blob = || {
            let blob = name.strip_prefix(BLOBS)?.strip_prefix('/')?;
            unhex(blob).map(Member::Blob)
        };
        let receipt = || {
            let receipt = name.strip_prefix(RECEIPTS)?.strip_prefix('/')?;
            Some(Member::Receipt(
                receipt.strip_suffix(".receipt")?.parse().ok()?,
            ))
        };
        let member = fixed.map(|(_, member)| member).or_else(blob);
        // Numbers and hashes have other ways to be written; only one of them is a name.
        (member.or_else(receipt)).filter(|member| member.to_string() == name)
    }
}

impl fmt::Display for Member {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Member::Journal => f.write_str(sqlite::DATABASE),
            Member::Users => f.write_str(USERS),
            Member::Key => f.write_str(KEY),
            Member::PublicKey => f.write_str(PUBLIC_KEY),
            Member::Authority => f.write_str(AUTHORITY),
            Member::AuthorityKey => f.write_str(AUTHORITY_KEY),
            Member::Receipt(seq) => write!(f, "{RECEIPTS}/{}", receipt_name(*seq)),
            Member::Blob(name) => write!(f, "{BLOBS}/{}", hex(name)),
            Member::Manifest => f.write_str(MANIFEST),
            Member::Seal => f.write_str(SEAL),
        }
    }
}

/// Whether what opens doors goes into a backup.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Secrets {
    /// The secret key and the users with their credentials are in it.
    With,
    /// They are not: nothing can be signed and nobody can sign in with it.
    Without,
}

/// A file of a backup.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Listed {
    /// Its name.
    pub name: String,
    /// Its length.
    pub bytes: u64,
    /// Its SHA-256.
    pub sha256: String,
}

/// What a backup says of itself.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
pub struct Manifest {
    /// `weighbridge.backup`.
    pub format: String,
    /// Version of the form.
    pub version: u32,
    /// Version of the program that made it.
    pub program: String,
    /// When it was made, µs since 1970.
    pub made_at_us: i64,
    /// Name of the journal.
    pub origin: String,
    /// Public key of the journal.
    pub key: String,
    /// Entries.
    pub entries: u64,
    /// Root of the tree over them.
    pub root: String,
    /// Time of record of the last entry, µs since 1970.
    pub last_recorded_at_us: Option<i64>,
    /// Entries that a signed checkpoint covers.
    pub signed: u64,
    /// Whether secrets are in it.
    pub secrets: Secrets,
    /// Blobs that entries name and that were erased.
    pub erased: Vec<String>,
    /// Every other file, in order.
    pub members: Vec<Listed>,
}

impl Manifest {
    /// Bytes of all files together.
    #[must_use]
    pub fn bytes(&self) -> u64 {
        self.members.iter().map(|m| m.bytes).sum()
    }

    /// How many files have a name that begins so.
    #[must_use]
    pub fn count(&self, prefix: &str) -> usize {
        let of = |m: &&Listed| m.name.starts_with(prefix);
        self.members.iter().filter(of).count()
    }
}

/// By whom and when a backup is made.
#[derive(Clone, Copy, Debug)]
pub struct Made<'a> {
    /// Version of the program.
    pub program: &'a str,
    /// Now, µs since 1970.
    pub now_us: i64,
}

/// Writes a backup of the account in `folder` to a new file, beside whoever writes the account. It is written aside, synced
/// and moved into place. `progress` is told the bytes done and the bytes of the journal's copy.
///
/// # Errors
/// [`Trouble::FileThere`]; [`Trouble::Journal`] where the journal is damaged; [`Trouble::FileChanged`]; [`Trouble::System`].
pub fn write(
    folder: &Path,
    file: &Path,
    secrets: Secrets,
    made: Made<'_>,
    progress: &mut dyn FnMut(u64, u64),
) -> Result<Manifest, Trouble> {
    free(file)?;
    let aside = Aside::claim(file)?;
    let receipts = receipts(folder)?;
    SqliteStore::open_read(folder)?.copy_to(&aside.journal())?;
    let copy = Copied::open(&aside.copies)?;
    let users = folder.join(USERS);
    let users = (secrets == Secrets::With && users.exists()).then_some(users);
    if let Some(users) = &users {
        sqlite::copy_database(users, &aside.users())?;
    }
    let total = length(&aside.journal())?;
    let mut out = Writer::new(BufWriter::new(&aside.file), aside.path.clone());
    let mut members = Vec::new();
    let mut add = |out: &mut Writer<_>, member: Member, path: &Path| -> Result<(), Trouble> {
        let listed = out.file(member, path)?;
        members.push(listed);
        progress(out.written(), total.max(out.written()));
        Ok(())
    };
    add(&mut out, Member::Journal, &aside.journal())?;
    if users.is_some() {
        add(&mut out, Member::Users, &aside.users())?;
    }
    let key = folder.join(KEY);
    if secrets == Secrets::With && key.exists() {
        copy.has_key(&key)?;
        add(&mut out, Member::Key, &key)?;
    }
    let public = folder.join(PUBLIC_KEY);
    if public.exists() {
        add(&mut out, Member::PublicKey, &public)?;
    }
    // Telephones trust the authority: a server without it would have to ask each of them again.
    let authority = [
        (AUTHORITY, Member::Authority),
        (AUTHORITY_KEY, Member::AuthorityKey),
    ];
    for (name, member) in authority {
        let path = folder.join(name);
        let is_secret = member == Member::AuthorityKey;
        if path.exists() && (secrets == Secrets::With || !is_secret) {
            add(&mut out, member, &path)?;
        }
    }
    for seq in receipts.into_iter().filter(|seq| *seq < copy.entries) {
        let path = folder.join(RECEIPTS).join(receipt_name(seq));
        add(&mut out, Member::Receipt(seq), &path)?;
    }
    let mut erased = Vec::new();
    for blob in &copy.blobs {
        match add(&mut out, Member::Blob(*blob), &Blobs::of(folder).path(blob)) {
            Err(Trouble::System { error, .. }) if error.kind() == ErrorKind::NotFound => {
                erased.push(hex(blob));
            }
            other => other?,
        }
    }
    let manifest = copy.manifest(secrets, made, erased, members);
    out.finish(&manifest)?;
    aside.into_place(file)?;
    Ok(manifest)
}

fn length(path: &Path) -> Result<u64, Trouble> {
    let found = std::fs::metadata(path).map_err(Trouble::system(path))?;
    Ok(found.len())
}

fn free(file: &Path) -> Result<(), Trouble> {
    match std::fs::symlink_metadata(file) {
        Ok(_) => Err(Trouble::FileThere(file.to_owned())),
        Err(_) => Ok(()),
    }
}

/// Entries whose receipts were given, ascending.
fn receipts(folder: &Path) -> Result<Vec<u64>, Trouble> {
    let receipts = folder.join(RECEIPTS);
    let listed = match std::fs::read_dir(&receipts) {
        Ok(listed) => listed,
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
        Err(error) => return Err(Trouble::system(&receipts)(error)),
    };
    let mut found = Vec::new();
    for file in listed {
        let name = file.map_err(Trouble::system(&receipts))?.file_name();
        let name = format!("{RECEIPTS}/{}", name.to_string_lossy());
        if let Some(Member::Receipt(seq)) = Member::parse(&name) {
            found.push(seq);
        }
    }
    found.sort_unstable();
    Ok(found)
}

/// What the copy of the journal says.
struct Copied {
    journal: Journal<SqliteStore>,
    entries: u64,
    signed: u64,
    /// Blobs that its notes can open, ascending.
    blobs: Vec<[u8; 32]>,
}

impl Copied {
    fn open(folder: &Path) -> Result<Copied, Trouble> {
        let journal = Journal::open(SqliteStore::open_read(folder)?)?;
        let store = journal.store();
        let entries = journal.head().size;
        let latest = store.latest_checkpoint()?;
        let signed = latest.and_then(|c| Checkpoint::verify(&c.note, journal.verifier()).ok());
        let mut blobs = Vec::new();
        for note in store.meta_list()?.iter().map(|private| &private.name) {
            if !note.starts_with(NOTE) {
                continue;
            }
            let text = store.meta_get(note)?.unwrap_or_default();
            let batch: serde_json::Value = serde_json::from_str(&text).map_err(|_| {
                let what = format!("the private value {note} is no JSON");
                StoreError::Damaged { seq: None, what }
            })?;
            // A note is written before its batch, which may not be in the copy, or not have come about.
            let of_copy = |seq: &str| seq.parse::<u64>().is_ok_and(|seq| seq < entries);
            let submissions = batch.as_object().into_iter().flatten();
            for (_, submission) in submissions.filter(|(seq, _)| of_copy(seq)) {
                let kinds = AttachmentKind::ALL.iter();
                let kept = kinds.filter_map(|kind| BlobKey::of_note(submission, kind.code()));
                blobs.extend(kept.map(|blob| blob.name));
            }
        }
        blobs.sort_unstable();
        blobs.dedup();
        Ok(Copied {
            signed: signed.map_or(0, |checkpoint| checkpoint.size),
            entries,
            blobs,
            journal,
        })
    }

    /// Whether a file is the secret key of the copied journal: a backup with another one could not go on.
    fn has_key(&self, path: &Path) -> Result<(), Trouble> {
        let text = std::fs::read_to_string(path).map_err(Trouble::system(path))?;
        let signer = Signer::parse(text.trim()).map_err(|error| Trouble::KeyFile {
            path: path.to_owned(),
            error,
        })?;
        if signer.verifier() == *self.journal.verifier() {
            return Ok(());
        }
        let expected = self.journal.verifier().to_string();
        Err(weighbridge_journal::JournalError::WrongKey { expected }.into())
    }

    fn manifest(
        &self,
        secrets: Secrets,
        made: Made<'_>,
        erased: Vec<String>,
        members: Vec<Listed>,
    ) -> Manifest {
        let head = self.journal.head();
        Manifest {
            format: FORMAT.to_owned(),
            version: VERSION,
            program: made.program.to_owned(),
            made_at_us: made.now_us,
            origin: self.journal.origin().to_owned(),
            key: self.journal.verifier().to_string(),
            entries: head.size,
            root: hex(&head.root),
            last_recorded_at_us: head.last_recorded_at_us,
            signed: self.signed,
            secrets,
            erased,
            members,
        }
    }
}

/// A new file that only its owner may read or write, from its first byte on.
fn private_file(path: &Path) -> Result<File, Trouble> {
    let mut options = OpenOptions::new();
    options.read(true).write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path).map_err(Trouble::system(path))
}

/// Where a backup is written before it is whole, and the folder of the copies that it is made from. They are gone when this
/// is dropped; what a killed program left is taken over by the next one that writes the same file.
struct Aside {
    path: PathBuf,
    copies: PathBuf,
    file: File,
}

impl Aside {
    fn claim(file: &Path) -> Result<Aside, Trouble> {
        let path = file.with_added_extension("new");
        if std::fs::symlink_metadata(&path).is_ok_and(|found| !found.is_file()) {
            return Err(Trouble::NotAFile(path));
        }
        let lock = |file: &File| match file.try_lock() {
            Ok(()) => Ok(()),
            Err(TryLockError::WouldBlock) => {
                let holder = path.display().to_string();
                Err(StoreError::Busy { holder }.into())
            }
            Err(TryLockError::Error(error)) => Err(Trouble::system(&path)(error)),
        };
        // Never written over: a program that was killed at its last step has left a second name of a whole backup.
        if let Ok(left) = File::open(&path) {
            lock(&left)?;
            std::fs::remove_file(&path).map_err(Trouble::system(&path))?;
        }
        let open = private_file(&path)?;
        lock(&open)?;
        let aside = Aside {
            copies: path.with_added_extension("copies"),
            file: open,
            path,
        };
        aside.clear();
        private_folder(&aside.copies)?;
        Ok(aside)
    }

    fn journal(&self) -> PathBuf {
        self.copies.join(sqlite::DATABASE)
    }

    fn users(&self) -> PathBuf {
        self.copies.join(USERS)
    }

    /// Removes the copies; what is not there needs no removing, and what is not ours is left.
    fn clear(&self) {
        for copy in [self.journal(), self.users()] {
            for end in ["", "-wal", "-shm", "-journal"] {
                let mut name = copy.clone().into_os_string();
                name.push(end);
                let _ = std::fs::remove_file(name);
            }
        }
        let _ = std::fs::remove_dir(&self.copies);
    }

    /// Makes it durable and gives it its name, unless something else has taken that.
    fn into_place(self, file: &Path) -> Result<(), Trouble> {
        self.file.sync_all().map_err(Trouble::system(&self.path))?;
        match std::fs::hard_link(&self.path, file) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::AlreadyExists => {
                return Err(Trouble::FileThere(file.to_owned()));
            }
            // A file system without links, as on many a stick.
            Err(_) => {
                free(file)?;
                std::fs::rename(&self.path, file).map_err(Trouble::system(file))?;
            }
        }
        drop(self);
        crate::account::sync_folder(parent(file))
    }
}

impl Drop for Aside {
    fn drop(&mut self) {
        self.clear();
        let _ = std::fs::remove_file(&self.path);
    }
}

/// A folder that only its owner may enter.
pub(crate) fn private_folder(path: &Path) -> Result<(), Trouble> {
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path).map_err(Trouble::system(path))
}

/// The folder that a path is in.
pub(crate) fn parent(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_have_one_form() {
        let hash = "ab".repeat(32);
        for (name, known) in [
            ("journal.sqlite".to_owned(), true),
            ("users.sqlite".to_owned(), true),
            ("weighbridge.key".to_owned(), true),
            ("weighbridge.pub".to_owned(), true),
            ("receipts/00000007.receipt".to_owned(), true),
            ("receipts/123456789.receipt".to_owned(), true),
            (format!("blobs/{hash}"), true),
            ("manifest.json".to_owned(), true),
            ("manifest.sha256".to_owned(), true),
            ("receipts/7.receipt".to_owned(), false),
            ("receipts/+0000007.receipt".to_owned(), false),
            ("receipts/000000007.receipt".to_owned(), false),
            (format!("blobs/{}", hash.to_uppercase()), false),
            (format!("blobs/../{hash}"), false),
            ("../journal.sqlite".to_owned(), false),
            ("/journal.sqlite".to_owned(), false),
            ("./journal.sqlite".to_owned(), false),
            ("checkpoint".to_owned(), false),
            (String::new(), false),
        ] {
            assert_eq!(Member::parse(&name).is_some(), known, "{name}");
        }
    }
}
