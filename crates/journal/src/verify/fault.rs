//! What verification can find wrong, and where.

use crate::checkpoint::CheckpointError;
use crate::header::HeaderError;
use crate::store::{Counts, StoreError};
use std::fmt;

/// Where something is wrong.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// An entry, by sequence number.
    Entry(u64),
    /// A signed checkpoint, by size.
    Checkpoint(u64),
    /// A tile.
    Tile {
        /// Its level.
        level: u8,
        /// Its place in the level.
        index: u64,
    },
    /// A private value, by name.
    Private(String),
    /// The store as a whole.
    Store,
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Entry(seq) => write!(f, "entry {seq}"),
            Self::Checkpoint(size) => write!(f, "checkpoint of {size} entries"),
            Self::Tile { level, index } => write!(f, "tile {level}/{index}"),
            Self::Private(name) => write!(f, "private value {name}"),
            Self::Store => write!(f, "store"),
        }
    }
}

/// What is wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum FaultKind {
    /// The entry is not there.
    EntryMissing,
    /// The header's bytes are not a header.
    HeaderDamaged,
    /// The header is not the one in the tree.
    HeaderChanged,
    /// The body is not the one the header names.
    BodyChanged,
    /// The time of record is not after that of the entry before.
    TimeOrder,
    /// The submission key's record is missing or names another entry or body.
    KeyWrong,
    /// The secret is not the one that the header's salt came from.
    SecretChanged,
    /// The tile is not that of the entries.
    TileChanged,
    /// The signature, origin or form of the checkpoint does not hold.
    CheckpointInvalid,
    /// The entries do not lead to the checkpoint's root.
    CheckpointRoot,
    /// The head is not that of the entries.
    HeadWrong,
    /// A private value is not what was stored.
    PrivateChanged,
    /// The journal keeps another name or public key for its own than the one given.
    KeyOther,
    /// There are more or fewer keys, tiles or entries than there should be.
    CountWrong,
    /// The store's own structure is damaged; what depends on it may be missing.
    StructureDamaged,
    /// The store cannot be read here.
    Unreadable,
}

impl FaultKind {
    /// Stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::EntryMissing => "entry_missing",
            Self::HeaderDamaged => "header_damaged",
            Self::HeaderChanged => "header_changed",
            Self::BodyChanged => "body_changed",
            Self::TimeOrder => "time_order",
            Self::KeyWrong => "key_wrong",
            Self::SecretChanged => "secret_changed",
            Self::TileChanged => "tile_changed",
            Self::CheckpointInvalid => "checkpoint_invalid",
            Self::CheckpointRoot => "checkpoint_root",
            Self::HeadWrong => "head_wrong",
            Self::PrivateChanged => "private_changed",
            Self::KeyOther => "key_other",
            Self::CountWrong => "count_wrong",
            Self::StructureDamaged => "structure_damaged",
            Self::Unreadable => "unreadable",
        }
    }
}

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

/// One thing that is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Where.
    pub place: Place,
    /// What.
    pub kind: FaultKind,
    /// More.
    pub detail: Detail,
}
