//! What the machine can do at all with these bytes, and reading without keeping.

use std::fs::File;
use std::io::{BufReader, Read as _, Write as _};
use std::path::Path;

use weighbridge_books::substances::movement::Movement;
use weighbridge_books::substances::quarantine::{Issue, SetAside};
use weighbridge_intake::{Input, Options, Sink};
use weighbridge_measure::Date;

use crate::{Failure, best, row};

pub(crate) struct Sizes {
    pub(crate) lines: f64,
}

struct Null;

impl Sink for Null {
    fn movement(&mut self, _: &Movement<'_>) -> Result<(), Issue> {
        Ok(())
    }

    fn set_aside(&mut self, _: SetAside) {}
}

fn options() -> Options {
    Options {
        reporter: None,
        today: Date::from_ymd(2100, 1, 1).unwrap_or(Date::MAX),
    }
}

pub(crate) fn read_into(file: &Path, sink: &mut dyn Sink) -> Result<u64, Failure> {
    let mut head = vec![0; 64 << 10];
    let n = File::open(file)?.read(&mut head)?;
    let detection =
        weighbridge_intake::sniff(&head[..n], "lines.csv").map_err(|e| format!("{e:?}"))?;
    let mut stream = BufReader::with_capacity(1 << 20, File::open(file)?);
    let input = Input::Stream(&mut stream);
    let summary = weighbridge_intake::read(
        input,
        "lines.csv",
        &detection,
        &options(),
        sink,
        &mut |_| {},
    )
    .map_err(|e| format!("{e:?}"))?;
    Ok(summary.rows_read)
}

/// What the machine can do at all with these bytes.
pub(crate) fn limits(file: &Path, folder: &Path) -> Result<Sizes, Failure> {
    let bytes = std::fs::read(file)?;
    let megabytes = bytes.len() as f64 / 1e6;
    let (took, fields) = best(3, || csv_fields(&bytes));
    row(
        &format!("limit: csv-core alone ({} M fields)", fields / 1_000_000),
        megabytes,
        "MB",
        took,
    );
    let (took, _) = best(3, || ring::digest::digest(&ring::digest::SHA256, &bytes));
    row("limit: SHA-256 of the file", megabytes, "MB", took);
    let scratch = folder.join("scratch");
    let (took, written) = best(2, || -> std::io::Result<()> {
        let mut out = File::create(&scratch)?;
        out.write_all(&bytes)?;
        out.sync_all()
    });
    written?;
    std::fs::remove_file(&scratch)?;
    row("limit: sequential write with fsync", megabytes, "MB", took);
    let (took, rows) = best(2, || read_into(file, &mut Null));
    let lines = rows? as f64 / 1e6;
    row(
        "parse and check every row (no sink)",
        lines,
        "M lines",
        took,
    );
    Ok(Sizes { lines })
}

fn csv_fields(bytes: &[u8]) -> u64 {
    let mut reader = csv_core::Reader::new();
    let (mut out, mut rest, mut fields) = (vec![0u8; 1 << 16], bytes, 0u64);
    loop {
        let (result, read, _) = reader.read_field(rest, &mut out);
        rest = &rest[read..];
        match result {
            csv_core::ReadFieldResult::Field { .. } => fields += 1,
            csv_core::ReadFieldResult::End => return fields,
            _ => {}
        }
    }
}
