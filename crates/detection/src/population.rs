//! Every series of an account, ready to be read one at a time.

use std::collections::{BTreeMap, BTreeSet};

use weighbridge_books::Books;
use weighbridge_books::registry::{HolderId, SiteId};
use weighbridge_books::substances::kind::Kind;
use weighbridge_books::substances::ledger::{Ledger, Series};
use weighbridge_books::substances::line::{Line, LineNo};
use weighbridge_books::substances::quarantine::Code;
use weighbridge_measure::{Date, SubstanceId};

use crate::artefacts::late::{Alone, asked_for, lines_alone};
use crate::book::{Beside, Book, Role, Silent, Unanswered, Waiting, kilograms};
use crate::study::{SETTLED_AFTER_DAYS, Study};

/// What others sent to a holder that has reported nothing at all.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Owed {
    /// Where it went: the site that is named, else the first of the holder.
    pub site: SiteId,
    /// Dispatches without an answer whose time is past.
    pub dispatches: usize,
    /// Their mass, kg.
    pub kg: f64,
    /// First and last day of them.
    pub days: (Date, Date),
}

/// The series of an account as they stood on a day, with their lines. The books must be settled.
pub struct Population<'a> {
    books: &'a Books,
    on: Date,
    /// Live lines by series.
    lines: Vec<LineNo>,
    /// Where the lines of each series begin, and where the last ones end.
    starts: Vec<usize>,
    /// Halves of others without an answer, by the series that owes one.
    unanswered: BTreeMap<u32, Vec<Unanswered>>,
    /// Rows in quarantine, by holder: those that count as a doubt, and those that have waited for too long.
    waiting: BTreeMap<HolderId, [Vec<Waiting>; 2]>,
}

impl<'a> Population<'a> {
    /// Sorts the live lines up to a day by series.
    #[must_use]
    pub fn of(books: &'a Books, on: Date) -> Population<'a> {
        let ledger = &books.substances;
        let counted = || {
            ledger
                .lines()
                .iter()
                .filter(|l| l.is_live() && l.date() <= on)
        };
        let mut starts = vec![0usize; ledger.all_series().count() + 1];
        for l in counted() {
            if let Some(n) = starts.get_mut(l.series() as usize + 1) {
                *n += 1;
            }
        }
        let mut sum = 0;
        for start in &mut starts {
            sum += *start;
            *start = sum;
        }
        let mut next = starts.clone();
        let mut lines = vec![0; sum];
        for l in counted() {
            let at = next.get_mut(l.series() as usize);
            if let Some((at, slot)) = at.and_then(|at| {
                let slot = lines.get_mut(*at)?;
                Some((at, slot))
            }) {
                *slot = l.number();
                *at += 1;
            }
        }
        let (unanswered, shared) = unanswered(books, on);
        let mut population = Population {
            books,
            on,
            lines,
            starts,
            unanswered,
            waiting: waiting(books, on),
        };
        for (named, halves) in shared {
            population.share_out(&named, halves);
        }
        population
    }

    /// Gives each half, which may be meant for any of some series of one holder, to the one whose balances ask for it most:
    /// goods that came once came to one place, and must not explain what is missing at another.
    fn share_out(&mut self, named: &[u32], mut halves: Vec<Unanswered>) {
        let mut studies: Vec<Study> = named
            .iter()
            .filter_map(|number| self.study(*number).ok())
            .collect();
        let left = |s: &mut Study| std::mem::take(&mut s.repaired.balances);
        let mut left: Vec<Vec<f64>> = studies.iter_mut().map(left).collect();
        let alone: Vec<Alone<'_>> = studies.iter().map(|s| lines_alone(&s.book)).collect();
        halves.sort_by(|a, b| {
            let by_kg = b.kg.total_cmp(&a.kg);
            by_kg.then((a.date, a.role, a.line).cmp(&(b.date, b.role, b.line)))
        });
        for half in halves {
            let each = studies.iter().zip(&alone).zip(&mut left);
            let asked = each.filter_map(|((study, alone), balances)| {
                let asked = asked_for(&study.book, alone, balances, &half)?;
                Some((asked, study.book.number, balances))
            });
            // The first of those that ask alike.
            let most = asked.reduce(|a, b| if b.0.0 > a.0.0 { b } else { a });
            if let Some(((_, period, kg), number, balances)) = most {
                if let Some(y) = balances.get_mut(period) {
                    *y += kg;
                }
                self.unanswered.entry(number).or_default().push(half);
            }
        }
    }

    /// The books.
    #[must_use]
    pub fn books(&self) -> &'a Books {
        self.books
    }

    /// The codes of a holder and a site: the order of places that does not hang on what was reported first.
    pub(crate) fn codes(
        &self,
        holder: Option<HolderId>,
        site: SiteId,
    ) -> (Option<String>, Option<String>) {
        let registry = &self.books.registry;
        let holder = holder.and_then(|h| registry.holder(h));
        let site = registry.site(site);
        (holder.map(|h| h.code.clone()), site.map(|s| s.code.clone()))
    }

    /// The day.
    #[must_use]
    pub fn on(&self) -> Date {
        self.on
    }

    /// Numbers of the series that have lines.
    #[must_use]
    pub fn numbers(&self) -> Vec<u32> {
        let all = (0u32..).zip(self.starts.windows(2));
        all.filter(|(_, pair)| matches!(pair, [from, to] if from < to))
            .map(|(number, _)| number)
            .collect()
    }

    /// Holders that owe reports, have sent none that counts, and were sent goods by others: what they owe, by site.
    #[must_use]
    pub fn owed(&self) -> Vec<Owed> {
        let (ledger, registry) = (&self.books.substances, &self.books.registry);
        let heard: BTreeSet<HolderId> = (ledger.all_series())
            .filter(|(number, _)| {
                let at = *number as usize;
                self.starts.get(at) < self.starts.get(at + 1)
            })
            .map(|(_, series)| series.holder_on(registry, self.on))
            .collect();
        let mut all: BTreeMap<SiteId, Owed> = BTreeMap::new();
        for c in ledger.consignments(registry, self.on) {
            let holder = registry.in_force(c.receiver, self.on);
            if !c.is_overdue(self.on) || !c.receipts.is_empty() || heard.contains(&holder) {
                continue;
            }
            let named = c.dispatches.iter().find_map(|l| {
                let (_, site) = ledger.place(ledger.lines().get(*l)?.other())?;
                site
            });
            let first = || registry.holder(holder)?.sites.first().copied();
            let Some(site) = named.or_else(first) else {
                continue;
            };
            let kg = kilograms(c.dispatched_ug.unwrap_or(0));
            let owed = all.entry(site).or_insert(Owed {
                site,
                dispatches: 0,
                kg: 0.0,
                days: (c.first, c.first),
            });
            owed.dispatches += 1;
            owed.kg += kg;
            owed.days = (owed.days.0.min(c.first), owed.days.1.max(c.first));
        }
        all.into_values().collect()
    }

    /// A series as reported.
    ///
    /// # Errors
    /// [`Silent`] where there are no two stocktakes, or no such series.
    pub fn book(&self, number: u32) -> Result<Book, Silent> {
        let series = self.books.substances.series(number);
        let series = series.ok_or(Silent::NeverCounted)?;
        let at = number as usize;
        let range = match (self.starts.get(at), self.starts.get(at + 1)) {
            (Some(from), Some(to)) => *from..*to,
            _ => 0..0,
        };
        let lines = self.lines.get(range).unwrap_or(&[]);
        let holder = series.holder_on(&self.books.registry, self.on);
        let rows = self.waiting.get(&holder).cloned();
        let [waiting, unmended] = rows.unwrap_or_default();
        let beside = Beside {
            unanswered: self.unanswered.get(&number).cloned().unwrap_or_default(),
            waiting,
            unmended,
        };
        Book::read(self.books, self.on, number, series, lines, beside)
    }

    /// A series ready to be judged.
    ///
    /// # Errors
    /// As [`Population::book`].
    pub fn study(&self, number: u32) -> Result<Study, Silent> {
        Ok(Study::of(self.book(number)?, self.on))
    }
}

/// Which sides of a line's consignment had happened.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Sides {
    NotLooked,
    One,
    Both,
}

/// By line: a consignment may have very many, and is looked at once.
struct Rings(Vec<Sides>);

impl Rings {
    fn has_other_side(&mut self, ledger: &Ledger, half: Line<'_>, on: Date) -> bool {
        let at = |line: LineNo| line as usize;
        if self.0.get(at(half.number())) == Some(&Sides::NotLooked) {
            let ring = ledger.lines().ring(half.number());
            let happened = |line: &LineNo| {
                let line = ledger.lines().get(*line).filter(|l| l.date() <= on);
                line.is_some_and(|l| l.kind() != half.kind())
            };
            let sides = match ring.iter().any(happened) {
                true => Sides::Both,
                false => Sides::One,
            };
            let own = std::iter::once(half.number());
            // Of a half that had not yet happened nothing is asked.
            for line in ring.into_iter().chain(own) {
                if let Some(slot) = self.0.get_mut(at(line)) {
                    *slot = sides;
                }
            }
        }
        self.0.get(at(half.number())) == Some(&Sides::Both)
    }
}

/// Halves by the series that they name.
type ByOne = BTreeMap<u32, Vec<Unanswered>>;
/// Halves by the series of which they name one.
type BySeveral = BTreeMap<Vec<u32>, Vec<Unanswered>>;

/// Halves that name a series of this account which has no half of theirs. Where the site is not named, each of the holder's
/// series of the substance may be meant, in the order of their sites' codes.
fn unanswered(books: &Books, on: Date) -> (ByOne, BySeveral) {
    let ledger = &books.substances;
    let mut by_site: BTreeMap<(SiteId, SubstanceId), u32> = BTreeMap::new();
    let mut by_holder: BTreeMap<(HolderId, SubstanceId), Vec<u32>> = BTreeMap::new();
    for (number, series) in ledger.all_series() {
        let Series {
            site, substance, ..
        } = series;
        by_site.insert((site, substance), number);
        let holder = series.holder_on(&books.registry, on);
        by_holder
            .entry((holder, substance))
            .or_default()
            .push(number);
    }
    for numbers in by_holder.values_mut() {
        numbers.sort_by_cached_key(|number| {
            let site = ledger.series(*number).map(|s| s.site);
            site.and_then(|s| Some(books.registry.site(s)?.code.clone()))
        });
    }
    let (mut all, mut shared) = (ByOne::new(), BySeveral::new());
    let mut rings = Rings(vec![Sides::NotLooked; ledger.lines().len()]);
    let halves = ledger.lines().iter();
    for l in halves.filter(|l| l.is_half() && l.date() <= on) {
        let Some((holder, site)) = ledger.place(l.other()) else {
            continue;
        };
        let Some(of) = ledger.series(l.series()) else {
            continue;
        };
        let substance = of.substance;
        let named: &[u32] = match site {
            Some(site) => by_site
                .get(&(site, substance))
                .map_or(&[], std::slice::from_ref),
            None => {
                let holder = books.registry.in_force(holder, on);
                by_holder
                    .get(&(holder, substance))
                    .map_or(&[], Vec::as_slice)
            }
        };
        if named.is_empty() {
            continue;
        }
        if rings.has_other_side(ledger, l, on) {
            continue;
        }
        let half = Unanswered {
            line: l.number(),
            party: of.holder_on(&books.registry, l.date()),
            role: match l.kind() {
                Kind::Dispatch => Role::Receipts,
                _ => Role::Issues,
            },
            date: l.date(),
            kg: kilograms(i128::from(l.base_ug())),
        };
        match named {
            [one] => all.entry(*one).or_default().push(half),
            several => shared.entry(several.to_vec()).or_default().push(half),
        }
    }
    (all, shared)
}

/// Whether a row that is set aside for a reason is one half of a consignment whose other half is known.
fn other_half_speaks(code: Code) -> bool {
    matches!(
        code,
        Code::CounterpartyUnknown
            | Code::CounterpartyIsSelf
            | Code::PartyCheckDigit
            | Code::PartyAmbiguous
    )
}

/// Open rows in quarantine by holder, with the days of the lines that came with them. They count for as long as a period
/// takes to settle: what nobody mends must not cover what is missing for ever.
fn waiting(books: &Books, on: Date) -> BTreeMap<HolderId, [Vec<Waiting>; 2]> {
    let ledger = &books.substances;
    let mut rows: BTreeMap<u64, u32> = BTreeMap::new();
    for row in ledger.set_aside() {
        if row.resolved_by.is_none() && !other_half_speaks(row.code) {
            *rows.entry(row.seq).or_default() += 1;
        }
    }
    let mut all: BTreeMap<HolderId, [Vec<Waiting>; 2]> = BTreeMap::new();
    for entry in ledger.entries() {
        let withdrawn = ledger.withdrawn().contains(&entry.submission);
        let recorded = entry.recorded_at.date();
        let fresh = recorded.is_some_and(|day| on.minus(day) < SETTLED_AFTER_DAYS);
        let counts = entry.lines > 0 && !withdrawn;
        let Some(rows) = rows.get(&entry.seq).filter(|_| counts) else {
            continue;
        };
        let lines = (entry.first..entry.first + entry.lines).filter_map(|n| ledger.lines().get(n));
        let days = || lines.clone().map(|l| l.date());
        let holders = || {
            let series = lines
                .clone()
                .filter_map(|l| Some((ledger.series(l.series())?, l.date())));
            series.map(|(series, on)| series.holder_on(&books.registry, on))
        };
        // Of a file of several holders nobody can tell whose rows wait.
        let one = holders().next().filter(|one| holders().all(|h| h == *one));
        if let (Some(holder), Some(from), Some(to)) = (one, days().min(), days().max()) {
            let [waiting, unmended] = all.entry(holder).or_default();
            let of = if fresh { waiting } else { unmended };
            of.push(Waiting {
                from,
                to,
                rows: *rows,
                line: entry.first,
            });
        }
    }
    all
}
