//! The balance of a period: what went in, less what went out, less what the two stocktakes say.

/// Amounts of one period, kg of the reference form.
#[derive(Clone, Copy, PartialEq, Default, Debug)]
pub struct Amounts {
    /// Measured stock at the start: the last stocktake, never the book.
    pub opening: f64,
    /// Receipts.
    pub receipts: f64,
    /// Production and recovery.
    pub production: f64,
    /// Issues.
    pub issues: f64,
    /// Use.
    pub usage: f64,
    /// Declared waste, destruction, samples and losses.
    pub waste: f64,
    /// Normal loss that is allowed.
    pub allowed: f64,
    /// Measured stock at the end.
    pub closing: f64,
}

impl Amounts {
    /// What is unexplained, kg; positive = missing (MUF).
    #[must_use]
    pub fn unexplained(&self) -> f64 {
        self.book() - self.closing
    }

    /// What should be there at the end, kg.
    #[must_use]
    pub fn book(&self) -> f64 {
        self.opening + self.receipts + self.production
            - self.issues
            - self.usage
            - self.waste
            - self.allowed
    }
}
