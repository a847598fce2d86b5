//! The bank over any series: no NaN, no change of what was read, and the functions that the oracles check.

use proptest::prelude::*;

use super::*;
use crate::calibration::Calibration;
use crate::channel::Channel;
use crate::detector::mixture;
use crate::honest::{Draw, redraw};
use crate::innovations::standardised;
use crate::matched::matched;
use crate::model::tests::any_series;
use crate::model::{Applies, Bias, Epochs, Model, Period};
use crate::page::{Start, page};
use crate::scale::{median, self_scaled};
use crate::series::{Tally, Yield};
use crate::yearly::standardised_sum;
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
        late: Some(vec![
            Tally {
                counted: 7,
                items: 4
            };
            balances.len()
        ]),
        mended: Some(vec![
            Tally {
                counted: 1,
                items: 4
            };
            balances.len()
        ]),
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
        let mut drawn = own.clone();
        redraw(&mut drawn, &mut Draw::new(seed));
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
            late: Some(vec![
                Tally {
                    counted: 0,
                    items: 4
                };
                n
            ]),
            mended: Some(vec![
                Tally {
                    counted: 0,
                    items: 4
                };
                n
            ]),
            ..series(1.0, vec![0.0; n])
        };
        let read = readings(&nothing);
        assert_eq!(read.len(), n);
        assert!(holds_no_nan(&nothing, &read));
        for (t, reading) in read.into_iter().enumerate() {
            for channel in Channel::ALL {
                let value = reading[channel as usize];
                let quiet = match channel {
                    Channel::Creeping | Channel::Lasting | Channel::Abrupt | Channel::Yearly => {
                        value == 0.0
                    }
                    // log M of no evidence at all stays below that of one period that says nothing for ever.
                    Channel::Matched | Channel::Receipts | Channel::Issues => value < 2.0,
                    Channel::Yield => {
                        (t < crate::yields::LEARNING) == value.is_infinite() && value < 2.0
                    }
                    Channel::Late => value < 0.0,
                    Channel::Mended => value < 1.0,
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
        mended: None,
        ..series(1.0, vec![1.0; 20])
    };
    let last = *readings(&alone).last().unwrap();
    for channel in [
        Channel::Receipts,
        Channel::Issues,
        Channel::Yield,
        Channel::Late,
        Channel::Mended,
    ] {
        assert_eq!(last[channel as usize], f64::NEG_INFINITY, "{channel:?}");
    }
}

/// The first periods of a series.
fn first(series: &Series, n: usize) -> Series {
    let mut own = series.clone();
    let Series {
        model,
        balances,
        years,
        receipts,
        issues,
        yields,
        late,
        mended,
        ..
    } = &mut own;
    model.periods.truncate(n);
    balances.truncate(n);
    years.truncate(n);
    for Difference { kg, model } in [receipts, issues].into_iter().flatten() {
        kg.truncate(n);
        model.periods.truncate(n);
    }
    yields.iter_mut().for_each(|y| y.log_ratio.truncate(n));
    [late, mended]
        .into_iter()
        .flatten()
        .for_each(|all| all.truncate(n));
    own
}

proptest! {
    /// A series that grows by a period a night reads what it reads at once; a late correction is replayed from a
    /// checkpoint to the same bits.
    #[test]
    fn nights_and_corrections_are_replays(
        (model, balances) in any_series(),
        at in any::<prop::sample::Index>(),
        by in -1e3..1e3f64,
    ) {
        let whole = with_model(&model, &balances);
        let mut kept = Kept::of(&Bank::of(&first(&whole, 0)));
        for n in 1..=balances.len() {
            let known = first(&whole, n);
            kept.advance(&Bank::of(&known), &known);
            prop_assert_eq!(kept.readings().len(), n);
        }
        prop_assert_eq!(bits(kept.readings()), bits(&readings(&whole)));
        let period = at.index(balances.len());
        let mut corrected = whole.clone();
        corrected.balances[period] += by;
        corrected.model.periods[period].flows *= 1.5;
        let bank = Bank::of(&corrected);
        kept.corrected(&bank, &corrected, period);
        prop_assert_eq!(bits(kept.readings()), bits(&readings(&corrected)));
        let mut anew = Kept::of(&bank);
        anew.advance(&bank, &corrected);
        prop_assert_eq!(kept, anew);
    }
}

proptest! {
    /// A period at a time reads what the functions read that the oracles of `tests/` hold to published figures.
    #[test]
    fn the_bank_is_made_of_what_the_oracles_check((model, balances) in any_series()) {
        let series = with_model(&model, &balances);
        let read = readings(&series);
        let whitener = Whitener::of(&model);
        let u = self_scaled(&whitener.whiten(&balances).standardised);
        let sds = standard_deviations(&model);
        let differing = mixture(&self_scaled(&standardised(&model, &balances)), INFLATION);
        for (t, reading) in read.iter().enumerate() {
            let unit = median(&sds[..=t]).unwrap();
            let from = t / 12 * 12;
            for (channel, want) in [
                (Channel::Creeping, page(&u, 0.25, Start::Allowance)[t]),
                (Channel::Lasting, page(&u, 0.5, Start::Allowance)[t]),
                (Channel::Abrupt, page(&u, 1.5, Start::Allowance)[t]),
                (Channel::Yearly, standardised_sum(&model, &balances, from)[t - from]),
                (Channel::Matched, matched(&whitener, &u, unit, INFLATION)[t]),
                (Channel::Receipts, differing[t]),
                (Channel::Issues, differing[t]),
            ] {
                let got = reading[channel as usize];
                let near = (got - want).abs() <= 1e-9 * want.abs().max(1.0);
                prop_assert!(got == want || near, "{channel:?} {t}: {got} {want}");
            }
        }
    }
}

fn bits(all: &[Readings]) -> Vec<[u64; Channel::COUNT]> {
    all.iter().map(|r| r.map(f64::to_bits)).collect()
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
