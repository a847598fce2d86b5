//! The disk is full, or cannot be read: every such failure ends in an error that says so, and a journal that opens again.

mod common;

use common::faulty::Faulty;
use common::{PROGRAM, answers, look, memory, signer, sqlite, submission, submissions};
use weighbridge_journal::verify::FaultKind;
use weighbridge_journal::{
    Journal, JournalError, MemoryStore, Outcome, SqliteStore, Store, StoreError, Submission, verify,
};

fn io() -> StoreError {
    StoreError::Io("the disk says no".to_owned())
}

/// A journal of seven entries, five of them signed, whose reads can be made to fail.
fn readable() -> Faulty<MemoryStore> {
    let mut journal = memory();
    journal.append_batch(1, submissions(0..5)).unwrap();
    journal.sign(&signer()).unwrap();
    journal.append_batch(2, submissions(5..7)).unwrap();
    Faulty::over(journal.into_store(), io())
}

/// Fails every read of `what` in turn; `what` has to end well once none fails.
fn every_read(what: &mut dyn FnMut(Faulty<MemoryStore>) -> Result<(), JournalError>) {
    let mut failures = 0;
    for at in 1.. {
        let mut store = readable();
        store.fail_read_at = Some(at);
        match what(store) {
            Ok(()) => break,
            Err(error) => {
                assert_eq!(error, JournalError::Store(io()), "read {at}");
                assert!(error.to_string().contains("the disk says no"), "{error}");
                failures += 1;
            }
        }
    }
    assert!(failures > 3, "only {failures} reads were met");
}

#[test]
fn a_failed_read_is_told_and_changes_nothing() {
    every_read(&mut |store| Journal::open(store).map(|_| ()));
    every_read(&mut |store| {
        let mut journal = Journal::open(store)?;
        let before = journal.store().inner.clone();
        // What one read refuses the next one gives: nothing was written in between.
        let appended = journal.append_batch(3, submissions(7..9));
        if let Err(error) = appended {
            assert_eq!(
                journal.store().inner.head().unwrap(),
                before.head().unwrap()
            );
            let mut again = Journal::open(journal.into_store().inner).unwrap();
            let outcomes = again.append_batch(3, submissions(7..9)).unwrap();
            assert_eq!(outcomes, [Outcome::Appended(7), Outcome::Appended(8)]);
            return Err(error);
        }
        journal.sign(&signer()).map(|_| ())
    });
    every_read(&mut |store| Journal::open(store)?.receipt(3).map(|_| ()));
    every_read(&mut |store| Journal::open(store)?.consistency(3, 7).map(|_| ()));
}

/// Verification never ends early: whatever cannot be read is a fault of its own, and never anything worse.
#[test]
fn verification_names_what_it_cannot_read() {
    let mut met = 0;
    for at in 1.. {
        let mut store = readable();
        store.fail_read_at = Some(at);
        let report = verify(&store, &signer().verifier(), &mut |_, _| {});
        if store.reads.get() < at {
            assert!(report.ok());
            break;
        }
        met += 1;
        let told = (report.faults.iter()).any(|fault| {
            matches!(
                fault.kind,
                FaultKind::Unreadable | FaultKind::StructureDamaged
            ) && fault.detail.to_string().contains("the disk says no")
        });
        assert!(told, "read {at}: {:?}", report.faults);
    }
    assert!(met > 30, "only {met} reads were met");
}

#[test]
fn a_full_disk_ends_in_a_message_and_a_journal_that_opens() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = sqlite(dir.path());
    journal.append_batch(1, submissions(0..3)).unwrap();
    journal.sign(&signer()).unwrap();
    // SQLite's own limit raises the very error that a full disk does. It is a setting of the connection, so the store is
    // filled by one whose limit is low.
    let big = |n: u64| Submission {
        body: vec![n as u8; 3 << 20],
        ..submission(n)
    };
    journal.store_mut().limit_pages(700);
    let mut size = 3;
    let error = loop {
        match journal.append_batch(1, vec![big(100 + size)]) {
            Ok(_) => size += 1,
            Err(error) => break error,
        }
    };
    assert_eq!(error, JournalError::Store(StoreError::DiskFull));
    assert!(matches!(
        journal.append_batch(1, submissions(3..4)),
        Err(JournalError::Stopped(_))
    ));
    drop(journal);
    let store = SqliteStore::open(dir.path(), PROGRAM).unwrap();
    let mut journal = Journal::open(store).unwrap();
    assert_eq!(journal.head().size, size);
    let outcomes = journal.append_batch(1, vec![big(100 + size)]).unwrap();
    assert_eq!(outcomes, [Outcome::Appended(size)]);
    assert!(verify(journal.store(), &signer().verifier(), &mut |_, _| {}).ok());
}

/// The same while a checkpoint and a private value are written, which are transactions of their own.
#[test]
fn a_disk_that_fills_up_at_any_write_is_survived() {
    for pages in 12..60 {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = sqlite(dir.path());
        journal.append_batch(1, submissions(0..3)).unwrap();
        journal.sign(&signer()).unwrap();
        journal.store_mut().limit_pages(pages);
        let (mut size, mut failed) = (3, None);
        while failed.is_none() && size < 400 {
            let note = "a note about a batch ".repeat(40);
            failed = (journal
                .store_mut()
                .meta_put(&format!("batch.{size}"), &note))
            .map_err(JournalError::from)
            .and_then(|()| journal.append_batch(1, submissions(size..size + 2)))
            .map(|_| size += 2)
            .and_then(|()| journal.sign(&signer()).map(|_| ()))
            .err();
        }
        assert_eq!(
            failed,
            Some(JournalError::Store(StoreError::DiskFull)),
            "{pages} pages"
        );
        drop(journal);
        let (report, opened) = look(dir.path()).unwrap();
        assert!(report.ok(), "{pages} pages: {:?}", report.faults);
        opened.unwrap();
        let mut journal = Journal::open(SqliteStore::open(dir.path(), PROGRAM).unwrap()).unwrap();
        assert_eq!(journal.head().size, size, "{pages} pages");
        journal
            .append_batch(1, submissions(size..size + 2))
            .unwrap();
        journal.sign(&signer()).unwrap();
        answers(&journal).unwrap();
    }
}
