//! The account judged: what its series leave unexplained, since when, how sure, and where to look first.
//!
//! This is where the books meet the statistics. A [`book::Book`] is a series as the account has it, cut into periods by its
//! stocktakes; [`artefacts`] are harmless explanations, each tried on a copy; [`study`] makes of both a series that
//! `weighbridge_accountancy` judges; [`thresholds`] say how often honest holders come as far; [`unexplained`] and
//! [`visits`] are the lists.
//!
//! Pure: the account is only read, never changed. What is shown is made elsewhere. Absent: persons, guilt, and any
//! probability of either.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing
    )
)]

pub mod artefacts;
pub mod book;
pub mod cores;
pub mod instruments;
pub mod population;
pub mod rules_of_thumb;
pub mod study;
#[cfg(test)]
mod testing;
pub mod thresholds;
mod uncertainty;
pub mod unexplained;
pub mod visits;

pub use artefacts::Artefact;
pub use population::Population;
pub use study::Study;
pub use thresholds::Thresholds;
