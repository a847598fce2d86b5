//! Rows of sums among rows of movements: a total of the page, an amount carried forward.

use weighbridge_books::substances::vocabulary::Field;

use crate::row::RawRow;
use crate::text::key;

/// Words that no firm is called.
const CHINESE: &[&str] = &[
    "合计",
    "小计",
    "总计",
    "累计",
    "本页合计",
    "本月合计",
    "本月累计",
    "本年合计",
    "本年累计",
    "上月结存",
    "上期结存",
    "期初结存",
    "本月结存",
    "本期结存",
    "期末结存",
    "结转",
    "结转下页",
    "结转下年",
    "上页结转",
    "上年结转",
    "过次页",
    "承前页",
];

/// Words that may be a firm's code too: they tell a total only in a row that is not whole.
const ENGLISH: &[&str] = &[
    "total",
    "totals",
    "subtotal",
    "grandtotal",
    "sum",
    "carriedforward",
    "broughtforward",
];

/// Where a row says that it is one of sums.
pub(crate) fn word<'a>(raw: &RawRow<'a>, reporter: &'a str) -> Option<(Field, &'a str)> {
    let whole = !raw.get(Field::Kind).is_empty() && !raw.get(Field::Date).is_empty();
    [
        (Field::Reporter, reporter),
        (Field::Kind, raw.get(Field::Kind)),
        (Field::Date, raw.get(Field::Date)),
        (Field::Counterparty, raw.get(Field::Counterparty)),
        (Field::Substance, raw.get(Field::Substance)),
    ]
    .into_iter()
    .find(|(_, text)| is_total(text, whole))
}

fn is_total(text: &str, whole: bool) -> bool {
    // Nearly every code and date has a digit, and nearly every other text another first letter.
    let first = text.chars().next().unwrap_or(' ');
    let words = match first {
        '合' | '小' | '总' | '累' | '本' | '上' | '期' | '结' | '过' | '承' => CHINESE,
        't' | 'T' | 's' | 'S' | 'g' | 'G' | 'c' | 'C' | 'b' | 'B' if !whole => ENGLISH,
        _ => return false,
    };
    text.len() <= 24
        && !text.bytes().any(|b| b.is_ascii_digit())
        && words.contains(&key(text.trim_end_matches([':', '：'])).as_str())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn totals() {
        for (reporter, kind, counterparty, field) in [
            ("合计", "盘点", "", Some(Field::Reporter)),
            ("ALPHA", "receipt", "小计", Some(Field::Counterparty)),
            ("本页 合计：", "", "", Some(Field::Reporter)),
            ("Sub-Total", "", "", Some(Field::Reporter)),
            ("TOTAL", "receipt", "BETA", None),
            ("上海化工", "receipt", "", None),
            ("合计会计师", "receipt", "", None),
            ("", "total:", "", None),
            ("", "", "", None),
        ] {
            let mut raw = RawRow::new(2);
            raw.set(Field::Kind, kind);
            raw.set(Field::Counterparty, counterparty);
            raw.set(Field::Date, if kind.is_empty() { "" } else { "2025-01-31" });
            let found = word(&raw, reporter).map(|(field, _)| field);
            assert_eq!(found, field, "{reporter} {kind} {counterparty}");
        }
    }
}
