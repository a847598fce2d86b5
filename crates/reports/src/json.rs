//! Tables as JSON: an array of objects under the columns' keys; masses are integer micrograms, codes stay codes.

use std::io::{self, Write};

use serde::ser::{Serialize, SerializeMap, Serializer};

use crate::table::{Cell, Column, Table};

struct Row<'a>(&'a [Column], &'a [Cell]);

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (column, cell) in self.0.iter().zip(self.1) {
            map.serialize_entry(column.key, cell)?;
        }
        map.end()
    }
}

impl Serialize for Cell {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Cell::Null => serializer.serialize_none(),
            Cell::Text(text) => serializer.serialize_str(text),
            Cell::Int(n) | Cell::MassUg(n) => serializer.serialize_i128(*n),
            Cell::Date(date) => serializer.collect_str(date),
            Cell::Time(time) => serializer.collect_str(time),
        }
    }
}

impl Serialize for Table {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_seq(self.rows.iter().map(|row| Row(&self.columns, row)))
    }
}

/// Writes a table, indented, with a line end.
///
/// # Errors
/// What the writer reports.
pub fn write(table: &Table, mut out: impl Write) -> io::Result<()> {
    serde_json::to_writer_pretty(&mut out, table)?;
    out.write_all(b"\n")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::sample_table;

    #[test]
    fn rows_are_objects() {
        let mut bytes = Vec::new();
        write(&sample_table(), &mut bytes).unwrap();
        insta::assert_snapshot!(String::from_utf8(bytes).unwrap());
    }
}
