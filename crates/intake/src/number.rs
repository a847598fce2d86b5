//! Spelling of numbers: decimal point or comma, grouping, signs, a unit after the number.
//!
//! A cell is read in every way that the rules of grouping allow. If there are two, the file decides; if it does not,
//! the cell is ambiguous. Nothing is guessed.

use weighbridge_measure::{Decimal, DecimalError, Unit};

use crate::limits::MAX_NUMBER;

/// What stands before the fraction in this file.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DecimalMark {
    /// A point; the sample shows it.
    Dot,
    /// A comma; the sample shows it.
    Comma,
    /// The sample shows both: a cell that can be read in two ways is set aside.
    PerCell,
    /// The sample shows neither: a lone point is decimal, a lone comma before three digits is ambiguous.
    #[default]
    Unstated,
}

impl DecimalMark {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            DecimalMark::Dot => "dot",
            DecimalMark::Comma => "comma",
            DecimalMark::PerCell => "per_cell",
            DecimalMark::Unstated => "unstated",
        }
    }

    /// The mark that a sample of cells shows.
    pub(crate) fn of<'a>(cells: impl Iterator<Item = &'a str>) -> DecimalMark {
        let (mut dot, mut comma) = (false, false);
        for cell in cells {
            let (number, _) = split_unit(cell);
            if !number.contains(['.', ',']) {
                continue;
            }
            match (reading(number, '.', ','), reading(number, ',', '.')) {
                (Some(_), None) => dot = true,
                (None, Some(_)) => comma = true,
                _ => {}
            }
        }
        match (dot, comma) {
            (true, false) => DecimalMark::Dot,
            (false, true) => DecimalMark::Comma,
            (true, true) => DecimalMark::PerCell,
            (false, false) => DecimalMark::Unstated,
        }
    }
}

/// Why a cell is no number.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(crate) enum NumberIssue {
    Invalid,
    /// The two readings.
    Ambiguous(String, String),
    NotFinite,
    TooLarge,
    /// More digits behind the point than a number here has; perhaps all of them behind the last that counts.
    TooFine,
}

/// Digits before the point with which a number is too large whatever stands behind it.
const DIGITS_BEFORE: usize = 24;

/// Reads a number (no unit after it).
pub(crate) fn parse(text: &str, mark: DecimalMark) -> Result<Decimal, NumberIssue> {
    if plain(text, mark) {
        return decimal(text);
    }
    if text.len() > MAX_NUMBER {
        let digits = text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        return Err(if digits && text.matches('.').count() <= 1 {
            beyond(text)
        } else {
            NumberIssue::Invalid
        });
    }
    let unsigned = text.trim_start_matches(['+', '-']).trim();
    if ["nan", "inf", "infinity", "∞", "1.#inf", "1.#qnan", "无穷"]
        .iter()
        .any(|w| unsigned.eq_ignore_ascii_case(w))
    {
        return Err(NumberIssue::NotFinite);
    }
    match (reading(text, '.', ','), reading(text, ',', '.')) {
        (None, None) => Err(NumberIssue::Invalid),
        (Some(one), None) | (None, Some(one)) => decimal(&one),
        (Some(a), Some(b)) if a == b => decimal(&a),
        (Some(dot), Some(comma)) => match mark {
            DecimalMark::Dot => decimal(&dot),
            DecimalMark::Comma => decimal(&comma),
            DecimalMark::Unstated if !text.contains(',') => decimal(&dot),
            DecimalMark::Unstated | DecimalMark::PerCell => Err(NumberIssue::Ambiguous(dot, comma)),
        },
    }
}

/// Digits with at most one point that cannot mean a group.
fn plain(text: &str, mark: DecimalMark) -> bool {
    let point_is_decimal = matches!(mark, DecimalMark::Dot | DecimalMark::Unstated);
    let mut points = 0;
    let digits = text.bytes().all(|b| {
        points += usize::from(b == b'.');
        b.is_ascii_digit() || b == b'.'
    });
    digits && (1..=24).contains(&text.len()) && (points == 0 || (points == 1 && point_is_decimal))
}

fn decimal(text: &str) -> Result<Decimal, NumberIssue> {
    Decimal::parse(text).map_err(|e| match e {
        DecimalError::NotFinite => NumberIssue::NotFinite,
        DecimalError::TooManyDigits => beyond(text),
        _ => NumberIssue::Invalid,
    })
}

/// Which limit a number with too many digits passes: before the point it is too large, behind it too fine.
fn beyond(text: &str) -> NumberIssue {
    let (number, exponent) = text.split_once(['e', 'E']).unwrap_or((text, ""));
    let whole = number.split('.').next().unwrap_or(number);
    let fine = match exponent.as_bytes() {
        [] => number.contains('.') && whole.len() < DIGITS_BEFORE,
        [first, ..] => *first == b'-',
    };
    if fine {
        NumberIssue::TooFine
    } else {
        NumberIssue::TooLarge
    }
}

/// Splits `25 kg` into `25` and `kg`. The unit starts at the first character that no number has; an `e` belongs to
/// the number only before an exponent.
pub(crate) fn split_unit(cell: &str) -> (&str, &str) {
    let bytes = cell.as_bytes();
    let mut previous_digit = false;
    for (at, c) in cell.char_indices() {
        let part = match c {
            '0'..='9' | '.' | ',' | ' ' | '\'' | '+' | '-' | '(' | ')' => true,
            'e' | 'E' => {
                let rest = bytes.get(at + 1..).unwrap_or_default();
                previous_digit
                    && match rest {
                        [b'+' | b'-', d, ..] | [d, ..] => d.is_ascii_digit(),
                        [] => false,
                    }
            }
            _ => false,
        };
        if !part {
            let (number, unit) = cell.split_at(at);
            if !number.bytes().any(|b| b.is_ascii_digit()) {
                return (cell, "");
            }
            return (number.trim_end(), unit.trim());
        }
        previous_digit = c.is_ascii_digit();
    }
    (cell, "")
}

/// What stands in the cell of an amount.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Number<'a> {
    /// A number, perhaps with the unit that the unit's own cell has as well.
    Is(&'a str),
    /// A number with another unit than the unit's own cell.
    Units(&'a str),
    /// A number and something that is no unit.
    Unreadable,
}

/// The number and the unit of an amount; the unit may stand in either cell, or the same one in both.
pub(crate) fn amount_cells<'a>(amount: &'a str, unit: &'a str) -> (Number<'a>, &'a str) {
    if amount.bytes().all(|b| b.is_ascii_digit() || b == b'.') {
        return (Number::Is(amount), unit);
    }
    match split_unit(amount) {
        (number, "") => (Number::Is(number), unit),
        (number, inside) if unit.is_empty() => (Number::Is(number), inside),
        (number, inside) => match (Unit::parse(inside), Unit::parse(unit)) {
            (None, _) => (Number::Unreadable, unit),
            (Some(a), Some(b)) if a == b => (Number::Is(number), unit),
            // A cell with a word that is no unit has its own issue.
            (Some(_), None) => (Number::Is(number), unit),
            (Some(_), Some(_)) => (Number::Units(number), unit),
        },
    }
}

/// One reading of a number as plain digits with a point, or `None` if the rules do not allow it.
///
/// Groups are parted by one kind of separator; the last has three digits, the others two or three (Indian style), the
/// first no leading zero.
fn reading(text: &str, point: char, group: char) -> Option<String> {
    let text = text.trim();
    let (text, mut negative) = match text.strip_prefix('(').and_then(|t| t.strip_suffix(')')) {
        Some(inner) => (inner.trim(), true),
        None => (text, false),
    };
    let text = match text.strip_prefix('-') {
        Some(rest) => {
            negative = !negative;
            rest.trim_start()
        }
        None => text.strip_prefix('+').unwrap_or(text),
    };
    let (number, exponent) = match text.find(['e', 'E']) {
        Some(at) => (text.get(..at)?, text.get(at..)?),
        None => (text, ""),
    };
    if !exponent.is_empty() {
        let digits = exponent.get(1..)?.trim_start_matches(['+', '-']);
        if digits.is_empty() || digits.len() > 6 || !digits.bytes().all(|b| b.is_ascii_digit()) {
            return None;
        }
    }
    let (whole, fraction) = match number.split_once(point) {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (number, None),
    };
    if fraction.is_some_and(|f| !f.bytes().all(|b| b.is_ascii_digit())) {
        return None;
    }
    let mut out = String::with_capacity(text.len() + 1);
    if negative {
        out.push('-');
    }
    let separator = whole.chars().find(|c| !c.is_ascii_digit());
    match separator {
        None => out.push_str(whole),
        Some(separator) => {
            if !(separator == group || separator == ' ' || separator == '\'') {
                return None;
            }
            push_groups(whole, separator, &mut out)?;
        }
    }
    if whole.is_empty() {
        if fraction.is_none_or(str::is_empty) {
            return None;
        }
        out.push('0');
    }
    if let Some(fraction) = fraction.filter(|f| !f.is_empty()) {
        out.push('.');
        out.push_str(fraction);
    }
    out.push_str(exponent);
    Some(out)
}

fn push_groups(whole: &str, separator: char, out: &mut String) -> Option<()> {
    let last = whole.rsplit(separator).next()?;
    if last.len() != 3 {
        return None;
    }
    for (n, part) in whole.split(separator).enumerate() {
        let length = if n == 0 { 1..=3 } else { 2..=3 };
        if !length.contains(&part.len())
            || !part.bytes().all(|b| b.is_ascii_digit())
            || (n == 0 && part.starts_with('0'))
        {
            return None;
        }
        out.push_str(part);
    }
    Some(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str, mark: DecimalMark) -> Result<String, NumberIssue> {
        parse(text, mark).map(|d| d.to_string())
    }

    #[test]
    fn one_reading() {
        for (text, value) in [
            ("25", "25"),
            ("1.5", "1.5"),
            ("1,5", "1.5"),
            ("1.234,5", "1234.5"),
            ("1,234.5", "1234.5"),
            ("1 234,5", "1234.5"),
            ("1'234.5", "1234.5"),
            ("1,234,567", "1234567"),
            ("1.234.567", "1234567"),
            ("12,34,567", "1234567"),
            ("0,234", "0.234"),
            ("1234,567", "1234.567"),
            ("-5", "-5"),
            ("(5)", "-5"),
            ("+7", "7"),
            (".5", "0.5"),
            ("1e3", "1000"),
            ("1.5E-2", "0.015"),
            ("1,5e3", "1500"),
        ] {
            for mark in [DecimalMark::Unstated, DecimalMark::PerCell] {
                assert_eq!(read(text, mark).as_deref(), Ok(value), "{text}");
            }
        }
    }

    #[test]
    fn two_readings() {
        assert_eq!(read("1,234", DecimalMark::Dot).as_deref(), Ok("1234"));
        assert_eq!(read("1,234", DecimalMark::Comma).as_deref(), Ok("1.234"));
        assert_eq!(read("1.234", DecimalMark::Comma).as_deref(), Ok("1234"));
        assert_eq!(read("1.234", DecimalMark::Dot).as_deref(), Ok("1.234"));
        assert_eq!(read("1.234", DecimalMark::Unstated).as_deref(), Ok("1.234"));
        let ambiguous = Err(NumberIssue::Ambiguous("1234".into(), "1.234".into()));
        assert_eq!(read("1,234", DecimalMark::Unstated), ambiguous);
        assert_eq!(read("1,234", DecimalMark::PerCell), ambiguous);
        assert!(matches!(
            read("1.234", DecimalMark::PerCell),
            Err(NumberIssue::Ambiguous(..))
        ));
    }

    #[test]
    fn no_number() {
        for text in [
            "",
            "abc",
            "1.2.3",
            "1,2,3",
            "1,23,4",
            "12 34",
            "=1+1",
            "--",
            "-",
            ".",
            "1e",
            "1e99999999",
            "1 234 56",
            "0x10",
        ] {
            assert!(
                matches!(read(text, DecimalMark::Unstated), Err(NumberIssue::Invalid)),
                "{text}"
            );
        }
        for text in ["NaN", "-inf", "∞", "Infinity"] {
            assert_eq!(
                read(text, DecimalMark::Dot),
                Err(NumberIssue::NotFinite),
                "{text}"
            );
        }
        for text in ["1e400", "99999999999999999999999999999999"] {
            assert_eq!(
                read(text, DecimalMark::Dot),
                Err(NumberIssue::TooLarge),
                "{text}"
            );
        }
        assert_eq!(
            read(&"9".repeat(10_000), DecimalMark::Dot),
            Err(NumberIssue::TooLarge)
        );
    }

    #[test]
    fn units_inside() {
        for (cell, parts) in [
            ("25 kg", ("25", "kg")),
            ("25kg", ("25", "kg")),
            ("1,5e3 g", ("1,5e3", "g")),
            ("25公斤", ("25", "公斤")),
            ("3 each", ("3", "each")),
            ("25", ("25", "")),
            ("kg", ("kg", "")),
            ("", ("", "")),
        ] {
            assert_eq!(split_unit(cell), parts);
        }
    }

    #[test]
    fn the_sample_decides() {
        for (cells, mark) in [
            (&["1,5", "1.234"][..], DecimalMark::Comma),
            (&["1.5", "1,234"], DecimalMark::Dot),
            (&["1,234", "25"], DecimalMark::Unstated),
            (&["1.5", "1,5"], DecimalMark::PerCell),
            (&["1,234,567"], DecimalMark::Dot),
        ] {
            assert_eq!(DecimalMark::of(cells.iter().copied()), mark, "{cells:?}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "\\PC*") {
            let (number, _) = split_unit(&text);
            let _ = parse(number, DecimalMark::Unstated);
        }

        #[test]
        fn grouped_and_plain_agree(n in 0u64..1_000_000_000_000, f in 0u32..100) {
            let digits = n.to_string();
            let mut grouped = String::new();
            for (i, c) in digits.chars().enumerate() {
                if i > 0 && (digits.len() - i) % 3 == 0 { grouped.push(','); }
                grouped.push(c);
            }
            let plain = read(&format!("{n}.{f:02}"), DecimalMark::Dot);
            proptest::prop_assert_eq!(&read(&format!("{grouped}.{f:02}"), DecimalMark::Dot), &plain);
            let german = format!("{grouped}.{f:02}").replace('.', "#").replace(',', ".").replace('#', ",");
            proptest::prop_assert_eq!(&read(&german, DecimalMark::Comma), &plain);
        }
    }
}
