//! From a line of the books back to what was sent: file, row, texts.

use std::cell::RefCell;
use std::collections::{HashMap, HashSet};
use std::ops::ControlFlow;
use std::rc::Rc;

use weighbridge_books::Body;
use weighbridge_books::substances::body::Movements;
use weighbridge_books::substances::line::LineNo;
use weighbridge_books::substances::line::State;
use weighbridge_books::substances::movement::Text;
use weighbridge_journal::{Header, Store};
use weighbridge_reports::Sources;
use weighbridge_reports::sources::{FileNote, LineCounts, QuarantineItem, RowRef};

use super::again::{Spent, next_attempt};
use super::{Account, note_name};
use crate::blobs::{BlobKey, unhex};
use crate::trouble::Trouble;

/// Rows of decoded bodies that are held at a time.
const ROWS_HELD: usize = 4_000_000;

/// Reads texts of lines out of the journal, which the books do not keep in memory. Holds what it decoded last.
pub struct Lookup<'a, S> {
    account: &'a Account<S>,
    bodies: RefCell<Held>,
    names: RefCell<HashMap<u64, String>>,
    /// The files of this run and what they came to; of the whole journal otherwise.
    run: Option<(Vec<FileNote>, LineCounts)>,
}

#[derive(Default)]
struct Held {
    rows: usize,
    bodies: HashMap<u64, Rc<Movements>>,
}

impl<S: Store> Account<S> {
    /// Looks lines up.
    #[must_use]
    pub fn lookup(&self) -> Lookup<'_, S> {
        Lookup {
            account: self,
            bodies: RefCell::default(),
            names: RefCell::default(),
            run: None,
        }
    }

    /// An entry's header and body.
    ///
    /// # Errors
    /// [`Trouble::Body`], [`Trouble::Journal`].
    pub fn entry(&self, seq: u64) -> Result<(Header, Body), Trouble> {
        let waiting = seq
            .checked_sub(self.journal.head().size)
            .and_then(|at| usize::try_from(at).ok());
        let mut found = None;
        let decode = |kind, body: &[u8]| {
            Body::decode(kind, body).map_err(|damaged| Trouble::Body { seq, damaged })
        };
        if let Some(entry) = waiting.and_then(|at| self.pending.submissions.get(at)) {
            // Only its kind and body are asked for; the rest of its header is made when it is appended.
            let header = Header {
                version: weighbridge_journal::header::VERSION,
                recorded_at_us: self.pending.now_us,
                actor: entry.actor.clone(),
                organisation: entry.organisation.clone(),
                kind: entry.kind,
                key: entry.key,
                salt: [0; 32],
                rows: entry.rows,
                rows_root: entry.rows_root,
                body_len: entry.body.len() as u64,
                body_hash: [0; 32],
            };
            return Ok((header, decode(entry.kind, &entry.body)?));
        }
        self.journal.store().read(seq, &mut |_, header, _, body| {
            found = Some((header.clone(), decode(header.kind, body)));
            ControlFlow::Break(())
        })?;
        match found {
            Some((header, body)) => Ok((header, body?)),
            None => Err(Trouble::Journal(
                weighbridge_journal::JournalError::NoEntry {
                    seq,
                    size: self.journal.head().size,
                },
            )),
        }
    }

    /// What the private table says of a submission. Notes are kept by batch: the batch begins at or before the entry.
    fn note(&self, submission: u64) -> Result<Option<serde_json::Value>, Trouble> {
        let name = submission.to_string();
        if let Some(note) = self.pending.notes.get(&name) {
            return Ok(Some(note.clone()));
        }
        for first in (0..=submission).rev() {
            if let Some(text) = self.journal.store().meta_get(&note_name(first))? {
                let batch: serde_json::Value = serde_json::from_str(&text).unwrap_or_default();
                return Ok(batch.get(&name).cloned());
            }
        }
        Ok(None)
    }

    /// SHA-256 of the file that a submission brought, where it was noted.
    pub(super) fn sent_hash(&self, submission: u64) -> Result<Option<[u8; 32]>, Trouble> {
        let note = self.note(submission)?;
        Ok(note.and_then(|n| unhex(n.get("sent")?.as_str()?)))
    }

    /// How to open a blob of a submission: `original` or `remarks`.
    ///
    /// # Errors
    /// [`Trouble::Journal`].
    pub fn blob(&self, submission: u64, kind: &str) -> Result<Option<BlobKey>, Trouble> {
        let note = self.note(submission)?;
        Ok(note.and_then(|n| BlobKey::of_note(&n, kind)))
    }

    /// Name of the file that a submission came in; its number where the name was not kept.
    #[must_use]
    pub fn file_name(&self, submission: u64) -> String {
        if let Some(name) = self.names.get(&submission) {
            return name.clone();
        }
        let note = self.note(submission).ok().flatten();
        let name = note.and_then(|n| Some(n.get("name")?.as_str()?.to_owned()));
        name.unwrap_or_else(|| format!("#{submission}"))
    }
}

impl<S: Store> Lookup<'_, S> {
    /// Tells of the files of this run instead of those of the whole journal.
    #[must_use]
    pub fn of_run(mut self, files: Vec<FileNote>, counts: LineCounts) -> Self {
        self.run = Some((files, counts));
        self
    }

    /// The body of a movements entry; none where the journal cannot give it any more.
    pub fn body(&self, seq: u64) -> Option<Rc<Movements>> {
        if let Some(body) = self.bodies.borrow().bodies.get(&seq) {
            return Some(Rc::clone(body));
        }
        let Ok((_, Body::Movements(body))) = self.account.entry(seq) else {
            return None;
        };
        let body = Rc::new(*body);
        let mut held = self.bodies.borrow_mut();
        held.rows += body.rows.len() + body.aside.len();
        if held.rows > ROWS_HELD {
            *held = Held {
                rows: body.rows.len() + body.aside.len(),
                ..Held::default()
            };
        }
        held.bodies.insert(seq, Rc::clone(&body));
        Some(body)
    }

    /// The entry's body and the line's place in it.
    pub fn line(&self, line: LineNo) -> Option<(Rc<Movements>, usize)> {
        let (entry, at) = self.account.books.substances.entry_of(line)?;
        Some((self.body(entry.seq)?, at as usize))
    }

    /// Name of the file that a line came in.
    pub fn file_of(&self, line: LineNo) -> String {
        let Some((entry, _)) = self.account.books.substances.entry_of(line) else {
            return String::new();
        };
        self.name_of(entry.submission)
    }

    /// Name of the file of a submission.
    pub fn name_of(&self, submission: u64) -> String {
        let mut names = self.names.borrow_mut();
        names
            .entry(submission)
            .or_insert_with(|| self.account.file_name(submission))
            .clone()
    }
}

impl<S: Store> Lookup<'_, S> {
    /// Every reason why rows were set aside, each with its entry; `all`: also of rows that nobody need mend any more,
    /// because they were resolved, withdrawn, or sent again with their file.
    pub fn set_aside(&self, all: bool) -> Vec<(u64, QuarantineItem)> {
        let ledger = &self.account.books.substances;
        let resolved: HashSet<(u64, u32)> = ledger
            .set_aside()
            .iter()
            .filter(|a| a.resolved_by.is_some())
            .map(|a| (a.seq, a.row))
            .collect();
        let mut items = Vec::new();
        for entry in ledger.entries().iter().filter(|e| e.aside > 0) {
            if !all && self.is_superseded(entry.submission) {
                continue;
            }
            let (file, Some(body)) = (self.name_of(entry.submission), self.body(entry.seq)) else {
                continue;
            };
            let open = body
                .aside
                .iter()
                .filter(|a| all || !resolved.contains(&(entry.seq, a.row)));
            items.extend(
                open.flat_map(|a| a.issues.iter().enumerate())
                    .map(|(nth, issue)| {
                        let item = QuarantineItem {
                            file: file.clone(),
                            row: issue.row,
                            field: issue.field.code().to_owned(),
                            code: issue.code.code().to_owned(),
                            found: issue.found.clone(),
                            expected: issue.expected.clone(),
                            nth,
                        };
                        (entry.seq, item)
                    }),
            );
        }
        items
    }

    /// Whether a submission was withdrawn, or its file taken again with the rows that did not count.
    fn is_superseded(&self, submission: u64) -> bool {
        if self.account.spent(submission) == Some(Spent::Withdrawn) {
            return true;
        }
        self.account.entry(submission).is_ok_and(|(header, _)| {
            let next = next_attempt(&header.key);
            let found = self.account.find(&header.organisation, &next);
            found.is_ok_and(|seq| seq.is_some_and(|s| s < self.account.books.entries()))
        })
    }
}

impl<S: Store> Sources for Lookup<'_, S> {
    fn row(&self, line: LineNo) -> RowRef {
        let row = self
            .line(line)
            .and_then(|(body, at)| body.rows.row.get(at).copied());
        RowRef {
            file: self.file_of(line),
            row: row.unwrap_or_default(),
        }
    }

    fn text(&self, line: LineNo, column: Text) -> String {
        self.line(line)
            .map(|(body, at)| body.rows.text(column, at).to_owned())
            .unwrap_or_default()
    }

    fn reporter(&self, line: LineNo) -> String {
        let place = self.line(line).and_then(|(body, at)| {
            let own = body.rows.own.get(at)?;
            body.places.get(*own as usize).map(|p| p.party.clone())
        });
        place.unwrap_or_default()
    }

    fn amount(&self, line: LineNo) -> String {
        let Some((body, at)) = self.line(line) else {
            return String::new();
        };
        let amount = body.rows.amount.get(at);
        let basis = body.rows.basis.get(at);
        let unit = basis
            .and_then(|b| body.bases.get(*b as usize))
            .map_or("", |b| b.basis.unit.code());
        // A unit that was written in the amount's cell is part of its text.
        if amount.is_empty() || amount.ends_with(char::is_alphabetic) {
            amount.to_owned()
        } else {
            format!("{amount} {unit}")
        }
    }

    fn quarantine(&self) -> Vec<QuarantineItem> {
        let items = self.set_aside(true).into_iter();
        items.map(|(_, item)| item).collect()
    }

    fn counts(&self) -> LineCounts {
        if let Some((_, counts)) = &self.run {
            return *counts;
        }
        let ledger = &self.account.books.substances;
        let lines = ledger.lines().len() as u64;
        let quarantined = ledger.set_aside().len() as u64;
        let duplicate = ledger
            .lines()
            .iter()
            .filter(|l| l.state() == State::Duplicate)
            .count() as u64;
        LineCounts {
            read: lines + quarantined,
            accepted: lines - duplicate,
            quarantined,
            duplicate,
        }
    }

    fn files(&self) -> Vec<FileNote> {
        self.run
            .as_ref()
            .map(|(files, _)| files.clone())
            .unwrap_or_default()
    }
}
