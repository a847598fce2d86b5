//! `check`: files against each other in a throw-away account.

use std::path::{Path, PathBuf};

use clap::Args;
use weighbridge_books::substances::line::LineNo;
use weighbridge_detection::Population;
use weighbridge_detection::unexplained::{Review, Survey};
use weighbridge_intake::{Detection, FileIssue, Format as FileFormat};
use weighbridge_journal::MemoryStore;
use weighbridge_measure::Date;
use weighbridge_reports::sources::{FileNote, LineCounts};
use weighbridge_reports::unexplained::{Unexplained, Wanted};
use weighbridge_reports::{CheckResult, Sources, views};

use super::export::{Format, save};
use super::import;
use crate::account::{Account, How, Imported, Keep, Who};
use crate::cli;
use crate::clock;
use crate::input::Incoming;
use crate::output::{folder, together};
use crate::printer::{Printer, width};
use crate::progress::Progress;
use crate::trouble::Trouble;

/// Reasons shown of all files together; the rest is in what `--json` and `--out` write.
const ROWS_SHOWN: usize = 50;
/// Days between the latest date and the others up to which it is never asked about.
const FAR_DAYS: i32 = 60;
/// How many times as long as every other pause between two dates the pause before the latest must be: files may span
/// years, and some have pauses of months.
const FAR_TIMES: i32 = 3;
/// Lines of which one may be a stray; with fewer there is one all the same.
const STRAY_OF: usize = 100;

/// Unexplained differences told in sentences.
const UNEXPLAINED_TOLD: usize = 5;

/// Arguments of `check`.
#[derive(Args, Debug)]
pub struct Check {
    /// Files of movements.
    #[arg(required = true)]
    pub files: Vec<PathBuf>,
    /// Register to judge by; without it holders are learnt from the lines.
    #[arg(long, value_name = "FILE")]
    pub holders: Option<PathBuf>,
    /// Reporter of rows that name none.
    #[arg(long, value_name = "CODE")]
    pub reporter: Option<String>,
    /// The day asked about.
    #[arg(long, value_name = "DATE", value_parser = cli::date)]
    pub as_of: Option<Date>,
    /// Folder for discrepancies.csv, discrepancies.xlsx and report.html.
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
}

/// Files taken into a throw-away account.
#[derive(Default)]
struct Run {
    files: Vec<FileNote>,
    counts: LineCounts,
    /// Reasons shown so far.
    shown: usize,
    failed: bool,
}

impl Check {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        let mut account = Account::in_memory()?;
        account.at(clock::now_us())?;
        let mut run = Run::default();
        let how = How {
            who: Who::default(),
            key: None,
            agent: None,
            reporter: self.reporter.clone(),
            learn: self.holders.is_none(),
            keep: Keep::Nothing,
        };
        if let Some(holders) = &self.holders {
            let incoming = Incoming::open(holders)?;
            let found = incoming.sniff()?.format;
            if found != FileFormat::HoldersCsv {
                return Err(incoming.issue(FileIssue::WrongKind {
                    found: found.code(),
                    expected: FileFormat::HoldersCsv.code(),
                }));
            }
            account.import(&incoming, &how, &mut |_| {})?;
        }
        let total = self
            .files
            .iter()
            .filter_map(|f| std::fs::metadata(f).ok())
            .map(|m| m.len())
            .sum();
        let bar = Progress::new(&printer.texts.word("cli-importing"), total, true);
        let mut done = 0;
        for path in &self.files {
            run.take(&mut account, path, &how, printer, &mut |read| {
                bar.at(done + read);
            })?;
            done += std::fs::metadata(path).map_or(0, |m| m.len());
            account.commit()?;
        }
        drop(bar);
        if run.counts.read == 0 {
            return Err(if run.failed {
                Trouble::Said
            } else {
                Trouble::NothingRead
            });
        }
        account.settle();
        if self.as_of.is_none() {
            far_date(&account, printer);
        }
        let as_of = super::as_of(&account, self.as_of);
        let lookup = account.lookup().of_run(run.files, run.counts);
        let mut result = CheckResult::build(account.books(), as_of, &lookup);
        if result.balances.iter().any(|b| b.counted_ug.is_some()) {
            let population = Population::of(account.books(), as_of);
            let survey = Survey::of(&population, Review::default());
            let wanted = Wanted {
                series: None,
                entries: if printer.json || self.out.is_some() {
                    usize::MAX
                } else {
                    UNEXPLAINED_TOLD
                },
            };
            let unexplained = Unexplained::build(&population, &survey, &wanted, &lookup);
            result.unexplained = Some(unexplained);
        }
        if let Some(out) = &self.out {
            write_reports(out, &account, &result, printer)?;
        }
        if printer.json {
            let mut text = Vec::new();
            result
                .write_json(&mut text)
                .map_err(|_| Trouble::Fault("output as JSON"))?;
            printer.bytes(&text)?;
        } else {
            printer.data("")?;
            printer.data(&weighbridge_reports::summary::summary(
                &result,
                account.books(),
                &printer.texts,
                width(),
                None,
            ))?;
            if let Some(unexplained) = &mut result.unexplained {
                unexplained.keep(UNEXPLAINED_TOLD);
                printer.data("")?;
                super::unexplained::tell(unexplained, false, "unexplained-more_json", printer)?;
            }
            if let Some(out) = &self.out {
                printer.tell(
                    "cli-check-out",
                    &[("dir", out.display().to_string().into())],
                )?;
            }
        }
        if run.failed {
            Err(Trouble::Said)
        } else {
            Ok(())
        }
    }
}

impl Run {
    fn take(
        &mut self,
        account: &mut Account<MemoryStore>,
        path: &Path,
        how: &How,
        printer: &Printer,
        progress: &mut dyn FnMut(u64),
    ) -> Result<(), Trouble> {
        let taken =
            Incoming::open(path).and_then(|incoming| account.import(&incoming, how, progress));
        let mut note = FileNote {
            file: path.display().to_string(),
            ..FileNote::default()
        };
        let own = |pairs: Vec<(&'static str, String)>| {
            pairs.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()
        };
        match taken {
            Ok(Imported::Movements(taken)) => {
                note.detection = own(pairs(&taken.detection));
                import::unread_sheets(printer, &note.file, &taken);
                let unread = taken.summary.unread_sheets.join("; ");
                if !unread.is_empty() {
                    note.detection.push(("sheets_not_read".to_owned(), unread));
                }
                self.counts.read += taken.summary.rows_read;
                self.counts.accepted += taken.tally.accepted;
                self.counts.quarantined += taken.tally.aside;
                self.counts.duplicate += taken.tally.duplicates;
                if !printer.json {
                    let room = import::Room {
                        reasons: ROWS_SHOWN - self.shown,
                        more: "cli-check-more",
                        account: None,
                    };
                    import::movements(printer, &note.file, &taken, room)?;
                    self.shown += taken.tally.issues.len().min(room.reasons);
                }
            }
            Ok(Imported::Holders(_)) => {
                note.detection = own(vec![("format", "holders_csv".to_owned())]);
            }
            Ok(Imported::Already(before)) => {
                let seq = before.seq();
                note.detection = own(vec![("same_as", account.file_name(seq))]);
                let entries = account.books().substances.entries().iter();
                let rows: u64 = entries
                    .filter(|e| e.submission == seq)
                    .map(|e| u64::from(e.lines + e.aside))
                    .sum();
                self.counts.read += rows;
                self.counts.duplicate += rows;
                printer
                    .note(&printer.say("cli-check-same", &[("file", note.file.as_str().into())]));
            }
            Err(trouble) => {
                self.failed = true;
                note.error = Some(trouble.code().to_owned());
                printer.trouble(&trouble);
            }
        }
        self.files.push(note);
        Ok(())
    }
}

/// Asks about a latest date that stands alone, far from all others: the report is as of that day, and a slip of the pen
/// makes everything before it overdue.
fn far_date(account: &Account<MemoryStore>, printer: &Printer) {
    let lines = account.books().substances.lines();
    let dates = lines
        .iter()
        .filter(|l| l.is_live())
        .map(|l| (l.date(), l.number()));
    let Some(((latest, line), usual)) = stray(dates.collect()) else {
        return;
    };
    let row = account.lookup().row(line);
    printer.note(&printer.say(
        "cli-check-far-date",
        &[
            ("date", latest.to_string().into()),
            ("row", format!("{}:{}", row.file, row.row).into()),
            ("usual", usual.to_string().into()),
        ],
    ));
}

/// The latest date with its line, and the latest of the others, where a pause lies between them that is out of all
/// proportion to those between the others.
fn stray(mut dates: Vec<(Date, LineNo)>) -> Option<((Date, LineNo), Date)> {
    dates.sort_unstable();
    let latest = *dates.last()?;
    let few = (dates.len() / STRAY_OF).max(1);
    let pauses: Vec<i32> = dates
        .iter()
        .zip(dates.iter().skip(1))
        .map(|((a, _), (b, _))| b.minus(*a))
        .collect();
    let from = pauses.len().saturating_sub(few);
    let long = pauses.iter().enumerate().skip(from);
    let (at, pause) = long.into_iter().find(|(_, pause)| **pause > FAR_DAYS)?;
    let others = pauses.iter().take(at).max().copied().unwrap_or(0);
    let usual = dates.get(at)?.0;
    (*pause > FAR_TIMES.saturating_mul(others)).then_some((latest, usual))
}

/// The detection with one value a key: columns together.
fn pairs(detection: &Detection) -> Vec<(&'static str, String)> {
    let mut pairs: Vec<(&'static str, String)> = Vec::new();
    for (key, value) in detection.pairs() {
        let key = match key {
            "column" => "columns",
            "column_not_read" => "columns_not_read",
            key => key,
        };
        match pairs.iter_mut().find(|(k, _)| *k == key) {
            Some((_, all)) => {
                all.push_str("; ");
                all.push_str(&value);
            }
            None => pairs.push((key, value)),
        }
    }
    pairs
}

/// Writes the discrepancies as tables and the report as one page.
fn write_reports(
    out: &Path,
    account: &Account<MemoryStore>,
    result: &CheckResult,
    printer: &Printer,
) -> Result<(), Trouble> {
    folder(out)?;
    let table = views::discrepancies(
        &result.discrepancies,
        account.books(),
        result.as_of,
        &printer.texts,
    );
    let text = weighbridge_reports::html::report(result, account.books(), &printer.texts);
    together(&[
        (out.join("discrepancies.csv"), &|path| {
            save(&table, Format::Csv, path, printer)
        }),
        (out.join("discrepancies.xlsx"), &|path| {
            save(&table, Format::Xlsx, path, printer)
        }),
        (out.join("report.html"), &|path| {
            std::fs::write(path, &text).map_err(Trouble::system(path))
        }),
    ])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(days: &[u16]) -> Option<(u16, u16)> {
        let dates = days.iter().copied().map(Date::from_days).zip(0..).collect();
        stray(dates).map(|((latest, _), usual)| (latest.days(), usual.days()))
    }

    #[test]
    fn only_a_date_that_stands_alone_is_asked_about() {
        for (dates, found) in [
            (vec![], None),
            (vec![20_000], None),
            (vec![20_000, 20_010, 20_020], None),
            (vec![20_385, 20_000, 20_010, 20_020], Some((20_385, 20_020))),
            // Years with a line every few months.
            (vec![13_000, 13_200, 13_500, 13_900, 14_000, 14_700], None),
            // Two lines bear the latest date: no slip.
            (vec![20_000, 20_010, 20_020, 20_385, 20_385], None),
            // Years, day by day, and one date ten years on.
            ((13_000..16_000).collect(), None),
            (
                (13_000..16_000).chain([19_650]).collect(),
                Some((19_650, 15_999)),
            ),
            // Of many lines a few may stray.
            (
                (0..400)
                    .map(|n| 20_000 + n / 4)
                    .chain([20_500, 20_900])
                    .collect(),
                Some((20_900, 20_099)),
            ),
        ] {
            assert_eq!(days(&dates), found, "{:?}", dates.len());
        }
    }
}
