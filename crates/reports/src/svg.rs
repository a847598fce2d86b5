//! Small charts as inline SVG: the two sides of a consignment, the book of a site month by month, and its balance period
//! by period.
//!
//! Coordinates are integers of tenths, so that every computer draws the same. Colours come from the page's style
//! sheet by class; every mark also differs by shape and carries words.

use weighbridge_measure::Date;

use crate::locale::Texts;
use crate::markup::Markup;
use crate::number::{kg, kg_short};

/// The two sides of a consignment. Masses in base µg.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Sides {
    /// Sum of the dispatches.
    pub(crate) dispatched: Option<i128>,
    /// Sum of the receipts.
    pub(crate) received: Option<i128>,
    /// Dispatched minus received.
    pub(crate) difference: Option<i128>,
    /// Twice the standard uncertainty of the difference.
    pub(crate) band: i128,
    /// Limit A of the loss allowance.
    pub(crate) explain: i128,
    /// Limit B.
    pub(crate) notify: i128,
}

/// The book of a site and substance. Masses in base µg.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct BookLine {
    /// Book at the close of days, ascending.
    pub(crate) book: Vec<(Date, i128)>,
    /// Counts, ascending.
    pub(crate) counts: Vec<(Date, i128)>,
    /// Day of the consignment.
    pub(crate) mark: Option<Date>,
}

/// The balance of a series period by period. Masses in base µg.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub(crate) struct Periods {
    /// Periods, ascending.
    pub(crate) periods: Vec<Period>,
    /// First and last day of the difference.
    pub(crate) stretch: Option<(Date, Date)>,
}

/// A period of a balance.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) struct Period {
    /// Day of the stocktake before it.
    pub(crate) from: Date,
    /// Day of the stocktake that ends it.
    pub(crate) to: Date,
    /// What is missing.
    pub(crate) left: i128,
    /// Twice the standard error; none where the period is provisional.
    pub(crate) band: Option<i128>,
}

impl Period {
    /// Whether weighing alone does not reach so far.
    pub(crate) fn is_outside(&self) -> bool {
        self.band
            .is_some_and(|b| self.left.unsigned_abs() > b.unsigned_abs())
    }
}

/// A chart's kilograms: three decimals, or all of them below a gram.
pub(crate) fn chart_kg(ug: i128) -> String {
    if ug.unsigned_abs() < 1_000_000 {
        kg(ug)
    } else {
        kg_short(ug)
    }
}

/// The place of a value between two ends, as tenths between two others.
#[derive(Clone, Copy)]
struct Scale {
    low: i128,
    high: i128,
    from: i32,
    to: i32,
}

impl Scale {
    fn at(self, value: i128) -> i32 {
        let span = self.high.saturating_sub(self.low).max(1);
        let length = i128::from(self.to - self.from);
        let above = value.clamp(self.low, self.high).saturating_sub(self.low);
        let offset = above.saturating_mul(length) / span;
        self.from + i32::try_from(offset).unwrap_or(0)
    }
}

/// Left end of all scales, after the words.
const LEFT: i32 = 840;
/// Right end of bars; values stand beyond it.
const BAR_END: i32 = 2_560;
/// Right end of the drawing.
const RIGHT: i32 = 3_960;

/// Draws the two sides as bars, and the difference on a scale of its own with the band and the allowance.
pub(crate) fn sides(m: &mut Markup, s: &Sides, title: &str, texts: &Texts) {
    let whole = s.difference.is_some();
    m.raw("<svg class=\"chart\" viewBox=\"0 0 400 ")
        .raw(if whole { "128" } else { "58" });
    m.raw("\" role=\"img\"><title>").text(title).raw("</title>");
    let largest = s.dispatched.max(s.received).unwrap_or(0).max(1);
    let scale = Scale {
        low: 0,
        high: largest,
        from: LEFT,
        to: BAR_END,
    };
    bar(
        m,
        80,
        &texts.word("report-dispatched"),
        s.dispatched,
        scale,
        texts,
    );
    bar(
        m,
        320,
        &texts.word("report-received"),
        s.received,
        scale,
        texts,
    );
    if let Some(difference) = s.difference {
        difference_track(m, s, difference, texts);
    }
    m.raw("</svg>");
}

fn bar(m: &mut Markup, y: i32, label: &str, mass: Option<i128>, scale: Scale, texts: &Texts) {
    label_at(m, 0, y + 120, "start", label);
    let width = mass.map_or(scale.to, |ug| scale.at(ug)) - scale.from;
    m.raw("<rect class=\"")
        .raw(if mass.is_some() { "bar" } else { "none" });
    m.raw("\" x=\"").tenths(scale.from).raw("\" y=\"").tenths(y);
    m.raw("\" width=\"")
        .tenths(width.max(10))
        .raw("\" height=\"16\"/>");
    match mass {
        Some(ug) => label_at(m, RIGHT, y + 120, "end", &format!("{} kg", chart_kg(ug))),
        None => label_at(m, RIGHT, y + 120, "end", &texts.word("report-no_report")),
    }
}

fn label_at(m: &mut Markup, x: i32, y: i32, anchor: &'static str, text: &str) {
    m.raw("<text x=\"")
        .tenths(x)
        .raw("\" y=\"")
        .tenths(y)
        .raw("\" text-anchor=\"")
        .raw(anchor)
        .raw("\">");
    m.text(text).raw("</text>");
}

fn difference_track(m: &mut Markup, s: &Sides, difference: i128, texts: &Texts) {
    let low = -(s.band.max(-difference).max(1));
    let high = s.band.max(difference).max(s.notify).max(s.explain).max(1);
    // Air at both ends, so that marks at the ends are drawn whole.
    let air = (high - low) / 12 + 1;
    let scale = Scale {
        low: low - air,
        high: high + air,
        from: LEFT,
        to: RIGHT,
    };
    let (top, bottom) = (840, 1_000);
    label_at(m, 0, 960, "start", &texts.word("report-difference"));
    let (a, b) = (scale.at(-s.band), scale.at(s.band));
    m.raw("<rect class=\"band\" x=\"")
        .tenths(a)
        .raw("\" y=\"")
        .tenths(top);
    m.raw("\" width=\"")
        .tenths((b - a).max(10))
        .raw("\" height=\"16\"/>");
    line(m, "axis", (LEFT, bottom), (RIGHT, bottom));
    line(
        m,
        "axis",
        (scale.at(0), top - 40),
        (scale.at(0), bottom + 40),
    );
    label_at(m, scale.at(0), bottom + 160, "middle", "0");
    let mut free = scale.at(0) + 160;
    for (limit, name) in [(s.explain, "A"), (s.notify, "B")] {
        if limit > 0 {
            let x = scale.at(limit);
            line(m, "limit", (x, top - 40), (x, bottom + 40));
            // Limits close to each other share a place; the caption gives their masses.
            if x >= free {
                label_at(m, x, bottom + 160, "middle", name);
                free = x + 160;
            }
        }
    }
    let x = scale.at(difference);
    m.raw("<path class=\"mark\" d=\"M")
        .tenths(x)
        .raw(" ")
        .tenths(top + 10);
    m.raw("l7 7l-7 7l-7-7z\"/>");
    let anchor = match x {
        x if x > 3_200 => "end",
        x if x < 1_500 => "start",
        _ => "middle",
    };
    label_at(
        m,
        x,
        top - 60,
        anchor,
        &format!("{} kg", chart_kg(difference)),
    );
}

fn line(m: &mut Markup, class: &'static str, from: (i32, i32), to: (i32, i32)) {
    m.raw("<path class=\"")
        .raw(class)
        .raw("\" d=\"M")
        .tenths(from.0)
        .raw(" ")
        .tenths(from.1);
    m.raw("L").tenths(to.0).raw(" ").tenths(to.1).raw("\"/>");
}

/// Draws the book as a line with the counts as circles and the day of the consignment as a dashed line.
pub(crate) fn book(m: &mut Markup, line_data: &BookLine, title: &str) {
    m.raw("<svg class=\"chart\" viewBox=\"0 0 400 128\" role=\"img\"><title>")
        .text(title)
        .raw("</title>");
    let BookLine { book, counts, mark } = line_data;
    let days = || {
        book.iter()
            .chain(counts)
            .map(|(day, _)| i128::from(day.days()))
    };
    let masses = || book.iter().chain(counts).map(|(_, ug)| *ug);
    let (Some(first), Some(last)) = (days().min(), days().max()) else {
        m.raw("</svg>");
        return;
    };
    let (low, high) = (
        masses().min().unwrap_or(0).min(0),
        masses().max().unwrap_or(0).max(1),
    );
    let (x, y) = frame(m, (first, last), (low, high));
    if let Some(day) = mark {
        let at = x.at(i128::from(day.days()));
        line(m, "when", (at, 80), (at, 1_080));
    }
    m.raw("<polyline class=\"book\" points=\"");
    for (day, ug) in book {
        m.tenths(x.at(i128::from(day.days())))
            .raw(",")
            .tenths(y.at(*ug))
            .raw(" ");
    }
    m.raw("\"/>");
    for (day, ug) in counts {
        m.raw("<circle class=\"count\" r=\"4\" cx=\"")
            .tenths(x.at(i128::from(day.days())));
        m.raw("\" cy=\"").tenths(y.at(*ug)).raw("\"/>");
    }
    m.raw("</svg>");
}

/// The axes of a chart over days: zero, the ends of the masses, and the first and last day.
fn frame(m: &mut Markup, (first, last): (i128, i128), (low, high): (i128, i128)) -> (Scale, Scale) {
    let x = Scale {
        low: first,
        high: last.max(first + 1),
        from: LEFT,
        to: RIGHT,
    };
    let y = Scale {
        low,
        high,
        from: 1_040,
        to: 120,
    };
    line(m, "axis", (LEFT, y.at(0)), (RIGHT, y.at(0)));
    label_at(m, LEFT - 70, y.at(0) + 40, "end", "0");
    if y.at(0) - y.at(high) > 160 {
        label_at(m, LEFT - 70, y.at(high) + 40, "end", &axis_kg(high));
    }
    if low < 0 && y.at(low) - y.at(0) > 160 {
        label_at(m, LEFT - 70, y.at(low) + 40, "end", &axis_kg(low));
    }
    let date = |day: i128| Date::from_days(u16::try_from(day).unwrap_or(0));
    let one_month = date(first).month() == date(last).month();
    let day_text = |day: i128| match one_month {
        true => date(day).to_string(),
        false => date(day).month().to_string(),
    };
    label_at(m, LEFT, 1_220, "start", &day_text(first));
    label_at(m, RIGHT, 1_220, "end", &day_text(last));
    (x, y)
}

/// How many times as far as the largest balance a band is drawn: beyond it, it says no more.
const BAND_DRAWN: i128 = 3;

/// Draws the balance of each period as a diamond over its band around zero, that of a provisional one as a circle, and
/// the ends of the difference as dashed lines.
pub(crate) fn periods(m: &mut Markup, data: &Periods, title: &str, description: &str) {
    m.raw("<svg class=\"chart\" viewBox=\"0 0 400 128\" role=\"img\"><title>")
        .text(title)
        .raw("</title><desc>")
        .text(description)
        .raw("</desc>");
    let all = &data.periods;
    let (Some(first), Some(last)) = (all.first(), all.last()) else {
        m.raw("</svg>");
        return;
    };
    let day = |date: Date| i128::from(date.days());
    let far = |of: fn(&Period) -> Option<i128>| all.iter().filter_map(of).max().unwrap_or(0);
    let balance = far(|p| p.left.checked_abs());
    let band = match far(|p| p.band) {
        band if balance > 0 => band.min(balance.saturating_mul(BAND_DRAWN)),
        band => band,
    };
    let (low, high) = (far(|p| p.left.checked_neg()), far(|p| Some(p.left)));
    let ends = (low.max(band).max(1).saturating_neg(), high.max(band).max(1));
    let (x, y) = frame(m, (day(first.from), day(last.to)), ends);
    for p in all {
        if let Some(band) = p.band {
            let (left, right) = (x.at(day(p.from)), x.at(day(p.to)));
            let (top, bottom) = (y.at(band), y.at(band.saturating_neg()));
            m.raw("<rect class=\"band\" x=\"")
                .tenths(left)
                .raw("\" y=\"")
                .tenths(top)
                .raw("\" width=\"")
                .tenths((right - left).max(5))
                .raw("\" height=\"")
                .tenths((bottom - top).max(5))
                .raw("\"/>");
        }
    }
    // Once more, over the bands.
    line(m, "axis", (LEFT, y.at(0)), (RIGHT, y.at(0)));
    for date in data.stretch.iter().flat_map(|(from, to)| [from, to]) {
        let at = x.at(day(*date));
        line(m, "when", (at, 80), (at, 1_080));
    }
    for p in all {
        let middle = x.at(i128::midpoint(day(p.from), day(p.to)));
        if p.band.is_some() {
            m.raw("<path class=\"mark\" d=\"M").tenths(middle).raw(" ");
            m.tenths(y.at(p.left) - 45)
                .raw("l4.5 4.5l-4.5 4.5l-4.5-4.5z\"/>");
        } else {
            m.raw("<circle class=\"count\" r=\"3\" cx=\"")
                .tenths(middle);
            m.raw("\" cy=\"").tenths(y.at(p.left)).raw("\"/>");
        }
    }
    m.raw("</svg>");
}

/// Kilograms short enough for the axis.
fn axis_kg(ug: i128) -> String {
    let text = chart_kg(ug);
    let whole = text.split('.').next().unwrap_or("").to_owned();
    if ug.unsigned_abs() >= 100_000_000_000 {
        whole
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Lang;

    const KG: i128 = 1_000_000_000;

    #[test]
    fn values_stay_on_the_scale() {
        let scale = Scale {
            low: -10,
            high: 30,
            from: 100,
            to: 500,
        };
        for (value, want) in [
            (-10, 100),
            (30, 500),
            (10, 300),
            (-99, 100),
            (i128::MAX, 500),
        ] {
            assert_eq!(scale.at(value), want);
        }
        assert_eq!(
            Scale {
                low: 5,
                high: 5,
                from: 0,
                to: 10
            }
            .at(5),
            0
        );
    }

    #[test]
    fn every_chart_is_well_formed() {
        let texts = Texts::new(Lang::En);
        let some = |n: i128| Some(n * KG);
        let table = [
            (some(800), some(620), some(180), KG, 0, 0),
            (some(800), some(980), some(-180), KG, KG, 3 * KG),
            (some(0), some(0), Some(0), 0, 0, 0),
            (some(5), None, None, 0, 0, 0),
            (None, Some(3), None, 0, 0, 0),
            (None, None, None, 0, 0, 0),
            (
                Some(i128::from(i64::MAX)),
                Some(1),
                Some(i128::from(i64::MAX) - 1),
                1,
                1,
                1,
            ),
        ];
        for (dispatched, received, difference, band, explain, notify) in table {
            let mut m = Markup::default();
            sides(
                &mut m,
                &Sides {
                    dispatched,
                    received,
                    difference,
                    band,
                    explain,
                    notify,
                },
                "<t>",
                &texts,
            );
            check(&m.finish());
        }
        let day = Date::from_days;
        for data in [
            BookLine::default(),
            BookLine {
                book: vec![(day(1), 5)],
                ..BookLine::default()
            },
            BookLine {
                book: vec![(day(1), -5 * KG), (day(40), 7)],
                counts: vec![(day(40), KG)],
                mark: Some(day(0)),
            },
        ] {
            let mut m = Markup::default();
            book(&mut m, &data, "t");
            check(&m.finish());
        }
    }

    #[test]
    fn every_balance_is_drawn_within_its_frame() {
        let day = Date::from_days;
        let period = |at: u16, left: i128, band: Option<i128>| Period {
            from: day(at),
            to: day(at + 30),
            left,
            band,
        };
        for all in [
            vec![],
            vec![period(1, 0, Some(0))],
            vec![period(1, 5 * KG, None)],
            vec![period(1, -5 * KG, Some(KG)), period(31, KG, Some(KG))],
            vec![
                period(1, i128::MAX, Some(i128::MAX)),
                period(31, i128::MIN, None),
            ],
            (0..240).map(|n| period(n * 30, 7 * KG, Some(KG))).collect(),
        ] {
            let mut m = Markup::default();
            let data = Periods {
                stretch: all.first().map(|p| (p.from, p.to)),
                periods: all,
            };
            periods(&mut m, &data, "<t>", "<t>");
            let svg = m.finish();
            check(&svg);
            assert!(!svg.contains("height=\"-"), "{svg}");
            let marks = data.periods.iter().filter(|p| p.band.is_some()).count();
            assert_eq!(svg.matches("class=\"mark\"").count(), marks);
            assert_eq!(svg.matches("class=\"band\"").count(), marks);
        }
    }

    #[test]
    fn a_balance_with_a_loss() {
        let period = |month: u8, left: i128, band: Option<i128>| Period {
            from: Date::from_ymd(2025, month, 28).unwrap(),
            to: Date::from_ymd(2025, month + 1, 28).unwrap(),
            left: left * KG,
            band: band.map(|b| b * KG),
        };
        let all = [
            (1, 3, Some(20)),
            (2, -12, Some(22)),
            (3, 60, Some(20)),
            (4, 55, Some(500)),
            (5, 9, None),
        ];
        let data = Periods {
            periods: all.map(|(m, left, band)| period(m, left, band)).to_vec(),
            stretch: "2025-03-28".parse().ok().zip("2025-05-28".parse().ok()),
        };
        let outside: Vec<bool> = data.periods.iter().map(Period::is_outside).collect();
        assert_eq!(outside, [false, false, true, false, false]);
        let mut m = Markup::default();
        periods(&mut m, &data, "title", "description");
        insta::assert_snapshot!(m.finish().replace("><", ">\n<"));
    }

    fn check(svg: &str) {
        assert!(
            svg.starts_with("<svg") && svg.ends_with("</svg>") && !svg.contains("<t>"),
            "{svg}"
        );
        assert_eq!(svg.matches("<text").count(), svg.matches("</text>").count());
        assert_eq!(svg.matches('"').count() % 2, 0);
        assert!(!svg.contains("width=\"-"), "{svg}");
    }

    #[test]
    fn a_short_delivery() {
        let s = Sides {
            dispatched: Some(1000 * KG),
            received: Some(990 * KG),
            difference: Some(10 * KG),
            band: KG,
            explain: KG,
            notify: 3 * KG,
        };
        let mut m = Markup::default();
        sides(&mut m, &s, "title", &Texts::new(Lang::Zh));
        insta::assert_snapshot!(m.finish().replace("><", ">\n<"));
    }
}
