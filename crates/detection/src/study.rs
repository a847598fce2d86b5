//! A series made ready to be judged: settled, repaired on a copy, with the uncertainty of every amount.

use std::collections::BTreeSet;

use weighbridge_accountancy::covariance::standard_deviations;
use weighbridge_accountancy::innovations::Whitener;
use weighbridge_accountancy::model::Applies;
use weighbridge_accountancy::series::{Difference, Lateness, Series, Tolerances};
use weighbridge_accountancy::{Bias, Epochs, Model, Period};
use weighbridge_measure::{Date, ScaleClass};

use crate::artefacts::{Artefact, Repaired, tried, usual};
use crate::book::{Book, Item, Role, kilograms};
use crate::instruments::{Declared, Error, NORMAL_LOSS, calibrated};

/// Days after the end of a period after which it counts as settled even where halves are still missing.
pub const SETTLED_AFTER_DAYS: i32 = 31;
/// An own amount that nobody confirms is taken for no more, and no less, than this many times the usual in variances.
const CLIPPED: f64 = 30.0;

/// What the uncertainty of a balance comes from; the order of the model's biases.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(usize)]
pub enum Source {
    /// The instrument of receipts.
    Receipts,
    /// The instrument of dispatches.
    Issues,
    /// The instrument of use, production and waste.
    Process,
    /// The gauge or scale of stocktakes.
    Stock,
    /// Normal loss in use beyond what is allowed.
    NormalLoss,
}

impl Source {
    /// Every source.
    pub const ALL: [Source; 5] = [
        Source::Receipts,
        Source::Issues,
        Source::Process,
        Source::Stock,
        Source::NormalLoss,
    ];

    /// Stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Source::Receipts => "receipts",
            Source::Issues => "issues",
            Source::Process => "process",
            Source::Stock => "stock",
            Source::NormalLoss => "normal_loss",
        }
    }
}

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

/// The amount that an item counts with in variances: the other side's, else its own within reason. Where one of the two
/// has a slip, whichever is nearer to what is usual.
fn robust(item: &Item, usual: [Option<f64>; Role::COUNT]) -> f64 {
    let usual = usual.get(item.role as usize).copied().flatten();
    let usual = usual.filter(|m| *m > 0.0);
    let clipped = usual.map_or(item.kg, |m| item.kg.clamp(m / CLIPPED, m * CLIPPED));
    let Some(other) = item.other.filter(|o| !o.disputed) else {
        return clipped;
    };
    let away = |kg: f64| usual.map_or(0.0, |m| libm::log(kg.max(f64::MIN_POSITIVE) / m).abs());
    if item.slip && away(item.kg) <= away(other.kg) {
        clipped
    } else {
        other.kg
    }
}

/// An instrument of one role: as the register has it, or else the largest systematic error among the classes of scale, to
/// which the others are scaled.
#[derive(Clone, Copy)]
struct Instrument<'a> {
    declared: Option<&'a Declared>,
    systematic: f64,
}

impl<'a> Instrument<'a> {
    fn of(
        declared: Option<&'a Declared>,
        classes: impl Iterator<Item = ScaleClass>,
    ) -> Instrument<'a> {
        let systematic = match declared {
            Some(d) => d.error.systematic,
            None => {
                let all = classes.map(|c| Error::default_of(c).systematic);
                all.fold(0.0, f64::max)
            }
        };
        Instrument {
            declared,
            systematic,
        }
    }

    fn error(self, class: ScaleClass) -> Error {
        self.declared
            .map_or_else(|| Error::default_of(class), |d| d.error)
    }

    /// How strongly an amount of a class hangs on this instrument's bias.
    fn load(self, class: ScaleClass) -> f64 {
        if self.systematic > 0.0 {
            self.error(class).systematic / self.systematic
        } else {
            0.0
        }
    }

    /// Variance of rounding one amount, kg².
    fn rounding(self) -> f64 {
        let step = self.declared.map_or(0.0, |d| d.step);
        step * step / 12.0
    }
}

fn first_day(book: &Book) -> Date {
    book.spans.first().map_or(Date::MIN, |s| s.from)
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
        model,
    }
}

fn model(book: &Book, repaired: &Repaired, settled: usize, what: What<'_>) -> Model {
    let usual = [Role::Receipts, Role::Issues, Role::Process].map(|r| usual(book, |i| i.role == r));
    let first = first_day(book);
    let worse = |source: Source| match what.worse {
        Some((one, by)) if one == source => by,
        _ => 1.0,
    };
    let roles = [Role::Receipts, Role::Issues, Role::Process];
    let instruments = roles.map(|role| {
        let own = book.items.iter().filter(|i| i.role == role);
        Instrument::of(book.instruments.role(role), own.map(|i| i.class))
    });
    let gauge = Instrument::of(
        book.instruments.stock(),
        book.counts.iter().map(|c| c.class),
    );
    let mut sources: Vec<(Source, f64)> = Source::ALL
        .iter()
        .zip(
            instruments
                .iter()
                .chain(std::iter::once(&gauge))
                .map(|i| i.systematic)
                .chain(std::iter::once(NORMAL_LOSS)),
        )
        .map(|(source, sd)| (*source, sd * worse(*source)))
        .collect();
    // Counted packs know no error at all, and so no loss in use either.
    let exact = sources.iter().take(4).all(|(_, sd)| *sd == 0.0);
    if exact {
        for (_, sd) in &mut sources {
            *sd = 0.0;
        }
    }
    let rounding = if exact {
        0.0
    } else {
        what.rounded_to * what.rounded_to / 12.0
    };
    let closing = |at: usize| {
        let count = book.counts.get(at);
        let (kg, class) = count.map_or((0.0, ScaleClass::Exact), |c| (kilograms(c.ug), c.class));
        let sd = gauge.error(class).random * worse(Source::Stock) * kg;
        let rounding = rounding + gauge.rounding();
        let doubted = repaired.counts.get(at).copied().unwrap_or(0.0);
        (sd * sd + rounding + doubted, kg * gauge.load(class))
    };
    let (opening, opening_stock) = closing(0);
    let mut periods: Vec<Period> = (book.spans.iter().take(settled).enumerate())
        .map(|(t, span)| {
            let (closing, stock) = closing(t + 1);
            let mut amounts = vec![0.0; Source::ALL.len()];
            if let Some(slot) = amounts.get_mut(Source::Stock as usize) {
                *slot = stock;
            }
            let declared = roles.map(|r| book.instruments.role(r)).into_iter();
            let declared = declared.chain([book.instruments.stock()]).enumerate();
            let renewed =
                declared.filter(|(_, d)| t > 0 && calibrated(*d, first, span.from, span.to));
            let renewed = Epochs::of(renewed.map(|(bias, _)| bias));
            Period {
                flows: repaired.flows.get(t).copied().unwrap_or(0.0),
                closing,
                amounts,
                renewed,
            }
        })
        .collect();
    for item in &book.items {
        let Some(period) = periods.get_mut(item.period) else {
            continue;
        };
        let kg = robust(item, usual);
        let (role, source) = match item.role {
            Role::Receipts => (instruments.first(), Source::Receipts),
            Role::Issues => (instruments.get(1), Source::Issues),
            Role::Process => (instruments.get(2), Source::Process),
        };
        let Some(role) = role else {
            continue;
        };
        let sd = role.error(item.class).random * worse(source) * kg;
        period.flows += sd * sd + rounding + role.rounding();
        let load = role.load(item.class);
        if let Some(slot) = period.amounts.get_mut(source as usize) {
            *slot += item.sign * kg * load;
        }
        // Of counted packs nothing is lost in use.
        let weighed = item.class != ScaleClass::Exact;
        let used = item.kind == weighbridge_books::substances::kind::Kind::Use && weighed;
        if let Some(slot) = period
            .amounts
            .get_mut(Source::NormalLoss as usize)
            .filter(|_| used)
        {
            *slot += kg;
        }
    }
    let biases = sources.iter().map(|(source, sd)| Bias {
        applies: match source {
            Source::Stock => Applies::Stock,
            _ => Applies::Flow,
        },
        variance: sd * sd,
    });
    let mut model = Model {
        biases: biases.collect(),
        opening,
        opening_amounts: vec![0.0, 0.0, 0.0, opening_stock, 0.0],
        periods,
    };
    let items = book.items.iter().map(|i| i.kg);
    let amounts = items.chain(book.counts.iter().map(|c| kilograms(c.ug)));
    resolve(&mut model, amounts.fold(0.0, f64::max));
    model
}

/// No balance is known better than to this share of the largest amount of the series.
const RESOLUTION: f64 = 1e-6;

/// Where anything is uncertain every balance is, if by little: stock that comes and goes again without a line is known
/// exactly from the balance before, and a variance of 0 would make of the last digit of a product a loss without doubt.
/// Only where nothing is uncertain at all does a difference count as such.
fn resolve(model: &mut Model, largest: f64) {
    let stated = |p: &Period| p.flows > 0.0 || p.closing > 0.0;
    if model.opening <= 0.0 && !model.periods.iter().any(stated) {
        return;
    }
    let sd = RESOLUTION * largest;
    for period in &mut model.periods {
        period.flows += sd * sd;
    }
}

/// Standard deviations beyond which a gain is no error of an instrument.
const GAIN_MAX: f64 = 6.0;

/// A gain that no instrument explains (goods used but not received on paper, a slip nobody contradicts) is reported apart.
/// It must teach the model nothing: the biases would swallow it, and what came after would look like losses.
fn doubt_gains(model: &mut Model, balances: &[f64]) {
    let mut looked_at = 0;
    loop {
        let innovations = Whitener::of(model).whiten(balances);
        let told = innovations.standardised.iter().zip(&innovations.residuals);
        // What is doubted changes nothing before it.
        let gain = told
            .enumerate()
            .skip(looked_at)
            .find(|(_, (z, _))| z.is_finite() && **z < -GAIN_MAX);
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
    let own = Instrument::of(declared, items.iter().map(|i| i.class));
    let others = || items.iter().filter_map(|i| i.other);
    // Of the other side's scale only the class is at hand.
    let theirs = Instrument::of(None, others().map(|o| o.class));
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
        let sd = |of: Instrument<'_>, class| of.error(class).random * other.kg;
        let (mine, other_sd) = (sd(own, item.class), sd(theirs, other.class));
        period.flows += mine * mine + other_sd * other_sd + own.rounding();
        // Packs that both sides count hang on no instrument.
        let systematic = |of: Instrument<'_>, class| of.error(class).systematic;
        let of_item = libm::hypot(systematic(own, item.class), systematic(theirs, other.class));
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
fn lateness(book: &Book, settled: usize) -> Vec<Lateness> {
    let mut periods = vec![Lateness::default(); settled];
    let receipts = book.items.iter().filter(|i| i.role == Role::Receipts);
    for item in receipts.filter(|i| i.other.is_some()) {
        if let Some(period) = periods.get_mut(item.period) {
            period.items += 1;
            period.late += u32::from(item.late);
        }
    }
    periods
}
