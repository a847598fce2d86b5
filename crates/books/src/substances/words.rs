//! Interning of keys into dense numbers from 1; 0 is the absent word.

use hashbrown::HashTable;

/// A key that spreads well by itself.
pub(crate) trait Word: Copy + Eq + Default {
    /// Bits for the table; the default value means absent.
    fn bits(self) -> u64;
}

impl Word for u64 {
    fn bits(self) -> u64 {
        self
    }
}

impl Word for (u64, u64) {
    fn bits(self) -> u64 {
        self.0.rotate_left(17) ^ self.1
    }
}

/// Words in order of appearance.
#[derive(Clone, Default, Debug)]
pub(crate) struct Words<K> {
    keys: Vec<K>,
    table: HashTable<u32>,
}

impl<K: Word> Words<K> {
    /// The number of a word, new or known; 0 for the absent one.
    pub(crate) fn intern(&mut self, key: K) -> u32 {
        if key == K::default() {
            return 0;
        }
        if let Some(known) = self.find(key) {
            return known;
        }
        let at = u32::try_from(self.keys.len()).unwrap_or(u32::MAX);
        self.keys.push(key);
        let keys = &self.keys;
        self.table.insert_unique(key.bits(), at, |at| {
            keys.get(*at as usize).map_or(0, |k| k.bits())
        });
        at + 1
    }

    /// The numbers of many words. All are looked up before the first new one is added: asked in a row with nothing in
    /// between, the questions wait for memory together.
    pub(crate) fn intern_all(&mut self, keys: impl Iterator<Item = K> + Clone, out: &mut Vec<u32>) {
        const NEW: u32 = u32::MAX;
        let start = out.len();
        let known = |key: K| {
            if key == K::default() {
                Some(0)
            } else {
                self.find(key)
            }
        };
        out.extend(keys.clone().map(|key| known(key).unwrap_or(NEW)));
        for (slot, key) in out.iter_mut().skip(start).zip(keys) {
            if *slot == NEW {
                *slot = self.intern(key);
            }
        }
    }

    /// The number of a known word.
    #[must_use]
    pub(crate) fn find(&self, key: K) -> Option<u32> {
        self.table
            .find(key.bits(), |at| self.keys.get(*at as usize) == Some(&key))
            .map(|at| at + 1)
    }

    /// The word of a number; the absent one for 0.
    #[must_use]
    pub(crate) fn get(&self, number: u32) -> K {
        number
            .checked_sub(1)
            .and_then(|at| self.keys.get(at as usize))
            .copied()
            .unwrap_or_default()
    }

    /// How many words there are.
    #[must_use]
    pub(crate) fn len(&self) -> usize {
        self.keys.len()
    }

    /// Bytes held in memory.
    #[must_use]
    pub(crate) fn memory_bytes(&self) -> usize {
        self.keys.capacity() * size_of::<K>() + self.table.allocation_size()
    }
}
