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
    /// Drawn from all others.
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
    let mut sites: BTreeMap<SiteId, Vec<Judged>> = BTreeMap::new();
    for judged in &survey.judged {
        if let Some(series) = population.books().substances.series(judged.number) {
            sites.entry(series.site).or_default().push(judged.clone());
        }
    }
    let mut all: Vec<Visit> = sites
        .into_iter()
        .map(|(site, mut series)| {
            series.sort_by(|a, b| b.value.total_cmp(&a.value).then(a.number.cmp(&b.number)));
            let hours = means.hours_of.get(&site).copied().unwrap_or(1.0);
            let worth: f64 = series.iter().map(|j| j.value).sum();
            Visit {
                site,
                reason: Reason::Expected,
                inclusion: 1.0,
                hours,
                rank: worth / hours,
                series,
                owed: None,
            }
        })
        .collect();
    // A fact, not a statistic: all of it counts.
    all.extend(population.owed().into_iter().map(|owed| {
        let hours = means.hours_of.get(&owed.site).copied().unwrap_or(1.0);
        Visit {
            site: owed.site,
            reason: Reason::Owed,
            inclusion: 1.0,
            hours,
            rank: owed.kg / hours,
            series: Vec::new(),
            owed: Some(owed),
        }
    }));
    all.sort_by(|a, b| b.rank.total_cmp(&a.rank).then(a.site.cmp(&b.site)));
    let count = means.visits.min(all.len());
    let drawn = (count / RANDOM_ONE_IN).max(usize::from(count > 1));
    #[allow(clippy::cast_precision_loss, reason = "counts")]
    let mut for_list =
        means.hours.unwrap_or(f64::INFINITY) * (1.0 - drawn as f64 / count.max(1) as f64);
    let (mut list, mut rest) = (Vec::new(), Vec::new());
    for visit in all {
        if list.len() + drawn < count && visit.hours <= for_list {
            for_list -= visit.hours;
            list.push(visit);
        } else {
            rest.push(visit);
        }
    }
    let drawn = drawn.min(rest.len());
    #[allow(clippy::cast_precision_loss, reason = "counts")]
    let inclusion = drawn as f64 / rest.len().max(1) as f64;
    // By site, so that the draw does not depend on what the figures say.
    rest.sort_by_key(|v| v.site);
    let mut draw = Draw::new(means.seed);
    for _ in 0..drawn {
        #[allow(clippy::cast_possible_truncation, reason = "below the length")]
        let at = (draw.bits() % rest.len() as u64) as usize;
        let mut visit = rest.swap_remove(at);
        visit.reason = Reason::Random;
        visit.inclusion = inclusion;
        // A drawn site is visited whatever it takes: passing it over would bend the probabilities.
        list.push(visit);
    }
    list
}
