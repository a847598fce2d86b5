//! One series as the account has it: its stocktakes, the periods between them, every line with what the other side says.

use weighbridge_books::Books;
use weighbridge_books::registry::HolderId;
use weighbridge_books::substances::consignment::State;
use weighbridge_books::substances::kind::{Kind, Line as Sign};
use weighbridge_books::substances::ledger::Series;
use weighbridge_books::substances::line::{Line, LineNo};
use weighbridge_books::substances::pairing::window_days;
use weighbridge_measure::{Date, ScaleClass};

use crate::instruments::Instruments;

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
    /// Class of the coarsest instrument among them.
    pub class: ScaleClass,
}

/// What the other side of a consignment says of a line.
#[derive(Clone, Copy, PartialEq, Debug)]
pub struct OtherSide {
    /// Its amount, kg; of several lines the share that belongs to this one.
    pub kg: f64,
    /// Earliest day of its lines.
    pub date: Date,
    /// Class of its instrument.
    pub class: ScaleClass,
    /// What may go missing on the way, kg; the share of this line.
    pub allowed: f64,
    /// Whether both sides contradict each other in something else than mass.
    pub disputed: bool,
    /// How much more, kg, the other side has in lots that this side does not name; 0 where this is not the first of its
    /// lines.
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
    /// Class of the instrument.
    pub class: ScaleClass,
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
}

/// Why nothing can be said of a series.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Silent {
    /// It was never counted.
    NeverCounted,
    /// It was counted once, or on the days of one month only.
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
    /// Lines within the periods, by date, then by line.
    pub items: Vec<Item>,
    /// Halves of others that have no answer here.
    pub unanswered: Vec<Unanswered>,
    /// Rows of the holder that wait in quarantine.
    pub waiting: Vec<Waiting>,
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
        let counts = counts(&live);
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
        let mut items = Vec::new();
        for l in live.iter().filter(|l| l.kind() != Kind::Stocktake) {
            // The opening stocktake opens its day, every later one closes its own.
            let period = spans.partition_point(|s| s.to < l.date());
            let Some(span) = spans.get_mut(period).filter(|_| l.date() >= opened) else {
                continue;
            };
            let item = item(books, on, l, period);
            let amount = i128::from(l.base_ug());
            span.unexplained_ug += if item.sign > 0.0 { amount } else { -amount };
            items.push(item);
        }
        Ok(Book {
            number,
            series,
            instruments: Instruments::of(&books.registry, series),
            counts,
            spans,
            items,
            unanswered: beside.unanswered,
            waiting: beside.waiting,
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

/// The opening stocktake and the last one of every month after it.
fn counts(live: &[Line<'_>]) -> Vec<Count> {
    let mut all: Vec<Count> = Vec::new();
    for l in live.iter().filter(|l| l.kind() == Kind::Stocktake) {
        let (class, ug) = (l.traits().class(), i128::from(l.base_ug()));
        match all.last_mut() {
            Some(last) if last.date == l.date() => {
                last.ug += ug;
                last.lines.push(l.number());
                if class.u_ppm() > last.class.u_ppm() {
                    last.class = class;
                }
            }
            _ => all.push(Count {
                date: l.date(),
                ug,
                lines: vec![l.number()],
                class,
            }),
        }
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

fn item(books: &Books, on: Date, l: &Line<'_>, period: usize) -> Item {
    let kg = kilograms(i128::from(l.base_ug()));
    let mut item = Item {
        line: l.number(),
        kind: l.kind(),
        role: Role::of(l.kind()),
        class: l.traits().class(),
        date: l.date(),
        period,
        kg,
        sign: match l.kind().line() {
            Sign::In => 1.0,
            Sign::Out => -1.0,
            Sign::Counted => 0.0,
        },
        volume: l.traits().stated() == weighbridge_books::substances::allowance::Stated::Volume,
        party: books.substances.place(l.other()).map(|(holder, _)| holder),
        other: None,
        late: false,
    };
    if l.kind().is_half() {
        item.other = other_side(books, on, &item);
        if let (Some(other), Role::Receipts) = (item.other, item.role) {
            item.late = item.date.minus(other.date) > window_days(l.traits().mode());
        }
    }
    item
}

/// What the other side says of a line: of its lot, where both sides name it, else of everything that no lot accounts for.
fn other_side(books: &Books, on: Date, item: &Item) -> Option<OtherSide> {
    let ledger = &books.substances;
    let c = ledger.consignment_of(&books.registry, item.line, on)?;
    // Of different substances nothing can be compared.
    c.difference_ug?;
    let (own, theirs) = match item.role {
        Role::Receipts => (&c.receipts, &c.dispatches),
        Role::Issues => (&c.dispatches, &c.receipts),
        Role::Process => return None,
    };
    let get = |line: &LineNo| ledger.lines().get(*line);
    let own: Vec<Line<'_>> = own.iter().filter_map(get).collect();
    let theirs: Vec<Line<'_>> = theirs.iter().filter_map(get).collect();
    let names = |side: &[Line<'_>], lot: u32| lot != 0 && side.iter().any(|l| l.lot() == lot);
    let both = |l: &Line<'_>| names(&own, l.lot()) && names(&theirs, l.lot());
    let line = get(&item.line)?;
    let together = |l: &Line<'_>| match both(&line) {
        true => l.lot() == line.lot(),
        false => !both(l),
    };
    let sum = |side: &[Line<'_>]| {
        let of = side.iter().filter(|l| together(l));
        of.map(|l| i128::from(l.base_ug())).sum::<i128>()
    };
    let own_kg = kilograms(sum(&own));
    let share = if own_kg > 0.0 { item.kg / own_kg } else { 0.0 };
    let answers = || theirs.iter().filter(|l| together(l));
    let whole = kilograms(own.iter().map(|l| i128::from(l.base_ug())).sum());
    let of_whole = if whole > 0.0 { item.kg / whole } else { 0.0 };
    Some(OtherSide {
        kg: kilograms(sum(&theirs)) * share,
        date: answers().map(|l| l.date()).min()?,
        class: answers()
            .map(|l| l.traits().class())
            .max_by_key(|class| class.u_ppm())?,
        allowed: kilograms(c.allowed_ug.unwrap_or(0)) * of_whole,
        disputed: c.state == State::Disputed,
        other_lots: if own.first().is_some_and(|l| l.number() == item.line) {
            other_lots(&own, &theirs)
        } else {
            0.0
        },
    })
}

/// What the other side has in lots that this side does not name, where every line of this side names a lot of theirs.
fn other_lots(own: &[Line<'_>], theirs: &[Line<'_>]) -> f64 {
    let names = |side: &[Line<'_>], lot: u32| lot != 0 && side.iter().any(|l| l.lot() == lot);
    if !own.iter().all(|l| names(theirs, l.lot())) {
        return 0.0;
    }
    let more = theirs.iter().filter(|l| !names(own, l.lot()));
    kilograms(more.map(|l| i128::from(l.base_ug())).sum())
}
