//! Where rows go.

use weighbridge_books::substances::draft::Draft;
use weighbridge_books::substances::movement::Movement;
use weighbridge_books::substances::quarantine::{Issue, SetAside};

/// Takes the rows of a file one by one, so that memory need not grow with the file: the sink decides on chunks.
pub trait Sink {
    /// A row that intake found nothing wrong with.
    ///
    /// # Errors
    /// What the sink found wrong; the row is then set aside with it.
    fn movement(&mut self, movement: &Movement<'_>) -> Result<(), Issue>;

    /// A row with reasons against it.
    fn set_aside(&mut self, row: SetAside);
}

impl Sink for Draft {
    fn movement(&mut self, movement: &Movement<'_>) -> Result<(), Issue> {
        self.push(movement)
    }

    fn set_aside(&mut self, row: SetAside) {
        Draft::set_aside(self, row);
    }
}
