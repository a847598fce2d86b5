//! What both ARCOS formats share: transaction codes, action indicators, dates.
//!
//! The codes are those of the ARCOS registrant handbook; the letters X, K, Q and Z are still to be re-read there (X
//! stands in published rows).

use weighbridge_books::substances::kind::Kind;
use weighbridge_books::substances::vocabulary::{Action, Reason};

/// What a transaction code says.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Meaning {
    /// Goods moved or were counted.
    Movement(Kind, Reason),
    /// The record says that there is nothing to say.
    Nothing(&'static str),
    /// Not a code that we know.
    Unmapped,
}

pub(crate) fn meaning(code: &str) -> Meaning {
    use Meaning::{Movement, Nothing, Unmapped};
    match code {
        "1" | "3" | "4" | "5" => Movement(Kind::Stocktake, Reason::None),
        "8" => Nothing("arcos 8: no stock"),
        "7" => Nothing("arcos 7: no activity"),
        "F" => Nothing("arcos F: order forms"),
        "P" => Movement(Kind::Receipt, Reason::Purchase),
        "R" => Movement(Kind::Receipt, Reason::Return),
        "G" => Movement(Kind::Receipt, Reason::GovernmentSupply),
        "V" => Movement(Kind::Receipt, Reason::UnsolicitedReturn),
        "W" => Movement(Kind::Recovery, Reason::None),
        "M" => Movement(Kind::Production, Reason::None),
        "L" => Movement(Kind::ProcessReversal, Reason::None),
        "J" => Movement(Kind::SampleReturn, Reason::None),
        "S" => Movement(Kind::Dispatch, Reason::Sale),
        "Y" => Movement(Kind::Destruction, Reason::None),
        "T" | "X" => Movement(Kind::Loss, Reason::None),
        "N" => Movement(Kind::Waste, Reason::None),
        "U" | "K" => Movement(Kind::Use, Reason::None),
        "Q" => Movement(Kind::Sampling, Reason::None),
        "Z" => Movement(Kind::Seizure, Reason::None),
        _ => Unmapped,
    }
}

/// The action indicator: blank and I (late) insert, A adjusts, D deletes; others go on as text and are refused there.
pub(crate) fn action(indicator: &str) -> &str {
    match indicator {
        "" | "I" => Action::Insert.code(),
        "A" => Action::Adjust.code(),
        "D" => Action::Delete.code(),
        other => other,
    }
}

/// What an adjustment or deletion corrects: the correction number, else the order form. A correction number on a new
/// record quotes one that was rejected before, so there is no line that it could correct.
pub(crate) fn corrects<'a>(action: &str, correction: &'a str, order_form: &'a str) -> &'a str {
    if action == Action::Insert.code() {
        ""
    } else if correction.is_empty() {
        order_form
    } else {
        correction
    }
}

/// `MMDDYYYY` (a leading zero may be lost) or `MMDDYY` as ISO; other texts as they are.
///
/// A year of two digits is the one not later than the year after `this_year`.
pub(crate) fn iso_date(text: &str, this_year: i32) -> String {
    let padded = if matches!(text.len(), 5 | 7) {
        format!("0{text}")
    } else {
        text.to_owned()
    };
    let part = |from: usize, to: usize| {
        padded
            .get(from..to)
            .filter(|p| p.bytes().all(|b| b.is_ascii_digit()))
    };
    match (padded.len(), part(0, 2), part(2, 4)) {
        (8, Some(m), Some(d)) => part(4, 8).map(|y| format!("{y}-{m}-{d}")),
        (6, Some(m), Some(d)) => part(4, 6).and_then(|y| y.parse::<i32>().ok()).map(|y| {
            let century = if 2000 + y > this_year + 1 { 1900 } else { 2000 };
            format!("{:04}-{m}-{d}", century + y)
        }),
        _ => None,
    }
    .unwrap_or(padded)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates() {
        for (text, iso) in [
            ("01172008", "2008-01-17"),
            ("1172008", "2008-01-17"),
            ("011708", "2008-01-17"),
            ("011799", "1999-01-17"),
            ("", ""),
            ("garbage!", "garbage!"),
        ] {
            assert_eq!(iso_date(text, 2026), iso);
        }
    }

    #[test]
    fn a_correction_number_on_a_new_record_corrects_nothing() {
        assert_eq!(corrects(action("I"), "12345678", "X"), "");
        assert_eq!(corrects(action("A"), "12345678", "X"), "12345678");
        assert_eq!(corrects(action("D"), "", "X"), "X");
    }
}
