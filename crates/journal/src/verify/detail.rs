//! What verification says beside the code of a fault.
//!
//! Absent: words for people. The codes here lead to texts and are no part of any output.

use crate::checkpoint::CheckpointError;
use crate::header::HeaderError;
use crate::store::{Counts, StoreError};
use std::fmt;

/// What was found, and what in its stead: a closed list, so that it can be said in any language. [`fmt::Display`] is for the
/// log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Detail {
    /// The checkpoint is one of another size.
    OtherSize {
        /// Its size.
        size: u64,
    },
    /// Another entry follows than the next.
    Follows {
        /// Which.
        seq: u64,
    },
    /// The entries end too early.
    Ends {
        /// Number that is expected.
        entries: u64,
    },
    /// Not all entries that the checkpoint signs are there.
    Covers {
        /// Number that is there.
        entries: u64,
    },
    /// The body has another length than the header says.
    Length {
        /// Bytes that are there.
        found: u64,
        /// Bytes that the header says.
        expected: u64,
    },
    /// The body's hash is another.
    BodyHash,
    /// The time is not after that of the entry before.
    NotAfter,
    /// The record of the submission key is another entry's.
    KeyElsewhere {
        /// Whose.
        seq: u64,
    },
    /// The submission key has no record.
    KeyAbsent,
    /// The secret is not behind the salt.
    NotBehindSalt,
    /// It is not there.
    Missing,
    /// The header's hash is not the one in the tree.
    NotInTree,
    /// The tile's hash of an entry differs.
    TileLeaf {
        /// Which entry.
        seq: u64,
    },
    /// The tile's hashes differ.
    TileHashes,
    /// The tile has more hashes than there are entries for.
    TileWide,
    /// An entry was changed together with its tile.
    Together {
        /// The first that can be it.
        since: u64,
    },
    /// The stored head is another.
    Head,
    /// The store counts otherwise.
    Counts {
        /// What it counts.
        found: Counts,
        /// What there should be.
        expected: Counts,
    },
    /// The checksum is another.
    Checksum,
    /// Another value stands there.
    Value {
        /// Which.
        found: String,
    },
    /// What reading the header says.
    Header(HeaderError),
    /// What checking the checkpoint says.
    Checkpoint(CheckpointError),
    /// What the store says.
    Store(StoreError),
}

impl Detail {
    /// Stable code: the error's own where there is one.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::OtherSize { .. } => "other_size",
            Self::Follows { .. } => "follows",
            Self::Ends { .. } => "ends",
            Self::Covers { .. } => "covers",
            Self::Length { .. } => "length",
            Self::BodyHash => "body_hash",
            Self::NotAfter => "not_after",
            Self::KeyElsewhere { .. } => "key_elsewhere",
            Self::KeyAbsent => "key_absent",
            Self::NotBehindSalt => "not_behind_salt",
            Self::Missing => "missing",
            Self::NotInTree => "not_in_tree",
            Self::TileLeaf { .. } => "tile_leaf",
            Self::TileHashes => "tile_hashes",
            Self::TileWide => "tile_wide",
            Self::Together { .. } => "together",
            Self::Head => "head",
            Self::Counts { .. } => "counts",
            Self::Checksum => "checksum",
            Self::Value { .. } => "value",
            Self::Header(error) => error.code(),
            Self::Checkpoint(error) => error.code(),
            Self::Store(error) => error.code(),
        }
    }
}

impl fmt::Display for Detail {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OtherSize { size } => write!(f, "it is one of {size} entries"),
            Self::Follows { seq } => write!(f, "entry {seq} follows instead"),
            Self::Ends { entries } => write!(f, "{entries} entries are expected"),
            Self::Covers { entries } => write!(f, "only {entries} of its entries are there"),
            Self::Length { found, expected } => write!(f, "{found} bytes instead of {expected}"),
            Self::BodyHash => f.write_str("its hash is another"),
            Self::NotAfter => f.write_str("not after the entry before"),
            Self::KeyElsewhere { seq } => {
                write!(f, "the record of its key is that of entry {seq}")
            }
            Self::KeyAbsent => f.write_str("its key has no record"),
            Self::NotBehindSalt => f.write_str("not behind its salt"),
            Self::Missing => f.write_str("it is missing"),
            Self::NotInTree => f.write_str("its hash is not the one in the tree"),
            Self::TileLeaf { seq } => write!(f, "its hash of entry {seq} differs"),
            Self::TileHashes => f.write_str("its hashes differ"),
            Self::TileWide => f.write_str("it is too wide"),
            Self::Together { since } => {
                write!(
                    f,
                    "an entry from {since} on was changed together with its tile"
                )
            }
            Self::Head => f.write_str("the stored head differs"),
            Self::Counts { found, expected } => write!(f, "{found:?} instead of {expected:?}"),
            Self::Checksum => f.write_str("its checksum is another"),
            Self::Value { found } => f.write_str(found),
            Self::Header(error) => error.fmt(f),
            Self::Checkpoint(error) => error.fmt(f),
            Self::Store(error) => error.fmt(f),
        }
    }
}
