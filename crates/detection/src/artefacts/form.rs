//! A salt or hydrate booked as the base, or the base as one of them.

use weighbridge_measure::{FormTable, SubstanceId};

use super::{Candidate, Change, Neighbours, at_ratio};
use crate::book::{Book, kilograms};

/// Own amount over the right one, for every form of the substance that the table knows.
pub(super) fn ratios(substance: SubstanceId) -> Vec<f64> {
    let forms = FormTable::shipped().all();
    let own = forms.filter(|(_, form)| form.substance == Some(substance));
    own.flat_map(|(_, form)| {
        #[allow(clippy::cast_precision_loss, reason = "molar masses of a few digits")]
        let share = form.factor.num() as f64 / form.factor.den() as f64;
        [share, 1.0 / share]
    })
    .collect()
}

pub(super) fn candidates(book: &Book) -> Vec<Candidate> {
    let ratios = ratios(book.series.substance);
    let mut all = at_ratio(book, &ratios);
    // A stocktake has no other side but the balances before and after it.
    for (at, count) in book.counts.iter().enumerate() {
        let Some(line) = count.lines.first() else {
            continue;
        };
        let kg = kilograms(count.ug);
        all.extend(ratios.iter().map(|r| Candidate {
            line: *line,
            change: Change::DoubtCount(at, kg / r - kg, Neighbours::Both),
        }));
    }
    all
}
