//! Why a file as a whole cannot be read.

use weighbridge_books::substances::vocabulary::Field;

use crate::layout::REQUIRED;
use crate::limits::HEADER_SEARCH;

/// A file that cannot be read. Texts and remedies are in the locale files under [`FileIssue::code`]; the fields here
/// are the data that they insert.
#[derive(Clone, PartialEq, Eq, Debug, thiserror::Error)]
pub enum FileIssue {
    /// Nothing but blanks.
    #[error("the file holds no rows")]
    Empty,
    /// A table with a header and nothing below it.
    #[error("no rows of data")]
    NoRows,
    /// A file of a kind that holds no rows: a picture, a document, an archive.
    #[error("a {what} holds no rows")]
    NotTable {
        /// Code of what it is.
        what: &'static str,
    },
    /// No encoding that we read makes text of it.
    #[error("not text in a known encoding (looks like {guess})")]
    NotText {
        /// What it looks like; may be empty.
        guess: String,
    },
    /// Text, but of no known format.
    #[error("unknown format")]
    UnknownFormat {
        /// The first line, cut.
        first: String,
    },
    /// None of the first rows is a header.
    #[error("no header in the first {rows} rows; the first is: {}", .seen.join(", "))]
    HeaderNotFound {
        /// Rows that were looked at.
        rows: usize,
        /// Codes of the columns that a header must have.
        wanted: Vec<&'static str>,
        /// The cells of the first row.
        seen: Vec<String>,
    },
    /// Required columns are absent.
    #[error("required columns are absent: {}", .absent.join(", "))]
    HeaderMissing {
        /// Codes of the absent columns.
        absent: Vec<&'static str>,
        /// The header cells that were seen.
        seen: Vec<String>,
    },
    /// Two columns claim the same meaning.
    #[error("two columns mean {field}: {first:?} and {second:?}")]
    HeaderTwice {
        /// The meaning.
        field: &'static str,
        /// One header.
        first: String,
        /// The other.
        second: String,
    },
    /// A column that would hold numbers of persons.
    #[error("column {header:?} holds identity numbers of persons; this account keeps no persons")]
    PersonColumn {
        /// The header.
        header: String,
    },
    /// A holders file was given where movements are read, or the other way round.
    #[error("this is a {found} file, expected {expected}")]
    WrongKind {
        /// Code of the format found.
        found: &'static str,
        /// Code of the format expected.
        expected: &'static str,
    },
    /// More rows than one submission may bring.
    #[error("more than {limit} rows")]
    TooManyRows {
        /// The limit.
        limit: u64,
    },
    /// More columns than a table may have.
    #[error("row {row} has more than {limit} columns")]
    TooManyColumns {
        /// Row number.
        row: u32,
        /// The limit.
        limit: usize,
    },
    /// A cell beyond what a sheet can have: nobody sees it, whoever opens the workbook.
    #[error("{cell} is outside any sheet")]
    OutsideSheet {
        /// The cell as the file names it; of a row its number alone.
        cell: String,
    },
    /// A record without an end.
    #[error("row {row} is longer than {limit} bytes and has no end")]
    LineTooLong {
        /// Row number.
        row: u32,
        /// The limit in bytes.
        limit: usize,
    },
    /// A document that is read as a whole and is too large for that.
    #[error("the document is larger than {limit} bytes")]
    TooLarge {
        /// The limit in bytes.
        limit: usize,
    },
    /// An event with more quantities, parties or transactions than any real one.
    #[error("an event has more than {limit} quantities, parties or transactions")]
    EventTooMany {
        /// The limit.
        limit: usize,
    },
    /// A workbook where only text is read.
    #[error("a workbook, where only text is read")]
    Workbook,
    /// A workbook that unpacks to more than any real one.
    #[error("the workbook unpacks to {unpacked} bytes, more than {limit}")]
    ZipBomb {
        /// What its directory says, or what was unpacked when reading stopped.
        unpacked: u64,
        /// The limit that was passed.
        limit: u64,
    },
    /// A workbook with a password.
    #[error("the workbook is encrypted")]
    EncryptedWorkbook,
    /// An old binary workbook that cannot be read.
    #[error("an old binary workbook that cannot be read: {detail}")]
    LegacyWorkbook {
        /// What the reader said.
        detail: String,
    },
    /// Broken inside.
    #[error("broken {format} at byte {offset}: {detail}")]
    Damaged {
        /// Code of the format.
        format: &'static str,
        /// Byte offset, 0 where unknown.
        offset: u64,
        /// What the reader said.
        detail: String,
    },
    /// Nested deeper than any real document.
    #[error("nested deeper than {limit} levels")]
    TooDeep {
        /// The limit.
        limit: usize,
    },
    /// XML with a document type definition, which may define entities.
    #[error("the document has a DTD; entities are not read")]
    EntitiesRefused,
    /// The bytes could not be read.
    #[error("reading failed: {detail}")]
    ReadFailed {
        /// What the operating system said.
        detail: String,
    },
}

impl FileIssue {
    /// The stable code.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            FileIssue::Empty => "empty",
            FileIssue::NoRows => "no_rows",
            FileIssue::NotTable { .. } => "not_table",
            FileIssue::NotText { .. } => "not_text",
            FileIssue::UnknownFormat { .. } => "unknown_format",
            FileIssue::HeaderNotFound { .. } => "header_not_found",
            FileIssue::HeaderMissing { .. } => "header_missing",
            FileIssue::HeaderTwice { .. } => "header_twice",
            FileIssue::PersonColumn { .. } => "person_column",
            FileIssue::WrongKind { .. } => "wrong_kind",
            FileIssue::TooManyRows { .. } => "too_many_rows",
            FileIssue::TooManyColumns { .. } => "too_many_columns",
            FileIssue::OutsideSheet { .. } => "outside_sheet",
            FileIssue::LineTooLong { .. } => "line_too_long",
            FileIssue::TooLarge { .. } => "too_large",
            FileIssue::EventTooMany { .. } => "event_too_many",
            FileIssue::Workbook => "workbook",
            FileIssue::ZipBomb { .. } => "zip_bomb",
            FileIssue::EncryptedWorkbook => "encrypted_workbook",
            FileIssue::LegacyWorkbook { .. } => "legacy_workbook",
            FileIssue::Damaged { .. } => "damaged",
            FileIssue::TooDeep { .. } => "too_deep",
            FileIssue::EntitiesRefused => "entities_refused",
            FileIssue::ReadFailed { .. } => "read_failed",
        }
    }

    pub(crate) fn read(error: &std::io::Error) -> FileIssue {
        FileIssue::ReadFailed {
            detail: error.to_string(),
        }
    }

    /// No header among the first rows; `seen` is the first of them.
    pub(crate) fn no_header(seen: Vec<String>) -> FileIssue {
        FileIssue::HeaderNotFound {
            rows: HEADER_SEARCH,
            wanted: REQUIRED.iter().map(|f| f.code()).collect(),
            seen,
        }
    }

    pub(crate) fn absent(fields: &[Field], seen: Vec<String>) -> FileIssue {
        FileIssue::HeaderMissing {
            absent: fields.iter().map(|f| f.code()).collect(),
            seen,
        }
    }
}
