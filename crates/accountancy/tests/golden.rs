//! The twelve golden balances: every classical statistic against MAPIT fed with the exact covariance, to 1e-9.
#![allow(clippy::indexing_slicing, reason = "a test that indexes wrongly fails")]

mod common;

use common::{Books, Errors, Instrument, assert_close, numbers};
use serde_json::Value;
use weighbridge_accountancy::innovations::Whitener;
use weighbridge_accountancy::page::{Start, page};
use weighbridge_accountancy::{Model, covariance, gemuf, power, yearly};

fn oracle(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn golden() -> Value {
    oracle(include_str!("oracles/golden_mapit.json"))
}

/// Model and balances of the golden series.
fn series(g: &Value) -> (Model, Vec<f64>) {
    let instrument = |stratum: &str| {
        let [random, bias] = numbers(&g["rsd_rand_sys"][stratum])[..] else {
            panic!("two")
        };
        Instrument { random, bias }
    };
    let errors = Errors {
        receipts: instrument("input"),
        issues: instrument("output"),
        usage: Instrument::default(),
        stock: instrument("stock"),
        loss: 0.0,
        allowed: 0.0,
        of_one_item: 1.0,
        roundings: 0.0,
        rounding: 0.0,
    };
    let books = Books {
        receipts: numbers(&g["input"]),
        issues: numbers(&g["output"]),
        usage: vec![0.0; 12],
        stock: numbers(&g["stock_declared_0_to_12"]),
        epoch: vec![0.0; 12],
    };
    (errors.model(&books), errors.balances(&books))
}

#[test]
fn every_classical_statistic() {
    let g = golden();
    let (model, balances) = series(&g);
    assert_close(&balances, &g["muf"], "muf");
    let cov: Vec<f64> = covariance::dense(&model).concat();
    assert_close(&cov, &g["cov_exact_rowmajor"], "cov_exact_rowmajor");
    assert_close(
        &covariance::standard_deviations(&model),
        &g["sigma_muf_exact"],
        "sigma_muf_exact",
    );
    let whitener = Whitener::of(&model);
    let z = whitener.whiten(&balances).standardised;
    assert_close(&z, &g["sitmuf"], "sitmuf");
    assert_close(&gemuf::v1(&z), &g["gemuf_v1"], "gemuf_v1");
    assert_close(&page(&z, 0.5, Start::Nothing), &g["page_k0.5"], "page_k0.5");
    let got = gemuf::v5b3(&whitener, &balances);
    for (t, want) in g["gemuf_v5b3"]
        .as_array()
        .unwrap()
        .iter()
        .enumerate()
        .skip(2)
    {
        match (got[t], want.as_f64()) {
            (Some(got), Some(want)) => assert!((got - want).abs() < 1e-9, "{t}: {got} for {want}"),
            (got, want) => assert_eq!(got, want, "{t}"),
        }
    }
    assert_eq!(&got[..2], [None, None]);
    let cumuf: f64 = balances.iter().sum();
    assert!((cumuf - numbers(&g["cumuf"])[11]).abs() < 1e-9);
    let sd = covariance::sum_variance(&model, 0, 11).sqrt();
    assert!((sd - 5.058_357).abs() < 1e-6, "{sd}");
    assert!((yearly::standardised_sum(&model, &balances, 0)[11] - cumuf / sd).abs() < 1e-12);
}

#[test]
fn power_of_the_sum_and_the_best_there_is() {
    let (model, _) = series(&golden());
    let whitener = Whitener::of(&model);
    let sd = covariance::sum_variance(&model, 0, 11).sqrt();
    let oracle = oracle(include_str!("oracles/oracle_power.json"));
    for row in oracle["rows"].as_array().unwrap() {
        let total = row["total"].as_f64().unwrap();
        let loss = row["loss"].as_str().unwrap();
        let pattern: Vec<f64> = (0..12)
            .map(|t| match loss {
                "abrupt t6" => {
                    if t == 5 {
                        total
                    } else {
                        0.0
                    }
                }
                "uniform 12" => total / 12.0,
                "last 6" => {
                    if t >= 6 {
                        total / 6.0
                    } else {
                        0.0
                    }
                }
                other => panic!("a pattern that the test does not know: {other}"),
            })
            .collect();
        let got = power::of_sum(total, sd, 0.05);
        assert!(
            (got - row["cumuf"].as_f64().unwrap()).abs() < 1e-9,
            "{loss} {total}: {got}"
        );
        let got = power::bound(&whitener, &pattern, 0.05);
        assert!(
            (got - row["np_bound"].as_f64().unwrap()).abs() < 1e-9,
            "{loss} {total}: {got} {row}"
        );
    }
}
