//! The province as a whole.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use weighbridge_books::substances::kind::{Kind, Line as Side};
use weighbridge_books::substances::movement::Movement;
use weighbridge_books::substances::quarantine::{Code, Issue, SetAside};
use weighbridge_intake::{Input, Options, Sink, read, read_holders, sniff};
use weighbridge_measure::{Basis, Factor, SubstanceTable, base_ug};

use super::*;

fn tiny(seed: u64) -> Plan {
    Plan {
        seed: Seed(seed),
        holders: 40,
        months: 6,
        lines: 8_000,
        losses: 5,
        ..Plan::default()
    }
}

#[test]
fn a_seed_gives_the_same_bytes() {
    let make = |seed| {
        let province = Province::new(tiny(seed));
        (
            province.holders_csv(),
            province.files().collect::<Vec<_>>(),
            province.truth(),
        )
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
    assert!(
        (250_000..350_000).contains(&truth.lines),
        "{} lines",
        truth.lines
    );
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
        assert!(
            truth.faults.contains_key(&fault),
            "{fault:?}: {:?}",
            truth.faults
        );
    }
    assert_eq!(truth.losses.len(), 12, "{:#?}", truth.losses);
    for kind in LossKind::ALL {
        assert!(
            truth.losses.iter().any(|l| l.kind == kind && l.ug > 0),
            "{kind:?}"
        );
    }
    assert!(truth.losses.iter().all(|l| l.from <= l.to));
    assert_eq!(
        truth.identity_numbers.len() as u64,
        truth.faults[&Fault::IdentityNumber]
    );
}

#[test]
fn without_faults_the_lines_are_honest() {
    let truth = Province::new(Plan {
        faults: false,
        ..tiny(3)
    })
    .truth();
    assert!(truth.faults.is_empty());
    assert!(truth.identity_numbers.is_empty());
}

#[test]
fn sizes_scale() {
    for lines in [20_000, 100_000] {
        let truth = Province::new(Plan::bench(lines)).truth();
        assert!(
            (lines * 5 / 6..lines * 7 / 6).contains(&truth.lines),
            "{lines}: {}",
            truth.lines
        );
    }
}

/// Sums of what the files say, by site and substance: the simplest account there is.
#[derive(Default)]
struct Sums {
    rows: u64,
    aside: BTreeMap<Code, u64>,
    /// Opening, in − out up to the latest count, in, latest count; µg.
    accounts: BTreeMap<(String, &'static str), [i128; 4]>,
    pending: BTreeMap<(String, &'static str), i128>,
    factors: HashMap<Basis, Factor>,
}

impl Sink for Sums {
    fn movement(&mut self, m: &Movement<'_>) -> Result<(), Issue> {
        self.rows += 1;
        let factor = self
            .factors
            .entry(m.basis.clone())
            .or_insert_with(|| m.basis.factor().unwrap());
        let ug = i128::from(base_ug(&m.amount, factor).unwrap().ug());
        let key = (
            m.site.to_owned(),
            SubstanceTable::shipped().get(m.substance()).id,
        );
        let new = !self.accounts.contains_key(&key);
        let account = self.accounts.entry(key.clone()).or_default();
        let pending = self.pending.entry(key).or_default();
        match m.kind.line() {
            Side::In => (*pending, account[2]) = (*pending + ug, account[2] + ug),
            Side::Out => *pending -= ug,
            Side::Counted if new && m.kind == Kind::Stocktake => account[0] = ug,
            Side::Counted => {
                account[1] += std::mem::take(pending);
                account[3] = ug;
            }
        }
        Ok(())
    }

    fn set_aside(&mut self, row: SetAside) {
        self.rows += 1;
        *self.aside.entry(row.issues[0].code).or_default() += 1;
    }
}

fn sums(plan: &Plan) -> (Sums, Truth) {
    let mut files = Province::new(plan.clone()).files();
    let mut sums = Sums::default();
    let options = Options {
        reporter: None,
        today: Date::from_ymd(2030, 1, 1).unwrap(),
    };
    for file in files.by_ref() {
        let head = &file.bytes[..file.bytes.len().min(1 << 16)];
        let detection = sniff(head, &file.name).unwrap_or_else(|e| panic!("{}: {e:?}", file.name));
        assert!(
            detection.columns.iter().all(|c| c.field.is_some()),
            "{}: {:?}",
            file.name,
            detection.columns
        );
        let before = sums.rows;
        read(
            Input::Bytes(&file.bytes),
            &file.name,
            &detection,
            &options,
            &mut sums,
            &mut |_| {},
        )
        .unwrap_or_else(|e| panic!("{}: {e:?}", file.name));
        assert_eq!(sums.rows - before, file.lines, "{}", file.name);
    }
    let truth = files.truth();
    (sums, truth)
}

#[test]
fn the_importer_reads_every_dialect() {
    let plan = Plan {
        seed: Seed(9),
        holders: 120,
        months: 8,
        lines: 30_000,
        ..Plan::default()
    };
    let (sums, truth) = sums(&plan);
    assert_eq!(sums.rows, truth.lines);
    let aside: u64 = sums.aside.values().sum();
    assert!(aside * 100 < sums.rows, "{:?}", sums.aside);
    let identity = sums.aside.get(&Code::IdentityNumber).copied().unwrap_or(0);
    assert!(
        identity >= truth.identity_numbers.len() as u64
            && identity <= 2 * truth.identity_numbers.len() as u64
    );
    let known = [
        Code::IdentityNumber,
        Code::DateInvalid,
        Code::PartyCheckDigit,
        Code::DensityUnlisted,
    ];
    assert!(
        sums.aside.keys().all(|code| known.contains(code)),
        "{:?}",
        sums.aside
    );
    assert!(
        known
            .iter()
            .filter(|code| sums.aside.contains_key(code))
            .count()
            >= 3,
        "{:?}",
        sums.aside
    );
}

#[test]
fn the_importer_reads_the_register() {
    let province = Province::new(tiny(1));
    let csv = province.holders_csv();
    let mut rows = Vec::new();
    let detection = sniff(&csv, "holders.csv").unwrap();
    let summary = read_holders(&mut csv.as_slice(), &detection, &mut |row| rows.push(row)).unwrap();
    assert_eq!(
        (summary.rejected, summary.unknown_headers.len()),
        (0, 0),
        "{:?}",
        summary.issues
    );
    assert_eq!(rows, province.holders());
    let holders: BTreeSet<&str> = rows.iter().map(|r| r.code.as_str()).collect();
    assert_eq!(holders.len(), 40);
}

/// Honest reports: what a balance cannot explain is what was planted, up to what scales do.
#[test]
fn losses_show_in_the_counts_and_nothing_else_does() {
    let plan = Plan {
        faults: false,
        seed: Seed(4),
        holders: 160,
        months: 12,
        lines: 50_000,
        ..Plan::default()
    };
    let (sums, truth) = sums(&plan);
    assert!(sums.aside.is_empty(), "{:?}", sums.aside);
    let in_stock = |kind| {
        matches!(
            kind,
            LossKind::SteadyLeak | LossKind::Theft | LossKind::UnreportedDispatches
        )
    };
    let mut found = 0;
    for ((site, substance), [opening, net, received, counted]) in &sums.accounts {
        let unexplained = opening + net - counted;
        let planted: i128 = truth
            .losses
            .iter()
            .filter(|l| in_stock(l.kind) && l.site == *site && l.substance == *substance)
            .map(|l| l.ug)
            .sum();
        // The scales of the coarsest class show 0.07 % wrong at one sigma; errors of single lines average out.
        let allowed = (opening + received) / 100;
        assert!(
            (unexplained - planted).abs() <= allowed,
            "{site} {substance}: {unexplained} of {planted} ± {allowed}"
        );
        found += u32::from(planted > 0 && unexplained > allowed);
    }
    assert!(found >= 4, "{found} of {:#?}", truth.losses);
}
