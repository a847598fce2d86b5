//! Decimal numbers as people write them, exact.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// Longest text that is looked at; a longer one is answered with [`DecimalError::TooManyDigits`].
const MAX_TEXT: usize = 128;
/// Most digits after the point.
const MAX_SCALE: u8 = 18;
/// Mantissas stay below 10^24: enough for nine million tonnes in micrograms with five digits to spare.
const MANTISSA_LIMIT: u128 = 1_000_000_000_000_000_000_000_000;

/// Why a text is not a usable number.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum DecimalError {
    /// Nothing but white space.
    #[error("empty")]
    Empty,
    /// Not of the form `[+-]digits[.digits][e[+-]digits]`.
    #[error("not a number")]
    NotANumber,
    /// "NaN", "inf" and the like.
    #[error("not a finite number")]
    NotFinite,
    /// 10^24 or more without the point, or more than 18 digits after it.
    #[error("too many digits")]
    TooManyDigits,
}

impl DecimalError {
    /// Stable code of the rejection.
    pub fn code(self) -> &'static str {
        match self {
            Self::Empty => "empty",
            Self::NotANumber => "not_a_number",
            Self::NotFinite => "not_finite",
            Self::TooManyDigits => "too_many_digits",
        }
    }
}

/// `mantissa / 10^scale` without trailing zeros, so that equal numbers are equal values.
///
/// The number of digits that somebody wrote ("1.0" or "1.00") is not kept here: the text as reported is.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Decimal {
    mantissa: i128,
    scale: u8,
}

impl Decimal {
    /// Zero.
    pub const ZERO: Self = Self {
        mantissa: 0,
        scale: 0,
    };

    /// `mantissa / 10^scale`, made canonical; [`DecimalError::TooManyDigits`] where it does not fit.
    pub fn new(mantissa: i128, scale: u8) -> Result<Self, DecimalError> {
        let (mut mantissa, mut scale) = (mantissa, scale);
        while scale > 0 && mantissa % 10 == 0 {
            mantissa /= 10;
            scale -= 1;
        }
        if mantissa.unsigned_abs() >= MANTISSA_LIMIT || scale > MAX_SCALE {
            return Err(DecimalError::TooManyDigits);
        }
        Ok(Self { mantissa, scale })
    }

    /// A whole number.
    pub const fn from_i64(value: i64) -> Self {
        Self {
            mantissa: value as i128,
            scale: 0,
        }
    }

    /// The digits without the point, with the sign.
    pub const fn mantissa(self) -> i128 {
        self.mantissa
    }

    /// How many of the digits stand after the point.
    pub const fn scale(self) -> u8 {
        self.scale
    }

    /// Whether the number is below zero.
    pub const fn is_negative(self) -> bool {
        self.mantissa < 0
    }

    /// Whether the number is zero.
    pub const fn is_zero(self) -> bool {
        self.mantissa == 0
    }

    /// Reads `[+-]digits[.digits][e[+-]digits]`, white space around it ignored.
    ///
    /// Grouping, decimal commas and full-width digits are the importer's business: here they are errors.
    pub fn parse(text: &str) -> Result<Self, DecimalError> {
        let text = text.trim();
        let (negative, digits) = match text.as_bytes() {
            [] => return Err(DecimalError::Empty),
            [b'-', rest @ ..] => (true, rest),
            [b'+', rest @ ..] => (false, rest),
            all => (false, all),
        };
        if let Some(value) = parse_short(digits) {
            let (mantissa, scale) = value;
            return Self::new(
                if negative {
                    -i128::from(mantissa)
                } else {
                    i128::from(mantissa)
                },
                scale,
            );
        }
        parse_long(digits).and_then(|(mantissa, scale)| {
            Self::new(if negative { -mantissa } else { mantissa }, scale)
        })
    }
}

/// At most 18 digits and one point, the usual case; `None` sends the text to [`parse_long`].
fn parse_short(text: &[u8]) -> Option<(u64, u8)> {
    if text.len() > 19 {
        return None;
    }
    let (mut value, mut digits, mut point) = (0u64, 0u8, None);
    for byte in text {
        match byte {
            b'0'..=b'9' => {
                value = value.wrapping_mul(10).wrapping_add(u64::from(byte - b'0'));
                digits += 1;
            }
            b'.' if point.is_none() => point = Some(digits),
            _ => return None,
        }
    }
    (1..=18)
        .contains(&digits)
        .then(|| (value, point.map_or(0, |at| digits - at)))
}

fn parse_long(text: &[u8]) -> Result<(i128, u8), DecimalError> {
    const NOT_FINITE: [&[u8]; 6] = [
        b"nan",
        b"inf",
        b"infinity",
        b"#inf",
        b"1.#inf",
        "∞".as_bytes(),
    ];
    if NOT_FINITE
        .iter()
        .any(|word| word.eq_ignore_ascii_case(text))
    {
        return Err(DecimalError::NotFinite);
    }
    let split = text.iter().position(|byte| matches!(byte, b'e' | b'E'));
    let (number, exponent) = match split.and_then(|at| text.split_at_checked(at)) {
        Some((number, [_, exponent @ ..])) => (number, parse_exponent(exponent)?),
        _ => (text, 0),
    };
    let (mut value, mut scale, mut any, mut point) = (0u128, 0i32, false, false);
    // Zeros that end the digits so far: only multiplied in when another digit follows, so that "1.000…0" is 1.
    let mut pending = 0u32;
    for byte in number {
        match byte {
            b'0'..=b'9' => {
                any = true;
                scale += i32::from(point);
                if *byte == b'0' {
                    pending += 1;
                    continue;
                }
                if value == 0 {
                    value = u128::from(byte - b'0');
                } else {
                    let shift = 10u128
                        .checked_pow(pending + 1)
                        .ok_or(DecimalError::TooManyDigits)?;
                    value = value
                        .checked_mul(shift)
                        .ok_or(DecimalError::TooManyDigits)?;
                    value = value
                        .checked_add(u128::from(byte - b'0'))
                        .ok_or(DecimalError::TooManyDigits)?;
                }
                pending = 0;
                if value >= MANTISSA_LIMIT {
                    return over_long(text);
                }
            }
            b'.' if !point => point = true,
            _ => return Err(DecimalError::NotANumber),
        }
    }
    if !any {
        return Err(DecimalError::NotANumber);
    }
    if value == 0 {
        return Ok((0, 0));
    }
    let pending = i32::try_from(pending).map_err(|_| DecimalError::TooManyDigits)?;
    let scale = scale - pending - exponent;
    let (value, scale) = if scale < 0 {
        let shift = 10u128
            .checked_pow(scale.unsigned_abs())
            .ok_or(DecimalError::TooManyDigits)?;
        (
            value
                .checked_mul(shift)
                .ok_or(DecimalError::TooManyDigits)?,
            0,
        )
    } else {
        (value, scale)
    };
    let scale = u8::try_from(scale).map_err(|_| DecimalError::TooManyDigits)?;
    let value = i128::try_from(value).map_err(|_| DecimalError::TooManyDigits)?;
    if text.len() > MAX_TEXT {
        return Err(DecimalError::TooManyDigits);
    }
    Ok((value, scale))
}

/// Tells a number that is too long from a long text that is no number at all.
fn over_long(text: &[u8]) -> Result<(i128, u8), DecimalError> {
    let looked_at = text.get(..MAX_TEXT).unwrap_or(text);
    if looked_at
        .iter()
        .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'))
    {
        Err(DecimalError::TooManyDigits)
    } else {
        Err(DecimalError::NotANumber)
    }
}

fn parse_exponent(text: &[u8]) -> Result<i32, DecimalError> {
    let (negative, digits) = match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        all => (false, all),
    };
    if digits.is_empty() || !digits.iter().all(u8::is_ascii_digit) {
        return Err(DecimalError::NotANumber);
    }
    let mut value = 0i32;
    for byte in digits {
        value = (value * 10 + i32::from(byte - b'0')).min(100_000);
    }
    Ok(if negative { -value } else { value })
}

impl FromStr for Decimal {
    type Err = DecimalError;

    fn from_str(text: &str) -> Result<Self, DecimalError> {
        Self::parse(text)
    }
}

impl fmt::Display for Decimal {
    /// Plain digits, a point only where needed, no exponent: the text parses back to the same value.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let sign = if self.mantissa < 0 { "-" } else { "" };
        let magnitude = self.mantissa.unsigned_abs();
        if self.scale == 0 {
            return write!(f, "{sign}{magnitude}");
        }
        let power = 10u128.pow(u32::from(self.scale));
        let width = usize::from(self.scale);
        write!(
            f,
            "{sign}{}.{:0width$}",
            magnitude / power,
            magnitude % power
        )
    }
}

impl Ord for Decimal {
    fn cmp(&self, other: &Self) -> Ordering {
        // Scale both to 10^-18; beyond i128 the sign and size of the mantissa that overflows decide by themselves.
        let scaled = |value: &Self| {
            let power = 10i128.pow(u32::from(MAX_SCALE - value.scale));
            (
                value.mantissa / 1_000_000_000,
                value.mantissa % 1_000_000_000,
                power,
            )
        };
        let ((a_high, a_low, a_power), (b_high, b_low, b_power)) = (scaled(self), scaled(other));
        // value·10^18 = high·10^9·power + low·power: compare high parts after carrying the low ones.
        let carry = |high: i128, low: i128, power: i128| {
            let low = low * power;
            (
                high * power + low.div_euclid(1_000_000_000),
                low.rem_euclid(1_000_000_000),
            )
        };
        carry(a_high, a_low, a_power).cmp(&carry(b_high, b_low, b_power))
    }
}

impl PartialOrd for Decimal {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn numbers_are_read_exactly_or_refused() {
        use DecimalError::{Empty, NotANumber, NotFinite, TooManyDigits};
        let long_zeros = format!("1.{}", "0".repeat(60));
        let huge = "9".repeat(200);
        let table: &[(&str, Result<&str, DecimalError>)] = &[
            ("0", Ok("0")),
            ("-0.00", Ok("0")),
            ("417.29", Ok("417.29")),
            (" +1.500 ", Ok("1.5")),
            ("-3", Ok("-3")),
            (".5", Ok("0.5")),
            ("5.", Ok("5")),
            ("1e3", Ok("1000")),
            ("1.5E-2", Ok("0.015")),
            ("1e-18", Ok("0.000000000000000001")),
            ("1e-19", Err(TooManyDigits)),
            ("100e-20", Ok("0.000000000000000001")),
            ("1e23", Ok("100000000000000000000000")),
            ("1e24", Err(TooManyDigits)),
            ("1e999999999999", Err(TooManyDigits)),
            ("0e999999999999", Ok("0")),
            ("999999999999999999999999", Ok("999999999999999999999999")),
            ("1000000000000000000000000", Err(TooManyDigits)),
            ("123456789012345678901.5", Ok("123456789012345678901.5")),
            ("00000000000000000000000000007", Ok("7")),
            (&long_zeros, Ok("1")),
            (&huge, Err(TooManyDigits)),
            ("", Err(Empty)),
            ("  ", Err(Empty)),
            ("-", Err(NotANumber)),
            (".", Err(NotANumber)),
            ("1,5", Err(NotANumber)),
            ("1 000", Err(NotANumber)),
            ("1.2.3", Err(NotANumber)),
            ("--1", Err(NotANumber)),
            ("1e", Err(NotANumber)),
            ("e5", Err(NotANumber)),
            ("0x10", Err(NotANumber)),
            ("１２", Err(NotANumber)),
            ("12kg", Err(NotANumber)),
            ("NaN", Err(NotFinite)),
            ("-inf", Err(NotFinite)),
            ("Infinity", Err(NotFinite)),
        ];
        for (text, expected) in table {
            assert_eq!(
                Decimal::parse(text).map(|value| value.to_string()),
                expected.map(str::to_owned),
                "{text}"
            );
        }
    }

    #[test]
    fn order_is_that_of_the_values() {
        let texts = [
            "-1e23",
            "-1.5",
            "-1.25",
            "-0.000000000000000001",
            "0",
            "1e-18",
            "0.3",
            "0.31",
            "2",
            "10",
            "1e23",
        ];
        let values: Vec<Decimal> = texts.iter().map(|text| text.parse().unwrap()).collect();
        assert!(values.is_sorted());
        assert!(values.windows(2).all(|pair| pair[0] < pair[1]));
    }

    proptest! {
        #[test]
        fn text_round_trips(mantissa in -999_999_999_999_999_999_999_999i128..=999_999_999_999_999_999_999_999, scale in 0u8..=18) {
            let value = Decimal::new(mantissa, scale).unwrap();
            prop_assert_eq!(Decimal::parse(&value.to_string()), Ok(value));
        }

        #[test]
        fn both_readers_agree(text in "[0-9]{1,9}(\\.[0-9]{1,9})?") {
            let (mantissa, scale) = parse_short(text.as_bytes()).unwrap();
            let (long, long_scale) = parse_long(text.as_bytes()).unwrap();
            prop_assert_eq!(Decimal::new(i128::from(mantissa), scale), Decimal::new(long, long_scale));
        }

        #[test]
        fn any_text_ends_in_an_answer(text in ".{0,40}") {
            let _ = Decimal::parse(&text);
        }
    }
}
