//! Spelling of dates. Day-first and month-first are told apart by the whole sample or not at all.

use weighbridge_measure::Date;

/// Order of day and month in `03/04/2024`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum DateStyle {
    /// The sample has a first number above 12 and no second one.
    DayFirst,
    /// The sample has a second number above 12 and no first one.
    MonthFirst,
    /// The sample does not tell, or contradicts itself: such a date is set aside.
    #[default]
    Undecided,
}

impl DateStyle {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            DateStyle::DayFirst => "day_first",
            DateStyle::MonthFirst => "month_first",
            DateStyle::Undecided => "undecided",
        }
    }

    /// The order that a sample of cells shows.
    pub(crate) fn of<'a>(cells: impl Iterator<Item = &'a str>) -> DateStyle {
        let (mut day, mut month) = (false, false);
        for cell in cells {
            if let Some(Shape::Slashed(a, b, _)) = shape(cell) {
                day |= a > 12 && b <= 12;
                month |= b > 12 && a <= 12;
            }
        }
        match (day, month) {
            (true, false) => DateStyle::DayFirst,
            (false, true) => DateStyle::MonthFirst,
            _ => DateStyle::Undecided,
        }
    }
}

/// Why a cell is no date.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum DateIssue {
    Invalid,
    TooOld,
    TooLate,
}

/// Reads a date; a time of day after it is left out (the date at the site counts).
pub(crate) fn parse(text: &str, style: DateStyle) -> Result<Date, DateIssue> {
    if let Some((y, m, d)) = iso(text.as_bytes()) {
        return civil(y, m, d);
    }
    match shape(text).ok_or(DateIssue::Invalid)? {
        Shape::Known(y, m, d) => civil(y, m, d),
        Shape::Slashed(a, b, y) if a == b => civil(y, a, b),
        Shape::Slashed(a, b, y) if a > 12 => civil(y, b, a),
        Shape::Slashed(a, b, y) if b > 12 => civil(y, a, b),
        Shape::Slashed(a, b, y) => match style {
            DateStyle::DayFirst => civil(y, b, a),
            DateStyle::MonthFirst => civil(y, a, b),
            DateStyle::Undecided => Err(DateIssue::Invalid),
        },
    }
}

/// A spreadsheet's day number within any likely time; a time of day behind the point is left out, as after every date.
pub(crate) fn day_number(text: &str) -> Option<i64> {
    let (days, time) = text.split_once('.').unwrap_or((text, ""));
    let days: i64 = days.parse().ok()?;
    let is_number = time.bytes().all(|b| b.is_ascii_digit());
    (is_number && (20_000..=80_000).contains(&days)).then_some(days)
}

/// A date by a spreadsheet's day number (1900 system).
pub(crate) fn from_serial(days: i64) -> Result<Date, DateIssue> {
    // 25,569 is 1970-01-01.
    let days = days.checked_sub(25_569).ok_or(DateIssue::Invalid)?;
    if days < 0 {
        return Err(DateIssue::TooOld);
    }
    u16::try_from(days)
        .map(Date::from_days)
        .map_err(|_| DateIssue::TooLate)
}

fn civil(y: i32, m: u8, d: u8) -> Result<Date, DateIssue> {
    if let Some(date) = Date::from_ymd(y, m, d) {
        return Ok(date);
    }
    let leap = (y % 4 == 0 && y % 100 != 0) || y % 400 == 0;
    let length = match m {
        2 => 28 + u8::from(leap),
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => return Err(DateIssue::Invalid),
    };
    if !(1..=length).contains(&d) {
        Err(DateIssue::Invalid)
    } else if y < 1970 {
        Err(DateIssue::TooOld)
    } else {
        Err(DateIssue::TooLate)
    }
}

fn iso(text: &[u8]) -> Option<(i32, u8, u8)> {
    let [y1, y2, y3, y4, b'-', m1, m2, b'-', d1, d2] = text else {
        return None;
    };
    let digit = |b: &u8| b.is_ascii_digit().then(|| b - b'0');
    let year = [y1, y2, y3, y4]
        .iter()
        .try_fold(0i32, |y, b| Some(y * 10 + i32::from(digit(b)?)))?;
    Some((
        year,
        digit(m1)? * 10 + digit(m2)?,
        digit(d1)? * 10 + digit(d2)?,
    ))
}

enum Shape {
    /// Year, month, day.
    Known(i32, u8, u8),
    /// Two numbers whose order is open, and the year.
    Slashed(u8, u8, i32),
}

/// What a text looks like as a date.
fn shape(text: &str) -> Option<Shape> {
    let text = without_time(text);
    if text.len() > 40 {
        return None;
    }
    let mut parts = [""; 3];
    let mut count = 0;
    for part in text
        .split(['-', '/', '.', '年', '月', '日', '号', ' ', ','])
        .filter(|p| !p.is_empty())
    {
        *parts.get_mut(count)? = part;
        count += 1;
    }
    let [a, b, c] = parts;
    if count == 1 && a.len() == 8 {
        return Some(Shape::Known(
            number(a.get(..4)?)?,
            number(a.get(4..6)?)?,
            number(a.get(6..)?)?,
        ));
    }
    if count != 3 {
        return None;
    }
    if a.len() == 4 {
        return Some(Shape::Known(number(a)?, number(b)?, number(c)?));
    }
    if c.len() != 4 {
        return None;
    }
    let year = number(c)?;
    if let Some(month) = month_name(b) {
        return Some(Shape::Known(year, month, number(a)?));
    }
    if let Some(month) = month_name(a) {
        return Some(Shape::Known(year, month, number(b)?));
    }
    let (a, b) = (number(a)?, number(b)?);
    // Where dates are written with points the day stands first.
    Some(if text.contains('.') {
        Shape::Known(year, b, a)
    } else {
        Shape::Slashed(a, b, year)
    })
}

/// Cuts `08:30`, `T08:30:00+08:00` and the like off.
fn without_time(text: &str) -> &str {
    let date = match text.find(':') {
        Some(colon) => {
            let before = text.get(..colon).unwrap_or_default();
            let cut = before.rfind([' ', 'T']).unwrap_or(before.len());
            before.get(..cut).unwrap_or_default()
        }
        None => text,
    };
    date.trim()
}

fn number<T: std::str::FromStr>(text: &str) -> Option<T> {
    if text.bytes().all(|b| b.is_ascii_digit()) {
        text.parse().ok()
    } else {
        None
    }
}

fn month_name(text: &str) -> Option<u8> {
    const NAMES: [&str; 12] = [
        "january",
        "february",
        "march",
        "april",
        "may",
        "june",
        "july",
        "august",
        "september",
        "october",
        "november",
        "december",
    ];
    let lower = text.to_ascii_lowercase();
    let at = NAMES
        .iter()
        .position(|n| lower.len() >= 3 && n.starts_with(&lower))?;
    u8::try_from(at + 1).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spellings() {
        for text in [
            "2024-01-31",
            "2024/1/31",
            "2024.01.31",
            "20240131",
            "2024年1月31日",
            "2024年01月31号",
            "31.01.2024",
            "31/01/2024",
            "01/31/2024",
            "31 Jan 2024",
            "Jan 31, 2024",
            "31-January-2024",
            "2024-01-31 08:30",
            "2024-01-31T08:30:00+08:00",
            "2024/1/31 8:30:00",
        ] {
            assert_eq!(
                parse(text, DateStyle::Undecided)
                    .map(|d| d.to_string())
                    .as_deref(),
                Ok("2024-01-31"),
                "{text}"
            );
        }
    }

    #[test]
    fn the_sample_decides_day_or_month() {
        assert_eq!(
            DateStyle::of(["03/04/2024", "31/04/2024"].into_iter()),
            DateStyle::DayFirst
        );
        assert_eq!(
            DateStyle::of(["03/04/2024", "04/31/2024"].into_iter()),
            DateStyle::MonthFirst
        );
        assert_eq!(
            DateStyle::of(["03/04/2024"].into_iter()),
            DateStyle::Undecided
        );
        assert_eq!(
            DateStyle::of(["31/04/2024", "04/31/2024"].into_iter()),
            DateStyle::Undecided
        );
        let date = |style| parse("03/04/2024", style).map(|d| d.to_string());
        assert_eq!(date(DateStyle::DayFirst).as_deref(), Ok("2024-04-03"));
        assert_eq!(date(DateStyle::MonthFirst).as_deref(), Ok("2024-03-04"));
        assert_eq!(date(DateStyle::Undecided), Err(DateIssue::Invalid));
        assert_eq!(
            parse("05/05/2024", DateStyle::Undecided)
                .map(|d| d.to_string())
                .as_deref(),
            Ok("2024-05-05")
        );
    }

    #[test]
    fn the_29th_of_february() {
        assert!(parse("2024-02-29", DateStyle::Undecided).is_ok());
        assert!(parse("2000-02-29", DateStyle::Undecided).is_ok());
        assert_eq!(
            parse("2023-02-29", DateStyle::Undecided),
            Err(DateIssue::Invalid)
        );
        assert_eq!(
            parse("2100-02-29", DateStyle::Undecided),
            Err(DateIssue::Invalid)
        );
    }

    #[test]
    fn outside() {
        for (text, issue) in [
            ("1969-12-31", DateIssue::TooOld),
            ("2150-01-01", DateIssue::TooLate),
            ("2024-13-01", DateIssue::Invalid),
            ("2024-00-10", DateIssue::Invalid),
            ("24-01-31", DateIssue::Invalid),
            ("yesterday", DateIssue::Invalid),
            ("", DateIssue::Invalid),
            ("45322", DateIssue::Invalid),
        ] {
            assert_eq!(parse(text, DateStyle::Undecided), Err(issue), "{text}");
        }
        assert_eq!(
            from_serial(45_322).map(|d| d.to_string()).as_deref(),
            Ok("2024-01-31")
        );
        assert_eq!(from_serial(-1), Err(DateIssue::TooOld));
        assert_eq!(from_serial(i64::MAX), Err(DateIssue::TooLate));
    }

    proptest::proptest! {
        #[test]
        fn never_panics(text in "\\PC*") {
            let _ = parse(&text, DateStyle::DayFirst);
        }

        #[test]
        fn every_day_reads_back(days in 0u16..=u16::MAX) {
            let date = Date::from_days(days);
            let (y, m, d) = date.ymd();
            proptest::prop_assert_eq!(parse(&date.to_string(), DateStyle::Undecided), Ok(date));
            proptest::prop_assert_eq!(parse(&format!("{y}年{m}月{d}日"), DateStyle::Undecided), Ok(date));
            proptest::prop_assert_eq!(parse(&format!("{m:02}/{d:02}/{y}"), DateStyle::MonthFirst), Ok(date));
        }
    }
}
