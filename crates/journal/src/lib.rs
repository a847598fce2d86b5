//! The journal: an append-only sequence of entries that can be proved, and the only truth on disk.
//!
//! It knows bytes and hashes and never rules: what a body means is decided elsewhere. One entry is a small canonical
//! [`Header`] and an opaque body beside it; the header is the leaf of an RFC 9162 tree, names the body's SHA-256 and the
//! root of a tree of salted rows, and is all that a proof shows. Tiles, checkpoints, signed notes and receipts follow the
//! C2SP specifications (`tlog-tiles`, `tlog-checkpoint`, `signed-note`, `tlog-proof`), so that other people's tools can
//! check them.
//!
//! Promises: what a receipt covers is durable; the order is total and gapless; nothing stored is changed; any changed byte
//! of an entry is found and named by [`verify()`], which re-hashes stored bytes and trusts no index; the same submission twice
//! changes nothing; a tree that is not an extension of what was signed before is never signed.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_possible_wrap
    )
)]

mod cbor;
pub mod checkpoint;
pub mod header;
pub mod journal;
pub mod keys;
mod lock;
pub mod memory;
pub mod merkle;
pub mod note;
pub mod receipt;
pub mod row_receipt;
pub mod rows;
pub mod sqlite;
pub mod store;
pub mod tiles;
pub mod verify;
pub mod writer;

pub use checkpoint::{Checkpoint, CheckpointError};
pub use header::{Header, HeaderError};
pub use journal::{Journal, JournalError, Outcome, Submission};
pub use keys::{KeyError, Signer, Verifier};
pub use memory::MemoryStore;
pub use merkle::{Hash, ProofError};
pub use note::{Note, NoteError};
pub use receipt::{Receipt, ReceiptError, Verified};
pub use row_receipt::RowReceipt;
pub use rows::{RowProof, RowTree};
pub use sqlite::SqliteStore;
pub use store::{
    Batch, Counts, Found, Head, NewEntry, Private, Raw, Store, StoreError, StoredCheckpoint,
};
pub use verify::{Detail, Fault, FaultKind, Place, Report, verify};
pub use writer::{Ticket, Writer, WriterError};

/// SHA-256 of `bytes`.
#[must_use]
pub fn sha256(bytes: &[u8]) -> Hash {
    merkle::digest(&[bytes])
}
