//! Balances by holder, site and substance.

use std::cmp::Reverse;

use weighbridge_books::substances::balance::Balance;
use weighbridge_reports::views;

use super::filters::{of_books, owner, substance};
use super::{as_of, sight};
use crate::access::Action;
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
    let (owner, of) = (owner(ask, &account, &sight)?, substance(ask)?);
    let reach = Reach::of(server, ask)?;
    let (earlier, _leave);
    let all = if on == account.desk.on {
        &account.desk.balances
    } else {
        _leave = match &reach {
            Reach::Page(_) => Some(server.heavy()?),
            Reach::Whole { .. } => None,
        };
        earlier = views::in_order(books.substances.balances(on), books, on);
        &earlier
    };
    let fits = |b: &&Balance| {
        let holder = b.series.holder_on(&books.registry, on);
        sight.sees(holder)
            && owner.is_none_or(|o| o == holder)
            && of.is_none_or(|s| s == b.series.substance)
    };
    let all: Vec<&Balance> = match ask.query("unclosed") {
        None => all.iter().filter(fits).collect(),
        Some(_) if on == account.desk.on => account.desk.unclosed().filter(fits).collect(),
        Some(_) => {
            let rest = |b: &&Balance| b.unexplained_ug.map_or(0, i128::unsigned_abs);
            let mut open: Vec<&Balance> = all.iter().filter(fits).collect();
            open.retain(|b| rest(b) > 0);
            open.sort_by_key(|b| Reverse(rest(b)));
            open
        }
    };
    let count = all.len();
    let (picked, extent) = reach.take(all.into_iter(), Some(count))?;
    let mut filters = of_books(&account, ask, t);
    let unclosed = vec![("1".to_owned(), t.word("web-unclosed"))];
    filters.push(Filter::choice(ask, t, "unclosed", "web-show", unclosed));
    filters.push(Filter::date(ask, t, "as_of", "web-as_of"));
    let list = List {
        extent,
        lead: t.say("web_lead-balances", &[("date", on.to_string().into())]),
        filters,
        ..List::whole(views::balances_of(picked, books, on, t))
    };
    answer(server, ask, list)
}
