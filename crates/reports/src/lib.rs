//! From the books to what people and programs read: words, tables, the result of a check, the report page.
//!
//! Everything here returns text or bytes or writes to an `impl Write`; no file is opened, nothing is printed, no clock
//! is asked. Every word that a user sees stands in `locales/<language>/*.ftl`.
//!
//! Absent: PDF, statutory returns; who may see what.

pub mod behind;
pub mod check;
pub mod csv;
pub mod flow;
mod history;
pub mod html;
pub mod json;
pub mod locale;
mod markup;
pub mod names;
pub mod number;
pub mod parquet;
mod slip;
pub mod sources;
pub mod summary;
mod svg;
pub mod table;
pub mod terminal;
#[cfg(test)]
mod testing;
pub mod unexplained;
pub mod views;
pub mod xlsx;

pub use check::CheckResult;
pub use locale::{Arg, Lang, Texts};
pub use sources::Sources;
pub use table::{Cell, Column, Kind, Table};
