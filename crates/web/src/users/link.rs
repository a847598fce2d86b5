//! One-time sign-in links, made by an administrator.

use rusqlite::{OptionalExtension as _, params};

use super::{User, UserError, UserId, Users, hash, token};

/// How long a link may be used, µs.
const LINK_LIVES_US: i64 = 24 * 3_600 * 1_000_000;

/// A link as it is handed out, once.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Link(String);

impl Link {
    /// The path to open.
    #[must_use]
    pub fn path(&self) -> String {
        format!("/link/{}", self.0)
    }
}

impl Users {
    /// Makes a link for somebody; earlier ones that were not used end.
    ///
    /// # Errors
    /// [`UserError::Random`], [`UserError::Database`].
    pub fn make_link(&self, id: UserId, now_us: i64) -> Result<Link, UserError> {
        let token = token()?;
        let mut database = self.on();
        let transaction = database.transaction()?;
        transaction.execute("DELETE FROM links WHERE user = ?1", [id.0])?;
        transaction.execute(
            "INSERT INTO links(hash, user, expires_us) VALUES (?1, ?2, ?3)",
            params![hash(&token), id.0, now_us.saturating_add(LINK_LIVES_US)],
        )?;
        transaction.commit()?;
        Ok(Link(token))
    }

    /// Whether a link could be used now.
    ///
    /// # Errors
    /// [`UserError::Database`].
    pub fn link_holds(&self, token: &str, now_us: i64) -> Result<Option<User>, UserError> {
        let database = self.on();
        let user: Option<i64> = database
            .prepare_cached(
                "SELECT user FROM links WHERE hash = ?1 AND used_us IS NULL AND expires_us > ?2",
            )?
            .query_row(params![hash(token), now_us], |r| r.get(0))
            .optional()?;
        let user = user.map(|id| Users::by_id(&database, id)).transpose()?;
        Ok(user.flatten().filter(|u| !u.disabled))
    }

    /// Uses a link: it holds once.
    ///
    /// # Errors
    /// [`UserError::Database`].
    pub fn use_link(&self, token: &str, now_us: i64) -> Result<Option<User>, UserError> {
        let Some(user) = self.link_holds(token, now_us)? else {
            return Ok(None);
        };
        // The condition again: of two who use it at once, one changes a row.
        let used = self.on().execute(
            "UPDATE links SET used_us = ?2 WHERE hash = ?1 AND used_us IS NULL AND expires_us > ?2",
            params![hash(token), now_us],
        )?;
        Ok((used == 1).then_some(user))
    }
}
