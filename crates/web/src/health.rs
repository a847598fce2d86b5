//! What the machine room asks: whether the server lives, whether it may be sent requests, and how it does. Served on an address
//! of its own, so that no page of a user is near it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::http::StatusCode;
use axum::routing::get;
use parking_lot::Mutex;

use crate::state::Server;

/// Upper ends of the classes of time that a request took, ms.
const CLASSES_MS: [u64; 8] = [1, 5, 10, 20, 50, 100, 500, 2_000];

/// What requests of one route came to.
#[derive(Clone, Copy, Default)]
struct Count {
    requests: u64,
    microseconds: u64,
    /// Requests that took no longer than each of [`CLASSES_MS`].
    within: [u64; CLASSES_MS.len()],
}

/// Counts since the server began, by route and status. No name of anybody is among them.
#[derive(Default)]
pub(crate) struct Metrics(Mutex<BTreeMap<(&'static str, u16), Count>>);

impl Metrics {
    /// Counts a request.
    pub(crate) fn count(&self, route: &'static str, status: u16, took: Duration) {
        let us = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let mut all = self.0.lock();
        let count = all.entry((route, status)).or_default();
        count.requests += 1;
        count.microseconds = count.microseconds.saturating_add(us);
        for (within, class) in count.within.iter_mut().zip(CLASSES_MS) {
            *within += u64::from(us <= class * 1_000);
        }
    }

    /// The counts in the text format of Prometheus.
    fn text(&self) -> String {
        let mut out = String::from("# TYPE weighbridge_request_seconds histogram\n");
        for ((route, status), count) in self.0.lock().iter() {
            let labels = format!("route=\"{route}\",status=\"{status}\"");
            let name = "weighbridge_request_seconds";
            for (within, class) in count.within.iter().zip(CLASSES_MS) {
                let le = class as f64 / 1e3;
                let _ = writeln!(out, "{name}_bucket{{{labels},le=\"{le}\"}} {within}");
            }
            let seconds = count.microseconds as f64 / 1e6;
            let _ = writeln!(
                out,
                "{name}_bucket{{{labels},le=\"+Inf\"}} {}",
                count.requests
            );
            let _ = writeln!(out, "{name}_sum{{{labels}}} {seconds}");
            let _ = writeln!(out, "{name}_count{{{labels}}} {}", count.requests);
        }
        out
    }
}

/// The service for the machine room.
pub(crate) fn router(server: Arc<Server>) -> Router {
    let ready = {
        let server = Arc::clone(&server);
        move || async move {
            match server.has_stopped() {
                false => (StatusCode::OK, "ready\n"),
                true => (StatusCode::SERVICE_UNAVAILABLE, "stopped\n"),
            }
        }
    };
    let metrics = move || async move {
        let read = tokio::task::spawn_blocking(move || {
            let (lines, bytes, entries) = {
                let account = server.account();
                let ledger = &account.books().substances;
                (
                    ledger.lines().len(),
                    ledger.memory_bytes(),
                    account.journal().head().size,
                )
            };
            let mut out = server.metrics.text();
            for (name, value) in [
                ("weighbridge_lines", lines as u64),
                ("weighbridge_books_bytes", bytes as u64),
                ("weighbridge_journal_entries", entries),
            ] {
                let _ = writeln!(out, "# TYPE {name} gauge\n{name} {value}");
            }
            out
        });
        read.await.unwrap_or_default()
    };
    Router::new()
        .route("/health/live", get(|| async { "alive\n" }))
        .route("/health/ready", get(ready))
        .route("/metrics", get(metrics))
}
