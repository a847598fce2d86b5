//! DEA ARCOS automated records: 80 columns, upper case, one line per transaction.
//!
//! The layout is data ([`PROFILE`]). Some columns are still to be re-read in the handbook, which is why nothing writes
//! this format. A record names its goods by NDC alone and counts packages unless it gives a unit, so without a list of
//! products most records are set aside with their quantity: a package is not read as a weight.

use std::cell::Cell;
use std::io::BufRead;

use weighbridge_books::substances::quarantine::Code;
use weighbridge_books::substances::vocabulary::Field;
use weighbridge_measure::Decimal;

use crate::detect::Detection;
use crate::encoding::Utf8Stream;
use crate::formats::arcos::{Meaning, action, corrects, iso_date, meaning};
use crate::issue::FileIssue;
use crate::movements::{Options, Parser, Spelling, looks_like_dea};
use crate::number::DecimalMark;
use crate::records::{Found, Records};
use crate::row::RawRow;
use crate::sink::Sink;
use crate::summary::Summary;
use crate::table::{Out, Table};

/// Columns of a record.
#[derive(Clone, Copy)]
enum Col {
    Reporter,
    Transaction,
    Action,
    Ndc,
    Quantity,
    Unit,
    Associate,
    OrderForm,
    Date,
    Correction,
    Strength,
}

/// First column (from 1) and length of each field; the transaction and document identifiers (68-77, 78-80) are not
/// read: the first repeats within one reporter, the second only marks automated origin.
const PROFILE: [(Col, usize, usize); 11] = [
    (Col::Reporter, 1, 9),
    (Col::Transaction, 10, 1),
    (Col::Action, 11, 1),
    (Col::Ndc, 12, 11),
    (Col::Quantity, 23, 8),
    (Col::Unit, 31, 1),
    (Col::Associate, 32, 9),
    (Col::OrderForm, 41, 9),
    (Col::Date, 50, 6),
    (Col::Correction, 56, 8),
    (Col::Strength, 64, 4),
];

/// Length of a record; trailing blanks may be cut.
const LENGTH: usize = 80;

/// Columns up to the date, without which a line is no record.
const SHORTEST: usize = 55;

fn field(line: &str, column: Col) -> &str {
    let (_, start, length) = PROFILE
        .get(column as usize)
        .copied()
        .unwrap_or((column, 1, 0));
    let from = start.saturating_sub(1);
    line.get(from..(from + length).min(line.len()))
        .unwrap_or_default()
        .trim()
}

fn is_record(line: &str) -> bool {
    line.is_ascii()
        && (SHORTEST..=LENGTH).contains(&line.len())
        && looks_like_dea(field(line, Col::Reporter))
        && field(line, Col::Transaction)
            .bytes()
            .all(|b| b.is_ascii_alphanumeric())
        && field(line, Col::Date).bytes().all(|b| b.is_ascii_digit())
        && field(line, Col::Quantity)
            .bytes()
            .all(|b| b.is_ascii_digit())
}

/// Whether a head is this format: the first lines start with a registration number, most are records.
pub(crate) fn looks_like(head: &str) -> bool {
    let lines: Vec<&str> = head
        .lines()
        .map(str::trim_end)
        .filter(|l| !l.is_empty())
        .take(20)
        .collect();
    let records = lines.iter().filter(|l| is_record(l)).count();
    let registered = lines
        .iter()
        .filter(|l| l.get(..9).is_some_and(looks_like_dea))
        .count();
    records > 0 && registered == lines.len() && records * 2 >= lines.len()
}

pub(crate) fn read(
    input: &mut dyn BufRead,
    detection: &Detection,
    options: &Options,
    sink: &mut dyn Sink,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary, FileIssue> {
    let count = Cell::new(0);
    // No line holds a NUL, so each is one cell.
    let mut records =
        Records::new(Utf8Stream::new(input, detection.encoding, &count), 0).unquoted();
    let spelling = Spelling {
        mark: DecimalMark::Dot,
        ..Spelling::default()
    };
    let mut out = Out {
        parser: Parser::new(options, spelling),
        sink,
        summary: Summary::default(),
    };
    let (year, ..) = options.today.ymd();
    let mut first = true;
    let mut shown = 0;
    loop {
        let found = records.next()?;
        if count.get() != shown {
            shown = count.get();
            progress(shown);
        }
        let number = records.row();
        let line = std::str::from_utf8(records.text())
            .unwrap_or("\0")
            .trim_end();
        match found {
            Found::End => return out.finish(),
            Found::TooLong => Table::too_long(number, &mut out),
            Found::Record if is_record(line) => take(number, line, year, &mut out),
            Found::Record if first && line.get(..9).is_some_and(looks_like_dea) => {
                out.summary
                    .note(crate::summary::Note::ArcosControlRecord, line);
            }
            _ => out.unreadable(
                &RawRow::new(number),
                Code::Unreadable,
                line.trim_matches('\0'),
                "80 columns",
            ),
        }
        first = false;
        out.limit()?;
    }
}

fn take(number: u32, line: &str, year: i32, out: &mut Out<'_>) {
    let code = field(line, Col::Transaction);
    let action = action(field(line, Col::Action));
    let order_form = field(line, Col::OrderForm);
    let date = iso_date(field(line, Col::Date), year);
    let unit = match field(line, Col::Unit) {
        "1" => "ug",
        "2" => "mg",
        "3" => "g",
        "4" => "kg",
        "5" => "ml",
        "6" => "l",
        "D" => "dozen",
        "K" => "thousand",
        "" => "packages",
        other => other,
    };
    // Tenths of a percent; zero and 1000 are the pure substance.
    let purity = match field(line, Col::Strength).parse::<i64>() {
        Ok(tenths @ 1..=999) => Decimal::new(i128::from(tenths), 1)
            .map(|d| d.to_string())
            .unwrap_or_default(),
        _ => String::new(),
    };
    let quantity = field(line, Col::Quantity);
    let significant = quantity.trim_start_matches('0');
    let amount = if significant.is_empty() && !quantity.is_empty() {
        "0"
    } else {
        significant
    };
    let mut raw = RawRow::new(number);
    raw.set(Field::Reporter, field(line, Col::Reporter));
    raw.set(Field::Action, action);
    raw.set(Field::Substance, field(line, Col::Ndc));
    raw.set(Field::Amount, amount);
    raw.set(Field::Unit, unit);
    raw.set(Field::Concentration, &purity);
    raw.set(Field::Document, order_form);
    raw.set(
        Field::Corrects,
        corrects(action, field(line, Col::Correction), order_form),
    );
    raw.set(Field::Date, &date);
    match meaning(code) {
        Meaning::Movement(kind, reason) => {
            raw.set(Field::Kind, kind.code());
            raw.set(Field::Reason, reason.code());
            raw.set(Field::Counterparty, field(line, Col::Associate));
            out.row(&raw);
        }
        Meaning::Nothing(what) => {
            out.summary.rows_read += 1;
            Summary::count(&mut out.summary.ignored, what);
        }
        Meaning::Unmapped => {
            raw.set(Field::Kind, code);
            out.unmapped(&raw, code);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::run;

    fn line(
        reporter: &str,
        code: &str,
        action: &str,
        quantity: &str,
        unit: &str,
        correction: &str,
    ) -> String {
        let text = format!(
            "{reporter:9}{code:1}{action:1}{:11}{quantity:8}{unit:1}{:9}{:9}{:6}{correction:8}{:4}{:10}{:3}",
            "00406577101", "BK5697377", "08X000003", "011708", "0995", "0000000001", "E25"
        );
        assert_eq!(text.len(), LENGTH);
        text
    }

    #[test]
    fn the_profile_has_no_gaps_and_no_overlaps() {
        let mut next = 1;
        for (n, (column, start, length)) in PROFILE.into_iter().enumerate() {
            assert_eq!((column as usize, start), (n, next));
            next = start + length;
        }
        assert_eq!(next, 68);
    }

    #[test]
    fn records() {
        let r = "PK0070297";
        let lines = [
            format!("{r}*013120080131 M CONTROL"),
            line(r, "S", "", "00000004", "", ""),
            line(r, "S", "", "00417290", "2", ""),
            line(r, "S", "D", "00000004", "", "00000017"),
            line(r, "7", "", "", "", ""),
            line(r, "H", "", "00000001", "", ""),
            "PK0070297 too short".to_owned(),
        ];
        let text = lines.join("\r\n");
        assert!(looks_like(&text));
        let (c, summary) = run(text.as_bytes(), "report.txt").unwrap();
        assert_eq!(c.taken.len(), 1, "only the deletion needs no product");
        assert_eq!(
            (c.taken[0].action.code(), c.taken[0].texts[10].as_str()),
            ("delete", "00000017")
        );
        assert_eq!(
            c.issues(),
            [
                (2, "substance", "substance_unknown"),
                (2, "unit", "unit_not_mass"),
                (3, "substance", "substance_unknown"),
                (6, "kind", "unmapped"),
                (7, "row", "unreadable"),
            ]
        );
        assert!(
            c.aside[1]
                .cells
                .contains(&(Field::Amount, "417290".to_owned()))
        );
        assert!(
            c.aside[1]
                .cells
                .contains(&(Field::Concentration, "99.5".to_owned()))
        );
        assert_eq!(summary.ignored.len(), 1);
        assert!(
            summary
                .notes
                .keys()
                .any(|(note, _)| *note == crate::Note::ArcosControlRecord)
        );
    }

    #[test]
    fn other_text_is_not_this_format() {
        assert!(!looks_like("reporter,kind,date\nA,use,2024-01-31\n"));
        assert!(!looks_like(""));
    }
}
