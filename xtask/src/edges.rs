//! Which crate may depend on which: edges go down only.

use serde_json::Value;
use std::process::Command;

use crate::tree::root;

/// Package, and which of ours it may use in its normal and build dependencies.
const ALLOWED: [(&str, &[&str]); 13] = [
    ("weighbridge-measure", &[]),
    ("weighbridge-accountancy", &[]),
    ("weighbridge-journal", &[]),
    ("weighbridge-books", &["weighbridge-measure"]),
    (
        "weighbridge-detection",
        &[
            "weighbridge-accountancy",
            "weighbridge-books",
            "weighbridge-measure",
        ],
    ),
    (
        "weighbridge-intake",
        &["weighbridge-books", "weighbridge-measure"],
    ),
    (
        "weighbridge-reports",
        &[
            "weighbridge-detection",
            "weighbridge-accountancy",
            "weighbridge-books",
            "weighbridge-measure",
        ],
    ),
    (
        "weighbridge-simulate",
        &["weighbridge-books", "weighbridge-measure"],
    ),
    (
        "weighbridge-account",
        &[
            "weighbridge-books",
            "weighbridge-intake",
            "weighbridge-journal",
            "weighbridge-measure",
            "weighbridge-reports",
        ],
    ),
    (
        "weighbridge-web",
        &[
            "weighbridge-account",
            "weighbridge-detection",
            "weighbridge-reports",
            "weighbridge-intake",
            "weighbridge-books",
            "weighbridge-journal",
            "weighbridge-measure",
        ],
    ),
    (
        "weighbridge",
        &[
            "weighbridge-account",
            "weighbridge-web",
            "weighbridge-accountancy",
            "weighbridge-detection",
            "weighbridge-reports",
            "weighbridge-intake",
            "weighbridge-simulate",
            "weighbridge-books",
            "weighbridge-journal",
            "weighbridge-measure",
        ],
    ),
    (
        "weighbridge-benches",
        &[
            "weighbridge",
            "weighbridge-account",
            "weighbridge-accountancy",
            "weighbridge-detection",
            "weighbridge-reports",
            "weighbridge-intake",
            "weighbridge-simulate",
            "weighbridge-books",
            "weighbridge-journal",
            "weighbridge-measure",
        ],
    ),
    ("xtask", &[]),
];

/// Further edges that tests may have.
const ALLOWED_IN_TESTS: [(&str, &str); 1] = [("weighbridge-simulate", "weighbridge-intake")];

/// What is pure and stays so: no crate of these may come into their normal dependencies.
const PURE: [&str; 5] = [
    "weighbridge-accountancy",
    "weighbridge-detection",
    "weighbridge-measure",
    "weighbridge-books",
    "weighbridge-intake",
];
const IMPURE: [&str; 8] = [
    "rusqlite",
    "tokio",
    "getrandom",
    "rand",
    "ring",
    "clap",
    "indicatif",
    "sys-locale",
];

/// Edges that are not in the lists.
pub(crate) fn check(metadata: &Value) -> Vec<String> {
    let mut wrong = Vec::new();
    let none = Vec::new();
    for package in metadata["packages"].as_array().unwrap_or(&none) {
        let name = package["name"].as_str().unwrap_or_default();
        let Some((_, allowed)) = ALLOWED.iter().find(|(n, _)| *n == name) else {
            wrong.push(format!(
                "{name}: a package that xtask/src/edges.rs does not know; give it its place there"
            ));
            continue;
        };
        for dependency in package["dependencies"].as_array().unwrap_or(&none) {
            let to = dependency["name"].as_str().unwrap_or_default();
            let test = dependency["kind"] == "dev";
            let ours = ALLOWED.iter().any(|(n, _)| *n == to);
            if ours && !allowed.contains(&to) && !(test && ALLOWED_IN_TESTS.contains(&(name, to))) {
                wrong.push(format!("{name} → {to}: this edge goes up or sideways"));
            }
            if !test && PURE.contains(&name) && IMPURE.contains(&to) {
                wrong.push(format!(
                    "{name} → {to}: a pure crate does no I/O and draws no random numbers"
                ));
            }
        }
    }
    wrong
}

/// What `cargo metadata` says of the workspace.
///
/// # Errors
/// Where cargo cannot be run or says something else than JSON.
pub(crate) fn metadata() -> Result<Value, String> {
    let cargo = option_env!("CARGO").unwrap_or("cargo");
    let output = Command::new(cargo)
        .args([
            "metadata",
            "--no-deps",
            "--offline",
            "--format-version",
            "1",
        ])
        .current_dir(root())
        .output()
        .map_err(|e| e.to_string())?;
    serde_json::from_slice(&output.stdout)
        .map_err(|e| format!("{e}: {}", String::from_utf8_lossy(&output.stderr)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn edges_go_down_only() {
        assert_eq!(check(&metadata().unwrap()), Vec::<String>::new());
    }

    #[test]
    fn wrong_edges_are_found() {
        let with = |name: &str, to: &str, kind: Value| json!({ "packages": [{ "name": name, "dependencies": [{ "name": to, "kind": kind }] }] });
        for (name, to, kind, wrong) in [
            ("weighbridge-books", "weighbridge-measure", Value::Null, 0),
            ("weighbridge-books", "weighbridge-journal", Value::Null, 1),
            ("weighbridge-books", "weighbridge-journal", json!("dev"), 1),
            (
                "weighbridge-simulate",
                "weighbridge-intake",
                json!("dev"),
                0,
            ),
            ("weighbridge-simulate", "weighbridge-intake", Value::Null, 1),
            ("weighbridge-intake", "rusqlite", Value::Null, 1),
            ("weighbridge-journal", "rusqlite", Value::Null, 0),
            ("weighbridge-new", "serde", Value::Null, 1),
        ] {
            assert_eq!(check(&with(name, to, kind)).len(), wrong, "{name} {to}");
        }
    }
}
