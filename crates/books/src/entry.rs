//! The kinds of entries and what they do to the books.

use crate::codec::{Reader, Writer};
use crate::error::Damaged;
use crate::queries::{Queries, QueryStep};
use crate::registry::{Event, Registry, event};
use crate::substances::body::Movements;
use crate::substances::identity::is_numbered;
use crate::substances::ledger::{Ledger, Stamp};
use crate::substances::line::{LineNo, State};

/// What an entry is about; the number is in its header.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u16)]
pub enum EntryKind {
    /// Changes of the register.
    Registry = 1,
    /// Movement lines.
    Movements = 2,
    /// A submission taken back as a whole.
    Withdrawal = 3,
    /// A reviewer's decision on a pairing.
    Review = 4,
    /// A step of a query from the authority to a firm.
    Query = 5,
}

impl EntryKind {
    /// The kind of a number.
    #[must_use]
    pub fn from_number(number: u16) -> Option<EntryKind> {
        [
            EntryKind::Registry,
            EntryKind::Movements,
            EntryKind::Withdrawal,
            EntryKind::Review,
            EntryKind::Query,
        ]
        .into_iter()
        .find(|k| *k as u16 == number)
    }

    /// Stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            EntryKind::Registry => "registry",
            EntryKind::Movements => "movements",
            EntryKind::Withdrawal => "withdrawal",
            EntryKind::Review => "review",
            EntryKind::Query => "query",
        }
    }
}

/// A submission taken back.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Withdrawal {
    /// Sequence number of the submission's first entry.
    pub submission: u64,
    /// Why.
    pub reason: String,
}

/// A line as the journal names it: entry and row of the file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct LineRef {
    /// Entry.
    pub seq: u64,
    /// Row in its file.
    pub row: u32,
}

/// What a reviewer decided.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
#[repr(u8)]
pub enum Verdict {
    /// These lines are one consignment.
    Together = 0,
    /// These two lines do not belong together.
    Apart = 1,
}

/// A reviewer's decision.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Review {
    /// The decision.
    pub verdict: Verdict,
    /// Lines by their numbers in this journal's books, which follow from the entries before this one.
    pub lines: Vec<LineNo>,
    /// Why.
    pub reason: String,
}

/// An entry's content.
#[derive(Clone, PartialEq, Debug)]
pub enum Body {
    /// See [`EntryKind::Registry`].
    Registry(Vec<Event>),
    /// See [`EntryKind::Movements`].
    Movements(Box<Movements>),
    /// See [`EntryKind::Withdrawal`].
    Withdrawal(Withdrawal),
    /// See [`EntryKind::Review`].
    Review(Review),
    /// See [`EntryKind::Query`].
    Query(QueryStep),
}

impl Body {
    /// The kind.
    #[must_use]
    pub fn kind(&self) -> EntryKind {
        match self {
            Body::Registry(_) => EntryKind::Registry,
            Body::Movements(_) => EntryKind::Movements,
            Body::Withdrawal(_) => EntryKind::Withdrawal,
            Body::Review(_) => EntryKind::Review,
            Body::Query(_) => EntryKind::Query,
        }
    }

    /// Canonical bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        match self {
            Body::Registry(events) => return event::encode(events),
            Body::Movements(m) => return m.encode(),
            Body::Query(step) => return step.encode(),
            Body::Withdrawal(x) => {
                w.array(2).number(x.submission).text(&x.reason);
            }
            Body::Review(x) => {
                w.array(3).number(x.verdict as u64).array(x.lines.len());
                x.lines.iter().for_each(|l| {
                    w.number(u64::from(*l));
                });
                w.text(&x.reason);
            }
        }
        w.finish()
    }

    /// Reads canonical bytes.
    ///
    /// # Errors
    /// [`Damaged`] where the kind is unknown or the bytes are not what [`Body::encode`] writes.
    pub fn decode(kind: u16, bytes: &[u8]) -> Result<Body, Damaged> {
        let mut r = Reader::new(bytes);
        match EntryKind::from_number(kind).ok_or(Damaged("kind of entry"))? {
            EntryKind::Registry => event::decode(bytes).map(Body::Registry),
            EntryKind::Movements => Movements::decode(bytes).map(|m| Body::Movements(Box::new(m))),
            EntryKind::Query => QueryStep::decode(bytes).map(Body::Query),
            EntryKind::Withdrawal => {
                if r.array()? != 2 {
                    return Err(Damaged("withdrawal"));
                }
                let x = Withdrawal {
                    submission: r.number()?,
                    reason: r.text()?,
                };
                r.end()?;
                Ok(Body::Withdrawal(x))
            }
            EntryKind::Review => {
                if r.array()? != 3 {
                    return Err(Damaged("review"));
                }
                let verdict = match r.number()? {
                    0 => Verdict::Together,
                    1 => Verdict::Apart,
                    _ => return Err(Damaged("review")),
                };
                let lines = (0..r.array()?)
                    .map(|_| r.small())
                    .collect::<Result<_, _>>()?;
                let x = Review {
                    verdict,
                    lines,
                    reason: r.text()?,
                };
                r.end()?;
                Ok(Body::Review(x))
            }
        }
    }
}

/// All books together.
#[derive(Clone, Default, Debug)]
pub struct Books {
    /// The register.
    pub registry: Registry,
    /// The account of substances.
    pub substances: Ledger,
    /// Queries to firms.
    pub queries: Queries,
    entries: u64,
}

impl Books {
    /// Number of entries applied; the next one has this sequence number.
    #[must_use]
    pub fn entries(&self) -> u64 {
        self.entries
    }

    /// Takes in the next entry.
    pub fn apply(&mut self, stamp: &Stamp, body: &Body) {
        let on = stamp
            .recorded_at
            .date()
            .unwrap_or(weighbridge_measure::Date::MIN);
        match body {
            Body::Registry(events) => {
                events.iter().for_each(|e| self.registry.apply(e, on));
                if events.iter().any(|e| matches!(e, Event::Succession(_))) {
                    self.substances.unsettle();
                }
            }
            Body::Movements(m) => self.substances.apply(stamp, m, &self.registry),
            Body::Withdrawal(x) => self.substances.withdraw(x.submission),
            Body::Review(x) => match (x.verdict, x.lines.as_slice()) {
                (Verdict::Together, lines) => self.substances.review_together(lines.to_vec()),
                (Verdict::Apart, [a, b]) => self.substances.review_apart(*a, *b),
                (Verdict::Apart, _) => {}
            },
            Body::Query(step) => self.queries.apply(stamp, step),
        }
        self.entries = stamp.seq + 1;
    }

    /// Brings everything that is derived up to the last entry.
    pub fn settle(&mut self) {
        self.substances.settle(&self.registry);
    }
}

impl Ledger {
    /// Takes a whole submission out of the account. Rows that only repeated it count from then on.
    pub(crate) fn withdraw(&mut self, submission: u64) {
        self.catch_up();
        self.withdrawn.insert(submission);
        let spans: Vec<(LineNo, u32)> = self
            .entries
            .iter()
            .filter(|e| e.submission == submission)
            .map(|e| (e.first, e.lines))
            .collect();
        let mut touched = Vec::new();
        for line in spans
            .into_iter()
            .flat_map(|(first, n)| first..first.saturating_add(n))
        {
            let Some(ident) = self.lines.get(line).map(|l| l.ident()) else {
                continue;
            };
            self.lines.set_state(line, State::Withdrawn);
            touched.push(line);
            self.recount(ident, &mut touched);
        }
        self.touch(touched);
    }

    /// Decides anew which of equal rows count, over the submissions that are not withdrawn.
    fn recount(&mut self, ident: u64, touched: &mut Vec<LineNo>) {
        let lines: Vec<LineNo> = self.idents.lines(ident, &self.lines.ident).collect();
        let (mut counted, mut in_submission, mut last) = (0u32, 0u32, None);
        for line in lines {
            let Some(state) = self.lines.get(line).map(|l| l.state()) else {
                continue;
            };
            if state == State::Withdrawn {
                continue;
            }
            let submission = self.entry_of(line).map(|(e, _)| e.submission);
            if submission != last {
                last = submission;
                in_submission = 0;
            }
            in_submission += 1;
            let counts = in_submission > counted && !(is_numbered(ident) && counted > 0);
            if counts {
                counted += 1;
            }
            let correction = self
                .corrections
                .binary_search_by_key(&line, |c| c.line)
                .is_ok();
            match (counts, state) {
                (true, State::Duplicate) => {
                    self.lines.set_state(
                        line,
                        if correction {
                            State::Waiting
                        } else {
                            State::Live
                        },
                    );
                    touched.push(line);
                }
                (false, s) if s != State::Duplicate => {
                    self.lines.set_state(line, State::Duplicate);
                    touched.push(line);
                }
                _ => {}
            }
        }
    }
}
