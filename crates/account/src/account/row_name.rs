//! How a user names a row of a file, and a line among several that came with it.
//!
//! Absent: lines by their own numbers. A number is the reporter's, and two reporters may have the same one.

use std::num::ParseIntError;
use std::str::FromStr;

use weighbridge_books::substances::body::Movements;
use weighbridge_books::substances::movement::Text;

use crate::trouble::Trouble;

/// `ROW`, or `ROW:NTH` where several lines of the book came with one row, as with an event of several quantities. The
/// place counts from 1 among the lines of the entry that have the row's number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct RowName {
    /// Row in its file.
    pub row: u32,
    /// Place among the row's lines.
    pub nth: Option<u32>,
}

impl From<u32> for RowName {
    fn from(row: u32) -> RowName {
        RowName { row, nth: None }
    }
}

impl FromStr for RowName {
    type Err = ParseIntError;

    fn from_str(text: &str) -> Result<RowName, ParseIntError> {
        let (row, nth) = match text.split_once(':') {
            Some((row, nth)) => (row, Some(nth.parse()?)),
            None => (text, None),
        };
        Ok(RowName {
            row: row.parse()?,
            nth,
        })
    }
}

impl std::fmt::Display for RowName {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{}", self.row)?;
        self.nth.map_or(Ok(()), |nth| write!(f, ":{nth}"))
    }
}

impl RowName {
    /// The place of the line in its entry's body; nothing where there is none.
    ///
    /// # Errors
    /// [`Trouble::RowShared`] where several lines have the row and none of them is named.
    pub fn find(self, seq: u64, body: &Movements) -> Result<Option<usize>, Trouble> {
        let rows = body.rows.row.iter().enumerate();
        let places: Vec<usize> = rows
            .filter(|(_, row)| **row == self.row)
            .map(|(at, _)| at)
            .collect();
        match (self.nth, places.as_slice()) {
            (Some(nth), places) => Ok((nth as usize)
                .checked_sub(1)
                .and_then(|at| places.get(at).copied())),
            (None, [] | [_]) => Ok(places.first().copied()),
            (None, several) => Err(Trouble::RowShared {
                name: format!("{seq}:{self}"),
                lines: (1..)
                    .zip(several)
                    .take(LINES_SHOWN)
                    .map(|(nth, at)| {
                        named(
                            seq,
                            RowName {
                                nth: Some(nth),
                                ..self
                            },
                            body,
                            *at,
                        )
                    })
                    .collect(),
                more: several.len().saturating_sub(LINES_SHOWN),
            }),
        }
    }
}

/// Lines of one row that are listed to choose from.
const LINES_SHOWN: usize = 20;

/// A line with what tells it from the others of its row: its own number, or else its amount.
fn named(seq: u64, name: RowName, body: &Movements, at: usize) -> String {
    let number = match body.rows.text(Text::LineId, at) {
        "" => body.rows.text(Text::Corrects, at),
        number => number,
    };
    let what = [number, body.rows.amount.get(at)];
    let what: Vec<&str> = what.into_iter().filter(|text| !text.is_empty()).collect();
    format!("{seq}:{name} ({})", what.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names() {
        for (text, row, nth) in [("5", 5, None), ("5:2", 5, Some(2))] {
            let name: RowName = text.parse().unwrap();
            assert_eq!((name.row, name.nth), (row, nth));
            assert_eq!(name.to_string(), text);
        }
        for text in ["", ":", "5:", ":2", "5:2:1", "x", "-1"] {
            assert!(text.parse::<RowName>().is_err(), "{text}");
        }
    }
}
