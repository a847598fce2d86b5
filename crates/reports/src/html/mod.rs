//! The report of a check as one page that opens from disk: no script, no other host, everything inline and escaped.
//!
//! What needs a hand comes first. Only the largest open consignments have a card with charts; the page says how many
//! it leaves to the files beside it.

mod discrepancies;
mod lists;
mod unexplained;

use weighbridge_books::Books;

use crate::behind::Behind;
use crate::check::CheckResult;
use crate::locale::{Arg, Texts};
use crate::markup::Markup;
use crate::names::Names;
use crate::number::grouped;
use crate::table::{Cell, Table};
use crate::terminal;

/// Open consignments with a card of their own; the files beside the page have all of them.
pub const CARDS_MAX: usize = 1_000;
/// Unexplained differences with a card of their own.
const UNEXPLAINED_MAX: usize = 200;
/// Balances that do not close that are listed.
pub const BALANCES_MAX: usize = 200;
/// Rows set aside that are listed; the command for rows set aside has all of them.
const ASIDE_MAX: usize = 500;
/// Questions of one sort that are listed.
const QUESTIONS_MAX: usize = 50;

const STYLE: &str = include_str!("style.css");

/// What every section is made of.
struct Page<'a> {
    m: Markup,
    result: &'a CheckResult,
    books: &'a Books,
    texts: &'a Texts,
    behind: Behind<'a>,
    names: Names<'a>,
}

/// The report as one HTML document. The books must be settled and those of the result.
#[must_use]
pub fn report(result: &CheckResult, books: &Books, texts: &Texts) -> String {
    let mut page = Page {
        m: Markup::default(),
        result,
        books,
        texts,
        behind: Behind::new(result, books),
        names: Names::of(result),
    };
    page.head();
    page.discrepancies();
    page.unexplained();
    page.balances();
    page.quarantine();
    page.questions();
    page.files();
    page.method();
    page.m
        .raw("</main><footer><p>")
        .text(&texts.word("report-footer"))
        .raw("</p></footer></body></html>\n");
    page.m.finish()
}

impl Page<'_> {
    fn head(&mut self) {
        let date = self.result.as_of.to_string();
        let title = self.texts.say("report-title", &[("date", date.into())]);
        let m = &mut self.m;
        m.raw("<!doctype html>\n<html lang=\"")
            .raw(self.texts.lang().tag())
            .raw("\"><head><meta charset=\"utf-8\">");
        m.raw("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">");
        m.raw("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">");
        m.raw("<meta name=\"referrer\" content=\"no-referrer\"><meta name=\"generator\" content=\"Weighbridge\">");
        m.element("title", &title)
            .raw("<style>")
            .raw(STYLE)
            .raw("</style></head><body><header>");
        m.element("h1", &title);
        let lines = &self.result.lines;
        let intro = self.texts.say(
            "report-intro",
            &[
                ("read", lines.read.into()),
                ("accepted", lines.accepted.into()),
                ("quarantined", lines.quarantined.into()),
                ("duplicate", lines.duplicate.into()),
            ],
        );
        self.m
            .raw("<p class=\"lead\">")
            .text(&intro)
            .raw("</p><nav>");
        let absent = |id: &str| id == UNEXPLAINED && self.result.unexplained.is_none();
        for (id, key) in SECTIONS.into_iter().filter(|(id, _)| !absent(id)) {
            self.m
                .raw("<a href=\"#")
                .raw(id)
                .raw("\">")
                .text(&self.texts.word(key))
                .raw("</a>");
        }
        self.m.raw("</nav>");
        self.figures();
        self.m.raw("</header><main>");
    }

    fn figures(&mut self) {
        let c = &self.result.consignments;
        let unclosed = self.result.unclosed().len() as u64;
        let figures = [
            ("state-short", c.short),
            ("state-over", c.over),
            ("state-disputed", c.disputed),
            ("state-overdue", c.overdue),
            ("report-unclosed", unclosed),
            ("lines-quarantined", self.result.lines.quarantined),
            ("state-awaiting_receipt", c.awaiting_receipt),
            ("state-awaiting_dispatch", c.awaiting_dispatch),
            ("state-within_allowance", c.within_allowance),
            ("state-matched", c.matched),
        ];
        self.m.raw("<dl class=\"figures\">");
        for (key, n) in figures {
            self.m
                .raw("<div>")
                .element("dt", &self.texts.word(key))
                .element("dd", &grouped(i128::from(n)));
            self.m.raw("</div>");
        }
        self.m
            .raw("</dl><p class=\"soft\">")
            .text(&self.texts.word("report-overdue_note"))
            .raw("</p>");
    }

    fn section(&mut self, id: &'static str, key: &'static str) {
        self.m
            .raw("<h2 id=\"")
            .raw(id)
            .raw("\">")
            .text(&self.texts.word(key))
            .raw("</h2>");
    }

    fn paragraph(&mut self, key: &str, args: &[(&str, Arg<'_>)]) {
        self.m.element("p", &self.texts.say(key, args));
    }

    /// A table that scrolls by itself where it is wider than the page.
    fn table(&mut self, table: &Table) {
        self.table_head(table);
        table.rows.iter().for_each(|row| self.table_row(table, row));
        self.m.raw("</tbody></table></div>");
    }

    fn table_head(&mut self, table: &Table) {
        let title = table.title(self.texts);
        let m = &mut self.m;
        m.raw("<div class=\"scroll\" role=\"region\" tabindex=\"0\" aria-label=\"")
            .text(&title);
        m.raw("\"><table><thead><tr>");
        for column in &table.columns {
            m.raw(if column.kind.is_numeric() {
                "<th class=\"n\" scope=\"col\">"
            } else {
                "<th scope=\"col\">"
            });
            m.text(&column.heading(self.texts)).raw("</th>");
        }
        m.raw("</tr></thead><tbody>");
    }

    fn table_row(&mut self, table: &Table, row: &[Cell]) {
        self.m.raw("<tr>");
        for (column, cell) in table.columns.iter().zip(row) {
            let text = cell.shown(column, self.texts);
            self.m.raw(match column.kind.is_numeric() {
                true => "<td class=\"n\" data-head=\"",
                false if terminal::width(&text) > UNBROKEN => "<td class=\"w\" data-head=\"",
                false => "<td data-head=\"",
            });
            // On a phone every cell stands on a line of its own, after its heading.
            self.m.text(&column.heading(self.texts)).raw("\">");
            self.m.text(&text).raw("</td>");
        }
        self.m.raw("</tr>");
    }
}

/// Width up to which a cell is kept on one line.
const UNBROKEN: usize = 24;

/// The section that is absent where nothing was counted twice.
const UNEXPLAINED: &str = "unexplained";

const SECTIONS: [(&str, &str); 6] = [
    ("discrepancies", "title-discrepancies"),
    (UNEXPLAINED, "title-unexplained"),
    ("balances", "report-balances"),
    ("quarantine", "title-quarantine"),
    ("files", "report-files"),
    ("method", "report-method"),
];

#[cfg(test)]
mod tests;
