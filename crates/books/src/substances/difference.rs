//! What a change did to the book, told by laying two states of it side by side: the columns that can change at all are few.

use std::collections::BTreeSet;

use super::ledger::Ledger;
use super::line::LineNo;

impl Ledger {
    /// Lines that are new since an earlier state of the same book, whose state changed, or that are paired otherwise. Both
    /// must be settled. What the register says of their parties is not looked at.
    #[must_use]
    pub fn changed_since(&self, before: &Ledger) -> BTreeSet<LineNo> {
        let mut changed = BTreeSet::new();
        let states = before.lines.state.iter().zip(&self.lines.state);
        let numbered = (0..).zip(states);
        changed.extend(
            numbered
                .filter(|(_, (old, new))| old != new)
                .map(|(n, _)| n),
        );
        self.lines
            .outward
            .changed_since(&before.lines.outward, &mut changed);
        self.pairing.changed_since(&before.pairing, &mut changed);
        let number = |n: usize| LineNo::try_from(n).unwrap_or(LineNo::MAX);
        changed.extend(number(before.lines.len())..number(self.lines.len()));
        changed
    }
}
