//! Tables and lists as plain text for a terminal: aligned, within a width, safe to print.
//!
//! Texts of reporters may hold control characters that move the cursor or change colours, and marks that turn the
//! direction of writing; they are replaced before anything is measured or shown.

use crate::locale::Texts;
use crate::table::{Cell, Column, Kind, Table};

/// Blanks between columns.
const GAP: usize = 2;

/// Width down to which a text column may be cut.
const NARROWEST: usize = 8;

/// Columns of a terminal that one character takes: 2 for East Asian wide forms (UAX #11), 0 for marks on other ones.
#[must_use]
pub fn char_width(c: char) -> usize {
    match u32::from(c) {
        0x0300..=0x036f | 0x200b..=0x200d | 0xfe00..=0xfe0f => 0,
        0x1100..=0x115f
        | 0x2e80..=0x303e
        | 0x3041..=0x4dbf
        | 0x4e00..=0xa4cf
        | 0xa960..=0xa97c
        | 0xac00..=0xd7a3
        | 0xf900..=0xfaff
        | 0xfe30..=0xfe6f
        | 0xff01..=0xff60
        | 0xffe0..=0xffe6
        | 0x1f300..=0x1f64f
        | 0x1f900..=0x1f9ff
        | 0x20000..=0x3fffd => 2,
        _ => 1,
    }
}

/// Columns of a terminal that a text takes.
#[must_use]
pub fn width(text: &str) -> usize {
    text.chars().map(char_width).sum()
}

/// A text that is safe to print on one line: control characters and direction marks become `�`, line ends and tabs blanks.
#[must_use]
pub fn clean(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\n' | '\r' | '\t' => ' ',
            c if c.is_control() => '\u{fffd}',
            '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
                '\u{fffd}'
            }
            c => c,
        })
        .collect()
}

/// A text cut to a width, with an ellipsis where something is missing.
#[must_use]
pub fn cut(text: &str, max: usize) -> String {
    if width(text) <= max {
        return text.to_owned();
    }
    let mut left = max.saturating_sub(1);
    let mut out = String::new();
    for c in text.chars() {
        match left.checked_sub(char_width(c)) {
            Some(rest) => left = rest,
            None => break,
        }
        out.push(c);
    }
    out.push('…');
    out
}

/// A text padded on the right to a width.
#[must_use]
pub fn pad(text: &str, to: usize) -> String {
    format!("{text}{}", " ".repeat(to.saturating_sub(width(text))))
}

/// A text padded on the left to a width.
#[must_use]
pub fn pad_left(text: &str, to: usize) -> String {
    format!("{}{text}", " ".repeat(to.saturating_sub(width(text))))
}

/// Lines of a number and its words, numbers flush right, indented by two.
#[must_use]
pub fn counted(items: &[(String, String)]) -> String {
    let widest = items
        .iter()
        .map(|(number, _)| width(number))
        .max()
        .unwrap_or(0);
    items
        .iter()
        .map(|(number, words)| format!("  {}  {words}\n", pad_left(number, widest)))
        .collect()
}

/// A table with a header and a rule, each line ended. Text columns are cut until the table fits `max_width`; numbers
/// never are, so a table of many numbers may stay wider.
#[must_use]
pub fn render(table: &Table, texts: &Texts, max_width: Option<usize>) -> String {
    if table.rows.is_empty() {
        return format!("{}\n", texts.word("table_empty"));
    }
    let columns: Vec<Vec<String>> = (table.columns.iter().enumerate())
        .map(|(at, column)| laid_out(column, table.rows.iter().map(|row| row.get(at)), texts))
        .collect();
    let mut widths: Vec<usize> = columns
        .iter()
        .map(|cells| cells.iter().map(|c| width(c)).max().unwrap_or(0))
        .collect();
    if let Some(max) = max_width {
        fit(&mut widths, &table.columns, max);
    }
    let mut out = String::new();
    for line in 0..=table.rows.len() {
        let mut text = String::new();
        for ((column, cells), to) in table.columns.iter().zip(&columns).zip(&widths) {
            let cell = cells.get(line).map_or("", String::as_str);
            let cell = cut(cell, *to);
            text.push_str(&if column.kind.is_numeric() {
                pad_left(&cell, *to)
            } else {
                pad(&cell, *to)
            });
            text.push_str(&" ".repeat(GAP));
        }
        out.push_str(text.trim_end());
        out.push('\n');
        if line == 0 {
            let rule: Vec<String> = widths.iter().map(|w| "─".repeat(*w)).collect();
            out.push_str(&rule.join(&" ".repeat(GAP)));
            out.push('\n');
        }
    }
    out
}

/// Heading and cells of a column; masses are padded so that their decimal points stand under each other.
fn laid_out<'a>(
    column: &Column,
    cells: impl Iterator<Item = Option<&'a Cell>>,
    texts: &Texts,
) -> Vec<String> {
    let null = Cell::Null;
    let mut shown: Vec<String> = cells
        .map(|c| clean(&c.unwrap_or(&null).shown(column, texts)))
        .collect();
    if column.kind == Kind::MassUg {
        let tail = |text: &str| text.find('.').map_or(0, |point| text.len() - point);
        let longest = shown.iter().map(|text| tail(text)).max().unwrap_or(0);
        for text in shown.iter_mut().filter(|text| !text.is_empty()) {
            let missing = longest - tail(text);
            text.push_str(&" ".repeat(missing));
        }
    }
    shown.insert(0, column.heading(texts));
    shown
}

/// Takes columns from the widest text column, one at a time, until the table fits or all are at their narrowest.
fn fit(widths: &mut [usize], columns: &[Column], max: usize) {
    let total =
        |widths: &[usize]| widths.iter().sum::<usize>() + GAP * widths.len().saturating_sub(1);
    while total(widths) > max {
        let cuttable = widths
            .iter_mut()
            .zip(columns)
            .filter(|(w, c)| matches!(c.kind, Kind::Text | Kind::Code(_)) && **w > NARROWEST);
        let Some((widest, _)) = cuttable.max_by_key(|(w, _)| **w) else {
            return;
        };
        *widest -= 1;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::locale::Lang;

    fn sample() -> Table {
        let mut table = Table::new(
            "sample",
            "title-balances",
            &[
                Column::new("holder", "head-holder", Kind::Text),
                Column::new("state", "head-state", Kind::Code("state")),
                Column::mass("book_ug", "head-book"),
                Column::new("lines", "head-lines", Kind::Int),
            ],
        );
        let row = |holder: &str, state: &str, ug: i128, lines: i128| {
            vec![
                Cell::text(holder),
                Cell::text(state),
                Cell::MassUg(ug),
                Cell::Int(lines),
            ]
        };
        table
            .rows
            .push(row("LX-0001", "short", 1_234_500_000_000, 12));
        table.rows.push(row(
            "临溪化工\u{1b}[31m有限公司",
            "awaiting_receipt",
            -7,
            3_456,
        ));
        table
            .rows
            .push(vec![Cell::text("B"), Cell::Null, Cell::Null, Cell::int(0)]);
        table
    }

    #[test]
    fn widths_and_cuts() {
        for (text, want) in [
            ("", 0),
            ("abc", 3),
            ("易制毒", 6),
            ("e\u{301}", 1),
            ("Ａ１", 4),
        ] {
            assert_eq!(width(text), want, "{text}");
        }
        for (text, max, want) in [
            ("abcdef", 6, "abcdef"),
            ("abcdef", 4, "abc…"),
            ("易制毒化学品", 6, "易制…"),
            ("易制毒", 2, "…"),
        ] {
            assert_eq!(cut(text, max), want);
            assert!(width(&cut(text, max)) <= max);
        }
        assert_eq!(clean("a\u{1b}[2J\u{202e}b\tc\u{7f}"), "a�[2J�b c�");
    }

    #[test]
    fn english() {
        insta::assert_snapshot!(render(&sample(), &Texts::new(Lang::En), None));
    }

    #[test]
    fn chinese_narrow() {
        let text = render(&sample(), &Texts::new(Lang::Zh), Some(44));
        assert!(text.lines().all(|line| width(line) <= 44), "{text}");
        insta::assert_snapshot!(text);
    }
}
