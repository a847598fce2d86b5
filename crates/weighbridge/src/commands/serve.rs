//! `serve`: an account as pages, for many people.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use clap::Args;
use weighbridge_journal::SqliteStore;
use weighbridge_web::access::{Role, Scope, Standing};
use weighbridge_web::users::{UserError, Users};
use weighbridge_web::{
    Authority, Config, Identity, Name, Notice, Server, ServerError, Tls, Transport, Validity,
};

use super::{names, open};
use crate::account::Account;
use crate::clock;
use crate::printer::Printer;
use crate::trouble::Trouble;

/// Where pages are served when nothing else is said: on this computer alone.
pub const LISTEN: &str = "127.0.0.1:8420";
/// The first user of a new account of users.
const FIRST: &str = "admin";

/// Arguments of `serve`.
#[derive(Args, Debug)]
pub struct Serve {
    /// Folder of the account.
    pub dir: PathBuf,
    /// Address and port.
    #[arg(long, value_name = "ADDR:PORT", default_value = LISTEN)]
    pub listen: String,
    /// Address and port for health and metrics.
    #[arg(long, value_name = "ADDR:PORT")]
    pub admin: Option<String>,
    /// Speaks TLS with a certificate and its key, read again when they change.
    #[arg(long, num_args = 2, value_names = ["CERT.pem", "KEY.pem"], conflicts_with_all = ["tls_local", "behind_proxy"])]
    pub tls: Option<Vec<PathBuf>>,
    /// Speaks TLS with a certificate of the account's own authority.
    #[arg(long, conflicts_with = "behind_proxy")]
    pub tls_local: bool,
    /// A further name or address of this computer.
    #[arg(long, value_name = "NAME", requires = "tls_local")]
    pub tls_name: Vec<String>,
    /// A proxy in front speaks TLS, and nobody else reaches this address.
    #[arg(long)]
    pub behind_proxy: bool,
}

/// How others reach the server.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Way {
    /// They do not: this computer alone.
    Here,
    /// Over a proxy that speaks TLS.
    Proxy,
    /// By files of a certificate and its key.
    Files(PathBuf, PathBuf),
    /// By the account's own authority, under further names.
    Local(Vec<Name>),
}

impl Serve {
    /// How others reach the server; clap has refused what excludes each other.
    fn way(&self, address: SocketAddr) -> Result<Way, Trouble> {
        if let Some([certificate, key]) = self.tls.as_deref() {
            return Ok(Way::Files(certificate.clone(), key.clone()));
        }
        if self.tls_local {
            let name = |text: &String| {
                Name::parse(text).ok_or_else(|| Trouble::Option {
                    option: "--tls-name",
                    given: text.clone(),
                    expected: "weighbridge.lan; 192.168.1.20",
                })
            };
            return Ok(Way::Local(
                self.tls_name.iter().map(name).collect::<Result<_, _>>()?,
            ));
        }
        match (address.ip().is_loopback(), self.behind_proxy) {
            (_, true) => Ok(Way::Proxy),
            (true, false) => Ok(Way::Here),
            // Passwords and sessions would travel in the open.
            (false, false) => Err(Trouble::Option {
                option: "--listen",
                given: self.listen.clone(),
                expected: "one of three ways",
            }),
        }
    }

    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        let address = address(&self.listen)?;
        let way = self.way(address)?;
        let admin = self.admin.as_deref().map(self::address).transpose()?;
        // Before the account is opened, which may take long.
        let now = clock::now_us();
        let mut tls = match &way {
            Way::Files(certificate, key) => Some(Identity::Files {
                certificate: certificate.clone(),
                key: key.clone(),
            }),
            Way::Here | Way::Proxy | Way::Local(_) => None,
        }
        .map(|identity| Tls::new(identity, now))
        .transpose()?;
        let account = open(&self.dir, "serve", printer)?;
        // Only into a folder that is an account's.
        if let Way::Local(further) = &way {
            let wanted = names::of(address, further);
            let (authority, names) = Authority::open(&self.dir, &wanted, now)?;
            let authority = Box::new(authority);
            tls = Some(Tls::new(Identity::Local { authority, names }, now)?);
        }
        let users = users(&self.dir)?;
        let mut links = Vec::new();
        if users.all().map_err(in_users(&self.dir))?.is_empty() {
            let standing = Standing {
                role: Role::Administrator,
                scope: Scope::All,
            };
            links.push((
                FIRST.to_owned(),
                link(&users, &self.dir, FIRST, standing, printer)?,
            ));
        }
        let at = Listen {
            address,
            transport: match way {
                Way::Here => Transport::Local,
                Way::Proxy | Way::Files(..) | Way::Local(_) => Transport::Encrypted,
            },
            admin,
            tls: tls.map(Arc::new),
        };
        listen(&self.dir, account, users, &at, &links, printer)
    }
}

/// An address that was given.
pub(super) fn address(text: &str) -> Result<SocketAddr, Trouble> {
    text.parse().map_err(|_| Trouble::Option {
        option: "--listen",
        given: text.to_owned(),
        expected: LISTEN,
    })
}

/// The users of an account.
pub(super) fn users(dir: &Path) -> Result<Users, Trouble> {
    Users::open(dir).map_err(in_users(dir))
}

/// What the table of users says, as trouble with its file.
pub(super) fn in_users(dir: &Path) -> impl Fn(UserError) -> Trouble + '_ {
    |error| Trouble::System {
        path: dir.join(weighbridge_web::users::DATABASE),
        error: std::io::Error::other(error),
    }
}

/// Adds somebody, where they are not there yet, and makes a link for them.
pub(super) fn link(
    users: &Users,
    dir: &Path,
    login: &str,
    standing: Standing,
    printer: &Printer,
) -> Result<String, Trouble> {
    let now = clock::now_us();
    let id = match users.by_login(login) {
        Ok(user) => user.id,
        Err(UserError::Unknown) => users
            .add(login, printer.texts.lang(), &[standing], now)
            .map_err(in_users(dir))?,
        Err(other) => return Err(in_users(dir)(other)),
    };
    Ok(users.make_link(id, now).map_err(in_users(dir))?.path())
}

/// Where pages are served.
#[derive(Clone)]
pub(super) struct Listen {
    /// The address of the pages.
    pub(super) address: SocketAddr,
    /// How they travel.
    pub(super) transport: Transport,
    /// The address of health and metrics.
    pub(super) admin: Option<SocketAddr>,
    /// By what browsers know the server, where it speaks TLS itself.
    pub(super) tls: Option<Arc<Tls>>,
}

/// Serves until the program is told to end, and says where, with the links that were made.
pub(super) fn listen(
    dir: &Path,
    account: Account<SqliteStore>,
    users: Users,
    at: &Listen,
    links: &[(String, String)],
    printer: &Printer,
) -> Result<(), Trouble> {
    let config = Config {
        clock: clock::now_us,
        transport: at.transport,
    };
    let server = Server::new(account, users, config).map_err(|error| match error {
        ServerError::Account(trouble) => trouble,
        ServerError::Users(error) => in_users(dir)(error),
    })?;
    let mut told = Ok(());
    let listen = weighbridge_web::Listen {
        address: at.address,
        admin: at.admin,
        tls: at.tls.clone(),
    };
    let served = weighbridge_web::serve(&server, &listen, &|n| notice(&n, printer), |on| {
        let admin = on.admin.map(|address| url(address, None));
        let base = url(on.address, at.tls.as_deref());
        told = tell(&base, admin.as_deref(), at.tls.as_deref(), links, printer);
    });
    told?;
    served.map_err(|error| Trouble::System {
        path: PathBuf::from(at.address.to_string()),
        error,
    })
}

/// By what people open a server that listens there.
fn url(address: SocketAddr, tls: Option<&Tls>) -> String {
    let names = tls.map(Tls::names).unwrap_or_default();
    let is_shown = |name: &&String| !name.starts_with('*') && Name::parse(name).is_some();
    let mut shown = names.iter().filter(is_shown);
    let own = address.ip().to_string();
    let name = match tls {
        // Browsers hold it to what its certificate says.
        Some(_) if names.contains(&own) && !address.ip().is_loopback() => None,
        Some(tls) if tls.authority().is_none() => shown.next().cloned(),
        // Every telephone knows addresses; names only where somebody keeps them.
        Some(_) if address.ip().is_unspecified() => {
            let is_address = |n: &&String| matches!(Name::parse(n), Some(Name::Address(_)));
            shown.find(is_address).cloned()
        }
        _ => None,
    };
    let name = name.or_else(|| address.ip().is_loopback().then(|| "localhost".to_owned()));
    let scheme = if tls.is_some() { "https" } else { "http" };
    match name.as_deref().map(|n| (n, n.contains(':'))) {
        Some((name, true)) => format!("{scheme}://[{name}]:{}", address.port()),
        Some((name, false)) => format!("{scheme}://{name}:{}", address.port()),
        None => format!("{scheme}://{address}"),
    }
}

/// Says what became of the certificate; nobody waits for it, so it is no data.
fn notice(notice: &Notice, printer: &Printer) {
    match notice {
        Notice::Changed(date) => {
            let date = [("date", date.to_string().into())];
            printer.note(&printer.say("cli-serve-certificate_changed", &date));
        }
        Notice::Kept(trouble) => {
            printer.trouble(trouble);
            printer.note(&printer.say("cli-serve-certificate_kept", &[]));
        }
    }
}

fn tell(
    base: &str,
    admin: Option<&str>,
    tls: Option<&Tls>,
    links: &[(String, String)],
    printer: &Printer,
) -> Result<(), Trouble> {
    let authority = tls.and_then(Tls::authority);
    if let (Some(tls), None) = (tls, authority) {
        let (key, date) = match tls.validity(clock::now_us()) {
            Validity::From(date) => ("cli-serve-certificate_from", date),
            Validity::Until(date) => ("cli-serve-certificate_until", date),
            Validity::Ended(date) => ("cli-serve-certificate_ended", date),
        };
        printer.note(&printer.say(key, &[("date", date.to_string().into())]));
    }
    if printer.json {
        let links: serde_json::Map<String, serde_json::Value> = links
            .iter()
            .map(|(name, path)| (name.clone(), format!("{base}{path}").into()))
            .collect();
        let authority = authority.map(|a| {
            serde_json::json!({
                "file": a.path().display().to_string(),
                "sha256": a.fingerprint(),
                "names": tls.map(Tls::names),
            })
        });
        return printer.object(&serde_json::json!({
            "url": base, "admin": admin, "authority": authority, "links": links
        }));
    }
    printer.tell("cli-serve-at", &[("url", base.into())])?;
    if let Some(admin) = admin {
        printer.tell("cli-serve-admin", &[("url", admin.into())])?;
    }
    if let (Some(tls), Some(authority)) = (tls, authority) {
        let args = [
            ("path", authority.path().display().to_string().into()),
            ("sha256", authority.fingerprint().into()),
            ("date", authority.ends().to_string().into()),
            ("names", tls.names().join(", ").into()),
            ("url", base.into()),
        ];
        printer.tell("cli-serve-authority", &args)?;
    }
    if !links.is_empty() {
        printer.tell("cli-serve-links", &[])?;
    }
    for (name, path) in links {
        printer.data(&format!("  {name}: {base}{path}"))?;
    }
    printer.tell("cli-serve-end", &[])
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser as _;

    #[derive(clap::Parser)]
    struct Line {
        #[command(flatten)]
        serve: Serve,
    }

    /// What the arguments of `serve` come to: a way, what is refused, or the kind of mistake that clap finds.
    fn outcome(args: &str) -> String {
        let words = ["serve", "account"]
            .into_iter()
            .chain(args.split_whitespace());
        let serve = match Line::try_parse_from(words) {
            Ok(line) => line.serve,
            Err(error) => return format!("{:?}", error.kind()),
        };
        let way = address(&serve.listen).and_then(|address| serve.way(address));
        match way {
            Ok(way) => format!("{way:?}"),
            Err(Trouble::Option {
                option, expected, ..
            }) => format!("{option}: {expected}"),
            Err(other) => other.code().to_owned(),
        }
    }

    #[test]
    fn ways_and_what_is_refused() {
        let two = "Files(\"c.pem\", \"k.pem\")";
        for (args, want) in [
            ("", "Here"),
            ("--listen 127.0.0.1:0", "Here"),
            ("--listen [::1]:0", "Here"),
            ("--listen nowhere", "--listen: 127.0.0.1:8420"),
            ("--listen 0.0.0.0:1", "--listen: one of three ways"),
            ("--listen [::]:1", "--listen: one of three ways"),
            ("--listen 10.0.0.5:1 --behind-proxy", "Proxy"),
            ("--listen 10.0.0.5:1 --tls c.pem k.pem", two),
            ("--tls c.pem k.pem", two),
            ("--tls c.pem", "WrongNumberOfValues"),
            ("--tls c.pem k.pem --behind-proxy", "ArgumentConflict"),
            ("--tls c.pem k.pem --tls-local", "ArgumentConflict"),
            ("--tls-local --behind-proxy", "ArgumentConflict"),
            ("--listen 0.0.0.0:1 --tls-local", "Local([])"),
            (
                "--tls-local --tls-name Scales.Lan --tls-name 10.0.0.5",
                "Local([Dns(\"scales.lan\"), Address(10.0.0.5)])",
            ),
            ("--tls-name a.lan", "MissingRequiredArgument"),
            (
                "--tls-local --tls-name a/b",
                "--tls-name: weighbridge.lan; 192.168.1.20",
            ),
            (
                "--tls-local --tls-name *.lan",
                "--tls-name: weighbridge.lan; 192.168.1.20",
            ),
        ] {
            assert_eq!(outcome(args), want, "{args}");
        }
    }
}
