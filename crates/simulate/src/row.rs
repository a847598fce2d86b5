//! One row of a movements file as its sender wrote it: one text per column.

use std::fmt::Write as _;

use weighbridge_books::substances::vocabulary::Field;

/// Number of columns, [`Field::Row`] apart.
const COLUMNS: usize = 29;

/// The cells of a row by column; empty means absent.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Default)]
pub struct Row {
    cells: [String; COLUMNS],
}

/// The columns of a movements file in their usual order.
pub fn columns() -> impl Iterator<Item = Field> {
    Field::ALL.iter().copied().filter(|f| *f != Field::Row)
}

impl Row {
    /// A row from its filled cells.
    #[must_use]
    pub fn of(cells: &[(Field, &str)]) -> Row {
        cells
            .iter()
            .fold(Row::default(), |row, (field, text)| row.with(*field, *text))
    }

    /// The text in a column.
    #[must_use]
    pub fn get(&self, field: Field) -> &str {
        (field as usize)
            .checked_sub(1)
            .and_then(|i| self.cells.get(i))
            .map_or("", String::as_str)
    }

    /// Writes a column.
    pub fn set(&mut self, field: Field, text: impl Into<String>) {
        if let Some(cell) = (field as usize)
            .checked_sub(1)
            .and_then(|i| self.cells.get_mut(i))
        {
            *cell = text.into();
        }
    }

    /// The row with a column written.
    #[must_use]
    pub fn with(mut self, field: Field, text: impl Into<String>) -> Row {
        self.set(field, text);
        self
    }

    /// A CSV file of rows: UTF-8, comma, one header row, every column; the first row of data is row 2.
    #[must_use]
    pub fn to_csv(rows: &[Row]) -> String {
        let mut out = String::new();
        let mut line = |cells: &mut dyn Iterator<Item = &str>| {
            for (i, cell) in cells.enumerate() {
                if i > 0 {
                    out.push(',');
                }
                if cell.contains(['"', ',', '\n', '\r']) {
                    let _ = write!(out, "\"{}\"", cell.replace('"', "\"\""));
                } else {
                    out.push_str(cell);
                }
            }
            out.push('\n');
        };
        line(&mut columns().map(Field::code));
        for row in rows {
            line(&mut columns().map(|f| row.get(f)));
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_column_has_a_cell() {
        assert_eq!(columns().count(), COLUMNS);
        for field in columns() {
            assert_eq!(Row::default().with(field, "x").get(field), "x");
        }
        assert_eq!(Row::default().with(Field::Row, "x"), Row::default());
    }

    #[test]
    fn a_file_has_a_header_and_quotes_where_needed() {
        let row = Row::of(&[(Field::Reporter, "A,1"), (Field::Remark, "say \"so\"")]);
        let csv = Row::to_csv(&[row]);
        let lines: Vec<_> = csv.lines().collect();
        assert!(lines[0].starts_with("reporter,site,kind,date"));
        assert!(lines[1].starts_with("\"A,1\",,"));
        assert!(lines[1].ends_with("\"say \"\"so\"\"\""));
    }
}
