//! Mergers and splits: which of them can stand beside each other, and who answers for a holder or a site on a day.
//!
//! Absent: undoing one. What was recorded stays; [`Registry::decide`] keeps out what contradicts it.

use weighbridge_measure::Date;

use super::{HolderId, Registry, SiteId, Succession};

/// A succession as the register keeps it: who and what was meant when it was recorded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) struct Handover {
    from: HolderId,
    to: HolderId,
    on: Date,
    /// The one site that changes hands; none = everything.
    site: Option<SiteId>,
    /// Sites that were registered by then; later ones stay with who registers them.
    known: usize,
}

impl Handover {
    /// By day; of one day, splits before mergers, since a merger takes what is left. Beyond that, in the order of record.
    fn order(&self) -> (Date, bool) {
        (self.on, self.is_merger())
    }

    fn is_merger(&self) -> bool {
        self.site.is_none()
    }

    fn concerns(&self, holder: HolderId) -> bool {
        self.from == holder || self.to == holder
    }

    /// Whether a holder that this merges away takes part in `other` when it is gone. Two mergers of one day come to that
    /// whatever their order of record.
    fn outlived_by(&self, other: &Handover) -> bool {
        self.is_merger() && other.order() >= self.order() && other.concerns(self.from)
    }
}

/// What becomes of a site, in order.
#[derive(Default)]
struct Way {
    /// What it changes hands by.
    moves: Vec<Handover>,
    /// Splits whose giver does not hold it on their day, with who does.
    void: Vec<(Handover, HolderId)>,
}

/// Why a merger or a split cannot be recorded. Names are codes; [`Succession`]s are those that are in the register.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Contradiction {
    /// A holder cannot take over from itself.
    Itself {
        /// The holder.
        holder: String,
    },
    /// It begins later than any day that has begun: what is agreed may still not happen, and the journal takes nothing back.
    InFuture {
        /// Its first day.
        on: Date,
        /// The latest day possible.
        latest: Date,
    },
    /// A holder of it is gone by then.
    HolderMerged {
        /// The holder.
        holder: String,
        /// Who answers for it on that day.
        answers: String,
        /// The merger in which it went.
        earlier: Box<Succession>,
    },
    /// The holder that it merges away takes part in something later.
    HolderActsLater {
        /// The holder.
        holder: String,
        /// In what.
        earlier: Box<Succession>,
    },
    /// The site is another's on that day.
    SiteNotHeld {
        /// The site.
        site: String,
        /// The holder that was to give it.
        holder: String,
        /// Who holds it.
        holds: String,
        /// What says so.
        earlier: Box<Succession>,
    },
    /// A later split of the site would have nothing to give.
    SiteGivenLater {
        /// The site.
        site: String,
        /// The later split.
        earlier: Box<Succession>,
    },
}

impl Contradiction {
    /// Stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Contradiction::Itself { .. } => "successor_itself",
            Contradiction::InFuture { .. } => "succession_in_future",
            Contradiction::HolderMerged { .. } => "holder_merged",
            Contradiction::HolderActsLater { .. } => "holder_acts_later",
            Contradiction::SiteNotHeld { .. } => "site_not_held",
            Contradiction::SiteGivenLater { .. } => "site_given_later",
        }
    }
}

impl Registry {
    /// Whether a merger or a split can be recorded beside what is: a holder that is merged into another is gone from that
    /// day on, and a site is given by who holds it. `latest` is the last day that has begun anywhere. Holders or sites that
    /// the register does not know are not judged, and change nothing when applied.
    ///
    /// # Errors
    /// [`Contradiction`].
    pub fn decide(&self, s: &Succession, latest: Date) -> Result<(), Contradiction> {
        let Some(new) = self.handover(s) else {
            return Ok(());
        };
        if new.from == new.to {
            let holder = self.code(new.from);
            return Err(Contradiction::Itself { holder });
        }
        if s.on > latest {
            let on = s.on;
            return Err(Contradiction::InFuture { on, latest });
        }
        let mut together = self.handovers.clone();
        if let Some(old) = together.iter().find(|old| old.outlived_by(&new)) {
            return Err(Contradiction::HolderMerged {
                holder: self.code(old.from),
                answers: self.code(self.in_force(old.from, s.on)),
                earlier: self.stated(old),
            });
        }
        if let Some(old) = together.iter().find(|old| new.outlived_by(old)) {
            return Err(Contradiction::HolderActsLater {
                holder: self.code(new.from),
                earlier: self.stated(old),
            });
        }
        let Some(site) = new.site else {
            return Ok(());
        };
        let void_before = self.way(site, &self.handovers).void;
        together.push(new);
        together.sort_by_key(Handover::order);
        let void = self.way(site, &together).void;
        let Some((split, holds)) = void.iter().find(|v| !void_before.contains(v)) else {
            return Ok(());
        };
        let name = self.site(site).map(|s| s.code.clone());
        let name = name.unwrap_or_default();
        if *split != new {
            return Err(Contradiction::SiteGivenLater {
                site: name,
                earlier: self.stated(split),
            });
        }
        // What gave it away before; where nothing did, this holder is yet to get it.
        let moves = self.way(site, &self.handovers).moves;
        let before = moves.iter().rfind(|h| h.order() < new.order());
        let earlier = before.or_else(|| moves.iter().find(|h| h.to == new.from));
        Err(Contradiction::SiteNotHeld {
            site: name,
            holder: self.code(new.from),
            holds: self.code(*holds),
            earlier: earlier.map_or_else(|| Box::new(s.clone()), |h| self.stated(h)),
        })
    }

    /// Who answers for this holder on a date: itself, or its successor after a merger.
    #[must_use]
    pub fn in_force(&self, id: HolderId, on: Date) -> HolderId {
        let mut id = id;
        for h in &self.handovers {
            if h.on <= on && h.is_merger() && h.from == id {
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

    /// Whatever the order of record, successions take effect in the order of their days: a merger takes only what its
    /// holder had left.
    pub(super) fn succeed(&mut self, s: &Succession) {
        let Some(handover) = self.handover(s) else {
            return;
        };
        let is_late = (self.handovers.last()).is_some_and(|last| last.order() > handover.order());
        self.handovers.push(handover);
        if !is_late {
            return self.hand_over(handover);
        }
        // Sorting is stable: what is equal stays in the order of record.
        self.handovers.sort_by_key(Handover::order);
        self.take_back();
        for handover in self.handovers.clone() {
            self.hand_over(handover);
        }
    }

    /// What is meant; none where the register does not know a holder or the site.
    fn handover(&self, s: &Succession) -> Option<Handover> {
        let (from, to) = (self.by_code(&s.from)?, self.by_code(&s.to)?);
        let site = match &s.site {
            Some(code) => Some(self.find_site(from, code)?),
            None => None,
        };
        Some(Handover {
            from,
            to,
            on: s.on,
            site,
            known: self.sites.len(),
        })
    }

    /// A handover as it was recorded.
    fn stated(&self, h: &Handover) -> Box<Succession> {
        let site = h.site.and_then(|site| self.site(site));
        Box::new(Succession {
            from: self.code(h.from),
            to: self.code(h.to),
            on: h.on,
            site: site.map(|s| s.code.clone()),
        })
    }

    fn code(&self, id: HolderId) -> String {
        self.holder(id).map(|h| h.code.clone()).unwrap_or_default()
    }

    /// What becomes of a site.
    fn way(&self, site: SiteId, handovers: &[Handover]) -> Way {
        let mut way = Way::default();
        let Some(first) = self.site(site) else {
            return way;
        };
        let mut holds = first.holder;
        for h in handovers {
            let all_of_it = h.is_merger() && site.index() < h.known;
            if h.site != Some(site) && !all_of_it {
                continue;
            }
            if h.from == holds {
                holds = h.to;
                way.moves.push(*h);
            } else if h.site.is_some() {
                way.void.push((*h, holds));
            }
        }
        way
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

#[cfg(test)]
mod tests {
    use super::super::{Event, Registry};
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
            let mut registry = registered();
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

    /// A: S1, S2; B: SB; C: SC; D: SD.
    fn registered() -> Registry {
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
        registry
    }

    /// `A>B 7` is a merger on the first of July, `A/S1>B 7` a split.
    fn said(text: &str) -> Succession {
        let (who, month) = text.split_once(' ').unwrap();
        let (giver, to) = who.split_once('>').unwrap();
        let (from, site) = giver
            .split_once('/')
            .map_or((giver, None), |(f, s)| (f, Some(s)));
        let Event::Succession(s) = succession(from, to, month.parse().unwrap(), site) else {
            unreachable!()
        };
        s
    }

    #[test]
    fn what_contradicts_the_register_is_refused() {
        for (recorded, new, code, earlier) in [
            ("", "A>B 7", None, ""),
            ("", "A>A 7", Some("successor_itself"), ""),
            ("", "A>B 12", Some("succession_in_future"), ""),
            ("", "A/S1>B 12", Some("succession_in_future"), ""),
            // Who is gone does nothing more, and nothing is done to it.
            ("A>B 3", "B>A 7", Some("holder_merged"), "A>B 3"),
            ("A>B 3", "B>A 3", Some("holder_merged"), "A>B 3"),
            ("A>B 3", "A>B 3", Some("holder_merged"), "A>B 3"),
            ("A>B 3", "A>C 7", Some("holder_merged"), "A>B 3"),
            ("A>B 3", "C>A 7", Some("holder_merged"), "A>B 3"),
            ("A>B 3", "B/S1>A 7", Some("holder_merged"), "A>B 3"),
            ("A>B 3", "A/S2>C 7", Some("holder_merged"), "A>B 3"),
            ("A>B 3,B>C 5", "C>A 7", Some("holder_merged"), "A>B 3"),
            ("A>B 3", "B>C 7", None, ""),
            ("A>B 3", "C>B 2", None, ""),
            // A split of the same day goes first, whichever is recorded first.
            ("A>B 3", "A/S2>C 3", None, ""),
            ("A/S2>C 3", "A>B 3", None, ""),
            ("A>B 3", "C/SC>A 3", None, ""),
            // Recorded late: what is recorded of the holder afterwards has to be before it goes.
            ("B>A 7", "A>B 3", Some("holder_acts_later"), "B>A 7"),
            ("C>A 7", "A>B 3", Some("holder_acts_later"), "C>A 7"),
            ("A>C 7", "A>B 3", Some("holder_acts_later"), "A>C 7"),
            ("A/S2>C 7", "A>B 3", Some("holder_acts_later"), "A/S2>C 7"),
            ("B>C 7", "A>B 3", None, ""),
            ("C>A 2", "A>B 3", None, ""),
            // A site goes there and back, and is given by who holds it.
            ("A/S1>B 3", "B/S1>A 7", None, ""),
            ("A/S1>B 3", "A>B 7", None, ""),
            ("A/S1>B 3", "B>A 7", None, ""),
            ("A/S1>B 3", "A/S1>C 7", Some("site_not_held"), "A/S1>B 3"),
            ("A/S1>B 3", "A/S1>B 3", Some("site_not_held"), "A/S1>B 3"),
            (
                "A/S1>B 3,D>B 5",
                "A/S1>C 7",
                Some("site_not_held"),
                "A/S1>B 3",
            ),
            ("A/S1>B 3", "B/S1>C 2", Some("site_not_held"), "A/S1>B 3"),
            ("A>B 3", "B/S1>C 2", Some("site_not_held"), "A>B 3"),
            ("A/S1>B 7", "A/S1>C 3", Some("site_given_later"), "A/S1>B 7"),
            (
                "A>B 7,B/S1>C 9",
                "A/S1>D 3",
                Some("site_given_later"),
                "B/S1>C 9",
            ),
            ("A>B 7", "A/S1>D 3", None, ""),
        ] {
            let mut registry = registered();
            for event in recorded.split(',').filter(|e| !e.is_empty()) {
                registry.decide(&said(event), day(11)).unwrap();
                registry.apply(&Event::Succession(said(event)), Date::MIN);
            }
            let refused = registry.decide(&said(new), day(11)).err();
            let context = format!("{recorded} + {new}: {refused:?}");
            assert_eq!(refused.as_ref().map(Contradiction::code), code, "{context}");
            let named = match refused {
                Some(
                    Contradiction::HolderMerged { earlier, .. }
                    | Contradiction::HolderActsLater { earlier, .. }
                    | Contradiction::SiteNotHeld { earlier, .. }
                    | Contradiction::SiteGivenLater { earlier, .. },
                ) => Some(*earlier),
                _ => None,
            };
            let want = (!earlier.is_empty()).then(|| said(earlier));
            assert_eq!(named, want, "{context}");
        }
    }

    #[test]
    fn a_split_of_the_day_of_a_merger_goes_first() {
        for order in [["A>B 3", "A/S2>C 3"], ["A/S2>C 3", "A>B 3"]] {
            let mut registry = registered();
            for event in order {
                registry.apply(&Event::Succession(said(event)), Date::MIN);
            }
            let a = registry.one("A").unwrap();
            for (site, holder) in [("S1", "B"), ("S2", "C")] {
                let site = registry.find_site(a, site).unwrap();
                let holds = registry.site_holder(site, day(3)).unwrap();
                assert_eq!(registry.code(holds), holder, "{order:?}");
            }
        }
    }
}
