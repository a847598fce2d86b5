//! Rules that a file can break by itself: length, module doc, words, unfinished work.

use crate::tree::Page;

/// Lines of a source file; a longer one says why in a line `// long: <reason>`.
const LINES_MAX: usize = 600;

/// Words that have no place in the project: paths and hosts of a workplace, marks of unfinished work. Written in pieces,
/// so that this list does not find itself.
const WORDS: [&str; 12] = [
    concat!("/wo", "rk/"),
    concat!("issues", " show"),
    concat!("/tmp", "/contract"),
    concat!("static.", "crates.io"),
    concat!("index.", "crates.io"),
    concat!("registry.", "npmjs"),
    concat!("files.python", "hosted"),
    concat!("deb.", "debian.org"),
    concat!("TO", "DO"),
    concat!("FIX", "ME"),
    concat!("XX", "X:"),
    concat!("DE", "SC\""),
];

/// Not looked into for words: data of others, and what cargo writes.
const NOT_OURS: [&str; 5] = [
    "Cargo.lock",
    "fuzz/Cargo.lock",
    "/testdata/",
    "fuzz/corpus/",
    "LICENSE",
];

fn is_source(page: &Page) -> bool {
    page.is("rs") && !page.path.contains("/testdata/")
}

/// Source files that are too long and give no reason.
pub(crate) fn lengths(pages: &[Page]) -> Vec<String> {
    let long = |p: &&Page| {
        let reason = p.text().lines().any(|l| {
            l.trim_start()
                .strip_prefix("// long:")
                .is_some_and(|r| r.trim().len() > 10)
        });
        is_source(p) && p.text().lines().count() > LINES_MAX && !reason
    };
    (pages.iter().filter(long))
        .map(|p| {
            format!(
                "{}: {} lines; split it, or say why in a line `// long: …`",
                p.path,
                p.text().lines().count()
            )
        })
        .collect()
}

/// Source files that do not begin with what they are.
pub(crate) fn module_docs(pages: &[Page]) -> Vec<String> {
    (pages
        .iter()
        .filter(|p| is_source(p) && !p.text().starts_with("//! ") && !p.text().starts_with("#![")))
    .map(|p| format!("{}: begins without a module doc (//!)", p.path))
    .collect()
}

/// Forbidden words.
pub(crate) fn words(pages: &[Page]) -> Vec<String> {
    let mut wrong = Vec::new();
    for page in pages
        .iter()
        .filter(|p| !NOT_OURS.iter().any(|n| p.path == *n || p.path.contains(n)))
    {
        for (number, line) in (1..).zip(page.text().lines()) {
            for word in WORDS.iter().filter(|w| line.contains(**w)) {
                wrong.push(format!("{}:{number}: {word}", page.path));
            }
        }
    }
    wrong
}

/// Data folders that do not say where their data comes from. A file is covered by a `SOURCE.txt` beside it or above it.
pub(crate) fn sources(pages: &[Page]) -> Vec<String> {
    let is_data = |path: &str| path.contains("/testdata/") || path.contains("/data/");
    let has = |folder: &str| {
        pages
            .iter()
            .any(|p| p.path.strip_suffix("/SOURCE.txt") == Some(folder))
    };
    let uncovered = |p: &&Page| {
        let mut folder = p.path.as_str();
        while let Some((up, _)) = folder.rsplit_once('/') {
            folder = up;
            if has(folder) {
                return false;
            }
        }
        is_data(&p.path)
    };
    pages
        .iter()
        .filter(uncovered)
        .map(|p| format!("{}: no SOURCE.txt beside it or above it", p.path))
        .collect()
}

/// Crates whose clippy.toml differs from the workspace's by more than leaving bans out.
pub(crate) fn bans(pages: &[Page]) -> Vec<String> {
    let rules = |p: &Page| -> Vec<String> {
        p.text()
            .lines()
            .filter(|l| !l.is_empty() && !l.starts_with('#'))
            .map(str::to_owned)
            .collect()
    };
    let Some(base) = pages.iter().find(|p| p.path == "clippy.toml").map(rules) else {
        return vec!["clippy.toml: missing".to_owned()];
    };
    let mut wrong = Vec::new();
    for page in pages.iter().filter(|p| p.path.ends_with("/clippy.toml")) {
        if !page.text().starts_with("# ") {
            wrong.push(format!(
                "{}: begins without the reason for its exceptions",
                page.path
            ));
        }
        let more = rules(page).into_iter().filter(|l| !base.contains(l));
        wrong.extend(
            more.map(|l| format!("{}: not in the workspace's clippy.toml: {l}", page.path)),
        );
    }
    wrong
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tree::pages;

    const NONE: [&str; 0] = [];

    #[test]
    fn no_file_is_too_long() {
        assert_eq!(lengths(&pages().unwrap()), NONE);
    }

    #[test]
    fn every_module_says_what_it_is() {
        assert_eq!(module_docs(&pages().unwrap()), NONE);
    }

    #[test]
    fn no_forbidden_words() {
        assert_eq!(words(&pages().unwrap()), NONE);
    }

    #[test]
    fn all_data_has_a_source() {
        assert_eq!(sources(&pages().unwrap()), NONE);
    }

    #[test]
    fn clippy_is_narrowed_only_by_leaving_out() {
        assert_eq!(bans(&pages().unwrap()), NONE);
    }

    #[test]
    fn what_is_wrong_is_found() {
        let page = |path: &str, text: String| {
            [Page {
                path: path.to_owned(),
                text: Some(text),
            }]
        };
        let long = "//! A.\n".repeat(601);
        assert_eq!(lengths(&page("a.rs", long.clone())).len(), 1);
        assert_eq!(
            lengths(&page(
                "a.rs",
                format!("{long}// long: one table, read as a whole")
            ))
            .len(),
            0
        );
        assert_eq!(module_docs(&page("a.rs", "use b;".to_owned())).len(), 1);
        assert_eq!(
            words(&page("a.md", format!("x\nsee {}main", WORDS[0]))),
            [format!("a.md:2: {}", WORDS[0])]
        );
        assert_eq!(sources(&page("c/testdata/x/y.csv", String::new())).len(), 1);
    }
}
