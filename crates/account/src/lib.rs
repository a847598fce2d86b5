//! An account in a folder: the journal, the books folded from it, and what is kept beside them.
//!
//! What the command line and the server share: opening, importing, committing, receipts, originals, the recount behind
//! `verify`. Absent: the clock, which is an argument; words for people, which are in `reports`; who may do what.

pub mod account;
pub mod backup;
pub mod blobs;
pub mod explained;
pub mod input;
pub mod originals;
pub mod proved_row;
pub mod recount;
pub mod restore;
pub mod trouble;

pub use account::{Account, How, Imported, Keep, Who};
pub use trouble::Trouble;
