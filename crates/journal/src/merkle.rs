//! The Merkle tree of RFC 9162 (and RFC 6962) over SHA-256: leaf `SHA-256(0x00 ‖ entry)`, node `SHA-256(0x01 ‖ left ‖ right)`,
//! split at the largest power of two below the size. [`Frontier`] appends in O(log n) memory; the proofs are made from any
//! [`Nodes`], which here are tiles.

use ring::digest::{Context, SHA256};

/// A SHA-256 value: a leaf, a node or a root.
pub type Hash = [u8; 32];

/// SHA-256 of the parts, one after the other.
pub(crate) fn digest(parts: &[&[u8]]) -> Hash {
    let mut context = Context::new(&SHA256);
    for part in parts {
        context.update(part);
    }
    let mut hash = [0; 32];
    // ring returns 32 bytes for SHA-256; a shorter slice would leave zeros and no proof would verify.
    hash.iter_mut()
        .zip(context.finish().as_ref())
        .for_each(|(to, from)| *to = *from);
    hash
}

/// Hash of a leaf with this content.
#[must_use]
pub fn leaf_hash(entry: &[u8]) -> Hash {
    digest(&[&[0], entry])
}

/// Hash of an inner node.
#[must_use]
pub fn node_hash(left: &Hash, right: &Hash) -> Hash {
    digest(&[&[1], left, right])
}

/// Root of the empty tree: SHA-256 of nothing.
#[must_use]
pub fn empty_root() -> Hash {
    digest(&[])
}

/// The largest power of two below `n`, for `n` of two and more.
fn split(n: u64) -> u64 {
    1 << (n - 1).ilog2()
}

/// The roots of the complete subtrees of a growing tree, largest first: enough to append and to give the root.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    size: u64,
    peaks: Vec<Hash>,
}

impl Frontier {
    /// A frontier from its parts; `None` unless `peaks` are as many as `size` has one bits.
    #[must_use]
    pub fn from_peaks(size: u64, peaks: Vec<Hash>) -> Option<Self> {
        (peaks.len() == size.count_ones() as usize).then_some(Self { size, peaks })
    }

    /// Leaves so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Appends a leaf by its hash.
    pub fn push(&mut self, leaf: Hash) {
        let mut node = leaf;
        for _ in 0..self.size.trailing_ones() {
            if let Some(left) = self.peaks.pop() {
                node = node_hash(&left, &node);
            }
        }
        self.peaks.push(node);
        self.size += 1;
    }

    /// Root of the tree so far.
    #[must_use]
    pub fn root(&self) -> Hash {
        fold_right(&self.peaks).unwrap_or_else(empty_root)
    }
}

/// Joins subtree roots, given left to right, largest first.
fn fold_right(roots: &[Hash]) -> Option<Hash> {
    let (last, rest) = roots.split_last()?;
    Some((rest.iter().rev()).fold(*last, |right, left| node_hash(left, &right)))
}

/// Where proofs take the roots of complete subtrees from.
pub trait Nodes {
    /// Why a node cannot be read.
    type Error;

    /// Root of the complete subtree over leaves `index << level .. (index + 1) << level`.
    ///
    /// # Errors
    /// When the node cannot be read.
    fn node(&mut self, level: u8, index: u64) -> Result<Hash, Self::Error>;
}

/// Root of the leaves `lo..hi`, where `lo` is a multiple of the largest power of two not above `hi - lo`.
fn range<N: Nodes>(nodes: &mut N, mut lo: u64, hi: u64) -> Result<Hash, N::Error> {
    let mut roots = Vec::new();
    while lo < hi {
        let level = (hi - lo).ilog2();
        // A u64 has at most 64 levels.
        let level = u8::try_from(level).unwrap_or(63);
        roots.push(nodes.node(level, lo >> level)?);
        lo += 1 << level;
    }
    Ok(fold_right(&roots).unwrap_or_else(empty_root))
}

/// Root of the tree of the first `size` leaves.
///
/// # Errors
/// When a node cannot be read.
pub fn root_at<N: Nodes>(nodes: &mut N, size: u64) -> Result<Hash, N::Error> {
    range(nodes, 0, size)
}

/// Inclusion proof of leaf `index` in the tree of `size` leaves (RFC 9162, 2.1.3.1), lowest sibling first.
/// Empty when `index` is not below `size`: there is no such proof, and none will verify.
///
/// # Errors
/// When a node cannot be read.
pub fn inclusion<N: Nodes>(nodes: &mut N, index: u64, size: u64) -> Result<Vec<Hash>, N::Error> {
    let mut path = Vec::new();
    if index >= size {
        return Ok(path);
    }
    let (mut lo, mut hi) = (0, size);
    while hi - lo > 1 {
        let middle = lo + split(hi - lo);
        if index < middle {
            path.push(range(nodes, middle, hi)?);
            hi = middle;
        } else {
            path.push(range(nodes, lo, middle)?);
            lo = middle;
        }
    }
    path.reverse();
    Ok(path)
}

/// Consistency proof between the trees of `from` and `to` leaves (RFC 9162, 2.1.4.1). Empty when `from` is zero, equal to
/// `to`, or above it; in the last case none will verify.
///
/// # Errors
/// When a node cannot be read.
pub fn consistency<N: Nodes>(nodes: &mut N, from: u64, to: u64) -> Result<Vec<Hash>, N::Error> {
    let mut path = Vec::new();
    if from == 0 || from >= to {
        return Ok(path);
    }
    let (mut lo, mut hi, mut whole) = (0, to, true);
    while from != hi {
        let middle = lo + split(hi - lo);
        if from <= middle {
            path.push(range(nodes, middle, hi)?);
            hi = middle;
        } else {
            path.push(range(nodes, lo, middle)?);
            lo = middle;
            whole = false;
        }
    }
    if !whole {
        path.push(range(nodes, lo, hi)?);
    }
    path.reverse();
    Ok(path)
}

/// Why a proof does not hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    /// The index is outside the tree, or the older tree is the larger one.
    #[error("the proof is for a tree that is too small")]
    Size,
    /// The proof has too many or too few hashes.
    #[error("the proof has a wrong number of hashes")]
    Length,
    /// The hashes lead to another root.
    #[error("the proof leads to another root")]
    Root,
}

/// The root that an inclusion proof leads to (RFC 9162, 2.1.3.2).
///
/// # Errors
/// [`ProofError::Size`] or [`ProofError::Length`].
pub fn root_from_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    path: &[Hash],
) -> Result<Hash, ProofError> {
    if index >= size {
        return Err(ProofError::Size);
    }
    let (mut node, mut last, mut root) = (index, size - 1, leaf);
    for sibling in path {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if node & 1 == 1 || node == last {
            root = node_hash(sibling, &root);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            root = node_hash(&root, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    Ok(root)
}

/// Checks that `leaf` is at `index` of the tree of `size` leaves with this root.
///
/// # Errors
/// [`ProofError`] says what does not hold.
pub fn verify_inclusion(
    leaf: Hash,
    index: u64,
    size: u64,
    path: &[Hash],
    root: &Hash,
) -> Result<(), ProofError> {
    if root_from_inclusion(leaf, index, size, path)? == *root {
        Ok(())
    } else {
        Err(ProofError::Root)
    }
}

/// Checks that the tree of `to` leaves begins with the tree of `from` leaves (RFC 9162, 2.1.4.2).
///
/// # Errors
/// [`ProofError`] says what does not hold.
pub fn verify_consistency(
    (from, from_root): (u64, &Hash),
    (to, to_root): (u64, &Hash),
    path: &[Hash],
) -> Result<(), ProofError> {
    if from > to {
        return Err(ProofError::Size);
    }
    if from == 0 || from == to {
        let known = if from == to { *to_root } else { empty_root() };
        return match (path.is_empty(), *from_root == known) {
            (false, _) => Err(ProofError::Length),
            (_, false) => Err(ProofError::Root),
            _ => Ok(()),
        };
    }
    let mut rest = path.iter();
    let mut next = || rest.next().copied().ok_or(ProofError::Length);
    let start = if from.is_power_of_two() {
        *from_root
    } else {
        next()?
    };
    let shift = (from - 1).trailing_ones();
    let (mut node, mut last) = ((from - 1) >> shift, (to - 1) >> shift);
    let (mut old, mut new) = (start, start);
    for sibling in rest {
        if last == 0 {
            return Err(ProofError::Length);
        }
        if node & 1 == 1 || node == last {
            old = node_hash(sibling, &old);
            new = node_hash(sibling, &new);
            while node & 1 == 0 && node != 0 {
                node >>= 1;
                last >>= 1;
            }
        } else {
            new = node_hash(&new, sibling);
        }
        node >>= 1;
        last >>= 1;
    }
    if last != 0 {
        return Err(ProofError::Length);
    }
    if old == *from_root && new == *to_root {
        Ok(())
    } else {
        Err(ProofError::Root)
    }
}
