//! Numbers as people read them: kilograms with the digits that are there, thousands in groups, shares.
//!
//! Both languages group by thousands with a comma and put a point before fractions, so nothing here asks for the
//! language; one that does otherwise adds it here.

const UG_PER_KG: u128 = 1_000_000_000;

/// An integer with its thousands grouped: `1,234,567`.
#[must_use]
pub fn grouped(n: i128) -> String {
    let digits = n.unsigned_abs().to_string();
    let mut out = String::with_capacity(digits.len() * 4 / 3 + 2);
    if n < 0 {
        out.push('-');
    }
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// Micrograms as kilograms, exactly: up to nine decimals, trailing zeros dropped, thousands not grouped.
#[must_use]
pub fn kg_plain(ug: i128) -> String {
    let (sign, whole, rest) = split(ug);
    with_fraction(format!("{sign}{whole}"), rest)
}

/// Micrograms as kilograms, exactly, for people: up to nine decimals, thousands grouped. Nothing is rounded away.
#[must_use]
pub fn kg(ug: i128) -> String {
    let (sign, whole, rest) = split(ug);
    with_fraction(
        format!(
            "{sign}{}",
            grouped(i128::try_from(whole).unwrap_or(i128::MAX))
        ),
        rest,
    )
}

/// Micrograms as kilograms with three decimals, rounded half-even: for charts and places that also give the exact mass.
#[must_use]
pub fn kg_short(ug: i128) -> String {
    let magnitude = ug.unsigned_abs();
    let (mut grams, rest) = (magnitude / 1_000_000, magnitude % 1_000_000);
    if rest > 500_000 || (rest == 500_000 && grams % 2 == 1) {
        grams += 1;
    }
    let sign = if ug < 0 && grams > 0 { "-" } else { "" };
    let whole = grouped(i128::try_from(grams / 1000).unwrap_or(i128::MAX));
    format!("{sign}{whole}.{:03}", grams % 1000)
}

/// Parts per million as a percentage: `0.25 %`.
#[must_use]
pub fn percent(ppm: i128) -> String {
    let (sign, magnitude) = (if ppm < 0 { "-" } else { "" }, ppm.unsigned_abs());
    let fraction = format!("{:04}", magnitude % 10_000);
    let whole = format!("{sign}{}", magnitude / 10_000);
    match fraction.trim_end_matches('0') {
        "" => format!("{whole} %"),
        digits => format!("{whole}.{digits} %"),
    }
}

/// A part of a whole in parts per million, rounded to the nearest; none where the whole is zero.
#[must_use]
pub fn ppm(part: i128, whole: i128) -> Option<i128> {
    let scaled = part.checked_mul(2_000_000)?.checked_add(whole)?;
    (whole > 0).then(|| scaled.div_euclid(2 * whole))
}

fn split(ug: i128) -> (&'static str, u128, u128) {
    let magnitude = ug.unsigned_abs();
    (
        if ug < 0 { "-" } else { "" },
        magnitude / UG_PER_KG,
        magnitude % UG_PER_KG,
    )
}

fn with_fraction(whole: String, rest: u128) -> String {
    let fraction = format!("{rest:09}");
    match fraction.trim_end_matches('0') {
        "" => whole,
        digits => format!("{whole}.{digits}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kilograms() {
        for (ug, exact, short) in [
            (0, "0", "0.000"),
            (1, "0.000000001", "0.000"),
            (-1, "-0.000000001", "0.000"),
            (500_000, "0.0005", "0.000"),
            (1_500_000, "0.0015", "0.002"),
            (-1_500_001, "-0.001500001", "-0.002"),
            (12_500_000_000, "12.5", "12.500"),
            (1_234_567_000_000_000, "1,234,567", "1,234,567.000"),
            (-999_999_999_999, "-999.999999999", "-1,000.000"),
        ] {
            assert_eq!(
                (kg(ug).as_str(), kg_short(ug).as_str()),
                (exact, short),
                "{ug}"
            );
            assert_eq!(kg_plain(ug), exact.replace(',', ""));
        }
    }

    #[test]
    fn groups_and_shares() {
        for (n, want) in [
            (0, "0"),
            (999, "999"),
            (1000, "1,000"),
            (-1_234_567, "-1,234,567"),
        ] {
            assert_eq!(grouped(n), want);
        }
        assert_eq!(grouped(i128::MIN).len(), 40 + 12);
        for (p, want) in [
            (0, "0 %"),
            (2_500, "0.25 %"),
            (1_000_000, "100 %"),
            (-35_001, "-3.5001 %"),
        ] {
            assert_eq!(percent(p), want);
        }
        assert_eq!(ppm(1, 3), Some(333_333));
        assert_eq!(ppm(2, 3), Some(666_667));
        assert_eq!(ppm(1, 0), None);
    }
}
