//! What was found of losses that a simulation planted, and what is found today's way on the same data.

use std::collections::{BTreeMap, BTreeSet};

use weighbridge_books::registry::SiteId;
use weighbridge_detection::rules_of_thumb::{percentage, z_test};
use weighbridge_detection::unexplained::{Survey, window};
use weighbridge_detection::visits::{Means, visits};
use weighbridge_detection::{Population, Study};
use weighbridge_measure::SubstanceTable;
use weighbridge_simulate::province::{LossKind, Truth};

/// Visits that are compared.
pub(crate) const VISITS: usize = 20;

/// How well planted losses were found.
#[derive(Clone, PartialEq, Debug, serde::Serialize)]
pub(crate) struct Found {
    /// Losses planted.
    pub(crate) planted: usize,
    /// Their mass, base µg.
    pub(crate) planted_ug: i128,
    /// Losses that no balance can show: goods sent, and booked, to a firm that never reports.
    pub(crate) silent_firms: usize,
    /// Losses whose series is on the list.
    pub(crate) found: usize,
    /// Series on the list without a planted loss.
    pub(crate) false_alarms: usize,
    /// Series that were judged.
    pub(crate) judged: usize,
    /// Mass of the losses at the places of the first visits, base µg, by way of choosing them.
    pub(crate) visits: Vec<(&'static str, i128)>,
}

/// Compares a survey with the truth.
pub(crate) fn found(population: &Population<'_>, survey: &Survey, truth: &Truth) -> Found {
    let losses = losses(population, truth);
    let listed: BTreeSet<u32> = survey.listed().iter().map(|j| j.number).collect();
    let with_loss: BTreeSet<u32> = losses.iter().map(|l| l.series).collect();
    let seen = |l: &&Planted| listed.contains(&l.series);
    let at = |visited: &mut dyn Iterator<Item = SiteId>| {
        let visited: BTreeSet<SiteId> = visited.collect();
        let there = |l: &&Planted| l.sites.iter().any(|s| visited.contains(s));
        losses.iter().filter(there).map(|l| l.ug).sum::<i128>()
    };
    let means = Means {
        visits: VISITS,
        hours: None,
        hours_of: BTreeMap::new(),
        seed: survey.review.seed,
    };
    let ours = visits(population, survey, &means);
    let thumb = |rule: &dyn Fn(&Study) -> f64| at(&mut first(population, survey, rule));
    let by_percentage = |study: &Study| percentage(&study.book, window(study, survey.review.days));
    let by_z = |study: &Study| z_test(&study.as_reported(), window(study, survey.review.days));
    Found {
        planted: losses.len(),
        planted_ug: losses.iter().map(|l| l.ug).sum(),
        silent_firms: losses.iter().filter(|l| l.silent).count(),
        found: losses.iter().filter(seen).count(),
        false_alarms: listed.difference(&with_loss).count(),
        judged: survey.judged.len(),
        visits: vec![
            ("weighbridge", at(&mut ours.iter().map(|v| v.site))),
            ("percentage", thumb(&by_percentage)),
            ("z_test", thumb(&by_z)),
        ],
    }
}

/// A planted loss with its place in the account.
struct Planted {
    series: u32,
    /// Where it can be seen: at its place, and where it went unreported.
    sites: Vec<SiteId>,
    ug: i128,
    silent: bool,
}

fn losses(population: &Population<'_>, truth: &Truth) -> Vec<Planted> {
    let books = population.books();
    let all = truth.losses.iter();
    all.filter_map(|loss| {
        let holder = books.registry.by_code(&loss.holder)?;
        let site = books.registry.find_site(holder, &loss.site)?;
        let substance = SubstanceTable::shipped().by_code(&loss.substance)?;
        let mut series = books.substances.all_series();
        let (series, _) = series.find(|(_, s)| s.site == site && s.substance == substance)?;
        let silent = loss.kind == LossKind::PhantomConsignee;
        let partner = loss.partner.as_deref().filter(|_| silent);
        let partner = partner.and_then(|code| books.registry.holder(books.registry.by_code(code)?));
        let partner = partner.into_iter().flat_map(|p| p.sites.iter().copied());
        Some(Planted {
            series,
            sites: partner.chain([site]).collect(),
            ug: loss.ug,
            silent,
        })
    })
    .collect()
}

/// The sites of the first visits where series are ordered by a rule.
fn first(
    population: &Population<'_>,
    survey: &Survey,
    rule: &dyn Fn(&Study) -> f64,
) -> impl Iterator<Item = SiteId> {
    let mut sites: BTreeMap<SiteId, f64> = BTreeMap::new();
    for judged in &survey.judged {
        let Ok(study) = population.study(judged.number) else {
            continue;
        };
        let of = sites
            .entry(study.book.series.site)
            .or_insert(f64::NEG_INFINITY);
        *of = of.max(rule(&study));
    }
    let mut order: Vec<(SiteId, f64)> = sites.into_iter().collect();
    order.sort_by(|(a, x), (b, y)| y.total_cmp(x).then(a.cmp(b)));
    order.into_iter().take(VISITS).map(|(site, _)| site)
}
