//! Seeded synthetic data and an independent account of it.
//!
//! - [`province`]: a province of made-up firms whose files look like real ones, with reporting faults at documented
//!   rates and planted losses whose truth is known.
//! - [`small`]: tiny adversarial provinces for property tests.
//! - [`oracle`]: matching and balancing computed the slow obvious way from the rules in `docs/reference/matching.md`,
//!   to compare the engine with. It shares no code with the engine but the measures and the word lists.
//!
//! Everything follows from a seed by integer arithmetic: the same seed gives the same bytes on every computer. There is
//! no clock, no file access and no floating point here. No firm, number or place in the output is real.

pub mod draw;
pub mod oracle;
pub mod province;
pub mod row;
pub mod small;

pub use draw::{Draw, Seed};
pub use province::{Plan, Province, SimFile};
pub use row::Row;
