//! Check digits of registry numbers, and the search for identity numbers of persons, which must stay out.

use std::ops::Range;

use crate::date::days_in_month;
use crate::text::fold_width;

/// Whether the text is a CAS registry number (2 to 7 digits, 2 digits, check digit) with the right check digit.
pub fn cas_ok(text: &str) -> bool {
    let Some((body, check)) = text.rsplit_once('-') else {
        return false;
    };
    let Some((first, second)) = body.split_once('-') else {
        return false;
    };
    if !(2..=7).contains(&first.len()) || second.len() != 2 || check.len() != 1 {
        return false;
    }
    let digits: Option<Vec<u32>> = first
        .chars()
        .chain(second.chars())
        .map(|c| c.to_digit(10))
        .collect();
    let Some(digits) = digits else {
        return false;
    };
    let sum: u32 = digits
        .iter()
        .rev()
        .zip(1u32..)
        .map(|(digit, weight)| digit * weight)
        .sum();
    check.chars().next().and_then(|c| c.to_digit(10)) == Some(sum % 10)
}

/// Whether the text has the shape of a CAS number, right or wrong.
pub(crate) fn looks_like_cas(text: &str) -> bool {
    let mut parts = text.split('-');
    let digits = |part: Option<&str>, range: Range<usize>| {
        part.is_some_and(|part| {
            range.contains(&part.len()) && part.bytes().all(|byte| byte.is_ascii_digit())
        })
    };
    digits(parts.next(), 2..8)
        && digits(parts.next(), 2..3)
        && digits(parts.next(), 1..2)
        && parts.next().is_none()
}

/// The 31 signs of GB 32100-2015: digits and capitals without I, O, S, V and Z.
const USCC_SIGNS: &str = "0123456789ABCDEFGHJKLMNPQRTUWXY";

/// The check character of a unified social credit code (GB 32100-2015) for its first 17 characters.
///
/// `None` if they are not 17 or one is not in the alphabet.
pub fn uscc_check_char(first17: &str) -> Option<char> {
    let (mut sum, mut weight, mut count) = (0usize, 1usize, 0usize);
    for c in first17.chars() {
        sum += USCC_SIGNS.chars().position(|sign| sign == c)? * weight;
        weight = weight * 3 % 31;
        count += 1;
    }
    if count != 17 {
        return None;
    }
    USCC_SIGNS.chars().nth((31 - sum % 31) % 31)
}

/// Whether the text is a unified social credit code (18 characters, capitals) with the right check character.
pub fn uscc_ok(text: &str) -> bool {
    let Some((last, _)) = text.char_indices().next_back() else {
        return false;
    };
    let (body, check) = (
        text.get(..last).unwrap_or(""),
        text.get(last..).unwrap_or(""),
    );
    uscc_check_char(body).is_some_and(|expected| check.chars().eq([expected]))
}

/// Whether the text is a DEA-style registration number: two letters (the second may be 9), seven digits, of which the
/// last is the units digit of (d1+d3+d5) + 2(d2+d4+d6).
pub fn dea_ok(text: &str) -> bool {
    let &[kind, initial, a, b, c, d, e, f, check] = text.as_bytes() else {
        return false;
    };
    if !kind.is_ascii_uppercase() || !(initial.is_ascii_uppercase() || initial == b'9') {
        return false;
    }
    let digits = [a, b, c, d, e, f, check].map(|byte| u32::from(byte.wrapping_sub(b'0')));
    let [a, b, c, d, e, f, check] = digits;
    digits.iter().all(|digit| *digit <= 9) && (a + c + e + 2 * (b + d + f)) % 10 == check
}

/// Provincial codes of GB/T 2260, with Hong Kong, Macao and Taiwan as their residents' permits use them.
const PROVINCES: [u32; 35] = [
    11, 12, 13, 14, 15, 21, 22, 23, 31, 32, 33, 34, 35, 36, 37, 41, 42, 43, 44, 45, 46, 50, 51, 52,
    53, 54, 61, 62, 63, 64, 65, 71, 81, 82, 83,
];

/// Whether the text is a resident identity number (GB 11643-1999): known province, a region below it, a real date of
/// 1900 to 2100, and the ISO 7064 MOD 11-2 check character, all together.
pub fn gb11643_ok(text: &str) -> bool {
    <[u8; 18]>::try_from(text.as_bytes()).is_ok_and(|bytes| identity_number(&bytes))
}

fn identity_number(bytes: &[u8; 18]) -> bool {
    let (body, check) = bytes.split_at(17);
    if !body.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let number = |from: usize, len: usize| {
        body.iter()
            .skip(from)
            .take(len)
            .fold(0u32, |value, byte| value * 10 + u32::from(byte - b'0'))
    };
    let (year, month, day) = (number(6, 4), number(10, 2), number(12, 2));
    let (Ok(year), Ok(month), Ok(day)) =
        (i32::try_from(year), u8::try_from(month), u8::try_from(day))
    else {
        return false;
    };
    let known = PROVINCES.contains(&number(0, 2)) && number(2, 4) != 0;
    if !known || !(1900..=2100).contains(&year) || day == 0 || day > days_in_month(year, month) {
        return false;
    }
    // MOD 11-2: doubling modulo 11 from the left gives the weights 7 9 10 5 8 4 2 1 6 3 7 9 10 5 8 4 2.
    let sum = body
        .iter()
        .fold(0u32, |sum, byte| (sum + u32::from(byte - b'0')) * 2 % 11);
    let value = (12 - sum) % 11;
    let expected = if value == 10 {
        b'X'
    } else {
        b"0123456789".get(value as usize).copied().unwrap_or(b'0')
    };
    check
        .first()
        .is_some_and(|check| check.to_ascii_uppercase() == expected)
}

/// Finds a resident identity number in free text: 18 characters in one run or with single blanks, hyphens,
/// points, slashes, underscores or colons between them, full-width or not, and not a part of a longer run of digits. Returns its byte range in `text`.
///
/// A unified social credit code of digits only is told apart by its own three checks (check character, check digit
/// of the organisation code, province in its third and fourth place) and is not reported.
pub fn find_identity_number(text: &str) -> Option<Range<usize>> {
    // Folded signs with the byte range each came from.
    let signs: Vec<(u8, Range<usize>)> = text
        .char_indices()
        .map(|(at, c)| {
            let folded = if c.is_ascii() {
                c
            } else {
                fold_width(c.encode_utf8(&mut [0; 4]))
                    .chars()
                    .next()
                    .unwrap_or(c)
            };
            (u8::try_from(folded).unwrap_or(0), at..at + c.len_utf8())
        })
        .collect();
    if signs.len() < 18 {
        return None;
    }
    let sign = |at: usize| signs.get(at).map_or(0, |(sign, _)| *sign);
    (0..signs.len()).find_map(|start| {
        if !sign(start).is_ascii_digit() || (start > 0 && sign(start - 1).is_ascii_digit()) {
            return None;
        }
        let end = candidate(start, &sign)?;
        let from = signs.get(start)?.1.start;
        let to = signs.get(end - 1)?.1.end;
        Some(from..to)
    })
}

/// Signs with which people group the digits of a number, one at a time.
fn is_separator(sign: u8) -> bool {
    matches!(sign, b' ' | b'-' | b'.' | b'/' | b'_' | b':')
}

/// The end of an identity number that starts at `start`.
fn candidate(start: usize, sign: &impl Fn(usize) -> u8) -> Option<usize> {
    let mut number = [0u8; 18];
    let mut at = start;
    for (index, slot) in number.iter_mut().enumerate() {
        if index > 0 && is_separator(sign(at)) {
            at += 1;
        }
        *slot = sign(at);
        at += 1;
    }
    let longer = sign(at).is_ascii_digit();
    (!longer && identity_number(&number) && !is_credit_code(&number)).then_some(at)
}

/// Whether 18 digits are a unified social credit code beyond reasonable doubt.
fn is_credit_code(number: &[u8; 18]) -> bool {
    /// Weights of GB 11714 for the eight characters of an organisation code.
    const WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
    let Ok(text) = std::str::from_utf8(number) else {
        return false;
    };
    if !uscc_ok(text) || !number.iter().all(u8::is_ascii_digit) {
        return false;
    }
    let digit = |at: usize| number.get(at).map_or(0, |byte| u32::from(byte - b'0'));
    let sum: u32 = WEIGHTS
        .iter()
        .zip(8..)
        .map(|(weight, at)| weight * digit(at))
        .sum();
    (11 - sum % 11) % 11 == digit(16) && PROVINCES.contains(&(digit(2) * 10 + digit(3)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// A number that passes every check, made for a place code and a date that nobody can be asked about.
    fn identity(body: &str) -> String {
        (b"0123456789X")
            .iter()
            .map(|c| format!("{body}{}", char::from(*c)))
            .find(|text| gb11643_ok(text))
            .unwrap()
    }

    #[test]
    fn check_digits() {
        type Check = fn(&str) -> bool;
        let table: &[(Check, &str, bool)] = &[
            (cas_ok, "67-64-1", true),
            (cas_ok, "7722-64-7", true),
            (cas_ok, "1384199-95-4", true),
            (cas_ok, "67-64-2", false),
            (cas_ok, "67641", false),
            (cas_ok, "6-64-1", false),
            (cas_ok, "", false),
            (uscc_ok, "91350100M000100Y43", true),
            (uscc_ok, "91350100M000100Y44", false),
            (uscc_ok, "91350100M000100Y4", false),
            (uscc_ok, "91350100m000100y43", false),
            (uscc_ok, "", false),
            (dea_ok, "AB1234563", true),
            (dea_ok, "A91234563", true),
            (dea_ok, "PP1234567", false),
            (dea_ok, "ab1234563", false),
            (dea_ok, "AB123456", false),
            (gb11643_ok, "11010519491231002X", true),
            (gb11643_ok, "11010519491231002x", true),
            (gb11643_ok, "110105194912310021", false),
            (gb11643_ok, "990105194912310021", false),
        ];
        for (check, text, expected) in table {
            assert_eq!(check(text), *expected, "{text}");
        }
        assert_eq!(uscc_check_char("91350100M000100Y4"), Some('3'));
        assert_eq!(uscc_check_char("91350100I000100Y4"), None);
    }

    #[test]
    fn identity_numbers_are_found_in_free_text() {
        let number = identity("11000119000101000");
        let wide: String = number
            .chars()
            .map(|c| char::from_u32(u32::from(c) + 0xfee0).unwrap())
            .collect();
        let found = [
            number.clone(),
            format!("送货人身份证{number}，已核"),
            format!("id:{number}."),
            format!("ID{number}"),
            format!("证号{wide}"),
            format!("{} {} {}", &number[..6], &number[6..14], &number[14..]),
            format!("{}-{}-{}", &number[..6], &number[6..14], &number[14..]),
            format!("批号 20240101 证 {number}"),
        ];
        for text in &found {
            let range = find_identity_number(text).unwrap_or_else(|| panic!("{text}"));
            let digits: String = fold_width(&text[range])
                .chars()
                .filter(char::is_ascii_alphanumeric)
                .collect();
            assert_eq!(digits, number, "{text}");
        }
        let absent = [
            format!("1{number}"),
            format!("{number}5"),
            number[..17].to_owned(),
            "91350100M000100Y43".to_owned(),
            identity("11000119000101000").replace("19000101", "19001301"),
            "lot 202401011234567890".to_owned(),
            String::new(),
        ];
        for text in &absent {
            assert_eq!(find_identity_number(text), None, "{text}");
        }
    }

    #[test]
    fn a_credit_code_of_digits_is_no_identity_number() {
        // Searched so that both readings pass their own check characters: 11 + 1101 is the code's place and register.
        let mut both = 0;
        for serial in 0..200_000u32 {
            let organisation = format!("{:02}{:06}", 5 + serial / 100_000, serial % 100_000);
            let digits: Vec<u32> = organisation
                .chars()
                .filter_map(|c| c.to_digit(10))
                .collect();
            let sum: u32 = [3, 7, 9, 10, 5, 8, 4, 2]
                .iter()
                .zip(&digits)
                .map(|(w, d)| w * d)
                .sum();
            let check = (11 - sum % 11) % 11;
            if check == 10 {
                continue;
            }
            let body = format!("11110019{organisation}{check}");
            let Some(last) = uscc_check_char(&body).filter(char::is_ascii_digit) else {
                continue;
            };
            let code = format!("{body}{last}");
            if gb11643_ok(&code) {
                both += 1;
                assert_eq!(find_identity_number(&code), None, "{code}");
            }
        }
        assert!(both > 0);
    }

    proptest! {
        #[test]
        fn the_search_survives_any_text(text in "\\PC{0,60}") {
            if let Some(range) = find_identity_number(&text) {
                prop_assert!(text.get(range).is_some());
            }
        }

        #[test]
        fn a_credit_code_lives_by_its_check_character(body in "[0-9A-HJ-NPQRTUWXY]{17}", at in 0usize..17) {
            let check = uscc_check_char(&body).unwrap();
            let code = format!("{body}{check}");
            prop_assert!(uscc_ok(&code));
            let other = if code.as_bytes()[at] == b'7' { "8" } else { "7" };
            let mut wrong = code;
            wrong.replace_range(at..=at, other);
            prop_assert!(!uscc_ok(&wrong));
        }
    }
}
