//! `verify`: everything re-read, re-hashed, re-decoded and re-computed; the first wrong entry is named.

use std::path::{Path, PathBuf};

use clap::Args;
use weighbridge_journal::{SqliteStore, Store, Verifier};

use super::receipt::verifier;
use crate::account::PUBLIC_KEY;
use crate::blobs::hex;
use crate::printer::Printer;
use crate::progress::Progress;
use crate::recount::{Recount, recount};
use crate::trouble::Trouble;

/// Arguments of `verify`.
#[derive(Args, Debug)]
pub struct Verify {
    /// Folder of the account.
    pub dir: PathBuf,
    /// Public key from somebody else than the journal: a file, or the key itself.
    #[arg(long, value_name = "FILE|KEY")]
    pub key: Option<String>,
}

impl Verify {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        let store = SqliteStore::open_read(&self.dir)?;
        let key = self.key(&store)?;
        let bar = Progress::new(&printer.texts.word("cli-verifying"), 0, false);
        let report = weighbridge_journal::verify(&store, &key, &mut |done, total| bar.of(done, total));
        let counted = recount(&store, &mut |done| bar.at(done));
        drop(bar);
        let mut faults: Vec<(String, &'static str, String, Option<u64>)> = report
            .faults
            .iter()
            .map(|f| {
                let seq = match f.place {
                    weighbridge_journal::Place::Entry(seq) => Some(seq),
                    _ => None,
                };
                (f.place.to_string(), f.kind.code(), f.detail.clone(), seq)
            })
            .collect();
        // An entry whose bytes were changed is named once, by the journal.
        let named: Vec<u64> = faults.iter().filter_map(|f| f.3).collect();
        let ours = counted.faults.iter().filter(|f| !named.contains(&f.seq));
        faults.extend(ours.map(|f| (format!("entry {}", f.seq), f.code, f.detail.clone(), Some(f.seq))));
        faults.sort_by_key(|f| f.3.unwrap_or(u64::MAX));
        let lines: Vec<_> = faults.iter().map(|(place, code, detail, _)| (place.clone(), *code, detail.clone())).collect();
        show(printer, &report, &counted, &lines)?;
        if lines.is_empty() { Ok(()) } else { Err(Trouble::Said) }
    }

    /// The key given, else the one beside the journal, else the journal's own.
    fn key(&self, store: &SqliteStore) -> Result<Verifier, Trouble> {
        if let Some(key) = &self.key {
            return verifier(key);
        }
        let beside = self.dir.join(PUBLIC_KEY);
        if beside.exists() {
            return verifier(&shown(&beside));
        }
        let own = store.meta_get("journal.vkey")?.unwrap_or_default();
        Ok(Verifier::parse(&own)?)
    }
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

fn show(
    printer: &Printer,
    report: &weighbridge_journal::Report,
    counted: &Recount,
    faults: &[(String, &'static str, String)],
) -> Result<(), Trouble> {
    if printer.json {
        let list: Vec<_> = faults
            .iter()
            .map(|(place, code, detail)| serde_json::json!({"place": place, "code": code, "detail": detail}))
            .collect();
        return printer.object(&serde_json::json!({
            "ok": faults.is_empty(),
            "entries": report.entries,
            "bytes": report.bytes,
            "tiles": report.tiles,
            "checkpoints": report.checkpoints,
            "signed": report.signed,
            "root": hex(&report.root),
            "lines": counted.lines,
            "recomputed": counted.recomputed,
            "faults": list,
        }));
    }
    printer.tell(
        "cli-verify-read",
        &[("entries", report.entries.into()), ("bytes", report.bytes.into()), ("tiles", report.tiles.into())],
    )?;
    printer.tell(
        "cli-verify-signed",
        &[("signed", report.signed.into()), ("checkpoints", report.checkpoints.into())],
    )?;
    printer.tell(
        "cli-verify-lines",
        &[("lines", counted.lines.into()), ("recomputed", counted.recomputed.into())],
    )?;
    let Some((place, ..)) = faults.first() else {
        return printer.tell("cli-verify-good", &[("root", hex(&report.root).into())]);
    };
    printer.tell("cli-verify-bad", &[("place", place.into()), ("n", faults.len().into())])?;
    for (place, code, detail) in faults {
        let fault = printer.texts.code("fault", code);
        printer.tell("cli-verify-fault", &[("place", place.into()), ("fault", fault.into()), ("detail", detail.into())])?;
    }
    Ok(())
}
