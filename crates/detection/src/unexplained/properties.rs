//! What holds of every account, on small ones drawn at random.

use std::collections::BTreeMap;

use proptest::prelude::*;
use weighbridge_books::Books;
use weighbridge_books::substances::movement::Text;
use weighbridge_measure::ScaleClass;

use super::{Evidence, Survey};
use crate::Study;
use crate::population::Population;
use crate::testing::{Row, books, day, end, few_drawn, number, on, row, works};
use crate::unexplained::tests::nameless;

/// Holders that deal with each other; T names nobody's goods but its own.
const HOLDERS: [&str; 3] = ["P", "Q", "R"];
const CLASSES: [ScaleClass; 4] = [
    ScaleClass::ClassIII,
    ScaleClass::ClassIIII,
    ScaleClass::FlowMeter,
    ScaleClass::Exact,
];

/// Rows of three holders over a few months: halves with and without an answer, use, production, counts of every size.
fn any_rows() -> impl Strategy<Value = Vec<Row>> {
    let one = (
        (0usize..3, 0usize..3, 0usize..6, 1usize..=6, 1u8..=28),
        prop_oneof![4 => 1u64..2_000, 1 => 1u64..20_000_000],
        (0usize..4, 0usize..3, 0u8..5),
    );
    prop::collection::vec(one, 0..60).prop_map(|drawn| {
        let mut rows = Vec::new();
        for (n, ((by, to, what, month, on_day), tenths, (class, lot, answer))) in
            drawn.into_iter().enumerate()
        {
            let amount = format!("{}.{}", tenths / 10, tenths % 10);
            let (by, date) = (HOLDERS[by], on(month, on_day));
            let of = |by: &str, kind: &str, date| {
                // Rows differ in their batch, so that none repeats another.
                let text = format!("B-{n}");
                row(by, kind, date, &amount)
                    .class(CLASSES[class])
                    .text(Text::Batch, &text)
            };
            let other = HOLDERS[to];
            match what {
                0 => rows.push(of(by, "use", date)),
                1 => rows.push(of(by, "production", date)),
                2 => rows.push(of(by, "stocktake", end(month))),
                _ if by == other => {}
                _ => {
                    let (document, lot) = (format!("HT-{n}"), ["", "a", "b"][lot]);
                    let half = |by, kind, date, other| {
                        of(by, kind, date)
                            .with(other, &document)
                            .text(Text::Lot, lot)
                    };
                    if answer != 0 {
                        rows.push(half(by, "dispatch", date, other));
                    }
                    if answer != 1 {
                        let came = half(other, "receipt", date.plus_days(1).unwrap(), by);
                        rows.push(match answer {
                            2 => came.amount(format!("{}.{}", tenths / 10 * 3, tenths % 10)),
                            _ => came,
                        });
                    }
                }
            }
        }
        rows
    })
}

/// The same with a count of every holder at every month's end, of which many are 0.
fn any_counted() -> impl Strategy<Value = Vec<Row>> {
    let kg = prop_oneof![Just(0u32), Just(500), 0u32..5_000];
    let class = 0usize..4;
    let counts = prop::collection::vec((kg, class), 3 * 7);
    (any_rows(), counts).prop_map(|(mut rows, counts)| {
        rows.retain(|r| r.kind.code() != "stocktake");
        for (n, (kg, class)) in counts.into_iter().enumerate() {
            let count = row(HOLDERS[n % 3], "stocktake", end(n / 3), kg);
            rows.push(count.class(CLASSES[class]));
        }
        rows
    })
}

fn studies(books: &Books) -> BTreeMap<String, Study> {
    let population = Population::of(books, day("2030-01-01"));
    let all = population.numbers().into_iter().filter_map(|n| {
        let study = population.study(n).ok()?;
        let site = books.registry.site(study.book.series.site)?.code.clone();
        Some((format!("{site} {:?}", study.book.series.substance), study))
    });
    all.collect()
}

/// What the account says with every place and number of a line taken out, by site and substance.
fn evidence(books: &Books) -> BTreeMap<String, String> {
    let population = Population::of(books, day("2030-01-01"));
    let survey = Survey::of(&population, few_drawn());
    let all = studies(books).into_iter().filter_map(|(name, study)| {
        let evidence = Evidence::of(&population, &survey, study.book.number).ok()?;
        Some((name, nameless(evidence)))
    });
    all.collect()
}

fn small(cases: u32) -> ProptestConfig {
    ProptestConfig {
        cases,
        failure_persistence: None,
        ..ProptestConfig::default()
    }
}

proptest! {
    #![proptest_config(small(200))]

    /// The book's own balance, by another way: first to last count.
    #[test]
    fn periods_sum_to_the_balance_of_the_book(rows in prop_oneof![any_rows(), any_counted()]) {
        let books = books(&[rows]);
        let on = day("2030-01-01");
        let population = Population::of(&books, on);
        for balance in books.substances.balances(on) {
            let book = population.book(balance.number);
            let sum = book.as_ref().ok().map(|b| b.spans.iter().map(|s| s.unexplained_ug).sum::<i128>());
            prop_assert_eq!(sum, balance.unexplained_ug);
            if let Ok(book) = book {
                prop_assert_eq!(Some(book.spans[0].from), balance.opened_on);
                prop_assert_eq!(book.spans.last().map(|s| s.to), balance.counted_on);
            }
        }
    }

    #[test]
    fn what_is_tried_is_the_same_whatever_came_first(rows in any_counted(), order in any::<prop::sample::Index>()) {
        let by = |holder: &str| rows.iter().filter(|r| r.by == holder).cloned().collect::<Vec<Row>>();
        let files = HOLDERS.map(by);
        let mut turned = files.clone();
        turned.rotate_left(order.index(3));
        turned.iter_mut().for_each(|f| f.reverse());
        let (first, second) = (studies(&books(&files)), studies(&books(&turned)));
        prop_assert_eq!(first.len(), second.len());
        for ((name, a), (other, b)) in first.iter().zip(&second) {
            prop_assert_eq!(name, other);
            prop_assert_eq!(&a.book.spans, &b.book.spans);
            prop_assert_eq!(&a.repaired.balances, &b.repaired.balances);
            prop_assert_eq!(&a.repaired.flows, &b.repaired.flows);
            prop_assert_eq!(&a.repaired.counts, &b.repaired.counts);
            prop_assert_eq!(&a.series, &b.series);
            prop_assert_eq!(a.settled, b.settled);
        }
    }

    /// Two leaves of one weighing: the balance and what hangs on each bias stay.
    #[test]
    fn a_line_may_be_split(part in 5u32..95, month in 1usize..9, used in any::<bool>()) {
        let kind = if used { "use" } else { "receipt" };
        let whole = books(&[works(9)]);
        let split = crate::testing::change(works(9), ("P", kind, month), |r| {
            vec![r.clone().amount(part).text(Text::Lot, "a"), r.amount(100 - part).text(Text::Lot, "b")]
        });
        let split = books(&[split]);
        let study = |books: &Books| Population::of(books, day("2030-01-01")).study(number(books, "P")).unwrap();
        let (a, b) = (study(&whole), study(&split));
        prop_assert_eq!(&a.repaired.balances, &b.repaired.balances);
        for (p, q) in a.series.model.periods.iter().zip(&b.series.model.periods) {
            for (x, y) in p.amounts.iter().zip(&q.amounts) {
                prop_assert!((x - y).abs() <= 1e-12 * x.abs(), "{} {}", x, y);
            }
        }
    }

    /// Goods that came in and went back on one day leave the balance as it was.
    #[test]
    fn there_and_back_is_nothing(kg in 1u32..5_000, month in 1usize..9, on_day in 1u8..=28) {
        let mut rows = works(9);
        rows.push(row("P", "use", on(month, on_day), kg).text(Text::Batch, "B-1"));
        rows.push(row("P", "process_reversal", on(month, on_day), kg).text(Text::Batch, "B-1"));
        let all = studies(&books(&[rows]));
        let study = all.values().next().unwrap();
        prop_assert_eq!(&study.book.balances(), &vec![0.0; 9]);
        prop_assert_eq!(&study.repaired.balances, &vec![0.0; 9]);
    }
}

proptest! {
    #![proptest_config(small(12))]

    #[test]
    fn the_order_of_files_changes_no_evidence(rows in any_counted()) {
        let by = |holder: &str| rows.iter().filter(|r| r.by == holder).cloned().collect::<Vec<Row>>();
        let files = HOLDERS.map(by);
        let mut turned = files.clone();
        turned.reverse();
        turned.iter_mut().for_each(|f| f.reverse());
        let holders: Vec<(&str, &str)> = HOLDERS.iter().map(|h| (*h, *h)).collect();
        let of = |files: &[Vec<Row>]| evidence(&crate::testing::with_holders(&holders, files));
        prop_assert_eq!(of(&files), of(&turned));
    }

    #[test]
    fn no_number_is_none(rows in prop_oneof![any_rows(), any_counted()]) {
        let books = books(&[rows]);
        let population = Population::of(&books, day("2030-01-01"));
        let survey = Survey::of(&population, few_drawn());
        for judged in &survey.judged {
            prop_assert!(judged.value.is_finite() && judged.value >= 0.0, "{:?}", judged);
            prop_assert!(!judged.gain.is_nan() && !judged.statistic.is_nan());
        }
        for (name, text) in evidence(&books) {
            prop_assert!(!text.contains("NaN"), "{}: {}", name, text);
        }
    }
}

/// Stock that comes and goes without a line is known exactly from the balance before.
#[test]
fn stock_that_comes_and_goes_is_no_number_beyond_all() {
    for classes in [[0; 4], [3; 4], [0, 0, 3, 0], [3, 0, 3, 0], [0, 3, 0, 3]] {
        let kg = [0, 500, 0, 500, 0, 50, 50, 0];
        let rows =
            (0..8).map(|m| row("P", "stocktake", end(m), kg[m]).class(CLASSES[classes[m % 4]]));
        for (_, text) in evidence(&books(&[rows.collect()])) {
            assert!(!text.contains("NaN"), "{classes:?}: {text}");
        }
    }
    // One period, and sixty.
    for months in [1, 60] {
        for (_, text) in evidence(&books(&[works(months)])) {
            assert!(
                !text.contains("NaN") && !text.contains("inf"),
                "{months}: {text}"
            );
        }
    }
}

/// Another holder of other goods changes the threshold at most.
#[test]
fn a_stranger_changes_nothing() {
    let stranger = |rows: Vec<Row>| -> Vec<Row> {
        let named = rows
            .into_iter()
            .map(|r| r.named(|n| format!("X{n}")).of("toluene"));
        named.collect()
    };
    let alone = studies(&books(&[works(14)]));
    let together = books(&[stranger(works(9)), works(14)]);
    let together = studies(&together);
    let readings = |s: &Study| weighbridge_accountancy::bank::readings(&s.series);
    let (name, own) = alone.iter().next().unwrap();
    let same = &together[name];
    assert_eq!(together.len(), 2);
    assert_eq!(own.series, same.series);
    assert_eq!(own.repaired.balances, same.repaired.balances);
    assert_eq!(readings(own), readings(same));
}

/// A hundred thousand lines of one month, equal packs under one document and under many: a step that compares
/// each with each would not come to an end.
#[test]
fn a_month_of_a_hundred_thousand_lines() {
    let lines = 100_000;
    let mut rows = vec![
        row("P", "stocktake", end(0), 500),
        row("P", "stocktake", end(1), 500 + lines / 2),
        row("P", "stocktake", end(2), 500 + lines / 2),
    ];
    for n in 0..lines / 2 {
        let document = format!("HT-{}", if n % 2 == 0 { 0 } else { n });
        let date = on(1, u8::try_from(n % 25 + 1).unwrap());
        let text = format!("B-{n}");
        rows.push(
            row("P", "receipt", date, 2)
                .with("S", &document)
                .text(Text::Batch, &text),
        );
        rows.push(row("P", "use", date, 1).text(Text::Batch, &text));
        if n % 3 > 0 {
            rows.push(
                row("S", "dispatch", date, 2)
                    .with("P", &document)
                    .text(Text::Batch, &text),
            );
        }
    }
    let books = books(&[rows]);
    let all = studies(&books);
    let study = all.values().next().unwrap();
    assert_eq!(study.book.items.len(), lines);
    assert_eq!(study.book.balances(), [0.0, 0.0]);
    assert_eq!(study.settled, 2);
}

/// Packs between weighed goods hang on no instrument: what one delivery says of a scale says nothing of them.
#[test]
fn packs_among_weighed_goods() {
    let rows = works(9).into_iter().map(|r| match r.kind.code() {
        "receipt" if r.date > end(1) => r.amount("99.9").class(ScaleClass::Exact),
        "dispatch" if r.date > end(1) => r.class(ScaleClass::Exact),
        _ => r,
    });
    let books = books(&[rows.collect()]);
    for (_, text) in evidence(&books) {
        assert!(!text.contains("NaN") && !text.contains("inf"), "{text}");
    }
    let study = &studies(&books)[&studies(&books).into_keys().next().unwrap()];
    let receipts = study.series.receipts.as_ref().unwrap();
    assert!(receipts.kg.iter().skip(1).all(|kg| (kg - 0.1).abs() < 1e-9));
    assert!(
        receipts
            .model
            .periods
            .iter()
            .skip(1)
            .all(|p| p.amounts == [0.0])
    );
}
