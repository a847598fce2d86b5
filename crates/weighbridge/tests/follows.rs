//! What follows from withdrawals and mergers, and who is named for a line.

mod common;

use common::Story;

const HEADER: &str =
    "reporter,site,kind,date,substance,amount,unit,line_id,corrects,action,reported_at\n";

/// An account with three files: rows, corrections of some of them, corrections of these.
fn corrected() -> Story {
    let story = Story::new();
    story.write("register.csv", b"code,site\nA,S1\n");
    let files = [
        (
            "rows.csv",
            "A,S1,use,2025-02-01,acetone,1,kg,a1,,,\nA,S1,use,2025-02-02,acetone,2,kg,a2,,,\n\
             A,S1,use,2025-02-03,acetone,3,kg,a3,,,\nA,S1,use,2025-02-04,acetone,4,kg,,,,\n",
        ),
        (
            "corrections.csv",
            "A,S1,use,2025-02-01,acetone,10,kg,c1,a1,adjust,2025-03-01T00:00:00Z\n\
             A,,,,,,,c2,a2,delete,2025-03-01T00:00:00Z\n\
             A,S1,use,2025-02-04,acetone,4,kg,,,,\n",
        ),
        (
            "second.csv",
            "A,S1,use,2025-02-01,acetone,11,kg,d1,c1,adjust,2025-04-01T00:00:00Z\n",
        ),
    ];
    story.run("init account").good();
    story.run("import account register.csv").good();
    for (name, rows) in files {
        story.write(name, format!("{HEADER}{rows}").as_bytes());
        story.run(&format!("import account {name}")).good();
    }
    story
}

#[test]
fn a_withdrawal_says_what_waits_and_what_counts_again() {
    for lang in ["en", "zh"] {
        let said: Vec<String> = [1, 2, 3]
            .map(|seq| {
                corrected()
                    .run(&format!(
                        "withdraw account {seq} --reason mistake --lang {lang}"
                    ))
                    .said()
            })
            .into();
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(format!("withdraw_{lang}"), said.join("\n"));
        });
    }
}

#[test]
fn what_follows_from_a_withdrawal_is_data_too() {
    let story = corrected();
    let told = story
        .run("withdraw account 2 --reason mistake --json")
        .good()
        .json();
    let row = |row: u32, line_id: &str, was: &str| {
        serde_json::json!({
            "reference": format!("1:{row}"), "file": "rows.csv", "row": row, "line_id": line_id, "was": was,
        })
    };
    assert_eq!(
        told["counting"],
        serde_json::json!({"lines": 2, "rows": [row(2, "a1", "superseded"), row(3, "a2", "deleted")]})
    );
    assert_eq!(
        told["waiting"],
        serde_json::json!({"lines": 1, "rows": [
            {"reference": "3:2", "file": "second.csv", "row": 2, "line_id": "d1", "was": "live"},
        ]})
    );
}

#[test]
fn many_that_follow_are_counted_and_a_few_are_named() {
    let story = Story::new();
    let mut rows = String::from(HEADER);
    let mut deletions = String::from(HEADER);
    for n in 0..25 {
        rows.push_str(&format!("A,S1,use,2025-02-01,acetone,1,kg,a{n},,,\n"));
        deletions.push_str(&format!("A,,,,,,,d{n},a{n},delete,\n"));
    }
    story.write("rows.csv", rows.as_bytes());
    story.write("deletions.csv", deletions.as_bytes());
    story.run("init account").good();
    story.run("import account rows.csv --learn").good();
    story.run("import account deletions.csv").good();
    let entry = 2;
    let ran = story
        .run(&format!("withdraw account {entry} --reason mistake"))
        .good();
    let out = ran.out();
    assert!(out.contains("25 rows count again"), "{out}");
    assert!(
        out.contains("and 15 more: weighbridge movements account --all"),
        "{out}"
    );
    assert_eq!(out.matches("rows.csv").count(), 10, "{out}");
}

#[test]
fn the_reporter_is_named_as_sent_beside_the_holder_of_the_day() {
    let story = Story::new();
    story.write(
        "register.csv",
        "code,uscc,site\nA,91350100M000100Y43,S1\nB,,SB\n".as_bytes(),
    );
    story.run("init account").good();
    story.run("import account register.csv").good();
    story
        .run("holders merge account A --into B --on 2025-07-01")
        .good();
    let rows = format!(
        "{HEADER}91350100M000100Y43,S1,use,2025-02-01,acetone,1,kg,,,,\nA,S1,use,2025-08-01,acetone,2,kg,,,,\n"
    );
    story.write("rows.csv", rows.as_bytes());
    story.run("import account rows.csv").good();
    let want = [("91350100M000100Y43", "A"), ("A", "B")];
    let told = story.run("movements account --json").good().json();
    for (at, (reporter, holder)) in want.iter().enumerate() {
        assert_eq!(told[at]["reporter"], *reporter, "{told}");
        assert_eq!(told[at]["holder"], *holder, "{told}");
    }
    let shown = story.run("movements account").good().out();
    assert!(
        shown.contains("Reporter") && shown.contains("91350100M000100Y43"),
        "{shown}"
    );
    story
        .run("export account --what movements --out rows_out.csv")
        .good();
    let text = std::fs::read_to_string(story.path("rows_out.csv")).unwrap();
    let mut lines = text.lines();
    let header: Vec<&str> = lines.next().unwrap().split(',').collect();
    let place = |name: &str| header.iter().position(|h| *h == name).unwrap();
    for (line, (reporter, holder)) in lines.zip(want) {
        let cells: Vec<&str> = line.split(',').collect();
        assert_eq!(cells[place("reporter")], reporter, "{line}");
        assert_eq!(cells[place("holder")], holder, "{line}");
    }
}

#[test]
fn mergers_that_contradict_the_register_are_refused() {
    for lang in ["en", "zh"] {
        let story = Story::imported();
        let run = |args: &str| story.run(&format!("{args} --lang {lang}"));
        run("holders merge account GAMMA --into BETA --on 2025-02-01").good();
        run("holders split account ALPHA --site A2 --into BETA --on 2025-03-01").good();
        let entries = || run("verify account --json").good().json()["entries"].clone();
        let before = entries();
        let said: Vec<String> = [
            "holders merge account ALPHA --into ALPHA --on 2025-02-01",
            "holders merge account BETA --into GAMMA --on 2026-02-01",
            "holders split account BETA --site G1 --into GAMMA --on 2026-02-01",
            "holders merge account BETA --into ALPHA --on 2025-01-01",
            "holders merge account ALPHA --into BETA --on 2149-01-01",
            "holders split account ALPHA --site A2 --into GAMMA --on 2025-01-15",
            "holders split account ALPHA --site A2 --into ABROAD --on 2025-05-01",
        ]
        .map(|args| {
            let ran = run(args);
            assert_eq!(ran.code(), 1, "{args}: {}", ran.said());
            hide_days(&ran.said())
        })
        .into();
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(format!("mergers_{lang}"), said.join("\n"));
        });
        assert_eq!(entries(), before);
        // A site goes there and back; a merger that is recorded late goes before the others.
        run("holders split account BETA --site A2 --into ALPHA --on 2025-06-01").good();
        run("holders merge account ABROAD --into ALPHA --on 2025-01-20").good();
    }
}

/// The day of the run changes from day to day.
fn hide_days(said: &str) -> String {
    let today = weighbridge::clock::today();
    (0..=1).fold(said.to_owned(), |said, ahead| {
        let day = today.plus_days(ahead).map(|day| day.to_string());
        said.replace(&day.unwrap_or_default(), "<today>")
    })
}

#[test]
fn a_file_sent_again_brings_the_rows_that_do_not_count_yet() {
    let story = Story::new();
    story.write("ab.csv", b"code,site\nA,S1\nB,S2\n");
    story.write("c.csv", b"code,site\nC,S3\n");
    // Two equal rows without a line number are two movements, now as before.
    let use_ = "A,S1,use,2025-02-01,acetone,1,kg,,,,\n";
    let c = "C,S3,use,2025-02-01,acetone,1,kg,,,,\n";
    story.write(
        "rows.csv",
        format!("{HEADER}{use_}{c}{use_}{c}A,S1,use,2025-02-31,acetone,1,kg,,,,\n").as_bytes(),
    );
    story.run("init account").good();
    let send = |file: &str| {
        story
            .run(&format!("import account {file} --json"))
            .good()
            .json()
    };
    let lines = |told: &serde_json::Value| {
        let lines = &told["files"][0]["lines"];
        ["accepted", "quarantined", "duplicate"].map(|what| lines[what].as_u64())
    };
    send("ab.csv");
    assert_eq!(lines(&send("rows.csv")), [Some(2), Some(3), Some(0)]);
    let nothing = send("rows.csv");
    assert_eq!(nothing["files"][0]["state"], "already");
    assert_eq!(nothing["files"][0]["quarantined"], 3);
    send("c.csv");
    let rest = send("rows.csv");
    assert_eq!(lines(&rest), [Some(2), Some(1), Some(0)]);
    assert_eq!(rest["files"][0]["again"], 1);
    let nothing = send("rows.csv");
    assert_eq!(nothing["files"][0]["state"], "already");
    assert_eq!(nothing["files"][0]["quarantined"], 1);
    let receipts = nothing["files"][0]["receipts"].as_array().map(Vec::len);
    assert_eq!(receipts, Some(2));
    let aside = story.run("quarantine account --json").good().json();
    assert_eq!(aside.as_array().map(Vec::len), Some(1), "{aside}");
    // What is withdrawn can be taken again, whichever attempt brought it.
    for (seq, accepted) in [(1, 2), (3, 2)] {
        story
            .run(&format!("withdraw account {seq} --reason mistake"))
            .good();
        assert_eq!(lines(&send("rows.csv"))[0], Some(accepted), "{seq}");
        let balances = story.run("balances account --json").good().json();
        assert_eq!(balances.as_array().map(Vec::len), Some(2), "{balances}");
    }
}

#[test]
fn goods_on_the_way_when_holders_merge_or_split_stay_one_consignment() {
    const HALVES: &str = "reporter,site,kind,date,substance,amount,unit,counterparty,document\n";
    let rows = "A,A2,dispatch,2025-03-30,acetone,70,kg,C,D3\nC,C,receipt,2025-04-02,acetone,70,kg,A,D3\n\
                C,C,dispatch,2025-03-30,toluene,50,kg,A,D7\nA,A2,receipt,2025-04-02,toluene,50,kg,C,D7\n\
                C,C,dispatch,2025-03-30,bromine,5,kg,A,\nA,A2,receipt,2025-04-02,bromine,5,kg,C,\n\
                C,C,dispatch,2025-04-30,acetone,50,kg,A,D8\nA,A2,receipt,2025-05-02,acetone,50,kg,C,D8\n";
    for (command, last) in [
        ("merge account A --into B", "matched"),
        ("merge account C --into B", "matched"),
        // Sent to A a month after its site had become another's.
        ("split account A --site A2 --into B", "disputed"),
    ] {
        let story = Story::new();
        story.write("register.csv", b"code,site\nA,A\nA,A2\nB,B\nC,C\n");
        story.write("rows.csv", format!("{HALVES}{rows}").as_bytes());
        story.run("init account").good();
        story.run("import account register.csv rows.csv").good();
        story
            .run(&format!("holders {command} --on 2025-04-01"))
            .good();
        let told = story.run("consignments account --json").good().json();
        let mut states: Vec<(&str, &str)> = told
            .as_array()
            .unwrap()
            .iter()
            .map(|c| {
                (
                    c["first_date"].as_str().unwrap_or(""),
                    c["state"].as_str().unwrap(),
                )
            })
            .collect();
        states.sort_unstable();
        let want = [
            ("2025-03-30", "matched"),
            ("2025-03-30", "matched"),
            ("2025-03-30", "matched"),
            ("2025-04-30", last),
        ];
        assert_eq!(states, want, "{command}: {told}");
    }
}

#[test]
fn a_document_used_twice_undoes_a_correction_and_a_withdrawal_restores_it() {
    const HEADER: &str =
        "reporter,kind,date,substance,amount,unit,counterparty,document,line_id,action,corrects\n";
    let story = Story::new();
    for (name, row) in [
        ("base.csv", "A,dispatch,2025-01-11,acetone,50,kg,B,D2,L2,,"),
        (
            "adjust.csv",
            "A,dispatch,2025-01-11,acetone,51,kg,B,D2,,adjust,D2",
        ),
        (
            "other.csv",
            "A,dispatch,2025-01-11,acetone,33,kg,B,D2,L20,,",
        ),
    ] {
        story.write(name, format!("{HEADER}{row}\n").as_bytes());
    }
    story.run("init account").good();
    story
        .run("import account base.csv adjust.csv --learn")
        .good();
    let file = |told: &serde_json::Value, what: &str| {
        let rows = told[what]["rows"].as_array().unwrap().iter();
        rows.map(|r| r["file"].as_str().unwrap().to_owned())
            .collect::<Vec<_>>()
    };
    let dry = story
        .run("import account other.csv --dry-run --json")
        .good();
    assert_eq!(file(&dry.json(), "waiting"), ["adjust.csv"]);
    let told = story.run("import account other.csv --json").good();
    assert_eq!(file(&told.json(), "waiting"), ["adjust.csv"]);
    let told = story
        .run("withdraw account 1 --reason mistake --json")
        .good()
        .json();
    assert_eq!(file(&told, "holding"), ["adjust.csv"]);
    assert_eq!(file(&told, "replaced"), ["other.csv"]);
    assert!(file(&told, "counting").is_empty(), "{told}");
}
