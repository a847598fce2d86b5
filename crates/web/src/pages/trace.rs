//! Where a lot came from and where it went.

use weighbridge_books::substances::trace::{Direction, Node};
use weighbridge_reports::views;

use super::{as_of, sight};
use crate::access::Action;
use crate::answer::Answered;
use crate::ask::Ask;
use crate::listing::{Filter, List, answer, cut};
use crate::state::Server;

/// The list of steps.
pub(crate) fn page(server: &Server, ask: &Ask) -> Answered {
    let (account, t) = (server.account(), server.texts(ask.lang));
    let books = account.books();
    let on = as_of(ask, &account)?;
    let sight = sight(ask, Action::ReadBooks, &account, server)?;
    let ledger = &books.substances;
    let ways: &[Direction] = match ask.query("direction") {
        Some("backward") => &[Direction::Backward],
        Some("forward") => &[Direction::Forward],
        _ => &[Direction::Backward, Direction::Forward],
    };
    let mut steps = Vec::new();
    if let Some(lot) = ask.query("lot").and_then(|l| ledger.lot(l)) {
        let trace = account.desk.trace(books);
        let own = |n: &Node| {
            let series = ledger.series(n.series);
            series.is_some_and(|s| sight.sees(s.holder_on(&books.registry, on)))
        };
        let starts: Vec<Node> = trace.nodes_of(lot).filter(own).collect();
        steps = trace.follow_all(&starts, ways);
    }
    let mut table = views::trace(books, &steps, &account.lookup(), t);
    // A firm sees where its own lot came from and went to, one step: further ones are other firms'.
    cut(&mut table, &sight, books);
    let ways = ["backward", "forward"].map(|w| (w.to_owned(), t.word(&format!("web-{w}"))));
    let list = List {
        lead: t.word("web_lead-trace"),
        filters: vec![
            Filter::text(ask, t, "lot", "head-lot"),
            Filter::choice(ask, t, "direction", "web-direction", ways.into()),
        ],
        ..List::whole(table)
    };
    answer(server, ask, list)
}
