//! The inspection list: the places that find most kilograms for the visits there are, and a tenth of them drawn at random.
//!
//! A visit is to a site and sees all its substances. The random tenth keeps the list honest: it finds what the figures do
//! not show, and with the inclusion probabilities written down it estimates what all visits would have found
//! (D. G. Horvitz, D. J. Thompson, J. Am. Stat. Assoc. 47, 1952).

use std::collections::BTreeMap;

use weighbridge_accountancy::honest::Draw;
use weighbridge_books::registry::SiteId;

use crate::population::{Owed, Population};
use crate::unexplained::{Judged, Survey};

/// One visit in so many is drawn at random.
const RANDOM_ONE_IN: usize = 10;

/// Why a site is on the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// For what it is expected to find.
    Expected,
    /// For what was sent there and never answered by anybody.
    Owed,
    /// Drawn from all others, those that report nothing to judge among them.
    Random,
}

/// A visit.
#[derive(Clone, PartialEq, Debug)]
pub struct Visit {
    /// Where.
    pub site: SiteId,
    /// Why.
    pub reason: Reason,
    /// Probability with which the site came onto the list.
    pub inclusion: f64,
    /// Hours that it takes.
    pub hours: f64,
    /// What orders the list, kg an hour; never shown as a figure of its own.
    pub rank: f64,
    /// Its series, the most valuable first.
    pub series: Vec<Judged>,
    /// What was sent to a holder that has reported nothing.
    pub owed: Option<Owed>,
}

/// What there is to spend.
#[derive(Clone, PartialEq, Debug)]
pub struct Means {
    /// Visits, at most.
    pub visits: usize,
    /// Hours, at most; none where visits alone count.
    pub hours: Option<f64>,
    /// Hours of a visit to a site; one where none are named.
    pub hours_of: BTreeMap<SiteId, f64>,
    /// What the random tenth follows from.
    pub seed: u64,
}

/// The list, in the order in which it is to be worked off: those for what they are expected to find by kilograms an hour,
/// then those drawn at random. Where hours are limited a visit that no longer fits is passed over for the next that does.
#[must_use]
pub fn visits(population: &Population<'_>, survey: &Survey, means: &Means) -> Vec<Visit> {
    let mut all = sites(population, survey, means);
    // Places of one rank by their codes, so that the draw does not hang on what was reported first.
    let registry = &population.books().registry;
    all.sort_by_cached_key(|v| {
        let holder = registry.site_holder(v.site, population.on());
        (population.codes(holder, v.site), v.site)
    });
    all.sort_by(|a, b| b.rank.total_cmp(&a.rank));
    let random = Random::of(&all, means);
    let count = means.visits.min(all.len());
    let mut for_list = means.hours.map(|hours| hours - random.hours);
    let (mut list, mut rest) = (Vec::new(), Vec::new());
    for visit in all {
        // Of a site that reports nothing to judge nothing is expected; it is for the draw.
        let expected = !visit.series.is_empty() || visit.owed.is_some();
        let fits = for_list.is_none_or(|hours| visit.hours <= hours);
        if expected && fits && list.len() + random.visits < count {
            for_list = for_list.map(|hours| hours - visit.hours);
            list.push(visit);
        } else {
            rest.push(visit);
        }
    }
    rest.retain(|v| v.hours <= random.longest);
    list.extend(random.draw(rest, means.seed));
    list
}

/// Every site with a series or with something owed, each with what a visit is worth.
fn sites(population: &Population<'_>, survey: &Survey, means: &Means) -> Vec<Visit> {
    let mut all: BTreeMap<SiteId, Visit> = BTreeMap::new();
    let hours = |site| means.hours_of.get(&site).copied().filter(|h| *h > 0.0);
    let visit = |site| Visit {
        site,
        reason: Reason::Expected,
        inclusion: 1.0,
        hours: hours(site).unwrap_or(1.0),
        rank: 0.0,
        series: Vec::new(),
        owed: None,
    };
    let site_of = |number| Some(population.books().substances.series(number)?.site);
    for judged in &survey.judged {
        if let Some(site) = site_of(judged.number) {
            let visit = all.entry(site).or_insert_with(|| visit(site));
            visit.series.push(judged.clone());
        }
    }
    let silent = survey.silent.iter().map(|(number, _)| *number);
    for site in silent
        .chain(survey.unsettled.iter().copied())
        .filter_map(site_of)
    {
        all.entry(site).or_insert_with(|| visit(site));
    }
    for owed in population.owed() {
        let visit = all.entry(owed.site).or_insert_with(|| visit(owed.site));
        visit.owed = Some(owed);
    }
    for visit in all.values_mut() {
        visit
            .series
            .sort_by(|a, b| b.value.total_cmp(&a.value).then(a.number.cmp(&b.number)));
        // What is owed is a fact, not a statistic: all of it counts.
        let owed = visit.owed.map_or(0.0, |o| o.kg);
        let worth: f64 = visit.series.iter().map(|j| j.value).sum();
        visit.rank = (worth + owed) / visit.hours;
        if visit.owed.is_some() && visit.series.is_empty() {
            visit.reason = Reason::Owed;
        }
    }
    all.into_values().collect()
}

/// The part of the list that is drawn.
struct Random {
    /// How many.
    visits: usize,
    /// Hours that they may take together, whichever are drawn.
    hours: f64,
    /// Hours of the longest that is drawn from.
    longest: f64,
}

impl Random {
    /// A tenth of the visits that there are means for. Their hours are put aside for the longest that can be drawn: who is
    /// drawn is visited, since passing over what takes long would bend the probabilities. A site so large that this would
    /// take more than half of all hours is visited for what is expected there, or not at all.
    #[allow(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "counts, and a quotient cut to one"
    )]
    fn of(all: &[Visit], means: &Means) -> Random {
        let count = means.visits.min(all.len());
        let tenth = |count: usize| (count / RANDOM_ONE_IN).max(usize::from(count > 1));
        let Some(hours) = means.hours else {
            return Random {
                visits: tenth(count),
                hours: 0.0,
                longest: f64::INFINITY,
            };
        };
        let mean = all.iter().map(|v| v.hours).sum::<f64>() / all.len().max(1) as f64;
        let visits = tenth(count.min((hours / mean) as usize));
        let longest = hours / 2.0 / visits.max(1) as f64;
        let mut fit: Vec<f64> = all
            .iter()
            .map(|v| v.hours)
            .filter(|h| *h <= longest)
            .collect();
        fit.sort_by(|a, b| b.total_cmp(a));
        Random {
            visits,
            hours: fit.iter().take(visits).sum(),
            longest,
        }
    }

    /// Draws from sites, which are in no order that says anything of them.
    fn draw(&self, mut from: Vec<Visit>, seed: u64) -> Vec<Visit> {
        from.sort_by_key(|v| v.site);
        let count = self.visits.min(from.len());
        #[allow(clippy::cast_precision_loss, reason = "counts")]
        let inclusion = count as f64 / from.len().max(1) as f64;
        let mut draw = Draw::new(seed);
        let mut drawn = Vec::new();
        for _ in 0..count {
            #[allow(clippy::cast_possible_truncation, reason = "below the length")]
            let at = (draw.bits() % from.len() as u64) as usize;
            let mut visit = from.swap_remove(at);
            visit.reason = Reason::Random;
            visit.inclusion = inclusion;
            drawn.push(visit);
        }
        drawn
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{Row, books, day, end, few_drawn, row};
    use weighbridge_books::Books;

    /// Thirty sites that count, of which the first ones miss more than the next; ten that never count, and one that was sent
    /// goods and has reported nothing.
    fn province(missing: impl Fn(usize) -> usize) -> Books {
        let name = |n: usize| format!("F-{n:02}");
        let mut rows: Vec<Row> = (0..30)
            .flat_map(|n| {
                let last = 500 - missing(n);
                let kg = [500, 500, 500, 500, last, last];
                [0, 1, 2, 3, 4, 5].map(|m| row(&name(n), "stocktake", end(m), kg[m]))
            })
            .collect();
        rows.extend((30..40).map(|n| row(&name(n), "use", end(2), 5)));
        rows.push(row("F-30", "dispatch", end(2), 7).with("N-1", "HT-1"));
        books(&[rows, vec![row("N-1", "use", end(9), 1)]])
    }

    fn means(visits: usize, hours: Option<f64>) -> Means {
        Means {
            visits,
            hours,
            hours_of: BTreeMap::new(),
            seed: 5,
        }
    }

    fn falling(n: usize) -> usize {
        (30 - n) * 3
    }

    #[test]
    fn the_draw_knows_nothing_of_the_figures() {
        let (falls, rises) = (province(falling), province(|n| (n + 1) * 3));
        let list = |books: &Books, means: &Means| {
            let population = Population::of(books, day("2024-06-15"));
            let survey = Survey::of(&population, few_drawn());
            visits(&population, &survey, means)
        };
        let means_of = |seed| Means {
            seed,
            ..means(20, None)
        };
        let first = list(&falls, &means_of(1));
        assert_eq!(first, list(&falls, &means_of(1)));
        let drawn = |list: &[Visit]| -> Vec<SiteId> {
            let random = list.iter().filter(|v| v.reason == Reason::Random);
            random.map(|v| v.site).collect()
        };
        assert_eq!((first.len(), drawn(&first).len()), (20, 2));
        let other = list(&falls, &means_of(2));
        assert_eq!(first[..18], other[..18]);
        assert_ne!(drawn(&first), drawn(&other));
        // Ranks fall, and no site is visited twice.
        assert!(first[..18].windows(2).all(|w| w[0].rank >= w[1].rank));
        let places: std::collections::BTreeSet<SiteId> = first.iter().map(|v| v.site).collect();
        assert_eq!(places.len(), 20);
        // Whoever is not on the list is drawn as often, also where nothing was ever counted.
        let mut times: BTreeMap<SiteId, usize> = BTreeMap::new();
        let population = Population::of(&falls, day("2024-06-15"));
        let survey = Survey::of(&population, few_drawn());
        let seeds = 4_000;
        let mut sum = 0.0;
        for seed in 0..seeds {
            let list = visits(&population, &survey, &means_of(seed));
            for v in list.iter().filter(|v| v.reason == Reason::Random) {
                *times.entry(v.site).or_default() += 1;
                sum += v.inclusion;
            }
        }
        let others = 41 - 18;
        assert_eq!(times.len(), others);
        let expected = 2.0 / others as f64;
        for (site, n) in &times {
            let sd = (expected * (1.0 - expected) * seeds as f64).sqrt();
            assert!(
                (*n as f64 - expected * seeds as f64).abs() < 4.5 * sd,
                "{site:?} {n}"
            );
        }
        // Inclusion probabilities of all who may be drawn sum to the number drawn.
        assert!((sum / seeds as f64 / 2.0 * others as f64 - 2.0).abs() < 1e-9);
        // With the figures the other way round, the same seed draws by the same places in the order of sites.
        let turned = list(&rises, &means_of(1));
        let rest = |list: &[Visit]| -> Vec<SiteId> {
            let listed: Vec<SiteId> = list[..18].iter().map(|v| v.site).collect();
            let population = Population::of(&falls, day("2024-06-15"));
            let all = sites(&population, &survey, &means(0, None));
            all.into_iter()
                .map(|v| v.site)
                .filter(|s| !listed.contains(s))
                .collect()
        };
        let places = |list: &[Visit]| -> Vec<usize> {
            let rest = rest(list);
            drawn(list)
                .iter()
                .map(|s| rest.iter().position(|r| r == s).unwrap())
                .collect()
        };
        assert_eq!(places(&first), places(&turned));
    }

    #[test]
    fn hours_are_kept() {
        let books = province(falling);
        let population = Population::of(&books, day("2024-06-15"));
        let survey = Survey::of(&population, few_drawn());
        let all = sites(&population, &survey, &means(0, None));
        for (hours, long, visits_max) in [
            (20.0, 1.0, 20),
            (20.0, 7.0, 40),
            (60.0, 8.0, 100),
            (7.5, 8.0, 20),
            (1.0, 40.0, 5),
            (0.0, 1.0, 5),
        ] {
            for seed in 0..50 {
                let odd = all.iter().enumerate().filter(|(n, _)| n % 3 == 0);
                let means = Means {
                    hours_of: odd.map(|(_, v)| (v.site, long)).collect(),
                    seed,
                    ..means(visits_max, Some(hours))
                };
                let list = visits(&population, &survey, &means);
                let sum: f64 = list.iter().map(|v| v.hours).sum();
                assert!(sum <= hours, "{hours} {long} {sum}");
                assert!(list.len() <= visits_max);
                if hours >= 20.0 {
                    assert!(list.iter().any(|v| v.reason == Reason::Random));
                    assert!(sum >= hours / 2.0, "{hours} {long} {sum}");
                }
            }
        }
    }

    #[test]
    fn edges() {
        let list = |books: &Books, means: &Means| {
            let population = Population::of(books, day("2024-06-15"));
            let survey = Survey::of(&population, few_drawn());
            visits(&population, &survey, means)
        };
        let empty = Books::default();
        for hours in [None, Some(40.0)] {
            assert_eq!(list(&empty, &means(20, hours)), []);
        }
        let one = books(
            &(0..3)
                .map(|m| vec![row("P", "stocktake", end(m), 9)])
                .collect::<Vec<_>>(),
        );
        assert_eq!(list(&one, &means(0, None)), []);
        for visits in [1, 20] {
            let got = list(&one, &means(visits, Some(8.0)));
            assert_eq!((got.len(), got[0].reason), (1, Reason::Expected));
        }
        // More visits than sites: every site with figures, or with something owed, is on the list or drawn.
        let all = list(&province(falling), &means(500, None));
        let expected = all.iter().filter(|v| v.reason != Reason::Random);
        assert_eq!(expected.count(), 31);
        assert_eq!(all.iter().filter(|v| v.reason == Reason::Owed).count(), 1);
        assert!(
            all.iter()
                .all(|v| v.rank.is_finite() && (0.0..=1.0).contains(&v.inclusion))
        );
    }
}
