//! What the bytes of one row say, read out of the bytes alone.
//!
//! A receipt of a row proves bytes. Everything that is shown of it is made here from those bytes, both when the file is
//! written and when it is checked, so that readable lines which say something else are found.

use weighbridge_books::Damaged;
use weighbridge_books::codec::Reader;
use weighbridge_books::substances::kind::Kind;
use weighbridge_books::substances::movement::Text;
use weighbridge_books::substances::row_form::FIXED;
use weighbridge_books::substances::vocabulary::{Action, Mode, Packaging, Reason};
use weighbridge_measure::ScaleClass;
use weighbridge_reports::terminal::clean;

/// Values of a row in the order of its bytes: their names, which are those of the columns of a file of movements. `class`
/// is the scale's, `base_ug` the mass in µg of the pure substance.
const BEFORE_TEXTS: usize = FIXED;
/// Names of the text columns, in the order of [`Text::ALL`].
const TEXTS: [&str; Text::COUNT] = [
    "document",
    "lot",
    "permit",
    "case",
    "carrier",
    "instrument",
    "batch",
    "input_lots",
    "reported_at",
    "line_id",
    "corrects",
];
/// What a deletion does not say: it names a line, and the rest holds values without meaning.
const NOT_OF_A_DELETION: [&str; 14] = [
    "date",
    "kind",
    "class",
    "reason",
    "mode",
    "packaging",
    "substance",
    "unit",
    "form",
    "concentration",
    "temperature",
    "density",
    "amount",
    "base_ug",
];

/// One value of a row.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Field {
    /// Name of its column.
    pub name: &'static str,
    /// Its value: a code for what is a code, a text as reported.
    pub value: String,
}

/// The values of a row that say something, in the order of its bytes.
///
/// # Errors
/// [`Damaged`] where the bytes are not those of a row that this program knows.
pub fn fields(row: &[u8]) -> Result<Vec<Field>, Damaged> {
    let mut r = Reader::new(row);
    if r.array()? != BEFORE_TEXTS + Text::COUNT {
        return Err(Damaged("a row's values"));
    }
    let mut all = vec![("row", r.number()?.to_string())];
    all.push(("date", r.date()?.to_string()));
    let action = r.tiny()?;
    all.push((
        "action",
        named(action, Action::from_number(action).map(Action::code)),
    ));
    let kind = r.tiny()?;
    all.push(("kind", named(kind, Kind::from_number(kind).map(Kind::code))));
    let class = r.tiny()?;
    let of_list = ScaleClass::ALL.get(usize::from(class));
    all.push(("class", named(class, of_list.map(|class| class.code()))));
    let reason = r.tiny()?;
    all.push((
        "reason",
        named(reason, Reason::from_number(reason).map(Reason::code)),
    ));
    let mode = r.tiny()?;
    all.push(("mode", named(mode, Mode::from_number(mode).map(Mode::code))));
    let packaging = r.tiny()?;
    let code = Packaging::from_number(packaging).map(Packaging::code);
    all.push(("packaging", named(packaging, code)));
    for name in [
        "reporter",
        "site",
        "counterparty",
        "counterparty_site",
        "substance",
        "unit",
        "form",
        "concentration",
        "temperature",
        "density",
        "amount",
    ] {
        all.push((name, r.text()?));
    }
    all.push(("base_ug", r.signed()?.to_string()));
    for name in TEXTS {
        all.push((name, r.text()?));
    }
    r.end()?;
    let deletes = Action::from_number(action) == Some(Action::Delete);
    let says = |name: &str| !(deletes && NOT_OF_A_DELETION.contains(&name));
    let said = all
        .into_iter()
        .filter(|(name, value)| says(name) && !value.is_empty());
    Ok(said.map(|(name, value)| Field { name, value }).collect())
}

/// The code of a closed list, or the number where a newer program has grown the list.
fn named(number: u8, code: Option<&str>) -> String {
    code.map_or_else(|| number.to_string(), str::to_owned)
}

/// The readable lines of a receipt: a function of the row's bytes.
///
/// # Errors
/// As [`fields`].
pub fn lines(row: &[u8]) -> Result<Vec<String>, Damaged> {
    let line = |field: &Field| format!("{}: {}", field.name, clean(&field.value));
    Ok(fields(row)?.iter().map(line).collect())
}

#[cfg(test)]
mod tests {
    use super::*;
    use weighbridge_books::codec::Writer;

    fn row(action: u64, kind: u64, document: &str) -> Vec<u8> {
        let mut w = Writer::new();
        w.array(31)
            .number(7)
            .number(20_000)
            .number(action)
            .number(kind);
        w.number(2).number(0).number(0).number(0);
        for text in [
            "ALPHA", "A1", "BETA", "", "acetone", "L", "", "80", "", "0.85", "25",
        ] {
            w.text(text);
        }
        w.signed(25_000_000_000);
        w.text(document);
        (1..Text::COUNT).for_each(|_| {
            w.text("");
        });
        w.finish()
    }

    #[test]
    fn a_row_is_read_out_of_its_bytes() {
        let lines = lines(&row(0, Kind::Dispatch as u64, "D-1")).unwrap();
        for line in [
            "row: 7",
            "date: 2024-10-04",
            "action: insert",
            "kind: dispatch",
            "class: class_iii",
            "reporter: ALPHA",
            "counterparty: BETA",
            "unit: L",
            "concentration: 80",
            "density: 0.85",
            "amount: 25",
            "base_ug: 25000000000",
            "document: D-1",
        ] {
            assert!(lines.iter().any(|l| l == line), "{line}: {lines:?}");
        }
        assert!(!lines.iter().any(|l| l.starts_with("lot")), "{lines:?}");
    }

    #[test]
    fn a_deletion_says_no_more_than_what_it_deletes() {
        let lines = lines(&row(Action::Delete as u64, 8, ""))
            .unwrap()
            .join("\n");
        assert!(lines.contains("action: delete") && lines.contains("reporter: ALPHA"));
        assert!(
            !lines.contains("amount") && !lines.contains("date"),
            "{lines}"
        );
    }

    #[test]
    fn a_text_cannot_make_a_line_of_its_own() {
        let lines = lines(&row(0, 8, "D-1\namount: 99\u{202e}\u{1b}[2J")).unwrap();
        let shown = lines.iter().find(|l| l.starts_with("document")).unwrap();
        assert_eq!(shown, "document: D-1 amount: 99\u{fffd}\u{fffd}[2J");
    }

    #[test]
    fn what_is_not_a_row_is_refused() {
        let whole = row(0, 8, "D-1");
        for cut in 0..whole.len() {
            fields(&whole[..cut]).unwrap_err();
        }
        fields(&[whole.as_slice(), &[0]].concat()).unwrap_err();
        // A kind that this program does not know is shown by its number, not hidden.
        let lines = lines(&row(0, 200, "")).unwrap();
        assert!(lines.contains(&"kind: 200".to_owned()), "{lines:?}");
    }
}
