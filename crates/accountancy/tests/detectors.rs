//! The bank on simulated series with recalibrations, against an independent implementation by dense matrices.
#![allow(clippy::indexing_slicing, reason = "a test that indexes wrongly fails")]

use serde_json::Value;
use weighbridge_accountancy::balance::Amounts;
use weighbridge_accountancy::detector::mixture;
use weighbridge_accountancy::innovations::Whitener;
use weighbridge_accountancy::matched::matched;
use weighbridge_accountancy::model::Applies;
use weighbridge_accountancy::page::{Start, page};
use weighbridge_accountancy::scale::self_scaled;
use weighbridge_accountancy::{Bias, Epochs, Model, Period, covariance};

fn numbers(v: &Value) -> Vec<f64> {
    v.as_array()
        .unwrap()
        .iter()
        .map(|x| x.as_f64().unwrap())
        .collect()
}

/// The model of the simulated population: four instruments, all calibrated together, and a loss offset for life.
fn series(oracle: &Value, row: &Value) -> (Model, Vec<f64>) {
    let declared = row["declared_scale"].as_f64().unwrap();
    let err = |key: &str| oracle["err"][key].as_f64().unwrap();
    let square = |x: f64| (x * declared) * (x * declared);
    let items = oracle["items"].as_f64().unwrap();
    let res = row["res"].as_f64().unwrap();
    let [receipts, issues, usage, stock, epoch] =
        ["receipts", "issues", "usage", "stock", "epoch"].map(|key| numbers(&row[key]));
    let rounding = square(res) / 12.0;
    let closing = |t: usize| square(err("C_r") * stock[t]) + rounding;
    let period = |t: usize| Period {
        flows: (square(err("R_r") * receipts[t]) + square(err("I_r") * issues[t])) * 1.09 / items
            + square(err("U_r") * usage[t])
            + (2.0 * items + 1.0) * rounding,
        closing: closing(t + 1),
        amounts: vec![receipts[t], -issues[t], -usage[t], stock[t + 1], -usage[t]],
        renewed: if t > 0 && epoch[t] > epoch[t - 1] {
            Epochs::of(0..4)
        } else {
            Epochs::NONE
        },
    };
    let bias = |applies, key| Bias {
        applies,
        variance: square(err(key)),
    };
    let model = Model {
        biases: vec![
            bias(Applies::Flow, "R_s"),
            bias(Applies::Flow, "I_s"),
            bias(Applies::Flow, "U_s"),
            bias(Applies::Stock, "C_s"),
            bias(Applies::Flow, "loss_sd"),
        ],
        opening: closing(0),
        opening_amounts: vec![0.0, 0.0, 0.0, stock[0], 0.0],
        periods: (0..receipts.len()).map(period).collect(),
    };
    model.check().unwrap();
    let balance = |t: usize| Amounts {
        opening: stock[t],
        receipts: receipts[t],
        issues: issues[t],
        usage: usage[t],
        allowed: err("loss_mean") * usage[t],
        closing: stock[t + 1],
        ..Amounts::default()
    };
    let balances = (0..receipts.len())
        .map(|t| balance(t).unexplained())
        .collect();
    (model, balances)
}

#[track_caller]
fn assert_close(got: &[f64], want: &Value, what: &str) {
    let want = numbers(want);
    assert_eq!(got.len(), want.len(), "{what}");
    for (t, (g, w)) in got.iter().zip(&want).enumerate() {
        assert!(
            (g - w).abs() <= 1e-9 * w.abs().max(1.0),
            "{what} {t}: {g} for {w}"
        );
    }
}

#[test]
fn the_bank_agrees_with_dense_matrices() {
    let oracle: Value =
        serde_json::from_str(include_str!("oracles/reference_detectors.json")).unwrap();
    let inflation = oracle["infl"].as_f64().unwrap();
    for row in oracle["series"].as_array().unwrap() {
        let kind = row["kind"].as_str().unwrap();
        let (model, balances) = series(&oracle, row);
        let whitener = Whitener::of(&model);
        let z = whitener.whiten(&balances).standardised;
        assert_close(&z, &row["standardised"], kind);
        let scaled = self_scaled(&z);
        assert_close(&scaled, &row["scaled"], kind);
        let sd = covariance::standard_deviations(&model);
        assert_close(&sd, &row["sd"], kind);
        assert_close(
            &page(&scaled, 0.25, Start::Allowance),
            &row["page_25"],
            kind,
        );
        assert_close(&mixture(&scaled, inflation), &row["mixture"], kind);
        let unit = weighbridge_accountancy::scale::median(&sd).unwrap();
        assert_close(
            &matched(&whitener, &scaled, unit, inflation),
            &row["matched"],
            kind,
        );
    }
}
