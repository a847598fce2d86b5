//! A sink that keeps what it was given, for tests.

use weighbridge_books::substances::movement::{Movement, Text};
use weighbridge_books::substances::quarantine::{Code, Issue, SetAside};
use weighbridge_books::substances::vocabulary::{Action, Field};
use weighbridge_measure::{Date, SubstanceTable, base_ug};

use crate::{FileIssue, Input, Options, Sink, Summary, read, sniff};

/// A movement in owned form.
#[derive(Clone, PartialEq, Debug)]
pub(crate) struct Taken {
    pub(crate) row: u32,
    pub(crate) action: Action,
    pub(crate) kind: &'static str,
    pub(crate) date: String,
    pub(crate) reporter: String,
    pub(crate) site: String,
    pub(crate) counterparty: String,
    pub(crate) counterparty_site: String,
    pub(crate) substance: &'static str,
    pub(crate) amount_text: String,
    pub(crate) unit: &'static str,
    pub(crate) base_ug: i64,
    pub(crate) class: &'static str,
    pub(crate) words: [&'static str; 3],
    pub(crate) texts: Vec<String>,
    pub(crate) remark: String,
}

impl Taken {
    pub(crate) fn text(&self, text: Text) -> &str {
        &self.texts[text as usize]
    }
}

#[derive(Default)]
pub(crate) struct Collect {
    pub(crate) taken: Vec<Taken>,
    pub(crate) aside: Vec<SetAside>,
}

impl Sink for Collect {
    fn movement(&mut self, m: &Movement<'_>) -> Result<(), Issue> {
        let factor = m.basis.factor().expect("intake checked it");
        let base = base_ug(&m.amount, &factor).map_err(|_| {
            Issue::new(
                m.row,
                Field::Amount,
                Code::AmountTooLarge,
                m.amount_text,
                "",
            )
        })?;
        self.taken.push(Taken {
            row: m.row,
            action: m.action,
            kind: m.kind.code(),
            date: m.date.to_string(),
            reporter: m.reporter.to_owned(),
            site: m.site.to_owned(),
            counterparty: m.counterparty.to_owned(),
            counterparty_site: m.counterparty_site.to_owned(),
            substance: SubstanceTable::shipped().get(m.basis.substance).id,
            amount_text: m.amount_text.to_owned(),
            unit: m.basis.unit.code(),
            base_ug: base.ug(),
            class: m.class.code(),
            words: [m.reason.code(), m.mode.code(), m.packaging.code()],
            texts: m.texts.iter().map(|t| (*t).to_owned()).collect(),
            remark: m.remark.to_owned(),
        });
        Ok(())
    }

    fn set_aside(&mut self, row: SetAside) {
        self.aside.push(row);
    }
}

impl Collect {
    /// Row, field and code of every issue.
    pub(crate) fn issues(&self) -> Vec<(u32, &'static str, &'static str)> {
        self.aside
            .iter()
            .flat_map(|a| &a.issues)
            .map(|i| (i.row, i.field.code(), i.code.code()))
            .collect()
    }
}

pub(crate) fn options() -> Options {
    Options {
        reporter: None,
        today: Date::from_ymd(2026, 11, 20).expect("a date"),
    }
}

pub(crate) fn run_with(
    bytes: &[u8],
    name: &str,
    options: &Options,
) -> Result<(Collect, Summary), FileIssue> {
    let detection = sniff(&bytes[..bytes.len().min(crate::limits::SNIFF_LEN)], name)?;
    let mut sink = Collect::default();
    let summary = read(
        Input::Bytes(bytes),
        name,
        &detection,
        options,
        &mut sink,
        &mut |_| {},
    )?;
    Ok((sink, summary))
}

pub(crate) fn run(bytes: &[u8], name: &str) -> Result<(Collect, Summary), FileIssue> {
    run_with(bytes, name, &options())
}
