//! The inspection list: the places that find most kilograms for the visits there are, and a tenth of them drawn at random.
//!
//! A visit is to a site and sees all its substances. The random tenth keeps the list honest: it finds what the figures do
//! not show, and with the inclusion probabilities written down it estimates what all visits would have found
//! (D. G. Horvitz, D. J. Thompson, J. Am. Stat. Assoc. 47, 1952).

use std::collections::BTreeMap;

use weighbridge_accountancy::honest::Draw;
use weighbridge_books::registry::SiteId;

use crate::population::Population;
use crate::unexplained::{Judged, Survey};

/// One visit in so many is drawn at random.
const RANDOM_ONE_IN: usize = 10;

/// Why a site is on the list.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Reason {
    /// For what it is expected to find.
    Expected,
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
}

/// The list, in the order in which it is to be worked off.
#[must_use]
pub fn visits(
    population: &Population<'_>,
    survey: &Survey,
    count: usize,
    hours: &BTreeMap<SiteId, f64>,
    seed: u64,
) -> Vec<Visit> {
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
            let hours = hours.get(&site).copied().unwrap_or(1.0);
            let worth: f64 = series.iter().map(|j| j.value).sum();
            Visit {
                site,
                reason: Reason::Expected,
                inclusion: 1.0,
                hours,
                rank: worth / hours,
                series,
            }
        })
        .collect();
    all.sort_by(|a, b| b.rank.total_cmp(&a.rank).then(a.site.cmp(&b.site)));
    let drawn = (count / RANDOM_ONE_IN).max(usize::from(count > 1));
    let mut rest = all.split_off((count - drawn.min(count)).min(all.len()));
    let drawn = drawn.min(rest.len());
    #[allow(clippy::cast_precision_loss, reason = "counts")]
    let inclusion = drawn as f64 / rest.len().max(1) as f64;
    let mut draw = Draw::new(seed);
    for _ in 0..drawn {
        #[allow(clippy::cast_possible_truncation, reason = "below the length")]
        let at = (draw.bits() % rest.len() as u64) as usize;
        let mut visit = rest.swap_remove(at);
        visit.reason = Reason::Random;
        visit.inclusion = inclusion;
        all.push(visit);
    }
    all
}
