//! A row read and converted, or the first reason why it cannot be.

use weighbridge_books::substances::kind::{Kind, Second};
use weighbridge_books::substances::quarantine::Code;
use weighbridge_books::substances::vocabulary::{Action, Field, Mode, Packaging, Reason};
use weighbridge_measure::{
    AmountError, Basis, BasisError, Date, Decimal, DecimalError, Dimension, FormTable, Found,
    SubstanceId, SubstanceTable, Timestamp, Unit, base_ug,
};

use super::LineRef;
use super::register::{Party, Register};
use crate::row::Row;

/// Full-width forms to ASCII, blanks out, letters upper-case.
pub(super) fn fold(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{ff01}'..='\u{ff5e}' => char::from_u32(u32::from(c) - 0xfee0).unwrap_or(c),
            '\u{3000}' => ' ',
            _ => c,
        })
        .filter(|c| !c.is_whitespace())
        .flat_map(char::to_uppercase)
        .collect()
}

/// A number's one spelling: no plus sign, no leading or trailing zeros.
fn number(text: &str) -> String {
    let text = fold(text);
    let text = text.strip_prefix('+').unwrap_or(&text);
    let (whole, part) = text.split_once('.').unwrap_or((text, ""));
    format!(
        "{}.{}",
        whole.trim_start_matches('0'),
        part.trim_end_matches('0')
    )
}

/// An accepted row, or one that will be. A delete has only what it needs; the rest holds empty values.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Stated {
    pub(super) line: LineRef,
    /// Order of record.
    pub(super) place: usize,
    pub(super) action: Action,
    pub(super) reporter: Party,
    /// The goods; `None` for a delete.
    pub(super) goods: Option<Goods>,
    pub(super) document: String,
    pub(super) line_id: String,
    pub(super) corrects: String,
    pub(super) reported_at: Option<Timestamp>,
    /// Everything that makes two rows the same, spelled in one way.
    pub(super) content: Vec<String>,
}

/// What moved or was counted.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Goods {
    pub(super) kind: Kind,
    pub(super) date: Date,
    pub(super) substance: SubstanceId,
    pub(super) base_ug: i64,
    /// Reported as a volume.
    pub(super) is_volume: bool,
    /// Relative standard uncertainty of the scale or meter.
    pub(super) ppm: i128,
    pub(super) site: String,
    /// Present on halves.
    pub(super) counterparty: Option<Party>,
    /// The other party's site where it was stated.
    pub(super) counterparty_site: String,
    pub(super) mode: Mode,
    pub(super) packaging: Packaging,
    pub(super) permit: String,
    pub(super) carrier: String,
}

/// Reads a row.
pub(super) fn read(
    register: &Register,
    row: &Row,
    line: LineRef,
    place: usize,
) -> Result<Stated, Code> {
    let text = |field: Field| fold(row.get(field));
    let action =
        word(row, Field::Action, Action::from_code, Action::Insert).ok_or(Code::ActionUnknown)?;
    if text(Field::Reporter).is_empty() {
        return Err(Code::Missing);
    }
    let reporter = register
        .find(row.get(Field::Reporter))
        .ok_or(Code::ReporterUnknown)?;
    let corrects = text(Field::Corrects);
    if (action == Action::Insert) != corrects.is_empty() {
        return Err(if corrects.is_empty() {
            Code::CorrectsMissing
        } else {
            Code::CorrectsUnexpected
        });
    }
    let goods = if action == Action::Delete {
        None
    } else {
        Some(goods(register, reporter, row)?)
    };
    // A correction that repeats its target's number has none of its own.
    let line_id = Some(text(Field::LineId))
        .filter(|id| *id != corrects)
        .unwrap_or_default();
    let mut content = vec![
        action.code().to_owned(),
        reporter.to_string(),
        line_id.clone(),
        corrects.clone(),
    ];
    if let Some(goods) = &goods {
        content.push(format!("{goods:?}"));
        for field in [
            Field::Reason,
            Field::Document,
            Field::Lot,
            Field::Case,
            Field::Instrument,
            Field::Batch,
            Field::InputLots,
        ] {
            content.push(text(field));
        }
    }
    Ok(Stated {
        line,
        place,
        action,
        reporter,
        goods,
        document: text(Field::Document),
        line_id,
        corrects,
        reported_at: row.get(Field::ReportedAt).trim().parse().ok(),
        content,
    })
}

/// A word of a closed list; the default where the cell is empty, `None` where the word is unknown.
fn word<T>(row: &Row, field: Field, from_code: fn(&str) -> Option<T>, default: T) -> Option<T> {
    match fold(row.get(field)).to_lowercase() {
        text if text.is_empty() => Some(default),
        text => from_code(&text),
    }
}

fn goods(register: &Register, reporter: Party, row: &Row) -> Result<Goods, Code> {
    for field in [
        Field::Kind,
        Field::Date,
        Field::Substance,
        Field::Amount,
        Field::Unit,
    ] {
        if row.get(field).trim().is_empty() {
            return Err(Code::Missing);
        }
    }
    let kind =
        Kind::from_code(&fold(row.get(Field::Kind)).to_lowercase()).ok_or(Code::KindUnknown)?;
    let date: Date = fold(row.get(Field::Date))
        .parse()
        .map_err(|_| Code::DateInvalid)?;
    let substance = match SubstanceTable::shipped().find(row.get(Field::Substance)) {
        Found::One(id) => id,
        Found::Ambiguous(_) => return Err(Code::SubstanceAmbiguous),
        Found::InvalidCas => return Err(Code::CasCheckDigit),
        Found::Unknown { .. } => return Err(Code::SubstanceUnknown),
    };
    let mode = word(row, Field::Mode, Mode::from_code, Mode::Unknown).ok_or(Code::ModeUnknown)?;
    let packaging = word(
        row,
        Field::Packaging,
        Packaging::from_code,
        Packaging::Unknown,
    )
    .unwrap_or(Packaging::Other);
    let _: Reason =
        word(row, Field::Reason, Reason::from_code, Reason::None).unwrap_or(Reason::Other);
    let (base_ug, is_volume) = amount(row, substance, kind)?;
    let site = own_site(register, reporter, row.get(Field::Site))?;
    let (counterparty, counterparty_site) = other_party(register, reporter, &site, kind, row)?;
    if kind.rule().second == Second::Case && row.get(Field::Case).trim().is_empty() {
        return Err(Code::CaseMissing);
    }
    Ok(Goods {
        kind,
        date,
        substance,
        base_ug,
        is_volume,
        ppm: ppm(row.get(Field::Instrument), is_volume),
        site,
        counterparty,
        counterparty_site,
        mode,
        packaging,
        permit: fold(row.get(Field::Permit)),
        carrier: fold(row.get(Field::Carrier)),
    })
}

fn own_site(register: &Register, reporter: Party, text: &str) -> Result<String, Code> {
    let sites = &register.0[reporter].sites;
    match (text.trim().is_empty(), sites.as_slice()) {
        (true, [only]) => Ok(only.clone()),
        (true, _) => register
            .site(reporter, &register.0[reporter].code.clone())
            .ok_or(Code::SiteMissing),
        (false, _) => register.site(reporter, text).ok_or(Code::SiteUnknown),
    }
}

/// The counterparty and its site. Reading: only halves have a counterparty; one on another kind is kept in the record
/// and means nothing here. Goods that a holder moves to itself need another site than the one they are at.
fn other_party(
    register: &Register,
    reporter: Party,
    site: &str,
    kind: Kind,
    row: &Row,
) -> Result<(Option<Party>, String), Code> {
    if !kind.is_half() {
        return Ok((None, String::new()));
    }
    if row.get(Field::Counterparty).trim().is_empty() {
        return Err(Code::CounterpartyMissing);
    }
    let party = register
        .find(row.get(Field::Counterparty))
        .ok_or(Code::CounterpartyUnknown)?;
    let stated = row.get(Field::CounterpartySite).trim();
    let other = if stated.is_empty() {
        String::new()
    } else {
        register.site(party, stated).ok_or(Code::SiteUnknown)?
    };
    if party == reporter && (other.is_empty() || other == site) {
        return Err(Code::CounterpartyIsSelf);
    }
    Ok((Some(party), other))
}

/// Base µg and whether the amount is a volume.
fn amount(row: &Row, substance: SubstanceId, kind: Kind) -> Result<(i64, bool), Code> {
    let amount = Decimal::parse(&fold(row.get(Field::Amount))).map_err(|e| match e {
        DecimalError::NotFinite => Code::AmountNotFinite,
        DecimalError::TooManyDigits => Code::AmountTooLarge,
        _ => Code::AmountInvalid,
    })?;
    let unit = Unit::parse(row.get(Field::Unit)).ok_or(Code::UnitUnknown)?;
    let optional = |field: Field, code: Code| match fold(row.get(field)) {
        text if text.is_empty() => Ok(None),
        text => Decimal::parse(text.trim_end_matches('%'))
            .map(Some)
            .map_err(|_| code),
    };
    let form = FormTable::shipped()
        .find(substance, row.get(Field::Form).trim())
        .ok_or(Code::FormUnlisted)?;
    let basis = Basis {
        substance,
        unit,
        form,
        concentration: optional(Field::Concentration, Code::ConcentrationInvalid)?,
        temperature: optional(Field::Temperature, Code::TemperatureInvalid)?,
        density: optional(Field::Density, Code::DensityInvalid)?,
    };
    let factor = basis.factor().map_err(|e| match e {
        BasisError::CountNotMass => Code::UnitNotMass,
        BasisError::ConcentrationOutOfRange => Code::ConcentrationInvalid,
        BasisError::TemperatureOutOfRange => Code::TemperatureInvalid,
        BasisError::DensityOutOfRange => Code::DensityInvalid,
        BasisError::FormOfOtherSubstance => Code::FormUnlisted,
        BasisError::TooManyDigits => Code::AmountInvalid,
        _ => Code::DensityUnlisted,
    })?;
    let base = base_ug(&amount, &factor).map_err(|e| match e {
        AmountError::Negative => Code::AmountNegative,
        AmountError::TooLarge => Code::AmountTooLarge,
    })?;
    let zero = number(row.get(Field::Amount)) == ".";
    if zero && kind != Kind::Stocktake {
        return Err(Code::AmountZero);
    }
    Ok((base.ug(), unit.dimension() == Dimension::Volume))
}

/// The rules page's own figures; III for a mass and the flow meter for a volume where nothing is stated.
fn ppm(instrument: &str, is_volume: bool) -> i128 {
    match fold(instrument).trim_start_matches("CLASS") {
        "I" => 10,
        "II" => 100,
        "III" => 500,
        "IIII" => 2_000,
        "FLOWMETER" => 1_500,
        _ if is_volume => 1_500,
        _ => 500,
    }
}
