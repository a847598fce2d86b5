//! From a draft to an entry: every row gets its fate. Nothing here changes the book.

use std::collections::hash_map::Entry;
use std::collections::{BTreeMap, HashMap};

use weighbridge_measure::{Date, SubstanceTable};

use super::body::{Finding, Movements, Part, Place};
use super::draft::{Draft, StatedPlace, TEXT_FIELDS};
use super::identity::{Identities, Resolved, fingerprint, is_numbered};
use super::kind::Kind;
use super::ledger::Ledger;
use super::line::{LineNo, State};
use super::movement::Text;
use super::quarantine::{Code, Issue, SetAside};
use super::rows::Rows;
use super::vocabulary::{Action, Field, Mode, Packaging, Reason};
use crate::registry::holder::Cover;
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
    /// How often an identity known from earlier submissions has come in this one.
    repeats: BTreeMap<u64, u32>,
}

impl Submission {
    /// A submission that begins at the ledger's present end.
    #[must_use]
    pub fn begin(format: &str, ledger: &Ledger) -> Submission {
        let first_line = LineNo::try_from(ledger.lines().len()).unwrap_or(LineNo::MAX);
        Submission {
            format: format.to_owned(),
            first_line,
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
    let mut judge = Judge {
        ledger,
        registry,
        submission,
        draft: &draft,
        lookups: &lookups,
        identities: Identities::of(&draft.rows),
        fresh: HashMap::new(),
    };
    let mut duplicates = Vec::new();
    let mut findings = Vec::new();
    let mut kept: Vec<usize> = Vec::with_capacity(draft.rows.len());
    let mut aside = Vec::new();
    for at in 0..draft.rows.len() {
        let position = u32::try_from(kept.len()).unwrap_or(u32::MAX);
        match judge.row(at) {
            Ok(fate) => {
                if fate == Fate::Duplicate {
                    duplicates.push(position);
                } else {
                    judge.findings(at, |f| findings.push((position, f)));
                }
                kept.push(at);
            }
            Err(issue) => aside.push(SetAside {
                row: issue.row,
                cells: cells(&draft, at),
                issues: vec![issue],
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

struct Judge<'a> {
    ledger: &'a Ledger,
    registry: &'a Registry,
    submission: &'a mut Submission,
    draft: &'a Draft,
    lookups: &'a [Lookup],
    identities: Identities<'a>,
    /// Line numbers that came earlier in this part, with the content that each came with first. Never iterated, so its order cannot show.
    fresh: HashMap<u64, u64>,
}

impl Judge<'_> {
    fn row(&mut self, at: usize) -> Result<Fate, Issue> {
        let rows = &self.draft.rows;
        let number = rows.row.get(at).copied().unwrap_or(0);
        let own = rows.own.get(at).copied().unwrap_or(0) as usize;
        let deletes = rows.action.get(at) == Some(&(Action::Delete as u8));
        let (holder, site) = self.place(number, own, Field::Reporter)?;
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
        let substance = basis.map_or(0, |b| b.basis.substance.index());
        let who = Resolved {
            holder,
            site,
            other,
            substance,
        };
        self.identity(at, &who)
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
        lookup
            .clone()
            .map_err(|(problem, code, expected)| match (problem, field) {
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

    fn identity(&mut self, at: usize, who: &Resolved) -> Result<Fate, Issue> {
        let rows = &self.draft.rows;
        let (ident, content) = self.identities.identity(at, who);
        let lines_of = &self.ledger.lines;
        let idents = &lines_of.ident;
        let counts = |l: &LineNo| {
            lines_of
                .get(*l)
                .is_some_and(|l| l.state() != State::Withdrawn)
        };
        let mut known = self.ledger.idents.lines(ident, idents).filter(counts);
        if !is_numbered(ident) {
            let is_earlier = |l: &LineNo| {
                *l < self.submission.first_line
                    && lines_of
                        .get(*l)
                        .is_some_and(|l| l.state() != State::Duplicate)
            };
            let earlier = known.filter(is_earlier).count();
            if earlier == 0 {
                return Ok(Fate::Accepted);
            }
            let nth = self.submission.repeats.entry(ident).or_insert(0);
            *nth += 1;
            return Ok(if *nth as usize <= earlier {
                Fate::Duplicate
            } else {
                Fate::Accepted
            });
        }
        let before = match known.next() {
            Some(line) => Some(self.same_as_line(line, at, who, content)),
            None => match self.fresh.entry(ident) {
                Entry::Occupied(first) => Some(*first.get() == content),
                Entry::Vacant(free) => {
                    free.insert(content);
                    None
                }
            },
        };
        match before {
            None => Ok(Fate::Accepted),
            Some(true) => Ok(Fate::Duplicate),
            Some(false) => {
                let row = rows.row.get(at).copied().unwrap_or(0);
                let line_id = rows.text(Text::LineId, at);
                Err(Issue::new(
                    row,
                    Field::LineId,
                    Code::LineIdConflict,
                    line_id,
                    "action=adjust + corrects",
                ))
            }
        }
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

    fn findings(&self, at: usize, mut found: impl FnMut(Finding)) {
        let rows = &self.draft.rows;
        let date = Date::from_days(rows.date.get(at).copied().unwrap_or(0));
        let basis = rows
            .basis
            .get(at)
            .and_then(|b| self.draft.bases.get(*b as usize));
        let class = basis.and_then(|b| SubstanceTable::shipped().get(b.basis.substance).cn_class);
        let own = rows.own.get(at).map(|o| *o as usize);
        let other = rows.other_party(at);
        for (place, codes) in [
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
            let Some(Ok((id, _))) = place.and_then(|p| self.lookups.get(p)) else {
                continue;
            };
            let Some(holder) = self.registry.holder(*id) else {
                continue;
            };
            if holder.valid_from.is_some_and(|d| date < d)
                || holder.valid_to.is_some_and(|d| d < date)
            {
                found(codes[0]);
            }
            if holder.licences.is_empty() {
                continue;
            }
            match holder.cover(class, date) {
                Cover::Covered => {}
                Cover::NotInForce => found(codes[1]),
                Cover::ClassNotCovered => found(codes[2]),
            }
        }
    }
}

/// The cells of a row that had already been put into columns.
fn cells(draft: &Draft, at: usize) -> Vec<(Field, String)> {
    let rows = &draft.rows;
    let byte = |column: &[u8]| column.get(at).copied().unwrap_or(0);
    let place = |at: Option<u32>| at.and_then(|p| draft.places.get(p as usize));
    let own = place(rows.own.get(at).copied());
    let other = place(rows.other.get(at).and_then(|o| o.checked_sub(1)));
    let basis = rows
        .basis
        .get(at)
        .and_then(|b| draft.bases.get(*b as usize))
        .map(|b| &b.basis);
    let decimal =
        |d: Option<weighbridge_measure::Decimal>| d.map(|d| d.to_string()).unwrap_or_default();
    let code = |c: Option<&'static str>| c.unwrap_or_default().to_owned();
    let mut cells = vec![
        (
            Field::Reporter,
            own.map(|p| p.party.clone()).unwrap_or_default(),
        ),
        (Field::Site, own.map(|p| p.site.clone()).unwrap_or_default()),
        (
            Field::Kind,
            code(Kind::from_number(byte(&rows.kind)).map(Kind::code)),
        ),
        (
            Field::Action,
            code(Action::from_number(byte(&rows.action)).map(Action::code)),
        ),
        (
            Field::Date,
            Date::from_days(rows.date.get(at).copied().unwrap_or(0)).to_string(),
        ),
        (
            Field::Substance,
            code(basis.map(|b| SubstanceTable::shipped().get(b.substance).id)),
        ),
        (Field::Amount, rows.amount.get(at).to_owned()),
        (Field::Unit, code(basis.map(|b| b.unit.code()))),
        (
            Field::Form,
            code(basis.map(|b| weighbridge_measure::FormTable::shipped().get(b.form).id)),
        ),
        (
            Field::Concentration,
            decimal(basis.and_then(|b| b.concentration)),
        ),
        (
            Field::Temperature,
            decimal(basis.and_then(|b| b.temperature)),
        ),
        (Field::Density, decimal(basis.and_then(|b| b.density))),
        (
            Field::Counterparty,
            other.map(|p| p.party.clone()).unwrap_or_default(),
        ),
        (
            Field::CounterpartySite,
            other.map(|p| p.site.clone()).unwrap_or_default(),
        ),
        (
            Field::Reason,
            code(Reason::from_number(byte(&rows.reason)).map(Reason::code)),
        ),
        (
            Field::Mode,
            code(Mode::from_number(byte(&rows.mode)).map(Mode::code)),
        ),
        (
            Field::Packaging,
            code(Packaging::from_number(byte(&rows.packaging)).map(Packaging::code)),
        ),
    ];
    let texts = Text::ALL
        .iter()
        .zip(TEXT_FIELDS)
        .map(|(t, f)| (f, rows.text(*t, at).to_owned()));
    cells.extend(texts);
    cells.retain(|(_, text)| !text.is_empty());
    cells
}

impl Rows {
    /// The rows at these positions, in their order.
    #[must_use]
    pub fn pick(&self, positions: &[usize]) -> Rows {
        fn column<T: Copy>(from: &[T], positions: &[usize]) -> Vec<T> {
            positions
                .iter()
                .filter_map(|p| from.get(*p).copied())
                .collect()
        }
        let texts = |from: &super::rows::TextColumn| {
            let mut to = super::rows::TextColumn::default();
            positions.iter().for_each(|p| to.push(from.get(*p)));
            to
        };
        Rows {
            row: column(&self.row, positions),
            action: column(&self.action, positions),
            kind: column(&self.kind, positions),
            date: column(&self.date, positions),
            own: column(&self.own, positions),
            other: column(&self.other, positions),
            basis: column(&self.basis, positions),
            base_ug: column(&self.base_ug, positions),
            class: column(&self.class, positions),
            reason: column(&self.reason, positions),
            mode: column(&self.mode, positions),
            packaging: column(&self.packaging, positions),
            amount: texts(&self.amount),
            texts: std::array::from_fn(|t| self.texts.get(t).map(texts).unwrap_or_default()),
        }
    }
}
