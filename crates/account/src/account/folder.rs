//! An account in a folder on disk.
//!
//! `journal.sqlite` is the journal, `weighbridge.key` the secret key (readable by its owner only), `weighbridge.pub`
//! the public key for whoever checks receipts, `receipts/` what was given, `blobs/` what may be erased;
//! `authority.crt` and `authority.key` are there once a server made its own authority (see the `web` crate).

use std::fs::{File, OpenOptions};
use std::io::Write;
use std::path::Path;

use weighbridge_books::Books;
use weighbridge_journal::{
    Journal, KeyError, Receipt, Signer, SqliteStore, Store, StoreError, sqlite,
};
use weighbridge_measure::Timestamp;

use super::{Account, replay};
use crate::blobs::Blobs;
use crate::trouble::Trouble;

/// File of the secret key.
pub const KEY: &str = "weighbridge.key";
/// File of the public key.
pub const PUBLIC_KEY: &str = "weighbridge.pub";
/// Certificate of the authority that a server made for itself.
pub const AUTHORITY: &str = "authority.crt";
/// Its secret key.
pub const AUTHORITY_KEY: &str = "authority.key";
/// Folder of the receipts.
pub const RECEIPTS: &str = "receipts";
/// Database of those who may sign in to the pages, which belongs to the server.
pub const USERS: &str = "users.sqlite";
/// Folder in which a new journal is made.
const CREATING: &str = ".creating";
/// Private value that marks a journal of generated data: its times of record are simulated.
pub const SYNTHETIC: &str = "account.synthetic";

impl Account<SqliteStore> {
    /// Makes a journal with a new key in a folder. It is made aside and moved into place at the end, the database last:
    /// a folder has a whole journal or none, and what an interrupted creation left is made anew.
    ///
    /// # Errors
    /// [`Trouble::Journal`] where there is one already or the name cannot be a journal's; [`Trouble::System`].
    pub fn create(folder: &Path, origin: &str, program: &str) -> Result<Self, Trouble> {
        let database = folder.join(sqlite::DATABASE);
        if database.exists() {
            return Err(Trouble::Journal(
                StoreError::Exists(folder.display().to_string()).into(),
            ));
        }
        let signer = Signer::generate(origin)?;
        let aside = folder.join(CREATING);
        std::fs::create_dir_all(&aside).map_err(Trouble::system(&aside))?;
        for left in std::fs::read_dir(&aside).map_err(Trouble::system(&aside))? {
            let left = left.map_err(Trouble::system(&aside))?.path();
            std::fs::remove_file(&left).map_err(Trouble::system(&left))?;
        }
        let mut store = Journal::create(
            SqliteStore::create(&aside, program)?,
            origin,
            &signer.verifier(),
        )?
        .into_store();
        store.settle()?;
        drop(store);
        write_secret(&aside.join(KEY), &signer.to_secret_text())?;
        write_synced(
            &aside.join(PUBLIC_KEY),
            format!("{}\n", signer.verifier()).as_bytes(),
        )?;
        Blobs::of(folder).create()?;
        for file in [KEY, PUBLIC_KEY, sqlite::DATABASE] {
            std::fs::rename(aside.join(file), folder.join(file))
                .map_err(Trouble::system(folder))?;
        }
        sync_folder(folder)?;
        // Only its lock is left in there; where it cannot be removed, the next creation or nobody minds.
        let _ = std::fs::remove_dir_all(&aside);
        let journal = Journal::open(SqliteStore::open(folder, program)?)?;
        Ok(Account::over(
            journal,
            Books::default(),
            Some(folder.to_owned()),
            Some(signer),
        ))
    }

    /// Opens an account to write.
    ///
    /// # Errors
    /// [`Trouble::Journal`] names the program that holds the journal; [`Trouble::KeyMissing`]; what [`replay`] says.
    pub fn open(
        folder: &Path,
        program: &str,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, Trouble> {
        let journal = Journal::open(SqliteStore::open(folder, program)?)?;
        let key = folder.join(KEY);
        let signer = match std::fs::read_to_string(&key) {
            Ok(text) => Signer::parse(text.trim()).map_err(|error| Trouble::KeyFile {
                path: key.clone(),
                error,
            })?,
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {
                return Err(Trouble::KeyMissing(key));
            }
            Err(error) if error.kind() == std::io::ErrorKind::InvalidData => {
                let error = KeyError::Format;
                return Err(Trouble::KeyFile { path: key, error });
            }
            Err(error) => return Err(Trouble::System { path: key, error }),
        };
        if signer.verifier() != *journal.verifier() {
            let expected = journal.verifier().to_string();
            return Err(Trouble::Journal(
                weighbridge_journal::JournalError::WrongKey { expected },
            ));
        }
        journal.may_go_on()?;
        Blobs::of(folder).sweep();
        let total = journal.head().size;
        let books = replay(journal.store(), None, &mut |done| progress(done, total))?;
        Ok(Account::over(
            journal,
            books,
            Some(folder.to_owned()),
            Some(signer),
        ))
    }

    /// Opens an account to read, as it was known at a time, beside whoever writes. The books are settled.
    ///
    /// # Errors
    /// As [`Account::open`], without a busy journal or a missing key.
    pub fn open_read(
        folder: &Path,
        known_at: Option<Timestamp>,
        progress: &mut dyn FnMut(u64, u64),
    ) -> Result<Self, Trouble> {
        let journal = Journal::open(SqliteStore::open_read(folder)?)?;
        let total = journal.head().size;
        let mut books = replay(journal.store(), known_at, &mut |done| progress(done, total))?;
        books.settle();
        books.substances.shrink();
        Ok(Account::over(journal, books, Some(folder.to_owned()), None))
    }

    /// Marks the journal as one of generated data.
    ///
    /// # Errors
    /// [`Trouble::Journal`].
    pub fn mark_synthetic(&mut self, seed: u64) -> Result<(), Trouble> {
        Ok(self
            .journal
            .store_mut()
            .meta_put(SYNTHETIC, &seed.to_string())?)
    }

    /// Whether the journal is one of generated data.
    ///
    /// # Errors
    /// [`Trouble::Journal`].
    pub fn is_synthetic(&self) -> Result<bool, Trouble> {
        Ok(self.journal.store().meta_get(SYNTHETIC)?.is_some())
    }

    /// Gives the receipt of an entry: writes it beside the journal, once, and returns its path and text.
    ///
    /// # Errors
    /// [`Trouble::Journal`], [`Trouble::System`].
    pub fn give_receipt(&self, seq: u64) -> Result<(std::path::PathBuf, Receipt), Trouble> {
        let Some(folder) = &self.folder else {
            return Err(Trouble::Fault("no folder for receipts"));
        };
        let receipts = folder.join(RECEIPTS);
        let path = receipts.join(receipt_name(seq));
        if let Some(given) = self.given_receipt(seq) {
            return Ok((path, given));
        }
        let receipt = self.journal.receipt(seq)?;
        std::fs::create_dir_all(&receipts).map_err(Trouble::system(&receipts))?;
        let aside = receipts.join(format!("{}.new", receipt_name(seq)));
        write_synced(&aside, receipt.to_string().as_bytes())?;
        std::fs::rename(&aside, &path).map_err(Trouble::system(&path))?;
        sync_folder(&receipts)?;
        Ok((path, receipt))
    }
}

impl<S: Store> Account<S> {
    /// The receipt that was given before, if it is there and holds.
    pub(super) fn given_receipt(&self, seq: u64) -> Option<Receipt> {
        let path = self.folder.as_ref()?.join(RECEIPTS).join(receipt_name(seq));
        let receipt = Receipt::parse(&std::fs::read_to_string(path).ok()?).ok()?;
        let holds = receipt.index == seq && receipt.verify(self.journal.verifier()).is_ok();
        holds.then_some(receipt)
    }
}

/// File of the receipt of an entry.
pub(crate) fn receipt_name(seq: u64) -> String {
    format!("{seq:08}.receipt")
}

/// Writes a file and makes its bytes durable.
///
/// # Errors
/// [`Trouble::System`].
pub fn write_synced(path: &Path, bytes: &[u8]) -> Result<(), Trouble> {
    let mut file = File::create(path).map_err(Trouble::system(path))?;
    file.write_all(bytes)
        .and_then(|()| file.sync_all())
        .map_err(Trouble::system(path))
}

/// Writes a file that only its owner may read, from its first byte on.
///
/// # Errors
/// [`Trouble::System`].
pub fn write_secret(path: &Path, text: &str) -> Result<(), Trouble> {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut file = options.open(path).map_err(Trouble::system(path))?;
    file.write_all(format!("{text}\n").as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(Trouble::system(path))
}

/// Makes the names in a folder durable.
///
/// # Errors
/// [`Trouble::System`].
pub fn sync_folder(folder: &Path) -> Result<(), Trouble> {
    #[cfg(unix)]
    File::open(folder)
        .and_then(|f| f.sync_all())
        .map_err(Trouble::system(folder))?;
    Ok(())
}
