//! The object of `check --json`, validated and compared with hand-computed figures.

use serde_json::Value;

use super::*;
use crate::testing::{AS_OF, Account, account, row};

const SCHEMA_TEXT: &str = include_str!("../../../docs/reference/check.schema.json");
const KG: i128 = 1_000_000_000;

fn result(account: &Account) -> CheckResult {
    CheckResult::build(&account.books, AS_OF.parse().unwrap(), account)
}

fn json(result: &CheckResult) -> Value {
    let mut bytes = Vec::new();
    result.write_json(&mut bytes).unwrap();
    assert_eq!(bytes.last(), Some(&b'\n'));
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn the_object_is_as_its_schema_says() {
    let schema: Value = serde_json::from_str(SCHEMA_TEXT).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    for account in [account(), Account::of(Vec::new(), &[])] {
        let value = json(&result(&account));
        let faults: Vec<String> = validator
            .iter_errors(&value)
            .map(|e| format!("{} {e}", e.instance_path()))
            .collect();
        assert_eq!(faults, Vec::<String>::new());
    }
    let mut wrong = json(&result(&account()));
    wrong["balances"][0]["book_ug"] = Value::from("12 kg");
    assert!(!validator.is_valid(&wrong));
}

/// Every key of the output is described, and required unless it may be absent.
#[test]
fn the_schema_describes_every_field() {
    let schema: Value = serde_json::from_str(SCHEMA_TEXT).unwrap();
    fn walk(value: &Value, schema: &Value, root: &Value, path: &str) {
        let schema = match schema.get("$ref").and_then(Value::as_str) {
            Some(at) => &root["$defs"][at.rsplit('/').next().unwrap()],
            None => schema.get("anyOf").map_or(schema, |any| &any[0]),
        };
        let schema = match schema.get("$ref") {
            Some(_) => return walk(value, schema, root, path),
            None => schema,
        };
        match value {
            Value::Object(map) => {
                for (key, inner) in map {
                    match schema["properties"].get(key) {
                        Some(described) => walk(inner, described, root, &format!("{path}.{key}")),
                        None => assert!(
                            schema.get("additionalProperties").is_some(),
                            "{path}.{key} is not described"
                        ),
                    }
                }
            }
            Value::Array(items) => {
                items
                    .iter()
                    .for_each(|item| walk(item, &schema["items"], root, &format!("{path}[]")));
            }
            _ => {}
        }
    }
    walk(&json(&result(&account())), &schema, &schema, "");
}

#[test]
fn every_state_is_counted_once() {
    let c = result(&account()).consignments;
    let want = StateCounts {
        matched: 1,
        within_allowance: 1,
        short: 1,
        over: 1,
        // A third party received it; another substance arrived.
        disputed: 2,
        // HT-003, HT-008 to a party that does not report, and two more.
        awaiting_receipt: 4,
        awaiting_dispatch: 1,
        overdue: 3,
        ambiguous: 0,
    };
    assert_eq!(c, want);
}

#[test]
fn discrepancies_are_sorted_and_complete() {
    let result = result(&account());
    let short: Vec<(Option<&str>, &str, Option<i128>)> = (result.discrepancies.iter())
        .map(|d| {
            (
                d.document.as_deref(),
                d.state,
                d.difference_ug.map(|ug| ug / KG),
            )
        })
        .collect();
    assert_eq!(
        short,
        [
            (Some("HT-003"), "overdue", None),
            (Some("HT-002"), "short", Some(180)),
            (Some("HT-007"), "disputed", None),
            (Some(crate::testing::FORMULA), "overdue", None),
            (Some(crate::testing::MARKUP), "overdue", None),
            (Some("HT-006"), "over", Some(-10)),
            (Some("HT-004"), "disputed", Some(0)),
        ]
    );
    let of = |document: &str| {
        result
            .discrepancies
            .iter()
            .find(|d| d.document.as_deref() == Some(document))
            .unwrap()
    };
    let row = |file: &str, row| RowRef {
        file: file.into(),
        row,
    };
    let ht2 = of("HT-002");
    assert_eq!(
        (
            ht2.sender.as_str(),
            ht2.receiver.as_str(),
            ht2.substance.as_str()
        ),
        ("A-001", "B-002", "acetone")
    );
    assert_eq!(
        (ht2.dispatched_ug, ht2.received_ug),
        (Some(800 * KG), Some(620 * KG))
    );
    assert_eq!(
        (&ht2.dispatch_rows, &ht2.receipt_rows),
        (&vec![row("alpha.csv", 5)], &vec![row("beta.csv", 4)])
    );
    assert!(ht2.notify && ht2.missing.is_none());
    let ht3 = of("HT-003");
    assert_eq!(
        (ht3.missing, ht3.received_ug, ht3.receipt_rows.len()),
        (Some("receipt"), None, 0)
    );
    // Acetone is class 3: 30 days.
    assert_eq!(ht3.due, "2024-06-05".parse().ok());
    assert_eq!(of("HT-004").received_by.as_deref(), Some("D-004"));
    assert_eq!(of("HT-007").receipt_substance.as_deref(), Some("toluene"));
}

#[test]
fn balances_and_what_is_questioned() {
    let result = result(&account());
    assert_eq!(
        (
            result.lines.read,
            result.lines.accepted,
            result.lines.duplicate,
            result.lines.quarantined
        ),
        (32, 25, 2, 5)
    );
    let open: Vec<_> = result
        .unclosed()
        .iter()
        .map(|b| (b.holder.as_str(), b.unexplained_ug.unwrap()))
        .collect();
    // 5000 + 2500.25 − 4250 dispatched by 30 September = 3250.25 against 3213.
    assert_eq!(open, [("A-001", 37_250_000_000)]);
    let alpha = result
        .balances
        .iter()
        .find(|b| b.holder == "A-001")
        .unwrap();
    assert_eq!(
        (alpha.book_is, alpha.opening_ug),
        ("stock", Some(5000 * KG))
    );
    let gamma = result
        .balances
        .iter()
        .find(|b| b.holder == "C-003")
        .unwrap();
    assert_eq!(
        (gamma.book_is, gamma.opening_ug, gamma.book_ug),
        ("net_flow", None, 1_024_200_000_000)
    );
    assert_eq!(result.reasons()[0], ("unit_unknown", 2));
    // Rows are counted once, by their first reason, however many they have.
    let mut result = result;
    let further = QuarantineItem {
        code: "missing".into(),
        nth: 1,
        ..result.quarantine[0].clone()
    };
    result.quarantine.push(further);
    let rows: u64 = result.reasons().iter().map(|(_, n)| n).sum();
    assert_eq!(rows + 1, result.quarantine.len() as u64);
    assert!(result.reasons().iter().all(|(code, _)| *code != "missing"));
    assert!(result.all_reasons().contains(&("missing", 1)));
    assert_eq!(
        result.waiting,
        [WaitingItem {
            file: "alpha.csv".into(),
            row: 15,
            corrects: "N-1".into()
        }]
    );
    assert!(
        result
            .findings
            .iter()
            .any(|f| f.code == "licence_not_in_force" && f.row == 8),
        "{:?}",
        result.findings
    );
}

#[test]
fn halves_after_the_day_are_not_there_yet() {
    let account = account();
    let early = CheckResult::build(&account.books, "2024-03-05".parse().unwrap(), &account);
    let sent = StateCounts {
        awaiting_receipt: 1,
        ..StateCounts::default()
    };
    assert_eq!(early.consignments, sent);
    assert_eq!(early.discrepancies.len(), 0);
}

#[test]
fn sums_beyond_64_bits_are_written_whole() {
    let big = || row("A", "production", "2024-01-01", "acetone", "9000000000");
    let rows = vec![big(), big().text(Text::Lot, "2")];
    let account = Account::of(Vec::new(), &[("a.csv", rows)]);
    let mut bytes = Vec::new();
    result(&account).write_json(&mut bytes).unwrap();
    assert!(
        String::from_utf8(bytes)
            .unwrap()
            .contains("\"book_ug\": 18000000000000000000,")
    );
}
