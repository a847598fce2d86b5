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
/// How long a client may take to send its request's head.
pub(crate) const HEAD_TIME: Duration = Duration::from_secs(10);
/// How long a request may take, its body included.
pub(crate) const REQUEST_TIME: Duration = Duration::from_secs(120);
/// Connections at a time; others wait.
pub(crate) const CONNECTIONS_MAX: usize = 1_024;
/// Uploads that are read at a time; others wait.
pub(crate) const UPLOADS_MAX: usize = 5;
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
