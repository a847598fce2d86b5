//! The one place where an amount as reported becomes micrograms of base or acid.
//!
//! `base = amount × unit × density × concentration × share of base in the form`, all exact, rounded once at the end,
//! half-even, to 1 µg. The factors are found first ([`Basis::factor`]): lines that share them share the work, and the
//! text that says where each came from.

use thiserror::Error;

use crate::{
    BaseMass, Decimal, DensityError, DensityTable, Dimension, FormId, FormTable, Ratio,
    SubstanceId, Unit, density, mul_div_half_even,
};

/// What an amount is reported on: everything but the amount.
#[derive(Clone, PartialEq, Eq, Hash, Debug)]
pub struct Basis {
    /// The listed substance.
    pub substance: SubstanceId,
    /// The unit as reported.
    pub unit: Unit,
    /// The salt or hydrate.
    pub form: FormId,
    /// Percent by mass of the form in the goods; `None` is 100 %.
    pub concentration: Option<Decimal>,
    /// Temperature of a volume in °C; `None` is the reference of 20 °C.
    pub temperature: Option<Decimal>,
    /// The reporter's own density in kg/L; it goes before the table's.
    pub density: Option<Decimal>,
}

/// The factors of a basis.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Factor {
    /// Micrograms of base or acid per reported unit.
    pub to_base: Ratio,
    /// Gross micrograms of goods per reported unit, for people.
    pub gross: Ratio,
    /// How each part was found, for the record.
    pub source: String,
}

/// Why a basis has no factor.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum BasisError {
    /// Pieces are not a mass.
    #[error("a count is not a mass")]
    CountNotMass,
    /// The form belongs to another substance.
    #[error("the form is not one of this substance")]
    FormOfOtherSubstance,
    /// No density is listed for the substance in this form, and none was reported.
    #[error("no density is listed")]
    DensityUnlisted,
    /// A volume of a substance that is listed only in solution, without its concentration.
    #[error("a volume of this substance needs its concentration")]
    ConcentrationRequired,
    /// The densities do not cover the concentration.
    #[error("the concentration is outside the table of densities")]
    ConcentrationOutsideTable,
    /// The densities do not cover the temperature.
    #[error("the temperature is outside the table of densities")]
    TemperatureOutsideTable,
    /// Not more than 0 and at most 100 percent.
    #[error("the concentration is not between 0 and 100 percent")]
    ConcentrationOutOfRange,
    /// Not between -100 and 300 °C.
    #[error("the temperature is not between -100 and 300 °C")]
    TemperatureOutOfRange,
    /// Not between 0.05 and 25 kg/L.
    #[error("the density is not between 0.05 and 25 kg/L")]
    DensityOutOfRange,
    /// More digits than the arithmetic carries.
    #[error("too many digits")]
    TooManyDigits,
}

impl BasisError {
    /// What would be right, as data: a range, or words that the locale files have.
    pub fn wanted(&self) -> &'static str {
        match self {
            Self::CountNotMass => "mass or volume",
            Self::FormOfOtherSubstance => "form of this substance",
            Self::DensityUnlisted
            | Self::ConcentrationOutsideTable
            | Self::TemperatureOutsideTable => "mass, or density of the batch",
            Self::ConcentrationRequired => "concentration",
            Self::ConcentrationOutOfRange => "0 < % <= 100",
            Self::TemperatureOutOfRange => "-100 – 300 °C",
            Self::DensityOutOfRange => "0.05 – 25 kg/L",
            Self::TooManyDigits => "fewer digits",
        }
    }
}

impl BasisError {
    /// Stable code of the rejection.
    pub fn code(self) -> &'static str {
        match self {
            Self::CountNotMass => "count_not_mass",
            Self::FormOfOtherSubstance => "form_of_other_substance",
            Self::DensityUnlisted => "density_unlisted",
            Self::ConcentrationRequired => "concentration_required",
            Self::ConcentrationOutsideTable => "concentration_outside_table",
            Self::TemperatureOutsideTable => "temperature_outside_table",
            Self::ConcentrationOutOfRange => "concentration_out_of_range",
            Self::TemperatureOutOfRange => "temperature_out_of_range",
            Self::DensityOutOfRange => "density_out_of_range",
            Self::TooManyDigits => "basis_too_many_digits",
        }
    }
}

/// Why an amount is not a mass of the ledger.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum AmountError {
    /// Below zero: direction is told by the kind of movement, never by a sign.
    #[error("the amount is negative")]
    Negative,
    /// More than 64 bits of micrograms (about 9.2 million tonnes).
    #[error("the amount is larger than 9.2 million tonnes")]
    TooLarge,
}

impl AmountError {
    /// Stable code of the rejection.
    pub fn code(self) -> &'static str {
        match self {
            Self::Negative => "negative_amount",
            Self::TooLarge => "amount_too_large",
        }
    }
}

/// Denominators stay below this, so that a decimal's own denominator (10^18) can be multiplied in 128 bits.
const MAX_DENOMINATOR: u128 = u64::MAX as u128;
const PERCENT: Ratio = Ratio::reduced(1, 100);
/// 1 kg/L is 1,000 µg/µL.
const UG_PER_UL: Ratio = Ratio::whole(1_000);

impl Basis {
    /// An amount of the substance itself, undiluted.
    pub fn plain(substance: SubstanceId, unit: Unit) -> Self {
        Self {
            substance,
            unit,
            form: FormId::BASE,
            concentration: None,
            temperature: None,
            density: None,
        }
    }

    /// Finds the factors; what is not listed is an error and never assumed.
    pub fn factor(&self) -> Result<Factor, BasisError> {
        let form = FormTable::shipped().get(self.form);
        if form
            .substance
            .is_some_and(|substance| substance != self.substance)
        {
            return Err(BasisError::FormOfOtherSubstance);
        }
        let share = match self.concentration {
            None => Ratio::ONE,
            Some(percent) => fraction(percent)?,
        };
        let temperature = self.temperature.map(centi_degrees).transpose()?;
        let unit = self.unit.to_base();
        let mut parts = vec![format!("unit {} = {}", self.unit.code(), unit)];
        let gross = match self.unit.dimension() {
            Dimension::Count => return Err(BasisError::CountNotMass),
            Dimension::Mass => unit,
            Dimension::Volume => {
                let (kg_per_l, source) = self.density_for(share, temperature)?;
                parts.push(source);
                product(product(unit, UG_PER_UL)?, kg_per_l)?
            }
        };
        match self.concentration {
            None => parts.push("concentration not stated: 100 %".to_owned()),
            Some(percent) => parts.push(format!("concentration {percent} % as reported")),
        }
        if self.form != FormId::BASE {
            parts.push(format!(
                "form {} {} ({})",
                form.id, form.factor, form.source
            ));
        }
        let to_base = product(product(gross, share)?, form.factor)?;
        if to_base.den() > MAX_DENOMINATOR || gross.den() > MAX_DENOMINATOR {
            return Err(BasisError::TooManyDigits);
        }
        Ok(Factor {
            to_base,
            gross,
            source: parts.join("; "),
        })
    }

    fn density_for(
        &self,
        share: Ratio,
        temperature: Option<i32>,
    ) -> Result<(Ratio, String), BasisError> {
        if let Some(reported) = self.density {
            let kg_per_l = Ratio::from_decimal(reported).ok_or(BasisError::DensityOutOfRange)?;
            let lowest = Decimal::new(5, 2).map_err(|_| BasisError::DensityOutOfRange)?;
            if reported < lowest || reported > Decimal::from_i64(25) {
                return Err(BasisError::DensityOutOfRange);
            }
            return Ok((kg_per_l, format!("density {reported} kg/L as reported")));
        }
        if self.form != FormId::BASE {
            return Err(BasisError::DensityUnlisted);
        }
        let found = density(DensityTable::shipped(), self.substance, share, temperature).map_err(
            |error| match error {
                DensityError::Unlisted => BasisError::DensityUnlisted,
                DensityError::ConcentrationOutsideTable if self.concentration.is_none() => {
                    BasisError::ConcentrationRequired
                }
                DensityError::ConcentrationOutsideTable => BasisError::ConcentrationOutsideTable,
                DensityError::TemperatureOutsideTable => BasisError::TemperatureOutsideTable,
            },
        )?;
        let shown = found
            .kg_per_l
            .to_decimal(5)
            .map_or_else(|| found.kg_per_l.to_string(), |value| value.to_string());
        Ok((
            found.kg_per_l,
            format!("density {shown} kg/L ({})", found.source),
        ))
    }
}

fn product(a: Ratio, b: Ratio) -> Result<Ratio, BasisError> {
    a.checked_mul(b).ok_or(BasisError::TooManyDigits)
}

/// Percent to a fraction in (0, 1].
fn fraction(percent: Decimal) -> Result<Ratio, BasisError> {
    if percent > Decimal::from_i64(100) {
        return Err(BasisError::ConcentrationOutOfRange);
    }
    let percent = Ratio::from_decimal(percent).ok_or(BasisError::ConcentrationOutOfRange)?;
    product(percent, PERCENT)
}

/// °C to hundredths, which is finer than any thermometer on a tank; more digits are refused, not rounded.
fn centi_degrees(celsius: Decimal) -> Result<i32, BasisError> {
    if celsius < Decimal::from_i64(-100) || celsius > Decimal::from_i64(300) {
        return Err(BasisError::TemperatureOutOfRange);
    }
    let shift = 2u8
        .checked_sub(celsius.scale())
        .ok_or(BasisError::TooManyDigits)?;
    let centi = celsius.mantissa() * 10i128.pow(u32::from(shift));
    i32::try_from(centi).map_err(|_| BasisError::TemperatureOutOfRange)
}

/// Micrograms of base or acid in an amount, rounded half-even to 1 µg: the only rounding on the way into the ledger.
pub fn base_ug(amount: &Decimal, factor: &Factor) -> Result<BaseMass, AmountError> {
    scaled(amount, factor.to_base)
}

/// Gross micrograms of goods in an amount, rounded in the same way; for display beside the text as reported.
pub fn gross_ug(amount: &Decimal, factor: &Factor) -> Result<BaseMass, AmountError> {
    scaled(amount, factor.gross)
}

fn scaled(amount: &Decimal, ratio: Ratio) -> Result<BaseMass, AmountError> {
    let mantissa = u128::try_from(amount.mantissa()).map_err(|_| AmountError::Negative)?;
    let power = 10u128.pow(u32::from(amount.scale()));
    let den = ratio
        .den()
        .checked_mul(power)
        .ok_or(AmountError::TooLarge)?;
    let ug = mul_div_half_even(mantissa, ratio.num(), den).ok_or(AmountError::TooLarge)?;
    i64::try_from(ug)
        .map(BaseMass::from_ug)
        .map_err(|_| AmountError::TooLarge)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::SubstanceTable;
    use proptest::prelude::*;

    fn number(text: &str) -> Option<Decimal> {
        (!text.is_empty()).then(|| text.parse().unwrap())
    }

    fn basis(
        substance: &str,
        unit: &str,
        form: &str,
        concentration: &str,
        temperature: &str,
        density: &str,
    ) -> Basis {
        let substance = SubstanceTable::shipped().by_code(substance).unwrap();
        Basis {
            substance,
            unit: Unit::parse(unit).unwrap(),
            form: FormTable::shipped().find(substance, form).unwrap(),
            concentration: number(concentration),
            temperature: number(temperature),
            density: number(density),
        }
    }

    #[test]
    fn amounts_become_base_micrograms() {
        // substance, unit, form, %, °C, kg/L, amount, expected µg
        let table = [
            (("acetone", "kg", "", "", "", ""), "1", 1_000_000_000),
            (("acetone", "g", "", "", "", ""), "1000", 1_000_000_000),
            (("acetone", "ug", "", "", "", ""), "0.5", 0),
            (("acetone", "ug", "", "", "", ""), "1.5", 2),
            (("acetone", "ug", "", "", "", ""), "2.5", 2),
            (("acetone", "lb", "", "", "", ""), "1", 453_592_370),
            (("acetone", "jin", "", "", "", ""), "3", 1_500_000_000),
            (("acetone", "L", "", "", "", ""), "1", 789_900_000),
            (("acetone", "gal", "", "", "20", ""), "1", 2_990_096_768),
            (("acetone", "L", "", "", "", "0.8"), "1", 800_000_000),
            (
                ("pseudoephedrine", "kg", "hydrochloride", "", "", ""),
                "1000",
                819_236_489_836,
            ),
            (
                ("pseudoephedrine", "kg", "", "", "", ""),
                "1000",
                1_000_000_000_000,
            ),
            (
                ("hydrochloric_acid", "L", "", "36", "", ""),
                "100",
                42_440_400_000,
            ),
            (
                ("hydrochloric_acid", "kg", "", "36", "", ""),
                "100",
                36_000_000_000,
            ),
            (
                ("hydrochloric_acid", "L", "", "36", "25", "1.175"),
                "100",
                42_300_000_000,
            ),
            (
                ("pseudoephedrine", "mg", "HCl", "99.5", "", ""),
                "417.29",
                340_150,
            ),
            (("oxycodone", "mg", "HCl", "", "", ""), "4000", 3_585_482),
        ];
        for ((substance, unit, form, percent, celsius, density), amount, expected) in table {
            let basis = basis(substance, unit, form, percent, celsius, density);
            let factor = basis.factor().unwrap();
            let ug = base_ug(&amount.parse().unwrap(), &factor).unwrap().ug();
            assert_eq!(
                ug, expected,
                "{amount} {unit} {substance} {form}: {}",
                factor.source
            );
        }
    }

    #[test]
    fn what_is_not_known_is_not_assumed() {
        let table = [
            (
                ("acetone", "each", "", "", "", ""),
                BasisError::CountNotMass,
            ),
            (
                ("potassium_permanganate", "L", "", "", "", ""),
                BasisError::DensityUnlisted,
            ),
            (
                ("methylamine", "L", "hydrochloride", "", "", ""),
                BasisError::DensityUnlisted,
            ),
            (
                ("hydrochloric_acid", "L", "", "", "", ""),
                BasisError::ConcentrationRequired,
            ),
            (
                ("hydrochloric_acid", "L", "", "45", "", ""),
                BasisError::ConcentrationOutsideTable,
            ),
            (
                ("acetone", "L", "", "", "60", ""),
                BasisError::TemperatureOutsideTable,
            ),
            (
                ("acetone", "kg", "", "0", "", ""),
                BasisError::ConcentrationOutOfRange,
            ),
            (
                ("acetone", "kg", "", "-5", "", ""),
                BasisError::ConcentrationOutOfRange,
            ),
            (
                ("acetone", "kg", "", "100.01", "", ""),
                BasisError::ConcentrationOutOfRange,
            ),
            (
                ("acetone", "L", "", "", "301", ""),
                BasisError::TemperatureOutOfRange,
            ),
            (
                ("acetone", "L", "", "", "-273.15", ""),
                BasisError::TemperatureOutOfRange,
            ),
            (
                ("acetone", "L", "", "", "20.001", ""),
                BasisError::TooManyDigits,
            ),
            (
                ("acetone", "L", "", "", "", "0"),
                BasisError::DensityOutOfRange,
            ),
            (
                ("acetone", "L", "", "", "", "789.9"),
                BasisError::DensityOutOfRange,
            ),
            (
                (
                    "acetone",
                    "L",
                    "",
                    "33.333333333333333333",
                    "",
                    "0.777777777777777777",
                ),
                BasisError::TooManyDigits,
            ),
        ];
        for ((substance, unit, form, percent, celsius, density), expected) in table {
            let found = basis(substance, unit, form, percent, celsius, density).factor();
            assert_eq!(
                found,
                Err(expected),
                "{unit} {substance} {form} {percent} {celsius} {density}"
            );
        }
        let mut foreign = basis("pseudoephedrine", "kg", "HCl", "", "", "");
        foreign.substance = SubstanceTable::shipped().by_code("acetone").unwrap();
        assert_eq!(foreign.factor(), Err(BasisError::FormOfOtherSubstance));
    }

    #[test]
    fn amounts_outside_the_ledger_are_refused() {
        let factor = basis("acetone", "kg", "", "", "", "").factor().unwrap();
        let table = [
            ("-0.001", Err(AmountError::Negative)),
            ("0", Ok(0)),
            ("9223372036.854775807", Ok(i64::MAX)),
            ("9223372036.854775808", Err(AmountError::TooLarge)),
            ("1e23", Err(AmountError::TooLarge)),
        ];
        for (amount, expected) in table {
            assert_eq!(
                base_ug(&amount.parse().unwrap(), &factor).map(BaseMass::ug),
                expected,
                "{amount}"
            );
        }
    }

    #[test]
    fn the_source_names_every_part() {
        let factor = basis("hydrochloric_acid", "L", "", "37", "", "")
            .factor()
            .unwrap();
        for part in [
            "unit l",
            "1.1837 kg/L",
            "interpolated 36–38 %",
            "concentration 37 %",
        ] {
            assert!(factor.source.contains(part), "{}", factor.source);
        }
        let gross = gross_ug(&Decimal::from_i64(1), &factor).unwrap();
        assert_eq!(gross.ug(), 1_183_700_000);
    }

    fn any_basis() -> impl Strategy<Value = Basis> {
        let units = Unit::ALL
            .iter()
            .copied()
            .filter(|unit| unit.dimension() != Dimension::Count)
            .collect::<Vec<_>>();
        let forms = FormTable::shipped()
            .all()
            .filter_map(|(id, form)| Some((form.substance?, id)))
            .collect::<Vec<_>>();
        (
            prop::sample::select(units),
            prop::sample::select(forms),
            1i64..=1_000_000,
            60_000i64..300_000,
        )
            .prop_map(|(unit, (substance, form), percent, density)| Basis {
                substance,
                unit,
                form,
                concentration: Decimal::new(i128::from(percent), 4).ok(),
                temperature: None,
                density: Decimal::new(i128::from(density), 5).ok(),
            })
    }

    proptest! {
        /// Parts of a line differ from the whole by at most half a microgram each, and half for the whole.
        #[test]
        fn splitting_a_line_moves_at_most_half_a_microgram_a_part(
            basis in any_basis(), parts in prop::collection::vec(0i64..1_000_000_000, 1..20), scale in 0u8..6,
        ) {
            let factor = basis.factor().unwrap();
            let amount = |value: i64| Decimal::new(i128::from(value), scale).unwrap();
            let whole = base_ug(&amount(parts.iter().sum()), &factor);
            let split: Result<Vec<_>, _> = parts.iter().map(|part| base_ug(&amount(*part), &factor)).collect();
            if let (Ok(whole), Ok(split)) = (whole, split) {
                let sum: i128 = split.iter().map(|mass| i128::from(mass.ug())).sum();
                let twice = (sum - i128::from(whole.ug())).unsigned_abs() * 2;
                prop_assert!(twice <= parts.len() as u128 + 1);
            }
        }

        /// What is shown in another unit and read back is the same mass, where the shown digits suffice.
        #[test]
        fn units_round_trip(ug in 0i64..=i64::MAX, at in 0usize..Unit::ALL.len()) {
            let unit = Unit::ALL[at];
            let to_base = unit.to_base();
            // Digits chosen so that the last shown one is worth less than one microgram.
            let digits = 18u8.min(u8::try_from(to_base.num().ilog10()).unwrap() + 1);
            let shown = mul_div_half_even(u128::from(ug.unsigned_abs()) * 10u128.pow(u32::from(digits)), to_base.den(), to_base.num()).unwrap();
            let Ok(shown) = Decimal::new(i128::try_from(shown).unwrap(), digits) else { return Ok(()) };
            let factor = Factor { to_base, gross: to_base, source: String::new() };
            prop_assert_eq!(base_ug(&Decimal::parse(&shown.to_string()).unwrap(), &factor), Ok(BaseMass::from_ug(ug)));
        }

        /// Larger amounts are never smaller masses.
        #[test]
        fn conversion_keeps_the_order(basis in any_basis(), a in 0i64..i64::MAX, b in 0i64..i64::MAX) {
            let factor = basis.factor().unwrap();
            let mass = |value: i64| Decimal::new(i128::from(value), 6).map(|amount| base_ug(&amount, &factor).map(BaseMass::ug));
            if let (Ok(Ok(a_ug)), Ok(Ok(b_ug))) = (mass(a), mass(b)) {
                prop_assert!((a <= b && a_ug <= b_ug) || (a >= b && a_ug >= b_ug));
            }
        }
    }
}
