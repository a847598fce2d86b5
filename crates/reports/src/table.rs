//! The block that every list is made of: typed columns and rows. Renderers turn it into text, CSV, XLSX, JSON, Parquet.

use weighbridge_measure::{Date, Timestamp};

use crate::locale::Texts;
use crate::number;

/// What stands in a column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Kind {
    /// Text as reported.
    Text,
    /// A stable code of a closed list. Programs get the code, people the message `<prefix>-<code>`.
    Code(&'static str),
    /// An integer.
    Int,
    /// Micrograms of base equivalent; programs get the integer, people kilograms.
    MassUg,
    /// A civil date.
    Date,
    /// An instant.
    Time,
    /// A share as an integer of parts per million; people get percent.
    Percent,
}

impl Kind {
    /// Whether values are set flush right.
    #[must_use]
    pub fn is_numeric(self) -> bool {
        matches!(self, Kind::Int | Kind::MassUg | Kind::Percent)
    }
}

/// A column.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Column {
    /// Stable key: name in JSON, Parquet and CSV for programs. Masses end in `_ug`.
    pub key: &'static str,
    /// Message of the heading.
    pub heading_key: &'static str,
    /// What stands in it.
    pub kind: Kind,
    /// Unit that people read beside the heading; empty where there is none.
    pub unit: &'static str,
}

impl Column {
    /// A column of texts, codes, dates or counts.
    #[must_use]
    pub const fn new(key: &'static str, heading_key: &'static str, kind: Kind) -> Column {
        Column {
            key,
            heading_key,
            kind,
            unit: "",
        }
    }

    /// A column of masses, shown in kilograms.
    #[must_use]
    pub const fn mass(key: &'static str, heading_key: &'static str) -> Column {
        Column {
            key,
            heading_key,
            kind: Kind::MassUg,
            unit: "kg",
        }
    }

    /// The heading with its unit.
    #[must_use]
    pub fn heading(&self, texts: &Texts) -> String {
        self.heading_in(texts, self.unit)
    }

    /// The heading with another unit.
    #[must_use]
    pub fn heading_in(&self, texts: &Texts, unit: &str) -> String {
        let word = texts.word(self.heading_key);
        if unit.is_empty() {
            word
        } else {
            texts.say(
                "head_with_unit",
                &[("head", word.into()), ("unit", unit.into())],
            )
        }
    }
}

/// One value.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub enum Cell {
    /// Nothing is known.
    #[default]
    Null,
    /// A text or a code.
    Text(String),
    /// A count, or parts per million.
    Int(i128),
    /// Micrograms of base equivalent.
    MassUg(i128),
    /// A civil date.
    Date(Date),
    /// An instant.
    Time(Timestamp),
}

impl Cell {
    /// A text; nothing for an empty one.
    #[must_use]
    pub fn text(text: impl Into<String>) -> Cell {
        let text = text.into();
        if text.is_empty() {
            Cell::Null
        } else {
            Cell::Text(text)
        }
    }

    /// A mass, where there is one.
    #[must_use]
    pub fn mass(ug: Option<i128>) -> Cell {
        ug.map_or(Cell::Null, Cell::MassUg)
    }

    /// A date, where there is one.
    #[must_use]
    pub fn date(date: Option<Date>) -> Cell {
        date.map_or(Cell::Null, Cell::Date)
    }

    /// A count.
    #[must_use]
    pub fn int(n: impl Into<i128>) -> Cell {
        Cell::Int(n.into())
    }

    /// As people read it: words for codes, exact grouped kilograms, dates in ISO order.
    #[must_use]
    pub fn shown(&self, column: &Column, texts: &Texts) -> String {
        match (self, column.kind) {
            (Cell::Null, _) => String::new(),
            (Cell::Text(code), Kind::Code(prefix)) => texts.code(prefix, code),
            (Cell::Text(text), _) => text.clone(),
            (Cell::Int(n), Kind::Percent) => number::percent(*n),
            (Cell::Int(n), _) => number::grouped(*n),
            (Cell::MassUg(ug), _) => number::kg(*ug),
            (Cell::Date(date), _) => date.to_string(),
            (Cell::Time(time), _) => time.to_string(),
        }
    }
}

/// A list with a name.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    /// Stable name: file name and sheet key.
    pub name: &'static str,
    /// Message of the title.
    pub title_key: &'static str,
    /// Columns.
    pub columns: Vec<Column>,
    /// Rows; each has as many cells as there are columns.
    pub rows: Vec<Vec<Cell>>,
}

impl Table {
    /// An empty table.
    #[must_use]
    pub fn new(name: &'static str, title_key: &'static str, columns: &[Column]) -> Table {
        Table {
            name,
            title_key,
            columns: columns.to_vec(),
            rows: Vec::new(),
        }
    }

    /// The same columns without rows.
    #[must_use]
    pub fn clone_head(&self) -> Table {
        Table::new(self.name, self.title_key, &self.columns)
    }

    /// The place of a column, by its key.
    #[must_use]
    pub fn place_of(&self, key: &str) -> Option<usize> {
        self.columns.iter().position(|c| c.key == key)
    }

    /// The text in a column of one of its rows; nothing where there is none.
    #[must_use]
    pub fn text_of<'r>(&self, row: &'r [Cell], key: &str) -> &'r str {
        match self.place_of(key).and_then(|at| row.get(at)) {
            Some(Cell::Text(text)) => text,
            _ => "",
        }
    }

    /// The title.
    #[must_use]
    pub fn title(&self, texts: &Texts) -> String {
        texts.word(self.title_key)
    }
}
