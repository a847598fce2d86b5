//! How high a statistic must be: so high that of a thousand honest holders no more than so many reach it in a year.
//!
//! The statistic of a holder is the largest of its series. What a reading is worth comes from honest years drawn from the
//! account's own error models; how often honest holders reach a statistic comes from the account itself where it has a
//! thousand holder-years, and from further drawn years until then. A holder is never judged against itself.

use weighbridge_accountancy::bank::Bank;
use weighbridge_accountancy::calibration::Calibration;
use weighbridge_accountancy::channel::Readings;
use weighbridge_accountancy::honest::{Draw, redraw};
use weighbridge_accountancy::lists::{benjamini_hochberg, conformal, e_value};
use weighbridge_accountancy::series::Series;
use weighbridge_books::registry::HolderId;

use crate::cores;

/// How much is drawn.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Drawn {
    /// Series-years from which readings are made surprises.
    pub reference: usize,
    /// Holder-years that a drawn threshold rests on, and as many that check it.
    pub holders: usize,
}

/// Fifty values in the tail of each reference; a rate of 1 % that is known to a tenth.
pub const DRAWN: Drawn = Drawn {
    reference: 10_000,
    holders: 10_000,
};
/// Holder-years of an account below which its own are too few.
pub const HOLDERS_MIN: usize = 1_000;
/// How much more often than stated fresh honest holders may alarm before no list is issued.
const FRESH_MAX: f64 = 1.2;

/// One series as far as thresholds need it.
#[derive(Clone, PartialEq, Debug)]
pub struct Member {
    /// Who answers for it.
    pub holder: HolderId,
    /// The settled series.
    pub series: Series,
    /// The same turned round; see [`crate::Study::gains`].
    pub gains: Series,
    /// The settled periods that are judged.
    pub window: std::ops::Range<usize>,
    /// How far the balance of each period is believed, from 0 to 1; see [`crate::Study::believed`].
    pub believed: Vec<f64>,
}

/// What a threshold rests on.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Basis {
    /// Honest years drawn from the declared tolerances.
    Simulated,
    /// The holders of the account, none of them judged against itself.
    Account,
}

/// Thresholds for the periods under review.
#[derive(Clone, PartialEq, Debug)]
pub struct Thresholds {
    calibration: Calibration,
    /// Mean e-value of an honest series at the end of the review, at least 1.
    honest_e: f64,
    /// Largest statistics of honest holders, ascending.
    maxima: Vec<f64>,
    /// The same of others, to check.
    fresh: Vec<f64>,
    /// Length of the review, years.
    years: f64,
    basis: Basis,
    /// Largest statistics of the account's own holders, ascending.
    own: Vec<f64>,
    /// What draws follow from.
    seed: u64,
    drawn: Drawn,
}

/// A threshold with what it is worth.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Threshold {
    /// Alarm from this statistic on.
    pub at: f64,
    /// Alarms among 1,000 fresh honest holder-years.
    pub fresh: f64,
    /// Whether the fresh ones alarm at most a fifth more often than was asked for. One alone says nothing: a small account may
    /// have it where less than one is asked for.
    pub holds: bool,
    /// The share of honest holder-years that is not exceeded with 95 % confidence, per 1,000.
    pub at_most: f64,
}

impl Thresholds {
    /// How readings become a statistic, from honest years drawn from the members of an account, those of one holder side by
    /// side; what is then rested on is said by [`Thresholds::resting_on`]. `years` is the length of the review.
    #[must_use]
    pub fn of(members: &[Member], years: f64, seed: u64, drawn: Drawn) -> Thresholds {
        let reference = cores::map(members.len(), |at| {
            let draws = turns(at, drawn.reference, members.len());
            let member = members.get(at)?;
            let own_years = honest_years(member, draws, |n| Draw::keyed(seed, &[0, n]));
            let own = |year: &Vec<Readings>| year.last().map(|r| e_value(r, member.window.end));
            let e: Vec<f64> = own_years.iter().filter_map(own).collect();
            Some((own_years, e))
        });
        let (drawn_years, e): (Vec<_>, Vec<_>) = reference.into_iter().flatten().unzip();
        let reference: Vec<Vec<Readings>> = drawn_years.into_iter().flatten().collect();
        Thresholds {
            calibration: Calibration::of(&reference),
            honest_e: mean(&e.concat()).max(1.0),
            maxima: Vec::new(),
            fresh: Vec::new(),
            own: Vec::new(),
            years,
            basis: Basis::Simulated,
            seed,
            drawn,
        }
    }

    /// Rests on the account's own holders where there are enough, else on holders drawn from its members. `statistics` are
    /// the largest ones of the account's holders, one a holder.
    #[must_use]
    pub fn resting_on(mut self, members: &[Member], statistics: &[f64]) -> Thresholds {
        self.own = statistics.to_vec();
        #[allow(clippy::cast_precision_loss, reason = "counts")]
        let enough = statistics.len() as f64 * self.years >= HOLDERS_MIN as f64;
        [self.maxima, self.fresh] = if enough {
            self.basis = Basis::Account;
            // Every other holder, so that neither half knows the other.
            [0, 1].map(|odd| statistics.iter().skip(odd).step_by(2).copied().collect())
        } else {
            self.drawn_holders(members)
        };
        for all in [&mut self.own, &mut self.maxima, &mut self.fresh] {
            all.sort_by(f64::total_cmp);
        }
        self
    }

    /// The largest statistics of honest holder-years to rest on, and of others to check: drawn alike, in turn from every
    /// holder, so that the two differ by chance alone.
    fn drawn_holders(&self, members: &[Member]) -> [Vec<f64>; 2] {
        let holders: Vec<&[Member]> = members.chunk_by(|a, b| a.holder == b.holder).collect();
        let largest = cores::map(holders.len(), |at| {
            let own = holders.get(at).copied().unwrap_or(&[]);
            let draws = || turns(at, self.drawn.holders, holders.len());
            [1, 2].map(|stage| {
                let mut largest = vec![f64::NEG_INFINITY; draws().count()];
                for (member, nth) in own.iter().zip(0..) {
                    let draw = |n| Draw::keyed(self.seed, &[stage, n, nth]);
                    let years = honest_years(member, draws(), draw);
                    for (largest, year) in largest.iter_mut().zip(years) {
                        *largest = largest.max(highest(&self.calibration, &year));
                    }
                }
                largest
            })
        });
        let mut all = [Vec::new(), Vec::new()];
        for own in largest {
            for (all, own) in all.iter_mut().zip(own) {
                all.extend(own);
            }
        }
        all
    }

    /// Holders of the account whose statistic reaches a value.
    #[must_use]
    pub fn own_beyond(&self, at: f64) -> usize {
        self.own.len() - self.own.partition_point(|s| *s < at)
    }

    /// The threshold that the account's own holders alone would give, however few they are.
    #[must_use]
    pub fn own_for_rate(&self, per_1000: f64) -> f64 {
        beyond(&self.own, self.share(per_1000))
    }

    fn share(&self, per_1000: f64) -> f64 {
        (per_1000 / 1000.0 * self.years).clamp(0.0, 1.0)
    }

    /// The e-value of a series after so many periods, over the mean of honest ones.
    #[must_use]
    pub fn e_value(&self, readings: &Readings, periods: usize) -> f64 {
        e_value(readings, periods) / self.honest_e
    }

    /// How readings become a statistic.
    #[must_use]
    pub fn calibration(&self) -> &Calibration {
        &self.calibration
    }

    /// What the thresholds rest on.
    #[must_use]
    pub fn basis(&self) -> Basis {
        self.basis
    }

    /// Honest holder-years that the thresholds rest on.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "counts")]
    pub fn holder_years(&self) -> f64 {
        self.maxima.len() as f64 * self.years
    }

    /// Holder-years of the account itself.
    #[must_use]
    #[allow(clippy::cast_precision_loss, reason = "counts")]
    pub fn own_holder_years(&self) -> f64 {
        self.own.len() as f64 * self.years
    }

    /// The largest statistic of some readings.
    #[must_use]
    pub fn statistic(&self, readings: &[Readings]) -> f64 {
        highest(&self.calibration, readings)
    }

    /// The share of honest holders that reach a statistic during the review, one more counted.
    #[must_use]
    pub fn p(&self, statistic: f64) -> f64 {
        conformal(statistic, &self.maxima)
    }

    /// The threshold of a list of holders with these statistics, of which on average at most a share has no real difference:
    /// conformal p-values, then Benjamini and Hochberg. For one list, fixed in advance.
    #[must_use]
    pub fn for_share(&self, statistics: &[f64], share: f64) -> Threshold {
        let p: Vec<f64> = statistics.iter().map(|s| self.p(*s)).collect();
        let listed = benjamini_hochberg(&p, share);
        let listed = listed.iter().filter_map(|at| statistics.get(*at).copied());
        let at = listed.fold(f64::INFINITY, f64::min);
        let beyond = self.maxima.len() - self.maxima.partition_point(|s| *s < at);
        #[allow(clippy::cast_precision_loss, reason = "counts")]
        let expected = beyond as f64 / self.maxima.len().max(1) as f64;
        self.at(at, expected)
    }

    /// The threshold for at most so many false alarms among 1,000 holder-years, with 95 % confidence.
    #[must_use]
    pub fn for_rate(&self, per_1000: f64) -> Threshold {
        let share = self.share(per_1000);
        self.at(beyond(&self.maxima, share), share)
    }

    /// What a threshold is worth that so large a share of honest holders is said to reach at most.
    fn at(&self, at: f64, share: f64) -> Threshold {
        #[allow(clippy::cast_precision_loss, reason = "counts")]
        let (reached, all) = (
            self.fresh.iter().filter(|s| **s >= at).count() as f64,
            self.fresh.len() as f64,
        );
        Threshold {
            at,
            fresh: reached / all.max(1.0) / self.years * 1000.0,
            holds: reached <= (FRESH_MAX * share * all).max(1.0),
            at_most: upper(&self.maxima, at) / self.years * 1000.0,
        }
    }
}

#[allow(clippy::cast_precision_loss, reason = "a count")]
fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len().max(1) as f64
}

/// Which of `draws` are taken of the one at a place among `all`: in turn, or of evenly spread ones where there are more.
fn turns(at: usize, draws: usize, all: usize) -> impl Iterator<Item = u64> {
    let step = all.max(1);
    let in_turn = (at..draws).step_by(step).filter(move |_| all <= draws);
    let first = (at * draws).div_ceil(step);
    let spread = (first..draws).take(1);
    let spread = spread.filter(move |n| all > draws && n * all / draws == at);
    in_turn.chain(spread).map(|n| n as u64)
}

/// The readings of honest years of a member under review.
fn honest_years(
    member: &Member,
    draws: impl Iterator<Item = u64>,
    draw: impl Fn(u64) -> Draw,
) -> Vec<Vec<Readings>> {
    let mut draws = draws.peekable();
    if draws.peek().is_none() {
        return Vec::new();
    }
    let bank = Bank::of(&member.series);
    let mut series = member.series.clone();
    let year = |n| {
        redraw(&mut series, &mut draw(n));
        bank.readings(&series, member.window.clone())
    };
    draws.map(year).collect()
}

/// The smallest value beyond which, with 95 % confidence, no more than a share of the population lies. Where the values are
/// too few to promise that, it is above all of them, and [`Threshold::at_most`] says what that is worth.
fn beyond(ascending: &[f64], share: f64) -> f64 {
    let n = ascending.len();
    // The confidence falls with every value that lies beyond.
    let (mut fits, mut fails) = (None, n);
    let mut low = 0;
    while low < fails {
        let reached = low + (fails - low) / 2;
        if limit(n, reached) <= share {
            fits = Some(reached);
            low = reached + 1;
        } else {
            fails = reached;
        }
    }
    let last_below = n.checked_sub(fits.unwrap_or(0) + 1);
    let at = last_below.and_then(|at| ascending.get(at));
    at.map_or(f64::INFINITY, |s| s.next_up())
}

/// The share of the population beyond a value that is not exceeded with 95 % confidence: the upper limit of C. J. Clopper,
/// E. S. Pearson, Biometrika 26 (1934), by bisection of the binomial distribution.
fn upper(ascending: &[f64], value: f64) -> f64 {
    let n = ascending.len();
    limit(n, n - ascending.partition_point(|s| *s < value))
}

/// The same where so many of so many lie beyond.
fn limit(n: usize, reached: usize) -> f64 {
    if n == 0 || reached == n {
        return 1.0;
    }
    let (mut low, mut high) = (0.0, 1.0);
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if at_most(n, reached, middle) > 0.05 {
            low = middle;
        } else {
            high = middle;
        }
    }
    high
}

/// P(no more than `reached` of `n`), each with probability p.
#[allow(clippy::cast_precision_loss, reason = "counts")]
fn at_most(n: usize, reached: usize, p: f64) -> f64 {
    let odds = libm::log(p) - libm::log1p(-p);
    let mut log = n as f64 * libm::log1p(-p);
    let mut sum = 0.0;
    for k in 0..=reached {
        sum += libm::exp(log);
        log += odds + libm::log((n - k) as f64) - libm::log((k + 1) as f64);
    }
    sum
}

fn highest(calibration: &Calibration, readings: &[Readings]) -> f64 {
    let all = readings.iter().map(|r| calibration.judge(r).statistic);
    all.fold(f64::NEG_INFINITY, f64::max)
}

#[cfg(test)]
mod tests {
    use weighbridge_accountancy::model::{Applies, Bias, Epochs, Model, Period};
    use weighbridge_accountancy::series::{Series, Tally, Tolerances};

    use super::*;

    #[test]
    fn every_draw_is_taken_once() {
        for (draws, all) in [
            (10, 3),
            (3, 10),
            (7, 7),
            (20_000, 835),
            (10_000, 12_345),
            (5, 0),
        ] {
            let taken: Vec<Vec<u64>> = (0..all).map(|at| turns(at, draws, all).collect()).collect();
            let mut flat: Vec<u64> = taken.iter().flatten().copied().collect();
            flat.sort_unstable();
            let each = if all == 0 { 0 } else { draws as u64 };
            assert_eq!(flat, (0..each).collect::<Vec<_>>(), "{draws} of {all}");
            let counts = taken.iter().map(Vec::len);
            let (least, most) = counts.fold((usize::MAX, 0), |(l, m), n| (l.min(n), m.max(n)));
            assert!(all == 0 || most - least <= 1, "{draws} of {all}");
        }
    }

    /// Three holders with a year each, one with two series.
    fn members() -> Vec<Member> {
        let bias = |applies, sd: f64| Bias {
            applies,
            variance: sd * sd,
        };
        let series = |scale: f64| {
            let period = |t: usize| Period {
                flows: scale * scale,
                closing: 2.0 * scale * scale,
                amounts: vec![100.0 * scale, 300.0 * scale],
                renewed: if t == 8 {
                    Epochs::of(0..2)
                } else {
                    Epochs::NONE
                },
            };
            let model = Model {
                biases: vec![bias(Applies::Flow, 0.002), bias(Applies::Stock, 0.001)],
                opening: 2.0 * scale * scale,
                opening_amounts: vec![0.0, 300.0 * scale],
                periods: (0..12).map(period).collect(),
            };
            Series {
                balances: vec![0.0; 12],
                years: vec![0; 12],
                tolerances: Tolerances::Declared,
                receipts: None,
                issues: None,
                yields: None,
                late: Some(vec![
                    Tally {
                        counted: 0,
                        items: 6
                    };
                    12
                ]),
                mended: None,
                model,
            }
        };
        let of = |(holder, scale)| Member {
            holder: HolderId::at(holder),
            series: series(scale),
            gains: series(scale),
            window: 0..12,
            believed: vec![1.0; 12],
        };
        [(0, 1.0), (1, 5.0), (1, 0.2), (2, 30.0)].map(of).to_vec()
    }

    /// What checks a threshold is drawn like what it rests on: over many seeds the two counts beyond one value differ by
    /// chance, no more and no less, and what was promised holds.
    #[test]
    fn the_check_differs_by_chance_alone() {
        let members = members();
        let drawn = Drawn {
            reference: 600,
            holders: 1_500,
        };
        let (mut dispersion, mut reached, seeds) = (0.0, 0.0, 40);
        for seed in 0..seeds {
            let thresholds = Thresholds::of(&members, 1.0, seed, drawn).resting_on(&members, &[]);
            let threshold = thresholds.for_rate(50.0);
            assert!(threshold.at_most <= 50.0);
            reached += threshold.fresh;
            let beyond = |all: &[f64]| all.iter().filter(|s| **s >= 3.0).count() as f64;
            let (a, b) = (beyond(&thresholds.maxima), beyond(&thresholds.fresh));
            dispersion += (a - b) * (a - b) / (a + b).max(1.0);
        }
        let seeds = seeds as f64;
        // A χ² with one degree of freedom a seed.
        let away = (dispersion - seeds) / (2.0 * seeds).sqrt();
        assert!(away.abs() < 3.0, "{dispersion} of {seeds}");
        assert!(reached / seeds < 50.0, "{}", reached / seeds);
    }

    /// The table of the domain: with confidence 95 %, at most 1 % beyond the r-th largest of n.
    #[test]
    fn the_rth_largest_promises_a_rate() {
        for (n, r) in [(1_000, 5), (2_000, 13), (5_000, 39), (10_000, 84)] {
            let ascending: Vec<f64> = (0..n).map(f64::from).collect();
            // `r` of them lie strictly beyond the value just below the r-th largest; one less at it.
            let largest = |r: usize| ascending[ascending.len() - r];
            assert!(upper(&ascending, largest(r - 1).next_up()) <= 0.01, "{n}");
            assert!(upper(&ascending, largest(r + 1)) > 0.01, "{n}");
        }
    }

    #[test]
    fn no_more_than_the_share_reaches_the_threshold() {
        for (n, r) in [(1_000, 5), (2_000, 13), (5_000, 39), (10_000, 84)] {
            let ascending: Vec<f64> = (0..n).map(f64::from).collect();
            let at = beyond(&ascending, 0.01);
            let reached = ascending.iter().filter(|s| **s >= at).count();
            // The alarm begins just above the r-th largest.
            assert_eq!(reached, r - 1, "{n}");
        }
        // Of a hundred nothing can be promised at 1 %: above all of them.
        let few: Vec<f64> = (0..100).map(f64::from).collect();
        assert_eq!(beyond(&few, 0.01), 99.0f64.next_up());
        assert_eq!(beyond(&[], 0.01), f64::INFINITY);
        assert_eq!(beyond(&[1.0], 1.0), 1.0f64.next_up());
    }
}
