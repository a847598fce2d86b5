//! The pages: a server for many people, in two languages.
//!
//! A request becomes an `Ask`, a page is a plain function from it to an `Answer`, and `ROUTES` is
//! the list of all of them, each with the action that [`access::authorize`] is asked about before it runs. Every page works
//! without scripts: what is drawn is drawn here, as SVG, with its table beside it.
//!
//! Absent: rules of the books, SQL over them, words (they are in `reports`), the clock (an argument).

pub mod access;
mod answer;
mod ask;
mod authority;
mod connection;
mod desk;
mod frame;
mod health;
mod judged;
mod limits;
mod listing;
mod newest;
mod now;
mod pages;
mod read;
mod routes;
mod serve;
mod state;
mod tls;
pub mod users;

pub use authority::{Authority, Name, Names};
pub use routes::router;
pub use serve::{Listen, Listening, serve};
pub use state::{Config, Server, ServerError, Transport};
pub use tls::{Identity, Notice, Tls, Validity};

#[cfg(test)]
mod tests;
