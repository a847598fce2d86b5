//! The sections that are lists: balances, rows set aside, questions, files; and how all of it was computed.

use super::{ASIDE_MAX, BALANCES_MAX, Page, QUESTIONS_MAX};
use crate::locale::Texts;
use crate::summary::{self, named_line};
use crate::table::Cell;
use crate::views;

/// Consignments named behind one balance.
const BEHIND_SHOWN: usize = 5;

const BALANCE_COLUMNS: [&str; 10] = [
    "holder",
    "site",
    "substance_name",
    "unexplained_ug",
    "book_at_count_ug",
    "counted_ug",
    "counted_on",
    "opening_ug",
    "in_ug",
    "out_ug",
];

/// One thing that detection found, in words; the bare pair where a new one has no words yet.
fn detected(key: &str, value: &str, texts: &Texts) -> String {
    let id = format!("detected-{key}");
    if key == "format" {
        texts.code("format", value)
    } else if texts.has(&id) {
        texts.say(
            &id,
            &[("value", texts.code("detected_value", value).into())],
        )
    } else {
        format!("{key} {value}")
    }
}

impl Page<'_> {
    pub(super) fn balances(&mut self) {
        self.section("balances", "report-balances");
        let result = self.result;
        let open = result.unclosed();
        let counted = result
            .balances
            .iter()
            .filter(|b| b.unexplained_ug.is_some())
            .count();
        if counted == 0 {
            self.paragraph("summary-none_counted", &[]);
            return;
        }
        if open.is_empty() {
            let args = [
                ("counted", counted.into()),
                ("all", result.balances.len().into()),
            ];
            self.paragraph("summary-all_close", &args);
            return;
        }
        let shown = open.len().min(BALANCES_MAX);
        let more = [("counted", counted.into())];
        let lead = (self.texts).of_list("report-balances_lead", shown, open.len(), &more);
        self.m.element("p", &lead);
        let items = open.iter().take(shown).copied();
        let table = views::balance_table(items, self.books, result.as_of, self.texts);
        let table = views::only(table, &BALANCE_COLUMNS);
        self.table_head(&table);
        for (row, balance) in table.rows.iter().zip(open) {
            self.table_row(&table, row);
            let behind = self.behind.of(balance);
            let hints = summary::hints(balance, &self.behind, &self.names, self.texts, None);
            if behind.is_empty() && hints.is_empty() {
                continue;
            }
            self.m
                .raw("<tr class=\"more\"><td colspan=\"10\"><div class=\"stick\">");
            if !behind.is_empty() {
                self.m.element("div", &self.texts.word("report-behind"));
            }
            for d in behind.iter().take(BEHIND_SHOWN) {
                self.m
                    .raw("<div>← ")
                    .text(&named_line(d, &self.names, self.texts))
                    .raw("</div>");
            }
            if behind.len() > BEHIND_SHOWN {
                let more = self.texts.say(
                    "summary-more",
                    &[("n", (behind.len() - BEHIND_SHOWN).into())],
                );
                self.m.element("div", &more);
            }
            for hint in &hints {
                self.m.element("div", hint);
            }
            self.m.raw("</div></td></tr>");
        }
        self.m.raw("</tbody></table></div>");
    }

    pub(super) fn quarantine(&mut self) {
        self.section("quarantine", "title-quarantine");
        let result = self.result;
        let reasons = result.all_reasons();
        if reasons.is_empty() {
            self.paragraph("report-no_quarantine", &[]);
            return;
        }
        let all = result.quarantine.len();
        let lead = (self.texts).of_list("report-quarantine", all.min(ASIDE_MAX), all, &[]);
        self.m.element("p", &lead);
        let mut left = ASIDE_MAX;
        for (code, n) in reasons {
            let items = result.quarantine.iter().filter(|i| i.code == code);
            let items: Vec<_> = items.take(left).collect();
            left -= items.len();
            if items.is_empty() {
                break;
            }
            let reason = self.texts.code("code", code);
            let title = [("n", n.into()), ("reason", reason.into())];
            self.m
                .raw("<div class=\"aside\">")
                .element("h3", &self.texts.say("report-reason", &title));
            let suggested = items.iter().any(|i| !i.expected.is_empty());
            self.m
                .element("p", &self.texts.remedy(code, suggested))
                .raw("<ul>");
            for item in items {
                let text = summary::example(item, &self.names, self.texts);
                self.m.element("li", &text);
            }
            self.m.raw("</ul></div>");
        }
    }

    pub(super) fn questions(&mut self) {
        let result = self.result;
        if result.waiting.is_empty() && result.findings.is_empty() {
            return;
        }
        self.section("questions", "summary-questions");
        if !result.waiting.is_empty() {
            let args = [
                ("n", result.waiting.len().into()),
                ("shown", result.waiting.len().min(QUESTIONS_MAX).into()),
            ];
            self.paragraph("report-waiting", &args);
            let shown = result
                .waiting
                .get(..QUESTIONS_MAX)
                .unwrap_or(&result.waiting);
            self.table(&views::waiting(shown));
        }
        if !result.findings.is_empty() {
            let args = [
                ("n", result.findings.len().into()),
                ("shown", result.findings.len().min(QUESTIONS_MAX).into()),
            ];
            self.paragraph("report-findings", &args);
            let shown = result
                .findings
                .get(..QUESTIONS_MAX)
                .unwrap_or(&result.findings);
            self.table(&views::questions(shown));
        }
    }

    pub(super) fn files(&mut self) {
        self.section("files", "report-files");
        let files = &self.result.files;
        if files.is_empty() {
            self.m.element("p", &self.texts.word("table_empty"));
            return;
        }
        let mut table = views::files(&[]);
        for note in files {
            let pairs = note
                .detection
                .iter()
                .map(|(key, value)| detected(key, value, self.texts));
            let mut detected: Vec<String> = pairs.collect();
            if let Some(code) = &note.error {
                detected.push(self.texts.code("file_remedy", code));
            }
            table.rows.push(vec![
                Cell::text(&note.file),
                Cell::text(detected.join(" · ")),
            ]);
        }
        self.table(&table);
    }

    pub(super) fn method(&mut self) {
        self.section("method", "report-method");
        for key in [
            "identity",
            "quantity",
            "pairing",
            "comparing",
            "clock",
            "balance",
            "silent",
        ] {
            self.paragraph(&format!("method-{key}"), &[]);
        }
        self.m.element("h3", &self.texts.word("report-never"));
        self.m.raw("<ul>");
        for key in ["persons", "accusation", "repair", "conceal"] {
            self.m
                .element("li", &self.texts.word(&format!("never-{key}")));
        }
        self.m.raw("</ul>");
    }
}
