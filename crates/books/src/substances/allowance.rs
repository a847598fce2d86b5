//! Loss allowances: what may go missing on the way without a question. They change escalation, never a difference.

use weighbridge_measure::Date;

use super::vocabulary::{Mode, Packaging};

/// One dated row of the table.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Allowance {
    /// First day in force.
    pub from: Date,
    /// Whether it is for loose liquids.
    pub goods: Goods,
    /// Mode of transport; none = any other.
    pub mode: Option<Mode>,
    /// Explain above this share of the dispatch, parts per million (limit A).
    pub explain_ppm: u32,
    /// Notify above this share, parts per million (limit B).
    pub notify_ppm: u32,
    /// Where the row comes from.
    pub source: &'static str,
}

/// Goods as far as allowances tell them apart.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Goods {
    /// Counted packs, drums, bags, and solids: nothing evaporates.
    Packed,
    /// Liquids in tanks.
    Bulk,
}

const OURS: &str = "own default, no law; practice of HMRC Notice 179 and of bulk liquid contracts";

/// The shipped table. The last row that fits and is in force holds.
pub const TABLE: [Allowance; 3] = [
    Allowance {
        from: Date::MIN,
        goods: Goods::Packed,
        mode: None,
        explain_ppm: 0,
        notify_ppm: 0,
        source: OURS,
    },
    Allowance {
        from: Date::MIN,
        goods: Goods::Bulk,
        mode: None,
        explain_ppm: 1_000,
        notify_ppm: 3_000,
        source: OURS,
    },
    Allowance {
        from: Date::MIN,
        goods: Goods::Bulk,
        mode: Some(Mode::Sea),
        explain_ppm: 3_000,
        notify_ppm: 5_000,
        source: OURS,
    },
];

/// How an amount was stated, as far as it tells loose liquid from packed goods, and how well its mass is known.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stated {
    /// As a mass, or unknown.
    Mass,
    /// As a volume, at a temperature that is not said.
    Volume,
    /// As a volume with its temperature or its density.
    KnownVolume,
}

/// The allowance in force for goods that left on a date.
#[must_use]
pub fn in_force(on: Date, packaging: Packaging, stated: Stated, mode: Mode) -> &'static Allowance {
    let goods = match (packaging, stated) {
        (Packaging::Bulk, _) | (Packaging::Unknown, Stated::Volume | Stated::KnownVolume) => {
            Goods::Bulk
        }
        _ => Goods::Packed,
    };
    let fits =
        |a: &&Allowance| a.from <= on && a.goods == goods && a.mode.is_none_or(|m| m == mode);
    let [fallback, ..] = &TABLE;
    TABLE.iter().rev().find(fits).unwrap_or(fallback)
}

/// A share of a mass, rounded down.
#[must_use]
pub fn share(ug: i128, ppm: u32) -> i128 {
    ug * i128::from(ppm) / 1_000_000
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows() {
        for (packaging, stated, mode, explain, notify) in [
            (Packaging::Drum, Stated::Volume, Mode::Sea, 0, 0),
            (Packaging::Unknown, Stated::Mass, Mode::Road, 0, 0),
            (Packaging::Bulk, Stated::Mass, Mode::Road, 1_000, 3_000),
            (
                Packaging::Unknown,
                Stated::Volume,
                Mode::Unknown,
                1_000,
                3_000,
            ),
            (Packaging::Bulk, Stated::Volume, Mode::Sea, 3_000, 5_000),
            (Packaging::Other, Stated::Volume, Mode::Sea, 0, 0),
        ] {
            let a = in_force(Date::MIN, packaging, stated, mode);
            assert_eq!(
                (a.explain_ppm, a.notify_ppm),
                (explain, notify),
                "{packaging:?} {stated:?} {mode:?}"
            );
        }
    }
}
