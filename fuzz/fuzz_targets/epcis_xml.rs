//! Fuzz target `epcis_xml`; what must hold is in `crates/intake/tests/targets`.
#![no_main]

#[path = "../../crates/intake/tests/targets/mod.rs"]
#[allow(dead_code)]
mod targets;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| targets::read_any(bytes, "events.xml"));
