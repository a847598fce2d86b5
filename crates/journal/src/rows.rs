//! The tree of salted rows in an entry (BLAKE3), so that one row can be shown and proved without the others.
//!
//! Row `i` has a salt of 16 bytes out of the entry's secret: one keyed BLAKE3 block gives the salts of four rows. Its leaf is
//! keyed BLAKE3 of salt and row, one compression while the row is at most 48 bytes; a node is keyed BLAKE3 of its two
//! children; leaf, node and empty tree have keys of their own. The shape is that of RFC 9162.
//!
//! The secret is kept beside the entries, in the private table, and is **not** derivable from the header: a header, with its
//! salt, is shown to whoever is shown one row, and from a secret every other row could be guessed. The other direction holds:
//! the header's salt is a one-way image of the secret ([`salt_of`]), so that a changed secret is found. Destroying a secret
//! leaves every root and proof intact.

use std::sync::LazyLock;

/// A hash of the row tree.
pub type RowHash = [u8; 32];
/// Length of a row's salt.
pub const SALT_BYTES: usize = 16;
/// Rows whose salts come out of one block.
const SALTS_A_BLOCK: u64 = 4;
/// Most hashes in a row's proof: an entry counts its rows in 32 bits.
const MAX_PATH: usize = 32;

struct Keys {
    leaf: [u8; 32],
    node: [u8; 32],
    empty: RowHash,
}

static KEYS: LazyLock<Keys> = LazyLock::new(|| Keys {
    leaf: blake3::derive_key("weighbridge journal row leaf v1", &[]),
    node: blake3::derive_key("weighbridge journal row node v1", &[]),
    empty: blake3::derive_key("weighbridge journal no rows v1", &[]),
});

/// A fresh secret from the system's random source; `None` when the system gives none.
#[must_use]
pub fn new_secret() -> Option<[u8; 32]> {
    let mut secret = [0; 32];
    getrandom::fill(&mut secret).ok().map(|()| secret)
}

/// The header's salt: a one-way image of the entry's secret.
#[must_use]
pub fn salt_of(secret: &[u8; 32]) -> [u8; 32] {
    blake3::derive_key("weighbridge journal entry salt v1", secret)
}

/// The salts of an entry's rows.
struct Salts {
    key: [u8; 32],
    block: Option<u64>,
    salts: [u8; 64],
}

impl Salts {
    fn new(secret: &[u8; 32]) -> Self {
        Self {
            key: blake3::derive_key("weighbridge journal row salts v1", secret),
            block: None,
            salts: [0; 64],
        }
    }

    fn row(&mut self, index: u64) -> [u8; SALT_BYTES] {
        let block = index / SALTS_A_BLOCK;
        if self.block != Some(block) {
            let mut hasher = blake3::Hasher::new_keyed(&self.key);
            hasher.update(&block.to_le_bytes());
            hasher.finalize_xof().fill(&mut self.salts);
            self.block = Some(block);
        }
        let place = usize::try_from(index % SALTS_A_BLOCK).unwrap_or(0);
        let (salts, _) = self.salts.as_chunks::<SALT_BYTES>();
        salts.get(place).copied().unwrap_or_default()
    }
}

/// Salt of row `index` under `secret`.
#[must_use]
pub fn row_salt(secret: &[u8; 32], index: u64) -> [u8; SALT_BYTES] {
    Salts::new(secret).row(index)
}

fn leaf(salt: &[u8; SALT_BYTES], row: &[u8]) -> RowHash {
    let mut block = [0_u8; 64];
    let (head, tail) = block.split_at_mut(SALT_BYTES);
    head.copy_from_slice(salt);
    // One call on one buffer is a third faster than a hasher fed twice; almost every row is short.
    if let Some(place) = tail.get_mut(..row.len()) {
        place.copy_from_slice(row);
        let message = block.get(..SALT_BYTES + row.len()).unwrap_or_default();
        return *blake3::keyed_hash(&KEYS.leaf, message).as_bytes();
    }
    let mut hasher = blake3::Hasher::new_keyed(&KEYS.leaf);
    hasher.update(salt).update(row);
    *hasher.finalize().as_bytes()
}

fn node(left: &RowHash, right: &RowHash) -> RowHash {
    let mut block = [0_u8; 64];
    let (head, tail) = block.split_at_mut(32);
    head.copy_from_slice(left);
    tail.copy_from_slice(right);
    *blake3::keyed_hash(&KEYS.node, &block).as_bytes()
}

fn fold(peaks: &[RowHash]) -> RowHash {
    match peaks.split_last() {
        None => KEYS.empty,
        Some((last, rest)) => rest
            .iter()
            .rev()
            .fold(*last, |right, left| node(left, &right)),
    }
}

/// Builds the root of an entry's rows, one row after the other, in O(log n) memory.
pub struct RowTree {
    salts: Salts,
    count: u64,
    peaks: Vec<RowHash>,
}

impl RowTree {
    /// An empty tree under the entry's secret.
    #[must_use]
    pub fn new(secret: &[u8; 32]) -> Self {
        Self {
            salts: Salts::new(secret),
            count: 0,
            peaks: Vec::with_capacity(MAX_PATH),
        }
    }

    /// Adds the next row in its canonical bytes.
    pub fn push(&mut self, row: &[u8]) {
        let mut hash = leaf(&self.salts.row(self.count), row);
        for _ in 0..self.count.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                hash = node(&left, &hash);
            }
        }
        self.peaks.push(hash);
        self.count += 1;
    }

    /// Rows so far.
    #[must_use]
    pub fn count(&self) -> u64 {
        self.count
    }

    /// The root: what the header's `rows_root` holds.
    #[must_use]
    pub fn finish(&self) -> RowHash {
        fold(&self.peaks)
    }
}

/// What is shown with one row: with the row's bytes and the header's `rows` and `rows_root` it proves the row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RowProof {
    /// Place of the row.
    pub index: u64,
    /// The row's salt.
    pub salt: [u8; SALT_BYTES],
    /// Siblings, lowest first.
    pub path: Vec<RowHash>,
}

/// The proof of row `index` out of all rows of the entry; `None` when there is no such row.
pub fn prove<R: AsRef<[u8]>>(
    secret: &[u8; 32],
    rows: impl IntoIterator<Item = R>,
    index: u64,
) -> Option<RowProof> {
    let mut salts = Salts::new(secret);
    let mut level: Vec<RowHash> = (0_u64..)
        .zip(rows)
        .map(|(i, row)| leaf(&salts.row(i), row.as_ref()))
        .collect();
    let mut place = usize::try_from(index).ok().filter(|i| *i < level.len())?;
    let salt = salts.row(index);
    let mut path = Vec::new();
    while level.len() > 1 {
        path.extend(level.get(place ^ 1));
        // An odd last node rises as it is: that is the shape of RFC 9162.
        level = (level.chunks(2))
            .filter_map(|pair| match pair {
                [left, right] => Some(node(left, right)),
                [last] => Some(*last),
                _ => None,
            })
            .collect();
        place /= 2;
    }
    Some(RowProof { index, salt, path })
}

/// Whether `row` is row `proof.index` of the `count` rows under `root`.
#[must_use]
pub fn verify_row(root: &RowHash, count: u64, row: &[u8], proof: &RowProof) -> bool {
    if proof.index >= count {
        return false;
    }
    let (mut place, mut last) = (proof.index, count - 1);
    let mut hash = leaf(&proof.salt, row);
    let mut path = proof.path.iter();
    while last > 0 {
        if place & 1 == 1 || place < last {
            let Some(sibling) = path.next() else {
                return false;
            };
            hash = if place & 1 == 1 {
                node(sibling, &hash)
            } else {
                node(&hash, sibling)
            };
        }
        place >>= 1;
        last >>= 1;
    }
    path.next().is_none() && hash == *root
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn rows(n: usize) -> Vec<Vec<u8>> {
        (0..n)
            .map(|i| vec![u8::try_from(i % 251).unwrap(); i % 130])
            .collect()
    }

    fn root(secret: &[u8; 32], rows: &[Vec<u8>]) -> RowHash {
        let mut tree = RowTree::new(secret);
        rows.iter().for_each(|row| tree.push(row));
        assert_eq!(tree.count(), rows.len() as u64);
        tree.finish()
    }

    /// RFC 9162, 2.1.1, word for word.
    fn naive(leaves: &[RowHash]) -> RowHash {
        match leaves {
            [] => KEYS.empty,
            [one] => *one,
            many => {
                let k = many.len().next_power_of_two() / 2;
                node(&naive(&many[..k]), &naive(&many[k..]))
            }
        }
    }

    #[test]
    fn every_row_of_every_size_is_proved() {
        let secret = [3; 32];
        for n in 0..=70 {
            let rows = rows(n);
            let root = root(&secret, &rows);
            let leaves: Vec<_> = (0..)
                .zip(&rows)
                .map(|(i, row)| leaf(&row_salt(&secret, i), row))
                .collect();
            assert_eq!(root, naive(&leaves), "{n} rows");
            for (i, row) in (0..).zip(&rows) {
                let proof = prove(&secret, &rows, i).unwrap();
                let count = n as u64;
                assert!(verify_row(&root, count, row, &proof));
                let other = RowProof {
                    index: i + 1,
                    ..proof.clone()
                };
                assert!(!verify_row(&root, count, row, &other));
                assert!(!verify_row(&root, count, b"another row", &proof));
                let mut salted = proof.clone();
                salted.salt[0] ^= 1;
                assert!(!verify_row(&root, count, row, &salted));
                let mut longer = proof.clone();
                longer.path.push([0; 32]);
                assert!(!verify_row(&root, count, row, &longer));
                for at in 0..proof.path.len() {
                    let mut changed = proof.clone();
                    changed.path[at][31] ^= 0x80;
                    assert!(!verify_row(&root, count, row, &changed));
                }
            }
            assert_eq!(prove(&secret, &rows, n as u64), None);
        }
    }

    #[test]
    fn the_tree_is_pinned() {
        // Changing a key, a domain or the shape would break every proof that was given.
        let hex = |hash: RowHash| hash.map(|b| format!("{b:02x}")).concat();
        assert_eq!(hex(root(&[1; 32], &[])), EMPTY);
        assert_eq!(hex(root(&[1; 32], &rows(100))), HUNDRED);
        assert_eq!(hex(salt_of(&[1; 32])), SALT);
    }

    const EMPTY: &str = "bf32ef6ed6baf21f636d3b97c797678728bf0990f68ece25ce9ce317b740fe7b";
    const HUNDRED: &str = "5638136beda0699deabff2e8cb412192db26b564f590a5fddd36123da2fac99e";
    const SALT: &str = "3527583cc2befe4e13aa22c9c9401f6d1de45b205ce5927ec9fcb428be51d95d";

    #[test]
    fn secrets_hide_equal_rows() {
        let rows = vec![b"equal".to_vec(); 8];
        let salts: std::collections::BTreeSet<_> = (0..8).map(|i| row_salt(&[1; 32], i)).collect();
        assert_eq!(salts.len(), 8);
        assert_ne!(root(&[1; 32], &rows), root(&[2; 32], &rows));
        assert_ne!(new_secret(), new_secret());
    }

    proptest! {
        #[test]
        fn splitting_bytes_between_rows_matters(bytes in prop::collection::vec(any::<u8>(), 2..99), at in 1..98_usize) {
            let at = at.min(bytes.len() - 1);
            let (a, b) = bytes.split_at(at);
            let two = root(&[5; 32], &[a.to_vec(), b.to_vec()]);
            prop_assert_ne!(two, root(&[5; 32], &[bytes]));
        }

        #[test]
        fn arbitrary_proofs_do_no_harm(
            index in any::<u64>(), count in any::<u64>(), salt in any::<[u8; 16]>(),
            path in prop::collection::vec(any::<[u8; 32]>(), 0..70),
        ) {
            let proof = RowProof { index, salt, path };
            prop_assert!(!verify_row(&[0; 32], count, b"row", &proof));
        }
    }
}
