//! The report page.

use super::*;
use crate::Sources;
use crate::locale::Lang;
use crate::testing::{AS_OF, FORMULA, MARKUP, account};

fn page(lang: Lang) -> String {
    let account = account();
    let result = CheckResult::build(
        &account.books,
        AS_OF.parse().unwrap(),
        &account as &dyn Sources,
    );
    report(&result, &account.books, &Texts::new(lang))
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
    for opened in [
        "div", "table", "tr", "td", "th", "figure", "article", "svg", "dl", "dd", "p", "h2", "h3",
        "section",
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
