//! A step of a query with its words: the step into the journal, the words into a blob that the step names.

use weighbridge_books::queries::{By, Proposal, QueryStep, Rejection, Said, Step, decide};
use weighbridge_books::substances::body::AttachmentKind;
use weighbridge_books::substances::line::LineNo;
use weighbridge_books::{Body, entry::LineRef};
use weighbridge_journal::Store;
use weighbridge_measure::Timestamp;

use super::{Account, Who};
use crate::blobs::Blobs;
use crate::trouble::Trouble;

/// Characters of what is written with a step, at most.
pub const WORDS_MAX: usize = 4_000;

/// Why a step was not taken; nothing was changed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Refused {
    /// The books.
    Rejected(Rejection),
    /// The words hold a resident identity number; the account keeps no persons.
    IdentityNumber,
    /// More than [`WORDS_MAX`] characters.
    TooLong,
}

impl Refused {
    /// The codes that are not those of [`Rejection`].
    pub const CODES: [&'static str; 2] = ["identity_number", "words_too_long"];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        let [identity_number, too_long] = Refused::CODES;
        match self {
            Refused::Rejected(rejection) => rejection.code(),
            Refused::IdentityNumber => identity_number,
            Refused::TooLong => too_long,
        }
    }
}

impl<S: Store> Account<S> {
    /// Takes a step of a query: decided, applied to the books, waiting to be committed, its words kept first. Nothing is changed
    /// where it is refused. The account must be settled. Returns the entry.
    ///
    /// # Errors
    /// [`Trouble::System`], [`Trouble::Random`].
    pub fn ask(
        &mut self,
        who: &Who,
        (by, step): (By, Step),
        words: &str,
    ) -> Result<Result<u64, Refused>, Trouble> {
        let words = words.trim();
        if let Err(refused) = self.may_ask((by, step), words, self.pending.now_us) {
            return Ok(Err(refused));
        }
        let blob = match &self.folder {
            Some(folder) if !words.is_empty() => {
                Some(Blobs::of(folder).put(&mut words.as_bytes())?.0)
            }
            _ => None,
        };
        let body = Body::Query(QueryStep {
            step,
            text: blob.map(|b| b.name),
        });
        let seq = self.stage(who, self.own_key(&body), &body)?;
        if let Some(blob) = blob {
            let note = serde_json::json!({ AttachmentKind::Words.code(): blob.to_note() });
            self.pending.notes.insert(seq.to_string(), note);
            self.pending.blobs = true;
        }
        Ok(Ok(seq))
    }

    /// Whether a step with these words may be taken at a time. The account must be settled.
    ///
    /// # Errors
    /// [`Refused`].
    pub fn may_ask(&self, (by, step): (By, Step), words: &str, now_us: i64) -> Result<(), Refused> {
        if words.chars().count() > WORDS_MAX {
            return Err(Refused::TooLong);
        }
        if weighbridge_intake::holds_identity_number(words) {
            return Err(Refused::IdentityNumber);
        }
        let proposal = Proposal {
            by,
            step,
            said: match words.trim() {
                "" => Said::Nothing,
                _ => Said::Something,
            },
            line: match step {
                Step::Asked { about, .. } => about.row().and_then(|row| self.line_of(row)),
                _ => None,
            },
            now: Timestamp::from_micros(now_us),
        };
        decide(&self.books, &proposal).map_err(Refused::Rejected)
    }

    /// The line that a row of an entry became: the first, where there are several.
    #[must_use]
    pub fn line_of(&self, row: LineRef) -> Option<LineNo> {
        let entries = self.books.substances.entries();
        let at = entries.partition_point(|e| e.seq < row.seq);
        let entry = entries.get(at).filter(|e| e.seq == row.seq)?;
        let Ok((_, Body::Movements(body))) = self.entry(row.seq) else {
            return None;
        };
        let place = body.rows.row.iter().position(|r| *r == row.row)?;
        entry.first.checked_add(u32::try_from(place).ok()?)
    }

    /// What was written with a step of a query; none where nothing was, and where it was erased or cannot be read any more, which
    /// `verify` tells apart.
    #[must_use]
    pub fn words(&self, seq: u64) -> Option<String> {
        let blob = self.blob(seq, AttachmentKind::Words.code()).ok()??;
        let mut bytes = Vec::new();
        Blobs::of(self.folder.as_ref()?)
            .get(&blob, &mut bytes)
            .ok()?;
        String::from_utf8(bytes).ok()
    }
}

#[cfg(test)]
mod tests {
    use weighbridge_books::queries::{About, Answer, Question, Stage};
    use weighbridge_books::registry::HolderId;

    use super::*;
    use crate::blobs::Left;
    use crate::input::Incoming;
    use crate::recount::recount;
    use crate::{How, Keep, originals};

    const FILE: &str = "reporter,kind,date,substance,amount,unit,counterparty,document\nA,dispatch,2025-06-03,acetone,1000,kg,B,D-7\nB,receipt,2025-06-04,acetone,900,kg,A,D-7\n";
    /// 2025-07-10.
    const NOW: i64 = 1_752_105_600_000_000;

    #[test]
    fn every_refusal_has_a_text() {
        let texts = weighbridge_reports::Texts::new(weighbridge_reports::Lang::Zh);
        for code in Refused::CODES {
            assert!(texts.has(&format!("query_refused-{code}")), "{code}");
        }
    }

    #[test]
    fn words_are_kept_beside_the_journal() {
        let folder = tempfile::tempdir().unwrap();
        let mut account = Account::create(folder.path(), "example.org/ask", "test").unwrap();
        account.at(NOW).unwrap();
        let how = How {
            who: Who::default(),
            key: None,
            agent: None,
            reporter: None,
            learn: true,
            keep: Keep::Blobs,
        };
        let file = Incoming::held("a.csv", FILE.as_bytes().to_vec());
        account.import(&file, &how, &mut |_| {}).unwrap();
        account.commit().unwrap();
        account.settle();
        let entry = account.books().substances.entries()[0].seq;
        account.at(NOW + 10 * 86_400_000_000).unwrap();
        let who = Who::default();
        let asked = Step::Asked {
            holder: HolderId(0),
            about: About::Consignment(LineRef { seq: entry, row: 2 }),
            question: Question::Short,
            due: "2025-08-01".parse().unwrap(),
        };
        let identity = "see 11010519491231002X";
        let before = account.waiting();
        for (words, want) in [
            (identity, Refused::IdentityNumber),
            (&"x".repeat(WORDS_MAX + 1), Refused::TooLong),
        ] {
            let got = account.ask(&who, (By::Authority, asked), words).unwrap();
            assert_eq!(got, Err(want));
        }
        let other = By::Holder(HolderId(0));
        let got = account.ask(&who, (other, asked), "why?").unwrap();
        assert_eq!(got, Err(Refused::Rejected(Rejection::ForAuthority)));
        assert_eq!(account.waiting(), before);
        let q = account
            .ask(&who, (By::Authority, asked), " 为什么少了？ ")
            .unwrap();
        let q = q.unwrap();
        let answered = Step::Answered {
            query: q,
            answer: Answer::Explained,
        };
        let a = account.ask(&who, (other, answered), "Evaporated.").unwrap();
        account.commit().unwrap();
        drop(account);
        // Opened again: both texts are there, in no byte of the journal, and erasing one leaves everything proved.
        let account = Account::open_read(folder.path(), None, &mut |_, _| {}).unwrap();
        assert_eq!(account.words(q).as_deref(), Some("为什么少了？"));
        assert_eq!(account.words(a.unwrap()).as_deref(), Some("Evaporated."));
        assert_eq!(
            account.books().queries.get(q).unwrap().stage,
            Stage::Answered
        );
        let bytes = std::fs::read(folder.path().join("journal.sqlite")).unwrap();
        assert!(!bytes.windows(10).any(|w| w == b"Evaporated"));
        let counted = recount(account.journal().store(), &mut |_| {});
        assert!(counted.faults.is_empty());
        let blobs = Blobs::of(folder.path());
        let check = || {
            originals::check(
                account.journal().store(),
                &blobs,
                &counted.kept,
                &mut |_| {},
            )
        };
        let words = account.blob(q, "words").unwrap().unwrap();
        assert!(matches!(blobs.check(&words).unwrap(), Left::Whole(_)));
        assert_eq!((check().checked, check().erased), (3, 0));
        let path = blobs.path(&words.name);
        let mut stored = std::fs::read(&path).unwrap();
        stored[0] ^= 1;
        std::fs::write(&path, &stored).unwrap();
        let found = check();
        assert_eq!(found.faults[0].code, "words_changed");
        assert_eq!(found.faults[0].seq, q);
        std::fs::remove_file(&path).unwrap();
        assert_eq!(
            (check().checked, check().erased, check().damaged),
            (2, 1, 0)
        );
        assert_eq!(account.words(q), None);
    }
}
