//! The cells that say how an amount was stated, parsed together: files repeat few combinations of them.

use weighbridge_books::substances::quarantine::Code;
use weighbridge_books::substances::vocabulary::Field;
use weighbridge_measure::{
    Basis, BasisError, Decimal, Dimension, FormId, FormTable, Found, SubstanceId, SubstanceTable,
    Unit,
};

use crate::number::{DecimalMark, NumberIssue, parse, split_unit};

/// What is wrong with a cell: field, code, found, expected.
pub(crate) type Flaw = (Field, Code, String, String);

/// The cells of a basis.
pub(crate) struct Stated<'a> {
    pub(crate) substance: &'a str,
    pub(crate) unit: &'a str,
    pub(crate) form: &'a str,
    pub(crate) concentration: &'a str,
    pub(crate) temperature: &'a str,
    pub(crate) density: &'a str,
}

/// A parsed basis.
pub(crate) struct Read {
    pub(crate) basis: Basis,
    /// Whether the concentration is below 1: taken as written, but perhaps meant as a share.
    pub(crate) low_concentration: bool,
}

impl<'a> Stated<'a> {
    /// A text that tells equal combinations of cells.
    pub(crate) fn key(&self, out: &mut Vec<u8>) {
        out.clear();
        for text in [
            self.substance,
            self.unit,
            self.form,
            self.concentration,
            self.temperature,
            self.density,
        ] {
            out.extend_from_slice(text.as_bytes());
            out.push(0x1F);
        }
    }

    /// Parses the cells.
    ///
    /// # Errors
    /// Everything that is wrong with them.
    pub(crate) fn parse(
        &self,
        header_unit: Option<Unit>,
        mark: DecimalMark,
    ) -> Result<Read, Vec<Flaw>> {
        let mut flaws = Vec::new();
        let substance = self.substance(&mut flaws);
        let unit = self.unit(header_unit, &mut flaws);
        let form = substance.and_then(|(id, implied)| self.form(id, implied, &mut flaws));
        let concentration = self.concentration(mark, &mut flaws);
        let temperature = number(
            self.temperature,
            Field::Temperature,
            Code::TemperatureInvalid,
            "°C",
            mark,
            &mut flaws,
        );
        let density = self.density(mark, &mut flaws);
        // A count is wrong whatever the substance is.
        if unit.is_some_and(|u| u.dimension() == Dimension::Count) {
            flaws.push((
                Field::Unit,
                Code::UnitNotMass,
                self.unit.to_owned(),
                "kg; g; mg; t; L; mL".to_owned(),
            ));
        }
        let (Some((substance, _)), Some(unit), Some(form), true) =
            (substance, unit, form, flaws.is_empty())
        else {
            return Err(flaws);
        };
        let basis = Basis {
            substance,
            unit,
            form,
            concentration,
            temperature,
            density,
        };
        if let Err(error) = basis.factor() {
            return Err(vec![self.flaw(&error)]);
        }
        let one = Decimal::from_i64(1);
        Ok(Read {
            low_concentration: basis.concentration.is_some_and(|c| c < one),
            basis,
        })
    }

    /// The substance, with the form if the name is that of a salt.
    fn substance(&self, flaws: &mut Vec<Flaw>) -> Option<(SubstanceId, Option<FormId>)> {
        let text = self.substance;
        if text.is_empty() {
            flaws.push((
                Field::Substance,
                Code::Missing,
                String::new(),
                "id, CAS number or name".to_owned(),
            ));
            return None;
        }
        let table = SubstanceTable::shipped();
        let ids = |ids: &[SubstanceId]| {
            ids.iter()
                .map(|id| table.get(*id).id)
                .collect::<Vec<_>>()
                .join("; ")
        };
        let (code, expected) = match table.find(text) {
            Found::One(id) => return Some((id, None)),
            Found::Ambiguous(several) => (Code::SubstanceAmbiguous, ids(&several)),
            Found::InvalidCas => (
                Code::CasCheckDigit,
                "CAS number with its check digit".to_owned(),
            ),
            Found::Unknown { suggestions } => {
                let forms = FormTable::shipped();
                if let Some(form) = forms.find_product(text)
                    && let Some(id) = forms.get(form).substance
                {
                    return Some((id, Some(form)));
                }
                (Code::SubstanceUnknown, ids(&suggestions))
            }
        };
        flaws.push((Field::Substance, code, text.to_owned(), expected));
        None
    }

    fn unit(&self, header: Option<Unit>, flaws: &mut Vec<Flaw>) -> Option<Unit> {
        const EXPECTED: &str = "kg; g; mg; t; lb; L; mL; m3; gal";
        if self.unit.is_empty() {
            if header.is_none() {
                flaws.push((
                    Field::Unit,
                    Code::Missing,
                    String::new(),
                    EXPECTED.to_owned(),
                ));
            }
            return header;
        }
        let Some(unit) = Unit::parse(self.unit) else {
            flaws.push((
                Field::Unit,
                Code::UnitUnknown,
                self.unit.to_owned(),
                EXPECTED.to_owned(),
            ));
            return None;
        };
        if let Some(header) = header.filter(|h| *h != unit) {
            // The header says one unit, the cell another: which one the amount is in is not ours to guess.
            flaws.push((
                Field::Unit,
                Code::UnitContradicts,
                self.unit.to_owned(),
                header.code().to_owned(),
            ));
            return None;
        }
        Some(unit)
    }

    fn form(
        &self,
        substance: SubstanceId,
        implied: Option<FormId>,
        flaws: &mut Vec<Flaw>,
    ) -> Option<FormId> {
        let table = FormTable::shipped();
        if self.form.is_empty() {
            return Some(implied.unwrap_or(FormId::BASE));
        }
        match table.find(substance, self.form) {
            Some(form) if implied.is_none_or(|i| i == form) => Some(form),
            _ if implied.is_some() => {
                let named = implied.map_or(String::new(), |i| table.get(i).id.to_owned());
                let found = self.form.to_owned();
                flaws.push((Field::Form, Code::FormContradicts, found, named));
                None
            }
            _ => {
                let known = table
                    .all()
                    .filter(|(_, f)| f.substance == Some(substance))
                    .map(|(_, f)| f.id);
                let expected = std::iter::once("base")
                    .chain(known)
                    .collect::<Vec<_>>()
                    .join("; ");
                flaws.push((
                    Field::Form,
                    Code::FormUnlisted,
                    self.form.to_owned(),
                    expected,
                ));
                None
            }
        }
    }

    fn concentration(&self, mark: DecimalMark, flaws: &mut Vec<Flaw>) -> Option<Decimal> {
        let text = self.concentration.trim_end_matches(['%', ' ']);
        let value = number(
            text,
            Field::Concentration,
            Code::ConcentrationInvalid,
            "%",
            mark,
            flaws,
        )?;
        if value.is_negative() || value.is_zero() || value > Decimal::from_i64(100) {
            let flaw = (
                Field::Concentration,
                Code::ConcentrationInvalid,
                self.concentration.to_owned(),
                "0 < % <= 100".to_owned(),
            );
            flaws.push(flaw);
            return None;
        }
        Some(value)
    }

    /// Kilograms per litre; kilograms per cubic metre are converted.
    fn density(&self, mark: DecimalMark, flaws: &mut Vec<Flaw>) -> Option<Decimal> {
        const EXPECTED: &str = "kg/L";
        let (text, unit) = split_unit(self.density);
        let value = number(
            text,
            Field::Density,
            Code::DensityInvalid,
            EXPECTED,
            mark,
            flaws,
        )?;
        let unit: String = unit
            .chars()
            .filter(|c| *c != ' ')
            .flat_map(char::to_lowercase)
            .collect();
        let converted = match unit.as_str() {
            "" | "kg/l" | "g/ml" | "g/cm3" | "g/cm³" | "t/m3" | "t/m³" | "千克/升" | "克/毫升" => {
                Some(value)
            }
            "kg/m3" | "kg/m³" => value
                .scale()
                .checked_add(3)
                .and_then(|s| Decimal::new(value.mantissa(), s).ok()),
            _ => None,
        };
        if converted.is_none() {
            flaws.push((
                Field::Density,
                Code::DensityInvalid,
                self.density.to_owned(),
                EXPECTED.to_owned(),
            ));
        }
        converted
    }

    fn flaw(&self, error: &BasisError) -> Flaw {
        let (field, code, found) = match error {
            BasisError::CountNotMass => (Field::Unit, Code::UnitNotMass, self.unit),
            BasisError::FormOfOtherSubstance => (Field::Form, Code::FormUnlisted, self.form),
            BasisError::DensityUnlisted => (Field::Density, Code::DensityUnlisted, self.density),
            BasisError::ConcentrationRequired | BasisError::ConcentrationOutsideTable => (
                Field::Concentration,
                Code::DensityUnlisted,
                self.concentration,
            ),
            BasisError::TemperatureOutsideTable => {
                (Field::Temperature, Code::DensityUnlisted, self.temperature)
            }
            BasisError::ConcentrationOutOfRange => (
                Field::Concentration,
                Code::ConcentrationInvalid,
                self.concentration,
            ),
            BasisError::TemperatureOutOfRange => (
                Field::Temperature,
                Code::TemperatureInvalid,
                self.temperature,
            ),
            BasisError::DensityOutOfRange => (Field::Density, Code::DensityInvalid, self.density),
            BasisError::TooManyDigits => (
                Field::Concentration,
                Code::ConcentrationInvalid,
                self.concentration,
            ),
        };
        (field, code, found.to_owned(), error.wanted().to_owned())
    }
}

/// A number with an optional degree sign or percent sign behind it; empty is absent.
fn number(
    text: &str,
    field: Field,
    code: Code,
    expected: &str,
    mark: DecimalMark,
    flaws: &mut Vec<Flaw>,
) -> Option<Decimal> {
    let bare = text.trim_end_matches(['°', '℃', 'C', 'c', '度', ' ']);
    if text.is_empty() {
        return None;
    }
    match parse(bare, mark) {
        Ok(value) => Some(value),
        Err(issue) => {
            let expected = match issue {
                NumberIssue::Ambiguous(a, b) => format!("{a} | {b}"),
                _ => expected.to_owned(),
            };
            flaws.push((field, code, text.to_owned(), expected));
            None
        }
    }
}
