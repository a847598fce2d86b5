//! Questions on accepted rows.

use weighbridge_books::substances::body::Finding;
use weighbridge_reports::views::{self, FindingFilter, MovementFilter};

use super::filters::{of_books, owner, substance, words};
use super::sight;
use crate::access::Action;
use crate::answer::Answered;
use crate::ask::Ask;
use crate::listing::{Filter, List, Reach, answer};
use crate::newest::sees;
use crate::state::Server;

/// The list.
pub(crate) fn page(server: &Server, ask: &Ask) -> Answered {
    let (account, t) = (server.account(), server.texts(ask.lang));
    let books = account.books();
    let sight = sight(ask, Action::ReadBooks, &account, server)?;
    let lines = MovementFilter {
        holder: owner(ask, &account, &sight)?,
        substance: substance(ask)?,
        ..MovementFilter::default()
    };
    let filter = FindingFilter {
        lines,
        finding: ask.query("code").and_then(Finding::from_code),
        limit: None,
    };
    let reach = Reach::of(server, ask)?;
    let fits = filter.lines.of(books);
    let found = account.desk.findings.iter().filter(|(line, finding)| {
        let l = books.substances.lines().get(*line);
        filter.finding.is_none_or(|f| f == *finding)
            && l.is_some_and(|l| fits(&l) && sees(books, &sight, &l))
    });
    let (picked, extent) = reach.take(found.copied(), None)?;
    let mut filters = of_books(&account, ask, t);
    let codes = words(t, "question", Finding::ALL.iter().map(|f| f.code()));
    filters.push(Filter::choice(ask, t, "code", "web-question", codes));
    let list = List {
        extent,
        lead: t.word("cli-findings-meaning"),
        filters,
        ..List::whole(views::finding_table(books, picked, &account.lookup(), t))
    };
    answer(server, ask, list)
}
