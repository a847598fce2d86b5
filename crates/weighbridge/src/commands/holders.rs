//! `holders`: the register, and mergers and splits in it.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use weighbridge_books::registry::Succession;
use weighbridge_measure::{Date, Timestamp};
use weighbridge_reports::views;

use super::{as_of, open, open_read};
use crate::account::Who;
use crate::cli::{self, Reading};
use crate::clock;
use crate::printer::Printer;
use crate::trouble::Trouble;

/// Arguments of `holders`.
#[derive(Args, Debug)]
#[command(args_conflicts_with_subcommands = true)]
pub struct Holders {
    /// What to do.
    #[command(subcommand)]
    pub command: Option<What>,
    /// Folder of the account.
    #[arg(required = true)]
    pub dir: Option<PathBuf>,
    /// What was known at this time.
    #[arg(long, value_name = "TIME", value_parser = cli::time)]
    pub known_at: Option<Timestamp>,
}

/// Changes of the register.
#[derive(Subcommand, Debug)]
pub enum What {
    /// One holder takes over all of another.
    Merge {
        /// Folder of the account.
        dir: PathBuf,
        /// The holder that gives up.
        holder: String,
        /// The holder that takes over.
        #[arg(long, value_name = "CODE")]
        into: String,
        /// First day.
        #[arg(long, value_name = "DATE", value_parser = cli::date)]
        on: Date,
    },
    /// One holder takes over a site of another.
    Split {
        /// Folder of the account.
        dir: PathBuf,
        /// The holder that gives up.
        holder: String,
        /// Its site.
        #[arg(long, value_name = "CODE")]
        site: String,
        /// The holder that takes over.
        #[arg(long, value_name = "CODE")]
        into: String,
        /// First day.
        #[arg(long, value_name = "DATE", value_parser = cli::date)]
        on: Date,
    },
}

impl Holders {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        match self.command {
            Some(What::Merge {
                dir,
                holder,
                into,
                on,
            }) => succeed(printer, &dir, &holder, &into, on, None),
            Some(What::Split {
                dir,
                holder,
                site,
                into,
                on,
            }) => succeed(printer, &dir, &holder, &into, on, Some(site)),
            None => {
                let dir = self.dir.unwrap_or_default();
                let account = open_read(
                    &Reading {
                        dir,
                        as_of: None,
                        known_at: self.known_at,
                    },
                    printer,
                )?;
                let on = as_of(&account, None).max(clock::today());
                printer.table(views::holders(account.books(), on, &printer.texts))
            }
        }
    }
}

fn succeed(
    printer: &Printer,
    dir: &std::path::Path,
    from: &str,
    to: &str,
    on: Date,
    site: Option<String>,
) -> Result<(), Trouble> {
    let mut account = open(dir, "holders", printer)?;
    let (giver, taker) = (account.party(from)?, account.party(to)?);
    let registry = &account.books().registry;
    let code = |id| {
        registry
            .holder(id)
            .map(|h| h.code.clone())
            .unwrap_or_default()
    };
    if let Some(site) = site
        .as_ref()
        .filter(|s| registry.find_site(giver, s).is_none())
    {
        return Err(Trouble::Unknown {
            what: "site",
            name: site.clone(),
        });
    }
    let succession = Succession {
        from: code(giver),
        to: code(taker),
        on,
        site,
    };
    account.at(clock::now_us())?;
    let seq = account.succeed(&Who::default(), succession)?;
    account.sign()?;
    let (path, _) = account.give_receipt(seq)?;
    if printer.json {
        return printer
            .object(&serde_json::json!({ "entry": seq, "receipt": path.display().to_string() }));
    }
    printer.tell(
        "cli-holders-done",
        &[
            ("seq", seq.to_string().into()),
            ("date", on.to_string().into()),
        ],
    )?;
    printer.tell(
        "cli-import-receipt",
        &[("path", path.display().to_string().into())],
    )
}
