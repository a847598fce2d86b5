//! Balances: opening, in, out, book, counted, unexplained (matching rules, 6).

use weighbridge_measure::Date;

use super::kind::{self, Kind};
use super::ledger::{Ledger, Series};
use super::line::State;

/// One series on a day. Masses in base µg.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Balance {
    /// Number of the series.
    pub number: u32,
    /// Site and substance.
    pub series: Series,
    /// First count; none if there was none.
    pub opening_ug: Option<i128>,
    /// Day of the first count.
    pub opened_on: Option<Date>,
    /// What came in since.
    pub in_ug: i128,
    /// What went out since.
    pub out_ug: i128,
    /// Opening + in − out; a net flow without an opening.
    pub book_ug: i128,
    /// Latest later count.
    pub counted_ug: Option<i128>,
    /// Its day.
    pub counted_on: Option<Date>,
    /// The book at the close of that day.
    pub book_at_count_ug: Option<i128>,
    /// Book at the count minus count, positive = missing.
    pub unexplained_ug: Option<i128>,
    /// Live lines in the balance, counts included.
    pub lines: u32,
}

/// +1 adds, −1 takes, 0 neither, by kind number; kinds that a byte can spell beyond the list add nothing.
#[allow(
    clippy::indexing_slicing,
    reason = "evaluated by the compiler, which checks the bounds"
)]
const SIGNS: [i8; 16] = {
    let mut signs = [0; 16];
    let mut at = 0;
    while at < 16 {
        signs[at] = match kind::RULES[at].line {
            kind::Line::Counted => 0,
            kind::Line::In => 1,
            kind::Line::Out => -1,
        };
        at += 1;
    }
    signs
};

#[derive(Clone, Copy, Default)]
struct Flow {
    in_ug: i128,
    out_ug: i128,
    /// What had flowed in net when the last count was made.
    at_count_ug: i128,
    lines: u32,
}

#[derive(Clone, Copy)]
struct Counts {
    first: u16,
    last: u16,
    opening_ug: i128,
    counted_ug: i128,
    any: bool,
}

const NO_COUNT: Counts = Counts {
    first: 0,
    last: u16::MAX,
    opening_ug: 0,
    counted_ug: 0,
    any: false,
};

impl Ledger {
    /// Every balance with at least one live line on or before a day, by series number. The ledger must be settled.
    #[must_use]
    pub fn balances(&self, on: Date) -> Vec<Balance> {
        let counts = self.counts(on);
        let mut flows = vec![Flow::default(); self.series.len()];
        let lines = &self.lines;
        let columns = lines
            .series
            .iter()
            .zip(&lines.date)
            .zip(&lines.what)
            .zip(&lines.state)
            .zip(&lines.base_ug);
        for ((((series, date), what), state), base_ug) in columns {
            if *state != State::Live as u8 || *date > on.days() {
                continue;
            }
            let sign = SIGNS.get(usize::from(*what & 15)).copied().unwrap_or(0);
            let (Some(flow), Some(count)) = (
                flows.get_mut(*series as usize),
                counts.get(*series as usize),
            ) else {
                continue;
            };
            flow.lines += 1;
            if *date < count.first {
                continue;
            }
            let amount = i128::from(*base_ug);
            match sign {
                1 => flow.in_ug += amount,
                -1 => flow.out_ug += amount,
                _ => {}
            }
            if *date <= count.last {
                flow.at_count_ug += amount * i128::from(sign);
            }
        }
        let all = self.all_series().zip(flows).zip(counts);
        all.filter(|((_, flow), _)| flow.lines > 0)
            .map(|(((number, series), flow), counts)| balance(number, series, &flow, &counts))
            .collect()
    }

    fn counts(&self, on: Date) -> Vec<Counts> {
        let mut counts = vec![NO_COUNT; self.series.len()];
        let lines = &self.lines;
        let stocktakes = || {
            let columns = lines
                .series
                .iter()
                .zip(&lines.date)
                .zip(&lines.what)
                .zip(&lines.state)
                .zip(&lines.base_ug);
            columns.filter(|((((_, date), what), state), _)| {
                *what & 15 == Kind::Stocktake as u8
                    && **state == State::Live as u8
                    && **date <= on.days()
            })
        };
        for ((((series, date), _), _), _) in stocktakes() {
            if let Some(c) = counts.get_mut(*series as usize) {
                c.first = if c.any { c.first.min(*date) } else { *date };
                c.last = if c.any { c.last.max(*date) } else { *date };
                c.any = true;
            }
        }
        for ((((series, date), _), _), base_ug) in stocktakes() {
            if let Some(c) = counts.get_mut(*series as usize) {
                if *date == c.first {
                    c.opening_ug += i128::from(*base_ug);
                }
                if *date == c.last {
                    c.counted_ug += i128::from(*base_ug);
                }
            }
        }
        counts
    }
}

fn balance(number: u32, series: Series, flow: &Flow, counts: &Counts) -> Balance {
    let opening = counts.any.then_some(counts.opening_ug);
    let again = counts.any && counts.last > counts.first;
    let counted = again.then_some(counts.counted_ug);
    let book_at_count = again.then_some(counts.opening_ug + flow.at_count_ug);
    Balance {
        number,
        series,
        opening_ug: opening,
        opened_on: counts.any.then(|| Date::from_days(counts.first)),
        in_ug: flow.in_ug,
        out_ug: flow.out_ug,
        book_ug: opening.unwrap_or(0) + flow.in_ug - flow.out_ug,
        counted_ug: counted,
        counted_on: again.then(|| Date::from_days(counts.last)),
        book_at_count_ug: book_at_count,
        unexplained_ug: book_at_count
            .zip(counted)
            .map(|(book, counted)| book - counted),
        lines: flow.lines,
    }
}
