//! One row of any format, cut into cells of the account's columns but not yet parsed.

use weighbridge_books::substances::quarantine::SetAside;
use weighbridge_books::substances::quarantine::{Code, Issue};
use weighbridge_books::substances::vocabulary::Field;

use crate::limits::MAX_KEPT;
use crate::text::cut;

/// Number of columns.
pub(crate) const FIELDS: usize = Field::ALL.len();

/// Cells by column; texts are folded and trimmed; empty means absent.
#[derive(Clone, Copy)]
pub(crate) struct RawRow<'a> {
    pub(crate) row: u32,
    cells: [&'a str; FIELDS],
    /// Bytes of the longest cell that was ever set.
    longest: usize,
}

impl<'a> RawRow<'a> {
    pub(crate) fn new(row: u32) -> RawRow<'a> {
        RawRow {
            row,
            cells: [""; FIELDS],
            longest: 0,
        }
    }

    #[allow(
        clippy::indexing_slicing,
        reason = "Field's discriminants are below FIELDS"
    )]
    pub(crate) fn get(&self, field: Field) -> &'a str {
        self.cells[field as usize]
    }

    #[allow(
        clippy::indexing_slicing,
        reason = "Field's discriminants are below FIELDS"
    )]
    pub(crate) fn set(&mut self, field: Field, text: &'a str) {
        self.cells[field as usize] = text;
        self.longest = self.longest.max(text.len());
    }

    /// No cell is longer than this.
    pub(crate) fn longest(&self) -> usize {
        self.longest
    }

    pub(crate) fn cells(&self) -> impl Iterator<Item = (Field, &'a str)> {
        Field::ALL.iter().copied().zip(self.cells)
    }

    /// The row as it is kept in quarantine: what was sent but for the remark.
    pub(crate) fn aside(&self, issues: Vec<Issue>) -> SetAside {
        let cells = self
            .cells()
            .filter(|(f, text)| *f != Field::Remark && !text.is_empty())
            .map(|(f, text)| (f, cut(text, MAX_KEPT).to_owned()))
            .collect();
        SetAside {
            row: self.row,
            issues,
            cells,
        }
    }
}

/// Leaves out of a row's reasons that the cells of these columns are empty: why they are is among them already.
pub(crate) fn explained(issues: &mut Vec<Issue>, columns: &[Field]) {
    issues.retain(|i| {
        let empty = matches!(
            i.code,
            Code::Missing | Code::CounterpartyMissing | Code::CaseMissing | Code::CorrectsMissing
        );
        !(empty && columns.contains(&i.field))
    });
}

/// A row that the guard refused: nothing of it is kept but its number, the field and the code.
pub(crate) fn refused(row: u32, field: Field) -> SetAside {
    let issue = Issue::new(row, field, Code::IdentityNumber, "", "");
    SetAside {
        row,
        issues: vec![issue],
        cells: Vec::new(),
    }
}
