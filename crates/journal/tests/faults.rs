//! What verification calls each damage, and where it says it is.

mod common;

use common::{PROGRAM, look, signer, sqlite, submissions};
use weighbridge_journal::sqlite::DATABASE;
use weighbridge_journal::verify::FaultKind;
use weighbridge_journal::{Journal, Place, Signer, SqliteStore, Store, verify};

#[test]
fn faults_are_named() {
    let sql = |change: &str| {
        let dir = tempfile::tempdir().unwrap();
        let mut journal = sqlite(dir.path());
        journal.store_mut().meta_put("batch.0", "{}").unwrap();
        for n in 0..6 {
            journal
                .append_batch(1, submissions(n * 50..n * 50 + 50))
                .unwrap();
            if n == 3 {
                journal.sign(&signer()).unwrap();
            }
        }
        drop(journal);
        let path = dir.path().join(DATABASE);
        let connection = rusqlite::Connection::open(path).unwrap();
        connection.execute_batch(change).unwrap();
        drop(connection);
        look(dir.path()).unwrap().0
    };
    use FaultKind::*;
    let tile = |level, index| Place::Tile { level, index };
    let private = |name: &str| Place::Private(name.to_owned());
    // The checkpoint covers 200 of 300 entries.
    for (change, place, kind) in [
        (
            "DELETE FROM entries WHERE seq = 7",
            Place::Entry(7),
            EntryMissing,
        ),
        (
            "DELETE FROM entries WHERE seq >= 290",
            Place::Entry(290),
            EntryMissing,
        ),
        (
            "UPDATE entries SET body = CAST(body || x'01' AS BLOB) WHERE seq = 9",
            Place::Entry(9),
            BodyChanged,
        ),
        (
            "UPDATE entries SET header = x'80' WHERE seq = 4",
            Place::Entry(4),
            HeaderDamaged,
        ),
        (
            // Another entry's header and body in its place, a well-formed entry by itself.
            "UPDATE entries SET (header, body) = (SELECT header, body FROM entries WHERE seq = 20) WHERE seq = 30",
            Place::Entry(30),
            TimeOrder,
        ),
        (
            "UPDATE tiles SET data = zeroblob(8192) WHERE idx = 0",
            tile(0, 0),
            TileChanged,
        ),
        ("DELETE FROM tiles WHERE level = 1", tile(1, 0), TileChanged),
        (
            "INSERT INTO tiles VALUES (0, 9, zeroblob(32))",
            Place::Store,
            CountWrong,
        ),
        (
            "DELETE FROM keys WHERE seq = 12",
            Place::Entry(12),
            KeyWrong,
        ),
        (
            "UPDATE keys SET seq = 3 WHERE seq = 12",
            Place::Entry(12),
            KeyWrong,
        ),
        (
            "UPDATE keys SET body_hash = zeroblob(32) WHERE seq = 0",
            Place::Entry(0),
            KeyWrong,
        ),
        (
            "INSERT INTO keys VALUES ('x', x'00', 999, zeroblob(32))",
            Place::Store,
            CountWrong,
        ),
        (
            "UPDATE secrets SET secret = x'01' WHERE seq = 5",
            Place::Entry(5),
            Unreadable,
        ),
        (
            "UPDATE secrets SET secret = randomblob(32) WHERE seq = 5",
            Place::Entry(5),
            SecretChanged,
        ),
        (
            "DELETE FROM secrets WHERE seq = 5",
            Place::Entry(5),
            Unreadable,
        ),
        ("UPDATE head SET size = 299", Place::Store, HeadWrong),
        (
            "UPDATE head SET recorded_at_us = 1",
            Place::Store,
            HeadWrong,
        ),
        (
            "UPDATE head SET root = zeroblob(32)",
            Place::Store,
            HeadWrong,
        ),
        ("DELETE FROM head", Place::Store, Unreadable),
        (
            "UPDATE checkpoints SET size = 100",
            Place::Checkpoint(100),
            CheckpointInvalid,
        ),
        (
            "UPDATE checkpoints SET note = 'x'",
            Place::Checkpoint(200),
            CheckpointInvalid,
        ),
        (
            "UPDATE meta SET value = value || ' ' WHERE name = 'batch.0'",
            private("batch.0"),
            PrivateChanged,
        ),
        (
            "UPDATE meta SET name = 'batch.1' WHERE name = 'batch.0'",
            private("batch.1"),
            PrivateChanged,
        ),
        (
            "UPDATE meta SET checksum = zeroblob(32) WHERE name = 'journal.vkey'",
            private("journal.vkey"),
            PrivateChanged,
        ),
        (
            "DELETE FROM meta WHERE name = 'journal.origin'",
            private("journal.origin"),
            PrivateChanged,
        ),
    ] {
        let report = sql(change);
        let first = report
            .first()
            .unwrap_or_else(|| panic!("{change}: nothing found"));
        assert_eq!(
            (&first.place, first.kind),
            (&place, kind),
            "{change}: {:?}",
            report.faults
        );
    }
}

/// A private value that is damaged is never given out, and a key of somebody else's is told from the journal's own.
#[test]
fn private_values_are_checked_where_they_are_read() {
    let dir = tempfile::tempdir().unwrap();
    let mut journal = sqlite(dir.path());
    journal.store_mut().meta_put("batch.0", "one").unwrap();
    journal.store_mut().meta_put("batch.0", "two").unwrap();
    assert_eq!(
        journal.store().meta_get("batch.0"),
        Ok(Some("two".to_owned()))
    );
    let other = Signer::from_seed("other.example/journal", &[9; 32]).unwrap();
    let report = verify(journal.store(), &other.verifier(), &mut |_, _| {});
    let kinds: Vec<FaultKind> = report.faults.iter().map(|fault| fault.kind).collect();
    assert_eq!(kinds, [FaultKind::KeyOther, FaultKind::KeyOther]);
    drop(journal);
    let connection = rusqlite::Connection::open(dir.path().join(DATABASE)).unwrap();
    connection
        .execute_batch("UPDATE meta SET value = 'twp' WHERE name = 'batch.0'")
        .unwrap();
    drop(connection);
    let store = SqliteStore::open_read(dir.path()).unwrap();
    let error = store.meta_get("batch.0").unwrap_err();
    assert_eq!(error.code(), "journal_damaged");
    assert!(error.to_string().contains("batch.0"), "{error}");
    assert_eq!(store.meta_get("batch.1"), Ok(None));
}

#[test]
fn an_entry_rewritten_with_its_tiles_does_not_lead_to_the_signed_root() {
    let dir = tempfile::tempdir().unwrap();
    let other = tempfile::tempdir().unwrap();
    let mut journal = sqlite(dir.path());
    journal.append_batch(1, submissions(0..10)).unwrap();
    journal.sign(&signer()).unwrap();
    let note = journal.checkpoint().unwrap().unwrap();
    drop(journal);
    // The operator writes a whole new history, sound in itself, and keeps the old checkpoint.
    let mut forged = sqlite(other.path());
    let mut batch = submissions(0..10);
    batch[4].body = b"another amount".to_vec();
    forged.append_batch(1, batch).unwrap();
    forged.store_mut().put_checkpoint(&note).unwrap();
    drop(forged);
    let (report, opened) = look(other.path()).unwrap();
    let first = report.first().unwrap();
    assert_eq!(
        (&first.place, first.kind),
        (&Place::Checkpoint(10), FaultKind::CheckpointRoot)
    );
    assert!(opened.unwrap_err().contains("damaged"));
    let writer = SqliteStore::open(other.path(), PROGRAM).unwrap();
    let refused = Journal::open(writer).err().unwrap();
    assert_eq!(refused.code(), "journal_damaged");
}
