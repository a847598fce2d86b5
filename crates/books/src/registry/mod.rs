//! The register: authorities, areas, holders, their sites and licences, who may report for whom; all of it dated.
//!
//! Absent: natural persons. A holder is a licence number and a registered firm; the accounts of people who sign in
//! are not part of any book.

pub mod event;
pub mod find;
pub mod holder;
pub mod holder_row;
pub mod instrument;
pub mod succession;

use std::collections::{BTreeMap, BTreeSet};

use weighbridge_measure::Date;

pub use event::{Event, Succession};
pub use find::{Found, fold_code};
pub use holder::{Holder, HolderId, Licence, Site, SiteId};
pub use holder_row::{HolderRow, Reports};
pub use instrument::{Calibration, InstrumentRow, Measures};
pub use succession::Contradiction;

use succession::Handover;

/// The register as a fold over [`Event`]s.
#[derive(Clone, Default, Debug)]
pub struct Registry {
    pub(crate) holders: Vec<Holder>,
    pub(crate) sites: Vec<Site>,
    /// Folded code or number to the holders that bear it.
    pub(crate) names: BTreeMap<String, BTreeSet<HolderId>>,
    /// Areas as paths from large to small (`province/city/county`); a path implies its parents.
    areas: BTreeSet<String>,
    authorities: BTreeSet<String>,
    /// (agent, holder) to the days on which the agent may report for the holder.
    agents: BTreeMap<(HolderId, HolderId), Vec<(Date, Date)>>,
    /// Calibrations by site and what is measured, oldest first.
    instruments: BTreeMap<(SiteId, Measures), Vec<Calibration>>,
    /// In the order in which they take effect.
    handovers: Vec<Handover>,
    events: u64,
}

impl Registry {
    /// Events applied so far: of two states of one register, those with equal numbers are equal.
    #[must_use]
    pub fn revision(&self) -> u64 {
        self.events
    }

    /// Applies one event; events that repeat what is known change nothing.
    pub fn apply(&mut self, event: &Event, on: Date) {
        self.events += 1;
        match event {
            Event::Holder(row) => {
                let id = self.upsert(row, on);
                let known = self.holder(id).is_some_and(|h| !h.sites.is_empty());
                match row.site.as_str() {
                    "" if known => {}
                    "" => self.add_site(id, &row.code, "", &row.area),
                    site => self.add_site(id, site, &row.site_name, &row.area),
                }
            }
            Event::Learnt { code, name } => {
                let row = HolderRow {
                    code: code.clone(),
                    name: name.clone(),
                    ..HolderRow::default()
                };
                self.upsert(&row, on);
            }
            Event::LearntSite { holder, site } => {
                if let Some(id) = self.by_code(holder) {
                    self.add_site(id, site, "", "");
                }
            }
            Event::Succession(s) => self.succeed(s),
            Event::Instrument(row) => self.calibrate(row),
            Event::Agent {
                agent,
                holder,
                from,
                to,
            } => {
                if let (Some(a), Some(h)) = (self.by_code(agent), self.by_code(holder)) {
                    self.agents.entry((a, h)).or_default().push((*from, *to));
                }
            }
        }
    }

    /// A holder by id.
    #[must_use]
    pub fn holder(&self, id: HolderId) -> Option<&Holder> {
        self.holders.get(id.index())
    }

    /// A site by id.
    #[must_use]
    pub fn site(&self, id: SiteId) -> Option<&Site> {
        self.sites.get(id.index())
    }

    /// Every holder in the order of registration.
    pub fn holders(&self) -> impl Iterator<Item = (HolderId, &Holder)> {
        self.holders
            .iter()
            .enumerate()
            .map(|(i, h)| (HolderId::at(i), h))
    }

    /// Every site in the order of registration.
    pub fn sites(&self) -> impl Iterator<Item = (SiteId, &Site)> {
        self.sites
            .iter()
            .enumerate()
            .map(|(i, s)| (SiteId::at(i), s))
    }

    /// Every area path.
    pub fn areas(&self) -> impl Iterator<Item = &str> {
        self.areas.iter().map(String::as_str)
    }

    /// Every authority code.
    pub fn authorities(&self) -> impl Iterator<Item = &str> {
        self.authorities.iter().map(String::as_str)
    }

    /// The holder with exactly this code.
    #[must_use]
    pub fn by_code(&self, code: &str) -> Option<HolderId> {
        let folded = fold_code(code);
        let ids = self.names.get(&folded)?;
        ids.iter().copied().find(|id| {
            self.holder(*id)
                .is_some_and(|h| fold_code(&h.code) == folded)
        })
    }

    /// Whether `agent` may report for `holder` on a date; everyone may report for itself.
    #[must_use]
    pub fn may_report(&self, agent: HolderId, holder: HolderId, on: Date) -> bool {
        agent == holder
            || self
                .agents
                .get(&(agent, holder))
                .is_some_and(|spans| spans.iter().any(|(from, to)| *from <= on && on <= *to))
    }

    fn upsert(&mut self, row: &HolderRow, on: Date) -> HolderId {
        let id = match self.by_code(&row.code) {
            Some(id) => id,
            None => {
                let id = HolderId::at(self.holders.len());
                self.holders.push(Holder {
                    code: row.code.clone(),
                    ..Holder::default()
                });
                self.name(&row.code, id);
                id
            }
        };
        for number in [&row.uscc, &row.dea, &row.licence] {
            self.name(number, id);
        }
        if let Some(h) = self.holders.get_mut(id.index()) {
            h.learn(row, on);
        }
        let mut path = String::new();
        for part in row.area.split('/').map(str::trim).filter(|p| !p.is_empty()) {
            if !path.is_empty() {
                path.push('/');
            }
            path.push_str(part);
            self.areas.insert(path.clone());
        }
        if !row.authority.is_empty() {
            self.authorities.insert(row.authority.clone());
        }
        id
    }

    fn name(&mut self, text: &str, id: HolderId) {
        if !text.is_empty() {
            self.names.entry(fold_code(text)).or_default().insert(id);
        }
    }

    fn add_site(&mut self, holder: HolderId, code: &str, name: &str, area: &str) {
        if self.find_site(holder, code).is_some() {
            return;
        }
        let id = SiteId::at(self.sites.len());
        self.sites.push(Site {
            holder,
            code: code.to_owned(),
            registered: code.to_owned(),
            folded: fold_code(code),
            name: name.to_owned(),
            area: area.to_owned(),
            moved: Vec::new(),
        });
        if let Some(h) = self.holders.get_mut(holder.index()) {
            h.sites.push(id);
        }
        self.follow(id);
    }
}
