//! Which open consignments stand behind a balance that does not close: those with a half in its series that were under
//! way between its first count and its latest.

use std::collections::BTreeMap;

use weighbridge_books::Books;

use crate::check::{BalanceItem, CheckResult, Discrepancy};

/// Open consignments by the series of their halves.
#[derive(Debug)]
pub struct Behind<'a> {
    of: BTreeMap<u32, Vec<&'a Discrepancy>>,
}

impl<'a> Behind<'a> {
    /// Builds the index once for all balances.
    #[must_use]
    pub fn new(result: &'a CheckResult, books: &Books) -> Behind<'a> {
        let mut of: BTreeMap<u32, Vec<&Discrepancy>> = BTreeMap::new();
        for d in &result.discrepancies {
            let lines = d
                .consignment
                .dispatches
                .iter()
                .chain(&d.consignment.receipts);
            let mut series: Vec<u32> = lines
                .filter_map(|l| books.substances.lines().get(*l))
                .map(|l| l.series())
                .collect();
            series.sort_unstable();
            series.dedup();
            for number in series {
                of.entry(number).or_default().push(d);
            }
        }
        Behind { of }
    }

    /// The open consignments of a balance, those whose mass comes nearest to its figure first.
    #[must_use]
    pub fn of(&self, balance: &BalanceItem) -> Vec<&'a Discrepancy> {
        let counted = |d: &&&Discrepancy| {
            balance.opened_on.is_none_or(|day| day <= d.first_date)
                && balance.counted_on.is_none_or(|day| d.first_date <= day)
        };
        let all = self
            .of
            .get(&balance.balance.number)
            .map_or(&[][..], Vec::as_slice);
        let mut behind: Vec<&Discrepancy> = all.iter().filter(counted).copied().collect();
        let figure = magnitude(balance);
        behind.sort_by_key(|d| match d.mass().unsigned_abs() {
            0 => u128::MAX,
            mass => mass.abs_diff(figure),
        });
        behind
    }

    /// Whether an open consignment comes within a tenth of the balance's figure.
    #[must_use]
    pub fn accounts_for(&self, balance: &BalanceItem) -> bool {
        let figure = magnitude(balance);
        let near = |d: &Discrepancy| d.mass().unsigned_abs().abs_diff(figure) <= figure / 10;
        self.of(balance).first().is_some_and(|d| near(d))
    }
}

fn magnitude(balance: &BalanceItem) -> u128 {
    balance.unexplained_ug.unwrap_or(0).unsigned_abs()
}
