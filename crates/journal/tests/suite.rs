//! One suite for every store, with faults put in around it.

mod common;

use common::faulty::{Fail, Faulty};
use common::{Answers, Dice, ORIGIN, PROGRAM, answers, signer, submission, submissions};
use ct_merkle::mem_backed_tree::MemoryBackedTree;
use proptest::prelude::*;
use sha2::Sha256;
use std::collections::BTreeMap;
use std::ops::ControlFlow;
use weighbridge_journal::merkle::verify_consistency;
use weighbridge_journal::{
    Batch, Checkpoint, Hash, Header, Journal, JournalError, MemoryStore, Outcome, Signer,
    SqliteStore, Store, StoreError, Submission, receipt, sha256, verify,
};

/// A kind of store with a place to live, so that a test can close and open it.
trait Home: Sized {
    type Store: Store;
    fn new() -> Self;
    fn create(&self) -> Self::Store;
    /// What a restart finds.
    fn reopen(&self, closed: Self::Store) -> Self::Store;
}

struct InMemory;

impl Home for InMemory {
    type Store = MemoryStore;
    fn new() -> Self {
        Self
    }
    fn create(&self) -> MemoryStore {
        MemoryStore::new()
    }
    fn reopen(&self, closed: MemoryStore) -> MemoryStore {
        closed
    }
}

struct InSqlite(tempfile::TempDir);

impl Home for InSqlite {
    type Store = SqliteStore;
    fn new() -> Self {
        Self(tempfile::tempdir().unwrap())
    }
    fn create(&self) -> SqliteStore {
        SqliteStore::create(self.0.path(), PROGRAM).unwrap()
    }
    fn reopen(&self, closed: SqliteStore) -> SqliteStore {
        drop(closed);
        SqliteStore::open(self.0.path(), PROGRAM).unwrap()
    }
}

fn create<S: Store>(store: S) -> Journal<S> {
    Journal::create(store, ORIGIN, &signer().verifier()).unwrap()
}

fn sound<S: Store>(journal: &Journal<S>) {
    let report = verify(journal.store(), journal.verifier(), &mut |_, _| {});
    assert!(report.ok(), "{:?}", report.first());
    assert_eq!(report.root, journal.head().root);
    assert_eq!(report.entries, journal.head().size);
}

fn order_time_and_content<H: Home>() {
    let home = H::new();
    let mut journal = create(home.create());
    assert_eq!(journal.origin(), ORIGIN);
    assert_eq!(journal.head().last_recorded_at_us, None);
    let outcomes = journal.append_batch(1_000, submissions(0..3)).unwrap();
    assert_eq!(outcomes, [0, 1, 2].map(Outcome::Appended));
    // The clock stands still, goes back, and jumps ahead.
    journal.append_batch(1_000, submissions(3..4)).unwrap();
    journal.append_batch(-5, submissions(4..5)).unwrap();
    journal.append_batch(9_000, submissions(5..7)).unwrap();
    let journal = Journal::open(home.reopen(journal.into_store())).unwrap();
    let mut times = Vec::new();
    journal
        .store()
        .read(0, &mut |seq, header, bytes, body| {
            let sent = submission(seq);
            assert_eq!(bytes, header.encode());
            assert_eq!(body, sent.body);
            assert_eq!(header.body_hash, sha256(body));
            assert_eq!(
                (&header.actor, &header.organisation, header.kind, header.key),
                (&sent.actor, &sent.organisation, sent.kind, sent.key)
            );
            assert_eq!((header.rows, header.rows_root), (sent.rows, sent.rows_root));
            times.push(header.recorded_at_us);
            ControlFlow::Continue(())
        })
        .unwrap();
    assert_eq!(times, [1_000, 1_001, 1_002, 1_003, 1_004, 9_000, 9_001]);
    let mut seen = Vec::new();
    let from = journal.store().read(5, &mut |seq, _, _, _| {
        seen.push(seq);
        ControlFlow::Break(())
    });
    assert_eq!((from, seen), (Ok(()), vec![5]));
    assert_eq!(journal.store().secret(4), Ok(Some(submission(4).secret)));
    sound(&journal);
}

fn the_same_twice_changes_nothing<H: Home>() {
    let home = H::new();
    let mut journal = create(home.create());
    let mut other = submission(1);
    other.body.push(1);
    let batch = vec![submission(0), submission(1), submission(0), other.clone()];
    assert_eq!(
        journal.append_batch(1, batch).unwrap(),
        [
            Outcome::Appended(0),
            Outcome::Appended(1),
            Outcome::Already(0),
            Outcome::Conflict(1)
        ]
    );
    journal.sign(&signer()).unwrap();
    let before = answers(&journal).unwrap();
    // Another secret, another time, another actor: the key and the body decide.
    let mut again = submission(0);
    again.secret = [9; 32];
    again.actor = "someone-else".to_owned();
    let outcomes = journal.append_batch(50, vec![other, again]).unwrap();
    assert_eq!(outcomes, [Outcome::Conflict(1), Outcome::Already(0)]);
    assert_eq!(answers(&journal).unwrap(), before);
    // The same key of another organisation is another submission.
    let mut foreign = submission(0);
    foreign.organisation = "organisation-x".to_owned();
    let outcomes = journal.append_batch(50, vec![foreign]).unwrap();
    assert_eq!(outcomes, [Outcome::Appended(2)]);
    sound(&journal);
}

fn limits_refuse_and_change_nothing<H: Home>() {
    let home = H::new();
    let mut journal = create(home.create());
    let refuse = |journal: &mut Journal<_>, change: &dyn Fn(&mut Submission)| {
        let mut bad = submission(1);
        change(&mut bad);
        let result = journal.append_batch(1, vec![submission(0), bad]);
        assert!(
            matches!(result, Err(JournalError::Refused { index: 1, .. })),
            "{result:?}"
        );
        assert_eq!(journal.head().size, 0);
    };
    refuse(&mut journal, &|s| s.actor = "a".repeat(257));
    refuse(&mut journal, &|s| s.organisation = "o".repeat(257));
    refuse(&mut journal, &|s| s.secret = [0; 32]);
    let mut widest = submission(1);
    widest.actor = "账".repeat(85);
    widest.organisation = "\0".repeat(256);
    widest.body = vec![7; 300_000];
    journal.append_batch(i64::MAX - 1, vec![widest]).unwrap();
    journal.append_batch(i64::MAX, vec![submission(0)]).unwrap();
    assert_eq!(
        journal.append_batch(1, vec![submission(2)]),
        Err(JournalError::Time)
    );
    journal.append_batch(1, Vec::new()).unwrap();
    sound(&journal);
}

fn receipts_of_every_size_outlive_growth<H: Home>() {
    let home = H::new();
    let mut journal = create(home.create());
    let verifier = signer().verifier();
    let mut given: Vec<(u64, String)> = Vec::new();
    let mut signed: Vec<(u64, Hash)> = Vec::new();
    for n in 0..40 {
        journal
            .append_batch(n, submissions(n as u64..n as u64 + 1))
            .unwrap();
        let seq = n as u64;
        assert_eq!(journal.receipt(seq), Err(JournalError::NotCovered { seq }));
        let note = journal.sign(&signer()).unwrap();
        assert_eq!(
            journal.sign(&signer()).unwrap(),
            note,
            "one size is signed once"
        );
        let checkpoint = Checkpoint::verify(&note.note, &verifier).unwrap();
        assert_eq!(
            (checkpoint.size, checkpoint.root),
            (seq + 1, journal.head().root)
        );
        signed.push((checkpoint.size, checkpoint.root));
        given.extend((0..=seq).map(|i| (i, journal.receipt(i).unwrap().to_string())));
    }
    journal.append_batch(99, submissions(40..700)).unwrap();
    journal.sign(&signer()).unwrap();
    let journal = Journal::open(home.reopen(journal.into_store())).unwrap();
    for (seq, text) in &given {
        let verified = receipt::verify(text, &verifier).unwrap();
        let sent = submission(*seq);
        assert_eq!((verified.index, verified.header.key), (*seq, sent.key));
        assert_eq!(verified.header.body_hash, sha256(&sent.body));
    }
    let (size, root) = (journal.head().size, journal.head().root);
    assert_eq!(size, 700);
    for (from, old) in &signed {
        assert_eq!(journal.root_at(*from).unwrap(), *old);
        let path = journal.consistency(*from, size).unwrap();
        verify_consistency((*from, old), (size, &root), &path).unwrap();
    }
    for seq in [0, 255, 256, 511, 512, 699] {
        let text = journal.receipt(seq).unwrap().to_string();
        assert_eq!(receipt::verify(&text, &verifier).unwrap().index, seq);
    }
    assert_eq!(
        journal.receipt(700),
        Err(JournalError::NoEntry {
            seq: 700,
            size: 700
        })
    );
    journal.consistency(5, 4).unwrap_err();
    journal.consistency(5, 701).unwrap_err();
    sound(&journal);
}

fn a_fork_is_never_signed<H: Home>() {
    let home = H::new();
    let mut journal = create(home.create());
    journal.append_batch(1, submissions(0..5)).unwrap();
    let stranger = Signer::from_seed(ORIGIN, &[8; 32]).unwrap();
    assert!(matches!(
        journal.sign(&stranger),
        Err(JournalError::WrongKey { .. })
    ));
    // The same journal went on elsewhere, as before a restore from a copy.
    let mut ahead = create(MemoryStore::new());
    ahead.append_batch(1, submissions(0..8)).unwrap();
    let ahead = ahead.sign(&signer()).unwrap();
    let fork = |size, signed| Err(JournalError::Fork { size, signed });
    assert_eq!(journal.remember_seen(&ahead.note), fork(5, 8));
    assert_eq!(journal.sign(&signer()), fork(5, 8).map(|()| ahead.clone()));
    // It is remembered over a restart, and other entries up to that size do not help.
    let mut journal = Journal::open(home.reopen(journal.into_store())).unwrap();
    journal.append_batch(1, submissions(20..23)).unwrap();
    assert_eq!(journal.sign(&signer()), fork(8, 8).map(|()| ahead.clone()));
    // A note of another journal or key is not taken.
    let other = Signer::from_seed("other.example/log", &[7; 32]).unwrap();
    let mut foreign = Journal::create(MemoryStore::new(), other.name(), &other.verifier()).unwrap();
    let foreign = foreign.sign(&other).unwrap();
    let result = journal.remember_seen(&foreign.note);
    assert!(matches!(result, Err(JournalError::Checkpoint { .. })));

    // The same entries again are no fork.
    let home = H::new();
    let mut journal = create(home.create());
    journal.append_batch(1, submissions(0..5)).unwrap();
    assert_eq!(journal.remember_seen(&ahead.note), fork(5, 8));
    journal.append_batch(1, submissions(5..9)).unwrap();
    assert_eq!(journal.sign(&signer()).unwrap().size, 9);
    journal.remember_seen(&ahead.note).unwrap();
}

fn a_moved_head_is_told<H: Home>() {
    let home = H::new();
    let mut journal = create(home.create());
    journal.append_batch(1, submissions(0..2)).unwrap();
    // Another server appended: play its batch into our store behind the journal's back.
    let mut twin = create(MemoryStore::new());
    twin.append_batch(1, submissions(0..2)).unwrap();
    let mut head = twin.head().clone();
    let header = Header::decode(&twin.store().header_bytes(1).unwrap().unwrap()).unwrap();
    let mut edge = weighbridge_journal::tiles::Edge::default();
    let leaf = |seq| {
        weighbridge_journal::merkle::leaf_hash(&twin.store().header_bytes(seq).unwrap().unwrap())
    };
    edge.grow([leaf(0), leaf(1)]);
    let mut header = header;
    header.key = [5; 32];
    header.recorded_at_us += 1;
    let entry = weighbridge_journal::NewEntry {
        header_bytes: header.encode(),
        body: submission(1).body,
        secret: submission(1).secret,
        header,
    };
    let tiles = edge.grow([entry.header.leaf_hash()]);
    head.size = 3;
    head.root = edge.root();
    head.last_recorded_at_us = Some(entry.header.recorded_at_us);
    let batch = Batch {
        entries: vec![entry],
        tiles,
        head,
    };
    journal.store_mut().append(2, &batch).unwrap();

    let moved = JournalError::Store(StoreError::HeadMoved {
        expected: 2,
        found: 3,
    });
    assert_eq!(
        journal.append_batch(2, submissions(2..3)),
        Err(moved.clone())
    );
    assert_eq!(journal.sign(&signer()), Err(moved));
    journal.refresh().unwrap();
    let outcomes = journal.append_batch(2, submissions(2..3)).unwrap();
    assert_eq!(outcomes, [Outcome::Appended(3)]);
    // A key that another server took meanwhile is found by the store itself.
    let mut again = batch;
    again.head.size = 5;
    let conflict = journal.store_mut().append(4, &again);
    assert_eq!(conflict, Err(StoreError::Conflict { seq: 2 }));
    sound(&journal);
}

/// Every write of a history fails once, before and after its effect: what was acknowledged is there, the rest is wholly
/// there or wholly not, and sending again finishes the job with the same books.
fn any_failed_write_is_survived<H: Home>() {
    for fail in [Fail::Before, Fail::After] {
        for at in 1..=14 {
            let home = H::new();
            let mut journal = create(Faulty::over(home.create(), StoreError::DiskFull));
            let start = journal.store().writes;
            journal.store_mut().fail_at = Some((start + at, fail));
            let mut acknowledged: u64 = 0;
            let mut notes = Vec::new();
            let failed = (0..7_u64).find_map(|n| {
                match journal.append_batch(n as i64, submissions(n * 3..n * 3 + 3)) {
                    Ok(_) => acknowledged = n * 3 + 3,
                    Err(error) => return Some(error),
                }
                match journal.sign(&signer()) {
                    Ok(note) => notes.push(note),
                    Err(error) => return Some(error),
                }
                None
            });
            assert_eq!(failed, Some(JournalError::Store(StoreError::DiskFull)));
            // Final: nothing more is taken before a restart.
            let stopped = journal.append_batch(99, submissions(90..91));
            assert!(matches!(stopped, Err(JournalError::Stopped(_))));
            assert!(matches!(
                journal.sign(&signer()),
                Err(JournalError::Stopped(_))
            ));

            let store = home.reopen(journal.into_store().inner);
            let mut journal = Journal::open(store).unwrap();
            let size = journal.head().size;
            assert!(
                size == acknowledged || size == acknowledged + 3,
                "{size} {acknowledged}"
            );
            assert!(fail == Fail::After || size == acknowledged);
            for note in &notes {
                let checkpoint = Checkpoint::verify(&note.note, journal.verifier()).unwrap();
                assert_eq!(journal.root_at(checkpoint.size).unwrap(), checkpoint.root);
            }
            sound(&journal);
            let outcomes = journal.append_batch(100, submissions(0..21)).unwrap();
            assert!(
                outcomes
                    .iter()
                    .zip(0..)
                    .all(|(outcome, seq)| outcome.seq() == seq)
            );
            journal.sign(&signer()).unwrap();
            sound(&journal);
        }
    }
}

/// A history of the naive model: batches of submissions (some repeated, some changed), signing now and then.
fn random_histories_match_a_naive_model<H: Home>() {
    let config = ProptestConfig {
        cases: 24,
        failure_persistence: None,
        ..ProptestConfig::default()
    };
    let step = prop::collection::vec((0..30_u64, any::<bool>()), 0..12);
    let history = prop::collection::vec((step, -50..50_i64, any::<bool>()), 1..12);
    proptest!(config, |(history in history)| {
        let home = H::new();
        let mut journal = create(home.create());
        let mut keys: BTreeMap<(String, [u8; 32]), (u64, Vec<u8>)> = BTreeMap::new();
        let mut tree = MemoryBackedTree::<Sha256, Vec<u8>>::new();
        for (batch, now, sign) in history {
            let batch: Vec<_> = batch
                .into_iter()
                .map(|(n, changed)| {
                    let mut submission = submission(n);
                    if changed && n % 3 == 0 {
                        submission.body.push(1);
                    }
                    submission
                })
                .collect();
            let mut size = keys.len() as u64;
            let expected: Vec<_> = batch
                .iter()
                .map(|s| match keys.get(&(s.organisation.clone(), s.key)) {
                    Some((seq, body)) if *body == s.body => Outcome::Already(*seq),
                    Some((seq, _)) => Outcome::Conflict(*seq),
                    None => {
                        let place = (s.organisation.clone(), s.key);
                        keys.insert(place, (size, s.body.clone()));
                        size += 1;
                        Outcome::Appended(size - 1)
                    }
                })
                .collect();
            prop_assert_eq!(journal.append_batch(now, batch).unwrap(), expected);
            for seq in tree.len()..size {
                tree.push(journal.store().header_bytes(seq).unwrap().unwrap());
            }
            let root: Hash = (*tree.root().as_bytes()).into();
            prop_assert_eq!((journal.head().size, journal.head().root), (size, root));
            if sign {
                journal.sign(&signer()).unwrap();
                journal = Journal::open(home.reopen(journal.into_store())).unwrap();
            }
        }
        sound(&journal);
    });
}

fn creation_is_finished_or_refused<H: Home>() {
    let home = H::new();
    let verifier = signer().verifier();
    let result = Journal::create(home.create(), "another.example/name", &verifier);
    assert!(matches!(result.err(), Some(JournalError::Origin)));
    let home = H::new();
    let store = home.create();
    assert!(matches!(
        Journal::open(store).err(),
        Some(JournalError::NotCreated)
    ));
    let home = H::new();
    let mut store = home.create();
    // Interrupted after the key, before the name.
    store
        .meta_put("journal.vkey", &verifier.to_string())
        .unwrap();
    let journal = Journal::create(home.reopen(store), ORIGIN, &verifier).unwrap();
    let again = Journal::create(journal.into_store(), ORIGIN, &verifier);
    assert!(matches!(again.err(), Some(JournalError::Created(origin)) if origin == ORIGIN));
}

fn a_destroyed_secret_leaves_proofs<H: Home>() {
    let home = H::new();
    let mut journal = create(home.create());
    journal.append_batch(1, submissions(0..4)).unwrap();
    journal.sign(&signer()).unwrap();
    let before: Answers = answers(&journal).unwrap();
    journal.store_mut().destroy_secret(2).unwrap();
    let journal = Journal::open(home.reopen(journal.into_store())).unwrap();
    assert_eq!(journal.store().secret(2), Ok(None));
    assert_eq!(journal.store().secret(1), Ok(Some(submission(1).secret)));
    journal.store().secret(4).unwrap_err();
    assert_eq!(answers(&journal).unwrap().receipts, before.receipts);
    sound(&journal);
}

macro_rules! store_suite {
    ($($name:ident: $home:ty),* $(,)?) => {$(
        mod $name {
            use super::*;
            store_suite!(@tests $home:
                order_time_and_content,
                the_same_twice_changes_nothing,
                limits_refuse_and_change_nothing,
                receipts_of_every_size_outlive_growth,
                a_fork_is_never_signed,
                a_moved_head_is_told,
                any_failed_write_is_survived,
                random_histories_match_a_naive_model,
                creation_is_finished_or_refused,
                a_destroyed_secret_leaves_proofs,
            );
        }
    )*};
    (@tests $home:ty: $($test:ident),* $(,)?) => {$(
        #[test]
        fn $test() {
            super::$test::<$home>();
        }
    )*};
}

store_suite! {
    memory: InMemory,
    sqlite: InSqlite,
}

#[test]
fn a_batch_of_thousands_is_one_append() {
    let mut journal = create(Faulty::over(MemoryStore::new(), StoreError::DiskFull));
    let writes = journal.store().writes;
    let mut dice = Dice(1);
    let batch = (0..8_192).map(|n| Submission {
        key: dice.hash(),
        ..submission(n % 50)
    });
    let outcomes = journal.append_batch(1, batch.collect()).unwrap();
    assert_eq!(outcomes.len(), 8_192);
    assert_eq!(journal.store().writes, writes + 1);
    sound(&journal);
}
