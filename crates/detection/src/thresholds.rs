//! How high a statistic must be: so high that of a thousand honest holders no more than so many reach it in a year.
//!
//! The statistic of a holder is the largest of its series. What a reading is worth comes from honest years drawn from the
//! account's own error models; how often honest holders reach a statistic comes from the account itself where it has a
//! thousand holder-years, and from further drawn years until then. A holder is never judged against itself.

use weighbridge_accountancy::calibration::Calibration;
use weighbridge_accountancy::channel::{Readings, readings};
use weighbridge_accountancy::honest::{Draw, honest};
use weighbridge_accountancy::lists::{benjamini_hochberg, conformal};
use weighbridge_accountancy::series::Series;
use weighbridge_books::registry::HolderId;

use crate::cores;

/// Series-years from which readings are made surprises.
const REFERENCE: usize = 4_000;
/// Holder-years that a drawn threshold rests on, and as many that check it.
const HOLDERS: usize = 3_000;
/// Holder-years of an account below which its own are too few.
pub const HOLDERS_MIN: usize = 1_000;
/// Standard deviations of the count that are taken for chance.
const CHANCE: f64 = 3.0;
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
    /// Largest statistics of honest holders, ascending.
    maxima: Vec<f64>,
    /// The same of others, to check.
    fresh: Vec<f64>,
    /// Length of the review, years.
    years: f64,
    basis: Basis,
    /// Largest statistics of the account's own holders, ascending.
    own: Vec<f64>,
}

/// A threshold with what it is worth.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Threshold {
    /// Alarm from this statistic on.
    pub at: f64,
    /// Alarms among 1,000 fresh honest holder-years.
    pub fresh: f64,
    /// Whether the fresh ones alarm no more often than chance and a fifth allow.
    pub holds: bool,
    /// The share of honest holder-years that is not exceeded with 95 % confidence, per 1,000.
    pub at_most: f64,
}

impl Thresholds {
    /// From the members of an account, those of one holder side by side. `years` is the length of the review.
    #[must_use]
    pub fn of(members: &[Member], years: f64, seed: u64) -> Thresholds {
        let holders: Vec<&[Member]> = members.chunk_by(|a, b| a.holder == b.holder).collect();
        let drawn = cores::map(if members.is_empty() { 0 } else { REFERENCE }, |n| {
            let member = members.get(spread(n, REFERENCE, members.len()))?;
            Some(drawn(member, seed, 0, n))
        });
        let drawn: Vec<Vec<Readings>> = drawn.into_iter().flatten().collect();
        let calibration = Calibration::of(&drawn);
        let largest = |stage: u64, n: usize| {
            let own = holders
                .get(spread(n, HOLDERS, holders.len()))
                .copied()
                .unwrap_or(&[]);
            let years = own.iter().zip(0..).map(|(member, at)| {
                let year = drawn_at(member, seed, stage, n, at);
                highest(&calibration, &year)
            });
            years.fold(f64::NEG_INFINITY, f64::max)
        };
        let ascending = |stage| {
            let count = if holders.is_empty() { 0 } else { HOLDERS };
            let mut all = cores::map(count, |n| largest(stage, n));
            all.sort_by(f64::total_cmp);
            all
        };
        Thresholds {
            maxima: ascending(1),
            fresh: ascending(2),
            own: Vec::new(),
            calibration,
            years,
            basis: Basis::Simulated,
        }
    }

    /// The same with the statistics of the account's own holders in place of drawn ones, where there are enough.
    /// `statistics` are the largest ones, one a holder.
    #[must_use]
    pub fn resting_on(mut self, statistics: &[f64]) -> Thresholds {
        self.own = statistics.to_vec();
        self.own.sort_by(f64::total_cmp);
        #[allow(clippy::cast_precision_loss, reason = "a count")]
        let holder_years = statistics.len() as f64 * self.years;
        #[allow(clippy::cast_precision_loss, reason = "a count")]
        let enough = holder_years >= HOLDERS_MIN as f64;
        if enough {
            // Every other holder, so that neither half knows the other.
            let half = |odd: usize| {
                let own = statistics
                    .iter()
                    .enumerate()
                    .filter(move |(n, _)| n % 2 == odd);
                let mut own: Vec<f64> = own.map(|(_, s)| *s).collect();
                own.sort_by(f64::total_cmp);
                own
            };
            self.maxima = half(0);
            self.fresh = half(1);
            self.basis = Basis::Account;
        }
        self
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
        self.at(listed.fold(f64::INFINITY, f64::min))
    }

    /// The threshold for at most so many false alarms among 1,000 holder-years, with 95 % confidence.
    #[must_use]
    pub fn for_rate(&self, per_1000: f64) -> Threshold {
        self.at(beyond(&self.maxima, self.share(per_1000)))
    }

    /// What a threshold is worth.
    fn at(&self, at: f64) -> Threshold {
        #[allow(clippy::cast_precision_loss, reason = "counts")]
        let (reached, all, others) = (
            self.fresh.iter().filter(|s| **s >= at).count() as f64,
            self.fresh.len() as f64,
            self.maxima.len() as f64,
        );
        #[allow(clippy::cast_precision_loss, reason = "counts")]
        let beyond = self.maxima.iter().filter(|s| **s >= at).count() as f64;
        let expected = beyond / others.max(1.0) * all;
        // The threshold itself scatters as much as the count beyond it.
        let chance = CHANCE * (expected * (1.0 + all / others.max(1.0))).sqrt();
        Threshold {
            at,
            fresh: reached / all.max(1.0) / self.years * 1000.0,
            holds: reached <= (FRESH_MAX * expected).max(expected + chance),
            at_most: upper(&self.maxima, at) / self.years * 1000.0,
        }
    }
}

/// Which of `all` is the n-th of `count` that are drawn on: each in turn, or evenly spread where there are more.
fn spread(n: usize, count: usize, all: usize) -> usize {
    if all > count {
        n * all / count
    } else {
        n % all.max(1)
    }
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

fn drawn(member: &Member, seed: u64, stage: u64, n: usize) -> Vec<Readings> {
    drawn_at(member, seed, stage, n, 0)
}

/// The readings of an honest year of a member.
fn drawn_at(member: &Member, seed: u64, stage: u64, n: usize, at: u64) -> Vec<Readings> {
    let mut mix = Draw::new(seed ^ (stage << 56) ^ (at << 40) ^ n as u64);
    let mut draw = Draw::new(mix.bits());
    let all = readings(&honest(&member.series, &mut draw));
    all.get(member.window.clone()).unwrap_or(&[]).to_vec()
}

#[cfg(test)]
mod tests {
    use super::*;

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
