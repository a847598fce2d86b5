//! `restore`: an account out of a backup, or a drill that only shows that it could be.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use weighbridge_journal::JournalError;

use super::backup::{object, tell};
use super::program;
use super::verify::{Found, Verify};
use crate::account::Account;
use crate::backup::Manifest;
use crate::printer::{Printer, shell};
use crate::progress::Progress;
use crate::restore::{self, Seen};
use crate::trouble::Trouble;

/// What a value of `--seen` is, where it is none.
const SEEN_FORM: &str = "SIZE | FILE";

/// Arguments of `restore`.
#[derive(Args, Debug)]
pub struct Restore {
    /// The backup; or the folder of a restored account, to say what was seen of it.
    #[arg(value_name = "FILE")]
    pub backup: PathBuf,
    /// New or empty folder.
    pub dir: Option<PathBuf>,
    /// Restores into a folder that is thrown away, verifies everything there, and says what came of it.
    #[arg(long, conflicts_with_all = ["dir", "seen"])]
    pub check: bool,
    /// The highest number of entries that any receipt shows, or a receipt or checkpoint; may be given several times.
    #[arg(long, value_name = "SIZE|FILE")]
    pub seen: Vec<String>,
}

impl Restore {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        let seen = (self.seen.iter())
            .map(|text| seen(text))
            .collect::<Result<Vec<_>, _>>()?;
        if self.check {
            return check(printer, &self.backup);
        }
        if self.dir.is_none() && self.backup.is_dir() {
            return confirm(printer, &self.backup, &seen);
        }
        let Some(dir) = &self.dir else {
            return Err(Trouble::Option {
                option: "DIR",
                given: String::new(),
                expected: "DIR | --check",
            });
        };
        let bar = Progress::new(&printer.texts.word("cli-restoring"), 0, false);
        let restored = restore::restore(
            &self.backup,
            dir,
            &seen,
            &program("restore"),
            &mut |done, total| bar.of(done, total),
        )?;
        drop(bar);
        let shown = dir.display().to_string();
        if printer.json {
            let mut object = object(&restored.manifest);
            object["dir"] = shown.into();
            object["hindrance"] = restored.hindrance.as_ref().map(JournalError::code).into();
            return printer.object(&object);
        }
        tell(printer, "cli-restore-done", &shown, &restored.manifest)?;
        state(printer, dir, restored.hindrance)?;
        printer.tell("cli-restore-next", &[("dir", shell(&shown).into())])
    }
}

/// A number, or what a file shows.
fn seen(text: &str) -> Result<Seen, Trouble> {
    if let Ok(size) = text.parse() {
        return Ok(Seen::Size(size));
    }
    let path = Path::new(text);
    let bytes = std::fs::read(path).map_err(Trouble::system(path))?;
    Seen::in_text(&String::from_utf8_lossy(&bytes)).ok_or(Trouble::Option {
        option: "--seen",
        given: text.to_owned(),
        expected: SEEN_FORM,
    })
}

fn confirm(printer: &Printer, dir: &Path, seen: &[Seen]) -> Result<(), Trouble> {
    if seen.is_empty() {
        return Err(Trouble::Option {
            option: "--seen",
            given: String::new(),
            expected: SEEN_FORM,
        });
    }
    let hindrance = restore::confirm(dir, seen, &program("restore"))?;
    if printer.json {
        let hindrance = hindrance.as_ref().map(JournalError::code);
        return printer.object(&serde_json::json!({
            "dir": dir.display().to_string(), "hindrance": hindrance,
        }));
    }
    state(printer, dir, hindrance)
}

/// Whether the account can be written, and what to do where it cannot.
fn state(printer: &Printer, dir: &Path, hindrance: Option<JournalError>) -> Result<(), Trouble> {
    let dir = shell(&dir.display().to_string());
    let Some(hindrance) = hindrance else {
        return printer.tell("cli-restore-goes_on", &[("dir", dir.into())]);
    };
    let trouble = Trouble::Journal(hindrance);
    let (text, remedy) = crate::printer::explain(&printer.texts, &trouble, Some(&dir));
    printer.tell(
        "cli-restore-held",
        &[("text", text.into()), ("remedy", remedy.into())],
    )
}

/// What the drill came to.
struct Drill {
    manifest: Manifest,
    found: Found,
    lines: usize,
    took: Duration,
}

fn check(printer: &Printer, file: &Path) -> Result<(), Trouble> {
    let begun = Instant::now();
    let bar = Progress::new(&printer.texts.word("cli-restoring"), 0, false);
    let unpacked = &mut |done, total| bar.of(done, total);
    let (manifest, found, lines) =
        restore::drill(file, &program("restore"), unpacked, |dir, manifest| {
            let verify = Verify {
                dir: dir.to_owned(),
                key: None,
            };
            let found = verify.examine(printer)?;
            let lines = match found.is_good() {
                true => replayed(dir)?,
                false => 0,
            };
            Ok((manifest.clone(), found, lines))
        })?;
    drop(bar);
    let drill = Drill {
        manifest,
        found: found.in_backup(&file.display().to_string()),
        lines,
        took: begun.elapsed(),
    };
    drill.show(printer, file)
}

/// Lines that count in the books folded from a folder.
fn replayed(dir: &Path) -> Result<usize, Trouble> {
    let account = Account::open_read(dir, None, &mut |_, _| {})?;
    let lines = account.books().substances.lines().iter();
    Ok(lines.filter(|line| line.is_live()).count())
}

impl Drill {
    fn show(&self, printer: &Printer, file: &Path) -> Result<(), Trouble> {
        let file = file.display().to_string();
        let seconds = format!("{:.1}", self.took.as_secs_f64());
        let good = self.found.is_good();
        if printer.json {
            let mut object = object(&self.manifest);
            object["ok"] = good.into();
            object["file"] = file.into();
            object["verify"] = self.found.json();
            object["replayed_lines"] = self.lines.into();
            object["seconds"] = seconds.into();
            printer.object(&object)?;
        } else {
            tell(printer, "cli-restore-whole", &file, &self.manifest)?;
            self.found.show(printer)?;
            let key = match good {
                true => "cli-restore-checked",
                false => "cli-restore-bad",
            };
            printer.tell(
                key,
                &[
                    ("file", file.into()),
                    ("lines", self.lines.into()),
                    ("seconds", seconds.into()),
                ],
            )?;
        }
        match good {
            true => Ok(()),
            false => Err(Trouble::Said),
        }
    }
}
