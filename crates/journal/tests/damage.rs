//! Damage to a journal's files: every byte flipped, the log cut and torn, the disk full, a second program.

mod common;

use common::{Answers, Dice, ORIGIN, PROGRAM, answers, look, signer, sqlite, submissions};
use std::fs;
use std::io::{Seek as _, SeekFrom, Write as _};
use std::path::Path;
use weighbridge_journal::sqlite::{CHECKPOINT, DATABASE};
use weighbridge_journal::{Journal, Place, SqliteStore, Store, StoreError, verify};

/// A number that longer runs by hand set in the environment.
fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name)
        .ok()
        .and_then(|value| value.parse().ok())
        .unwrap_or(default)
}

fn set_byte(path: &Path, at: usize, byte: u8) {
    let mut file = fs::OpenOptions::new().write(true).open(path).unwrap();
    file.seek(SeekFrom::Start(at as u64)).unwrap();
    file.write_all(&[byte]).unwrap();
}

/// Places of `needle` in `hay`: a row may lie in a page more than once after it has moved.
fn places(hay: &[u8], needle: &[u8]) -> Vec<std::ops::Range<usize>> {
    (0..=hay.len() - needle.len())
        .filter(|at| hay[*at..].starts_with(needle))
        .map(|at| at..at + needle.len())
        .collect()
}

/// A small journal on small pages, closed and settled into one file. Bodies fit their page, so that an entry's bytes lie
/// together and can be found in the file.
fn small_journal(folder: &Path) -> Answers {
    let store = SqliteStore::create_with(folder, PROGRAM, 1024).unwrap();
    let mut journal = Journal::create(store, ORIGIN, &signer().verifier()).unwrap();
    for (n, size) in [(0, 2), (2, 5), (5, 7)] {
        // What a program keeps beside a batch: names of files and keys of what may be erased.
        let note = format!("{{\"{n}\":{{\"name\":\"七月.csv\",\"key\":\"{n:064}\"}}}}");
        let name = format!("batch.{n}");
        journal.store_mut().meta_put(&name, &note).unwrap();
        journal.append_batch(1_000, submissions(n..size)).unwrap();
        if size < 7 {
            journal.sign(&signer()).unwrap();
        }
    }
    // Two entries at the end are not signed.
    let before = answers(&journal).unwrap();
    journal.store_mut().settle().unwrap();
    before
}

#[test]
fn every_flipped_byte_is_found_or_changes_nothing() {
    let dir = tempfile::tempdir().unwrap();
    let before = small_journal(dir.path());
    let path = dir.path().join(DATABASE);
    let file = fs::read(&path).unwrap();
    let (report, same) = look(dir.path()).unwrap();
    assert!(report.ok(), "{report:?}");
    assert_eq!(same.as_ref(), Ok(&before));
    assert_eq!(
        (report.entries, report.signed, report.checkpoints),
        (7, 5, 2)
    );

    // Which entry a byte carries.
    let mut carries: Vec<Option<u64>> = vec![None; file.len()];
    for (seq, header, body) in &before.entries {
        let row = [header.encode(), body.clone()].concat();
        // A row that moved when its page was divided has left a dead copy behind.
        let mut found = places(&file, &row);
        found.retain(|place| {
            set_byte(&path, place.start, file[place.start] ^ 1);
            let (report, _) = look(dir.path()).unwrap();
            set_byte(&path, place.start, file[place.start]);
            !report.ok()
        });
        assert_eq!(found.len(), 1, "entry {seq} lies at one place");
        found
            .into_iter()
            .flatten()
            .for_each(|at| carries[at] = Some(*seq));
    }
    // Which private value a byte carries: the value's text, whose name is whole then.
    let mut private: Vec<Option<String>> = vec![None; file.len()];
    for (name, value) in &before.private {
        let row = [name.as_bytes(), value.as_ref().unwrap().as_bytes()].concat();
        let found = places(&file, &row);
        assert_eq!(found.len(), 1, "{name} lies at one place");
        (found.into_iter().flatten())
            .skip(name.len())
            .for_each(|at| private[at] = Some(name.clone()));
    }
    let seed = setting("JOURNAL_SEED", 11);
    let mut dice = Dice(seed);
    let mut private_named = 0;
    let (mut named, mut refused, mut harmless) = (0, 0, 0);
    for at in 0..file.len() {
        set_byte(&path, at, file[at] ^ (1 << dice.below(8)));
        let seen = look(dir.path());
        let what = || format!("seed {seed}, byte {at} of {}: {seen:?}", file.len());
        match (&seen, carries[at]) {
            (Ok((report, _)), Some(seq)) => {
                let first = report
                    .first()
                    .unwrap_or_else(|| panic!("not found: {}", what()));
                assert_eq!(first.place, Place::Entry(seq), "{}", what());
                named += 1;
            }
            (Err(_), Some(_)) => panic!("an entry's byte stops the start: {}", what()),
            (Ok((report, answers)), None) if report.ok() => {
                assert_eq!(answers.as_ref(), Ok(&before), "{}", what());
                harmless += 1;
            }
            _ => refused += 1,
        }
        if let (Some(name), Ok((report, _))) = (&private[at], &seen) {
            let first = report.first().map(|fault| &fault.place);
            let by_name = first == Some(&Place::Private(name.clone()));
            assert!(by_name, "{name} is not named: {}", what());
            private_named += 1;
        }
        set_byte(&path, at, file[at]);
    }
    assert_eq!(look(dir.path()).unwrap().1.as_ref(), Ok(&before));
    assert!(
        named > 1_000 && refused > 1_000 && harmless > 1_000 && private_named > 300,
        "{named} {refused} {harmless} {private_named}"
    );
}

#[test]
fn every_flipped_byte_of_the_checkpoint_file_is_found() {
    let dir = tempfile::tempdir().unwrap();
    small_journal(dir.path());
    let path = dir.path().join(CHECKPOINT);
    let file = fs::read(&path).unwrap();
    for (at, &byte) in file.iter().enumerate() {
        for bit in 0..8 {
            set_byte(&path, at, byte ^ (1 << bit));
            let (report, opened) = look(dir.path()).unwrap();
            assert!(!report.ok() || opened.is_err(), "byte {at} bit {bit}");
        }
        set_byte(&path, at, byte);
    }
}

/// A crash with the log in every state that a disk can leave it in: cut at any point, the rest lost, zeroed, torn or
/// overwritten. What was acknowledged before that point is there; what was not is wholly there or wholly not.
#[test]
fn a_torn_log_keeps_every_acknowledged_batch() {
    let (seed, rounds) = (
        setting("JOURNAL_SEED", 2_026),
        setting("JOURNAL_ROUNDS", 150),
    );
    let mut dice = Dice(seed);
    let dir = tempfile::tempdir().unwrap();
    let mut journal = sqlite(dir.path());
    let log = |folder: &Path| folder.join(format!("{DATABASE}-wal"));
    journal.append_batch(1, submissions(0..3)).unwrap();
    journal.sign(&signer()).unwrap();
    journal.store_mut().settle().unwrap();
    // Size of the log and of the journal after every acknowledgement, and what was signed.
    let mut acknowledged = vec![(0, 3)];
    let mut signed = vec![(0, fs::read(dir.path().join(CHECKPOINT)).unwrap())];
    for _ in 0..20 {
        let from = journal.head().size;
        let batch = submissions(from..from + 1 + dice.below(6));
        journal.append_batch(from as i64, batch).unwrap();
        let written = fs::metadata(log(dir.path())).unwrap().len();
        acknowledged.push((written, journal.head().size));
        if dice.below(3) == 0 {
            journal.sign(&signer()).unwrap();
            let written = fs::metadata(log(dir.path())).unwrap().len();
            signed.push((written, fs::read(dir.path().join(CHECKPOINT)).unwrap()));
        }
    }
    let database = fs::read(dir.path().join(DATABASE)).unwrap();
    let full = fs::read(log(dir.path())).unwrap();
    assert!(
        full.len() as u64 >= acknowledged.last().unwrap().0,
        "the log has not wrapped"
    );
    for round in 0..rounds {
        let cut = dice.below(full.len() as u64 + 1);
        let mut torn = full[..cut as usize].to_vec();
        let rest = full.len() - torn.len();
        match dice.below(4) {
            0 => {}
            1 => torn.resize(full.len(), 0),
            2 => torn.extend(dice.bytes(rest.min(9_000))),
            // Later blocks arrived, the one at the cut did not.
            _ => {
                torn.extend(vec![0xff; rest.min(512)]);
                torn.extend(&full[torn.len()..]);
            }
        }
        let after = tempfile::tempdir().unwrap();
        fs::write(after.path().join(DATABASE), &database).unwrap();
        fs::write(log(after.path()), &torn).unwrap();
        let note = signed
            .iter()
            .rev()
            .find(|(written, _)| *written <= cut)
            .unwrap();
        fs::write(after.path().join(CHECKPOINT), &note.1).unwrap();
        let expected = acknowledged
            .iter()
            .rev()
            .find(|(written, _)| *written <= cut)
            .unwrap()
            .1;
        let what = format!("seed {seed} round {round} cut {cut}");

        let store = SqliteStore::open(after.path(), PROGRAM).unwrap();
        let mut journal = Journal::open(store).unwrap_or_else(|error| panic!("{what}: {error}"));
        let size = journal.head().size;
        assert!(
            size >= expected,
            "{what}: {size} of {expected} acknowledged"
        );
        assert!(
            acknowledged.iter().any(|(_, whole)| *whole == size),
            "{what}: half a batch"
        );
        let report = verify(journal.store(), &signer().verifier(), &mut |_, _| {});
        assert!(report.ok(), "{what}: {:?}", report.first());
        // Sending everything again finishes the job.
        let all = acknowledged.last().unwrap().1;
        let outcomes = journal.append_batch(1, submissions(0..all)).unwrap();
        assert!(
            outcomes
                .iter()
                .zip(0..)
                .all(|(outcome, seq)| outcome.seq() == seq),
            "{what}"
        );
        journal.sign(&signer()).unwrap();
    }
}

#[test]
fn a_lost_log_with_signed_entries_stops_the_start() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = sqlite(dir.path());
    journal.append_batch(1, submissions(0..3)).unwrap();
    journal.store_mut().settle().unwrap();
    let database = fs::read(dir.path().join(DATABASE)).unwrap();
    journal.append_batch(1, submissions(3..5)).unwrap();
    journal.sign(&signer()).unwrap();
    let note = fs::read(dir.path().join(CHECKPOINT)).unwrap();
    let after = tempfile::tempdir().unwrap();
    fs::write(after.path().join(DATABASE), &database).unwrap();
    fs::write(after.path().join(CHECKPOINT), &note).unwrap();
    let store = SqliteStore::open(after.path(), PROGRAM).unwrap();
    let error = Journal::open(store).err().unwrap();
    assert_eq!(error.code(), "journal_damaged");
    assert!(
        error
            .to_string()
            .contains("3 entries and does not contain the 5"),
        "{error}"
    );
    let (report, _) = look(after.path()).unwrap();
    assert_eq!(report.first().unwrap().place, Place::Checkpoint(5));
}

#[test]
fn two_writers_and_a_reader() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = sqlite(dir.path());
    journal.append_batch(1, submissions(0..3)).unwrap();
    let second = SqliteStore::open(dir.path(), "second program")
        .err()
        .unwrap();
    let StoreError::Busy { holder } = &second else {
        panic!("{second}");
    };
    assert!(
        holder.contains(PROGRAM) && holder.contains(&std::process::id().to_string()),
        "{holder}"
    );
    assert!(matches!(
        SqliteStore::create(dir.path(), "x").err(),
        Some(StoreError::Busy { .. })
    ));
    // A reader needs no lock, sees what is durable, follows, and cannot write.
    let mut reader = Journal::open(SqliteStore::open_read(dir.path()).unwrap()).unwrap();
    assert_eq!(reader.head().size, 3);
    journal.append_batch(1, submissions(3..5)).unwrap();
    reader.refresh().unwrap();
    assert_eq!(reader.head().size, 5);
    let error = reader.append_batch(1, submissions(5..6)).unwrap_err();
    assert_eq!(error.code(), "journal_read_only");
    assert!(verify(reader.store(), &signer().verifier(), &mut |_, _| {}).ok());
    drop(journal);
    SqliteStore::open(dir.path(), "second program").unwrap();
}

#[test]
fn a_journal_is_verified_while_it_grows() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = sqlite(dir.path());
    std::thread::scope(|scope| {
        let writer = scope.spawn(|| {
            for n in 0..150 {
                journal
                    .append_batch(1, submissions(n * 5..n * 5 + 5))
                    .unwrap();
                journal.sign(&signer()).unwrap();
            }
        });
        while !writer.is_finished() {
            let (report, opened) = look(dir.path()).unwrap();
            assert!(report.ok(), "{:?}", report.faults);
            opened.unwrap();
        }
    });
    let (report, _) = look(dir.path()).unwrap();
    assert!(report.ok());
    assert_eq!(
        (report.entries, report.signed, report.checkpoints),
        (750, 750, 150)
    );
}

#[test]
fn what_is_not_a_journal_is_told() {
    let dir = tempfile::tempdir().unwrap();
    let open = |folder: &Path| SqliteStore::open(folder, PROGRAM).err().unwrap().code();
    let read = |folder: &Path| SqliteStore::open_read(folder).err().unwrap().code();
    assert_eq!(
        (open(dir.path()), read(dir.path())),
        ("journal_not_found", "journal_not_found")
    );
    let path = dir.path().join(DATABASE);
    for content in [
        "",
        "a text, not a database, and longer than a hundred bytes, so that it could have a header, were it one at all",
    ] {
        fs::write(&path, content).unwrap();
        assert_eq!(
            (open(dir.path()), read(dir.path())),
            ("not_a_journal", "not_a_journal")
        );
    }
    fs::remove_file(&path).unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch("CREATE TABLE other(x)").unwrap();
    drop(connection);
    assert_eq!(
        (open(dir.path()), read(dir.path())),
        ("not_a_journal", "not_a_journal")
    );
    fs::remove_file(&path).unwrap();
    drop(sqlite(dir.path()));
    assert_eq!(
        SqliteStore::create(dir.path(), PROGRAM)
            .err()
            .unwrap()
            .code(),
        "journal_exists"
    );
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch("PRAGMA user_version = 2").unwrap();
    drop(connection);
    assert_eq!(
        (open(dir.path()), read(dir.path())),
        ("journal_too_new", "journal_too_new")
    );
}

#[cfg(unix)]
#[test]
fn a_folder_that_may_only_be_read_is_read() {
    use std::os::unix::fs::PermissionsExt as _;
    let dir = tempfile::tempdir().unwrap();
    let folder = dir.path().join("a folder with % and ?");
    fs::create_dir(&folder).unwrap();
    let before = small_journal(&folder);
    let mode = |mode| fs::set_permissions(&folder, fs::Permissions::from_mode(mode)).unwrap();
    mode(0o555);
    let seen = look(&folder);
    mode(0o755);
    let (report, answers) = seen.unwrap();
    assert!(report.ok());
    assert_eq!(answers, Ok(before));
}
