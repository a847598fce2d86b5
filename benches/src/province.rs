//! The lines that everything is measured on: a generated province without reporting faults, as one CSV.

use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::{Path, PathBuf};
use std::time::Instant;

use weighbridge_simulate::province::{Plan, Province};

use crate::{Failure, row};

pub(crate) fn plan(lines: u64) -> Plan {
    Plan {
        faults: false,
        ..Plan::bench(lines)
    }
}

/// All files of the province as one CSV: one header, every file's rows after it, in order of arrival.
pub(crate) fn generate(lines: u64, folder: &Path) -> Result<PathBuf, Failure> {
    let path = folder.join("lines.csv");
    let start = Instant::now();
    let mut out = BufWriter::new(File::create(&path)?);
    let mut rows = 0u64;
    let mut columns: Vec<Vec<u8>> = Vec::new();
    for file in Province::new(plan(lines)).files() {
        rows += write_rows(&file.bytes, &mut columns, &mut out)?;
    }
    out.flush()?;
    row(
        "generate (not ours to speed up)",
        rows as f64 / 1e6,
        "M lines",
        start.elapsed(),
    );
    Ok(path)
}

/// Appends the rows of one file in the order of the first file's columns.
fn write_rows(
    bytes: &[u8],
    columns: &mut Vec<Vec<u8>>,
    out: &mut impl std::io::Write,
) -> Result<u64, Failure> {
    let text = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut lines = text
        .split(|b| *b == b'\n')
        .map(|l| l.strip_suffix(b"\r").unwrap_or(l));
    let header: Vec<Vec<u8>> = lines
        .next()
        .unwrap_or_default()
        .split(|b| *b == b',')
        .map(<[u8]>::to_vec)
        .collect();
    if columns.is_empty() {
        header.clone_into(columns);
        out.write_all(&header.join(&b','))?;
        out.write_all(b"\n")?;
    }
    if header != *columns {
        return Ok(0);
    }
    let mut rows = 0;
    for line in lines.filter(|l| !l.is_empty()) {
        out.write_all(line)?;
        out.write_all(b"\n")?;
        rows += 1;
    }
    Ok(rows)
}
