//! The input guard: no number that identifies a person enters, in whatever cell it stands.

use weighbridge_measure::find_identity_number;

use crate::text::{key, needs_folding};

/// Whether a text holds a resident identity number (GB 11643: region, date and checksum together), also grouped by
/// blanks, hyphens, points, slashes, underscores.
#[must_use]
pub fn holds_identity_number(text: &str) -> bool {
    let bytes = text.as_bytes();
    if bytes.len() < 18 {
        return false;
    }
    let suspicious = long_digit_run(bytes)
        || (bytes
            .iter()
            .any(|b| matches!(b, b' ' | b'-' | b'.' | b'/' | b'_' | b':'))
            && bytes.iter().filter(|b| b.is_ascii_digit()).count() >= 17)
        || needs_folding(bytes);
    suspicious && find_identity_number(text).is_some()
}

/// Whether 17 digits stand in a row: any such run covers a position that is a multiple of 17 less one.
fn long_digit_run(bytes: &[u8]) -> bool {
    let mut at = 16;
    while let Some(b) = bytes.get(at) {
        if b.is_ascii_digit() {
            let digit = |b: &&u8| b.is_ascii_digit();
            let before = bytes
                .get(..at)
                .unwrap_or_default()
                .iter()
                .rev()
                .take_while(digit)
                .count();
            let after = bytes
                .get(at..)
                .unwrap_or_default()
                .iter()
                .take_while(digit)
                .count();
            if before + after >= 17 {
                return true;
            }
        }
        at += 17;
    }
    false
}

/// Whether a header announces numbers of persons.
#[must_use]
pub fn is_person_column(header: &str) -> bool {
    const HEADERS: &[&str] = &[
        "身份证",
        "身份证号",
        "身份证号码",
        "身份证件号",
        "身份证件号码",
        "居民身份证",
        "居民身份证号",
        "公民身份号码",
        "证件号",
        "证件号码",
        "经办人身份证",
        "经办人身份证号",
        "idcard",
        "idcardno",
        "idcardnumber",
        "identitycard",
        "identitynumber",
        "identitycardnumber",
        "nationalid",
        "nationalidnumber",
        "personalid",
        "personalnumber",
        "socialsecuritynumber",
        "ssn",
        "passport",
        "passportno",
        "passportnumber",
        "护照号",
        "护照号码",
        "patient",
        "patientid",
        "patientname",
        "患者",
        "患者姓名",
        "病人姓名",
        "residentid",
    ];
    let header = key(header);
    HEADERS.contains(&header.as_str()) || header.contains("身份证") || header.contains("公民身份")
}

#[cfg(test)]
mod tests {
    use super::*;

    // The example number of GB 11643-1999 itself, and an invented one.
    const SAMPLE: &str = "11010519491231002X";

    #[test]
    fn identity_numbers_are_found() {
        for text in [
            SAMPLE.to_owned(),
            SAMPLE.to_lowercase(),
            format!("经办人{SAMPLE}，已核对"),
            format!("no {SAMPLE} seen"),
            "110105 19491231 002X".to_owned(),
            "110105-19491231-002X".to_owned(),
            "110105.19491231.002X".to_owned(),
            "110105/19491231/002X".to_owned(),
            "110105_1949 1231-002X".to_owned(),
            "1101051 9491231002X".to_owned(),
            "１１０１０５１９４９１２３１００２Ｘ".to_owned(),
        ] {
            assert!(holds_identity_number(&text), "{text}");
        }
    }

    #[test]
    fn other_numbers_are_not() {
        for text in [
            "110105194912310021",     // checksum
            "11010519491331002X",     // month 13
            "91110000100006485K",     // a credit code
            "2024013112345678901234", // a longer digit run
            "1101051949123100",       // too short
            "10 20 30 40 50 60 70 80 90 10 20 30",
            "丙酮 25 公斤 2024-01-31",
            "",
        ] {
            assert!(!holds_identity_number(text), "{text}");
        }
    }

    #[test]
    fn person_columns() {
        for header in [
            "身份证号",
            "经办人身份证号码",
            "ID card",
            "Identity Number",
            "passport_no",
            " 身份证 ",
        ] {
            assert!(is_person_column(header), "{header}");
        }
        for header in [
            "substance_id",
            "line_id",
            "单据号",
            "许可证号",
            "备案证明号",
        ] {
            assert!(!is_person_column(header), "{header}");
        }
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "[0-9Xx \\-证]{0,60}") {
            let _ = holds_identity_number(&text);
        }

        #[test]
        fn found_wherever_it_stands(before in "[a-z ]{0,40}", after in "[a-wyz ]{0,40}") {
            let text = format!("{before}#{SAMPLE}#{after}");
            proptest::prop_assert!(holds_identity_number(&text));
        }
    }
}
