//! Both languages say the same things.

use std::collections::{BTreeMap, BTreeSet};

use weighbridge_books::queries::{Answer, Outcome, Owner, Question, Rejection, Stage};
use weighbridge_books::substances::body::Finding;
use weighbridge_books::substances::consignment::State;
use weighbridge_books::substances::kind::RULES;
use weighbridge_books::substances::line;
use weighbridge_books::substances::quarantine::Code;
use weighbridge_books::substances::vocabulary::{Action, Field, Mode, Packaging, Reason};
use weighbridge_measure::ScaleClass;

use super::*;

/// Message ids with the names of their arguments.
fn messages(lang: Lang) -> BTreeMap<String, BTreeSet<String>> {
    let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for (name, text) in lang.files() {
        let mut id = String::new();
        for line in text
            .lines()
            .filter(|l| !l.starts_with('#') && !l.trim().is_empty())
        {
            if !line.starts_with([' ', '}', '\t']) {
                let (new, _) = line
                    .split_once('=')
                    .unwrap_or_else(|| panic!("{name}: {line}"));
                id = new.trim().to_owned();
                assert!(!found.contains_key(&id), "{name}: {id} is there twice");
                found.insert(id.clone(), BTreeSet::new());
            }
            for part in line.split('$').skip(1) {
                let end = part
                    .find(|c: char| !c.is_alphanumeric() && c != '_')
                    .unwrap_or(part.len());
                found.get_mut(&id).unwrap().insert(part[..end].to_owned());
            }
        }
    }
    found
}

#[test]
fn both_languages_say_the_same_things() {
    let (en, zh) = (messages(Lang::En), messages(Lang::Zh));
    assert!(en.len() > 300);
    let ids = |m: &BTreeMap<String, BTreeSet<String>>| m.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(
        ids(&en).difference(&ids(&zh)).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "only in English"
    );
    assert_eq!(
        ids(&zh).difference(&ids(&en)).collect::<Vec<_>>(),
        Vec::<&String>::new(),
        "only in Chinese"
    );
    for (id, arguments) in &en {
        assert_eq!(arguments, &zh[id], "{id}");
    }
}

#[test]
fn every_message_can_be_read_and_said() {
    for lang in Lang::ALL {
        for (name, text) in lang.files() {
            assert!(
                FluentResource::try_new((*text).to_owned()).is_ok(),
                "{name} of {}",
                lang.code()
            );
        }
        let texts = Texts::new(lang);
        for (id, arguments) in messages(lang) {
            let args: Vec<(&str, Arg<'_>)> = arguments
                .iter()
                .map(|a| (a.as_str(), Arg::Int(1234)))
                .collect();
            let said = texts.say(&id, &args);
            assert!(
                !said.is_empty() && !said.contains('$') && said != id,
                "{id}: {said}"
            );
            // A plural may leave its number to the column beside it.
            let plural = arguments.len() == 1 && arguments.contains("n");
            assert!(
                plural || arguments.is_empty() || said.contains("1,234"),
                "{id}: {said}"
            );
        }
    }
}

#[test]
fn no_code_lacks_a_text() {
    let texts = Texts::new(Lang::En);
    let mut keys: Vec<String> = Vec::new();
    let mut add = |prefix: &str, codes: &[&str]| {
        keys.extend(
            codes
                .iter()
                .filter(|c| !c.is_empty())
                .map(|c| format!("{prefix}-{c}")),
        );
    };
    let codes: Vec<&str> = Code::ALL.iter().map(|c| c.code()).collect();
    add("code", &codes);
    add("remedy", &codes);
    add(
        "finding",
        &Finding::ALL.iter().map(|c| c.code()).collect::<Vec<_>>(),
    );
    add(
        "question",
        &Finding::ALL.iter().map(|c| c.code()).collect::<Vec<_>>(),
    );
    let states: Vec<&str> = State::ALL
        .iter()
        .map(|c| c.code())
        .chain(["overdue"])
        .collect();
    add("state", &states);
    add("state_meaning", &states);
    add("kind", &RULES.iter().map(|r| r.code).collect::<Vec<_>>());
    add(
        "reason",
        &Reason::ALL.iter().map(|c| c.code()).collect::<Vec<_>>(),
    );
    add(
        "mode",
        &Mode::ALL.iter().map(|c| c.code()).collect::<Vec<_>>(),
    );
    add(
        "packaging",
        &Packaging::ALL.iter().map(|c| c.code()).collect::<Vec<_>>(),
    );
    add(
        "action",
        &Action::ALL.iter().map(|c| c.code()).collect::<Vec<_>>(),
    );
    add(
        "field",
        &Field::ALL.iter().map(|c| c.code()).collect::<Vec<_>>(),
    );
    add(
        "class",
        &ScaleClass::ALL.iter().map(|c| c.code()).collect::<Vec<_>>(),
    );
    {
        use line::Stage::*;
        let stages = [
            None, Reviewed, Document, Consignee, Consignor, Substance, Permit, Lane, Split,
            OneSided,
        ];
        add("stage", &stages.map(line::Stage::code));
    }
    {
        use line::State::*;
        add(
            "line_state",
            &[
                Live, Duplicate, Waiting, Superseded, Deleted, Deletion, Withdrawn,
            ]
            .map(line::State::code),
        );
    }
    add(
        "query_question",
        &Question::ALL.iter().map(|c| c.code()).collect::<Vec<_>>(),
    );
    add(
        "query_outcome",
        &Outcome::ALL.iter().map(|c| c.code()).collect::<Vec<_>>(),
    );
    add(
        "query_owner",
        &Owner::ALL.iter().map(|c| c.code()).collect::<Vec<_>>(),
    );
    add("query_stage", &Stage::CODES);
    add("query_answer", &Answer::CODES);
    add("query_refused", &Rejection::CODES);
    let missing: Vec<&String> = keys.iter().filter(|k| !texts.has(k)).collect();
    assert_eq!(missing, Vec::<&String>::new());
}

/// Every code that a source file of another crate maps in its `fn code`. This crate does not depend on them.
fn codes_in(source: &str) -> Vec<String> {
    let from_code = source.split("pub fn code(").nth(1).unwrap_or("");
    let body = from_code.split("\n    }\n").next().unwrap_or("");
    let quoted = body
        .lines()
        .filter_map(|l| l.split("=> \"").nth(1)?.split('"').next());
    quoted.map(str::to_owned).collect()
}

#[test]
fn the_errors_of_the_other_crates_have_texts() {
    let texts = Texts::new(Lang::Zh);
    let has = |key: String| assert!(texts.has(&key), "{key}");
    let issues = codes_in(include_str!("../../intake/src/issue.rs"));
    assert!(issues.len() > 10);
    for code in issues {
        has(format!("file-{code}"));
        has(format!("file_remedy-{code}"));
    }
    for source in [
        include_str!("../../journal/src/store.rs"),
        include_str!("../../journal/src/journal.rs"),
        include_str!("../../journal/src/receipt.rs"),
        include_str!("../../journal/src/checkpoint.rs"),
        include_str!("../../journal/src/note.rs"),
        include_str!("../../journal/src/keys.rs"),
        include_str!("../../journal/src/writer.rs"),
    ] {
        let errors = codes_in(source);
        assert!(!errors.is_empty());
        for code in errors {
            has(format!("error-{code}"));
            has(format!("error_remedy-{code}"));
        }
    }
    for code in codes_in(include_str!("../../journal/src/verify/fault.rs")) {
        has(format!("fault-{code}"));
    }
    for code in codes_in(include_str!("../../intake/src/formats/mod.rs")) {
        has(format!("format-{code}"));
    }
}

#[test]
fn what_was_expected_is_said_in_words() {
    let (en, zh) = (Texts::new(Lang::En), Texts::new(Lang::Zh));
    for (field, data, want_en, want_zh) in [
        ("case", "case number", "the case number", "案卷号"),
        (
            "action",
            "insert; adjust; delete",
            "insert, adjust or delete",
            "新增、更正或删除",
        ),
        ("unit", "kg; g; L", "kg, g or L", "kg、g 或 L"),
        ("reporter", "F-0042", "F-0042", "F-0042"),
        ("reporter", "F-1 | F-2", "F-1 or F-2", "F-1 或 F-2"),
        (
            "mode",
            "road; rail",
            "road or rail",
            "公路（road） 或 铁路（rail）",
        ),
        (
            "substance",
            "acetone; toluene",
            "acetone or toluene",
            "丙酮（acetone） 或 甲苯（toluene）",
        ),
        ("substance", "丙酮", "丙酮", "丙酮"),
        (
            "lot",
            "a; b; c; d; e; f; g; h; i; j",
            "a, b, c, d, e, f or one of 4 more",
            "a、b、c、d、e、f等，另有 4 种",
        ),
        ("amount", "> 0", "more than 0", "大于 0"),
        ("lot", "<= 256 bytes", "at most 256 bytes", "最长 256 字节"),
        (
            "row",
            "<= 12 columns",
            "at most 12 cells",
            "最多 12 个单元格",
        ),
        (
            "date",
            "<= 2025-07-02",
            "2025-07-02 at the latest (today in the time zone that is furthest ahead)",
            "不晚于 2025-07-02（以全球最早进入新一天的时区的今天为准）",
        ),
        (
            "counterparty",
            "…N",
            "a number that ends in N",
            "末位为 N 的号码",
        ),
        ("site", "", "", ""),
    ] {
        assert_eq!(en.expected(field, data), want_en);
        assert_eq!(zh.expected(field, data), want_zh);
    }
    assert_ne!(
        en.remedy("reporter_unknown", false),
        en.remedy("reporter_unknown", true)
    );
    assert_eq!(en.remedy("missing", false), en.remedy("missing", true));
}

#[test]
fn locales_and_plurals() {
    for (locale, want) in [
        ("zh_CN.UTF-8", Some(Lang::Zh)),
        ("zh-Hans-CN", Some(Lang::Zh)),
        ("ZH", Some(Lang::Zh)),
        ("en_GB", Some(Lang::En)),
        ("C", None),
        ("de_DE", None),
        ("zhx", None),
    ] {
        assert_eq!(Lang::of_locale(locale), want, "{locale}");
    }
    let en = Texts::new(Lang::En);
    assert!(
        en.say("summary-waiting", &[("n", 1u32.into())])
            .starts_with("correction ")
    );
    assert!(
        en.say("summary-waiting", &[("n", 2u32.into())])
            .starts_with("corrections ")
    );
    assert_eq!(en.word("no-such-message"), "no-such-message");
    assert_eq!(en.code("state", "brand_new"), "brand_new");
}
