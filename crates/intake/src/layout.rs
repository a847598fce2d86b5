//! Finding the header of a table and how its values are spelt, from the first rows.

use weighbridge_books::substances::vocabulary::Field;

use crate::dates::DateStyle;
use crate::guard::is_person_column;
use crate::headers::{Column, column};
use crate::holders::HolderField;
use crate::issue::FileIssue;
use crate::movements::Spelling;
use crate::number::{DecimalMark, split_unit};
use crate::text::key;
use weighbridge_measure::Unit;

/// The columns without which a table is no movements table.
pub(crate) const REQUIRED: [Field; 6] = [
    Field::Reporter,
    Field::Kind,
    Field::Date,
    Field::Substance,
    Field::Amount,
    Field::Unit,
];

/// Row number and cells.
pub(crate) type SampleRow = (u32, Vec<String>);

/// What a table was taken for.
#[derive(Clone, Debug)]
pub(crate) struct Layout {
    pub(crate) header_row: u32,
    pub(crate) columns: Vec<Column>,
    pub(crate) holders: bool,
    score: usize,
}

impl Layout {
    /// The header among the first rows: the row with the most columns that we know, at least two.
    pub(crate) fn find(rows: &[SampleRow]) -> Option<Layout> {
        let mut best: Option<Layout> = None;
        for (row, cells) in rows {
            let mut columns: Vec<Column> = cells.iter().map(|c| column(c)).collect();
            prefer_codes(&mut columns);
            let mut fields: Vec<Field> = columns.iter().filter_map(|c| c.field).collect();
            fields.sort_unstable();
            fields.dedup();
            let mut own: Vec<HolderField> =
                cells.iter().filter_map(|c| HolderField::of(c)).collect();
            own.sort_unstable();
            own.dedup();
            let holders = own.contains(&HolderField::Code) && own.len() >= fields.len();
            let score = if holders { own.len() } else { fields.len() };
            // Holders need only a code: a list of codes is one column under its heading.
            let least = if holders && cells.len() == 1 { 1 } else { 2 };
            if score >= least && best.as_ref().is_none_or(|b| score > b.score) {
                best = Some(Layout {
                    header_row: *row,
                    columns,
                    holders,
                    score,
                });
                // Every cell of the row is a known heading: no later row can be a better header.
                if score == cells.iter().filter(|c| !c.trim().is_empty()).count() {
                    break;
                }
            }
        }
        best
    }

    /// How many columns are known.
    pub(crate) fn score(&self) -> usize {
        self.score
    }

    /// Checks that the columns make a movements table.
    ///
    /// # Errors
    /// A column of persons, two columns of one meaning, required columns absent.
    pub(crate) fn check(&self, rows: &[SampleRow]) -> Result<(), FileIssue> {
        check_persons(self.columns.iter().map(|c| c.header.as_str()))?;
        for (n, a) in self.columns.iter().enumerate() {
            let twice = self
                .columns
                .iter()
                .skip(n + 1)
                .find(|b| a.field.is_some() && b.field == a.field);
            if let (Some(b), Some(field)) = (twice, a.field) {
                return Err(FileIssue::HeaderTwice {
                    field: field.code(),
                    first: a.header.clone(),
                    second: b.header.clone(),
                });
            }
        }
        let mut required = vec![Field::Kind, Field::Date, Field::Substance, Field::Amount];
        let inside = self
            .cells(rows, Field::Amount)
            .any(|c| !split_unit(c).1.is_empty());
        if self.unit().is_none() && !inside {
            required.push(Field::Unit);
        }
        // A file of deletions alone needs none of these.
        let deletions = self.has(Field::Action) && self.has(Field::Corrects);
        let absent: Vec<Field> = required.into_iter().filter(|f| !self.has(*f)).collect();
        if absent.is_empty() || deletions {
            Ok(())
        } else {
            Err(FileIssue::absent(&absent, self.seen()))
        }
    }

    /// How values are spelt, from the sample below the header.
    pub(crate) fn spelling(&self, rows: &[SampleRow]) -> Spelling {
        let numbers = [
            Field::Amount,
            Field::Concentration,
            Field::Density,
            Field::Temperature,
        ];
        let mark = match DecimalMark::of(self.cells(rows, Field::Amount)) {
            // Other numbers of the file testify when no amount has a fraction.
            DecimalMark::Unstated => {
                DecimalMark::of(numbers.into_iter().flat_map(|f| self.cells(rows, f)))
            }
            mark => mark,
        };
        let dates = DateStyle::of(
            self.cells(rows, Field::Date)
                .chain(self.cells(rows, Field::ReportedAt)),
        );
        Spelling {
            mark,
            dates,
            unit: self.unit(),
            day_numbers: None,
        }
    }

    pub(crate) fn has(&self, field: Field) -> bool {
        self.columns.iter().any(|c| c.field == Some(field))
    }

    /// The header cells that are not empty.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.columns
            .iter()
            .map(|c| c.header.clone())
            .filter(|h| !h.is_empty())
            .collect()
    }

    fn unit(&self) -> Option<Unit> {
        self.columns.iter().find_map(|c| c.unit)
    }

    fn cells<'r>(
        &self,
        rows: &'r [SampleRow],
        field: Field,
    ) -> impl Iterator<Item = &'r str> + use<'r> {
        let at = self.columns.iter().position(|c| c.field == Some(field));
        let header = self.header_row;
        rows.iter()
            .filter(move |(row, _)| *row > header)
            .filter_map(move |(_, cells)| at.and_then(|at| cells.get(at)))
            .map(String::as_str)
            .filter(|c| !c.is_empty())
    }
}

/// A party may stand in a file twice, by number and by name: the number is read, the name only shown as not read.
fn prefer_codes(columns: &mut [Column]) {
    let rank = |c: &Column| {
        let header = key(&c.header);
        if ["信用代码", "uscc", "credit"]
            .iter()
            .any(|w| header.contains(w))
        {
            2
        } else {
            u8::from(
                ["编码", "代码", "code", "number"]
                    .iter()
                    .any(|w| header.contains(w)),
            )
        }
    };
    for field in [Field::Reporter, Field::Counterparty] {
        let best = columns
            .iter()
            .filter(|c| c.field == Some(field))
            .map(rank)
            .max()
            .unwrap_or_default();
        for c in columns.iter_mut().filter(|c| c.field == Some(field)) {
            if rank(c) < best {
                c.field = None;
            }
        }
    }
}

/// Refuses columns that would hold numbers of persons.
pub(crate) fn check_persons<'a>(
    mut headers: impl Iterator<Item = &'a str>,
) -> Result<(), FileIssue> {
    match headers.find(|h| is_person_column(h)) {
        Some(header) => Err(FileIssue::PersonColumn {
            header: header.to_owned(),
        }),
        None => Ok(()),
    }
}
