//! A file that was sent before: what counts of it, and which of its rows a further attempt has to take.
//!
//! The attempts at a file are submissions whose keys are a chain, each the hash of the one before, so that every attempt is
//! taken once only. An attempt takes the rows that do not count yet; rows are known by their numbers, since it is the
//! same file.

use std::collections::BTreeSet;

use weighbridge_books::Body;
use weighbridge_books::substances::decide::{Submission, decide, learn};
use weighbridge_books::substances::draft::Draft;
use weighbridge_books::substances::ledger::EntryLines;
use weighbridge_books::substances::movement::Movement;
use weighbridge_books::substances::quarantine::{Issue, SetAside};
use weighbridge_intake::{Detection, Options, Sink};
use weighbridge_journal::Store;

use super::Account;
use super::import::How;
use crate::input::Incoming;
use crate::trouble::Trouble;

/// What became of the earlier attempt at a file, so that it may be sent again.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Spent {
    /// It was withdrawn.
    Withdrawn,
    /// Every row of it was set aside, and none was resolved since.
    SetAside,
    /// Some rows of it count; others were set aside, or withdrawn with another attempt.
    InPart,
}

impl Spent {
    /// Stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Spent::Withdrawn => "withdrawn",
            Spent::SetAside => "set_aside",
            Spent::InPart => "in_part",
        }
    }
}

/// Earlier submissions of a file to which nothing was added.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Before {
    /// Their numbers, oldest first; one at least.
    pub submissions: Vec<u64>,
    /// Rows that are still set aside.
    pub aside: u64,
}

impl Before {
    /// The first submission's number.
    #[must_use]
    pub fn seq(&self) -> u64 {
        self.submissions.first().copied().unwrap_or_default()
    }
}

/// Where a submission key leads: the attempts before, and the next one's key.
pub(super) struct Slot {
    /// The key of the attempt that is due.
    pub(super) key: [u8; 32],
    /// The last attempt and what became of it; none where there is none.
    pub(super) last: Option<(u64, Option<Spent>)>,
    /// Attempts of which something counts, oldest first.
    standing: Vec<u64>,
    /// Whether an attempt was withdrawn: its rows may be missing beside those that count.
    withdrawn: bool,
}

impl Slot {
    /// The attempt before, where this is not the first.
    pub(super) fn before(&self) -> Option<(u64, Spent)> {
        let (seq, spent) = self.last?;
        match self.standing.first() {
            Some(first) => Some((*first, Spent::InPart)),
            None => Some((seq, spent?)),
        }
    }
}

/// The key of the next attempt at a submission.
pub(super) fn next_attempt(key: &[u8; 32]) -> [u8; 32] {
    let mut bytes = key.to_vec();
    bytes.extend(b"again");
    weighbridge_journal::sha256(&bytes)
}

impl<S: Store> Account<S> {
    /// Follows the attempts at a submission from its first key.
    pub(super) fn slot(&self, organisation: &str, mut key: [u8; 32]) -> Result<Slot, Trouble> {
        let (mut last, mut standing, mut withdrawn) = (None, Vec::new(), false);
        while let Some(seq) = self.find(organisation, &key)? {
            let spent = self.spent(seq);
            if spent.is_none() {
                standing.push(seq);
            }
            withdrawn |= spent == Some(Spent::Withdrawn);
            last = Some((seq, spent));
            key = next_attempt(&key);
        }
        Ok(Slot {
            key,
            last,
            standing,
            withdrawn,
        })
    }

    /// Why nothing of a submission of movements counts; none where something does.
    pub(super) fn spent(&self, submission: u64) -> Option<Spent> {
        let ledger = &self.books.substances;
        if ledger.withdrawn().contains(&submission) {
            return Some(Spent::Withdrawn);
        }
        let parts = self.parts(submission);
        let (lines, aside) = parts.fold((0, 0), |(l, a), e| (l + e.lines, a + e.aside));
        let spent = lines == 0 && aside > 0 && self.open_rows(submission) == u64::from(aside);
        spent.then_some(Spent::SetAside)
    }

    /// The movements entries of a submission: they follow one another.
    fn parts(&self, submission: u64) -> impl Iterator<Item = &EntryLines> {
        let entries = self.books.substances.entries();
        let from = entries.partition_point(|e| e.seq < submission);
        let parts = entries.iter().skip(from);
        parts.take_while(move |e| e.submission == submission)
    }

    /// Rows of a submission that are set aside and were not resolved since.
    fn open_rows(&self, submission: u64) -> u64 {
        let parts = self.parts(submission).filter(|e| e.aside > 0);
        let open = parts.flat_map(|e| self.books.substances.set_aside_of(e.seq));
        open.filter(|a| a.resolved_by.is_none()).count() as u64
    }

    /// What stands of earlier attempts, and whether a further one could add anything at all.
    pub(super) fn standing(&self, slot: &Slot) -> (Before, Rest) {
        let of_last = slot.last.map(|(seq, _)| seq);
        let submissions = if slot.standing.is_empty() {
            of_last.into_iter().collect()
        } else {
            slot.standing.clone()
        };
        // The last attempt tried everything that did not count.
        let withdrawn = self.books.substances.withdrawn();
        let tried = of_last.filter(|seq| !withdrawn.contains(seq));
        let aside = tried.or(slot.standing.last().copied());
        let aside = aside.map_or(0, |seq| self.open_rows(seq));
        let rest = if aside > 0 || slot.withdrawn {
            Rest::Possible
        } else {
            Rest::None
        };
        (Before { submissions, aside }, rest)
    }

    /// Numbers of the rows that a further attempt leaves out: they count already, or were resolved since.
    pub(super) fn settled_rows(&self, slot: &Slot) -> Result<BTreeSet<u32>, Trouble> {
        let mut settled = BTreeSet::new();
        for submission in &slot.standing {
            let (mut counting, mut open) = (BTreeSet::new(), BTreeSet::new());
            for part in self.parts(*submission) {
                let Body::Movements(body) = self.entry(part.seq)?.1 else {
                    return Err(Trouble::Fault("lines of an entry without movements"));
                };
                counting.extend(&body.rows.row);
                for aside in self.books.substances.set_aside_of(part.seq) {
                    match aside.resolved_by {
                        Some(_) => counting.insert(aside.row),
                        None => open.insert(aside.row),
                    };
                }
            }
            // Of a row with several lines all have to count.
            settled.extend(counting.difference(&open));
        }
        Ok(settled)
    }

    /// Whether a further attempt would add a line: decided, and forgotten. Unlike taking it in and undoing that, it does
    /// not cost the whole account.
    pub(super) fn gains(
        &mut self,
        incoming: &Incoming,
        detection: &Detection,
        options: &Options,
        how: &How,
        settled: &BTreeSet<u32>,
    ) -> Result<bool, Trouble> {
        self.books.substances.catch_up();
        let begin = Submission::begin(detection.format.code(), &self.books.substances, how.agent);
        let mut trial = Trial {
            account: self,
            how,
            submission: begin,
            draft: Draft::new(),
            gains: false,
        };
        let mut rest = Rows {
            inner: &mut trial,
            settled,
        };
        incoming.read(detection, options, &mut rest, &mut |_| {})?;
        trial.decide();
        Ok(trial.gains)
    }
}

/// Whether rows of a file are left that do not count.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Rest {
    /// Rows were set aside or withdrawn.
    Possible,
    /// Everything counts.
    None,
}

/// Leaves out rows that are settled.
pub(super) struct Rows<'a, K> {
    pub(super) inner: &'a mut K,
    pub(super) settled: &'a BTreeSet<u32>,
}

impl<K: Sink> Sink for Rows<'_, K> {
    fn movement(&mut self, movement: &Movement<'_>) -> Result<(), Issue> {
        if self.settled.contains(&movement.row) {
            return Ok(());
        }
        self.inner.movement(movement)
    }

    fn set_aside(&mut self, row: SetAside) {
        if !self.settled.contains(&row.row) {
            self.inner.set_aside(row);
        }
    }
}

/// Decides rows without taking them in.
struct Trial<'a, S> {
    account: &'a Account<S>,
    how: &'a How,
    submission: Submission,
    draft: Draft,
    gains: bool,
}

impl<S: Store> Trial<'_, S> {
    fn decide(&mut self) {
        let draft = std::mem::take(&mut self.draft);
        if self.gains || draft.is_empty() {
            return;
        }
        let books = &self.account.books;
        // Who becomes known by it can be what it gains.
        self.gains = self.how.learn && !learn(&draft, &books.registry).is_empty();
        if !self.gains {
            let own = &mut self.submission;
            let movements = decide(&books.substances, &books.registry, own, draft);
            self.gains = !movements.rows.is_empty();
        }
    }
}

impl<S: Store> Sink for Trial<'_, S> {
    fn movement(&mut self, movement: &Movement<'_>) -> Result<(), Issue> {
        if self.draft.is_full() {
            self.decide();
        }
        self.draft.push(movement)
    }

    fn set_aside(&mut self, _: SetAside) {}
}
