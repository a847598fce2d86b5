//! What others have seen of a journal: the guard against a second history under one name.
//!
//! The latest checkpoint is the journal's own memory of what it signed. A journal that was put back from a backup has lost
//! the last of it, so it waits until somebody says what is out; see `docs/adr/0014-a-restored-journal-waits.md`.

use super::{Journal, JournalError};
use crate::checkpoint::parse_decimal;
use crate::store::{Store, StoredCheckpoint, private_damaged};

/// A signed checkpoint that someone outside has shown: nothing below it is signed any more.
const META_SEEN: &str = "journal.seen";
/// Entries at the time of a restore from a backup, and the highest size that is said to have been seen outside, once it is.
const META_RESTORED: &str = "journal.restored";

impl<S: Store> Journal<S> {
    /// Whether the journal may be appended to and signed: it contains the latest checkpoint, which is given back, and whatever
    /// was shown of it, and what is missing since a restore is known to be nothing.
    ///
    /// # Errors
    /// [`JournalError::Unconfirmed`], [`JournalError::Behind`], [`JournalError::Fork`]; what the store says.
    pub fn may_go_on(&self) -> Result<Option<StoredCheckpoint>, JournalError> {
        self.not_behind()?;
        let latest = self.store.latest_checkpoint()?;
        let seen = (self.store.meta_get(META_SEEN)?).map(|note| StoredCheckpoint { size: 0, note });
        for known in latest.iter().chain(&seen) {
            let signed = self.checked(known)?;
            if !self.contains(&signed)? {
                return Err(JournalError::Fork {
                    size: self.head.size,
                    signed: signed.size,
                });
            }
        }
        Ok(latest)
    }

    pub(super) fn not_behind(&self) -> Result<(), JournalError> {
        match self.restored()? {
            None => Ok(()),
            Some((size, None)) => Err(JournalError::Unconfirmed { size }),
            Some((size, Some(seen))) if seen > size => Err(JournalError::Behind { size, seen }),
            Some(_) => Ok(()),
        }
    }

    /// Entries that the journal had when it was last put back from a backup, and the highest size that is said to have been
    /// seen outside.
    ///
    /// # Errors
    /// [`JournalError::Store`].
    pub fn restored(&self) -> Result<Option<(u64, Option<u64>)>, JournalError> {
        let Some(text) = self.store.meta_get(META_RESTORED)? else {
            return Ok(None);
        };
        let mut numbers = text.split(' ').map(parse_decimal);
        match (numbers.next(), numbers.next(), numbers.next()) {
            (Some(Some(size)), None, _) => Ok(Some((size, None))),
            (Some(Some(size)), Some(Some(seen)), None) => Ok(Some((size, Some(seen)))),
            _ => Err(private_damaged(META_RESTORED).into()),
        }
    }

    /// Marks the journal as put back from a backup, as it stands: nothing is appended or signed before
    /// [`Journal::confirm_seen`].
    ///
    /// # Errors
    /// [`JournalError::Store`].
    pub fn mark_restored(&mut self) -> Result<(), JournalError> {
        let size = self.head.size.to_string();
        Ok(self.store.meta_put(META_RESTORED, &size)?)
    }

    /// Takes note that `seen` is the highest size of this journal that a receipt or a witness shows. A smaller one than was
    /// given before changes nothing.
    ///
    /// # Errors
    /// [`JournalError::Behind`] where that is more than was put back (it is remembered all the same).
    pub fn confirm_seen(&mut self, seen: u64) -> Result<(), JournalError> {
        let (size, before) = self.restored()?.unwrap_or((self.head.size, None));
        let seen = before.map_or(seen, |before| before.max(seen));
        self.store
            .meta_put(META_RESTORED, &format!("{size} {seen}"))?;
        self.not_behind()
    }

    /// Takes note of a checkpoint of this journal that a witness or a receipt shows, for use after a restore: nothing that
    /// does not contain it will be signed.
    ///
    /// # Errors
    /// [`JournalError::Fork`] when this journal does not contain it (it is remembered all the same);
    /// [`JournalError::Checkpoint`] when it is not this journal's.
    pub fn remember_seen(&mut self, note: &str) -> Result<(), JournalError> {
        let shown = StoredCheckpoint {
            size: 0,
            note: note.to_owned(),
        };
        let seen = self.checked(&shown)?;
        let before = match self.store.meta_get(META_SEEN)? {
            Some(note) => self.checked(&StoredCheckpoint { size: 0, note })?.size,
            None => 0,
        };
        if seen.size >= before {
            self.store.meta_put(META_SEEN, note)?;
        }
        if self.contains(&seen)? {
            Ok(())
        } else {
            Err(JournalError::Fork {
                size: self.head.size,
                signed: seen.size,
            })
        }
    }
}
