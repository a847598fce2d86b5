//! One series as the account has it: its stocktakes, the periods between them, every line with what the other side says.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use weighbridge_books::Books;
use weighbridge_books::registry::HolderId;
use weighbridge_books::substances::allowance::Stated;
use weighbridge_books::substances::consignment::State;
use weighbridge_books::substances::kind::{Kind, Line as Sign};
use weighbridge_books::substances::ledger::Series;
use weighbridge_books::substances::line::{Line, LineNo};
use weighbridge_books::substances::pairing::window_days;
use weighbridge_measure::Date;

use crate::artefacts::Ratios;
use crate::instruments::{Instruments, Reading};

/// Micrograms in a kilogram.
pub(crate) const UG: f64 = 1e9;

/// Through which kind of instrument an amount went.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(usize)]
pub enum Role {
    /// Receipts.
    Receipts,
    /// Dispatches.
    Issues,
    /// Production, use, waste and everything else that stays within the site.
    Process,
}

impl Role {
    /// Number of roles.
    pub const COUNT: usize = 3;

    fn of(kind: Kind) -> Role {
        match kind {
            Kind::Receipt => Role::Receipts,
            Kind::Dispatch => Role::Issues,
            _ => Role::Process,
        }
    }
}

/// A stocktake; all lines of a day together.
#[derive(Clone, PartialEq, Debug)]
pub struct Count {
    /// Its day.
    pub date: Date,
    /// What was there, base µg.
    pub ug: i128,
    /// Its lines.
    pub lines: Vec<LineNo>,
    /// The coarsest reading among them.
    pub reading: Reading,
    /// Whether every amount among its lines stands there twice.
    pub twice: bool,
}

/// What the other side of a consignment says of a line.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct OtherSide {
    /// Its amount, kg; of several lines the share that belongs to this one.
    pub kg: f64,
    /// Earliest day of its lines.
    pub date: Date,
    /// What it was read with.
    pub reading: Reading,
    /// What may go missing on the way, kg; the share of this line.
    pub allowed: f64,
    /// Whether both sides contradict each other in something else than mass.
    pub disputed: bool,
    /// How much more, kg, the other side has in lots that this side does not name; 0 but for one of this side's lines.
    pub other_lots: f64,
}

/// A line that moves something, within the periods of the series.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Item {
    /// The line.
    pub line: LineNo,
    /// Its kind.
    pub kind: Kind,
    /// Its instrument.
    pub role: Role,
    /// What it was read with.
    pub reading: Reading,
    /// Its day.
    pub date: Date,
    /// The period in which it lies, from 0.
    pub period: usize,
    /// Amount, kg; never negative.
    pub kg: f64,
    /// Whether it adds (1) or takes (−1).
    pub sign: f64,
    /// Whether the amount was written as a volume.
    pub volume: bool,
    /// The other party.
    pub party: Option<HolderId>,
    /// What the other side says, where it speaks.
    pub other: Option<OtherSide>,
    /// Whether it came later than its way takes.
    pub late: bool,
    /// Whether the other side's amount stands to it at a known ratio, or beyond anything that is measured: a question to
    /// one of the two, and no measure of what is missing.
    pub slip: bool,
}

/// A half of somebody else that names this series, and to which the series has no half.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct Unanswered {
    /// The other side's line.
    pub line: LineNo,
    /// Who reports it.
    pub party: HolderId,
    /// What the series would have: a receipt of a dispatch, a dispatch of a receipt.
    pub role: Role,
    /// Its day.
    pub date: Date,
    /// Its amount, kg.
    pub kg: f64,
}

/// Rows of the holder that wait in quarantine and may belong to the series.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Waiting {
    /// First day of the lines of their submission.
    pub from: Date,
    /// Last day of them.
    pub to: Date,
    /// How many.
    pub rows: u32,
    /// The first line of the submission, by which it is found.
    pub line: LineNo,
}

/// A period between two stocktakes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// Day of the stocktake before it.
    pub from: Date,
    /// Day of the stocktake that ends it; movements of that day belong to it.
    pub to: Date,
    /// Book less count, base µg, as reported; positive = missing.
    pub unexplained_ug: i128,
}

/// What stands beside the lines of a series.
#[derive(Clone, PartialEq, Debug, Default)]
pub struct Beside {
    /// Halves of others that name it.
    pub unanswered: Vec<Unanswered>,
    /// Rows in quarantine.
    pub waiting: Vec<Waiting>,
    /// Rows that have waited there for so long that they cover nothing any more.
    pub unmended: Vec<Waiting>,
}

/// Why nothing can be said of a series.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Silent {
    /// It was never counted.
    NeverCounted,
    /// It was counted on one day only.
    CountedOnce,
}

/// A series as reported.
#[derive(Clone, PartialEq, Debug)]
pub struct Book {
    /// Its number in the ledger.
    pub number: u32,
    /// Site and substance.
    pub series: Series,
    /// What the register says of its instruments.
    pub instruments: Instruments,
    /// Stocktakes: the opening one, then one for each period.
    pub counts: Vec<Count>,
    /// Periods.
    pub spans: Vec<Span>,
    /// Lines within the periods, by date, then by what they say: sums are the same whatever came first.
    pub items: Vec<Item>,
    /// Halves of others that have no answer here.
    pub unanswered: Vec<Unanswered>,
    /// Rows of the holder that wait in quarantine.
    pub waiting: Vec<Waiting>,
    /// Those that nobody has mended for long: a question, and no doubt any more.
    pub unmended: Vec<Waiting>,
}

impl Book {
    /// Reads a series as it stood on a day. `lines` are its live lines up to then.
    ///
    /// A period ends with the last stocktake of a calendar month: who counts every day gets a balance a month all the same.
    ///
    /// # Errors
    /// [`Silent`] where there are no two stocktakes.
    pub fn read(
        books: &Books,
        on: Date,
        number: u32,
        series: Series,
        lines: &[LineNo],
        beside: Beside,
    ) -> Result<Book, Silent> {
        let get = |line: &LineNo| books.substances.lines().get(*line);
        let mut live: Vec<Line<'_>> = lines.iter().filter_map(get).collect();
        live.sort_by_key(|l| (l.date(), l.number()));
        let counts = counts(books, &live);
        let mut spans: Vec<Span> = counts
            .windows(2)
            .filter_map(|pair| match pair {
                [opening, closing] => Some(Span {
                    from: opening.date,
                    to: closing.date,
                    unexplained_ug: opening.ug - closing.ug,
                }),
                _ => None,
            })
            .collect();
        let Some(first) = spans.first() else {
            return Err(match counts.is_empty() {
                true => Silent::NeverCounted,
                false => Silent::CountedOnce,
            });
        };
        let opened = first.from;
        let ratios = Ratios::of(series.substance);
        let mut answers = BTreeMap::new();
        let mut items = Vec::new();
        for l in live.iter().filter(|l| l.kind() != Kind::Stocktake) {
            // The opening stocktake opens its day, every later one closes its own.
            let period = spans.partition_point(|s| s.to < l.date());
            let Some(span) = spans.get_mut(period).filter(|_| l.date() >= opened) else {
                continue;
            };
            let item = item(books, on, l, period, (&ratios, &mut answers));
            let amount = i128::from(l.base_ug());
            span.unexplained_ug += if item.sign > 0.0 { amount } else { -amount };
            items.push(item);
        }
        items.sort_by(Item::order);
        Ok(Book {
            number,
            series,
            instruments: Instruments::of(&books.registry, series, on),
            counts,
            spans,
            items,
            unanswered: beside.unanswered,
            waiting: beside.waiting,
            unmended: beside.unmended,
        })
    }

    /// The period in which a day lies.
    #[must_use]
    pub fn period_of(&self, date: Date) -> Option<usize> {
        let opened = self.spans.first()?.from;
        let period = self.spans.partition_point(|s| s.to < date);
        (date >= opened && period < self.spans.len()).then_some(period)
    }

    /// Balances as reported, kg; positive = missing.
    #[must_use]
    pub fn balances(&self) -> Vec<f64> {
        self.spans
            .iter()
            .map(|s| kilograms(s.unexplained_ug))
            .collect()
    }
}

/// Kilograms of a mass; exact up to 9 t and to 16 digits beyond.
#[allow(
    clippy::cast_precision_loss,
    reason = "the statistics are in floating point"
)]
pub(crate) fn kilograms(ug: i128) -> f64 {
    ug as f64 / UG
}

/// What a line was read with.
fn reading(books: &Books, l: &Line<'_>) -> Reading {
    let series = books.substances.series(l.series());
    let class = Reading::with(l.traits().class());
    series.map_or(class, |s| Reading::of(l.traits(), s.substance))
}

/// The opening stocktake and the last one of every month after it; `live` by date.
fn counts(books: &Books, live: &[Line<'_>]) -> Vec<Count> {
    let mut all: Vec<Count> = Vec::new();
    for l in live.iter().filter(|l| l.kind() == Kind::Stocktake) {
        let (reading, ug) = (reading(books, l), i128::from(l.base_ug()));
        match all.last_mut() {
            Some(last) if last.date == l.date() => {
                last.ug += ug;
                last.lines.push(l.number());
                last.reading = last.reading.coarser(reading);
            }
            _ => all.push(Count {
                date: l.date(),
                ug,
                lines: vec![l.number()],
                reading,
                twice: false,
            }),
        }
    }
    let mut stated = live
        .iter()
        .filter(|l| l.kind() == Kind::Stocktake)
        .peekable();
    for count in &mut all {
        let mut amounts = Vec::new();
        while let Some(l) = stated.next_if(|l| l.date() == count.date) {
            amounts.push(l.base_ug());
        }
        amounts.sort_unstable();
        count.twice = amounts
            .chunk_by(|a, b| a == b)
            .all(|same| same.len() % 2 == 0);
    }
    let mut kept: Vec<Count> = Vec::new();
    for (at, count) in all.into_iter().enumerate() {
        let same_month = |before: &Count| before.date.month() == count.date.month();
        // The opening one stays, whatever its month.
        if at > 1 && kept.len() > 1 && kept.last().is_some_and(same_month) {
            kept.pop();
        }
        kept.push(count);
    }
    kept
}

fn item(
    books: &Books,
    on: Date,
    l: &Line<'_>,
    period: usize,
    (ratios, answers): (&Ratios, &mut BTreeMap<LineNo, Option<OtherSide>>),
) -> Item {
    let mut item = Item {
        line: l.number(),
        kind: l.kind(),
        role: Role::of(l.kind()),
        reading: reading(books, l),
        date: l.date(),
        period,
        kg: kilograms(i128::from(l.base_ug())),
        sign: match l.kind().line() {
            Sign::In => 1.0,
            Sign::Out => -1.0,
            Sign::Counted => 0.0,
        },
        volume: l.traits().stated() != Stated::Mass,
        party: books.substances.place(l.other()).map(|(holder, _)| holder),
        other: None,
        late: false,
        slip: false,
    };
    if l.kind().is_half() {
        if !answers.contains_key(&item.line) {
            answer(books, on, &item, answers);
        }
        item.other = answers.get(&item.line).copied().flatten();
        item.slip = item.other.is_some_and(|o| ratios.is_slip(&item, &o));
        if let (Some(other), Role::Receipts) = (item.other, item.role) {
            item.late = item.date.minus(other.date) > window_days(l.traits().mode());
        }
    }
    item
}

impl Item {
    /// By date, then by everything that says something.
    fn order(&self, other: &Item) -> Ordering {
        let said = |i: &Item| (i.date, i.kind, i.reading.order(), i.volume, i.late);
        let own = said(self)
            .cmp(&said(other))
            .then(self.kg.total_cmp(&other.kg));
        let told = |i: &Item| i.other.map(|o| (o.date, o.reading.order(), o.disputed));
        let theirs = told(self).cmp(&told(other));
        let kg = |i: &Item| {
            i.other
                .map_or([0.0; 3], |o| [o.kg, o.allowed, o.other_lots])
        };
        let each = kg(self).into_iter().zip(kg(other));
        let masses = each.fold(Ordering::Equal, |all, (a, b)| all.then(a.total_cmp(&b)));
        own.then(theirs)
            .then(masses)
            .then(self.line.cmp(&other.line))
    }
}

/// What both sides have of one lot, or of everything that no common lot accounts for.
#[derive(Default)]
struct Together {
    own: i128,
    theirs: i128,
    date: Option<Date>,
    reading: Option<Reading>,
}

/// What the other side says of all lines of this side in the consignment of one of them: of a lot, where both sides name it,
/// else of everything that no lot accounts for. A consignment may have very many lines: it is looked at once.
fn answer(books: &Books, on: Date, item: &Item, answers: &mut BTreeMap<LineNo, Option<OtherSide>>) {
    answers.insert(item.line, None);
    let ledger = &books.substances;
    let consignment = ledger.consignment_of(&books.registry, item.line, on);
    // Of different substances nothing can be compared.
    let Some(c) = consignment.filter(|c| c.difference_ug.is_some()) else {
        return;
    };
    let (own, theirs) = match item.role {
        Role::Receipts => (&c.receipts, &c.dispatches),
        Role::Issues => (&c.dispatches, &c.receipts),
        Role::Process => return,
    };
    let get = |line: &LineNo| ledger.lines().get(*line);
    let own: Vec<Line<'_>> = own.iter().filter_map(get).collect();
    let theirs: Vec<Line<'_>> = theirs.iter().filter_map(get).collect();
    let named = |side: &[Line<'_>]| -> BTreeSet<u32> {
        side.iter()
            .map(|l| l.lot())
            .filter(|lot| *lot != 0)
            .collect()
    };
    let (own_lots, their_lots) = (named(&own), named(&theirs));
    // Lot 0 stands for everything else.
    let lot = |l: &Line<'_>| match own_lots.contains(&l.lot()) && their_lots.contains(&l.lot()) {
        true => l.lot(),
        false => 0,
    };
    let mut lots: BTreeMap<u32, Together> = BTreeMap::new();
    for l in &own {
        lots.entry(lot(l)).or_default().own += i128::from(l.base_ug());
    }
    for l in &theirs {
        let of = lots.entry(lot(l)).or_default();
        of.theirs += i128::from(l.base_ug());
        of.date = Some(of.date.map_or(l.date(), |d| d.min(l.date())));
        let reading = reading(books, l);
        of.reading = Some(of.reading.map_or(reading, |r| r.coarser(reading)));
    }
    let whole = kilograms(own.iter().map(|l| i128::from(l.base_ug())).sum());
    let allowed = kilograms(c.allowed_ug.unwrap_or(0));
    // Where every line of this side names a lot of theirs, what they have in others was not booked here at all.
    let more = match own.iter().all(|l| lot(l) != 0) {
        true => lots.get(&0).map_or(0.0, |rest| kilograms(rest.theirs)),
        false => 0.0,
    };
    let first = own
        .iter()
        .min_by_key(|l| (l.date(), l.base_ug(), l.number()));
    for l in &own {
        let kg = kilograms(i128::from(l.base_ug()));
        let said = lots.get(&lot(l)).and_then(|of| {
            Some(OtherSide {
                // Equal sums give each line its own amount, to the last digit.
                kg: kg * (kilograms(of.theirs) / kilograms(of.own)),
                date: of.date?,
                reading: of.reading?,
                allowed: if whole > 0.0 {
                    allowed * (kg / whole)
                } else {
                    0.0
                },
                disputed: c.state == State::Disputed,
                other_lots: match first {
                    Some(first) if first.number() == l.number() => more,
                    _ => 0.0,
                },
            })
        });
        answers.insert(l.number(), said);
    }
}
