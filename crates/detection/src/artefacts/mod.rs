//! Harmless explanations: named, tried on a copy of the series, each with its outcome.
//!
//! Where the other side of a consignment has signed another amount or another day, a hypothesis moves the copy towards
//! that and nowhere else. Where nobody else speaks, the figure stays as it is and is only believed less. Either way it is
//! taken only if the balance itself asks for it: if at least half of what it moves is really left over, three quarters where
//! a count is doubted. The account is never changed; every hypothesis that was taken is a question to the reporter.
//!
//! One artefact is one file, and one line in [`Artefact::ALL`].

mod count;
mod density;
mod duplicate;
mod form;
pub(crate) mod late;
mod period;
#[cfg(test)]
mod tests;
mod unit;
mod waiting;

use std::cmp::Ordering;
use std::collections::BTreeSet;

use weighbridge_books::substances::line::LineNo;
use weighbridge_measure::SubstanceId;

use crate::book::{Book, Item, OtherSide, UG};
use crate::instruments::Reading;

/// A harmless explanation.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Artefact {
    /// The other side reports a consignment, this side does not (yet).
    Late,
    /// The same goods were entered twice.
    Duplicate,
    /// A unit was mistaken for another: g for kg, lb for kg, percent for a share.
    Unit,
    /// A volume was booked as a mass, or the other way round.
    Density,
    /// A salt or hydrate was booked as the base, or the other way round.
    Form,
    /// Goods were booked in another period than on the other side.
    Period,
    /// A stocktake was wrong, or a line stands on the wrong side of it: what is left over before it comes back after it.
    Count,
    /// Rows of the holder wait in quarantine.
    Waiting,
}

impl Artefact {
    /// Every artefact; of changes of one size the first is tried first: a known factor says more than a part that is late.
    pub const ALL: [Artefact; 8] = [
        Artefact::Unit,
        Artefact::Duplicate,
        Artefact::Form,
        Artefact::Density,
        Artefact::Late,
        Artefact::Period,
        Artefact::Count,
        Artefact::Waiting,
    ];

    /// Stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Artefact::Late => "late",
            Artefact::Duplicate => "duplicate",
            Artefact::Unit => "unit",
            Artefact::Density => "density",
            Artefact::Form => "form",
            Artefact::Period => "period",
            Artefact::Count => "count",
            Artefact::Waiting => "waiting",
        }
    }

    /// Whether it is about whole balances, and so looks at what the others left.
    fn is_of_balances(self) -> bool {
        matches!(self, Artefact::Count | Artefact::Waiting)
    }

    fn candidates(self, book: &Book, balances: &[f64]) -> Vec<Candidate> {
        match self {
            Artefact::Late => late::candidates(book),
            Artefact::Duplicate => duplicate::candidates(book),
            Artefact::Unit => unit::candidates(book),
            Artefact::Density => density::candidates(book),
            Artefact::Form => form::candidates(book),
            Artefact::Period => period::candidates(book),
            Artefact::Count => count::candidates(book, balances),
            Artefact::Waiting => waiting::candidates(book, balances),
        }
    }
}

/// What a hypothesis says of one line.
#[derive(Clone, PartialEq, Debug)]
struct Candidate {
    line: LineNo,
    change: Change,
}

/// What would be different.
#[derive(Clone, PartialEq, Debug)]
enum Change {
    /// The other side says so: by how much balances would change, kg, by period.
    Move(Vec<(usize, f64)>),
    /// An amount of a period may be off by so many kg.
    DoubtItem(usize, f64),
    /// A stocktake may be off by so many kg; 0 is the opening one. The factor is so large that one neighbour is enough to
    /// doubt it.
    DoubtCount(usize, f64, Neighbours),
}

/// How many of the two periods beside a stocktake must ask for it to be doubted.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Neighbours {
    /// Both; a stocktake at either end is never doubted.
    Both,
    /// The one that there is, at either end.
    Any,
}

/// What became of a hypothesis.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Outcome {
    /// The balance asks for it.
    Explains,
    /// The balance does not.
    Refuted,
}

/// A hypothesis that was tried.
#[derive(Clone, PartialEq, Debug)]
pub struct Tried {
    /// Which.
    pub artefact: Artefact,
    /// About which line.
    pub line: LineNo,
    /// First period that it touches.
    pub period: usize,
    /// How much is in question, kg.
    pub kg: f64,
    /// Whether the other side's report stands behind it; else the figure was only believed less.
    pub signed: bool,
    /// What became of it.
    pub outcome: Outcome,
}

/// The copy of a series on which hypotheses were tried.
#[derive(Clone, PartialEq, Debug)]
pub struct Repaired {
    /// Balances, kg.
    pub balances: Vec<f64>,
    /// Variance added to the flows of each period, kg².
    pub flows: Vec<f64>,
    /// Variance added to each stocktake, the opening one first, kg².
    pub counts: Vec<f64>,
    /// What was tried.
    pub tried: Vec<Tried>,
}

/// Share of what a hypothesis moves that must really be left over.
const SHARE: f64 = 0.5;
/// The same where a stocktake is doubted on the word of its neighbours.
const SHARE_OF_COUNT: f64 = 0.75;

/// Tries every artefact but those excepted: first what the other side, or a known factor, says of single lines, then what is
/// said of whole balances.
#[must_use]
pub fn tried(book: &Book, except: &[Artefact]) -> Repaired {
    let mut copy = Repaired {
        balances: book.balances(),
        flows: vec![0.0; book.spans.len()],
        counts: vec![0.0; book.counts.len()],
        tried: Vec::new(),
    };
    let wanted = |of_balances: bool| {
        Artefact::ALL
            .into_iter()
            .filter(move |a| a.is_of_balances() == of_balances && !except.contains(a))
    };
    copy.try_all(book, wanted(false));
    copy.try_all(book, wanted(true));
    copy
}

impl Candidate {
    /// How much it is about, kg.
    fn size(&self) -> f64 {
        match &self.change {
            Change::Move(by) => by.iter().map(|(_, kg)| kg.abs()).fold(0.0, f64::max),
            Change::DoubtItem(_, kg) | Change::DoubtCount(_, kg, _) => kg.abs(),
        }
    }

    fn outcome(&self, artefact: Artefact, outcome: Outcome) -> Tried {
        let period = match &self.change {
            Change::Move(by) => by.iter().map(|(t, _)| *t).min().unwrap_or(0),
            Change::DoubtItem(t, _) => *t,
            Change::DoubtCount(count, _, _) => count.saturating_sub(1),
        };
        Tried {
            artefact,
            line: self.line,
            period,
            kg: self.size(),
            signed: matches!(self.change, Change::Move(_)),
            outcome,
        }
    }
}

impl Repaired {
    /// Tries the hypotheses of some artefacts, the largest changes first.
    fn try_all(&mut self, book: &Book, artefacts: impl Iterator<Item = Artefact>) {
        let mut open: Vec<(Artefact, Candidate)> = artefacts
            .flat_map(|a| {
                let own = a.candidates(book, &self.balances).into_iter();
                own.map(move |c| (a, c))
            })
            .collect();
        open.sort_by(|(a, x), (b, y)| {
            let size = y.size().total_cmp(&x.size());
            let change = x.change.order(&y.change);
            let place = |of: &Artefact| Artefact::ALL.iter().position(|a| a == of);
            let first = place(a).cmp(&place(b));
            size.then(first).then(change).then(x.line.cmp(&y.line))
        });
        let mut settled: BTreeSet<LineNo> = BTreeSet::new();
        // One that is taken may bring another to light, but not for ever.
        for _ in 0..2 {
            let mut rest = Vec::new();
            for (artefact, candidate) in open {
                // A line has one slip; rows in quarantine go by the first line beside them.
                let once = artefact != Artefact::Waiting;
                if once && settled.contains(&candidate.line) {
                    continue;
                }
                if self.take(&candidate) {
                    settled.insert(candidate.line);
                    self.tried
                        .push(candidate.outcome(artefact, Outcome::Explains));
                } else {
                    rest.push((artefact, candidate));
                }
            }
            open = rest;
        }
        let refuted = open.iter().filter(|(_, c)| !settled.contains(&c.line));
        let refuted = refuted.map(|(a, c)| c.outcome(*a, Outcome::Refuted));
        self.tried.extend(refuted);
    }

    /// Takes a candidate in if the balances ask for it.
    fn take(&mut self, candidate: &Candidate) -> bool {
        match &candidate.change {
            Change::Move(by) => self.closes(by, SHARE).then(|| self.shift(by)).is_some(),
            Change::DoubtItem(t, kg) => {
                let closes = self.closes(&[(*t, *kg)], SHARE);
                if let Some(variance) = self.flows.get_mut(*t).filter(|_| closes) {
                    *variance += kg * kg;
                }
                closes
            }
            Change::DoubtCount(count, kg, neighbours) => {
                // A higher stocktake leaves less over before it and more after it.
                let before = count.checked_sub(1).map(|t| (t, -kg));
                let after = (*count < self.balances.len()).then_some((*count, *kg));
                let enough = before.is_some() && after.is_some() || *neighbours == Neighbours::Any;
                let by: Vec<(usize, f64)> = before.into_iter().chain(after).collect();
                let closes = enough && by.iter().all(|one| self.closes(&[*one], SHARE_OF_COUNT));
                if let Some(variance) = self.counts.get_mut(*count).filter(|_| closes) {
                    *variance += kg * kg;
                }
                closes
            }
        }
    }

    /// Whether a change leaves less over, by at least a share of what it moves.
    fn closes(&self, by: &[(usize, f64)], share: f64) -> bool {
        let (mut moved, mut gained) = (0.0, 0.0);
        for (t, kg) in by {
            let Some(y) = self.balances.get(*t) else {
                return false;
            };
            moved += kg.abs();
            gained += y.abs() - (y + kg).abs();
        }
        moved > 0.0 && gained >= share * moved
    }

    fn shift(&mut self, by: &[(usize, f64)]) {
        for (t, kg) in by {
            if let Some(y) = self.balances.get_mut(*t) {
                *y = to_the_microgram(*y + kg, *kg);
            }
        }
    }
}

impl Change {
    /// By the periods that are touched, then by the masses.
    fn order(&self, other: &Change) -> Ordering {
        let (own, others) = (self.by(), other.by());
        let each = own.iter().zip(&others);
        let first = each.fold(Ordering::Equal, |all, ((t, a), (u, b))| {
            all.then(t.cmp(u)).then(a.total_cmp(b))
        });
        first.then(own.len().cmp(&others.len()))
    }

    fn by(&self) -> Vec<(usize, f64)> {
        match self {
            Change::Move(by) => by.clone(),
            Change::DoubtItem(at, kg) | Change::DoubtCount(at, kg, _) => vec![(*at, *kg)],
        }
    }
}

/// A sum of masses without what floating point leaves of it: packs that are all there leave exactly nothing.
fn to_the_microgram(kg: f64, moved: f64) -> f64 {
    const DIGITS: f64 = 1e-12;
    if kg.abs() <= moved.abs() * DIGITS {
        return 0.0;
    }
    (kg * UG).round() / UG
}

/// Candidates for amounts that stand to the other side's, or to what is usual, at a known ratio own ÷ right.
fn at_ratio(book: &Book, ratios: &[f64]) -> Vec<Candidate> {
    let with_other = book.items.iter().filter_map(|i| Some((i, i.other?)));
    with_other
        .filter(|(item, other)| !other.disputed && stands_at(item, other, ratios))
        .map(|(item, other)| Candidate {
            line: item.line,
            change: Change::Move(vec![(item.period, item.sign * (other.kg - item.kg))]),
        })
        .collect()
}

/// Whether an item stands to the other side's amount at one of some ratios, within what both scales allow.
fn stands_at(item: &Item, other: &OtherSide, ratios: &[f64]) -> bool {
    const SLACK: f64 = 0.01;
    const DEVIATIONS: f64 = 6.0;
    if item.kg <= 0.0 || other.kg <= 0.0 {
        return false;
    }
    let u = Reading::uncertainty;
    let slack = SLACK + DEVIATIONS * (u(item.reading).powi(2) + u(other.reading).powi(2)).sqrt();
    let ratio = item.kg / other.kg;
    // Amounts that agree are no slip, however near to 1 a density is.
    if (ratio - 1.0).abs() <= slack {
        return false;
    }
    ratios.iter().any(|r| (ratio / r - 1.0).abs() <= slack)
}

/// Ratios of an amount to the right one that are slips, of one substance.
pub(crate) struct Ratios(Vec<f64>);

impl Ratios {
    pub(crate) fn of(substance: SubstanceId) -> Ratios {
        let known = unit::RATIOS.into_iter().chain(form::ratios(substance));
        Ratios(known.chain(density::ratios(substance)).collect())
    }

    /// Whether the two sides of an item differ by a known ratio.
    pub(crate) fn is_slip(&self, item: &Item, other: &OtherSide) -> bool {
        stands_at(item, other, &self.0)
            || !(1.0 / BEYOND_MEASURING..=BEYOND_MEASURING).contains(&(item.kg / other.kg))
    }
}

/// Two signed amounts that differ by more than this factor are not two measurements of one thing.
const BEYOND_MEASURING: f64 = 10.0;

/// What the median item of a role weighs, kg.
pub(crate) fn usual(book: &Book, of: impl Fn(&Item) -> bool) -> Option<f64> {
    let all: Vec<f64> = book.items.iter().filter(|i| of(i)).map(|i| i.kg).collect();
    weighbridge_accountancy::scale::median(&all)
}
