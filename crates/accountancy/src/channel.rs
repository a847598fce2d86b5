//! The channels in which a loss can show, and the families that they belong to.

/// A statistic of one series that grows when something is missing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(usize)]
pub enum Channel {
    /// Page's test of the balance, allowance ¼: small and lasting.
    Creeping,
    /// Page's test of the balance, allowance ½: lasting.
    Lasting,
    /// Page's test of the balance, allowance 1½: abrupt.
    Abrupt,
    /// The year's sum of balances.
    Yearly,
    /// The detector with whitened signatures of the balance.
    Matched,
    /// Less booked than was sent.
    Receipts,
    /// Less arrived than was booked out.
    Issues,
    /// More used than the output explains.
    Yield,
    /// Balances too good to be measured.
    TooGood,
    /// Receipts booked late.
    Late,
    /// Figures that had to be mended before the balance was drawn.
    Mended,
}

/// Where a loss shows: the channels of one family look at the same records.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[repr(usize)]
pub enum Family {
    /// In the balance.
    Balance,
    /// Between the sender's and the own book.
    Receipts,
    /// Between the own and the customer's book.
    Issues,
    /// Between use and output.
    Yield,
    /// In stocktakes that are no weighings.
    TooGood,
    /// In how the books are kept.
    Bookkeeping,
}

impl Channel {
    /// Number of channels.
    pub const COUNT: usize = 11;
    /// Every channel.
    pub const ALL: [Channel; Channel::COUNT] = [
        Channel::Creeping,
        Channel::Lasting,
        Channel::Abrupt,
        Channel::Yearly,
        Channel::Matched,
        Channel::Receipts,
        Channel::Issues,
        Channel::Yield,
        Channel::TooGood,
        Channel::Late,
        Channel::Mended,
    ];

    /// Its family.
    #[must_use]
    pub fn family(self) -> Family {
        match self {
            Channel::Creeping
            | Channel::Lasting
            | Channel::Abrupt
            | Channel::Yearly
            | Channel::Matched => Family::Balance,
            Channel::Receipts => Family::Receipts,
            Channel::Issues => Family::Issues,
            Channel::Yield => Family::Yield,
            Channel::TooGood => Family::TooGood,
            Channel::Late | Channel::Mended => Family::Bookkeeping,
        }
    }

    /// Stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Channel::Creeping => "creeping",
            Channel::Lasting => "lasting",
            Channel::Abrupt => "abrupt",
            Channel::Yearly => "yearly",
            Channel::Matched => "matched",
            Channel::Receipts => "receipts",
            Channel::Issues => "issues",
            Channel::Yield => "yield",
            Channel::TooGood => "too_good",
            Channel::Late => "late",
            Channel::Mended => "mended",
        }
    }
}

impl Family {
    /// Number of families.
    pub const COUNT: usize = 6;
    /// Every family.
    pub const ALL: [Family; Family::COUNT] = [
        Family::Balance,
        Family::Receipts,
        Family::Issues,
        Family::Yield,
        Family::TooGood,
        Family::Bookkeeping,
    ];

    /// Share of the false alarms that it may use. Half for the balance, which whatever is taken must leave sooner or later
    /// unless somebody conceals it; the other half in equal shares for the five ways of concealing it.
    #[must_use]
    pub fn weight(self) -> f64 {
        match self {
            Family::Balance => 0.5,
            Family::Receipts
            | Family::Issues
            | Family::Yield
            | Family::TooGood
            | Family::Bookkeeping => 0.1,
        }
    }

    /// Its channels.
    pub fn channels(self) -> impl Iterator<Item = Channel> {
        Channel::ALL.into_iter().filter(move |c| c.family() == self)
    }
}

/// What every channel says after one period; −∞ where it cannot say anything.
pub type Readings = [f64; Channel::COUNT];

/// Periods of a year.
pub const YEAR: usize = 12;
/// Factor by which standard deviations may be larger than declared.
pub const INFLATION: f64 = 1.15;
