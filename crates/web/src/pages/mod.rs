//! The pages: one file each, as plain functions from a request to an answer.

pub(crate) mod audit;
pub(crate) mod balances;
pub(crate) mod consignment;
pub(crate) mod consignments;
pub(crate) mod entry;
pub(crate) mod filters;
pub(crate) mod findings;
pub(crate) mod help;
pub(crate) mod holder;
pub(crate) mod holders;
pub(crate) mod home;
pub(crate) mod instruments;
pub(crate) mod journal;
pub(crate) mod me;
pub(crate) mod movements;
pub(crate) mod quarantine;
pub(crate) mod queries;
pub(crate) mod search;
pub(crate) mod sign_in;
pub(crate) mod submit;
pub(crate) mod submit_row;
pub(crate) mod substance;
pub(crate) mod trace;
pub(crate) mod unexplained;
pub(crate) mod users;
pub(crate) mod visits;

use std::sync::Arc;

use weighbridge_books::Books;
use weighbridge_books::registry::HolderId;
use weighbridge_measure::Date;

use crate::access::{Action, Role, Sight, areas};
use crate::access::{Resource, Verdict, authorize};
use crate::answer::Refusal;
use crate::ask::{Ask, Caller};
use crate::now::Now;
use crate::state::Server;

/// Who asks; routes that need nobody do not ask for it.
fn caller(ask: &Ask) -> Result<&Caller, Refusal> {
    ask.caller.as_ref().ok_or(Refusal::SignIn)
}

/// What the caller sees, by who has which site today: the day that is asked about decides figures, not reach.
fn sight(ask: &Ask, action: Action, account: &Now, server: &Server) -> Result<Arc<Sight>, Refusal> {
    let on = server.today();
    Ok(account.sight(&caller(ask)?.user.standings, action, on))
}

/// A holder by its code, if the caller sees it; hidden as if it were not there otherwise.
fn holder(
    ask: &Ask,
    action: Action,
    books: &Books,
    code: &str,
    on: Date,
) -> Result<HolderId, Refusal> {
    let id = books.registry.one(code).ok_or(Refusal::Absent)?;
    let known = books.registry.holder(id).ok_or(Refusal::Absent)?;
    let areas = areas(books, id, on);
    let on = Resource::Holder {
        code: &known.code,
        areas: &areas,
    };
    match authorize(&caller(ask)?.user.standings, action, on) {
        Verdict::Allow => Ok(id),
        Verdict::Deny => Err(Refusal::Denied),
        Verdict::Hide => Err(Refusal::Absent),
    }
}

/// Whether the caller is here for a firm alone: the other side's own columns are then left out.
fn is_firm(ask: &Ask) -> bool {
    let standings = ask.caller.as_ref().map_or(&[][..], |c| &c.user.standings);
    let reads = |role| matches!(role, Role::Officer | Role::Inspector | Role::Auditor);
    !standings.iter().any(|s| s.is_sound() && reads(s.role))
}

/// The day that lists are as of: given, else the latest of the account.
fn as_of(ask: &Ask, account: &Now) -> Result<Date, Refusal> {
    Ok(day(ask, "as_of")?.unwrap_or(account.desk.on))
}

/// A day of the query.
fn day(ask: &Ask, name: &str) -> Result<Option<Date>, Refusal> {
    let text = ask.query(name);
    text.map(|t| {
        t.parse()
            .map_err(|_| Refusal::Bad("date", t.chars().take(40).collect()))
    })
    .transpose()
}
