//! The program: an account of controlled chemicals in a folder, from the command line.
//!
//! The binary is [`cli`] over [`commands`]; [`account`] is what they share with the server.

pub use weighbridge_account::{
    account, backup, blobs, input, originals, proved_row, recount, restore, trouble,
};

pub mod cli;
pub mod clock;
pub mod commands;
mod dumped;
pub mod faults;
pub mod output;
mod planted;
pub mod printer;
pub mod progress;
pub mod usage;
