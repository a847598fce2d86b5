//! Every command as a user sees it, in both languages.

mod common;

use common::Story;

/// Runs a command in both languages and keeps what was said.
fn both(story: &Story, name: &str, args: &str) {
    for lang in ["en", "zh"] {
        let ran = story.run(&format!("{args} --lang {lang}"));
        insta::with_settings!({ description => format!("weighbridge {args}"), omit_expression => true }, {
            insta::assert_snapshot!(format!("{name}_{lang}"), ran.said());
        });
    }
}

#[test]
fn help() {
    let story = Story::new();
    both(&story, "help", "--help");
    for command in [
        "demo",
        "check",
        "init",
        "import",
        "balances",
        "consignments",
        "movements",
        "findings",
        "quarantine",
        "queries",
        "trace",
        "holders",
        "holders merge",
        "withdraw",
        "review",
        "verify",
        "backup",
        "restore",
        "receipt",
        "receipt row",
        "receipt verify",
        "export",
        "bench",
        "bench detection",
    ] {
        both(
            &story,
            &format!("help_{}", command.replace(' ', "_")),
            &format!("{command} --help"),
        );
    }
}

#[test]
fn init_and_import() {
    for lang in ["en", "zh"] {
        let story = Story::new();
        let run = |args: &str| story.run(&format!("{args} --lang {lang}")).said();
        let said = [
            run("init account --origin example.org/account"),
            run("init account"),
            run("import account holders.csv"),
            run("import account sender.csv --dry-run"),
            run("import account sender.csv receiver.csv"),
            run("import account sender.csv"),
            run("import account nowhere.csv receiver.csv"),
        ];
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(format!("init_and_import_{lang}"), said.join("\n"));
        });
    }
}

#[test]
fn check() {
    let story = Story::new();
    both(
        &story,
        "check",
        "check sender.csv receiver.csv --holders holders.csv",
    );
    both(
        &story,
        "check_out",
        "check sender.csv receiver.csv --out out",
    );
    for file in ["discrepancies.csv", "discrepancies.xlsx", "report.html"] {
        assert!(
            std::fs::metadata(story.path("out").join(file))
                .unwrap()
                .len()
                > 100,
            "{file}"
        );
    }
    let page = std::fs::read_to_string(story.path("out/report.html")).unwrap();
    assert!(page.contains("<svg") && !page.contains("http://cdn") && !page.contains("src=\"http"));
}

#[test]
fn check_json_is_what_the_schema_says() {
    let story = Story::new();
    let result = story
        .run("check sender.csv receiver.csv --json")
        .good()
        .json();
    let schema: serde_json::Value =
        serde_json::from_str(include_str!("../../../docs/reference/check.schema.json")).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let errors: Vec<String> = validator
        .iter_errors(&result)
        .map(|e| e.to_string())
        .collect();
    assert_eq!(errors, Vec::<String>::new());
    assert_eq!(
        result["lines"],
        serde_json::json!({"read": 14, "accepted": 11, "quarantined": 3, "duplicate": 0})
    );
    let short: Vec<_> = result["discrepancies"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|d| d["state"] == "short")
        .collect();
    assert_eq!(short.len(), 1);
    assert_eq!(short[0]["difference_ug"], 50_000_000_000_i64);
    assert_eq!(
        short[0]["dispatch_rows"],
        serde_json::json!([{"file": "sender.csv", "row": 4}])
    );
}

#[test]
fn the_same_file_twice_is_counted_once() {
    let story = Story::new();
    std::fs::copy(story.path("sender.csv"), story.path("again.csv")).unwrap();
    let once = story
        .run("check sender.csv receiver.csv --json")
        .good()
        .json();
    let twice = story
        .run("check sender.csv again.csv receiver.csv --json")
        .good()
        .json();
    assert_eq!(once["balances"], twice["balances"]);
    assert_eq!(once["consignments"], twice["consignments"]);
    assert_eq!(twice["lines"]["duplicate"], 9);
}

#[test]
fn a_line_in_two_files_is_counted_once() {
    let story = Story::new();
    let lines: Vec<&str> = common::RECEIVER.lines().collect();
    story.write("late.csv", [lines[0], lines[2], ""].join("\n").as_bytes());
    let once = story
        .run("check sender.csv receiver.csv --json")
        .good()
        .json();
    let twice = story
        .run("check late.csv sender.csv receiver.csv --json")
        .good()
        .json();
    assert_eq!(once["balances"], twice["balances"]);
    assert_eq!(twice["lines"]["duplicate"], 1);
}

#[test]
fn views() {
    let story = Story::imported();
    both(&story, "balances", "balances account");
    both(
        &story,
        "balances_as_of",
        "balances account --as-of 2025-01-11 --holder BETA --substance 丙酮",
    );
    both(
        &story,
        "balances_unclosed",
        "balances account --unclosed --json",
    );
    both(&story, "consignments", "consignments account");
    both(
        &story,
        "consignments_short",
        "consignments account --state short --json",
    );
    both(&story, "movements", "movements account --kind dispatch");
    both(
        &story,
        "movements_json",
        "movements account --document D-2 --json",
    );
    both(&story, "quarantine", "quarantine account");
    both(&story, "trace", "trace account --lot L1");
    both(&story, "holders", "holders account");
    both(&story, "verify", "verify account");
    both(&story, "unknown_holder", "movements account --holder ALFA");
    both(&story, "unknown_lot", "trace account --lot L9");
}

#[test]
fn receipts() {
    let story = Story::imported();
    both(
        &story,
        "receipt_verify",
        "receipt verify account/receipts/00000001.receipt --key account/weighbridge.pub",
    );
    let shown = story.run("receipt show account 1").good().out();
    assert_eq!(
        shown,
        std::fs::read_to_string(story.path("account/receipts/00000001.receipt")).unwrap()
    );
    let mut changed = shown.clone();
    let at = changed.find("extra ").unwrap() + 60;
    let other = if changed.as_bytes()[at] == b'A' {
        "B"
    } else {
        "A"
    };
    changed.replace_range(at..=at, other);
    story.write("changed.receipt", changed.as_bytes());
    both(
        &story,
        "receipt_changed",
        "receipt verify changed.receipt --key account/weighbridge.pub",
    );
    story.run("init other").good();
    both(
        &story,
        "receipt_other_key",
        "receipt verify account/receipts/00000001.receipt --key other/weighbridge.pub",
    );
    both(&story, "receipt_no_entry", "receipt show account 99");
}

#[test]
fn a_submission_is_withdrawn_as_a_whole() {
    let story = Story::imported();
    let said = [
        story.run("withdraw account 2 --reason mistake").said(),
        story.run("withdraw account 2 --reason mistake").said(),
        story.run("consignments account").said(),
        story
            .run("balances account --holder BETA --known-at 2020-01-01")
            .said(),
        story.run("verify account").said(),
    ];
    insta::assert_snapshot!("withdraw", said.join("\n"));
}

#[test]
fn reviewers_and_mergers() {
    let story = Story::imported();
    let said = [
        story
            .run("review account apart 1:4 2:4 --reason checked")
            .said(),
        story.run("consignments account").said(),
        story
            .run("review account together 1:4 2:4 --reason checked")
            .said(),
        story.run("consignments account --state short").said(),
        story
            .run("review account together 1:4 2:99 --reason checked")
            .said(),
        story
            .run("holders merge account GAMMA --into BETA --on 2025-02-01")
            .said(),
        story
            .run("holders split account ALPHA --site A2 --into BETA --on 2025-02-01")
            .said(),
        story
            .run("holders split account ALPHA --site A9 --into BETA --on 2025-02-01")
            .said(),
        story.run("holders account").said(),
        story.run("verify account").said(),
    ];
    insta::assert_snapshot!("review_and_merge", said.join("\n"));
}

#[test]
fn exports() {
    let story = Story::imported();
    for what in [
        "movements",
        "balances",
        "consignments",
        "holders",
        "quarantine",
    ] {
        for format in ["csv", "xlsx", "parquet"] {
            let ran = story
                .run(&format!(
                    "export account --what {what} --out {what}.{format}"
                ))
                .good();
            assert!(
                ran.out().contains(&format!("{what}.{format}")),
                "{}",
                ran.out()
            );
        }
    }
    let text = std::fs::read_to_string(story.path("movements.csv")).unwrap();
    insta::assert_snapshot!("export_movements", common::mask(&text));
    let magic = std::fs::read(story.path("movements.parquet")).unwrap();
    assert_eq!(&magic[..4], b"PAR1");
    assert_eq!(
        &std::fs::read(story.path("movements.xlsx")).unwrap()[..2],
        b"PK"
    );
    story
        .run("export account --what original --entry 2 --out back.csv")
        .good();
    assert_eq!(
        std::fs::read_to_string(story.path("back.csv")).unwrap(),
        common::RECEIVER
    );
    assert_eq!(
        story
            .run("export account --what original --entry 0 --out back.csv")
            .code(),
        1
    );
    let refused = story.run("export account --what movements --out movements.doc");
    assert_eq!(refused.code(), 1, "{}", refused.err());
    assert!(!story.path("movements.doc").exists());
}

#[test]
fn a_small_demo() {
    let story = Story::new();
    let ran = story
        .run("demo small --holders 20 --months 3 --seed 5 --json")
        .good()
        .json();
    assert!(
        ran["lines"]["accepted"].as_u64().unwrap() > 500,
        "{}",
        ran["lines"]
    );
    let people = story
        .run("demo other --holders 20 --months 3 --seed 5 --no-serve --lang zh")
        .good()
        .out();
    assert!(people.contains("weighbridge verify other"), "{people}");
    let again = story.run("demo small");
    assert_eq!(again.code(), 1);
    assert!(again.err().contains("not empty"), "{}", again.err());
    let verified = story.run("verify small --json").good().json();
    assert_eq!(verified["ok"], true);
    // The same seed gives the same result.
    let twin = story
        .run("demo twin --holders 20 --months 3 --seed 5 --json")
        .good()
        .json();
    for part in [
        "lines",
        "consignments",
        "balances",
        "discrepancies",
        "quarantine",
    ] {
        assert_eq!(ran[part], twin[part], "{part}");
    }
}

#[test]
fn usage_is_a_mistake_of_the_user() {
    let story = Story::new();
    for args in [
        "",
        "fly",
        "balances",
        "balances account --as-of 2025-02-29",
        "consignments account --state lost",
    ] {
        let ran = story.run(args);
        assert_eq!(ran.code(), 1, "{args}: {}", ran.err());
        assert!(ran.out().is_empty(), "{args}");
    }
    assert_eq!(
        story.run("--version").good().out(),
        format!("weighbridge {}\n", env!("CARGO_PKG_VERSION"))
    );
}

#[test]
fn what_counts_for_nothing_may_be_sent_again() {
    let story = Story::new();
    story
        .run("init account --origin example.org/account")
        .good();
    let states = |args: &str| story.run(args).good().json()["files"][0]["state"].clone();
    // Nobody is known yet: every row is set aside, and it does not help to send it again as it is.
    let first = story.run("import account receiver.csv").good();
    assert!(first.err().contains("no register yet"), "{}", first.err());
    assert_eq!(states("import account receiver.csv --json"), "already");
    story.run("import account holders.csv").good();
    let again = story.run("import account receiver.csv").good();
    assert!(
        again.out().contains("taken again as entry 2"),
        "{}",
        again.out()
    );
    assert_eq!(states("import account receiver.csv --json"), "already");
    let open = story.run("quarantine account --json").good().json();
    assert_eq!(open["rows"].as_array().map_or(0, Vec::len), 0, "{open}");
    let all = story.run("quarantine account --all --json").good().out();
    assert!(all.contains("receiver.csv"), "{all}");
    // Withdrawn, sent again, withdrawn, sent again; once each.
    for (withdrawn, taken) in [(2, 4), (4, 6)] {
        story
            .run(&format!("withdraw account {withdrawn} --reason mistake"))
            .good();
        let again = story
            .run("import account receiver.csv --json")
            .good()
            .json();
        assert_eq!(again["files"][0]["entry"], taken, "{again}");
        assert_eq!(again["files"][0]["again"], withdrawn);
        assert_eq!(again["files"][0]["lines"]["accepted"], 5, "{again}");
        assert_eq!(states("import account receiver.csv --json"), "already");
    }
    story.run("verify account").good();
}

#[test]
fn another_key_is_one_line() {
    let story = Story::imported();
    story.run("init other --origin example.org/other").good();
    let ran = story.run("verify account --key other/weighbridge.pub");
    assert_eq!(ran.code(), 1);
    assert_eq!(ran.out().lines().count(), 1, "{}", ran.out());
    assert!(
        ran.out().contains("none of the 1 checkpoint"),
        "{}",
        ran.out()
    );
}

#[test]
fn mistakes_in_arguments_are_said_in_both_languages() {
    let story = Story::imported();
    for (args, en, zh) in [
        (
            "balances account --as-of 31.7.2025",
            "write it as YYYY-MM-DD",
            "请写作 YYYY-MM-DD",
        ),
        (
            "balances account --frob",
            "there is no option --frob",
            "没有选项 --frob",
        ),
        (
            "balance account",
            "perhaps balances is meant",
            "是否指 balances",
        ),
        ("balances", "missing: <DIR>", "缺少：<文件夹>"),
        (
            "review account together 1:4 2:x --reason r",
            "ENTRY:ROW",
            "记录号:行号",
        ),
        (
            "withdraw account 77 --reason r",
            "before the colon",
            "冒号前",
        ),
    ] {
        for (lang, want) in [("en", en), ("zh", zh)] {
            let ran = story.run(&format!("{args} --lang {lang}"));
            assert_eq!(ran.code(), 1);
            let said = ran.err().replace(['\u{2068}', '\u{2069}'], "");
            assert!(said.contains(want), "{args}: {said}");
        }
    }
}
