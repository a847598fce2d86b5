//! How much is missing and since when: the losses that the innovations of a series fit, and the range of masses that they
//! do not contradict.
//!
//! One stretch at one rate says what is missing most likely. What went at other times, at other rates, is looked for in the
//! periods outside it, with nothing assumed of those within: see [`several`].

use crate::innovations::Whitener;
use crate::matched::STARTS;
use crate::model::Model;

/// Half of the 0.9 quantile of χ² with one degree of freedom: what the log-likelihood may fall short of its largest
/// value within a 90 % interval (S. S. Wilks, Ann. Math. Stat. 9, 1938).
const SHORTFALL: f64 = 1.352_771_727_047_702;

/// Stretches that are told apart, at most.
const STRETCHES_MAX: usize = 4;
/// A further stretch is stated where an honest series shows one less often than once in so many times: the union bound over
/// all stretches, with P(Z > z) ≤ exp(-z²/2) / 2.
const ODDS: f64 = 20.0;
/// How vague the balance of a period is made of which nothing may be assumed, as a multiple of all that was seen in it.
const VAGUE: f64 = 1e3;

/// What the sum of some years of balances may be wrong by, as a share of their amounts.
const ROUNDING: f64 = 1e-13;

/// A loss at a constant rate over some periods, as an estimate.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Loss {
    /// First period with a part of it, from 0.
    pub first: usize,
    /// Last period with a part of it.
    pub last: usize,
    /// The most likely mass, kg. Biased upwards, since the place is chosen: never to be shown without the interval.
    pub kg: f64,
    /// Lower end of the 90 % interval, kg; at least 0.
    pub low: f64,
    /// Upper end of the 90 % interval, kg.
    pub high: f64,
}

/// What speaks for losses of one kilogram a period over one stretch: Σ g x and Σ g².
struct Stretch {
    first: usize,
    last: usize,
    products: f64,
    squares: f64,
}

impl Stretch {
    #[allow(clippy::cast_precision_loss, reason = "periods")]
    fn periods(&self) -> f64 {
        (self.last + 1 - self.first) as f64
    }

    /// The best log-likelihood ratio against no loss, with kg a period; losses are not negative.
    fn best(&self) -> (f64, f64) {
        let rate = (self.products / self.squares).max(0.0);
        (rate * self.products / 2.0, rate)
    }

    /// The lowest and the highest rate with a log-likelihood ratio r P − r² Q / 2 of at least `largest` less the shortfall;
    /// `None` where no loss has it.
    fn rates(&self, largest: f64) -> Option<(f64, f64)> {
        let (own, _) = self.best();
        let centre = self.products / self.squares;
        // The parabola is highest at its centre, losses that are not negative at 0 where that is negative.
        let before = centre.min(0.0);
        let spare = own - largest + SHORTFALL;
        let half = (spare >= 0.0).then(|| (before * before + 2.0 * spare / self.squares).sqrt())?;
        Some(((centre - half).max(0.0), centre + half))
    }
}

/// The most likely loss that began within the last two years, with its interval: every mass that for some stretch has a
/// log-likelihood within 1.353 of the largest. `None` where nothing is missing.
///
/// `standardised` are innovations under the model of `whitener`, `inflation` ≥ 1 the factor by which its standard
/// deviations may be too small. A period without any uncertainty, say without movements and without stock, is passed over:
/// what is missing there is exact, see [`exact`].
#[must_use]
pub fn estimate(whitener: &Whitener, standardised: &[f64], inflation: f64) -> Option<Loss> {
    most_likely(&stretches(whitener, standardised, inflation))
}

/// [`estimate`], and what is missing besides: stretches that do not overlap, the most likely first. Those after the first
/// are stated where honest balances would hardly show them, and each is judged as if nothing were known of the balances
/// within the others, so that no stretch hangs on the rate of another.
///
/// `kg` are the balances under `model`; `inflation` as for [`estimate`].
#[must_use]
pub fn several(model: &Model, kg: &[f64], inflation: f64) -> Vec<Loss> {
    let whitener = Whitener::of(model);
    let Some(first) = estimate(&whitener, &whitener.whiten(kg).standardised, inflation) else {
        return Vec::new();
    };
    let (mut all, mut vague) = (vec![first], model.clone());
    while all.len() < STRETCHES_MAX {
        let Some(last) = all.last() else { break };
        blur(&mut vague, kg, last);
        let whitener = Whitener::of(&vague);
        let mut outside = stretches(&whitener, &whitener.whiten(kg).standardised, inflation);
        outside.retain(|s| all.iter().all(|l| s.last < l.first || l.last < s.first));
        #[allow(clippy::cast_precision_loss, reason = "a few hundred")]
        let needed = libm::log(outside.len() as f64 * ODDS / 2.0);
        let likely = outside.iter().any(|s| s.best().0 >= needed);
        let Some(next) = most_likely(&outside).filter(|_| likely) else {
            break;
        };
        all.push(next);
    }
    all
}

/// Takes what the balances of a stretch say out of a model.
fn blur(model: &mut Model, kg: &[f64], stretch: &Loss) {
    let within = stretch.first..=stretch.last;
    let seen: f64 = kg
        .get(within.clone())
        .unwrap_or(&[])
        .iter()
        .map(|y| y.abs())
        .sum();
    for period in model.periods.get_mut(within).unwrap_or(&mut []) {
        period.flows += (VAGUE * seen) * (VAGUE * seen);
    }
}

fn most_likely(stretches: &[Stretch]) -> Option<Loss> {
    let best = stretches
        .iter()
        .max_by(|a, b| a.best().0.total_cmp(&b.best().0))?;
    let (largest, rate) = best.best();
    if rate <= 0.0 {
        return None;
    }
    let mut interval = (f64::INFINITY, 0.0f64);
    for stretch in stretches {
        let Some((low, high)) = stretch.rates(largest) else {
            continue;
        };
        let n = stretch.periods();
        interval.0 = interval.0.min(n * low);
        interval.1 = interval.1.max(n * high);
    }
    Some(Loss {
        first: best.first,
        last: best.last,
        kg: rate * best.periods(),
        low: interval.0,
        high: interval.1,
    })
}

fn stretches(whitener: &Whitener, standardised: &[f64], inflation: f64) -> Vec<Stretch> {
    let n = standardised.len();
    let oldest = n.saturating_sub(STARTS);
    // Infinite where nothing is uncertain.
    let scaled = |z: f64| if z.is_finite() { z / inflation } else { 0.0 };
    // The signature of a loss that goes on from a period to the end; a stretch is the difference of two.
    let going_on: Vec<Vec<f64>> = (oldest..n)
        .map(|start| {
            let ones = std::iter::repeat_n(1.0, n - start);
            let own = whitener.whiten_from(start, ones).standardised;
            let before = std::iter::repeat_n(0.0, start - oldest);
            before.chain(own).map(scaled).collect()
        })
        .collect();
    let values = standardised.iter().skip(oldest);
    let values: Vec<f64> = values.map(|z| scaled(*z)).collect();
    let never = vec![0.0; n - oldest];
    let mut all = Vec::new();
    for (first, from) in (oldest..n).zip(&going_on) {
        let ends = going_on.iter().skip(first + 1 - oldest);
        for (last, after) in (first..n).zip(ends.chain(std::iter::once(&never))) {
            let (mut products, mut squares) = (0.0, 0.0);
            for ((a, b), x) in from.iter().zip(after).zip(&values) {
                let g = a - b;
                products += g * x;
                squares += g * g;
            }
            let evidence: f64 = products * products / squares;
            if squares > 0.0 && squares.is_finite() && evidence.is_finite() {
                all.push(Stretch {
                    first,
                    last,
                    products,
                    squares,
                });
            }
        }
    }
    all
}

/// The loss of a series without uncertainty: what its balances sum to, from the first that is not 0 to the last.
#[must_use]
pub fn exact(balances: &[f64]) -> Option<Loss> {
    let first = balances.iter().position(|y| *y != 0.0)?;
    let last = balances.iter().rposition(|y| *y != 0.0)?;
    let kg: f64 = balances.iter().sum();
    let rounding = ROUNDING * balances.iter().map(|y| y.abs()).sum::<f64>();
    (kg > rounding).then_some(Loss {
        first,
        last,
        kg,
        low: kg,
        high: kg,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::honest::Draw;
    use crate::model::{Applies, Bias, Epochs, Model, Period};

    fn model(periods: usize) -> Model {
        let bias = |applies, sd: f64| Bias {
            applies,
            variance: sd * sd,
        };
        let period = |t: usize| Period {
            flows: 1.0,
            closing: 2.0,
            amounts: vec![100.0, 300.0],
            renewed: if t == 9 {
                Epochs::of(0..2)
            } else {
                Epochs::NONE
            },
        };
        Model {
            biases: vec![bias(Applies::Flow, 0.002), bias(Applies::Stock, 0.001)],
            opening: 2.0,
            opening_amounts: vec![0.0, 300.0],
            periods: (0..periods).map(period).collect(),
        }
    }

    /// Nine of ten intervals hold the true loss. The stretch is chosen by the data, which costs a little, and the
    /// inflation, which is 1 here, is what makes it good.
    #[test]
    fn intervals_cover() {
        let (model, rounds) = (model(18), 2_000);
        let whitener = Whitener::of(&model);
        for (first, last, rate) in [(6, 17, 3.0), (10, 10, 25.0), (4, 9, 6.0)] {
            let mut draw = Draw::new(7);
            let covered = (0..rounds).filter(|_| {
                let mut balances = draw.normal_balances(&model);
                for y in &mut balances[first..=last] {
                    *y += rate;
                }
                let z = whitener.whiten(&balances).standardised;
                let truth = rate * f64::from(u32::try_from(last + 1 - first).unwrap());
                estimate(&whitener, &z, 1.0).is_some_and(|l| (l.low..=l.high).contains(&truth))
            });
            let share = covered.count() as f64 / f64::from(rounds);
            assert!((0.84..0.97).contains(&share), "{first}..={last}: {share}");
        }
    }

    #[test]
    fn a_large_loss_is_placed() {
        let model = model(18);
        let whitener = Whitener::of(&model);
        let mut balances = vec![0.0; 18];
        for y in &mut balances[5..=8] {
            *y = 40.0;
        }
        let loss = estimate(&whitener, &whitener.whiten(&balances).standardised, 1.15).unwrap();
        assert_eq!((loss.first, loss.last), (5, 8));
        assert!((loss.kg - 160.0).abs() < 1e-9, "{loss:?}");
        assert!(loss.low < 160.0 && 160.0 < loss.high && loss.high - loss.low < 25.0);
        let nothing = whitener.whiten(&[0.0; 18]).standardised;
        assert_eq!(estimate(&whitener, &nothing, 1.0), None);
        assert_eq!(exact(&[0.0, 2.0, 0.0, 1.0]).map(|l| l.kg), Some(3.0));
        assert_eq!(exact(&[1.0, -1.0]), None);
        assert_eq!(exact(&[0.1, 0.2, -0.3]), None);
    }

    /// What goes at other times and rates is stated besides; what is even is not cut up, and honest years show nothing
    /// further more often than once in twenty times.
    #[test]
    fn what_went_at_other_times_is_stated_too() {
        let model = model(18);
        let with = |lost: &[(usize, f64)], draw: &mut Draw| {
            let mut balances = draw.normal_balances(&model);
            lost.iter().for_each(|(t, kg)| balances[*t] += kg);
            several(&model, &balances, 1.0)
        };
        let mut draw = Draw::new(11);
        let even: Vec<(usize, f64)> = (5..12).map(|t| (t, 30.0)).collect();
        let trickle: Vec<(usize, f64)> = (9..18).map(|t| (t, 15.0)).collect();
        let then: Vec<(usize, f64)> = trickle.iter().copied().chain([(8, 4_000.0)]).collect();
        let rounds = 400;
        let (mut cut_up, mut found, mut held) = (0, 0, 0);
        for _ in 0..rounds {
            cut_up += usize::from(with(&even, &mut draw).len() > 1);
            let all = with(&then, &mut draw);
            assert!((all[0].kg - 4_000.0).abs() < 100.0, "{all:?}");
            for further in &all[1..] {
                assert!(
                    all.iter()
                        .filter(|l| l.first <= further.last && further.first <= l.last)
                        .count()
                        == 1
                );
            }
            found += usize::from(all.len() == 2);
            held += usize::from(all.len() == 2 && (all[1].low..=all[1].high).contains(&135.0));
        }
        assert!(cut_up < rounds / 20, "{cut_up}");
        assert!(found > rounds * 8 / 10, "{found}");
        assert!(held > found * 8 / 10, "{held} of {found}");
    }

    /// A month in which nothing is held or moved hides nothing of the months around it.
    #[test]
    fn an_empty_month_is_passed_over() {
        let mut model = model(18);
        model.periods[10].closing = 0.0;
        model.periods[11] = Period {
            flows: 0.0,
            closing: 0.0,
            amounts: vec![0.0, 0.0],
            renewed: Epochs::NONE,
        };
        model.periods[10].amounts[1] = 0.0;
        let whitener = Whitener::of(&model);
        for places in [5..=8, 13..=16] {
            let mut balances = vec![0.0; 18];
            for y in &mut balances[places.clone()] {
                *y = 40.0;
            }
            let z = whitener.whiten(&balances).standardised;
            let loss = estimate(&whitener, &z, 1.15).unwrap();
            assert_eq!((loss.first, loss.last), (*places.start(), *places.end()));
            assert!((loss.kg - 160.0).abs() < 1e-9, "{loss:?}");
        }
    }

    /// The interval is every mass within the shortfall: found by trying rates one by one.
    #[test]
    fn the_interval_is_what_the_likelihood_allows() {
        let model = model(18);
        let whitener = Whitener::of(&model);
        let mut draw = Draw::new(5);
        for rate in [0.0, 0.5, 2.0] {
            let mut balances = draw.normal_balances(&model);
            balances[9..].iter_mut().for_each(|y| *y += rate);
            let z = whitener.whiten(&balances).standardised;
            let stretches = stretches(&whitener, &z, 1.0);
            let ratio = |s: &Stretch, r: f64| r * s.products - r * r * s.squares / 2.0;
            let rates: Vec<f64> = (0..4_000).map(|i| f64::from(i) * 0.01).collect();
            let all = || {
                stretches
                    .iter()
                    .flat_map(|s| rates.iter().map(move |r| (s, *r)))
            };
            let largest = all().map(|(s, r)| ratio(s, r)).fold(f64::MIN, f64::max);
            let within = all().filter(|(s, r)| ratio(s, *r) >= largest - SHORTFALL);
            let masses: Vec<f64> = within.map(|(s, r)| r * s.periods()).collect();
            let low = masses.iter().copied().fold(f64::MAX, f64::min);
            let high = masses.iter().copied().fold(f64::MIN, f64::max);
            let loss = estimate(&whitener, &z, 1.0).unwrap();
            assert!(
                (loss.low - low).abs() < 0.3 && (loss.high - high).abs() < 0.3,
                "{loss:?} {low} {high}"
            );
        }
    }
}
