//! What verification can find wrong, and where.

use super::detail::Detail;
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
