//! `verify`: everything re-read, re-hashed, re-decoded and re-computed, and what is kept beside the journal compared with
//! it; the first wrong entry is named.

use std::collections::HashSet;
use std::path::{Path, PathBuf};

use clap::Args;
use weighbridge_journal::{Checkpoint, Place, SqliteStore, Store, Verifier, sqlite};

use super::receipt::verifier;
use crate::account::PUBLIC_KEY;
use crate::blobs::{Blobs, hex};
use crate::faults;
use crate::originals::{self, Originals};
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
        let (key, from) = self.key(&store)?;
        // Before the entries are read: what a writer puts meanwhile is not taken for something that no entry names.
        let blobs = Blobs::of(&self.dir).list();
        let bar = Progress::new(&printer.texts.word("cli-verifying"), 0, false);
        let report =
            weighbridge_journal::verify(&store, &key, &mut |done, total| bar.of(done, total));
        let counted = recount(&store, &mut |done| bar.at(done));
        let kept = counted.kept.len() as u64;
        let originals =
            originals::check(&store, &Blobs::of(&self.dir), &counted.kept, &mut |done| {
                bar.of(done, kept);
            });
        drop(bar);
        let (stored, latest) = (store.checkpoints()?.len(), store.latest_checkpoint()?);
        if self.key.is_some() && report.checkpoints == 0 && stored > 0 && !printer.json {
            printer.tell(
                "cli-verify-other-key",
                &[("n", stored.into()), ("key", from.into())],
            )?;
            return Err(Trouble::Said);
        }
        let mut faults: Vec<Wrong> = report
            .faults
            .iter()
            .map(|f| Wrong {
                place: f.place.clone(),
                code: f.kind.code(),
                detail: f.detail.to_string(),
                said: faults::of_journal(&printer.texts, &f.detail),
            })
            .collect();
        // An entry whose bytes were changed is named once, by the journal.
        let ours = counted
            .faults
            .iter()
            .filter(|f| !report.faults.iter().any(|g| g.place == Place::Entry(f.seq)));
        faults.extend(ours.chain(&originals.faults).map(|f| Wrong {
            place: Place::Entry(f.seq),
            code: f.code,
            detail: f.detail.to_string(),
            said: faults::of_books(&printer.texts, &f.detail),
        }));
        faults.sort_by(|a, b| a.place.cmp(&b.place));
        let signed = latest.and_then(|c| Checkpoint::verify(&c.note, &key).ok());
        // The file beside the journal is a copy for people; without it, the statement is in the journal.
        let beside = Some(self.dir.join(sqlite::CHECKPOINT)).filter(|path| path.exists());
        let kept = beside.unwrap_or_else(|| self.dir.join(sqlite::DATABASE));
        let under = signed.map(|checkpoint| Signed {
            checkpoint,
            path: shown(&kept),
            key: from,
        });
        let unnamed = Unnamed::among(&blobs, &counted, &faults);
        let found = Found {
            unnamed,
            report: &report,
            counted: &counted,
            originals: &originals,
            faults: &faults,
            under: under.as_ref(),
        };
        if printer.json {
            printer.object(&found.json())?;
        } else {
            found.show(printer)?;
        }
        if faults.is_empty() {
            Ok(())
        } else {
            Err(Trouble::Said)
        }
    }

    /// The key given, else the one beside the journal, else the journal's own; and where it is from.
    fn key(&self, store: &SqliteStore) -> Result<(Verifier, String), Trouble> {
        if let Some(key) = &self.key {
            return Ok((verifier(key)?, key.clone()));
        }
        let beside = self.dir.join(PUBLIC_KEY);
        if beside.exists() {
            return Ok((verifier(&shown(&beside))?, shown(&beside)));
        }
        let own = store.meta_get("journal.vkey")?.unwrap_or_default();
        Ok((
            Verifier::parse(&own)?,
            shown(&self.dir.join(sqlite::DATABASE)),
        ))
    }
}

/// The latest signed checkpoint, where it is kept, and the key that signed it.
struct Signed {
    checkpoint: Checkpoint,
    path: String,
    key: String,
}

fn shown(path: &Path) -> String {
    path.display().to_string()
}

/// Something that is wrong, found by the journal or by computing again.
struct Wrong {
    place: Place,
    code: &'static str,
    /// More, for programs.
    detail: String,
    /// More, in the language of the texts.
    said: String,
}

/// A place in words.
fn place(printer: &Printer, place: &Place) -> String {
    match place {
        Place::Entry(seq) => printer.say("place-entry", &[("seq", seq.to_string().into())]),
        Place::Checkpoint(size) => {
            printer.say("place-checkpoint", &[("size", size.to_string().into())])
        }
        Place::Tile { level, index } => printer.say(
            "place-tile",
            &[
                ("level", level.to_string().into()),
                ("index", index.to_string().into()),
            ],
        ),
        Place::Private(name) => printer.say("place-private", &[("name", name.into())]),
        Place::Store => printer.say("place-store", &[]),
    }
}

/// Blobs that no entry names: no fault, and nothing that can be read by anybody.
#[derive(Default)]
struct Unnamed {
    blobs: u64,
    bytes: u64,
}

impl Unnamed {
    /// None are told of where an entry is wrong: it could be the one that names them.
    fn among(blobs: &[([u8; 32], u64)], counted: &Recount, faults: &[Wrong]) -> Unnamed {
        let mut unnamed = Unnamed::default();
        if (faults.iter()).any(|f| !matches!(f.place, Place::Private(_))) {
            return unnamed;
        }
        let named: HashSet<[u8; 32]> = counted.kept.iter().map(|kept| kept.hash).collect();
        for (_, bytes) in blobs.iter().filter(|(name, _)| !named.contains(name)) {
            unnamed.blobs += 1;
            unnamed.bytes += bytes;
        }
        unnamed
    }
}

/// Everything that was found, to be shown.
struct Found<'a> {
    report: &'a weighbridge_journal::Report,
    counted: &'a Recount,
    originals: &'a Originals,
    faults: &'a [Wrong],
    under: Option<&'a Signed>,
    unnamed: Unnamed,
}

impl Found<'_> {
    fn json(&self) -> serde_json::Value {
        let (report, kept) = (self.report, self.originals);
        let list: Vec<_> = (self.faults.iter())
            .map(|f| serde_json::json!({"place": f.place.to_string(), "code": f.code, "detail": f.detail}))
            .collect();
        serde_json::json!({
            "ok": self.faults.is_empty(),
            "entries": report.entries,
            "bytes": report.bytes,
            "tiles": report.tiles,
            "checkpoints": report.checkpoints,
            "signed": report.signed,
            "root": hex(&report.root),
            "lines": self.counted.lines,
            "recomputed": self.counted.recomputed,
            "private": report.private,
            "originals": {"checked": kept.checked, "erased": kept.erased, "damaged": kept.damaged},
            "unnamed": {"blobs": self.unnamed.blobs, "bytes": self.unnamed.bytes},
            "faults": list,
            "checkpoint": self.under.map(|u| serde_json::json!({
                "origin": u.checkpoint.origin, "size": u.checkpoint.size, "path": u.path, "key": u.key,
            })),
        })
    }

    fn show(&self, printer: &Printer) -> Result<(), Trouble> {
        let report = self.report;
        printer.tell(
            "cli-verify-read",
            &[
                ("entries", report.entries.into()),
                ("bytes", report.bytes.into()),
                ("tiles", report.tiles.into()),
            ],
        )?;
        printer.tell(
            "cli-verify-signed",
            &[
                ("signed", report.signed.into()),
                ("checkpoints", report.checkpoints.into()),
            ],
        )?;
        if let Some(under) = self.under {
            printer.tell(
                "cli-verify-checkpoint",
                &[
                    ("path", (&under.path).into()),
                    ("origin", (&under.checkpoint.origin).into()),
                    ("size", under.checkpoint.size.into()),
                    ("key", (&under.key).into()),
                ],
            )?;
        }
        printer.tell(
            "cli-verify-lines",
            &[
                ("lines", self.counted.lines.into()),
                ("recomputed", self.counted.recomputed.into()),
            ],
        )?;
        printer.tell(
            "cli-verify-kept",
            &[
                ("private", report.private.into()),
                ("checked", self.originals.checked.into()),
                ("erased", self.originals.erased.into()),
                ("damaged", self.originals.damaged.into()),
            ],
        )?;
        if self.unnamed.blobs > 0 {
            printer.tell(
                "cli-verify-unnamed",
                &[
                    ("n", self.unnamed.blobs.into()),
                    ("bytes", self.unnamed.bytes.into()),
                ],
            )?;
        }
        self.conclude(printer)
    }

    fn conclude(&self, printer: &Printer) -> Result<(), Trouble> {
        let Some(first) = self.faults.first() else {
            return printer.tell(
                "cli-verify-good",
                &[("root", hex(&self.report.root).into())],
            );
        };
        printer.tell(
            "cli-verify-bad",
            &[
                ("place", place(printer, &first.place).into()),
                ("n", self.faults.len().into()),
            ],
        )?;
        for f in self.faults {
            let (place, fault) = (
                place(printer, &f.place),
                printer.texts.code("fault", f.code),
            );
            let (place, fault) = (("place", place.into()), ("fault", fault.into()));
            if f.said.is_empty() {
                printer.tell("cli-verify-fault", &[place, fault])?;
            } else {
                let detail = ("detail", (&f.said).into());
                printer.tell("cli-verify-fault_detail", &[place, fault, detail])?;
            }
        }
        Ok(())
    }
}
