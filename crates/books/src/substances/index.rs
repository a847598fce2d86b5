//! Indexes from 64-bit keys to lines. They trail the columns and catch up in bulk before they are asked.

use std::collections::BTreeMap;

use hashbrown::HashTable;

use super::line::LineNo;

/// No further line.
const NONE: LineNo = LineNo::MAX;

/// Pending lines from which catching up first sorts them by bucket, so that the table is filled in memory order.
const BULK: usize = 1 << 14;

/// Buckets per part in bulk: a part of the table then fits the second-level cache.
const PARTS_BITS: u32 = 10;

/// Hands pending line numbers to `each`, in bulk ordered by the bucket that their key will take.
fn in_bucket_order(keys: &[u64], from: usize, table_bits: u32, mut each: impl FnMut(LineNo, u64)) {
    let pending = keys.get(from..).unwrap_or(&[]);
    let number = |at: usize| LineNo::try_from(from + at).unwrap_or(NONE);
    if pending.len() < BULK {
        for (at, key) in pending.iter().enumerate() {
            each(number(at), *key);
        }
        return;
    }
    let shift = table_bits.saturating_sub(PARTS_BITS);
    let part = |key: u64| usize::try_from(key >> shift & ((1 << PARTS_BITS) - 1)).unwrap_or(0);
    let mut starts = vec![0usize; (1 << PARTS_BITS) + 1];
    for key in pending {
        if let Some(n) = starts.get_mut(part(*key) + 1) {
            *n += 1;
        }
    }
    let mut sum = 0;
    for s in &mut starts {
        sum += *s;
        *s = sum;
    }
    let mut ordered = vec![(0u64, 0 as LineNo); pending.len()];
    for (at, key) in pending.iter().enumerate() {
        if let Some(slot) = starts.get_mut(part(*key)) {
            if let Some(o) = ordered.get_mut(*slot) {
                *o = (*key, number(at));
            }
            *slot += 1;
        }
    }
    ordered.iter().for_each(|(key, line)| each(*line, *key));
}

fn table_bits(lines: usize) -> u32 {
    (lines.max(4) * 8 / 7).next_power_of_two().trailing_zeros()
}

/// From identities to lines; almost every identity has one line.
#[derive(Clone, Default, Debug)]
pub struct IdentIndex {
    first: HashTable<LineNo>,
    more: BTreeMap<u64, Vec<LineNo>>,
    upto: usize,
}

impl IdentIndex {
    /// Takes in the lines that were appended since the last time.
    pub fn catch_up(&mut self, idents: &[u64]) {
        let key_of = |line: &LineNo| idents.get(*line as usize).copied().unwrap_or(0);
        self.first
            .reserve(idents.len().saturating_sub(self.upto), key_of);
        let IdentIndex { first, more, upto } = self;
        in_bucket_order(
            idents,
            *upto,
            table_bits(idents.len()),
            |line, key| match first.entry(key, |l| key_of(l) == key, key_of) {
                hashbrown::hash_table::Entry::Occupied(_) => {
                    more.entry(key).or_default().push(line);
                }
                hashbrown::hash_table::Entry::Vacant(v) => {
                    v.insert(line);
                }
            },
        );
        *upto = idents.len();
    }

    /// The first line of an identity.
    #[inline]
    pub fn first(&self, key: u64, idents: &[u64]) -> Option<LineNo> {
        let same = |line: &LineNo| idents.get(*line as usize) == Some(&key);
        self.first.find(key, same).copied()
    }

    /// Every line of an identity, in order of record.
    pub fn lines(&self, key: u64, idents: &[u64]) -> impl Iterator<Item = LineNo> {
        let first = self.first(key, idents);
        first.into_iter().chain(
            first
                .and_then(|_| self.more.get(&key))
                .into_iter()
                .flatten()
                .copied(),
        )
    }

    /// Bytes held in memory.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.first.allocation_size() + self.more.len() * 64
    }
}

/// From a key to the chain of the rows of a column that bear it, newest first; key 0 is not indexed.
#[derive(Clone, Default, Debug)]
pub struct ChainIndex {
    heads: HashTable<LineNo>,
    next: Vec<LineNo>,
}

impl ChainIndex {
    /// Takes in the rows that were appended since the last time.
    pub fn catch_up(&mut self, keys: &[u64]) {
        let upto = self.next.len();
        self.next.resize(keys.len(), NONE);
        let key_of = |line: &LineNo| keys.get(*line as usize).copied().unwrap_or(0);
        let ChainIndex { heads, next } = self;
        in_bucket_order(keys, upto, table_bits(keys.len()), |line, key| {
            if key == 0 {
                return;
            }
            match heads.entry(key, |l| key_of(l) == key, key_of) {
                hashbrown::hash_table::Entry::Occupied(mut head) => {
                    if let Some(n) = next.get_mut(line as usize) {
                        *n = *head.get();
                    }
                    *head.get_mut() = line;
                }
                hashbrown::hash_table::Entry::Vacant(v) => {
                    v.insert(line);
                }
            }
        });
    }

    /// Rows that bear a key, newest first.
    pub fn rows(&self, key: u64, keys: &[u64]) -> impl Iterator<Item = LineNo> {
        let head = self
            .heads
            .find(key, |l| keys.get(*l as usize) == Some(&key))
            .copied();
        std::iter::successors(head, |l| {
            self.next.get(*l as usize).copied().filter(|n| *n != NONE)
        })
    }

    /// The row after this one in its chain.
    #[must_use]
    pub fn after(&self, row: LineNo) -> Option<LineNo> {
        self.next.get(row as usize).copied().filter(|n| *n != NONE)
    }

    /// Bytes held in memory.
    #[must_use]
    pub fn memory_bytes(&self) -> usize {
        self.heads.allocation_size() + 4 * self.next.capacity()
    }

    /// Gives back what was reserved beyond the length.
    pub fn shrink(&mut self) {
        self.next.shrink_to_fit();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bulk_and_single_find_the_same() {
        let keys: Vec<u64> = (0..300_000u64)
            .map(|i| (i % 100_003).wrapping_mul(0x9e37_79b9_7f4a_7c15))
            .collect();
        let (mut bulk, mut single) = (ChainIndex::default(), ChainIndex::default());
        let (mut bulk_id, mut single_id) = (IdentIndex::default(), IdentIndex::default());
        bulk.catch_up(&keys);
        bulk_id.catch_up(&keys);
        for end in (0..keys.len()).step_by(1000).chain([keys.len()]) {
            single.catch_up(&keys[..end]);
            single_id.catch_up(&keys[..end]);
        }
        for i in (1..keys.len()).step_by(997) {
            let key = keys[i];
            let want: Vec<u32> = (0..keys.len() as u32)
                .filter(|l| keys[*l as usize] == key && key != 0)
                .collect();
            let mut newest_first = want.clone();
            newest_first.reverse();
            assert_eq!(bulk.rows(key, &keys).collect::<Vec<_>>(), newest_first);
            assert_eq!(single.rows(key, &keys).collect::<Vec<_>>(), newest_first);
            assert_eq!(bulk_id.lines(key, &keys).collect::<Vec<_>>(), want);
            assert_eq!(single_id.lines(key, &keys).collect::<Vec<_>>(), want);
            if i > 20_000 {
                break;
            }
        }
    }
}
