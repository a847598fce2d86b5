//! Dependencies that are named and never used: each costs build time and a reader's attention.

use serde_json::Value;

use crate::tree::Page;

/// Dependencies of a package whose name stands in none of its sources, and shared ones that no package takes.
pub(crate) fn check(metadata: &Value, pages: &[Page]) -> Vec<String> {
    let none = Vec::new();
    let packages = metadata["packages"].as_array().unwrap_or(&none);
    let mut wrong = Vec::new();
    for package in packages {
        let name = package["name"].as_str().unwrap_or_default();
        let manifest = package["manifest_path"].as_str().unwrap_or_default();
        let Some(folder) = pages.iter().map(|p| p.path.as_str()).find_map(|p| {
            let below = p.strip_suffix("Cargo.toml")?;
            (!below.is_empty() && manifest.ends_with(&format!("/{p}"))).then(|| below.to_owned())
        }) else {
            continue;
        };
        let sources: Vec<&str> = (pages
            .iter()
            .filter(|p| p.path.starts_with(&folder) && p.is("rs")))
        .map(Page::text)
        .collect();
        for dependency in package["dependencies"].as_array().unwrap_or(&none) {
            let to = dependency["name"].as_str().unwrap_or_default();
            let ident = to.replace('-', "_");
            if !sources.iter().any(|s| mentions(s, &ident)) {
                wrong.push(format!("{name}: does not use {to}"));
            }
        }
    }
    let taken = |to: &str| {
        let mut dependencies = packages
            .iter()
            .flat_map(|p| p["dependencies"].as_array().unwrap_or(&none));
        dependencies.any(|d| d["name"] == to)
    };
    let root = pages
        .iter()
        .find(|p| p.path == "Cargo.toml")
        .map_or("", Page::text);
    let shared = root
        .lines()
        .skip_while(|l| *l != "[workspace.dependencies]")
        .skip(1)
        .take_while(|l| !l.starts_with('['));
    let names = shared
        .filter_map(|l| l.split_once(" = "))
        .map(|(name, _)| name);
    wrong.extend(
        names
            .filter(|n| !taken(n))
            .map(|n| format!("Cargo.toml: no package takes {n}")),
    );
    wrong
}

/// Whether a source names a crate: `name::`, `use name` or `extern crate`, not as a part of another word.
fn mentions(source: &str, ident: &str) -> bool {
    source.match_indices(ident).any(|(at, _)| {
        let before = source[..at].chars().next_back();
        let after = &source[at + ident.len()..];
        let alone = !before.is_some_and(|c| c.is_alphanumeric() || c == '_');
        alone && (after.starts_with("::") || after.starts_with(';') || after.starts_with(" as "))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::edges::metadata;
    use crate::tree::pages;

    #[test]
    fn every_dependency_is_used() {
        assert_eq!(
            check(&metadata().unwrap(), &pages().unwrap()),
            Vec::<String>::new()
        );
    }

    #[test]
    fn mentions_are_whole_words() {
        assert!(mentions("use csv::Reader;", "csv") && mentions("blake3::hash(x)", "blake3"));
        assert!(
            !mentions("movements_csv::read(x)", "csv") && !mentions("// csv is not read", "csv")
        );
    }
}
