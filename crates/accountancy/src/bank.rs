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
mod tests;
