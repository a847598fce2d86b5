//! Instruments of sites.

use weighbridge_reports::views;

use super::sight;
use crate::access::Action;
use crate::answer::Answered;
use crate::ask::Ask;
use crate::listing::{List, answer, cut};
use crate::state::Server;

/// The list.
pub(crate) fn page(server: &Server, ask: &Ask) -> Answered {
    let (account, t) = (server.account(), server.texts(ask.lang));
    let sight = sight(ask, Action::ReadBooks, &account, server)?;
    let mut table = views::instruments(account.books(), server.today(), t);
    cut(&mut table, &sight, account.books());
    let list = List {
        lead: t.word("web_lead-instruments"),
        ..List::whole(table)
    };
    answer(server, ask, list)
}
