//! Everything that is known of one series: its balances, what the other side says, its yield, how it is kept.

use crate::model::Model;

/// Whose figures the tolerances of a series are.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Tolerances {
    /// Declared for its own instruments.
    Declared,
    /// Assumed by the class of the instruments: they may be several times too wide, so that nothing is too good.
    Assumed,
}

/// One holder, site and substance, by settled period.
#[derive(Clone, PartialEq, Debug)]
pub struct Series {
    /// Error model of the balances.
    pub model: Model,
    /// Balances, kg; positive = missing.
    pub balances: Vec<f64>,
    /// The year in which each period ends, ascending: the yearly sum starts anew with each.
    pub years: Vec<u16>,
    /// Whose figures the tolerances are.
    pub tolerances: Tolerances,
    /// Receipts: what the other side sent, less allowance, less what was booked.
    pub receipts: Option<Difference>,
    /// Issues: what was booked, less allowance, less what the customer received.
    pub issues: Option<Difference>,
    /// Use against output.
    pub yields: Option<Yield>,
    /// Items reported late.
    pub late: Option<Vec<Tally>>,
    /// Items of which a figure had to be mended before the balance was drawn.
    pub mended: Option<Vec<Tally>>,
}

/// Differences between two books, summed by period.
#[derive(Clone, PartialEq, Debug)]
pub struct Difference {
    /// kg by period; positive = less arrived, or was booked, than was sent.
    pub kg: Vec<f64>,
    /// Error model: no stock, the random errors of both sides, one bias a pair of instruments.
    pub model: Model,
}

/// Use against output.
#[derive(Clone, PartialEq, Debug)]
pub struct Yield {
    /// log(use / output) less that of the peers, by period.
    pub log_ratio: Vec<f64>,
    /// Standard deviation of one period's value about the holder's own level.
    pub spread: f64,
    /// Relative systematic standard deviation of the use.
    pub bias: f64,
}

/// How many items of a period are of a kind.
#[derive(Clone, Copy, PartialEq, Eq, Default, Debug)]
pub struct Tally {
    /// Those of the kind.
    pub counted: u32,
    /// All items.
    pub items: u32,
}
