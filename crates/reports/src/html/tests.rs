//! The report page.

use weighbridge_detection::Population;
use weighbridge_detection::unexplained::{Review, Survey};

use super::*;
use crate::Sources;
use crate::locale::Lang;
use crate::testing::{AS_OF, Account, FORMULA, MARKUP, account, row};
use crate::unexplained::{self as said, Unexplained, Wanted};

fn page(lang: Lang) -> String {
    let account = account();
    let result = CheckResult::build(
        &account.books,
        AS_OF.parse().unwrap(),
        &account as &dyn Sources,
    );
    report(&result, &account.books, &Texts::new(lang))
}

/// Three users of acetone with a stocktake a month: of the first so many kg are gone in August, of the second as many more
/// are there, of the third nothing is wrong; a fourth was never counted.
fn counted(off: u32) -> Account {
    let mut rows = Vec::new();
    for (by, from) in [("A-001", 5_000), ("B-002", 5_000), ("C-003", 5_000)] {
        let mut row = |kind, month: u32, day: u32, kg: u32| {
            let (year, month) = (2024 + (month - 1) / 12, (month - 1) % 12 + 1);
            let date = format!("{year}-{month:02}-{day:02}").leak();
            rows.push(row(by, kind, date, "acetone", kg.to_string().leak()));
        };
        row("stocktake", 1, 1, from);
        for month in 1..=14 {
            row("production", month, 9, 2_000 + month);
            row("use", month, 19, 2_000 + month);
            let there = match (by, month >= 8) {
                ("A-001", true) => from - off,
                ("B-002", true) => from + off,
                _ => from,
            };
            row("stocktake", month, 28, there);
        }
    }
    rows.push(row("D-004", "use", "2024-05-01", "acetone", "1"));
    Account::of(Vec::new(), &[("folder/users.csv", rows)])
}

fn judged(account: &Account) -> CheckResult {
    let on = "2025-06-30".parse().unwrap();
    let mut result = CheckResult::build(&account.books, on, account as &dyn Sources);
    let population = Population::of(&account.books, on);
    let survey = Survey::of(&population, Review::default());
    let wanted = Wanted {
        series: None,
        entries: usize::MAX,
    };
    result.unexplained = Some(Unexplained::build(&population, &survey, &wanted, account));
    result
}

fn escaped(text: &str) -> String {
    let mut m = Markup::default();
    m.text(text);
    m.finish()
}

#[test]
fn what_is_unexplained_is_said_as_on_the_terminal() {
    let account = counted(900);
    let result = judged(&account);
    let u = result.unexplained.as_ref().unwrap();
    assert_eq!((u.entries.len(), u.gains.len()), (1, 1));
    for lang in Lang::ALL {
        let texts = Texts::new(lang);
        let html = report(&result, &account.books, &texts);
        let entry = said::entry(&u.entries[0], &texts, None);
        let mut sentences: Vec<&str> = entry.lines().map(str::trim).collect();
        let (head, count) = (
            said::head(&u.calibration, u.as_of, &texts),
            said::count(u, &texts).unwrap(),
        );
        let silent = said::silent(u, &texts).unwrap();
        sentences.extend(head.iter().map(String::as_str));
        sentences.extend([count.as_str(), &silent]);
        assert!(sentences.len() >= 11, "{entry}");
        for sentence in sentences {
            let sentence = sentence.replace("folder/", "");
            assert!(html.contains(&escaped(&sentence)), "{sentence}");
        }
        assert_eq!(html.matches("<article").count(), 1);
        assert_eq!(html.matches("<desc>").count(), 1);
        // One diamond a settled period, and the gain in a table of its own with holder and site.
        let settled = u.entries[0]
            .periods
            .iter()
            .filter(|p| p.state == "settled")
            .count();
        assert_eq!(html.matches("class=\"mark\"").count(), settled);
        assert!(html.contains(&escaped(&said::gains_are(u, &texts).unwrap())));
        assert!(html.contains(">B-002</td>"));
        assert!(html.contains("href=\"#unexplained\""));
        well_formed(&html);
    }
}

#[test]
fn where_nothing_is_listed_it_says_what_could_not_be_judged() {
    let account = counted(0);
    let result = judged(&account);
    let u = result.unexplained.as_ref().unwrap();
    for lang in Lang::ALL {
        let texts = Texts::new(lang);
        let html = report(&result, &account.books, &texts);
        for sentence in [
            said::count(u, &texts).unwrap(),
            said::silent(u, &texts).unwrap(),
        ] {
            assert!(html.contains(&escaped(&sentence)), "{sentence}");
        }
        assert!(!html.contains("<article") && !html.contains(&texts.word("title-gains")));
        well_formed(&html);
    }
    let html = page(Lang::En);
    assert!(!html.contains("#unexplained"), "nothing was judged");
}

#[test]
fn nothing_of_a_reporter_becomes_markup() {
    for lang in Lang::ALL {
        let html = page(lang);
        assert!(
            !html.contains("<script"),
            "markup of a document number came through"
        );
        assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;&amp;&quot;&#39;"));
        assert!(
            html.contains("=HYPERLINK(&quot;"),
            "the formula is shown as text"
        );
        assert!(!html.contains(MARKUP) && !html.contains(FORMULA));
    }
}

#[test]
fn one_page_that_needs_no_other_host() {
    let html = page(Lang::Zh);
    assert!(html.contains("<html lang=\"zh-Hans\">"));
    for outside in ["src=", "@import", "url(", "<link", "href=\"http"] {
        assert!(!html.contains(outside), "{outside}");
    }
    well_formed(&html);
}

fn well_formed(html: &str) {
    for opened in [
        "div",
        "table",
        "tr",
        "td",
        "th",
        "figure",
        "article",
        "svg",
        "dl",
        "dd",
        "p",
        "h2",
        "h3",
        "section",
        "details",
        "desc",
        "figcaption",
    ] {
        let starts = html.matches(&format!("<{opened}>")).count()
            + html.matches(&format!("<{opened} ")).count();
        assert_eq!(
            starts,
            html.matches(&format!("</{opened}>")).count(),
            "{opened}"
        );
    }
}

#[test]
fn no_message_is_missing_and_each_discrepancy_has_a_chart() {
    for lang in Lang::ALL {
        let html = page(lang);
        let cards = html.matches("<article").count();
        assert!(cards >= 6, "{cards}");
        assert!(html.matches("<svg").count() >= 2 * cards);
        for prefix in [
            "report-", "summary-", "head-", "method-", "never-", "state-", "title-",
        ] {
            // An unknown message shows its own id between tags.
            assert!(!html.contains(&format!(">{prefix}")), "{prefix}");
        }
    }
}
