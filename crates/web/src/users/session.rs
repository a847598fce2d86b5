//! Sessions: a random cookie whose hash is stored, listed to who has them, ended by them or by time.

use rusqlite::{OptionalExtension as _, Row, params};

use super::{User, UserError, UserId, Users, hash, token};

/// A session ends this long after it began, µs: a working day.
const LIVES_US: i64 = 12 * 3_600 * 1_000_000;
/// And this long after it was last used, µs.
const IDLE_US: i64 = 2 * 3_600 * 1_000_000;
/// Dangerous acts want a sign-in that is not older than this, µs.
const STRONG_US: i64 = 15 * 60 * 1_000_000;
/// Sessions of one user; the oldest end first.
const SESSIONS_MAX: i64 = 10;
/// Characters kept of what a browser calls itself.
const AGENT_MAX: usize = 120;
/// The last use is written down once in so long, µs.
const TOUCH_US: i64 = 60 * 1_000_000;

/// Public id of a session: names it in lists, opens nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SessionId(pub String);

/// A session.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Session {
    /// Its id.
    pub id: SessionId,
    /// What the browser calls itself.
    pub agent: String,
    /// When it began, µs.
    pub started_us: i64,
    /// When it was last used, µs, to a minute.
    pub seen_us: i64,
    /// When its user last showed who they are, µs.
    pub strong_us: i64,
}

impl Session {
    /// Whether a dangerous act may be done without signing in again.
    #[must_use]
    pub fn is_strong(&self, now_us: i64) -> bool {
        now_us - self.strong_us <= STRONG_US
    }
}

fn session(r: &Row<'_>) -> rusqlite::Result<(i64, Session)> {
    let session = Session {
        id: SessionId(r.get(1)?),
        agent: r.get(2)?,
        started_us: r.get(3)?,
        seen_us: r.get(4)?,
        strong_us: r.get(5)?,
    };
    Ok((r.get(0)?, session))
}

const SELECT: &str = "SELECT user, id, agent, started_us, seen_us, strong_us FROM sessions";

impl Users {
    /// Begins a session and gives its cookie. Always a new one: a cookie from before the sign-in is worth nothing.
    ///
    /// # Errors
    /// [`UserError::Random`], [`UserError::Database`].
    pub fn start_session(&self, id: UserId, agent: &str, now_us: i64) -> Result<String, UserError> {
        let (cookie, public) = (token()?, token()?);
        let agent: String = agent.chars().take(AGENT_MAX).collect();
        let mut database = self.on();
        let transaction = database.transaction()?;
        transaction.execute(
            "DELETE FROM sessions WHERE started_us <= ?1 OR seen_us <= ?2",
            params![now_us - LIVES_US, now_us - IDLE_US],
        )?;
        transaction.execute(
            "DELETE FROM sessions WHERE user = ?1 AND id NOT IN
             (SELECT id FROM sessions WHERE user = ?1 ORDER BY seen_us DESC LIMIT ?2)",
            params![id.0, SESSIONS_MAX - 1],
        )?;
        transaction.execute(
            "INSERT INTO sessions(hash, id, user, agent, started_us, seen_us, strong_us) VALUES (?1, ?2, ?3, ?4, ?5, ?5, ?5)",
            params![hash(&cookie), public.get(..16), id.0, agent, now_us],
        )?;
        transaction.commit()?;
        Ok(cookie)
    }

    /// The session of a cookie with its user, if it still holds.
    ///
    /// # Errors
    /// [`UserError::Database`].
    pub fn session(&self, cookie: &str, now_us: i64) -> Result<Option<(User, Session)>, UserError> {
        let database = self.on();
        let found = database
            .prepare_cached(&format!(
                "{SELECT} WHERE hash = ?1 AND started_us > ?2 AND seen_us > ?3"
            ))?
            .query_row(
                params![hash(cookie), now_us - LIVES_US, now_us - IDLE_US],
                session,
            )
            .optional()?;
        let Some((user, session)) = found else {
            return Ok(None);
        };
        if now_us - session.seen_us > TOUCH_US {
            database
                .prepare_cached("UPDATE sessions SET seen_us = ?2 WHERE id = ?1")?
                .execute(params![session.id.0, now_us])?;
        }
        let user = Users::by_id(&database, user)?;
        Ok(user.filter(|u| !u.disabled).map(|u| (u, session)))
    }

    /// The sessions of somebody, the last used first.
    ///
    /// # Errors
    /// [`UserError::Database`].
    pub fn sessions_of(&self, id: UserId, now_us: i64) -> Result<Vec<Session>, UserError> {
        let database = self.on();
        let mut statement = database.prepare_cached(&format!(
            "{SELECT} WHERE user = ?1 AND started_us > ?2 AND seen_us > ?3 ORDER BY -seen_us"
        ))?;
        let all =
            statement.query_map(params![id.0, now_us - LIVES_US, now_us - IDLE_US], session)?;
        Ok(all
            .map(|s| Ok(s?.1))
            .collect::<Result<Vec<_>, rusqlite::Error>>()?)
    }

    /// Ends one of somebody's sessions.
    ///
    /// # Errors
    /// [`UserError::Database`].
    pub fn end_session(&self, id: UserId, session: &SessionId) -> Result<(), UserError> {
        self.on().execute(
            "DELETE FROM sessions WHERE user = ?1 AND id = ?2",
            params![id.0, session.0],
        )?;
        Ok(())
    }

    /// Ends all sessions of somebody but one, as after a new password.
    ///
    /// # Errors
    /// [`UserError::Database`].
    pub fn end_others(&self, id: UserId, but: &SessionId) -> Result<(), UserError> {
        self.on().execute(
            "DELETE FROM sessions WHERE user = ?1 AND id <> ?2",
            params![id.0, but.0],
        )?;
        Ok(())
    }

    /// Notes that the user of a session has shown again who they are.
    ///
    /// # Errors
    /// [`UserError::Database`].
    pub fn strengthen(&self, session: &SessionId, now_us: i64) -> Result<(), UserError> {
        self.on().execute(
            "UPDATE sessions SET strong_us = ?2 WHERE id = ?1",
            params![session.0, now_us],
        )?;
        Ok(())
    }
}
