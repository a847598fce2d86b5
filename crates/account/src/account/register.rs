//! The register: holders from files, mergers and splits, and what people call a party.

use std::io::BufReader;

use weighbridge_books::registry::event::EVENTS_MAX;
use weighbridge_books::registry::{Event, Found, HolderId, Succession};
use weighbridge_books::{Body, EntryKind};
use weighbridge_intake::{Detection, HoldersSummary};
use weighbridge_journal::Store;

use super::import::{How, last_day};
use super::{Account, Who, derived_key};
use crate::input::Incoming;
use crate::trouble::Trouble;

/// A file of holders that was taken.
#[derive(Clone, Debug)]
pub struct HoldersTaken {
    /// Its first entry.
    pub seq: u64,
    /// What reading it came to.
    pub summary: HoldersSummary,
}

/// A party that a user named.
pub type Party = HolderId;

impl<S: Store> Account<S> {
    pub(super) fn import_holders(
        &mut self,
        incoming: &Incoming,
        detection: &Detection,
        how: &How,
        key: [u8; 32],
    ) -> Result<HoldersTaken, Trouble> {
        let mut events = Vec::new();
        let mut stream = BufReader::new(incoming.reader()?);
        let summary = weighbridge_intake::read_holders(&mut stream, detection, &mut |row| {
            events.push(Event::Holder(row));
        })
        .map_err(|issue| incoming.issue(issue))?;
        let seq = self.books.entries();
        let mut parts = events.chunks(EVENTS_MAX);
        let first = parts.next().unwrap_or_default().to_vec();
        self.stage(&how.who, key, &Body::Registry(first))?;
        for (number, part) in (1u32..).zip(parts) {
            self.stage(
                &how.who,
                derived_key(&key, EntryKind::Registry, number),
                &Body::Registry(part.to_vec()),
            )?;
        }
        self.names.insert(seq, incoming.name.clone());
        Ok(HoldersTaken { seq, summary })
    }

    /// Records a merger or a split, unless it contradicts the register.
    ///
    /// # Errors
    /// [`Trouble::Succession`]; as [`Account::commit`].
    pub fn succeed(&mut self, who: &Who, succession: Succession) -> Result<u64, Trouble> {
        let recorded = self.journal.head().last_recorded_at_us;
        let now_us = recorded.map_or(self.pending.now_us, |at| self.pending.now_us.max(at));
        self.books
            .registry
            .decide(&succession, last_day(now_us))
            .map_err(Trouble::Succession)?;
        self.record(who, &Body::Registry(vec![Event::Succession(succession)]))
    }

    /// The holder that a user names by code, licence or number.
    ///
    /// # Errors
    /// [`Trouble::Unknown`] with what was probably meant.
    pub fn party(&self, text: &str) -> Result<Party, Trouble> {
        match self.books.registry.find(text) {
            Found::One(id) => Ok(id),
            Found::Several(ids) => {
                let codes: Vec<&str> = ids
                    .iter()
                    .filter_map(|id| self.books.registry.holder(*id))
                    .map(|h| h.code.as_str())
                    .collect();
                Err(Trouble::Unknown {
                    what: "holder",
                    name: format!("{text} ({})", codes.join(" | ")),
                })
            }
            Found::Nobody(near) if near.is_empty() => Err(Trouble::Unknown {
                what: "holder",
                name: text.to_owned(),
            }),
            Found::Nobody(near) => Err(Trouble::Unknown {
                what: "holder",
                name: format!("{text} ({}?)", near.join(" | ")),
            }),
        }
    }
}
