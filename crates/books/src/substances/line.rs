//! Movement lines in memory: one row is a slice through columns; texts stay on disk.

use weighbridge_measure::{Date, ScaleClass};

use super::allowance::Stated;
use super::kind::Kind;
use super::outward::{Facing, Outward};
use super::vocabulary::{Mode, Packaging, Reason};

/// A line's number in this journal's books; means nothing outside them.
pub type LineNo = u32;

/// Where an accepted row stands in the account.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum State {
    /// Counts.
    Live,
    /// Repeats an earlier submission; a question, not counted.
    Duplicate,
    /// A correction whose target is not known or not unique.
    Waiting,
    /// A correction replaced it.
    Superseded,
    /// A deletion took it out.
    Deleted,
    /// A deletion that is in force.
    Deletion,
    /// Its submission was withdrawn.
    Withdrawn,
}

impl State {
    /// Stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            State::Live => "live",
            State::Duplicate => "duplicate",
            State::Waiting => "waiting",
            State::Superseded => "superseded",
            State::Deleted => "deleted",
            State::Deletion => "deletion",
            State::Withdrawn => "withdrawn",
        }
    }
}

/// By which key a half found its consignment.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Stage {
    /// No half, or not yet paired.
    None,
    /// A reviewer's decision.
    Reviewed,
    /// Document and everything else.
    Document,
    /// Document; the receiver differs.
    Consignee,
    /// Document; the sender differs.
    Consignor,
    /// Document; the substance differs.
    Substance,
    /// Permit, date and quantity.
    Permit,
    /// Parties, date and quantity.
    Lane,
    /// One against several.
    Split,
    /// No other side.
    OneSided,
}

const STAGES: [Stage; 10] = [
    Stage::None,
    Stage::Reviewed,
    Stage::Document,
    Stage::Consignee,
    Stage::Consignor,
    Stage::Substance,
    Stage::Permit,
    Stage::Lane,
    Stage::Split,
    Stage::OneSided,
];

impl Stage {
    /// Stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Stage::None => "",
            Stage::Reviewed => "reviewed",
            Stage::Document => "document",
            Stage::Consignee => "consignee_differs",
            Stage::Consignor => "consignor_differs",
            Stage::Substance => "substance_differs",
            Stage::Permit => "permit",
            Stage::Lane => "lane",
            Stage::Split => "split",
            Stage::OneSided => "one_sided",
        }
    }
}

/// Scale class, packaging, mode, and whether a volume was stated, in thirteen bits.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Traits(u16);

impl Traits {
    /// Packs the numbers of the three lists.
    #[must_use]
    pub fn new(class: u8, packaging: u8, mode: u8, stated: Stated) -> Traits {
        let volume = match stated {
            Stated::Mass => 0,
            Stated::Volume => 1,
            Stated::KnownVolume => 2,
        };
        Traits(
            u16::from(class & 7)
                | u16::from(packaging & 15) << 3
                | u16::from(mode & 15) << 7
                | volume << 11,
        )
    }

    /// Whether the amount was stated as a volume.
    #[must_use]
    pub fn stated(self) -> Stated {
        match self.0 >> 11 & 3 {
            0 => Stated::Mass,
            1 => Stated::Volume,
            _ => Stated::KnownVolume,
        }
    }

    /// As stored.
    #[must_use]
    pub fn bits(self) -> u16 {
        self.0
    }

    /// Class of the scale or meter.
    #[must_use]
    pub fn class(self) -> ScaleClass {
        ScaleClass::ALL
            .get(usize::from(self.0 & 7))
            .copied()
            .unwrap_or(ScaleClass::ClassIII)
    }

    /// Packaging.
    #[must_use]
    pub fn packaging(self) -> Packaging {
        Packaging::ALL
            .get(usize::from(self.0 >> 3 & 15))
            .copied()
            .unwrap_or_default()
    }

    /// Mode of transport.
    #[must_use]
    pub fn mode(self) -> Mode {
        Mode::ALL
            .get(usize::from(self.0 >> 7 & 15))
            .copied()
            .unwrap_or_default()
    }
}

/// The columns. Vectors have equal length, but for those that only some lines have.
#[derive(Clone, Default, Debug)]
pub struct Lines {
    pub(crate) series: Vec<u32>,
    pub(crate) date: Vec<u16>,
    /// Kind in the low, reason in the high four bits.
    pub(crate) what: Vec<u8>,
    pub(crate) state: Vec<u8>,
    pub(crate) traits: Vec<u16>,
    pub(crate) base_ug: Vec<i64>,
    /// Identity: of the `line_id` where there is one, else of the content.
    pub(crate) ident: Vec<u64>,
    /// Sixteen bits of the content's key, to tell a repeated line number from one used for something else.
    pub(crate) print: Vec<u16>,
    /// Interned lot; 0 = none.
    pub(crate) lot: Vec<u32>,
    /// Interned process batch; 0 = none.
    pub(crate) batch: Vec<u32>,
    pub(crate) outward: Outward,
}

/// A borrowed line.
#[derive(Clone, Copy)]
pub struct Line<'a> {
    lines: &'a Lines,
    at: usize,
}

macro_rules! column {
    ($($(#[$doc:meta])* $name:ident: $ty:ty;)+) => {
        $($(#[$doc])*
        #[must_use]
        #[inline]
        #[allow(clippy::indexing_slicing, reason = "a Line is made only by Lines::get, within the columns")]
        pub fn $name(self) -> $ty { self.lines.$name[self.at] })+
    };
}

impl Line<'_> {
    column! {
        /// Number of the series (site and substance).
        series: u32;
        /// Base µg, never negative; the kind tells the direction.
        base_ug: i64;
        /// Identity key.
        ident: u64;
        /// Fingerprint of the content.
        print: u16;
        /// Interned lot; 0 = none.
        lot: u32;
        /// Interned process batch; 0 = none.
        batch: u32;
    }

    /// What the line says of others, where it says anything.
    #[inline]
    pub(crate) fn facing(self) -> Option<Facing> {
        self.lines.outward.facing(self.number())
    }

    /// Interned place + 1 of the other party; 0 = none.
    #[must_use]
    pub fn other(self) -> u32 {
        self.facing().map_or(0, |f| f.other)
    }

    /// Document key; 0 = none.
    #[must_use]
    pub fn document(self) -> u64 {
        self.facing().map_or(0, |f| f.document)
    }

    /// Number of the line.
    #[must_use]
    pub fn number(self) -> LineNo {
        LineNo::try_from(self.at).unwrap_or(LineNo::MAX)
    }

    /// Civil date at the site.
    #[must_use]
    #[inline]
    #[allow(clippy::indexing_slicing, reason = "see column!")]
    pub fn date(self) -> Date {
        Date::from_days(self.lines.date[self.at])
    }

    /// Movement kind.
    #[must_use]
    #[inline]
    #[allow(clippy::indexing_slicing, reason = "see column!")]
    pub fn kind(self) -> Kind {
        Kind::from_number(self.lines.what[self.at] & 15).unwrap_or(Kind::Stocktake)
    }

    /// Why goods moved.
    #[must_use]
    #[allow(clippy::indexing_slicing, reason = "see column!")]
    pub fn reason(self) -> Reason {
        Reason::from_number(self.lines.what[self.at] >> 4).unwrap_or_default()
    }

    /// Scale class, packaging, mode.
    #[must_use]
    #[inline]
    #[allow(clippy::indexing_slicing, reason = "see column!")]
    pub fn traits(self) -> Traits {
        Traits(self.lines.traits[self.at])
    }

    /// State in the account.
    #[must_use]
    #[inline]
    #[allow(clippy::indexing_slicing, reason = "see column!")]
    pub fn state(self) -> State {
        const ALL: [State; 7] = [
            State::Live,
            State::Duplicate,
            State::Waiting,
            State::Superseded,
            State::Deleted,
            State::Deletion,
            State::Withdrawn,
        ];
        ALL.get(usize::from(self.lines.state[self.at]))
            .copied()
            .unwrap_or(State::Withdrawn)
    }

    /// Whether the line counts.
    #[must_use]
    #[inline]
    #[allow(clippy::indexing_slicing, reason = "see column!")]
    pub fn is_live(self) -> bool {
        self.lines.state[self.at] == State::Live as u8
    }

    /// How the line found its consignment.
    #[must_use]
    pub fn stage(self) -> Stage {
        let stage = self.lines.outward.stage(self.number());
        STAGES
            .get(usize::from(stage))
            .copied()
            .unwrap_or(Stage::None)
    }

    /// Whether the line is a live half of a consignment.
    #[must_use]
    pub fn is_half(self) -> bool {
        self.is_live() && self.kind().is_half()
    }

    /// Square of the standard uncertainty in µg² (matching rules, 2).
    #[must_use]
    pub fn variance(self) -> u128 {
        variance(self.base_ug(), self.traits().class())
    }
}

/// Square of u = ⌊base × class ppm / 10⁶⌋ in µg².
#[must_use]
pub fn variance(base_ug: i64, class: ScaleClass) -> u128 {
    let u = u128::from(base_ug.unsigned_abs()) * u128::from(class.u_ppm()) / 1_000_000;
    u * u
}

impl Lines {
    /// Number of lines.
    #[must_use]
    pub fn len(&self) -> usize {
        self.series.len()
    }

    /// Whether there are none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.series.is_empty()
    }

    /// A line by number.
    #[must_use]
    #[inline]
    pub fn get(&self, line: LineNo) -> Option<Line<'_>> {
        let at = line as usize;
        (at < self.series.len()).then_some(Line { lines: self, at })
    }

    /// Every line in order.
    pub fn iter(&self) -> impl Iterator<Item = Line<'_>> {
        (0..self.series.len()).map(|at| Line { lines: self, at })
    }

    pub(crate) fn set_state(&mut self, line: LineNo, state: State) {
        if let Some(s) = self.state.get_mut(line as usize) {
            *s = state as u8;
        }
    }

    /// Members of the ring that a line belongs to, starting with it.
    #[must_use]
    pub fn ring(&self, line: LineNo) -> Vec<LineNo> {
        self.outward.ring(line)
    }

    /// Joins lines into one ring and notes how they were found.
    pub(crate) fn join(&mut self, members: &[LineNo], stage: Stage) {
        self.outward.join(members, stage);
    }

    /// Takes a line out of any pairing. The caller takes out the whole ring.
    pub(crate) fn part(&mut self, line: LineNo) {
        self.join(&[line], Stage::None);
    }

    /// Bytes that the columns hold in memory; those that only some lines have are counted apart.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        let Lines {
            series,
            date,
            what,
            state,
            traits,
            base_ug,
            ident,
            print,
            lot,
            batch,
            outward: _,
        } = self;
        4 * (series.capacity() + lot.capacity() + batch.capacity())
            + 2 * (date.capacity() + traits.capacity() + print.capacity())
            + what.capacity()
            + state.capacity()
            + 8 * (base_ug.capacity() + ident.capacity())
    }

    /// Gives back what the columns reserved beyond their length.
    pub fn shrink(&mut self) {
        let Lines {
            series,
            date,
            what,
            state,
            traits,
            base_ug,
            ident,
            print,
            lot,
            batch,
            outward,
        } = self;
        for column in [series, lot, batch] {
            column.shrink_to_fit();
        }
        for column in [date, traits, print] {
            column.shrink_to_fit();
        }
        for column in [what, state] {
            column.shrink_to_fit();
        }
        base_ug.shrink_to_fit();
        ident.shrink_to_fit();
        outward.shrink();
    }
}
