//! Large files: streamed, cut into several entries, and taken wholly or not at all.

use std::path::Path;

use weighbridge::account::{Account, How, Imported, Keep, Who};
use weighbridge::input::Incoming;
use weighbridge::trouble::Trouble;
use weighbridge_journal::SqliteStore;

const HEADER: &str = "reporter,site,kind,date,substance,amount,unit,counterparty,document\n";
const ROWS: u64 = 70_000;

fn how() -> How {
    How {
        who: Who::default(),
        key: None,

        agent: None,
        reporter: None,
        learn: true,
        keep: Keep::Blobs,
    }
}

/// A file of several parts, with something at its end.
fn large(path: &Path, end: &str) {
    let mut text = HEADER.to_owned();
    for n in 0..ROWS {
        let firm = n / 66_000;
        text.push_str(&format!(
            "F{firm},S,use,2025-01-20,acetone,1.{n},kg,,U{n}\n"
        ));
    }
    text.push_str(end);
    std::fs::write(path, text).unwrap();
}

/// What must not change when a file is not taken: entries, lines, holders, masses.
fn state(account: &Account<SqliteStore>) -> (u64, u64, usize, usize, i128) {
    let books = account.books();
    let lines = books.substances.lines();
    let sum = lines.iter().map(|l| i128::from(l.base_ug())).sum();
    let head = account.journal().head().size;
    (
        head,
        books.entries(),
        lines.len(),
        books.registry.holders().count(),
        sum,
    )
}

fn blobs(folder: &Path) -> usize {
    std::fs::read_dir(folder.join("account/blobs")).map_or(0, Iterator::count)
}

#[test]
fn taken_once_and_wholly() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("large.csv");
    large(&path, "");
    let mut account = Account::create(
        &folder.path().join("account"),
        "stream.invalid/test",
        "tests",
    )
    .unwrap();
    account.at(1_780_000_000_000_000).unwrap();
    let streamed = Incoming::open_above(&path, 1_000).unwrap();
    assert!(streamed.is_streamed());
    let Imported::Movements(taken) = account.import(&streamed, &how(), &mut |_| {}).unwrap() else {
        panic!("not taken")
    };
    assert_eq!((taken.tally.accepted, taken.parts.len()), (ROWS, 2));
    // The second firm stands in the second part only: it is learnt between the parts.
    assert_eq!(account.submission_of(taken.parts[1]), Some(taken.seq));
    assert!(taken.parts[1] > taken.seq + 1, "{:?}", taken.parts);
    account.commit().unwrap();
    account.sign().unwrap();
    for part in &taken.parts {
        account.give_receipt(*part).unwrap();
    }
    // A row is proved out of the part that has it, whichever part was named.
    let last = u32::try_from(ROWS).unwrap() + 1;
    for (named, row, part) in [(0, last, 1), (1, 2, 0), (1, last, 1)] {
        let proof = account.row_receipt(taken.parts[named], row.into()).unwrap();
        assert_eq!(proof.receipt.index, taken.parts[part], "row {row}");
        proof.verify(account.journal().verifier()).unwrap();
        assert_eq!(proof.shown[0], format!("row: {row}"));
    }
    // The last part names what is kept; the note stands under the first.
    let store = account.journal().store();
    let listed = weighbridge::recount::recount(store, &mut |_| {}).kept;
    let beside = weighbridge::blobs::Blobs::of(&folder.path().join("account"));
    let checked = weighbridge::originals::check(store, &beside, &listed, &mut |_| {});
    assert_eq!(
        (checked.checked, checked.erased, checked.damaged),
        (1, 0, 0)
    );
    let (before, kept) = (state(&account), blobs(folder.path()));
    assert_eq!(kept, 1);
    // Streamed again, or held in memory: the same submission, and nothing is left of the second reading.
    for held in [1_000, u64::MAX] {
        let again = Incoming::open_above(&path, held).unwrap();
        let result = account.import(&again, &how(), &mut |_| {}).unwrap();
        assert!(matches!(result, Imported::Already(before) if before.seq() == taken.seq));
        assert_eq!((state(&account), blobs(folder.path())), (before, kept));
    }
    let mut back = Vec::new();
    let blob = account.blob(taken.seq, "original").unwrap().unwrap();
    weighbridge::blobs::Blobs::of(&folder.path().join("account"))
        .get(&blob, &mut back)
        .unwrap();
    assert!(back == std::fs::read(&path).unwrap());
    drop(account);
    let account = Account::open(&folder.path().join("account"), "tests", &mut |_, _| {}).unwrap();
    assert_eq!(state(&account), before);
}

#[test]
fn a_file_that_fails_midway_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let (bad, good) = (
        folder.path().join("bad.csv"),
        folder.path().join("good.csv"),
    );
    // A record without end, longer than any real one.
    large(
        &bad,
        &format!(
            "F9,S,use,2025-01-20,acetone,1,kg,,\"{}",
            "x".repeat(3 * 1024 * 1024)
        ),
    );
    std::fs::write(
        &good,
        format!("{HEADER}F1,S,use,2025-01-21,acetone,5,kg,,V1\n"),
    )
    .unwrap();
    let mut account = Account::create(
        &folder.path().join("account"),
        "stream.invalid/test",
        "tests",
    )
    .unwrap();
    account.at(1_780_000_000_000_000).unwrap();
    // A file waits to be committed when the next one fails: it must survive that.
    account
        .import(&Incoming::open(&good).unwrap(), &how(), &mut |_| {})
        .unwrap();
    let (before, kept) = (state(&account), blobs(folder.path()));
    for held in [1_000, u64::MAX] {
        let result = account.import(
            &Incoming::open_above(&bad, held).unwrap(),
            &how(),
            &mut |_| {},
        );
        match result {
            Err(Trouble::File { issue, .. }) => assert_eq!(issue.code(), "line_too_long"),
            // Or the record is set aside and the rest is good.
            Ok(Imported::Movements(taken)) => {
                assert_eq!(taken.tally.accepted, ROWS);
                return;
            }
            other => panic!("{other:?}"),
        }
        assert_eq!((state(&account), blobs(folder.path())), (before, kept));
    }
    account.commit().unwrap();
    account.sign().unwrap();
    drop(account);
    let account = Account::open_read(&folder.path().join("account"), None, &mut |_, _| {}).unwrap();
    assert_eq!(
        (
            account.books().entries(),
            account.books().substances.lines().len()
        ),
        (before.1, before.2)
    );
}
