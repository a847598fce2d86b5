//! The lock that keeps a second writer out and names the first.
//!
//! The lock is the operating system's, on an open file, so a killed holder leaves none behind; what is written in the file
//! only says who holds it.

use crate::store::StoreError;
use std::fs::{File, OpenOptions, TryLockError};
use std::io::{Read as _, Seek as _, Write as _};
use std::path::Path;
use std::time::{SystemTime, UNIX_EPOCH};

/// Name of the lock file, beside the database.
pub(crate) const FILE: &str = "journal.lock";
/// How much of the file is shown as the holder.
const MAX_HOLDER_BYTES: u64 = 300;

/// A held lock; dropping it releases.
#[derive(Debug)]
pub(crate) struct Lock {
    _file: File,
}

impl Lock {
    /// Takes the lock of the journal in `dir` for `program`.
    pub(crate) fn take(dir: &Path, program: &str) -> Result<Self, StoreError> {
        let path = dir.join(FILE);
        let io = |error: std::io::Error| StoreError::Io(format!("{}: {error}", path.display()));
        let mut file = OpenOptions::new()
            .read(true)
            .write(true)
            .create(true)
            .truncate(false)
            .open(&path)
            .map_err(io)?;
        match file.try_lock() {
            Ok(()) => {}
            Err(TryLockError::WouldBlock) => {
                let mut holder = String::new();
                let read = (&file).take(MAX_HOLDER_BYTES).read_to_string(&mut holder);
                let holder = match read {
                    Ok(1..) => holder.trim().replace('\n', ", "),
                    _ => "another program".to_owned(),
                };
                return Err(StoreError::Busy { holder });
            }
            Err(TryLockError::Error(error)) => return Err(io(error)),
        }
        let since = SystemTime::now()
            .duration_since(UNIX_EPOCH)
            .map_or(0, |since| since.as_secs());
        let pid = std::process::id();
        file.set_len(0).map_err(io)?;
        file.rewind().map_err(io)?;
        // Only a courtesy to the second program, but a full disk is better met here than in the middle of an append.
        write!(file, "{program}\nprocess {pid}\nsince {}\n", utc(since)).map_err(io)?;
        Ok(Self { _file: file })
    }
}

/// Seconds since 1970 as `2026-11-21T08:00:00Z` (Gregorian calendar from day numbers, 400-year cycles from 1 March 2000
/// backwards; exact for every time after 1970).
fn utc(seconds: u64) -> String {
    let (days, rest) = (seconds / 86_400, seconds % 86_400);
    let shifted = days + 719_468;
    let (era, day_of_era) = (shifted / 146_097, shifted % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 {
        shifted_month + 3
    } else {
        shifted_month - 9
    };
    let year = era * 400 + year_of_era + u64::from(month <= 2);
    let (hour, minute, second) = (rest / 3_600, rest / 60 % 60, rest % 60);
    format!("{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}Z")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_civil() {
        for (seconds, text) in [
            (0, "1970-01-01T00:00:00Z"),
            (951_782_400, "2000-02-29T00:00:00Z"),
            (1_709_251_199, "2024-02-29T23:59:59Z"),
            (4_107_542_400, "2100-03-01T00:00:00Z"),
        ] {
            assert_eq!(utc(seconds), text);
        }
    }

    #[test]
    fn the_second_is_told_the_first() {
        let dir = tempfile::tempdir().unwrap();
        let first = Lock::take(dir.path(), "weighbridge import").unwrap();
        let Err(StoreError::Busy { holder }) = Lock::take(dir.path(), "weighbridge serve") else {
            panic!("not busy");
        };
        assert!(
            holder.starts_with("weighbridge import, process "),
            "{holder}"
        );
        drop(first);
        Lock::take(dir.path(), "weighbridge serve").unwrap();
    }
}
