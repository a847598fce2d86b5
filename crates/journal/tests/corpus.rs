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
    let step = (input.len() / 400).max(1);
    (0..input.len()).step_by(step).flat_map(|at| {
        let mut flipped = input.to_vec();
        flipped[at] ^= 1 << (at % 8);
        [input[..at].to_vec(), flipped]
    })
}

#[test]
fn every_input_and_its_neighbours() {
    for (target, check) in targets::TARGETS {
        let inputs = inputs(target);
        assert!(!inputs.is_empty(), "{target}");
        for (_, input) in inputs {
            check(&input);
            neighbours(&input).for_each(|i| check(&i));
        }
    }
}
