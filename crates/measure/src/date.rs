//! Civil dates, months, half-open periods and instants.
//!
//! A [`Date`] is what stands on a document: a day at the site, without a time zone. A [`Timestamp`] is when the
//! journal learnt of it: UTC microseconds. The calendar is the proleptic Gregorian one of ISO 8601.

use std::fmt;
use std::str::FromStr;

use thiserror::Error;

/// A text that is not a date or an instant.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Error)]
pub enum DateError {
    /// The text does not have the expected shape.
    #[error("not a date")]
    Malformed,
    /// The day does not exist or lies outside 1970-01-01..=2149-06-05.
    #[error("no such day between 1970-01-01 and 2149-06-05, or no such time on Earth")]
    OutOfRange,
}

impl DateError {
    /// Stable code of the rejection.
    pub fn code(self) -> &'static str {
        match self {
            Self::Malformed => "malformed_date",
            Self::OutOfRange => "date_out_of_range",
        }
    }
}

/// A civil date: whole days since 1970-01-01, small enough for a two-byte column.
///
/// The last value of the column (65,535) is not a date, so that a column can use it for "none".
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Date(u16);

impl Date {
    /// 1970-01-01.
    pub const MIN: Self = Self(0);
    /// 2149-06-05.
    pub const MAX: Self = Self(u16::MAX - 1);

    /// The date that lies `days` after 1970-01-01; 65,535 saturates to [`Date::MAX`].
    pub const fn from_days(days: u16) -> Self {
        if days == u16::MAX {
            Self::MAX
        } else {
            Self(days)
        }
    }

    /// Whole days since 1970-01-01.
    pub const fn days(self) -> u16 {
        self.0
    }

    /// The date of a calendar day, `None` where the day does not exist or is out of range.
    pub fn from_ymd(year: i32, month: u8, day: u8) -> Option<Self> {
        if !(1970..=2149).contains(&year) || day == 0 || day > days_in_month(year, month) {
            return None;
        }
        let days = days_from_civil(i64::from(year), i64::from(month), i64::from(day));
        u16::try_from(days)
            .ok()
            .filter(|days| *days <= Self::MAX.0)
            .map(Self)
    }

    /// Year, month 1..=12 and day 1..=31.
    pub fn ymd(self) -> (i32, u8, u8) {
        let (year, month, day) = civil_from_days(i64::from(self.0));
        (i32::try_from(year).unwrap_or(i32::MAX), month, day)
    }

    /// The date `days` later (earlier if negative), `None` out of range.
    pub fn plus_days(self, days: i32) -> Option<Self> {
        let sum = i32::from(self.0).checked_add(days)?;
        u16::try_from(sum)
            .ok()
            .filter(|sum| *sum <= Self::MAX.0)
            .map(Self)
    }

    /// Days from `earlier` to this date; negative if this date is the earlier one.
    pub fn minus(self, earlier: Self) -> i32 {
        i32::from(self.0) - i32::from(earlier.0)
    }

    /// The calendar month that holds the date.
    pub fn month(self) -> Month {
        let (year, month, _) = self.ymd();
        let index = (year - 1970) * 12 + i32::from(month) - 1;
        Month(u16::try_from(index).unwrap_or(0))
    }

    /// Midnight UTC at the start of the date.
    pub fn midnight(self) -> Timestamp {
        Timestamp(i64::from(self.0) * MICROS_PER_DAY)
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = self.ymd();
        write!(f, "{year:04}-{month:02}-{day:02}")
    }
}

impl FromStr for Date {
    type Err = DateError;

    /// Strict ISO 8601 `YYYY-MM-DD`; other styles are the importer's business.
    fn from_str(text: &str) -> Result<Self, DateError> {
        let &[a, b, c, d, b'-', m, n, b'-', x, y] = text.as_bytes() else {
            return Err(DateError::Malformed);
        };
        let mut value = [0u8; 8];
        for (slot, byte) in value.iter_mut().zip([a, b, c, d, m, n, x, y]) {
            *slot = byte.wrapping_sub(b'0');
            if *slot > 9 {
                return Err(DateError::Malformed);
            }
        }
        let [a, b, c, d, m, n, x, y] = value;
        let year = i32::from(a) * 1000 + i32::from(b) * 100 + i32::from(c) * 10 + i32::from(d);
        Self::from_ymd(year, m * 10 + n, x * 10 + y).ok_or(DateError::OutOfRange)
    }
}

/// A calendar month, counted from January 1970.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Month(u16);

impl Month {
    /// The first day of the month.
    pub fn first(self) -> Date {
        let (year, month) = self.year_month();
        Date::from_ymd(year, month, 1).unwrap_or(Date::MAX)
    }

    /// The month after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }

    /// Months since January 1970.
    pub fn index(self) -> u16 {
        self.0
    }

    /// Year and month 1..=12.
    pub fn year_month(self) -> (i32, u8) {
        (
            1970 + i32::from(self.0 / 12),
            u8::try_from(self.0 % 12).unwrap_or(0) + 1,
        )
    }

    /// The days of the month as a half-open period (cut at [`Date::MAX`] in the very last month).
    pub fn period(self) -> Period {
        Period {
            start: self.first(),
            end: self.next().first(),
        }
    }
}

impl fmt::Display for Month {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month) = self.year_month();
        write!(f, "{year:04}-{month:02}")
    }
}

/// A half-open run of days: `start` belongs to it, `end` does not.
#[derive(Copy, Clone, PartialEq, Eq, Hash, Debug)]
pub struct Period {
    start: Date,
    end: Date,
}

impl Period {
    /// The period from `start` up to but not including `end`; `None` if it would run backwards.
    pub fn new(start: Date, end: Date) -> Option<Self> {
        (start <= end).then_some(Self { start, end })
    }

    /// First day.
    pub fn start(self) -> Date {
        self.start
    }

    /// First day after the period.
    pub fn end(self) -> Date {
        self.end
    }

    /// Whether the day belongs to the period.
    pub fn contains(self, date: Date) -> bool {
        self.start <= date && date < self.end
    }

    /// Length in days.
    pub fn days(self) -> i32 {
        self.end.minus(self.start)
    }
}

impl fmt::Display for Period {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}..{}", self.start, self.end)
    }
}

const MICROS_PER_SECOND: i64 = 1_000_000;
const MICROS_PER_DAY: i64 = 86_400 * MICROS_PER_SECOND;

/// An instant: UTC microseconds since 1970-01-01T00:00:00Z, leap seconds not counted.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Timestamp(i64);

impl Timestamp {
    /// The instant `micros` after the epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since the epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The UTC date that holds the instant, `None` outside the range of [`Date`].
    pub fn date(self) -> Option<Date> {
        let days = u16::try_from(self.0.div_euclid(MICROS_PER_DAY)).ok()?;
        (days <= Date::MAX.0).then_some(Date(days))
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (year, month, day) = civil_from_days(self.0.div_euclid(MICROS_PER_DAY));
        let in_day = self.0.rem_euclid(MICROS_PER_DAY);
        let (seconds, micros) = (in_day / MICROS_PER_SECOND, in_day % MICROS_PER_SECOND);
        let (hour, minute, second) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{micros:06}Z"
        )
    }
}

impl FromStr for Timestamp {
    type Err = DateError;

    /// RFC 3339 with an offset of at most 14 hours, as far as any place on Earth is from UTC; or a date; or `YYYY-MM-DD HH:MM[:SS]`, both read as UTC. Digits below 1 µs are cut.
    fn from_str(text: &str) -> Result<Self, DateError> {
        let text = text.trim();
        if let Ok(date) = text.parse::<Date>() {
            return Ok(date.midnight());
        }
        if !offset_is_real(text) {
            return Err(DateError::OutOfRange);
        }
        if let Ok(instant) = text.parse::<jiff::Timestamp>() {
            return Ok(Self(instant.as_microsecond()));
        }
        // A bare time of day needs at least "YYYY-MM-DD HH:MM"; anything shorter jiff would fill with zeros.
        if text.len() < 16 || text.contains('[') {
            return Err(DateError::Malformed);
        }
        let civil: jiff::civil::DateTime = text.parse().map_err(|_| DateError::Malformed)?;
        let instant = jiff::tz::Offset::UTC
            .to_timestamp(civil)
            .map_err(|_| DateError::OutOfRange)?;
        Ok(Self(instant.as_microsecond()))
    }
}

/// Whether a time, which may end in `+hh:mm` or a like offset, is at most 14 hours from UTC.
fn offset_is_real(text: &str) -> bool {
    let zone = text.find('[').unwrap_or(text.len());
    let text = text.get(..zone).unwrap_or_default();
    let time = text.get(10..).unwrap_or_default();
    let signed = time.rsplit_once(['+', '-']);
    let Some((_, offset)) = signed.filter(|(time, _)| time.contains(':')) else {
        return true;
    };
    let mut digits = offset.bytes().filter(u8::is_ascii_digit).map(|b| b - b'0');
    let mut two = || {
        let tens = digits.next().unwrap_or_default();
        tens * 10 + digits.next().unwrap_or_default()
    };
    (two(), two(), two()) <= (14, 0, 0)
}

pub(crate) fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if (year % 4 == 0 && year % 100 != 0) || year % 400 == 0 => 29,
        2 => 28,
        _ => 0,
    }
}

/// Days since 1970-01-01, counted in 400-year eras that begin on 1 March, so that the leap day ends a year.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The inverse of [`days_from_civil`].
fn civil_from_days(days: i64) -> (i64, u8, u8) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted = (5 * day_of_year + 2) / 153;
    let day = u8::try_from(day_of_year - (153 * shifted + 2) / 5 + 1).unwrap_or(1);
    let month = u8::try_from(if shifted < 10 {
        shifted + 3
    } else {
        shifted - 9
    })
    .unwrap_or(1);
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year, month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_read_strictly() {
        let table: &[(&str, Result<&str, DateError>)] = &[
            ("1970-01-01", Ok("1970-01-01")),
            ("2024-02-29", Ok("2024-02-29")),
            ("2149-06-05", Ok("2149-06-05")),
            ("2023-02-29", Err(DateError::OutOfRange)),
            ("2100-02-29", Err(DateError::OutOfRange)),
            ("1969-12-31", Err(DateError::OutOfRange)),
            ("2149-06-06", Err(DateError::OutOfRange)),
            ("2024-13-01", Err(DateError::OutOfRange)),
            ("2024-00-10", Err(DateError::OutOfRange)),
            ("2024-04-31", Err(DateError::OutOfRange)),
            ("2024-4-30", Err(DateError::Malformed)),
            ("2024/04/30", Err(DateError::Malformed)),
            ("20240430", Err(DateError::Malformed)),
            ("2024-04-3x", Err(DateError::Malformed)),
            ("２０２４-04-30", Err(DateError::Malformed)),
            ("", Err(DateError::Malformed)),
        ];
        for (text, expected) in table {
            assert_eq!(
                text.parse::<Date>().map(|date| date.to_string()),
                expected.map(str::to_owned),
                "{text}"
            );
        }
    }

    #[test]
    fn every_day_agrees_with_another_calendar() {
        let epoch = jiff::civil::date(1970, 1, 1);
        let mut expected = epoch;
        for days in 0..=Date::MAX.days() {
            let date = Date::from_days(days);
            let (year, month, day) = date.ymd();
            assert_eq!(
                (year, month, day),
                (
                    i32::from(expected.year()),
                    expected.month().unsigned_abs(),
                    expected.day().unsigned_abs()
                )
            );
            assert_eq!(Date::from_ymd(year, month, day), Some(date));
            assert!(date.month().period().contains(date) || date.month() == Date::MAX.month());
            expected = expected.tomorrow().unwrap();
        }
        assert_eq!(Date::from_days(u16::MAX), Date::MAX);
    }

    #[test]
    fn arithmetic_stays_in_range() {
        let leap: Date = "2024-02-28".parse().unwrap();
        assert_eq!(leap.plus_days(1).unwrap().to_string(), "2024-02-29");
        assert_eq!(Date::MAX.plus_days(1), None);
        assert_eq!(Date::MIN.plus_days(-1), None);
        assert_eq!(Date::MIN.minus(Date::MAX), -65_534);
        let month = leap.month();
        assert_eq!(
            (month.to_string().as_str(), month.period().days()),
            ("2024-02", 29)
        );
        assert_eq!(month.next().first().to_string(), "2024-03-01");
        assert!(Period::new(leap, Date::MIN).is_none());
        let period = month.period();
        assert!(period.contains(leap) && !period.contains(period.end()));
    }

    #[test]
    fn instants_are_read_and_shown_in_utc() {
        let table = [
            (
                "2024-02-29T12:34:56.789012Z",
                Some("2024-02-29T12:34:56.789012Z"),
            ),
            (
                "2024-02-29T12:34:56+08:00",
                Some("2024-02-29T04:34:56.000000Z"),
            ),
            (
                "2024-02-29T12:34:56+14:00",
                Some("2024-02-28T22:34:56.000000Z"),
            ),
            ("2024-02-29T12:34:56+14:01", None),
            ("2024-02-29T12:34:56-14:00:01", None),
            ("2024-02-29T12:34:56+99:00", None),
            ("2024-02-29", Some("2024-02-29T00:00:00.000000Z")),
            ("2024-02-29 12:34", Some("2024-02-29T12:34:00.000000Z")),
            ("2024-02-29 12:34:56", Some("2024-02-29T12:34:56.000000Z")),
            (
                "1969-12-31T23:59:59.999999Z",
                Some("1969-12-31T23:59:59.999999Z"),
            ),
            ("2024-02-30 12:34", None),
            ("2024-02-29 25:00", None),
            ("2024-02-29 12", None),
            ("yesterday", None),
            ("", None),
        ];
        for (text, expected) in table {
            let read = text
                .parse::<Timestamp>()
                .ok()
                .map(|instant| instant.to_string());
            assert_eq!(read.as_deref(), expected, "{text}");
        }
        assert_eq!(Timestamp::from_micros(-1).date(), None);
        assert_eq!(Date::MAX.midnight().date(), Some(Date::MAX));
    }
}
