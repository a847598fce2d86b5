//! What the tests share: a small deterministic source of numbers, submissions, and both stores.
#![allow(dead_code, reason = "every test file uses its own part")]

pub(crate) mod faulty;

use std::path::Path;
use weighbridge_journal::{
    Header, Journal, MemoryStore, Report, RowTree, Signer, SqliteStore, Store, Submission, verify,
};

/// Name of the test journal.
pub(crate) const ORIGIN: &str = "journal.example/test";
/// Program name given to locks.
pub(crate) const PROGRAM: &str = "journal tests";
/// Page size of small test databases: more pages, so that damage meets more structure.
pub(crate) const SMALL_PAGES: u32 = 4096;

/// SplitMix64: a seeded sequence that is the same everywhere.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        z ^ (z >> 31)
    }

    pub(crate) fn below(&mut self, n: u64) -> u64 {
        self.next() % n
    }

    pub(crate) fn bytes(&mut self, n: usize) -> Vec<u8> {
        (0..n).map(|_| self.next() as u8).collect()
    }

    pub(crate) fn hash(&mut self) -> [u8; 32] {
        self.bytes(32).try_into().unwrap()
    }
}

pub(crate) fn signer() -> Signer {
    Signer::from_seed(ORIGIN, &[7; 32]).unwrap()
}

/// Submission number `n`, always the same.
pub(crate) fn submission(n: u64) -> Submission {
    let mut dice = Dice(n.wrapping_mul(0x1234_5677) + 1);
    let secret = dice.hash();
    let mut rows = RowTree::new(&secret);
    let count = dice.below(5) as u32;
    let mut body = Vec::new();
    for _ in 0..count {
        let row = dice.bytes(20);
        rows.push(&row);
        body.extend(row);
    }
    Submission {
        actor: format!("account-{}", dice.below(5)),
        organisation: format!("organisation-{}", dice.below(3)),
        kind: dice.below(70) as u16,
        key: dice.hash(),
        rows: count,
        rows_root: rows.finish(),
        secret,
        body,
    }
}

pub(crate) fn submissions(range: std::ops::Range<u64>) -> Vec<Submission> {
    range.map(submission).collect()
}

pub(crate) fn memory() -> Journal<MemoryStore> {
    Journal::create(MemoryStore::new(), ORIGIN, &signer().verifier()).unwrap()
}

pub(crate) fn sqlite(folder: &Path) -> Journal<SqliteStore> {
    let store = SqliteStore::create_with(folder, PROGRAM, SMALL_PAGES).unwrap();
    Journal::create(store, ORIGIN, &signer().verifier()).unwrap()
}

/// Everything that a reader is told, in one comparable value.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Answers {
    pub(crate) entries: Vec<(u64, Header, Vec<u8>)>,
    pub(crate) found: Vec<Option<u64>>,
    pub(crate) secrets: Vec<Option<[u8; 32]>>,
    pub(crate) checkpoints: Vec<(u64, String)>,
    pub(crate) receipts: Vec<String>,
    pub(crate) private: Vec<(String, Option<String>)>,
}

/// What a reader makes of a damaged folder: an error, or a report and the answers.
pub(crate) fn look(folder: &Path) -> Result<(Report, Result<Answers, String>), String> {
    let store = SqliteStore::open_read(folder).map_err(|error| error.to_string())?;
    let report = verify(&store, &signer().verifier(), &mut |_, _| {});
    let journal = Journal::open(store).map_err(|error| error.to_string());
    Ok((report, journal.and_then(|journal| answers(&journal))))
}

/// Asks everything; any error is the answer "error".
pub(crate) fn answers<S: Store>(journal: &Journal<S>) -> Result<Answers, String> {
    let store = journal.store();
    let mut entries = Vec::new();
    let text = |error: &dyn std::error::Error| error.to_string();
    store
        .read(0, &mut |seq, header, _, body| {
            entries.push((seq, header.clone(), body.to_vec()));
            std::ops::ControlFlow::Continue(())
        })
        .map_err(|error| text(&error))?;
    let mut found = Vec::new();
    let mut secrets = Vec::new();
    for (seq, header, _) in &entries {
        let place = store.find(&header.organisation, &header.key);
        found.push(place.map_err(|error| text(&error))?.map(|found| found.seq));
        secrets.push(store.secret(*seq).map_err(|error| text(&error))?);
    }
    let checkpoints = (store
        .checkpoints()
        .map_err(|error| text(&error))?
        .into_iter())
    .map(|checkpoint| (checkpoint.size, checkpoint.note))
    .collect();
    let signed = (journal.checkpoint().map_err(|error| text(&error))?).map_or(0, |c| c.size);
    let receipts = (0..signed)
        .map(|seq| journal.receipt(seq).map(|receipt| receipt.to_string()))
        .collect::<Result<_, _>>()
        .map_err(|error| text(&error))?;
    let private = (store.meta_list().map_err(|error| text(&error))?.into_iter())
        .map(|value| Ok((value.name.clone(), store.meta_get(&value.name)?)))
        .collect::<Result<_, weighbridge_journal::StoreError>>()
        .map_err(|error| text(&error))?;
    Ok(Answers {
        private,
        entries,
        found,
        secrets,
        checkpoints,
        receipts,
    })
}
