//! Whole accounts judged: what is listed, what is not, and what changes nothing.

use weighbridge_accountancy::Family;
use weighbridge_books::Books;
use weighbridge_books::substances::movement::Text;
use weighbridge_measure::{Date, ScaleClass};

use super::{Evidence, Missing, Review, Survey};
use crate::artefacts::{Artefact, Outcome};
use crate::book::Silent;
use crate::population::Population;
use crate::testing::{
    Row, books, change, day, end, few_drawn, number, on, row, study, submit, told, with_holders,
    works,
};

const LATER: &str = "2030-01-01";

fn judged(books: &Books, on: Date, holder: &str) -> (Survey, Evidence) {
    let population = Population::of(books, on);
    let survey = Survey::of(&population, few_drawn());
    let evidence = Evidence::of(&population, &survey, number(books, holder)).unwrap();
    (survey, evidence)
}

fn is_listed(survey: &Survey, books: &Books, holder: &str) -> bool {
    let number = number(books, holder);
    survey.listed().iter().any(|j| j.number == number)
}

/// Counts from a month on are off by so many grams.
fn off(rows: Vec<Row>, from: usize, grams: i64) -> Vec<Row> {
    let each = rows.into_iter().map(|r| {
        if r.by != "P" || r.kind.code() != "stocktake" || r.date < end(from) {
            return r;
        }
        let stated: i64 = r
            .amount
            .parse::<f64>()
            .map(|kg| (kg * 1000.0) as i64)
            .unwrap();
        let now = stated + grams;
        r.amount(format!("{}.{:03}", now / 1000, now % 1000))
    });
    each.collect()
}

#[test]
fn a_loss_is_not_explained_away_by_what_has_nothing_to_do_with_it() {
    let honest = works(14);
    let error = study(std::slice::from_ref(&honest), "P");
    let sd = weighbridge_accountancy::covariance::standard_deviations(&error.series.model)[9];
    let kg = 10.0 * sd;
    let rows = off(honest, 10, -(kg * 1000.0) as i64);
    let rows = change(rows, ("P", "receipt", 4), |r| {
        vec![r.clone(), r.date(on(4, 11))]
    });
    let rows = change(rows, ("P", "receipt", 6), |r| vec![r.amount(100_000)]);
    let rows = change(rows, ("P", "receipt", 8), |_| vec![]);
    let rows = change(rows, ("P", "use", 12), |r| vec![r.amount("0.1")]);
    let books = books(&[rows]);
    let (survey, evidence) = judged(&books, day(LATER), "P");
    let explained = told(&evidence.study.repaired);
    for artefact in [Artefact::Duplicate, Artefact::Unit, Artefact::Late] {
        let explains = |t: &&crate::testing::Told| t.0 == artefact && t.4 == Outcome::Explains;
        assert!(
            explained.iter().any(|t| explains(&t)),
            "{artefact:?}: {explained:?}"
        );
    }
    assert!(is_listed(&survey, &books, "P"));
    let Missing { family, loss, .. } = evidence.missing.unwrap();
    assert_eq!(
        (family, loss.first, loss.last),
        (Family::Balance, 9, 9),
        "{loss:?}"
    );
    assert!(loss.low <= kg && kg <= loss.high, "{kg} {loss:?}");
    assert!(loss.high - loss.low < kg, "{loss:?}");
    assert!(evidence.statistic >= survey.threshold.at);
}

#[test]
fn a_gain_is_reported_apart() {
    let books = books(&[off(works(14), 10, 20_000)]);
    let (survey, _) = judged(&books, day(LATER), "P");
    assert!(!is_listed(&survey, &books, "P"));
    let gains: Vec<u32> = survey.gains().iter().map(|j| j.number).collect();
    assert_eq!(gains, [number(&books, "P")]);
    // A loss is no gain, neither in its month nor by what it taught the model.
    let books = crate::testing::books(&[off(works(14), 10, -20_000)]);
    let (survey, _) = judged(&books, day(LATER), "P");
    assert_eq!(survey.gains().len(), 0);
    assert!(is_listed(&survey, &books, "P"));
}

fn packs(rows: Vec<Row>) -> Vec<Row> {
    rows.into_iter()
        .map(|r| r.class(ScaleClass::Exact))
        .collect()
}

#[test]
fn counted_packs_are_tested_exactly() {
    let q = |rows: Vec<Row>| -> Vec<Row> {
        let named = |name: &str| match name {
            "P" => "Q".to_owned(),
            "S" => "T".to_owned(),
            other => other.to_owned(),
        };
        rows.into_iter().map(|r| r.named(named)).collect()
    };
    // Packs of 0.1 kg in three lots, so that sums of floats would not be sums of packs; one half comes late.
    let thirds = |rows: Vec<Row>| {
        let third = |r: Row| {
            let part = |lot: &str, kg: &str| r.clone().amount(kg).text(Text::Lot, lot);
            vec![part("a", "33.3"), part("b", "33.3"), part("c", "33.4")]
        };
        let rows = change(rows, ("P", "receipt", 3), third);
        change(rows, ("P", "receipt", 5), |_| vec![])
    };
    let honest = packs(thirds(works(14)));
    let less = packs(q(off(thirds(works(14)), 9, -100)));
    let all = books(&[honest, less]);
    let (survey, evidence) = judged(&all, day(LATER), "Q");
    let missing = survey.get(number(&all, "Q")).unwrap();
    assert_eq!(missing.statistic, f64::INFINITY);
    assert!(missing.value > 0.0, "{missing:?}");
    assert_eq!(survey.listed().len(), 1);
    assert!(is_listed(&survey, &all, "Q"));
    assert_eq!(survey.gains().len(), 0);
    let Missing { family, loss, .. } = evidence.missing.unwrap();
    assert_eq!((family, loss.first, loss.last), (Family::Balance, 8, 8));
    assert!((loss.kg - 0.1).abs() < 1e-9 && loss.low == loss.high);
    let shares: f64 = evidence.speaking.iter().map(|s| s.share).sum();
    assert!((shares - 1.0).abs() < 1e-9);
}

#[test]
fn a_period_that_is_not_settled_never_alarms() {
    let rows = off(works(14), 14, -5_000);
    // The last delivery is not answered yet.
    let rows = change(rows, ("S", "dispatch", 14), |_| vec![]);
    let books = books(&[rows]);
    for (days, listed) in [(0, false), (30, false), (31, true)] {
        let on = end(14).plus_days(days).unwrap();
        let (survey, evidence) = judged(&books, on, "P");
        assert_eq!(is_listed(&survey, &books, "P"), listed, "{days}");
        assert_eq!(evidence.periods.len(), 14);
        assert_eq!(evidence.periods[13].statistic.is_some(), listed, "{days}");
        assert_eq!(evidence.periods[13].reported_ug, 5_000_000_000);
    }
}

/// Evidence without numbers of lines and series.
pub(super) fn nameless(mut evidence: Evidence) -> String {
    let study = &mut evidence.study;
    study.book.number = 0;
    study.book.counts.iter_mut().for_each(|c| c.lines.clear());
    study.book.items.iter_mut().for_each(|i| i.line = 0);
    study.book.unanswered.iter_mut().for_each(|u| u.line = 0);
    study
        .book
        .unanswered
        .sort_by_key(|u| (u.date, u.kg.to_bits()));
    study.book.waiting.iter_mut().for_each(|w| w.line = 0);
    study.repaired.tried.iter_mut().for_each(|t| t.line = 0);
    format!("{evidence:?}")
}

#[test]
fn a_correction_that_comes_late_is_as_if_it_had_come_in_time() {
    let rows = off(works(14), 10, -3_000);
    let wrong = change(rows.clone(), ("P", "use", 7), |r| {
        vec![r.amount(90).text(Text::LineId, "N-7")]
    });
    let mut late = books(&[wrong]);
    let right = row("P", "use", on(7, 20), 100)
        .text(Text::LineId, "N-8")
        .adjusts("N-7");
    let before = judged(&late, day(LATER), "P").1;
    submit(&mut late, &[right]);
    late.settle();
    let (_, corrected) = judged(&late, day(LATER), "P");
    let (_, in_time) = judged(&books(&[rows]), day(LATER), "P");
    assert_ne!(nameless(before), nameless(corrected.clone()));
    assert_eq!(nameless(corrected), nameless(in_time));
}

#[test]
fn one_delivery_explains_one_place() {
    // Z has two stores; somebody reports goods from Z without saying from which, and both miss as much.
    let store = |site: &str, less: i32| -> Vec<Row> {
        let kg = |m: usize| 500 - if m >= 5 { less } else { 0 };
        (0..10)
            .map(|m| row("Z", "stocktake", end(m), kg(m)).site(site))
            .collect()
    };
    let holders = [("Z", "Z-1"), ("Z", "Z-2"), ("C", "C")];
    let came = vec![row("C", "receipt", on(5, 10), 40).with("Z", "HT-1")];
    for (less, at_first, at_second) in [
        ((40, 40), 1, 0),
        ((40, 0), 1, 0),
        ((0, 40), 0, 1),
        ((0, 0), 0, 0),
    ] {
        let files = [store("Z-1", less.0), store("Z-2", less.1), came.clone()];
        let books = with_holders(&holders, &files);
        let population = Population::of(&books, day(LATER));
        let explained = population.numbers().into_iter().filter_map(|n| {
            let study = population.study(n).ok()?;
            let late = told(&study.repaired);
            Some(
                late.iter()
                    .filter(|t| t.0 == Artefact::Late && t.4 == Outcome::Explains)
                    .count(),
            )
        });
        assert_eq!(
            explained.collect::<Vec<_>>(),
            [at_first, at_second],
            "{less:?}"
        );
    }
}

#[test]
fn who_never_counts_is_silent() {
    let count = |m, kg| row("P", "stocktake", end(m), kg);
    let used = row("P", "use", on(2, 3), 10);
    for (rows, want) in [
        (vec![used.clone()], Err(Silent::NeverCounted)),
        (vec![count(0, 100), used.clone()], Err(Silent::CountedOnce)),
        (
            vec![
                count(0, 60),
                count(0, 40).text(Text::Lot, "2"),
                used.clone(),
            ],
            Err(Silent::CountedOnce),
        ),
        (
            vec![count(0, 100), used.clone(), count(3, 90)],
            Ok(vec![0.0]),
        ),
        (
            vec![
                row("P", "stocktake", on(2, 1), 100),
                used.clone(),
                row("P", "stocktake", on(2, 9), 80),
            ],
            Ok(vec![10.0]),
        ),
        // The opening count opens its day, later ones close theirs.
        (
            vec![
                row("P", "stocktake", on(2, 3), 100),
                used.clone(),
                row("P", "stocktake", on(2, 9), 90),
            ],
            Ok(vec![0.0]),
        ),
        (
            vec![
                count(0, 100),
                used.clone(),
                row("P", "stocktake", on(2, 3), 90),
                count(3, 90),
            ],
            Ok(vec![0.0, 0.0]),
        ),
        // What lies before the first count or after the last is in no balance.
        (
            vec![
                count(2, 100),
                used,
                row("P", "use", on(5, 1), 7),
                count(4, 100),
            ],
            Ok(vec![0.0]),
        ),
    ] {
        let books = books(std::slice::from_ref(&rows));
        let population = Population::of(&books, day(LATER));
        let book = population.book(0).map(|b| b.balances());
        assert_eq!(book, want, "{rows:?}");
        let survey = Survey::of(&population, few_drawn());
        assert_eq!(
            survey.silent,
            want.err()
                .map(|why| (0, why))
                .into_iter()
                .collect::<Vec<_>>()
        );
    }
}

#[test]
fn an_account_without_series_and_a_review_of_four_weeks() {
    let empty = Books::default();
    let population = Population::of(&empty, day(LATER));
    let survey = Survey::of(&population, few_drawn());
    assert_eq!(
        (
            survey.listed().len(),
            survey.gains().len(),
            survey.judged.len()
        ),
        (0, 0, 0)
    );
    assert_eq!(survey.threshold.at, f64::INFINITY);
    assert!(survey.threshold.holds);
    assert_eq!(
        Evidence::of(&population, &survey, 7).err(),
        Some(Silent::NeverCounted)
    );
    let books = books(&[off(works(6), 6, -5_000)]);
    let population = Population::of(&books, day(LATER));
    let review = Review {
        days: 28,
        ..few_drawn()
    };
    let survey = Survey::of(&population, review);
    assert_eq!(survey.get(number(&books, "P")).unwrap().periods, 1);
    assert!(is_listed(&survey, &books, "P"));
    assert!(survey.threshold.fresh.is_finite() && survey.threshold.at_most.is_finite());
}
