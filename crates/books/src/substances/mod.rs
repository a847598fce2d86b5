//! The substances book: every movement reported twice, matched, balanced.
//!
//! The rules are in `docs/reference/matching.md`. Absent: tolerances that hide a difference, repair of what somebody
//! reported, and any text of a line (texts are in the journal and are read when shown).

pub mod allowance;
pub mod balance;
pub mod body;
pub mod clock;
pub mod consignment;
pub mod correct;
pub mod decide;
mod difference;
pub mod draft;
pub mod event;
pub mod grace;
pub mod identity;
pub mod index;
pub mod key;
pub mod kind;
pub mod ledger;
pub mod line;
pub mod movement;
mod outward;
pub mod pairing;
pub mod quarantine;
pub mod row_form;
pub mod rows;
pub mod trace;
pub mod vocabulary;
mod words;
