//! The list of substances: controlled precursors, and a second, marked list of medicines.
//!
//! The mass of every entry is that of the free base or acid. Salts and hydrates are in [`crate::FormTable`].

use std::collections::HashMap;
use std::fmt;
use std::sync::LazyLock;

use crate::ids::{cas_ok, looks_like_cas};
use crate::table::{field, fixed, rows};
use crate::text::{fold, name_key};

const PRECURSORS: &str = include_str!("../data/substances.csv");
const MEDICINES: &str = include_str!("../data/medicines.csv");
const ALIASES: &str = include_str!("../data/aliases.csv");

/// How many neighbours an unknown name is answered with.
const MAX_SUGGESTIONS: usize = 3;
/// Longer texts are not compared with names: no name is half as long.
const MAX_NAME: usize = 200;

/// Index into the shipped table. The stable name is [`Substance::id`]: indexes change when the list grows.
#[derive(Copy, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct SubstanceId(u16);

impl SubstanceId {
    /// The index as a number, for columns.
    pub const fn index(self) -> u16 {
        self.0
    }

    /// The substance at an index of the shipped table, `None` beyond its end.
    pub fn from_index(index: u16) -> Option<Self> {
        (usize::from(index) < SubstanceTable::shipped().len()).then_some(Self(index))
    }
}

impl fmt::Display for SubstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(SubstanceTable::shipped().get(*self).id)
    }
}

/// Which of the two lists an entry belongs to.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum List {
    /// Controlled precursor chemicals.
    Precursor,
    /// Medicines, kept to read the transaction records of their own regime.
    Medicine,
}

/// One entry of the list.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Substance {
    /// Stable key in snake case.
    pub id: &'static str,
    /// English name.
    pub name_en: &'static str,
    /// Chinese name, where there is one.
    pub name_zh: Option<&'static str>,
    /// CAS registry number, where there is one.
    pub cas: Option<&'static str>,
    /// Formula of the free base or acid.
    pub formula: Option<&'static str>,
    /// Molar mass of the free base or acid in hundredths of g/mol.
    pub molar_mass_centi: Option<u32>,
    /// Subheading of the Harmonized System, indicative.
    pub hs: Option<&'static str>,
    /// Table of the 1988 Convention: I or II.
    pub un_table: Option<&'static str>,
    /// Category of the EU regulations: 1, 2A, 2B, 3 or 4.
    pub eu_category: Option<&'static str>,
    /// US list: I or II.
    pub us_list: Option<&'static str>,
    /// Class of the Chinese catalogue: 1, 2 or 3.
    pub cn_class: Option<u8>,
    /// Drug code of the US authority; medicines only.
    pub dea_drug_code: Option<&'static str>,
    /// Precursor or medicine.
    pub list: List,
}

/// Answer to a search by id, CAS number or name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Found {
    /// Exactly one entry.
    One(SubstanceId),
    /// A name that several entries carry.
    Ambiguous(Vec<SubstanceId>),
    /// A CAS number with a wrong check digit.
    InvalidCas,
    /// Nothing; the nearest entries, best first, are a question to the reporter and never taken by themselves.
    Unknown {
        /// At most three.
        suggestions: Vec<SubstanceId>,
    },
}

/// The shipped list. Precursors come first, medicines after them.
#[derive(Debug)]
pub struct SubstanceTable {
    entries: Vec<Substance>,
    by_code: HashMap<&'static str, SubstanceId>,
    by_cas: HashMap<&'static str, SubstanceId>,
    by_dea_code: HashMap<&'static str, SubstanceId>,
    by_name: HashMap<String, Vec<SubstanceId>>,
}

static SHIPPED: LazyLock<SubstanceTable> = LazyLock::new(SubstanceTable::load);

/// Stands in for an id that is not from this table, which the type makes impossible.
static NOTHING: Substance = Substance {
    id: "",
    name_en: "",
    name_zh: None,
    cas: None,
    formula: None,
    molar_mass_centi: None,
    hs: None,
    un_table: None,
    eu_category: None,
    us_list: None,
    cn_class: None,
    dea_drug_code: None,
    list: List::Precursor,
};

impl SubstanceTable {
    /// The table inside the crate.
    pub fn shipped() -> &'static Self {
        &SHIPPED
    }

    fn load() -> Self {
        let mut table = Self {
            entries: rows(PRECURSORS).filter_map(|row| precursor(&row)).collect(),
            by_code: HashMap::new(),
            by_cas: HashMap::new(),
            by_dea_code: HashMap::new(),
            by_name: HashMap::new(),
        };
        table
            .entries
            .extend(rows(MEDICINES).filter_map(|row| medicine(&row)));
        let entries = std::mem::take(&mut table.entries);
        for (entry, index) in entries.iter().zip(0u16..) {
            let id = SubstanceId(index);
            table.by_code.insert(entry.id, id);
            if let Some(cas) = entry.cas {
                table.by_cas.insert(cas, id);
            }
            if let Some(code) = entry.dea_drug_code {
                table.by_dea_code.insert(code, id);
            }
            table.add_name(entry.id, id);
            for name in [Some(entry.name_en), entry.name_zh].into_iter().flatten() {
                for variant in name_variants(name) {
                    table.add_name(variant, id);
                }
            }
        }
        table.entries = entries;
        for row in rows(ALIASES) {
            if let (Some(id), Some(alias)) = (
                field(&row, 0).and_then(|id| table.by_code(id)),
                field(&row, 1),
            ) {
                table.add_name(alias, id);
            }
        }
        table
    }

    fn add_name(&mut self, name: &str, id: SubstanceId) {
        let key = name_key(name);
        if key.is_empty() {
            return;
        }
        let ids = self.by_name.entry(key).or_default();
        if !ids.contains(&id) {
            ids.push(id);
        }
    }

    /// The entry of an id.
    pub fn get(&self, id: SubstanceId) -> &Substance {
        self.entries.get(usize::from(id.0)).unwrap_or(&NOTHING)
    }

    /// The entry with our id.
    pub fn by_code(&self, code: &str) -> Option<SubstanceId> {
        self.by_code.get(code).copied()
    }

    /// The medicine with a drug code of the US authority, such as "9143" or "9250B".
    pub fn by_dea_code(&self, code: &str) -> Option<SubstanceId> {
        self.by_dea_code.get(code.trim()).copied()
    }

    /// Every entry in order.
    pub fn all(&self) -> impl Iterator<Item = (SubstanceId, &Substance)> {
        self.entries
            .iter()
            .zip(0u16..)
            .map(|(entry, index)| (SubstanceId(index), entry))
    }

    /// Number of entries.
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether the table is empty, which the shipped one is not.
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }

    /// Finds an entry by our id, CAS number, or English or Chinese name in any case, width and punctuation.
    ///
    /// A salt ("ephedrine hydrochloride") is not the substance and stays unknown, with the substance suggested:
    /// taking it would drop the form. See [`crate::FormTable::find_product`].
    pub fn find(&self, text: &str) -> Found {
        if let Some(id) = self.by_code(text) {
            return Found::One(id);
        }
        let unknown = Found::Unknown {
            suggestions: Vec::new(),
        };
        if text.len() > MAX_NAME {
            return unknown;
        }
        let folded = fold(text);
        let number = folded.strip_prefix("cas").map_or(folded.as_str(), |rest| {
            rest.trim_start_matches([' ', ':', '.'])
        });
        if looks_like_cas(number) {
            return match self.by_cas.get(number) {
                _ if !cas_ok(number) => Found::InvalidCas,
                Some(id) => Found::One(*id),
                None => unknown,
            };
        }
        let key = name_key(text);
        match self.by_name.get(&key).map(Vec::as_slice) {
            Some([id]) => Found::One(*id),
            Some(ids) => Found::Ambiguous(ids.to_vec()),
            None => Found::Unknown {
                suggestions: self.suggestions(&key),
            },
        }
    }

    /// Names within a few typing errors, then names that the text contains.
    fn suggestions(&self, key: &str) -> Vec<SubstanceId> {
        let letters: Vec<char> = key.chars().collect();
        if letters.len() < 2 {
            return Vec::new();
        }
        let allowed = if key.is_ascii() {
            (letters.len() / 4).clamp(1, 3)
        } else {
            (letters.len() / 3).clamp(1, 2)
        };
        let mut near: Vec<(usize, &str, &[SubstanceId])> = Vec::new();
        for (name, ids) in &self.by_name {
            let count = name.chars().count();
            let distance = distance(&letters, name, allowed);
            if let Some(distance) = distance {
                near.push((distance, name, ids));
            } else if key.contains(name.as_str())
                && (count >= 5 || (!name.is_ascii() && count >= 2))
            {
                // Longest contained name first.
                near.push((100usize.saturating_sub(count), name, ids));
            }
        }
        near.sort_unstable();
        let mut ids = Vec::new();
        for id in near.into_iter().flat_map(|(_, _, ids)| ids.iter().copied()) {
            if !ids.contains(&id) {
                ids.push(id);
            }
        }
        ids.truncate(MAX_SUGGESTIONS);
        ids
    }
}

fn precursor(row: &[&'static str]) -> Option<Substance> {
    Some(Substance {
        id: field(row, 0)?,
        name_en: field(row, 1)?,
        name_zh: field(row, 2),
        cas: field(row, 3),
        formula: field(row, 4),
        molar_mass_centi: field(row, 5).and_then(centi),
        hs: field(row, 6),
        un_table: field(row, 7),
        eu_category: field(row, 8),
        us_list: field(row, 9),
        cn_class: field(row, 10).and_then(|text| text.parse().ok()),
        dea_drug_code: None,
        list: List::Precursor,
    })
}

fn medicine(row: &[&'static str]) -> Option<Substance> {
    Some(Substance {
        id: field(row, 0)?,
        name_en: field(row, 1)?,
        name_zh: field(row, 2),
        cas: field(row, 3),
        formula: field(row, 4),
        molar_mass_centi: field(row, 5).and_then(centi),
        dea_drug_code: field(row, 6),
        list: List::Medicine,
        ..NOTHING.clone()
    })
}

pub(crate) fn centi(text: &str) -> Option<u32> {
    fixed(text, 2).and_then(|value| u32::try_from(value).ok())
}

/// A name, and its parts where a bracket closes it: "Ethyl ether (diethyl ether)", "麻黄素（麻黄碱）".
fn name_variants(name: &'static str) -> Vec<&'static str> {
    /// Brackets that describe and do not name.
    const REMARKS: [&str; 4] = [
        "fluid extract",
        "safrole-rich oil",
        "no stereochemistry",
        "parent of the 2024 CN ester group",
    ];
    let mut variants = vec![name];
    let inner = name
        .strip_suffix('）')
        .and_then(|rest| rest.split_once('（'))
        .or_else(|| {
            name.strip_suffix(')')
                .and_then(|rest| rest.split_once(" ("))
        });
    if let Some((outer, inner)) = inner {
        variants.push(outer);
        variants.extend(
            inner
                .split(", ")
                .flat_map(|part| part.split("; "))
                .filter(|part| !REMARKS.contains(part)),
        );
    }
    variants
}

/// Edit distance (insert, delete, replace) if it is at most `limit`.
fn distance(a: &[char], name: &str, limit: usize) -> Option<usize> {
    let b: Vec<char> = name.chars().collect();
    if a.len().abs_diff(b.len()) > limit {
        return None;
    }
    let mut row: Vec<usize> = (0..=b.len()).collect();
    for (line, left) in a.iter().enumerate() {
        let mut diagonal = line;
        let mut previous = line + 1;
        let mut next = Vec::with_capacity(row.len());
        next.push(previous);
        for (above, right) in row.iter().skip(1).zip(&b) {
            let cost = (diagonal + usize::from(left != right))
                .min(above + 1)
                .min(previous + 1);
            diagonal = *above;
            previous = cost;
            next.push(cost);
        }
        row = next;
    }
    row.last().copied().filter(|distance| *distance <= limit)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn codes(found: &Found) -> Vec<&'static str> {
        let ids = match found {
            Found::One(id) => std::slice::from_ref(id),
            Found::Ambiguous(ids) => ids,
            Found::Unknown { suggestions } => suggestions,
            Found::InvalidCas => &[],
        };
        ids.iter()
            .map(|id| SubstanceTable::shipped().get(*id).id)
            .collect()
    }

    #[test]
    fn every_row_is_read() {
        let table = SubstanceTable::shipped();
        let lines = |text: &str| text.lines().count() - 1;
        assert_eq!(lines(PRECURSORS), 93);
        assert_eq!(table.len(), lines(PRECURSORS) + lines(MEDICINES));
        for text in [PRECURSORS, MEDICINES, ALIASES] {
            assert!(rows(text).all(|row| row.iter().take(11).all(|field| !field.contains('"'))));
            let columns = fields_of_header(text);
            assert!(rows(text).all(|row| row.len() == columns));
        }
        for row in rows(ALIASES) {
            assert!(table.by_code(row[0]).is_some(), "{}", row[0]);
        }
        let mut ids = std::collections::HashSet::new();
        let mut medicine_seen = false;
        for (id, entry) in table.all() {
            assert!(ids.insert(entry.id));
            assert_eq!(table.by_code(entry.id), Some(id));
            assert_eq!(id.to_string(), entry.id);
            assert_eq!(table.find(entry.id), Found::One(id));
            assert_eq!(
                entry.formula.is_some(),
                entry.molar_mass_centi.is_some(),
                "{}",
                entry.id
            );
            if let Some(cas) = entry.cas {
                assert!(cas_ok(cas), "{cas}");
                assert_eq!(table.find(cas), Found::One(id));
            }
            assert!(
                !medicine_seen || entry.list == List::Medicine,
                "precursors come first"
            );
            medicine_seen |= entry.list == List::Medicine;
            assert_eq!(entry.dea_drug_code.is_some(), entry.list == List::Medicine);
            for name in [Some(entry.name_en), entry.name_zh].into_iter().flatten() {
                let found = table.find(name);
                assert!(
                    codes(&found).contains(&entry.id) && !matches!(found, Found::Unknown { .. }),
                    "{name}"
                );
            }
        }
        assert!(medicine_seen);
        assert_eq!(SubstanceId::from_index(u16::MAX), None);
    }

    fn fields_of_header(text: &str) -> usize {
        text.lines()
            .next()
            .map_or(0, |line| line.split(',').count())
    }

    #[test]
    fn names_of_every_kind_are_found() {
        let table = [
            ("acetone", "acetone"),
            ("ACETONE", "acetone"),
            ("67-64-1", "acetone"),
            ("６７－６４－１", "acetone"),
            ("CAS: 67-64-1", "acetone"),
            ("丙酮", "acetone"),
            (" 盐酸 ", "hydrochloric_acid"),
            ("Sulfuric Acid", "sulfuric_acid"),
            ("MEK", "methyl_ethyl_ketone"),
            ("丁酮", "methyl_ethyl_ketone"),
            ("乙醚", "ethyl_ether"),
            ("diethyl ether", "ethyl_ether"),
            ("ＰＰＡ", "norephedrine"),
            ("BMK", "p2p"),
            ("1-苯基-2-丙酮", "p2p"),
            ("PMK", "mdp2p"),
            ("3,4-MDP-2-P", "mdp2p"),
            ("氯仿", "chloroform"),
            ("醋酐", "acetic_anhydride"),
            ("乙酸酐", "acetic_anhydride"),
            ("麻黄碱", "ephedrine"),
            ("麻黄素", "ephedrine"),
            ("去甲麻黄碱", "norephedrine"),
            ("高锰酸钾", "potassium_permanganate"),
            ("Norephedrine (phenylpropanolamine)", "norephedrine"),
            ("methadone", "methadone"),
        ];
        for (text, expected) in table {
            let found = SubstanceTable::shipped().find(text);
            assert!(matches!(found, Found::One(_)), "{text}: {found:?}");
            assert_eq!(codes(&found), [expected], "{text}");
        }
    }

    #[test]
    fn the_rest_is_asked_back() {
        let table = SubstanceTable::shipped();
        assert_eq!(table.find("67-64-2"), Found::InvalidCas);
        assert_eq!(
            table.find("64-17-5"),
            Found::Unknown {
                suggestions: Vec::new()
            }
        );
        assert!(matches!(table.find("苯丙酮"), Found::Ambiguous(ids) if ids.len() == 2));
        let typo = table.find("acetonne");
        assert!(matches!(typo, Found::Unknown { .. }));
        assert_eq!(codes(&typo).first(), Some(&"acetone"));
        let salt = table.find("盐酸伪麻黄碱");
        assert!(
            matches!(salt, Found::Unknown { .. }),
            "a salt is not its base"
        );
        assert_eq!(codes(&salt).first(), Some(&"pseudoephedrine"));
        for text in ["", " ", "x", &"丙".repeat(500)] {
            assert_eq!(
                table.find(text),
                Found::Unknown {
                    suggestions: Vec::new()
                },
                "{text}"
            );
        }
    }

    #[test]
    fn drug_codes_lead_to_medicines() {
        let table = SubstanceTable::shipped();
        for (code, expected) in [
            ("9143", "oxycodone"),
            ("9193", "hydrocodone"),
            (" 9250B ", "methadone"),
        ] {
            let entry = table.by_dea_code(code).map(|id| table.get(id));
            assert_eq!(
                entry.map(|entry| (entry.id, entry.list)),
                Some((expected, List::Medicine))
            );
        }
        assert_eq!(table.by_dea_code("9999"), None);
    }
}
