//! Lines of the book from the newest back, without looking at those that cannot fit: each series is a chain from its last
//! line to its first.

use std::collections::{BTreeSet, BinaryHeap};

use weighbridge_books::Books;
use weighbridge_books::registry::HolderId;
use weighbridge_books::substances::key::text_key;
use weighbridge_books::substances::ledger::Series;
use weighbridge_books::substances::line::{Line, LineNo, Lines};
use weighbridge_reports::views::MovementFilter;

use crate::access::Sight;

/// No line before.
const NONE: LineNo = LineNo::MAX;

/// The last line of each series, and before each line the one of the same series. Only ever grows: who reads older books
/// leaves out the lines that these do not have.
#[derive(Default, Debug)]
pub(crate) struct Chains {
    heads: Vec<LineNo>,
    before: Vec<LineNo>,
}

impl Chains {
    /// Takes in the lines that have come.
    pub(crate) fn catch_up(&mut self, lines: &Lines) {
        for number in self.before.len()..lines.len() {
            let number = LineNo::try_from(number).unwrap_or(NONE);
            let series = lines.get(number).map_or(0, |l| l.series() as usize);
            if self.heads.len() <= series {
                self.heads.resize(series + 1, NONE);
            }
            let head = self.heads.get_mut(series);
            let before = head.map_or(NONE, |h| std::mem::replace(h, number));
            self.before.push(before);
        }
    }

    /// The lines of some series, newest first.
    fn of(&self, series: impl Iterator<Item = u32>) -> impl Iterator<Item = LineNo> {
        let heads = series.filter_map(|s| self.heads.get(s as usize).copied());
        let mut heap: BinaryHeap<LineNo> = heads.filter(|l| *l != NONE).collect();
        std::iter::from_fn(move || {
            let mut top = heap.peek_mut()?;
            let line = *top;
            match self.before.get(line as usize) {
                Some(before) if *before != NONE => *top = *before,
                _ => {
                    std::collections::binary_heap::PeekMut::pop(top);
                }
            }
            Some(line)
        })
    }
}

/// The lines that fit a filter and that somebody sees, newest first.
pub(crate) fn newest<'a>(
    books: &'a Books,
    chains: &'a Chains,
    filter: &'a MovementFilter,
    sight: &'a Sight,
) -> impl Iterator<Item = LineNo> + 'a {
    let (ledger, fits) = (&books.substances, filter.of(books));
    let seen = move |line: &LineNo| {
        let line = ledger.lines().get(*line);
        line.is_some_and(|l| fits(&l) && sees(books, sight, &l))
    };
    candidates(books, chains, filter, sight).filter(seen)
}

/// Whether a line is of a holder that somebody sees.
pub(crate) fn sees(books: &Books, sight: &Sight, l: &Line<'_>) -> bool {
    if *sight == Sight::All {
        return true;
    }
    let series = books.substances.series(l.series());
    series.is_some_and(|s| sight.sees(s.holder_on(&books.registry, l.date())))
}

/// Lines among which are all that fit.
fn candidates<'a>(
    books: &'a Books,
    chains: &'a Chains,
    filter: &MovementFilter,
    sight: &Sight,
) -> Box<dyn Iterator<Item = LineNo> + 'a> {
    let ledger = &books.substances;
    if let Some(document) = &filter.document {
        let key = text_key(document, &mut Vec::new());
        return Box::new(ledger.lines_of_document(key));
    }
    if let Some(lot) = &filter.lot {
        return match ledger.lot(lot) {
            Some(lot) => Box::new(ledger.lines_of_lot(lot)),
            None => Box::new(std::iter::empty()),
        };
    }
    let all = filter.holder.is_none() && filter.substance.is_none() && filter.site.is_none();
    if all && *sight == Sight::All {
        let lines = LineNo::try_from(ledger.lines().len()).unwrap_or(NONE);
        return Box::new((0..lines).rev());
    }
    let of: BTreeSet<u32> = ledger
        .all_series()
        .filter(|(_, s)| {
            let code = || books.registry.site(s.site).map(|site| site.code.as_str());
            filter.substance.is_none_or(|wanted| wanted == s.substance)
                && filter
                    .holder
                    .is_none_or(|h| may_be_of(books, s, |x| x == h))
                && (filter.site.is_none() || filter.site.as_deref() == code())
                && (*sight == Sight::All || may_be_of(books, s, |x| sight.sees(x)))
        })
        .map(|(number, _)| number)
        .collect();
    Box::new(chains.of(of.into_iter()))
}

/// Whether a series can have lines of a holder. After successions who had a site when is left to the filter.
fn may_be_of(books: &Books, series: &Series, is: impl Fn(HolderId) -> bool) -> bool {
    is(series.holder)
        || books.registry.has_successions()
            && (books.registry.changed_hands(series.site)
                || books.registry.at_last(series.holder) != series.holder)
}
