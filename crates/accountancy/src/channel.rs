//! The channels in which a loss can show, and what one series says in each.

use crate::covariance::standard_deviations;
use crate::detector::mixture;
use crate::innovations::{Whitener, standardised};
use crate::matched::matched;
use crate::page::{Start, page};
use crate::scale::{median, self_scaled};
use crate::series::{Difference, Series, Tolerances};
use crate::yearly::standardised_sum;
use crate::{late, too_good, yields};

/// A statistic of one series that grows when something is missing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(usize)]
pub enum Channel {
    /// Page's test of the balance, allowance ¼: small and lasting.
    Creeping,
    /// Page's test of the balance, allowance ½: lasting.
    Lasting,
    /// Page's test of the balance, allowance 1½: abrupt.
    Abrupt,
    /// The year's sum of balances.
    Yearly,
    /// The detector with whitened signatures of the balance.
    Matched,
    /// Less booked than was sent.
    Receipts,
    /// Less arrived than was booked out.
    Issues,
    /// More used than the output explains.
    Yield,
    /// Balances too good to be measured.
    TooGood,
    /// Receipts booked late.
    Late,
}

/// Where a loss shows: the channels of one family look at the same records.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(usize)]
pub enum Family {
    /// In the balance.
    Balance,
    /// Between the sender's and the own book.
    Receipts,
    /// Between the own and the customer's book.
    Issues,
    /// Between use and output.
    Yield,
    /// In stocktakes that are no weighings.
    TooGood,
    /// In the days on which things are booked.
    Late,
}

impl Channel {
    /// Number of channels.
    pub const COUNT: usize = 10;
    /// Every channel.
    pub const ALL: [Channel; Channel::COUNT] = [
        Channel::Creeping,
        Channel::Lasting,
        Channel::Abrupt,
        Channel::Yearly,
        Channel::Matched,
        Channel::Receipts,
        Channel::Issues,
        Channel::Yield,
        Channel::TooGood,
        Channel::Late,
    ];

    /// Its family.
    #[must_use]
    pub fn family(self) -> Family {
        match self {
            Channel::Creeping
            | Channel::Lasting
            | Channel::Abrupt
            | Channel::Yearly
            | Channel::Matched => Family::Balance,
            Channel::Receipts => Family::Receipts,
            Channel::Issues => Family::Issues,
            Channel::Yield => Family::Yield,
            Channel::TooGood => Family::TooGood,
            Channel::Late => Family::Late,
        }
    }

    /// Stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Channel::Creeping => "creeping",
            Channel::Lasting => "lasting",
            Channel::Abrupt => "abrupt",
            Channel::Yearly => "yearly",
            Channel::Matched => "matched",
            Channel::Receipts => "receipts",
            Channel::Issues => "issues",
            Channel::Yield => "yield",
            Channel::TooGood => "too_good",
            Channel::Late => "late",
        }
    }
}

impl Family {
    /// Number of families.
    pub const COUNT: usize = 6;
    /// Every family.
    pub const ALL: [Family; Family::COUNT] = [
        Family::Balance,
        Family::Receipts,
        Family::Issues,
        Family::Yield,
        Family::TooGood,
        Family::Late,
    ];

    /// Share of the false alarms that it may use. Half for the balance, which whatever is taken must leave sooner or later
    /// unless somebody conceals it; the other half in equal shares for the five ways of concealing it.
    #[must_use]
    pub fn weight(self) -> f64 {
        match self {
            Family::Balance => 0.5,
            Family::Receipts | Family::Issues | Family::Yield | Family::TooGood | Family::Late => {
                0.1
            }
        }
    }

    /// Its channels.
    pub fn channels(self) -> impl Iterator<Item = Channel> {
        Channel::ALL.into_iter().filter(move |c| c.family() == self)
    }
}

/// What every channel says after one period; −∞ where it cannot say anything.
pub type Readings = [f64; Channel::COUNT];

/// Periods of a year.
pub const YEAR: usize = 12;
/// Factor by which standard deviations may be larger than declared.
pub const INFLATION: f64 = 1.15;

/// The readings of all channels after every period.
#[must_use]
pub fn readings(series: &Series) -> Vec<Readings> {
    let n = series.balances.len();
    let whitener = Whitener::of(&series.model);
    let u = self_scaled(&whitener.whiten(&series.balances).standardised);
    let sd = standard_deviations(&series.model);
    let unit = median(&sd).unwrap_or(0.0);
    let over_sd: Vec<f64> = series
        .balances
        .iter()
        .zip(&sd)
        .map(|(y, s)| y / s)
        .collect();
    let mut yearly: Vec<f64> = Vec::with_capacity(n);
    for year in series.years.chunk_by(|a, b| a == b) {
        let sums = standardised_sum(&series.model, &series.balances, yearly.len());
        yearly.extend(sums.into_iter().take(year.len()));
    }
    let silent = || vec![f64::NEG_INFINITY; n];
    let of = |channel| match channel {
        Channel::Creeping => page(&u, 0.25, Start::Allowance),
        Channel::Lasting => page(&u, 0.5, Start::Allowance),
        Channel::Abrupt => page(&u, 1.5, Start::Allowance),
        Channel::Yearly => yearly.clone(),
        Channel::Matched => matched(&whitener, &u, unit, INFLATION),
        Channel::Receipts => series.receipts.as_ref().map_or_else(silent, difference),
        Channel::Issues => series.issues.as_ref().map_or_else(silent, difference),
        Channel::Yield => series.yields.as_ref().map_or_else(silent, yields::detector),
        Channel::TooGood => match series.tolerances {
            Tolerances::Declared => too_good::too_good(&over_sd),
            Tolerances::Assumed => silent(),
        },
        Channel::Late => series.late.as_deref().map_or_else(silent, late::detector),
    };
    let columns = Channel::ALL.map(of);
    let reading = |t: usize| {
        columns
            .each_ref()
            .map(|column| column.get(t).copied().unwrap_or(f64::NEG_INFINITY))
    };
    (0..n).map(reading).collect()
}

fn difference(of: &Difference) -> Vec<f64> {
    mixture(&self_scaled(&standardised(&of.model, &of.kg)), INFLATION)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::calibration::Calibration;
    use crate::honest::{Draw, honest};
    use crate::model::tests::any_series;
    use crate::model::{Applies, Bias, Epochs, Model, Period};
    use crate::series::{Lateness, Yield};
    use crate::{loss, ranking};

    /// A series of one gauge and one flow; `scale` 0 makes it a count.
    fn series(scale: f64, balances: Vec<f64>) -> Series {
        let variance = scale * scale;
        let bias = |applies| Bias {
            applies,
            variance: 1e-6 * variance,
        };
        let period = |t: usize| Period {
            flows: variance,
            closing: 2.0 * variance,
            amounts: vec![100.0, 500.0],
            renewed: if t % 12 == 7 {
                Epochs::of(0..2)
            } else {
                Epochs::NONE
            },
        };
        let model = Model {
            biases: vec![bias(Applies::Flow), bias(Applies::Stock)],
            opening: variance,
            opening_amounts: vec![0.0, 500.0],
            periods: (0..balances.len()).map(period).collect(),
        };
        let difference = || Difference {
            kg: balances.clone(),
            model: Model {
                opening: 0.0,
                ..model.clone()
            },
        };
        Series {
            receipts: Some(difference()),
            issues: Some(difference()),
            yields: Some(Yield {
                log_ratio: balances.clone(),
                spread: 0.02 * scale,
                bias: 0.0,
            }),
            late: Some(vec![Lateness { late: 7, items: 4 }; balances.len()]),
            years: (0u16..).map(|t| t / 12).take(balances.len()).collect(),
            tolerances: Tolerances::Declared,
            model,
            balances,
        }
    }

    fn any_balance() -> impl Strategy<Value = f64> {
        prop_oneof![3 => -5.0..5.0f64, 1 => Just(0.0), 1 => -1e12..1e12f64, 1 => Just(f64::MAX / 1e10)]
    }

    proptest! {
        #[test]
        fn no_finite_input_gives_a_nan(
            scale in prop_oneof![Just(0.0), Just(1e-9), Just(1.0), Just(1e9)],
            balances in prop::collection::vec(any_balance(), 1..60),
        ) {
            let read = readings(&series(scale, balances.clone()));
            prop_assert!(read.iter().flatten().all(|r| !r.is_nan()), "{:?}", read);
            // Estimates have the squares of masses in them.
            let balances: Vec<f64> = balances.iter().map(|y| y.clamp(-1e100, 1e100)).collect();
            let series = series(scale, balances);
            prop_assert!(holds_no_nan(&series, &readings(&series)));
        }

        #[test]
        fn no_model_and_no_honest_series_gives_one(
            (model, balances) in any_series(),
            seed in any::<u64>(),
        ) {
            let own = with_model(&model, &balances);
            let drawn = honest(&own, &mut Draw::new(seed));
            prop_assert!(drawn.balances.iter().all(|y| y.is_finite()));
            prop_assert_eq!(drawn.balances.len(), own.balances.len());
            let read = readings(&drawn);
            prop_assert!(holds_no_nan(&drawn, &read));
            prop_assert!(holds_no_nan(&own, &read));
        }
    }

    /// Whatever is computed of a series, judged by `honest`.
    fn holds_no_nan(series: &Series, honest: &[Readings]) -> bool {
        let read = readings(series);
        let calibration = Calibration::of(&[honest]);
        let whitener = Whitener::of(&series.model);
        let innovations = whitener.whiten(&series.balances);
        let masses = ranking::masses(series, &series.balances);
        let verdicts = read.iter().map(|r| calibration.judge(r));
        let values = verdicts.flat_map(|v| [v.statistic, ranking::value(&v, &masses)]);
        let loss = loss::estimate(&whitener, &innovations.standardised, INFLATION);
        let loss = loss.into_iter().flat_map(|l| {
            assert!(
                0.0 <= l.low && l.low <= l.high && l.first <= l.last,
                "{l:?}"
            );
            [l.kg, l.low, l.high]
        });
        let all = read.iter().flatten().copied().chain(values).chain(loss);
        all.chain(innovations.residuals).all(|x| !x.is_nan())
    }

    /// A series with the same model, and the same balances, everywhere.
    fn with_model(model: &Model, balances: &[f64]) -> Series {
        let difference = || {
            Some(Difference {
                kg: balances.to_vec(),
                model: model.clone(),
            })
        };
        Series {
            receipts: difference(),
            issues: difference(),
            ..Series {
                model: model.clone(),
                ..series(1.0, balances.to_vec())
            }
        }
    }

    #[test]
    fn edges_of_length_and_silence() {
        for n in [0, 1, 600] {
            let nothing = Series {
                late: Some(vec![Lateness { late: 0, items: 4 }; n]),
                ..series(1.0, vec![0.0; n])
            };
            let read = readings(&nothing);
            assert_eq!(read.len(), n);
            assert!(holds_no_nan(&nothing, &read));
            for (t, reading) in read.into_iter().enumerate() {
                for channel in Channel::ALL {
                    let value = reading[channel as usize];
                    let quiet = match channel {
                        Channel::Creeping
                        | Channel::Lasting
                        | Channel::Abrupt
                        | Channel::Yearly => value == 0.0,
                        // log M of no evidence at all stays below that of one period that says nothing for ever.
                        Channel::Matched | Channel::Receipts | Channel::Issues => value < 2.0,
                        Channel::Yield => {
                            (t < crate::yields::LEARNING) == value.is_infinite() && value < 2.0
                        }
                        Channel::Late => value < 0.0,
                        // Balances that are exactly 0 for ever are too good, and say so.
                        Channel::TooGood => value > 0.0 && (t == 0 || value > 2.0),
                    };
                    assert!(quiet, "{channel:?} {t}: {value}");
                }
            }
        }
        let alone = Series {
            receipts: None,
            issues: None,
            yields: None,
            late: None,
            ..series(1.0, vec![1.0; 20])
        };
        let last = *readings(&alone).last().unwrap();
        for channel in [
            Channel::Receipts,
            Channel::Issues,
            Channel::Yield,
            Channel::Late,
        ] {
            assert_eq!(last[channel as usize], f64::NEG_INFINITY, "{channel:?}");
        }
    }

    /// A count is exact: one unit that is missing is a difference, none is none.
    #[test]
    fn a_count_is_tested_exactly() {
        let mut balances = vec![0.0; 10];
        let honest = readings(&series(0.0, balances.clone()));
        assert!(honest.iter().all(|r| r[Channel::Lasting as usize] == 0.0));
        balances[6] = 1.0;
        let missing = readings(&series(0.0, balances));
        assert_eq!(missing[6][Channel::Lasting as usize], f64::INFINITY);
        assert_eq!(missing[6][Channel::Yearly as usize], f64::INFINITY);
    }
}
