//! The account's own authority: where no other vouches for the server, it makes certificates that those trust who were told
//! to. Its key is in the account's folder; what it may vouch for is written into its certificate, so that a stolen key
//! opens nothing but places like this one.
//!
//! Absent: the server's certificate as a file. It is made at each start and in time before it ends, and lives in memory.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use rcgen::{
    BasicConstraints, CertificateParams, CidrSubnet, DistinguishedName, DnType,
    ExtendedKeyUsagePurpose, GeneralSubtree, IsCa, Issuer, KeyPair, KeyUsagePurpose,
    NameConstraints, SanType, date_time_ymd,
};
use ring::digest::{SHA256, digest};
use tokio_rustls::rustls::RootCertStore;
use tokio_rustls::rustls::client::WebPkiServerVerifier;
use tokio_rustls::rustls::client::danger::ServerCertVerifier as _;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tokio_rustls::rustls::pki_types::{
    CertificateDer, DnsName, PrivateKeyDer, PrivatePkcs8KeyDer, ServerName, UnixTime,
};
use weighbridge_account::Trouble;
use weighbridge_account::account::{
    AUTHORITY as CERTIFICATE, AUTHORITY_KEY as KEY, sync_folder, write_secret, write_synced,
};
use weighbridge_account::trouble::CertificateFault;
use weighbridge_measure::Date;

use crate::tls::{day, facts, provider};

/// Days for which an authority is good: telephones are told of it by hand.
const AUTHORITY_DAYS: i32 = 3_650;
/// Days for which a server's certificate is good. Telephones refuse more than 397.
const SERVER_DAYS: i32 = 90;

/// Ends of names that no other authority may vouch for, because nobody owns them.
const OWN_NAMES: [&str; 5] = ["localhost", "local", "lan", "internal", "home.arpa"];
/// Networks that nobody reaches from outside (RFC 1918, 6598, 4193 and the computer itself).
const OWN_NETWORKS: [(IpAddr, u8); 7] = [
    (IpAddr::V4(Ipv4Addr::new(127, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(10, 0, 0, 0)), 8),
    (IpAddr::V4(Ipv4Addr::new(172, 16, 0, 0)), 12),
    (IpAddr::V4(Ipv4Addr::new(192, 168, 0, 0)), 16),
    (IpAddr::V4(Ipv4Addr::new(100, 64, 0, 0)), 10),
    (IpAddr::V6(Ipv6Addr::LOCALHOST), 128),
    (IpAddr::V6(Ipv6Addr::new(0xfc00, 0, 0, 0, 0, 0, 0, 0)), 7),
];

/// What a server is called.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Name {
    /// A name, in small letters.
    Dns(String),
    /// An address.
    Address(IpAddr),
}

impl Name {
    /// The name or address that a text is.
    #[must_use]
    pub fn parse(text: &str) -> Option<Name> {
        if let Ok(address) = text.parse() {
            return Some(Name::Address(address));
        }
        let name = text.to_ascii_lowercase();
        DnsName::try_from(name.as_str()).is_ok().then_some(())?;
        Some(Name::Dns(name))
    }

    /// The address that bytes of a certificate are.
    pub(crate) fn of_bytes(bytes: &[u8]) -> Option<Name> {
        let four = <[u8; 4]>::try_from(bytes).map(IpAddr::from);
        let address = four.or_else(|_| <[u8; 16]>::try_from(bytes).map(IpAddr::from));
        address.ok().map(Name::Address)
    }

    fn subtree(&self) -> GeneralSubtree {
        match self {
            Name::Dns(name) => GeneralSubtree::DnsName(name.clone()),
            Name::Address(address) => {
                GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(*address, 128))
            }
        }
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Name::Dns(name) => f.write_str(name),
            Name::Address(address) => write!(f, "{address}"),
        }
    }
}

/// What a server is to be called.
#[derive(Clone, Default, Debug)]
pub struct Names {
    /// What somebody asked for; each has to be vouched for.
    pub asked: Vec<Name>,
    /// What the computer says of itself; left out where the authority is not for it.
    pub found: Vec<Name>,
}

impl Names {
    /// Each once, those that were asked for first.
    fn all(&self) -> Vec<Name> {
        let mut all: Vec<Name> = Vec::new();
        for name in self.asked.iter().chain(&self.found) {
            if !all.contains(name) {
                all.push(name.clone());
            }
        }
        all
    }
}

/// The account's own authority.
pub struct Authority {
    path: PathBuf,
    pem: String,
    certificate: CertificateDer<'static>,
    issuer: Issuer<'static, KeyPair>,
    ends_us: i64,
}

impl fmt::Debug for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Never its key.
        f.debug_struct("Authority")
            .field("path", &self.path)
            .finish_non_exhaustive()
    }
}

impl Authority {
    /// Opens the authority of an account's folder, or makes it, and gives the names that it vouches for.
    ///
    /// # Errors
    /// [`Trouble::Certificate`] where it is damaged, over, or not for a name that was asked for; [`Trouble::System`].
    pub fn open(
        folder: &Path,
        names: &Names,
        now_us: i64,
    ) -> Result<(Authority, Vec<Name>), Trouble> {
        // The certificate is written last: without it there is nothing yet.
        if !folder.join(CERTIFICATE).exists() {
            make(folder, &names.all(), now_us)?;
        }
        let authority = read(folder)?;
        if authority.has_ended(now_us) {
            let ended = day(authority.ends_us).to_string();
            return Err(authority.fault(CertificateFault::AuthorityEnded, ended));
        }
        // It always vouches for this one: where not, it is not the names.
        let own = Name::Dns("localhost".to_owned());
        if !authority.vouches_for(&own, now_us)? {
            return Err(authority.damaged(own.to_string()));
        }
        let mut vouched = Vec::new();
        for name in names.all() {
            if authority.vouches_for(&name, now_us)? {
                vouched.push(name);
            } else if names.asked.contains(&name) {
                return Err(authority.fault(CertificateFault::AuthorityName, name.to_string()));
            }
        }
        Ok((authority, vouched))
    }

    /// The file of its certificate.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// SHA-256 of its certificate, as telephones and browsers show it.
    #[must_use]
    pub fn fingerprint(&self) -> String {
        let hash = digest(&SHA256, &self.certificate);
        let bytes: Vec<String> = hash.as_ref().iter().map(|b| format!("{b:02X}")).collect();
        bytes.join(":")
    }

    /// The last day on which it vouches.
    #[must_use]
    pub fn ends(&self) -> Date {
        day(self.ends_us)
    }

    pub(crate) fn pem(&self) -> &str {
        &self.pem
    }

    fn has_ended(&self, now_us: i64) -> bool {
        now_us >= self.ends_us
    }

    /// Whether a certificate that ends then could end no later.
    pub(crate) fn ends_with(&self, us: i64) -> bool {
        us >= self.ends_us
    }

    pub(crate) fn damaged(&self, what: String) -> Trouble {
        self.fault(CertificateFault::AuthorityDamaged, what)
    }

    fn fault(&self, fault: CertificateFault, detail: String) -> Trouble {
        fault_of(&self.path, fault, detail)
    }

    /// A new certificate for a server, with a new key.
    pub(crate) fn issue(
        &self,
        names: &[Name],
        now_us: i64,
    ) -> Result<(Vec<CertificateDer<'static>>, PrivateKeyDer<'static>), Trouble> {
        let wrong = |error: rcgen::Error| self.damaged(error.to_string());
        let key = KeyPair::generate().map_err(wrong)?;
        let today = day(now_us);
        let mut params = CertificateParams::default();
        let ends = after(today, SERVER_DAYS).min(day(self.ends_us));
        last(&mut params, after(today, -1), ends);
        params.distinguished_name = called("Weighbridge server".to_owned());
        params.subject_alt_names = names
            .iter()
            .map(san)
            .collect::<Result<_, _>>()
            .map_err(wrong)?;
        params.is_ca = IsCa::ExplicitNoCa;
        params.use_authority_key_identifier_extension = true;
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
        let certificate = params.signed_by(&key, &self.issuer).map_err(wrong)?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        Ok((vec![certificate.der().clone()], key.into()))
    }

    /// Whether a client that trusts this authority would take a server of this name: asked of a client's own verifier.
    fn vouches_for(&self, name: &Name, now_us: i64) -> Result<bool, Trouble> {
        let (chain, _) = self.issue(std::slice::from_ref(name), now_us)?;
        let mut roots = RootCertStore::empty();
        let added = roots.add(self.certificate.clone());
        added.map_err(|e| self.damaged(e.to_string()))?;
        let verifier = WebPkiServerVerifier::builder_with_provider(Arc::new(roots), provider());
        let verifier = verifier.build().map_err(|e| self.damaged(e.to_string()))?;
        let text = name.to_string();
        let (Some(leaf), Ok(server)) = (chain.first(), ServerName::try_from(text.as_str())) else {
            return Ok(false);
        };
        let now = Duration::from_micros(u64::try_from(now_us).unwrap_or(0));
        let now = UnixTime::since_unix_epoch(now);
        let verified = verifier.verify_server_cert(leaf, &[], &server, &[], now);
        Ok(verified.is_ok())
    }
}

fn fault_of(path: &Path, fault: CertificateFault, detail: String) -> Trouble {
    Trouble::Certificate {
        fault,
        path: path.to_owned(),
        detail,
    }
}

/// Makes an authority for names, and for those that only places like this one have.
fn make(folder: &Path, names: &[Name], now_us: i64) -> Result<(), Trouble> {
    let path = folder.join(CERTIFICATE);
    let wrong = |error: rcgen::Error| {
        fault_of(&path, CertificateFault::AuthorityDamaged, error.to_string())
    };
    let key = KeyPair::generate().map_err(wrong)?;
    let today = day(now_us);
    let mut params = CertificateParams::default();
    last(&mut params, after(today, -1), after(today, AUTHORITY_DAYS));
    // The day tells one from the next in a telephone's list.
    let of = names.first().map(|n| format!(" {n}")).unwrap_or_default();
    params.distinguished_name = called(format!("Weighbridge authority{of} {today}"));
    params.is_ca = IsCa::Ca(BasicConstraints::Constrained(0));
    params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::CrlSign];
    let mut permitted: Vec<GeneralSubtree> = OWN_NAMES
        .map(|name| GeneralSubtree::DnsName(name.to_owned()))
        .into();
    permitted.extend(OWN_NETWORKS.map(|(address, bits)| {
        GeneralSubtree::IpAddress(CidrSubnet::from_addr_prefix(address, bits))
    }));
    for own in names.iter().map(Name::subtree) {
        if !permitted.contains(&own) {
            permitted.push(own);
        }
    }
    params.name_constraints = Some(NameConstraints {
        permitted_subtrees: permitted,
        excluded_subtrees: Vec::new(),
    });
    let certificate = params.self_signed(&key).map_err(wrong)?;
    write_secret(&folder.join(KEY), key.serialize_pem().trim_end())?;
    let aside = folder.join(format!("{CERTIFICATE}.new"));
    write_synced(&aside, certificate.pem().as_bytes())?;
    std::fs::rename(&aside, &path).map_err(Trouble::system(&path))?;
    sync_folder(folder)
}

fn read(folder: &Path) -> Result<Authority, Trouble> {
    let (path, secret) = (folder.join(CERTIFICATE), folder.join(KEY));
    let damaged = |what: String| fault_of(&path, CertificateFault::AuthorityDamaged, what);
    if !secret.exists() {
        let detail = secret.display().to_string();
        return Err(fault_of(
            &path,
            CertificateFault::AuthorityKeyAbsent,
            detail,
        ));
    }
    let pem = std::fs::read_to_string(&path).map_err(Trouble::system(&path))?;
    let key = std::fs::read_to_string(&secret).map_err(Trouble::system(&secret))?;
    let key = KeyPair::from_pem(&key).map_err(|e| damaged(e.to_string()))?;
    let certificate =
        CertificateDer::from_pem_slice(pem.as_bytes()).map_err(|e| damaged(e.to_string()))?;
    let issuer = Issuer::from_ca_cert_der(&certificate, key).map_err(|e| damaged(e.to_string()))?;
    let ends_us = facts(&certificate)
        .ok_or_else(|| damaged("X.509".to_owned()))?
        .ends_us;
    Ok(Authority {
        path,
        pem,
        certificate,
        issuer,
        ends_us,
    })
}

fn called(name: String) -> DistinguishedName {
    let mut called = DistinguishedName::new();
    called.push(DnType::CommonName, name);
    called
}

fn san(name: &Name) -> Result<SanType, rcgen::Error> {
    Ok(match name {
        Name::Dns(name) => SanType::DnsName(name.as_str().try_into()?),
        Name::Address(address) => SanType::IpAddress(*address),
    })
}

fn after(day: Date, days: i32) -> Date {
    let end = if days < 0 { Date::MIN } else { Date::MAX };
    day.plus_days(days).unwrap_or(end)
}

/// Good from one day's beginning to another's.
fn last(params: &mut CertificateParams, from: Date, to: Date) {
    let midnight = |day: Date| {
        let (year, month, of_month) = day.ymd();
        date_time_ymd(year, month, of_month)
    };
    (params.not_before, params.not_after) = (midnight(from), midnight(to));
}

#[cfg(test)]
mod tests;
