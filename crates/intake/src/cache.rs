//! A small map from cell texts to what they were parsed into, emptied when full.

use std::collections::HashMap;
use std::hash::{BuildHasher, Hasher};

use xxhash_rust::xxh3::xxh3_64_with_seed;

use crate::limits::MAX_CACHE;

/// Hashes short texts in a few nanoseconds. The maps are bounded, so forged collisions cost little.
#[derive(Clone, Copy, Default)]
pub(crate) struct Fast;

/// State of [`Fast`].
pub(crate) struct FastHasher(u64);

impl BuildHasher for Fast {
    type Hasher = FastHasher;

    fn build_hasher(&self) -> FastHasher {
        FastHasher(0)
    }
}

impl Hasher for FastHasher {
    fn finish(&self) -> u64 {
        self.0
    }

    fn write(&mut self, bytes: &[u8]) {
        self.0 = xxh3_64_with_seed(bytes, self.0);
    }

    // Lengths and the terminator of `str` need no mixing of their own.
    fn write_u8(&mut self, _: u8) {}

    fn write_usize(&mut self, _: usize) {}
}

/// Values by text.
pub(crate) struct Cache<V> {
    index: HashMap<Box<[u8]>, usize, Fast>,
    values: Vec<V>,
}

impl<V> Cache<V> {
    pub(crate) fn new() -> Cache<V> {
        Cache {
            index: HashMap::with_hasher(Fast),
            values: Vec::new(),
        }
    }

    /// The value of a text, made on first sight; `None` never happens and stands for a broken index.
    pub(crate) fn get(&mut self, text: &[u8], make: impl FnOnce() -> V) -> Option<&V> {
        let at = match self.index.get(text) {
            Some(at) => *at,
            None => {
                if self.values.len() >= MAX_CACHE {
                    self.index.clear();
                    self.values.clear();
                }
                self.values.push(make());
                let at = self.values.len() - 1;
                self.index.insert(text.into(), at);
                at
            }
        };
        self.values.get(at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keeps_and_forgets() {
        let mut cache = Cache::new();
        for round in 0..2 {
            for n in 0..MAX_CACHE + 10 {
                assert_eq!(
                    cache.get(n.to_string().as_bytes(), || n),
                    Some(&n),
                    "{round}"
                );
            }
            assert!(cache.values.len() <= MAX_CACHE);
        }
        assert_eq!(cache.get(b"a", || 1), Some(&1));
        assert_eq!(cache.get(b"a", || 2), Some(&1));
    }
}
