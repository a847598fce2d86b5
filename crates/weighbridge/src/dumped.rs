//! Simulated series in folders of NumPy arrays, as a detection benchmark writes them, brought into the form that
//! accountancy judges.
//!
//! Absent: which holder lost anything. Those arrays are in a folder of their own that is never opened here.

use std::fs::File;
use std::io::BufReader;
use std::path::Path;

use npyz::{NpyFile, Order};
use weighbridge_accountancy::balance::Amounts;
use weighbridge_accountancy::model::Applies;
use weighbridge_accountancy::scale::median;
use weighbridge_accountancy::series::{Difference, Series, Tally, Tolerances, Yield};
use weighbridge_accountancy::yields::unexplained_use;
use weighbridge_accountancy::{Bias, Epochs, Model, Period};

use crate::trouble::Trouble;

/// Declared relative standard deviations and shares of a population, before a holder's own scale.
#[derive(Clone, Copy, PartialEq, Debug, serde::Deserialize)]
pub(crate) struct Errors {
    #[serde(rename = "R_r")]
    receipts_random: f64,
    #[serde(rename = "R_s")]
    receipts_bias: f64,
    #[serde(rename = "I_r")]
    issues_random: f64,
    #[serde(rename = "I_s")]
    issues_bias: f64,
    #[serde(rename = "U_r")]
    use_random: f64,
    #[serde(rename = "U_s")]
    use_bias: f64,
    #[serde(rename = "C_r")]
    stock_random: f64,
    #[serde(rename = "C_s")]
    stock_bias: f64,
    loss_mean: f64,
    #[serde(rename = "loss_sd")]
    loss_spread: f64,
}

/// What a population has in common.
#[derive(Clone, Copy, PartialEq, Debug, serde::Deserialize)]
pub(crate) struct Common {
    err: Errors,
    /// Items a month and side.
    items: u32,
}

#[derive(serde::Deserialize)]
struct Grid {
    common: Common,
}

impl Common {
    /// The population that the arrays are documented with.
    pub(crate) const DOCUMENTED: Common = Common {
        err: Errors {
            receipts_random: 0.003,
            receipts_bias: 0.0015,
            issues_random: 0.003,
            issues_bias: 0.0015,
            use_random: 0.005,
            use_bias: 0.003,
            stock_random: 0.003,
            stock_bias: 0.002,
            loss_mean: 0.002,
            loss_spread: 0.001,
        },
        items: 4,
    };

    /// From the file that describes the grid.
    ///
    /// # Errors
    /// [`Trouble::System`] where it cannot be read or is not such a file.
    pub(crate) fn read(path: &Path) -> Result<Common, Trouble> {
        let text = std::fs::read_to_string(path).map_err(Trouble::system(path))?;
        let grid: Grid = serde_json::from_str(&text)
            .map_err(|e| std::io::Error::other(e.to_string()))
            .map_err(Trouble::system(path))?;
        Ok(grid.common)
    }
}

/// A matrix, one row a holder.
struct Matrix {
    columns: usize,
    cells: Vec<f64>,
}

impl Matrix {
    fn read(folder: &Path, name: &str) -> Result<Matrix, Trouble> {
        let path = folder.join(format!("{name}.npy"));
        let read = || -> std::io::Result<Matrix> {
            let file = NpyFile::new(BufReader::new(File::open(&path)?))?;
            let shape = file.shape().to_vec();
            let ([_, columns], Order::C) = (shape.as_slice(), file.order()) else {
                let expected = format!("two dimensions in C order expected, found {shape:?}");
                return Err(std::io::Error::other(expected));
            };
            let columns = usize::try_from(*columns).map_err(std::io::Error::other)?;
            Ok(Matrix {
                columns,
                cells: file.into_vec()?,
            })
        };
        read().map_err(Trouble::system(&path))
    }

    fn row(&self, holder: usize) -> &[f64] {
        let at = holder * self.columns;
        self.cells.get(at..at + self.columns).unwrap_or(&[])
    }

    fn rows(&self) -> usize {
        self.cells.len() / self.columns.max(1)
    }
}

/// The arrays of one set that a detector may see.
pub(crate) struct Set {
    receipts: Matrix,
    issues: Matrix,
    usage: Matrix,
    stock: Matrix,
    receipts_difference: Matrix,
    issues_difference: Matrix,
    late: Matrix,
    output: Matrix,
    step: Matrix,
    declared: Matrix,
    epoch: Matrix,
}

/// What the honest population says of yields: the level of every period, and the spread about it.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Peers {
    levels: Vec<f64>,
    spread: f64,
}

/// log(use / output); both are kept from 0.
fn log_ratio(usage: f64, output: f64) -> f64 {
    const LEAST: f64 = 1e-9;
    (usage.max(LEAST) / output.max(LEAST)).ln()
}

/// Standard deviations of normal values in one median of absolute deviations.
const NORMAL: f64 = 1.4826;

impl Peers {
    /// Of a population without findings.
    #[must_use]
    pub(crate) fn of(set: &Set) -> Peers {
        let holders = set.holders();
        let ratios: Vec<Vec<f64>> = (0..holders).map(|h| set.ratios(h)).collect();
        let periods = ratios.first().map_or(0, Vec::len);
        let level = |t: usize| {
            let all: Vec<f64> = ratios.iter().filter_map(|r| r.get(t).copied()).collect();
            median(&all).unwrap_or(0.0)
        };
        let levels: Vec<f64> = (0..periods).map(level).collect();
        let spread = |r: &Vec<f64>| {
            let own: Vec<f64> = r.iter().zip(&levels).map(|(h, l)| h - l).collect();
            let centre = median(&own)?;
            let away: Vec<f64> = own.iter().map(|h| (h - centre).abs()).collect();
            median(&away)
        };
        let spreads: Vec<f64> = ratios.iter().filter_map(spread).collect();
        Peers {
            spread: NORMAL * median(&spreads).unwrap_or(0.0),
            levels,
        }
    }
}

/// Spread of the sizes of a month's items: the sum of their squares is this over their number, times the square of their sum.
const UNEVEN: f64 = 1.09;

impl Set {
    /// Reads the arrays of a folder.
    ///
    /// # Errors
    /// [`Trouble::System`], with the array that is missing or damaged.
    pub(crate) fn read(folder: &Path) -> Result<Set, Trouble> {
        let read = |name| Matrix::read(folder, name);
        Ok(Set {
            receipts: read("rR")?,
            issues: read("rI")?,
            usage: read("rU")?,
            stock: read("rC")?,
            receipts_difference: read("srdR")?,
            issues_difference: read("srdI")?,
            late: read("late")?,
            output: read("P")?,
            step: read("res")?,
            declared: read("declared_scale")?,
            epoch: read("epoch")?,
        })
    }

    /// Number of holders.
    #[must_use]
    pub(crate) fn holders(&self) -> usize {
        self.receipts.rows()
    }

    fn ratios(&self, holder: usize) -> Vec<f64> {
        let pairs = self.usage.row(holder).iter().zip(self.output.row(holder));
        pairs.map(|(u, o)| log_ratio(*u, *o)).collect()
    }

    /// Everything known of a holder.
    #[must_use]
    pub(crate) fn series(&self, holder: usize, common: &Common, peers: &Peers) -> Series {
        let model = self.model(holder, common);
        let [receipts, issues, usage] =
            [&self.receipts, &self.issues, &self.usage].map(|m| m.row(holder));
        let stock = self.stock.row(holder);
        let flows = receipts.iter().zip(issues).zip(usage);
        let stocks = stock.iter().zip(stock.iter().skip(1));
        let balances =
            flows
                .zip(stocks)
                .map(|(((receipts, issues), usage), (opening, closing))| {
                    let amounts = Amounts {
                        opening: *opening,
                        receipts: *receipts,
                        issues: *issues,
                        usage: *usage,
                        allowed: common.err.loss_mean * usage,
                        closing: *closing,
                        ..Amounts::default()
                    };
                    amounts.unexplained()
                });
        let err = &common.err;
        let difference = |kg: &Matrix, total: &[f64], random, bias| {
            Some(self.difference(holder, common, kg.row(holder), total, random, bias))
        };
        let levels = self.ratios(holder).into_iter().zip(&peers.levels);
        let late = self.late.row(holder).iter();
        Series {
            receipts: difference(
                &self.receipts_difference,
                receipts,
                err.receipts_random,
                err.receipts_bias,
            ),
            issues: difference(
                &self.issues_difference,
                issues,
                err.issues_random,
                err.issues_bias,
            ),
            yields: Some(Yield {
                log_ratio: levels.map(|(own, peer)| own - peer).collect(),
                spread: peers.spread,
                bias: err.use_bias,
            }),
            late: Some(late.map(|n| lateness(*n, common.items)).collect()),
            // A dump holds what was mended already.
            mended: None,
            balances: balances.collect(),
            tolerances: Tolerances::Declared,
            years: (0u16..).map(|month| month / 12).take(usage.len()).collect(),
            model,
        }
    }

    /// What was used beyond what the output explains, kg by period; `yields` are the holder's own.
    #[must_use]
    pub(crate) fn unexplained_use(&self, holder: usize, yields: &Yield, peers: &Peers) -> Vec<f64> {
        let output = self.output.row(holder).iter().zip(&peers.levels);
        let at_peers: Vec<f64> = output.map(|(kg, level)| kg * level.exp()).collect();
        unexplained_use(yields, self.usage.row(holder), &at_peers)
    }

    fn scale(&self, holder: usize) -> f64 {
        let declared = self.declared.cells.get(holder);
        declared.copied().unwrap_or(1.0)
    }

    /// Variance of rounding one amount.
    fn rounding(&self, holder: usize) -> f64 {
        let step = self.step.row(holder).first().copied().unwrap_or(0.0);
        square(step * self.scale(holder)) / 12.0
    }

    /// Whether instruments were calibrated before each period.
    fn renewals(&self, holder: usize) -> Vec<bool> {
        let epoch = self.epoch.row(holder);
        let first = epoch.first().copied();
        let before = first.into_iter().chain(epoch.iter().copied());
        epoch.iter().zip(before).map(|(e, b)| *e > b).collect()
    }

    fn model(&self, holder: usize, common: &Common) -> Model {
        let (scale, rounding) = (self.scale(holder), self.rounding(holder));
        let variance = |relative: f64, amount: f64| square(relative * scale * amount);
        let (err, items) = (&common.err, f64::from(common.items));
        let closing = |stock: f64| variance(err.stock_random, stock) + rounding;
        // Of every item of both sides and of the use.
        let roundings = (2.0 * items + 1.0) * rounding;
        let [receipts, issues, usage] =
            [&self.receipts, &self.issues, &self.usage].map(|m| m.row(holder));
        let stock = self.stock.row(holder);
        let opening = stock.first().copied().unwrap_or(0.0);
        let of = |column: &[f64], t: usize| column.get(t).copied().unwrap_or(0.0);
        let period = |(t, renewed): (usize, bool)| {
            let [receipts, issues, usage] = [receipts, issues, usage].map(|column| of(column, t));
            let closing_stock = of(stock, t + 1);
            let items = (variance(err.receipts_random, receipts)
                + variance(err.issues_random, issues))
                * UNEVEN
                / items;
            Period {
                flows: items + variance(err.use_random, usage) + roundings,
                closing: closing(closing_stock),
                amounts: vec![receipts, -issues, -usage, closing_stock, -usage],
                renewed: if renewed {
                    Epochs::of(0..4)
                } else {
                    Epochs::NONE
                },
            }
        };
        let renewals = self.renewals(holder).into_iter().enumerate();
        let bias = |applies, relative: f64| Bias {
            applies,
            variance: square(relative * scale),
        };
        Model {
            biases: vec![
                bias(Applies::Flow, err.receipts_bias),
                bias(Applies::Flow, err.issues_bias),
                bias(Applies::Flow, err.use_bias),
                bias(Applies::Stock, err.stock_bias),
                bias(Applies::Flow, err.loss_spread),
            ],
            opening: closing(opening),
            opening_amounts: vec![0.0, 0.0, 0.0, opening, 0.0],
            periods: renewals.map(period).collect(),
        }
    }

    /// Both sides have an instrument of the same kind, calibrated in the same month: one bias a pair.
    fn difference(
        &self,
        holder: usize,
        common: &Common,
        kg: &[f64],
        total: &[f64],
        random: f64,
        bias: f64,
    ) -> Difference {
        let (scale, items) = (self.scale(holder), f64::from(common.items));
        let period = |(total, renewed): (&f64, bool)| Period {
            flows: 2.0 * square(random * scale * total) * UNEVEN / items
                + 2.0 * items * self.rounding(holder),
            closing: 0.0,
            amounts: vec![*total],
            renewed: if renewed {
                Epochs::of([0])
            } else {
                Epochs::NONE
            },
        };
        Difference {
            kg: kg.to_vec(),
            model: Model {
                biases: vec![Bias {
                    applies: Applies::Flow,
                    variance: 2.0 * square(bias * scale),
                }],
                opening: 0.0,
                opening_amounts: vec![0.0],
                periods: total
                    .iter()
                    .zip(self.renewals(holder))
                    .map(period)
                    .collect(),
            },
        }
    }
}

fn square(x: f64) -> f64 {
    x * x
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a count of items, written as a float; what is none saturates"
)]
fn lateness(late: f64, items: u32) -> Tally {
    Tally {
        counted: late.round() as u32,
        items,
    }
}
