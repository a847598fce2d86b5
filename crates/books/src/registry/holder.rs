//! Holders, sites, licences.

use weighbridge_measure::Date;

use super::holder_row::{HolderRow, Reports};

macro_rules! dense_id {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
        pub struct $name(pub u32);

        impl $name {
            /// The id of a position.
            #[must_use]
            pub fn at(index: usize) -> $name {
                $name(u32::try_from(index).unwrap_or(u32::MAX))
            }

            /// The position.
            #[must_use]
            pub fn index(self) -> usize {
                self.0 as usize
            }
        }
    };
}

dense_id! {
    /// A holder's number in this journal; means nothing outside it.
    HolderId
}
dense_id! {
    /// A site's number in this journal; means nothing outside it.
    SiteId
}

/// A legal person with duties (operator, registrant, licence holder).
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Holder {
    /// Our code.
    pub code: String,
    /// Registered names with the day from which each holds, oldest first.
    pub names: Vec<(Date, String)>,
    /// English name.
    pub name_en: String,
    /// Unified social credit code.
    pub uscc: String,
    /// DEA-style number.
    pub dea: String,
    /// Licences and filings.
    pub licences: Vec<Licence>,
    /// Responsible authority.
    pub authority: String,
    /// First day of existence.
    pub valid_from: Option<Date>,
    /// Last day of existence.
    pub valid_to: Option<Date>,
    /// Whether it reports to this account.
    pub reports: Reports,
    /// Its sites, those it took over included.
    pub sites: Vec<super::SiteId>,
}

/// A licence, permit to trade, or filing, as far as the account needs it here: classes and validity.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Licence {
    /// Its number.
    pub number: String,
    /// Classes covered.
    pub classes: Vec<u8>,
    /// First day in force.
    pub from: Option<Date>,
    /// Last day in force.
    pub to: Option<Date>,
}

/// One location, the unit of a balance.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Site {
    /// Holder that registered it.
    pub holder: HolderId,
    /// Code, unique within its holders: as registered, with its origin behind it (`S1 (A)`) where one that took it over
    /// had a site of that code.
    pub code: String,
    /// The code as it was registered.
    pub(super) registered: String,
    /// The code as it is compared.
    pub(super) folded: String,
    /// Name.
    pub name: String,
    /// Area path.
    pub area: String,
    /// Later holders with their first day, oldest first.
    pub moved: Vec<(Date, HolderId)>,
}

impl Site {
    /// Whether it goes by another code than it was registered with.
    pub(super) fn moved_apart(&self) -> bool {
        self.code != self.registered
    }
}

/// How a holder's licences stand to a movement.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Cover {
    /// In force on the date, or no licence data to judge by.
    Covered,
    /// The register knows licences for the class, but none in force on the date.
    NotInForce,
    /// The register knows licences in force, but none for the class.
    ClassNotCovered,
}

impl Holder {
    pub(crate) fn learn(&mut self, row: &HolderRow, on: Date) {
        if !row.name.is_empty() && self.names.last().is_none_or(|(_, n)| *n != row.name) {
            let from = if self.names.is_empty() {
                Date::MIN
            } else {
                row.valid_from.unwrap_or(on)
            };
            self.names.push((from, row.name.clone()));
            self.names.sort();
        }
        for (mine, theirs) in [
            (&mut self.name_en, &row.name_en),
            (&mut self.uscc, &row.uscc),
            (&mut self.dea, &row.dea),
            (&mut self.authority, &row.authority),
        ] {
            if !theirs.is_empty() {
                mine.clone_from(theirs);
            }
        }
        self.valid_from = row.valid_from.or(self.valid_from);
        self.valid_to = row.valid_to.or(self.valid_to);
        self.reports = row.reports;
        if !row.licence.is_empty() {
            let licence = Licence {
                number: row.licence.clone(),
                classes: row.licence_classes.clone(),
                from: row.licence_from,
                to: row.licence_to,
            };
            self.licences
                .retain(|l| l.number != licence.number || l.from != licence.from);
            self.licences.push(licence);
        }
    }

    /// The name on a date; the code where none is known.
    #[must_use]
    pub fn name_on(&self, on: Date) -> &str {
        let known = self
            .names
            .iter()
            .rev()
            .find(|(from, _)| *from <= on)
            .or(self.names.first());
        known.map_or(self.code.as_str(), |(_, name)| name.as_str())
    }

    /// The latest name; the code where none is known.
    #[must_use]
    pub fn name(&self) -> &str {
        self.names
            .last()
            .map_or(self.code.as_str(), |(_, n)| n.as_str())
    }

    /// Whether the register knows anything by which a movement of this holder could be questioned.
    #[must_use]
    pub fn is_limited(&self) -> bool {
        self.valid_from.is_some() || self.valid_to.is_some() || !self.licences.is_empty()
    }

    /// Whether the holder existed on a date, as far as the register knows.
    #[must_use]
    pub fn exists_on(&self, date: Date) -> bool {
        self.valid_from.is_none_or(|d| d <= date) && self.valid_to.is_none_or(|d| date <= d)
    }

    /// Whether licences in the register cover a class on a date. A licence without classes covers all.
    #[must_use]
    pub fn cover(&self, class: Option<u8>, on: Date) -> Cover {
        let Some(class) = class else {
            return Cover::Covered;
        };
        if self.licences.is_empty() {
            return Cover::Covered;
        }
        let covers = |l: &&Licence| l.classes.is_empty() || l.classes.contains(&class);
        let in_force =
            |l: &&Licence| l.from.is_none_or(|d| d <= on) && l.to.is_none_or(|d| on <= d);
        if self.licences.iter().filter(covers).any(|l| in_force(&l)) {
            Cover::Covered
        } else if self.licences.iter().any(|l| covers(&l)) {
            Cover::NotInForce
        } else {
            Cover::ClassNotCovered
        }
    }
}
