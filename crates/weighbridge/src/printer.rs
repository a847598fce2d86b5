//! The one place that writes to the terminal: data to standard output, everything else to standard error.

use std::io::{ErrorKind, IsTerminal, Write};
use std::path::Path;

use weighbridge_account::backup::BackupFault;
use weighbridge_books::registry::{Contradiction, Succession};
use weighbridge_journal::{JournalError, ReceiptError, StoreError};
use weighbridge_reports::{Arg, Lang, Table, Texts, terminal, views};

use crate::faults;
use crate::trouble::Trouble;

/// Columns of a terminal that does not tell.
const WIDTH: usize = 120;
/// Below this many columns a table is not readable and lines are left to wrap.
const NARROWEST: usize = 60;

/// What commands speak through.
pub struct Printer {
    /// The words.
    pub texts: Texts,
    /// Whether data is wanted as JSON.
    pub json: bool,
    /// The account that the command is about, as it is written on a command line; hints name it.
    pub account: Option<String>,
}

impl Printer {
    /// A printer in a language.
    #[must_use]
    pub fn new(lang: Lang, json: bool) -> Printer {
        Printer {
            texts: Texts::new(lang),
            json,
            account: None,
        }
    }

    /// A sentence.
    #[must_use]
    pub fn say(&self, key: &str, args: &[(&str, Arg<'_>)]) -> String {
        self.texts.say(key, args)
    }

    /// Writes bytes of data.
    ///
    /// # Errors
    /// [`Trouble::Closed`] where nobody reads any more; [`Trouble::System`].
    pub fn bytes(&self, data: &[u8]) -> Result<(), Trouble> {
        let mut out = std::io::stdout().lock();
        out.write_all(data)
            .and_then(|()| out.flush())
            .map_err(|error| match error.kind() {
                ErrorKind::BrokenPipe => Trouble::Closed,
                _ => Trouble::System {
                    path: "stdout".into(),
                    error,
                },
            })
    }

    /// Writes a line of data, or several.
    ///
    /// # Errors
    /// As [`Printer::bytes`].
    pub fn data(&self, text: &str) -> Result<(), Trouble> {
        let mut line = text.trim_end_matches('\n').to_owned();
        line.push('\n');
        self.bytes(line.as_bytes())
    }

    /// Writes a sentence of data.
    ///
    /// # Errors
    /// As [`Printer::bytes`].
    pub fn tell(&self, key: &str, args: &[(&str, Arg<'_>)]) -> Result<(), Trouble> {
        self.data(&self.say(key, args))
    }

    /// Writes JSON.
    ///
    /// # Errors
    /// As [`Printer::bytes`].
    pub fn object(&self, value: &impl serde::Serialize) -> Result<(), Trouble> {
        let text =
            serde_json::to_string_pretty(value).map_err(|_| Trouble::Fault("output as JSON"))?;
        self.data(&text)
    }

    /// Writes a table: as JSON where that is wanted, else for people.
    ///
    /// # Errors
    /// As [`Printer::bytes`].
    pub fn table(&self, table: Table) -> Result<(), Trouble> {
        if self.json {
            let mut out = Vec::new();
            weighbridge_reports::json::write(&table, &mut out)
                .map_err(|_| Trouble::Fault("output as JSON"))?;
            return self.bytes(&out);
        }
        let rows = table.rows.len();
        self.data(&weighbridge_reports::terminal::render(
            &views::brief(views::in_words(table, &self.texts)),
            &self.texts,
            width(),
        ))?;
        self.note(&self.say("cli-rows", &[("n", rows.into())]));
        Ok(())
    }

    /// Writes a line that is not data.
    pub fn note(&self, text: &str) {
        // Nobody can be told that standard error is closed.
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    /// What went wrong and what to do, in words.
    #[must_use]
    pub fn explain(&self, trouble: &Trouble) -> (String, String) {
        explain(&self.texts, trouble, self.account.as_deref())
    }

    /// Says what went wrong, where, and what to do.
    pub fn trouble(&self, trouble: &Trouble) {
        let (text, remedy) = self.explain(trouble);
        if text.is_empty() {
            return;
        }
        self.note(&self.say("cli-error", &[("text", text.into())]));
        if !remedy.is_empty() {
            self.note(&format!("  {remedy}"));
        }
    }
}

/// Columns of the terminal; none where the output goes elsewhere, so that nothing is cut.
#[must_use]
pub fn width() -> Option<usize> {
    if !std::io::stdout().is_terminal() {
        return None;
    }
    let columns = console::Term::stdout()
        .size_checked()
        .map(|(_, columns)| usize::from(columns));
    Some(columns.unwrap_or(WIDTH).max(NARROWEST))
}

/// A name as it is written on a command line: in quotes where a shell would take it apart.
#[must_use]
pub fn shell(name: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "_-./:,+@%=~".contains(c);
    if !name.is_empty() && name.chars().all(plain) && !name.starts_with('~') {
        name.to_owned()
    } else {
        format!("'{}'", name.replace('\'', "'\\''"))
    }
}

/// What went wrong and what to do, in words; hints at other commands name the account.
#[must_use]
pub fn explain(texts: &Texts, trouble: &Trouble, account: Option<&str>) -> (String, String) {
    let code = trouble.code();
    let both = |prefix: &str, remedy: &str, args: &[(&str, Arg<'_>)]| {
        (
            texts.say(&format!("{prefix}-{code}"), args),
            texts.say(&format!("{remedy}-{code}"), args),
        )
    };
    let own = |args: &[(&str, Arg<'_>)]| both("trouble", "trouble_remedy", args);
    let shown = |path: &Path| path.display().to_string();
    match trouble {
        Trouble::Journal(error) => {
            let detail = journal_detail(error);
            let dir = account.unwrap_or("DIR");
            let args = [("detail", detail.into()), ("dir", dir.into())];
            both("error", "error_remedy", &args)
        }
        Trouble::Receipt(error) => {
            let detail = match error {
                ReceiptError::Format(what) => (*what).to_owned(),
                ReceiptError::Header(error) => faults::header(texts, error),
                ReceiptError::Proof(error) => error.to_string(),
                ReceiptError::Checkpoint(_) | ReceiptError::Row | ReceiptError::Shown => {
                    String::new()
                }
            };
            both("error", "error_remedy", &[("detail", detail.into())])
        }
        Trouble::Key(error) => both(
            "error",
            "error_remedy",
            &[("detail", error.to_string().into())],
        ),
        Trouble::KeyFile { path, error } => {
            let (text, remedy) = both(
                "error",
                "error_remedy",
                &[("detail", error.to_string().into())],
            );
            let args = [("name", shown(path).into()), ("text", text.into())];
            (texts.say("cli-in_file", &args), remedy)
        }
        Trouble::File { name, issue } => {
            let (text, remedy) = weighbridge_account::explained::file(texts, issue);
            let args = [("name", name.into()), ("text", text.into())];
            (texts.say("cli-in_file", &args), remedy)
        }
        Trouble::System { path, error } => own(&[
            ("path", shown(path).into()),
            ("detail", error.to_string().into()),
        ]),
        Trouble::Certificate { path, detail, .. } => {
            own(&[("path", shown(path).into()), ("detail", detail.into())])
        }
        Trouble::NoFolder(path)
        | Trouble::NotAFolder(path)
        | Trouble::OfAccount(path)
        | Trouble::KeyMissing(path)
        | Trouble::CheckpointFile(path)
        | Trouble::NotEmpty(path)
        | Trouble::FileThere(path)
        | Trouble::NotAFile(path) => own(&[("path", shown(path).into())]),
        Trouble::Backup { path, at, fault } => {
            let (name, expected, found) = backup_args(texts, fault);
            own(&[
                ("path", shown(path).into()),
                ("at", at.to_string().into()),
                ("name", name.into()),
                ("expected", expected.into()),
                ("found", found.into()),
            ])
        }
        Trouble::Body { seq, damaged } => own(&[
            ("seq", seq.to_string().into()),
            ("detail", faults::part(texts, *damaged).into()),
        ]),
        Trouble::Unsigned { size, error } => {
            // What the journal says of a full disk is about entries, and these were kept.
            let detail = match error {
                JournalError::Store(StoreError::DiskFull) => texts.word("cause-disk_full"),
                other => journal_detail(other),
            };
            own(&[("size", (*size).into()), ("detail", detail.into())])
        }
        Trouble::TooLargeFor64Bits(column) => own(&[("column", (*column).into())]),
        Trouble::RowErased { seq } => own(&[("seq", seq.to_string().into())]),
        Trouble::KeyUsed { name, seq } => {
            own(&[("name", name.into()), ("seq", seq.to_string().into())])
        }
        Trouble::FileChanged(name) => own(&[("name", name.into())]),
        Trouble::RowShared { name, lines, more } => {
            let mut lines = lines.clone();
            if *more > 0 {
                lines.push(texts.say("summary-more", &[("n", (*more).into())]));
            }
            own(&[("name", name.into()), ("lines", lines.join("; ").into())])
        }
        Trouble::Unknown { what, name } => {
            let remedy = format!("trouble_remedy-unknown_{what}");
            let kind = texts.word(&format!("what-{what}"));
            let (text, general) = own(&[("what", kind.into()), ("name", name.into())]);
            match account.filter(|_| texts.has(&remedy)) {
                Some(dir) => (text, texts.say(&remedy, &[("dir", dir.into())])),
                None => (text, general),
            }
        }
        Trouble::Succession(contradiction) => own(&succession_args(texts, contradiction)),
        Trouble::Option {
            option,
            given,
            expected,
        } => {
            let args = [
                ("option", (*option).into()),
                ("given", given.into()),
                ("expected", texts.expected("", expected).into()),
            ];
            if given.is_empty() {
                let remedy = texts.say("trouble_remedy-option_invalid", &args);
                (texts.say("trouble-option_missing", &args), remedy)
            } else {
                own(&args)
            }
        }
        Trouble::Random | Trouble::NothingRead | Trouble::IdentityNumber => own(&[]),
        Trouble::Fault(what) => own(&[("detail", (*what).into())]),
        Trouble::Said | Trouble::Closed => (String::new(), String::new()),
    }
}

/// The file in a backup, what was expected of it and what was found.
fn backup_args(texts: &Texts, fault: &BackupFault) -> (String, String, String) {
    let none = String::new;
    match fault {
        BackupFault::NotOne | BackupFault::Fill | BackupFault::Manifest => (none(), none(), none()),
        BackupFault::Truncated { expected, found } => {
            (none(), expected.to_string(), found.to_string())
        }
        BackupFault::Name(name)
        | BackupFault::Header(name)
        | BackupFault::Order(name)
        | BackupFault::Missing(name)
        | BackupFault::Unlisted(name) => (terminal::clean(name), none(), none()),
        BackupFault::Changed {
            name,
            expected,
            found,
        } => (name.clone(), expected.clone(), found.clone()),
        BackupFault::TooNew { found } => {
            (none(), BackupFault::known().to_string(), found.to_string())
        }
        BackupFault::Contents(what) => (texts.code("backup", what), none(), none()),
    }
}

/// What a refused merger or split is told with.
fn succession_args<'a>(
    texts: &Texts,
    contradiction: &'a Contradiction,
) -> Vec<(&'static str, Arg<'a>)> {
    let told = |s: &Succession| {
        let args = [
            ("holder", Arg::from(&s.from)),
            ("into", Arg::from(&s.to)),
            ("date", Arg::from(s.on.to_string())),
        ];
        match &s.site {
            None => texts.say("cli-holders-merger", &args),
            Some(site) => {
                let site = [("site", Arg::from(site))];
                texts.say("cli-holders-split", &[args.as_slice(), &site].concat())
            }
        }
    };
    match contradiction {
        Contradiction::Itself { holder } => vec![("holder", holder.into())],
        Contradiction::InFuture { on, latest } => vec![
            ("date", on.to_string().into()),
            ("latest", latest.to_string().into()),
        ],
        Contradiction::HolderMerged {
            holder,
            answers,
            earlier,
        } => vec![
            ("holder", holder.into()),
            ("answers", answers.into()),
            ("earlier", told(earlier).into()),
        ],
        Contradiction::HolderActsLater { holder, earlier } => {
            vec![("holder", holder.into()), ("earlier", told(earlier).into())]
        }
        Contradiction::SiteNotHeld {
            site,
            holder,
            holds,
            earlier,
        } => {
            let earlier = earlier.as_ref().map(|e| told(e)).unwrap_or_default();
            let is_known = if earlier.is_empty() { "no" } else { "yes" };
            vec![
                ("site", site.into()),
                ("holder", holder.into()),
                ("holds", holds.into()),
                ("known", is_known.into()),
                ("earlier", earlier.into()),
            ]
        }
        Contradiction::SiteGivenLater { site, earlier } => {
            vec![("site", site.into()), ("earlier", told(earlier).into())]
        }
    }
}

/// What an error of the journal is about: names and numbers, the same in every language as far as they are ours.
pub(crate) fn journal_detail(error: &JournalError) -> String {
    match error {
        JournalError::Store(store) => match store {
            StoreError::Busy { holder } => holder.clone(),
            StoreError::ReadOnly(x)
            | StoreError::Io(x)
            | StoreError::NotFound(x)
            | StoreError::Exists(x)
            | StoreError::NotAJournal(x) => x.clone(),
            StoreError::Damaged {
                seq: Some(seq),
                what,
            } => format!("#{seq}, {what}"),
            StoreError::Damaged { seq: None, what } => what.clone(),
            StoreError::TooNew { found, known } => format!("{found} > {known}"),
            StoreError::DiskFull | StoreError::HeadMoved { .. } | StoreError::Conflict { .. } => {
                String::new()
            }
        },
        JournalError::Stopped(x)
        | JournalError::Created(x)
        | JournalError::WrongKey { expected: x } => x.clone(),
        JournalError::Refused { what, .. } => (*what).to_owned(),
        JournalError::Fork { size, signed } => format!("{size} < {signed}"),
        JournalError::Unconfirmed { size } => size.to_string(),
        // Entries are counted from 0: of 5 that were signed, those after 3 are 3 and 4.
        JournalError::Behind { size, seen } if size + 1 == *seen => size.to_string(),
        JournalError::Behind { size, seen } => format!("{size}–{}", seen - 1),
        JournalError::NoEntry { seq, size } => format!("{seq} ≥ {size}"),
        JournalError::NotCovered { seq } => seq.to_string(),
        JournalError::Checkpoint { error, .. } => error.to_string(),
        JournalError::Key(error) => error.to_string(),
        JournalError::Time | JournalError::NotCreated | JournalError::Origin => String::new(),
    }
}
