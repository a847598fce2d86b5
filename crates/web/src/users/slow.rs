//! Slowing down who guesses: the wait doubles with each failure and nobody is locked out for good.

use rusqlite::{OptionalExtension as _, params};

use super::{UserError, Users, normal};

/// Failures that cost nothing: people mistype.
const FREE: u32 = 3;
/// The longest wait, µs.
const WAIT_MAX_US: i64 = 15 * 60 * 1_000_000;
/// Failures are forgotten after this long, µs.
const FORGOTTEN_US: i64 = 24 * 3_600 * 1_000_000;

/// The wait after so many failures, µs.
fn wait_us(failed: u32) -> i64 {
    match failed.checked_sub(FREE) {
        None | Some(0) => 0,
        Some(over) => (1_000_000i64 << over.min(20)).min(WAIT_MAX_US),
    }
}

impl Users {
    /// How long who signs in by a name has still to wait, µs. Names that nobody has are slowed down alike.
    ///
    /// # Errors
    /// [`UserError::Database`].
    pub fn must_wait_us(&self, login: &str, now_us: i64) -> Result<i64, UserError> {
        let found: Option<(u32, i64)> = self
            .on()
            .prepare_cached("SELECT failed, last_us FROM attempts WHERE login = ?1")?
            .query_row([key(login)], |r| Ok((r.get(0)?, r.get(1)?)))
            .optional()?;
        Ok(found.map_or(0, |(failed, last)| (last + wait_us(failed) - now_us).max(0)))
    }

    /// Notes a failure.
    ///
    /// # Errors
    /// [`UserError::Database`].
    pub fn failed(&self, login: &str, now_us: i64) -> Result<(), UserError> {
        let database = self.on();
        database.execute(
            "DELETE FROM attempts WHERE last_us < ?1",
            [now_us - FORGOTTEN_US],
        )?;
        database.execute(
            "INSERT INTO attempts(login, failed, last_us) VALUES (?1, 1, ?2)
             ON CONFLICT(login) DO UPDATE SET failed = failed + 1, last_us = ?2",
            params![key(login), now_us],
        )?;
        Ok(())
    }

    /// Forgets the failures of who has signed in.
    ///
    /// # Errors
    /// [`UserError::Database`].
    pub fn succeeded(&self, login: &str) -> Result<(), UserError> {
        self.on()
            .execute("DELETE FROM attempts WHERE login = ?1", [key(login)])?;
        Ok(())
    }
}

/// What was typed may be a password in the wrong field: only its hash is kept.
fn key(login: &str) -> String {
    let login = normal(login).unwrap_or_default();
    super::hash(&login)
        .iter()
        .map(|b| format!("{b:02x}"))
        .collect()
}
