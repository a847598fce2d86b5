//! Delimited text with the columns of the account.

use std::cell::Cell;
use std::io::BufRead;

use weighbridge_books::substances::quarantine::Code;

use crate::detect::Detection;
use crate::encoding::Utf8Stream;
use crate::issue::FileIssue;
use crate::movements::{Options, Parser};
use crate::records::{Found, Records};
use crate::row::RawRow;
use crate::sink::Sink;
use crate::summary::Summary;
use crate::table::{Out, Table};

/// Reads the rows below the header.
pub(crate) fn read(
    input: &mut dyn BufRead,
    detection: &Detection,
    options: &Options,
    sink: &mut dyn Sink,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary, FileIssue> {
    let fields = detection.columns.iter().map(|c| c.field).collect();
    let headers = detection.columns.iter().map(|c| c.header.clone()).collect();
    let mut table = Table::new(fields, headers, detection.encoding.transcoded(), options)?;
    let count = Cell::new(0);
    let stream = Utf8Stream::new(input, detection.encoding, &count);
    let mut records = Records::new(stream, detection.delimiter.unwrap_or(b','));
    let mut out = Out {
        parser: Parser::new(options, detection.spelling()),
        sink,
        summary: Summary::default(),
    };
    let mut shown = 0;
    loop {
        let found = records.next()?;
        if count.get() != shown {
            shown = count.get();
            progress(shown);
        }
        let row = records.row();
        match found {
            Found::End => return out.finish(),
            Found::Record if row <= detection.header_row => {
                Table::guard(row, records.text(), records.cells(), &mut out);
            }
            _ if row <= detection.header_row => {}
            Found::TooLong if records.unclosed() => Table::unclosed(row, records.text(), &mut out),
            Found::TooLong => Table::too_long(row, &mut out),
            Found::TooManyColumns => {
                out.unreadable(&RawRow::new(row), Code::Unreadable, "", &table.columns());
            }
            Found::Record => table.record(row, records.text(), records.cells(), &mut out),
        }
        out.limit()?;
    }
}
