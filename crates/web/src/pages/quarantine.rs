//! Rows set aside that somebody has to mend.

use weighbridge_reports::views;

use super::sight;
use crate::access::Action;
use crate::answer::Answered;
use crate::ask::Ask;
use crate::listing::{List, Reach, answer};
use crate::state::Server;

/// The list: rows with each of their reasons, the last sent first.
pub(crate) fn page(server: &Server, ask: &Ask) -> Answered {
    let (account, t) = (server.account(), server.texts(ask.lang));
    let sight = sight(ask, Action::ReadBooks, &account, server)?;
    let books = account.books();
    let lookup = account.lookup();
    let seen = |seq: u64| account.desk.is_seen(books, &sight, seq);
    let open = lookup.open_rows().filter(|(seq, _)| seen(*seq));
    let (rows, extent) = Reach::of(server, ask)?.take(open, None)?;
    let items = lookup.reasons(&rows);
    let list = List {
        extent,
        lead: t.word("web_lead-quarantine"),
        ..List::whole(views::in_words(views::quarantine(&items, t), t))
    };
    answer(server, ask, list)
}
