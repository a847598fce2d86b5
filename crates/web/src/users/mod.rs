//! Who may sign in, and what for: accounts of the server with their roles, credentials and sessions.
//!
//! These are ordinary tables that change, beside the journal and never in it: what may be forgotten lives here. An account
//! has a name to sign in with and nothing else of a person. Secrets that are handed out (links, sessions) are stored as
//! hashes only.

mod link;
mod password;
mod session;
mod slow;
mod totp;

pub use link::Link;
pub use password::PASSWORD_MIN;
pub use session::{Session, SessionId};

use std::fmt;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use rusqlite::{Connection, OptionalExtension as _, Row, params};
use thiserror::Error;
use weighbridge_reports::Lang;

use crate::access::{Role, Scope, Standing};

/// Name of the database in the folder of the account.
pub const DATABASE: &str = weighbridge_account::account::USERS;
/// Characters of a name to sign in with, at most.
pub const LOGIN_MAX: usize = 64;
/// Version of the tables.
const LAYOUT: i64 = 1;

const SCHEMA: &str = "
CREATE TABLE users(id INTEGER PRIMARY KEY, login TEXT NOT NULL UNIQUE, lang TEXT NOT NULL, password TEXT, totp TEXT,
  totp_step INTEGER NOT NULL DEFAULT 0, disabled INTEGER NOT NULL DEFAULT 0, created_us INTEGER NOT NULL, seen_us INTEGER) STRICT;
CREATE TABLE standings(user INTEGER NOT NULL REFERENCES users(id), role TEXT NOT NULL, scope TEXT NOT NULL,
  PRIMARY KEY(user, role, scope)) STRICT, WITHOUT ROWID;
CREATE TABLE links(hash BLOB PRIMARY KEY, user INTEGER NOT NULL REFERENCES users(id), expires_us INTEGER NOT NULL,
  used_us INTEGER) STRICT, WITHOUT ROWID;
CREATE TABLE sessions(hash BLOB PRIMARY KEY, id TEXT NOT NULL UNIQUE, user INTEGER NOT NULL REFERENCES users(id), agent TEXT NOT NULL,
  started_us INTEGER NOT NULL, seen_us INTEGER NOT NULL, strong_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE attempts(login TEXT PRIMARY KEY, failed INTEGER NOT NULL, last_us INTEGER NOT NULL) STRICT, WITHOUT ROWID;
CREATE TABLE audit(id INTEGER PRIMARY KEY, at_us INTEGER NOT NULL, login TEXT NOT NULL, action TEXT NOT NULL,
  resource TEXT NOT NULL, verdict TEXT NOT NULL, request TEXT NOT NULL) STRICT;
CREATE INDEX audit_at ON audit(at_us);
";

/// Why nothing was done. The texts are in the locale files under [`UserError::code`].
#[derive(Debug, Error)]
pub enum UserError {
    /// The database.
    #[error("the table of users: {0}")]
    Database(#[from] rusqlite::Error),
    /// The tables were written by a newer program.
    #[error("the table of users is of version {0}, newer than this program")]
    TooNew(i64),
    /// Somebody has this name.
    #[error("the name is taken")]
    Taken,
    /// No name to sign in with.
    #[error("not a name to sign in with")]
    Login,
    /// Nobody has this name.
    #[error("nobody has this name")]
    Unknown,
    /// Too short, or among those that everybody tries.
    #[error("the password is too weak")]
    Weak,
    /// The operating system gave no random bytes.
    #[error("no random bytes")]
    Random,
}

impl UserError {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            UserError::Database(_) => "users_database",
            UserError::TooNew(_) => "users_too_new",
            UserError::Taken => "login_taken",
            UserError::Login => "login_invalid",
            UserError::Unknown => "login_unknown",
            UserError::Weak => "password_weak",
            UserError::Random => "no_random",
        }
    }
}

/// Number of a user.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct UserId(i64);

impl fmt::Display for UserId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "user-{}", self.0)
    }
}

/// Somebody who may sign in.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct User {
    /// Number.
    pub id: UserId,
    /// Name to sign in with.
    pub login: String,
    /// Language.
    pub lang: Lang,
    /// What for.
    pub standings: Vec<Standing>,
    /// Whether a password is set.
    pub has_password: bool,
    /// Whether a second factor is set.
    pub has_totp: bool,
    /// Whether the account is closed.
    pub disabled: bool,
    /// The last day on which the home page was seen before this session, µs since 1970.
    pub seen_us: Option<i64>,
}

/// A line of the audit log.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Audited {
    /// When, µs since 1970.
    pub at_us: i64,
    /// Who, by the name at that time; empty for nobody.
    pub login: String,
    /// Code of what was done.
    pub action: String,
    /// On what.
    pub resource: String,
    /// `allow`, `deny`, `hide`, `failed`.
    pub verdict: String,
    /// Id of the request.
    pub request: String,
}

/// The users of an account, in a database of their own beside the journal.
pub struct Users {
    database: Mutex<Connection>,
}

impl Users {
    /// Opens the users of the account in a folder; makes the tables where there are none.
    ///
    /// # Errors
    /// [`UserError::Database`], [`UserError::TooNew`].
    pub fn open(folder: &Path) -> Result<Users, UserError> {
        Users::over(Connection::open(folder.join(DATABASE))?)
    }

    /// Users that are forgotten at the end.
    ///
    /// # Errors
    /// [`UserError::Database`].
    pub fn in_memory() -> Result<Users, UserError> {
        Users::over(Connection::open_in_memory()?)
    }

    fn over(mut database: Connection) -> Result<Users, UserError> {
        database.pragma_update(None, "journal_mode", "WAL")?;
        database.pragma_update(None, "synchronous", "FULL")?;
        database.pragma_update(None, "foreign_keys", true)?;
        database.busy_timeout(std::time::Duration::from_secs(5))?;
        let transaction =
            database.transaction_with_behavior(rusqlite::TransactionBehavior::Immediate)?;
        let layout: i64 = transaction.pragma_query_value(None, "user_version", |r| r.get(0))?;
        match layout {
            0 => {
                transaction.execute_batch(SCHEMA)?;
                transaction.pragma_update(None, "user_version", LAYOUT)?;
            }
            LAYOUT => {}
            newer => return Err(UserError::TooNew(newer)),
        }
        transaction.commit()?;
        Ok(Users {
            database: Mutex::new(database),
        })
    }

    fn on(&self) -> MutexGuard<'_, Connection> {
        // SQLite rolls back what a panic interrupted.
        self.database.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Adds somebody without credentials: a sign-in link is what they begin with.
    ///
    /// # Errors
    /// [`UserError::Login`], [`UserError::Taken`], [`UserError::Database`].
    pub fn add(
        &self,
        login: &str,
        lang: Lang,
        standings: &[Standing],
        now_us: i64,
    ) -> Result<UserId, UserError> {
        let login = normal(login).ok_or(UserError::Login)?;
        let mut database = self.on();
        let transaction = database.transaction()?;
        let known =
            transaction.query_row("SELECT 1 FROM users WHERE login = ?1", [&login], |_| Ok(()));
        if known.optional()?.is_some() {
            return Err(UserError::Taken);
        }
        transaction.execute(
            "INSERT INTO users(login, lang, created_us) VALUES (?1, ?2, ?3)",
            params![login, lang.code(), now_us],
        )?;
        let id = UserId(transaction.last_insert_rowid());
        put_standings(&transaction, id, standings)?;
        transaction.commit()?;
        Ok(id)
    }

    /// Gives somebody other roles.
    ///
    /// # Errors
    /// [`UserError::Database`].
    pub fn set_standings(&self, id: UserId, standings: &[Standing]) -> Result<(), UserError> {
        let mut database = self.on();
        let transaction = database.transaction()?;
        transaction.execute("DELETE FROM standings WHERE user = ?1", [id.0])?;
        put_standings(&transaction, id, standings)?;
        Ok(transaction.commit()?)
    }

    /// Closes an account, with its sessions and links, or opens it again.
    ///
    /// # Errors
    /// [`UserError::Database`].
    pub fn set_open(&self, id: UserId, open: Open) -> Result<(), UserError> {
        let mut database = self.on();
        let transaction = database.transaction()?;
        let disabled = open == Open::Closed;
        transaction.execute(
            "UPDATE users SET disabled = ?2 WHERE id = ?1",
            params![id.0, disabled],
        )?;
        if disabled {
            transaction.execute("DELETE FROM sessions WHERE user = ?1", [id.0])?;
            transaction.execute("DELETE FROM links WHERE user = ?1", [id.0])?;
        }
        Ok(transaction.commit()?)
    }

    /// Sets the language of somebody's pages.
    ///
    /// # Errors
    /// [`UserError::Database`].
    pub fn set_lang(&self, id: UserId, lang: Lang) -> Result<(), UserError> {
        self.on().execute(
            "UPDATE users SET lang = ?2 WHERE id = ?1",
            params![id.0, lang.code()],
        )?;
        Ok(())
    }

    /// Notes that somebody has seen what is new.
    ///
    /// # Errors
    /// [`UserError::Database`].
    pub fn saw(&self, id: UserId, now_us: i64) -> Result<(), UserError> {
        self.on().execute(
            "UPDATE users SET seen_us = ?2 WHERE id = ?1",
            params![id.0, now_us],
        )?;
        Ok(())
    }

    /// Everybody, by name.
    ///
    /// # Errors
    /// [`UserError::Database`].
    pub fn all(&self) -> Result<Vec<User>, UserError> {
        let database = self.on();
        let mut statement = database.prepare_cached(&format!("{SELECT} ORDER BY login"))?;
        let users = statement
            .query_map([], user)?
            .collect::<Result<Vec<User>, _>>()?;
        users
            .into_iter()
            .map(|u| with_standings(&database, u))
            .collect()
    }

    /// Somebody by the name to sign in with.
    ///
    /// # Errors
    /// [`UserError::Unknown`], [`UserError::Database`].
    pub fn by_login(&self, login: &str) -> Result<User, UserError> {
        let login = normal(login).ok_or(UserError::Unknown)?;
        let database = self.on();
        let mut statement = database.prepare_cached(&format!("{SELECT} WHERE login = ?1"))?;
        let found = statement.query_row([login], user).optional()?;
        with_standings(&database, found.ok_or(UserError::Unknown)?)
    }

    fn by_id(database: &Connection, id: i64) -> Result<Option<User>, UserError> {
        let mut statement = database.prepare_cached(&format!("{SELECT} WHERE id = ?1"))?;
        let found = statement.query_row([id], user).optional()?;
        found.map(|u| with_standings(database, u)).transpose()
    }

    /// Writes a line of the audit log.
    ///
    /// # Errors
    /// [`UserError::Database`].
    pub fn audit(&self, line: &Audited) -> Result<(), UserError> {
        self.on().prepare_cached(
            "INSERT INTO audit(at_us, login, action, resource, verdict, request) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
        )?.execute(params![line.at_us, line.login, line.action, line.resource, line.verdict, line.request])?;
        Ok(())
    }

    /// The last lines of the audit log, the newest first.
    ///
    /// # Errors
    /// [`UserError::Database`].
    pub fn audited(&self, limit: u32) -> Result<Vec<Audited>, UserError> {
        let database = self.on();
        let mut statement = database.prepare_cached(
            "SELECT at_us, login, action, resource, verdict, request FROM audit ORDER BY id DESC LIMIT ?1",
        )?;
        let lines = statement.query_map([limit], |r| {
            Ok(Audited {
                at_us: r.get(0)?,
                login: r.get(1)?,
                action: r.get(2)?,
                resource: r.get(3)?,
                verdict: r.get(4)?,
                request: r.get(5)?,
            })
        })?;
        Ok(lines.collect::<Result<Vec<Audited>, _>>()?)
    }
}

/// Whether an account may be used.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Open {
    /// It may.
    Open,
    /// It may not.
    Closed,
}

const SELECT: &str =
    "SELECT id, login, lang, password IS NOT NULL, totp IS NOT NULL, disabled, seen_us FROM users";

fn user(row: &Row<'_>) -> rusqlite::Result<User> {
    let lang: String = row.get(2)?;
    Ok(User {
        id: UserId(row.get(0)?),
        login: row.get(1)?,
        lang: Lang::of_locale(&lang).unwrap_or_default(),
        standings: Vec::new(),
        has_password: row.get(3)?,
        has_totp: row.get(4)?,
        disabled: row.get(5)?,
        seen_us: row.get(6)?,
    })
}

fn with_standings(database: &Connection, mut user: User) -> Result<User, UserError> {
    let mut statement = database
        .prepare_cached("SELECT role, scope FROM standings WHERE user = ?1 ORDER BY role, scope")?;
    let rows = statement.query_map([user.id.0], |r| {
        Ok((r.get::<_, String>(0)?, r.get::<_, String>(1)?))
    })?;
    for row in rows {
        let (role, scope) = row?;
        // A role that this program does not know gives nothing.
        if let (Some(role), Some(scope)) = (Role::from_code(&role), Scope::from_text(&scope)) {
            user.standings.push(Standing { role, scope });
        }
    }
    Ok(user)
}

fn put_standings(
    database: &Connection,
    id: UserId,
    standings: &[Standing],
) -> Result<(), UserError> {
    for s in standings {
        database.execute(
            "INSERT OR IGNORE INTO standings(user, role, scope) VALUES (?1, ?2, ?3)",
            params![id.0, s.role.code(), s.scope.to_string()],
        )?;
    }
    Ok(())
}

/// A name to sign in with: letters, digits and `. _ - @`, without regard to case.
fn normal(login: &str) -> Option<String> {
    let login = login.trim().to_lowercase();
    let fits = !login.is_empty() && login.chars().count() <= LOGIN_MAX;
    let plain = login
        .chars()
        .all(|c| c.is_alphanumeric() || "._-@".contains(c));
    (fits && plain).then_some(login)
}

/// 256 random bits as text for a link or a cookie.
pub(crate) fn token() -> Result<String, UserError> {
    let mut bytes = [0; 32];
    getrandom::fill(&mut bytes).map_err(|_| UserError::Random)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// What is stored of a token.
fn hash(token: &str) -> Vec<u8> {
    ring::digest::digest(&ring::digest::SHA256, token.as_bytes())
        .as_ref()
        .to_vec()
}
