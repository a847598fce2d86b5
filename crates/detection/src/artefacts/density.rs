//! A volume booked as a mass, or the other way round. With the other side's amount at that ratio the copy takes it; alone,
//! a line that is written in another dimension than the others of its kind is only believed less.

use std::collections::BTreeMap;

use weighbridge_books::substances::kind::Kind;
use weighbridge_measure::{DensityTable, Ratio, SubstanceId, density};

use super::{Candidate, Change, at_ratio};
use crate::book::Book;

/// Share of the lines of a kind that must be written one way for the others to stand out.
const MOST: f64 = 0.8;

/// Own amount over the right one: kilograms written as litres, litres as kilograms.
pub(super) fn ratios(substance: SubstanceId) -> Vec<f64> {
    let pure = density(DensityTable::shipped(), substance, Ratio::ONE, None);
    #[allow(clippy::cast_precision_loss, reason = "a density of a few digits")]
    let kg_per_l = pure.map(|d| d.kg_per_l.num() as f64 / d.kg_per_l.den() as f64);
    kg_per_l.map_or_else(|_| Vec::new(), |d| vec![d, 1.0 / d])
}

pub(super) fn candidates(book: &Book) -> Vec<Candidate> {
    let ratios = ratios(book.series.substance);
    let mut all = at_ratio(book, &ratios);
    let Some(kg_per_l) = ratios.first() else {
        return all;
    };
    let mut written: BTreeMap<(Kind, bool), usize> = BTreeMap::new();
    for item in &book.items {
        *written.entry((item.kind, item.volume)).or_default() += 1;
    }
    for item in book.items.iter().filter(|i| i.other.is_none()) {
        let count = |volume| written.get(&(item.kind, volume)).copied().unwrap_or(0);
        let (same, others) = (count(item.volume), count(!item.volume));
        #[allow(clippy::cast_precision_loss, reason = "counts")]
        let stands_out = others as f64 >= MOST * (same + others) as f64;
        if stands_out {
            // Booked through the density where it should not have been, or not where it should.
            let right = if item.volume {
                item.kg / kg_per_l
            } else {
                item.kg * kg_per_l
            };
            all.push(Candidate {
                line: item.line,
                change: Change::DoubtItem(item.period, item.sign * (right - item.kg)),
            });
        }
    }
    all
}
