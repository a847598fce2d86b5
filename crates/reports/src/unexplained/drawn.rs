//! An entry ready to be put on a page: its sentences, and its balance drawn.

use super::{Entry, kilograms, place, rounded, sentences};
use crate::locale::Texts;
use crate::markup::Markup;
use crate::svg::{self, Period, Periods, chart_kg};

/// An entry as a page shows it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Drawn {
    /// Holder, site and substance.
    pub place: String,
    /// Kilograms of the difference, with the digits that its interval allows; empty where none is stated.
    pub kilograms: String,
    /// What there is to say; at least one sentence.
    pub sentences: Vec<String>,
    /// The balance period by period as an SVG element, to be put into a page as it is: every text in it is escaped.
    pub drawing: String,
}

impl Drawn {
    /// An entry in words and drawn.
    #[must_use]
    pub fn of(e: &Entry, texts: &Texts) -> Drawn {
        let mut m = Markup::default();
        figure(&mut m, e, texts);
        let stated = e.difference.as_ref().filter(|_| e.listed);
        Drawn {
            place: place(e, texts),
            kilograms: stated.map(kilograms).unwrap_or_default(),
            sentences: sentences(e, texts),
            drawing: m.finish(),
        }
    }
}

/// The balance drawn period by period, with a description for who does not see it.
pub(crate) fn figure(m: &mut Markup, e: &Entry, texts: &Texts) {
    let periods: Vec<Period> = e
        .periods
        .iter()
        .map(|p| Period {
            from: p.from,
            to: p.to,
            left: rounded(p.left_kg, p.standard_error_kg.unwrap_or(0.0)),
            band: p.standard_error_kg.map(|se| rounded(2.0 * se, se)),
        })
        .collect();
    let outside = periods.iter().filter(|p| p.is_outside());
    let outside: Vec<String> = outside
        .map(|p| format!("{}: {} kg", p.to, chart_kg(p.left)))
        .collect();
    let args = [
        ("n", periods.len().into()),
        ("outside", outside.len().into()),
        ("list", outside.join(&texts.word("list-separator")).into()),
    ];
    let drawing = Periods {
        periods,
        stretch: e.difference.as_ref().map(|d| (d.from, d.to)),
    };
    let title = format!("{}: {}", texts.word("title-periods"), place(e, texts));
    let description = texts.say("report-described_periods", &args);
    svg::periods(m, &drawing, &title, &description);
}
