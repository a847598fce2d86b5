//! What the balances of an account leave unexplained: one object, the same for programs (JSON) and for the sentences made
//! of it.
//!
//! Absent: guilt, and any probability of it. Both ends of a difference are named alike.

mod calibration;
mod drawn;
mod text;
pub mod visits;

pub use calibration::{Calibrated, Rates};
pub use drawn::Drawn;
pub(crate) use drawn::figure;

pub use text::{count, entry, gains, head, list, nothing_of, periods, silent};
pub(crate) use text::{gains_are, gains_list, kilograms, place, rounded, sentences};
pub use visits::Inspection;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;
use weighbridge_accountancy::Family;
use weighbridge_accountancy::loss::Loss;
use weighbridge_books::Books;
use weighbridge_books::registry::HolderId;
use weighbridge_books::substances::line::LineNo;
use weighbridge_detection::artefacts::{Artefact, Outcome, Tried};
use weighbridge_detection::book::{Role, Silent};
use weighbridge_detection::population::Population;
use weighbridge_detection::study::Source;
use weighbridge_detection::unexplained::{Evidence, Missing, Survey};
use weighbridge_measure::Date;

use crate::check::{date, holder_code, optional_date, site_code, substance_code};
use crate::sources::{RowRef, Sources};

/// Version of the JSON object; grows when a field changes its meaning or goes away, not when one is added.
pub const SCHEMA: &str = "weighbridge-unexplained/1";
/// Rows named behind an entry.
const ROWS_NAMED: usize = 5;
/// Other parties named.
const ENDS_NAMED: usize = 3;

/// What an account leaves unexplained on a day.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Unexplained {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The day.
    #[serde(serialize_with = "date")]
    pub as_of: Date,
    /// Days that were looked at, back from the last settled stocktake of each series.
    pub review_days: i32,
    /// What the list rests on.
    pub calibration: Calibrated,
    /// Series that were judged.
    pub judged: usize,
    /// Series beyond the threshold.
    pub listed: usize,
    /// Series that were never counted: nothing can be said.
    pub never_counted: usize,
    /// Series that were counted once only: likewise.
    pub counted_once: usize,
    /// Series whose periods are all provisional.
    pub provisional: usize,
    /// The entries, the most surprising first.
    pub entries: Vec<Entry>,
    /// Entries beyond those that were asked for.
    pub left_out: usize,
    /// Series in which more is there than should be, the most surprising first; never set off against losses.
    pub gains: Vec<Gain>,
}

/// A series with an unexplained difference, or one that was asked for.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Entry {
    /// Code of who answers for the site.
    pub holder: String,
    /// Code of the site.
    pub site: String,
    /// Id of the substance.
    pub substance: String,
    /// Whether it is beyond the threshold.
    pub listed: bool,
    /// The alarm statistic.
    pub statistic: f64,
    /// Of 1,000 honest holder-years so many come as far.
    pub honest_per_1000: f64,
    /// What is unexplained; none where nothing is missing in any records that have masses.
    pub difference: Option<Difference>,
    /// What is unexplained besides, at other times, in order of time.
    pub further: Vec<Difference>,
    /// Whether all of it lies before the days of the review: nothing new, and still unexplained.
    pub ended_before: bool,
    /// What could not have been seen in the days of the review, kg.
    pub unseen_kg: f64,
    /// Records in which it shows, the loudest first.
    pub records: Vec<Record>,
    /// Codes of the other parties of the consignments in which it shows, the largest differences first: the same kilograms
    /// may be listed there as well.
    pub other_ends: Vec<String>,
    /// Where the uncertainty of the difference comes from: shares of its variance.
    pub uncertainty: Vec<Share>,
    /// Explanations that were tried.
    pub explanations: Vec<Explanation>,
    /// Rows of the holder in quarantine that came with its reports of that time and that nobody has mended for a month.
    pub unmended_rows: u32,
    /// By what factor instruments would have to be worse than assumed.
    pub instruments: Vec<Instrument>,
    /// Periods, the provisional ones included.
    pub periods: Vec<PeriodItem>,
    /// The largest rows behind the difference.
    pub rows: Vec<RowRef>,
    /// What would settle it: codes.
    pub settled_by: Vec<&'static str>,
}

/// An unexplained difference with its 90 % interval.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Difference {
    /// Code of the records that it is taken from.
    pub records: &'static str,
    /// First day.
    #[serde(serialize_with = "date")]
    pub from: Date,
    /// Last day.
    #[serde(serialize_with = "date")]
    pub to: Date,
    /// kg.
    pub kg: f64,
    /// Lower end, kg.
    pub low_kg: f64,
    /// Upper end, kg.
    pub high_kg: f64,
}

/// Records in which a difference shows.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Record {
    /// Code.
    pub records: &'static str,
    /// Share of the statistic.
    pub share: f64,
    /// End of the period since which they speak without a break.
    #[serde(serialize_with = "optional_date")]
    pub since: Option<Date>,
}

/// A part of a variance.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Share {
    /// Code of where it comes from.
    pub source: &'static str,
    /// Share.
    pub share: f64,
}

/// A harmless explanation and its outcome.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Explanation {
    /// Code.
    pub artefact: &'static str,
    /// `explains`, `doubts` (a figure is only believed less) or `refuted`.
    pub outcome: &'static str,
    /// What it explains, kg; already left out of the difference.
    pub kg: f64,
    /// Rows that it is a question about, those of the largest mass first.
    pub rows: Vec<RowRef>,
    /// How many rows.
    pub count: usize,
}

/// How much worse an instrument would have to be.
#[derive(Clone, Copy, PartialEq, Debug, Serialize)]
pub struct Instrument {
    /// Code.
    pub source: &'static str,
    /// Factor on its assumed errors; none where not even 16 would explain the difference.
    pub factor: Option<f64>,
}

/// A period.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct PeriodItem {
    /// Day of the stocktake before it.
    #[serde(serialize_with = "date")]
    pub from: Date,
    /// Day of the stocktake that ends it.
    #[serde(serialize_with = "date")]
    pub to: Date,
    /// Balance as reported, base µg; positive = missing.
    pub reported_ug: i128,
    /// What explanations leave of it, kg.
    pub left_kg: f64,
    /// Standard error, kg; none where the period is provisional.
    pub standard_error_kg: Option<f64>,
    /// The alarm statistic; likewise.
    pub statistic: Option<f64>,
    /// `settled` or `provisional`.
    pub state: &'static str,
}

/// A series in which more is there than should be.
#[derive(Clone, PartialEq, Debug, Serialize)]
pub struct Gain {
    /// Code of who answers for the site.
    pub holder: String,
    /// Code of the site.
    pub site: String,
    /// Id of the substance.
    pub substance: String,
    /// The statistic of the balance turned round.
    pub statistic: f64,
}

/// Stable code of a family of records.
#[must_use]
pub fn records(family: Family) -> &'static str {
    match family {
        Family::Balance => "balance",
        Family::Receipts => "receipts",
        Family::Issues => "issues",
        Family::Yield => "yield",
        Family::TooGood => "too_good",
        Family::Bookkeeping => "bookkeeping",
    }
}

/// Which entries are wanted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Wanted<'a> {
    /// Series that are asked for, listed or not; those that are listed where none are.
    pub series: Option<&'a [u32]>,
    /// At most so many.
    pub entries: usize,
}

impl Unexplained {
    /// Says what there is to say of a survey.
    #[must_use]
    pub fn build(
        population: &Population<'_>,
        survey: &Survey,
        wanted: &Wanted<'_>,
        sources: &dyn Sources,
    ) -> Unexplained {
        let listed: Vec<u32> = survey.listed().iter().map(|j| j.number).collect();
        let mut numbers: Vec<u32> = match wanted.series {
            Some(wanted) => {
                let mut numbers = wanted.to_vec();
                let place = |n: &u32| listed.iter().position(|l| l == n).unwrap_or(usize::MAX);
                numbers.sort_by_key(|n| (place(n), *n));
                numbers
            }
            None if survey.threshold.holds => listed.clone(),
            None => Vec::new(),
        };
        let left_out = numbers.len().saturating_sub(wanted.entries);
        numbers.truncate(wanted.entries);
        let books = population.books();
        let evidence = Evidence::of_all(population, survey, &numbers);
        let entries = evidence
            .iter()
            .map(|evidence| Entry::build(books, survey, evidence, sources));
        let silent = |why: Silent| survey.silent.iter().filter(|(_, w)| *w == why).count();
        Unexplained {
            schema: SCHEMA,
            as_of: survey.on,
            review_days: survey.review.days,
            calibration: Calibrated::of(survey),
            judged: survey.judged.len(),
            listed: listed.len(),
            never_counted: silent(Silent::NeverCounted),
            counted_once: silent(Silent::CountedOnce),
            provisional: survey.unsettled.len(),
            entries: entries.collect(),
            left_out,
            gains: survey
                .gains()
                .iter()
                .filter_map(|j| {
                    let series = books.substances.series(j.number)?;
                    Some(Gain {
                        holder: holder_code(books, j.holder),
                        site: site_code(books, series.site),
                        substance: substance_code(series.substance).to_owned(),
                        statistic: finite(j.gain),
                    })
                })
                .collect(),
        }
    }

    /// Keeps the first entries; the others count as left out.
    pub fn keep(&mut self, entries: usize) {
        self.left_out += self.entries.len().saturating_sub(entries);
        self.entries.truncate(entries);
    }
}

impl Entry {
    fn build(books: &Books, survey: &Survey, evidence: &Evidence, sources: &dyn Sources) -> Entry {
        let book = &evidence.study.book;
        let end = |t: usize| book.spans.get(t).map(|s| s.to);
        let years = f64::from(survey.review.days) / 365.0;
        let p = survey.thresholds.p(evidence.statistic);
        let missing = evidence.missing.as_ref();
        let stated = |family: Family, loss: &Loss| {
            Some(Difference {
                records: records(family),
                from: book.spans.get(loss.first)?.from,
                to: end(loss.last)?,
                kg: loss.kg,
                low_kg: loss.low,
                high_kg: loss.high,
            })
        };
        Entry {
            holder: holder_code(books, book.series.holder_on(&books.registry, survey.on)),
            site: site_code(books, book.series.site),
            substance: substance_code(book.series.substance).to_owned(),
            listed: evidence.statistic >= survey.threshold.at,
            statistic: finite(evidence.statistic),
            honest_per_1000: p / years * 1000.0,
            unseen_kg: evidence.unseen,
            records: evidence
                .speaking
                .iter()
                .map(|s| Record {
                    records: records(s.family),
                    share: s.share,
                    since: s.since.and_then(end),
                })
                .collect(),
            other_ends: other_ends(books, evidence),
            uncertainty: uncertainty(evidence),
            explanations: explanations(evidence, survey, sources),
            unmended_rows: evidence.unmended,
            instruments: evidence
                .worse
                .iter()
                .map(|w| Instrument {
                    source: w.source.code(),
                    factor: w.factor,
                })
                .collect(),
            periods: evidence
                .periods
                .iter()
                .map(|p| PeriodItem {
                    from: p.from,
                    to: p.to,
                    reported_ug: p.reported_ug,
                    left_kg: p.kg,
                    standard_error_kg: p.standard_error,
                    statistic: p.statistic.map(finite),
                    state: match p.statistic {
                        Some(_) => "settled",
                        None => "provisional",
                    },
                })
                .collect(),
            rows: rows_behind(evidence, sources),
            settled_by: settled_by(evidence),
            difference: missing.and_then(|m| stated(m.family, &m.loss)),
            further: missing.map_or_else(Vec::new, |m| {
                let further = m.further.iter();
                further.filter_map(|l| stated(m.family, l)).collect()
            }),
            ended_before: evidence.ended_before,
        }
    }
}

/// Shares of the variance of the sum over the stretch of the difference, the largest first.
fn uncertainty(evidence: &Evidence) -> Vec<Share> {
    let parts = &evidence.parts;
    let total = parts.total();
    let biases = Source::ALL.iter().zip(&parts.biases);
    let mut all: Vec<Share> = [("weighings", parts.flows), ("stocktakes", parts.stocktakes)]
        .into_iter()
        .chain(biases.map(|(source, variance)| (source.code(), *variance)))
        .filter(|(_, variance)| *variance > 0.0)
        .map(|(source, variance)| Share {
            source,
            share: variance / total,
        })
        .collect();
    all.sort_by(|a, b| b.share.total_cmp(&a.share));
    all
}

/// Every artefact once an outcome, then rounding.
fn explanations(evidence: &Evidence, survey: &Survey, sources: &dyn Sources) -> Vec<Explanation> {
    /// How many rows are named of what needs to be asked about.
    const NAMED: [(&str, usize); 3] = [
        ("explains", ROWS_NAMED),
        ("doubts", ROWS_NAMED),
        ("refuted", 0),
    ];
    let outcome = |t: &Tried| match (t.outcome, t.signed) {
        (Outcome::Explains, true) => "explains",
        (Outcome::Explains, false) => "doubts",
        (Outcome::Refuted, _) => "refuted",
    };
    let mut all: Vec<Explanation> = Vec::new();
    for artefact in Artefact::ALL {
        for (code, named) in NAMED {
            let of = evidence.study.repaired.tried.iter();
            let mut of: Vec<&Tried> = of
                .filter(|t| t.artefact == artefact && outcome(t) == code)
                .collect();
            of.sort_by(|a, b| b.kg.total_cmp(&a.kg).then(a.line.cmp(&b.line)));
            if of.is_empty() {
                continue;
            }
            // One row may be tried in several ways.
            let mut seen = BTreeSet::new();
            let lines: Vec<LineNo> = of
                .iter()
                .map(|t| t.line)
                .filter(|l| seen.insert(*l))
                .collect();
            all.push(Explanation {
                artefact: artefact.code(),
                outcome: code,
                kg: of.iter().map(|t| t.kg).sum(),
                rows: lines.iter().take(named).map(|l| sources.row(*l)).collect(),
                count: lines.len(),
            });
        }
    }
    if let Some((statistic, step)) = evidence.rounded {
        all.push(Explanation {
            artefact: "rounding",
            outcome: if statistic < survey.threshold.at {
                "doubts"
            } else {
                "refuted"
            },
            kg: step,
            rows: Vec::new(),
            count: 1,
        });
    }
    all
}

/// Who is at the other end of the consignments that make up a difference between two books: those with a twentieth of it.
fn other_ends(books: &Books, evidence: &Evidence) -> Vec<String> {
    const SHARE_MIN: f64 = 0.05;
    let role = match evidence.missing.as_ref().map(|m| m.family) {
        Some(Family::Receipts) => Role::Receipts,
        Some(Family::Issues) => Role::Issues,
        _ => return Vec::new(),
    };
    let Some(Missing { loss, .. }) = &evidence.missing else {
        return Vec::new();
    };
    let mut by_party: BTreeMap<HolderId, f64> = BTreeMap::new();
    for item in &evidence.study.book.items {
        let within = item.role == role && (loss.first..=loss.last).contains(&item.period);
        if let (true, Some(party), Some(other)) = (within, item.party, item.other) {
            *by_party.entry(party).or_default() += item.kg - other.kg;
        }
    }
    let mut all: Vec<(HolderId, f64)> = by_party
        .into_iter()
        .map(|(party, kg)| (party, kg.abs()))
        .filter(|(_, kg)| *kg >= SHARE_MIN * loss.kg)
        .collect();
    all.sort_by(|a, b| b.1.total_cmp(&a.1).then(a.0.cmp(&b.0)));
    let all = all.into_iter().take(ENDS_NAMED);
    all.map(|(party, _)| holder_code(books, party)).collect()
}

/// The largest lines of the series within the stretch of the difference, its last stocktake first.
fn rows_behind(evidence: &Evidence, sources: &dyn Sources) -> Vec<RowRef> {
    let book = &evidence.study.book;
    let Some(Missing { loss, .. }) = &evidence.missing else {
        return Vec::new();
    };
    let closing = book.counts.get(loss.last + 1);
    let mut items: Vec<_> = book
        .items
        .iter()
        .filter(|i| (loss.first..=loss.last).contains(&i.period))
        .collect();
    items.sort_by(|a, b| b.kg.total_cmp(&a.kg).then(a.line.cmp(&b.line)));
    let counted = closing.into_iter().flat_map(|c| c.lines.iter().copied());
    let lines = counted.chain(items.into_iter().map(|i| i.line));
    lines.take(ROWS_NAMED).map(|l| sources.row(l)).collect()
}

/// What would settle the difference, by the records in which it shows and the instruments that could be at fault.
fn settled_by(evidence: &Evidence) -> Vec<&'static str> {
    /// An instrument this much worse than assumed is worth a check weighing.
    const WORTH_CHECKING: f64 = 4.0;
    let counted = evidence
        .study
        .book
        .counts
        .iter()
        .all(|c| c.reading.is_exact());
    let mut all: Vec<&'static str> = evidence
        .speaking
        .iter()
        .map(|s| match s.family {
            // Packs are counted, not weighed.
            Family::Balance if counted => "witnessed_count",
            Family::Balance => "weighing",
            Family::Receipts | Family::Issues => "tickets",
            Family::Yield => "batch_records",
            Family::TooGood => "witnessed_count",
            Family::Bookkeeping => "delivery_papers",
        })
        .collect();
    all.dedup();
    let possible = |f: Option<f64>| f.is_some_and(|f| f <= WORTH_CHECKING);
    if evidence.worse.iter().any(|w| possible(w.factor)) {
        all.push("calibration");
    }
    let repaired = &evidence.study.repaired.tried;
    if repaired.iter().any(|t| t.outcome == Outcome::Explains) {
        all.push("corrections");
    }
    if evidence.unmended > 0 {
        all.push("quarantine");
    }
    all
}

/// JSON knows no infinity: a count that is off is as surprising as can be said.
fn finite(x: f64) -> f64 {
    x.clamp(f64::MIN, f64::MAX)
}
