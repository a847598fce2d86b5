//! `demo`: a seeded synthetic province, written as files and imported through the same importers that a user uses.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use clap::Args;
use weighbridge_books::substances::line::LineNo;
use weighbridge_books::substances::movement::Text;
use weighbridge_books::substances::trace::Direction;
use weighbridge_detection::Population;
use weighbridge_detection::unexplained::{Review, Survey};
use weighbridge_journal::SqliteStore;
use weighbridge_reports::unexplained::{self as said, Calibrated};
use weighbridge_reports::{CheckResult, Sources};
use weighbridge_simulate::province::Truth;
use weighbridge_simulate::{Plan, Province, Seed, SimFile};

use weighbridge_web::Transport;
use weighbridge_web::access::{Role, Scope, Standing};
use weighbridge_web::users::Users;

use super::program;
use super::serve::Listen;
use crate::account::{Account, How, Imported, Keep, Who};
use crate::cli;
use crate::input::Incoming;
use crate::planted::{Found, VISITS, found};
use crate::printer::{Printer, width};
use crate::progress::Progress;
use crate::trouble::Trouble;

/// Folder of the files as the firms sent them.
const FILES: &str = "files";
/// Name of the register among them.
const HOLDERS: &str = "holders.csv";
/// Time of day at which generated files arrive, in µs: the day's movements are over.
const ARRIVAL_US: i64 = 20 * 3_600 * 1_000_000;
/// Batches between two signed checkpoints.
const BATCHES_A_CHECKPOINT: u64 = 64;

/// Days of a month, at most: the review of a demonstration is all of it.
const DAYS_A_MONTH: i32 = 31;
/// Days in which the reports of a month come in.
const REPORTS_COME_IN_DAYS: i32 = 15;
/// Lines that are looked at for a lot worth following.
const LOTS_TRIED: usize = 2_000;

/// Arguments of `demo`.
#[derive(Args, Debug)]
pub struct Demo {
    /// Folder to make.
    #[arg(default_value = "weighbridge-demo")]
    pub dir: PathBuf,
    /// Everything follows from it.
    #[arg(long, default_value_t = 1, value_name = "N")]
    pub seed: u64,
    /// Firms and institutions.
    #[arg(long, default_value_t = 400, value_name = "N", value_parser = cli::within::<10, 100_000>)]
    pub holders: u32,
    /// Months.
    #[arg(long, default_value_t = 24, value_name = "N", value_parser = cli::within::<1, 240>)]
    pub months: u32,
    /// Address and port of the pages.
    #[arg(long, value_name = "ADDR:PORT", default_value = super::serve::LISTEN)]
    pub listen: String,
    /// Ends without opening pages.
    #[arg(long)]
    pub no_serve: bool,
}

/// How long a step took.
struct Steps(Vec<(&'static str, Duration)>);

impl Steps {
    fn add(&mut self, step: &'static str, took: Duration) {
        match self.0.iter_mut().find(|(name, _)| *name == step) {
            Some((_, sum)) => *sum += took,
            None => self.0.push((step, took)),
        }
    }

    fn time<T>(&mut self, step: &'static str, work: impl FnOnce() -> T) -> T {
        let since = Instant::now();
        let result = work();
        self.add(step, since.elapsed());
        result
    }
}

#[derive(Default)]
struct Counts {
    files: u64,
    repeated: u64,
    repeated_lines: u64,
    refused: u64,
    refused_lines: u64,
    lines: u64,
}

impl Demo {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        let begun = Instant::now();
        let address = super::serve::address(&self.listen)?;
        if !address.ip().is_loopback() {
            return Err(Trouble::Option {
                option: "--listen",
                given: self.listen,
                expected: super::serve::LISTEN,
            });
        }
        if std::fs::read_dir(&self.dir).is_ok_and(|mut d| d.next().is_some()) {
            return Err(Trouble::NotEmpty(self.dir));
        }
        let mut steps = Steps(Vec::new());
        // About 300,000 lines for the default size, in proportion for others.
        let base = Plan::default();
        let cells = u64::from(self.holders) * u64::from(self.months);
        let lines = base.lines * cells / (u64::from(base.holders) * u64::from(base.months)).max(1);
        let losses = (base.losses * self.holders).div_ceil(base.holders);
        let plan = Plan {
            seed: Seed(self.seed),
            holders: self.holders,
            months: self.months,
            lines: lines.max(100),
            losses,
            ..base
        };
        let province = Province::new(plan);
        let files = self.dir.join(FILES);
        std::fs::create_dir_all(&files).map_err(Trouble::system(&files))?;
        let mut account = Account::create(
            &self.dir,
            "demo.weighbridge.invalid/province",
            &program("demo"),
        )?;
        account.mark_synthetic(self.seed)?;
        let (counts, truth) =
            self.import_all(&mut account, &province, &files, &mut steps, printer)?;
        let firm = self.report(&mut account, &counts, &truth, steps, begun, printer)?;
        if self.no_serve || printer.json {
            return Ok(());
        }
        let users = super::serve::users(&self.dir)?;
        let links = roles(&self.dir, &users, firm, printer)?;
        let at = Listen {
            address,
            transport: Transport::Local,
            admin: None,
            tls: None,
        };
        super::serve::listen(&self.dir, account, users, &at, &links, printer)
    }

    fn import_all(
        &self,
        account: &mut Account<SqliteStore>,
        province: &Province,
        folder: &Path,
        steps: &mut Steps,
        printer: &Printer,
    ) -> Result<(Counts, Truth), Trouble> {
        let mut counts = Counts::default();
        let how = How {
            who: Who::default(),
            key: None,
            agent: None,
            reporter: None,
            learn: false,
            keep: Keep::Name,
        };
        let start = province.plan().start.midnight().micros();
        account.at(start)?;
        let register = province.holders_csv();
        let path = folder.join(HOLDERS);
        std::fs::write(&path, &register).map_err(Trouble::system(&path))?;
        account.import(&Incoming::held(HOLDERS, register), &how, &mut |_| {})?;
        let bar = Progress::new(
            &printer.texts.word("cli-importing"),
            province.plan().lines,
            false,
        );
        let (mut files, mut batches) = (province.files(), 0u64);
        while let Some(file) = steps.time("generate", || files.next()) {
            steps.time("write", || write(folder, &file))?;
            let at = file.received_on.midnight().micros() + ARRIVAL_US;
            let waiting = account.waiting().0;
            steps.time("commit", || account.at(at))?;
            if account.waiting().0 < waiting {
                batches += 1;
                if batches.is_multiple_of(BATCHES_A_CHECKPOINT) {
                    steps.time("sign", || account.sign())?;
                }
            }
            let incoming = Incoming::held(&file.name, file.bytes);
            match steps.time("import", || account.import(&incoming, &how, &mut |_| {})) {
                Ok(Imported::Already(_)) => {
                    counts.repeated += 1;
                    counts.repeated_lines += file.lines;
                }
                Ok(_) => {}
                Err(trouble @ Trouble::File { .. }) => {
                    counts.refused += 1;
                    counts.refused_lines += file.lines;
                    printer.note(&printer.explain(&trouble).0);
                }
                Err(trouble) => return Err(trouble),
            }
            counts.files += 1;
            counts.lines += file.lines;
            bar.at(counts.lines);
        }
        steps.time("commit", || account.commit())?;
        steps.time("sign", || account.sign())?;
        Ok((counts, files.truth()))
    }

    fn report(
        &self,
        account: &mut Account<SqliteStore>,
        counts: &Counts,
        truth: &Truth,
        mut steps: Steps,
        begun: Instant,
        printer: &Printer,
    ) -> Result<Option<String>, Trouble> {
        steps.time("match", || account.settle());
        account.shrink();
        let as_of = super::as_of(account, None);
        let result = steps.time("summarise", || {
            CheckResult::build(account.books(), as_of, &account.lookup())
        });
        let population = Population::of(account.books(), as_of);
        let review = Review {
            days: i32::try_from(self.months)
                .unwrap_or(i32::MAX)
                .saturating_mul(DAYS_A_MONTH),
            ..Review::default()
        };
        let survey = steps.time("judge", || Survey::of(&population, review));
        let found = steps.time("judge", || found(&population, &survey, truth));
        let total = begun.elapsed();
        if printer.json {
            let mut object =
                serde_json::to_value(&result).map_err(|_| Trouble::Fault("output as JSON"))?;
            let took: serde_json::Map<String, serde_json::Value> = steps
                .0
                .iter()
                .map(|(step, took)| ((*step).to_owned(), millis(*took).into()))
                .collect();
            if let Some(object) = object.as_object_mut() {
                object.insert("dir".to_owned(), self.dir.display().to_string().into());
                object.insert("milliseconds".to_owned(), took.into());
                let found = serde_json::to_value(&found);
                let found = found.map_err(|_| Trouble::Fault("output as JSON"))?;
                object.insert("planted".to_owned(), found);
            }
            printer.object(&object)?;
            return Ok(None);
        }
        let texts = &printer.texts;
        printer.tell(
            "cli-demo-files",
            &[
                ("files", counts.files.into()),
                ("lines", counts.lines.into()),
                ("repeated", counts.repeated.into()),
                ("repeated_lines", counts.repeated_lines.into()),
                ("refused", counts.refused.into()),
                ("refused_lines", counts.refused_lines.into()),
                ("dir", self.dir.join(FILES).display().to_string().into()),
            ],
        )?;
        printer.data("")?;
        printer.data(&weighbridge_reports::summary::summary(
            &result,
            account.books(),
            texts,
            width(),
            printer.account.as_deref(),
        ))?;
        printer.data("")?;
        tell_found(&found, &survey, printer)?;
        printer.data("")?;
        printer.tell("cli-demo-steps", &[])?;
        let took: Vec<(String, String)> = steps
            .0
            .iter()
            .map(|(step, took)| (seconds(*took), texts.code("step", step)))
            .chain([(seconds(total), texts.word("step-total"))])
            .collect();
        printer.data(&weighbridge_reports::terminal::counted(&took))?;
        let lines = account.books().substances.lines().len().max(1);
        let bytes = account.books().substances.memory_bytes() / lines;
        printer.tell("cli-demo-memory", &[("bytes", bytes.into())])?;
        printer.data("")?;
        let example = result
            .discrepancies
            .iter()
            .find_map(|d| d.document.clone())
            .unwrap_or_default();
        // The month before the last one: its reports were still coming in when it had ended.
        let month_end = as_of
            .month()
            .first()
            .plus_days(-1)
            .filter(|_| self.months > 1)
            .unwrap_or(as_of);
        let known_at = month_end
            .plus_days(REPORTS_COME_IN_DAYS)
            .unwrap_or(month_end);
        printer.tell(
            "cli-demo-next",
            &[
                ("dir", printer.account.clone().unwrap_or_default().into()),
                ("document", example.into()),
                ("lot", lot(account, &result).into()),
                ("as_of", month_end.to_string().into()),
                ("known_at", known_at.to_string().into()),
            ],
        )?;
        // Somebody whose consignments do not agree with the other side.
        let registry = &account.books().registry;
        let receiver = result.discrepancies.first().map(|d| d.consignment.receiver);
        let firm = receiver.and_then(|id| registry.holder(id));
        Ok(firm.map(|h| h.code.clone()))
    }
}

/// Somebody of each role, with a link.
fn roles(
    dir: &Path,
    users: &Users,
    firm: Option<String>,
    printer: &Printer,
) -> Result<Vec<(String, String)>, Trouble> {
    let everywhere = [
        Role::Officer,
        Role::Inspector,
        Role::Auditor,
        Role::Administrator,
    ];
    let all = everywhere.map(|role| Standing {
        role,
        scope: Scope::All,
    });
    let custodian = firm.map(|code| Standing {
        role: Role::Custodian,
        scope: Scope::Holder(code),
    });
    let all = all.into_iter().chain(custodian);
    all.map(|standing| {
        let login = standing.role.code().to_owned();
        let named = match &standing.scope {
            Scope::Holder(code) => format!("{} ({code})", printer.texts.code("web_role", &login)),
            _ => printer.texts.code("web_role", &login),
        };
        let path = super::serve::link(users, dir, &login, standing, printer)?;
        Ok((named, path))
    })
    .collect()
}

/// What was found of what was planted, beside what is found today's way.
fn tell_found(found: &Found, survey: &Survey, printer: &Printer) -> Result<(), Trouble> {
    printer.tell("cli-demo-unexplained", &[])?;
    for sentence in said::head(&Calibrated::of(survey), survey.on, &printer.texts) {
        printer.data(&format!("  {sentence}"))?;
    }
    let kg = |ug: i128| weighbridge_reports::number::grouped(ug / 1_000_000_000);
    printer.tell(
        "cli-demo-found",
        &[
            ("found", found.found.into()),
            ("planted", found.planted.into()),
            ("silent", found.silent_firms.into()),
            ("false", found.false_alarms.into()),
            ("judged", found.judged.into()),
        ],
    )?;
    let args = [
        ("visits", VISITS.into()),
        ("kg", kg(found.planted_ug).into()),
    ];
    printer.tell("cli-demo-visits", &args)?;
    let rows: Vec<(String, String)> = (found.visits.iter())
        .map(|(way, ug)| (format!("{} kg", kg(*ug)), printer.texts.code("way", way)))
        .collect();
    printer.data(&weighbridge_reports::terminal::counted(&rows))
}

/// A lot that has gone from one place to another, out of the discrepancies if one of them has such a lot.
fn lot(account: &Account<SqliteStore>, result: &CheckResult) -> String {
    let (ledger, lookup) = (&account.books().substances, account.lookup());
    let trace = ledger.trace();
    let has_way = |text: &String| {
        let plain = !text.is_empty() && !text.contains(char::is_whitespace);
        plain
            && ledger.lot(text).is_some_and(|lot| {
                trace.nodes_of(lot).any(|node| {
                    !trace.follow(node, Direction::Forward).is_empty()
                        || !trace.follow(node, Direction::Backward).is_empty()
                })
            })
    };
    let halves = result.discrepancies.iter().flat_map(|d| {
        let c = &d.consignment;
        c.dispatches.iter().chain(&c.receipts).copied()
    });
    let all = 0..LineNo::try_from(ledger.lines().len()).unwrap_or(LineNo::MAX);
    halves
        .take(LOTS_TRIED)
        .chain(all.take(LOTS_TRIED))
        .map(|line| lookup.text(line, Text::Lot))
        .find(has_way)
        .unwrap_or_default()
}

fn write(folder: &Path, file: &SimFile) -> Result<(), Trouble> {
    let path = folder.join(&file.name);
    std::fs::write(&path, &file.bytes).map_err(Trouble::system(&path))
}

fn millis(took: Duration) -> u64 {
    u64::try_from(took.as_millis()).unwrap_or(u64::MAX)
}

fn seconds(took: Duration) -> String {
    let ms = millis(took);
    format!("{}.{:03} s", ms / 1000, ms % 1000)
}
