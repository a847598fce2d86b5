//! scratch
#![allow(clippy::print_stdout)]
use std::time::Instant;
use weighbridge::account::Account;
use weighbridge_detection::unexplained::*;
use weighbridge_detection::*;
use weighbridge_simulate::{Plan, Province, Seed};
fn main() {
    let dir = std::env::args().nth(1).unwrap();
    let seed: u64 = std::env::args().nth(2).unwrap().parse().unwrap();
    let account = Account::open_read(std::path::Path::new(&dir), None, &mut |_, _| {}).unwrap();
    let truth = Province::new(Plan {
        seed: Seed(seed),
        ..Plan::default()
    })
    .truth();
    let books = account.books();
    let on = books
        .substances
        .lines()
        .iter()
        .filter(|l| l.is_live())
        .map(|l| l.date())
        .max()
        .unwrap();
    let t = Instant::now();
    let pop = Population::of(books, on);
    println!("population {:?}", t.elapsed());
    let review = Review {
        days: std::env::args().nth(3).map_or(730, |d| d.parse().unwrap()),
        ..Review::default()
    };
    let t = Instant::now();
    let survey = Survey::of(&pop, review);
    println!(
        "survey {:?} judged {} silent {} unsettled {} threshold {:?}",
        t.elapsed(),
        survey.judged.len(),
        survey.silent.len(),
        survey.unsettled.len(),
        survey.threshold
    );
    let name = |n: u32| {
        let s = books.substances.series(n).unwrap();
        let r = &books.registry;
        (
            r.holder(s.holder_on(r, on)).unwrap().code.clone(),
            r.site(s.site).unwrap().code.clone(),
            weighbridge_measure::SubstanceTable::shipped()
                .get(s.substance)
                .id,
        )
    };
    let planted = |n: u32| {
        let (h, s, x) = name(n);
        truth
            .losses
            .iter()
            .filter(move |l| (l.holder == h && l.site == s && l.substance == x))
            .map(|l| {
                format!(
                    "{} {} {}..{}",
                    l.kind.code(),
                    l.ug / 1_000_000_000,
                    l.from,
                    l.to
                )
            })
            .collect::<Vec<_>>()
            .join(";")
    };
    for l in &truth.losses {
        println!(
            "TRUTH {} {} {} {:?} {} kg {} {}..{}",
            l.holder,
            l.site,
            l.substance,
            l.partner,
            l.ug / 1_000_000_000,
            l.kind.code(),
            l.from,
            l.to
        );
    }
    let t = Instant::now();
    for j in survey.listed().iter().take(900) {
        let e = Evidence::of(&pop, &survey, j.number).unwrap();
        let sp: Vec<String> = e
            .speaking
            .iter()
            .map(|s| format!("{:?} {:.2} since {:?}", s.family, s.share, s.since))
            .collect();
        println!(
            "{:?} S {:.1} rep {:.1} value {:.0} | {:?} | loss {:?} | at {} | tried {} taken {} | [{}]",
            name(j.number),
            j.statistic,
            e.as_reported,
            j.value,
            sp,
            e.loss,
            e.at,
            e.study.repaired.tried.len(),
            e.study
                .repaired
                .tried
                .iter()
                .filter(|t| t.outcome == artefacts::Outcome::Explains)
                .count(),
            planted(j.number)
        );
        if std::env::args().nth(4).is_some() {
            if name(j.number).0 == "LX-0024" { for t in &e.study.repaired.tried { println!("   T {t:?}"); } }
            for p in &e.periods {
                println!(
                    "     {} {} rep {:.1} kg {:.1} se {:?} S {:?}",
                    p.from,
                    p.to,
                    p.reported_ug as f64 / 1e9,
                    p.kg,
                    p.standard_error,
                    p.statistic
                );
            }
        }
    }
    println!("evidence {:?}", t.elapsed());
    let mut order: Vec<_> = survey.judged.iter().collect();
    order.sort_by(|a, b| b.value.total_cmp(&a.value));
    for (i, j) in order.iter().take(20).enumerate() {
        println!(
            "visit {i} {:?} S {:.1} v {:.0} [{}]",
            name(j.number),
            j.statistic,
            j.value,
            planted(j.number)
        );
    }
    println!("gains {}", survey.gains().len());
    for l in &truth.losses {
        let j = survey.judged.iter().find(|j| {
            let (h, s, x) = name(j.number);
            l.holder == h && l.site == s && l.substance == x
        });
        println!(
            "LOSS {} {} kg: {:?}",
            l.kind.code(),
            l.ug / 1_000_000_000,
            j.map(|j| (j.statistic, j.value as i64))
        );
    }
}
