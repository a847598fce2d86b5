//! Every artefact on an account that it explains, and on one that it does not.

use weighbridge_books::substances::movement::Text;

use super::Artefact::{self, Count, Density, Duplicate, Form, Late, Period, Unit, Waiting};
use super::Outcome::{Explains, Refuted};
use crate::population::Population;
use crate::testing::{Row, Told, books, change, day, end, number, on, row, study, told, works};

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
    assert_eq!(tried(&used("4000"), Unit).0, []);
}

#[test]
fn densities() {
    // Acetone: 0.79 kg/L.
    let receipt = |kg: &'static str| {
        change(works(MONTHS), ("P", "receipt", MONTH), |r| {
            vec![r.amount(kg)]
        })
    };
    // 126.5 L are 100 kg; a kilogram figure that was written as litres, at a place that else weighs.
    let used = || {
        change(works(MONTHS), ("P", "use", MONTH), |r| {
            vec![r.amount(100).unit("L")]
        })
    };
    let kg_per_l = super::density::ratios(acetone())[0];
    let grams = |kg: f64| (kg * 1000.0).round() as i64;
    let litres = "126.4";
    check(vec![
        (
            "litres as kilograms",
            receipt(litres),
            (Density, AT, 26_400, true, Explains),
            vec![0; MONTHS],
        ),
        (
            "more came",
            counted(receipt(litres), MONTH, 26).into_iter().collect(),
            (Density, AT, 26_400, true, Refuted),
            only(AT, 400),
        ),
        (
            "kilograms as litres, nobody else",
            used(),
            (
                Density,
                AT,
                grams(100.0 - 100.0 * kg_per_l),
                false,
                Explains,
            ),
            only(AT, grams(100.0 - 100.0 * kg_per_l)),
        ),
        (
            "litres that were litres",
            counted(used(), MONTH, 21),
            (Density, AT, grams(100.0 - 100.0 * kg_per_l), false, Refuted),
            only(AT, grams(100.0 * (1.0 - kg_per_l)) - 21_000),
        ),
    ]);
}

fn acetone() -> weighbridge_measure::SubstanceId {
    weighbridge_measure::SubstanceTable::shipped()
        .by_code("acetone")
        .unwrap()
}

#[test]
fn forms() {
    // Ephedrine hydrochloride is 0.8192 base.
    let salt = |rows: Vec<Row>| {
        rows.into_iter()
            .map(|r| r.of("ephedrine"))
            .collect::<Vec<Row>>()
    };
    let receipt = change(works(MONTHS), ("P", "receipt", MONTH), |r| {
        vec![r.amount("81.92")]
    });
    // A stocktake of the salt as such: 500 kg of base would be 610 kg of it.
    let stock = change(works(MONTHS), ("P", "stocktake", MONTH), |r| {
        vec![r.amount(610)]
    });
    let mut doubted = only(AT, -110_000);
    doubted[AT + 1] = 110_000;
    let near = |name, rows: Vec<Row>, wanted: (i64, bool, super::Outcome), balances: Vec<i64>| {
        let (all, left) = tried(&salt(rows), Form);
        assert_eq!(left, balances, "{name}");
        let found = all.iter().any(|t| {
            t.1 == AT && (t.2 - wanted.0).abs() < 500 && t.3 == wanted.1 && t.4 == wanted.2
        });
        assert!(found, "{name}: {all:?}");
    };
    near(
        "base for salt",
        receipt.clone(),
        (18_080, true, Explains),
        vec![0; MONTHS],
    );
    near(
        "less came",
        counted(receipt, MONTH, -18),
        (18_080, true, Refuted),
        only(AT, -80),
    );
    near(
        "stocktake",
        stock.clone(),
        (110_000, false, Explains),
        doubted,
    );
    near(
        "more there",
        counted(stock, MONTH + 1, 110),
        (110_000, false, Refuted),
        only(AT, -110_000),
    );
}

#[test]
fn periods() {
    // Sent on the 30th, booked on the 30th of the next month though it came on the 31st.
    let booked = |rows: Vec<Row>| {
        let sent = change(rows, ("S", "dispatch", MONTH), |r| {
            vec![r.date(end(MONTH).plus_days(-1).unwrap())]
        });
        change(sent, ("P", "receipt", MONTH), |r| {
            vec![r.date(on(MONTH + 1, 2))]
        })
    };
    let mut moved = only(AT, -100_000);
    moved[AT + 1] = 100_000;
    let there = change(booked(works(MONTHS)), ("P", "stocktake", MONTH), |r| {
        vec![r.amount(400)]
    });
    check(vec![
        (
            "booked late",
            booked(works(MONTHS)),
            (Period, AT, 100_000, true, Explains),
            vec![0; MONTHS],
        ),
        (
            "came late",
            there,
            (Period, AT, 100_000, true, Refuted),
            vec![0; MONTHS],
        ),
    ]);
}

#[test]
fn counts() {
    let wrong = |kg: i32| {
        change(works(MONTHS), ("P", "stocktake", MONTH), |r| {
            vec![r.amount(kg)]
        })
    };
    let mut left = only(AT, 30_000);
    left[AT + 1] = -30_000;
    let back = |kg: i32| counted(wrong(470), MONTH + 1, kg);
    let mut stays = left.clone();
    stays[AT + 1] = -10_000;
    check(vec![
        (
            "comes back",
            wrong(470),
            (Count, AT, 30_000, false, Explains),
            left,
        ),
        (
            "a third comes back",
            back(-20),
            (Count, AT, 20_000, false, Refuted),
            stays,
        ),
    ]);
    // What does not come back is no wrong count; three periods are enough to tell.
    assert_eq!(tried(&back(-30), Count).0, []);
    let short = change(works(3), ("P", "stocktake", 1), |r| vec![r.amount(470)]);
    let told = tried(&short, Count).0;
    assert_eq!(told, [(Count, 0, 30_000, false, Explains)]);
}

#[test]
fn waiting() {
    let of = |rows: Vec<Row>, by: &str| -> Vec<Row> {
        rows.into_iter().filter(|r| r.by == by).collect()
    };
    let waits = row("P", "receipt", on(2, 25), 50).set_aside();
    // Every month is a file.
    let months = |with: usize, kg: i32| {
        let rows = counted(of(works(MONTHS), "P"), MONTH, -kg);
        let mut files: Vec<Vec<Row>> = (0..=MONTHS)
            .map(|m| {
                rows.iter()
                    .filter(|r| r.date.month() == on(m, 1).month())
                    .cloned()
                    .collect()
            })
            .collect();
        files[with].push(waits.clone());
        files.push(of(works(MONTHS), "S"));
        files
    };
    let told = |submissions: &[Vec<Row>]| {
        let study = study(submissions, "P");
        let mut all = told(&study.repaired);
        all.retain(|t| t.0 == Waiting);
        (all, study.repaired.flows)
    };
    // A row that waits in the month where something is missing.
    let (all, flows) = told(&months(MONTH, 60));
    assert_eq!(all, [(Waiting, AT, 60_000, false, Explains)]);
    assert_eq!(flows[AT], 60.0 * 60.0);
    // No more than a row may weigh.
    let (all, _) = told(&months(MONTH, 260));
    assert_eq!(all, [(Waiting, AT, 200_000, false, Explains)]);
    // What waits for longer than a period takes to settle covers nothing any more.
    let books = books(&months(MONTH, 60));
    let still = |on: &str| {
        let study = Population::of(&books, day(on)).study(number(&books, "P"));
        let study = study.unwrap();
        let mut all = crate::testing::told(&study.repaired);
        all.retain(|t| t.0 == Waiting);
        (all.len(), study.book.unmended.len())
    };
    assert_eq!((still("2030-01-25"), still("2030-01-26")), ((1, 0), (0, 1)));
    // In another month, where nothing is missing, it explains nothing.
    let (all, flows) = told(&months(MONTH + 2, 60));
    assert!(all.iter().all(|t| t.4 == Refuted), "{all:?}");
    assert_eq!(flows, [0.0; MONTHS]);
    // One row in a file of all months is one row: it doubts the month with most left over, and no other.
    let mut year = counted(counted(works(MONTHS), MONTH, -60), MONTH + 2, -40);
    let sent = of(year.clone(), "S");
    year.push(waits);
    let (all, flows) = told(&[of(year.clone(), "P"), sent]);
    assert_eq!(all, [(Waiting, AT, 60_000, false, Explains)]);
    assert_eq!(flows.iter().filter(|v| **v > 0.0).count(), 1);
    // In a file of two holders it may be either's, and says nothing.
    assert_eq!(told(&[year]).0, []);
}
