//! A series made ready to be judged: settled, repaired on a copy, with its error model.

use std::collections::BTreeSet;

use weighbridge_accountancy::covariance::standard_deviations;
use weighbridge_accountancy::innovations::Whitener;
use weighbridge_accountancy::model::Applies;
use weighbridge_accountancy::series::{Difference, Series, Tally, Tolerances};
use weighbridge_accountancy::{Bias, Epochs, Model, Period};
use weighbridge_measure::Date;

use crate::artefacts::{Artefact, Outcome, Repaired, tried};
use crate::book::{Book, Item, Role};
use crate::instruments::calibrated;
pub use crate::uncertainty::Source;
use crate::uncertainty::{Instrument, first_day, model, resolve};

/// Days after the end of a period after which it counts as settled even where halves are still missing.
pub const SETTLED_AFTER_DAYS: i32 = 31;
/// Artefacts in which a figure was mended. A stocktake that is doubted is none: balances of honest books alternate too.
const MENDING: [Artefact; 4] = [
    Artefact::Unit,
    Artefact::Duplicate,
    Artefact::Form,
    Artefact::Density,
];

/// A series ready to be judged.
#[derive(Clone, PartialEq, Debug)]
pub struct Study {
    /// As reported.
    pub book: Book,
    /// The copy on which artefacts were tried.
    pub repaired: Repaired,
    /// Number of periods that are settled; later ones are shown and never judged.
    pub settled: usize,
    /// The settled periods of the copy.
    pub series: Series,
    /// The same turned round, to see what is more than should be there: the balances alone.
    pub gains: Series,
}

/// How a study departs from the ordinary one, to see whether that explains the difference.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub struct What<'a> {
    /// Artefacts that are not tried.
    pub except: &'a [Artefact],
    /// An instrument that is worse than declared, and by which factor.
    pub worse: Option<(Source, f64)>,
    /// Amounts rounded to so many kg.
    pub rounded_to: f64,
}

impl Study {
    /// Prepares a series as it stood on a day.
    #[must_use]
    pub fn of(book: Book, on: Date) -> Study {
        let repaired = tried(&book, &[]);
        let settled = settled(&book, on);
        let series = series(&book, &repaired, settled, What::default());
        let gains = gains(&book, &repaired, settled);
        Study {
            book,
            repaired,
            settled,
            series,
            gains,
        }
    }

    /// How far the balance of each settled period is believed: the share of its variance that is no doubt about a figure.
    #[must_use]
    pub fn believed(&self) -> Vec<f64> {
        let variances = standard_deviations(&self.series.model);
        let doubts = |t: usize| {
            let of = |all: &[f64], at: usize| all.get(at).copied().unwrap_or(0.0);
            let (flows, counts) = (&self.repaired.flows, &self.repaired.counts);
            of(flows, t) + of(counts, t) + of(counts, t + 1)
        };
        let believed = |(t, sd): (usize, f64)| {
            let variance = sd * sd;
            if variance > 0.0 {
                (1.0 - doubts(t) / variance).max(0.0)
            } else {
                1.0
            }
        };
        variances.into_iter().enumerate().map(believed).collect()
    }

    /// The same series under another assumption.
    #[must_use]
    pub fn with(&self, what: What<'_>) -> Series {
        if what.except.is_empty() {
            return series(&self.book, &self.repaired, self.settled, what);
        }
        let repaired = tried(&self.book, what.except);
        series(&self.book, &repaired, self.settled, what)
    }

    /// The series as reported, nothing repaired.
    #[must_use]
    pub fn as_reported(&self) -> Series {
        self.with(What {
            except: &Artefact::ALL,
            ..What::default()
        })
    }
}

/// Periods from the first on that are settled: ended a month before, or every consignment of theirs answered.
fn settled(book: &Book, on: Date) -> usize {
    let alone = book.items.iter();
    let alone = alone.filter(|i| i.kind.is_half() && i.other.is_none());
    let named = book
        .unanswered
        .iter()
        .filter_map(|u| book.period_of(u.date));
    let open: BTreeSet<usize> = alone.map(|i| i.period).chain(named).collect();
    let answered = |period: usize| !open.contains(&period);
    let spans = book.spans.iter().enumerate();
    spans
        .take_while(|(t, span)| on.minus(span.to) >= SETTLED_AFTER_DAYS || answered(*t))
        .count()
}

/// Years from the opening stocktake on, by the day before the end: a count on the anniversary closes the old year.
fn years(book: &Book, settled: usize) -> Vec<u16> {
    let first = first_day(book);
    let spans = book.spans.iter().take(settled);
    let year = spans.map(|s| (s.to.minus(first) - 1).max(0) / 365);
    year.map(|y| u16::try_from(y).unwrap_or(u16::MAX)).collect()
}

/// The balances turned round. A loss teaches the model as little here as a gain does there.
fn gains(book: &Book, repaired: &Repaired, settled: usize) -> Series {
    let mut model = model(book, repaired, settled, What::default());
    let turned = repaired.balances.iter().take(settled).map(|y| -y);
    let balances: Vec<f64> = turned.collect();
    doubt_gains(&mut model, &balances);
    Series {
        balances,
        years: years(book, settled),
        tolerances: Tolerances::Assumed,
        receipts: None,
        issues: None,
        yields: None,
        late: None,
        mended: None,
        model,
    }
}

fn series(book: &Book, repaired: &Repaired, settled: usize, what: What<'_>) -> Series {
    let first = first_day(book);
    let mut balances = repaired.balances.clone();
    balances.truncate(settled);
    let mut model = model(book, repaired, settled, what);
    doubt_gains(&mut model, &balances);
    Series {
        balances,
        years: years(book, settled),
        receipts: difference(book, settled, Role::Receipts, first),
        issues: difference(book, settled, Role::Issues, first),
        yields: None,
        // Stocktakes can be too good only for a gauge whose error is known.
        tolerances: match book.instruments.stock() {
            Some(_) => Tolerances::Declared,
            None => Tolerances::Assumed,
        },
        late: Some(lateness(book, settled)),
        mended: Some(mended(book, repaired, settled)),
        model,
    }
}

/// Standard deviations beyond which a gain is no error of an instrument.
const GAIN_MAX: f64 = 3.0;

/// A gain that no instrument explains (goods used but not received on paper, a slip nobody contradicts) is reported apart.
/// It must teach the model nothing: the biases would swallow it, and what came after would look like losses. The balance
/// itself must be a gain: after a loss, of which the biases took a part, ordinary ones look like gains and are none.
fn doubt_gains(model: &mut Model, balances: &[f64]) {
    let own: Vec<f64> = standard_deviations(model);
    let is_gain = |t: usize| match (balances.get(t), own.get(t)) {
        (Some(kg), Some(sd)) => *kg < -GAIN_MAX * sd,
        _ => false,
    };
    let mut looked_at = 0;
    loop {
        let innovations = Whitener::of(model).whiten(balances);
        let told = innovations.standardised.iter().zip(&innovations.residuals);
        // What is doubted changes nothing before it.
        let gain = told
            .enumerate()
            .skip(looked_at)
            .find(|(t, (z, _))| z.is_finite() && **z < -GAIN_MAX && is_gain(*t));
        let Some((t, (_, e))) = gain else {
            return;
        };
        if let Some(period) = model.periods.get_mut(t) {
            period.flows += e * e;
        }
        looked_at = t + 1;
    }
}

/// The difference to the other side's book, by period; none where no other side ever spoke.
fn difference(book: &Book, settled: usize, role: Role, first: Date) -> Option<Difference> {
    let told = |i: &&Item| i.role == role && i.other.is_some_and(|o| !o.disputed);
    let items: Vec<&Item> = book.items.iter().filter(told).collect();
    if items.is_empty() {
        return None;
    }
    let declared = book.instruments.role(role);
    let own = Instrument::of(declared, items.iter().map(|i| i.reading));
    let others = || items.iter().filter_map(|i| i.other);
    // Of the other side's scale only what its lines say is at hand.
    let theirs = Instrument::of(None, others().map(|o| o.reading));
    let both = libm::hypot(own.systematic, theirs.systematic);
    let (mut kg, mut largest) = (vec![0.0; settled], 0.0f64);
    let mut periods: Vec<Period> = (book.spans.iter().take(settled).enumerate())
        .map(|(t, span)| Period {
            flows: 0.0,
            closing: 0.0,
            amounts: vec![0.0],
            renewed: if t > 0 && calibrated(declared, first, span.from, span.to) {
                Epochs::of([0])
            } else {
                Epochs::NONE
            },
        })
        .collect();
    for item in items {
        let (Some(other), Some(sum), Some(period)) = (
            item.other,
            kg.get_mut(item.period),
            periods.get_mut(item.period),
        ) else {
            continue;
        };
        // A slip of a unit is a question to one of the two, and says nothing of what is missing.
        if item.slip {
            continue;
        }
        // What was sent less what arrived, by whichever side this is.
        let less = match role {
            Role::Issues => item.kg - other.kg,
            Role::Receipts | Role::Process => other.kg - item.kg,
        };
        *sum += less - other.allowed;
        let sd = |of: Instrument<'_>, reading| of.error(reading).random * other.kg;
        let (mine, other_sd) = (sd(own, item.reading), sd(theirs, other.reading));
        period.flows += mine * mine + other_sd * other_sd + own.rounding();
        // Packs that both sides count hang on no instrument.
        let systematic = |of: Instrument<'_>, reading| of.error(reading).systematic;
        let of_item = libm::hypot(
            systematic(own, item.reading),
            systematic(theirs, other.reading),
        );
        if let Some(slot) = period.amounts.first_mut().filter(|_| both > 0.0) {
            *slot += other.kg * of_item / both;
        }
        largest = largest.max(other.kg);
    }
    let mut model = Model {
        biases: vec![Bias {
            applies: Applies::Flow,
            variance: both * both,
        }],
        opening: 0.0,
        opening_amounts: vec![0.0],
        periods,
    };
    resolve(&mut model, largest);
    doubt_gains(&mut model, &kg);
    Some(Difference { kg, model })
}

/// Receipts that came later than their way takes.
fn lateness(book: &Book, settled: usize) -> Vec<Tally> {
    let mut periods = vec![Tally::default(); settled];
    let receipts = book.items.iter().filter(|i| i.role == Role::Receipts);
    for item in receipts.filter(|i| i.other.is_some()) {
        if let Some(period) = periods.get_mut(item.period) {
            period.items += 1;
            period.counted += u32::from(item.late);
        }
    }
    periods
}

/// Items of which a figure had to be mended. What is late is counted apart; rows in quarantine have not been booked.
fn mended(book: &Book, repaired: &Repaired, settled: usize) -> Vec<Tally> {
    let mut periods = vec![Tally::default(); settled];
    for item in &book.items {
        if let Some(tally) = periods.get_mut(item.period) {
            tally.items += 1;
        }
    }
    for artefact in MENDING {
        let taken = repaired.tried.iter();
        let taken = taken.filter(|t| t.artefact == artefact && t.outcome == Outcome::Explains);
        let lines: BTreeSet<_> = taken.map(|t| (t.period, t.line)).collect();
        // One mistake that is made every time is a habit, and counts once.
        let habit = lines.len() * 2 > book.items.len();
        for (period, _) in lines.iter().take(if habit { 1 } else { lines.len() }) {
            if let Some(tally) = periods.get_mut(*period) {
                tally.counted = (tally.counted + 1).min(tally.items);
            }
        }
    }
    periods
}
