//! The register.

use weighbridge_books::registry::HolderId;
use weighbridge_reports::views;

use super::{as_of, sight};
use crate::access::{Action, areas};
use crate::answer::Answered;
use crate::ask::Ask;
use crate::listing::{Filter, List, Reach, answer};
use crate::state::Server;

/// The list.
pub(crate) fn page(server: &Server, ask: &Ask) -> Answered {
    let (account, t) = (server.account(), server.texts(ask.lang));
    let books = account.books();
    let on = as_of(ask, &account)?;
    let sight = sight(ask, Action::ReadBooks, &account, server)?;
    let text = ask.query("q").map(str::to_lowercase);
    let in_area = |id: HolderId| {
        let of = |area: &str| areas(books, id, on).iter().any(|a| a.starts_with(area));
        ask.query("area").is_none_or(of)
    };
    let fits = |(id, names): &&(HolderId, String)| {
        sight.sees(*id) && text.as_deref().is_none_or(|t| names.contains(t)) && in_area(*id)
    };
    let all: Vec<HolderId> = account
        .desk
        .names
        .iter()
        .filter(fits)
        .map(|x| x.0)
        .collect();
    let (count, reach) = (all.len(), Reach::of(server, ask)?);
    let (picked, extent) = reach.take(all.into_iter(), Some(count))?;
    let filters = vec![
        Filter::text(ask, t, "q", "web-contains"),
        Filter::text(ask, t, "area", "head-area"),
    ];
    let list = List {
        extent,
        lead: t.word("web_lead-holders"),
        filters,
        ..List::whole(views::holders_of(books, picked, on, t))
    };
    answer(server, ask, list)
}
