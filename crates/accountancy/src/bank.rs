//! The bank of tests on one series, a period at a time.
//!
//! What depends on the model alone is worked out once and shared by the data, by every honest year drawn from the same model
//! and by every replay: the [`Bank`]. What depends on the figures is the state between two nights: the [`Watch`]. A copy of
//! it is a checkpoint; [`Kept`] has one every twelve periods, from which a corrected period is replayed to the same bits.
//! No period changes what was read before it.

use crate::channel::{Channel, INFLATION, Readings};
use crate::covariance::{standard_deviations, sum_variance};
use crate::detector::{Detector, Mixture};
use crate::innovations::{Means, Whitener};
use crate::matched::{Gathered, Signatures};
use crate::scale::Scale;
use crate::series::{Difference, Series, Tolerances};
use crate::tally::{LATE, MENDED, log_e};
use crate::too_good::TooGood;
use crate::{page, yields};

/// Allowances of Page's tests of the balance.
const ALLOWANCES: [f64; 3] = [0.25, 0.5, 1.5];
/// Periods between two checkpoints.
pub const CHECKPOINT: usize = 12;

/// What the tests of a series need of its model, whatever its figures.
#[derive(Clone, PartialEq, Debug)]
pub struct Bank {
    balance: Whitener,
    signatures: Signatures,
    periods: Vec<Period>,
    receipts: Option<Whitener>,
    issues: Option<Whitener>,
}

/// A period as the model declares it.
#[derive(Clone, Copy, PartialEq, Debug)]
struct Period {
    /// Standard deviation of its balance by itself, kg.
    sd: f64,
    /// The median of these up to here, kg.
    unit: f64,
    /// Whether it is the first of a year.
    begins_year: bool,
    /// Standard deviation of the sum of the year up to here, kg.
    of_year: f64,
}

impl Bank {
    /// Of the model of a series.
    #[must_use]
    pub fn of(series: &Series) -> Bank {
        let balance = Whitener::of(&series.model);
        let of = |d: &Option<Difference>| d.as_ref().map(|d| Whitener::of(&d.model));
        let (mut before, mut from) = (None, 0);
        let mut sorted: Vec<f64> = Vec::new();
        let sds = standard_deviations(&series.model).into_iter().enumerate();
        let periods = sds.map(|(t, sd)| {
            let year = series.years.get(t).copied();
            let begins_year = t == 0 || year != before;
            before = year;
            if begins_year {
                from = t;
            }
            sorted.insert(sorted.partition_point(|s| *s < sd), sd);
            let middle = |at: usize| sorted.get(at).copied().unwrap_or(0.0);
            Period {
                sd,
                unit: (middle(sorted.len() / 2) + middle((sorted.len() - 1) / 2)) / 2.0,
                begins_year,
                of_year: sum_variance(&series.model, from, t).sqrt(),
            }
        });
        Bank {
            periods: periods.collect(),
            signatures: Signatures::of(&balance, INFLATION),
            receipts: of(&series.receipts),
            issues: of(&series.issues),
            balance,
        }
    }

    /// The readings of some periods of a series with this model.
    #[must_use]
    pub fn readings(&self, series: &Series, periods: std::ops::Range<usize>) -> Vec<Readings> {
        let mut watch = Watch::of(self);
        let mut all = Vec::with_capacity(periods.len());
        for period in 0..periods.end.min(series.balances.len()) {
            watch.advance(self, series);
            if periods.contains(&period) {
                all.push(watch.readings(self));
            }
        }
        all
    }
}

/// The readings of all channels after every period.
#[must_use]
pub fn readings(series: &Series) -> Vec<Readings> {
    Bank::of(series).readings(series, 0..series.balances.len())
}

/// Differences between two books, on their way through a detector.
#[derive(Clone, PartialEq, Debug)]
struct Differing {
    means: Means,
    scale: Scale,
    mixture: Mixture,
}

impl Differing {
    fn of(whitener: &Whitener) -> Differing {
        Differing {
            means: whitener.start(),
            scale: Scale::default(),
            mixture: Mixture::default(),
        }
    }

    fn advance(&mut self, whitener: &Whitener, period: usize, kg: f64) {
        let (_, z) = whitener.step(&mut self.means, period, kg);
        self.mixture.step(self.scale.step(z), INFLATION);
    }
}

/// The tests of one series between two nights.
#[derive(Clone, PartialEq, Debug)]
pub struct Watch {
    /// Periods taken in.
    taken: usize,
    means: Means,
    scale: Scale,
    pages: [f64; ALLOWANCES.len()],
    /// Sum of the balances of the year, kg.
    year: f64,
    gathered: Gathered,
    receipts: Option<Differing>,
    issues: Option<Differing>,
    yields: yields::Watched,
    too_good: TooGood,
    late: Detector,
    mended: Detector,
}

impl Watch {
    /// Before the first period.
    #[must_use]
    pub fn of(bank: &Bank) -> Watch {
        Watch {
            taken: 0,
            means: bank.balance.start(),
            scale: Scale::default(),
            pages: [0.0; ALLOWANCES.len()],
            year: 0.0,
            gathered: Gathered::default(),
            receipts: bank.receipts.as_ref().map(Differing::of),
            issues: bank.issues.as_ref().map(Differing::of),
            yields: yields::Watched::default(),
            too_good: TooGood::default(),
            late: Detector::default(),
            mended: Detector::default(),
        }
    }

    /// Periods taken in.
    #[must_use]
    pub fn taken(&self) -> usize {
        self.taken
    }

    /// Takes in the next period of a series; nothing where it has no more.
    pub fn advance(&mut self, bank: &Bank, series: &Series) {
        let t = self.taken;
        let (Some(period), Some(kg)) = (bank.periods.get(t), series.balances.get(t)) else {
            return;
        };
        self.taken += 1;
        let (_, z) = bank.balance.step(&mut self.means, t, *kg);
        let u = self.scale.step(z);
        for (sum, allowance) in self.pages.iter_mut().zip(ALLOWANCES) {
            *sum = page::step(*sum, u, allowance);
        }
        self.year = if period.begins_year {
            *kg
        } else {
            self.year + kg
        };
        self.gathered.step(&bank.signatures, t, u, INFLATION);
        let sides = [
            (&mut self.receipts, &bank.receipts, &series.receipts),
            (&mut self.issues, &bank.issues, &series.issues),
        ];
        for (own, whitener, figures) in sides {
            if let (Some(own), Some(whitener), Some(figures)) = (own, whitener, figures) {
                own.advance(whitener, t, figures.kg.get(t).copied().unwrap_or(0.0));
            }
        }
        if let Some(yields) = &series.yields {
            self.yields.step(yields, t);
        }
        if series.tolerances == Tolerances::Declared {
            self.too_good.step(kg / period.sd);
        }
        let tallies = [
            (&mut self.late, &series.late, LATE),
            (&mut self.mended, &series.mended, MENDED),
        ];
        for (detector, tallies, shares) in tallies {
            if let Some(tally) = tallies.as_ref().and_then(|all| all.get(t)) {
                detector.step(log_e(*tally, shares));
            }
        }
    }

    /// What every channel says after the last period taken in.
    #[must_use]
    pub fn readings(&self, bank: &Bank) -> Readings {
        let Some(period) = self.taken.checked_sub(1).and_then(|t| bank.periods.get(t)) else {
            return [f64::NEG_INFINITY; Channel::COUNT];
        };
        let [creeping, lasting, abrupt] = self.pages;
        let differing =
            |of: &Option<Differing>| of.as_ref().map_or(f64::NEG_INFINITY, |d| d.mixture.log());
        Channel::ALL.map(|channel| match channel {
            Channel::Creeping => creeping,
            Channel::Lasting => lasting,
            Channel::Abrupt => abrupt,
            // A sum without uncertainty is 0 or infinite, with its sign.
            Channel::Yearly if self.year == 0.0 => 0.0,
            Channel::Yearly => self.year / period.of_year,
            Channel::Matched => self.gathered.log_evidence(period.unit),
            Channel::Receipts => differing(&self.receipts),
            Channel::Issues => differing(&self.issues),
            Channel::Yield => self.yields.log(),
            Channel::TooGood => self.too_good.log(),
            Channel::Late => self.late.log(),
            Channel::Mended => self.mended.log(),
        })
    }
}

/// What a series reads, with checkpoints.
#[derive(Clone, PartialEq, Debug)]
pub struct Kept {
    readings: Vec<Readings>,
    /// The state before every twelfth period.
    checkpoints: Vec<Watch>,
    now: Watch,
}

impl Kept {
    /// Before the first period.
    #[must_use]
    pub fn of(bank: &Bank) -> Kept {
        Kept {
            readings: Vec::new(),
            checkpoints: Vec::new(),
            now: Watch::of(bank),
        }
    }

    /// What was read after each period taken in.
    #[must_use]
    pub fn readings(&self) -> &[Readings] {
        &self.readings
    }

    /// Takes in what the series has beyond the periods taken in: in an ordinary night, one period.
    pub fn advance(&mut self, bank: &Bank, series: &Series) {
        while self.now.taken < series.balances.len().min(bank.periods.len()) {
            if self.now.taken.is_multiple_of(CHECKPOINT) {
                self.checkpoints.push(self.now.clone());
            }
            self.now.advance(bank, series);
            self.readings.push(self.now.readings(bank));
        }
    }

    /// Replays from the last checkpoint before a period that was corrected. `bank` and `series` are those after the
    /// correction; nothing in them may have changed before that period.
    pub fn corrected(&mut self, bank: &Bank, series: &Series, period: usize) {
        self.checkpoints.truncate(period / CHECKPOINT + 1);
        if let Some(checkpoint) = self.checkpoints.pop() {
            self.readings.truncate(checkpoint.taken);
            self.now = checkpoint;
        }
        self.advance(bank, series);
    }
}

#[cfg(test)]
mod tests {
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
}
