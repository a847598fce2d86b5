//! Documents: links lead somewhere, and the reference names everything that the code knows.

use crate::tree::{Page, root};

/// Links in Markdown and HTML images that lead to no file.
pub(crate) fn links(pages: &[Page]) -> Vec<String> {
    let root = root();
    let mut wrong = Vec::new();
    for page in pages
        .iter()
        .filter(|p| p.is("md") && !p.path.contains("/testdata/"))
    {
        let folder = page.path.rsplit_once('/').map_or("", |(folder, _)| folder);
        for target in targets(page.text()) {
            let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
            if target.contains("://") || target.starts_with("mailto:") {
                continue;
            }
            let path = if file.is_empty() {
                root.join(&page.path)
            } else {
                root.join(folder).join(file)
            };
            if !path.exists() {
                wrong.push(format!("{}: no such file: {target}", page.path));
            } else if !anchor.is_empty()
                && !has_heading(&std::fs::read_to_string(&path).unwrap_or_default(), anchor)
            {
                wrong.push(format!("{}: no such heading: {target}", page.path));
            }
        }
    }
    wrong
}

/// Paths in backquotes that lead to no file; patterns are left alone.
pub(crate) fn paths(pages: &[Page]) -> Vec<String> {
    let root = root();
    let mut wrong = Vec::new();
    for page in pages
        .iter()
        .filter(|p| p.is("md") && !p.path.contains("/testdata/"))
    {
        let quoted = page.text().split('`').skip(1).step_by(2);
        let ours = quoted.filter(|t| {
            ["crates/", "xtask/", "e2e/", "fuzz/", "docs/"]
                .iter()
                .any(|f| t.starts_with(f))
        });
        let plain = ours.filter(|t| !t.contains(['*', '<', '{', ' ', '\n']));
        wrong.extend(
            plain
                .filter(|t| !root.join(t).exists())
                .map(|t| format!("{}: no such file: {t}", page.path)),
        );
    }
    wrong
}

/// What stands in `](…)` and `src="…"`, outside code.
fn targets(text: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut code = false;
    for line in text.lines() {
        if line.trim_start().starts_with("```") {
            code = !code;
        }
        if code {
            continue;
        }
        for (open, close) in [("](", ')'), ("src=\"", '"')] {
            let ends = line
                .split(open)
                .skip(1)
                .filter_map(|rest| rest.split_once(close));
            found.extend(ends.map(|(target, _)| target));
        }
    }
    found
}

fn has_heading(text: &str, anchor: &str) -> bool {
    let slug = |heading: &str| -> String {
        let kept = heading
            .trim()
            .chars()
            .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
        kept.flat_map(char::to_lowercase)
            .map(|c| if c == ' ' { '-' } else { c })
            .collect()
    };
    text.lines()
        .filter(|l| l.starts_with('#'))
        .any(|l| slug(l.trim_start_matches('#')) == anchor)
}

/// Where codes stand in the source, and the page that must name each in backquotes.
const LISTS: [(&str, &str); 8] = [
    (
        "crates/books/src/registry/succession.rs",
        "docs/reference/holders.md",
    ),
    (
        "crates/books/src/substances/vocabulary.rs",
        "docs/reference/movements.md",
    ),
    (
        "crates/books/src/substances/kind.rs",
        "docs/reference/movements.md",
    ),
    (
        "crates/books/src/substances/quarantine.rs",
        "docs/reference/quarantine.md",
    ),
    (
        "crates/books/src/substances/body.rs",
        "docs/reference/quarantine.md",
    ),
    ("crates/intake/src/issue.rs", "docs/reference/quarantine.md"),
    (
        "crates/journal/src/verify/fault.rs",
        "docs/reference/journal-format.md",
    ),
    (
        "crates/intake/src/formats/mod.rs",
        "docs/reference/formats.md",
    ),
];

/// Codes that the reference does not name.
pub(crate) fn codes(pages: &[Page]) -> Vec<String> {
    let text = |path: &str| pages.iter().find(|p| p.path == path).map_or("", Page::text);
    let mut wrong = Vec::new();
    for (source, document) in LISTS {
        let document_text = text(document);
        let missing = codes_in(text(source))
            .into_iter()
            .filter(|c| !document_text.contains(&format!("`{c}`")));
        wrong.extend(missing.map(|c| format!("{document}: does not name `{c}` of {source}")));
    }
    wrong
}

/// Stable codes as the source writes them: `Name = "code",`, `=> "code",`, and `rule(Kind::X, "code", …`.
fn codes_in(source: &str) -> Vec<&str> {
    let body = source.split("mod tests {").next().unwrap_or_default();
    let code = |line: &'_ str| -> Option<usize> {
        let line = line.trim();
        let shape = line.starts_with("rule(") || line.contains(" = \"") || line.contains("=> \"");
        (shape && line.ends_with(',')).then_some(0)
    };
    let quoted = body
        .lines()
        .filter(|l| code(l).is_some())
        .filter_map(|l| l.split('"').nth(1));
    quoted
        .filter(|c| {
            !c.is_empty()
                && c.bytes()
                    .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_')
        })
        .collect()
}

/// Header names that intake takes and the reference does not list.
pub(crate) fn headers(pages: &[Page]) -> Vec<String> {
    let text = |path: &str| pages.iter().find(|p| p.path == path).map_or("", Page::text);
    let mut wrong = Vec::new();
    for (source, document) in [
        (
            "crates/intake/src/headers.rs",
            "docs/reference/movements.md",
        ),
        ("crates/intake/src/holders.rs", "docs/reference/holders.md"),
    ] {
        let document_text = text(document);
        let body = text(source).split("mod tests {").next().unwrap_or_default();
        let lines = body.lines().filter(|l| {
            l.trim_start().starts_with("(Field::") || l.trim_start().starts_with("(HolderField::")
        });
        let names = lines
            .filter_map(|l| l.rsplit('"').nth(1))
            .flat_map(|names| names.split(' '));
        let missing = names.filter(|n| !n.is_empty() && !document_text.contains(&format!("`{n}`")));
        wrong.extend(missing.map(|n| format!("{document}: does not name the header `{n}`")));
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::pages;

    const NONE: [&str; 0] = [];

    #[test]
    fn links_lead_somewhere() {
        assert_eq!(links(&pages().unwrap()), NONE);
    }

    #[test]
    fn paths_in_documents_exist() {
        assert_eq!(paths(&pages().unwrap()), NONE);
    }

    #[test]
    fn the_reference_names_every_code() {
        assert_eq!(codes(&pages().unwrap()), NONE);
    }

    #[test]
    fn the_reference_names_every_header() {
        assert_eq!(headers(&pages().unwrap()), NONE);
    }

    #[test]
    fn every_list_still_has_codes() {
        let pages = pages().unwrap();
        for (source, _) in LISTS {
            let page = pages.iter().find(|p| p.path == source).unwrap();
            assert!(
                codes_in(page.text()).len() > 3,
                "{source}: the rule reads no codes here any more"
            );
        }
    }

    #[test]
    fn targets_and_headings() {
        assert_eq!(
            targets("[a](b.md#c) ![d](e.svg)\n```\n[x](y)\n```\n<img src=\"f.png\">"),
            ["b.md#c", "e.svg", "f.png"]
        );
        assert!(has_heading("# One\n## Two, or 3!\n", "two-or-3"));
        assert!(!has_heading("# One\n", "two"));
    }
}
