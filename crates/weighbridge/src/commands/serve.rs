//! `serve`: an account as pages, for many people.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use clap::Args;
use weighbridge_journal::SqliteStore;
use weighbridge_web::access::{Role, Scope, Standing};
use weighbridge_web::users::{UserError, Users};
use weighbridge_web::{Config, Server, ServerError, Transport};

use super::open;
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
    /// A proxy in front speaks TLS, and nobody else reaches this address.
    #[arg(long)]
    pub behind_proxy: bool,
}

impl Serve {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        let address = address(&self.listen)?;
        let transport = match (address.ip().is_loopback(), self.behind_proxy) {
            (_, true) => Transport::Encrypted,
            (true, false) => Transport::Local,
            // Passwords and sessions would travel in the open.
            (false, false) => {
                return Err(Trouble::Option {
                    option: "--listen",
                    given: self.listen,
                    expected: "127.0.0.1:PORT; --behind-proxy",
                });
            }
        };
        let admin = self.admin.as_deref().map(self::address).transpose()?;
        let account = open(&self.dir, "serve", printer)?;
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
        listen(
            &self.dir,
            account,
            users,
            Listen {
                address,
                transport,
                admin,
            },
            &links,
            printer,
        )
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
#[derive(Clone, Copy)]
pub(super) struct Listen {
    /// The address of the pages.
    pub(super) address: SocketAddr,
    /// How they travel.
    pub(super) transport: Transport,
    /// The address of health and metrics.
    pub(super) admin: Option<SocketAddr>,
}

/// Serves until the program is told to end, and says where, with the links that were made.
pub(super) fn listen(
    dir: &Path,
    account: Account<SqliteStore>,
    users: Users,
    at: Listen,
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
    let served = weighbridge_web::serve(&server, at.address, at.admin, |on| {
        let url = |address: SocketAddr| match address.ip().is_loopback() {
            true => format!("http://localhost:{}", address.port()),
            false => format!("http://{address}"),
        };
        told = tell(
            &url(on.address),
            on.admin.map(url).as_deref(),
            links,
            printer,
        );
    });
    told?;
    served.map_err(|error| Trouble::System {
        path: PathBuf::from(at.address.to_string()),
        error,
    })
}

fn tell(
    base: &str,
    admin: Option<&str>,
    links: &[(String, String)],
    printer: &Printer,
) -> Result<(), Trouble> {
    if printer.json {
        let links: serde_json::Map<String, serde_json::Value> = links
            .iter()
            .map(|(name, path)| (name.clone(), format!("{base}{path}").into()))
            .collect();
        return printer.object(&serde_json::json!({ "url": base, "admin": admin, "links": links }));
    }
    printer.tell("cli-serve-at", &[("url", base.into())])?;
    if let Some(admin) = admin {
        printer.tell("cli-serve-admin", &[("url", admin.into())])?;
    }
    if !links.is_empty() {
        printer.tell("cli-serve-links", &[])?;
    }
    for (name, path) in links {
        printer.data(&format!("  {name}: {base}{path}"))?;
    }
    printer.tell("cli-serve-end", &[])
}
