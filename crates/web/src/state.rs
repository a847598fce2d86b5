//! What all requests share: the account as it is shown and as it is changed, the users, the words, what was judged last.

use std::collections::BTreeMap;
use std::ops::{Deref, DerefMut};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use parking_lot::{Mutex, MutexGuard, RwLock};
use thiserror::Error;
use weighbridge_account::{Account, Trouble};
use weighbridge_journal::SqliteStore;
use weighbridge_measure::{Date, Timestamp};
use weighbridge_reports::{Lang, Texts};

use crate::answer::Refusal;
use crate::desk::Desk;
use crate::health::Metrics;
use crate::judged::Watch;
use crate::limits::{BURST, HEAVY_MAX, HELD_MAX, HELD_US, PER_SECOND, SIGN_INS_MAX};
use crate::newest::Chains;
use crate::now::Now;
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

/// An account to try things on.
pub(crate) struct Trial<'s> {
    account: Served,
    _turn: MutexGuard<'s, ()>,
}

impl Deref for Trial<'_> {
    type Target = Served;

    fn deref(&self) -> &Served {
        &self.account
    }
}

impl DerefMut for Trial<'_> {
    fn deref_mut(&mut self) -> &mut Served {
        &mut self.account
    }
}

/// An upload that was shown and waits to be confirmed.
pub(crate) struct Held {
    pub(crate) user: UserId,
    pub(crate) name: String,
    pub(crate) bytes: Arc<[u8]>,
    pub(crate) since_us: i64,
}

/// What all requests share.
pub struct Server {
    now: RwLock<Arc<Now>>,
    /// Without books between two changes.
    writer: Mutex<Served>,
    pub(crate) chains: RwLock<Chains>,
    pub(crate) users: Users,
    texts: [Texts; 2],
    pub(crate) judged: Watch,
    stopped: AtomicBool,
    pub(crate) metrics: Metrics,
    sign_ins: AtomicUsize,
    heavy: Mutex<()>,
    trials: Mutex<()>,
    heavy_waiting: AtomicUsize,
    held: Mutex<BTreeMap<String, Held>>,
    buckets: Mutex<BTreeMap<UserId, (f64, i64)>>,
    pub(crate) config: Config,
}

impl Server {
    /// Serves an account that is open for writing.
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
        let shown = account.hand_over()?;
        let desk = Desk::of(shown.books(), day((config.clock)()));
        let mut chains = Chains::default();
        chains.catch_up(shown.books().substances.lines());
        Ok(Arc::new(Server {
            now: RwLock::new(Arc::new(Now::new(shown, desk))),
            writer: Mutex::new(account),
            chains: RwLock::new(chains),
            users,
            texts: Lang::ALL.map(Texts::new),
            judged: Watch::default(),
            stopped: AtomicBool::new(false),
            metrics: Metrics::default(),
            sign_ins: AtomicUsize::new(0),
            heavy: Mutex::default(),
            trials: Mutex::default(),
            heavy_waiting: AtomicUsize::new(0),
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

    /// The account as it is shown; what is asked of one answer is of one time.
    pub(crate) fn account(&self) -> Arc<Now> {
        Arc::clone(&self.now.read())
    }

    /// Changes the account: on a copy, made durable and signed, then shown. A change that fails is forgotten. Where it
    /// failed after something was appended, the server stops: what it shows then is not what the journal holds, and only
    /// opening both again puts that right.
    pub(crate) fn change<T>(
        &self,
        change: impl FnOnce(&mut Served) -> Result<T, Trouble>,
    ) -> Result<T, Trouble> {
        let mut writer = self.writer.lock();
        if self.has_stopped() {
            return Err(Trouble::Fault("the server has stopped"));
        }
        // Also where something panics between here and the end.
        let mut stop = Stop(Some(&self.stopped));
        let before = self.account();
        let size = before.journal().head().size;
        writer.begin(&before);
        let changed = change(&mut writer);
        if changed.is_err() && writer.journal().head().size == size {
            writer.abandon();
            stop.0 = None;
            return changed;
        }
        let value = changed?;
        writer.commit()?;
        writer.sign()?;
        let shown = writer.hand_over()?;
        let desk = before
            .desk
            .after(before.books(), shown.books(), self.today());
        self.chains
            .write()
            .catch_up(shown.books().substances.lines());
        *self.now.write() = Arc::new(Now::new(shown, desk));
        stop.0 = None;
        self.judged.wake();
        Ok(value)
    }

    /// A copy of the account to try things on; one at a time, for each is as large as the account.
    ///
    /// # Errors
    /// [`Trouble::Journal`].
    pub(crate) fn trial(&self, account: &Now) -> Result<Trial<'_>, Trouble> {
        let turn = self.trials.lock();
        Ok(Trial {
            account: account.trial()?,
            _turn: turn,
        })
    }

    /// The leave to do what takes long or much memory: one at a time, and few may wait for it.
    ///
    /// # Errors
    /// [`Refusal::TooMany`].
    pub(crate) fn heavy(&self) -> Result<MutexGuard<'_, ()>, Refusal> {
        let waiting = self.heavy_waiting.fetch_add(1, Ordering::SeqCst);
        let leave = (waiting < HEAVY_MAX).then(|| self.heavy.lock());
        self.heavy_waiting.fetch_sub(1, Ordering::SeqCst);
        leave.ok_or(Refusal::TooMany)
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
        day(self.now_us())
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

    /// Whether a user may ask once more now.
    ///
    /// # Errors
    /// [`Refusal::TooMany`].
    pub(crate) fn may_ask(&self, user: UserId) -> Result<(), Refusal> {
        let now = self.now_us();
        let mut all = self.buckets.lock();
        let (tokens, last) = all.entry(user).or_insert((BURST, now));
        #[allow(clippy::cast_precision_loss, reason = "seconds")]
        let passed = (now - *last).max(0) as f64 / 1e6;
        *tokens = (*tokens + passed * PER_SECOND).min(BURST);
        *last = now;
        if *tokens < 1.0 {
            return Err(Refusal::TooMany);
        }
        *tokens -= 1.0;
        Ok(())
    }
}

fn day(us: i64) -> Date {
    let date = Timestamp::from_micros(us).date();
    date.unwrap_or(Date::MIN)
}
