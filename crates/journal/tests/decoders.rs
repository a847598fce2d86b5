//! Decoders and arbitrary bytes: nothing panics, one value has one form, and what was changed is not taken for the original.

mod common;

use common::{Dice, memory, signer, submission, submissions};
use proptest::prelude::*;
use weighbridge_journal::keys::KeyError;
use weighbridge_journal::tiles::{Edge, TileId};
use weighbridge_journal::{
    Checkpoint, Header, HeaderError, Note, NoteError, Receipt, ReceiptError, Signer, Verifier,
    receipt,
};

/// The kept files of released versions.
const HEADER_V1: &str = include_str!("../testdata/header_v1.hex");
const RECEIPT_V1: &str = include_str!("../testdata/receipt_v1.txt");
const VKEY_V1: &str = include_str!("../testdata/vkey_v1.txt");

fn sample() -> Header {
    Header {
        version: 1,
        recorded_at_us: 1_790_000_000_123_456,
        actor: "account-17".to_owned(),
        organisation: "企业-0042".to_owned(),
        kind: 258,
        key: std::array::from_fn(|i| i as u8),
        salt: std::array::from_fn(|i| 0x40 + i as u8),
        rows: 8_000,
        rows_root: std::array::from_fn(|i| 0x80 + i as u8),
        body_len: 218_734,
        body_hash: std::array::from_fn(|i| 0xc0 + i as u8),
    }
}

fn hex(text: &str) -> Vec<u8> {
    let digits: String = text.split_whitespace().collect();
    (0..digits.len() / 2)
        .map(|i| u8::from_str_radix(&digits[2 * i..2 * i + 2], 16).unwrap())
        .collect()
}

fn small_receipt() -> String {
    let mut journal = memory();
    journal
        .append_batch(1_790_000_000_000_000, submissions(0..5))
        .unwrap();
    journal.sign(&signer()).unwrap();
    journal.receipt(2).unwrap().to_string()
}

#[test]
fn the_golden_header_stays() {
    let golden = hex(HEADER_V1);
    assert_eq!(sample().encode(), golden);
    assert_eq!(Header::decode(&golden), Ok(sample()));
}

#[test]
fn the_golden_receipt_stays() {
    assert_eq!(small_receipt(), RECEIPT_V1);
    let verifier = Verifier::parse(VKEY_V1.trim()).unwrap();
    let verified = receipt::verify(RECEIPT_V1, &verifier).unwrap();
    assert_eq!((verified.index, verified.checkpoint.size), (2, 5));
    assert_eq!(verified.header.key, submission(2).key);
    assert_eq!(verified.header.recorded_at_us, 1_790_000_000_000_002);
}

#[test]
fn a_changed_receipt_is_refused() {
    let verifier = signer().verifier();
    let text = small_receipt();
    let mut dice = Dice(5);
    let bytes = text.as_bytes();
    for at in 0..bytes.len() {
        for change in 0..6 {
            let mut changed = bytes.to_vec();
            match change {
                0..=2 => changed[at] ^= 1 << dice.below(8),
                3 => changed[at] = dice.next() as u8,
                4 => drop(changed.remove(at)),
                _ => changed.insert(at, bytes[dice.below(bytes.len() as u64) as usize]),
            }
            let Ok(changed) = String::from_utf8(changed) else {
                continue;
            };
            if changed == text {
                continue;
            }
            let error = receipt::verify(&changed, &verifier).expect_err(&changed);
            assert!(!error.code().is_empty() && !error.to_string().is_empty());
        }
    }
    for at in 0..bytes.len() {
        if let Some(cut) = text.get(..at) {
            receipt::verify(cut, &verifier).unwrap_err();
        }
    }
    receipt::verify(&format!("{text}\n"), &verifier).unwrap_err();
    receipt::verify(&text.replace('\n', "\r\n"), &verifier).unwrap_err();
}

#[test]
fn what_is_wrong_with_a_receipt_is_said() {
    let verifier = signer().verifier();
    let text = small_receipt();
    let code = |text: &str| receipt::verify(text, &verifier).map_err(|error| error.code());
    let other = Signer::from_seed("other.example", &[1; 32])
        .unwrap()
        .verifier();
    let same_name = Signer::from_seed(verifier.name(), &[1; 32])
        .unwrap()
        .verifier();
    for other in [other, same_name] {
        let error = receipt::verify(&text, &other).unwrap_err();
        assert_eq!(error, ReceiptError::Checkpoint(NoteError::Unsigned.into()));
    }
    // Another journal's key over this journal's name.
    let stranger = Signer::from_seed("other.example", &[7; 32]).unwrap();
    let parsed = Receipt::parse(&text).unwrap();
    let inner = Note::parse(&parsed.note)
        .unwrap()
        .unverified_text()
        .to_owned();
    let note = Note::sign(inner, &[&stranger]).unwrap().to_string();
    let error = Receipt {
        note,
        ..parsed.clone()
    }
    .verify(&stranger.verifier())
    .unwrap_err();
    assert_eq!(error.code(), "checkpoint_origin");
    let moved = Receipt {
        index: 3,
        ..parsed.clone()
    };
    assert_eq!(code(&moved.to_string()).unwrap_err(), "receipt_proof");
    let outside = Receipt {
        index: 5,
        ..parsed.clone()
    };
    assert_eq!(code(&outside.to_string()).unwrap_err(), "receipt_proof");
    let mut header = Header::decode(&parsed.header).unwrap();
    header.rows += 1;
    let changed = Receipt {
        header: header.encode(),
        ..parsed.clone()
    };
    assert_eq!(code(&changed.to_string()).unwrap_err(), "receipt_proof");
    let cut = Receipt {
        header: parsed.header[1..].to_vec(),
        ..parsed
    };
    assert_eq!(code(&cut.to_string()).unwrap_err(), "receipt_header");
    assert_eq!(code("").unwrap_err(), "receipt_format");
}

#[test]
fn headers_that_are_not_canonical_are_refused() {
    let good = sample().encode();
    let long_version = [&good[..1], &[0x18, 0x01], &good[2..]].concat();
    let other_version = [&good[..1], &[0x02], &good[2..]].concat();
    let indefinite = [&[0x9f], &good[1..], &[0xff]].concat();
    let fewer = [&[0x8a], &good[1..]].concat();
    let trailing = [&good[..], &[0]].concat();
    for (bytes, expected) in [
        (long_version, HeaderError::NotCanonical { field: "version" }),
        (other_version, HeaderError::Version(2)),
        (indefinite, HeaderError::NotCanonical { field: "array" }),
        (fewer, HeaderError::Range { field: "array" }),
        (trailing, HeaderError::Trailing(1)),
        (
            good[..good.len() - 1].to_vec(),
            HeaderError::Short { field: "body_hash" },
        ),
        (vec![], HeaderError::Short { field: "array" }),
        (vec![0x60], HeaderError::Type { field: "array" }),
    ] {
        assert_eq!(Header::decode(&bytes), Err(expected));
    }
    let long_name = Header {
        actor: "a".repeat(257),
        ..sample()
    };
    let expected = HeaderError::Range { field: "actor" };
    assert_eq!(Header::decode(&long_name.encode()), Err(expected));
}

#[test]
fn keys_are_read_strictly() {
    let signer = signer();
    let (skey, vkey) = (signer.to_secret_text(), signer.verifier().to_string());
    assert!(!format!("{signer:?}").contains(&skey[skey.len() - 20..]));
    assert_eq!(Signer::parse(&skey).unwrap().to_secret_text(), skey);
    for at in 0..vkey.len() {
        let mut changed = vkey.clone().into_bytes();
        changed[at] ^= 1;
        let changed = String::from_utf8(changed).unwrap();
        Verifier::parse(&changed).expect_err(&changed);
    }
    for (name, expected) in [
        ("", Some(KeyError::Name)),
        ("a b", Some(KeyError::Name)),
        ("a+b", Some(KeyError::Name)),
        ("a\u{3000}b", Some(KeyError::Name)),
        ("a\u{7f}", Some(KeyError::Name)),
        ("journal.example/省", None),
    ] {
        assert_eq!(
            Signer::from_seed(name, &[1; 32]).err(),
            expected,
            "{name:?}"
        );
    }
    let one = Signer::generate("x.example").unwrap();
    let two = Signer::generate("x.example").unwrap();
    assert_ne!(one.verifier(), two.verifier());
    assert_eq!(
        Verifier::parse("x+00000000+Aw==").err(),
        Some(KeyError::Algorithm(3))
    );
}

fn header() -> impl Strategy<Value = Header> {
    let hash = any::<[u8; 32]>;
    let names = ("\\PC{0,20}", "[a-z]{0,256}");
    let numbers = (any::<i64>(), any::<u16>(), any::<u32>(), any::<u64>());
    (names, numbers, (hash(), hash(), hash(), hash())).prop_map(|(names, numbers, hashes)| Header {
        version: 1,
        recorded_at_us: numbers.0,
        actor: names.0,
        organisation: names.1,
        kind: numbers.1,
        key: hashes.0,
        salt: hashes.1,
        rows: numbers.2,
        rows_root: hashes.2,
        body_len: numbers.3,
        body_hash: hashes.3,
    })
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 400,
        failure_persistence: None,
        ..ProptestConfig::default()
    })]

    #[test]
    fn headers_come_back(header in header()) {
        prop_assert_eq!(Header::decode(&header.encode()), Ok(header));
    }

    #[test]
    fn a_header_has_one_form(
        header in header(),
        changes in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>(), 0..3_u8), 1..4),
    ) {
        let original = header.encode();
        let mut bytes = original.clone();
        for (at, byte, how) in changes {
            let at = at.index(bytes.len());
            match how {
                0 => bytes[at] = byte,
                1 => bytes.insert(at, byte),
                _ => drop(bytes.remove(at)),
            }
        }
        if let Ok(read) = Header::decode(&bytes) {
            prop_assert_eq!(&read.encode(), &bytes);
            prop_assert_eq!(read == header, bytes == original);
        }
    }

    #[test]
    fn arbitrary_bytes_do_no_harm(bytes in prop::collection::vec(any::<u8>(), 0..300)) {
        if let Ok(read) = Header::decode(&bytes) {
            prop_assert_eq!(read.encode(), bytes.clone());
        }
        let read = |_, _| Ok::<_, ()>(Some(bytes.clone()));
        let _ = Edge::load(bytes.len() as u64 * 31, read);
        let text = String::from_utf8_lossy(&bytes);
        let _ = (Receipt::parse(&text).is_ok(), TileId::parse(&text));
        let _ = (Signer::parse(&text).is_ok(), Verifier::parse(&text).is_ok());
    }

    #[test]
    fn texts_come_back_or_are_refused(
        text in "(\\PC{0,9}\n){0,4}[0-9+]{0,25}\n([A-Za-z0-9+/]{43}=\n)?\n(\u{2014} [a-z+]{0,4} [A-Za-z0-9]{0,8}=?\n){0,3}",
    ) {
        if let Ok(note) = Note::parse(&text) {
            prop_assert_eq!(note.to_string(), text.clone());
        }
        if let Ok(checkpoint) = Checkpoint::parse(&text) {
            prop_assert_eq!(checkpoint.to_string(), text);
        }
    }

    #[test]
    fn changed_receipts_are_read_or_refused(
        at in any::<prop::sample::Index>(), length in 0..80_usize, with in "[A-Za-z0-9 =+/\n\u{2014}]{0,80}",
    ) {
        let mut text = RECEIPT_V1.to_owned();
        let start = text.floor_char_boundary(at.index(text.len()));
        let end = text.floor_char_boundary((start + length).min(text.len()));
        text.replace_range(start..end.max(start), &with);
        if let Ok(read) = Receipt::parse(&text) {
            prop_assert_eq!(read.to_string(), text.clone());
        }
        if text != RECEIPT_V1 {
            prop_assert!(receipt::verify(&text, &signer().verifier()).is_err());
        }
    }
}
