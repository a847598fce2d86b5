//! A receipt of one row, from the program to whoever checks it with the file and the public key alone.

mod common;

use common::Story;
use weighbridge_journal::RowReceipt;

const KEY: &str = "--key account/weighbridge.pub";

fn with_receipt() -> (Story, String) {
    let story = Story::imported();
    story
        .run("receipt row account 1 4 --out row.receipt")
        .good();
    let text = std::fs::read_to_string(story.path("row.receipt")).unwrap();
    (story, text)
}

#[test]
fn a_row_is_given_and_checked() {
    let (story, text) = with_receipt();
    // Row 4 of the sender's file, and no word of the others.
    for line in [
        "# row: 4\n",
        "# document: D-2\n",
        "# amount: 200\n",
        "# counterparty: BETA\n",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    for other in ["D-1", "D-3", "GAMMA", "sender.csv"] {
        assert!(!text.contains(other), "{other}: {text}");
    }
    assert_eq!(story.run("receipt row account 1 4").good().out(), text);
    let json = story
        .run(&format!("receipt verify row.receipt {KEY} --json"))
        .good()
        .json();
    assert_eq!(json["row"]["document"], "D-2");
    assert_eq!(json["row"]["base_ug"], "200000000000");
    assert_eq!((&json["entry"], &json["rows"]), (&1.into(), &5.into()));
    assert_eq!(json["holds"], true);
    // Nothing but the file and the key.
    let alone = Story::new();
    alone.write("row.receipt", text.as_bytes());
    let public = std::fs::read(story.path("account/weighbridge.pub")).unwrap();
    alone.write("key.pub", &public);
    alone.run("receipt verify row.receipt --key key.pub").good();
    for lang in ["en", "zh"] {
        let said = [
            story
                .run(&format!(
                    "receipt row account 1 4 --out row.receipt --lang {lang}"
                ))
                .said(),
            story
                .run(&format!("receipt verify row.receipt {KEY} --lang {lang}"))
                .said(),
            story
                .run(&format!("receipt row account 1 6 --lang {lang}"))
                .said(),
            story
                .run(&format!("receipt row account 0 2 --lang {lang}"))
                .said(),
            story
                .run(&format!("receipt row account 9 2 --lang {lang}"))
                .said(),
            story
                .run(&format!(
                    "receipt row account 1 4 --out account --lang {lang}"
                ))
                .said(),
        ];
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(format!("row_receipt_{lang}"), said.join("\n"));
        });
    }
}

/// What was given once is checked for ever.
#[test]
fn the_first_form_is_still_checked() {
    let story = Story::new();
    let text = include_str!("../../journal/testdata/row_receipt_v1.txt");
    story.write("row.receipt", text.as_bytes());
    let key = include_str!("../../journal/testdata/row_receipt_vkey_v1.txt");
    story.write("key.pub", key.as_bytes());
    let ran = story
        .run("receipt verify row.receipt --key key.pub --json")
        .good();
    assert_eq!(ran.json()["row"]["document"], "D-2");
    assert_eq!(
        ran.json()["submission_key"],
        "c3cd54f9698304802a86492b7f2c73ca5b499c897570cabb1982fccf4e368fa1"
    );
    assert_eq!(RowReceipt::parse(text).unwrap().to_string(), text);
}

#[test]
fn readable_lines_that_say_something_else_are_refused() {
    let (story, text) = with_receipt();
    let row = RowReceipt::parse(&text).unwrap();
    let refused = |name: &str, changed: String, code: &str| {
        story.write("changed.receipt", changed.as_bytes());
        for lang in ["en", "zh"] {
            let ran = story.run(&format!(
                "receipt verify changed.receipt {KEY} --lang {lang}"
            ));
            assert_eq!(ran.code(), 1, "{name}: {}", ran.out());
            assert_eq!(ran.out(), "", "{name}");
            assert!(ran.err().lines().count() >= 2, "{name}: {}", ran.err());
            assert!(
                !ran.err().contains(&format!("error-{code}")),
                "{name}: {}",
                ran.err()
            );
        }
    };
    refused(
        "amount",
        text.replace("# amount: 200", "# amount: 150"),
        "receipt_shown",
    );
    refused("absent", text.replace("# lot: L1\n", ""), "receipt_shown");
    refused(
        "more",
        text.replace("# row: 4\n", "# row: 4\n# note: paid\n"),
        "receipt_shown",
    );
    refused(
        "salt",
        {
            let mut other = row.clone();
            other.proof.salt[0] ^= 1;
            other.to_string()
        },
        "receipt_row",
    );
    // The bytes and the readable lines of another row, with this row's proof.
    let other = story.run("receipt row account 1 5").good().out();
    let mut exchanged = RowReceipt::parse(&other).unwrap();
    exchanged.proof = row.proof.clone();
    refused("row", exchanged.to_string(), "receipt_row");
    // A row of the receiver's file under the sender's entry.
    let mut moved = RowReceipt::parse(&story.run("receipt row account 2 3").good().out()).unwrap();
    moved.receipt = row.receipt.clone();
    refused("entry", moved.to_string(), "receipt_row");
    refused("format", text.replace("salt ", "salz "), "receipt_format");
    story.run("init other --origin example.org/other").good();
    let ran = story.run("receipt verify row.receipt --key other/weighbridge.pub");
    assert_eq!(ran.code(), 1, "{}", ran.out());
}

#[test]
fn a_row_after_its_salts_were_destroyed() {
    use weighbridge_journal::{SqliteStore, Store};
    let (story, text) = with_receipt();
    let mut store = SqliteStore::open(&story.path("account"), "test").unwrap();
    store.destroy_secret(1).unwrap();
    drop(store);
    for lang in ["en", "zh"] {
        let ran = story.run(&format!("receipt row account 1 4 --lang {lang}"));
        assert_eq!(ran.code(), 1);
        assert!(
            ran.err().contains("receipt show") && !ran.err().contains("row_erased"),
            "{}",
            ran.err()
        );
    }
    // What was given before still proves what it proved.
    story.write("before.receipt", text.as_bytes());
    story
        .run(&format!("receipt verify before.receipt {KEY}"))
        .good();
    story.run("verify account").good();
}

/// Every line that counts, of all reporters' files.
#[test]
fn every_row_of_a_file_has_a_receipt() {
    let story = Story::imported();
    let listed = story.run("movements account --json").good().json();
    let lines = listed
        .as_array()
        .or_else(|| listed["rows"].as_array())
        .unwrap();
    assert!(lines.len() >= 10);
    for line in lines {
        let (entry, row) = (&line["entry"], &line["row"]);
        let ran = story.run(&format!(
            "receipt row account {entry} {row} --out one.receipt"
        ));
        ran.good();
        let ran = story
            .run(&format!("receipt verify one.receipt {KEY} --json"))
            .good();
        assert_eq!(ran.json()["row"]["row"], row.to_string(), "{}", ran.out());
        assert_eq!(&ran.json()["entry"], entry);
    }
}
