//! The views as tables.

use weighbridge_books::substances::trace::Direction;

use super::*;
use crate::check::CheckResult;
use crate::sources::Sources;
use crate::terminal;
use crate::testing::{AS_OF, account};

fn as_of() -> Date {
    AS_OF.parse().unwrap()
}

fn tables(texts: &Texts) -> Vec<Table> {
    let account = account();
    let books = &account.books;
    let result = CheckResult::build(books, as_of(), &account);
    let trace_of = books.substances.trace();
    let start = trace_of
        .nodes_of(books.substances.lot("L-7").unwrap())
        .next()
        .unwrap();
    vec![
        balances(books, as_of(), texts),
        consignments(books, &ConsignmentFilter::all(as_of()), &account, texts),
        discrepancies(&result.discrepancies, books, as_of(), texts),
        movements(
            books,
            &MovementFilter {
                every_state: true,
                ..MovementFilter::default()
            },
            &account,
            texts,
        ),
        holders(books, as_of(), texts),
        trace(
            books,
            &trace_of.follow(start, Direction::Forward),
            &account,
            texts,
        ),
        quarantine(&(1..).zip(account.quarantine()).collect::<Vec<_>>(), texts),
        waiting(&result.waiting),
        findings(books, &FindingFilter::default(), &account, texts),
        questions(&result.findings),
        files(&account.files()),
    ]
}

#[test]
fn rows_have_a_cell_for_each_column_and_headings_have_texts() {
    for lang in Lang::ALL {
        let texts = Texts::new(lang);
        for table in tables(&texts) {
            assert!(texts.has(table.title_key), "{}", table.title_key);
            assert!(!table.rows.is_empty(), "{}", table.name);
            for column in &table.columns {
                assert!(texts.has(column.heading_key), "{}", column.heading_key);
                assert_eq!(
                    column.kind == crate::Kind::MassUg,
                    column.key.ends_with("_ug"),
                    "{}",
                    column.key
                );
            }
            assert!(
                table
                    .rows
                    .iter()
                    .all(|row| row.len() == table.columns.len()),
                "{}",
                table.name
            );
            for row in &table.rows {
                for (column, cell) in table.columns.iter().zip(row) {
                    if let (crate::Kind::Code(prefix), Cell::Text(code)) = (column.kind, cell) {
                        assert!(texts.has(&format!("{prefix}-{code}")), "{prefix}-{code}");
                    }
                }
            }
            for key in brief_keys(table.name) {
                assert!(
                    table.columns.iter().any(|c| c.key == *key),
                    "{}: {key}",
                    table.name
                );
            }
        }
    }
}

#[test]
fn what_people_see() {
    for lang in Lang::ALL {
        let texts = Texts::new(lang);
        let shown: Vec<String> = tables(&texts)
            .into_iter()
            .map(|t| {
                format!(
                    "{}\n{}",
                    t.title(&texts),
                    terminal::render(&brief(t), &texts, Some(120))
                )
            })
            .collect();
        insta::assert_snapshot!(format!("views_{}", lang.code()), shown.join("\n"));
    }
}

#[test]
fn filters() {
    let account = account();
    let books = &account.books;
    let texts = Texts::new(Lang::En);
    let holder = books.registry.by_code("D-004");
    for (code, want) in [
        ("open", 7),
        ("short", 1),
        ("over", 1),
        ("disputed", 2),
        ("overdue", 3),
        ("awaiting_receipt", 4),
        ("awaiting_dispatch", 1),
        ("ambiguous", 0),
        ("within_allowance", 1),
        ("matched", 1),
    ] {
        let filter = ConsignmentFilter {
            states: StateFilter::from_code(code).into_iter().collect(),
            ..ConsignmentFilter::all(as_of())
        };
        assert_eq!(
            consignments(books, &filter, &account, &texts).rows.len(),
            want,
            "{code}"
        );
    }
    assert!(
        StateFilter::CODES
            .iter()
            .all(|code| StateFilter::from_code(code).is_some())
    );
    assert_eq!(StateFilter::from_code("nonsense"), None);
    let base = MovementFilter::default();
    let date = |text: &str| text.parse().ok();
    for (filter, want) in [
        (
            MovementFilter {
                holder,
                ..base.clone()
            },
            1,
        ),
        (
            MovementFilter {
                document: Some(" ht-001".into()),
                ..base.clone()
            },
            2,
        ),
        (
            MovementFilter {
                lot: Some("l-7".into()),
                ..base.clone()
            },
            4,
        ),
        (
            MovementFilter {
                lot: Some("unheard of".into()),
                ..base.clone()
            },
            0,
        ),
        (
            MovementFilter {
                from: date("2024-12-01"),
                to: date("2024-12-05"),
                ..base.clone()
            },
            2,
        ),
        (
            MovementFilter {
                site: Some("C-003".into()),
                ..base.clone()
            },
            2,
        ),
        (
            MovementFilter {
                counterparty: books.registry.by_code("X-900"),
                ..base.clone()
            },
            1,
        ),
        (
            MovementFilter {
                limit: Some(3),
                ..base.clone()
            },
            3,
        ),
        (base.clone(), 24),
        (
            MovementFilter {
                every_state: true,
                ..base
            },
            27,
        ),
    ] {
        assert_eq!(filter.lines(books).len(), want, "{filter:?}");
    }
}

#[test]
fn findings_are_filtered() {
    use weighbridge_books::substances::body::Finding;
    let account = account();
    let books = &account.books;
    let texts = Texts::new(Lang::En);
    let count = |filter: &FindingFilter| findings(books, filter, &account, &texts).rows.len();
    let lines = |lines: MovementFilter| FindingFilter {
        lines,
        ..FindingFilter::default()
    };
    let all = FindingFilter::default();
    assert_eq!(count(&all), 11);
    let holder = |code: &str| {
        let mut holders = books.registry.holders();
        holders.find(|(_, h)| h.code == code).map(|(id, _)| id)
    };
    let beta = lines(MovementFilter {
        holder: holder("B-002"),
        ..MovementFilter::default()
    });
    assert_eq!(count(&beta), 2);
    let to_gamma = lines(MovementFilter {
        counterparty: holder("C-003"),
        ..MovementFilter::default()
    });
    assert_eq!(count(&to_gamma), 1);
    let days = lines(MovementFilter {
        from: "2024-08-13".parse().ok(),
        to: "2024-09-04".parse().ok(),
        ..MovementFilter::default()
    });
    assert_eq!(count(&days), 3);
    let toluene = lines(MovementFilter {
        substance: weighbridge_measure::SubstanceTable::shipped().by_code("toluene"),
        ..MovementFilter::default()
    });
    assert_eq!(count(&toluene), 1);
    let code = |finding| FindingFilter {
        finding: Some(finding),
        ..FindingFilter::default()
    };
    assert_eq!(count(&code(Finding::LicenceNotInForce)), 7);
    assert_eq!(count(&code(Finding::CounterpartyLicenceNotInForce)), 4);
    assert_eq!(count(&code(Finding::ClassNotCovered)), 0);
    let three = FindingFilter {
        limit: Some(3),
        ..FindingFilter::default()
    };
    assert_eq!(count(&three), 3);
    // Who is questioned is the holder whose licence it is.
    let table = findings(books, &all, &account, &texts);
    let at = |key: &str| table.columns.iter().position(|c| c.key == key).unwrap();
    let questioned = at("questioned");
    assert!(
        table
            .rows
            .iter()
            .all(|r| r[questioned] == Cell::text("A-001"))
    );
    assert!(
        table
            .rows
            .iter()
            .any(|r| r[at("holder")] == Cell::text("C-003"))
    );
}
