//! The server asked as browsers ask it.
