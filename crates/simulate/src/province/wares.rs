//! What is traded: listed substances as goods, with the sizes of loads.

use weighbridge_books::substances::vocabulary::Packaging;
use weighbridge_measure::{
    Basis, Decimal, Factor, FormId, FormTable, Found, SubstanceTable, Unit, base_ug,
};

/// One kind of goods. Amounts are grams of goods (gross of concentration and form).
pub(super) struct Ware {
    /// Id, CAS number, English and Chinese name: the spellings of files.
    pub(super) names: [&'static str; 4],
    /// Chinese class.
    pub(super) class: u8,
    /// Form as reported, English and Chinese; empty for the substance itself.
    pub(super) form: [&'static str; 2],
    /// Percent by mass as reported; empty for 100.
    pub(super) concentration: &'static str,
    /// Density at 20 °C in tenths of a gram per litre where the goods are a liquid that is also reported by volume.
    pub(super) density: Option<i64>,
    /// A usual load in grams.
    pub(super) load: i64,
    /// Packaging of a usual load.
    pub(super) packaging: Packaging,
    /// Share of the market in percent.
    pub(super) share: u64,
    /// Demand by month, January first, in percent of the mean.
    pub(super) season: [u32; 12],
}

/// Paints and coatings: spring and autumn.
const COATINGS: [u32; 12] = [80, 60, 110, 120, 115, 100, 90, 95, 115, 120, 110, 85];
/// Medicines against colds: winter.
const COLDS: [u32; 12] = [130, 110, 105, 95, 85, 75, 75, 85, 95, 110, 115, 120];
/// No season but the New Year holidays.
const EVEN: [u32; 12] = [95, 70, 105, 103, 103, 103, 103, 103, 103, 103, 105, 104];

const KG: i64 = 1_000;
const T: i64 = 1_000_000;

#[rustfmt::skip]
pub(super) const WARES: &[Ware] = &[
    ware(["acetone", "67-64-1", "Acetone", "丙酮"], 3, Some(7899), 20 * T, Packaging::Bulk, 18, COATINGS),
    ware(["toluene", "108-88-3", "Toluene", "甲苯"], 3, Some(8669), 25 * T, Packaging::Bulk, 18, COATINGS),
    Ware { concentration: "36", ..ware(["hydrochloric_acid", "7647-01-0", "Hydrochloric acid", "盐酸"], 3, Some(11_789), 15 * T, Packaging::Bulk, 14, EVEN) },
    Ware { concentration: "98", ..ware(["sulfuric_acid", "7664-93-9", "Sulphuric acid", "硫酸"], 3, Some(18_361), 28 * T, Packaging::Bulk, 14, EVEN) },
    ware(["methyl_ethyl_ketone", "78-93-3", "Methyl ethyl ketone", "甲基乙基酮"], 3, Some(8054), 5 * T, Packaging::Ibc, 8, COATINGS),
    ware(["potassium_permanganate", "7722-64-7", "Potassium permanganate", "高锰酸钾"], 3, None, 2 * T, Packaging::Drum, 6, EVEN),
    ware(["ethyl_ether", "60-29-7", "Ethyl ether", "乙醚"], 2, Some(7138), 560 * KG, Packaging::Drum, 6, EVEN),
    ware(["acetic_anhydride", "108-24-7", "Acetic anhydride", "醋酸酐"], 2, Some(10_820), 12 * T, Packaging::Bulk, 5, EVEN),
    ware(["piperidine", "110-89-4", "Piperidine", "哌啶"], 2, Some(8606), 340 * KG, Packaging::Drum, 3, EVEN),
    ware(["phenylacetic_acid", "103-82-2", "Phenylacetic acid", "苯乙酸"], 2, None, 500 * KG, Packaging::Bag, 3, EVEN),
    ware(["chloroform", "67-66-3", "Chloroform", "三氯甲烷"], 2, Some(14_832), 900 * KG, Packaging::Drum, 2, EVEN),
    Ware { form: ["hydrochloride", "盐酸盐"], ..ware(["pseudoephedrine", "90-82-4", "Pseudoephedrine", "伪麻黄碱"], 1, None, 100 * KG, Packaging::Drum, 2, COLDS) },
    Ware { form: ["hydrochloride", "盐酸盐"], ..ware(["ephedrine", "299-42-3", "Ephedrine", "麻黄碱"], 1, None, 50 * KG, Packaging::Drum, 1, COLDS) },
];

const fn ware(
    names: [&'static str; 4],
    class: u8,
    density: Option<i64>,
    load: i64,
    packaging: Packaging,
    share: u64,
    season: [u32; 12],
) -> Ware {
    Ware {
        names,
        class,
        form: ["", ""],
        concentration: "",
        density,
        load,
        packaging,
        share,
        season,
    }
}

impl Ware {
    /// The factor from grams of goods to base µg. The table is ours and its words are tested to be known.
    pub(super) fn factor(&self) -> Option<Factor> {
        let Found::One(substance) = SubstanceTable::shipped().find(self.names[0]) else {
            return None;
        };
        let form = if self.form[0].is_empty() {
            FormId::BASE
        } else {
            FormTable::shipped().find(substance, self.form[0])?
        };
        let concentration = if self.concentration.is_empty() {
            None
        } else {
            Decimal::parse(self.concentration).ok()
        };
        let basis = Basis {
            form,
            concentration,
            ..Basis::plain(substance, Unit::Gram)
        };
        basis.factor().ok()
    }

    /// Base µg of an amount of goods.
    pub(super) fn base_ug(&self, grams: i64) -> i128 {
        let amount = Decimal::new(i128::from(grams.max(0)), 0).ok();
        let mass = self
            .factor()
            .zip(amount)
            .and_then(|(factor, amount)| base_ug(&amount, &factor).ok());
        mass.map_or(0, |mass| i128::from(mass.ug()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_spelling_is_known_and_converts() {
        for ware in WARES {
            let found: Vec<Found> = ware
                .names
                .iter()
                .map(|n| SubstanceTable::shipped().find(n))
                .collect();
            assert!(
                found
                    .iter()
                    .all(|f| matches!(f, Found::One(_)) && *f == found[0]),
                "{found:?} {:?}",
                ware.names
            );
            let Found::One(substance) = found[0] else {
                unreachable!()
            };
            assert_eq!(
                SubstanceTable::shipped().get(substance).cn_class,
                Some(ware.class)
            );
            for form in ware.form {
                assert!(
                    form.is_empty() || FormTable::shipped().find(substance, form).is_some(),
                    "{form}"
                );
            }
            assert!(ware.base_ug(1_000) > 0);
            if let Some(density) = ware.density {
                // The density written here is the table's: 10,000 L weigh 1,000 × as many grams.
                let concentration = Decimal::parse(ware.concentration).ok();
                let basis = Basis {
                    concentration,
                    ..Basis::plain(substance, Unit::Litre)
                };
                let litre = base_ug(&Decimal::parse("10000").unwrap(), &basis.factor().unwrap())
                    .unwrap()
                    .ug();
                assert_eq!(
                    i128::from(litre),
                    ware.base_ug(density * 1_000),
                    "{:?}",
                    ware.names
                );
            }
        }
        assert_eq!(WARES.iter().map(|w| w.share).sum::<u64>(), 100);
    }

    #[test]
    fn hydrochloride_and_acid() {
        // 1,000 g × 165.24 / 201.70 = 819.236 489 836… g; 1,000 g × 36 % = 360 g.
        assert_eq!(WARES[11].base_ug(1_000), 819_236_490);
        assert_eq!(WARES[2].base_ug(1_000), 360_000_000);
    }
}
