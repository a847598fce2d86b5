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
