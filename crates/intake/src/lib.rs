//! Files of reporters to rows of the account: formats, detection, the input guard.
//!
//! Bytes come in from the caller; no file is opened here. Every row of a file ends in one of three ways: as a
//! [`weighbridge_books::substances::movement::Movement`], set aside with all its reasons, or counted by name in the
//! [`Summary`] as something that moves nothing. Memory does not grow with the file (workbooks and EPCIS documents are
//! read as a whole, up to a limit).
//!
//! Absent: whether parties, sites and corrected lines exist, and everything else that needs the books.
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_possible_wrap
    )
)]

mod basis;
mod cache;
mod dates;
mod detect;
mod encoding;
#[cfg(test)]
mod files_tests;
mod foreign;
mod formats;
mod guard;
mod headers;
mod holders;
mod hours;
mod instruments;
mod issue;
mod layout;
pub mod limits;
mod movements;
#[cfg(test)]
mod movements_tests;
mod number;
mod records;
mod row;
mod sink;
mod summary;
mod table;
#[cfg(test)]
mod testing;
mod text;
mod totals;
mod whole;
mod words;

use std::io::{BufRead, Cursor};

pub use dates::DateStyle;
pub use detect::Detection;
pub use encoding::Encoding;
pub use formats::Format;
pub use guard::{holds_identity_number, is_person_column};
pub use headers::Column;
pub use holders::{HolderIssue, HoldersSummary, read_holders};
pub use hours::{HoursRow, read_hours};
pub use instruments::{contradiction, read_instruments};
pub use issue::FileIssue;
pub use movements::Options;
pub use number::DecimalMark;
pub use sink::Sink;
pub use summary::{Arcos, Note, PartyNote, Summary};
pub use text::fold;
pub use whole::{RowIssue, RowReason, Taken};

/// Finds out what a file is from its first bytes and its name.
///
/// # Errors
/// [`FileIssue`] where it can hold no rows, or none that we read.
pub fn sniff(head: &[u8], name: &str) -> Result<Detection, FileIssue> {
    foreign::check(head)?;
    detect::sniff(head, name)
}

/// The bytes of a file.
pub enum Input<'a> {
    /// A stream; workbooks cannot be read from one ([`Format::needs_bytes`]).
    Stream(&'a mut dyn BufRead),
    /// All bytes.
    Bytes(&'a [u8]),
}

/// Reads a file of movements into a sink.
///
/// `progress` is told the bytes taken from the input so far.
///
/// # Errors
/// [`FileIssue`] where the file as a whole cannot be read; rows that were read before reached the sink.
pub fn read(
    input: Input<'_>,
    _name: &str,
    detection: &Detection,
    options: &Options,
    sink: &mut dyn Sink,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary, FileIssue> {
    match (detection.format, input) {
        (Format::HoldersCsv, _) => Err(FileIssue::WrongKind {
            found: "holders_csv",
            expected: "movements",
        }),
        (Format::MovementsXlsx | Format::MovementsXls, Input::Bytes(bytes)) => {
            formats::movements_xlsx::read(bytes, detection, options, sink, progress)
        }
        (Format::MovementsXlsx | Format::MovementsXls, Input::Stream(_)) => {
            Err(FileIssue::ReadFailed {
                detail: "a workbook is read as a whole".to_owned(),
            })
        }
        (_, Input::Bytes(bytes)) => {
            read_stream(&mut Cursor::new(bytes), detection, options, sink, progress)
        }
        (_, Input::Stream(stream)) => read_stream(stream, detection, options, sink, progress),
    }
}

fn read_stream(
    input: &mut dyn BufRead,
    detection: &Detection,
    options: &Options,
    sink: &mut dyn Sink,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary, FileIssue> {
    match detection.format {
        Format::ArcosFixed => formats::arcos_fixed::read(input, detection, options, sink, progress),
        Format::ArcosTsv => formats::arcos_tsv::read(input, detection, options, sink, progress),
        Format::EpcisXml => formats::epcis_xml::read(input, detection, options, sink, progress),
        Format::EpcisJson => formats::epcis_json::read(input, detection, options, sink, progress),
        _ => formats::movements_csv::read(input, detection, options, sink, progress),
    }
}
