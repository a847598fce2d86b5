//! Encryption of our own: by what browsers know the server, out of files that an ACME tool renews or from the account's own
//! authority, and what that adds to the pages.
//!
//! Absent: ACME itself (it would call out), certificates of clients, several certificates by name.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use axum::Router;
use axum::http::{HeaderValue, header};
use axum::response::Response;
use parking_lot::{Mutex, RwLock};
use ring::digest::{SHA256, digest};
use tokio_rustls::rustls;
use tokio_rustls::rustls::crypto::CryptoProvider;
use tokio_rustls::rustls::pki_types::pem::{Error as PemError, PemObject as _};
use tokio_rustls::rustls::pki_types::{CertificateDer, PrivateKeyDer};
use tokio_rustls::rustls::{InconsistentKeys, ServerConfig};
use weighbridge_account::Trouble;
use weighbridge_account::trouble::CertificateFault;
use weighbridge_measure::{Date, Timestamp};
use x509_parser::extensions::GeneralName;

use crate::authority::{Authority, Name};

/// Where the authority's certificate is given out.
pub(crate) const AUTHORITY_PATH: &str = "/authority.crt";

/// By what browsers know the server.
#[derive(Debug)]
pub enum Identity {
    /// Files that somebody else makes and renews.
    Files {
        /// The certificate, with what leads from it to a root.
        certificate: PathBuf,
        /// Its key.
        key: PathBuf,
    },
    /// The account's own authority, which those who use the server were told to trust.
    Local {
        /// The authority.
        authority: Box<Authority>,
        /// What the server is called.
        names: Vec<Name>,
    },
}

/// What became of the certificate while the server ran.
#[derive(Debug)]
pub enum Notice {
    /// Another one is used from now on; it is good until the end of this day.
    Changed(Date),
    /// What is in the files now does not serve; the one before is used further.
    Kept(Trouble),
}

/// Whether browsers take a certificate today.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Validity {
    /// From this day on.
    From(Date),
    /// To this day.
    Until(Date),
    /// Since this day no longer.
    Ended(Date),
}

/// A certificate with what makes it usable.
struct Current {
    config: Arc<ServerConfig>,
    facts: Facts,
}

/// What was found in the files when they were last looked at; nothing where they could not be read.
type Seen = Option<[Vec<u8>; 2]>;

/// Encryption of one address.
pub struct Tls {
    identity: Identity,
    current: RwLock<Current>,
    seen: Mutex<Seen>,
}

impl std::fmt::Debug for Tls {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Tls")
            .field("identity", &self.identity)
            .finish_non_exhaustive()
    }
}

impl Tls {
    /// Reads or makes the certificate.
    ///
    /// # Errors
    /// [`Trouble::Certificate`]; [`Trouble::System`].
    pub fn new(identity: Identity, now_us: i64) -> Result<Tls, Trouble> {
        let (current, seen) = match &identity {
            Identity::Files { certificate, key } => {
                let bytes = [read(certificate)?, read(key)?];
                (of_files(certificate, key, &bytes)?, Some(marks(&bytes)))
            }
            Identity::Local { authority, names } => (of_authority(authority, names, now_us)?, None),
        };
        Ok(Tls {
            identity,
            current: RwLock::new(current),
            seen: Mutex::new(seen),
        })
    }

    /// The authority that vouches, where it is our own.
    #[must_use]
    pub fn authority(&self) -> Option<&Authority> {
        match &self.identity {
            Identity::Files { .. } => None,
            Identity::Local { authority, .. } => Some(authority),
        }
    }

    /// What the server is called: the names in its certificate.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.current.read().facts.names.clone()
    }

    /// Whether browsers take the certificate now.
    #[must_use]
    pub fn validity(&self, now_us: i64) -> Validity {
        let facts = &self.current.read().facts;
        if now_us < facts.begins_us {
            Validity::From(day(facts.begins_us))
        } else if now_us > facts.ends_us {
            Validity::Ended(day(facts.ends_us))
        } else {
            Validity::Until(day(facts.ends_us))
        }
    }

    pub(crate) fn config(&self) -> Arc<ServerConfig> {
        Arc::clone(&self.current.read().config)
    }

    /// Looks whether there is another certificate, or has to be. Files that do not serve are told of once, not at
    /// every look.
    pub(crate) fn look(&self, now_us: i64) -> Option<Notice> {
        let made = match &self.identity {
            Identity::Files { certificate, key } => {
                let bytes = read(certificate).and_then(|c| Ok([c, read(key)?]));
                let found = bytes.as_ref().ok().map(marks);
                let mut seen = self.seen.lock();
                if *seen == found {
                    return None;
                }
                *seen = found;
                bytes.and_then(|bytes| of_files(certificate, key, &bytes))
            }
            Identity::Local { authority, names } => {
                let facts = self.current.read().facts.clone();
                // With a third of its time left, so that a clock that is wrong by days does no harm.
                let third = facts.ends_us.saturating_sub(facts.begins_us) / 3;
                let is_time = now_us >= facts.ends_us.saturating_sub(third);
                if !is_time || authority.ends_with(facts.ends_us) {
                    return None;
                }
                of_authority(authority, names, now_us)
            }
        };
        Some(match made {
            Ok(current) => {
                let ends = day(current.facts.ends_us);
                *self.current.write() = current;
                Notice::Changed(ends)
            }
            Err(trouble) => Notice::Kept(trouble),
        })
    }
}

/// Adds to the pages what encryption of our own asks for.
pub(crate) fn dressed(router: Router, tls: Option<&Tls>) -> Router {
    match tls.map(|tls| &tls.identity) {
        None => router,
        Some(Identity::Files { .. }) => {
            router.layer(axum::middleware::map_response(promise_encryption))
        }
        // No promise here: a browser that was promised encryption lets nobody past a certificate that it does not trust, for
        // a year. Whoever lost the authority, or came before trusting it, would be shut out by this server's own word.
        Some(Identity::Local { authority, .. }) => {
            let pem: Arc<str> = authority.pem().into();
            let give = move || async move {
                let headers = [
                    (header::CONTENT_TYPE, "application/x-x509-ca-cert"),
                    (header::CACHE_CONTROL, "no-store"),
                    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
                ];
                (headers, pem.to_string())
            };
            router.route(AUTHORITY_PATH, axum::routing::get(give))
        }
    }
}

async fn promise_encryption(mut response: Response) -> Response {
    response.headers_mut().insert(
        header::STRICT_TRANSPORT_SECURITY,
        HeaderValue::from_static("max-age=31536000"),
    );
    response
}

/// The one source of ciphers: the ring that hashes here already, so that nothing has to be built with more than a compiler.
pub(crate) fn provider() -> Arc<CryptoProvider> {
    Arc::new(rustls::crypto::ring::default_provider())
}

fn read(path: &Path) -> Result<Vec<u8>, Trouble> {
    std::fs::read(path).map_err(Trouble::system(path))
}

fn marks(files: &[Vec<u8>; 2]) -> [Vec<u8>; 2] {
    files
        .each_ref()
        .map(|bytes| digest(&SHA256, bytes).as_ref().to_vec())
}

fn of_files(certificate: &Path, key: &Path, bytes: &[Vec<u8>; 2]) -> Result<Current, Trouble> {
    let fault = |fault, path: &Path, detail: String| Trouble::Certificate {
        fault,
        path: path.to_owned(),
        detail,
    };
    let [chain, secret] = bytes;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(chain)
        .collect::<Result<_, _>>()
        .map_err(|e| fault(CertificateFault::Damaged, certificate, cut(&e)))?;
    if chain.is_empty() {
        return Err(fault(CertificateFault::Absent, certificate, String::new()));
    }
    let secret = PrivateKeyDer::from_pem_slice(secret).map_err(|e| match e {
        PemError::NoItemsFound => fault(CertificateFault::KeyAbsent, key, String::new()),
        other => fault(CertificateFault::KeyUnusable, key, cut(&other)),
    })?;
    current(chain, secret).map_err(|error| match error {
        Unusable::Certificate(what) => fault(CertificateFault::Damaged, certificate, what),
        Unusable::Key(what) => fault(CertificateFault::KeyUnusable, key, what),
        Unusable::Unfit => fault(
            CertificateFault::KeyUnfit,
            key,
            certificate.display().to_string(),
        ),
    })
}

/// What is wrong with a text of PEM; the library names the end that it misses by its bytes.
fn cut(error: &PemError) -> String {
    match error {
        PemError::MissingSectionEnd { end_marker } => {
            format!("-----END {}-----?", String::from_utf8_lossy(end_marker))
        }
        other => other.to_string(),
    }
}

fn of_authority(authority: &Authority, names: &[Name], now_us: i64) -> Result<Current, Trouble> {
    let (chain, key) = authority.issue(names, now_us)?;
    current(chain, key).map_err(|error| {
        let what = match error {
            Unusable::Certificate(what) | Unusable::Key(what) => what,
            Unusable::Unfit => "X.509".to_owned(),
        };
        authority.damaged(what)
    })
}

/// Why a certificate and a key do not make a server.
enum Unusable {
    Certificate(String),
    Key(String),
    Unfit,
}

fn current(
    chain: Vec<CertificateDer<'static>>,
    key: PrivateKeyDer<'static>,
) -> Result<Current, Unusable> {
    let first = chain.first().map(|c| facts(c)).unwrap_or_default();
    let facts = first.ok_or_else(|| Unusable::Certificate("X.509".to_owned()))?;
    let mut config = ServerConfig::builder_with_provider(provider())
        .with_safe_default_protocol_versions()
        .map_err(|e| Unusable::Key(e.to_string()))?
        .with_no_client_auth()
        .with_single_cert(chain, key)
        .map_err(|error| match error {
            rustls::Error::InconsistentKeys(InconsistentKeys::KeyMismatch) => Unusable::Unfit,
            rustls::Error::InvalidCertificate(why) => Unusable::Certificate(why.to_string()),
            other => Unusable::Key(other.to_string()),
        })?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Current {
        config: Arc::new(config),
        facts,
    })
}

/// What a certificate says of itself.
#[derive(Clone, Debug)]
pub(crate) struct Facts {
    pub(crate) begins_us: i64,
    pub(crate) ends_us: i64,
    pub(crate) names: Vec<String>,
}

pub(crate) fn facts(certificate: &[u8]) -> Option<Facts> {
    let (_, parsed) = x509_parser::parse_x509_certificate(certificate).ok()?;
    let us = |seconds: i64| seconds.saturating_mul(1_000_000);
    let names = parsed.subject_alternative_name().ok().flatten();
    let names = names.map_or(&[][..], |n| n.value.general_names.as_slice());
    let text = |name: &GeneralName<'_>| match name {
        GeneralName::DNSName(name) => Some((*name).to_owned()),
        GeneralName::IPAddress(bytes) => Name::of_bytes(bytes).map(|n| n.to_string()),
        _ => None,
    };
    Some(Facts {
        begins_us: us(parsed.validity().not_before.timestamp()),
        ends_us: us(parsed.validity().not_after.timestamp()),
        names: names.iter().filter_map(text).collect(),
    })
}

/// The day of a moment; a certificate may be good for longer than there are dates.
pub(crate) fn day(us: i64) -> Date {
    let last = Date::MAX.midnight().micros();
    Timestamp::from_micros(us.clamp(0, last))
        .date()
        .unwrap_or(Date::MAX)
}

#[cfg(test)]
mod tests;
