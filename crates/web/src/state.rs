//! What all requests share: the account behind a lock, the users, the words, what was judged last.

use std::cell::Cell;
use std::collections::BTreeMap;
use std::ops::Deref;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::{Mutex, RwLock, RwLockReadGuard};
use thiserror::Error;
use weighbridge_account::{Account, Trouble};
use weighbridge_journal::SqliteStore;
use weighbridge_measure::{Date, Timestamp};
use weighbridge_reports::{Lang, Texts};

use crate::glance::{Glance, Glances};
use crate::health::Metrics;
use crate::judged::Watch;
use crate::limits::{BURST, HELD_MAX, HELD_US, PER_SECOND, SIGN_INS_MAX};
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

/// Stops the server when it goes out of scope, unless it was emptied before.
struct Stop<'a>(Option<&'a AtomicBool>);

impl Drop for Stop<'_> {
    fn drop(&mut self) {
        if let Some(stopped) = self.0 {
            stopped.store(true, Ordering::SeqCst);
        }
    }
}

thread_local! {
    /// How often this thread reads the account just now.
    static READING: Cell<usize> = const { Cell::new(0) };
}

/// The account, while it is read.
pub(crate) struct Reading<'a>(RwLockReadGuard<'a, Served>);

impl Deref for Reading<'_> {
    type Target = Served;

    fn deref(&self) -> &Served {
        &self.0
    }
}

impl Drop for Reading<'_> {
    fn drop(&mut self) {
        READING.with(|n| n.set(n.get().saturating_sub(1)));
    }
}

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
    stopped: AtomicBool,
    glances: Glances,
    pub(crate) metrics: Metrics,
    sign_ins: AtomicUsize,
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
            stopped: AtomicBool::new(false),
            glances: Glances::default(),
            metrics: Metrics::default(),
            sign_ins: AtomicUsize::new(0),
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

    /// The account, to read. Once at a time in a thread: who asks again while a change waits would wait for ever.
    pub(crate) fn account(&self) -> Reading<'_> {
        // A failed request is better than one that hangs, and all others with it.
        let free = READING.with(|n| n.get() == 0);
        assert!(free, "this thread reads the account already");
        READING.with(|n| n.set(1));
        Reading(self.account.read())
    }

    /// Changes the account, makes it durable and signs it. Nobody reads meanwhile, so that a half-done thing is never visible.
    /// A change that fails undoes itself; where what was changed cannot be made durable, the server stops: what the books
    /// hold then is not what the journal holds, and only opening both again puts that right.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&mut Served) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        READING.with(|n| debug_assert_eq!(n.get(), 0, "who reads cannot change"));
        let mut account = self.account.write();
        // Also where something panics between here and the end.
        let mut stop = Stop(Some(&self.stopped));
        let result = change(&mut account);
        let durable = match &result {
            Ok(_) => account.commit().and_then(|()| account.sign()),
            // The account could not be put back to what it was.
            Err(Trouble::Journal(_) | Trouble::Body { .. } | Trouble::Fault(_)) => {
                Err(Trouble::Fault("a change was left half done"))
            }
            Err(_) => Ok(()),
        };
        if durable.is_ok() {
            account.settle();
            stop.0 = None;
        }
        drop(stop);
        drop(account);
        self.judged.wake();
        let value = result?;
        durable.map(|()| value)
    }

    /// What many pages ask of the account.
    pub(crate) fn glance(&self, account: &Served) -> Arc<Glance> {
        self.glances.of(account, self.today())
    }

    /// Whether something failed so that nothing may be shown any more.
    pub(crate) fn has_stopped(&self) -> bool {
        self.stopped.load(Ordering::SeqCst)
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

    /// Checks a password, if not too many are being checked already.
    pub(crate) fn signing_in<T>(&self, check: impl FnOnce() -> T) -> Option<T> {
        let now = self.sign_ins.fetch_add(1, Ordering::SeqCst);
        let checked = (now < SIGN_INS_MAX).then(check);
        self.sign_ins.fetch_sub(1, Ordering::SeqCst);
        checked
    }

    /// Holds an upload until it is confirmed.
    pub(crate) fn hold(&self, key: String, held: Held) -> bool {
        let mut all = self.held.lock();
        let now = self.now_us();
        // The last that somebody looked at: nobody fills the room of others.
        all.retain(|_, h| now - h.since_us < HELD_US && h.user != held.user);
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
