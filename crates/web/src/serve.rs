//! Listening: connections with limits, and an end that lets running requests finish.

use std::io;
use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;

use crate::limits::{CONNECTIONS_MAX, HEAD_TIME, WORKERS_MAX};
use crate::routes::router;
use crate::state::Server;

/// Where a server listens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Listening {
    /// Its address, with the port that was given where none was asked for.
    pub address: SocketAddr,
    /// The address for the machine room, where there is one.
    pub admin: Option<SocketAddr>,
}

/// Serves until the program is told to end (interrupt or, on Unix, termination). `ready` is called once it listens.
///
/// # Errors
/// What the system says of the address.
pub fn serve(
    server: &Arc<Server>,
    address: SocketAddr,
    admin: Option<SocketAddr>,
    ready: impl FnOnce(Listening),
) -> io::Result<()> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .max_blocking_threads(WORKERS_MAX)
        .build()?;
    let judge = Arc::clone(server);
    let judging = std::thread::spawn(move || judge.keep_judging());
    server.judged.wake();
    let result = runtime.block_on(async {
        let listener = TcpListener::bind(address).await?;
        let mut room = None;
        if let Some(admin) = admin {
            let listener = TcpListener::bind(admin).await?;
            room = Some(listener.local_addr()?);
            let service = crate::health::router(Arc::clone(server));
            tokio::spawn(async move { accept(&listener, service).await });
        }
        ready(Listening {
            address: listener.local_addr()?,
            admin: room,
        });
        tokio::select! {
            never = accept(&listener, router(Arc::clone(server))) => match never {},
            () = told_to_end() => Ok(()),
            () = stopped(server) => Err(io::Error::other("a change could not be made durable; start again")),
        }
    });
    server.stop_judging();
    // Requests that run get a moment; the journal's own batch is whole or not there in any case.
    runtime.shutdown_timeout(std::time::Duration::from_secs(5));
    // A judgement that takes long is not waited for: it changes nothing.
    drop(judging);
    result
}

async fn accept(listener: &TcpListener, router: Router) -> std::convert::Infallible {
    let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(permit) = Arc::clone(&connections).acquire_owned().await else {
            continue;
        };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors: those that are open will end.
            tokio::time::sleep(std::time::Duration::from_millis(50)).await;
            continue;
        };
        let _ = stream.set_nodelay(true);
        let service = TowerToHyperService::new(router.clone());
        tokio::spawn(async move {
            let mut http = hyper::server::conn::http1::Builder::new();
            http.timer(TokioTimer::new()).header_read_timeout(HEAD_TIME);
            // What goes wrong here is the client's: it has left, or does not speak HTTP.
            let _ = http.serve_connection(TokioIo::new(stream), service).await;
            drop(permit);
        });
    }
}

/// Ends when the server must not go on.
async fn stopped(server: &Server) {
    while !server.has_stopped() {
        tokio::time::sleep(std::time::Duration::from_millis(200)).await;
    }
}

async fn told_to_end() {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        if let Ok(mut end) = signal(SignalKind::terminate()) {
            tokio::select! {
                _ = end.recv() => {}
                _ = tokio::signal::ctrl_c() => {}
            }
            return;
        }
    }
    let _ = tokio::signal::ctrl_c().await;
}
