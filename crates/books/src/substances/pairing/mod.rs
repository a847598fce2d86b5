//! Pairing of halves into consignments (matching rules, 3): a function of the live halves and of reviewers' decisions,
//! never of the order in which they came.
//!
//! Documents are settled group by group; what they leave is settled lane by lane, again from scratch each time,
//! because a late document can free a half that a lane had taken.

mod document;
mod half;
mod lane;
mod split;

use std::collections::{BTreeMap, BTreeSet};

pub(crate) use half::carry;
pub use half::{Half, Side, window_days, within_uncertainty};

use super::ledger::Ledger;
use super::line::{LineNo, Stage};
use super::outward::Place;
use crate::registry::Registry;

/// What pairing keeps beside the rings in the columns.
#[derive(Clone, Default, Debug)]
pub struct Pairing {
    /// Live halves that documents left, ascending.
    leftover: Vec<LineNo>,
    ambiguous: BTreeSet<LineNo>,
    suggestions: BTreeMap<LineNo, LineNo>,
    /// Lines below this number are settled.
    upto: usize,
    /// Settled lines that changed since.
    changed: Vec<LineNo>,
    /// Sets that a reviewer joined, by decision.
    together: Vec<Vec<LineNo>>,
    /// Pairs that a reviewer keeps apart, smaller line first.
    apart: BTreeSet<(LineNo, LineNo)>,
}

impl Pairing {
    /// Whether a half had several possible partners.
    #[must_use]
    pub fn is_ambiguous(&self, line: LineNo) -> bool {
        self.ambiguous.contains(&line)
    }

    /// The half that may be meant by a one-sided one under another document.
    #[must_use]
    pub fn suggestion(&self, line: LineNo) -> Option<LineNo> {
        self.suggestions.get(&line).copied()
    }

    pub(crate) fn are_apart(&self, a: LineNo, b: LineNo) -> bool {
        !self.apart.is_empty() && self.apart.contains(&(a.min(b), a.max(b)))
    }

    /// Lines about whose partners something else is said than before.
    pub(crate) fn changed_since(&self, before: &Pairing, changed: &mut BTreeSet<LineNo>) {
        changed.extend(self.ambiguous.symmetric_difference(&before.ambiguous));
        for (here, there) in [(self, before), (before, self)] {
            let other = here.suggestions.iter();
            let other = other.filter(|(line, said)| there.suggestions.get(line) != Some(said));
            changed.extend(other.map(|(line, _)| *line));
        }
    }

    /// Bytes held in memory.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        4 * self.leftover.capacity() + 8 * self.ambiguous.len() + 16 * self.suggestions.len()
    }
}

/// Share of touched lines from which everything is paired anew in one pass over the columns.
const BULK_SHARE: usize = 8;

impl Ledger {
    /// The half that may be meant by a one-sided one under another document: a question, never a pairing.
    #[must_use]
    pub fn suggestion(&self, line: LineNo) -> Option<LineNo> {
        self.pairing.suggestion(line)
    }

    /// Brings corrections and pairing up to the last line. Views need it; it changes nothing that is not derived.
    pub fn settle(&mut self, registry: &Registry) {
        self.catch_up();
        if self.pairing.upto == self.lines.len() && self.pairing.changed.is_empty() {
            return;
        }
        if !self.corrections.is_empty() {
            let changed = self.settle_corrections();
            self.pairing.changed.extend(changed);
        }
        let mut pairing = std::mem::take(&mut self.pairing);
        for line in std::mem::take(&mut pairing.leftover) {
            self.lines.part(line);
            pairing.changed.push(line);
        }
        self.settle_reviewed(&pairing);
        let n = self.lines.len();
        let touched = pairing.changed.len() + n.saturating_sub(pairing.upto);
        let mut left = Vec::new();
        if touched * BULK_SHARE > n {
            self.pair_everything(&pairing, registry, &mut left);
        } else {
            let new = pairing.upto..n;
            let new = new.filter_map(|l| LineNo::try_from(l).ok());
            let touched: BTreeSet<LineNo> = pairing.changed.iter().copied().chain(new).collect();
            self.pair_touched(&touched, &pairing, registry, &mut left);
        }
        left.sort_by_key(|h| h.line);
        left.dedup_by_key(|h| h.line);
        pairing.leftover = left.iter().map(|h| h.line).collect();
        pairing.upto = n;
        pairing.changed.clear();
        pairing.ambiguous.clear();
        pairing.suggestions.clear();
        carry(&mut left, registry, half::is_alike);
        lane::pair_lanes(&mut self.lines, left, &mut pairing);
        self.pairing = pairing;
    }

    /// Forgets that anything is settled: who answers for whom has changed.
    pub(crate) fn unsettle(&mut self) {
        self.pairing.upto = 0;
    }

    /// Marks settled lines that changed otherwise than by a correction.
    pub(crate) fn touch(&mut self, lines: impl IntoIterator<Item = LineNo>) {
        self.pairing.changed.extend(lines);
    }

    /// Takes in a reviewer's decision that these lines are one consignment.
    pub(crate) fn review_together(&mut self, lines: Vec<LineNo>) {
        self.touch_rings(&lines);
        self.pairing.together.push(lines);
    }

    /// Takes in a reviewer's decision that two lines do not belong together.
    pub(crate) fn review_apart(&mut self, a: LineNo, b: LineNo) {
        self.touch_rings(&[a, b]);
        self.pairing
            .together
            .retain(|set| !(set.contains(&a) && set.contains(&b)));
        self.pairing.apart.insert((a.min(b), a.max(b)));
    }

    fn touch_rings(&mut self, lines: &[LineNo]) {
        let rings: Vec<LineNo> = lines.iter().flat_map(|l| self.lines.ring(*l)).collect();
        for line in rings {
            self.lines.part(line);
            self.pairing.changed.push(line);
        }
    }

    /// Joins what a reviewer joined. A line stays with the first decision that placed it.
    fn settle_reviewed(&mut self, pairing: &Pairing) {
        for line in pairing.together.iter().flatten() {
            self.lines.part(*line);
        }
        for set in &pairing.together {
            let free = |l: &LineNo| {
                self.lines
                    .get(*l)
                    .is_some_and(|l| l.is_half() && l.stage() == Stage::None)
            };
            let live: BTreeSet<LineNo> = set.iter().copied().filter(free).collect();
            if live.len() > 1 {
                self.lines
                    .join(&live.into_iter().collect::<Vec<_>>(), Stage::Reviewed);
            }
        }
    }

    fn pair_everything(&mut self, pairing: &Pairing, registry: &Registry, left: &mut Vec<Half>) {
        let n = self.lines.outward.len();
        let mut seen = vec![false; n];
        let mut group = Vec::new();
        for at in (0..n).rev() {
            let mut next = Place::try_from(at).ok();
            group.clear();
            while let Some(member) = next {
                // A chain that runs through here was followed to its end from its newest row.
                let seen = seen.get_mut(member as usize);
                if seen.is_none_or(|seen| std::mem::replace(seen, true)) {
                    break;
                }
                if let Some(line) = self.lines.outward.line(member) {
                    self.take_half(line, registry, &mut group);
                }
                next = self.documents.after(member);
            }
            self.pair_group(&mut group, pairing, registry, left);
        }
    }

    fn pair_touched(
        &mut self,
        touched: &BTreeSet<LineNo>,
        pairing: &Pairing,
        registry: &Registry,
        left: &mut Vec<Half>,
    ) {
        let mut documents = BTreeSet::new();
        let mut group = Vec::new();
        for line in touched {
            match self.lines.outward.facing(*line).map(|f| f.document) {
                None => {}
                Some(0) => {
                    group.clear();
                    self.take_half(*line, registry, &mut group);
                    left.append(&mut group);
                }
                Some(document) => {
                    documents.insert(document);
                }
            }
        }
        for document in documents {
            let members: Vec<LineNo> = self.lines_of_document(document).collect();
            group.clear();
            for member in members {
                self.take_half(member, registry, &mut group);
            }
            self.pair_group(&mut group, pairing, registry, left);
        }
    }

    /// Frees a line from its pairing and, if it is a live half that no reviewer placed, adds it to a group.
    fn take_half(&mut self, line: LineNo, registry: &Registry, group: &mut Vec<Half>) {
        let Some(l) = self.lines.get(line) else {
            return;
        };
        if l.stage() == Stage::Reviewed {
            return;
        }
        let half = if l.is_half() {
            Half::of(self, registry, line)
        } else {
            None
        };
        if l.stage() != Stage::None {
            self.lines.part(line);
        }
        group.extend(half);
    }

    fn pair_group(
        &mut self,
        group: &mut Vec<Half>,
        pairing: &Pairing,
        registry: &Registry,
        left: &mut Vec<Half>,
    ) {
        if group.first().is_some_and(|h| h.document != 0) {
            carry(group, registry, half::is_near);
            document::pair_document(&mut self.lines, group, pairing);
        }
        left.append(group);
    }
}
