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
