//! From a line of the books back to what was sent: file, row, texts.

use std::collections::{BTreeSet, HashMap};
use std::ops::ControlFlow;
use std::sync::Arc;

use weighbridge_books::Body;
use weighbridge_books::substances::body::Movements;
use weighbridge_books::substances::line::LineNo;
use weighbridge_books::substances::line::State;
use weighbridge_books::substances::movement::Text;
use weighbridge_journal::{Header, Store};
use weighbridge_reports::Sources;
use weighbridge_reports::sources::{FileNote, LineCounts, QuarantineItem, RowRef};

use super::again::{Spent, next_attempt};
use super::read::Read;
use super::{Account, NOTE, note_name};
use crate::blobs::{BlobKey, unhex};
use crate::trouble::Trouble;

/// Reads texts of lines out of the journal, which the books do not keep in memory.
pub struct Lookup<'a, S> {
    account: &'a Account<S>,
    /// The files of this run and what they came to; of the whole journal otherwise.
    run: Option<(Vec<FileNote>, LineCounts)>,
}

impl<S: Store> Account<S> {
    /// Looks lines up.
    #[must_use]
    pub fn lookup(&self) -> Lookup<'_, S> {
        Lookup {
            account: self,
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

    /// What the private table says of a submission.
    fn note(&self, submission: u64) -> Result<Option<serde_json::Value>, Trouble> {
        let name = submission.to_string();
        if let Some(note) = self.pending.notes.get(&name) {
            return Ok(Some(note.clone()));
        }
        Ok(self.batch(submission)?.get(&name).cloned())
    }

    /// What the private table says of the submissions of a batch, which begins at or before an entry.
    fn batch(&self, seq: u64) -> Result<serde_json::Value, Trouble> {
        let store = self.journal.store();
        let list = || -> Result<BTreeSet<u64>, Trouble> {
            let all = store.meta_list()?.into_iter();
            let first = |name: &str| name.strip_prefix(NOTE)?.parse().ok();
            Ok(all.filter_map(|private| first(&private.name)).collect())
        };
        let Some(first) = self.read.batch_of(seq, list)? else {
            return Ok(serde_json::Value::Null);
        };
        let text = store.meta_get(&note_name(first))?.unwrap_or_default();
        Ok(serde_json::from_str(&text).unwrap_or_default())
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

    /// What was read of an entry: what only waits may come to nothing, and is forgotten with it.
    fn read_of(&self, seq: u64) -> &Read {
        if seq < self.journal.head().size {
            &self.read
        } else {
            &self.pending.read
        }
    }

    /// Name of the file that a submission came in; its number where the name was not kept.
    #[must_use]
    pub fn file_name(&self, submission: u64) -> String {
        if let Some(name) = self.names.get(&submission) {
            return name.clone();
        }
        let name = |note: &serde_json::Value| Some(note.get("name")?.as_str()?.to_owned());
        if let Some(note) = self.pending.notes.get(&submission.to_string()) {
            return name(note).unwrap_or_else(|| format!("#{submission}"));
        }
        self.read_of(submission).name(submission, || {
            let batch = self.batch(submission).unwrap_or_default();
            let notes = batch.as_object().into_iter().flatten();
            notes
                .filter_map(|(seq, note)| Some((seq.parse().ok()?, name(note)?)))
                .collect()
        })
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
    #[must_use]
    pub fn body(&self, seq: u64) -> Option<Arc<Movements>> {
        let decode = || match self.account.entry(seq) {
            Ok((_, Body::Movements(body))) => Some(*body),
            _ => None,
        };
        self.account.read_of(seq).body(seq, decode)
    }

    /// The entry's body and the line's place in it.
    pub fn line(&self, line: LineNo) -> Option<(Arc<Movements>, usize)> {
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
    #[must_use]
    pub fn name_of(&self, submission: u64) -> String {
        self.account.file_name(submission)
    }
}

impl<S: Store> Lookup<'_, S> {
    /// Every reason why rows were set aside, each with its entry; `all`: also of rows that nobody need mend any more,
    /// because they were resolved, withdrawn, or sent again with their file.
    #[must_use]
    pub fn set_aside(&self, all: bool) -> Vec<(u64, QuarantineItem)> {
        if !all {
            let mut rows: Vec<(u64, u32)> = self.open_rows().collect();
            rows.reverse();
            return self.reasons(&rows);
        }
        let rows = self.account.books.substances.set_aside().iter();
        self.reasons(&rows.map(|a| (a.seq, a.row)).collect::<Vec<_>>())
    }

    /// Rows that wait to be mended, by entry and row of the file, the last one first.
    pub fn open_rows(&self) -> impl Iterator<Item = (u64, u32)> + '_ {
        let mut settled: HashMap<u64, bool> = HashMap::new();
        let rows = self.account.books.substances.set_aside().iter().rev();
        let open = rows.filter(move |a| {
            a.resolved_by.is_none() && {
                let submission = self.account.submission_of(a.seq).unwrap_or(a.seq);
                let settled = settled.entry(submission);
                !*settled.or_insert_with(|| self.is_superseded(submission))
            }
        });
        open.map(|a| (a.seq, a.row))
    }

    /// Why some rows were set aside, each reason with its entry, in the order of the rows.
    #[must_use]
    pub fn reasons(&self, rows: &[(u64, u32)]) -> Vec<(u64, QuarantineItem)> {
        let mut items = Vec::new();
        let mut rows = rows.iter().copied().peekable();
        while let Some((seq, first)) = rows.next() {
            let mut wanted = vec![first];
            while let Some((_, row)) = rows.next_if(|(other, _)| *other == seq) {
                wanted.push(row);
            }
            let Some(body) = self.body(seq) else {
                continue;
            };
            let file = self.name_of(self.account.submission_of(seq).unwrap_or(seq));
            let mut by_row: HashMap<u32, Vec<QuarantineItem>> = HashMap::new();
            for a in &body.aside {
                let reasons = a.issues.iter().enumerate();
                by_row
                    .entry(a.row)
                    .or_default()
                    .extend(reasons.map(|(nth, issue)| QuarantineItem {
                        file: file.clone(),
                        row: issue.row,
                        field: issue.field.code().to_owned(),
                        code: issue.code.code().to_owned(),
                        found: issue.found.clone(),
                        expected: issue.expected.clone(),
                        nth,
                    }));
            }
            // A row that was set aside twice is told once, with all reasons.
            let reasons = wanted.iter().filter_map(|row| by_row.remove(row));
            items.extend(reasons.flatten().map(|item| (seq, item)));
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
