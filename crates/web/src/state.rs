//! What all requests share: the account behind a lock, the users, the words, what was judged last.

use std::collections::BTreeMap;
use std::sync::Arc;

use parking_lot::{Mutex, RwLock, RwLockReadGuard};
use thiserror::Error;
use weighbridge_account::{Account, Trouble};
use weighbridge_books::substances::line::Lines;
use weighbridge_journal::SqliteStore;
use weighbridge_measure::{Date, Timestamp};
use weighbridge_reports::{Lang, Texts};

use crate::judged::Watch;
use crate::limits::{BURST, HELD_MAX, HELD_US, PER_SECOND};
use crate::users::{UserError, UserId, Users};

/// How the server is run.
#[derive(Clone, Debug)]
pub struct Config {
    /// Asks the computer's clock: µs since 1970, UTC.
    pub clock: fn() -> i64,
    /// Whether cookies must only travel encrypted: everywhere but on this computer itself.
    pub transport: Transport,
}

/// How requests come in.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Transport {
    /// In plain text, from this computer only.
    Local,
    /// Encrypted, here or by a proxy in front that is trusted to say so.
    Encrypted,
}

/// Why there is no server.
#[derive(Debug, Error)]
pub enum ServerError {
    /// The account.
    #[error("the account")]
    Account(Trouble),
    /// The users.
    #[error(transparent)]
    Users(#[from] UserError),
}

impl From<Trouble> for ServerError {
    fn from(trouble: Trouble) -> ServerError {
        ServerError::Account(trouble)
    }
}

/// The type of an account that is served.
pub(crate) type Served = Account<SqliteStore>;

/// An upload that was shown and waits to be confirmed.
pub(crate) struct Held {
    pub(crate) user: UserId,
    pub(crate) name: String,
    pub(crate) bytes: Vec<u8>,
    pub(crate) since_us: i64,
}

/// What all requests share.
pub struct Server {
    account: RwLock<Served>,
    pub(crate) users: Users,
    texts: [Texts; 2],
    pub(crate) judged: Watch,
    held: Mutex<BTreeMap<String, Held>>,
    buckets: Mutex<BTreeMap<UserId, (f64, i64)>>,
    pub(crate) config: Config,
}

impl Server {
    /// Serves an account that is open for writing. Brings its books up to the last entry first.
    ///
    /// # Errors
    /// [`ServerError`].
    pub fn new(
        mut account: Served,
        users: Users,
        config: Config,
    ) -> Result<Arc<Server>, ServerError> {
        account.settle();
        account.shrink();
        Ok(Arc::new(Server {
            account: RwLock::new(account),
            users,
            texts: Lang::ALL.map(Texts::new),
            judged: Watch::default(),
            held: Mutex::default(),
            buckets: Mutex::default(),
            config,
        }))
    }

    /// The users.
    #[must_use]
    pub fn users(&self) -> &Users {
        &self.users
    }

    /// The account, to read.
    pub(crate) fn account(&self) -> RwLockReadGuard<'_, Served> {
        self.account.read()
    }

    /// Changes the account: nobody reads meanwhile, so that a half-done thing is never visible. Where the change fails, the
    /// account is opened again from what is durable.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&mut Served) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let mut account = self.account.write();
        let result = change(&mut account);
        account.settle();
        drop(account);
        self.judged.wake();
        result
    }

    pub(crate) fn texts(&self, lang: Lang) -> &Texts {
        let at = Lang::ALL.iter().position(|l| *l == lang).unwrap_or(0);
        self.texts.get(at).unwrap_or(&self.texts[0])
    }

    pub(crate) fn now_us(&self) -> i64 {
        (self.config.clock)()
    }

    pub(crate) fn today(&self) -> Date {
        Timestamp::from_micros(self.now_us())
            .date()
            .unwrap_or(Date::MIN)
    }

    /// Holds an upload until it is confirmed.
    pub(crate) fn hold(&self, key: String, held: Held) -> bool {
        let mut all = self.held.lock();
        let now = self.now_us();
        all.retain(|_, h| now - h.since_us < HELD_US);
        let sum: usize = all.values().map(|h| h.bytes.len()).sum();
        let fits = sum + held.bytes.len() <= HELD_MAX;
        if fits {
            all.insert(key, held);
        }
        fits
    }

    /// Gives a held upload back to whom it belongs, once.
    pub(crate) fn take_held(&self, key: &str, user: UserId) -> Option<Held> {
        let mut all = self.held.lock();
        let own = all
            .get(key)
            .is_some_and(|h| h.user == user && self.now_us() - h.since_us < HELD_US);
        own.then(|| all.remove(key)).flatten()
    }

    /// Whether a user may ask once more now; seconds to wait otherwise.
    pub(crate) fn may_ask(&self, user: UserId) -> Result<(), i64> {
        let now = self.now_us();
        let mut all = self.buckets.lock();
        let (tokens, last) = all.entry(user).or_insert((BURST, now));
        #[allow(clippy::cast_precision_loss, reason = "seconds")]
        let passed = (now - *last).max(0) as f64 / 1e6;
        *tokens = (*tokens + passed * PER_SECOND).min(BURST);
        *last = now;
        if *tokens < 1.0 {
            return Err(1);
        }
        *tokens -= 1.0;
        Ok(())
    }
}

/// The day that lists are as of: the latest date of a live line, else today.
pub(crate) fn latest(lines: &Lines, today: Date) -> Date {
    lines
        .iter()
        .filter(|l| l.is_live())
        .map(|l| l.date())
        .max()
        .unwrap_or(today)
}
