//! The fuzz corpora, replayed on stable: what was once found stays found.
#![allow(clippy::disallowed_methods, reason = "tests read the corpora")]

mod targets;

use std::path::{Path, PathBuf};

fn inputs(target: &str) -> Vec<(PathBuf, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../fuzz/corpus")
        .join(target);
    let files = std::fs::read_dir(&folder).unwrap_or_else(|e| panic!("{}: {e}", folder.display()));
    let mut files: Vec<PathBuf> = files.map(|f| f.unwrap().path()).collect();
    files.sort();
    files
        .into_iter()
        .map(|f| (f.clone(), std::fs::read(f).unwrap()))
        .collect()
}

/// Cuts and flipped bytes of an input: what a fuzzer tries first.
fn neighbours(input: &[u8]) -> impl Iterator<Item = Vec<u8>> + '_ {
    let step = (input.len() / 40).max(1);
    (0..input.len()).step_by(step).flat_map(|at| {
        let mut flipped = input.to_vec();
        flipped[at] ^= 1 << (at % 8);
        [input[..at].to_vec(), flipped]
    })
}

#[test]
fn every_input_and_its_neighbours() {
    for (target, name) in targets::TARGETS {
        let inputs = inputs(target);
        assert!(inputs.len() >= 2, "{target}");
        for (path, input) in inputs {
            eprintln_path(&path);
            targets::read_any(&input, name);
            neighbours(&input).for_each(|i| targets::read_any(&i, name));
        }
    }
}

/// A panic is then found under the name of its input.
fn eprintln_path(path: &Path) {
    use std::io::Write as _;
    let _ = writeln!(std::io::stderr(), "{}", path.display());
}
