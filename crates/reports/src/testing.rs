//! A small made-up account with every state in it, for tests.

use weighbridge_books::registry::{Event, HolderRow, Reports};
use weighbridge_books::substances::decide::{Submission, decide, learn};
use weighbridge_books::substances::draft::Draft;
use weighbridge_books::substances::kind::Kind as Movement;
use weighbridge_books::substances::ledger::Stamp;
use weighbridge_books::substances::line::LineNo;
use weighbridge_books::substances::movement::{self, Text};
use weighbridge_books::substances::vocabulary::{Action, Mode, Packaging, Reason};
use weighbridge_books::{Body, Books};
use weighbridge_measure::{Basis, Date, Decimal, ScaleClass, SubstanceTable, Timestamp, Unit};

use crate::sources::{FileNote, LineCounts, QuarantineItem, RowRef, Sources};
use crate::table::{Cell, Column, Kind, Table};

/// Text that must never run anywhere.
pub(crate) const FORMULA: &str = "=HYPERLINK(\"http://example.org\",\"x\")";
/// Markup that must never be markup.
pub(crate) const MARKUP: &str = "<script>alert(1)</script>&\"'";

/// A table with one column of each kind.
pub(crate) fn sample_table() -> Table {
    let mut table = Table::new(
        "balances",
        "title-balances",
        &[
            Column::new("holder", "head-holder", Kind::Text),
            Column::new("state", "head-state", Kind::Code("state")),
            Column::mass("book_ug", "head-book"),
            Column::new("lines", "head-lines", Kind::Int),
            Column::new("counted_on", "head-counted_on", Kind::Date),
            Column::new("share_ppm", "head-share", Kind::Percent),
            Column::new("recorded_at", "head-recorded_at", Kind::Time),
        ],
    );
    let date = |text: &str| Cell::Date(text.parse().unwrap());
    table.rows = vec![
        vec![
            Cell::text(FORMULA),
            Cell::text("short"),
            Cell::MassUg(1_234_500_000_000),
            Cell::int(12),
            date("2024-02-29"),
            Cell::Int(2_500),
            Cell::Time(Timestamp::from_micros(1_700_000_000_000_001)),
        ],
        vec![
            Cell::text("甲化工厂; \"north\", -1"),
            Cell::text("within_allowance"),
            Cell::MassUg(-7),
            Cell::int(123_456),
            Cell::Null,
            Cell::Int(-35_001),
            Cell::Null,
        ],
        vec![Cell::Null; 7],
    ];
    table
}

/// A row in short.
#[derive(Clone)]
pub(crate) struct Short {
    reporter: &'static str,
    kind: Movement,
    date: &'static str,
    substance: &'static str,
    kg: &'static str,
    other: &'static str,
    packaging: Packaging,
    class: ScaleClass,
    action: Action,
    texts: [&'static str; Text::COUNT],
}

pub(crate) fn row(
    reporter: &'static str,
    kind: &'static str,
    date: &'static str,
    substance: &'static str,
    kg: &'static str,
) -> Short {
    Short {
        reporter,
        kind: Movement::from_code(kind).unwrap(),
        date,
        substance,
        kg,
        other: "",
        packaging: Packaging::Unknown,
        class: ScaleClass::ClassIII,
        action: Action::Insert,
        texts: [""; Text::COUNT],
    }
}

impl Short {
    pub(crate) fn with(mut self, other: &'static str, document: &'static str) -> Short {
        self.other = other;
        self.text(Text::Document, document)
    }

    pub(crate) fn text(mut self, column: Text, text: &'static str) -> Short {
        self.texts[column as usize] = text;
        self
    }

    fn bulk(mut self) -> Short {
        self.packaging = Packaging::Bulk;
        self.class = ScaleClass::ClassII;
        self
    }

    fn action(mut self, action: Action) -> Short {
        self.action = action;
        self
    }
}

/// Books with what stands behind their lines.
pub(crate) struct Account {
    pub(crate) books: Books,
    rows: Vec<(RowRef, [String; Text::COUNT])>,
    counts: LineCounts,
    quarantine: Vec<QuarantineItem>,
}

impl Account {
    pub(crate) fn of(holders: Vec<HolderRow>, files: &[(&str, Vec<Short>)]) -> Account {
        let mut account = Account {
            books: Books::default(),
            rows: Vec::new(),
            counts: LineCounts::default(),
            quarantine: Vec::new(),
        };
        account.apply(&Body::Registry(
            holders.into_iter().map(Event::Holder).collect(),
        ));
        files
            .iter()
            .for_each(|(file, rows)| account.file(file, rows));
        account.books.settle();
        account
    }

    fn apply(&mut self, body: &Body) {
        let seq = self.books.entries();
        let recorded_at =
            Timestamp::from_micros(1_735_000_000_000_000 + i64::try_from(seq).unwrap());
        self.books.apply(
            &Stamp {
                seq,
                recorded_at,
                organisation: "local".into(),
            },
            body,
        );
    }

    fn file(&mut self, file: &str, rows: &[Short]) {
        let mut draft = Draft::new();
        for (number, r) in (2u32..).zip(rows) {
            let substance = SubstanceTable::shipped().by_code(r.substance).unwrap();
            let basis = Basis::plain(substance, Unit::parse("kg").unwrap());
            let movement = movement::Movement {
                row: number,
                action: r.action,
                kind: r.kind,
                date: r.date.parse().unwrap(),
                reporter: r.reporter,
                site: "",
                counterparty: r.other,
                counterparty_site: "",
                basis: &basis,
                amount_text: r.kg,
                amount: Decimal::parse(r.kg).unwrap(),
                class: r.class,
                reason: Reason::None,
                mode: Mode::Road,
                packaging: r.packaging,
                texts: r.texts,
                remark: "",
            };
            draft.push(&movement).unwrap();
        }
        self.apply(&Body::Registry(learn(&draft, &self.books.registry)));
        self.books.substances.catch_up();
        let mut submission = Submission::begin("movements_csv", &self.books.substances, None);
        let decided = decide(
            &self.books.substances,
            &self.books.registry,
            &mut submission,
            draft,
        );
        assert_eq!(decided.aside, []);
        self.counts.read += decided.rows.len() as u64;
        self.counts.duplicate += decided.duplicates.len() as u64;
        self.counts.accepted += (decided.rows.len() - decided.duplicates.len()) as u64;
        for at in 0..decided.rows.len() {
            let row = RowRef {
                file: file.to_owned(),
                row: decided.rows.row[at],
            };
            self.rows.push((
                row,
                Text::ALL.map(|column| decided.rows.text(column, at).to_owned()),
            ));
        }
        self.apply(&Body::Movements(Box::new(decided)));
    }
}

impl Sources for Account {
    fn row(&self, line: LineNo) -> RowRef {
        self.rows[line as usize].0.clone()
    }

    fn text(&self, line: LineNo, column: Text) -> String {
        self.rows[line as usize].1[column as usize].clone()
    }

    fn reporter(&self, line: LineNo) -> String {
        let reporter = self.books.substances.reporter(line);
        reporter.map_or_else(String::new, |id| crate::check::holder_code(&self.books, id))
    }

    fn quarantine(&self) -> Vec<QuarantineItem> {
        self.quarantine.clone()
    }

    fn counts(&self) -> LineCounts {
        self.counts
    }

    fn files(&self) -> Vec<FileNote> {
        let pairs = [("format", "movements_csv"), ("encoding", "utf-8")];
        let detection = pairs
            .map(|(key, value)| (key.to_owned(), value.to_owned()))
            .to_vec();
        vec![FileNote {
            file: "alpha.csv".into(),
            detection,
            error: None,
        }]
    }
}

fn holder(code: &str, name: &str, name_en: &str) -> HolderRow {
    HolderRow {
        code: code.into(),
        name: name.into(),
        name_en: name_en.into(),
        site: code.into(),
        area: "青岭省/北湾市".into(),
        ..HolderRow::default()
    }
}

fn holders() -> Vec<HolderRow> {
    let mut alpha = holder("A-001", "甲化工厂", "Alpha Chemicals");
    alpha.licence = "LIC-A".into();
    alpha.licence_classes = vec![2, 3];
    alpha.licence_to = "2024-06-30".parse::<Date>().ok();
    let mut abroad = holder("X-900", "境外乙方", "Abroad Ltd");
    abroad.reports = Reports::No;
    vec![
        alpha,
        holder("B-002", "乙贸易公司", "Beta Trading"),
        holder("C-003", "丙制药厂", "Gamma Pharma"),
        holder("D-004", "丁实验室", "Delta Laboratory"),
        abroad,
    ]
}

pub(crate) const AS_OF: &str = "2024-12-20";

/// Every state once, a balance that does not close, a correction that waits, a licence that ended.
pub(crate) fn account() -> Account {
    let sent = |date, kg, to, doc| row("A-001", "dispatch", date, "acetone", kg).with(to, doc);
    let got = |by, date, kg, doc| row(by, "receipt", date, "acetone", kg).with("A-001", doc);
    let alpha = vec![
        row("A-001", "stocktake", "2024-01-01", "acetone", "5000"),
        row("A-001", "production", "2024-02-10", "acetone", "2500.25").text(Text::Lot, "L-7"),
        sent("2024-03-05", "1200", "B-002", "HT-001").text(Text::Lot, "L-7"),
        sent("2024-04-02", "800", "B-002", "HT-002"),
        sent("2024-05-06", "400", "C-003", "HT-003"),
        sent("2024-06-10", "500", "B-002", "HT-004"),
        sent("2024-07-01", "1000", "C-003", "HT-005").bulk(),
        sent("2024-08-12", "300", "B-002", "HT-006"),
        sent("2024-09-03", "50", "B-002", "HT-007"),
        sent("2024-10-01", "60", "X-900", "HT-008"),
        sent("2024-10-08", "10", "B-002", MARKUP),
        sent("2024-10-09", "11", "B-002", FORMULA),
        row("A-001", "stocktake", "2024-09-30", "acetone", "3213"),
        row("A-001", "use", "2024-11-20", "acetone", "5")
            .action(Action::Adjust)
            .text(Text::Corrects, "N-1"),
    ];
    let beta = vec![
        row("B-002", "stocktake", "2024-01-01", "acetone", "100"),
        got("B-002", "2024-03-06", "1199.5", "HT-001").text(Text::Lot, "L-7"),
        got("B-002", "2024-04-04", "620", "HT-002"),
        got("B-002", "2024-08-13", "310", "HT-006"),
        row("B-002", "receipt", "2024-09-04", "toluene", "50").with("A-001", "HT-007"),
        row("B-002", "use", "2024-11-01", "acetone", "1000")
            .text(Text::Lot, "L-7")
            .text(Text::Batch, "P-1"),
        row(
            "B-002",
            "production",
            "2024-11-02",
            "acetic_anhydride",
            "40",
        )
        .text(Text::Lot, "M-1")
        .text(Text::Batch, "P-1"),
        row("B-002", "stocktake", "2024-12-01", "acetone", "1229.5"),
    ];
    let gamma = vec![
        got("C-003", "2024-07-02", "999.2", "HT-005").bulk(),
        got("C-003", "2024-12-05", "25", "HT-099"),
    ];
    let delta = vec![got("D-004", "2024-06-11", "500", "HT-004")];
    let mut account = Account::of(
        holders(),
        &[
            ("alpha.csv", alpha.clone()),
            ("beta.csv", beta),
            ("gamma.csv", gamma),
            ("delta.csv", delta),
            ("alpha 2.csv", alpha[..2].to_vec()),
        ],
    );
    let aside =
        |file: &str, row, field: &str, code: &str, found: &str, expected: &str| QuarantineItem {
            file: file.into(),
            row,
            field: field.into(),
            code: code.into(),
            found: found.into(),
            expected: expected.into(),
            nth: 0,
        };
    account.quarantine = vec![
        aside(
            "alpha.csv",
            40,
            "unit",
            "unit_unknown",
            "kgs net",
            "kg | g | t | L",
        ),
        aside(
            "alpha.csv",
            41,
            "unit",
            "unit_unknown",
            MARKUP,
            "kg | g | t | L",
        ),
        aside(
            "beta.csv",
            19,
            "counterparty",
            "counterparty_unknown",
            "A-0O1",
            "A-001",
        ),
        aside("beta.csv", 20, "remark", "identity_number", "", ""),
        aside("beta.csv", 21, "amount", "amount_invalid", FORMULA, "12.5"),
    ];
    account.counts.read += 5;
    account.counts.quarantined = 5;
    account
}
