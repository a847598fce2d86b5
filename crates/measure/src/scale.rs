//! How well an instrument weighs: default relative standard uncertainties.
//!
//! The classes are those of OIML R 76 (II in Roman numerals, IIII as written there). The figures are ours: they stand
//! in until an instrument's own certificate does.

use crate::Dimension;
use crate::text::fold;

/// Class of the instrument that an amount was read from.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum ScaleClass {
    /// OIML R 76 class I, analytical balance.
    ClassI,
    /// OIML R 76 class II, precision balance.
    ClassII,
    /// OIML R 76 class III, bench and platform scale.
    ClassIII,
    /// OIML R 76 class IIII, and vehicle scales in rough use.
    ClassIIII,
    /// Flow meter or dipped tank.
    FlowMeter,
    /// Counted sealed packs: no weighing error.
    Exact,
}

impl ScaleClass {
    /// Every class.
    pub const ALL: &[Self] = &[
        Self::ClassI,
        Self::ClassII,
        Self::ClassIII,
        Self::ClassIIII,
        Self::FlowMeter,
        Self::Exact,
    ];

    /// Relative standard uncertainty in parts per million of the amount.
    pub const fn u_ppm(self) -> u32 {
        match self {
            Self::ClassI => 10,
            Self::ClassII => 100,
            Self::ClassIII => 500,
            Self::ClassIIII => 2_000,
            Self::FlowMeter => 1_500,
            Self::Exact => 0,
        }
    }

    /// Our stable code; [`ScaleClass::parse`] reads it back.
    pub const fn code(self) -> &'static str {
        match self {
            Self::ClassI => "class_i",
            Self::ClassII => "class_ii",
            Self::ClassIII => "class_iii",
            Self::ClassIIII => "class_iiii",
            Self::FlowMeter => "flow_meter",
            Self::Exact => "exact",
        }
    }

    /// Reads a class or a kind of instrument in English or Chinese; `None` for an instrument's own number.
    pub fn parse(text: &str) -> Option<Self> {
        let folded = fold(text).replace(['_', '-'], " ");
        let word = folded.strip_prefix("class ").unwrap_or(&folded);
        Some(match word {
            "i" | "1" | "ⅰ" | "analytical" | "analytical balance" | "一级" | "特种准确度级"
            | "分析天平" => Self::ClassI,
            "ii" | "2" | "ⅱ" | "precision" | "precision balance" | "二级" | "高准确度级"
            | "精密天平" | "电子天平" => Self::ClassII,
            "iii" | "3" | "ⅲ" | "bench" | "bench scale" | "platform" | "platform scale"
            | "scale" | "三级" | "中准确度级" | "台秤" | "电子秤" | "平台秤" => {
                Self::ClassIII
            }
            "iiii" | "4" | "ⅳ" | "iv" | "truck" | "truck scale" | "weighbridge"
            | "vehicle scale" | "四级" | "普通准确度级" | "地磅" | "地衡" | "汽车衡" => {
                Self::ClassIIII
            }
            "flow meter" | "flowmeter" | "meter" | "流量计" | "tank gauge" | "液位计" => {
                Self::FlowMeter
            }
            "exact" | "counted" | "count" | "sealed packs" | "计数" | "点数" => Self::Exact,
            _ => return None,
        })
    }

    /// The class that is used when a line names no instrument.
    pub const fn default_for(dimension: Dimension) -> Self {
        match dimension {
            Dimension::Mass => Self::ClassIII,
            Dimension::Volume => Self::FlowMeter,
            Dimension::Count => Self::Exact,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_are_read_in_both_languages() {
        for class in ScaleClass::ALL {
            assert_eq!(ScaleClass::parse(class.code()), Some(*class));
        }
        let table = [
            ("III", Some(ScaleClass::ClassIII)),
            ("Class IIII", Some(ScaleClass::ClassIIII)),
            ("truck scale", Some(ScaleClass::ClassIIII)),
            ("汽车衡", Some(ScaleClass::ClassIIII)),
            ("流量计", Some(ScaleClass::FlowMeter)),
            ("Analytical balance", Some(ScaleClass::ClassI)),
            ("SN-20417", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(ScaleClass::parse(text), expected, "{text}");
        }
    }
}
