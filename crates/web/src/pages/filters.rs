//! The filters that lists of the substances book share.

use std::collections::BTreeSet;

use weighbridge_books::registry::HolderId;
use weighbridge_measure::{Date, Found, SubstanceId, SubstanceTable};
use weighbridge_reports::Texts;

use super::{holder, is_firm};
use crate::access::{Action, Sight};
use crate::answer::Refusal;
use crate::ask::Ask;
use crate::listing::Filter;
use crate::now::Now;

/// The substance that the query names.
pub(super) fn substance(ask: &Ask) -> Result<Option<SubstanceId>, Refusal> {
    let Some(text) = ask.query("substance") else {
        return Ok(None);
    };
    match SubstanceTable::shipped().find(text) {
        Found::One(id) => Ok(Some(id)),
        _ => Err(Refusal::Bad("substance", text.chars().take(80).collect())),
    }
}

/// The holder whose list is asked for, of those that the caller sees; the caller's own where there is one alone.
pub(super) fn owner(ask: &Ask, account: &Now, sight: &Sight) -> Result<Option<HolderId>, Refusal> {
    match ask.query("holder") {
        Some(code) => holder(ask, Action::ReadBooks, account.books(), code, Date::MAX).map(Some),
        None => Ok(sight.only()),
    }
}

/// The other party that the query names. A name that nobody bears is nobody, whose lines are none.
pub(super) fn counterparty(ask: &Ask, account: &Now) -> Option<HolderId> {
    let code = ask.query("counterparty")?;
    let known = account.books().registry.one(code);
    known.or(Some(HolderId::at(usize::MAX)))
}

/// Codes with their words.
pub(super) fn words<'a>(
    t: &Texts,
    prefix: &str,
    codes: impl IntoIterator<Item = &'a str>,
) -> Vec<(String, String)> {
    codes
        .into_iter()
        .map(|c| (c.to_owned(), t.code(prefix, c)))
        .collect()
}

/// Some substances, by their names.
pub(super) fn named(all: &BTreeSet<SubstanceId>, t: &Texts) -> Vec<(String, String)> {
    let table = SubstanceTable::shipped();
    let mut all: Vec<(String, String)> = all
        .iter()
        .map(|s| (table.get(*s).id.to_owned(), t.substance(*s).to_owned()))
        .collect();
    all.sort_by(|a, b| a.1.cmp(&b.1));
    all
}

/// By holder, for who sees several, and by substance of the account.
pub(super) fn of_books(account: &Now, ask: &Ask, t: &Texts) -> Vec<Filter> {
    let mut all = Vec::new();
    if !is_firm(ask) {
        all.push(Filter::text(ask, t, "holder", "head-holder"));
    }
    let substances = named(&account.desk.substances, t);
    all.push(Filter::choice(
        ask,
        t,
        "substance",
        "head-substance",
        substances,
    ));
    all
}
