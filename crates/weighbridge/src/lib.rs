//! The program: an account of controlled chemicals in a folder, from the command line.
//!
//! The binary is [`cli`] over [`commands`]; [`account`] is what they share with whatever else opens such a folder.

pub mod account;
pub mod blobs;
pub mod cli;
pub mod clock;
pub mod commands;
mod dumped;
pub mod faults;
pub mod input;
pub mod originals;
pub mod output;
mod planted;
pub mod printer;
pub mod progress;
pub mod proved_row;
pub mod recount;
pub mod trouble;
pub mod usage;
