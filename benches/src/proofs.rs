//! Verification, and the proof of one entry in a small and in a very large journal.

use std::path::Path;
use std::time::{Duration, Instant};

use weighbridge_journal::store::{Batch, Head, NewEntry};
use weighbridge_journal::tiles::Edge;
use weighbridge_journal::{Header, Journal, Signer, SqliteStore, Store as _};

use crate::{Failure, best, row};

pub(crate) fn verify(folder: &Path) -> Result<(), Failure> {
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

/// Leaves that are appended in one batch; the first of each batch is a whole entry, the others are hashes alone.
const LEAVES: u64 = 1 << 20;

/// Proofs of entries in a journal of `size` leaves. A journal of that many real entries would take hours to make; its tree
/// and its tiles, all that a proof reads beside one header, are real here.
pub(crate) fn large(size: u64, folder: &Path) -> Result<(), Failure> {
    let place = folder.join("large");
    let _ = std::fs::remove_dir_all(&place);
    let signer = Signer::from_seed("bench.invalid", &[1; 32])?;
    let store = SqliteStore::create(&place, "bench")?;
    let journal = Journal::create(store, signer.name(), &signer.verifier())?;
    let mut store = journal.into_store();
    let mut edge = Edge::default();
    let start = Instant::now();
    let mut whole = Vec::new();
    while edge.size() < size {
        let from = edge.size();
        let to = size.min(from + LEAVES);
        let header = header(from);
        let first = header.leaf_hash();
        let leaves = std::iter::once(first).chain((from + 1..to).map(leaf));
        let tiles = edge.grow(leaves);
        let batch = Batch {
            entries: vec![NewEntry {
                header_bytes: header.encode(),
                header,
                body: Vec::new(),
                secret: [7; 32],
            }],
            tiles,
            head: Head {
                size: to,
                root: edge.root(),
                last_recorded_at_us: Some(i64::try_from(to)?),
            },
        };
        store.append(from, &batch)?;
        whole.push(from);
    }
    row(
        "make a journal of hashes (not ours to speed up)",
        size as f64 / 1e6,
        "M entries",
        start.elapsed(),
    );
    let mut journal = Journal::open(store)?;
    journal.sign(&signer)?;
    let (mut slowest, mut all) = (Duration::ZERO, Duration::ZERO);
    for seq in &whole {
        let start = Instant::now();
        journal.receipt(*seq)?;
        let took = start.elapsed();
        slowest = slowest.max(took);
        all += took;
    }
    let what = format!(
        "**proof of one entry of {size}, checked** (mean of {})",
        whole.len()
    );
    row(&what, whole.len() as f64, "proofs", all);
    row("— the slowest of them", 1.0, "proof", slowest);
    std::fs::remove_dir_all(&place)?;
    Ok(())
}

fn leaf(seq: u64) -> [u8; 32] {
    let mut leaf = [0x5a; 32];
    leaf[..8].copy_from_slice(&seq.to_be_bytes());
    leaf
}

fn header(seq: u64) -> Header {
    Header {
        version: weighbridge_journal::header::VERSION,
        recorded_at_us: i64::try_from(seq).unwrap_or(i64::MAX),
        actor: "bench".into(),
        organisation: "bench".into(),
        kind: 2,
        key: leaf(seq),
        salt: weighbridge_journal::rows::salt_of(&[7; 32]),
        rows: 0,
        rows_root: [0; 32],
        body_len: 0,
        body_hash: weighbridge_journal::sha256(&[]),
    }
}
