//! The writing thread: many submit at once, each gets its own answer, and a failed commit is final.

mod common;

use common::{memory, signer, sqlite, submission};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use weighbridge_journal::{
    Journal, JournalError, MemoryStore, Outcome, SqliteStore, Submission, Writer, WriterError,
    verify,
};

type Answer = Outcome;

fn commit<S: weighbridge_journal::Store>(
    journal: &mut Journal<S>,
    batch: Vec<Submission>,
) -> Result<Vec<Answer>, JournalError> {
    journal.append_batch(1, batch)
}

#[test]
fn everyone_gets_an_own_answer_and_it_is_durable() {
    let dir = tempfile::tempdir().unwrap();
    let writer = Writer::spawn(sqlite(dir.path()), commit::<SqliteStore>).unwrap();
    let answers = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for thread in 0..4_u64 {
            let (writer, answers, folder) = (&writer, &answers, dir.path());
            scope.spawn(move || {
                for n in 0..50 {
                    // Every submission is sent by two threads.
                    let n = (thread / 2) * 50 + n;
                    let outcome = writer.submit(submission(n)).unwrap().wait().unwrap();
                    // A reader of its own sees at once what was acknowledged.
                    if n % 10 == 0 {
                        let reader = SqliteStore::open_read(folder).unwrap();
                        assert!(Journal::open(reader).unwrap().head().size > outcome.seq());
                    }
                    answers.lock().unwrap().push((n, outcome));
                }
            });
        }
    });
    let mut journal = writer.finish().unwrap();
    assert_eq!(journal.head().size, 100);
    let answers = answers.into_inner().unwrap();
    let appended = answers
        .iter()
        .filter(|(_, outcome)| matches!(outcome, Outcome::Appended(_)));
    assert_eq!((answers.len(), appended.count()), (200, 100));
    journal.sign(&signer()).unwrap();
    for (n, outcome) in answers {
        let receipt = journal.receipt(outcome.seq()).unwrap();
        let verified = receipt.verify(journal.verifier()).unwrap();
        assert_eq!(verified.header.key, submission(n).key);
    }
    assert!(verify(journal.store(), journal.verifier(), &mut |_, _| {}).ok());
}

#[test]
fn what_queues_up_is_committed_together() {
    let sizes = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&sizes);
    let writer = Writer::spawn(
        memory(),
        move |journal: &mut Journal<MemoryStore>, batch| {
            seen.lock().unwrap().push(batch.len());
            // A slow disk: the queue fills meanwhile.
            std::thread::sleep(Duration::from_millis(20));
            commit(journal, batch)
        },
    )
    .unwrap();
    let tickets: Vec<_> = (0..500)
        .map(|n| writer.submit(submission(n)).unwrap())
        .collect();
    for (seq, ticket) in (0..).zip(tickets) {
        assert_eq!(ticket.wait(), Ok(Outcome::Appended(seq)));
    }
    let sizes = sizes.lock().unwrap();
    assert_eq!(sizes.iter().sum::<usize>(), 500);
    assert!(sizes.len() < 20, "{sizes:?}");
}

#[test]
fn a_failed_commit_is_final() {
    let writer = Writer::spawn(0_u32, |done, batch: Vec<u32>| {
        *done += 1;
        if batch.contains(&3) {
            Err("the disk is full")
        } else {
            Ok(batch)
        }
    })
    .unwrap();
    assert_eq!(writer.submit(1).unwrap().wait(), Ok(1));
    let stopped = WriterError::Stopped("the disk is full".to_owned());
    assert_eq!(writer.submit(3).unwrap().wait(), Err(stopped.clone()));
    for _ in 0..3 {
        let later = writer.submit(4).and_then(|ticket| ticket.wait());
        assert_eq!(later, Err(stopped.clone()));
    }
    assert_eq!(writer.finish(), Some(2));
}

#[test]
fn a_commit_that_forgets_an_answer_is_a_fault() {
    let writer = Writer::spawn((), |(), _: Vec<u32>| Ok::<_, String>(Vec::<u32>::new())).unwrap();
    let error = writer.submit(1).unwrap().wait().unwrap_err();
    assert_eq!(error.code(), "writer_stopped");
}

#[test]
fn dropping_commits_what_is_queued() {
    let done = Arc::new(Mutex::new(0));
    let count = Arc::clone(&done);
    let writer = Writer::spawn((), move |(), batch: Vec<u32>| {
        *count.lock().unwrap() += batch.len();
        Ok::<_, String>(batch)
    })
    .unwrap();
    let tickets: Vec<_> = (0..100).map(|n| writer.submit(n).unwrap()).collect();
    drop(tickets);
    drop(writer);
    assert_eq!(*done.lock().unwrap(), 100);
}
