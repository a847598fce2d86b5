//! Tables as Parquet: UTF-8 strings, 64-bit integers, dates and UTC microseconds, compressed with Snappy.
//!
//! Masses are INT64 micrograms; one that does not fit (beyond 9.2 million tonnes) is an error, never cut.

use std::io::Write;
use std::sync::Arc;

use parquet::basic::Compression;
use parquet::data_type::{ByteArray, ByteArrayType, Int32Type, Int64Type};
use parquet::errors::ParquetError;
use parquet::file::properties::WriterProperties;
use parquet::file::writer::{SerializedColumnWriter, SerializedFileWriter};
use parquet::schema::parser::parse_message_type;

use crate::table::{Cell, Column, Kind, Table};

/// Rows of a row group: what is held in memory while writing.
const GROUP_ROWS: usize = 1 << 17;

/// Why a table could not be written.
#[derive(Debug, thiserror::Error)]
pub enum ParquetFault {
    /// The writer or the format.
    #[error("the Parquet file could not be written: {0}")]
    Write(#[from] ParquetError),
    /// A number beyond 64 bits.
    #[error("a value of column {0} does not fit 64 bits")]
    TooLarge(&'static str),
}

/// Writes rows as they come, a row group at a time.
pub struct ParquetWriter<W: Write + Send> {
    file: SerializedFileWriter<W>,
    columns: Vec<Column>,
    held: Vec<Vec<Cell>>,
}

impl<W: Write + Send> ParquetWriter<W> {
    /// Begins a file.
    ///
    /// # Errors
    /// [`ParquetFault::Write`].
    pub fn new(out: W, columns: &[Column]) -> Result<Self, ParquetFault> {
        let fields: String = columns.iter().map(field).collect();
        let schema = parse_message_type(&format!("message weighbridge {{ {fields} }}"))?;
        let properties = WriterProperties::builder()
            .set_compression(Compression::SNAPPY)
            .build();
        let file = SerializedFileWriter::new(out, Arc::new(schema), Arc::new(properties))?;
        Ok(ParquetWriter {
            file,
            columns: columns.to_vec(),
            held: Vec::new(),
        })
    }

    /// Takes a row; cells that are missing at its end are null.
    ///
    /// # Errors
    /// [`ParquetFault`] when a full group is written.
    pub fn row(&mut self, cells: Vec<Cell>) -> Result<(), ParquetFault> {
        self.held.push(cells);
        if self.held.len() >= GROUP_ROWS {
            self.group()
        } else {
            Ok(())
        }
    }

    /// Writes what is held and the footer.
    ///
    /// # Errors
    /// [`ParquetFault`].
    pub fn finish(mut self) -> Result<W, ParquetFault> {
        if !self.held.is_empty() {
            self.group()?;
        }
        Ok(self.file.into_inner()?)
    }

    fn group(&mut self) -> Result<(), ParquetFault> {
        let rows = std::mem::take(&mut self.held);
        let mut group = self.file.next_row_group()?;
        for (at, column) in self.columns.iter().enumerate() {
            let Some(mut writer) = group.next_column()? else {
                break;
            };
            write_column(&mut writer, column, rows.iter().map(|row| row.get(at)))?;
            writer.close()?;
        }
        group.close()?;
        Ok(())
    }
}

fn field(column: &Column) -> String {
    let key = column.key;
    match column.kind {
        Kind::Text | Kind::Code(_) => format!("optional binary {key} (STRING); "),
        Kind::Int | Kind::MassUg | Kind::Percent => format!("optional int64 {key}; "),
        Kind::Date => format!("optional int32 {key} (DATE); "),
        Kind::Time => format!("optional int64 {key} (TIMESTAMP(MICROS,true)); "),
    }
}

fn write_column<'a>(
    writer: &mut SerializedColumnWriter<'_>,
    column: &Column,
    cells: impl Iterator<Item = Option<&'a Cell>>,
) -> Result<(), ParquetFault> {
    let (mut texts, mut longs, mut days) = (Vec::new(), Vec::new(), Vec::new());
    let mut levels: Vec<i16> = Vec::new();
    for cell in cells {
        let present = match (column.kind, cell) {
            (Kind::Text | Kind::Code(_), Some(Cell::Text(text))) => {
                texts.push(ByteArray::from(text.as_str()));
                true
            }
            (Kind::Int | Kind::MassUg | Kind::Percent, Some(Cell::Int(n) | Cell::MassUg(n))) => {
                longs.push(i64::try_from(*n).map_err(|_| ParquetFault::TooLarge(column.key))?);
                true
            }
            (Kind::Time, Some(Cell::Time(time))) => {
                longs.push(time.micros());
                true
            }
            (Kind::Date, Some(Cell::Date(date))) => {
                days.push(i32::from(date.days()));
                true
            }
            _ => false,
        };
        levels.push(i16::from(present));
    }
    match column.kind {
        Kind::Text | Kind::Code(_) => {
            writer
                .typed::<ByteArrayType>()
                .write_batch(&texts, Some(&levels), None)?
        }
        Kind::Date => writer
            .typed::<Int32Type>()
            .write_batch(&days, Some(&levels), None)?,
        _ => writer
            .typed::<Int64Type>()
            .write_batch(&longs, Some(&levels), None)?,
    };
    Ok(())
}

/// Writes a whole table.
///
/// # Errors
/// [`ParquetFault`].
pub fn write<W: Write + Send>(table: &Table, out: W) -> Result<W, ParquetFault> {
    let mut writer = ParquetWriter::new(out, &table.columns)?;
    table
        .rows
        .iter()
        .try_for_each(|row| writer.row(row.clone()))?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::sample_table;
    use parquet::file::reader::{FileReader, SerializedFileReader};

    #[test]
    fn rows_come_back() {
        let table = sample_table();
        let file = write(&table, tempfile::tempfile().unwrap()).unwrap();
        let reader = SerializedFileReader::new(file).unwrap();
        let rows: Vec<String> = reader
            .get_row_iter(None)
            .unwrap()
            .map(|r| r.unwrap().to_string())
            .collect();
        assert_eq!(rows.len(), table.rows.len());
        insta::assert_snapshot!(rows.join("\n"));
    }

    #[test]
    fn a_mass_beyond_64_bits_is_refused() {
        let mut table = Table::new(
            "t",
            "title-balances",
            &[Column::mass("book_ug", "head-book")],
        );
        table
            .rows
            .push(vec![Cell::MassUg(i128::from(i64::MAX) + 1)]);
        assert!(matches!(
            write(&table, Vec::new()),
            Err(ParquetFault::TooLarge("book_ug"))
        ));
        table.rows = vec![vec![Cell::MassUg(i128::from(i64::MAX))], vec![]];
        assert!(write(&table, Vec::new()).is_ok());
    }
}
