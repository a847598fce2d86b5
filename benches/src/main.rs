//! Rates of the account on a generated province: `cargo run --release -p weighbridge-benches -- LINES FOLDER`.
//!
//! Prints a table in Markdown; `benches/peers.py` reads the same lines (`FOLDER/lines.csv`) with other engines. Every
//! figure is the best of the runs named beside it, on one core unless said otherwise.
#![allow(clippy::print_stdout, clippy::print_stderr, reason = "a bench prints")]

use std::fs::File;
use std::io::{BufReader, BufWriter, Read as _, Write as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use weighbridge_books::substances::decide::{self, Submission as Deciding};
use weighbridge_books::substances::draft::Draft;
use weighbridge_books::substances::ledger::Stamp;
use weighbridge_books::substances::movement::Movement;
use weighbridge_books::substances::quarantine::{Issue, SetAside};
use weighbridge_books::substances::row_form::RowForm;
use weighbridge_books::substances::trace::Direction;
use weighbridge_books::{Body, Books};
use weighbridge_intake::{Input, Options, Sink};
use weighbridge_journal::{Journal, RowTree, Signer, SqliteStore, Submission};
use weighbridge_measure::{Date, Timestamp};
use weighbridge_simulate::province::{Plan, Province};

type Failure = Box<dyn std::error::Error>;

fn main() -> Result<(), Failure> {
    let mut args = std::env::args().skip(1);
    let lines: u64 = args.next().as_deref().unwrap_or("1000000").parse()?;
    let folder = PathBuf::from(args.next().unwrap_or_else(|| "target/bench".into()));
    std::fs::create_dir_all(&folder)?;
    let _ = std::fs::remove_dir_all(folder.join("journal"));
    println!("| what | amount | seconds | rate |\n| --- | --- | --- | --- |");
    let file = generate(lines, &folder)?;
    let events = Province::new(plan(lines)).holders();
    let sizes = limits(&file, &folder)?;
    let books = import(&file, &folder, events)?;
    drop(books);
    let mut books = replay(&folder)?;
    views(&mut books, sizes.lines);
    verify(&folder)?;
    Ok(())
}

fn plan(lines: u64) -> Plan {
    Plan {
        faults: false,
        ..Plan::bench(lines)
    }
}

fn row(what: &str, amount: f64, unit: &str, took: Duration) {
    let rate = amount / took.as_secs_f64();
    println!(
        "| {what} | {amount:.2} {unit} | {:.3} | {rate:.2} {unit}/s |",
        took.as_secs_f64()
    );
}

fn best<T>(runs: u32, mut work: impl FnMut() -> T) -> (Duration, T) {
    let mut fastest: Option<(Duration, T)> = None;
    for _ in 0..runs {
        let start = Instant::now();
        let result = work();
        let took = start.elapsed();
        if fastest.as_ref().is_none_or(|(t, _)| took < *t) {
            fastest = Some((took, result));
        }
    }
    fastest.unwrap_or_else(|| unreachable!("at least one run"))
}

/// All files of the province as one CSV: one header, every file's rows after it, in order of arrival.
fn generate(lines: u64, folder: &Path) -> Result<PathBuf, Failure> {
    let path = folder.join("lines.csv");
    let start = Instant::now();
    let mut out = BufWriter::new(File::create(&path)?);
    let mut rows = 0u64;
    let mut columns: Vec<Vec<u8>> = Vec::new();
    for file in Province::new(plan(lines)).files() {
        rows += write_rows(&file.bytes, &mut columns, &mut out)?;
    }
    out.flush()?;
    row(
        "generate (not ours to speed up)",
        rows as f64 / 1e6,
        "M lines",
        start.elapsed(),
    );
    Ok(path)
}

/// Appends the rows of one file in the order of the first file's columns.
fn write_rows(
    bytes: &[u8],
    columns: &mut Vec<Vec<u8>>,
    out: &mut impl std::io::Write,
) -> Result<u64, Failure> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines = text
        .split(|b| *b == b'\n')
        .map(|l| l.strip_suffix(b"\r").unwrap_or(l));
    let header: Vec<Vec<u8>> = lines
        .next()
        .unwrap_or_default()
        .split(|b| *b == b',')
        .map(<[u8]>::to_vec)
        .collect();
    if columns.is_empty() {
        header.clone_into(columns);
        out.write_all(&header.join(&b','))?;
        out.write_all(b"\n")?;
    }
    if header != *columns {
        return Ok(0);
    }
    let mut rows = 0;
    for line in lines.filter(|l| !l.is_empty()) {
        out.write_all(line)?;
        out.write_all(b"\n")?;
        rows += 1;
    }
    Ok(rows)
}

struct Sizes {
    lines: f64,
}

struct Null;

impl Sink for Null {
    fn movement(&mut self, _: &Movement<'_>) -> Result<(), Issue> {
        Ok(())
    }

    fn set_aside(&mut self, _: SetAside) {}
}

fn options() -> Options {
    Options {
        reporter: None,
        today: Date::from_ymd(2100, 1, 1).unwrap_or(Date::MAX),
    }
}

fn read_into(file: &Path, sink: &mut dyn Sink) -> Result<u64, Failure> {
    let mut head = vec![0; 64 << 10];
    let n = File::open(file)?.read(&mut head)?;
    let detection =
        weighbridge_intake::sniff(&head[..n], "lines.csv").map_err(|e| format!("{e:?}"))?;
    let mut stream = BufReader::with_capacity(1 << 20, File::open(file)?);
    let input = Input::Stream(&mut stream);
    let summary = weighbridge_intake::read(
        input,
        "lines.csv",
        &detection,
        &options(),
        sink,
        &mut |_| {},
    )
    .map_err(|e| format!("{e:?}"))?;
    Ok(summary.rows_read)
}

/// What the machine can do at all with these bytes.
fn limits(file: &Path, folder: &Path) -> Result<Sizes, Failure> {
    let bytes = std::fs::read(file)?;
    let megabytes = bytes.len() as f64 / 1e6;
    let (took, fields) = best(3, || csv_fields(&bytes));
    row(
        &format!("limit: csv-core alone ({} M fields)", fields / 1_000_000),
        megabytes,
        "MB",
        took,
    );
    let (took, _) = best(3, || ring::digest::digest(&ring::digest::SHA256, &bytes));
    row("limit: SHA-256 of the file", megabytes, "MB", took);
    let scratch = folder.join("scratch");
    let (took, written) = best(2, || -> std::io::Result<()> {
        let mut out = File::create(&scratch)?;
        out.write_all(&bytes)?;
        out.sync_all()
    });
    written?;
    std::fs::remove_file(&scratch)?;
    row("limit: sequential write with fsync", megabytes, "MB", took);
    let (took, rows) = best(2, || read_into(file, &mut Null));
    let lines = rows? as f64 / 1e6;
    row(
        "parse and check every row (no sink)",
        lines,
        "M lines",
        took,
    );
    Ok(Sizes { lines })
}

fn csv_fields(bytes: &[u8]) -> u64 {
    let mut reader = csv_core::Reader::new();
    let (mut out, mut rest, mut fields) = (vec![0u8; 1 << 16], bytes, 0u64);
    loop {
        let (result, read, _) = reader.read_field(rest, &mut out);
        rest = &rest[read..];
        match result {
            csv_core::ReadFieldResult::Field { .. } => fields += 1,
            csv_core::ReadFieldResult::End => return fields,
            _ => {}
        }
    }
}

/// Where the time of an import goes.
#[derive(Default)]
struct Phases {
    decide: Duration,
    tree: Duration,
    encode: Duration,
    apply: Duration,
    append: Duration,
}

struct Importer {
    books: Books,
    journal: Journal<SqliteStore>,
    signer: Signer,
    deciding: Deciding,
    draft: Draft,
    waiting: Vec<Submission>,
    waiting_bytes: usize,
    body_bytes: usize,
    phases: Phases,
    clock: i64,
}

/// Bodies that are held until they are appended in one batch.
const BATCH_BYTES: usize = 64 << 20;

fn timed<T>(into: &mut Duration, work: impl FnOnce() -> T) -> T {
    let start = Instant::now();
    let result = work();
    *into += start.elapsed();
    result
}

impl Importer {
    fn put(
        &mut self,
        body: &Body,
        rows: u32,
        root: [u8; 32],
        secret: [u8; 32],
    ) -> Result<(), Failure> {
        self.clock += 1;
        let seq = self.books.entries();
        let stamp = Stamp {
            seq,
            recorded_at: Timestamp::from_micros(self.clock),
            organisation: "bench".into(),
        };
        let bytes = timed(&mut self.phases.encode, || body.encode());
        timed(&mut self.phases.apply, || {
            self.books.apply(&stamp, body);
            self.books.substances.catch_up();
        });
        let mut key = [0; 32];
        key[..8].copy_from_slice(&seq.to_be_bytes());
        self.waiting_bytes += bytes.len();
        self.body_bytes += bytes.len();
        self.waiting.push(Submission {
            actor: "bench".into(),
            organisation: "bench".into(),
            kind: body.kind() as u16,
            key,
            rows,
            rows_root: root,
            secret,
            body: bytes,
        });
        if self.waiting_bytes > BATCH_BYTES {
            self.flush()?;
        }
        Ok(())
    }

    fn flush(&mut self) -> Result<(), Failure> {
        let waiting = std::mem::take(&mut self.waiting);
        self.waiting_bytes = 0;
        timed(&mut self.phases.append, || -> Result<(), Failure> {
            self.journal.append_batch(self.clock, waiting)?;
            self.journal.sign(&self.signer)?;
            Ok(())
        })
    }

    fn part(&mut self) -> Result<(), Failure> {
        let draft = std::mem::take(&mut self.draft);
        let books = &self.books;
        let deciding = &mut self.deciding;
        let body = timed(&mut self.phases.decide, || {
            decide::decide(&books.substances, &books.registry, deciding, draft)
        });
        let secret = [7; 32];
        let root = timed(&mut self.phases.tree, || {
            let mut tree = RowTree::new(&secret);
            let mut buffer = Vec::new();
            let form = RowForm::of(&body);
            for at in 0..body.rows.len() {
                form.write(at, &mut buffer);
                tree.push(&buffer);
            }
            tree.finish()
        });
        let rows = u32::try_from(body.rows.len())?;
        self.put(&Body::Movements(Box::new(body)), rows, root, secret)
    }
}

impl Sink for Importer {
    fn movement(&mut self, movement: &Movement<'_>) -> Result<(), Issue> {
        if self.draft.is_full()
            && let Err(failure) = self.part()
        {
            panic!("{failure}");
        }
        self.draft.push(movement)
    }

    fn set_aside(&mut self, row: SetAside) {
        self.draft.set_aside(row);
    }
}

fn import(
    file: &Path,
    folder: &Path,
    holders: Vec<weighbridge_books::registry::HolderRow>,
) -> Result<Books, Failure> {
    let signer = Signer::from_seed("bench.invalid", &[1; 32])?;
    let store = SqliteStore::create(&folder.join("journal"), "bench")?;
    let journal = Journal::create(store, signer.name(), &signer.verifier())?;
    let mut importer = Importer {
        books: Books::default(),
        journal,
        signer,
        deciding: Deciding::default(),
        draft: Draft::new(),
        waiting: Vec::new(),
        waiting_bytes: 0,
        body_bytes: 0,
        phases: Phases::default(),
        clock: 1_700_000_000_000_000,
    };
    let events = holders
        .into_iter()
        .map(weighbridge_books::registry::Event::Holder)
        .collect();
    importer.put(&Body::Registry(events), 0, [0; 32], [7; 32])?;
    importer.deciding = Deciding::begin("movements_csv", &importer.books.substances);
    let start = Instant::now();
    let rows = read_into(file, &mut importer)?;
    importer.part()?;
    importer.flush()?;
    let end_to_end = start.elapsed();
    let settle = Instant::now();
    importer.books.settle();
    let settled = settle.elapsed();
    let lines = rows as f64 / 1e6;
    row(
        "**import, end to end** (matching apart)",
        lines,
        "M lines",
        end_to_end,
    );
    let p = &importer.phases;
    let known = p.decide + p.tree + p.encode + p.apply + p.append;
    for (what, took) in [
        (
            "parse, check, convert, draft",
            end_to_end.saturating_sub(known),
        ),
        ("decide", p.decide),
        ("tree of salted rows", p.tree),
        ("encode", p.encode),
        ("apply and index", p.apply),
        ("append, hash, fsync, sign", p.append),
    ] {
        row(&format!("— of it: {what}"), lines, "M lines", took);
    }
    row("match everything once", lines, "M lines", settled);
    row(
        "**import with matching**",
        lines,
        "M lines",
        end_to_end + settled,
    );
    println!(
        "| body bytes a line | {:.1} B | | |",
        importer.body_bytes as f64 / rows as f64
    );
    Ok(importer.books)
}

fn replay(folder: &Path) -> Result<Books, Failure> {
    let store = SqliteStore::open_read(&folder.join("journal"))?;
    let (took, books) = best(2, || {
        weighbridge::account::replay(&store, None, &mut |_| {}).map_err(|e| format!("{e:?}"))
    });
    let mut books = books?;
    let lines = books.substances.lines().len() as f64 / 1e6;
    row(
        "replay: decode on one core, apply on the other",
        lines,
        "M lines",
        took,
    );
    let (index, ()) = best(1, || books.substances.catch_up());
    row("replay: index", lines, "M lines", index);
    let (settle, ()) = best(1, || books.settle());
    row("replay: match", lines, "M lines", settle);
    row(
        "**replay, ready to answer**",
        lines,
        "M lines",
        took + index + settle,
    );
    books.substances.shrink();
    let per_line = books.substances.memory_bytes() as f64 / (lines * 1e6);
    println!("| **memory a line, indexes included** | {per_line:.1} B | | |");
    for (what, bytes) in books.substances.memory() {
        println!(
            "| — of it: {what} | {:.1} B | | |",
            bytes as f64 / (lines * 1e6)
        );
    }
    Ok(books)
}

fn views(books: &mut Books, lines: f64) {
    let ledger = &books.substances;
    let days: Vec<u16> = ledger.lines().iter().map(|l| l.date().days()).collect();
    let (first, last) = (
        days.iter().min().copied().unwrap_or(0),
        days.iter().max().copied().unwrap_or(0),
    );
    let middle = Date::from_days(first + (last - first) / 2);
    let (took, n) = best(5, || ledger.balances(middle).len());
    row(
        &format!("**all {n} balances at a past date**"),
        lines,
        "M lines",
        took,
    );
    let (took, n) = best(2, || {
        ledger.consignments(&books.registry, Date::MAX).count()
    });
    row(
        &format!("compare all {n} consignments"),
        lines,
        "M lines",
        took,
    );
    let (took, trace) = best(1, || ledger.trace());
    row("build the graph of lots", lines, "M lines", took);
    let nodes: Vec<_> = (1..=u32::try_from(ledger.lots()).unwrap_or(0))
        .step_by(ledger.lots() / 200 + 1)
        .collect();
    let mut longest = (0, Duration::ZERO);
    for lot in nodes {
        for node in trace.nodes_of(lot).take(1).collect::<Vec<_>>() {
            for direction in [Direction::Forward, Direction::Backward] {
                let (took, steps) = best(3, || trace.follow(node, direction).len());
                longest = longest.max((steps, took));
            }
        }
    }
    row(
        "**trace of a lot** (longest of 200)",
        longest.0 as f64,
        "steps",
        longest.1,
    );
}

fn verify(folder: &Path) -> Result<(), Failure> {
    let store = SqliteStore::open_read(&folder.join("journal"))?;
    let signer = Signer::from_seed("bench.invalid", &[1; 32])?;
    let (took, report) = best(2, || {
        weighbridge_journal::verify(&store, &signer.verifier(), &mut |_, _| {})
    });
    assert!(report.ok(), "{:?}", report.first());
    row(
        "**verify: re-hash everything**",
        report.bytes as f64 / 1e6,
        "MB",
        took,
    );
    let journal = Journal::open(store)?;
    let (took, receipt) = best(20, || journal.receipt(report.entries / 2));
    receipt?;
    row("proof of one entry", 1.0, "proof", took);
    Ok(())
}
