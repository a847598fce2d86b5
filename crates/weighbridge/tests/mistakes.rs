//! Mistakes that people and disks make, and what is said of them.

mod common;

use common::Story;
use weighbridge_journal::sqlite::DATABASE;

const TODAY: &str =
    "reporter,site,kind,date,substance,amount,unit,counterparty,document,line_id,corrects,action\n";

#[test]
fn no_output_takes_the_place_of_a_file_of_an_account() {
    let story = Story::imported();
    let before = std::fs::read(story.path("account/weighbridge.key")).unwrap();
    for args in [
        "export account --what movements --format csv --out account/weighbridge.key",
        "export account --what original --entry 1 --out account/journal.sqlite",
        "receipt row account 1 4 --out account/checkpoint",
    ] {
        let ran = story.run(args);
        assert_eq!(ran.code(), 1, "{args}: {}", ran.said());
        assert!(
            ran.err().contains("lies in the folder of an account"),
            "{}",
            ran.err()
        );
    }
    assert_eq!(
        std::fs::read(story.path("account/weighbridge.key")).unwrap(),
        before
    );
    story.run("verify account").good();
}

#[test]
fn no_figure_comes_out_of_a_changed_or_lost_entry() {
    let story = Story::imported();
    let database = story.path("account").join(DATABASE);
    let changes = [
        (
            "UPDATE entries SET body = zeroblob(length(body)) WHERE seq = 1",
            "entry 1",
        ),
        (
            "DELETE FROM entries WHERE seq = (SELECT max(seq) FROM entries)",
            "entry 2",
        ),
    ];
    let whole = std::fs::read(&database).unwrap();
    for (sql, place) in changes {
        std::fs::write(&database, &whole).unwrap();
        for file in ["account/journal.sqlite-wal", "account/journal.sqlite-shm"] {
            let _ = std::fs::remove_file(story.path(file));
        }
        let connection = rusqlite::Connection::open(&database).unwrap();
        connection.execute(sql, []).unwrap();
        drop(connection);
        for command in [
            "balances account",
            "movements account",
            "import account sender.csv",
        ] {
            let ran = story.run(command);
            assert_eq!(
                (ran.code(), ran.out()),
                (1, String::new()),
                "{sql}: {command}"
            );
            assert!(
                ran.err().contains("damaged"),
                "{sql}: {command}: {}",
                ran.err()
            );
        }
        let verified = story.run("verify account");
        assert_eq!(verified.code(), 1);
        assert!(verified.out().contains(place), "{sql}: {}", verified.out());
    }
}

#[test]
fn the_same_rows_for_another_reporter_are_another_submission() {
    let story = Story::imported();
    let rows = "kind,date,substance,amount,unit\nuse,2025-02-02,acetone,1,kg\n";
    story.write("rows.csv", rows.as_bytes());
    let import = |reporter: &str| {
        let ran = story.run(&format!(
            "import account rows.csv --reporter {reporter} --json"
        ));
        ran.good().json()["files"][0]["entry"].clone()
    };
    let (first, second) = (import("GAMMA"), import("BETA"));
    assert_ne!(first, second);
    assert_eq!(import("GAMMA"), first);
}

#[test]
fn a_deletion_raises_no_question_and_a_waiting_correction_is_told() {
    let story = Story::new();
    let holders = "code,site,licence,licence_classes,licence_from,licence_to\nA,A,L-1,3,2025-01-01,2025-12-31\n";
    story.write("register.csv", holders.as_bytes());
    story.run("init account").good();
    story.run("import account register.csv").good();
    let rows = format!(
        "{TODAY}A,,use,2025-02-02,acetone,1,kg,,,a1,,\nA,,,,,,,,,a2,a1,delete\nA,,,,,,,,,a3,nowhere,delete\n"
    );
    story.write("rows.csv", rows.as_bytes());
    let ran = story.run("import account rows.csv").good();
    assert!(
        ran.err().contains("1 correction names a row"),
        "{}",
        ran.said()
    );
    assert!(!ran.out().contains("question"), "{}", ran.said());
    let listed = story.run("findings account --all --json").good();
    assert!(!listed.out().contains("1970"), "{}", listed.out());
}

#[test]
fn a_review_is_of_two_rows_that_can_be_paired() {
    let story = Story::imported();
    for (rows, said) in [("1:2 1:3", "1:2"), ("1:3 1:3", "≥ 2"), ("1:3 9:9", "9:9")] {
        let ran = story.run(&format!("review account together {rows} --reason x"));
        assert_eq!(ran.code(), 1, "{rows}: {}", ran.said());
        assert!(ran.err().contains(said), "{rows}: {}", ran.err());
    }
    let ran = story.run("verify account --json").good();
    assert_eq!(ran.json()["entries"], 3);
}

#[test]
fn a_merger_takes_only_what_was_left_after_a_split_and_the_reporter_is_questioned() {
    for order in [["split", "merge"], ["merge", "split"]] {
        let story = Story::new();
        let holders = "code,site,licence,licence_classes,licence_from,licence_to\n\
            A,S1,LA,3,2024-01-01,2026-12-31\nA,S2,,,,\nB,SB,,,,\nC,SC,LC,2,2024-01-01,2026-12-31\n";
        story.write("register.csv", holders.as_bytes());
        story.run("init account").good();
        story.run("import account register.csv").good();
        for event in order {
            let args = match event {
                "split" => "holders split account A --site S2 --into C --on 2025-03-01",
                _ => "holders merge account A --into B --on 2025-07-01",
            };
            story.run(args).good();
        }
        let rows = format!(
            "{TODAY}A,S2,stocktake,2025-01-01,acetone,10,kg,,,,,\nC,S2,use,2025-08-01,acetone,4,kg,,,,,\nB,S1,stocktake,2025-08-01,acetone,1,kg,,,,,\n"
        );
        story.write("rows.csv", rows.as_bytes());
        story.run("import account rows.csv").good();
        let at = |day: &str, site: &str| {
            let ran = story
                .run(&format!("balances account --as-of {day} --json"))
                .good();
            let all = ran.json().as_array().unwrap().clone();
            let row = all.into_iter().find(|b| b["site"] == site);
            row.map(|b| b["holder"].as_str().unwrap().to_owned())
        };
        for (day, site, holder) in [
            ("2025-02-01", "S2", "A"),
            ("2025-06-30", "S2", "C"),
            ("2025-08-02", "S2", "C"),
            ("2025-08-02", "S1", "B"),
        ] {
            assert_eq!(
                at(day, site).as_deref(),
                Some(holder),
                "{order:?} {day} {site}"
            );
        }
        let found = story.run("findings account --json").good().json();
        assert_eq!(found[0]["questioned"], "C", "{found}");
        assert_eq!(found[0]["holder"], "C", "{found}");
    }
}

#[test]
fn a_trace_names_the_holder_of_the_day() {
    let story = Story::new();
    story.write("register.csv", b"code,site\nA,S1\nA,S2\nB,SB\nC,SC\n");
    story.run("init account").good();
    story.run("import account register.csv").good();
    story
        .run("holders split account A --site S2 --into C --on 2025-03-01")
        .good();
    let rows = "reporter,site,kind,date,substance,amount,unit,counterparty,document,lot\n\
        A,S2,dispatch,2025-02-01,acetone,1,kg,B,D-1,L1\nB,SB,receipt,2025-02-01,acetone,1,kg,A,D-1,L1\n\
        C,S2,dispatch,2025-08-01,acetone,2,kg,B,D-2,L2\nB,SB,receipt,2025-08-01,acetone,2,kg,C,D-2,L2\n";
    story.write("rows.csv", rows.as_bytes());
    story.run("import account rows.csv").good();
    for (lot, holder) in [("L1", "A"), ("L2", "C")] {
        let ran = story
            .run(&format!("trace account --lot {lot} --json"))
            .good();
        assert_eq!(ran.json()[0]["from_holder"], holder, "{}", ran.out());
        assert_eq!(ran.json()[0]["to_holder"], "B", "{}", ran.out());
    }
}

#[test]
fn a_damaged_key_file_is_named() {
    let story = Story::imported();
    let public = std::fs::read_to_string(story.path("account/weighbridge.pub")).unwrap();
    story.write("cut.pub", &public.as_bytes()[..public.len() - 9]);
    story.write("word.pub", b"nothing");
    story.write("noise.pub", &[0xff, 0xfe, 0x00, 0x80]);
    for name in ["cut.pub", "word.pub", "noise.pub"] {
        for args in [
            "verify account",
            "receipt verify account/receipts/00000001.receipt",
        ] {
            let ran = story.run(&format!("{args} --key {name}"));
            assert_eq!(ran.code(), 1, "{}", ran.said());
            assert!(
                ran.err().contains(&format!("error: {name}: ")),
                "{}",
                ran.err()
            );
        }
    }
    for damaged in [b"nothing".as_slice(), &[0xff, 0xfe]] {
        story.write("account/weighbridge.key", damaged);
        let ran = story.run("import account sender.csv");
        assert!(
            ran.err().contains("error: account/weighbridge.key: "),
            "{}",
            ran.err()
        );
    }
}

#[test]
fn a_day_before_the_first_line_is_told_of() {
    let story = Story::imported();
    for args in [
        "balances account --as-of 2024-12-31",
        "movements account --as-of 2024-12-31",
    ] {
        let ran = story.run(args).good();
        assert!(
            ran.err()
                .contains("begin on 2025-01-01; there are none up to 2024-12-31"),
            "{}",
            ran.err()
        );
    }
    let ran = story.run("balances account --as-of 2025-01-01").good();
    assert!(!ran.err().contains("begin on"), "{}", ran.err());
    let ran = story.run("balances account --as-of 1900-01-01");
    assert_eq!(ran.code(), 1);
    let told = "there is no day “1900-01-01” within 1970-01-01 – 2149-06-05";
    assert!(ran.err().contains(told), "{}", ran.err());
}

#[test]
fn results_do_not_go_into_a_file() {
    let story = Story::new();
    story.write("out", b"kept");
    let ran = story.run("check sender.csv receiver.csv --out out");
    assert_eq!(ran.code(), 1, "{}", ran.said());
    assert!(ran.err().contains("error: out is a file"), "{}", ran.err());
    assert_eq!(std::fs::read(story.path("out")).unwrap(), b"kept");
}

#[test]
fn a_receipt_that_came_by_mail_still_holds() {
    let story = Story::imported();
    story
        .run("receipt row account 1 2 --out row.receipt")
        .good();
    let given = std::fs::read_to_string(story.path("account/receipts/00000001.receipt")).unwrap();
    let row = std::fs::read_to_string(story.path("row.receipt")).unwrap();
    for text in [given, row] {
        let verify = |text: &str| {
            story.write("mailed.receipt", text.as_bytes());
            story.run("receipt verify mailed.receipt --key account/weighbridge.pub")
        };
        let (plain, mailed) = (
            verify(&text).good(),
            verify(&text.replace('\n', "\r\n")).good(),
        );
        assert_eq!(mailed.out(), plain.out());
        // Any other change is one.
        assert_eq!(verify(&text.replace('\n', "\r")).code(), 1);
        assert_eq!(verify(&text.replacen("\n\n", "\n", 1)).code(), 1);
        assert_eq!(
            verify(&text.replacen('A', "B", 1).replace('\n', "\r\n")).code(),
            1
        );
    }
}

#[test]
fn a_receipt_is_shown_with_what_it_says() {
    let story = Story::imported();
    let given = std::fs::read_to_string(story.path("account/receipts/00000001.receipt")).unwrap();
    let ran = story.run("receipt show account 1").good();
    assert_eq!(ran.out(), given);
    for said in [
        "entry 1 of example.org/account",
        "recorded 20",
        "5 rows",
        "movements",
        "local",
    ] {
        assert!(ran.err().contains(said), "{said}: {}", ran.err());
    }
    let ran = story
        .run("receipt show account 1 --out copy.receipt")
        .good();
    assert!(
        ran.out().contains("entry 1 of example.org/account"),
        "{}",
        ran.out()
    );
    assert_eq!(
        std::fs::read_to_string(story.path("copy.receipt")).unwrap(),
        given
    );
    let refused = story.run("receipt show account 1 --out account/copy.receipt");
    assert_eq!(refused.code(), 1, "{}", refused.said());
}

#[cfg(unix)]
#[test]
fn the_program_is_called_by_its_name_whatever_its_file_is_called() {
    let story = Story::new();
    let other = story.path("wb-copy");
    std::os::unix::fs::symlink(env!("CARGO_BIN_EXE_weighbridge"), &other).unwrap();
    for args in [vec!["balances", "--help"], vec!["balances"], vec!["fly"]] {
        let ran = std::process::Command::new(&other)
            .args(&args)
            .output()
            .unwrap();
        let said = [ran.stdout, ran.stderr].concat();
        let said = String::from_utf8(said).unwrap();
        assert!(
            said.contains("weighbridge") && !said.contains("wb-copy"),
            "{said}"
        );
    }
}
