//! An event counts as it was stated first and is taken out whole: a later statement with more or fewer quantities is no
//! repetition, and a declaration that leaves a booked one out would leave half an event in the account.
//!
//! Absent: which quantity differs. That shows line by line, where a known number comes with another content.

use std::ops::Range;

use super::{Judge, Mark, conflict};
use crate::registry::HolderId;
use crate::substances::event;
use crate::substances::identity::by_line_id;
use crate::substances::key::text_key;
use crate::substances::line::{LineNo, State};
use crate::substances::movement::Text;
use crate::substances::quarantine::{Code, Issue};
use crate::substances::vocabulary::{Action, Field};

/// What was found of an event, for all its rows.
pub(super) struct Verdict {
    /// The row behind its last one.
    end: usize,
    flaw: Option<Flaw>,
}

impl Verdict {
    /// The verdict before the first row; rows of formats that know no events are never asked about.
    pub(super) fn before(format: &str) -> Verdict {
        Verdict {
            end: if event::is_of_events(format) {
                0
            } else {
                usize::MAX
            },
            flaw: None,
        }
    }
}

/// What is wrong with a statement of an event.
enum Flaw {
    /// It was known with other quantities.
    Changed,
    /// It is declared wrong without the line of this number, which is booked.
    InPart(String),
}

impl Judge<'_> {
    /// Of a format of events: whether the row's event is stated as it is known, or declared wrong as a whole. All rows of
    /// an event share the answer, so that none is booked, or taken out, without the others.
    pub(super) fn whole(&mut self, at: usize, mark: &Mark) -> Result<(), Box<Issue>> {
        if at >= self.event.end {
            let lines = event::lines(&self.draft.rows, at);
            self.event = Verdict {
                end: lines.end,
                flaw: self.flaw(lines, mark.who.holder),
            };
        }
        let rows = &self.draft.rows;
        let row = rows.row.get(at).copied().unwrap_or(0);
        Err(Box::new(match &self.event.flaw {
            None => return Ok(()),
            Some(Flaw::Changed) => conflict(rows, at),
            Some(Flaw::InPart(booked)) => Issue::new(
                row,
                Field::Corrects,
                Code::EventInPart,
                rows.text(Text::Corrects, at),
                booked.as_str(),
            ),
        }))
    }

    /// What is wrong with an event as these rows state it.
    fn flaw(&self, lines: Range<usize>, holder: HolderId) -> Option<Flaw> {
        let rows = &self.draft.rows;
        let deletes = rows.action.get(lines.start) == Some(&(Action::Delete as u8));
        let column = if deletes {
            Text::Corrects
        } else {
            Text::LineId
        };
        let ident = |id: &str| by_line_id(holder, text_key(id, &mut Vec::new()));
        let last = rows.text(column, lines.end.checked_sub(1)?);
        if last.is_empty() {
            return None;
        }
        // The event may go on in the next part: then nobody knows yet how many quantities it has.
        let next = event::following(last);
        let booked = !(self.draft.is_full() && lines.end == rows.len())
            && self.is_known(ident(&next), |_| true);
        if deletes {
            return (booked && !self.is_deleted(ident(&next))).then_some(Flaw::InPart(next));
        }
        let own = lines.map(|at| ident(rows.text(Text::LineId, at)));
        let (mut known, mut unknown) = (false, false);
        for own in own {
            // Beside a row that was set aside nobody can tell a quantity that is mended from one that was added.
            let with_all = |line| {
                let entry = self.ledger.entry_of(line);
                line < self.submission.first_line && entry.is_some_and(|(e, _)| e.aside == 0)
            };
            known |= self.is_known(own, with_all);
            unknown |= !self.is_known(own, |_| true);
        }
        (booked || known && unknown).then_some(Flaw::Changed)
    }

    /// Whether an identity by line number came earlier in this part, or belongs to a line of the book that counts and is
    /// such a one.
    fn is_known(&self, ident: u64, such: impl Fn(LineNo) -> bool) -> bool {
        let lines = &self.ledger.lines;
        let counts = |l: &LineNo| lines.get(*l).is_some_and(|l| l.state() != State::Withdrawn);
        let mut booked = self.ledger.idents.lines(ident, &lines.ident).filter(counts);
        self.fresh.find(ident, |f| f.0 == ident).is_some() || booked.any(such)
    }

    /// Whether some deletion names a line by its number.
    fn is_deleted(&self, ident: u64) -> bool {
        let lines = &self.ledger.lines;
        let counts = |l| lines.get(l).is_some_and(|l| l.state() != State::Withdrawn);
        let mut corrections = self.ledger.corrections.iter();
        corrections.any(|c| c.deletes && c.by_line_id == ident && counts(c.line))
    }
}
