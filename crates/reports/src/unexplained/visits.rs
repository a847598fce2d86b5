//! The inspection list with its reasons.

use serde::Serialize;
use weighbridge_books::Books;
use weighbridge_detection::population::Population;
use weighbridge_detection::unexplained::{Evidence, Judged, Survey};
use weighbridge_detection::visits::{Reason, Visit};
use weighbridge_measure::Date;

use super::{Calibrated, Entry, text};
use crate::check::{holder_code, site_code};
use crate::locale::Texts;
use crate::sources::Sources;
use crate::terminal::clean;

/// Version of the JSON object; grows when a field changes its meaning or goes away, not when one is added.
pub const SCHEMA: &str = "weighbridge-inspect/1";
/// Series of a site that are told.
const SERIES_TOLD: usize = 3;

/// A list of visits.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Inspection {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The day.
    #[serde(serialize_with = "crate::check::date")]
    pub as_of: Date,
    /// What the statistics rest on.
    pub calibration: Calibrated,
    /// What the random part followed from.
    pub seed: u64,
    /// The visits, in their order.
    pub visits: Vec<VisitItem>,
}

/// A visit.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct VisitItem {
    /// Place on the list, from 1.
    pub place: usize,
    /// Code of who answers for the site.
    pub holder: String,
    /// Code of the site.
    pub site: String,
    /// Its area.
    pub area: String,
    /// `expected` or `random`.
    pub reason: &'static str,
    /// Probability with which the site came onto the list.
    pub inclusion: f64,
    /// Hours that it takes.
    pub hours: f64,
    /// What others sent there, where the holder has reported nothing at all.
    pub owed: Option<OwedItem>,
    /// What there is to say of its series, the most valuable first; nothing of those drawn at random.
    pub entries: Vec<Entry>,
}

/// Dispatches that nobody answered.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct OwedItem {
    /// How many.
    pub dispatches: usize,
    /// kg.
    pub kg: f64,
    /// First day.
    #[serde(serialize_with = "crate::check::date")]
    pub from: Date,
    /// Last day.
    #[serde(serialize_with = "crate::check::date")]
    pub to: Date,
}

impl Inspection {
    /// Says why each visit is on the list.
    #[must_use]
    pub fn build(
        population: &Population<'_>,
        survey: &Survey,
        visits: &[Visit],
        seed: u64,
        sources: &dyn Sources,
    ) -> Inspection {
        let told: Vec<Vec<u32>> = visits.iter().map(|v| told(v, survey)).collect();
        let evidence = Evidence::of_all(population, survey, &told.concat());
        let mut evidence = evidence.into_iter().peekable();
        let items = (1..).zip(visits).zip(told).map(|((place, visit), told)| {
            let own = told
                .iter()
                .filter_map(|number| evidence.next_if(|e| e.study.book.number == *number));
            let books = population.books();
            let own = own.map(|e| Entry::build(books, survey, &e, sources));
            item(place, visit, own.collect(), population, survey)
        });
        Inspection {
            schema: SCHEMA,
            as_of: survey.on,
            calibration: Calibrated::of(survey),
            seed,
            visits: items.collect(),
        }
    }
}

/// The series that are told: those beyond the threshold, or else the one for which the place is on the list.
fn told(visit: &Visit, survey: &Survey) -> Vec<u32> {
    let expected = visit
        .series
        .iter()
        .filter(|_| visit.reason == Reason::Expected);
    let beyond = |j: &&Judged| j.statistic >= survey.threshold.at;
    let told: Vec<&Judged> = match expected.clone().any(|j| beyond(&j)) {
        true => expected.filter(beyond).take(SERIES_TOLD).collect(),
        false => expected.take(1).collect(),
    };
    told.into_iter().map(|j| j.number).collect()
}

fn item(
    place: usize,
    visit: &Visit,
    entries: Vec<Entry>,
    population: &Population<'_>,
    survey: &Survey,
) -> VisitItem {
    let books: &Books = population.books();
    let site = books.registry.site(visit.site);
    let holder = books.registry.site_holder(visit.site, survey.on);
    VisitItem {
        place,
        holder: holder.map(|h| holder_code(books, h)).unwrap_or_default(),
        site: site_code(books, visit.site),
        area: site.map(|s| s.area.clone()).unwrap_or_default(),
        reason: match visit.reason {
            Reason::Expected => "expected",
            Reason::Owed => "owed",
            Reason::Random => "random",
        },
        inclusion: visit.inclusion,
        hours: visit.hours,
        owed: visit.owed.map(|o| OwedItem {
            dispatches: o.dispatches,
            kg: o.kg,
            from: o.days.0,
            to: o.days.1,
        }),
        entries,
    }
}

/// A visit in sentences.
#[must_use]
pub fn visit(v: &VisitItem, texts: &Texts) -> String {
    let parts = [&v.holder, &v.site, &v.area].into_iter();
    let parts: Vec<&str> = parts
        .map(String::as_str)
        .filter(|p| !p.is_empty())
        .collect();
    let args = [
        ("place", v.place.into()),
        ("where", parts.join(" · ").into()),
        ("hours", format!("{}", v.hours).into()),
    ];
    let mut out = clean(&texts.say("inspect-visit", &args));
    out.push('\n');
    let mut say = |text: String| {
        out.push_str("   ");
        out.push_str(&clean(&text));
        out.push('\n');
    };
    if v.reason == "random" {
        let inclusion = format!("{:.4}", v.inclusion);
        say(texts.say("inspect-random", &[("inclusion", inclusion.into())]));
    }
    if let Some(o) = &v.owed {
        let args = [
            ("n", o.dispatches.into()),
            ("kg", text::kg(o.kg, o.kg / 1e3).into()),
            ("from", o.from.to_string().into()),
            ("to", o.to.to_string().into()),
        ];
        say(texts.say("inspect-owed", &args));
    }
    for e in &v.entries {
        say(text::reason(e, texts));
    }
    out
}
