//! A journal in memory: for throw-away runs and tests. Nothing is durable; a clone is a copy.

use crate::merkle::empty_root;
use crate::store::{
    Batch, Counts, DESTROYED, Found, Head, NewEntry, Private, Raw, Store, StoreError,
    StoredCheckpoint, secret_of,
};
use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;

/// Keeps everything in memory.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    entries: Vec<(Vec<u8>, Vec<u8>)>,
    head: Option<Head>,
    keys: HashMap<(String, [u8; 32]), Found>,
    tiles: BTreeMap<(u8, u64), Vec<u8>>,
    checkpoints: BTreeMap<u64, String>,
    secrets: BTreeMap<u64, [u8; 32]>,
    meta: BTreeMap<String, String>,
}

impl MemoryStore {
    /// An empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn size(&self) -> u64 {
        self.entries.len() as u64
    }

    fn put(&mut self, entry: &NewEntry) {
        let seq = self.size();
        let place = (entry.header.organisation.clone(), entry.header.key);
        let body_hash = entry.header.body_hash;
        self.keys.insert(place, Found { seq, body_hash });
        self.secrets.insert(seq, entry.secret);
        self.entries
            .push((entry.header_bytes.clone(), entry.body.clone()));
    }
}

impl Store for MemoryStore {
    fn head(&self) -> Result<Head, StoreError> {
        Ok(self.head.clone().unwrap_or_else(|| Head {
            size: 0,
            root: empty_root(),
            last_recorded_at_us: None,
        }))
    }

    fn append(&mut self, expected: u64, batch: &Batch) -> Result<(), StoreError> {
        let found = self.size();
        if found != expected {
            return Err(StoreError::HeadMoved { expected, found });
        }
        for entry in &batch.entries {
            if let Some(found) = self.find(&entry.header.organisation, &entry.header.key)? {
                return Err(StoreError::Conflict { seq: found.seq });
            }
        }
        batch.entries.iter().for_each(|entry| self.put(entry));
        for tile in &batch.tiles {
            let place = (tile.id.level, tile.id.index);
            self.tiles.insert(place, tile.data.clone());
        }
        self.head = Some(batch.head.clone());
        Ok(())
    }

    fn read_raw(
        &self,
        from: u64,
        f: &mut dyn FnMut(Raw<'_>) -> ControlFlow<()>,
    ) -> Result<(), StoreError> {
        let skip = usize::try_from(from).unwrap_or(usize::MAX);
        for (seq, (header, body)) in (0_u64..).zip(&self.entries).skip(skip) {
            if f(Raw { seq, header, body }).is_break() {
                break;
            }
        }
        Ok(())
    }

    fn find(&self, organisation: &str, key: &[u8; 32]) -> Result<Option<Found>, StoreError> {
        Ok(self.keys.get(&(organisation.to_owned(), *key)).copied())
    }

    fn tile(&self, level: u8, index: u64) -> Result<Option<Vec<u8>>, StoreError> {
        Ok(self.tiles.get(&(level, index)).cloned())
    }

    fn put_checkpoint(&mut self, checkpoint: &StoredCheckpoint) -> Result<(), StoreError> {
        self.checkpoints
            .insert(checkpoint.size, checkpoint.note.clone());
        Ok(())
    }

    fn checkpoints(&self) -> Result<Vec<StoredCheckpoint>, StoreError> {
        Ok(self.checkpoints.iter().map(stored).collect())
    }

    fn latest_checkpoint(&self) -> Result<Option<StoredCheckpoint>, StoreError> {
        Ok(self.checkpoints.last_key_value().map(stored))
    }

    fn secret(&self, seq: u64) -> Result<Option<[u8; 32]>, StoreError> {
        secret_of(seq, self.secrets.get(&seq).copied())
    }

    fn destroy_secret(&mut self, seq: u64) -> Result<(), StoreError> {
        self.secrets.insert(seq, DESTROYED);
        Ok(())
    }

    fn meta_get(&self, name: &str) -> Result<Option<String>, StoreError> {
        Ok(self.meta.get(name).cloned())
    }

    fn meta_put(&mut self, name: &str, value: &str) -> Result<(), StoreError> {
        self.meta.insert(name.to_owned(), value.to_owned());
        Ok(())
    }

    fn meta_list(&self) -> Result<Vec<Private>, StoreError> {
        let names = self.meta.keys().cloned();
        // Memory keeps no checksums: nothing here outlives the program that wrote it.
        Ok(names.map(|name| Private { name, sound: true }).collect())
    }

    fn counts(&self) -> Result<Counts, StoreError> {
        Ok(Counts {
            entries: self.size(),
            keys: self.keys.len() as u64,
            tiles: self.tiles.len() as u64,
        })
    }
}

fn stored((&size, note): (&u64, &String)) -> StoredCheckpoint {
    StoredCheckpoint {
        size,
        note: note.clone(),
    }
}
