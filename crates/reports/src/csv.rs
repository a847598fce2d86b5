//! Tables as CSV (RFC 4180), for people and for programs.
//!
//! A spreadsheet runs a text that begins with `=`, `+`, `-` or `@` (or the full-width form of one, or a tab or line
//! end) as a formula. Such a text gets an apostrophe before it, also after a `;`, tab or line end inside, where a
//! spreadsheet with another delimiter would begin a new cell. Numbers and dates are never changed: a negative mass
//! stays a number. The apostrophe is the only difference between a text here and as it was reported.

use std::borrow::Cow;
use std::io::{self, Write};

use crate::locale::Texts;
use crate::number;
use crate::table::{Cell, Column, Kind, Table};

/// Who reads the file.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Audience {
    /// Headings and codes in words, masses in kilograms (exact), a byte order mark so that spreadsheets see UTF-8.
    People,
    /// Keys and codes, masses in micrograms, no byte order mark.
    Programs,
}

/// Writes rows as they come; memory does not grow with the table.
pub struct CsvWriter<'a, W> {
    out: W,
    columns: &'a [Column],
    texts: &'a Texts,
    audience: Audience,
    line: String,
}

impl<'a, W: Write> CsvWriter<'a, W> {
    /// Writes the header.
    ///
    /// # Errors
    /// What the writer reports.
    pub fn new(
        out: W,
        columns: &'a [Column],
        texts: &'a Texts,
        audience: Audience,
    ) -> io::Result<Self> {
        let mut writer = CsvWriter {
            out,
            columns,
            texts,
            audience,
            line: String::new(),
        };
        if audience == Audience::People {
            writer.out.write_all("\u{feff}".as_bytes())?;
        }
        for (at, column) in columns.iter().enumerate() {
            let heading = match audience {
                Audience::People => column.heading(texts),
                Audience::Programs => column.key.to_owned(),
            };
            writer.field(at, &heading);
        }
        writer.end()?;
        Ok(writer)
    }

    /// Writes a row.
    ///
    /// # Errors
    /// What the writer reports.
    pub fn row(&mut self, cells: &[Cell]) -> io::Result<()> {
        for (at, (column, cell)) in self.columns.iter().zip(cells).enumerate() {
            match value(cell, column, self.texts, self.audience) {
                Value::Text(text) => {
                    let safe = neutral(&text).into_owned();
                    self.field(at, &safe);
                }
                Value::Number(text) => self.field(at, &text),
            }
        }
        self.end()
    }

    /// Flushes and gives the writer back.
    ///
    /// # Errors
    /// What the writer reports.
    pub fn finish(mut self) -> io::Result<W> {
        self.out.flush()?;
        Ok(self.out)
    }

    fn field(&mut self, at: usize, text: &str) {
        if at > 0 {
            self.line.push(',');
        }
        if text.contains(['"', ',', ';', '\t', '\r', '\n']) {
            self.line.push('"');
            self.line.push_str(&text.replace('"', "\"\""));
            self.line.push('"');
        } else {
            self.line.push_str(text);
        }
    }

    fn end(&mut self) -> io::Result<()> {
        self.line.push_str("\r\n");
        self.out.write_all(self.line.as_bytes())?;
        self.line.clear();
        Ok(())
    }
}

enum Value {
    /// What a spreadsheet might run.
    Text(String),
    /// Ours: a number, a date, a time.
    Number(String),
}

fn value(cell: &Cell, column: &Column, texts: &Texts, audience: Audience) -> Value {
    let people = audience == Audience::People;
    match (cell, column.kind) {
        (Cell::Null, _) => Value::Number(String::new()),
        (Cell::Text(code), Kind::Code(prefix)) if people => Value::Text(texts.code(prefix, code)),
        (Cell::Text(text), _) => Value::Text(text.clone()),
        (Cell::Int(n), Kind::Percent) if people => {
            Value::Number(number::percent(*n).replace(' ', ""))
        }
        (Cell::Int(n), _) => Value::Number(n.to_string()),
        (Cell::MassUg(ug), _) if people => Value::Number(number::kg_plain(*ug)),
        (Cell::MassUg(ug), _) => Value::Number(ug.to_string()),
        (Cell::Date(date), _) => Value::Number(date.to_string()),
        (Cell::Time(time), _) => Value::Number(time.to_string()),
    }
}

/// A text that no spreadsheet runs as a formula.
#[must_use]
pub fn neutral(text: &str) -> Cow<'_, str> {
    let runs = |c: char| {
        matches!(
            c,
            '=' | '+' | '-' | '@' | '＝' | '＋' | '－' | '＠' | '\t' | '\r' | '\n'
        )
    };
    let splits = |c: char| matches!(c, ';' | '\t' | '\r' | '\n');
    let mut out = String::new();
    let (mut from, mut at_start) = (0, true);
    for (at, c) in text.char_indices() {
        if at_start && runs(c) {
            out.push_str(text.get(from..at).unwrap_or(""));
            out.push('\'');
            from = at;
        }
        // Blanks before a formula do not keep every spreadsheet from running it.
        at_start = splits(c) || at_start && c == ' ';
    }
    if out.is_empty() {
        return Cow::Borrowed(text);
    }
    out.push_str(text.get(from..).unwrap_or(""));
    Cow::Owned(out)
}

/// Writes a whole table.
///
/// # Errors
/// What the writer reports.
pub fn write<W: Write>(table: &Table, texts: &Texts, audience: Audience, out: W) -> io::Result<W> {
    let mut writer = CsvWriter::new(out, &table.columns, texts, audience)?;
    table.rows.iter().try_for_each(|row| writer.row(row))?;
    writer.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Lang;
    use crate::testing::sample_table;

    #[test]
    fn formulas_are_neutralised() {
        for (text, want) in [
            ("=HYPERLINK(\"http://x\")", "'=HYPERLINK(\"http://x\")"),
            ("+1", "'+1"),
            ("-1", "'-1"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t'=1"),
            ("\r=1", "'\r'=1"),
            ("＝1", "'＝1"),
            ("  =1", "  '=1"),
            ("a;=1", "a;'=1"),
            ("a; =1", "a; '=1"),
            ("a\n=1", "a\n'=1"),
            ("HT-2024=7", "HT-2024=7"),
            ("易制毒-1", "易制毒-1"),
            ("", ""),
        ] {
            assert_eq!(neutral(text), want);
        }
    }

    #[test]
    fn for_people_and_for_programs() {
        for lang in Lang::ALL {
            let texts = Texts::new(lang);
            for (audience, name) in [
                (Audience::People, "people"),
                (Audience::Programs, "programs"),
            ] {
                let bytes = write(&sample_table(), &texts, audience, Vec::new()).unwrap();
                assert_eq!(
                    bytes.starts_with(&[0xef, 0xbb, 0xbf]),
                    audience == Audience::People
                );
                let text = String::from_utf8(bytes).unwrap();
                assert!(text.ends_with("\r\n"));
                insta::assert_snapshot!(
                    format!("csv_{}_{name}", lang.code()),
                    text.replace("\r\n", "␍\n")
                );
            }
        }
    }
}
