//! The province as a whole.

use std::collections::BTreeSet;

use super::*;

fn tiny(seed: u64) -> Plan {
    Plan { seed: Seed(seed), holders: 40, months: 6, lines: 8_000, losses: 5, ..Plan::default() }
}

#[test]
fn a_seed_gives_the_same_bytes() {
    let make = |seed| {
        let province = Province::new(tiny(seed));
        (province.holders_csv(), province.files().collect::<Vec<_>>(), province.truth())
    };
    assert_eq!(make(1), make(1));
    assert_ne!(make(1).1, make(2).1);
}

#[test]
fn files_come_in_order_and_are_counted() {
    for seed in 0..4 {
        let mut files = Province::new(tiny(seed)).files();
        let all: Vec<SimFile> = files.by_ref().collect();
        assert!(all.windows(2).all(|w| w[0].received_on <= w[1].received_on));
        let names: BTreeSet<&str> = all.iter().map(|f| f.name.as_str()).collect();
        assert_eq!(names.len(), all.len(), "names are unique");
        let lines: u64 = all.iter().map(|f| f.lines).sum();
        assert_eq!(lines, files.truth().lines);
        for file in all.iter().filter(|f| f.dialect == Dialect::Csv) {
            let newlines = file.bytes.iter().filter(|b| **b == b'\n').count() as u64;
            assert_eq!(newlines, file.lines + 1, "{}", file.name);
        }
    }
}

#[test]
fn the_demonstration_has_its_size_faults_and_losses() {
    let truth = Province::new(Plan::default()).truth();
    assert!((250_000..350_000).contains(&truth.lines), "{} lines", truth.lines);
    for fault in [
        Fault::LateFile,
        Fault::FileTwice,
        Fault::DatesSwapped,
        Fault::MissingHalf,
        Fault::RepeatedLine,
        Fault::DoubleEntry,
        Fault::GramsForKilograms,
        Fault::LitresForKilograms,
        Fault::FormMissing,
        Fault::DocumentTypo,
        Fault::PartyTypo,
        Fault::PartyCheck,
        Fault::IdentityNumber,
        Fault::Correction,
        Fault::Deletion,
    ] {
        assert!(truth.faults.contains_key(&fault), "{fault:?}: {:?}", truth.faults);
    }
    assert_eq!(truth.losses.len(), 12, "{:#?}", truth.losses);
    for kind in LossKind::ALL {
        assert!(truth.losses.iter().any(|l| l.kind == kind && l.ug > 0), "{kind:?}");
    }
    assert!(truth.losses.iter().all(|l| l.from <= l.to));
    assert_eq!(truth.identity_numbers.len() as u64, truth.faults[&Fault::IdentityNumber]);
}

#[test]
fn without_faults_the_lines_are_honest() {
    let truth = Province::new(Plan { faults: false, ..tiny(3) }).truth();
    assert!(truth.faults.is_empty());
    assert!(truth.identity_numbers.is_empty());
}

#[test]
fn sizes_scale() {
    for lines in [20_000, 100_000] {
        let truth = Province::new(Plan::bench(lines)).truth();
        assert!((lines * 5 / 6..lines * 7 / 6).contains(&truth.lines), "{lines}: {}", truth.lines);
    }
}
