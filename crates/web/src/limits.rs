//! What comes from outside has a limit.

use std::time::Duration;

/// Bytes of a form without files.
pub(crate) const FORM_MAX: usize = 64 * 1024;
/// Bytes of an upload; larger files go through `weighbridge import`.
pub(crate) const UPLOAD_MAX: usize = 64 * 1024 * 1024;
/// Bytes of all uploads that wait to be confirmed.
pub(crate) const HELD_MAX: usize = 256 * 1024 * 1024;
/// How long an upload waits to be confirmed, µs.
pub(crate) const HELD_US: i64 = 30 * 60 * 1_000_000;
/// How long connections are borne with.
pub(crate) const PATIENCE: Patience = Patience {
    head: Duration::from_secs(10),
    handshake: Duration::from_secs(10),
    write: Duration::from_secs(30),
    linger: Duration::from_secs(10),
    linger_bytes: 4 * UPLOAD_MAX,
    look: Duration::from_secs(10),
};

/// How long a connection may take for its parts; an argument, so that tests need not wait.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Patience {
    /// For the head of a request, and between two requests.
    pub(crate) head: Duration,
    /// Until both sides are encrypted.
    pub(crate) handshake: Duration,
    /// Without taking a byte of an answer.
    pub(crate) write: Duration,
    /// For what a client still sends after it was answered: a closed door would make it lose the answer. Less than `write`.
    pub(crate) linger: Duration,
    /// The same, in bytes.
    pub(crate) linger_bytes: usize,
    /// Between two looks at the certificate.
    pub(crate) look: Duration,
}
/// How long a request may take, its body included.
pub(crate) const REQUEST_TIME: Duration = Duration::from_secs(120);
/// Connections at a time; others wait.
pub(crate) const CONNECTIONS_MAX: usize = 1_024;
/// Requests that change the account, from their first byte on; others wait.
pub(crate) const CHANGES_MAX: usize = 5;
/// Passwords that are checked at a time: each costs memory and time on purpose.
pub(crate) const SIGN_INS_MAX: usize = 3;
/// Requests that are worked on at a time.
pub(crate) const WORKERS_MAX: usize = 32;
/// Rows of a page of a list.
pub(crate) const PAGE_ROWS: usize = 50;
/// Rows that are exported at a time.
pub(crate) const EXPORT_ROWS: usize = 200_000;
/// Characters of a search.
pub(crate) const SEARCH_MAX: usize = 100;
/// Entries of what is unexplained that are worked out in full and held.
pub(crate) const JUDGED_MAX: usize = 500;
/// Lines of the log that are shown.
pub(crate) const AUDIT_SHOWN: u32 = 500;
/// Requests of one user at once, and how many more come each second.
pub(crate) const BURST: f64 = 120.0;
/// See [`BURST`].
pub(crate) const PER_SECOND: f64 = 20.0;
/// Requests for exports and other long lists that may wait for one another.
pub(crate) const HEAVY_MAX: usize = 4;
