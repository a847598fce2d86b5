//! Rows to movements: the one place where the values of a row are parsed, whatever format it came in.
//!
//! Every issue of a row is collected. Whether a party, a site or the target of a correction exists is for the books.

use weighbridge_books::substances::draft::{FINEST, TEXT_MAX};
use weighbridge_books::substances::kind::{Kind, RULES, Second};
use weighbridge_books::substances::movement::{Movement, Text};
use weighbridge_books::substances::quarantine::{Code, Issue};
use weighbridge_books::substances::vocabulary::{Action, Field, Mode, Packaging, Reason};
use weighbridge_measure::{
    Basis, Date, Decimal, ScaleClass, SubstanceId, Timestamp, Unit, dea_ok, uscc_check_char,
    uscc_ok,
};

use crate::basis::{Flaw, Read, Stated};
use crate::cache::Cache;
use crate::dates::{self, DateIssue, DateStyle};
use crate::guard::holds_identity_number;
use crate::limits::MAX_REMARK;
use crate::number::{self, DecimalMark, Number, NumberIssue, amount_cells};
use crate::row::{RawRow, explained, refused};
use crate::sink::Sink;
use crate::summary::Summary;
use crate::totals;
use crate::words::Words;

/// How the values of a file are spelt.
#[derive(Clone, Copy, Default)]
pub(crate) struct Spelling {
    pub(crate) mark: DecimalMark,
    pub(crate) dates: DateStyle,
    /// A unit stated in the header of the amount.
    pub(crate) unit: Option<Unit>,
    /// Whether a whole number may be a spreadsheet's day number.
    pub(crate) serial_dates: bool,
}

/// What every row of a file is judged by.
#[derive(Clone, Debug)]
pub struct Options {
    /// The reporter of rows that name none.
    pub reporter: Option<String>,
    /// The day of record: no movement may be dated after it.
    pub today: Date,
}

/// Parses rows and hands them to a sink.
pub(crate) struct Parser {
    words: &'static Words,
    spelling: Spelling,
    reporter: String,
    today: Date,
    bases: Cache<Result<Read, Vec<Flaw>>>,
    classes: Cache<Option<ScaleClass>>,
    key: Vec<u8>,
    reported_at: String,
    issues: Vec<Issue>,
    nothing: Option<Basis>,
    low_concentrations: u64,
    dea_checks: u64,
    reasons: u64,
    packagings: u64,
}

const DATE: &str = "YYYY-MM-DD";

impl Parser {
    pub(crate) fn new(options: &Options, spelling: Spelling) -> Parser {
        Parser {
            words: Words::all(),
            spelling,
            reporter: options.reporter.clone().unwrap_or_default(),
            today: options.today,
            bases: Cache::new(),
            classes: Cache::new(),
            key: Vec::new(),
            reported_at: String::new(),
            issues: Vec::new(),
            nothing: SubstanceId::from_index(0).map(|id| Basis::plain(id, Unit::Gram)),
            low_concentrations: 0,
            dea_checks: 0,
            reasons: 0,
            packagings: 0,
        }
    }

    /// Guards and parses a row.
    pub(crate) fn row(&mut self, raw: &RawRow<'_>, sink: &mut dyn Sink, summary: &mut Summary) {
        match raw.cells().find(|(_, text)| holds_identity_number(text)) {
            Some((field, _)) => refuse(raw.row, field, sink, summary),
            None => self.guarded_row(raw, Vec::new(), sink, summary),
        }
    }

    /// Parses a row whose cells the guard has passed. `lacking` says why cells are empty: then the row is set aside with
    /// that, and not because they are empty.
    pub(crate) fn guarded_row(
        &mut self,
        raw: &RawRow<'_>,
        lacking: Vec<Issue>,
        sink: &mut dyn Sink,
        summary: &mut Summary,
    ) {
        summary.rows_read += 1;
        let fields: Vec<Field> = lacking.iter().map(|i| i.field).collect();
        self.issues = lacking;
        self.parse(raw, sink);
        explained(&mut self.issues, &fields);
        if self.issues.is_empty() {
            summary.accepted += 1;
        } else {
            summary.set_aside += 1;
            sink.set_aside(raw.aside(std::mem::take(&mut self.issues)));
        }
    }

    /// Writes what was counted over the rows into the summary.
    pub(crate) fn finish(&mut self, summary: &mut Summary) {
        summary.note_times(
            "concentration_below_one",
            "",
            std::mem::take(&mut self.low_concentrations),
        );
        summary.note_times("dea_check_digit", "", std::mem::take(&mut self.dea_checks));
        summary.note_times("reason_other", "", std::mem::take(&mut self.reasons));
        summary.note_times("packaging_other", "", std::mem::take(&mut self.packagings));
    }

    fn parse(&mut self, raw: &RawRow<'_>, sink: &mut dyn Sink) {
        let default = std::mem::take(&mut self.reporter);
        let reporter = match raw.get(Field::Reporter) {
            "" => default.as_str(),
            stated => stated,
        };
        self.reported_row(raw, reporter, sink);
        self.reporter = default;
    }

    fn reported_row(&mut self, raw: &RawRow<'_>, reporter: &str, sink: &mut dyn Sink) {
        // The one reason is enough: what else such a row lacks, it need not have.
        if let Some((field, text)) = totals::word(raw, reporter) {
            self.issues.clear();
            return self.issue(raw.row, field, Code::TotalRow, text, "");
        }
        let action = self.action(raw);
        self.party(raw.row, Field::Reporter, reporter);
        if reporter.is_empty() {
            self.missing(
                raw.row,
                Field::Reporter,
                "code, licence number or credit code",
            );
        }
        self.lengths(raw);
        self.reported_at(raw);
        if action == Action::Delete {
            self.delete(raw, reporter, sink);
        } else {
            self.statement(raw, action, reporter, sink);
        }
    }

    fn statement(&mut self, raw: &RawRow<'_>, action: Action, reporter: &str, sink: &mut dyn Sink) {
        let kind = self.kind(raw);
        let date = self.date(raw);
        let (number, unit) = amount_cells(raw.get(Field::Amount), raw.get(Field::Unit));
        let amount = self.amount(raw, &number, kind);
        self.second(raw, kind);
        let reason = self.reason(raw);
        let mode = self.mode(raw);
        let packaging = self.packaging(raw);
        let stated = Stated {
            substance: raw.get(Field::Substance),
            unit,
            form: raw.get(Field::Form),
            concentration: raw.get(Field::Concentration),
            temperature: raw.get(Field::Temperature),
            density: raw.get(Field::Density),
        };
        stated.key(&mut self.key);
        let Spelling {
            mark,
            unit: header_unit,
            ..
        } = self.spelling;
        let read = match self
            .bases
            .get(&self.key, || stated.parse(header_unit, mark))
        {
            Some(Ok(read)) => read,
            Some(Err(flaws)) => {
                let issues = flaws.iter().map(|(f, c, found, expected)| {
                    Issue::new(raw.row, *f, *c, found, expected.as_str())
                });
                self.issues.extend(issues);
                return;
            }
            None => return,
        };
        let (Some(kind), Some(date), Some(amount), true) =
            (kind, date, amount, self.issues.is_empty())
        else {
            return;
        };
        self.low_concentrations += u64::from(read.low_concentration);
        let instrument = raw.get(Field::Instrument);
        let class = match instrument {
            "" => None,
            text => self
                .classes
                .get(text.as_bytes(), || ScaleClass::parse(text))
                .copied()
                .flatten(),
        };
        let movement = Movement {
            row: raw.row,
            action,
            kind,
            date,
            reporter,
            site: raw.get(Field::Site),
            counterparty: raw.get(Field::Counterparty),
            counterparty_site: raw.get(Field::CounterpartySite),
            basis: &read.basis,
            amount_text: raw.get(Field::Amount),
            amount,
            class: class.unwrap_or_else(|| ScaleClass::default_for(read.basis.unit.dimension())),
            reason,
            mode,
            packaging,
            texts: texts(raw, &self.reported_at),
            remark: raw.get(Field::Remark),
        };
        if let Err(issue) = sink.movement(&movement) {
            self.issues.push(issue);
        }
    }

    /// A deletion says who deletes what; the rest of its cells carries no meaning.
    fn delete(&mut self, raw: &RawRow<'_>, reporter: &str, sink: &mut dyn Sink) {
        let Some(basis) = self.nothing.as_ref().filter(|_| self.issues.is_empty()) else {
            return;
        };
        let movement = Movement {
            row: raw.row,
            action: Action::Delete,
            kind: Kind::Stocktake,
            date: Date::MIN,
            reporter,
            site: "",
            counterparty: "",
            counterparty_site: "",
            basis,
            amount_text: "",
            amount: Decimal::ZERO,
            class: ScaleClass::ClassIII,
            reason: Reason::None,
            mode: Mode::Unknown,
            packaging: Packaging::Unknown,
            texts: texts(raw, &self.reported_at),
            remark: raw.get(Field::Remark),
        };
        if let Err(issue) = sink.movement(&movement) {
            self.issues.push(issue);
        }
    }

    fn issue(
        &mut self,
        row: u32,
        field: Field,
        code: Code,
        found: &str,
        expected: impl Into<String>,
    ) {
        self.issues
            .push(Issue::new(row, field, code, found, expected));
    }

    fn missing(&mut self, row: u32, field: Field, expected: &str) {
        self.issue(row, field, Code::Missing, "", expected);
    }

    fn action(&mut self, raw: &RawRow<'_>) -> Action {
        let text = raw.get(Field::Action);
        let corrects = raw.get(Field::Corrects);
        let action = if text.is_empty() {
            Some(Action::Insert)
        } else {
            self.words.action(text)
        };
        match action {
            None => self.issue(
                raw.row,
                Field::Action,
                Code::ActionUnknown,
                text,
                "insert; adjust; delete",
            ),
            Some(Action::Insert) if !corrects.is_empty() => {
                self.issue(
                    raw.row,
                    Field::Corrects,
                    Code::CorrectsUnexpected,
                    corrects,
                    "adjust; delete",
                );
            }
            Some(Action::Adjust | Action::Delete) if corrects.is_empty() => {
                self.issue(
                    raw.row,
                    Field::Corrects,
                    Code::CorrectsMissing,
                    "",
                    "line_id or document",
                );
            }
            Some(_) => {}
        }
        action.unwrap_or_default()
    }

    fn kind(&mut self, raw: &RawRow<'_>) -> Option<Kind> {
        let text = raw.get(Field::Kind);
        let kind = self.words.kind(text);
        if kind.is_none() {
            let code = if text.is_empty() {
                Code::Missing
            } else {
                Code::KindUnknown
            };
            self.issue(
                raw.row,
                Field::Kind,
                code,
                text,
                RULES.map(|r| r.code).join("; "),
            );
        }
        kind
    }

    fn date(&mut self, raw: &RawRow<'_>) -> Option<Date> {
        let text = raw.get(Field::Date);
        if text.is_empty() {
            self.missing(raw.row, Field::Date, DATE);
            return None;
        }
        let mut date = dates::parse(text, self.spelling.dates);
        if self.spelling.serial_dates
            && date == Err(DateIssue::Invalid)
            && let Some(serial) = dates::day_number(text)
        {
            date = dates::from_serial(serial);
        }
        let (code, expected) = match date {
            Ok(date) if date <= self.today => return Some(date),
            Ok(_) | Err(DateIssue::TooLate) => (Code::DateInFuture, format!("<= {}", self.today)),
            Err(DateIssue::Invalid) => (Code::DateInvalid, DATE.to_owned()),
            Err(DateIssue::TooOld) => (Code::DateTooOld, format!(">= {}", Date::MIN)),
        };
        self.issue(raw.row, Field::Date, code, text, expected);
        None
    }

    fn amount(
        &mut self,
        raw: &RawRow<'_>,
        number: &Number<'_>,
        kind: Option<Kind>,
    ) -> Option<Decimal> {
        let text = raw.get(Field::Amount);
        let parsed = match number {
            Number::Is(number) => Some(number::parse(number, self.spelling.mark)),
            Number::Unreadable => Some(Err(NumberIssue::Invalid)),
            Number::Units(_) => None,
        };
        let (code, expected) = match parsed {
            _ if text.is_empty() => (Code::Missing, "1234.5".to_owned()),
            None => {
                let number = match number {
                    Number::Units(number) => number,
                    Number::Is(_) | Number::Unreadable => "",
                };
                let expected = format!("{number} {} | {text}", raw.get(Field::Unit));
                (Code::UnitContradicts, expected)
            }
            Some(Ok(amount)) if amount.is_negative() => (Code::AmountNegative, "> 0".to_owned()),
            Some(Ok(amount)) if amount.is_zero() && kind.is_some_and(|k| k != Kind::Stocktake) => {
                (Code::AmountZero, "> 0".to_owned())
            }
            Some(Ok(amount)) => return Some(amount),
            Some(Err(NumberIssue::Invalid)) => (Code::AmountInvalid, "1234.5".to_owned()),
            Some(Err(NumberIssue::Ambiguous(a, b))) => {
                (Code::AmountAmbiguous, format!("{a} | {b}"))
            }
            Some(Err(NumberIssue::NotFinite)) => (Code::AmountNotFinite, "1234.5".to_owned()),
            Some(Err(NumberIssue::TooFine)) => (Code::AmountTooFine, FINEST.to_owned()),
            Some(Err(NumberIssue::TooLarge)) => (Code::AmountTooLarge, "<= 9 200 000 t".to_owned()),
        };
        self.issue(raw.row, Field::Amount, code, text, expected);
        None
    }

    /// What the kind needs beside the amount.
    fn second(&mut self, raw: &RawRow<'_>, kind: Option<Kind>) {
        let counterparty = raw.get(Field::Counterparty);
        self.party(raw.row, Field::Counterparty, counterparty);
        match kind.map(|k| k.rule().second) {
            Some(Second::Counterparty) if counterparty.is_empty() => {
                self.issue(
                    raw.row,
                    Field::Counterparty,
                    Code::CounterpartyMissing,
                    "",
                    "code, licence number or credit code",
                );
            }
            Some(Second::Case) if raw.get(Field::Case).is_empty() => {
                self.issue(raw.row, Field::Case, Code::CaseMissing, "", "case number");
            }
            _ => {}
        }
    }

    /// Check characters of a party's number. A DEA-style number only leaves a note: its rule is not verified.
    fn party(&mut self, row: u32, field: Field, text: &str) {
        if text.len() == 18 && looks_like_uscc(text) && !uscc_ok(text) {
            let check = text.get(..17).and_then(uscc_check_char);
            let expected = check.map(|c| format!("…{c}")).unwrap_or_default();
            self.issue(row, field, Code::PartyCheckDigit, text, expected);
        } else if text.len() == 9 && looks_like_dea(text) && !dea_ok(text) {
            self.dea_checks += 1;
        }
    }

    fn reason(&mut self, raw: &RawRow<'_>) -> Reason {
        match raw.get(Field::Reason) {
            "" => Reason::None,
            text => self.words.reason(text).unwrap_or_else(|| {
                self.reasons += 1;
                Reason::Other
            }),
        }
    }

    fn mode(&mut self, raw: &RawRow<'_>) -> Mode {
        let text = raw.get(Field::Mode);
        if text.is_empty() {
            return Mode::Unknown;
        }
        match self.words.mode(text) {
            Some(mode) => mode,
            None => {
                let modes = Mode::ALL
                    .iter()
                    .map(|m| m.code())
                    .filter(|c| !c.is_empty())
                    .collect::<Vec<_>>()
                    .join("; ");
                self.issue(raw.row, Field::Mode, Code::ModeUnknown, text, modes);
                Mode::Unknown
            }
        }
    }

    fn packaging(&mut self, raw: &RawRow<'_>) -> Packaging {
        match raw.get(Field::Packaging) {
            "" => Packaging::Unknown,
            text => self.words.packaging(text).unwrap_or_else(|| {
                self.packagings += 1;
                Packaging::Other
            }),
        }
    }

    fn lengths(&mut self, raw: &RawRow<'_>) {
        if raw.longest() <= TEXT_MAX {
            return;
        }
        for (field, text) in raw.cells() {
            let limit = if field == Field::Remark {
                MAX_REMARK
            } else {
                TEXT_MAX
            };
            if text.len() > limit {
                self.issue(
                    raw.row,
                    field,
                    Code::TextTooLong,
                    text,
                    format!("<= {limit} bytes"),
                );
            }
        }
    }

    /// Keeps a time that reads as RFC 3339; other spellings of dates are rewritten.
    fn reported_at(&mut self, raw: &RawRow<'_>) {
        self.reported_at.clear();
        let text = raw.get(Field::ReportedAt);
        if text.is_empty() {
            return;
        }
        let written: Result<Timestamp, _> = text.parse();
        let day = match written {
            Ok(time) => {
                self.reported_at.push_str(text);
                time.date()
            }
            Err(_) => dates::parse(text, self.spelling.dates)
                .ok()
                .inspect(|day| self.reported_at = day.to_string()),
        };
        match day {
            None => self.issue(
                raw.row,
                Field::ReportedAt,
                Code::DateInvalid,
                text,
                "YYYY-MM-DDThh:mm:ssZ",
            ),
            // A clock east of the server's may already show tomorrow.
            Some(day) if day.minus(self.today) > 1 => {
                self.issue(
                    raw.row,
                    Field::ReportedAt,
                    Code::DateInFuture,
                    text,
                    format!("<= {}", self.today),
                );
            }
            Some(_) => {}
        }
    }
}

/// Refuses a row: nothing of it is kept.
pub(crate) fn refuse(row: u32, field: Field, sink: &mut dyn Sink, summary: &mut Summary) {
    summary.rows_read += 1;
    summary.set_aside += 1;
    summary.refused_rows += 1;
    sink.set_aside(refused(row, field));
}

/// Sets a row aside that could not be cut into cells.
pub(crate) fn unreadable(
    raw: &RawRow<'_>,
    code: Code,
    found: &str,
    expected: &str,
    sink: &mut dyn Sink,
    summary: &mut Summary,
) {
    summary.rows_read += 1;
    summary.set_aside += 1;
    sink.set_aside(raw.aside(vec![Issue::new(raw.row, Field::Row, code, found, expected)]));
}

fn texts<'a>(raw: &RawRow<'a>, reported_at: &'a str) -> [&'a str; Text::COUNT] {
    Text::ALL.map(|text| match text {
        Text::Document => raw.get(Field::Document),
        Text::Lot => raw.get(Field::Lot),
        Text::Permit => raw.get(Field::Permit),
        Text::Case => raw.get(Field::Case),
        Text::Carrier => raw.get(Field::Carrier),
        Text::Instrument => raw.get(Field::Instrument),
        Text::Batch => raw.get(Field::Batch),
        Text::InputLots => raw.get(Field::InputLots),
        Text::ReportedAt => reported_at,
        Text::LineId => raw.get(Field::LineId),
        Text::Corrects => raw.get(Field::Corrects),
    })
}

/// 18 letters and digits with a region code in the third to eighth place; other codes of that length are left alone.
pub(crate) fn looks_like_uscc(text: &str) -> bool {
    text.len() == 18
        && text
            .bytes()
            .all(|b| b.is_ascii_digit() || b.is_ascii_alphabetic())
        && text.bytes().skip(2).take(6).all(|b| b.is_ascii_digit())
}

pub(crate) fn looks_like_dea(text: &str) -> bool {
    matches!(text.as_bytes(), [a, b, rest @ ..] if rest.len() == 7
        && a.is_ascii_uppercase()
        && (b.is_ascii_uppercase() || *b == b'9')
        && rest.iter().all(u8::is_ascii_digit))
}
