//! What the books do not keep in memory: which row of which file a line is, its texts, the rows set aside.

use serde::Serialize;
use weighbridge_books::substances::line::LineNo;
use weighbridge_books::substances::movement::Text;

/// A row as a spreadsheet shows it (the header is row 1), in a file.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Serialize)]
pub struct RowRef {
    /// File.
    pub file: String,
    /// Row.
    pub row: u32,
}

/// One reason why a row was set aside.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct QuarantineItem {
    /// File.
    pub file: String,
    /// Row.
    pub row: u32,
    /// Code of the column.
    pub field: String,
    /// Code of the reason.
    pub code: String,
    /// What stood there; empty for refused texts.
    pub found: String,
    /// What would have been right; may be empty.
    pub expected: String,
    /// Place among the row's reasons, from 0.
    #[serde(skip)]
    pub nth: usize,
}

/// What became of the rows of all files.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct LineCounts {
    /// Rows with content, headers not counted.
    pub read: u64,
    /// Rows taken into the account, corrections and deletions included.
    pub accepted: u64,
    /// Rows set aside.
    pub quarantined: u64,
    /// Rows that repeat earlier ones.
    pub duplicate: u64,
}

/// A file and what it was found to be.
#[derive(Clone, PartialEq, Eq, Debug, Default, Serialize)]
pub struct FileNote {
    /// File.
    pub file: String,
    /// Format, encoding, delimiter and so on: stable key and value, in the order in which they are shown.
    #[serde(serialize_with = "as_map")]
    pub detection: Vec<(String, String)>,
    /// Code of why the file could not be read.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<String>,
}

fn as_map<S: serde::Serializer>(
    pairs: &[(String, String)],
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.collect_map(pairs.iter().map(|(key, value)| (key, value)))
}

/// Reads what stands behind the lines of the books. The program implements it over the journal, or over files.
pub trait Sources {
    /// The row that a line came from.
    fn row(&self, line: LineNo) -> RowRef;

    /// A text of a line as reported; empty where absent.
    fn text(&self, line: LineNo, column: Text) -> String;

    /// Who reported a line, as written; empty where it is not at hand.
    fn reporter(&self, _line: LineNo) -> String {
        String::new()
    }

    /// The amount of a line with its unit, as reported; empty where it is not at hand.
    fn amount(&self, _line: LineNo) -> String {
        String::new()
    }

    /// Every reason why rows were set aside, in the order of files and rows.
    fn quarantine(&self) -> Vec<QuarantineItem>;

    /// What became of the rows.
    fn counts(&self) -> LineCounts;

    /// The files and what they were found to be.
    fn files(&self) -> Vec<FileNote> {
        Vec::new()
    }
}
