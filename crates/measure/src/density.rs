//! Densities of liquids and solutions, from a dated table with a source in every row.
//!
//! A value between two rows is interpolated on a straight line, and said so; nothing is taken from beyond the ends of
//! the table, nor across a gap of more than ten percent points or ten kelvins.

use std::sync::LazyLock;

use thiserror::Error;

use crate::table::{field, fixed, rows};
use crate::{Date, Ratio, Status, SubstanceId, SubstanceTable};

const DENSITIES: &str = include_str!("../data/densities.csv");

/// The temperature that is meant when none is given, in hundredths of a degree Celsius.
const REFERENCE_CENTI_C: i32 = 2_000;
/// Widest gap for interpolation, in hundredths of a percent point and of a kelvin.
const MAX_GAP: u32 = 1_000;

/// Why there is no density.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum DensityError {
    /// The substance has no row.
    #[error("no density is listed for the substance")]
    Unlisted,
    /// The concentration is beyond the rows or between two that are too far apart.
    #[error("the concentration is outside the table of densities")]
    ConcentrationOutsideTable,
    /// The temperature is beyond the rows or between two that are too far apart.
    #[error("the temperature is outside the table of densities")]
    TemperatureOutsideTable,
}

/// A density and how it was found.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Density {
    /// Kilograms per litre, exact as listed or interpolated.
    pub kg_per_l: Ratio,
    /// The table's source, temperature, and the rows between which it was interpolated.
    pub source: String,
}

#[derive(Debug)]
struct Row {
    substance: SubstanceId,
    /// Percent by mass × 100.
    concentration: u32,
    /// °C × 100.
    temperature: i32,
    /// kg/L × 100,000.
    density: u32,
    source: &'static str,
    status: Status,
    valid_from: Date,
}

/// The shipped table, ordered by substance, temperature and concentration.
#[derive(Debug)]
pub struct DensityTable {
    rows: Vec<Row>,
}

static SHIPPED: LazyLock<DensityTable> = LazyLock::new(|| {
    let mut table: Vec<Row> = rows(DENSITIES).filter_map(|row| read(&row)).collect();
    table.sort_by_key(|row| (row.substance, row.temperature, row.concentration));
    DensityTable { rows: table }
});

fn read(row: &[&'static str]) -> Option<Row> {
    Some(Row {
        substance: SubstanceTable::shipped().by_code(field(row, 0)?)?,
        concentration: fixed(field(row, 1)?, 2).and_then(|value| u32::try_from(value).ok())?,
        temperature: fixed(field(row, 2)?, 2).and_then(|value| i32::try_from(value).ok())?,
        density: fixed(field(row, 3)?, 5).and_then(|value| u32::try_from(value).ok())?,
        source: field(row, 4)?,
        valid_from: field(row, 5)?.parse().ok()?,
        status: Status::parse(field(row, 6)?)?,
    })
}

impl DensityTable {
    /// The table inside the crate.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    /// Every row: substance, percent × 100, °C × 100, kg/L × 100,000, source, date of the row, status.
    pub fn all(
        &self,
    ) -> impl Iterator<Item = (SubstanceId, u32, i32, u32, &'static str, Date, Status)> {
        self.rows.iter().map(|row| {
            (
                row.substance,
                row.concentration,
                row.temperature,
                row.density,
                row.source,
                row.valid_from,
                row.status,
            )
        })
    }
}

/// The density of a substance at a mass fraction and a temperature (20 °C if none is given).
pub fn density(
    table: &DensityTable,
    substance: SubstanceId,
    concentration: Ratio,
    temperature_centi_c: Option<i32>,
) -> Result<Density, DensityError> {
    let own: Vec<&Row> = table
        .rows
        .iter()
        .filter(|row| row.substance == substance)
        .collect();
    if own.is_empty() {
        return Err(DensityError::Unlisted);
    }
    let wanted = temperature_centi_c.unwrap_or(REFERENCE_CENTI_C);
    // A temperature counts only if it has the concentration; a table may be long at 20 °C and short elsewhere.
    let mut temperatures: Vec<i32> = own.iter().map(|row| row.temperature).collect();
    temperatures.dedup();
    let at = |temperature: i32| at_temperature(&own, temperature, concentration);
    if let Some(found) = temperatures.contains(&wanted).then(|| at(wanted)).flatten() {
        let source = format!(
            "{}{}, {} °C{}",
            found.source,
            found.remark,
            centi_text(wanted),
            found.note
        );
        return Ok(Density {
            kg_per_l: found.kg_per_l,
            source,
        });
    }
    let usable: Vec<(i32, AtTemperature)> = temperatures
        .iter()
        .filter_map(|t| Some((*t, at(*t)?)))
        .collect();
    if usable.is_empty() {
        return Err(DensityError::ConcentrationOutsideTable);
    }
    let below = usable
        .iter()
        .rev()
        .find(|(temperature, _)| *temperature < wanted);
    let above = usable.iter().find(|(temperature, _)| *temperature > wanted);
    let (Some((low, cold)), Some((high, warm))) = (below, above) else {
        return Err(DensityError::TemperatureOutsideTable);
    };
    let gap = high.abs_diff(*low);
    if gap > MAX_GAP {
        return Err(DensityError::TemperatureOutsideTable);
    }
    let kg_per_l = between(
        cold.kg_per_l,
        warm.kg_per_l,
        wanted.abs_diff(*low).into(),
        gap.into(),
    )
    .ok_or(DensityError::TemperatureOutsideTable)?;
    let source = format!(
        "{}{}, {} °C interpolated {}–{} °C{}",
        cold.source,
        cold.remark,
        centi_text(wanted),
        centi_text(*low),
        centi_text(*high),
        cold.note
    );
    Ok(Density { kg_per_l, source })
}

struct AtTemperature {
    kg_per_l: Ratio,
    source: &'static str,
    /// Said of a row that was not yet checked against its source.
    remark: &'static str,
    note: String,
}

/// The value along one temperature, `None` where the concentration is not covered.
fn at_temperature(own: &[&Row], temperature: i32, concentration: Ratio) -> Option<AtTemperature> {
    // Hundredths of a percent, as a fraction of `den`.
    let scaled = concentration.num().checked_mul(10_000)?;
    let den = concentration.den();
    let rows = || own.iter().filter(|row| row.temperature == temperature);
    let listed = |row: &Row| u128::from(row.concentration).checked_mul(den);
    let value = |row: &Row| Ratio::new(u128::from(row.density), 100_000);
    if let Some(row) = rows().find(|row| listed(row) == Some(scaled)) {
        return Some(AtTemperature {
            kg_per_l: value(row)?,
            source: row.source,
            remark: remark(row),
            note: String::new(),
        });
    }
    let low = rows()
        .rev()
        .find(|row| listed(row).is_some_and(|at| at < scaled))?;
    let high = rows().find(|row| listed(row).is_some_and(|at| at > scaled))?;
    let gap = high.concentration - low.concentration;
    if gap > MAX_GAP {
        return None;
    }
    let along = scaled - listed(low)?;
    let kg_per_l = between(
        value(low)?,
        value(high)?,
        along,
        u128::from(gap).checked_mul(den)?,
    )?;
    let centi = |value: u32| centi_text(i32::try_from(value).unwrap_or(0));
    let note = format!(
        ", interpolated {}–{} %",
        centi(low.concentration),
        centi(high.concentration)
    );
    Some(AtTemperature {
        kg_per_l,
        source: low.source,
        remark: remark(low),
        note,
    })
}

fn remark(row: &Row) -> &'static str {
    match row.status {
        Status::Verified => "",
        Status::ToBeReread => " (to be re-read)",
        Status::Ours => " (ours)",
    }
}

/// `a` at 0, `b` at `gap`, the straight line at `along`, with 0 < along < gap.
fn between(a: Ratio, b: Ratio, along: u128, gap: u128) -> Option<Ratio> {
    let left = a.checked_mul(Ratio::new(gap.checked_sub(along)?, gap)?)?;
    let right = b.checked_mul(Ratio::new(along, gap)?)?;
    left.checked_add(right)
}

fn centi_text(value: i32) -> String {
    crate::Decimal::new(i128::from(value), 2)
        .map_or_else(|_| String::new(), |value| value.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn look(
        substance: &str,
        percent: (u128, u128),
        temperature: Option<i32>,
    ) -> Result<String, DensityError> {
        let id = SubstanceTable::shipped().by_code(substance).unwrap();
        let share = Ratio::new(percent.0, percent.1 * 100).unwrap();
        density(DensityTable::shipped(), id, share, temperature)
            .map(|found| format!("{} {}", found.kg_per_l.to_decimal(6).unwrap(), found.source))
    }

    #[test]
    fn rows_are_read_in_order() {
        let table = DensityTable::shipped();
        assert_eq!(table.all().count(), DENSITIES.lines().count() - 1);
        let keys: Vec<_> = table.all().map(|row| (row.0, row.2, row.1)).collect();
        assert!(
            keys.windows(2).all(|pair| pair[0] < pair[1]),
            "one row per key"
        );
        for (_, concentration, _, density, source, _, _) in table.all() {
            assert!((1..=10_000).contains(&concentration) && (50_000..400_000).contains(&density));
            assert!(!source.is_empty());
        }
    }

    #[test]
    fn listed_interpolated_and_refused() {
        use DensityError::{ConcentrationOutsideTable, TemperatureOutsideTable, Unlisted};
        let handbook = "Perry's Chemical Engineers' Handbook";
        let table = [
            ("hydrochloric_acid", (36, 1), None, Ok(format!("1.1789 {handbook} (to be re-read), 20 °C"))),
            (
                "hydrochloric_acid",
                (37, 1),
                Some(2_000),
                Ok(format!("1.1837 {handbook} (to be re-read), 20 °C, interpolated 36–38 %")),
            ),
            ("hydrochloric_acid", (731, 20), None, Ok(format!("1.18154 {handbook} (to be re-read), 20 °C, interpolated 36–38 %"))),
            ("hydrochloric_acid", (41, 1), None, Err(ConcentrationOutsideTable)),
            ("hydrochloric_acid", (100, 1), None, Err(ConcentrationOutsideTable)),
            ("hydrochloric_acid", (36, 1), Some(2_500), Err(TemperatureOutsideTable)),
            (
                "acetone",
                (100, 1),
                Some(2_250),
                Ok("0.7872 CRC Handbook of Chemistry and Physics (to be re-read), 22.5 °C interpolated 20–25 °C".to_owned()),
            ),
            ("acetone", (100, 1), Some(1_999), Err(TemperatureOutsideTable)),
            ("acetone", (50, 1), None, Err(ConcentrationOutsideTable)),
            ("potassium_permanganate", (100, 1), None, Err(Unlisted)),
        ];
        for (substance, percent, temperature, expected) in table {
            assert_eq!(
                look(substance, percent, temperature),
                expected,
                "{substance} {percent:?} {temperature:?}"
            );
        }
    }
}
