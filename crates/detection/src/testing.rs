//! Small made-up accounts from short rows, through the real way into the books; for tests.

use weighbridge_books::registry::{Event, HolderRow};
use weighbridge_books::substances::decide::{Submission, decide, learn};
use weighbridge_books::substances::draft::Draft;
use weighbridge_books::substances::kind::Kind;
use weighbridge_books::substances::ledger::Stamp;
use weighbridge_books::substances::movement::{Movement, Text};
use weighbridge_books::substances::quarantine::{Code, Issue, SetAside};
use weighbridge_books::substances::vocabulary::{Action, Field, Mode, Packaging, Reason};
use weighbridge_books::{Body, Books};
use weighbridge_measure::{Basis, Date, Decimal, ScaleClass, SubstanceTable, Timestamp, Unit};

use crate::artefacts::{Artefact, Outcome, Repaired};
use crate::population::Population;
use crate::study::Study;
use crate::thresholds::Drawn;
use crate::unexplained::Review;

/// A review whose thresholds rest on few drawn years.
pub(crate) fn few_drawn() -> Review {
    Review {
        drawn: Drawn {
            reference: 2_000,
            holders: 1_500,
        },
        ..Review::default()
    }
}

/// A row in short.
#[derive(Clone, Debug)]
pub(crate) struct Row {
    pub(crate) by: String,
    pub(crate) site: String,
    pub(crate) kind: Kind,
    pub(crate) date: Date,
    pub(crate) amount: String,
    pub(crate) unit: &'static str,
    substance: &'static str,
    other: String,
    pub(crate) class: ScaleClass,
    action: Action,
    texts: [String; Text::COUNT],
    aside: bool,
}

pub(crate) fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// The last day of a month; month 0 is December 2023.
pub(crate) fn end(month: usize) -> Date {
    on(month + 1, 1).plus_days(-1).unwrap()
}

/// A day of a month; month 1 is January 2024.
pub(crate) fn on(month: usize, day: u8) -> Date {
    let at = i32::try_from(month).unwrap() - 1;
    let month = u8::try_from(at.rem_euclid(12) + 1).unwrap();
    Date::from_ymd(2024 + at.div_euclid(12), month, day).unwrap()
}

#[allow(
    clippy::needless_pass_by_value,
    reason = "numbers and texts as they stand"
)]
pub(crate) fn row(by: &str, kind: &str, date: Date, amount: impl ToString) -> Row {
    Row {
        by: by.into(),
        site: String::new(),
        kind: Kind::from_code(kind).unwrap(),
        date,
        amount: amount.to_string(),
        unit: "kg",
        substance: "acetone",
        other: String::new(),
        class: ScaleClass::ClassIII,
        action: Action::Insert,
        texts: Default::default(),
        aside: false,
    }
}

impl Row {
    pub(crate) fn with(mut self, other: &str, document: &str) -> Row {
        self.other = other.into();
        self.text(Text::Document, document)
    }

    pub(crate) fn text(mut self, column: Text, text: &str) -> Row {
        self.texts[column as usize] = text.into();
        self
    }

    /// The same of other parties.
    pub(crate) fn named(self, name: impl Fn(&str) -> String) -> Row {
        let (by, other) = (name(&self.by), name(&self.other));
        Row { by, other, ..self }
    }

    pub(crate) fn of(self, substance: &'static str) -> Row {
        Row { substance, ..self }
    }

    pub(crate) fn class(self, class: ScaleClass) -> Row {
        Row { class, ..self }
    }

    pub(crate) fn unit(self, unit: &'static str) -> Row {
        Row { unit, ..self }
    }

    pub(crate) fn site(self, site: &str) -> Row {
        let site = site.into();
        Row { site, ..self }
    }

    #[allow(
        clippy::needless_pass_by_value,
        reason = "numbers and texts as they stand"
    )]
    pub(crate) fn amount(self, amount: impl ToString) -> Row {
        let amount = amount.to_string();
        Row { amount, ..self }
    }

    pub(crate) fn date(self, date: Date) -> Row {
        Row { date, ..self }
    }

    /// In place of the line with a number.
    pub(crate) fn adjusts(mut self, line_id: &str) -> Row {
        self.action = Action::Adjust;
        self.text(Text::Corrects, line_id)
    }

    /// Goes to quarantine.
    pub(crate) fn set_aside(self) -> Row {
        let aside = true;
        Row { aside, ..self }
    }

    pub(crate) fn is(&self, by: &str, kind: &str, month: usize) -> bool {
        self.by == by && self.kind.code() == kind && self.date.month() == on(month, 1).month()
    }

    fn push(&self, number: u32, draft: &mut Draft) {
        if self.aside {
            let issue = Issue::new(number, Field::Unit, Code::UnitUnknown, "drums", "kg");
            draft.set_aside(SetAside {
                row: number,
                issues: vec![issue],
                cells: Vec::new(),
            });
            return;
        }
        let substance = SubstanceTable::shipped().by_code(self.substance).unwrap();
        let basis = Basis::plain(substance, Unit::parse(self.unit).unwrap());
        let movement = Movement {
            row: number,
            action: self.action,
            kind: self.kind,
            date: self.date,
            reporter: &self.by,
            site: &self.site,
            counterparty: &self.other,
            counterparty_site: "",
            basis: &basis,
            amount_text: &self.amount,
            amount: Decimal::parse(&self.amount).unwrap(),
            class: self.class,
            reason: Reason::None,
            mode: Mode::Road,
            packaging: Packaging::Drum,
            texts: self.texts.each_ref().map(String::as_str),
            remark: "",
        };
        draft.push(&movement).unwrap();
    }
}

/// Books of some submissions in the order in which they came; every party that rows name becomes known.
pub(crate) fn books(submissions: &[Vec<Row>]) -> Books {
    with_holders(&[], submissions)
}

/// The same with holders and their sites, known from the start.
pub(crate) fn with_holders(holders: &[(&str, &str)], submissions: &[Vec<Row>]) -> Books {
    let mut books = Books::default();
    let known = holders.iter().map(|(code, site)| {
        Event::Holder(HolderRow {
            code: (*code).into(),
            site: (*site).into(),
            ..HolderRow::default()
        })
    });
    apply(&mut books, &Body::Registry(known.collect()));
    submissions.iter().for_each(|rows| submit(&mut books, rows));
    books.settle();
    books
}

fn apply(books: &mut Books, body: &Body) {
    let seq = books.entries();
    let stamp = Stamp {
        seq,
        recorded_at: Timestamp::from_micros(1_893_000_000_000_000 + i64::try_from(seq).unwrap()),
        organisation: "local".into(),
    };
    books.apply(&stamp, body);
}

/// Takes in one more submission; the books are not settled after it.
pub(crate) fn submit(books: &mut Books, rows: &[Row]) {
    let mut draft = Draft::new();
    (2u32..)
        .zip(rows)
        .for_each(|(number, r)| r.push(number, &mut draft));
    let learnt = learn(&draft, &books.registry);
    apply(books, &Body::Registry(learnt));
    books.substances.catch_up();
    let mut submission = Submission::begin("movements_csv", &books.substances, None);
    let decided = decide(&books.substances, &books.registry, &mut submission, draft);
    let stated = rows.iter().filter(|r| r.aside).count();
    assert_eq!(decided.aside.len(), stated, "{:?}", decided.aside);
    assert_eq!(decided.duplicates, [0u32; 0]);
    apply(books, &Body::Movements(Box::new(decided)));
}

/// Works P: 500 kg are counted at every month's end, 100 kg come from S and 100 kg are used in every month.
pub(crate) fn works(months: usize) -> Vec<Row> {
    let mut rows = vec![row("P", "stocktake", end(0), 500)];
    for m in 1..=months {
        let document = format!("HT-{m}");
        rows.push(row("S", "dispatch", on(m, 9), 100).with("P", &document));
        rows.push(row("P", "receipt", on(m, 10), 100).with("S", &document));
        rows.push(row("P", "use", on(m, 20), 100));
        rows.push(row("P", "stocktake", end(m), 500));
    }
    rows
}

/// Changes the rows of a month that are of a kind.
pub(crate) fn change(
    rows: Vec<Row>,
    (by, kind, month): (&str, &str, usize),
    to: impl Fn(Row) -> Vec<Row>,
) -> Vec<Row> {
    let each = rows.into_iter().flat_map(|r| match r.is(by, kind, month) {
        true => to(r),
        false => vec![r],
    });
    each.collect()
}

/// The number of the series of a holder.
pub(crate) fn number(books: &Books, holder: &str) -> u32 {
    let id = books.registry.by_code(holder).unwrap();
    let of =
        |s: weighbridge_books::substances::ledger::Series| s.holder_on(&books.registry, Date::MIN);
    let mut all = books.substances.all_series().filter(|(_, s)| of(*s) == id);
    all.next().unwrap().0
}

/// The study of a holder's series, long after its last line.
pub(crate) fn study(submissions: &[Vec<Row>], holder: &str) -> Study {
    let books = books(submissions);
    let population = Population::of(&books, day("2030-01-01"));
    population.study(number(&books, holder)).unwrap()
}

/// What was tried, without the lines: artefact, period, grams, whether signed, outcome.
pub(crate) type Told = (Artefact, usize, i64, bool, Outcome);

pub(crate) fn told(repaired: &Repaired) -> Vec<Told> {
    let grams = |kg: f64| (kg * 1000.0).round() as i64;
    let all = repaired.tried.iter();
    all.map(|t| (t.artefact, t.period, grams(t.kg), t.signed, t.outcome))
        .collect()
}
