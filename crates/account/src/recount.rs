//! Computes again what an entry claims: its bytes from its content, its row tree from its rows, its masses from the
//! amounts as they were written.

use std::fmt;
use std::ops::ControlFlow;
use std::path::PathBuf;

use weighbridge_books::substances::body::{AttachmentKind, Movements};
use weighbridge_books::substances::row_form::RowForm;
use weighbridge_books::substances::vocabulary::Action;
use weighbridge_books::{Body, Damaged};
use weighbridge_journal::{Header, RowTree, Store};
use weighbridge_measure::{Decimal, base_ug, fold};

/// Faults that are listed.
const FAULTS_MAX: usize = 100;

/// Something an entry claims that does not come out again.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Fault {
    /// Entry.
    pub seq: u64,
    /// `body_not_canonical`, `rows_root_wrong`, `mass_wrong`; of what is kept beside the journal `original_changed`,
    /// `remarks_changed`, `words_changed`, `kept_unreadable`.
    pub code: &'static str,
    /// More.
    pub detail: More,
}

/// What was found in place of what an entry claims; [`fmt::Display`] is for programs.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum More {
    /// The code says it all.
    Nothing,
    /// The part of the body that is not understood.
    Part(Damaged),
    /// A row whose mass does not come out.
    Mass {
        /// Row of the file.
        row: u32,
        /// Its amount as written.
        amount: String,
        /// The mass that it claims, in µg.
        base_ug: i64,
    },
    /// A file that is kept.
    File {
        /// Its name as sent.
        name: String,
        /// Where it is kept.
        path: PathBuf,
        /// What the system says.
        error: Option<String>,
    },
}

impl fmt::Display for More {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            More::Nothing => Ok(()),
            More::Part(part) => f.write_str(part.0),
            More::Mass {
                row,
                amount,
                base_ug,
            } => write!(f, "{row}: {amount} ≠ {base_ug} µg"),
            More::File { name, path, error } => {
                write!(f, "{name} ({})", path.display())?;
                (error.iter()).try_for_each(|error| write!(f, ": {error}"))
            }
        }
    }
}

/// Something that an entry says is kept beside the journal.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Kept {
    /// First entry of the submission; the entry itself where it is a step of a query.
    pub submission: u64,
    /// What it is.
    pub kind: AttachmentKind,
    /// Its salted hash.
    pub hash: [u8; 32],
}

/// What computing again came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Recount {
    /// Lines read.
    pub lines: u64,
    /// Lines whose mass was computed again from the amount as written; deletions have none.
    pub recomputed: u64,
    /// What entries say is kept beside the journal, in order of entries.
    pub kept: Vec<Kept>,
    /// What does not come out, in order of entries.
    pub faults: Vec<Fault>,
}

/// Recounts every entry. What cannot be read is left to the journal's own verification.
pub fn recount<S: Store + ?Sized>(store: &S, progress: &mut dyn FnMut(u64)) -> Recount {
    let mut result = Recount::default();
    // A read error is a fault that the journal's verification has named already.
    let _ = store.read_raw(0, &mut |raw| {
        progress(raw.seq);
        if let Ok(header) = Header::decode(raw.header) {
            let secret = store.secret(raw.seq).ok().flatten();
            result.entry(raw.seq, &header, raw.body, secret);
        }
        if result.faults.len() < FAULTS_MAX {
            ControlFlow::Continue(())
        } else {
            ControlFlow::Break(())
        }
    });
    result
}

impl Recount {
    fn fault(&mut self, seq: u64, code: &'static str, detail: More) {
        self.faults.push(Fault { seq, code, detail });
    }

    fn entry(&mut self, seq: u64, header: &Header, bytes: &[u8], secret: Option<[u8; 32]>) {
        let body = match Body::decode(header.kind, bytes) {
            Ok(body) if body.encode() == bytes => body,
            Ok(_) => return self.fault(seq, "body_not_canonical", More::Nothing),
            Err(damaged) => return self.fault(seq, "body_not_canonical", More::Part(damaged)),
        };
        let movements = match body {
            Body::Movements(movements) => movements,
            Body::Query(stated) => {
                self.kept.extend(stated.text.map(|hash| Kept {
                    submission: seq,
                    kind: AttachmentKind::Words,
                    hash,
                }));
                return;
            }
            Body::Registry(_) | Body::Withdrawal(_) | Body::Review(_) => return,
        };
        self.lines += movements.rows.len() as u64;
        let submission = seq.saturating_sub(u64::from(movements.part.back));
        self.kept.extend(movements.attachments.iter().map(|a| Kept {
            submission,
            kind: a.kind,
            hash: a.hash,
        }));
        if let Some(secret) = secret {
            let mut tree = RowTree::new(&secret);
            let mut row = Vec::new();
            let form = RowForm::of(&movements);
            for at in 0..movements.rows.len() {
                form.write(at, &mut row);
                tree.push(&row);
            }
            if tree.finish() != header.rows_root || tree.count() != u64::from(header.rows) {
                self.fault(seq, "rows_root_wrong", More::Nothing);
            }
        }
        self.masses(seq, &movements);
    }

    fn masses(&mut self, seq: u64, movements: &Movements) {
        let rows = &movements.rows;
        for at in 0..rows.len() {
            if rows.action.get(at) == Some(&(Action::Delete as u8)) {
                continue;
            }
            let basis = rows
                .basis
                .get(at)
                .and_then(|b| movements.bases.get(*b as usize));
            let (Some(basis), Some(base)) = (basis, rows.base_ug.get(at)) else {
                continue;
            };
            let readings = readings(rows.amount.get(at));
            let masses: Vec<i64> = readings
                .iter()
                .filter_map(|d| base_ug(d, &basis.factor).ok())
                .map(|m| m.ug())
                .collect();
            if masses.is_empty() {
                continue;
            }
            self.recomputed += 1;
            if !masses.contains(base) && self.faults.len() < FAULTS_MAX {
                let row = rows.row.get(at).copied().unwrap_or_default();
                let more = More::Mass {
                    row,
                    amount: rows.amount.get(at).to_owned(),
                    base_ug: *base,
                };
                self.fault(seq, "mass_wrong", more);
            }
        }
    }
}

/// What an amount as written can mean: with a point or a comma before the fraction, with a unit behind it or not.
fn readings(text: &str) -> Vec<Decimal> {
    let folded = fold(text);
    let end = folded
        .rfind(|c: char| c.is_ascii_digit())
        .map_or(0, |at| at + 1);
    let number: String = folded
        .get(..end)
        .unwrap_or("")
        .chars()
        .filter(|c| !c.is_whitespace() && !matches!(c, '\'' | '’' | '_'))
        .collect();
    let point = number.replace([',', '，'], "");
    let comma = number.replace('.', "").replace([',', '，'], ".");
    let mut readings: Vec<Decimal> = [point, comma]
        .iter()
        .filter_map(|t| Decimal::parse(t).ok())
        .collect();
    readings.dedup();
    readings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn readings_of_amounts() {
        for (text, want) in [
            ("25", vec!["25"]),
            ("25 kg", vec!["25"]),
            ("1,234", vec!["1234", "1.234"]),
            ("1.234,5", vec!["1.2345", "1234.5"]),
            ("1 234.50", vec!["1234.5", "123450"]),
            ("１２", vec!["12"]),
            ("", vec![]),
        ] {
            let shown: Vec<String> = readings(text).iter().map(ToString::to_string).collect();
            assert_eq!(shown, want, "{text}");
        }
    }
}
