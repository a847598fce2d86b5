//! Listening: connections with limits, and an end that lets running requests finish.

use std::convert::Infallible;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::time::sleep;
use weighbridge_reports::Lang;

use crate::connection::{Manners, hold};
use crate::limits::{CONNECTIONS_MAX, PATIENCE, WORKERS_MAX};
use crate::routes::router;
use crate::state::Server;
use crate::tls::{Notice, Tls, dressed};

/// Where a server is to listen.
#[derive(Clone, Debug)]
pub struct Listen {
    /// The address of the pages.
    pub address: SocketAddr,
    /// The address for the machine room, where there is one. It is never encrypted.
    pub admin: Option<SocketAddr>,
    /// By what browsers know the server, where it speaks TLS itself.
    pub tls: Option<Arc<Tls>>,
}

/// Where a server listens.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Listening {
    /// Its address, with the port that was given where none was asked for.
    pub address: SocketAddr,
    /// The address for the machine room, where there is one.
    pub admin: Option<SocketAddr>,
}

/// Serves until the program is told to end (interrupt or, on Unix, termination). `ready` is called once it listens, `told`
/// when something became of the certificate.
///
/// # Errors
/// What the system says of the address.
pub fn serve(
    server: &Arc<Server>,
    listen: &Listen,
    told: &dyn Fn(Notice),
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
        let listener = TcpListener::bind(listen.address).await?;
        let tls = listen.tls.as_ref();
        let manners = Manners {
            router: dressed(router(Arc::clone(server)), tls.map(Arc::as_ref)),
            tls: tls.cloned(),
            patience: PATIENCE,
            plain: plain(server),
        };
        let mut room = None;
        if let Some(admin) = listen.admin {
            let listener = TcpListener::bind(admin).await?;
            room = Some(listener.local_addr()?);
            let manners = Manners {
                router: crate::health::router(Arc::clone(server)),
                tls: None,
                ..manners.clone()
            };
            tokio::spawn(async move { accept(&listener, &manners).await });
        }
        ready(Listening {
            address: listener.local_addr()?,
            admin: room,
        });
        tokio::select! {
            never = accept(&listener, &manners) => match never {},
            never = keep_fresh(server, tls, PATIENCE.look, told) => match never {},
            () = told_to_end() => Ok(()),
            () = stopped(server) => Err(io::Error::other("a change could not be made durable; start again")),
        }
    });
    server.stop_judging();
    // Requests that run get a moment; the journal's own batch is whole or not there in any case.
    runtime.shutdown_timeout(Duration::from_secs(5));
    // A judgement that takes long is not waited for: it changes nothing.
    drop(judging);
    result
}

/// Takes connections, for ever.
pub(crate) async fn accept(listener: &TcpListener, manners: &Manners) -> Infallible {
    let connections = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(permit) = Arc::clone(&connections).acquire_owned().await else {
            continue;
        };
        let Ok((stream, _)) = listener.accept().await else {
            // Out of descriptors: those that are open will end.
            sleep(Duration::from_millis(50)).await;
            continue;
        };
        let manners = manners.clone();
        tokio::spawn(async move {
            hold(stream, manners).await;
            drop(permit);
        });
    }
}

/// Looks at the certificate now and then, for ever: files that changed are read again, an own one is made anew in time.
async fn keep_fresh(
    server: &Server,
    tls: Option<&Arc<Tls>>,
    every: Duration,
    told: &dyn Fn(Notice),
) -> Infallible {
    let Some(tls) = tls else {
        return std::future::pending().await;
    };
    loop {
        sleep(every).await;
        let (worker, now_us) = (Arc::clone(tls), server.now_us());
        // Files may lie where reading takes long.
        let looked = tokio::task::spawn_blocking(move || worker.look(now_us)).await;
        if let Ok(Some(notice)) = looked {
            told(notice);
        }
    }
}

/// Before a language is known, everything is said in all of them.
fn plain(server: &Server) -> Arc<str> {
    let said = Lang::ALL.map(|lang| server.texts(lang).word("web-plain_http") + "\n");
    said.concat().into()
}

/// Ends when the server must not go on.
async fn stopped(server: &Server) {
    while !server.has_stopped() {
        sleep(Duration::from_millis(200)).await;
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
