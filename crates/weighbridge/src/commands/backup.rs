//! `backup`: everything that an account is, in one file.

use std::path::PathBuf;

use clap::Args;
use weighbridge_measure::Timestamp;

use crate::account::{KEY, RECEIPTS};
use crate::backup::{self, Made, Manifest, Secrets};
use crate::blobs::BLOBS;
use crate::clock;
use crate::output::writable;
use crate::printer::{Printer, shell};
use crate::progress::Progress;
use crate::trouble::Trouble;

/// Version of the program.
pub(super) const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Arguments of `backup`.
#[derive(Args, Debug)]
pub struct Backup {
    /// Folder of the account.
    pub dir: PathBuf,
    /// File to write; there must be none of this name.
    pub file: PathBuf,
    /// Leaves out the secret key and the users.
    #[arg(long)]
    pub without_secrets: bool,
}

impl Backup {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        writable(&self.file)?;
        let secrets = match self.without_secrets {
            true => Secrets::Without,
            false => Secrets::With,
        };
        let made = Made {
            program: VERSION,
            now_us: clock::now_us(),
        };
        let bar = Progress::new(&printer.texts.word("cli-backing_up"), 0, false);
        let manifest = backup::write(&self.dir, &self.file, secrets, made, &mut |done, total| {
            bar.of(done, total);
        })?;
        drop(bar);
        let file = self.file.display().to_string();
        if printer.json {
            let mut object = object(&manifest);
            object["file"] = file.into();
            printer.object(&object)?;
        } else {
            tell(printer, "cli-backup-done", &file, &manifest)?;
        }
        if !manifest.erased.is_empty() && !printer.json {
            printer.tell("cli-backup-erased", &[("n", manifest.erased.len().into())])?;
        }
        // Loudly, and past whatever takes the data.
        let warning = match (secrets, manifest.count(KEY)) {
            (Secrets::Without, _) => "cli-backup-without_secrets",
            (Secrets::With, 0) => "cli-backup-no_key",
            (Secrets::With, _) => "cli-backup-secrets",
        };
        let name = [("file", shell(&self.file.display().to_string()).into())];
        printer.note(&printer.say(warning, &name));
        if printer.json {
            return Ok(());
        }
        printer.tell("cli-backup-next", &name)
    }
}

/// What a backup says of itself, with a sentence of one's own.
pub(super) fn tell(
    printer: &Printer,
    key: &str,
    file: &str,
    manifest: &Manifest,
) -> Result<(), Trouble> {
    let last = manifest.last_recorded_at_us;
    let last = last.map_or_else(
        || "–".to_owned(),
        |us| Timestamp::from_micros(us).to_string(),
    );
    let made = Timestamp::from_micros(manifest.made_at_us).to_string();
    printer.tell(
        key,
        &[
            ("file", file.into()),
            ("origin", (&manifest.origin).into()),
            ("entries", manifest.entries.into()),
            ("signed", manifest.signed.into()),
            ("last", last.into()),
            ("made", made.into()),
            ("program", (&manifest.program).into()),
            ("files", manifest.members.len().into()),
            ("blobs", manifest.count(BLOBS).into()),
            ("receipts", manifest.count(RECEIPTS).into()),
            ("bytes", manifest.bytes().into()),
        ],
    )
}

/// A manifest for programs, without its list.
pub(super) fn object(manifest: &Manifest) -> serde_json::Value {
    let time = |us: i64| Timestamp::from_micros(us).to_string();
    serde_json::json!({
        "version": manifest.version,
        "program": manifest.program,
        "made_at": time(manifest.made_at_us),
        "origin": manifest.origin,
        "public_key": manifest.key,
        "entries": manifest.entries,
        "root": manifest.root,
        "last_recorded_at": manifest.last_recorded_at_us.map(time),
        "signed": manifest.signed,
        "secrets": manifest.secrets,
        "files": manifest.members.len(),
        "bytes": manifest.bytes(),
        "originals": manifest.count(BLOBS),
        "receipts": manifest.count(RECEIPTS),
        "erased": manifest.erased.len(),
    })
}
