//! The reader of the tables that are shipped inside the crate.

/// Splits a shipped comma-separated table into rows of borrowed fields, the header row left out.
///
/// Fields may be quoted. A doubled quote inside one stays doubled, so that fields can be borrowed; no column that is
/// used has any.
pub(crate) fn rows(text: &'static str) -> impl Iterator<Item = Vec<&'static str>> {
    text.lines()
        .skip(1)
        .filter(|line| !line.trim().is_empty())
        .map(fields)
}

fn fields(line: &'static str) -> Vec<&'static str> {
    let mut fields = Vec::new();
    let mut rest = line;
    loop {
        let (field, tail) = match rest.strip_prefix('"').and_then(split_quoted) {
            Some((field, tail)) => (field, tail.strip_prefix(',')),
            None => match rest.split_once(',') {
                Some((field, tail)) => (field, Some(tail)),
                None => (rest, None),
            },
        };
        fields.push(field.trim());
        match tail {
            Some(tail) => rest = tail,
            None => return fields,
        }
    }
}

/// Splits behind the first quote that is not doubled.
fn split_quoted(text: &'static str) -> Option<(&'static str, &'static str)> {
    let mut from = 0;
    loop {
        let at = from + text.get(from..)?.find('"')?;
        let tail = text.get(at + 1..)?;
        if !tail.starts_with('"') {
            return Some((text.get(..at)?, tail));
        }
        from = at + 2;
    }
}

/// Field number `at`, `None` where it is absent or empty.
pub(crate) fn field(row: &[&'static str], at: usize) -> Option<&'static str> {
    row.get(at).copied().filter(|text| !text.is_empty())
}

/// A positive decimal as a whole number of `10^-digits`, `None` where it is not one.
pub(crate) fn fixed(text: &str, digits: u8) -> Option<i64> {
    let value = crate::Decimal::parse(text).ok()?;
    let shift = digits.checked_sub(value.scale())?;
    i64::try_from(
        value
            .mantissa()
            .checked_mul(10i128.checked_pow(u32::from(shift))?)?,
    )
    .ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_may_be_quoted_and_empty() {
        assert_eq!(fields("a,\"b, c\",,d,"), ["a", "b, c", "", "d", ""]);
        assert_eq!(fields("a,\"b \"\"c\"\"\",d"), ["a", "b \"\"c\"\"", "d"]);
        assert_eq!(fixed("1.5", 2), Some(150));
        assert_eq!(fixed("-1.5", 2), Some(-150));
        assert_eq!(fixed("1.555", 2), None);
    }
}
