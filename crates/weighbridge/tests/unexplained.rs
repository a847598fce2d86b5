//! What balances leave unexplained, where to look first, and the instruments of the register: as a user asks for them.

mod common;

use std::fmt::Write as _;

use common::Story;

/// Months of the account.
const MONTHS: i64 = 14;
/// Day of the last stocktake of each month.
const DAYS: [i64; 12] = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

/// Small errors that repeat nothing: thousandths of the amount, from a multiplicative sequence.
fn error(n: i64) -> i64 {
    (n * 48_271 + 11) % 2_147_483_647 % 401 - 200
}

fn grams(kg: i64, n: i64) -> i64 {
    kg * 1000 + kg * error(n) / 1000
}

fn shown(grams: i64) -> String {
    format!("{}.{:03}", grams / 1000, grams % 1000)
}

fn day(month: i64, day: i64) -> String {
    format!("{}-{:02}-{day:02}", 2024 + month / 12, month % 12 + 1)
}

/// A maker that sells, a user that buys, and a second maker from whom 900 kg are gone in August; the user writes one
/// delivery a thousand times too large and forgets another.
fn account() -> Story {
    let story = Story::new();
    let mut text =
        String::from("reporter,kind,date,substance,amount,unit,counterparty,document,lot\n");
    let mut row = |of: &str, kind: &str, on: String, kg: String, rest: &str| {
        writeln!(text, "{of},{kind},{on},acetone,{kg},kg,{rest}").unwrap();
    };
    let (mut maker, mut user, mut other) = (40_000_000i64, 9_000_000i64, 30_000_000i64);
    for (of, stock) in [("MAKER", maker), ("USER", user), ("OTHER", other)] {
        row(of, "stocktake", day(0, 1), shown(stock), ",,");
    }
    for m in 0..MONTHS {
        let end = DAYS[usize::try_from(m % 12).unwrap()];
        for n in 0..4 {
            let (at, no) = (3 + 7 * n, m * 4 + n);
            let sent = 2_000_000 + 100_000 * n;
            maker += 2_200_000 - sent;
            row(
                "MAKER",
                "production",
                day(m, at),
                shown(2_200_000 + error(no) * 5),
                ",,",
            );
            let to = format!("USER,D-{no},L{no}");
            row(
                "MAKER",
                "dispatch",
                day(m, at),
                shown(sent + error(no + 50) * 5),
                &to,
            );
            user += sent - 2_100_000;
            let from = format!("MAKER,D-{no},L{no}");
            let received = sent + error(no + 90) * 5;
            match no {
                // In grams.
                21 => row(
                    "USER",
                    "receipt",
                    day(m, at + 1),
                    format!("{received}"),
                    &from,
                ),
                30 => {}
                _ => row("USER", "receipt", day(m, at + 1), shown(received), &from),
            }
            row(
                "USER",
                "use",
                day(m, at + 2),
                shown(2_100_000 + error(no + 130) * 5),
                ",,",
            );
            other += 1_000;
            row(
                "OTHER",
                "production",
                day(m, at),
                shown(3_000_000 + error(no + 170) * 5),
                ",,",
            );
            row(
                "OTHER",
                "use",
                day(m, at),
                shown(2_999_000 + error(no + 210) * 5),
                ",,",
            );
        }
        if m == 7 {
            other -= 900_000;
        }
        for (of, stock, n) in [("MAKER", maker, 1), ("USER", user, 2), ("OTHER", other, 3)] {
            let counted = grams(stock / 1000, m * 3 + n);
            let counted = stock + (counted - stock) / 10;
            row(of, "stocktake", day(m, end), shown(counted), ",,");
        }
    }
    story.write("all.csv", text.as_bytes());
    story
        .run("init account --origin example.org/account")
        .good();
    story.run("import account all.csv --learn").good();
    story
}

fn snapshot(name: &str, story: &Story, args: &str) {
    for lang in ["en", "zh"] {
        let said = story.run(&format!("{args} --lang {lang}")).said();
        insta::with_settings!({ omit_expression => true }, {
            insta::assert_snapshot!(format!("{name}_{lang}"), said);
        });
    }
}

#[test]
fn what_people_see() {
    let story = account();
    snapshot("unexplained", &story, "unexplained account");
    snapshot(
        "unexplained_user",
        &story,
        "unexplained account --holder USER --periods",
    );
    snapshot("inspect", &story, "inspect account --visits 3 --seed 4");
    snapshot("calibrate", &story, "calibrate account");
}

#[test]
fn the_missing_mass_is_within_its_interval() {
    let story = account();
    let json = story.run("unexplained account --json").good().json();
    assert_eq!(json["schema"], "weighbridge-unexplained/1");
    let entries = json["entries"].as_array().unwrap();
    let other = entries.iter().find(|e| e["holder"] == "OTHER").unwrap();
    let figure = |name: &str| other["difference"][name].as_f64().unwrap();
    assert!(
        figure("low_kg") <= 900.0 && 900.0 <= figure("high_kg"),
        "{other}"
    );
    assert_eq!(other["difference"]["to"], "2024-08-31");
    // The maker and the user have mistakes, not losses: the other side's papers say so.
    assert!(
        entries.iter().all(|e| e["holder"] == "OTHER"),
        "{entries:#?}"
    );
    let user = story
        .run("unexplained account --holder USER --json")
        .good()
        .json();
    let user = &user["entries"][0];
    assert_eq!(user["listed"], false);
    let explained: Vec<&str> = user["explanations"]
        .as_array()
        .unwrap()
        .iter()
        .filter(|e| e["outcome"] == "explains")
        .map(|e| e["artefact"].as_str().unwrap())
        .collect();
    assert_eq!(explained, ["unit", "late"], "{user:#}");
    let same = story.run("unexplained account --json").good().json();
    assert_eq!(same, json, "the same account gives the same list");
}

#[test]
fn instruments_come_into_the_register() {
    let story = account();
    let head = "holder,site,measures,instrument,tolerance_percent,step_kg,calibrated_on\n";
    let rows =
        "OTHER,OTHER,stock,LT-1,0.05,1,2024-01-01\nOTHER,OTHER,stock,LT-1,0.05,1,2024-09-10\n";
    story.write("good.csv", format!("{head}{rows}").as_bytes());
    story.write(
        "bad.csv",
        format!("{head}OTHER,OTHER,tank,LT-1,zero,1,soon\n").as_bytes(),
    );
    story.write(
        "nobody.csv",
        format!("{head}NOBODY,X,stock,LT-1,1,1,2024-01-01\n").as_bytes(),
    );
    snapshot("instruments_bad", &story, "instruments account bad.csv");
    snapshot(
        "instruments_nobody",
        &story,
        "instruments account nobody.csv",
    );
    let before = story
        .run("unexplained account --holder OTHER --json")
        .good()
        .json();
    story.run("instruments account good.csv").good();
    snapshot("instruments", &story, "instruments account");
    let after = story
        .run("unexplained account --holder OTHER --json")
        .good()
        .json();
    let error = |json: &serde_json::Value| {
        json["entries"][0]["periods"][3]["standard_error_kg"]
            .as_f64()
            .unwrap()
    };
    assert!(
        error(&after) < error(&before),
        "{} {}",
        error(&after),
        error(&before)
    );
    // What is in the register already makes no entry; what is new beside it makes one.
    let again = story
        .run("instruments account good.csv --json")
        .good()
        .json();
    assert_eq!(again["entry"], serde_json::Value::Null);
    assert_eq!(
        (&again["calibrations"], &again["known"]),
        (&0.into(), &2.into())
    );
    let one_more = format!("{head}{rows}OTHER,OTHER,stock,LT-1,0.05,1,2024-11-02\n");
    story.write("more.csv", one_more.as_bytes());
    snapshot("instruments_more", &story, "instruments account more.csv");
    let two_ways = format!("{head}{rows}OTHER,OTHER,stock,LT-1,0.5,1,2024-09-10\n");
    story.write("two_ways.csv", two_ways.as_bytes());
    snapshot(
        "instruments_contradict",
        &story,
        "instruments account two_ways.csv",
    );
    story.run("verify account").good();
}

#[test]
fn hours_are_read_and_mistakes_are_named() {
    let story = account();
    story.write(
        "hours.csv",
        b"holder,site,hours\nOTHER,OTHER,8\nMAKER,MAKER,0.5\n",
    );
    let json = story
        .run("inspect account --visits 2 --hours-per hours.csv --json")
        .good()
        .json();
    let visits = json["visits"].as_array().unwrap();
    assert_eq!(visits.len(), 2);
    assert_eq!(visits[0]["holder"], "OTHER");
    assert_eq!(visits[0]["hours"], 8.0);
    let drawn: f64 = visits
        .iter()
        .filter(|v| v["reason"] == "random")
        .map(|v| v["inclusion"].as_f64().unwrap())
        .sum();
    assert!(
        (drawn - 0.5).abs() < 1e-12,
        "one of the two other sites is drawn: {drawn}"
    );
    let rows = "holder,site,hours\nOTHER,OTHER,soon\nMAKER,MAKER,2\nmaker,MAKER,\"2,5\"\nUSER,,0\n";
    story.write("rows.csv", rows.as_bytes());
    snapshot(
        "hours_rows",
        &story,
        "inspect account --visits 2 --hours-per rows.csv",
    );
    for (text, told) in [
        (&b"holder,site\nOTHER,OTHER\n"[..], "hours"),
        (b"holder,site,hours\nNOBODY,N,1\n", "NOBODY (wrong.csv:2)"),
        (b"holder,site,hours\nOTHER,N,1\n", "N (wrong.csv:2)"),
        (b"PK\x03\x04 xl/workbook.xml", "workbook"),
        (b"\xB3\xD6\xD3\xD0,\xFF\xFF\n", "wrong.csv"),
        (b"", "empty"),
    ] {
        story.write("wrong.csv", text);
        let ran = story.run("inspect account --visits 2 --hours-per wrong.csv");
        assert_eq!(ran.code(), 1, "{told}");
        assert!(ran.err().contains(told), "{}", ran.err());
    }
}

#[test]
fn what_cannot_be_judged_is_told_where_it_is_asked_for() {
    let story = account();
    let head = "reporter,kind,date,substance,amount,unit,counterparty,document\n";
    let rows = "STILL,use,2024-05-01,acetone,5,kg,,\nSTILL,stocktake,2024-05-02,toluene,5,kg,,\n";
    story.write("still.csv", format!("{head}{rows}").as_bytes());
    story.run("import account still.csv --learn").good();
    snapshot(
        "unexplained_still",
        &story,
        "unexplained account --holder STILL",
    );
    let nothing = story.run("unexplained account --holder STILL --substance ephedrine");
    assert!(nothing.good().out().contains("Nothing that counts"));
    let unknown = story.run("unexplained account --site NOWHERE");
    assert_eq!(unknown.code(), 1);
    assert!(unknown.err().contains("NOWHERE"), "{}", unknown.err());
}
