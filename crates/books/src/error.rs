//! What can be wrong with bytes that claim to be an entry's body.

/// A body that is not in the form this program writes; names the part that was not understood.
#[derive(Clone, Copy, PartialEq, Eq, Debug, thiserror::Error)]
#[error("the entry's body is damaged or of an unknown form: {0}")]
pub struct Damaged(pub &'static str);
