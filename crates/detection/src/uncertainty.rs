//! How uncertain a balance is: the error model of a series from its lines, its stocktakes and its instruments.

use weighbridge_accountancy::model::Applies;
use weighbridge_accountancy::{Bias, Epochs, Model, Period};
use weighbridge_books::substances::kind::Kind;
use weighbridge_measure::{Date, ScaleClass};

use crate::artefacts::{Repaired, usual};
use crate::book::{Book, Item, Role, Span, kilograms};
use crate::instruments::{Declared, Error, NORMAL_LOSS, Reading, calibrated};
use crate::study::What;

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

/// An instrument of one role: as the register has it, or else the largest systematic error among its readings, to
/// which the others are scaled.
#[derive(Clone, Copy)]
pub(crate) struct Instrument<'a> {
    declared: Option<&'a Declared>,
    pub(crate) systematic: f64,
}

impl<'a> Instrument<'a> {
    pub(crate) fn of(
        declared: Option<&'a Declared>,
        readings: impl Iterator<Item = Reading>,
    ) -> Instrument<'a> {
        let systematic = match declared {
            Some(d) => d.error.systematic,
            None => {
                let all = readings.map(|r| Error::default_of(r).systematic);
                all.fold(0.0, f64::max)
            }
        };
        Instrument {
            declared,
            systematic,
        }
    }

    pub(crate) fn error(self, reading: Reading) -> Error {
        self.declared
            .map_or_else(|| Error::default_of(reading), |d| d.error)
    }

    /// How strongly an amount hangs on this instrument's bias.
    fn load(self, reading: Reading) -> f64 {
        if self.systematic > 0.0 {
            self.error(reading).systematic / self.systematic
        } else {
            0.0
        }
    }

    /// Variance of rounding one amount, kg².
    pub(crate) fn rounding(self) -> f64 {
        let step = self.declared.map_or(0.0, |d| d.step);
        step * step / 12.0
    }
}

/// Roles that have an instrument, in the order of their sources.
const ROLES: [Role; Role::COUNT] = [Role::Receipts, Role::Issues, Role::Process];

/// What the model of a series is made from.
struct Making<'a> {
    book: &'a Book,
    repaired: &'a Repaired,
    what: What<'a>,
    /// By role.
    instruments: [Instrument<'a>; Role::COUNT],
    gauge: Instrument<'a>,
    /// What an item usually weighs, by role, kg.
    usual: [Option<f64>; Role::COUNT],
    /// Counted packs alone: nothing is uncertain.
    exact: bool,
}

impl<'a> Making<'a> {
    fn of(book: &'a Book, repaired: &'a Repaired, what: What<'a>) -> Making<'a> {
        let instruments = ROLES.map(|role| {
            let own = book.items.iter().filter(|i| i.role == role);
            Instrument::of(book.instruments.role(role), own.map(|i| i.reading))
        });
        let counts = book.counts.iter().map(|c| c.reading);
        let gauge = Instrument::of(book.instruments.stock(), counts);
        let mut all = instruments.iter().chain(std::iter::once(&gauge));
        Making {
            exact: all.all(|i| i.systematic == 0.0),
            usual: ROLES.map(|role| usual(book, |i| i.role == role)),
            book,
            repaired,
            what,
            instruments,
            gauge,
        }
    }

    fn worse(&self, source: Source) -> f64 {
        match self.what.worse {
            Some((one, by)) if one == source => by,
            _ => 1.0,
        }
    }

    /// Standard deviation of a source's systematic error. Counted packs know no error at all, and so no loss in use either.
    fn systematic(&self, source: Source) -> f64 {
        let [receipts, issues, process] = &self.instruments;
        let own = match source {
            Source::Receipts => receipts.systematic,
            Source::Issues => issues.systematic,
            Source::Process => process.systematic,
            Source::Stock => self.gauge.systematic,
            Source::NormalLoss if self.exact => 0.0,
            Source::NormalLoss => NORMAL_LOSS,
        };
        own * self.worse(source)
    }

    /// Variance of rounding one amount as far as it is assumed, kg².
    fn rounding(&self) -> f64 {
        match self.exact {
            true => 0.0,
            false => self.what.rounded_to * self.what.rounded_to / 12.0,
        }
    }

    /// Variance of a stocktake, kg², and how much of it hangs on the gauge's bias, kg.
    fn stocktake(&self, at: usize) -> (f64, f64) {
        let count = self.book.counts.get(at);
        let none = Reading::with(ScaleClass::Exact);
        let (kg, reading) = count.map_or((0.0, none), |c| (kilograms(c.ug), c.reading));
        let sd = self.gauge.error(reading).random * self.worse(Source::Stock) * kg;
        let rounding = self.rounding() + self.gauge.rounding();
        let doubted = self.repaired.counts.get(at).copied().unwrap_or(0.0);
        (sd * sd + rounding + doubted, kg * self.gauge.load(reading))
    }

    /// A period before its items.
    fn period(&self, t: usize, span: &Span, first: Date) -> Period {
        let (closing, stock) = self.stocktake(t + 1);
        let declared = ROLES.map(|r| self.book.instruments.role(r)).into_iter();
        let declared = declared.chain([self.book.instruments.stock()]).enumerate();
        let renewed = declared.filter(|(_, d)| t > 0 && calibrated(*d, first, span.from, span.to));
        Period {
            flows: self.repaired.flows.get(t).copied().unwrap_or(0.0),
            closing,
            amounts: of_stock(stock),
            renewed: Epochs::of(renewed.map(|(bias, _)| bias)),
        }
    }

    fn add(&self, item: &Item, period: &mut Period) {
        let kg = robust(item, self.usual);
        let [receipts, issues, process] = self.instruments;
        let (instrument, source) = match item.role {
            Role::Receipts => (receipts, Source::Receipts),
            Role::Issues => (issues, Source::Issues),
            Role::Process => (process, Source::Process),
        };
        let sd = instrument.error(item.reading).random * self.worse(source) * kg;
        period.flows += sd * sd + self.rounding() + instrument.rounding();
        let mut load = |source: Source, kg: f64| {
            if let Some(slot) = period.amounts.get_mut(source as usize) {
                *slot += kg;
            }
        };
        load(source, item.sign * kg * instrument.load(item.reading));
        // Of counted packs nothing is lost in use.
        if item.kind == Kind::Use && !item.reading.is_exact() {
            load(Source::NormalLoss, kg);
        }
    }
}

/// Amounts by bias where only the stock has one, kg.
fn of_stock(kg: f64) -> Vec<f64> {
    let of = |source| if source == Source::Stock { kg } else { 0.0 };
    Source::ALL.map(of).to_vec()
}

/// The error model of the settled periods of a series.
pub(crate) fn model(book: &Book, repaired: &Repaired, settled: usize, what: What<'_>) -> Model {
    let making = Making::of(book, repaired, what);
    let first = first_day(book);
    let (opening, opening_stock) = making.stocktake(0);
    let spans = book.spans.iter().take(settled).enumerate();
    let mut periods: Vec<Period> = spans
        .map(|(t, span)| making.period(t, span, first))
        .collect();
    for item in &book.items {
        if let Some(period) = periods.get_mut(item.period) {
            making.add(item, period);
        }
    }
    let biases = Source::ALL.map(|source| {
        let sd = making.systematic(source);
        Bias {
            applies: match source {
                Source::Stock => Applies::Stock,
                _ => Applies::Flow,
            },
            variance: sd * sd,
        }
    });
    let mut model = Model {
        biases: biases.to_vec(),
        opening,
        opening_amounts: of_stock(opening_stock),
        periods,
    };
    let items = book.items.iter().map(|i| i.kg);
    let amounts = items.chain(book.counts.iter().map(|c| kilograms(c.ug)));
    resolve(&mut model, amounts.fold(0.0, f64::max));
    model
}

/// The day from which calibrations are counted where the register names none.
pub(crate) fn first_day(book: &Book) -> Date {
    book.spans.first().map_or(Date::MIN, |s| s.from)
}

/// No balance is known better than to this share of the largest amount of the series.
const RESOLUTION: f64 = 1e-6;

/// Where anything is uncertain every balance is, if by little: stock that comes and goes again without a line is known
/// exactly from the balance before, and a variance of 0 would make of the last digit of a product a loss without doubt.
/// Only where nothing is uncertain at all does a difference count as such.
pub(crate) fn resolve(model: &mut Model, largest: f64) {
    let stated = |p: &Period| p.flows > 0.0 || p.closing > 0.0;
    if model.opening <= 0.0 && !model.periods.iter().any(stated) {
        return;
    }
    let sd = RESOLUTION * largest;
    for period in &mut model.periods {
        period.flows += sd * sd;
    }
}
