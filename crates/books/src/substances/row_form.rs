//! The canonical bytes of one row by itself: what is shown when a single row is proved from the salted row tree.
//!
//! Parties, substance, unit and whatever else the mass was computed with stand as texts, so that the row can be read, and
//! its base µg computed anew, without the rest of the entry.

use weighbridge_measure::{Decimal, FormTable, SubstanceTable};

use super::body::Movements;
use super::movement::Text;
use super::rows::{Rows, TextColumn};
use crate::codec::Writer;

/// Elements of a row's array before its texts.
pub const FIXED: usize = 20;

/// An empty text.
const EMPTY: u8 = 0x60;

/// Numbers below this one are their own CBOR.
const IN_HEAD: u8 = 24;

/// Writes the rows of one entry. What many rows share is brought into its bytes once.
pub struct RowForm<'a> {
    rows: &'a Rows,
    places: Vec<Vec<u8>>,
    bases: Vec<Vec<u8>>,
    texts: Vec<Texts<'a>>,
}

/// One text column, or several blank ones.
enum Texts<'a> {
    Column(&'a TextColumn),
    Blank(Vec<u8>),
}

impl<'a> RowForm<'a> {
    /// The rows of an entry.
    #[must_use]
    pub fn of(entry: &'a Movements) -> RowForm<'a> {
        let bytes = |texts: &[&str]| {
            let mut w = Writer::new();
            for text in texts {
                w.text(text);
            }
            w.finish()
        };
        let places = entry.places.iter().map(|p| bytes(&[&p.party, &p.site]));
        let bases = entry.bases.iter().map(|b| {
            let substance = SubstanceTable::shipped().get(b.basis.substance).id;
            let form = FormTable::shipped().get(b.basis.form).id;
            let text = |d: Option<Decimal>| d.map(|d| d.to_string()).unwrap_or_default();
            let [strength, warmth, density] =
                [b.basis.concentration, b.basis.temperature, b.basis.density].map(text);
            let unit = b.basis.unit.code();
            bytes(&[substance, unit, form, &strength, &warmth, &density])
        });
        RowForm {
            rows: &entry.rows,
            places: places.collect(),
            bases: bases.collect(),
            texts: texts(&entry.rows),
        }
    }

    fn shared(list: &[Vec<u8>], position: Option<u32>) -> Option<&[u8]> {
        list.get(position? as usize).map(Vec::as_slice)
    }

    /// Writes one row over `out`.
    pub fn write(&self, at: usize, out: &mut Vec<u8>) {
        let rows = self.rows;
        let mut w = Writer::over(std::mem::take(out));
        let byte = |column: &[u8]| column.get(at).copied().unwrap_or(0);
        w.array(FIXED + Text::COUNT)
            .number(u64::from(rows.row.get(at).copied().unwrap_or(0)))
            .number(u64::from(rows.date.get(at).copied().unwrap_or(0)));
        let narrow = rows.narrow().map(byte);
        if narrow.iter().all(|n| *n < IN_HEAD) {
            w.raw(&narrow);
        } else {
            narrow.iter().for_each(|n| {
                w.number(u64::from(*n));
            });
        }
        let own = Self::shared(&self.places, rows.own.get(at).copied());
        let other = Self::shared(
            &self.places,
            rows.other.get(at).and_then(|p| p.checked_sub(1)),
        );
        let nobody = [EMPTY; 2];
        let basis = Self::shared(&self.bases, rows.basis.get(at).copied());
        w.raw(own.unwrap_or(&nobody))
            .raw(other.unwrap_or(&nobody))
            .raw(basis.unwrap_or(&[EMPTY; 6]))
            .text(rows.amount.get(at))
            .signed(rows.base_ug.get(at).copied().unwrap_or(0));
        for part in &self.texts {
            match part {
                Texts::Column(column) => w.text(column.get(at)),
                Texts::Blank(bytes) => w.raw(bytes),
            };
        }
        *out = w.finish();
    }
}

fn texts(rows: &Rows) -> Vec<Texts<'_>> {
    let mut texts = Vec::new();
    for column in &rows.texts {
        match (texts.last_mut(), column.is_blank()) {
            (_, false) => texts.push(Texts::Column(column)),
            (Some(Texts::Blank(run)), true) => run.push(EMPTY),
            (_, true) => texts.push(Texts::Blank(vec![EMPTY])),
        }
    }
    texts
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::substances::movement::Text;

    /// What a row says, written element by element.
    #[test]
    fn shared_bytes_are_the_bytes_of_the_elements() {
        let mut entry = Movements::default();
        for (n, text) in [(0u8, "D-1"), (30, ""), (2, "货单")] {
            entry.rows.row.push(u32::from(n) * 1_000);
            entry.rows.date.push(20_000);
            entry.rows.kind.push(n);
            for column in [
                &mut entry.rows.action,
                &mut entry.rows.class,
                &mut entry.rows.reason,
                &mut entry.rows.mode,
                &mut entry.rows.packaging,
            ] {
                column.push(1);
            }
            entry.rows.amount.push("1.5");
            entry.rows.base_ug.push(1_500);
            for (t, column) in entry.rows.texts.iter_mut().enumerate() {
                column.push(if t == Text::Lot as usize { text } else { "" });
            }
        }
        let form = RowForm::of(&entry);
        for (at, (row, kind, lot)) in [(0, 0, "D-1"), (30_000, 30, ""), (2_000, 2, "货单")]
            .into_iter()
            .enumerate()
        {
            let mut w = Writer::new();
            w.array(31).number(row).number(20_000);
            for n in [1, kind, 1, 1, 1, 1] {
                w.number(n);
            }
            for _ in 0..10 {
                w.text("");
            }
            w.text("1.5").signed(1_500);
            for t in Text::ALL {
                w.text(if t == Text::Lot { lot } else { "" });
            }
            let mut written = vec![9; 3];
            form.write(at, &mut written);
            assert_eq!(written, w.finish(), "row {at}");
        }
    }
}
