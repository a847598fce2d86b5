//! Tables as a workbook: typed cells, a fixed header with filters, the same bytes for the same tables.
//!
//! A mass stands in kilograms as a number that people can add up; a spreadsheet keeps about 15 digits of it, so its
//! exact micrograms stand as text in a further column at the right. Texts are always strings, never formulas or links.

use rust_xlsxwriter::{
    DocProperties, ExcelDateTime, Format, FormatAlign, FormatBorder, Workbook, Worksheet, XlsxError,
};

use crate::locale::Texts;
use crate::table::{Cell, Column, Kind, Table};
use crate::terminal;

/// Rows of a sheet below its header; the format ends at 1,048,576 rows.
const SHEET_ROWS: usize = 1_048_575;
/// Characters of a cell that the format can hold.
const CELL_CHARS: usize = 32_767;
/// Widest column that is set, in characters.
const WIDEST: usize = 60;
/// Rows that are measured for the width of columns.
const MEASURED: usize = 1_000;

/// The cell formats of a workbook.
struct Formats {
    head: Format,
    mass: Format,
    int: Format,
    share: Format,
    date: Format,
    exact: Format,
}

impl Formats {
    fn new() -> Formats {
        let grey = 0x00E7_E6E1_u32;
        Formats {
            head: Format::new()
                .set_bold()
                .set_background_color(grey)
                .set_border_bottom(FormatBorder::Thin),
            mass: Format::new().set_num_format("#,##0.000######"),
            int: Format::new().set_num_format("#,##0"),
            share: Format::new().set_num_format("0.00 %"),
            date: Format::new().set_num_format("yyyy-mm-dd"),
            exact: Format::new().set_align(FormatAlign::Right),
        }
    }
}

/// A workbook with a sheet for each table; a table with more rows than a sheet holds goes on in further ones.
///
/// # Errors
/// What the writer of the format reports; nothing in a table of texts and numbers leads to it.
pub fn workbook(tables: &[&Table], texts: &Texts) -> Result<Vec<u8>, XlsxError> {
    let mut workbook = Workbook::new();
    // The day of making would make two workbooks of one content differ.
    let fixed = ExcelDateTime::from_ymd(2024, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&fixed));
    let formats = Formats::new();
    for table in tables {
        let mut rest = table.rows.as_slice();
        for number in 1.. {
            let (now, later) = rest.split_at(rest.len().min(SHEET_ROWS));
            let title = table.title(texts);
            let name = if number == 1 {
                title
            } else {
                format!("{title} {number}")
            };
            sheet(
                workbook.add_worksheet().set_name(name)?,
                table,
                now,
                texts,
                &formats,
            )?;
            rest = later;
            if rest.is_empty() {
                break;
            }
        }
    }
    workbook.save_to_buffer()
}

fn sheet(
    sheet: &mut Worksheet,
    table: &Table,
    rows: &[Vec<Cell>],
    texts: &Texts,
    formats: &Formats,
) -> Result<(), XlsxError> {
    // Exact micrograms stand after all columns, so that a reader meets kilograms first.
    let masses = table
        .columns
        .iter()
        .enumerate()
        .filter(|(_, c)| c.kind == Kind::MassUg);
    let exact: Vec<(usize, &Column)> = masses.collect();
    for (at, column) in table.columns.iter().enumerate() {
        let heading = column.heading(texts);
        sheet.set_column_width(place(at), width(&heading, column, at, rows, texts))?;
        sheet.write_string_with_format(0, place(at), heading, &formats.head)?;
    }
    for (after, (_, column)) in exact.iter().enumerate() {
        let at = place(table.columns.len() + after);
        sheet.set_column_width(at, 20)?;
        sheet.write_string_with_format(0, at, column.heading_in(texts, "µg"), &formats.head)?;
    }
    for (line, row) in (1u32..).zip(rows) {
        for (at, (column, cell)) in table.columns.iter().zip(row).enumerate() {
            write(sheet, line, place(at), column, cell, texts, formats)?;
        }
        for (after, (at, _)) in exact.iter().enumerate() {
            if let Some(Cell::MassUg(ug)) = row.get(*at) {
                let at = place(table.columns.len() + after);
                sheet.write_string_with_format(line, at, ug.to_string(), &formats.exact)?;
            }
        }
    }
    sheet.set_freeze_panes(1, 0)?;
    let last = u32::try_from(rows.len()).unwrap_or(0);
    let columns = table.columns.len() + exact.len();
    if columns > 0 {
        sheet.autofilter(0, 0, last, place(columns - 1))?;
    }
    sheet
        .set_landscape()
        .set_print_fit_to_pages(1, 0)
        .set_repeat_rows(0, 0)?;
    Ok(())
}

fn place(at: usize) -> u16 {
    u16::try_from(at).unwrap_or(u16::MAX)
}

#[allow(
    clippy::cast_precision_loss,
    reason = "kilograms and shares for adding up; exact micrograms stand beside them"
)]
fn write(
    sheet: &mut Worksheet,
    line: u32,
    at: u16,
    column: &Column,
    cell: &Cell,
    texts: &Texts,
    formats: &Formats,
) -> Result<(), XlsxError> {
    match (cell, column.kind) {
        (Cell::Null, _) => {}
        (Cell::Text(code), Kind::Code(prefix)) => {
            sheet.write_string(line, at, texts.code(prefix, code))?;
        }
        (Cell::Text(text), _) => {
            sheet.write_string(line, at, text.chars().take(CELL_CHARS).collect::<String>())?;
        }
        (Cell::Int(n), Kind::Percent) => {
            sheet.write_number_with_format(line, at, *n as f64 / 1e6, &formats.share)?;
        }
        (Cell::Int(n), _) => {
            sheet.write_number_with_format(line, at, *n as f64, &formats.int)?;
        }
        (Cell::MassUg(ug), _) => {
            sheet.write_number_with_format(line, at, *ug as f64 / 1e9, &formats.mass)?;
        }
        (Cell::Date(date), _) => {
            let (year, month, day) = date.ymd();
            let date = ExcelDateTime::from_ymd(u16::try_from(year).unwrap_or(1970), month, day)?;
            sheet.write_datetime_with_format(line, at, &date, &formats.date)?;
        }
        // UTC with microseconds; the format's own times have neither.
        (Cell::Time(time), _) => {
            sheet.write_string(line, at, time.to_string())?;
        }
    }
    Ok(())
}

fn width(heading: &str, column: &Column, at: usize, rows: &[Vec<Cell>], texts: &Texts) -> u16 {
    let cells = rows.iter().take(MEASURED).filter_map(|row| row.get(at));
    let cells = cells.map(|cell| terminal::width(&cell.shown(column, texts)));
    // Room for the filter's button beside the heading.
    let widest = cells
        .chain([terminal::width(heading) + 2])
        .max()
        .unwrap_or(0);
    u16::try_from(widest.min(WIDEST) + 2).unwrap_or(u16::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Lang;
    use crate::testing::sample_table;
    use calamine::{Data, Reader, Xlsx};

    #[test]
    fn cells_are_typed_and_no_text_is_a_formula() {
        let bytes = workbook(&[&sample_table()], &Texts::new(Lang::En)).unwrap();
        let mut book: Xlsx<_> =
            calamine::open_workbook_from_rs(std::io::Cursor::new(bytes)).unwrap();
        let name = book.sheet_names()[0].clone();
        assert_eq!(name, "Balances");
        let range = book.worksheet_range(&name).unwrap();
        let cell = |row: u32, col: u32| range.get_value((row, col)).cloned().unwrap_or(Data::Empty);
        assert_eq!(cell(0, 2), Data::String("Book (kg)".into()));
        assert_eq!(
            cell(1, 0),
            Data::String("=HYPERLINK(\"http://example.org\",\"x\")".into())
        );
        assert_eq!(cell(1, 1), Data::String("short".into()));
        assert_eq!(cell(1, 2), Data::Float(1234.5));
        assert_eq!(cell(1, 3), Data::Float(12.0));
        assert!(matches!(cell(1, 4), Data::DateTime(_)), "{:?}", cell(1, 4));
        assert_eq!(cell(0, 7), Data::String("Book (µg)".into()));
        assert_eq!(cell(1, 7), Data::String("1234500000000".into()));
        assert_eq!(
            book.worksheet_formula(&name).unwrap().used_cells().count(),
            0
        );
    }

    #[test]
    fn the_same_table_gives_the_same_bytes() {
        let texts = Texts::new(Lang::Zh);
        let first = workbook(&[&sample_table()], &texts).unwrap();
        // The container's own time of each file: 1980-01-01 00:00, never that of writing.
        assert_eq!(first[10..14], [0, 0, 0x21, 0]);
        assert_eq!(first, workbook(&[&sample_table()], &texts).unwrap());
    }
}
