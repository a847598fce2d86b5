//! Every artefact on an account that it explains, and on one that it does not.

use weighbridge_books::substances::movement::Text;
use weighbridge_measure::Date;

use super::Artefact::{self, Count, Density, Duplicate, Form, Late, Period, Unit, Waiting};
use super::Outcome::{Explains, Refuted};
use crate::testing::{Row, Told, change, end, on, row, study, told, works};

/// Months of the works.
const MONTHS: usize = 8;
/// Period of the month that is changed, and the month.
const AT: usize = 3;
const MONTH: usize = AT + 1;

fn missing(rows: Vec<Row>, of: (&str, &str)) -> Vec<Row> {
    change(rows, (of.0, of.1, MONTH), |_| vec![])
}

/// Counts of a month and after it are lower by so much: something else is missing, or is there after all.
fn counted(rows: Vec<Row>, from: usize, kg: i32) -> Vec<Row> {
    let lower = |r: Row| match r.kind.code() == "stocktake" && r.date >= end(from) {
        true => r.clone().amount(r.amount.parse::<i32>().unwrap() + kg),
        false => r,
    };
    rows.into_iter().map(lower).collect()
}

/// What was tried of an artefact, and the balances after it, g.
fn tried(rows: &[Row], artefact: Artefact) -> (Vec<Told>, Vec<i64>) {
    let study = study(&[rows.to_vec()], "P");
    let mut all = told(&study.repaired);
    all.retain(|t| t.0 == artefact);
    let grams = |y: &f64| (y * 1000.0).round() as i64;
    (all, study.repaired.balances.iter().map(grams).collect())
}

fn only(at: usize, grams: i64) -> Vec<i64> {
    let mut all = vec![0; MONTHS];
    all[at] = grams;
    all
}

/// Rows, the artefact, what must be among what was tried of it, and the balances after it, g.
type Case = (&'static str, Vec<Row>, Told, Vec<i64>);

fn check(cases: Vec<Case>) {
    for (name, rows, want, balances) in cases {
        let (all, left) = tried(&rows, want.0);
        assert!(all.contains(&want), "{name}: wanted {want:?} in {all:?}");
        assert_eq!(left, balances, "{name}: {all:?}");
        let explains = all.iter().filter(|t| t.4 == Explains).count();
        assert_eq!(explains, usize::from(want.4 == Explains), "{name}: {all:?}");
    }
}

#[test]
fn late() {
    let half = missing(works(MONTHS), ("P", "receipt"));
    let part = |kg: i32| {
        change(works(MONTHS), ("P", "receipt", MONTH), |r| {
            vec![r.amount(kg)]
        })
    };
    // Sent in two lots, of which one is booked.
    let lots = || {
        let sent = |r: Row| {
            vec![
                r.clone().amount(60).text(Text::Lot, "L-1"),
                r.amount(40).text(Text::Lot, "L-2"),
            ]
        };
        let rows = change(works(MONTHS), ("S", "dispatch", MONTH), sent);
        change(rows, ("P", "receipt", MONTH), |r| {
            vec![r.amount(60).text(Text::Lot, "L-1")]
        })
    };
    check(vec![
        (
            "half",
            half.clone(),
            (Late, AT, 100_000, true, Explains),
            vec![0; MONTHS],
        ),
        (
            "half that never came",
            counted(half, MONTH, -100),
            (Late, AT, 100_000, true, Refuted),
            vec![0; MONTHS],
        ),
        (
            "part",
            part(70),
            (Late, AT, 30_000, true, Explains),
            vec![0; MONTHS],
        ),
        (
            "part that never came",
            counted(part(70), MONTH, -30),
            (Late, AT, 30_000, true, Refuted),
            vec![0; MONTHS],
        ),
        (
            "lot",
            lots(),
            (Late, AT, 40_000, true, Explains),
            vec![0; MONTHS],
        ),
        (
            "lot that never came",
            counted(lots(), MONTH, -40),
            (Late, AT, 40_000, true, Refuted),
            vec![0; MONTHS],
        ),
    ]);
}

#[test]
fn duplicates() {
    // One dispatch answered by two receipts under its document.
    let twice = || {
        change(works(MONTHS), ("P", "receipt", MONTH), |r| {
            vec![r.clone(), r.date(on(MONTH, 11))]
        })
    };
    let made = |n: usize| {
        let mut rows = works(MONTHS);
        rows.extend((0..n).map(|i| {
            row("P", "production", on(MONTH, 15), 20).text(Text::Batch, &format!("B-{i}"))
        }));
        rows
    };
    let doubled = |kg: i32| {
        change(works(MONTHS), ("P", "stocktake", MONTH), |r| {
            vec![
                r.clone().text(Text::Lot, "T-1"),
                r.amount(kg).text(Text::Lot, "T-2"),
            ]
        })
    };
    check(vec![
        (
            "in a consignment",
            twice(),
            (Duplicate, AT, 100_000, true, Explains),
            vec![0; MONTHS],
        ),
        (
            "two deliveries",
            counted(twice(), MONTH, 100),
            (Duplicate, AT, 100_000, true, Refuted),
            vec![0; MONTHS],
        ),
        (
            "production",
            counted(made(2), MONTH, 20),
            (Duplicate, AT, 20_000, false, Explains),
            only(AT, 20_000),
        ),
        (
            "two productions",
            counted(made(2), MONTH, 40),
            (Duplicate, AT, 20_000, false, Refuted),
            vec![0; MONTHS],
        ),
        (
            "stocktake",
            doubled(500),
            (Duplicate, AT, 500_000, false, Explains),
            {
                let mut all = only(AT, -500_000);
                all[AT + 1] = 500_000;
                all
            },
        ),
    ]);
    // Two vessels of different content are no stocktake entered twice, whatever is missing; nor is one line.
    for rows in [doubled(300), works(MONTHS)] {
        assert_eq!(tried(&rows, Duplicate).0, []);
    }
}

#[test]
fn units() {
    let receipt = |amount: &'static str| {
        change(works(MONTHS), ("P", "receipt", MONTH), |r| {
            vec![r.amount(amount)]
        })
    };
    let used = |amount: &'static str| {
        change(works(MONTHS), ("P", "use", MONTH), |r| {
            vec![r.amount(amount)]
        })
    };
    check(vec![
        (
            "g for kg, the other side knows",
            receipt("100000"),
            (Unit, AT, 99_900_000, true, Explains),
            vec![0; MONTHS],
        ),
        (
            "lb for kg",
            receipt("220.462"),
            (Unit, AT, 120_462, true, Explains),
            vec![0; MONTHS],
        ),
        (
            "the other side's slip",
            change(works(MONTHS), ("S", "dispatch", MONTH), |r| {
                vec![r.amount("0.1")]
            }),
            (Unit, AT, 99_900, true, Refuted),
            vec![0; MONTHS],
        ),
        (
            "g for kg, nobody else",
            used("100000"),
            (Unit, AT, 99_900_000, false, Explains),
            only(AT, -99_900_000),
        ),
        (
            "a thousand times as much, and gone",
            counted(used("0.1"), MONTH, 100),
            (Unit, AT, 99_900, false, Refuted),
            only(AT, -100),
        ),
    ]);
    // An amount that no factor brings back is no slip.
    assert_eq!(tried(&used("7000"), Unit).0, []);
}
