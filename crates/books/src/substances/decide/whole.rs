//! An event counts as it was stated first and is taken out whole: a later statement with more, fewer or other quantities
//! is no repetition, and a declaration that leaves one out, before or after the event, would leave half an event in the
//! account.
//!
//! Absent: which quantity differs. One that differs sets all of them aside, and the book has what was stated first.

use std::collections::BTreeSet;
use std::ops::Range;

use super::{Judge, Mark, conflict};
use crate::registry::HolderId;
use crate::substances::event;
use crate::substances::identity::by_line_id;
use crate::substances::key::text_key;
use crate::substances::ledger::{Aside, Ledger};
use crate::substances::line::State;
use crate::substances::movement::Text;
use crate::substances::quarantine::{Code, Issue};
use crate::substances::vocabulary::{Action, Field};

/// What was found of an event, for all its rows.
pub(super) struct Verdict {
    /// The row behind its last one.
    end: usize,
    flaw: Option<Flaw>,
    /// Identities by line number that a deletion names, in the book or earlier in this part.
    deleted: BTreeSet<u64>,
}

impl Verdict {
    /// The verdict before the first row; rows of formats that know no events are never asked about.
    pub(super) fn before(format: &str, ledger: &Ledger) -> Verdict {
        if !event::is_of_events(format) {
            return Verdict {
                end: usize::MAX,
                flaw: None,
                deleted: BTreeSet::new(),
            };
        }
        let counts = |l| (ledger.lines.get(l)).is_some_and(|l| l.state() != State::Withdrawn);
        let deletions = ledger.corrections.iter().filter(|c| c.deletes);
        Verdict {
            end: 0,
            flaw: None,
            deleted: deletions
                .filter(|c| counts(c.line))
                .map(|c| c.by_line_id)
                .collect(),
        }
    }
}

/// What is wrong with a statement of an event.
enum Flaw {
    /// It was known with other quantities.
    Changed,
    /// It is declared wrong without the line of this number.
    InPart(String),
}

impl Judge<'_> {
    /// Of a format of events: whether the row's event is stated as it is known, or declared wrong as a whole. All rows of
    /// an event share the answer, so that none is booked, or taken out, without the others.
    pub(super) fn whole(&mut self, at: usize, mark: &Mark) -> Result<(), Box<Issue>> {
        let rows = &self.draft.rows;
        let deletes = rows.action.get(at) == Some(&(Action::Delete as u8));
        let column = if deletes {
            Text::Corrects
        } else {
            Text::LineId
        };
        if at >= self.event.end {
            let lines = event::lines(rows, at);
            self.event.end = lines.end;
            self.event.flaw = None;
            let last = rows.text(column, lines.end.saturating_sub(1));
            if !last.is_empty() {
                self.event.flaw = if deletes {
                    self.flaw_of_declaration(lines, last, mark.who.holder)
                } else {
                    self.flaw_of_statement(lines, last, mark.who.holder)
                };
            }
        }
        let row = rows.row.get(at).copied().unwrap_or(0);
        Err(Box::new(match &self.event.flaw {
            None => return Ok(()),
            Some(Flaw::Changed) => conflict(rows, at),
            Some(Flaw::InPart(left)) => Issue::new(
                row,
                if deletes {
                    Field::Corrects
                } else {
                    Field::LineId
                },
                Code::EventInPart,
                rows.text(column, at),
                left.as_str(),
            ),
        }))
    }

    /// What an error declaration leaves out of the event as it is booked. One without flaw is noted as a deletion.
    fn flaw_of_declaration(
        &mut self,
        lines: Range<usize>,
        last: &str,
        holder: HolderId,
    ) -> Option<Flaw> {
        let mut next = event::following(last);
        while !self.goes_on(&lines) && self.is_known(ident(holder, &next)) {
            if !self.event.deleted.contains(&ident(holder, &next)) {
                return Some(Flaw::InPart(next));
            }
            next = event::following(&next);
        }
        let rows = &self.draft.rows;
        let named = lines.map(|at| ident(holder, rows.text(Text::Corrects, at)));
        self.event.deleted.extend(named);
        None
    }

    /// What is wrong with an event as these rows state it.
    fn flaw_of_statement(&self, lines: Range<usize>, last: &str, holder: HolderId) -> Option<Flaw> {
        let rows = &self.draft.rows;
        let (mut known, mut new, mut added) = (false, false, false);
        let mut left = None;
        let mut out = self
            .event
            .deleted
            .contains(&ident(holder, event::first(last)));
        for at in lines.clone() {
            // A row of its own reason is set aside with that.
            let who = self.resolve(at).ok()?;
            let (own, content) = self.identities.identity(at, &who);
            let same = match self.counted(own) {
                Some(line) => Some(self.same_as_line(line, at, &who, content)),
                None => (self.fresh.find(own, |f| f.0 == own)).map(|f| f.1 == content),
            };
            match same {
                Some(false) => return Some(Flaw::Changed),
                Some(true) => known = true,
                None => {
                    new = true;
                    added |= !self.was_set_aside(own);
                }
            }
            if self.event.deleted.contains(&own) {
                out = true;
            } else if left.is_none() {
                left = Some(rows.text(Text::LineId, at));
            }
        }
        let booked = !self.goes_on(&lines) && self.is_known(ident(holder, &event::following(last)));
        if booked || known && added {
            return Some(Flaw::Changed);
        }
        // Of an event that is known whole, the deletions were judged when they came.
        (left.filter(|_| new && out)).map(|line| Flaw::InPart(line.to_owned()))
    }

    /// Whether an event may go on in the next part: then nobody knows yet how many quantities it has.
    fn goes_on(&self, lines: &Range<usize>) -> bool {
        self.draft.is_full() && lines.end == self.draft.rows.len()
    }

    /// Whether an identity by line number came earlier in this part, or belongs to a line of the book that counts.
    fn is_known(&self, ident: u64) -> bool {
        self.fresh.find(ident, |f| f.0 == ident).is_some() || self.counted(ident).is_some()
    }

    /// Whether a quantity is one that could not be read when its event was first stated: such a one may come later. Rows
    /// that were set aside because their event was flawed are no part of it.
    fn was_set_aside(&self, ident: u64) -> bool {
        let unread = |a: &Aside| {
            let entry = (self.ledger.entries).binary_search_by_key(&a.seq, |e| e.seq);
            let entry = entry.ok().and_then(|at| self.ledger.entries.get(at));
            !matches!(a.code, Code::LineIdConflict | Code::EventInPart)
                && entry.is_some_and(|e| !self.ledger.withdrawn.contains(&e.submission))
        };
        let came = self.ledger.aside_of.get(&ident).into_iter().flatten();
        came.filter_map(|at| self.ledger.aside.get(*at)).any(unread)
    }
}

fn ident(holder: HolderId, line_id: &str) -> u64 {
    by_line_id(holder, text_key(line_id, &mut Vec::new()))
}
