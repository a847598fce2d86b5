//! Connections as clients make them, over sockets: encrypted and not, slow, silent, and too large.

use std::future::Future;
use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use axum::routing::get;
use rcgen::{CertificateParams, KeyPair};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsConnector;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{CertificateDer, ServerName};
use tokio_rustls::rustls::version::{TLS12, TLS13};
use tokio_rustls::rustls::{ClientConfig, RootCertStore, SupportedProtocolVersion};

use super::*;
use crate::authority::{Authority, Name, Names};
use crate::connection::Manners;
use crate::limits::{PATIENCE, Patience, UPLOAD_MAX};
use crate::serve::accept;
use crate::tls::{Identity, Notice, Tls, dressed, provider};

/// Short, and long enough for a computer that does other things as well.
const SHORT: Duration = Duration::from_millis(700);
/// No limit is near.
const LONG: Duration = Duration::from_secs(60);
/// More than sockets hold on the way.
const LARGE: usize = 64 * 1024 * 1024;

trait Stream: AsyncRead + AsyncWrite + Unpin + Send {}
impl<T: AsyncRead + AsyncWrite + Unpin + Send> Stream for T {}

/// Somebody who serves.
struct Site {
    runtime: tokio::runtime::Runtime,
    address: SocketAddr,
    tls: Option<Arc<Tls>>,
    /// What clients trust.
    root: Option<String>,
    _folder: tempfile::TempDir,
}

/// How clients speak.
#[derive(Clone, Copy, PartialEq, Debug)]
enum Speech {
    Plain,
    Files,
    Local,
}

fn site(speech: Speech, router: Router, patience: Patience) -> Site {
    let folder = tempfile::tempdir().unwrap();
    let (identity, root) = match speech {
        Speech::Plain => (None, None),
        Speech::Files => {
            let root = write_files(folder.path(), "localhost");
            (Some(files(folder.path())), Some(root))
        }
        Speech::Local => {
            let names = Names {
                asked: vec![Name::parse("localhost").unwrap()],
                found: Vec::new(),
            };
            let (authority, names) = Authority::open(folder.path(), &names, now()).unwrap();
            let root = authority.pem().to_owned();
            let authority = Box::new(authority);
            (Some(Identity::Local { authority, names }), Some(root))
        }
    };
    let tls = identity.map(|i| Arc::new(Tls::new(i, now()).unwrap()));
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .unwrap();
    let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
    let address = listener.local_addr().unwrap();
    let manners = Manners {
        router: dressed(router, tls.as_deref()),
        tls: tls.clone(),
        patience,
        plain: "say https\n".into(),
    };
    runtime.spawn(async move { accept(&listener, &manners).await });
    Site {
        runtime,
        address,
        tls,
        root,
        _folder: folder,
    }
}

/// Clients of rustls ask the computer's clock.
fn now() -> i64 {
    let since = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH);
    i64::try_from(since.unwrap().as_micros()).unwrap()
}

fn files(folder: &Path) -> Identity {
    Identity::Files {
        certificate: folder.join("c.pem"),
        key: folder.join("k.pem"),
    }
}

/// A certificate that vouches for itself, as files.
fn write_files(folder: &Path, name: &str) -> String {
    let key = KeyPair::generate().unwrap();
    let params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    let certificate = params.self_signed(&key).unwrap().pem();
    std::fs::write(folder.join("c.pem"), &certificate).unwrap();
    std::fs::write(folder.join("k.pem"), key.serialize_pem()).unwrap();
    certificate
}

impl Site {
    fn run<T>(&self, work: impl Future<Output = T>) -> T {
        self.runtime.block_on(work)
    }

    /// A connection as a client makes it that trusts what it should.
    async fn connect(&self) -> Box<dyn Stream> {
        match &self.root {
            None => Box::new(TcpStream::connect(self.address).await.unwrap()),
            Some(root) => {
                let versions = [&TLS12, &TLS13];
                Box::new(self.encrypted(root, "localhost", &versions).await.unwrap())
            }
        }
    }

    async fn encrypted(
        &self,
        root: &str,
        name: &str,
        versions: &[&'static SupportedProtocolVersion],
    ) -> std::io::Result<tokio_rustls::client::TlsStream<TcpStream>> {
        let mut roots = RootCertStore::empty();
        roots
            .add(CertificateDer::from_pem_slice(root.as_bytes()).unwrap())
            .unwrap();
        let mut config = ClientConfig::builder_with_provider(provider())
            .with_protocol_versions(versions)
            .unwrap()
            .with_root_certificates(roots)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        let stream = TcpStream::connect(self.address).await?;
        let name = ServerName::try_from(name.to_owned()).unwrap();
        TlsConnector::from(Arc::new(config))
            .connect(name, stream)
            .await
    }

    /// An answer to a request after which the connection ends.
    async fn get(&self, path: &str) -> String {
        let mut stream = self.connect().await;
        let head = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n");
        stream.write_all(head.as_bytes()).await.unwrap();
        String::from_utf8(rest(&mut stream).await).unwrap()
    }
}

/// What still comes; a connection that is cut counts as its end.
async fn rest(stream: &mut (dyn Stream + 'static)) -> Vec<u8> {
    let mut all = Vec::new();
    let _ = stream.read_to_end(&mut all).await;
    all
}

fn pages() -> Router {
    Router::new()
        .route("/", get(|| async { "here\n" }))
        .route("/large", get(|| async { vec![b'.'; LARGE] }))
}

fn patience() -> Patience {
    Patience {
        head: LONG,
        handshake: LONG,
        write: LONG,
        linger: SHORT,
        ..PATIENCE
    }
}

#[test]
fn clients_that_trust_are_served() {
    for (speech, promised) in [
        (Speech::Plain, false),
        (Speech::Files, true),
        (Speech::Local, false),
    ] {
        let site = site(speech, pages(), patience());
        site.run(async {
            for path in ["/", "/nowhere"] {
                let answer = site.get(path).await;
                assert_eq!(answer.contains("here\n"), path == "/", "{answer}");
                let header = "strict-transport-security: max-age=31536000\r\n";
                assert_eq!(answer.contains(header), promised, "{speech:?}: {answer}");
            }
            let answer = site.get("/authority.crt").await;
            let (head, body) = answer.split_once("\r\n\r\n").unwrap();
            if speech == Speech::Local {
                assert!(
                    head.contains("content-type: application/x-x509-ca-cert\r\n"),
                    "{head}"
                );
                assert_eq!(Some(body), site.root.as_deref());
            } else {
                assert!(head.starts_with("HTTP/1.1 404 "), "{head}");
            }
        });
    }
}

#[test]
fn versions_names_and_trust() {
    for speech in [Speech::Files, Speech::Local] {
        let site = site(speech, pages(), patience());
        let root = site.root.as_deref().unwrap();
        let elsewhere = tempfile::tempdir().unwrap();
        let other = write_files(elsewhere.path(), "localhost");
        site.run(async {
            for version in [&TLS12, &TLS13] {
                let stream = site.encrypted(root, "localhost", &[version]).await.unwrap();
                let (_, session) = stream.get_ref();
                assert_eq!(session.protocol_version(), Some(version.version));
                assert_eq!(session.alpn_protocol(), Some(&b"http/1.1"[..]));
            }
            for (root, name, want) in [
                (root, "evil.example", "not valid for name"),
                (root, "127.0.0.1", "not valid for name"),
                (other.as_str(), "localhost", ""),
            ] {
                let refused = site.encrypted(root, name, &[&TLS13]).await.unwrap_err();
                let text = refused.to_string();
                assert!(text.contains("invalid peer certificate"), "{text}");
                assert!(text.contains(want), "{name}: {text}");
            }
        });
    }
}

#[test]
fn plain_requests_are_told_to_encrypt() {
    let site = site(Speech::Files, pages(), patience());
    site.run(async {
        let mut stream = TcpStream::connect(site.address).await.unwrap();
        stream
            .write_all(b"POST / HTTP/1.1\r\nhost: a\r\n\r\n")
            .await
            .unwrap();
        let answer = String::from_utf8(rest(&mut stream).await).unwrap();
        assert!(answer.starts_with("HTTP/1.1 400 "), "{answer}");
        assert!(answer.ends_with("\r\n\r\nsay https\n"), "{answer}");
        // Neither: it is ended, with an alert or without.
        let mut stream = TcpStream::connect(site.address).await.unwrap();
        stream.write_all(&[0; 64]).await.unwrap();
        assert!(rest(&mut stream).await.len() < 16);
    });
}

/// A client that stops in the middle, at different places; each is ended, and not before its time.
#[test]
fn silent_clients_are_ended() {
    let half = "GET / HTTP/1.1\r\nhost: ";
    let whole = "GET / HTTP/1.1\r\nhost: localhost\r\n\r\n";
    for speech in [Speech::Plain, Speech::Files] {
        let head = Patience {
            head: SHORT,
            ..patience()
        };
        let site = site(speech, pages(), head);
        for (sent, answered) in [("", 0), (half, 0), (whole, 1)] {
            site.run(async {
                let mut stream = site.connect().await;
                let since = Instant::now();
                stream.write_all(sent.as_bytes()).await.unwrap();
                let got = String::from_utf8(rest(&mut *stream).await).unwrap();
                assert_eq!(got.matches("here").count(), answered, "{got}");
                let took = since.elapsed();
                assert!(took > SHORT / 2 && took < LONG / 2, "{sent:?}: {took:?}");
            });
        }
    }
    // Who never says how it wants to be encrypted.
    let handshake = Patience {
        handshake: SHORT,
        ..patience()
    };
    let site = site(Speech::Files, pages(), handshake);
    for sent in [&[][..], &[22, 3, 1]] {
        site.run(async {
            let mut stream = TcpStream::connect(site.address).await.unwrap();
            let since = Instant::now();
            stream.write_all(sent).await.unwrap();
            assert!(rest(&mut stream).await.is_empty());
            assert!(since.elapsed() < LONG / 2, "{sent:?}");
        });
    }
}

#[test]
fn who_does_not_read_is_ended_and_who_reads_slowly_is_not() {
    for speech in [Speech::Plain, Speech::Files] {
        let write = Patience {
            write: SHORT,
            linger: SHORT / 4,
            ..patience()
        };
        let site = site(speech, pages(), write);
        let request = "GET /large HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
        site.run(async {
            let mut stream = site.connect().await;
            stream.write_all(request.as_bytes()).await.unwrap();
            tokio::time::sleep(SHORT * 3).await;
            let got = rest(&mut *stream).await.len();
            assert!(got < LARGE, "{speech:?}: all of it was still there");

            let mut stream = site.connect().await;
            stream.write_all(request.as_bytes()).await.unwrap();
            let mut some = vec![0; LARGE / 16];
            for _ in 0..12 {
                stream.read_exact(&mut some).await.unwrap();
                tokio::time::sleep(SHORT / 6).await;
            }
            let got = some.len() * 12 + rest(&mut *stream).await.len();
            assert!(got > LARGE, "{speech:?}: {got}");
        });
    }
}

/// Clients send all they have before they read: they must learn that it was too much.
#[test]
fn an_upload_that_is_too_large_is_answered() {
    let world = world();
    let custodian = world.somebody(Role::Custodian, "holder:A");
    for speech in [Speech::Plain, Speech::Files] {
        let patience = Patience {
            linger: LONG,
            ..patience()
        };
        let site = site(speech, world.router.clone(), patience);
        let length = 2 * UPLOAD_MAX;
        let head = format!(
            "POST /submit HTTP/1.1\r\nhost: localhost\r\ncookie: __Host-weighbridge={custodian}\r\ncontent-type: multipart/form-data; boundary=X\r\ncontent-length: {length}\r\n\r\n"
        );
        let answer = site.run(async {
            let mut stream = site.connect().await;
            stream.write_all(head.as_bytes()).await.unwrap();
            let piece = vec![0; UPLOAD_MAX / 64];
            for _ in 0..128 {
                stream.write_all(&piece).await.unwrap();
            }
            String::from_utf8(rest(&mut *stream).await).unwrap()
        });
        assert!(answer.starts_with("HTTP/1.1 413 "), "{speech:?}: {answer}");
    }
}

#[test]
fn what_is_thrown_away_has_an_end() {
    for (linger, linger_bytes) in [(SHORT, usize::MAX), (LONG, 1024 * 1024)] {
        let patience = Patience {
            linger,
            linger_bytes,
            ..patience()
        };
        let site = site(Speech::Plain, pages(), patience);
        site.run(async {
            let mut stream = TcpStream::connect(site.address).await.unwrap();
            let head = "POST / HTTP/1.1\r\nhost: a\r\ncontent-length: 99999999999\r\n\r\n";
            stream.write_all(head.as_bytes()).await.unwrap();
            let since = Instant::now();
            let piece = vec![0; 64 * 1024];
            while stream.write_all(&piece).await.is_ok() {
                assert!(since.elapsed() < LONG / 2);
            }
        });
    }
}

#[test]
fn files_that_change_are_read_again() {
    let site = site(Speech::Files, pages(), patience());
    let tls = site.tls.as_deref().unwrap();
    let folder = site._folder.path();
    assert!(tls.look(now()).is_none());
    let taken = |root: &str, name: &str| {
        let connected = site.run(site.encrypted(root, name, &[&TLS13]));
        connected.is_ok()
    };
    let old = site.root.as_deref().unwrap();
    for (broken, bytes) in [("c.pem", &b"-----BEGIN"[..]), ("k.pem", b"")] {
        let file = folder.join(broken);
        let before = std::fs::read(&file).unwrap();
        std::fs::write(&file, bytes).unwrap();
        let kept = tls.look(now());
        assert!(matches!(kept, Some(Notice::Kept(_))), "{kept:?}");
        assert!(tls.look(now()).is_none(), "told once");
        assert!(taken(old, "localhost"));
        std::fs::write(&file, before).unwrap();
        assert!(matches!(tls.look(now()), Some(Notice::Changed(_))));
    }
    let new = write_files(folder, "other.example");
    assert!(taken(old, "localhost"), "nobody has looked yet");
    assert!(matches!(tls.look(now()), Some(Notice::Changed(_))));
    assert!(taken(&new, "other.example"));
    assert!(!taken(old, "localhost"));
    std::fs::remove_file(folder.join("k.pem")).unwrap();
    assert!(matches!(tls.look(now()), Some(Notice::Kept(_))));
    assert!(taken(&new, "other.example"));
}
