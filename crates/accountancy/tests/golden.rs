//! The twelve golden balances: every classical statistic against MAPIT fed with the exact covariance, to 1e-9.
#![allow(clippy::indexing_slicing, reason = "a test that indexes wrongly fails")]

use serde_json::Value;
use weighbridge_accountancy::balance::Amounts;
use weighbridge_accountancy::innovations::Whitener;
use weighbridge_accountancy::model::Applies;
use weighbridge_accountancy::page::{Start, page};
use weighbridge_accountancy::{Bias, Epochs, Model, Period, covariance, gemuf, power, yearly};

fn oracle(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

fn golden() -> Value {
    oracle(include_str!("oracles/golden_mapit.json"))
}

fn numbers(v: &Value) -> Vec<f64> {
    v.as_array()
        .unwrap()
        .iter()
        .map(|x| x.as_f64().unwrap())
        .collect()
}

#[track_caller]
fn assert_close(got: &[f64], want: &[f64], tolerance: f64) {
    assert_eq!(got.len(), want.len());
    for (t, (g, w)) in got.iter().zip(want).enumerate() {
        assert!(
            (g - w).abs() <= tolerance * w.abs().max(1.0),
            "{t}: {g} for {w}"
        );
    }
}

/// Model and balances of the golden series.
fn series(g: &Value) -> (Model, Vec<f64>) {
    let error = |stratum: &str| {
        let [r, s] = numbers(&g["rsd_rand_sys"][stratum])[..] else {
            panic!("two")
        };
        (r, s)
    };
    let ((r_in, s_in), (r_out, s_out), (r_stock, s_stock)) =
        (error("input"), error("output"), error("stock"));
    let (input, output, stock) = (
        numbers(&g["input"]),
        numbers(&g["output"]),
        numbers(&g["stock_declared_0_to_12"]),
    );
    let square = |x: f64| x * x;
    let period = |t: usize| Period {
        flows: square(r_in * input[t]) + square(r_out * output[t]),
        closing: square(r_stock * stock[t + 1]),
        amounts: vec![input[t], -output[t], stock[t + 1]],
        renewed: Epochs::NONE,
    };
    let bias = |applies, s: f64| Bias {
        applies,
        variance: s * s,
    };
    let model = Model {
        biases: vec![
            bias(Applies::Flow, s_in),
            bias(Applies::Flow, s_out),
            bias(Applies::Stock, s_stock),
        ],
        opening: square(r_stock * stock[0]),
        opening_amounts: vec![0.0, 0.0, stock[0]],
        periods: (0..input.len()).map(period).collect(),
    };
    model.check().unwrap();
    let balance = |t: usize| Amounts {
        opening: stock[t],
        receipts: input[t],
        issues: output[t],
        closing: stock[t + 1],
        ..Amounts::default()
    };
    let balances = (0..input.len()).map(|t| balance(t).unexplained()).collect();
    (model, balances)
}

#[test]
fn every_classical_statistic() {
    let g = golden();
    let (model, balances) = series(&g);
    assert_close(&balances, &numbers(&g["muf"]), 1e-9);
    let cov: Vec<f64> = covariance::dense(&model).concat();
    assert_close(&cov, &numbers(&g["cov_exact_rowmajor"]), 1e-9);
    assert_close(
        &covariance::standard_deviations(&model),
        &numbers(&g["sigma_muf_exact"]),
        1e-9,
    );
    let whitener = Whitener::of(&model);
    let z = whitener.whiten(&balances).standardised;
    assert_close(&z, &numbers(&g["sitmuf"]), 1e-9);
    assert_close(&gemuf::v1(&z), &numbers(&g["gemuf_v1"]), 1e-9);
    assert_close(
        &page(&z, 0.5, Start::Nothing),
        &numbers(&g["page_k0.5"]),
        1e-9,
    );
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
