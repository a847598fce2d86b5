//! The receipt of one row of an entry.

use weighbridge_books::Body;
use weighbridge_books::substances::body::Movements;
use weighbridge_books::substances::row_form::RowForm;
use weighbridge_journal::{RowReceipt, Store, StoreError, rows};

use super::{Account, RowName};
use crate::proved_row;
use crate::trouble::Trouble;

impl<S: Store> Account<S> {
    /// Proves one row of a file by itself: `seq` is an entry of its submission, `row` the row in the file. It is
    /// checked before it is given.
    ///
    /// # Errors
    /// [`Trouble::Unknown`] where the entry has no such row; [`Trouble::RowShared`]; [`Trouble::RowErased`]; what the journal says.
    pub fn row_receipt(&self, seq: u64, row: RowName) -> Result<RowReceipt, Trouble> {
        let (seq, movements, at) = self.find_row(seq, row)?;
        let secret = (self.journal.store().secret(seq)?).ok_or(Trouble::RowErased { seq })?;
        let form = RowForm::of(&movements);
        let row = |at| {
            let mut bytes = Vec::new();
            form.write(at, &mut bytes);
            bytes
        };
        let all = (0..movements.rows.len()).map(row);
        let bytes = row(at);
        let proof = rows::prove(&secret, all, at as u64)
            .ok_or(Trouble::Fault("a row that was found is not there"))?;
        let proved = RowReceipt {
            shown: proved_row::lines(&bytes).map_err(|damaged| Trouble::Body { seq, damaged })?,
            row: bytes,
            proof,
            receipt: self.receipt(seq)?,
        };
        match proved.verify(self.journal.verifier()) {
            Ok(_) => Ok(proved),
            Err(error) => Err(StoreError::Damaged {
                seq: Some(seq),
                what: error.to_string(),
            }
            .into()),
        }
    }

    /// The entry of the submission that has the row, its body, and the row's place in it.
    fn find_row(&self, seq: u64, row: RowName) -> Result<(u64, Movements, usize), Trouble> {
        let submission = self.submission_of(seq);
        let entries = self.books.substances.entries().iter();
        let parts = entries.filter(|e| Some(e.submission) == submission && e.seq != seq);
        // A long file has several entries: the one that was named first, then the others.
        for part in std::iter::once(seq).chain(parts.map(|e| e.seq)) {
            let (_, body) = self.entry(part)?;
            if let Body::Movements(movements) = body
                && let Some(at) = row.find(part, &movements)?
            {
                return Ok((part, *movements, at));
            }
        }
        Err(Trouble::Unknown {
            what: "row",
            name: format!("{seq}:{row}"),
        })
    }
}
