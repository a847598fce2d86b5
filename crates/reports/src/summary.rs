//! What `check` and `demo` say on the terminal: what was read, what was set aside and why, what does not agree.

use weighbridge_books::Books;

use crate::behind::Behind;
use crate::check::{BalanceItem, CheckResult, Discrepancy, StateCounts};
use crate::locale::Texts;
use crate::number::{grouped, kg};
use crate::sources::RowRef;
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

/// The summary as lines of text. `max_width` is the terminal's, none where the text goes to a file.
#[must_use]
pub fn summary(
    result: &CheckResult,
    books: &Books,
    texts: &Texts,
    max_width: Option<usize>,
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
    reasons(&mut out, result, texts);
    section(
        &mut out,
        &texts.word("summary-consignments"),
        &states(&result.consignments, texts),
    );
    discrepancies(&mut out, result, books, texts, max_width);
    balances(&mut out, result, books, texts, max_width);
    notes(&mut out, result, texts);
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

fn reasons(out: &mut String, result: &CheckResult, texts: &Texts) {
    let reasons = result.reasons();
    if reasons.is_empty() {
        return;
    }
    let mut items = Vec::new();
    for (code, n) in reasons.iter().take(REASONS_SHOWN) {
        items.push((grouped(i128::from(*n)), texts.code("code", code)));
        items.push((String::new(), format!("→ {}", texts.code("remedy", code))));
        if let Some(item) = result.quarantine.iter().find(|i| i.code == *code) {
            items.push((String::new(), clean(&example(item, texts))));
        }
    }
    let title = texts.say(
        "summary-reasons",
        &[
            ("shown", reasons.len().min(REASONS_SHOWN).into()),
            ("all", reasons.len().into()),
        ],
    );
    section(out, &title, &counted(&items));
}

/// One row set aside in words: where, what was found, what was expected.
#[must_use]
pub fn example(item: &crate::sources::QuarantineItem, texts: &Texts) -> String {
    let key = match (item.found.is_empty(), item.expected.is_empty()) {
        (true, true) => "summary-example",
        (true, false) => "summary-example_expected",
        (false, true) => "summary-example_found",
        (false, false) => "summary-example_both",
    };
    texts.say(
        key,
        &[
            ("file", item.file.as_str().into()),
            ("row", item.row.to_string().into()),
            ("field", texts.code("field", &item.field).into()),
            ("found", item.found.as_str().into()),
            ("expected", item.expected.as_str().into()),
        ],
    )
}

fn discrepancies(
    out: &mut String,
    result: &CheckResult,
    books: &Books,
    texts: &Texts,
    max_width: Option<usize>,
) {
    let all = result.discrepancies.len();
    if all == 0 {
        section(out, &texts.word("summary-no_discrepancies"), "");
        return;
    }
    let shown = all.min(DISCREPANCIES_SHOWN);
    let title = texts.say(
        "summary-discrepancies",
        &[("shown", shown.into()), ("all", all.into())],
    );
    let items = result.discrepancies.iter().take(shown);
    let table = views::only(
        views::discrepancies(items, books, result.as_of, texts),
        &DISCREPANCY_COLUMNS,
    );
    section(out, &title, &terminal::render(&table, texts, max_width));
}

fn balances(
    out: &mut String,
    result: &CheckResult,
    books: &Books,
    texts: &Texts,
    max_width: Option<usize>,
) {
    let open = result.unclosed();
    let counted = result
        .balances
        .iter()
        .filter(|b| b.unexplained_ug.is_some())
        .count();
    if open.is_empty() {
        section(
            out,
            &texts.say(
                "summary-all_close",
                &[
                    ("counted", counted.into()),
                    ("all", result.balances.len().into()),
                ],
            ),
            "",
        );
        return;
    }
    let shown: Vec<&BalanceItem> = open.iter().copied().take(BALANCES_SHOWN).collect();
    let title = texts.say(
        "summary-balances",
        &[
            ("shown", shown.len().into()),
            ("all", open.len().into()),
            ("counted", counted.into()),
        ],
    );
    let table = views::balance_table(shown.iter().copied(), books, result.as_of, texts);
    let table = views::only(table, &BALANCE_COLUMNS);
    let text = terminal::render(&table, texts, max_width);
    let behind = Behind::new(result, books);
    // Each balance is followed by its consignments, so the table is taken apart into its lines again.
    let mut lines = text.lines();
    let mut body: String = lines.by_ref().take(2).map(|l| format!("{l}\n")).collect();
    for (line, balance) in lines.zip(&shown) {
        body.push_str(line);
        body.push('\n');
        let behind = behind.of(balance);
        for d in behind.iter().take(BEHIND_SHOWN) {
            let text = format!("    ← {}", one_line(d, texts));
            body.push_str(&max_width.map_or(text.clone(), |max| terminal::cut(&text, max)));
            body.push('\n');
        }
        if behind.len() > BEHIND_SHOWN {
            let more = texts.say(
                "summary-more",
                &[("n", (behind.len() - BEHIND_SHOWN).into())],
            );
            body.push_str(&format!("    {more}\n"));
        }
    }
    section(out, &title, &body);
}

/// An open consignment in one line: state, kilograms, parties, document, rows.
#[must_use]
pub fn one_line(d: &Discrepancy, texts: &Texts) -> String {
    let mass = d
        .difference_ug
        .or(d.dispatched_ug)
        .or(d.received_ug)
        .unwrap_or(0);
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
        .map(|r| format!("{}:{}", r.file, r.row))
        .collect();
    if rows.len() > ROWS_SHOWN {
        named.push("…".to_owned());
    }
    clean(&texts.say(
        key,
        &[
            ("state", state_words(d, texts).into()),
            ("kg", kg(mass).into()),
            ("sender", d.sender.as_str().into()),
            ("receiver", d.receiver.as_str().into()),
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

fn notes(out: &mut String, result: &CheckResult, texts: &Texts) {
    let questions = [
        ("findings", result.findings.len()),
        ("waiting", result.waiting.len()),
        (
            "ambiguous",
            usize::try_from(result.consignments.ambiguous).unwrap_or(usize::MAX),
        ),
    ];
    let items: Vec<(String, String)> = questions
        .iter()
        .filter(|(_, n)| *n > 0)
        .map(|(key, n)| {
            (
                grouped(i128::try_from(*n).unwrap_or(i128::MAX)),
                texts.say(&format!("summary-{key}"), &[("n", (*n).into())]),
            )
        })
        .collect();
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
            let text = summary(&result, &account.books, &Texts::new(lang), Some(100));
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
            None
        ));
    }
}
