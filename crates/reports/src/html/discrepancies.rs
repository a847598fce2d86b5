//! The open consignments: each a card with its facts, the two sides, and the books of the sites.

use weighbridge_books::registry::HolderId;
use weighbridge_books::substances::allowance;
use weighbridge_books::substances::consignment::Consignment;
use weighbridge_books::substances::line::Line;
use weighbridge_measure::SubstanceTable;

use super::{CARDS_MAX, Page};
use crate::check::{Discrepancy, substance_code};
use crate::history::Histories;
use crate::locale::Lang;
use crate::number::{kg, percent, ppm};
use crate::summary::state_words;
use crate::svg::{self, Sides};

/// A mark of the state that does not need colour.
fn shape(state: &str) -> &'static str {
    match state {
        "short" => "▼ ",
        "over" => "▲ ",
        "disputed" => "◆ ",
        _ => "○ ",
    }
}

impl Page<'_> {
    pub(super) fn discrepancies(&mut self) {
        self.section("discrepancies", "title-discrepancies");
        let all = &self.result.discrepancies;
        if all.is_empty() {
            self.paragraph("summary-no_discrepancies", &[]);
            return;
        }
        let shown = all.len().min(CARDS_MAX);
        let lead = self
            .texts
            .of_list("report-discrepancies", shown, all.len(), &[]);
        self.m.element("p", &lead);
        let lines = self.books.substances.lines();
        let series = (all.iter().take(shown))
            .flat_map(|d| {
                d.consignment
                    .dispatches
                    .iter()
                    .chain(&d.consignment.receipts)
            })
            .filter_map(|line| lines.get(*line))
            .map(Line::series);
        let histories = Histories::read(self.books, series, self.result.as_of);
        for d in all.iter().take(shown) {
            self.card(d, &histories);
        }
    }

    fn card(&mut self, d: &Discrepancy, histories: &Histories) {
        let texts = self.texts;
        let c = &d.consignment;
        let mass = d.mass();
        self.m
            .raw("<article class=\"card\"><header><h3><span class=\"state\">")
            .raw(shape(d.state));
        self.m
            .text(&state_words(d, texts))
            .raw("</span> ")
            .text(texts.substance(c.substance))
            .raw("</h3><b>");
        self.m.text(&kg(mass)).raw(" kg</b></header><p>");
        let party = |id, site: &Option<String>| match site {
            Some(site) => format!("{} / {site}", self.party(id)),
            None => self.party(id),
        };
        let parties = format!(
            "{} → {}",
            party(c.sender, &d.from_site),
            party(c.receiver, &d.to_site)
        );
        self.m
            .text(&parties)
            .raw("</p><p class=\"soft\">")
            .text(&texts.code("state_meaning", d.state))
            .raw("</p>");
        if d.notify {
            self.m
                .raw("<p class=\"state note\">")
                .text(&texts.word("report-notify"))
                .raw("</p>");
        }
        self.facts(d);
        self.m.raw("<div class=\"charts\">");
        let sides = self.sides(c);
        self.m.raw("<figure>");
        svg::sides(
            &mut self.m,
            &sides,
            &texts.word("report-chart_sides"),
            texts,
        );
        if d.difference_ug.is_some() {
            let caption = texts.say(
                "report-caption_sides",
                &[
                    ("band", svg::chart_kg(sides.band).into()),
                    ("a", kg(sides.explain).into()),
                    ("b", kg(sides.notify).into()),
                ],
            );
            self.m.element("figcaption", &caption);
        }
        self.m.raw("</figure>");
        self.books_of(d, histories);
        self.m.raw("</div></article>");
    }

    fn facts(&mut self, d: &Discrepancy) {
        let texts = self.texts;
        let mass = |ug: Option<i128>| {
            ug.map_or_else(|| texts.word("report-none"), |ug| format!("{} kg", kg(ug)))
        };
        let yes = |text: &Option<String>| text.clone().unwrap_or_default();
        let share = d
            .difference_ug
            .zip(d.dispatched_ug)
            .and_then(|(d, s)| ppm(d, s))
            .map(percent)
            .unwrap_or_default();
        let substance = (d.receipt_substance.as_deref())
            .and_then(|id| SubstanceTable::shipped().by_code(id))
            .map(|id| texts.substance(id).to_owned())
            .unwrap_or_default();
        let due = d.due.map(|day| day.to_string()).unwrap_or_default();
        let suggestion = d
            .suggestion
            .as_ref()
            .map(|r| self.names.rows(std::slice::from_ref(r)))
            .unwrap_or_default();
        let facts = [
            ("head-document", yes(&d.document)),
            ("head-first", d.first_date.to_string()),
            ("head-dispatched", mass(d.dispatched_ug)),
            ("head-received", mass(d.received_ug)),
            ("head-share", share),
            ("head-due", due),
            ("head-stage", texts.code("stage", d.stage)),
            ("head-received_by", yes(&d.received_by)),
            ("head-received_from", yes(&d.received_from)),
            ("head-receipt_substance", substance),
            ("head-dispatch_rows", self.names.rows(&d.dispatch_rows)),
            ("head-receipt_rows", self.names.rows(&d.receipt_rows)),
            ("report-suggestion", suggestion),
            (
                "head-ambiguous",
                if d.ambiguous {
                    texts.word("flag-yes")
                } else {
                    String::new()
                },
            ),
        ];
        self.m.raw("<dl class=\"facts\">");
        for (key, value) in facts.iter().filter(|(_, value)| !value.is_empty()) {
            self.m
                .raw("<div>")
                .element("dt", &texts.word(key))
                .element("dd", value)
                .raw("</div>");
        }
        self.m.raw("</dl>");
    }

    /// The masses of both sides, with the band and the limits that the consignment was judged by (matching rules, 4).
    fn sides(&self, c: &Consignment) -> Sides {
        let lines = self.books.substances.lines();
        let halves = c
            .dispatches
            .iter()
            .chain(&c.receipts)
            .filter_map(|line| lines.get(*line));
        let variance = halves.fold(0u128, |sum, l| sum.saturating_add(l.variance()));
        let dispatches = || c.dispatches.iter().filter_map(|line| lines.get(*line));
        let smallest = dispatches().min_by_key(|l| {
            (
                l.date(),
                l.base_ug(),
                l.traits().mode() as u8,
                l.traits().packaging() as u8,
            )
        });
        let limits = smallest
            .zip(dispatches().map(Line::date).min())
            .map(|(l, first)| {
                let traits = l.traits();
                allowance::in_force(first, traits.packaging(), traits.stated(), traits.mode())
            });
        let share = |part: u32| {
            c.dispatched_ug
                .map_or(0, |sent| allowance::share(sent, part))
        };
        Sides {
            dispatched: c.dispatched_ug,
            received: c.received_ug,
            difference: c.difference_ug,
            band: i128::try_from(variance.saturating_mul(4).isqrt()).unwrap_or(i128::MAX),
            explain: limits.map_or(0, |a| share(a.explain_ppm)),
            notify: limits.map_or(0, |a| share(a.notify_ppm)),
        }
    }

    /// The book of the first dispatch's series and of the first receipt's.
    fn books_of(&mut self, d: &Discrepancy, histories: &Histories) {
        let ledger = &self.books.substances;
        let c = &d.consignment;
        let first = |side: &[u32]| {
            side.first()
                .and_then(|line| ledger.lines().get(*line))
                .map(|l| (l.series(), l.date()))
        };
        for (number, day) in [first(&c.dispatches), first(&c.receipts)]
            .into_iter()
            .flatten()
        {
            let (Some(series), Some(line)) = (
                ledger.series(number),
                histories.book(number, self.result.as_of, Some(day)),
            ) else {
                continue;
            };
            let site = crate::check::site_code(self.books, series.site);
            let caption = self.texts.say(
                if line.counts.is_empty() {
                    "report-caption_flow"
                } else {
                    "report-caption_book"
                },
                &[
                    (
                        "holder",
                        crate::check::holder_code(self.books, series.holder).into(),
                    ),
                    ("site", site.into()),
                    ("substance", self.texts.substance(series.substance).into()),
                ],
            );
            self.m.raw("<figure>");
            svg::book(&mut self.m, &line, &caption);
            self.m.element("figcaption", &caption).raw("</figure>");
        }
        debug_assert_eq!(substance_code(c.substance), d.substance);
    }

    /// Code and name of a holder.
    fn party(&self, id: HolderId) -> String {
        let Some(h) = self.books.registry.holder(id) else {
            return String::new();
        };
        let name = match self.texts.lang() {
            Lang::En if !h.name_en.is_empty() => h.name_en.as_str(),
            _ => h.name_on(self.result.as_of),
        };
        if name == h.code {
            h.code.clone()
        } else {
            format!("{} {name}", h.code)
        }
    }
}
