//! What lists ask of the books, kept ready: the consignments that are not simply matched, the balances, who sent how much to
//! whom. It is brought up to date by what a change changed, not worked out anew; a test holds the two to the same.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::{Arc, OnceLock};

use weighbridge_books::Books;
use weighbridge_books::registry::HolderId;
use weighbridge_books::substances::balance::Balance;
use weighbridge_books::substances::body::Finding;
use weighbridge_books::substances::consignment::{Consignment, State};
use weighbridge_books::substances::grace;
use weighbridge_books::substances::kind::Kind;
use weighbridge_books::substances::ledger::EntryLines;
use weighbridge_books::substances::line::LineNo;
use weighbridge_books::substances::trace::Trace;
use weighbridge_measure::{Date, SubstanceId};
use weighbridge_reports::views::{self, FindingFilter, StateFilter};

use crate::access::Sight;

/// What a sender dispatched of a substance to a receiver.
pub(crate) type Lane = (SubstanceId, HolderId, HolderId);

/// The sum of a lane's dispatches that count, base µg, and their number.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub(crate) struct Flow {
    pub(crate) ug: i128,
    pub(crate) dispatches: i64,
}

/// The account as lists need it.
#[derive(Debug)]
pub(crate) struct Desk {
    /// The latest date of a live line; the day of the server where there is none.
    pub(crate) on: Date,
    /// Consignments that are neither matched nor within the allowance, the largest mass in question first.
    pub(crate) watched: Vec<Arc<Consignment>>,
    /// Places in `watched` by sender and receiver.
    watched_of: HashMap<HolderId, Vec<u32>>,
    /// Places in `watched` of those that need a hand on that day.
    open: Vec<u32>,
    /// The same by why.
    open_as: BTreeMap<&'static str, Vec<u32>>,
    /// Places of those that were the firms' own to mend when this was made.
    young: Vec<u32>,
    /// Questions on lines that count, by date.
    pub(crate) findings: Vec<(LineNo, Finding)>,
    /// Who had the places of the lines of each movements entry when they happened.
    owners: Vec<Owners>,
    /// Places of the entries that are all one holder's; those without lines are of who sent them.
    entries_of: HashMap<HolderId, Vec<u32>>,
    /// Balances on that day, by the codes of holder, site and substance.
    pub(crate) balances: Vec<Balance>,
    /// Places in `balances` of those that do not close, the largest rest first.
    unclosed: Vec<u32>,
    /// Substances that some place has had.
    pub(crate) substances: BTreeSet<SubstanceId>,
    /// Dispatches that count.
    pub(crate) lanes: BTreeMap<Lane, Flow>,
    /// Holders with what they are found by, folded.
    pub(crate) names: Arc<Vec<(HolderId, String)>>,
    /// Of the register when this was made.
    revision: u64,
    trace: OnceLock<Trace>,
}

/// The holders of an entry, each once.
type Owners = Arc<[HolderId]>;

/// By what consignments are ordered; the first line tells equal masses apart.
fn place(c: &Consignment) -> (Reverse<u128>, LineNo) {
    (Reverse(c.mass().unsigned_abs()), first(c))
}

/// The line that a consignment is known by.
fn first(c: &Consignment) -> LineNo {
    let lines = c.dispatches.iter().chain(&c.receipts);
    lines.min().copied().unwrap_or(LineNo::MAX)
}

fn is_watched(c: &Consignment) -> bool {
    !matches!(c.state, State::Matched | State::WithinAllowance)
}

/// Why a consignment needs a hand.
pub(crate) const OPEN_AS: [&str; 4] = ["overdue", "short", "over", "disputed"];

/// What a desk is made of, by whichever way.
type Parts = (
    Vec<Arc<Consignment>>,
    BTreeMap<Lane, Flow>,
    Vec<Owners>,
    Arc<Vec<(HolderId, String)>>,
);

impl Desk {
    /// Worked out from the books alone. They must be settled.
    pub(crate) fn of(books: &Books, today: Date) -> Desk {
        let ledger = &books.substances;
        let all = ledger.consignments(&books.registry, Date::MAX);
        let mut watched: Vec<_> = all.filter(is_watched).map(Arc::new).collect();
        watched.sort_unstable_by_key(|c| place(c));
        let mut lanes = BTreeMap::new();
        for l in ledger.lines().iter() {
            note(&mut lanes, books, l.number(), 1);
        }
        let names = names(books);
        Desk::with(books, today, (watched, lanes, Vec::new(), names))
    }

    /// Brought up to later books by what is different in them.
    pub(crate) fn after(&self, before: &Books, books: &Books, today: Date) -> Desk {
        if self.revision != books.registry.revision() {
            return Desk::of(books, today);
        }
        let (old, new) = (&before.substances, &books.substances);
        let changed = new.changed_since(old);
        let mut lanes = self.lanes.clone();
        // By what they were known, and by what they are known now.
        let mut gone: BTreeSet<LineNo> = BTreeSet::new();
        let mut come: BTreeSet<LineNo> = BTreeSet::new();
        for line in &changed {
            note(&mut lanes, before, *line, -1);
            note(&mut lanes, books, *line, 1);
            gone.extend(old.lines().ring(*line).into_iter().min());
            come.extend(new.lines().ring(*line).into_iter().min());
        }
        let compared = |line: &LineNo| new.consignment_of(&books.registry, *line, Date::MAX);
        let fresh = come.iter().filter_map(compared).filter(is_watched);
        let mut fresh: Vec<_> = fresh.map(Arc::new).collect();
        fresh.sort_unstable_by_key(|c| place(c));
        gone.append(&mut come);
        let kept = self.watched.iter().filter(|c| !gone.contains(&first(c)));
        let watched = merged(kept.cloned(), fresh);
        let (owners, names) = (self.owners.clone(), Arc::clone(&self.names));
        Desk::with(books, today, (watched, lanes, owners, names))
    }

    fn with(books: &Books, today: Date, (watched, lanes, mut owners, names): Parts) -> Desk {
        let ledger = &books.substances;
        let live = ledger.lines().iter().filter(|l| l.is_live());
        let on = live.map(|l| l.date()).max().unwrap_or(today);
        let mut watched_of: HashMap<HolderId, Vec<u32>> = HashMap::new();
        for (at, c) in (0..).zip(&watched) {
            watched_of.entry(c.sender).or_default().push(at);
            if c.receiver != c.sender {
                watched_of.entry(c.receiver).or_default().push(at);
            }
        }
        let entries = ledger.entries().iter().skip(owners.len());
        owners.extend(entries.map(|e| owners_of(books, e)));
        let mut entries_of: HashMap<HolderId, Vec<u32>> = HashMap::new();
        for ((at, of), entry) in (0..).zip(&owners).zip(ledger.entries()) {
            let holder = match **of {
                [only] => Some(only),
                [] => books.registry.by_code(&entry.organisation),
                _ => None,
            };
            if let Some(holder) = holder {
                entries_of.entry(holder).or_default().push(at);
            }
        }
        let balances = views::in_order(ledger.balances(on), books, on);
        let rest = |at: &u32| {
            balances[*at as usize]
                .unexplained_ug
                .map_or(0, i128::unsigned_abs)
        };
        let all = (0..).zip(&balances).map(|(at, _)| at);
        let mut unclosed: Vec<u32> = all.filter(|at| rest(at) > 0).collect();
        unclosed.sort_by_key(|at| Reverse(rest(at)));
        let (mut open, mut open_as) = (Vec::new(), BTreeMap::new());
        let mut young = Vec::new();
        for (at, c) in (0..).zip(&watched).filter(|(_, c)| c.is_open(on)) {
            open.push(at);
            young.extend(grace::until(ledger, c, today).map(|_| at));
            let is = |code: &&&str| StateFilter::from_code(code).is_some_and(|s| s.fits(c, on));
            for code in OPEN_AS.iter().filter(is) {
                open_as.entry(*code).or_insert_with(Vec::new).push(at);
            }
        }
        Desk {
            on,
            open,
            open_as,
            young,
            findings: FindingFilter::default().found(books),
            owners,
            names,
            watched,
            watched_of,
            entries_of,
            unclosed,
            balances,
            substances: ledger.all_series().map(|(_, s)| s.substance).collect(),
            lanes,
            revision: books.registry.revision(),
            trace: OnceLock::new(),
        }
    }

    /// Watched consignments of a holder, the largest first.
    pub(crate) fn watched_of(&self, holder: HolderId) -> impl Iterator<Item = &Arc<Consignment>> {
        let places = self.watched_of.get(&holder).into_iter().flatten();
        places.filter_map(|at| self.watched.get(*at as usize))
    }

    /// Those that need a hand, the largest first; as `code` says, where it is one of [`OPEN_AS`].
    pub(crate) fn open_as(
        &self,
        code: &str,
    ) -> impl ExactSizeIterator<Item = &Arc<Consignment>> + Clone {
        let of = match OPEN_AS.contains(&code) {
            true => self.open_as.get(code).map_or(&[][..], Vec::as_slice),
            false => &self.open,
        };
        of.iter().map(|at| &self.watched[*at as usize])
    }

    /// Open ones of which some may still be the firms' own to mend; time only takes from them.
    pub(crate) fn young(&self) -> impl Iterator<Item = &Arc<Consignment>> {
        let places = self.young.iter();
        places.filter_map(|at| self.watched.get(*at as usize))
    }

    /// Balances that do not close, the largest rest first.
    pub(crate) fn unclosed(&self) -> impl Iterator<Item = &Balance> {
        let places = self.unclosed.iter();
        places.filter_map(|at| self.balances.get(*at as usize))
    }

    /// The movements entries that somebody sees, the last one first.
    pub(crate) fn entries<'a>(
        &'a self,
        books: &'a Books,
        sight: &'a Sight,
    ) -> Box<dyn Iterator<Item = &'a EntryLines> + 'a> {
        let entries = books.substances.entries();
        match sight.only() {
            Some(holder) => {
                let own = self.entries_of.get(&holder).into_iter().flatten().rev();
                Box::new(own.filter_map(|at| entries.get(*at as usize)))
            }
            None => {
                let all = entries.iter().rev();
                Box::new(all.filter(|e| self.is_seen(books, sight, e.seq)))
            }
        }
    }

    /// Whether everything of a movements entry is of holders that somebody sees; of an entry without lines, whether who
    /// sent it is.
    pub(crate) fn is_seen(&self, books: &Books, sight: &Sight, seq: u64) -> bool {
        let entries = books.substances.entries();
        if *sight == Sight::All {
            return true;
        }
        let Ok(at) = entries.binary_search_by_key(&seq, |e| e.seq) else {
            let query = books.queries.of_entry(seq);
            return query.is_some_and(|q| sight.sees(q.holder));
        };
        match self.owners.get(at).map(|owners| &**owners) {
            None => false,
            Some([]) => {
                let sender = entries.get(at).map(|e| e.organisation.as_str());
                sender.is_some_and(|code| sight.sees_code(books, code))
            }
            Some(owners) => owners.iter().all(|h| sight.sees(*h)),
        }
    }

    /// The graph of lots; built when it is first asked for.
    pub(crate) fn trace(&self, books: &Books) -> &Trace {
        self.trace.get_or_init(|| books.substances.trace())
    }
}

fn owners_of(books: &Books, entry: &EntryLines) -> Owners {
    let ledger = &books.substances;
    let lines = entry.first..entry.first.saturating_add(entry.lines);
    let holder = |line| {
        let l = ledger.lines().get(line)?;
        Some(
            ledger
                .series(l.series())?
                .holder_on(&books.registry, l.date()),
        )
    };
    let all: BTreeSet<HolderId> = lines.filter_map(holder).collect();
    all.into_iter().collect()
}

/// Code, names, numbers and initials of each holder.
fn names(books: &Books) -> Arc<Vec<(HolderId, String)>> {
    let named = books.registry.holders().map(|(id, h)| {
        let initials = crate::pages::search::initials(h.name());
        let mut own = vec![h.code.as_str(), h.name(), &h.name_en, &h.uscc, &h.dea];
        own.extend(h.licences.iter().map(|l| l.number.as_str()));
        own.push(&initials);
        (id, own.join("\n").to_lowercase())
    });
    Arc::new(named.collect())
}

/// Adds a line to the lane that it is a dispatch of, or takes it out.
fn note(lanes: &mut BTreeMap<Lane, Flow>, books: &Books, line: LineNo, sign: i8) {
    let ledger = &books.substances;
    let dispatch = ledger.lines().get(line);
    let dispatch = dispatch.filter(|l| l.is_live() && l.kind() == Kind::Dispatch);
    let of = dispatch.and_then(|l| {
        let series = ledger.series(l.series())?;
        let (receiver, _) = ledger.place(l.other())?;
        let sender = series.holder_on(&books.registry, l.date());
        Some(((series.substance, sender, receiver), l.base_ug()))
    });
    if let Some((lane, ug)) = of {
        let flow = lanes.entry(lane).or_default();
        flow.ug += i128::from(ug) * i128::from(sign);
        flow.dispatches += i64::from(sign);
        if flow.dispatches == 0 {
            lanes.remove(&lane);
        }
    }
}

/// Two ordered lists as one.
fn merged(
    kept: impl Iterator<Item = Arc<Consignment>>,
    fresh: Vec<Arc<Consignment>>,
) -> Vec<Arc<Consignment>> {
    let mut all = Vec::new();
    let mut fresh = fresh.into_iter().peekable();
    for c in kept {
        while let Some(new) = fresh.next_if(|new| place(new) < place(&c)) {
            all.push(new);
        }
        all.push(c);
    }
    all.extend(fresh);
    all
}

#[cfg(test)]
impl PartialEq for Desk {
    fn eq(&self, other: &Desk) -> bool {
        (self.on, &self.watched, &self.watched_of, &self.balances)
            == (other.on, &other.watched, &other.watched_of, &other.balances)
            && (&self.open_as, &self.findings) == (&other.open_as, &other.findings)
            && (&self.lanes, &self.open, &self.owners, &self.names)
                == (&other.lanes, &other.open, &other.owners, &other.names)
    }
}
