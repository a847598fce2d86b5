//! How long the silent side of a consignment has.

use weighbridge_measure::{Date, SubstanceTable};

/// Days for a sale report of class 1, and (ours) for its receipt.
const CLASS_1_DAYS: i32 = 5;
/// Days for sale reports of classes 2 and 3, and (ours) for their receipts.
const CLASS_2_3_DAYS: i32 = 30;
/// Day of the next month by which everything else is reported (ours).
const MONTHLY_DAY: u8 = 15;

/// The last day on which the other half is not yet missing (matching rules, 5).
#[must_use]
pub fn due(substance: u16, last: Date) -> Date {
    let class = weighbridge_measure::SubstanceId::from_index(substance)
        .and_then(|id| SubstanceTable::shipped().get(id).cn_class);
    let days = |n| last.plus_days(n).unwrap_or(Date::MAX);
    match class {
        Some(1) => days(CLASS_1_DAYS),
        Some(_) => days(CLASS_2_3_DAYS),
        None => {
            let (year, month) = last.month().next().year_month();
            Date::from_ymd(year, month, MONTHLY_DAY).unwrap_or(Date::MAX)
        }
    }
}
