//! Fuzz target `note`; what must hold is in `crates/journal/tests/targets`.
#![no_main]

#[path = "../../crates/journal/tests/targets/mod.rs"]
#[allow(dead_code)]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::note(bytes));
