//! From a draft to an entry: every row gets its fate. Nothing here changes the book.

mod whole;

use std::collections::BTreeMap;

use hashbrown::HashTable;
use hashbrown::hash_table::Entry;
use weighbridge_measure::{Date, SubstanceTable};

use super::body::{Finding, Movements, Part, Place};
use super::draft::{Draft, StatedPlace};
use super::identity::{Identities, Resolved, fingerprint, is_numbered};
use super::ledger::Ledger;
use super::line::{LineNo, State};
use super::movement::Text;
use super::quarantine::{Code, Issue, SetAside};
use super::rows::Rows;
use super::vocabulary::{Action, Field};
use crate::registry::holder::{Cover, Holder};
use crate::registry::{Event, Found, HolderId, Registry, SiteId};

/// A submission while its parts are decided one after the other.
#[derive(Clone, Debug, Default)]
pub struct Submission {
    /// Code of the format.
    pub format: String,
    /// Parts decided so far.
    pub parts: u32,
    /// First line of the submission in this book; lines from here on are its own.
    pub first_line: LineNo,
    /// Who sends it: rows of a holder that it may not report for are set aside. None = whoever keeps the account.
    pub agent: Option<HolderId>,
    /// How often an identity known from earlier submissions has come in this one.
    repeats: BTreeMap<u64, u32>,
}

impl Submission {
    /// A submission of a sender that begins at the ledger's present end.
    #[must_use]
    pub fn begin(format: &str, ledger: &Ledger, agent: Option<HolderId>) -> Submission {
        let first_line = LineNo::try_from(ledger.lines().len()).unwrap_or(LineNo::MAX);
        Submission {
            format: format.to_owned(),
            first_line,
            agent,
            ..Submission::default()
        }
    }
}

/// Events that make every party and site of a draft known, for an account that learns its holders from the lines.
#[must_use]
pub fn learn(draft: &Draft, registry: &Registry) -> Vec<Event> {
    let owners: std::collections::BTreeSet<u32> = draft.rows.own.iter().copied().collect();
    let mut events = Vec::new();
    // The register is copied only for a draft that brings something new.
    let mut known = std::borrow::Cow::Borrowed(registry);
    for (at, place) in (0u32..).zip(&draft.places) {
        for event in unknown(&known, place, owners.contains(&at)) {
            known.to_mut().apply(&event, Date::MIN);
            events.push(event);
        }
    }
    events
}

/// What the register does not know of a place. A reporter that names no site is at its main one.
fn unknown(known: &Registry, place: &StatedPlace, reports: bool) -> Vec<Event> {
    let mut events = Vec::new();
    let party = || Event::Learnt {
        code: place.party.clone(),
        name: String::new(),
    };
    let holder = known.one(&place.party);
    if holder.is_none() && known.is_known(&place.party) {
        return events;
    }
    let code = match holder.and_then(|id| known.holder(id)) {
        Some(holder) => holder.code.clone(),
        None => {
            events.push(party());
            place.party.clone()
        }
    };
    let site = if place.site.is_empty() && reports {
        code.as_str()
    } else {
        place.site.as_str()
    };
    let has_site = holder.is_some_and(|id| known.find_site(id, site).is_some());
    if !site.is_empty() && !has_site {
        events.push(Event::LearntSite {
            holder: code.clone(),
            site: site.to_owned(),
        });
    }
    events
}

/// What a place of the draft turned out to be.
type Lookup = Result<(HolderId, Option<SiteId>), (Field, Code, String)>;

fn look_up(registry: &Registry, party: &str, site: &str) -> Lookup {
    let holder = match registry.find(party) {
        Found::One(holder) => holder,
        Found::Several(ids) => {
            let codes: Vec<&str> = ids
                .iter()
                .filter_map(|id| registry.holder(*id))
                .map(|h| h.code.as_str())
                .collect();
            return Err((Field::Row, Code::PartyAmbiguous, codes.join(" | ")));
        }
        Found::Nobody(near) => return Err((Field::Row, Code::ReporterUnknown, near.join(" | "))),
    };
    let Some(known) = registry.holder(holder) else {
        return Ok((holder, None));
    };
    if !site.is_empty() {
        return match registry.find_site(holder, site) {
            Some(site) => Ok((holder, Some(site))),
            None => {
                let sites: Vec<&str> = known
                    .sites
                    .iter()
                    .filter_map(|s| registry.site(*s))
                    .map(|s| s.code.as_str())
                    .collect();
                Err((Field::Site, Code::SiteUnknown, sites.join(" | ")))
            }
        };
    }
    let main = registry.find_site(holder, &known.code);
    Ok((
        holder,
        main.or(match known.sites.as_slice() {
            [only] => Some(*only),
            _ => None,
        }),
    ))
}

/// Decides one part. `ledger` must have caught up with its lines, earlier parts of the submission included.
pub fn decide(
    ledger: &Ledger,
    registry: &Registry,
    submission: &mut Submission,
    draft: Draft,
) -> Movements {
    let lookups: Vec<Lookup> = draft
        .places
        .iter()
        .map(|p| look_up(registry, &p.party, &p.site))
        .collect();
    let part = Part {
        number: submission.parts,
        back: submission.parts,
    };
    submission.parts += 1;
    let event = whole::Verdict::before(&submission.format, ledger);
    let mut judge = Judge {
        ledger,
        registry,
        submission,
        draft: &draft,
        lookups: &lookups,
        identities: Identities::of(&draft.rows),
        fresh: HashTable::new(),
        event,
    };
    let marks = judge.marks();
    // The holders whose register entry can question a movement; most parts know none.
    let limited = |l: &Lookup| {
        let (holder, _) = l.as_ref().ok()?;
        registry.holder(*holder).filter(|h| h.is_limited())
    };
    let limited: Vec<Option<&Holder>> = lookups.iter().map(limited).collect();
    let mut duplicates = Vec::new();
    let mut findings = Vec::new();
    let mut kept: Vec<usize> = Vec::with_capacity(draft.rows.len());
    let mut aside = Vec::new();
    for (at, mark) in marks.into_iter().enumerate() {
        let position = u32::try_from(kept.len()).unwrap_or(u32::MAX);
        match mark.and_then(|mark| judge.whole(at, &mark).and_then(|()| judge.fate(at, &mark))) {
            Ok(fate) => {
                if fate == Fate::Duplicate {
                    duplicates.push(position);
                } else {
                    findings_of(&draft, &limited, at, |f| findings.push((position, f)));
                }
                kept.push(at);
            }
            Err(issue) => aside.push(SetAside {
                row: issue.row,
                cells: draft.cells(at),
                issues: vec![*issue],
            }),
        }
    }
    let places = draft.places.iter().zip(&lookups);
    let places = places
        .map(|(p, l)| {
            let (holder, at) = l
                .as_ref()
                .map_or((HolderId(u32::MAX), None), |(h, s)| (*h, *s));
            Place {
                party: p.party.clone(),
                site: p.site.clone(),
                holder,
                at,
            }
        })
        .collect();
    let rows = if kept.len() == draft.rows.len() {
        draft.rows
    } else {
        draft.rows.pick(&kept)
    };
    let mut all_aside = draft.aside;
    all_aside.extend(aside);
    all_aside.sort_by_key(|a| a.row);
    Movements {
        format: submission.format.clone(),
        part,
        places,
        bases: draft.bases,
        rows,
        duplicates,
        findings,
        aside: all_aside,
        attachments: Vec::new(),
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Fate {
    Accepted,
    Duplicate,
}

/// What a row is recognised by.
struct Mark {
    who: Resolved,
    ident: u64,
    content: u64,
    /// First line of the book with the same identity.
    known: Option<LineNo>,
}

struct Judge<'a> {
    ledger: &'a Ledger,
    registry: &'a Registry,
    submission: &'a mut Submission,
    draft: &'a Draft,
    lookups: &'a [Lookup],
    identities: Identities<'a>,
    /// Identities by line number that came earlier in this part, with the content that each came with first. Never
    /// iterated, so its order cannot show.
    fresh: HashTable<(u64, u64)>,
    event: whole::Verdict,
}

impl Judge<'_> {
    /// Resolves every row, then asks the book about all of them. Asked one after the other with nothing in between, the
    /// questions wait for memory together: the index is larger than the caches.
    fn marks(&self) -> Vec<Result<Mark, Box<Issue>>> {
        let mark = |at| {
            let who = self.resolve(at).map_err(Box::new)?;
            let (ident, content) = self.identities.identity(at, &who);
            Ok(Mark {
                who,
                ident,
                content,
                known: None,
            })
        };
        let mut marks: Vec<Result<Mark, Box<Issue>>> =
            (0..self.draft.rows.len()).map(mark).collect();
        let (index, idents) = (&self.ledger.idents, &self.ledger.lines.ident);
        for mark in marks.iter_mut().flatten() {
            mark.known = index.first(mark.ident, idents);
        }
        marks
    }

    fn resolve(&self, at: usize) -> Result<Resolved, Issue> {
        let rows = &self.draft.rows;
        let number = rows.row.get(at).copied().unwrap_or(0);
        let own = rows.own.get(at).copied().unwrap_or(0) as usize;
        let deletes = rows.action.get(at) == Some(&(Action::Delete as u8));
        let (holder, site) = self.place(number, own, Field::Reporter)?;
        let date = rows
            .date
            .get(at)
            .copied()
            .map_or(Date::MIN, Date::from_days);
        if let Some(agent) = self.submission.agent
            && !self.registry.may_report(agent, holder, date)
        {
            let found = self.draft.places.get(own).map_or("", |p| p.party.as_str());
            let allowed = self.registry.holder(agent).map(|h| h.code.clone());
            let (code, allowed) = (Code::ReporterNotAllowed, allowed.unwrap_or_default());
            return Err(Issue::new(number, Field::Reporter, code, found, allowed));
        }
        let site = match site {
            Some(site) => site,
            None if deletes => self.any_site(holder),
            None => return Err(self.site_missing(number, holder)),
        };
        let other = match rows.other_party(at) {
            Some(other) => Some(self.counterparty(number, other, (holder, site))?),
            None => None,
        };
        let basis = rows
            .basis
            .get(at)
            .and_then(|b| self.draft.bases.get(*b as usize));
        Ok(Resolved {
            holder,
            site,
            other,
            substance: basis.map_or(0, |b| b.basis.substance.index()),
        })
    }

    fn place(
        &self,
        row: u32,
        at: usize,
        field: Field,
    ) -> Result<(HolderId, Option<SiteId>), Issue> {
        let (Some(lookup), Some(stated)) = (self.lookups.get(at), self.draft.places.get(at)) else {
            return Err(Issue::new(row, field, Code::Unreadable, "", ""));
        };
        let (problem, code, expected) = match lookup {
            Ok(found) => return Ok(*found),
            Err((problem, code, expected)) => (*problem, *code, expected.clone()),
        };
        Err(match (problem, field) {
            (Field::Site, Field::Reporter) => {
                Issue::new(row, Field::Site, code, &stated.site, expected)
            }
            (Field::Site, _) => {
                Issue::new(row, Field::CounterpartySite, code, &stated.site, expected)
            }
            (_, Field::Counterparty) if code == Code::ReporterUnknown => Issue::new(
                row,
                field,
                Code::CounterpartyUnknown,
                &stated.party,
                expected,
            ),
            _ => Issue::new(row, field, code, &stated.party, expected),
        })
    }

    fn counterparty(
        &self,
        row: u32,
        at: usize,
        own: (HolderId, SiteId),
    ) -> Result<(HolderId, Option<SiteId>), Issue> {
        let (holder, site) = self.place(row, at, Field::Counterparty)?;
        let stated = self.draft.places.get(at);
        // As in Place::as_other.
        let named = site.filter(|_| stated.is_some_and(|p| !p.site.is_empty()));
        if holder == own.0 && named.is_none_or(|s| s == own.1) {
            let found = stated.map_or("", |p| p.party.as_str());
            return Err(Issue::new(
                row,
                Field::Counterparty,
                Code::CounterpartyIsSelf,
                found,
                "counterparty_site",
            ));
        }
        Ok((holder, named))
    }

    fn any_site(&self, holder: HolderId) -> SiteId {
        self.registry
            .holder(holder)
            .and_then(|h| h.sites.first().copied())
            .unwrap_or(SiteId(u32::MAX))
    }

    fn site_missing(&self, row: u32, holder: HolderId) -> Issue {
        let sites = self
            .registry
            .holder(holder)
            .map(|h| h.sites.as_slice())
            .unwrap_or_default();
        let codes: Vec<&str> = sites
            .iter()
            .filter_map(|s| self.registry.site(*s))
            .map(|s| s.code.as_str())
            .collect();
        Issue::new(row, Field::Site, Code::SiteMissing, "", codes.join(" | "))
    }

    fn fate(&mut self, at: usize, mark: &Mark) -> Result<Fate, Box<Issue>> {
        if is_numbered(mark.ident) {
            return self.numbered(at, mark);
        }
        if mark.known.is_none() {
            return Ok(Fate::Accepted);
        }
        let lines = &self.ledger.lines;
        let is_earlier = |l: &LineNo| {
            let state = lines.get(*l).map(|l| l.state());
            *l < self.submission.first_line
                && state.is_some_and(|s| s != State::Withdrawn && s != State::Duplicate)
        };
        let known = self.ledger.idents.lines(mark.ident, &lines.ident);
        let earlier = known.filter(is_earlier).count();
        if earlier == 0 {
            return Ok(Fate::Accepted);
        }
        let nth = self.submission.repeats.entry(mark.ident).or_insert(0);
        *nth += 1;
        Ok(if *nth as usize <= earlier {
            Fate::Duplicate
        } else {
            Fate::Accepted
        })
    }

    /// The fate of a row with a line number of its own.
    fn numbered(&mut self, at: usize, mark: &Mark) -> Result<Fate, Box<Issue>> {
        let Mark { ident, content, .. } = *mark;
        let known = mark.known.and_then(|_| self.counted(ident));
        let before = match known {
            Some(line) => Some(self.same_as_line(line, at, &mark.who, content)),
            None => {
                let first = (self.fresh).entry(ident, |f| f.0 == ident, |f| f.0);
                match first {
                    Entry::Occupied(first) => Some(first.get().1 == content),
                    Entry::Vacant(free) => {
                        free.insert((ident, content));
                        None
                    }
                }
            }
        };
        match before {
            None => Ok(Fate::Accepted),
            Some(true) => Ok(Fate::Duplicate),
            Some(false) => Err(Box::new(conflict(&self.draft.rows, at))),
        }
    }

    /// The first line of the book with an identity that is not withdrawn.
    fn counted(&self, ident: u64) -> Option<LineNo> {
        let lines = &self.ledger.lines;
        let counts = |l: &LineNo| lines.get(*l).is_some_and(|l| l.state() != State::Withdrawn);
        let known = self.ledger.idents.lines(ident, &lines.ident);
        known.into_iter().find(counts)
    }

    /// Whether a line of the book has the content of a row: by its fingerprint and by what the book keeps in memory.
    fn same_as_line(&self, line: LineNo, at: usize, who: &Resolved, content: u64) -> bool {
        let rows = &self.draft.rows;
        let Some(line) = self.ledger.lines.get(line) else {
            return false;
        };
        let Some(series) = self.ledger.series(line.series()) else {
            return false;
        };
        if line.print() != fingerprint(content) {
            return false;
        }
        rows.action.get(at) == Some(&(Action::Delete as u8))
            || series.site == who.site
                && series.substance.index() == who.substance
                && Some(&line.date().days()) == rows.date.get(at)
                && Some(&line.base_ug()) == rows.base_ug.get(at)
                && self.ledger.place(line.other()) == who.other
                && line.document() == self.identities.text(Text::Document, at)
    }
}

/// A line number that was used for another content.
fn conflict(rows: &Rows, at: usize) -> Issue {
    Issue::new(
        rows.row.get(at).copied().unwrap_or(0),
        Field::LineId,
        Code::LineIdConflict,
        rows.text(Text::LineId, at),
        "action=adjust + corrects",
    )
}

/// What the register has to say against a row's parties.
fn findings_of(
    draft: &Draft,
    limited: &[Option<&Holder>],
    at: usize,
    mut found: impl FnMut(Finding),
) {
    let rows = &draft.rows;
    // A deletion moves nothing: its date and substance are placeholders.
    if rows.action.get(at) == Some(&(Action::Delete as u8)) {
        return;
    }
    let at_place = |place: Option<usize>| place.and_then(|p| limited.get(p).copied().flatten());
    let own = at_place(rows.own.get(at).map(|o| *o as usize));
    let other = at_place(rows.other_party(at));
    if own.is_none() && other.is_none() {
        return;
    }
    let date = Date::from_days(rows.date.get(at).copied().unwrap_or(0));
    let basis = rows
        .basis
        .get(at)
        .and_then(|b| draft.bases.get(*b as usize));
    let class = basis.and_then(|b| SubstanceTable::shipped().get(b.basis.substance).cn_class);
    for (holder, [absent, lapsed, uncovered]) in [
        (
            own,
            [
                Finding::HolderNotInForce,
                Finding::LicenceNotInForce,
                Finding::ClassNotCovered,
            ],
        ),
        (
            other,
            [
                Finding::CounterpartyNotInForce,
                Finding::CounterpartyLicenceNotInForce,
                Finding::CounterpartyClassNotCovered,
            ],
        ),
    ] {
        let Some(holder) = holder else {
            continue;
        };
        if !holder.exists_on(date) {
            found(absent);
        }
        match holder.cover(class, date) {
            Cover::Covered => {}
            Cover::NotInForce => found(lapsed),
            Cover::ClassNotCovered => found(uncovered),
        }
    }
}
