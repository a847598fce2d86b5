//! Rows that count, with their texts.

use weighbridge_books::substances::kind::{Kind, RULES};
use weighbridge_reports::Table;
use weighbridge_reports::views::{self, MovementFilter};

use super::filters::{counterparty, of_books, owner, substance, words};
use super::{day, sight};
use crate::access::Action;
use crate::answer::Answered;
use crate::ask::Ask;
use crate::listing::{Filter, List, Reach, answer};
use crate::newest::newest;
use crate::state::Server;

/// The list.
pub(crate) fn page(server: &Server, ask: &Ask) -> Answered {
    let (account, t) = (server.account(), server.texts(ask.lang));
    let books = account.books();
    let sight = sight(ask, Action::ReadBooks, &account, server)?;
    let filter = MovementFilter {
        holder: owner(ask, &account, &sight)?,
        counterparty: counterparty(ask, &account),
        site: ask.query("site").map(str::to_owned),
        substance: substance(ask)?,
        kind: ask.query("kind").and_then(Kind::from_code),
        from: day(ask, "from")?,
        to: day(ask, "to")?,
        document: ask.query("document").map(str::to_owned),
        lot: ask.query("lot").map(str::to_owned),
        every_state: ask.query("all").is_some(),
        limit: None,
    };
    let reach = Reach::of(server, ask)?;
    let (picked, extent) = {
        let chains = server.chains.read();
        reach.take(newest(books, &chains, &filter, &sight), None)?
    };
    let lookup = account.lookup();
    let mut table = Table::new("movements", "title-movements", &views::MOVEMENT_COLUMNS);
    let cells = |line| views::movement_cells(books, line, &lookup, t);
    table.rows = picked.into_iter().filter_map(cells).collect();
    let mut filters = of_books(&account, ask, t);
    let kinds = words(t, "kind", RULES.map(|r| r.code));
    filters.push(Filter::choice(ask, t, "kind", "head-kind", kinds));
    filters.push(Filter::text(ask, t, "counterparty", "head-counterparty"));
    filters.push(Filter::text(ask, t, "document", "head-document"));
    filters.push(Filter::date(ask, t, "from", "head-from"));
    filters.push(Filter::date(ask, t, "to", "head-to"));
    let list = List {
        extent,
        lead: t.word("web_lead-movements"),
        filters,
        ..List::whole(table)
    };
    answer(server, ask, list)
}
