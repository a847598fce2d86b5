//! `export`: lists as files for other programs.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};

use clap::{Args, ValueEnum};
use weighbridge_journal::{SqliteStore, Store};
use weighbridge_reports::csv::{self, Audience, CsvWriter};
use weighbridge_reports::parquet::{self, ParquetWriter};
use weighbridge_reports::views::{self, ConsignmentFilter, FindingFilter, MovementFilter};
use weighbridge_reports::{Table, xlsx};

use super::{as_of, open_read};
use crate::account::Account;
use crate::blobs::Blobs;
use crate::cli::Reading;
use crate::clock;
use crate::output::{whole, writable};
use crate::printer::Printer;
use crate::progress::Progress;
use crate::trouble::Trouble;

/// Arguments of `export`.
#[derive(Args, Debug)]
pub struct Export {
    /// Which account, and when.
    #[command(flatten)]
    pub reading: Reading,
    /// What.
    #[arg(long, value_name = "WHAT")]
    pub what: What,
    /// How; by the name of the file where it is not given.
    #[arg(long, value_name = "FORMAT")]
    pub format: Option<Format>,
    /// File to write.
    #[arg(long, value_name = "FILE")]
    pub out: PathBuf,
    /// Lines that do not count as well.
    #[arg(long)]
    pub all: bool,
    /// Entry of a submission, for its original file or its remarks.
    #[arg(long, value_name = "SEQ")]
    pub entry: Option<u64>,
}

/// What can be exported.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub enum What {
    /// Movement lines.
    Movements,
    /// Balances.
    Balances,
    /// Consignments.
    Consignments,
    /// The register.
    Holders,
    /// Questions on accepted lines.
    Findings,
    /// Rows set aside.
    Quarantine,
    /// A file as it was sent, with `--entry`.
    Original,
    /// The remarks of a file's rows as JSON, with `--entry`.
    Remarks,
}

/// Formats of files.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum, Debug)]
pub enum Format {
    /// RFC 4180, UTF-8, masses in µg, stable column names.
    Csv,
    /// A workbook for people.
    Xlsx,
    /// Apache Parquet.
    Parquet,
}

impl Export {
    pub(super) fn run(self, printer: &Printer) -> Result<(), Trouble> {
        let kept = match self.what {
            What::Original => Some("original"),
            What::Remarks => Some("remarks"),
            _ => None,
        };
        writable(&self.out)?;
        let format = if kept.is_some() {
            None
        } else {
            Some(self.format()?)
        };
        let account = open_read(&self.reading, printer)?;
        let rows = whole(&self.out, |aside| match (kept, format) {
            (None, Some(format)) => self.write(&account, format, aside, printer),
            (kept, _) => self.unseal(&account, kept.unwrap_or_default(), aside),
        })?;
        let file = self.out.display().to_string();
        if printer.json {
            return printer.object(&serde_json::json!({ "file": file, "rows": rows }));
        }
        if kept.is_some() {
            return printer.tell("cli-export-kept", &[("file", file.into())]);
        }
        printer.tell(
            "cli-export-done",
            &[("file", file.into()), ("rows", rows.into())],
        )
    }

    fn format(&self) -> Result<Format, Trouble> {
        let extension = self
            .out
            .extension()
            .map(|e| e.to_string_lossy().to_lowercase())
            .unwrap_or_default();
        let named = match extension.as_str() {
            "csv" => Some(Format::Csv),
            "xlsx" => Some(Format::Xlsx),
            "parquet" => Some(Format::Parquet),
            _ => None,
        };
        self.format.or(named).ok_or(Trouble::Option {
            option: "--format",
            given: extension,
            expected: "csv; xlsx; parquet",
        })
    }

    fn write(
        &self,
        account: &Account<SqliteStore>,
        format: Format,
        path: &Path,
        printer: &Printer,
    ) -> Result<usize, Trouble> {
        if self.what == What::Movements && format != Format::Xlsx {
            return self.stream(account, format, path, printer);
        }
        let (books, lookup, texts) = (account.books(), account.lookup(), &printer.texts);
        let on = as_of(account, self.reading.as_of);
        let table = match self.what {
            What::Movements => views::movements(books, &self.lines(), &lookup, texts),
            What::Balances => views::balances(books, on, texts),
            What::Consignments => {
                views::consignments(books, &ConsignmentFilter::all(on), &lookup, texts)
            }
            What::Holders => views::holders(books, on.max(clock::today()), texts),
            What::Findings => {
                let filter = FindingFilter {
                    lines: self.lines(),
                    ..FindingFilter::default()
                };
                views::findings(books, &filter, &lookup, texts)
            }
            What::Quarantine => views::quarantine(&lookup.set_aside(self.all), texts),
            What::Original | What::Remarks => return Err(Trouble::Fault("a kept file is no list")),
        };
        save(&table, format, path, printer)?;
        Ok(table.rows.len())
    }

    /// Decrypts what was kept of a submission.
    fn unseal(
        &self,
        account: &Account<SqliteStore>,
        kind: &'static str,
        path: &Path,
    ) -> Result<usize, Trouble> {
        let seq = self.entry.ok_or(Trouble::Option {
            option: "--entry",
            given: String::new(),
            expected: "SEQ",
        })?;
        let unknown = || Trouble::Unknown {
            what: "original",
            name: seq.to_string(),
        };
        let submission = account.submission_of(seq).ok_or_else(unknown)?;
        let blob = account.blob(submission, kind)?.ok_or_else(unknown)?;
        let mut out = BufWriter::new(File::create(path).map_err(Trouble::system(path))?);
        Blobs::of(&self.reading.dir).get(&blob, &mut out)?;
        finish(out, path)?;
        Ok(1)
    }

    fn lines(&self) -> MovementFilter {
        MovementFilter {
            to: self.reading.as_of,
            every_state: self.all,
            ..MovementFilter::default()
        }
    }

    /// Movements are written row by row: memory does not grow with the file.
    fn stream<S: Store>(
        &self,
        account: &Account<S>,
        format: Format,
        path: &Path,
        printer: &Printer,
    ) -> Result<usize, Trouble> {
        let (books, lookup, texts) = (account.books(), account.lookup(), &printer.texts);
        let lines = self.lines().lines(books);
        let bar = Progress::new(&texts.word("cli-exporting"), lines.len() as u64, false);
        let out = BufWriter::new(File::create(path).map_err(Trouble::system(path))?);
        let cells = lines.iter().filter_map(|line| {
            bar.add(1);
            views::movement_cells(books, *line, &lookup, texts)
        });
        let columns = &views::MOVEMENT_COLUMNS;
        let mut rows = 0;
        let out = if format == Format::Parquet {
            let mut writer =
                ParquetWriter::new(out, columns).map_err(|e| parquet_trouble(&e, path))?;
            for row in cells {
                writer.row(row).map_err(|e| parquet_trouble(&e, path))?;
                rows += 1;
            }
            writer.finish().map_err(|e| parquet_trouble(&e, path))?
        } else {
            let mut writer = CsvWriter::new(out, columns, texts, Audience::Programs)
                .map_err(Trouble::system(path))?;
            for row in cells {
                writer.row(&row).map_err(Trouble::system(path))?;
                rows += 1;
            }
            writer.finish().map_err(Trouble::system(path))?
        };
        finish(out, path)?;
        Ok(rows)
    }
}

/// Writes a table to a file, for programs; the workbook for people.
pub(super) fn save(
    table: &Table,
    format: Format,
    path: &Path,
    printer: &Printer,
) -> Result<(), Trouble> {
    let out = BufWriter::new(File::create(path).map_err(Trouble::system(path))?);
    let out = match format {
        Format::Csv => csv::write(table, &printer.texts, Audience::Programs, out)
            .map_err(Trouble::system(path))?,
        Format::Parquet => parquet::write(table, out).map_err(|e| parquet_trouble(&e, path))?,
        Format::Xlsx => {
            let worded = (table.name == "quarantine")
                .then(|| views::in_words(table.clone(), &printer.texts));
            let book = xlsx::workbook(&[worded.as_ref().unwrap_or(table)], &printer.texts)
                .map_err(|_| Trouble::Fault("a workbook"))?;
            return std::fs::write(path, book).map_err(Trouble::system(path));
        }
    };
    finish(out, path)
}

fn finish(out: BufWriter<File>, path: &Path) -> Result<(), Trouble> {
    let file = out
        .into_inner()
        .map_err(|e| Trouble::system(path)(e.into_error()))?;
    file.sync_all().map_err(Trouble::system(path))
}

fn parquet_trouble(fault: &parquet::ParquetFault, path: &Path) -> Trouble {
    if let parquet::ParquetFault::TooLarge(column) = fault {
        return Trouble::TooLargeFor64Bits(column);
    }
    Trouble::System {
        path: path.to_owned(),
        error: std::io::Error::other(fault.to_string()),
    }
}
