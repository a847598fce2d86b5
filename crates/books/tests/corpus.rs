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
    let step = (input.len() / 300).max(1);
    (0..input.len()).step_by(step).flat_map(|at| {
        let mut flipped = input.to_vec();
        flipped[at] ^= 1 << (at % 8);
        [input[..at].to_vec(), flipped]
    })
}

#[test]
fn every_input_and_its_neighbours() {
    let inputs = inputs("body");
    assert!(inputs.len() >= 4);
    for (_, input) in inputs {
        targets::body(&input);
        neighbours(&input).for_each(|i| targets::body(&i));
    }
}

/// The inputs that were made and not found: `cargo test -p weighbridge-books --test corpus -- --ignored`.
#[test]
#[ignore = "writes the seeds of the corpus"]
fn write_seeds() {
    use weighbridge_books::entry::LineRef;
    use weighbridge_books::queries::{About, QueryStep, Question, Step};
    use weighbridge_books::registry::{Event, HolderId, HolderRow, Registry};
    use weighbridge_books::substances::decide::{Submission, decide, learn};
    use weighbridge_books::substances::draft::Draft;
    use weighbridge_books::substances::kind::Kind;
    use weighbridge_books::substances::ledger::Ledger;
    use weighbridge_books::substances::movement::Movement;
    use weighbridge_books::substances::quarantine::{Code, Issue, SetAside};
    use weighbridge_books::substances::vocabulary::{Action, Field, Mode, Packaging, Reason};
    use weighbridge_books::{Body, Review, Verdict, Withdrawal};
    use weighbridge_measure::{Basis, Date, Decimal, ScaleClass, SubstanceId, Unit};

    let basis = Basis::plain(SubstanceId::from_index(3).unwrap(), Unit::Kilogram);
    let mut draft = Draft::new();
    for (row, (kind, counterparty)) in (2..).zip([
        (Kind::Stocktake, ""),
        (Kind::Receipt, "B"),
        (Kind::Dispatch, "C"),
        (Kind::Use, ""),
    ]) {
        let mut texts = [""; 11];
        texts[0] = "DOC-1";
        let movement = Movement {
            row,
            action: Action::Insert,
            kind,
            date: Date::from_ymd(2024, 1, 31).unwrap(),
            reporter: "A",
            site: "",
            counterparty,
            counterparty_site: "",
            basis: &basis,
            amount_text: "12.5",
            amount: Decimal::parse("12.5").unwrap(),
            class: ScaleClass::ClassIII,
            reason: Reason::Sale,
            mode: Mode::Road,
            packaging: Packaging::Drum,
            texts,
            remark: "",
        };
        draft.push(&movement).unwrap();
    }
    draft.set_aside(SetAside {
        row: 6,
        issues: vec![Issue::new(
            6,
            Field::Amount,
            Code::AmountInvalid,
            "twelve",
            "1234.5",
        )],
        cells: vec![(Field::Amount, "twelve".to_owned())],
    });
    let mut registry = Registry::default();
    let mut events = learn(&draft, &registry);
    events.iter().for_each(|e| registry.apply(e, Date::MIN));
    events.push(Event::Holder(HolderRow {
        code: "D".to_owned(),
        licence_classes: vec![1, 3],
        licence_to: Date::from_ymd(2025, 12, 31),
        ..HolderRow::default()
    }));
    let ledger = Ledger::default();
    let mut submission = Submission::begin("movements_csv", &ledger, None);
    let movements = decide(&ledger, &registry, &mut submission, draft);
    let query = QueryStep {
        step: Step::Asked {
            holder: HolderId(0),
            about: About::Consignment(LineRef { seq: 1, row: 4 }),
            question: Question::Short,
            due: Date::from_ymd(2024, 3, 31).unwrap(),
        },
        text: Some([7; 32]),
    };
    let bodies = [
        ("registry", Body::Registry(events)),
        ("movements", Body::Movements(Box::new(movements))),
        (
            "withdrawal",
            Body::Withdrawal(Withdrawal {
                submission: 3,
                reason: "wrong file".to_owned(),
            }),
        ),
        (
            "review",
            Body::Review(Review {
                verdict: Verdict::Apart,
                lines: vec![1, 2],
                reason: "two lorries".to_owned(),
            }),
        ),
        ("query", Body::Query(query)),
    ];
    for (name, body) in bodies {
        let mut bytes = vec![u8::try_from(body.kind() as u16).unwrap()];
        bytes.extend(body.encode());
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../fuzz/corpus/body");
        std::fs::write(folder.join(name), bytes).unwrap();
    }
}
