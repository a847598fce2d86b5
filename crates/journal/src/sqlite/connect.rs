//! Opening the database, and what its errors mean.

use super::DATABASE;
use crate::store::StoreError;
use rusqlite::{Connection, ErrorCode, OpenFlags, OptionalExtension as _};
use std::fs::{self, File};
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

/// Marks the database as a journal (`WBJ1`); SQLite keeps it in the file's header.
pub(super) const APPLICATION_ID: i64 = 0x5742_4a31;
/// Layout of the tables.
pub(super) const LAYOUT: i64 = 1;
/// What the log may keep of its size once its content is in the database.
const MAX_IDLE_LOG_BYTES: u32 = 64 * 1024 * 1024;
/// How long a read waits for a writer that is just recovering the log.
const READ_WAIT: std::time::Duration = std::time::Duration::from_secs(5);

pub(super) fn existing(folder: &Path) -> Result<PathBuf, StoreError> {
    let path = folder.join(DATABASE);
    if path.is_file() {
        Ok(path)
    } else {
        Err(StoreError::NotFound(folder.display().to_string()))
    }
}

pub(super) fn open(path: &Path, flags: OpenFlags) -> Result<Connection, StoreError> {
    let open = || {
        let connection =
            Connection::open_with_flags(path, flags | OpenFlags::SQLITE_OPEN_NO_MUTEX)?;
        connection.busy_timeout(READ_WAIT)?;
        Ok(connection)
    };
    open().map_err(|error: rusqlite::Error| sql_error(&error))
}

/// Opens a database to read, beside whoever writes it, and has it checked.
pub(super) fn reader(
    path: &Path,
    check: impl Fn(&Connection, &Path) -> Result<(), StoreError>,
) -> Result<Connection, StoreError> {
    let checked = |connection: Connection| check(&connection, path).map(|()| connection);
    match open(path, OpenFlags::SQLITE_OPEN_READ_ONLY).and_then(checked) {
        // Where nothing may be written, SQLite cannot keep its shared index of the log; without a log none is needed.
        Err(StoreError::Io(_) | StoreError::ReadOnly(_)) if !has_log(path) => {
            let uri = format!("file:{}?immutable=1", escaped(path));
            let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_URI;
            open(Path::new(&uri), flags).and_then(checked)
        }
        other => other,
    }
}

pub(super) fn set(
    connection: &Connection,
    pragma: &str,
    value: impl rusqlite::ToSql,
) -> Result<(), StoreError> {
    // Some pragmas answer with the new value, some with nothing.
    connection
        .pragma_update_and_check(None, pragma, value, |_| Ok(()))
        .optional()
        .map(|_| ())
        .map_err(|error| sql_error(&error))
}

pub(super) fn prepare_writer(connection: &Connection) -> Result<(), StoreError> {
    let mode: String = connection
        .query_row("PRAGMA journal_mode = WAL", [], |row| row.get(0))
        .map_err(|error| sql_error(&error))?;
    if mode != "wal" {
        return Err(StoreError::Io(format!(
            "the file system cannot keep a write-ahead log (journal mode is {mode})"
        )));
    }
    set(connection, "synchronous", "FULL")?;
    set(connection, "journal_size_limit", MAX_IDLE_LOG_BYTES)
}

pub(super) fn check_layout(connection: &Connection, path: &Path) -> Result<(), StoreError> {
    let pragma = |name: &str| {
        connection
            .query_row(&format!("PRAGMA {name}"), [], |row| row.get::<_, i64>(0))
            .map_err(|error| match sql_error(&error) {
                StoreError::NotAJournal(_) => StoreError::NotAJournal(path.display().to_string()),
                other => other,
            })
    };
    if pragma("application_id")? != APPLICATION_ID {
        return Err(StoreError::NotAJournal(path.display().to_string()));
    }
    match pragma("user_version")? {
        LAYOUT => Ok(()),
        found if found > LAYOUT => Err(StoreError::TooNew {
            found,
            known: LAYOUT,
        }),
        found => Err(StoreError::damaged(format!(
            "its layout is given as {found}"
        ))),
    }
}

fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    fs::metadata(log).is_ok_and(|log| log.len() > 0)
}

/// A path inside a URI: everything but the plainest characters is escaped.
fn escaped(path: &Path) -> String {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"/-_.~".contains(&b);
    (path.as_os_str().as_encoded_bytes().iter())
        .map(|&b| match plain(b) {
            true => char::from(b).to_string(),
            false => format!("%{b:02X}"),
        })
        .collect()
}

#[cfg(unix)]
pub(super) fn sync_folder(folder: &Path) -> Result<(), StoreError> {
    (File::open(folder).and_then(|folder| folder.sync_all()))
        .map_err(|error| io_error(folder, &error))
}

#[cfg(not(unix))]
pub(super) fn sync_folder(_folder: &Path) -> Result<(), StoreError> {
    // A folder cannot be opened as a file there; the file system orders renames itself.
    Ok(())
}

pub(super) fn signed(value: u64) -> Result<i64, StoreError> {
    i64::try_from(value).map_err(|_| StoreError::Io(format!("{value} is beyond the store's range")))
}

pub(super) fn unsigned(value: i64) -> Result<u64, StoreError> {
    u64::try_from(value).map_err(|_| StoreError::damaged(format!("a count is negative: {value}")))
}

pub(super) fn io_error(path: &Path, error: &std::io::Error) -> StoreError {
    match error.kind() {
        ErrorKind::StorageFull | ErrorKind::QuotaExceeded => StoreError::DiskFull,
        ErrorKind::ReadOnlyFilesystem | ErrorKind::PermissionDenied => {
            StoreError::ReadOnly(format!("{}: {error}", path.display()))
        }
        _ => StoreError::Io(format!("{}: {error}", path.display())),
    }
}

pub(super) fn sql_error(error: &rusqlite::Error) -> StoreError {
    use rusqlite::Error::{
        FromSqlConversionFailure, IntegralValueOutOfRange, InvalidColumnType, QueryReturnedNoRows,
        Utf8Error,
    };
    match (error.sqlite_error_code(), error) {
        (Some(ErrorCode::DiskFull), _) => StoreError::DiskFull,
        (Some(ErrorCode::DatabaseCorrupt), _) => StoreError::damaged(error.to_string()),
        (Some(ErrorCode::NotADatabase), _) => StoreError::NotAJournal("the file".to_owned()),
        (Some(ErrorCode::ReadOnly | ErrorCode::PermissionDenied), _) => {
            StoreError::ReadOnly(error.to_string())
        }
        (Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked), _) => StoreError::Busy {
            holder: "another program that opened its database directly".to_owned(),
        },
        // The schema and the types of the columns are ours: anything else in them is damage.
        (Some(ErrorCode::Unknown), _)
        | (
            None,
            FromSqlConversionFailure(..)
            | IntegralValueOutOfRange(..)
            | InvalidColumnType(..)
            | QueryReturnedNoRows
            | Utf8Error(..),
        ) => StoreError::damaged(error.to_string()),
        _ => StoreError::Io(error.to_string()),
    }
}
