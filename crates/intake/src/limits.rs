//! Limits on everything that comes from outside.

/// Bytes of the head that [`crate::sniff`] wants; a shorter head is taken for the whole file.
pub const SNIFF_LEN: usize = 64 * 1024;

/// Bytes of one record (a row with its quoted line breaks). Real rows stay below 4 KiB; the limit keeps memory constant
/// when a file has no line breaks at all.
pub const MAX_RECORD: usize = 1024 * 1024;

/// Columns of a table. The widest known layout (the ARCOS public release) has 42.
pub const MAX_COLUMNS: usize = 512;

/// Rows of one file: what one submission may bring. A larger account is sent as several files.
pub const MAX_ROWS: u64 = 100_000_000;

/// Records at the top of a table among which the header is looked for (titles and blank lines stand above it in
/// exports of spreadsheets).
pub const HEADER_SEARCH: usize = 20;

/// Bytes of a text cell that is kept as reported (codes, numbers, lots).
pub const MAX_TEXT: usize = 512;

/// Bytes of a remark.
pub const MAX_REMARK: usize = 16 * 1024;

/// Bytes of one cell that a quarantined row repeats; the original file has the rest.
pub const MAX_KEPT: usize = 1024;

/// Digits of a number; more cannot be exact in an account of micrograms.
pub const MAX_NUMBER: usize = 64;

/// Entries of a cache by cell text before it is emptied: memory must not grow with the file.
pub const MAX_CACHE: usize = 16 * 1024;

/// Different texts counted in a summary; the rest are counted together.
pub const MAX_COUNTED: usize = 1_000;

/// Institutions of one file whose names are kept.
pub const MAX_PARTIES: usize = 1_000_000;

/// Bytes of a workbook; it is read as a whole.
pub const MAX_WORKBOOK: usize = 256 * 1024 * 1024;

/// Unpacked bytes of a workbook, all parts together.
pub const MAX_UNPACKED: u64 = 512 * 1024 * 1024;

/// Unpacked bytes per packed byte. Real sheets of repetitive rows reach about 60, deflate ends at 1,032.
pub const MAX_RATIO: u64 = 250;

/// Below this many unpacked bytes the ratio does not matter.
pub const RATIO_FLOOR: u64 = 16 * 1024 * 1024;

/// Parts of a workbook.
pub const MAX_PARTS: usize = 10_000;

/// Cells of a sheet that are read.
pub const MAX_CELLS: u64 = 100_000_000;

/// Blocks of merged cells of a sheet that are looked at. Real tables have a few per page.
pub const MAX_MERGED: usize = 100_000;

/// Bytes of one event of an EPCIS document; the document itself may be of any length.
pub const MAX_EVENT: usize = 16 * 1024 * 1024;

/// Quantity elements, parties or transactions of one event.
pub const MAX_PER_EVENT: usize = 10_000;

/// Nesting of an EPCIS document; the deepest sample has 12 levels.
pub const MAX_DEPTH: usize = 64;
