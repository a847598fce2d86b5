//! The computer's clock: asked here and nowhere else.

use std::time::{SystemTime, UNIX_EPOCH};

use weighbridge_measure::{Date, Timestamp};

/// Microseconds since 1970 UTC; 0 where the clock stands before that.
#[must_use]
pub fn now_us() -> i64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    i64::try_from(since.as_micros()).unwrap_or(i64::MAX)
}

/// Today in UTC.
#[must_use]
pub fn today() -> Date {
    Timestamp::from_micros(now_us()).date().unwrap_or(Date::MIN)
}
