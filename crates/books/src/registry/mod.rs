//! The register: authorities, areas, holders, their sites and licences, who may report for whom; all of it dated.
//!
//! Absent: natural persons. A holder is a licence number and a registered firm; the accounts of people who sign in
//! are not part of any book.

pub mod event;
pub mod find;
pub mod holder;
pub mod holder_row;

use std::collections::{BTreeMap, BTreeSet};

use weighbridge_measure::Date;

pub use event::{Event, Succession};
pub use find::{Found, fold_code};
pub use holder::{Holder, HolderId, Licence, Site, SiteId};
pub use holder_row::{HolderRow, Reports};

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
    /// By day.
    handovers: Vec<Handover>,
}

impl Registry {
    /// Applies one event; events that repeat what is known change nothing.
    pub fn apply(&mut self, event: &Event, on: Date) {
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

    /// Who answers for this holder on a date: itself, or its successor after a merger.
    #[must_use]
    pub fn in_force(&self, id: HolderId, on: Date) -> HolderId {
        let mut id = id;
        for h in &self.handovers {
            if h.on <= on && h.site.is_none() && h.from == id {
                id = h.to;
            }
        }
        id
    }

    /// Whether anything ever merged or split; without it [`Registry::in_force`] is the identity.
    #[must_use]
    pub fn has_successions(&self) -> bool {
        !self.handovers.is_empty()
    }

    /// The holder that answered for a site on a date.
    #[must_use]
    pub fn site_holder(&self, site: SiteId, on: Date) -> Option<HolderId> {
        let s = self.site(site)?;
        let mut holder = s.holder;
        for (from, to) in &s.moved {
            if *from <= on {
                holder = *to;
            }
        }
        Some(holder)
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
            folded: fold_code(code),
            name: name.to_owned(),
            area: area.to_owned(),
            moved: Vec::new(),
        });
        if let Some(h) = self.holders.get_mut(holder.index()) {
            h.sites.push(id);
        }
    }

    fn succeed(&mut self, s: &Succession) {
        let (Some(from), Some(to)) = (self.by_code(&s.from), self.by_code(&s.to)) else {
            return;
        };
        let site = match &s.site {
            Some(code) => match self.find_site(from, code) {
                Some(site) => Some(site),
                None => return,
            },
            None => None,
        };
        let handover = Handover {
            from,
            to,
            on: s.on,
            site,
            known: self.sites.len(),
        };
        let is_late = self.handovers.last().is_some_and(|last| last.on > s.on);
        self.handovers.push(handover);
        if !is_late {
            return self.hand_over(handover);
        }
        // Whatever the order of record, they take effect in the order of their days: a merger takes only what its holder
        // had left. Of one day, in the order of record: sorting is stable.
        self.handovers.sort_by_key(|h| h.on);
        self.take_back();
        for handover in self.handovers.clone() {
            self.hand_over(handover);
        }
    }

    fn hand_over(&mut self, h: Handover) {
        let all = || self.holder(h.from).map(|from| from.sites.clone());
        let sites = h
            .site
            .map_or_else(|| all().unwrap_or_default(), |s| vec![s]);
        for id in sites {
            if id.index() >= h.known || self.site_holder(id, h.on) != Some(h.from) {
                continue;
            }
            if let Some(site) = self.sites.get_mut(id.index()) {
                site.moved.push((h.on, h.to));
            }
            if let Some(taker) = self.holders.get_mut(h.to.index())
                && !taker.sites.contains(&id)
            {
                taker.sites.push(id);
            }
        }
    }

    /// Every site is its first holder's again.
    fn take_back(&mut self) {
        for (at, site) in self.sites.iter_mut().enumerate() {
            for (_, to) in site.moved.drain(..).filter(|(_, to)| *to != site.holder) {
                if let Some(taker) = self.holders.get_mut(to.index()) {
                    taker.sites.retain(|s| s.index() != at);
                }
            }
        }
    }
}

/// A succession as the register keeps it: who and what was meant when it was recorded.
#[derive(Clone, Copy, Debug)]
struct Handover {
    from: HolderId,
    to: HolderId,
    on: Date,
    /// The one site that changes hands; none = everything.
    site: Option<SiteId>,
    /// Sites that were registered by then; later ones stay with who registers them.
    known: usize,
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(month: u8) -> Date {
        Date::from_ymd(2025, month, 1).unwrap()
    }

    fn succession(from: &str, to: &str, month: u8, site: Option<&str>) -> Event {
        Event::Succession(Succession {
            from: from.into(),
            to: to.into(),
            on: day(month),
            site: site.map(str::to_owned),
        })
    }

    #[test]
    fn successions_take_effect_by_day_whatever_the_order_of_record() {
        let events = [
            succession("A", "C", 3, Some("S2")),
            succession("A", "B", 7, None),
            succession("C", "D", 9, None),
        ];
        for order in [
            [0, 1, 2],
            [0, 2, 1],
            [1, 0, 2],
            [1, 2, 0],
            [2, 0, 1],
            [2, 1, 0],
        ] {
            let mut registry = Registry::default();
            for (holder, site) in [
                ("A", "S1"),
                ("A", "S2"),
                ("B", "SB"),
                ("C", "SC"),
                ("D", "SD"),
            ] {
                let (code, holder) = (holder.to_owned(), holder.to_owned());
                let name = String::new();
                registry.apply(&Event::Learnt { code, name }, Date::MIN);
                let site = site.to_owned();
                registry.apply(&Event::LearntSite { holder, site }, Date::MIN);
            }
            for at in order {
                registry.apply(&events[at], Date::MIN);
            }
            let a = registry.one("A").unwrap();
            let holder = |site: &str, month| {
                let id = registry.find_site(a, site).unwrap();
                let holder = registry.site_holder(id, day(month)).unwrap();
                registry.holder(holder).unwrap().code.clone()
            };
            for (site, month, want) in [
                ("S1", 2, "A"),
                ("S1", 8, "B"),
                ("S1", 10, "B"),
                ("S2", 2, "A"),
                ("S2", 4, "C"),
                ("S2", 8, "C"),
                ("S2", 10, "D"),
            ] {
                assert_eq!(holder(site, month), want, "{order:?} {site} {month}");
            }
            // Whoever never held the site does not find it.
            let b = registry.one("B").unwrap();
            assert!(registry.find_site(b, "S1").is_some(), "{order:?}");
            assert!(registry.find_site(b, "S2").is_none(), "{order:?}");
        }
    }

    #[test]
    fn a_site_registered_after_a_succession_stays_with_who_registers_it() {
        let mut registry = Registry::default();
        for code in ["A", "B", "C"] {
            let (code, name) = (code.to_owned(), String::new());
            registry.apply(&Event::Learnt { code, name }, Date::MIN);
        }
        registry.apply(&succession("A", "B", 7, None), Date::MIN);
        let (holder, site) = ("A".to_owned(), "S9".to_owned());
        registry.apply(&Event::LearntSite { holder, site }, Date::MIN);
        // One that is recorded late sets the whole order up anew.
        registry.apply(&succession("C", "B", 3, None), Date::MIN);
        let a = registry.one("A").unwrap();
        let site = registry.find_site(a, "S9").unwrap();
        assert_eq!(registry.site_holder(site, day(12)), Some(a));
    }
}
