//! `init`: a new account in a folder.

use std::path::PathBuf;

use clap::Args;

use super::program;
use crate::account::{Account, KEY, PUBLIC_KEY};
use crate::printer::Printer;
use crate::trouble::Trouble;

/// Arguments of `init`.
#[derive(Args, Debug)]
pub struct Init {
    /// Folder of the account.
    pub dir: PathBuf,
    /// Name of the journal and of its key, like `example.org/account`.
    #[arg(long, value_name = "NAME")]
    pub origin: Option<String>,
}

impl Init {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        let origin = self
            .origin
            .clone()
            .unwrap_or_else(|| default_origin(&self.dir));
        let account = Account::create(&self.dir, &origin, &program("init"))?;
        if self.origin.is_none() {
            printer.note(&printer.say("cli-init-origin", &[("origin", origin.as_str().into())]));
        }
        if printer.json {
            return printer.object(&serde_json::json!({
                "dir": self.dir.display().to_string(),
                "origin": origin,
                "public_key": account.journal().verifier().to_string(),
            }));
        }
        let shown = |file: &str| self.dir.join(file).display().to_string();
        printer.tell(
            "cli-init-done",
            &[
                ("dir", self.dir.display().to_string().into()),
                ("origin", origin.into()),
            ],
        )?;
        printer.tell(
            "cli-init-key",
            &[
                ("key", shown(KEY).into()),
                ("public", shown(PUBLIC_KEY).into()),
            ],
        )?;
        printer.tell(
            "cli-init-next",
            &[("dir", self.dir.display().to_string().into())],
        )
    }
}

/// A name out of the folder's: unique enough for one office, better given.
fn default_origin(dir: &std::path::Path) -> String {
    let folder = std::path::absolute(dir)
        .ok()
        .and_then(|d| Some(d.file_name()?.to_string_lossy().into_owned()));
    let name = folder.unwrap_or_default();
    let plain: String = name
        .chars()
        .map(|c| {
            if c == '+' || c.is_whitespace() || c.is_control() {
                '-'
            } else {
                c
            }
        })
        .collect();
    format!("weighbridge.invalid/{plain}")
}
