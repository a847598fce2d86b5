//! What balances leave unexplained: what the list rests on, a card for each entry with its balance drawn, and gains apart.
//!
//! The sentences are those of the terminal. Absent: entries that are not listed.

use super::{Page, UNEXPLAINED, UNEXPLAINED_MAX};
use crate::names::Names;
use crate::unexplained::{self as said, Entry, Unexplained};

impl Page<'_> {
    pub(super) fn unexplained(&mut self) {
        let Some(u) = &self.result.unexplained else {
            return;
        };
        let texts = self.texts;
        self.section(UNEXPLAINED, "title-unexplained");
        let head = said::head(&u.calibration, u.as_of, texts);
        for sentence in head.into_iter().chain(said::count(u, texts)) {
            self.m.element("p", &sentence);
        }
        let shown = u.entries.get(..UNEXPLAINED_MAX).unwrap_or(&u.entries);
        if shown.len() > 1 {
            self.table(&said::list(shown, texts));
        }
        for entry in shown {
            self.difference(&short(entry, &self.names));
        }
        let left_out = u.left_out + u.entries.len() - shown.len();
        if left_out > 0 {
            self.paragraph("unexplained-more_json", &[("n", left_out.into())]);
        }
        self.gains(u);
        if let Some(silent) = said::silent(u, texts) {
            self.m.element("p", &silent);
        }
    }

    fn difference(&mut self, e: &Entry) {
        let texts = self.texts;
        self.m
            .raw("<article class=\"card\"><header><h3>")
            .text(&said::place(e, texts))
            .raw("</h3>");
        if let Some(d) = &e.difference {
            self.m.raw("<b>").text(&said::kilograms(d)).raw(" kg</b>");
        }
        self.m.raw("</header>");
        for sentence in said::sentences(e, texts) {
            self.m.element("p", &sentence);
        }
        self.balance(e);
        self.m.raw("</article>");
    }

    /// The balance drawn period by period, and the figures of the drawing.
    fn balance(&mut self, e: &Entry) {
        let texts = self.texts;
        self.m.raw("<figure>");
        said::figure(&mut self.m, e, texts);
        self.m
            .element("figcaption", &texts.word("report-caption_periods"))
            .raw("</figure><details><summary>")
            .text(&texts.word("title-periods"))
            .raw("</summary>");
        self.table(&said::periods(e));
        self.m.raw("</details>");
    }

    fn gains(&mut self, u: &Unexplained) {
        let Some(are) = said::gains_are(u, self.texts) else {
            return;
        };
        self.m
            .raw("<div class=\"aside\">")
            .element("h3", &self.texts.word("title-gains"))
            .element("p", &are);
        let shown = u.gains.get(..UNEXPLAINED_MAX).unwrap_or(&u.gains);
        self.table(&said::gains_list(shown, self.texts));
        if u.gains.len() > shown.len() {
            let more = [("n", (u.gains.len() - shown.len()).into())];
            self.paragraph("unexplained-more_json", &more);
        }
        self.m.raw("</div>");
    }
}

/// An entry whose rows name files as the rest of the page does.
fn short(e: &Entry, names: &Names<'_>) -> Entry {
    let mut e = e.clone();
    let rows = e.explanations.iter_mut().flat_map(|x| &mut x.rows);
    for row in rows.chain(&mut e.rows) {
        row.file = names.short(&row.file).to_owned();
    }
    e
}
