//! An import on one core, phase by phase.

use std::path::Path;
use std::time::{Duration, Instant};

use weighbridge_books::substances::decide::{self, Submission as Deciding};
use weighbridge_books::substances::draft::Draft;
use weighbridge_books::substances::ledger::Stamp;
use weighbridge_books::substances::movement::Movement;
use weighbridge_books::substances::quarantine::{Issue, SetAside};
use weighbridge_books::substances::row_form::RowForm;
use weighbridge_books::{Body, Books};
use weighbridge_intake::Sink;
use weighbridge_journal::{Journal, RowTree, Signer, SqliteStore, Submission};
use weighbridge_measure::Timestamp;

use crate::limits::read_into;
use crate::{Failure, row};

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

pub(crate) fn import(
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
    importer.deciding = Deciding::begin("movements_csv", &importer.books.substances, None);
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
