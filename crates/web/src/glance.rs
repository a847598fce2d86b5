//! What many pages ask of the books, worked out once for each state of the journal: the day of the latest line, and the
//! consignments that need a hand on it.

use std::sync::Arc;

use parking_lot::Mutex;
use weighbridge_books::substances::consignment::Consignment;
use weighbridge_measure::Date;

use crate::state::Served;

/// The account at a glance.
#[derive(Debug)]
pub(crate) struct Glance {
    /// Entries of the journal by then.
    size: u64,
    /// The latest date of a live line; the day of the server where there is none.
    pub(crate) on: Date,
    /// Short, over, disputed or overdue on that day.
    pub(crate) open: Vec<Consignment>,
}

/// The last glance.
#[derive(Default)]
pub(crate) struct Glances(Mutex<Option<Arc<Glance>>>);

impl Glances {
    /// The glance of an account; a new one where entries have come since the last.
    pub(crate) fn of(&self, account: &Served, today: Date) -> Arc<Glance> {
        let size = account.books().entries();
        // Whoever comes meanwhile waits for it instead of working it out as well.
        let mut last = self.0.lock();
        if let Some(glance) = last.as_ref().filter(|g| g.size == size) {
            return Arc::clone(glance);
        }
        let books = account.books();
        let live = books.substances.lines().iter().filter(|l| l.is_live());
        let on = live.map(|l| l.date()).max().unwrap_or(today);
        let all = books.substances.consignments(&books.registry, on);
        let open = all.filter(|c| c.is_open(on)).collect();
        let glance = Arc::new(Glance { size, on, open });
        *last = Some(Arc::clone(&glance));
        glance
    }
}
