//! Corrections: which line of a chain counts (matching rules, 1.3).
//!
//! A *slot* is an accepted insert; the corrections that lead to it form a tree. From the insert one goes to the winner
//! among its corrections, from there to the winner among that one's, and so on: the last is what counts.

use std::collections::{BTreeMap, BTreeSet};

use weighbridge_measure::Timestamp;

use super::identity::{Identities, by_line_id};
use super::ledger::{Ledger, Stamp};
use super::line::{LineNo, State};
use super::movement::Text;
use super::rows::Rows;
use super::vocabulary::Action;
use crate::registry::HolderId;

/// A row that adjusts or deletes another.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Correction {
    /// Its own line.
    pub line: LineNo,
    /// Whether it takes its target out instead of restating it.
    pub deletes: bool,
    /// Reporter of both.
    pub holder: HolderId,
    /// Identity of the target if `corrects` is a line number.
    pub by_line_id: u64,
    /// Document of the target if `corrects` is a document.
    pub by_document: u64,
    /// When the reporter wrote it; the time of record where not stated.
    pub reported_at: Timestamp,
}

impl Correction {
    pub(crate) fn stated(
        line: LineNo,
        holder: HolderId,
        rows: &Rows,
        at: usize,
        stamp: &Stamp,
        identities: &Identities<'_>,
    ) -> Correction {
        let target = identities.text(Text::Corrects, at);
        let deletes = rows.action.get(at) == Some(&(Action::Delete as u8));
        Correction {
            line,
            deletes,
            holder,
            by_line_id: by_line_id(holder, target),
            by_document: target,
            reported_at: rows
                .text(Text::ReportedAt, at)
                .parse()
                .unwrap_or(stamp.recorded_at),
        }
    }
}

impl Ledger {
    /// Works out the state of every slot with corrections. Returns the lines whose state changed.
    pub(crate) fn settle_corrections(&mut self) -> Vec<LineNo> {
        let live: Vec<Correction> = self
            .corrections
            .iter()
            .copied()
            .filter(|c| {
                !matches!(
                    self.state(c.line),
                    Some(State::Withdrawn | State::Duplicate) | None
                )
            })
            .collect();
        let mut of_target: BTreeMap<LineNo, Vec<Correction>> = BTreeMap::new();
        for c in live.iter() {
            if let Some(target) = self.target(c) {
                of_target.entry(target).or_default().push(*c);
            }
        }
        for rivals in of_target.values_mut() {
            rivals.sort_by_key(|c| (c.reported_at, c.line));
        }
        let corrections: BTreeSet<LineNo> = live.iter().map(|c| c.line).collect();
        let mut states: BTreeMap<LineNo, State> =
            corrections.iter().map(|l| (*l, State::Waiting)).collect();
        for slot in of_target.keys().filter(|t| !corrections.contains(t)) {
            walk(*slot, &of_target, &mut states);
        }
        // A slot that lost its last correction (a withdrawal) counts again.
        for line in std::mem::take(&mut self.corrected) {
            states.entry(line).or_insert(State::Live);
        }
        self.corrected = states
            .keys()
            .copied()
            .filter(|l| !corrections.contains(l))
            .collect();
        let mut changed = Vec::new();
        for (line, state) in states {
            let now = self.state(line);
            if now != Some(state) && !matches!(now, Some(State::Withdrawn | State::Duplicate)) {
                self.lines.set_state(line, state);
                changed.push(line);
            }
        }
        changed
    }

    fn state(&self, line: LineNo) -> Option<State> {
        self.lines.get(line).map(|l| l.state())
    }

    /// The line that a correction names: by line number first, else by a document that one accepted insert carries.
    fn target(&self, c: &Correction) -> Option<LineNo> {
        let counts = |l: &LineNo| {
            !matches!(
                self.state(*l),
                None | Some(State::Withdrawn | State::Duplicate)
            )
        };
        if let Some(line) = self
            .idents
            .lines(c.by_line_id, &self.lines.ident)
            .find(|l| counts(l))
        {
            return Some(line);
        }
        if c.by_document == 0 {
            return None;
        }
        let mut inserts = self
            .lines_of_document(c.by_document)
            .filter(|l| counts(l) && self.is_insert(*l) && self.reporter(*l) == Some(c.holder));
        let only = inserts.next()?;
        inserts.next().is_none().then_some(only)
    }

    fn is_insert(&self, line: LineNo) -> bool {
        self.corrections
            .binary_search_by_key(&line, |c| c.line)
            .is_err()
    }

    /// Whether a line only takes another out: it has no date, goods or mass of its own.
    #[must_use]
    pub fn is_deletion(&self, line: LineNo) -> bool {
        let at = self.corrections.binary_search_by_key(&line, |c| c.line);
        at.is_ok_and(|at| self.corrections.get(at).is_some_and(|c| c.deletes))
    }

    /// The holder that reported a line.
    #[must_use]
    pub fn reporter(&self, line: LineNo) -> Option<HolderId> {
        self.series(self.lines.get(line)?.series())
            .map(|s| s.holder)
    }

    /// Brings corrections alone up to the last line, and says which of them wait for their target.
    pub fn settle_waiting(&mut self) -> Vec<LineNo> {
        if self.corrections.is_empty() {
            return Vec::new();
        }
        self.catch_up();
        let changed = self.settle_corrections();
        self.touch(changed);
        self.waiting().collect()
    }

    /// Corrections that wait for their target.
    pub fn waiting(&self) -> impl Iterator<Item = LineNo> + '_ {
        self.corrections
            .iter()
            .map(|c| c.line)
            .filter(|l| self.state(*l) == Some(State::Waiting))
    }
}

/// Follows the winners from a slot and writes down the state of everything that hangs on it.
fn walk(
    slot: LineNo,
    of_target: &BTreeMap<LineNo, Vec<Correction>>,
    states: &mut BTreeMap<LineNo, State>,
) {
    let mut holds = slot;
    let mut last: Option<Correction> = None;
    let mut path = vec![slot];
    while let Some(winner) = of_target.get(&holds).and_then(|rivals| rivals.last()) {
        holds = winner.line;
        last = Some(*winner);
        path.push(holds);
    }
    let deleted = last.is_some_and(|w| w.deletes);
    let mut open = vec![slot];
    while let Some(at) = open.pop() {
        states.insert(at, State::Superseded);
        open.extend(of_target.get(&at).into_iter().flatten().map(|c| c.line));
    }
    states.insert(
        holds,
        if deleted {
            State::Deletion
        } else {
            State::Live
        },
    );
    if deleted && let [.., target, _] = path.as_slice() {
        states.insert(*target, State::Deleted);
    }
}
