//! The book itself: columns, interned words, indexes; what an entry adds to them.

use std::collections::{BTreeMap, BTreeSet};

use weighbridge_measure::{Date, Dimension, SubstanceId, Timestamp};

use super::allowance::Stated;
use super::body::{Finding, Movements, Place};
use super::correct::Correction;
use super::draft::StatedBasis;
use super::identity::{Identities, Resolved, by_line_id, fingerprint};
use super::index::{ChainIndex, IdentIndex};
use super::key::text_key;
use super::line::{LineNo, Lines, State, Traits};
use super::movement::Text;
use super::outward::Facing;
use super::quarantine::Code;
use super::rows::Rows;
use super::vocabulary::Action;
use super::words::Words;
use crate::registry::{HolderId, Registry, SiteId};

/// A site and a substance: the unit of a balance.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Series {
    /// Holder that registered the site.
    pub holder: HolderId,
    /// Site.
    pub site: SiteId,
    /// Substance.
    pub substance: SubstanceId,
}

impl Series {
    /// Who answered for the site on a day: its holder, or who took it over.
    #[must_use]
    pub fn holder_on(self, registry: &Registry, on: Date) -> HolderId {
        registry.site_holder(self.site, on).unwrap_or(self.holder)
    }
}

/// What the book keeps of an entry.
#[derive(Clone, Debug)]
pub struct EntryLines {
    /// Sequence number in the journal.
    pub seq: u64,
    /// Sequence number of the first entry of its submission.
    pub submission: u64,
    /// Time of record.
    pub recorded_at: Timestamp,
    /// Who sent it.
    pub organisation: String,
    /// First line.
    pub first: LineNo,
    /// Number of lines.
    pub lines: u32,
    /// Rows set aside.
    pub aside: u32,
}

/// A row that is set aside, as far as the book keeps it in memory.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Aside {
    /// Entry.
    pub seq: u64,
    /// Row in its file.
    pub row: u32,
    /// First reason.
    pub code: Code,
    /// The line that resolved it.
    pub resolved_by: Option<LineNo>,
}

/// The substances book.
#[derive(Clone, Default, Debug)]
pub struct Ledger {
    pub(crate) lines: Lines,
    pub(crate) entries: Vec<EntryLines>,
    pub(crate) series: Vec<Series>,
    series_of: BTreeMap<(SiteId, SubstanceId), u32>,
    pub(crate) places: Vec<(HolderId, Option<SiteId>)>,
    place_of: BTreeMap<(HolderId, Option<SiteId>), u32>,
    pub(crate) lots: Words<u64>,
    /// Pairs of permit key and carrier key.
    pub(crate) papers: Words<(u64, u64)>,
    batches: Words<u64>,
    /// Lots that went into a line's batch, in line order.
    pub(crate) inputs: Vec<(LineNo, u32)>,
    pub(crate) corrections: Vec<Correction>,
    /// Inserts that a correction replaced when last settled.
    pub(crate) corrected: BTreeSet<LineNo>,
    /// What accepted lines are questioned for, in line order.
    pub(crate) findings: Vec<(LineNo, Finding)>,
    pub(crate) aside: Vec<Aside>,
    /// Rows set aside that named a line number, by the identity they would have had.
    pub(crate) aside_of: BTreeMap<u64, Vec<usize>>,
    pub(crate) withdrawn: BTreeSet<u64>,
    pub(crate) idents: IdentIndex,
    pub(crate) documents: ChainIndex,
    pub(crate) pairing: super::pairing::Pairing,
}

/// An entry's place in the journal.
#[derive(Clone, Debug)]
pub struct Stamp {
    /// Sequence number.
    pub seq: u64,
    /// Time of record.
    pub recorded_at: Timestamp,
    /// Who sent it.
    pub organisation: String,
}

impl Ledger {
    /// The lines.
    #[must_use]
    pub fn lines(&self) -> &Lines {
        &self.lines
    }

    /// The series of a line's number.
    #[must_use]
    pub fn series(&self, number: u32) -> Option<Series> {
        self.series.get(number as usize).copied()
    }

    /// Every series with its number.
    pub fn all_series(&self) -> impl Iterator<Item = (u32, Series)> {
        (0u32..).zip(self.series.iter().copied())
    }

    /// The other party of a line.
    #[must_use]
    pub fn place(&self, other: u32) -> Option<(HolderId, Option<SiteId>)> {
        other
            .checked_sub(1)
            .and_then(|at| self.places.get(at as usize))
            .copied()
    }

    /// Every movements entry.
    #[must_use]
    pub fn entries(&self) -> &[EntryLines] {
        &self.entries
    }

    /// What the book keeps of an entry; none where it brought no movements.
    #[must_use]
    pub fn entry(&self, seq: u64) -> Option<&EntryLines> {
        let at = self.entries.binary_search_by_key(&seq, |e| e.seq).ok()?;
        self.entries.get(at)
    }

    /// The entry of a line and the line's place within it.
    #[must_use]
    pub fn entry_of(&self, line: LineNo) -> Option<(&EntryLines, u32)> {
        let at = self
            .entries
            .partition_point(|e| e.first <= line)
            .checked_sub(1)?;
        // Entries without lines share their `first` with the next one.
        let entry = self
            .entries
            .get(..=at)?
            .iter()
            .rev()
            .find(|e| e.lines > 0)?;
        Some((entry, line.checked_sub(entry.first)?))
    }

    /// Rows set aside, in order of record.
    #[must_use]
    pub fn set_aside(&self) -> &[Aside] {
        &self.aside
    }

    /// Rows of an entry that were set aside.
    pub fn set_aside_of(&self, seq: u64) -> impl Iterator<Item = &Aside> {
        let from = self.aside.partition_point(|a| a.seq < seq);
        let rows = self.aside.iter().skip(from);
        rows.take_while(move |a| a.seq == seq)
    }

    /// What accepted lines are questioned for.
    #[must_use]
    pub fn findings(&self) -> &[(LineNo, Finding)] {
        &self.findings
    }

    /// Number of interned lots.
    #[must_use]
    pub fn lots(&self) -> usize {
        self.lots.len()
    }

    /// The interned number of a lot text.
    #[must_use]
    pub fn lot(&self, text: &str) -> Option<u32> {
        self.lots
            .find(text_key(text, &mut Vec::new()))
            .filter(|l| *l != 0)
    }

    /// Lines of an interned lot, newest first.
    pub fn lines_of_lot(&self, lot: u32) -> impl Iterator<Item = LineNo> {
        let lots = self.lines.lot.iter().enumerate().rev();
        let lines = lots.filter(move |(_, l)| **l == lot);
        lines.filter_map(|(line, _)| LineNo::try_from(line).ok())
    }

    /// Submissions (by the sequence number of their first entry) that were withdrawn.
    #[must_use]
    pub fn withdrawn(&self) -> &BTreeSet<u64> {
        &self.withdrawn
    }

    /// Bytes held in memory for lines and their indexes.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.memory().iter().map(|(_, bytes)| bytes).sum()
    }

    /// Bytes held in memory, by what holds them.
    #[must_use]
    pub fn memory(&self) -> [(&'static str, usize); 8] {
        let processes = self.batches.memory_bytes() + 8 * self.inputs.capacity();
        [
            ("columns of lines", self.lines.memory_bytes()),
            (
                "columns of halves and papers",
                self.lines.outward.memory_bytes(),
            ),
            ("index of identities", self.idents.memory_bytes()),
            ("index of documents", self.documents.memory_bytes()),
            ("pairing", self.pairing.memory_bytes()),
            ("batches and their lots", processes),
            ("lots", self.lots.memory_bytes()),
            ("permits and carriers", self.papers.memory_bytes()),
        ]
    }

    /// Gives back memory reserved for growth.
    pub fn shrink(&mut self) {
        self.lines.shrink();
        self.documents.shrink();
        self.inputs.shrink_to_fit();
    }

    /// Brings the indexes up to the last line; [`super::decide`] needs them.
    pub fn catch_up(&mut self) {
        self.idents.catch_up(&self.lines.ident);
        self.documents.catch_up(self.lines.outward.documents());
    }

    /// Lines that bear a document, by the key of its text, newest first. The ledger must be settled.
    pub fn lines_of_document(&self, document: u64) -> impl Iterator<Item = LineNo> {
        let outward = &self.lines.outward;
        let places = self.documents.rows(document, outward.documents());
        places.filter_map(|place| outward.line(place))
    }

    /// Takes in a movements entry.
    pub fn apply(&mut self, stamp: &Stamp, body: &Movements, registry: &Registry) {
        let first = LineNo::try_from(self.lines.len()).unwrap_or(LineNo::MAX);
        let submission = stamp.seq.saturating_sub(u64::from(body.part.back));
        self.append(stamp, body);
        for at in &body.duplicates {
            self.lines.set_state(first + at, State::Duplicate);
        }
        self.findings
            .extend(body.findings.iter().map(|(at, f)| (first + at, *f)));
        for a in &body.aside {
            self.keep_aside(stamp.seq, a, registry);
        }
        self.entries.push(EntryLines {
            seq: stamp.seq,
            submission,
            recorded_at: stamp.recorded_at,
            organisation: stamp.organisation.clone(),
            first,
            lines: u32::try_from(body.rows.len()).unwrap_or(u32::MAX),
            aside: u32::try_from(body.aside.len()).unwrap_or(u32::MAX),
        });
    }

    fn keep_aside(&mut self, seq: u64, a: &super::quarantine::SetAside, registry: &Registry) {
        let code = a.issues.first().map(|i| i.code).unwrap_or_default();
        let cell = |field| {
            a.cells
                .iter()
                .find(|(f, _)| *f == field)
                .map(|(_, t)| t.as_str())
        };
        let reporter = cell(super::vocabulary::Field::Reporter);
        if let (Some(reporter), Some(line_id)) = (reporter, cell(super::vocabulary::Field::LineId))
            && let Some(holder) = registry.one(reporter)
        {
            let ident = by_line_id(holder, text_key(line_id, &mut Vec::new()));
            self.aside_of
                .entry(ident)
                .or_default()
                .push(self.aside.len());
        }
        self.aside.push(Aside {
            seq,
            row: a.row,
            code,
            resolved_by: None,
        });
    }

    fn append(&mut self, stamp: &Stamp, body: &Movements) {
        let rows = &body.rows;
        let identities = Identities::of(rows);
        let first = LineNo::try_from(self.lines.len()).unwrap_or(LineNo::MAX);
        self.append_parties(body, &identities);
        let lines = &mut self.lines;
        lines.date.extend_from_slice(&rows.date);
        let what = rows.kind.iter().zip(&rows.reason);
        lines.what.extend(what.map(|(k, r)| k & 15 | r << 4));
        let state = |action: &u8| match Action::from_number(*action).unwrap_or_default() {
            Action::Insert => State::Live as u8,
            Action::Adjust | Action::Delete => State::Waiting as u8,
        };
        lines.state.extend(rows.action.iter().map(state));
        let traits = (0..rows.len()).map(|at| traits_of(rows, at, &body.bases).bits());
        lines.traits.extend(traits);
        lines.base_ug.extend_from_slice(&rows.base_ug);
        let keys = identities.texts(Text::Lot);
        self.lots.intern_all(keys, &mut lines.lot);
        let keys = identities.texts(Text::Batch);
        self.batches.intern_all(keys, &mut lines.batch);
        self.append_outward(body, &identities, first);
        if !rows.is_blank(Text::InputLots) {
            for (at, line) in (0..rows.len()).zip(first..) {
                self.keep_inputs(line, rows.text(Text::InputLots, at));
            }
        }
        self.append_corrections(stamp, body, &identities, first);
        self.resolve_aside(first);
    }

    /// Series, identity and fingerprint of every row.
    fn append_parties(&mut self, body: &Movements, identities: &Identities<'_>) {
        let rows = &body.rows;
        let others: Vec<(HolderId, Option<SiteId>)> =
            body.places.iter().map(Place::as_other).collect();
        let mut series_of = SeriesCache::new(body.places.len(), body.bases.len());
        for at in 0..rows.len() {
            #[allow(
                clippy::indexing_slicing,
                reason = "columns have as many rows; positions were checked on decoding"
            )]
            let (own, other, basis) = (
                rows.own[at] as usize,
                rows.other_party(at),
                rows.basis[at] as usize,
            );
            let place = body.places.get(own);
            let holder = place.map_or(HolderId(u32::MAX), |p| p.holder);
            let site = place.and_then(|p| p.at).unwrap_or(SiteId(u32::MAX));
            let substance = body.bases.get(basis).map(|b| b.basis.substance);
            let series = series_of.get(own, basis, || match substance {
                Some(substance) => self.intern_series(holder, site, substance),
                None => u32::MAX,
            });
            let who = Resolved {
                holder,
                site,
                other: other.and_then(|o| others.get(o)).copied(),
                substance: substance.map_or(0, SubstanceId::index),
            };
            let (ident, content) = identities.identity(at, &who);
            let lines = &mut self.lines;
            lines.series.push(series);
            lines.ident.push(ident);
            lines.print.push(fingerprint(content));
        }
    }

    /// Other party, document, permit and carrier of the rows that bear any.
    fn append_outward(&mut self, body: &Movements, identities: &Identities<'_>, first: LineNo) {
        let rows = &body.rows;
        let places = body.places.iter().map(Place::as_other);
        let numbers: Vec<u32> = places.map(|p| self.intern_place(p) + 1).collect();
        let permits = identities.texts(Text::Permit);
        let pairs = permits.zip(identities.texts(Text::Carrier));
        let mut papers = Vec::with_capacity(rows.len());
        self.papers.intern_all(pairs, &mut papers);
        let documents = identities.texts(Text::Document);
        for (((at, line), document), papers) in (0..).zip(first..).zip(documents).zip(papers) {
            let other = rows.other_party(at).and_then(|o| numbers.get(o)).copied();
            let facing = Facing {
                other: other.unwrap_or(0),
                document,
                papers,
            };
            if rows.is_half(at) || (facing.other, document, papers) != (0, 0, 0) {
                self.lines.outward.push(line, facing);
            }
        }
    }

    fn append_corrections(
        &mut self,
        stamp: &Stamp,
        body: &Movements,
        identities: &Identities<'_>,
        first: LineNo,
    ) {
        let rows = &body.rows;
        let actions = rows.action.iter().enumerate().zip(first..);
        for ((at, _), line) in actions.filter(|((_, a), _)| **a != Action::Insert as u8) {
            let own = rows.own.get(at).and_then(|p| body.places.get(*p as usize));
            let Some(place) = own else {
                continue;
            };
            let stated = Correction::stated(line, place.holder, rows, at, stamp, identities);
            self.corrections.push(stated);
        }
    }

    /// Notes which rows that were set aside have come again, under the line number that they named.
    fn resolve_aside(&mut self, first: LineNo) {
        if self.aside_of.is_empty() {
            return;
        }
        let idents = self.lines.ident.get(first as usize..).unwrap_or(&[]);
        for (ident, line) in idents.iter().zip(first..) {
            for a in self.aside_of.get(ident).into_iter().flatten() {
                if let Some(a) = self.aside.get_mut(*a) {
                    a.resolved_by = Some(line);
                }
            }
        }
    }

    fn keep_inputs(&mut self, line: LineNo, inputs: &str) {
        for lot in inputs.split([';', '；']).filter(|l| !l.trim().is_empty()) {
            let lot = self.lots.intern(text_key(lot, &mut Vec::new()));
            self.inputs.push((line, lot));
        }
    }

    fn intern_place(&mut self, place: (HolderId, Option<SiteId>)) -> u32 {
        let next = u32::try_from(self.places.len()).unwrap_or(u32::MAX);
        *self.place_of.entry(place).or_insert_with(|| {
            self.places.push(place);
            next
        })
    }

    fn intern_series(&mut self, holder: HolderId, site: SiteId, substance: SubstanceId) -> u32 {
        let next = u32::try_from(self.series.len()).unwrap_or(u32::MAX);
        *self.series_of.entry((site, substance)).or_insert_with(|| {
            self.series.push(Series {
                holder,
                site,
                substance,
            });
            next
        })
    }
}

/// The traits of a row.
pub(crate) fn traits_of(rows: &Rows, at: usize, bases: &[StatedBasis]) -> Traits {
    let byte = |column: &[u8]| column.get(at).copied().unwrap_or(0);
    let stated = rows.basis.get(at).and_then(|b| bases.get(*b as usize));
    let stated = match stated.map(|b| (b.basis.unit.dimension(), &b.basis)) {
        Some((Dimension::Volume, b)) if b.temperature.is_some() || b.density.is_some() => {
            Stated::KnownVolume
        }
        Some((Dimension::Volume, _)) => Stated::Volume,
        _ => Stated::Mass,
    };
    Traits::new(
        byte(&rows.class),
        byte(&rows.packaging),
        byte(&rows.mode),
        stated,
    )
}

/// Combinations of place and basis that one entry's cache holds.
const SERIES_SLOTS_MAX: usize = 1 << 20;

/// Series of (place, basis) within one entry, by place then basis.
struct SeriesCache {
    bases: usize,
    known: Vec<Option<u32>>,
}

impl SeriesCache {
    fn new(places: usize, bases: usize) -> SeriesCache {
        // Beyond this many combinations the book's own map answers.
        let slots = places.saturating_mul(bases);
        SeriesCache {
            bases,
            known: vec![None; if slots > SERIES_SLOTS_MAX { 0 } else { slots }],
        }
    }

    fn get(&mut self, own: usize, basis: usize, make: impl FnOnce() -> u32) -> u32 {
        match self.known.get_mut(own * self.bases + basis) {
            Some(known) => *known.get_or_insert_with(make),
            None => make(),
        }
    }
}
