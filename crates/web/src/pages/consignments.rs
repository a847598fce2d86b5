//! Consignments: what both sides say of one movement.

use std::sync::Arc;

use weighbridge_books::Books;
use weighbridge_books::substances::consignment::{Consignment, State};
use weighbridge_books::substances::line::LineNo;
use weighbridge_measure::Date;
use weighbridge_reports::views::{self, ConsignmentFilter, MovementFilter, StateFilter};

use super::filters::{of_books, owner, substance, words};
use super::{as_of, is_firm, sight};
use crate::access::{Action, Sight};
use crate::answer::{Answered, Refusal};
use crate::ask::Ask;
use crate::listing::{Extent, Filter, List, Reach, answer, without_others};
use crate::newest::{newest, sees};
use crate::now::Now;
use crate::state::Server;

/// The list.
pub(crate) fn page(server: &Server, ask: &Ask) -> Answered {
    let (account, t) = (server.account(), server.texts(ask.lang));
    let books = account.books();
    let on = as_of(ask, &account)?;
    let sight = sight(ask, Action::ReadBooks, &account, server)?;
    let state = ask.query("state").and_then(StateFilter::from_code);
    let filter = ConsignmentFilter {
        as_of: on,
        states: state.into_iter().collect(),
        holder: owner(ask, &account, &sight)?,
        substance: substance(ask)?,
        limit: None,
    };
    let (picked, extent) = picked(server, ask, &account, (&filter, &sight))?;
    let lookup = account.lookup();
    let mut table = match extent {
        // In the order in which they were found.
        Extent::Page { .. } => views::consignments_as(books, picked, on, &lookup, t),
        Extent::Whole => views::consignments_of(books, picked, &filter, &lookup, t),
    };
    if is_firm(ask) {
        table = without_others(table);
    }
    let graced = super::consignment::with_grace(&mut table, &account, server.today());
    let mut filters = of_books(&account, ask, t);
    let states = words(t, "state", StateFilter::CODES);
    filters.insert(0, Filter::choice(ask, t, "state", "head-state", states));
    filters.push(Filter::date(ask, t, "as_of", "web-as_of"));
    let list = List {
        extent,
        lead: t.say("web_lead-consignments", &[("date", on.to_string().into())]),
        filters,
        shown: graced.then_some(super::consignment::WITH_GRACE),
        ..List::whole(table)
    };
    answer(server, ask, list)
}

/// Those that the request needs.
fn picked(
    server: &Server,
    ask: &Ask,
    account: &Now,
    (filter, sight): (&ConsignmentFilter, &Sight),
) -> Result<(Vec<Consignment>, Extent), Refusal> {
    let (books, desk) = (account.books(), &account.desk);
    let fits = |c: &Consignment| filter.fits(c) && (sight.sees(c.sender) || sight.sees(c.receiver));
    let reach = Reach::of(server, ask)?;
    if filter.as_of != desk.on {
        // What was on the way then is compared anew.
        let _leave = match &reach {
            Reach::Page(_) => Some(server.heavy()?),
            Reach::Whole { .. } => None,
        };
        let all = books.substances.consignments(&books.registry, filter.as_of);
        let mut all: Vec<Consignment> = all.filter(fits).collect();
        all.sort_by_key(|c| std::cmp::Reverse(c.mass().unsigned_abs()));
        let count = all.len();
        return reach.take(all.into_iter(), Some(count));
    }
    let (among, code) = (among(&filter.states), ask.query("state").unwrap_or(""));
    let copy = |c: &Arc<Consignment>| Consignment::clone(c);
    if let (Among::Open, Sight::All, None, None) = (among, sight, filter.holder, filter.substance) {
        let all = desk.open_as(code);
        return reach.take(all.clone().map(copy), Some(all.len()));
    }
    let of_desk = || -> Vec<&Arc<Consignment>> {
        match (filter.holder, among) {
            (Some(holder), _) => desk.watched_of(holder).filter(|c| fits(c)).collect(),
            (None, Among::Open) => desk.open_as(code).filter(|c| fits(c)).collect(),
            (None, _) => desk.watched.iter().filter(|c| fits(c)).collect(),
        }
    };
    if among != Among::All {
        let all = of_desk();
        let (count, all) = (all.len(), all.into_iter());
        return reach.take(all.map(copy), Some(count));
    }
    let lines = MovementFilter {
        holder: filter.holder,
        substance: filter.substance,
        ..MovementFilter::default()
    };
    let wanted = Wanted {
        books,
        lines: &lines,
        sight,
    };
    let chains = server.chains.read();
    let own = newest(books, &chains, &lines, sight);
    let own = own.filter_map(|line| Some((line, wanted.at_newest(line)?)));
    let all = by_line(own, wanted.of_others(of_desk));
    reach.take(all.map(|(_, c)| c).filter(fits), None)
}

/// Among which consignments those of some states are.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Among {
    Open,
    Watched,
    All,
}

fn among(states: &[StateFilter]) -> Among {
    let of = |s: &StateFilter| match s {
        StateFilter::Open | StateFilter::Overdue => Among::Open,
        StateFilter::Is(State::Short | State::Over | State::Disputed) => Among::Open,
        StateFilter::Is(State::AwaitingReceipt | State::AwaitingDispatch)
        | StateFilter::Ambiguous => Among::Watched,
        StateFilter::Is(State::Matched | State::WithinAllowance) => Among::All,
    };
    match states {
        [only] => of(only),
        _ => Among::All,
    }
}

/// Consignments by their newest line, of two lists of which each is in that order.
fn by_line(
    own: impl Iterator<Item = (LineNo, Consignment)>,
    others: Vec<(LineNo, Consignment)>,
) -> impl Iterator<Item = (LineNo, Consignment)> {
    let (mut own, mut others) = (own.peekable(), others.into_iter().peekable());
    std::iter::from_fn(move || match (own.peek(), others.peek()) {
        (Some((a, _)), Some((b, _))) if a < b => others.next(),
        (None, Some(_)) => others.next(),
        _ => own.next(),
    })
}

/// Whose consignments are looked at.
struct Wanted<'a> {
    books: &'a Books,
    lines: &'a MovementFilter,
    sight: &'a Sight,
}

impl Wanted<'_> {
    fn is_own(&self, line: LineNo) -> bool {
        let l = self.books.substances.lines().get(line);
        let fits = self.lines.of(self.books);
        l.is_some_and(|l| fits(&l) && sees(self.books, self.sight, &l))
    }

    /// The consignment of an own line, if the line is the newest own one in it: so that each comes once.
    fn at_newest(&self, line: LineNo) -> Option<Consignment> {
        let ledger = &self.books.substances;
        if !ledger.lines().get(line)?.is_half() {
            return None;
        }
        let ring = ledger.lines().ring(line);
        let newer = ring.iter().any(|l| *l > line && self.is_own(*l));
        (!newer).then(|| ledger.consignment_of(&self.books.registry, line, Date::MAX))?
    }

    /// Those that only others have reported, newest first.
    fn of_others<'d>(
        &self,
        watched: impl FnOnce() -> Vec<&'d Arc<Consignment>>,
    ) -> Vec<(LineNo, Consignment)> {
        if *self.sight == Sight::All && self.lines.holder.is_none() {
            return Vec::new();
        }
        let lines = |c: &Consignment| -> Vec<LineNo> {
            c.dispatches.iter().chain(&c.receipts).copied().collect()
        };
        let others = watched().into_iter();
        let others = others.filter(|c| !lines(c).iter().any(|l| self.is_own(*l)));
        let newest = |c: &Consignment| lines(c).into_iter().max().unwrap_or_default();
        let mut others: Vec<_> = others.map(|c| (newest(c), Consignment::clone(c))).collect();
        others.sort_unstable_by_key(|(line, _)| std::cmp::Reverse(*line));
        others
    }
}
