//! Tiles (C2SP `tlog-tiles`, height 8): the tree's hashes in files of up to 256, addressed by level and index. Hashes only:
//! entries are confidential, so there are no entry bundles.
//!
//! A wider partial tile replaces the narrower one: its first hashes are the same, so a reader who asks for the narrower
//! one is given a prefix.

use crate::merkle::{Frontier, Hash, Nodes, node_hash};
use std::collections::HashMap;

/// Tree levels in a tile.
pub const HEIGHT: u8 = 8;
/// Hashes in a full tile.
pub const WIDTH: usize = 256;
/// Levels of tiles that a tree of 2^64 leaves has.
const MAX_LEVEL: u8 = 7;

/// Where a tile is and how many hashes it holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TileId {
    /// 0 for tiles of leaf hashes, 1 for tiles of their roots, up to 7.
    pub level: u8,
    /// Place within the level, from the left.
    pub index: u64,
    /// Hashes it holds, 1 to 256; below 256 it is partial.
    pub width: u16,
}

impl TileId {
    /// Path below the journal's address, e.g. `tile/0/x001/234.p/5`.
    #[must_use]
    pub fn path(&self) -> String {
        let mut number = format!("{:03}", self.index % 1000);
        let mut rest = self.index / 1000;
        while rest > 0 {
            number = format!("x{:03}/{number}", rest % 1000);
            rest /= 1000;
        }
        if usize::from(self.width) == WIDTH {
            format!("tile/{}/{number}", self.level)
        } else {
            format!("tile/{}/{number}.p/{}", self.level, self.width)
        }
    }

    /// Reads what [`Self::path`] writes and nothing else.
    #[must_use]
    pub fn parse(path: &str) -> Option<Self> {
        let (level, rest) = path.strip_prefix("tile/")?.split_once('/')?;
        let (number, width) = match rest.split_once(".p/") {
            Some((number, width)) => (number, width.parse().ok()?),
            None => (rest, 256),
        };
        let index = number.split('/').try_fold(0_u64, |sum, part| {
            let part = part.strip_prefix('x').unwrap_or(part);
            sum.checked_mul(1000)?
                .checked_add(u64::from(part.parse::<u16>().ok()?))
        })?;
        let id = Self {
            level: level.parse().ok()?,
            index,
            width,
        };
        // One tile has one path: a sign, a missing zero or a wrong part does not come back the same.
        (id.level <= MAX_LEVEL && (1..=256).contains(&id.width) && id.path() == path).then_some(id)
    }
}

/// A tile with its hashes, 32 bytes each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tile {
    /// Where it is.
    pub id: TileId,
    /// The hashes, one after the other.
    pub data: Vec<u8>,
}

/// Nodes of tile level `level` in a tree of `size` leaves.
fn nodes_at(level: u8, size: u64) -> u64 {
    size.checked_shr(u32::from(level) * u32::from(HEIGHT))
        .unwrap_or(0)
}

/// How wide the tile at (`level`, `index`) is in a tree of `size` leaves; `None` when there is none.
#[must_use]
pub fn width_at(level: u8, index: u64, size: u64) -> Option<u16> {
    let before = index.checked_mul(WIDTH as u64)?;
    let width = nodes_at(level, size).checked_sub(before)?.min(WIDTH as u64);
    u16::try_from(width).ok().filter(|width| *width > 0)
}

/// The tiles that must be written when a tree grows from `from` to `to` leaves, lowest level first.
#[must_use]
pub fn growth(from: u64, to: u64) -> Vec<TileId> {
    let mut tiles = Vec::new();
    for level in 0..=MAX_LEVEL {
        let (old, new) = (nodes_at(level, from), nodes_at(level, to));
        if new <= old {
            continue;
        }
        let first = old / WIDTH as u64;
        for index in first..=(new - 1) / WIDTH as u64 {
            tiles.extend(width_at(level, index, to).map(|width| TileId {
                level,
                index,
                width,
            }));
        }
    }
    tiles
}

/// How many tiles a tree of `size` leaves has.
#[must_use]
pub fn count(size: u64) -> u64 {
    (0..=MAX_LEVEL)
        .map(|level| nodes_at(level, size).div_ceil(WIDTH as u64))
        .sum()
}

/// Splits tile data into hashes; bytes beyond a multiple of 32 are not shown.
pub fn hashes(data: &[u8]) -> impl Iterator<Item = Hash> + '_ {
    data.as_chunks::<32>().0.iter().copied()
}

/// Root of 2^k hashes.
fn subtree(hashes: &[Hash]) -> Option<Hash> {
    let mut level = hashes.to_vec();
    while level.len() > 1 {
        level = level
            .as_chunks::<2>()
            .0
            .iter()
            .map(|[left, right]| node_hash(left, right))
            .collect();
    }
    level.first().copied()
}

/// The right edge of a growing tree: the partial tile of every level and the frontier.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edge {
    frontier: Frontier,
    levels: Vec<Vec<Hash>>,
}

impl Edge {
    /// Reads the edge of a tree of `size` leaves; `read` gives a tile's data, at least as wide as the tree needs.
    /// `Ok(None)` when a tile is missing or too short.
    ///
    /// # Errors
    /// What `read` returns.
    pub fn load<E>(
        size: u64,
        mut read: impl FnMut(u8, u64) -> Result<Option<Vec<u8>>, E>,
    ) -> Result<Option<Self>, E> {
        let mut levels = Vec::new();
        for level in 0..=MAX_LEVEL {
            let nodes = nodes_at(level, size);
            if nodes == 0 {
                break;
            }
            let width = usize::try_from(nodes % WIDTH as u64).unwrap_or(0);
            let mut partial = Vec::with_capacity(WIDTH);
            if width > 0 {
                let data = read(level, nodes / WIDTH as u64)?.unwrap_or_default();
                partial.extend(hashes(&data).take(width));
            }
            if partial.len() != width {
                return Ok(None);
            }
            levels.push(partial);
        }
        let peaks = levels.iter().rev().flat_map(|level| peaks(level)).collect();
        Ok(Frontier::from_peaks(size, peaks).map(|frontier| Self { frontier, levels }))
    }

    /// Leaves so far.
    #[must_use]
    pub fn size(&self) -> u64 {
        self.frontier.size()
    }

    /// Root of the tree so far.
    #[must_use]
    pub fn root(&self) -> Hash {
        self.frontier.root()
    }

    /// Appends one leaf; every tile that it fills goes to `full`, lowest first.
    pub fn push(&mut self, leaf: Hash, full: &mut dyn FnMut(Tile)) {
        self.frontier.push(leaf);
        let mut carried = Some(leaf);
        let mut level = 0_u8;
        while let Some(hash) = carried.take() {
            if self.levels.len() <= usize::from(level) {
                self.levels.push(Vec::with_capacity(WIDTH));
            }
            let Some(partial) = self.levels.get_mut(usize::from(level)) else {
                return;
            };
            partial.push(hash);
            if partial.len() == WIDTH {
                carried = subtree(partial);
                let data = partial.as_flattened().to_vec();
                partial.clear();
                let index = nodes_at(level, self.frontier.size()) / WIDTH as u64 - 1;
                full(Tile {
                    id: TileId {
                        level,
                        index,
                        width: 256,
                    },
                    data,
                });
                level += 1;
            }
        }
    }

    /// The partial tiles of the edge, lowest first.
    pub fn partial(&self) -> impl Iterator<Item = Tile> + '_ {
        (0_u8..).zip(&self.levels).filter_map(|(level, partial)| {
            let width = u16::try_from(partial.len()).ok().filter(|w| *w > 0)?;
            let index = nodes_at(level, self.frontier.size()) / WIDTH as u64;
            let id = TileId {
                level,
                index,
                width,
            };
            Some(Tile {
                id,
                data: partial.as_flattened().to_vec(),
            })
        })
    }

    /// Appends leaves and gives the tiles that [`growth`] names, in no promised order.
    pub fn grow(&mut self, leaves: impl IntoIterator<Item = Hash>) -> Vec<Tile> {
        let from = self.size();
        let mut tiles = Vec::new();
        for leaf in leaves {
            self.push(leaf, &mut |tile| tiles.push(tile));
        }
        let to = self.size();
        tiles.extend(
            self.partial()
                .filter(|tile| nodes_at(tile.id.level, from) != nodes_at(tile.id.level, to)),
        );
        tiles
    }
}

/// Roots of the complete subtrees of a partial tile, largest first.
fn peaks(mut hashes: &[Hash]) -> Vec<Hash> {
    let mut roots = Vec::new();
    while let Some(bits) = hashes.len().checked_ilog2() {
        let (head, rest) = hashes.split_at(1 << bits);
        roots.extend(subtree(head));
        hashes = rest;
    }
    roots
}

/// Nodes of a tree out of its tiles; keeps what it has read. The error of a missing tile is made by the caller.
pub struct TileNodes<R, M> {
    read: R,
    missing: M,
    cache: HashMap<(u8, u64), Vec<Hash>>,
}

impl<R, M> TileNodes<R, M> {
    /// `read` gives a tile's data by level and index; `missing` makes the error of one that is absent or too short.
    pub fn new(read: R, missing: M) -> Self {
        Self {
            read,
            missing,
            cache: HashMap::new(),
        }
    }
}

impl<E, R, M> Nodes for TileNodes<R, M>
where
    R: FnMut(u8, u64) -> Result<Option<Vec<u8>>, E>,
    M: Fn(u8, u64) -> E,
{
    type Error = E;

    fn node(&mut self, level: u8, index: u64) -> Result<Hash, E> {
        let (tile_level, inside) = (level / HEIGHT, level % HEIGHT);
        let first = index.checked_shl(inside.into()).unwrap_or(u64::MAX);
        let tile = first / WIDTH as u64;
        if !self.cache.contains_key(&(tile_level, tile)) {
            let data =
                (self.read)(tile_level, tile)?.ok_or_else(|| (self.missing)(tile_level, tile))?;
            self.cache
                .insert((tile_level, tile), hashes(&data).collect());
        }
        let start = usize::try_from(first % WIDTH as u64).unwrap_or(WIDTH);
        (self.cache.get(&(tile_level, tile)))
            .and_then(|hashes| hashes.get(start..start + (1 << inside)))
            .and_then(subtree)
            .ok_or_else(|| (self.missing)(tile_level, tile))
    }
}
