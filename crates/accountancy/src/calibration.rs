//! From readings to one statistic with a known rate of false alarms.
//!
//! Every reading becomes a surprise, −log p, where p is the share of honest holder-years in which the channel read as much.
//! Surprises of one family, which look at the same records, are added as evidence and made a surprise of their own again, so
//! that a family pays once for all its tests; families are then weighed against each other. The weights of the families sum
//! to 1, so that the smallest weighted p is valid under any dependence (weighted Bonferroni); the sum used here is never
//! smaller than that and is calibrated as a whole against holder-years that the references have not seen.

use crate::channel::{Channel, Family, Readings};
use crate::detector::{log_mean_exp, log_sum_exp};

/// Share of the reference beyond which its tail is taken to be exponential.
const TAIL_SHARE: f64 = 0.005;
/// The least mean excess of a tail: that of the steepest channel, the standardised sum, is 0.35. Counts of few items end in
/// equal values, beyond which nothing would be too surprising to be said.
const EXCESS_MIN: f64 = 0.25;

/// How often honest holder-years reach a value.
#[derive(Clone, PartialEq, Debug)]
pub struct Reference {
    /// Yearly maxima, ascending.
    maxima: Vec<f64>,
    /// −log of the share that reaches a value which so many do not.
    surprises: Vec<f64>,
    /// Where the exponential tail begins.
    begins: f64,
    /// Mean excess of the tail.
    excess: f64,
}

impl Reference {
    /// Of the yearly maxima of honest holders. NaN counts as −∞.
    #[must_use]
    pub fn of(maxima: impl IntoIterator<Item = f64>) -> Reference {
        let number = |x: f64| if x.is_nan() { f64::NEG_INFINITY } else { x };
        let mut maxima: Vec<f64> = maxima.into_iter().map(number).collect();
        maxima.sort_by(f64::total_cmp);
        let at = share(maxima.len(), 1.0 - TAIL_SHARE);
        let begins = maxima.get(at).copied();
        // Where nearly all are silent there is no tail to go by: what few say is counted, and nothing beyond it.
        let begins = begins.filter(|x| *x > f64::NEG_INFINITY);
        let begins = begins.unwrap_or(f64::INFINITY);
        let beyond: Vec<f64> = maxima
            .iter()
            .filter(|x| **x > begins && x.is_finite())
            .map(|x| x - begins)
            .collect();
        let excess = beyond.iter().sum::<f64>() / count(beyond.len().max(1));
        let of_all = libm::log(count(1 + maxima.len()));
        let surprise = |below: usize| of_all - libm::log(count(1 + maxima.len() - below));
        Reference {
            surprises: (0..=maxima.len()).map(surprise).collect(),
            maxima,
            begins,
            excess: excess.max(EXCESS_MIN),
        }
    }

    /// Number of holder-years.
    #[must_use]
    pub fn len(&self) -> usize {
        self.maxima.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.maxima.is_empty()
    }

    /// −log of the share of holder-years that reach a value, each counted once more for this one.
    #[must_use]
    pub fn surprise(&self, value: f64) -> f64 {
        let reached_before = self.maxima.last().is_some_and(|x| *x >= value);
        if value > self.begins && (value.is_finite() || !reached_before) {
            return -libm::log(TAIL_SHARE) + (value - self.begins) / self.excess;
        }
        // Most channels are silent most of the time.
        let below = match self.maxima.first() {
            Some(least) if *least < value => self.maxima.partition_point(|x| *x < value),
            _ => 0,
        };
        self.surprises.get(below).copied().unwrap_or(0.0)
    }

    /// The value that a share of holder-years passes.
    #[must_use]
    pub fn passed_by(&self, rate: f64) -> f64 {
        let at = share(self.maxima.len(), 1.0 - rate);
        self.maxima.get(at).copied().unwrap_or(f64::INFINITY)
    }
}

#[allow(clippy::cast_precision_loss, reason = "counts far below 2⁵³")]
fn count(n: usize) -> f64 {
    n as f64
}

/// ⌊share · n⌋.
#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a share of a count is a count"
)]
fn share(n: usize, share: f64) -> usize {
    (count(n) * share) as usize
}

/// References of channels and families.
#[derive(Clone, PartialEq, Debug)]
pub struct Calibration {
    channels: [Reference; Channel::COUNT],
    families: [Reference; Family::COUNT],
}

/// What a statistic is made of.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Verdict {
    /// The alarm statistic: a surprise.
    pub statistic: f64,
    /// What each family brought, surprise plus log of its weight.
    pub families: [f64; Family::COUNT],
}

impl Verdict {
    /// Share of each family in the statistic.
    #[must_use]
    pub fn shares(&self) -> [f64; Family::COUNT] {
        self.families.map(|f| libm::exp(f - self.statistic))
    }
}

impl Calibration {
    /// From the settled years of honest holders, each the readings of its periods.
    #[must_use]
    pub fn of<Y: AsRef<[Readings]>>(years: &[Y]) -> Calibration {
        let largest = |year: &Y, of: &dyn Fn(&Readings) -> f64| {
            let values = year.as_ref().iter().map(of);
            values.fold(f64::NEG_INFINITY, f64::max)
        };
        let channels = std::array::from_fn(|c| {
            let reading = move |r: &Readings| r.get(c).copied().unwrap_or(f64::NEG_INFINITY);
            Reference::of(years.iter().map(|y| largest(y, &reading)))
        });
        let families = Family::ALL.map(|family| {
            let evidence = |r: &Readings| evidence(&channels, family, r);
            Reference::of(years.iter().map(|y| largest(y, &evidence)))
        });
        Calibration { channels, families }
    }

    /// The statistic of one period's readings.
    #[must_use]
    pub fn judge(&self, readings: &Readings) -> Verdict {
        let mut families = [0.0; Family::COUNT];
        let stated = families.iter_mut().zip(Family::ALL).zip(&self.families);
        for ((slot, family), reference) in stated {
            let surprise = reference.surprise(evidence(&self.channels, family, readings));
            *slot = surprise + libm::log(family.weight());
        }
        Verdict {
            statistic: log_sum_exp(&families),
            families,
        }
    }

    /// Number of holder-years that it rests on.
    #[must_use]
    pub fn holder_years(&self) -> usize {
        self.families.first().map_or(0, Reference::len)
    }
}

/// The evidence of a family: log of the mean of 1/p over its channels.
fn evidence(references: &[Reference; Channel::COUNT], family: Family, readings: &Readings) -> f64 {
    let all = Channel::ALL.into_iter().zip(references).zip(readings);
    let own = all.filter(|((channel, _), _)| channel.family() == family);
    let (mut surprises, mut heard) = ([0.0; Channel::COUNT], 0);
    for (slot, ((_, reference), value)) in surprises.iter_mut().zip(own) {
        *slot = reference.surprise(*value);
        heard += 1;
    }
    log_mean_exp(surprises.get(..heard).unwrap_or(&[]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn surprise_is_the_log_of_the_share_that_reaches() {
        let reference = Reference::of((1..=999).map(f64::from));
        for (value, p) in [(1.0, 1.0), (500.0, 501.0 / 1000.0), (990.5, 10.0 / 1000.0)] {
            let want: f64 = -f64::ln(p);
            assert!((reference.surprise(value) - want).abs() < 1e-12, "{value}");
        }
        // The tail begins at the 995th of 999, beyond which the mean excess is 2.5.
        assert!((reference.surprise(1000.0) - (-f64::ln(0.005) + 5.0 / 2.5)).abs() < 1e-12);
        assert_eq!(reference.surprise(f64::NEG_INFINITY), 0.0);
        assert_eq!(Reference::of([]).surprise(3.0), 0.0);
        assert_eq!(reference.passed_by(0.01), 990.0);
    }

    /// A channel that speaks for one holder in a thousand is as surprising as that, not infinitely so.
    #[test]
    fn what_is_rarely_heard_is_counted() {
        let silent = std::iter::repeat_n(f64::NEG_INFINITY, 999);
        let reference = Reference::of(silent.chain([2.0]));
        for (value, reached) in [(f64::NEG_INFINITY, 1000), (1.0, 1), (2.0, 1), (3.0, 0)] {
            let want = f64::ln(1001.0 / f64::from(1 + reached));
            assert!((reference.surprise(value) - want).abs() < 1e-12, "{value}");
        }
        // A count that misses something, where honest ones never do and where one did.
        let never = Reference::of((0..1000).map(f64::from));
        assert_eq!(never.surprise(f64::INFINITY), f64::INFINITY);
        let once = Reference::of((1..1000).map(f64::from).chain([f64::INFINITY]));
        assert!((once.surprise(f64::INFINITY) - f64::ln(1001.0 / 2.0)).abs() < 1e-12);
        assert!(once.surprise(1e6).is_finite());
    }

    #[test]
    fn shares_of_families_sum_to_one() {
        let years: Vec<Vec<Readings>> = (0..500)
            .map(|h| vec![[f64::from(h % 97); Channel::COUNT]; 12])
            .collect();
        let calibration = Calibration::of(&years);
        let mut readings = [10.0; Channel::COUNT];
        readings[Channel::Yield as usize] = 96.5;
        let verdict = calibration.judge(&readings);
        assert!((verdict.shares().iter().sum::<f64>() - 1.0).abs() < 1e-12);
        let largest = verdict.families.iter().copied().fold(f64::MIN, f64::max);
        assert_eq!(verdict.families[Family::Yield as usize], largest);
        assert_eq!(calibration.holder_years(), 500);
        let weights: f64 = Family::ALL.into_iter().map(Family::weight).sum();
        assert!((weights - 1.0).abs() < 1e-12);
    }
}
