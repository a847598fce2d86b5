//! Short names of files: without their folders, where no other file has the same name.

use std::collections::{BTreeMap, BTreeSet};

use crate::check::CheckResult;
use crate::sources::RowRef;

/// Rows of one side that are named; the rest is counted.
const ROWS_NAMED: usize = 20;

/// The files of a result, by the end of their path.
#[derive(Debug, Default)]
pub struct Names<'a> {
    by_end: BTreeMap<&'a str, BTreeSet<&'a str>>,
}

fn end(path: &str) -> &str {
    path.rsplit(['/', '\\']).next().unwrap_or(path)
}

impl<'a> Names<'a> {
    /// The names of everything that the result mentions.
    #[must_use]
    pub fn of(result: &'a CheckResult) -> Names<'a> {
        let mut names = Names::default();
        result.files.iter().for_each(|f| names.add(&f.file));
        result.quarantine.iter().for_each(|i| names.add(&i.file));
        for d in &result.discrepancies {
            let rows = d.dispatch_rows.iter().chain(&d.receipt_rows);
            rows.chain(&d.suggestion).for_each(|r| names.add(&r.file));
        }
        names
    }

    fn add(&mut self, path: &'a str) {
        self.by_end.entry(end(path)).or_default().insert(path);
    }

    /// The name without its folder, or all of it where two files would be taken for one.
    #[must_use]
    pub fn short<'b>(&self, path: &'b str) -> &'b str {
        let last = end(path);
        match self.by_end.get(last) {
            Some(paths) if paths.len() > 1 => path,
            _ => last,
        }
    }

    /// Rows as `file:row`, rows of one file together: `a.csv:2, 3; b.csv:7`.
    #[must_use]
    pub fn rows(&self, refs: &[RowRef]) -> String {
        joined(refs, |path| self.short(path))
    }
}

/// Rows as `file:row` with the files as they are given.
#[must_use]
pub(crate) fn rows(refs: &[RowRef]) -> String {
    joined(refs, |path| path)
}

fn joined<'b>(refs: &'b [RowRef], name: impl Fn(&'b str) -> &'b str) -> String {
    let mut out = String::new();
    let mut file = None;
    for r in refs.iter().take(ROWS_NAMED) {
        if file == Some(&r.file) {
            out.push_str(", ");
        } else {
            if file.is_some() {
                out.push_str("; ");
            }
            out.push_str(name(&r.file));
            out.push(':');
            file = Some(&r.file);
        }
        out.push_str(&r.row.to_string());
    }
    if refs.len() > ROWS_NAMED {
        out.push_str(&format!(" … (+{})", refs.len() - ROWS_NAMED));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_folder_is_shown_only_where_it_tells_files_apart() {
        let row = |file: &str, row| RowRef {
            file: file.to_owned(),
            row,
        };
        let mut names = Names::default();
        for path in ["x/a.csv", "y/a.csv", "y/b.csv"] {
            names.add(path);
        }
        let refs = [row("x/a.csv", 2), row("x/a.csv", 3), row("y/b.csv", 7)];
        assert_eq!(names.rows(&refs), "x/a.csv:2, 3; b.csv:7");
        assert_eq!(rows(&refs), "x/a.csv:2, 3; y/b.csv:7");
    }
}
