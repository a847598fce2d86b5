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

/// A balance below this share of its largest amount is the rounding of its own arithmetic: eight terms, each with an error
/// of at most half of 2⁻⁵².
const ROUNDING: f64 = 16.0 * f64::EPSILON;

impl Amounts {
    /// What is unexplained, kg; positive = missing (MUF). Exactly 0 where only the arithmetic differs, since a count has no
    /// other tolerance.
    #[must_use]
    pub fn unexplained(&self) -> f64 {
        let balance = self.book() - self.closing;
        let amounts = [
            self.opening,
            self.receipts,
            self.production,
            self.issues,
            self.usage,
            self.waste,
            self.allowed,
            self.closing,
        ];
        let largest = amounts.iter().fold(0.0, |m: f64, kg| m.max(kg.abs()));
        if balance.abs() <= ROUNDING * largest {
            0.0
        } else {
            balance
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_count_balances_exactly() {
        let books = Amounts {
            opening: 0.1,
            receipts: 0.2,
            closing: 0.3,
            ..Amounts::default()
        };
        assert_ne!(books.book(), books.closing, "the arithmetic rounds");
        assert_eq!(books.unexplained(), 0.0);
        // Booked with the wrong sign and cancelled in the same period, by reference: as if it had never been.
        let cancelled = Amounts {
            receipts: books.receipts + 0.7 - 0.7,
            ..books
        };
        assert_eq!(cancelled.unexplained(), 0.0);
        for missing in [1e-9, -1e-9] {
            let short = Amounts {
                closing: 0.3 - missing,
                ..books
            };
            assert!(
                (short.unexplained() / missing - 1.0).abs() < 1e-6,
                "{short:?}"
            );
        }
    }
}
