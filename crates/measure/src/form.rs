//! Salts and hydrates, and their share of base or acid.
//!
//! The share is exact: `n × M(base) / M(form)` in hundredths of g/mol, where one unit of the form holds `n` units of
//! the base. A regime's own percentage (the figure that a return must use) is kept beside it and never replaces it in a
//! balance. A form that is not in the table has no share: the line waits for a source.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::ids::looks_like_cas;
use crate::substance::centi;
use crate::table::{field, rows};
use crate::text::{fold, name_key};
use crate::{Decimal, Ratio, SubstanceId, SubstanceTable};

const FORMS: &str = include_str!("../data/forms.csv");

/// How far a datum is to be trusted.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Status {
    /// Stands in the source named.
    Verified,
    /// Believed true, source text still to be checked.
    ToBeReread,
    /// A decision of this project.
    Ours,
}

impl Status {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        match text {
            "verified" => Some(Self::Verified),
            "to_be_reread" => Some(Self::ToBeReread),
            "ours" => Some(Self::Ours),
            _ => None,
        }
    }
}

/// Index into the shipped table of forms.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct FormId(u16);

impl FormId {
    /// The substance itself, as free base or acid.
    pub const BASE: Self = Self(0);

    /// The index as a number, for columns.
    pub const fn index(self) -> u16 {
        self.0
    }

    /// The form at an index of the shipped table, `None` beyond its end.
    pub fn from_index(index: u16) -> Option<Self> {
        (usize::from(index) < FormTable::shipped().forms.len()).then_some(Self(index))
    }
}

/// One form of one substance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Form {
    /// The substance; `None` for the base form, which every substance has.
    pub substance: Option<SubstanceId>,
    /// Stable key within the substance, such as "hydrochloride".
    pub id: &'static str,
    /// English name of the form.
    pub name_en: &'static str,
    /// Chinese name of the form.
    pub name_zh: &'static str,
    /// CAS number of this form.
    pub cas: Option<&'static str>,
    /// Formula as written in the table, adducts joined by a dot.
    pub formula: &'static str,
    /// Molar mass of one formula unit in hundredths of g/mol.
    pub molar_mass_centi: u32,
    /// Units of base or acid in one formula unit.
    pub base_per_unit: u32,
    /// Mass of base or acid in one mass of the form, exact.
    pub factor: Ratio,
    /// A regime's own figure for the same share, for its returns only.
    pub regime_factor: Option<Ratio>,
    /// Where the regime's figure comes from.
    pub regime_source: Option<&'static str>,
    /// Where formula and composition come from.
    pub source: &'static str,
    /// How far the row is to be trusted.
    pub status: Status,
}

/// The shipped list of forms.
#[derive(Debug)]
pub struct FormTable {
    forms: Vec<Form>,
    by_name: HashMap<(SubstanceId, String), FormId>,
    by_product: HashMap<String, FormId>,
}

static SHIPPED: LazyLock<FormTable> = LazyLock::new(FormTable::load);

static BASE_FORM: Form = Form {
    substance: None,
    id: "base",
    name_en: "base or acid",
    name_zh: "游离碱或酸",
    cas: None,
    formula: "",
    molar_mass_centi: 0,
    base_per_unit: 1,
    factor: Ratio::ONE,
    regime_factor: None,
    regime_source: None,
    source: "the listed substance itself",
    status: Status::Ours,
};

impl FormTable {
    /// The table inside the crate.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    fn load() -> Self {
        let mut table = Self {
            forms: vec![BASE_FORM.clone()],
            by_name: HashMap::new(),
            by_product: HashMap::new(),
        };
        for row in rows(FORMS) {
            let Some((substance, form)) = read(&row) else {
                continue;
            };
            let Ok(index) = u16::try_from(table.forms.len()) else {
                break;
            };
            let id = FormId(index);
            let aliases = || field(&row, 4).unwrap_or("").split(';').map(str::trim);
            let plain = |alias: &'static str| alias.strip_prefix('=').unwrap_or(alias);
            for name in [form.id, form.name_en, form.name_zh]
                .into_iter()
                .chain(aliases().map(plain))
                .chain(form.cas)
            {
                if !name.is_empty() {
                    table.by_name.insert((substance, form_key(name)), id);
                }
            }
            let entry = SubstanceTable::shipped().get(substance);
            let short = entry.name_en.split(" (").next().unwrap_or(entry.name_en);
            let product = format!("{short} {}", form.name_en);
            table.by_name.insert((substance, form_key(&product)), id);
            let products = aliases().filter_map(|alias| alias.strip_prefix('='));
            for name in products.chain(form.cas).chain([product.as_str()]) {
                table.by_product.entry(form_key(name)).or_insert(id);
            }
            table.forms.push(form);
        }
        table
    }

    /// Every form but the base, in order.
    pub fn all(&self) -> impl Iterator<Item = (FormId, &Form)> {
        self.forms
            .iter()
            .zip(0u16..)
            .skip(1)
            .map(|(form, index)| (FormId(index), form))
    }

    /// The form of an id.
    pub fn get(&self, id: FormId) -> &Form {
        self.forms.get(usize::from(id.0)).unwrap_or(&BASE_FORM)
    }

    /// Finds a form of a substance by its key, name, alias or CAS number. Empty text and the words for the substance
    /// itself ("base", "acid", "游离碱" …) are [`FormId::BASE`]; `None` is a form without a source.
    pub fn find(&self, substance: SubstanceId, text: &str) -> Option<FormId> {
        if matches!(text, "" | "base") {
            return Some(FormId::BASE);
        }
        match fold(text).as_str() {
            "" | "base" | "free base" | "freebase" | "acid" | "free acid" | "base or acid"
            | "pure" | "anhydrous base" | "游离碱" | "碱" | "碱基" | "游离酸" | "酸" | "纯品"
            | "本品" => return Some(FormId::BASE),
            _ => {}
        }
        self.by_name.get(&(substance, form_key(text))).copied()
    }

    /// Finds a form by the name or CAS number of the product itself: "pseudoephedrine hydrochloride", "345-78-8".
    /// The substance is [`Form::substance`].
    pub fn find_product(&self, text: &str) -> Option<FormId> {
        self.by_product.get(&form_key(text)).copied()
    }
}

/// Names lose their hyphens, CAS numbers keep them, so that no bare number is taken for one.
fn form_key(text: &str) -> String {
    let folded = fold(text);
    if looks_like_cas(&folded) {
        folded
    } else {
        name_key(text)
    }
}

fn read(row: &[&'static str]) -> Option<(SubstanceId, Form)> {
    let table = SubstanceTable::shipped();
    let substance = table.by_code(field(row, 0)?)?;
    let base = table.get(substance).molar_mass_centi?;
    let molar_mass_centi = centi(field(row, 7)?)?;
    let base_per_unit: u32 = field(row, 8)?.parse().ok()?;
    let hundredth = Ratio::new(1, 100)?;
    let regime_factor = field(row, 9)
        .and_then(|text| Decimal::parse(text).ok())
        .and_then(Ratio::from_decimal)
        .and_then(|percent| percent.checked_mul(hundredth));
    let form = Form {
        substance: Some(substance),
        id: field(row, 1)?,
        name_en: field(row, 2)?,
        name_zh: field(row, 3)?,
        cas: field(row, 5),
        formula: field(row, 6)?,
        molar_mass_centi,
        base_per_unit,
        factor: Ratio::new(
            u128::from(base) * u128::from(base_per_unit),
            u128::from(molar_mass_centi),
        )?,
        regime_factor,
        regime_source: field(row, 10),
        source: field(row, 11)?,
        status: Status::parse(field(row, 12)?)?,
    };
    Some((substance, form))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ids::cas_ok;

    /// IUPAC conventional atomic weights in thousandths.
    const WEIGHTS: &[(&str, u64)] = &[
        ("H", 1_008),
        ("C", 12_011),
        ("N", 14_007),
        ("O", 15_999),
        ("Cl", 35_450),
        ("S", 32_060),
        ("Br", 79_904),
        ("K", 39_098),
        ("Na", 22_990),
        ("Mn", 54_938),
        ("P", 30_974),
        ("I", 126_900),
        ("Mg", 24_305),
        ("Ca", 40_078),
        ("Fe", 55_845),
    ];

    fn count(text: &mut &str) -> u64 {
        let digits = text.len() - text.trim_start_matches(|c: char| c.is_ascii_digit()).len();
        let (number, rest) = text.split_at(digits);
        *text = rest;
        number.parse().unwrap_or(1)
    }

    /// Thousandths of g/mol of a formula with brackets.
    fn group(text: &mut &str) -> u64 {
        let mut sum = 0;
        while let Some(first) = text.chars().next() {
            if first == ')' {
                break;
            }
            let part = if first == '(' {
                *text = &text[1..];
                let inner = group(text);
                *text = text.strip_prefix(')').unwrap();
                inner
            } else {
                let long = text
                    .get(..2)
                    .and_then(|symbol| WEIGHTS.iter().find(|(name, _)| *name == symbol));
                let (name, weight) = long
                    .or_else(|| WEIGHTS.iter().find(|(name, _)| *name == &text[..1]))
                    .expect("element");
                *text = &text[name.len()..];
                *weight
            };
            sum += part * count(text);
        }
        sum
    }

    fn molar_mass(formula: &str) -> u64 {
        formula
            .split('.')
            .map(|mut part| {
                let times = count(&mut part);
                times * group(&mut part)
            })
            .sum()
    }

    #[test]
    fn masses_follow_from_formulas() {
        for (_, entry) in SubstanceTable::shipped().all() {
            if let (Some(formula), Some(mass)) = (entry.formula, entry.molar_mass_centi) {
                let computed = molar_mass(formula);
                assert!(
                    computed.abs_diff(u64::from(mass) * 10) <= 20,
                    "{}: {computed}",
                    entry.id
                );
            }
        }
        for (_, form) in FormTable::shipped().all() {
            let computed = molar_mass(form.formula);
            assert!(
                computed.abs_diff(u64::from(form.molar_mass_centi) * 10) <= 20,
                "{}: {computed}",
                form.formula
            );
        }
    }

    #[test]
    fn every_row_is_read_and_found() {
        let table = FormTable::shipped();
        assert_eq!(table.all().count(), FORMS.lines().count() - 1);
        assert!(rows(FORMS).all(|row| row.len() == 13));
        let mut keys = std::collections::HashSet::new();
        for (id, form) in table.all() {
            let substance = form.substance.unwrap();
            assert!(keys.insert((substance, form.id)));
            assert!(
                form.factor.num() < form.factor.den(),
                "a salt is heavier than its base"
            );
            for name in [form.id, form.name_en, form.name_zh]
                .into_iter()
                .chain(form.cas)
            {
                assert_eq!(table.find(substance, name), Some(id), "{substance} {name}");
            }
            if let Some(cas) = form.cas {
                assert!(cas_ok(cas), "{cas}");
                assert_eq!(table.find_product(cas), Some(id));
            }
            if let Some(regime) = form.regime_factor {
                assert!(regime.ppm().unwrap().abs_diff(form.factor.ppm().unwrap()) < 1_000);
            }
        }
    }

    #[test]
    fn forms_are_found_by_their_words() {
        let table = FormTable::shipped();
        let id = |code: &str| SubstanceTable::shipped().by_code(code).unwrap();
        let rows = [
            ("pseudoephedrine", "hydrochloride", Some("16524/20170")),
            ("pseudoephedrine", "HCl", Some("16524/20170")),
            ("pseudoephedrine", "盐酸盐", Some("16524/20170")),
            (
                "pseudoephedrine",
                "Pseudoephedrine Hydrochloride",
                Some("16524/20170"),
            ),
            ("pseudoephedrine", "345-78-8", Some("16524/20170")),
            ("pseudoephedrine", "sulphate", Some("33048/42855")),
            ("pseudoephedrine", "", Some("1/1")),
            ("pseudoephedrine", " Free Base ", Some("1/1")),
            ("pseudoephedrine", "游离碱", Some("1/1")),
            ("pseudoephedrine", "tannate", None),
            ("acetone", "hydrochloride", None),
            (
                "hydrocodone",
                "bitartrate hemipentahydrate",
                Some("59874/98899"),
            ),
        ];
        for (substance, text, expected) in rows {
            let factor = table
                .find(id(substance), text)
                .map(|form| table.get(form).factor);
            let expected = expected.and_then(|text| {
                let (num, den) = text.split_once('/')?;
                Ratio::new(num.parse().ok()?, den.parse().ok()?)
            });
            assert_eq!(factor, expected, "{substance} {text}");
        }
        let product = table
            .find_product("盐酸伪麻黄碱")
            .map(|form| table.get(form).substance);
        assert_eq!(product, Some(Some(id("pseudoephedrine"))));
        assert_eq!(table.find_product("hydrochloride"), None);
        assert_eq!(table.find_product("345788"), None);
    }
}
