//! What `check` and `demo` say on the terminal: what was read, what was set aside and why, what does not agree.

use weighbridge_books::Books;

use crate::behind::Behind;
use crate::check::{BalanceItem, CheckResult, Discrepancy, StateCounts};
use crate::locale::Texts;
use crate::names::Names;
use crate::number::{grouped, kg};
use crate::sources::{QuarantineItem, RowRef};
use crate::table::{Cell, Table};
use crate::terminal::{self, clean, counted};
use crate::views;

/// Reasons of rows set aside that are shown.
pub const REASONS_SHOWN: usize = 5;
/// Balances that do not close that are shown.
pub const BALANCES_SHOWN: usize = 20;
/// Open consignments that are shown.
pub const DISCREPANCIES_SHOWN: usize = 10;
/// Consignments shown behind one balance.
const BEHIND_SHOWN: usize = 3;
/// Rows of a consignment named one by one.
const ROWS_SHOWN: usize = 3;

const DISCREPANCY_COLUMNS: [&str; 8] = [
    "state",
    "sender",
    "receiver",
    "substance_name",
    "document",
    "dispatched_ug",
    "received_ug",
    "difference_ug",
];
const BALANCE_COLUMNS: [&str; 7] = [
    "holder",
    "site",
    "substance_name",
    "counted_on",
    "book_at_count_ug",
    "counted_ug",
    "unexplained_ug",
];

/// The summary as lines of text. `max_width` is the terminal's, none where the text goes to a file. `account` is the
/// account as it is written on a command line, none where the lines are in none: hints at other commands name it.
#[must_use]
pub fn summary(
    result: &CheckResult,
    books: &Books,
    texts: &Texts,
    max_width: Option<usize>,
    account: Option<&str>,
) -> String {
    let mut out = texts.say(
        "summary-as_of",
        &[("date", result.as_of.to_string().into())],
    );
    out.push_str("\n\n");
    let lines = &result.lines;
    let items = [
        ("read", lines.read),
        ("accepted", lines.accepted),
        ("quarantined", lines.quarantined),
        ("duplicate", lines.duplicate),
    ];
    section(
        &mut out,
        &texts.word("summary-lines"),
        &count_list(&items, "lines", texts),
    );
    let names = Names::of(result);
    reasons(&mut out, result, &names, texts);
    section(
        &mut out,
        &texts.word("summary-consignments"),
        &states(&result.consignments, texts),
    );
    let paper = Paper {
        result,
        books,
        names,
        texts,
        max_width,
        account,
    };
    discrepancies(&mut out, &paper);
    balances(&mut out, &paper);
    notes(&mut out, result, texts, account);
    out.truncate(out.trim_end().len());
    out.push('\n');
    out
}

fn section(out: &mut String, title: &str, body: &str) {
    out.push_str(title);
    out.push('\n');
    out.push_str(body);
    out.push('\n');
}

fn count_list(items: &[(&str, u64)], prefix: &str, texts: &Texts) -> String {
    let shown: Vec<(String, String)> = items
        .iter()
        .map(|(key, n)| (grouped(i128::from(*n)), texts.code(prefix, key)))
        .collect();
    counted(&shown)
}

/// Consignments by state: code and how many, those that need a hand first.
#[must_use]
pub fn by_state(c: &StateCounts) -> [(&'static str, u64); 8] {
    [
        ("short", c.short),
        ("over", c.over),
        ("disputed", c.disputed),
        ("overdue", c.overdue),
        ("awaiting_receipt", c.awaiting_receipt),
        ("awaiting_dispatch", c.awaiting_dispatch),
        ("within_allowance", c.within_allowance),
        ("matched", c.matched),
    ]
}

fn states(counts: &StateCounts, texts: &Texts) -> String {
    let shown: Vec<(String, String)> = by_state(counts)
        .iter()
        .map(|(code, n)| {
            let words = texts.code("state", code);
            let meaning = texts.code("state_meaning", code);
            (
                grouped(i128::from(*n)),
                texts.say(
                    "summary-state",
                    &[("state", words.into()), ("meaning", meaning.into())],
                ),
            )
        })
        .collect();
    counted(&shown)
}

fn reasons(out: &mut String, result: &CheckResult, names: &Names<'_>, texts: &Texts) {
    let reasons = result.reasons();
    if reasons.is_empty() {
        return;
    }
    let mut items = Vec::new();
    for (code, n) in reasons.iter().take(REASONS_SHOWN) {
        items.push((grouped(i128::from(*n)), texts.code("code", code)));
        let first = result.quarantine.iter().filter(|i| i.nth == 0);
        let mut rows = first.filter(|i| i.code == *code);
        let first = rows.next();
        let suggested = first
            .into_iter()
            .chain(rows)
            .any(|i| !i.expected.is_empty());
        items.push((
            String::new(),
            format!("→ {}", texts.remedy(code, suggested)),
        ));
        if let Some(item) = first {
            let example = example(item, names, texts);
            let example = texts.say("summary-eg", &[("example", example.into())]);
            items.push((String::new(), clean(&example)));
        }
    }
    let shown = reasons.len().min(REASONS_SHOWN);
    let title = texts.of_list("summary-reasons", shown, reasons.len(), &[]);
    section(out, &title, &counted(&items));
}

/// One row set aside in words: where, what was found, what was expected.
#[must_use]
pub fn example(item: &QuarantineItem, names: &Names<'_>, texts: &Texts) -> String {
    let key = match (item.found.is_empty(), item.expected.is_empty()) {
        (true, true) => "summary-example",
        (true, false) => "summary-example_expected",
        (false, true) => "summary-example_found",
        (false, false) => "summary-example_both",
    };
    texts.say(
        key,
        &[
            ("file", names.short(&item.file).into()),
            ("row", item.row.to_string().into()),
            ("field", texts.code("field", &item.field).into()),
            ("found", item.found.as_str().into()),
            (
                "expected",
                texts.expected(&item.field, &item.expected).into(),
            ),
        ],
    )
}

/// What the sections with tables are made of.
struct Paper<'a> {
    result: &'a CheckResult,
    books: &'a Books,
    names: Names<'a>,
    texts: &'a Texts,
    max_width: Option<usize>,
    account: Option<&'a str>,
}

impl Paper<'_> {
    /// A table whose rows are each followed by notes, indented. Those that are facts in a line are cut to the width;
    /// hints end in a command or a row and are never cut.
    fn annotated(&self, table: &Table, notes: impl Iterator<Item = Vec<String>>) -> String {
        let text = terminal::render(table, self.texts, self.max_width);
        let mut lines = text.lines();
        let mut body: String = lines.by_ref().take(2).map(|l| format!("{l}\n")).collect();
        for (line, notes) in lines.zip(notes) {
            body.push_str(line);
            body.push('\n');
            for note in notes {
                let fact = note.starts_with('←');
                let note = clean(&format!("    {note}"));
                let max = self.max_width.filter(|_| fact).unwrap_or(usize::MAX);
                body.push_str(&terminal::cut(&note, max));
                body.push('\n');
            }
        }
        body
    }
}

fn discrepancies(out: &mut String, paper: &Paper<'_>) {
    let (result, texts) = (paper.result, paper.texts);
    let all = result.discrepancies.len();
    if all == 0 {
        section(out, &texts.word("summary-no_discrepancies"), "");
        return;
    }
    let shown = all.min(DISCREPANCIES_SHOWN);
    let title = texts.of_list("summary-discrepancies", shown, all, &[]);
    let items = result.discrepancies.iter().take(shown);
    let table = views::discrepancies(items.clone(), paper.books, result.as_of, texts);
    let mut table = views::only(table, &DISCREPANCY_COLUMNS);
    for (row, d) in table.rows.iter_mut().zip(items.clone()) {
        for (column, cell) in table.columns.iter().zip(row) {
            match column.key {
                "sender" => *cell = Cell::text(d.from()),
                "receiver" => *cell = Cell::text(d.to()),
                "difference_ug" if d.missing.is_some() => {
                    *cell = Cell::text(texts.word("summary-whole"));
                }
                _ => {}
            }
        }
    }
    let notes = items.map(|d| {
        let row = d.suggestion.as_ref().map(std::slice::from_ref);
        let rows = row.map(|r| paper.names.rows(r));
        let said = rows.map(|rows| texts.say("summary-suggestion", &[("rows", rows.into())]));
        said.into_iter().collect()
    });
    section(out, &title, &paper.annotated(&table, notes));
}

fn balances(out: &mut String, paper: &Paper<'_>) {
    let (result, texts) = (paper.result, paper.texts);
    let open = result.unclosed();
    let second = |b: &&BalanceItem| b.unexplained_ug.is_some();
    let counted = result.balances.iter().filter(second).count();
    if open.is_empty() {
        let args = [
            ("counted", counted.into()),
            ("all", result.balances.len().into()),
        ];
        let sentence = match (counted, result.balances.len()) {
            (_, 0) => return,
            (0, _) => texts.word("summary-none_counted"),
            _ => texts.say("summary-all_close", &args),
        };
        section(out, &sentence, "");
        return;
    }
    let shown: Vec<&BalanceItem> = open.iter().copied().take(BALANCES_SHOWN).collect();
    let more = [("counted", counted.into())];
    let title = texts.of_list("summary-balances", shown.len(), open.len(), &more);
    let table = views::balance_table(shown.iter().copied(), paper.books, result.as_of, texts);
    let table = views::only(table, &BALANCE_COLUMNS);
    let all_behind = Behind::new(result, paper.books);
    let notes = shown.iter().map(|balance| {
        let behind = all_behind.of(balance);
        let mut notes: Vec<String> = (behind.iter().take(BEHIND_SHOWN))
            .map(|d| format!("← {}", named_line(d, &paper.names, texts)))
            .collect();
        if behind.len() > BEHIND_SHOWN {
            let more = behind.len() - BEHIND_SHOWN;
            notes.push(texts.say("summary-more", &[("n", more.into())]));
        }
        notes.extend(hints(
            balance,
            &all_behind,
            &paper.names,
            texts,
            paper.account,
        ));
        notes
    });
    section(out, &title, &paper.annotated(&table, notes));
}

/// Where else to look for what a balance leaves over: a row whose unit may be wrong; the movements, where no open
/// consignment comes near the figure.
pub(crate) fn hints(
    balance: &BalanceItem,
    behind: &Behind<'_>,
    names: &Names<'_>,
    texts: &Texts,
    account: Option<&str>,
) -> Vec<String> {
    let slip = balance.unit_slip.as_ref().map(|row| {
        let row = names.rows(std::slice::from_ref(row));
        texts.say("summary-unit_slip", &[("row", row.into())])
    });
    let unaccounted = (slip.is_none() && !behind.accounts_for(balance)).then(|| match account {
        Some(dir) => {
            let args = [
                ("dir", dir.into()),
                ("holder", balance.holder.as_str().into()),
                ("substance", balance.substance.as_str().into()),
            ];
            texts.say("summary-unaccounted", &args)
        }
        None => texts.word("summary-unaccounted_files"),
    });
    slip.into_iter().chain(unaccounted).collect()
}

/// An open consignment in one line: state, kilograms, parties, document, rows.
#[must_use]
pub fn one_line(d: &Discrepancy, texts: &Texts) -> String {
    line(d, |row| row.file.as_str(), texts)
}

/// The same with the short names of files.
#[must_use]
pub(crate) fn named_line(d: &Discrepancy, names: &Names<'_>, texts: &Texts) -> String {
    line(d, |row| names.short(&row.file), texts)
}

fn line<'a>(d: &'a Discrepancy, name: impl Fn(&'a RowRef) -> &'a str, texts: &Texts) -> String {
    let document = d.document.as_deref().unwrap_or("");
    let key = if document.is_empty() {
        "summary-consignment"
    } else {
        "summary-consignment_document"
    };
    let rows: Vec<&RowRef> = d.dispatch_rows.iter().chain(&d.receipt_rows).collect();
    let mut named: Vec<String> = rows
        .iter()
        .take(ROWS_SHOWN)
        .map(|r| format!("{}:{}", name(r), r.row))
        .collect();
    if rows.len() > ROWS_SHOWN {
        named.push("…".to_owned());
    }
    clean(&texts.say(
        key,
        &[
            ("state", state_words(d, texts).into()),
            ("kg", kg(d.mass()).into()),
            ("sender", d.from().into()),
            ("receiver", d.to().into()),
            ("document", document.into()),
            ("rows", named.join(", ").into()),
        ],
    ))
}

/// The state of an open consignment in words, with the half that is missing.
#[must_use]
pub fn state_words(d: &Discrepancy, texts: &Texts) -> String {
    match d.missing {
        Some(missing) => {
            let missing = texts.code("missing", missing);
            texts.say(
                "summary-overdue_half",
                &[
                    ("state", texts.code("state", d.state).into()),
                    ("missing", missing.into()),
                ],
            )
        }
        None => texts.code("state", d.state),
    }
}

fn notes(out: &mut String, result: &CheckResult, texts: &Texts, account: Option<&str>) {
    let questions = [
        ("findings", result.findings.len()),
        ("waiting", result.waiting.len()),
        (
            "ambiguous",
            usize::try_from(result.consignments.ambiguous).unwrap_or(usize::MAX),
        ),
    ];
    let mut items: Vec<(String, String)> = Vec::new();
    for (key, n) in questions.into_iter().filter(|(_, n)| *n > 0) {
        items.push((
            grouped(i128::try_from(n).unwrap_or(i128::MAX)),
            texts.say(&format!("summary-{key}"), &[("n", n.into())]),
        ));
        if let Some(dir) = account.filter(|_| key == "findings") {
            let listed = texts.say("summary-findings_listed", &[("dir", dir.into())]);
            items.push((String::new(), format!("→ {listed}")));
        }
    }
    if !items.is_empty() {
        section(out, &texts.word("summary-questions"), &counted(&items));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Lang;
    use crate::testing::{AS_OF, Account, account};

    #[test]
    fn what_people_see() {
        let account = account();
        let result = CheckResult::build(&account.books, AS_OF.parse().unwrap(), &account);
        for lang in Lang::ALL {
            let text = summary(
                &result,
                &account.books,
                &Texts::new(lang),
                Some(100),
                Some("account"),
            );
            assert!(text.lines().all(|l| !l.contains('\u{1b}')));
            insta::assert_snapshot!(format!("summary_{}", lang.code()), text);
        }
    }

    #[test]
    fn an_empty_account_says_so() {
        let account = Account::of(Vec::new(), &[]);
        let result = CheckResult::build(&account.books, AS_OF.parse().unwrap(), &account);
        insta::assert_snapshot!(summary(
            &result,
            &account.books,
            &Texts::new(Lang::En),
            None,
            None
        ));
    }
}
