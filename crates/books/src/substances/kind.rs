//! Movement kinds: what each one does to a balance, and what a row of it must bring.
//!
//! A kind is one row of [`RULES`]; everything that depends on the kind reads it there.

/// What happened to the goods (21 CFR 1304.32 names most of these lines).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Kind {
    /// A count: an observation beside the book, never a movement.
    Stocktake,
    /// The receiver's half of a consignment.
    Receipt,
    /// Manufactured.
    Production,
    /// Recovered from waste or spent solvent.
    Recovery,
    /// Taken back out of a process.
    ProcessReversal,
    /// A sample put back into stock.
    SampleReturn,
    /// A gain shown by weighing again.
    ReweighGain,
    /// Found again; only through a case.
    Found,
    /// The sender's half of a consignment.
    Dispatch,
    /// Used up in a process.
    Use,
    /// Taken as a sample.
    Sampling,
    /// Destroyed before witnesses.
    Destruction,
    /// Waste that cannot be recovered.
    Waste,
    /// A loss shown by weighing again.
    ReweighLoss,
    /// Lost, stolen or robbed; only through a case.
    Loss,
    /// Seized by an authority; only through a case.
    Seizure,
}

/// The balance line a kind is summed into.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Line {
    /// Counted stock: opens and checks a balance, is never summed into it.
    Counted,
    /// Adds to the book.
    In,
    /// Takes from the book.
    Out,
}

/// What a row of a kind must bring beside its amount.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Second {
    /// Nothing more.
    None,
    /// A counterparty: the row is one half of a consignment.
    Counterparty,
    /// A case number: the only door through which these enter a balance.
    Case,
}

/// One kind's rule.
#[derive(Clone, Copy, Debug)]
pub struct Rule {
    /// The kind.
    pub kind: Kind,
    /// The stable code used in files and in JSON.
    pub code: &'static str,
    /// The balance line.
    pub line: Line,
    /// What must stand beside the amount.
    pub second: Second,
}

const fn rule(kind: Kind, code: &'static str, line: Line, second: Second) -> Rule {
    Rule {
        kind,
        code,
        line,
        second,
    }
}

/// Every kind, in the order of its number in the journal. Append only.
pub const RULES: [Rule; 16] = [
    rule(Kind::Stocktake, "stocktake", Line::Counted, Second::None),
    rule(Kind::Receipt, "receipt", Line::In, Second::Counterparty),
    rule(Kind::Production, "production", Line::In, Second::None),
    rule(Kind::Recovery, "recovery", Line::In, Second::None),
    rule(
        Kind::ProcessReversal,
        "process_reversal",
        Line::In,
        Second::None,
    ),
    rule(Kind::SampleReturn, "sample_return", Line::In, Second::None),
    rule(Kind::ReweighGain, "reweigh_gain", Line::In, Second::None),
    rule(Kind::Found, "found", Line::In, Second::Case),
    rule(Kind::Dispatch, "dispatch", Line::Out, Second::Counterparty),
    rule(Kind::Use, "use", Line::Out, Second::None),
    rule(Kind::Sampling, "sampling", Line::Out, Second::None),
    rule(Kind::Destruction, "destruction", Line::Out, Second::None),
    rule(Kind::Waste, "waste", Line::Out, Second::None),
    rule(Kind::ReweighLoss, "reweigh_loss", Line::Out, Second::None),
    rule(Kind::Loss, "loss", Line::Out, Second::Case),
    rule(Kind::Seizure, "seizure", Line::Out, Second::Case),
];

impl Kind {
    /// The rule of this kind.
    #[must_use]
    pub fn rule(self) -> &'static Rule {
        #[allow(
            clippy::indexing_slicing,
            reason = "RULES has one row per discriminant; tested"
        )]
        &RULES[self as usize]
    }

    /// The kind with this number in the journal.
    #[must_use]
    pub fn from_number(number: u8) -> Option<Kind> {
        RULES.get(usize::from(number)).map(|r| r.kind)
    }

    /// The kind with this code.
    #[must_use]
    pub fn from_code(code: &str) -> Option<Kind> {
        RULES.iter().find(|r| r.code == code).map(|r| r.kind)
    }

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        self.rule().code
    }

    /// The balance line.
    #[must_use]
    pub fn line(self) -> Line {
        self.rule().line
    }

    /// Whether a row of this kind is one half of a consignment.
    #[must_use]
    pub fn is_half(self) -> bool {
        matches!(self, Kind::Dispatch | Kind::Receipt)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_stands_at_its_own_number() {
        for (number, rule) in RULES.iter().enumerate() {
            assert_eq!(rule.kind as usize, number);
            assert_eq!(Kind::from_code(rule.code), Some(rule.kind));
            assert_eq!(rule.kind.is_half(), rule.second == Second::Counterparty);
        }
    }
}
