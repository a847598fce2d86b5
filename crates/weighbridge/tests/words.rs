//! What is said about mistakes and questions, in both languages.

mod common;

use common::Story;

const HOLDERS: &str = "code,name,licence,licence_classes,licence_to,valid_from\n\
    ALPHA,Alpha Works (invented),L-A,3,2025-01-31,\n\
    BETA,Beta Trading (invented),L-B,2,,2025-01-15\n";

const MOVEMENTS: &str = "reporter,kind,date,substance,amount,unit,counterparty,document\n\
    ALPHA,stocktake,2025-01-01,acetone,1000,kg,,\n\
    ALPHA,dispatch,2025-01-10,acetone,100,kg,BETA,D-1\n\
    ALPHA,dispatch,2025-02-10,acetone,50,kg,BETA,D-2\n";

/// Rows that cannot be taken, each for a reason of its own.
const ROWS: &str = "reporter,kind,date,substance,amount,unit,counterparty,document,form,mode,concentration\n\
    A,dispatch,2025-01-02,pseudoephedrine hydrochloride,1,kg,B,D-1,sulfate,,\n\
    A,dispatch,2025-01-02,pseudoephedrine,1,kg,B,D-1,sulfat,,\n\
    A,dispatch,2025-01-02,acetone,1e-400,kg,B,D-2,,,\n\
    A,dispatch,2025-01-02,acetone,0.0000000001,g,B,D-2,,,\n\
    A,dispatch,2025-01-02,acetone,1e400,kg,B,D-3,,,\n\
    A,dispatch,2025-01-02,acetone,5g,kg,B,D-5,,,\n\
    A,dispatch,2025-01-02,acetone,5 foo,kg,B,D-7,,,\n\
    A,dispatch,1960-01-02,acetone,5,kg,B,D-10,,,\n\
    A,sent,2025-01-02,acetonne,5,kg,B,D-10,,foot,\n\
    A,dispatch,2025-01-02,hydrochloric acid,5,L,B,D-10,,,\n\
    A,dispatch,2025-01-02,acetone,5,kg,B,D-10,,,120\n\
    A,dispatch,2025-01-02,acetone,,kg,B,D-10,,,\n\
    A,dispatch,2025-01-02,acetone,3,kg,B,D-10,,,,extra\n\
    A,dispatch,2025-01-02,acetone,7,kg,B,\"D-11,,,\n\
    A,dispatch,2025-01-02,acetone,5 kg,kg,B,D-12,,,\n";

fn snapshot(name: &str, said: impl Fn(&str) -> String) {
    for lang in ["en", "zh"] {
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(format!("{name}_{lang}"), said(lang));
        });
    }
}

/// An account whose one file has questions.
fn questioned(lang: &str) -> (Story, String) {
    let story = Story::new();
    story.write("register.csv", HOLDERS.as_bytes());
    story.write("july.csv", MOVEMENTS.as_bytes());
    let run = |args: &str| story.run(&format!("{args} --lang {lang}")).said();
    run("init account --origin example.org/account");
    let said = [
        run("import account register.csv july.csv --dry-run"),
        run("import account register.csv july.csv"),
    ]
    .join("\n");
    (story, said)
}

#[test]
fn questions_are_counted_and_listed() {
    snapshot("findings", |lang| {
        let (story, imported) = questioned(lang);
        let run = |args: &str| story.run(&format!("{args} --lang {lang}")).said();
        [
            imported,
            run("findings account"),
            run("findings account --holder BETA"),
            run("findings account --code licence_not_in_force --json"),
        ]
        .join("\n")
    });
}

#[test]
fn questions_follow_the_days_and_the_withdrawals() {
    let (story, _) = questioned("en");
    let rows = |args: &str| {
        let table = story.run(&format!("findings account {args} --json")).good();
        table.json().as_array().unwrap().len()
    };
    assert_eq!(rows(""), 4);
    assert_eq!(rows("--to 2025-01-31"), 2);
    assert_eq!(rows("--as-of 2025-01-31"), 2);
    assert_eq!(rows("--from 2025-02-01 --substance acetone"), 2);
    assert_eq!(rows("--substance toluene"), 0);
    assert_eq!(rows("--code licence_not_in_force"), 1);
    assert_eq!(rows("--limit 1"), 1);
    assert_eq!(rows("--known-at 2020-01-01"), 0);
    story
        .run("export account --what findings --out questions.csv")
        .good();
    let text = std::fs::read_to_string(story.path("questions.csv")).unwrap();
    assert_eq!(text.lines().count(), 5, "{text}");
    assert!(
        text.contains("licence_not_in_force,ALPHA,2025-02-10"),
        "{text}"
    );
    story.run("withdraw account 1 --reason mistake").good();
    assert_eq!(rows(""), 0);
    assert_eq!(rows("--all"), 4);
}

#[test]
fn reasons_say_what_would_be_right() {
    let story = Story::new();
    story.write("rows.csv", ROWS.as_bytes());
    story
        .run("init account --origin example.org/account")
        .good();
    story.run("import account rows.csv --learn").good();
    snapshot("reasons", |lang| {
        let run = |args: &str| story.run(&format!("{args} --lang {lang}")).said();
        [run("check rows.csv"), run("quarantine account")].join("\n")
    });
    // Programs get data, the same in every language.
    let json = |lang: &str| {
        story
            .run(&format!("quarantine account --json --lang {lang}"))
            .json()[0]["expected"]
            .clone()
    };
    assert_eq!(json("en"), "hydrochloride");
    assert_eq!(json("en"), json("zh"));
}

#[test]
fn files_that_hold_no_rows() {
    let story = Story::new();
    let header = MOVEMENTS.lines().next().unwrap();
    for (name, bytes) in [
        ("empty.csv", &b""[..]),
        ("header.csv", format!("{header}\n").as_bytes()),
        ("picture.png", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR"),
        ("letter.pdf", b"%PDF-1.7\n"),
        ("program.bin", b"\x7FELF\x02\x01\x01\0\0"),
        ("letter.docx", b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x13\0\0\0[Content_Types].xml word/document.xml"),
        ("rows.zip", b"PK\x03\x04\x14\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x05\0\0\0a.csv"),
        ("prices.csv", b"name,price\nA,1\n"),
    ] {
        story.write(name, bytes);
    }
    std::fs::create_dir(story.path("folder")).unwrap();
    snapshot("files", |lang| {
        let mut said = Vec::new();
        for file in [
            "empty.csv",
            "header.csv",
            "picture.png",
            "letter.pdf",
            "program.bin",
            "letter.docx",
            "rows.zip",
            "prices.csv",
            "folder",
            "nowhere.csv",
        ] {
            said.push(story.run(&format!("check {file} --lang {lang}")).err());
        }
        said.push(story.run(&format!("balances nowhere --lang {lang}")).err());
        said.concat()
    });
}

#[test]
fn outputs_that_cannot_be_written() {
    let story = Story::imported();
    std::fs::create_dir(story.path("folder")).unwrap();
    snapshot("outputs", |lang| {
        ["nowhere/x.csv", "folder", "x", "x.doc"]
            .map(|out| {
                let args = format!("export account --what movements --out {out} --lang {lang}");
                story.run(&args).err()
            })
            .concat()
    });
}

#[test]
fn mistakes_in_arguments() {
    let story = Story::imported();
    snapshot("usage", |lang| {
        [
            "--json",
            "fly",
            "balnces account",
            "balances",
            "balances account extra",
            "balances account --as-of",
            "balances account --as-of 31.7.2025",
            "balances account --known-at noon",
            "balances account --limit many",
            "balances account --unclosed --unclosed",
            "balances account --unclosd",
            "balances account --json=yes",
            "demo other --holders 5",
            "demo other --months x",
            "demo other --seed -1",
            "movements account --kind sent",
            "holders merge account ALPHA",
            "holders wrong account",
            "withdraw account x --reason r",
            "withdraw account 77 --reason r",
            "review account together 1:4 2:99 --reason r",
            "movements account --holder ALFA",
            "balances account --substance gold",
            "trace account --lot L9",
        ]
        .map(|args| {
            format!(
                "$ {args}\n{}",
                story.run(&format!("{args} --lang {lang}")).err()
            )
        })
        .concat()
    });
}

#[test]
fn no_word_of_the_parser_is_english_in_chinese() {
    let story = Story::new();
    for args in [
        "--json",
        "demo x --holders 5",
        "balances a b",
        "fly",
        "balances",
    ] {
        let said = story.run(&format!("{args} --lang zh")).err();
        for word in ["tip", "Usage", "error", "For more", "value", "unexpected"] {
            assert!(!said.contains(word), "{args}: {said}");
        }
        assert!(said.contains("--help"), "{args}: {said}");
    }
}

#[test]
fn hints_name_the_account_as_a_shell_reads_it() {
    let story = Story::new();
    let name = "my account";
    for args in [
        &["init", name, "--origin", "example.org/account"][..],
        &["import", name, "holders.csv", "sender.csv"],
    ] {
        story.run_all(args).good();
    }
    let said = story
        .run_all(&["withdraw", name, "77", "--reason", "r"])
        .err();
    assert!(
        said.contains("weighbridge movements 'my account'"),
        "{said}"
    );
}
