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
    let fits = |id: &HolderId| {
        let Some(h) = books.registry.holder(*id) else {
            return false;
        };
        let has = |text: &str| {
            let numbers = h.licences.iter().map(|l| l.number.as_str());
            let own = [h.code.as_str(), h.name(), &h.name_en, &h.uscc, &h.dea];
            let mut all = own.into_iter().chain(numbers);
            all.any(|own| own.to_lowercase().contains(text))
        };
        let in_area = |area: &str| areas(books, *id, on).iter().any(|a| a.starts_with(area));
        text.as_deref().is_none_or(has) && ask.query("area").is_none_or(in_area)
    };
    let all = books.registry.holders().map(|(id, _)| id);
    let all: Vec<HolderId> = all.filter(|id| sight.sees(*id) && fits(id)).collect();
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
