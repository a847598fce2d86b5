//! Receipts of single rows: every row of an entry can be shown by itself, and no byte of such a file can be changed unseen.

mod common;

use common::{Dice, memory, signer};
use proptest::prelude::*;
use weighbridge_journal::{
    Journal, MemoryStore, ReceiptError, RowReceipt, RowTree, Store, Submission, rows,
};

/// A submission of `count` rows, and the rows.
fn submission(dice: &mut Dice, count: u64) -> (Submission, Vec<Vec<u8>>) {
    let secret = dice.hash();
    let mut tree = RowTree::new(&secret);
    let rows: Vec<Vec<u8>> = (0..count)
        .map(|_| {
            let length = dice.below(90) as usize;
            dice.bytes(length)
        })
        .collect();
    rows.iter().for_each(|row| tree.push(row));
    let submission = Submission {
        actor: "a".to_owned(),
        organisation: "o".to_owned(),
        kind: 2,
        key: dice.hash(),
        rows: count as u32,
        rows_root: tree.finish(),
        secret,
        body: dice.bytes(30),
    };
    (submission, rows)
}

fn receipt(journal: &Journal<MemoryStore>, seq: u64, rows: &[Vec<u8>], place: u64) -> RowReceipt {
    let secret = journal.store().secret(seq).unwrap().unwrap();
    let row = rows[place as usize].clone();
    RowReceipt {
        shown: vec![format!("bytes: {}", row.len()), "a second line".to_owned()],
        row,
        proof: rows::prove(&secret, rows, place).unwrap(),
        receipt: journal.receipt(seq).unwrap(),
    }
}

/// A journal of three entries with 1, 3 and 6 rows.
fn journal() -> (Journal<MemoryStore>, Vec<Vec<Vec<u8>>>) {
    let mut dice = Dice(5);
    let (batch, rows) = [1, 3, 6]
        .map(|n| submission(&mut dice, n))
        .into_iter()
        .unzip();
    let mut journal = memory();
    journal.append_batch(1, batch).unwrap();
    journal.sign(&signer()).unwrap();
    (journal, rows)
}

#[test]
fn every_row_is_proved_and_read_again() {
    let (journal, rows) = journal();
    for (seq, rows) in (0..).zip(&rows) {
        for place in 0..rows.len() as u64 {
            let given = receipt(&journal, seq, rows, place);
            let text = given.to_string();
            assert!(RowReceipt::is_meant(&text));
            assert!(!RowReceipt::is_meant(&given.receipt.to_string()));
            let read = RowReceipt::parse(&text).unwrap();
            assert_eq!(read, given);
            let verified = read.verify(&signer().verifier()).unwrap();
            assert_eq!(
                (verified.index, verified.header.rows),
                (seq, rows.len() as u32)
            );
            read.shows(&given.shown).unwrap();
            // No other row, nor its salt, is in the file.
            for other in rows
                .iter()
                .filter(|other| other.len() > 3 && **other != given.row)
            {
                assert!(!text.as_bytes().windows(other.len()).any(|w| w == other));
            }
        }
    }
}

#[test]
fn a_row_of_one_entry_proves_nothing_of_another() {
    let (journal, rows) = journal();
    for (seq, place, other) in [(1, 0, 2), (1, 2, 0), (2, 1, 1), (2, 0, 0)] {
        let mut moved = receipt(&journal, seq, &rows[seq as usize], place);
        moved.receipt = journal.receipt(other).unwrap();
        assert_eq!(moved.verify(&signer().verifier()), Err(ReceiptError::Row));
    }
    // Two rows of an entry do not exchange their proofs either.
    let mut mixed = receipt(&journal, 2, &rows[2], 4);
    mixed.row = rows[2][5].clone();
    assert_eq!(mixed.verify(&signer().verifier()), Err(ReceiptError::Row));
}

/// What a changed file still claims, if it holds at all.
fn claims(text: &str, shown: &[String]) -> Result<(u64, Vec<u8>, u64), ReceiptError> {
    let read = RowReceipt::parse(text)?;
    let verified = read.verify(&signer().verifier())?;
    read.shows(shown)?;
    Ok((verified.index, read.row, read.proof.index))
}

#[test]
fn every_changed_byte_is_refused() {
    let (journal, rows) = journal();
    let given = receipt(&journal, 2, &rows[2], 3);
    let text = given.to_string().into_bytes();
    assert!(claims(std::str::from_utf8(&text).unwrap(), &given.shown).is_ok());
    for at in 0..text.len() {
        for byte in (0..8)
            .map(|bit| text[at] ^ (1 << bit))
            .chain([b'\n', b' ', b'=', b'A'])
        {
            let mut changed = text.clone();
            changed[at] = byte;
            if changed == text {
                continue;
            }
            if let Ok(changed) = std::str::from_utf8(&changed) {
                assert!(
                    claims(changed, &given.shown).is_err(),
                    "byte {at}: {changed}"
                );
            }
        }
        // A byte less, a byte more, and the end cut off.
        let less = [&text[..at], &text[at + 1..]].concat();
        let more = [&text[..at], b"\n", &text[at..]].concat();
        for changed in [less, more, text[..at].to_vec()] {
            if let Ok(changed) = std::str::from_utf8(&changed) {
                assert!(
                    claims(changed, &given.shown).is_err(),
                    "byte {at}: {changed}"
                );
            }
        }
    }
}

proptest! {
    #[test]
    fn any_change_makes_it_fail_or_claims_the_same(
        seq in 0_u64..3, place in any::<prop::sample::Index>(),
        edits in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..6),
    ) {
        let (journal, rows) = journal();
        let rows = &rows[seq as usize];
        let place = place.index(rows.len()) as u64;
        let given = receipt(&journal, seq, rows, place);
        let mut text = given.to_string().into_bytes();
        for (at, byte) in edits {
            let at = at.index(text.len());
            text[at] = byte;
        }
        if let Ok(text) = std::str::from_utf8(&text)
            && let Ok(claim) = claims(text, &given.shown)
        {
            prop_assert_eq!(claim, (seq, given.row.clone(), place));
        }
    }

    #[test]
    fn arbitrary_texts_do_no_harm(text in "(?s).{0,300}", cut in 0_usize..900) {
        let (journal, rows) = journal();
        let given = receipt(&journal, 1, &rows[1], 0).to_string();
        let _ = RowReceipt::parse(&text);
        let _ = RowReceipt::parse(&format!("weighbridge.row-receipt@v1\n\n{text}"));
        let cut = given.get(..cut).unwrap_or(&given);
        let _ = RowReceipt::parse(&format!("{cut}{text}"));
    }
}
