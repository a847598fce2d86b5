//! A submission before it is decided: rows in columns, texts interned, amounts already in base µg.

use hashbrown::HashTable;
use weighbridge_measure::{
    Basis, BasisError, Date, Decimal, Factor, FormTable, SubstanceTable, base_ug,
};
use xxhash_rust::xxh3::xxh3_64;

use super::kind::Kind;
use super::movement::{Movement, Text};
use super::quarantine::{Code, Issue, SetAside};
use super::rows::Rows;
use super::vocabulary::{Action, Field, Mode, Packaging, Reason};

/// Rows in one entry; a larger submission is cut into several entries. Bounds memory and the size of a body.
pub const ROWS_MAX: usize = 1 << 16;

/// Bytes of one text cell that the journal keeps.
pub const TEXT_MAX: usize = 256;
/// What an amount must be at least, and how many digits it may have behind the point.
pub const FINEST: &str = "1 ug or more with at most 18 decimals";

/// How amounts were stated, with the factor that was used and where it comes from.
#[derive(Clone, PartialEq, Debug)]
pub struct StatedBasis {
    /// Unit, form, concentration, temperature, density as stated.
    pub basis: Basis,
    /// Base µg per unit, with its sources.
    pub factor: Factor,
}

/// A party and one of its sites as written; an empty site means none was named.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct StatedPlace {
    /// Code or number of the holder.
    pub party: String,
    /// Code of the site.
    pub site: String,
}

/// Rows on their way to a decision.
#[derive(Clone, Default, Debug)]
pub struct Draft {
    pub(crate) rows: Rows,
    pub(crate) bases: Vec<StatedBasis>,
    pub(crate) places: Vec<StatedPlace>,
    pub(crate) aside: Vec<SetAside>,
    pub(crate) remarks: Vec<(u32, String)>,
    place_index: HashTable<u32>,
    /// Never iterated, so its order cannot show.
    basis_index: std::collections::HashMap<Basis, usize>,
    last_basis: usize,
    last_own: u32,
}

impl Draft {
    /// An empty draft.
    #[must_use]
    pub fn new() -> Draft {
        Draft::default()
    }

    /// Number of rows, those set aside included.
    #[must_use]
    pub fn len(&self) -> usize {
        self.rows.len() + self.aside.len()
    }

    /// Whether there are no rows at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Whether the next row belongs into a new draft.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.len() >= ROWS_MAX
    }

    /// The rows set aside so far.
    #[must_use]
    pub fn set_aside_rows(&self) -> &[SetAside] {
        &self.aside
    }

    /// The free texts, by row number; they go to the private store.
    #[must_use]
    pub fn remarks(&self) -> &[(u32, String)] {
        &self.remarks
    }

    /// The parties and sites that the rows name, in order of appearance.
    #[must_use]
    pub fn places(&self) -> &[StatedPlace] {
        &self.places
    }

    /// Keeps a row that cannot be accepted.
    pub fn set_aside(&mut self, row: SetAside) {
        self.aside.push(row);
    }

    /// Converts and appends a row.
    ///
    /// # Errors
    /// The issue that keeps the row out; nothing of it is kept then.
    pub fn push(&mut self, m: &Movement<'_>) -> Result<(), Issue> {
        for (column, field) in Text::ALL.iter().zip(TEXT_FIELDS) {
            if m.text(*column).len() > TEXT_MAX {
                let expected = format!("<= {TEXT_MAX} bytes");
                return Err(Issue::new(
                    m.row,
                    field,
                    Code::TextTooLong,
                    m.text(*column),
                    expected,
                ));
            }
        }
        let basis = self.basis(m)?;
        let base = if m.action == Action::Delete {
            0
        } else {
            self.convert(m, basis)?
        };
        let r = &mut self.rows;
        r.row.push(m.row);
        r.action.push(m.action as u8);
        r.kind.push(m.kind as u8);
        r.date.push(m.date.days());
        r.basis.push(u32::try_from(basis).unwrap_or(u32::MAX));
        r.base_ug.push(base);
        r.class.push(m.class as u8);
        r.reason.push(m.reason as u8);
        r.mode.push(m.mode as u8);
        r.packaging.push(m.packaging as u8);
        r.amount.push(m.amount_text);
        for (column, text) in r.texts.iter_mut().zip(m.texts) {
            column.push(text);
        }
        let own = self.own(m);
        self.rows.own.push(own);
        let other = if m.counterparty.is_empty() {
            0
        } else {
            self.place(m.counterparty, m.counterparty_site) + 1
        };
        self.rows.other.push(other);
        if !m.remark.is_empty() {
            self.remarks.push((m.row, m.remark.to_owned()));
        }
        Ok(())
    }

    /// The cells of a row that had already been put into columns.
    pub(crate) fn cells(&self, at: usize) -> Vec<(Field, String)> {
        let rows = &self.rows;
        let byte = |column: &[u8]| column.get(at).copied().unwrap_or(0);
        let place = |at: Option<u32>| at.and_then(|p| self.places.get(p as usize));
        let own = place(rows.own.get(at).copied());
        let other = place(rows.other.get(at).and_then(|o| o.checked_sub(1)));
        let basis = rows
            .basis
            .get(at)
            .and_then(|b| self.bases.get(*b as usize))
            .map(|b| &b.basis);
        let decimal = |d: Option<Decimal>| d.map(|d| d.to_string()).unwrap_or_default();
        let code = |c: Option<&'static str>| c.unwrap_or_default().to_owned();
        let mut cells = vec![
            (
                Field::Reporter,
                own.map(|p| p.party.clone()).unwrap_or_default(),
            ),
            (Field::Site, own.map(|p| p.site.clone()).unwrap_or_default()),
            (
                Field::Kind,
                code(Kind::from_number(byte(&rows.kind)).map(Kind::code)),
            ),
            (
                Field::Action,
                code(Action::from_number(byte(&rows.action)).map(Action::code)),
            ),
            (
                Field::Date,
                Date::from_days(rows.date.get(at).copied().unwrap_or(0)).to_string(),
            ),
            (
                Field::Substance,
                code(basis.map(|b| SubstanceTable::shipped().get(b.substance).id)),
            ),
            (Field::Amount, rows.amount.get(at).to_owned()),
            (Field::Unit, code(basis.map(|b| b.unit.code()))),
            (
                Field::Form,
                code(basis.map(|b| FormTable::shipped().get(b.form).id)),
            ),
            (
                Field::Concentration,
                decimal(basis.and_then(|b| b.concentration)),
            ),
            (
                Field::Temperature,
                decimal(basis.and_then(|b| b.temperature)),
            ),
            (Field::Density, decimal(basis.and_then(|b| b.density))),
            (
                Field::Counterparty,
                other.map(|p| p.party.clone()).unwrap_or_default(),
            ),
            (
                Field::CounterpartySite,
                other.map(|p| p.site.clone()).unwrap_or_default(),
            ),
            (
                Field::Reason,
                code(Reason::from_number(byte(&rows.reason)).map(Reason::code)),
            ),
            (
                Field::Mode,
                code(Mode::from_number(byte(&rows.mode)).map(Mode::code)),
            ),
            (
                Field::Packaging,
                code(Packaging::from_number(byte(&rows.packaging)).map(Packaging::code)),
            ),
        ];
        let texts = Text::ALL
            .iter()
            .zip(TEXT_FIELDS)
            .map(|(t, f)| (f, rows.text(*t, at).to_owned()));
        cells.extend(texts);
        cells.retain(|(_, text)| !text.is_empty());
        cells
    }

    fn convert(&self, m: &Movement<'_>, basis: usize) -> Result<i64, Issue> {
        use weighbridge_measure::AmountError;
        let Some(stated) = self.bases.get(basis) else {
            return Ok(0);
        };
        match base_ug(&m.amount, &stated.factor) {
            // Something was stated, and the account would hold nothing of it.
            Ok(mass) if mass.ug() == 0 && !m.amount.is_zero() => Err(Issue::new(
                m.row,
                Field::Amount,
                Code::AmountTooFine,
                m.amount_text,
                FINEST,
            )),
            Ok(mass) => Ok(mass.ug()),
            Err(AmountError::Negative) => Err(Issue::new(
                m.row,
                Field::Amount,
                Code::AmountNegative,
                m.amount_text,
                ">= 0",
            )),
            Err(AmountError::TooLarge) => {
                let expected = "<= 9 200 000 t";
                Err(Issue::new(
                    m.row,
                    Field::Amount,
                    Code::AmountTooLarge,
                    m.amount_text,
                    expected,
                ))
            }
        }
    }

    fn basis(&mut self, m: &Movement<'_>) -> Result<usize, Issue> {
        if self
            .bases
            .get(self.last_basis)
            .is_some_and(|b| b.basis == *m.basis)
        {
            return Ok(self.last_basis);
        }
        if let Some(at) = self.basis_index.get(m.basis) {
            self.last_basis = *at;
            return Ok(*at);
        }
        let factor = m.basis.factor().map_err(|e| basis_issue(m, e))?;
        self.last_basis = self.bases.len();
        self.basis_index.insert(m.basis.clone(), self.last_basis);
        self.bases.push(StatedBasis {
            basis: m.basis.clone(),
            factor,
        });
        Ok(self.last_basis)
    }

    /// The reporter's place: rows of one sender stand together.
    fn own(&mut self, m: &Movement<'_>) -> u32 {
        let last = self.places.get(self.last_own as usize);
        if last.is_none_or(|p| p.site != m.site || p.party != m.reporter) {
            self.last_own = self.place(m.reporter, m.site);
        }
        self.last_own
    }

    fn place(&mut self, party: &str, site: &str) -> u32 {
        let hash = |party: &str, site: &str| {
            xxh3_64(party.as_bytes()) ^ xxh3_64(site.as_bytes()).rotate_left(1)
        };
        let key = hash(party, site);
        let places = &self.places;
        let same = |at: &u32| {
            places
                .get(*at as usize)
                .is_some_and(|p| p.party == party && p.site == site)
        };
        if let Some(at) = self.place_index.find(key, same) {
            return *at;
        }
        let at = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        self.places.push(StatedPlace {
            party: party.to_owned(),
            site: site.to_owned(),
        });
        let places = &self.places;
        let rehash = |at: &u32| {
            places
                .get(*at as usize)
                .map_or(0, |p| hash(&p.party, &p.site))
        };
        self.place_index.insert_unique(key, at, rehash);
        at
    }
}

fn basis_issue(m: &Movement<'_>, error: BasisError) -> Issue {
    let basis = m.basis;
    let show = |d: Option<Decimal>| d.map(|d| d.to_string()).unwrap_or_default();
    let (field, code, found) = match error {
        BasisError::CountNotMass => (Field::Unit, Code::UnitNotMass, basis.unit.code().to_owned()),
        BasisError::FormOfOtherSubstance => (Field::Form, Code::FormUnlisted, String::new()),
        BasisError::DensityUnlisted => (Field::Density, Code::DensityUnlisted, show(basis.density)),
        BasisError::ConcentrationRequired | BasisError::ConcentrationOutsideTable => (
            Field::Concentration,
            Code::DensityUnlisted,
            show(basis.concentration),
        ),
        BasisError::TemperatureOutsideTable => (
            Field::Temperature,
            Code::DensityUnlisted,
            show(basis.temperature),
        ),
        BasisError::ConcentrationOutOfRange => (
            Field::Concentration,
            Code::ConcentrationInvalid,
            show(basis.concentration),
        ),
        BasisError::TemperatureOutOfRange => (
            Field::Temperature,
            Code::TemperatureInvalid,
            show(basis.temperature),
        ),
        BasisError::DensityOutOfRange => {
            (Field::Density, Code::DensityInvalid, show(basis.density))
        }
        BasisError::TooManyDigits => (Field::Amount, Code::AmountInvalid, m.amount_text.to_owned()),
    };
    Issue::new(m.row, field, code, &found, error.wanted())
}

/// The fields of [`Text::ALL`].
pub(crate) const TEXT_FIELDS: [Field; Text::COUNT] = [
    Field::Document,
    Field::Lot,
    Field::Permit,
    Field::Case,
    Field::Carrier,
    Field::Instrument,
    Field::Batch,
    Field::InputLots,
    Field::ReportedAt,
    Field::LineId,
    Field::Corrects,
];
