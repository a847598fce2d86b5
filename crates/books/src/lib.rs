//! The books: folds over the journal's entries, pure and deterministic.
//!
//! Absent: SQL, HTTP, the clock, randomness, files. Time and ids come in as arguments; the same entries in the same
//! order give the same books on every computer.
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

pub mod codec;
pub mod entry;
pub mod error;
pub mod queries;
pub mod registry;
pub mod substances;

pub use entry::{Body, Books, EntryKind, Review, Verdict, Withdrawal};
pub use error::Damaged;
