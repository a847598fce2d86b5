//! The book of a series month by month, for charts: computed from the same live lines as its balance.

use std::collections::BTreeMap;

use weighbridge_books::Books;
use weighbridge_books::substances::kind::Line as BalanceLine;
use weighbridge_measure::Date;

use crate::svg::BookLine;

/// Points of a line; a longer history is drawn from its latest months.
const MONTHS_MAX: usize = 120;

/// Signed movements and counts of one series.
#[derive(Clone, Debug, Default)]
struct History {
    /// Day and signed mass, by day.
    flows: Vec<(Date, i128)>,
    /// Day and counted mass, counts of one day added.
    counts: BTreeMap<Date, i128>,
}

/// Histories of the series that a report shows.
#[derive(Debug, Default)]
pub(crate) struct Histories {
    of: BTreeMap<u32, History>,
}

impl Histories {
    /// Reads the histories of some series up to a day, in one pass over the lines.
    pub(crate) fn read(books: &Books, series: impl Iterator<Item = u32>, as_of: Date) -> Histories {
        let mut of: BTreeMap<u32, History> =
            series.map(|number| (number, History::default())).collect();
        for l in books
            .substances
            .lines()
            .iter()
            .filter(|l| l.is_live() && l.date() <= as_of)
        {
            let Some(history) = of.get_mut(&l.series()) else {
                continue;
            };
            let mass = i128::from(l.base_ug());
            match l.kind().line() {
                BalanceLine::Counted => *history.counts.entry(l.date()).or_default() += mass,
                BalanceLine::In => history.flows.push((l.date(), mass)),
                BalanceLine::Out => history.flows.push((l.date(), -mass)),
            }
        }
        for history in of.values_mut() {
            history.flows.sort_unstable();
        }
        Histories { of }
    }

    /// The book at the end of every month up to a day, and the counts.
    pub(crate) fn book(&self, series: u32, as_of: Date, mark: Option<Date>) -> Option<BookLine> {
        let History { flows, counts } = self.of.get(&series)?;
        // As in a balance: the first count opens the book at the beginning of its day; without one the book is a flow.
        let opened = counts.first_key_value().map(|(day, ug)| (*day, *ug));
        let first = opened
            .map(|(day, _)| day)
            .or(flows.first().map(|(day, _)| *day))?;
        let mut sum = opened.map_or(0, |(_, ug)| ug);
        let mut book = vec![(first, sum)];
        let mut rest = flows.iter().skip_while(|(day, _)| *day < first).peekable();
        let mut month = first.month();
        loop {
            let end = month
                .next()
                .first()
                .plus_days(-1)
                .unwrap_or(as_of)
                .min(as_of);
            while let Some((_, mass)) = rest.next_if(|(day, _)| *day <= end) {
                sum += mass;
            }
            book.push((end, sum));
            if end >= as_of {
                break;
            }
            month = month.next();
        }
        let cut = book.len().saturating_sub(MONTHS_MAX);
        let book = book.split_off(cut);
        let from = book.first().map_or(first, |(day, _)| *day);
        let counts = counts
            .iter()
            .filter(|(day, _)| **day >= from)
            .map(|(day, ug)| (*day, *ug))
            .collect();
        Some(BookLine {
            book,
            counts,
            mark: mark.filter(|day| *day >= from),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{AS_OF, account};

    #[test]
    fn the_last_point_is_the_balance() {
        let account = account();
        let as_of: Date = AS_OF.parse().unwrap();
        let balances = account.books.substances.balances(as_of);
        let histories = Histories::read(&account.books, balances.iter().map(|b| b.number), as_of);
        assert!(balances.len() > 3);
        for balance in balances {
            let line = histories.book(balance.number, as_of, None).unwrap();
            assert_eq!(
                line.book.last(),
                Some(&(as_of, balance.book_ug)),
                "{balance:?}"
            );
            let last_count = line
                .counts
                .last()
                .copied()
                .filter(|_| line.counts.len() > 1);
            assert_eq!(last_count, balance.counted_on.zip(balance.counted_ug));
        }
    }
}
