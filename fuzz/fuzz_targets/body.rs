//! Fuzz target `body`; what must hold is in `crates/books/tests/targets`.
#![no_main]

#[path = "../../crates/books/tests/targets/mod.rs"]
#[allow(dead_code)]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::body(bytes));
