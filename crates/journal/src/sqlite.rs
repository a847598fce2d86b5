//! A journal in a folder: one SQLite database, a lock file, and the last signed checkpoint beside it.
//!
//! Write-ahead log with `synchronous=FULL`, so a commit is durable when it returns; one writing connection, transactions
//! begun IMMEDIATE; readers open the database read-only and take no lock. The last checkpoint is also kept in a file of its
//! own (`checkpoint`, the name that `tlog-tiles` gives it), written aside, synced and renamed: SQLite drops a damaged tail of
//! its log in silence, and only something outside the log can tell that signed entries went with it.
//!
//! There is no memory map: a read error would then kill the program instead of being reported.

mod connect;

use crate::checkpoint::Checkpoint;
use crate::lock::Lock;
use crate::merkle::{Hash, empty_root};
use crate::note::Note;
use crate::store::{
    Batch, Counts, DESTROYED, Found, Head, NewEntry, Private, Raw, Store, StoreError,
    StoredCheckpoint, private_checksum, private_damaged, secret_of,
};
use connect::{
    APPLICATION_ID, LAYOUT, check_layout, existing, io_error, open, prepare_writer, reader, set,
    signed, sql_error, sync_folder, unsigned,
};
use parking_lot::ReentrantMutex;
use rusqlite::types::ValueRef;
use rusqlite::{
    Connection, ErrorCode, OpenFlags, OptionalExtension as _, Params, Row, TransactionBehavior,
    params,
};
use std::fs::{self, File};
use std::io::{ErrorKind, Write as _};
use std::ops::ControlFlow;
use std::path::{Path, PathBuf};

/// Name of the database in the journal's folder.
pub const DATABASE: &str = "journal.sqlite";
/// Name of the file that holds the last signed checkpoint.
pub const CHECKPOINT: &str = "checkpoint";
/// Bytes in a page: bodies are large, so few large pages are read in fewer steps.
const PAGE_BYTES: u32 = 32 * 1024;

const SCHEMA: &str = "
CREATE TABLE entries(seq INTEGER PRIMARY KEY, header BLOB NOT NULL, body BLOB NOT NULL) STRICT;
CREATE TABLE keys(organisation TEXT NOT NULL, key BLOB NOT NULL, seq INTEGER NOT NULL, body_hash BLOB NOT NULL,
  PRIMARY KEY(organisation, key)) STRICT, WITHOUT ROWID;
CREATE TABLE tiles(level INTEGER NOT NULL, idx INTEGER NOT NULL, data BLOB NOT NULL,
  PRIMARY KEY(level, idx)) STRICT, WITHOUT ROWID;
CREATE TABLE checkpoints(size INTEGER PRIMARY KEY, note TEXT NOT NULL) STRICT;
CREATE TABLE secrets(seq INTEGER PRIMARY KEY, secret BLOB NOT NULL) STRICT;
CREATE TABLE meta(name TEXT PRIMARY KEY, value TEXT NOT NULL, checksum BLOB NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE head(id INTEGER PRIMARY KEY CHECK (id = 0), size INTEGER NOT NULL, root BLOB NOT NULL,
  recorded_at_us INTEGER) STRICT;
";

/// A journal's folder, open.
pub struct SqliteStore {
    // Before the lock, so that the database is closed when the lock is given back. Several threads may read through it in
    // turn, and one that is given an entry may ask for another meanwhile.
    connection: ReentrantMutex<Connection>,
    folder: PathBuf,
    writable: bool,
    _lock: Option<Lock>,
}

impl SqliteStore {
    /// Makes an empty store in `folder`, which is created when missing. `program` is shown to whoever wants to write
    /// meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Exists`] when there is one; [`StoreError::Busy`]; what the system says.
    pub fn create(folder: &Path, program: &str) -> Result<Self, StoreError> {
        Self::create_with(folder, program, PAGE_BYTES)
    }

    /// As [`Self::create`], with another page size in bytes (a power of two from 512 to 65,536): for measuring.
    ///
    /// # Errors
    /// As [`Self::create`].
    pub fn create_with(folder: &Path, program: &str, page_bytes: u32) -> Result<Self, StoreError> {
        fs::create_dir_all(folder).map_err(|error| io_error(folder, &error))?;
        let lock = Lock::take(folder, program)?;
        let path = folder.join(DATABASE);
        if path.exists() {
            return Err(StoreError::Exists(folder.display().to_string()));
        }
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut connection = open(&path, flags)?;
        set(&connection, "page_size", page_bytes)?;
        prepare_writer(&connection)?;
        let transaction = (connection.transaction_with_behavior(TransactionBehavior::Immediate))
            .map_err(|error| sql_error(&error))?;
        transaction
            .execute_batch(SCHEMA)
            .map_err(|error| sql_error(&error))?;
        run(
            &transaction,
            "INSERT INTO head(id, size, root, recorded_at_us) VALUES (0, 0, ?1, NULL)",
            params![empty_root()],
        )?;
        // In the same transaction: a file without the mark is not a journal, whatever else is in it.
        set(&transaction, "application_id", APPLICATION_ID)?;
        set(&transaction, "user_version", LAYOUT)?;
        transaction.commit().map_err(|error| sql_error(&error))?;
        sync_folder(folder)?;
        Ok(Self {
            connection: ReentrantMutex::new(connection),
            folder: folder.to_owned(),
            writable: true,
            _lock: Some(lock),
        })
    }

    /// Opens a store to write. `program` is shown to whoever wants to write meanwhile.
    ///
    /// # Errors
    /// [`StoreError::Busy`] names the holder; [`StoreError::NotFound`], [`StoreError::NotAJournal`],
    /// [`StoreError::TooNew`]; what the system says.
    pub fn open(folder: &Path, program: &str) -> Result<Self, StoreError> {
        let path = existing(folder)?;
        let lock = Lock::take(folder, program)?;
        let connection = open(&path, OpenFlags::SQLITE_OPEN_READ_WRITE)?;
        check_layout(&connection, &path)?;
        prepare_writer(&connection)?;
        Ok(Self {
            connection: ReentrantMutex::new(connection),
            folder: folder.to_owned(),
            writable: true,
            _lock: Some(lock),
        })
    }

    /// Opens a store to read, beside whoever writes.
    ///
    /// # Errors
    /// As [`Self::open`], without [`StoreError::Busy`].
    pub fn open_read(folder: &Path) -> Result<Self, StoreError> {
        let path = existing(folder)?;
        let connection = reader(&path, check_layout)?;
        Ok(Self {
            connection: ReentrantMutex::new(connection),
            folder: folder.to_owned(),
            writable: false,
            _lock: None,
        })
    }

    /// The journal's folder.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// Moves the content of the log into the database, so that the database file alone is the journal (for a copy).
    ///
    /// # Errors
    /// [`StoreError::Busy`] while someone reads; [`StoreError`].
    pub fn settle(&mut self) -> Result<(), StoreError> {
        let sql = "PRAGMA wal_checkpoint(TRUNCATE)";
        let blocked = self.one(sql, [], |row| row.get::<_, i64>(0))?;
        if blocked == Some(0) {
            Ok(())
        } else {
            let holder = "a program that reads it".to_owned();
            Err(StoreError::Busy { holder })
        }
    }

    /// Writes the journal as it stands into a new database, beside whoever writes: one reading transaction, so the copy is a
    /// journal that was. What was destroyed is not in it, since no free page is copied.
    ///
    /// # Errors
    /// What the system says; damage that reading everything meets.
    pub fn copy_to(&self, file: &Path) -> Result<(), StoreError> {
        copy(&self.connection.lock(), file)
    }

    /// Lets the database grow to this many pages and then report a full disk: for tests of a full disk.
    #[doc(hidden)]
    pub fn limit_pages(&mut self, pages: u32) {
        // Where the pragma fails, no limit is set and the test that wants one fails.
        let _ = set(&self.connection.lock(), "max_page_count", pages);
    }

    fn one<T>(
        &self,
        sql: &str,
        params: impl Params,
        read: impl FnOnce(&Row<'_>) -> rusqlite::Result<T>,
    ) -> Result<Option<T>, StoreError> {
        (self.connection.lock().prepare_cached(sql))
            .and_then(|mut statement| statement.query_row(params, read).optional())
            .map_err(|error| sql_error(&error))
    }

    fn count(&self, table: &str) -> Result<u64, StoreError> {
        let sql = format!("SELECT count(*) FROM {table}");
        let count = self.one(&sql, [], |row| row.get::<_, i64>(0))?;
        unsigned(count.unwrap_or(0))
    }

    fn may_write(&self) -> Result<(), StoreError> {
        if self.writable {
            Ok(())
        } else {
            Err(StoreError::ReadOnly("it was opened to read".to_owned()))
        }
    }

    fn checkpoint_file(&self) -> Result<Option<StoredCheckpoint>, StoreError> {
        let path = self.folder.join(CHECKPOINT);
        let note = match fs::read(&path) {
            Ok(bytes) => String::from_utf8(bytes).unwrap_or_default(),
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io_error(&path, &error)),
        };
        let size = (Note::parse(&note).ok())
            .and_then(|note| Checkpoint::parse(note.unverified_text()).ok())
            .map(|checkpoint| checkpoint.size);
        match size {
            Some(size) => Ok(Some(StoredCheckpoint { size, note })),
            None => Err(StoreError::damaged(format!(
                "{} is not a signed checkpoint",
                path.display()
            ))),
        }
    }

    /// Write aside, sync, rename, sync the folder: the file is the old checkpoint or the new one, never a part.
    fn put_checkpoint_file(&self, note: &str) -> Result<(), StoreError> {
        let (path, aside) = (
            self.folder.join(CHECKPOINT),
            self.folder.join("checkpoint.new"),
        );
        let write = || {
            let mut file = File::create(&aside)?;
            file.write_all(note.as_bytes())?;
            file.sync_all()?;
            fs::rename(&aside, &path)
        };
        write().map_err(|error| io_error(&path, &error))?;
        sync_folder(&self.folder)
    }
}

impl Store for SqliteStore {
    fn head(&self) -> Result<Head, StoreError> {
        read_head(&self.connection.lock())
    }

    fn append(&mut self, expected: u64, batch: &Batch) -> Result<(), StoreError> {
        self.may_write()?;
        let transaction = (self.connection.get_mut())
            .transaction_with_behavior(TransactionBehavior::Immediate)
            .map_err(|error| sql_error(&error))?;
        let found = read_head(&transaction)?.size;
        if found != expected {
            return Err(StoreError::HeadMoved { expected, found });
        }
        for (seq, entry) in (expected..).zip(&batch.entries) {
            insert(&transaction, seq, entry)?;
        }
        for tile in &batch.tiles {
            run(
                &transaction,
                "INSERT OR REPLACE INTO tiles(level, idx, data) VALUES (?1, ?2, ?3)",
                params![tile.id.level, signed(tile.id.index)?, tile.data],
            )?;
        }
        let head = &batch.head;
        run(
            &transaction,
            "UPDATE head SET size = ?1, root = ?2, recorded_at_us = ?3 WHERE id = 0",
            params![signed(head.size)?, head.root, head.last_recorded_at_us],
        )?;
        transaction.commit().map_err(|error| sql_error(&error))
    }

    fn read_raw(
        &self,
        from: u64,
        f: &mut dyn FnMut(Raw<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let Ok(from) = signed(from) else {
            return Ok(());
        };
        let sql = "SELECT seq, header, body FROM entries WHERE seq >= ?1 ORDER BY seq";
        let connection = self.connection.lock();
        let mut statement = (connection.prepare_cached(sql)).map_err(|error| sql_error(&error))?;
        let mut rows = statement.query([from]).map_err(|error| sql_error(&error))?;
        while let Some(row) = rows.next().map_err(|error| sql_error(&error))? {
            let seq = unsigned(row.get(0).map_err(|error| sql_error(&error))?)?;
            let blob = |column| match row.get_ref(column) {
                Ok(ValueRef::Blob(bytes)) => Ok(bytes),
                _ => Err(StoreError::Damaged {
                    seq: Some(seq),
                    what: "its columns are not bytes".to_owned(),
                }),
            };
            let (header, body) = (blob(1)?, blob(2)?);
            if f(Raw { seq, header, body }).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn find(&self, organisation: &str, key: &[u8; 32]) -> Result<Option<Found>, StoreError> {
        let sql = "SELECT seq, body_hash FROM keys WHERE organisation = ?1 AND key = ?2";
        let row = self.one(sql, params![organisation, key], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, Hash>(1)?))
        })?;
        row.map(|(seq, body_hash)| {
            Ok(Found {
                seq: unsigned(seq)?,
                body_hash,
            })
        })
        .transpose()
    }

    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        let sql = "SELECT data FROM tiles WHERE level = ?1 AND idx = ?2";
        self.one(sql, params![level, signed(index)?], |row| row.get(0))
    }

    fn put_checkpoint(&mut self, checkpoint: &StoredCheckpoint) -> Result<(), StoreError> {
        self.may_write()?;
        self.put_checkpoint_file(&checkpoint.note)?;
        run(
            &self.connection.lock(),
            "INSERT OR REPLACE INTO checkpoints(size, note) VALUES (?1, ?2)",
            params![signed(checkpoint.size)?, checkpoint.note],
        )
    }

    fn checkpoints(&self) -> Result<Vec<StoredCheckpoint>, StoreError> {
        let sql = "SELECT size, note FROM checkpoints ORDER BY size";
        let mut all: Vec<StoredCheckpoint> = (self.connection.lock().prepare_cached(sql))
            .and_then(|mut statement| {
                statement
                    .query_map([], |row| Ok((row.get::<_, i64>(0)?, row.get(1)?)))?
                    .collect::<rusqlite::Result<Vec<(i64, String)>>>()
            })
            .map_err(|error| sql_error(&error))?
            .into_iter()
            .map(|(size, note)| {
                let size = unsigned(size)?;
                Ok(StoredCheckpoint { size, note })
            })
            .collect::<Result<_, StoreError>>()?;
        if let Some(file) = self.checkpoint_file()?
            && all.last() != Some(&file)
        {
            all.push(file);
            all.sort_by_key(|checkpoint| checkpoint.size);
        }
        Ok(all)
    }

    fn latest_checkpoint(&self) -> Result<Option<StoredCheckpoint>, StoreError> {
        let sql = "SELECT size, note FROM checkpoints ORDER BY size DESC LIMIT 1";
        let row = self.one(sql, [], |row| {
            Ok((row.get::<_, i64>(0)?, row.get::<_, String>(1)?))
        })?;
        let table = row
            .map(|(size, note)| {
                let size = unsigned(size)?;
                Ok(StoredCheckpoint { size, note })
            })
            .transpose()?;
        let file = self.checkpoint_file()?;
        Ok(file.into_iter().chain(table).max_by_key(|c| c.size))
    }

    fn secret(&self, seq: u64) -> Result<Option<[u8; 32]>, StoreError> {
        let sql = "SELECT secret FROM secrets WHERE seq = ?1";
        secret_of(seq, self.one(sql, [signed(seq)?], |row| row.get(0))?)
    }

    fn destroy_secret(&mut self, seq: u64) -> Result<(), StoreError> {
        self.may_write()?;
        run(
            &self.connection.lock(),
            "UPDATE secrets SET secret = ?2 WHERE seq = ?1",
            params![signed(seq)?, DESTROYED],
        )?;
        // The page is overwritten when the log is moved into the database; the log itself is cut to nothing.
        self.settle()
    }

    fn meta_get(&self, name: &str) -> Result<Option<String>, StoreError> {
        let sql = "SELECT value, checksum FROM meta WHERE name = ?1";
        let row = self.one(sql, [name], |row| {
            Ok((row.get::<_, String>(0)?, row.get::<_, Hash>(1)?))
        })?;
        match row {
            Some((value, checksum)) if checksum == private_checksum(name, &value) => {
                Ok(Some(value))
            }
            Some(_) => Err(private_damaged(name)),
            None => Ok(None),
        }
    }

    fn meta_put(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        self.may_write()?;
        run(
            &self.connection.lock(),
            "INSERT OR REPLACE INTO meta(name, value, checksum) VALUES (?1, ?2, ?3)",
            params![name, value, private_checksum(name, value)],
        )
    }

    fn meta_list(&self) -> Result<Vec<Private>, StoreError> {
        // Read as they lie there: a damaged type or a text that is not UTF-8 is a damaged value, not the end of the list.
        let sql = "SELECT name, value, checksum FROM meta";
        let connection = self.connection.lock();
        let mut statement = (connection.prepare_cached(sql)).map_err(|error| sql_error(&error))?;
        let read = |row: &Row<'_>| {
            let text = |column| row.get::<_, String>(column).ok();
            let (name, value) = (text(0), text(1));
            let checksum: Option<Hash> = row.get(2).ok();
            let sound = (name.as_deref().zip(value.as_deref()))
                .is_some_and(|(name, value)| checksum == Some(private_checksum(name, value)));
            let bytes = row.get_ref(0)?.as_bytes().unwrap_or_default();
            Ok(Private {
                name: String::from_utf8_lossy(bytes).into_owned(),
                sound,
            })
        };
        (statement.query_map([], read))
            .and_then(Iterator::collect)
            .map_err(|error| sql_error(&error))
    }

    fn counts(&self) -> Result<Counts, StoreError> {
        Ok(Counts {
            entries: self.count("entries")?,
            keys: self.count("keys")?,
            tiles: self.count("tiles")?,
        })
    }

    /// Structure of every table but `entries`: a lost row there is a gap that verification finds by itself.
    fn self_check(&self) -> Result<(), StoreError> {
        for table in ["head", "meta", "checkpoints", "keys", "tiles", "secrets"] {
            let sql = format!("PRAGMA quick_check('{table}')");
            let found = self.one(&sql, [], |row| row.get::<_, String>(0))?;
            if found.as_deref() != Some("ok") {
                let found = found.unwrap_or_default();
                return Err(StoreError::damaged(format!("table {table}: {found}")));
            }
        }
        Ok(())
    }
}

/// Writes a SQLite database as it stands into a new file, beside whoever writes it.
///
/// # Errors
/// As [`SqliteStore::copy_to`].
pub fn copy_database(from: &Path, to: &Path) -> Result<(), StoreError> {
    copy(&reader(from, |_, _| Ok(()))?, to)
}

fn copy(connection: &Connection, file: &Path) -> Result<(), StoreError> {
    let name = (file.to_str())
        .ok_or_else(|| StoreError::Io(format!("{}: its name is no text", file.display())))?;
    run(connection, "VACUUM INTO ?1", [name])?;
    (File::options().write(true).open(file))
        .and_then(|file| file.sync_all())
        .map_err(|error| io_error(file, &error))
}

fn insert(connection: &Connection, seq: u64, entry: &NewEntry) -> Result<(), StoreError> {
    let (at, header) = (signed(seq)?, &entry.header);
    run(
        connection,
        "INSERT INTO entries(seq, header, body) VALUES (?1, ?2, ?3)",
        params![at, entry.header_bytes, entry.body],
    )?;
    run(
        connection,
        "INSERT INTO secrets(seq, secret) VALUES (?1, ?2)",
        params![at, entry.secret],
    )?;
    let sql = "INSERT INTO keys(organisation, key, seq, body_hash) VALUES (?1, ?2, ?3, ?4)";
    let place = params![header.organisation, header.key, at, header.body_hash];
    let inserted = (connection.prepare_cached(sql)).and_then(|mut s| s.execute(place));
    match inserted {
        Ok(_) => Ok(()),
        Err(error) if error.sqlite_error_code() == Some(ErrorCode::ConstraintViolation) => {
            let sql = "SELECT seq FROM keys WHERE organisation = ?1 AND key = ?2";
            let seq = connection
                .query_row(sql, params![header.organisation, header.key], |row| {
                    row.get(0)
                })
                .map_err(|error| sql_error(&error))?;
            Err(StoreError::Conflict {
                seq: unsigned(seq)?,
            })
        }
        Err(error) => Err(sql_error(&error)),
    }
}

fn read_head(connection: &Connection) -> Result<Head, StoreError> {
    let sql = "SELECT size, root, recorded_at_us FROM head WHERE id = 0";
    let (size, root, last_recorded_at_us) = (connection.prepare_cached(sql))
        .and_then(|mut statement| {
            statement.query_row([], |row| {
                Ok((row.get::<_, i64>(0)?, row.get(1)?, row.get(2)?))
            })
        })
        .map_err(|error| sql_error(&error))?;
    Ok(Head {
        size: unsigned(size)?,
        root,
        last_recorded_at_us,
    })
}

fn run(connection: &Connection, sql: &str, params: impl Params) -> Result<(), StoreError> {
    (connection.prepare_cached(sql))
        .and_then(|mut statement| statement.execute(params))
        .map(|_| ())
        .map_err(|error| sql_error(&error))
}
