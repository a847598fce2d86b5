//! The sentences: never stronger than what the calibration allows.

use weighbridge_detection::book::Silent;
use weighbridge_detection::unexplained::Survey;
use weighbridge_measure::{Date, SubstanceTable};

use super::{Calibrated, Difference, Entry, Explanation, Gain, Unexplained};
use crate::locale::Texts;
use crate::names;
use crate::number;
use crate::table::{Cell, Column, Kind, Table};
use crate::terminal;

/// Kilograms with as many digits as a spread of so many kilograms allows: a tenth of it.
#[must_use]
pub(super) fn kg(value: f64, spread: f64) -> String {
    number::kg(rounded(value, spread))
}

/// µg, rounded to a tenth of a spread of so many kg; where there is none, to a gram, or to three digits of less than that.
#[allow(
    clippy::cast_possible_truncation,
    reason = "what does not fit saturates, far beyond any mass"
)]
#[must_use]
pub(crate) fn rounded(value: f64, spread: f64) -> i128 {
    const GRAM: f64 = 6.0;
    let tenth = spread / 10.0 * 1e9;
    let digits = if tenth > 1.0 {
        tenth.log10().floor()
    } else {
        // Three digits of what is less than a few grams.
        ((value.abs() * 1e9).max(1.0).log10().floor() - 2.0).clamp(0.0, GRAM)
    };
    let step = 10i128.pow((digits as u32).min(30));
    let steps = (value * 1e9 / step as f64).round() as i128;
    steps.saturating_mul(step)
}

/// The spread that decides how many digits of a difference are shown, kg.
fn spread(d: &Difference) -> f64 {
    let sides = [d.kg - d.low_kg, d.high_kg - d.kg];
    sides
        .into_iter()
        .filter(|s| *s > 0.0)
        .fold(f64::INFINITY, f64::min)
        .min(d.high_kg)
}

/// A figure per thousand: whole from ten on, one digit below.
fn per_1000(value: f64) -> String {
    if value >= 10.0 {
        format!("{value:.0}")
    } else {
        let text = format!("{value:.1}");
        text.trim_end_matches(".0").to_owned()
    }
}

fn percent(share: f64) -> String {
    format!("{:.0} %", share * 100.0)
}

fn whole(value: f64) -> String {
    #[allow(clippy::cast_possible_truncation, reason = "counts")]
    number::grouped(value.round() as i128)
}

/// What the list may claim, and what it rests on; where nothing could be judged, that alone.
#[must_use]
pub fn head(c: &Calibrated, as_of: Date, texts: &Texts) -> Vec<String> {
    if c.holder_years <= 0.0 {
        return vec![texts.word("unexplained-not_judged")];
    }
    let promise = match (c.per_1000, c.wrong_share) {
        (Some(rate), _) => texts.say("unexplained-head", &[("rate", per_1000(rate).into())]),
        (None, share) => texts.say(
            "unexplained-head_share",
            &[
                ("share", per_1000(share.unwrap_or(0.0) * 100.0).into()),
                ("date", as_of.to_string().into()),
            ],
        ),
    };
    let mut all = vec![promise];
    let args = [
        ("n", whole(c.holder_years).into()),
        ("own", whole(c.own_holder_years).into()),
        ("fresh", per_1000(c.fresh_per_1000).into()),
        ("at_most", per_1000(c.at_most_per_1000).into()),
    ];
    all.push(texts.say(&format!("unexplained-basis_{}", c.basis), &args));
    if let Some(second) = c.second_opinion {
        let args = [
            ("n", second.holders.into()),
            ("agreed", second.agreed.into()),
        ];
        all.push(texts.say("unexplained-second", &args));
    }
    if !c.holds {
        all.push(texts.say("unexplained-not_issued", &args));
    }
    all
}

/// How many series are beyond the threshold, in one sentence; none where nothing could be judged, which the head says.
#[must_use]
pub fn count(u: &Unexplained, texts: &Texts) -> Option<String> {
    let key = match (u.listed, u.judged) {
        (_, 0) => return None,
        (0, _) => "unexplained-none",
        _ => "unexplained-listed",
    };
    let args = [
        ("listed", u.listed.into()),
        ("judged", u.judged.into()),
        ("days", u.review_days.into()),
    ];
    Some(texts.say(key, &args))
}

/// The entries as a table.
#[must_use]
pub fn list(entries: &[Entry], texts: &Texts) -> Table {
    let columns = [
        Column::new("holder", "head-holder", Kind::Text),
        Column::new("site", "head-site", Kind::Text),
        Column::new("substance", "head-substance", Kind::Text),
        Column::new("from", "head-from", Kind::Date),
        Column::new("to", "head-to", Kind::Date),
        Column::mass("kg", "head-unexplained"),
        Column::mass("low_kg", "head-at_least"),
        Column::mass("high_kg", "head-at_most"),
        Column::new("records", "head-shows_in", Kind::Code("records")),
    ];
    let mut table = Table::new("unexplained", "title-unexplained", &columns);
    table.rows = entries
        .iter()
        .map(|e| {
            let d = e.difference.as_ref().filter(|_| e.listed);
            let mass = |of: fn(&Difference) -> f64| {
                d.map_or(Cell::Null, |d| Cell::MassUg(rounded(of(d), spread(d))))
            };
            vec![
                Cell::text(&e.holder),
                Cell::text(&e.site),
                Cell::text(substance(e, texts)),
                Cell::date(d.map(|d| d.from)),
                Cell::date(d.map(|d| d.to)),
                mass(|d| d.kg),
                mass(|d| d.low_kg),
                mass(|d| d.high_kg),
                Cell::text(e.records.first().map_or("", |r| r.records)),
            ]
        })
        .collect();
    table
}

fn substance(e: &Entry, texts: &Texts) -> String {
    substance_name(&e.substance, texts)
}

fn substance_name(code: &str, texts: &Texts) -> String {
    let found = SubstanceTable::shipped().by_code(code);
    found.map_or_else(|| code.to_owned(), |id| texts.substance(id).to_owned())
}

/// Holder, site and substance of an entry.
#[must_use]
pub(crate) fn place(e: &Entry, texts: &Texts) -> String {
    texts.say(
        "unexplained-entry",
        &[
            ("holder", e.holder.as_str().into()),
            ("site", e.site.as_str().into()),
            ("substance", substance(e, texts).into()),
        ],
    )
}

/// The kilograms of a difference, with the digits that its interval allows.
#[must_use]
pub(crate) fn kilograms(d: &Difference) -> String {
    kg(d.kg, spread(d))
}

/// One entry in sentences. `account` is the account as it is written on a command line.
#[must_use]
pub fn entry(e: &Entry, texts: &Texts, account: Option<&str>) -> String {
    let mut out = place(e, texts);
    out.push('\n');
    let mut all = sentences(e, texts);
    all.extend(account.and_then(|dir| movements(e, dir, texts)));
    for sentence in all {
        out.push_str("  ");
        out.push_str(&terminal::clean(&sentence));
        out.push('\n');
    }
    out
}

/// What there is to say of an entry: how much, where it shows, what was tried, what would settle it, the rows.
#[must_use]
pub(crate) fn sentences(e: &Entry, texts: &Texts) -> Vec<String> {
    let mut all = vec![match e.difference.as_ref().filter(|_| e.listed) {
        Some(d) => difference(e, d, texts),
        None if e.listed => texts.word("unexplained-no_mass"),
        None => texts.say(
            "unexplained-nothing",
            &[("kg", kg(e.unseen_kg, e.unseen_kg).into())],
        ),
    }];
    if e.listed {
        all.extend(besides(e, texts));
        all.push(shows_in(e, texts));
    }
    if !e.uncertainty.is_empty() {
        all.push(uncertainty(e, texts));
    }
    all.extend(tried(e, texts));
    all.push(texts.word("unexplained-not_tried"));
    if e.listed {
        let by = e.settled_by.iter().map(|c| texts.code("settled_by", c));
        let by: Vec<String> = by.collect();
        all.push(texts.say(
            "unexplained-settled_by",
            &[("by", by.join(&texts.word("list-separator")).into())],
        ));
    }
    if e.listed && !e.rows.is_empty() {
        all.push(texts.say("unexplained-rows", &[("rows", names::rows(&e.rows).into())]));
    }
    all
}

/// The command that lists all lines behind a difference.
fn movements(e: &Entry, dir: &str, texts: &Texts) -> Option<String> {
    let d = e.difference.as_ref().filter(|_| e.listed)?;
    let args = [
        ("dir", dir.into()),
        ("holder", e.holder.as_str().into()),
        ("site", e.site.as_str().into()),
        ("substance", e.substance.as_str().into()),
        ("from", d.from.to_string().into()),
        ("to", d.to.to_string().into()),
    ];
    Some(texts.say("unexplained-movements", &args))
}

/// Why a place is worth a visit, in one sentence.
#[must_use]
pub(super) fn reason(e: &Entry, texts: &Texts) -> String {
    if !e.listed {
        return texts.say("inspect-below", &[("shows", shows_in(e, texts).into())]);
    }
    let what = match &e.difference {
        Some(d) => difference(e, d, texts),
        None => texts.word("unexplained-no_mass"),
    };
    let shows = shows_in(e, texts);
    let args = [("what", what.into()), ("shows", shows.into())];
    texts.say("inspect-listed", &args)
}

fn difference(e: &Entry, d: &Difference, texts: &Texts) -> String {
    let by = spread(d);
    texts.say(
        "unexplained-difference",
        &[
            ("kg", kg(d.kg, by).into()),
            ("low", kg(d.low_kg, by).into()),
            ("high", kg(d.high_kg, by).into()),
            ("substance", substance(e, texts).into()),
            ("from", d.from.to_string().into()),
            ("to", d.to.to_string().into()),
        ],
    )
}

/// What is missing at other times, whether anything is new, and where else the same kilograms may be listed.
fn besides(e: &Entry, texts: &Texts) -> Vec<String> {
    let further = e.further.iter().map(|d| {
        let what = difference(e, d, texts);
        texts.say("unexplained-further", &[("what", what.into())])
    });
    let mut all: Vec<String> = further.collect();
    if e.unmended_rows > 0 {
        let args = [("n", e.unmended_rows.into())];
        all.push(texts.say("unexplained-unmended", &args));
    }
    if e.ended_before {
        all.push(texts.word("unexplained-ended_before"));
    }
    if !e.other_ends.is_empty() {
        let ends = e.other_ends.join(&texts.word("list-separator"));
        all.push(texts.say("unexplained-other_ends", &[("ends", ends.into())]));
    }
    all
}

fn shows_in(e: &Entry, texts: &Texts) -> String {
    let separator = texts.word("list-separator");
    let records: Vec<String> = e
        .records
        .iter()
        .map(|r| {
            let word = texts.code("records", r.records);
            match r.since {
                Some(since) => texts.say(
                    "unexplained-since",
                    &[
                        ("records", word.into()),
                        ("since", since.to_string().into()),
                    ],
                ),
                None => word,
            }
        })
        .collect();
    let honest = if e.honest_per_1000 < 1.0 {
        texts.word("unexplained-honest_few")
    } else {
        texts.say(
            "unexplained-honest",
            &[("n", per_1000(e.honest_per_1000).into())],
        )
    };
    let args = [
        ("records", records.join(&separator).into()),
        ("honest", honest.into()),
    ];
    texts.say("unexplained-shows_in", &args)
}

fn uncertainty(e: &Entry, texts: &Texts) -> String {
    let parts: Vec<String> = e
        .uncertainty
        .iter()
        .filter(|s| s.share >= 0.005)
        .map(|s| format!("{} {}", texts.code("source", s.source), percent(s.share)))
        .collect();
    let parts = parts.join(&texts.word("list-separator"));
    texts.say("unexplained-uncertainty", &[("parts", parts.into())])
}

/// Every explanation with its outcome, one a line; refuted ones together.
fn tried(e: &Entry, texts: &Texts) -> Vec<String> {
    let mut all = Vec::new();
    let mut refuted: Vec<String> = Vec::new();
    for x in &e.explanations {
        match x.outcome {
            "refuted" => refuted.push(texts.say(
                "unexplained-refuted_one",
                &[
                    ("artefact", texts.code("artefact", x.artefact).into()),
                    ("n", x.count.into()),
                ],
            )),
            _ => all.push(explains(x, texts)),
        }
    }
    let separator = texts.word("list-separator");
    if !refuted.is_empty() {
        all.push(texts.say(
            "unexplained-refuted",
            &[("list", refuted.join(&separator).into())],
        ));
    }
    if all.is_empty() {
        all.push(texts.word("unexplained-none_tried"));
    }
    if e.listed {
        all.extend(instruments(e, texts));
    }
    all
}

/// By what factor which instrument would have to be worse.
fn instruments(e: &Entry, texts: &Texts) -> Option<String> {
    if e.instruments.iter().all(|i| i.factor.is_none()) {
        let any = !e.instruments.is_empty();
        return any.then(|| texts.word("unexplained-no_instrument"));
    }
    let instruments: Vec<String> = e
        .instruments
        .iter()
        .map(|i| {
            let word = texts.code("source", i.source);
            match i.factor {
                Some(factor) => texts.say(
                    "unexplained-worse",
                    &[
                        ("source", word.into()),
                        ("factor", format!("{factor:.1}").into()),
                    ],
                ),
                None => texts.say("unexplained-never_worse", &[("source", word.into())]),
            }
        })
        .collect();
    let list = instruments.join(&texts.word("list-separator"));
    Some(texts.say("unexplained-instruments", &[("list", list.into())]))
}

fn explains(x: &Explanation, texts: &Texts) -> String {
    let key = match (x.artefact, x.outcome) {
        ("rounding", _) => "unexplained-rounding",
        (_, "explains") => "unexplained-explains",
        _ => "unexplained-doubts",
    };
    texts.say(
        key,
        &[
            ("artefact", texts.code("artefact", x.artefact).into()),
            ("n", x.count.into()),
            ("kg", kg(x.kg, x.kg / 100.0).into()),
            ("rows", names::rows(&x.rows).into()),
        ],
    )
}

/// The periods of an entry as a table.
#[must_use]
pub fn periods(e: &Entry) -> Table {
    let columns = [
        Column::new("from", "head-from", Kind::Date),
        Column::new("to", "head-to", Kind::Date),
        Column::mass("reported_ug", "head-reported_difference"),
        Column::mass("left_kg", "head-left"),
        Column::mass("standard_error_kg", "head-standard_error"),
        Column::new("state", "head-period_state", Kind::Code("period")),
    ];
    let mut table = Table::new("periods", "title-periods", &columns);
    table.rows = e
        .periods
        .iter()
        .map(|p| {
            let by = p.standard_error_kg.unwrap_or(0.0);
            vec![
                Cell::Date(p.from),
                Cell::Date(p.to),
                Cell::MassUg(p.reported_ug),
                Cell::MassUg(rounded(p.left_kg, by)),
                p.standard_error_kg
                    .map_or(Cell::Null, |se| Cell::MassUg(rounded(se, se))),
                Cell::text(p.state),
            ]
        })
        .collect();
    table
}

/// What nothing can be said of, in one sentence; none where there is nothing of the kind.
#[must_use]
pub fn silent(u: &Unexplained, texts: &Texts) -> Option<String> {
    kinds_of_silence([u.never_counted, u.counted_once, u.provisional], texts)
}

/// Why nothing is said of series that were asked for; of none where nothing was reported of them at all.
#[must_use]
pub fn nothing_of(survey: &Survey, asked: &[u32], texts: &Texts) -> String {
    let of = |why: Silent| {
        let all = survey.silent.iter();
        all.filter(|(n, w)| *w == why && asked.contains(n)).count()
    };
    let unsettled = survey.unsettled.iter().filter(|n| asked.contains(n));
    let counts = [
        of(Silent::NeverCounted),
        of(Silent::CountedOnce),
        unsettled.count(),
    ];
    kinds_of_silence(counts, texts).unwrap_or_else(|| texts.word("unexplained-nothing_reported"))
}

fn kinds_of_silence([never, once, provisional]: [usize; 3], texts: &Texts) -> Option<String> {
    let kinds = [
        ("unexplained-never_counted", never),
        ("unexplained-counted_once", once),
        ("unexplained-provisional", provisional),
    ];
    let any = kinds.into_iter().filter(|(_, n)| *n > 0);
    let any: Vec<String> = any
        .map(|(key, n)| texts.say(key, &[("n", n.into())]))
        .collect();
    let list = any.join(&texts.word("list-separator"));
    (!any.is_empty()).then(|| texts.say("unexplained-silent", &[("list", list.into())]))
}

/// What gains are, in one sentence; none where there are none.
#[must_use]
pub(crate) fn gains_are(u: &Unexplained, texts: &Texts) -> Option<String> {
    let n = u.gains.len();
    (n > 0).then(|| texts.say("unexplained-gains", &[("n", n.into())]))
}

/// Gains, in one sentence with the places; none where there are none.
#[must_use]
pub fn gains(u: &Unexplained, texts: &Texts) -> Option<String> {
    const NAMED: usize = 5;
    let mut named: Vec<String> = u
        .gains
        .iter()
        .take(NAMED)
        .map(|g| format!("{} {}", g.site, g.substance))
        .collect();
    let more = u.gains.len().saturating_sub(NAMED);
    if more > 0 {
        named.push(texts.say("summary-more", &[("n", more.into())]));
    }
    let args = [
        ("gains", gains_are(u, texts)?.into()),
        ("list", named.join(&texts.word("list-separator")).into()),
    ];
    Some(texts.say("unexplained-gains_named", &args))
}

/// Every gain as a table.
#[must_use]
pub(crate) fn gains_list(gains: &[Gain], texts: &Texts) -> Table {
    let columns = [
        Column::new("holder", "head-holder", Kind::Text),
        Column::new("site", "head-site", Kind::Text),
        Column::new("substance", "head-substance", Kind::Text),
    ];
    let mut table = Table::new("gains", "title-gains", &columns);
    table.rows = gains
        .iter()
        .map(|g| {
            vec![
                Cell::text(&g.holder),
                Cell::text(&g.site),
                Cell::text(substance_name(&g.substance, texts)),
            ]
        })
        .collect();
    table
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_follow_the_spread() {
        for (value, spread, want) in [
            (17_372.34, 60.0, "17,372"),
            (17_372.34, 600.0, "17,370"),
            (0.231_558, 0.002, "0.2316"),
            (3.0, 0.0, "3"),
            (1_234.567_891, 0.0, "1,234.568"),
            (0.0, 12.0, "0"),
            (1e-9, 0.0, "0.000000001"),
            (0.000_123_456, 0.0, "0.000123"),
            (1e12, 1e-3, "1,000,000,000,000"),
        ] {
            assert_eq!(kg(value, spread), want, "{value} {spread}");
        }
        for (value, want) in [
            (10.0, "10"),
            (5.66, "5.7"),
            (0.5, "0.5"),
            (3.0, "3"),
            (123.4, "123"),
        ] {
            assert_eq!(per_1000(value), want);
        }
    }
}
