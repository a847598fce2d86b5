//! One connection: encrypted or not, with an end for whoever does not take its answer, and one that lets the last answer
//! arrive.

use std::future::Future as _;
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

use axum::Router;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::io::{AsyncRead, AsyncWrite, AsyncWriteExt as _, ReadBuf};
use tokio::net::TcpStream;
use tokio::time::{Sleep, sleep, timeout};
use tokio_io_timeout::TimeoutStream;
use tokio_rustls::TlsAcceptor;

use crate::limits::Patience;
use crate::tls::Tls;

/// Bytes of what nobody wants that are read at a time.
const SCRAP: usize = 8 * 1024;

/// What connections of one address have in common.
#[derive(Clone)]
pub(crate) struct Manners {
    pub(crate) router: Router,
    pub(crate) tls: Option<Arc<Tls>>,
    pub(crate) patience: Patience,
    /// What is said to whoever speaks plain HTTP where TLS is spoken.
    pub(crate) plain: Arc<str>,
}

/// Serves a connection to its end. What goes wrong is the client's: it has left, is too slow, or speaks something else.
pub(crate) async fn hold(stream: TcpStream, manners: Manners) {
    let patience = manners.patience;
    let _ = stream.set_nodelay(true);
    let Some(tls) = manners.tls else {
        return http(patient(stream, patience), manners.router, patience).await;
    };
    let acceptor = TlsAcceptor::from(tls.config());
    let shake = async {
        let mut first = [0];
        stream.peek(&mut first).await?;
        let mut stream = patient(stream, patience);
        // The beginning of a method. Anything else is left to the library, which ends what is no handshake with an alert.
        if first[0].is_ascii_alphabetic() {
            let answer = bad_request(&manners.plain);
            stream.write_all(answer.as_bytes()).await?;
            stream.shutdown().await?;
            return Err(io::ErrorKind::InvalidData.into());
        }
        acceptor.accept(stream).await
    };
    if let Ok(Ok(stream)) = timeout(patience.handshake, shake).await {
        http(stream, manners.router, patience).await;
    }
}

async fn http(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    router: Router,
    patience: Patience,
) {
    let mut http = hyper::server::conn::http1::Builder::new();
    // It also runs between two requests.
    http.timer(TokioTimer::new())
        .header_read_timeout(patience.head);
    let service = TowerToHyperService::new(router);
    let _ = http.serve_connection(TokioIo::new(stream), service).await;
}

fn bad_request(text: &str) -> String {
    format!(
        "HTTP/1.1 400 Bad Request\r\ncontent-type: text/plain; charset=utf-8\r\ncontent-length: {}\r\nconnection: close\r\n\r\n{text}",
        text.len()
    )
}

/// The stream with its limits, below any encryption: what is still sent after the answer is not worth deciphering.
fn patient(stream: TcpStream, patience: Patience) -> Pin<Box<TimeoutStream<Lingering>>> {
    let mut stream = TimeoutStream::new(Lingering {
        stream,
        left: patience.linger_bytes,
        time: patience.linger,
        until: None,
    });
    stream.set_write_timeout(Some(patience.write));
    Box::pin(stream)
}

/// A stream that, when it is shut down, reads and throws away for a while. A socket that is closed with unread bytes makes
/// the system tell the other side to forget everything, and with it the answer that says why (RFC 9112, 9.6).
struct Lingering {
    stream: TcpStream,
    left: usize,
    time: std::time::Duration,
    until: Option<Pin<Box<Sleep>>>,
}

impl Lingering {
    fn stream(self: Pin<&mut Self>) -> Pin<&mut TcpStream> {
        Pin::new(&mut self.get_mut().stream)
    }
}

impl AsyncRead for Lingering {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.stream().poll_read(cx, buf)
    }
}

impl AsyncWrite for Lingering {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write(cx, bytes)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.stream().poll_write_vectored(cx, bytes)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.stream().poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.until.is_none() {
            ready!(Pin::new(&mut this.stream).poll_shutdown(cx))?;
        }
        let until = this.until.get_or_insert_with(|| Box::pin(sleep(this.time)));
        let mut scrap = [0; SCRAP];
        while this.left > 0 && until.as_mut().poll(cx).is_pending() {
            let mut buf = ReadBuf::new(&mut scrap);
            let read = ready!(Pin::new(&mut this.stream).poll_read(cx, &mut buf));
            if read.is_err() || buf.filled().is_empty() {
                break;
            }
            this.left = this.left.saturating_sub(buf.filled().len());
        }
        Poll::Ready(Ok(()))
    }
}
