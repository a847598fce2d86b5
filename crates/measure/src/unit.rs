//! Units of mass, volume and count, with exact factors.
//!
//! Sources: SI; the international pound and yard of 1959; the US gallon of 231 in³ and the imperial gallon of
//! 4.54609 L; the Chinese market units of 1959 (1 斤 = 500 g, 1 两 = 50 g); code letters of UN/ECE Recommendation 20.
//! Absent on purpose: "ton" (2,000 lb, 2,240 lb or 1,000 kg), the troy ounce and "Mg" as megagram, all of which
//! would be guesses.

use std::fmt;

use crate::Ratio;
use crate::text::fold;

/// What a unit measures. Amounts of different dimensions are never added.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Dimension {
    /// Base: the microgram.
    Mass,
    /// Base: the microlitre.
    Volume,
    /// Base: one piece.
    Count,
}

/// A unit that an amount can be reported in.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
#[allow(
    missing_docs,
    reason = "the names say it; factors and codes are in `Unit::row`"
)]
pub enum Unit {
    Microgram,
    Milligram,
    Gram,
    Kilogram,
    Tonne,
    Grain,
    Ounce,
    Pound,
    /// 2,000 lb.
    ShortTon,
    /// 2,240 lb.
    LongTon,
    /// 斤, 500 g.
    Jin,
    /// 两, 50 g.
    Liang,
    Microlitre,
    Millilitre,
    Litre,
    CubicMetre,
    UsFluidOunce,
    UsGallon,
    ImperialGallon,
    /// 42 US gallons.
    Barrel,
    CubicYard,
    Each,
    /// A tablet, capsule, ampoule: one dosage unit.
    Dose,
    Dozen,
    Thousand,
}

/// Code, dimension, and numerator and denominator of the factor to the dimension's base unit.
type Row = (&'static str, Dimension, u128, u128);

impl Unit {
    /// Every unit, in the order of declaration.
    pub const ALL: &[Self] = &[
        Self::Microgram,
        Self::Milligram,
        Self::Gram,
        Self::Kilogram,
        Self::Tonne,
        Self::Grain,
        Self::Ounce,
        Self::Pound,
        Self::ShortTon,
        Self::LongTon,
        Self::Jin,
        Self::Liang,
        Self::Microlitre,
        Self::Millilitre,
        Self::Litre,
        Self::CubicMetre,
        Self::UsFluidOunce,
        Self::UsGallon,
        Self::ImperialGallon,
        Self::Barrel,
        Self::CubicYard,
        Self::Each,
        Self::Dose,
        Self::Dozen,
        Self::Thousand,
    ];

    const fn row(self) -> Row {
        use Dimension::{Count, Mass, Volume};
        match self {
            Self::Microgram => ("ug", Mass, 1, 1),
            Self::Milligram => ("mg", Mass, 1_000, 1),
            Self::Gram => ("g", Mass, 1_000_000, 1),
            Self::Kilogram => ("kg", Mass, 1_000_000_000, 1),
            Self::Tonne => ("t", Mass, 1_000_000_000_000, 1),
            Self::Grain => ("gr", Mass, 6_479_891, 100),
            Self::Ounce => ("oz", Mass, 28_349_523_125, 1_000),
            Self::Pound => ("lb", Mass, 453_592_370, 1),
            Self::ShortTon => ("short_ton", Mass, 907_184_740_000, 1),
            Self::LongTon => ("long_ton", Mass, 1_016_046_908_800, 1),
            Self::Jin => ("jin", Mass, 500_000_000, 1),
            Self::Liang => ("liang", Mass, 50_000_000, 1),
            Self::Microlitre => ("ul", Volume, 1, 1),
            Self::Millilitre => ("ml", Volume, 1_000, 1),
            Self::Litre => ("l", Volume, 1_000_000, 1),
            Self::CubicMetre => ("m3", Volume, 1_000_000_000, 1),
            Self::UsFluidOunce => ("us_fl_oz", Volume, 295_735_295_625, 10_000_000),
            Self::UsGallon => ("us_gal", Volume, 3_785_411_784, 1_000),
            Self::ImperialGallon => ("imp_gal", Volume, 4_546_090, 1),
            Self::Barrel => ("bbl", Volume, 158_987_294_928, 1_000),
            Self::CubicYard => ("yd3", Volume, 764_554_857_984, 1_000),
            Self::Each => ("each", Count, 1, 1),
            Self::Dose => ("dose", Count, 1, 1),
            Self::Dozen => ("dozen", Count, 12, 1),
            Self::Thousand => ("thousand", Count, 1_000, 1),
        }
    }

    /// What the unit measures.
    pub const fn dimension(self) -> Dimension {
        self.row().1
    }

    /// Our stable code; [`Unit::parse`] reads it back.
    pub const fn code(self) -> &'static str {
        self.row().0
    }

    /// Micrograms, microlitres or pieces in one unit, exact.
    pub const fn to_base(self) -> Ratio {
        let (_, _, num, den) = self.row();
        Ratio::reduced(num, den)
    }

    /// Reads a unit in English, Chinese, symbols, UN/ECE Recommendation 20 codes or our codes.
    ///
    /// Letter case, full-width letters, a closing dot and spaces around are ignored: "MG" and "Mg" are milligrams.
    /// `None` for what is unknown or has more than one meaning.
    pub fn parse(text: &str) -> Option<Self> {
        // The hot loop of the importer sees little else.
        match text {
            "kg" | "KG" | "Kg" | "千克" | "公斤" => return Some(Self::Kilogram),
            "g" | "克" => return Some(Self::Gram),
            "L" | "l" | "升" => return Some(Self::Litre),
            _ => {}
        }
        let folded = fold(text);
        let word = folded.strip_suffix('.').unwrap_or(&folded);
        Self::parse_mass(word)
            .or_else(|| Self::parse_volume(word))
            .or_else(|| Self::parse_count(word))
    }

    fn parse_mass(word: &str) -> Option<Self> {
        Some(match word {
            "ug" | "µg" | "mcg" | "mc" | "microgram" | "micrograms" | "微克" => Self::Microgram,
            "mg" | "mgm" | "mgs" | "milligram" | "milligrams" | "毫克" => Self::Milligram,
            "g" | "gm" | "gms" | "grm" | "gram" | "grams" | "gramme" | "grammes" | "克"
            | "公克" => Self::Gram,
            "kg" | "kgm" | "kgs" | "kilo" | "kilos" | "kilogram" | "kilograms" | "kilogramme"
            | "kilogrammes" | "公斤" | "千克" | "仟克" => Self::Kilogram,
            "t" | "tne" | "mt" | "tonne" | "tonnes" | "metric ton" | "metric tons"
            | "metric tonne" | "吨" | "公吨" => Self::Tonne,
            "gr" | "grn" | "grain" | "grains" | "格令" => Self::Grain,
            "oz" | "onz" | "ounce" | "ounces" | "盎司" => Self::Ounce,
            "lb" | "lbs" | "lbr" | "pound" | "pounds" | "磅" => Self::Pound,
            "short_ton" | "short ton" | "short tons" | "stn" | "us ton" | "短吨" | "美吨" => {
                Self::ShortTon
            }
            "long_ton" | "long ton" | "long tons" | "ltn" | "uk ton" | "长吨" | "英吨" => {
                Self::LongTon
            }
            "jin" | "斤" | "市斤" => Self::Jin,
            "liang" | "两" | "市两" => Self::Liang,
            _ => return None,
        })
    }

    fn parse_volume(word: &str) -> Option<Self> {
        Some(match word {
            "ul" | "µl" | "4g" | "microlitre" | "microliter" | "microlitres" | "microliters"
            | "微升" => Self::Microlitre,
            "ml" | "mlt" | "cc" | "cm3" | "cm³" | "cmq" | "millilitre" | "milliliter"
            | "millilitres" | "milliliters" | "毫升" | "立方厘米" => Self::Millilitre,
            "l" | "ltr" | "lt" | "ltrs" | "dm3" | "dm³" | "dmq" | "litre" | "liter" | "litres"
            | "liters" | "升" | "公升" | "立升" => Self::Litre,
            "m3" | "m³" | "mtq" | "cbm" | "cubic metre" | "cubic meter" | "cubic metres"
            | "cubic meters" | "立方米" | "立方" | "方" => Self::CubicMetre,
            "us_fl_oz" | "fl oz" | "fl. oz" | "us fl oz" | "oza" | "fluid ounce"
            | "fluid ounces" | "美液盎司" | "液盎司" => Self::UsFluidOunce,
            "us_gal" | "gal" | "gals" | "gll" | "us gal" | "gallon" | "gallons" | "us gallon"
            | "us gallons" | "加仑" | "美加仑" => Self::UsGallon,
            "imp_gal" | "gli" | "imp gal" | "uk gal" | "imperial gallon" | "imperial gallons"
            | "uk gallon" | "英加仑" => Self::ImperialGallon,
            "bbl" | "bll" | "barrel" | "barrels" => Self::Barrel,
            "yd3" | "yd³" | "ydq" | "cubic yard" | "cubic yards" | "立方码" => Self::CubicYard,
            _ => return None,
        })
    }

    fn parse_count(word: &str) -> Option<Self> {
        Some(match word {
            "each" | "ea" | "c62" | "h87" | "unit" | "units" | "pc" | "pcs" | "piece"
            | "pieces" | "pack" | "packs" | "package" | "packages" | "box" | "boxes" | "bottle"
            | "bottles" | "drum" | "drums" | "bag" | "bags" | "个" | "件" | "瓶" | "桶" | "袋"
            | "盒" | "箱" | "包" => Self::Each,
            "dose" | "doses" | "dosage unit" | "dosage units" | "tab" | "tabs" | "tablet"
            | "tablets" | "u2" | "cap" | "caps" | "capsule" | "capsules" | "ampoule"
            | "ampoules" | "片" | "粒" | "支" | "剂" => Self::Dose,
            "dozen" | "dozens" | "dz" | "doz" | "dzn" | "打" => Self::Dozen,
            "thousand" | "thousands" | "mil" | "千个" | "千" => Self::Thousand,
            _ => return None,
        })
    }
}

impl fmt::Display for Unit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn codes_are_unique_and_read_back() {
        let mut codes = HashSet::new();
        for unit in Unit::ALL {
            assert!(codes.insert(unit.code()));
            assert_eq!(Unit::parse(unit.code()), Some(*unit));
            assert_eq!(Unit::parse(&unit.code().to_uppercase()), Some(*unit));
        }
    }

    #[test]
    fn factors_are_those_of_the_definitions() {
        let table = [
            (Unit::Pound, "453592370/1"),
            (Unit::Ounce, "226796185/8"),
            (Unit::Grain, "6479891/100"),
            (Unit::UsGallon, "473176473/125"),
            (Unit::UsFluidOunce, "473176473/16000"),
            (Unit::ImperialGallon, "4546090/1"),
            (Unit::Jin, "500000000/1"),
        ];
        for (unit, expected) in table {
            assert_eq!(unit.to_base().to_string(), expected, "{unit}");
        }
        let times = |unit: Unit, count: u128| {
            unit.to_base()
                .checked_mul(Ratio::new(count, 1).unwrap())
                .unwrap()
        };
        assert_eq!(times(Unit::Ounce, 16), Unit::Pound.to_base());
        assert_eq!(times(Unit::Grain, 7000), Unit::Pound.to_base());
        assert_eq!(times(Unit::Pound, 2000), Unit::ShortTon.to_base());
        assert_eq!(times(Unit::Pound, 2240), Unit::LongTon.to_base());
        assert_eq!(times(Unit::UsGallon, 42), Unit::Barrel.to_base());
        assert_eq!(times(Unit::UsFluidOunce, 128), Unit::UsGallon.to_base());
        assert_eq!(times(Unit::Liang, 10), Unit::Jin.to_base());
        assert_eq!(times(Unit::Jin, 2), Unit::Kilogram.to_base());
    }

    #[test]
    fn words_of_both_languages_are_read() {
        let table = [
            ("KG", Some(Unit::Kilogram)),
            (" Ｋｇ ", Some(Unit::Kilogram)),
            ("公斤", Some(Unit::Kilogram)),
            ("KGM", Some(Unit::Kilogram)),
            ("G", Some(Unit::Gram)),
            ("GRM", Some(Unit::Gram)),
            ("Mg", Some(Unit::Milligram)),
            ("MGM", Some(Unit::Milligram)),
            ("MC", Some(Unit::Microgram)),
            ("μg", Some(Unit::Microgram)),
            ("µg", Some(Unit::Microgram)),
            ("吨", Some(Unit::Tonne)),
            ("TNE", Some(Unit::Tonne)),
            ("斤", Some(Unit::Jin)),
            ("lbs.", Some(Unit::Pound)),
            ("升", Some(Unit::Litre)),
            ("LTR", Some(Unit::Litre)),
            ("立方米", Some(Unit::CubicMetre)),
            ("GLI", Some(Unit::ImperialGallon)),
            ("gal", Some(Unit::UsGallon)),
            ("桶", Some(Unit::Each)),
            ("ton", None),
            ("megagram", None),
            ("", None),
            ("kg/L", None),
        ];
        for (text, expected) in table {
            assert_eq!(Unit::parse(text), expected, "{text}");
        }
    }
}
