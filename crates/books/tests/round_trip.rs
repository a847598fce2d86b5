//! Whatever can be decided can be read back: an entry that could not would make the account behind it unreadable.

use proptest::prelude::*;
use weighbridge_books::registry::{HolderId, SiteId};
use weighbridge_books::substances::body::{Movements, Part, Place};
use weighbridge_books::substances::draft::StatedBasis;
use weighbridge_books::substances::kind::RULES;
use weighbridge_books::substances::movement::Text;
use weighbridge_books::substances::quarantine::{Code, Issue, SetAside};
use weighbridge_books::substances::rows::Rows;
use weighbridge_books::substances::vocabulary::{Action, Field, Mode, Packaging, Reason};
use weighbridge_measure::{Basis, Decimal, ScaleClass, SubstanceTable, Unit};

fn below(n: usize) -> impl Strategy<Value = u8> {
    let most = u8::try_from(n - 1).unwrap();
    prop_oneof![Just(0), Just(most), 0..=most]
}

fn edge() -> impl Strategy<Value = u32> {
    prop_oneof![
        Just(0),
        Just(1),
        Just(u32::MAX),
        Just(u32::MAX - 1),
        any::<u32>()
    ]
}

fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        4 => Just(String::new()),
        1 => Just("货单\u{0}7".to_owned()),
        1 => Just("x".repeat(256)),
        4 => "[ -~]{0,20}",
    ]
}

/// A row: numbers of the file and of closed lists, mass, texts.
type Row = (u32, u16, [u8; 6], i64, Vec<String>);

fn row() -> impl Strategy<Value = Row> {
    let narrow = (
        below(Action::ALL.len()),
        below(RULES.len()),
        below(ScaleClass::ALL.len()),
        below(Reason::ALL.len()),
        below(Mode::ALL.len()),
        below(Packaging::ALL.len()),
    );
    let mass = prop_oneof![Just(0), Just(i64::MAX), 0..i64::MAX];
    let date = prop_oneof![Just(0), Just(u16::MAX), any::<u16>()];
    let narrow = narrow.prop_map(|(a, b, c, d, e, f)| [a, b, c, d, e, f]);
    (
        edge(),
        date,
        narrow,
        mass,
        prop::collection::vec(text(), Text::COUNT + 1),
    )
}

fn bases() -> Vec<StatedBasis> {
    let table = SubstanceTable::shipped();
    let acetone = table.by_code("acetone").unwrap();
    let acid = table
        .by_code("hydrochloric-acid")
        .or_else(|| table.by_code("hydrochloric_acid"));
    let of = |basis: Basis| StatedBasis {
        factor: basis.factor().unwrap(),
        basis,
    };
    let mut bases = vec![of(Basis::plain(acetone, Unit::ALL[0]))];
    for unit in Unit::ALL {
        let mut basis = Basis::plain(acid.unwrap_or(acetone), *unit);
        basis.concentration = Some(Decimal::parse("36.500").unwrap());
        if let Ok(factor) = basis.factor() {
            bases.push(StatedBasis { basis, factor });
        }
    }
    bases
}

fn movements(
    rows: Vec<Row>,
    places: Vec<(u32, u32, String)>,
    aside: Vec<(u32, String)>,
    part: (u32, u32),
) -> Movements {
    let bases = bases();
    let mut columns = Rows::default();
    for (n, (row, date, narrow, mass, texts)) in rows.into_iter().enumerate() {
        columns.row.push(row);
        columns.date.push(date);
        let [action, kind, class, reason, mode, packaging] = narrow;
        columns.action.push(action);
        columns.kind.push(kind);
        columns.class.push(class);
        columns.reason.push(reason);
        columns.mode.push(mode);
        columns.packaging.push(packaging);
        columns.own.push((n % places.len()) as u32);
        columns.other.push((n % (places.len() + 1)) as u32);
        columns.basis.push((n % bases.len()) as u32);
        columns.base_ug.push(mass);
        let (amount, texts) = texts.split_first().unwrap();
        columns.amount.push(amount);
        for (column, text) in columns.texts.iter_mut().zip(texts) {
            column.push(text);
        }
    }
    let place = |(holder, site, text): (u32, u32, String)| Place {
        party: text.clone(),
        site: text,
        holder: HolderId(holder),
        // Sites are numbered from 0; as many as holders would not fit into memory.
        at: site.checked_sub(1).map(SiteId),
    };
    let set_aside = |(row, text): (u32, String)| SetAside {
        row,
        issues: vec![Issue::new(
            row,
            Field::Amount,
            Code::AmountInvalid,
            &text,
            "",
        )],
        cells: vec![(Field::Remark, text)],
    };
    Movements {
        format: "movements_csv".to_owned(),
        part: Part {
            number: part.0,
            back: part.1,
        },
        duplicates: (0..columns.row.len() as u32).step_by(3).collect(),
        places: places.into_iter().map(place).collect(),
        bases,
        rows: columns,
        aside: aside.into_iter().map(set_aside).collect(),
        ..Movements::default()
    }
}

proptest! {
    #[test]
    fn what_is_written_is_read(
        rows in prop::collection::vec(row(), 0..60),
        places in prop::collection::vec((edge(), edge(), text()), 1..5),
        aside in prop::collection::vec((edge(), text()), 0..4),
        part in (edge(), edge()),
    ) {
        let stated = movements(rows, places, aside, part);
        let bytes = stated.encode();
        let read = Movements::decode(&bytes);
        prop_assert!(read.is_ok(), "{:?}", read.err());
        prop_assert_eq!(read.unwrap().encode(), bytes);
    }
}
