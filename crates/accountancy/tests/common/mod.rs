//! What tests against oracle files share: the numbers of a file, and books with their error model.
#![allow(clippy::indexing_slicing, reason = "a test that indexes wrongly fails")]

use serde_json::Value;
use weighbridge_accountancy::balance::Amounts;
use weighbridge_accountancy::model::Applies;
use weighbridge_accountancy::{Bias, Epochs, Model, Period};

pub(crate) fn numbers(v: &Value) -> Vec<f64> {
    v.as_array()
        .unwrap()
        .iter()
        .map(|x| x.as_f64().unwrap())
        .collect()
}

/// Equal to 1e-9, relative to what is larger than 1.
#[track_caller]
pub(crate) fn assert_close(got: &[f64], want: &Value, what: &str) {
    let want = numbers(want);
    assert_eq!(got.len(), want.len(), "{what}");
    for (t, (g, w)) in got.iter().zip(&want).enumerate() {
        assert!(
            (g - w).abs() <= 1e-9 * w.abs().max(1.0),
            "{what} {t}: {g} for {w}"
        );
    }
}

/// Relative standard deviations of what one instrument weighs.
#[derive(Clone, Copy, Default)]
pub(crate) struct Instrument {
    pub(crate) random: f64,
    pub(crate) bias: f64,
}

/// One series as booked, kg by period; of the stock one more, the opening first.
pub(crate) struct Books {
    pub(crate) receipts: Vec<f64>,
    pub(crate) issues: Vec<f64>,
    pub(crate) usage: Vec<f64>,
    pub(crate) stock: Vec<f64>,
    /// Calibration epoch of each period.
    pub(crate) epoch: Vec<f64>,
}

/// How uncertain they are.
#[derive(Clone, Copy)]
pub(crate) struct Errors {
    pub(crate) receipts: Instrument,
    pub(crate) issues: Instrument,
    pub(crate) usage: Instrument,
    pub(crate) stock: Instrument,
    /// Standard deviation of the share of the use that is lost beyond what is allowed.
    pub(crate) loss: f64,
    /// Allowed share of loss.
    pub(crate) allowed: f64,
    /// What the random variance of a month's receipts or issues is of that of a single item of the same mass.
    pub(crate) of_one_item: f64,
    /// Amounts rounded in a period beside the stocktake, and the variance of rounding one, kg².
    pub(crate) roundings: f64,
    pub(crate) rounding: f64,
}

impl Errors {
    /// The error model of books: four instruments, all calibrated together, and a loss offset for life.
    pub(crate) fn model(&self, books: &Books) -> Model {
        let square = |x: f64| x * x;
        let Books {
            receipts,
            issues,
            usage,
            stock,
            epoch,
        } = books;
        let closing = |t: usize| square(self.stock.random * stock[t]) + self.rounding;
        let period = |t: usize| Period {
            flows: (square(self.receipts.random * receipts[t])
                + square(self.issues.random * issues[t]))
                * self.of_one_item
                + square(self.usage.random * usage[t])
                + self.roundings * self.rounding,
            closing: closing(t + 1),
            amounts: vec![receipts[t], -issues[t], -usage[t], stock[t + 1], -usage[t]],
            renewed: if t > 0 && epoch[t] > epoch[t - 1] {
                Epochs::of(0..4)
            } else {
                Epochs::NONE
            },
        };
        let bias = |applies, relative| Bias {
            applies,
            variance: square(relative),
        };
        let model = Model {
            biases: vec![
                bias(Applies::Flow, self.receipts.bias),
                bias(Applies::Flow, self.issues.bias),
                bias(Applies::Flow, self.usage.bias),
                bias(Applies::Stock, self.stock.bias),
                bias(Applies::Flow, self.loss),
            ],
            opening: closing(0),
            opening_amounts: vec![0.0, 0.0, 0.0, stock[0], 0.0],
            periods: (0..receipts.len()).map(period).collect(),
        };
        model.check().unwrap();
        model
    }

    /// The balances of books, kg.
    pub(crate) fn balances(&self, books: &Books) -> Vec<f64> {
        let balance = |t: usize| Amounts {
            opening: books.stock[t],
            receipts: books.receipts[t],
            issues: books.issues[t],
            usage: books.usage[t],
            allowed: self.allowed * books.usage[t],
            closing: books.stock[t + 1],
            ..Amounts::default()
        };
        let periods = 0..books.receipts.len();
        periods.map(|t| balance(t).unexplained()).collect()
    }
}
