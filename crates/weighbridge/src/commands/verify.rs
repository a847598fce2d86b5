//! `verify`: everything re-read, re-hashed, re-decoded and re-computed, and what is kept beside the journal compared with
//! it; the first wrong entry is named.

use std::collections::HashSet;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use clap::Args;
use weighbridge_journal::{Checkpoint, Note, Place, Report, SqliteStore, Store, Verifier, sqlite};

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
        let found = self.examine(printer)?;
        found.show_all(printer)?;
        if found.is_good() {
            Ok(())
        } else {
            Err(Trouble::Said)
        }
    }

    /// Everything that is to be found in the account, read again.
    pub(super) fn examine(&self, printer: &Printer) -> Result<Found, Trouble> {
        let store = SqliteStore::open_read(&self.dir)?;
        let (key, from) = self.key(&store)?;
        let copy = Copy::of(&self.dir.join(sqlite::CHECKPOINT))?;
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
        let faults = Wrong::all(printer, &report, &counted, &originals);
        let signed = latest.and_then(|c| Checkpoint::verify(&c.note, &key).ok());
        // The file beside the journal is a copy for people; without it, the statement is in the journal.
        let kept = self.dir.join(match copy {
            Copy::There => sqlite::CHECKPOINT,
            Copy::Missing => sqlite::DATABASE,
        });
        let under = signed.map(|checkpoint| Signed {
            checkpoint,
            path: shown(&kept),
            key: from,
        });
        let missing = copy == Copy::Missing && stored > 0;
        Ok(Found {
            unnamed: Unnamed::among(&blobs, &counted, &faults),
            report,
            counted,
            originals,
            faults,
            under,
            copy_missing: missing.then(|| shown(&self.dir.join(sqlite::CHECKPOINT))),
        })
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

/// The copy of the last checkpoint beside the journal.
#[derive(PartialEq, Eq)]
enum Copy {
    There,
    Missing,
}

impl Copy {
    /// # Errors
    /// [`Trouble::CheckpointFile`] where the file is none: the journal would not be read beyond it.
    fn of(path: &Path) -> Result<Copy, Trouble> {
        let bytes = match std::fs::read(path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Copy::Missing),
            Err(error) => return Err(Trouble::system(path)(error)),
        };
        let text = String::from_utf8_lossy(&bytes);
        let note = Note::parse(&text).ok();
        match note.and_then(|note| Checkpoint::parse(note.unverified_text()).ok()) {
            Some(_) => Ok(Copy::There),
            None => Err(Trouble::CheckpointFile(path.to_owned())),
        }
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

impl Wrong {
    /// Everything that is wrong, by place.
    fn all(
        printer: &Printer,
        report: &Report,
        counted: &Recount,
        originals: &Originals,
    ) -> Vec<Wrong> {
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
        faults
    }
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
pub(super) struct Found {
    report: Report,
    counted: Recount,
    originals: Originals,
    faults: Vec<Wrong>,
    under: Option<Signed>,
    unnamed: Unnamed,
    /// Where the copy of the last checkpoint should be and is not.
    copy_missing: Option<String>,
}

impl Found {
    /// Whether nothing is wrong.
    pub(super) fn is_good(&self) -> bool {
        self.faults.is_empty()
    }

    /// As something found in a backup: the folder that it was restored into is nowhere to be looked at.
    pub(super) fn in_backup(mut self, file: &str) -> Found {
        if let Some(under) = &mut self.under {
            file.clone_into(&mut under.path);
            file.clone_into(&mut under.key);
        }
        self
    }

    fn show_all(&self, printer: &Printer) -> Result<(), Trouble> {
        if let Some(path) = &self.copy_missing {
            printer.note(&printer.say("cli-verify-copy_missing", &[("path", path.into())]));
        }
        if printer.json {
            printer.object(&self.json())
        } else {
            self.show(printer)
        }
    }

    pub(super) fn json(&self) -> serde_json::Value {
        let (report, kept) = (&self.report, &self.originals);
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
            "checkpoint": self.under.as_ref().map(|u| serde_json::json!({
                "origin": u.checkpoint.origin, "size": u.checkpoint.size, "path": u.path, "key": u.key,
            })),
        })
    }

    pub(super) fn show(&self, printer: &Printer) -> Result<(), Trouble> {
        let report = &self.report;
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
        if let Some(under) = &self.under {
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
        for f in &self.faults {
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
