//! The bank on simulated series with recalibrations, against an independent implementation by dense matrices.
#![allow(clippy::indexing_slicing, reason = "a test that indexes wrongly fails")]

mod common;

use common::{Books, Errors, Instrument, assert_close, numbers};
use serde_json::Value;
use weighbridge_accountancy::detector::mixture;
use weighbridge_accountancy::innovations::Whitener;
use weighbridge_accountancy::matched::matched;
use weighbridge_accountancy::page::{Start, page};
use weighbridge_accountancy::scale::self_scaled;
use weighbridge_accountancy::{Model, covariance};

/// A series of the simulated population; its tolerances are declared wrong by a factor.
fn series(oracle: &Value, row: &Value) -> (Model, Vec<f64>) {
    let number = |v: &Value| v.as_f64().unwrap();
    let declared = number(&row["declared_scale"]);
    let err = |key: &str| declared * number(&oracle["err"][key]);
    let instrument = |letter: &str| Instrument {
        random: err(&format!("{letter}_r")),
        bias: err(&format!("{letter}_s")),
    };
    let items = number(&oracle["items"]);
    let res = declared * number(&row["res"]);
    let errors = Errors {
        receipts: instrument("R"),
        issues: instrument("I"),
        usage: instrument("U"),
        stock: instrument("C"),
        loss: err("loss_sd"),
        allowed: number(&oracle["err"]["loss_mean"]),
        of_one_item: 1.09 / items,
        roundings: 2.0 * items + 1.0,
        rounding: res * res / 12.0,
    };
    let [receipts, issues, usage, stock, epoch] =
        ["receipts", "issues", "usage", "stock", "epoch"].map(|key| numbers(&row[key]));
    let books = Books {
        receipts,
        issues,
        usage,
        stock,
        epoch,
    };
    (errors.model(&books), errors.balances(&books))
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
