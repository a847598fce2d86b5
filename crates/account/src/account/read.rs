//! What was read out of the journal last, shared by all who read the same journal: entries do not change, so it stays true
//! while the journal grows.

use std::collections::{BTreeSet, HashMap};
use std::sync::{Arc, Mutex, PoisonError};

use weighbridge_books::substances::body::Movements;

/// Rows of decoded bodies that are held at a time.
const ROWS_HELD: usize = 4_000_000;
/// Names of files that are held at a time.
const NAMES_HELD: usize = 1_000_000;

/// Entries that were decoded and names that were looked up.
#[derive(Default)]
pub(super) struct Read {
    bodies: Mutex<Bodies>,
    names: Mutex<HashMap<u64, String>>,
    /// First entries of the batches that have a note; none until they are first asked for.
    batches: Mutex<Option<BTreeSet<u64>>>,
}

/// Two generations: what is asked for again moves to the young one; when that is half of what is held, it becomes the old
/// one and what was old is let go.
#[derive(Default)]
struct Bodies {
    young: HashMap<u64, Arc<Movements>>,
    old: HashMap<u64, Arc<Movements>>,
    rows: usize,
}

impl Bodies {
    fn put(&mut self, seq: u64, body: &Arc<Movements>) {
        self.rows += body.rows.len() + body.aside.len();
        self.young.insert(seq, Arc::clone(body));
        if self.rows > ROWS_HELD / 2 {
            self.old = std::mem::take(&mut self.young);
            self.rows = 0;
        }
    }

    fn get(&mut self, seq: u64) -> Option<Arc<Movements>> {
        if let Some(body) = self.young.get(&seq) {
            return Some(Arc::clone(body));
        }
        let body = self.old.remove(&seq)?;
        self.put(seq, &body);
        Some(body)
    }
}

impl Read {
    /// The body of an entry, decoded by `decode` where it is not held. Two who ask at once both decode: nobody waits.
    pub(super) fn body(
        &self,
        seq: u64,
        decode: impl FnOnce() -> Option<Movements>,
    ) -> Option<Arc<Movements>> {
        if let Some(body) = lock(&self.bodies).get(seq) {
            return Some(body);
        }
        let body = Arc::new(decode()?);
        lock(&self.bodies).put(seq, &body);
        Some(body)
    }

    /// The name of a submission's file; its number where `find`, which gives the names of its whole batch, has none.
    pub(super) fn name(
        &self,
        submission: u64,
        find: impl FnOnce() -> HashMap<u64, String>,
    ) -> String {
        if let Some(name) = lock(&self.names).get(&submission) {
            return name.clone();
        }
        let found = find();
        let name = found.get(&submission).cloned();
        let name = name.unwrap_or_else(|| format!("#{submission}"));
        let mut names = lock(&self.names);
        if names.len() + found.len() >= NAMES_HELD {
            names.clear();
        }
        names.extend(found);
        names.insert(submission, name.clone());
        name
    }

    /// The first entry of the batch that an entry came with; `list` gives those of all batches.
    ///
    /// # Errors
    /// What `list` says.
    pub(super) fn batch_of<E>(
        &self,
        seq: u64,
        list: impl FnOnce() -> Result<BTreeSet<u64>, E>,
    ) -> Result<Option<u64>, E> {
        let mut batches = lock(&self.batches);
        let known = match batches.take() {
            Some(known) => known,
            None => list()?,
        };
        let batches = batches.insert(known);
        Ok(batches.range(..=seq).next_back().copied())
    }

    /// Notes that a batch was written.
    pub(super) fn add_batch(&self, first: u64) {
        if let Some(batches) = lock(&self.batches).as_mut() {
            batches.insert(first);
        }
    }
}

/// What a panic interrupted here is a copy of what the journal has.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
