//! Rows of a file on their way into entries.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::thread::JoinHandle;

use weighbridge_books::substances::body::Movements;
use weighbridge_books::substances::decide::{Submission, decide, learn};
use weighbridge_books::substances::draft::Draft;
use weighbridge_books::substances::movement::Movement;
use weighbridge_books::substances::quarantine::{Issue, SetAside};
use weighbridge_books::{Body, EntryKind};
use weighbridge_intake::Sink;
use weighbridge_journal::Store;

use super::import::{How, Staged};
use super::{Account, Sealed};
use crate::trouble::Trouble;

/// Issues of one file that are kept to be shown; beyond, they are counted only (the journal has all of them).
pub const ISSUES_KEPT: usize = 10_000;

/// Fates of the rows of a file.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Tally {
    /// Rows in the account.
    pub accepted: u64,
    /// Rows that repeat an earlier submission: a question, not counted.
    pub duplicates: u64,
    /// Rows set aside.
    pub aside: u64,
    /// Findings on accepted rows.
    pub findings: u64,
    /// Rows set aside by their first reason.
    pub by_code: BTreeMap<&'static str, u64>,
    /// Reasons, row by row, up to [`ISSUES_KEPT`].
    pub issues: Vec<Issue>,
}

impl Tally {
    fn add(&mut self, movements: &Movements) {
        let duplicates = movements.duplicates.len() as u64;
        self.accepted += movements.rows.len() as u64 - duplicates;
        self.duplicates += duplicates;
        self.aside += movements.aside.len() as u64;
        self.findings += movements.findings.len() as u64;
        for row in &movements.aside {
            if let Some(first) = row.issues.first() {
                *self.by_code.entry(first.code.code()).or_default() += 1;
            }
            let room = ISSUES_KEPT.saturating_sub(self.issues.len());
            self.issues.extend(row.issues.iter().take(room).cloned());
        }
    }
}

/// Gathers rows into parts, decides each part when it is full, and keeps the last one open for what the end brings.
pub(super) struct Collector<'a, S> {
    account: &'a mut Account<S>,
    how: &'a How,
    draft: Draft,
    submission: Submission,
    staged: Vec<Staged>,
    held: Option<Movements>,
    /// A part that is being encoded and hashed meanwhile, and its place.
    sealing: Option<(usize, JoinHandle<Sealed>)>,
    tally: Tally,
    remarks: BTreeMap<u32, String>,
    trouble: Option<Trouble>,
}

impl<'a, S: Store> Collector<'a, S> {
    pub(super) fn new(account: &'a mut Account<S>, how: &'a How, format: &str) -> Self {
        let submission = Submission::begin(format, &account.books.substances, how.agent);
        Collector {
            account,
            how,
            draft: Draft::new(),
            submission,
            staged: Vec::new(),
            held: None,
            sealing: None,
            tally: Tally::default(),
            remarks: BTreeMap::new(),
            trouble: None,
        }
    }

    /// Decides what is left. The last part is given back unsealed.
    #[allow(
        clippy::type_complexity,
        reason = "taken apart at once by the one caller"
    )]
    pub(super) fn finish(
        mut self,
    ) -> Result<(Vec<Staged>, Movements, Tally, BTreeMap<u32, String>), Trouble> {
        if !self.draft.is_empty() || self.held.is_none() {
            self.flush();
        }
        self.join()?;
        match (self.trouble, self.held) {
            (Some(trouble), _) => Err(trouble),
            (None, Some(held)) => Ok((self.staged, held, self.tally, self.remarks)),
            (None, None) => Err(Trouble::Fault("a submission without an entry")),
        }
    }

    /// Waits for the part that is being sealed.
    fn join(&mut self) -> Result<(), Trouble> {
        let Some((at, work)) = self.sealing.take() else {
            return Ok(());
        };
        let sealed = work
            .join()
            .map_err(|_| Trouble::Fault("an entry was not sealed"))?;
        self.account.seal(at, sealed)
    }

    fn flush(&mut self) {
        let draft = std::mem::take(&mut self.draft);
        self.take(draft);
    }

    /// Decides a part.
    pub(super) fn take(&mut self, draft: Draft) {
        if self.trouble.is_none()
            && let Err(trouble) = self.part(draft)
        {
            self.trouble = Some(trouble);
        }
    }

    fn part(&mut self, draft: Draft) -> Result<(), Trouble> {
        self.remarks.extend(draft.remarks().iter().cloned());
        if self.how.learn {
            let events = learn(&draft, &self.account.books.registry);
            if !events.is_empty() {
                self.stage(&Body::Registry(events))?;
            }
        }
        self.account.books.substances.catch_up();
        let books = &self.account.books;
        let mut movements = decide(
            &books.substances,
            &books.registry,
            &mut self.submission,
            draft,
        );
        let first = self
            .staged
            .iter()
            .find(|s| s.kind == EntryKind::Movements)
            .map(|s| s.seq);
        let back = books.entries() - first.unwrap_or(books.entries());
        // Entries of the register may stand between the parts: the distance counts them.
        movements.part.back = u32::try_from(back).unwrap_or(u32::MAX);
        self.tally.add(&movements);
        let last = self.staged.iter().rfind(is_movements).map(|s| s.at);
        if let (Some(before), Some(at)) = (self.held.take(), last) {
            self.join()?;
            let secret = self.account.secret(at);
            let work = std::thread::spawn(move || Sealed::of(&before, &secret));
            self.sealing = Some((at, work));
        }
        let body = Body::Movements(Box::new(movements));
        self.stage(&body)?;
        if let Body::Movements(movements) = body {
            self.held = Some(*movements);
        }
        Ok(())
    }

    fn stage(&mut self, body: &Body) -> Result<(), Trouble> {
        let at = self.account.pending.submissions.len();
        let kind = body.kind();
        let number = self.staged.iter().filter(|s| s.kind == kind).count();
        // The submission's key is known at the end only; until then a random one stands for it.
        let key = weighbridge_journal::rows::new_secret().ok_or(Trouble::Random)?;
        let seq = self.account.stage(&self.how.who, key, body)?;
        self.account
            .pending
            .keys
            .remove(&(self.how.who.organisation.clone(), key));
        self.staged.push(Staged {
            at,
            seq,
            kind,
            number: u32::try_from(number).unwrap_or(u32::MAX),
        });
        Ok(())
    }
}

#[allow(
    clippy::trivially_copy_pass_by_ref,
    reason = "the shape of a predicate of an iterator over references"
)]
fn is_movements(staged: &&Staged) -> bool {
    staged.kind == EntryKind::Movements
}

/// Parts that may wait for their decision while the next one is being read.
const PARTS_WAITING: usize = 2;

/// Fills parts on a core of its own and hands them over when they are full.
pub(super) struct Filler {
    draft: Draft,
    full: SyncSender<Draft>,
}

impl Filler {
    /// A filler and the end at which its parts come out.
    pub(super) fn new() -> (Filler, Receiver<Draft>) {
        let (full, drafts) = sync_channel(PARTS_WAITING);
        let draft = Draft::new();
        (Filler { draft, full }, drafts)
    }

    /// Hands over what has been gathered so far.
    pub(super) fn hand_over(&mut self) {
        // Nobody takes parts any more only when the import has failed, which its own result tells.
        let _ = self.full.send(std::mem::take(&mut self.draft));
    }
}

impl Sink for Filler {
    fn movement(&mut self, movement: &Movement<'_>) -> Result<(), Issue> {
        if self.draft.is_full() {
            self.hand_over();
        }
        self.draft.push(movement)
    }

    fn set_aside(&mut self, row: SetAside) {
        if self.draft.is_full() {
            self.hand_over();
        }
        self.draft.set_aside(row);
    }
}

impl<S: Store> Sink for Collector<'_, S> {
    fn movement(&mut self, movement: &Movement<'_>) -> Result<(), Issue> {
        if self.draft.is_full() {
            self.flush();
        }
        self.draft.push(movement)
    }

    fn set_aside(&mut self, row: SetAside) {
        if self.draft.is_full() {
            self.flush();
        }
        self.draft.set_aside(row);
    }
}
