//! The canonical bytes of a step.

use weighbridge_measure::{SubstanceId, SubstanceTable};

use super::{About, Answer, Outcome, QueryStep, Question, Step};
use crate::codec::{Reader, Writer};
use crate::entry::LineRef;
use crate::error::Damaged;
use crate::registry::{HolderId, SiteId};

/// Number of the form described here; a reader of another form refuses it.
const FORM: u64 = 1;
const WRONG: Damaged = Damaged("query");

impl QueryStep {
    /// Canonical bytes.
    #[must_use]
    pub fn encode(&self) -> Vec<u8> {
        let mut w = Writer::new();
        w.array(3).number(FORM);
        match self.step {
            Step::Asked {
                holder,
                about,
                question,
                due,
            } => {
                w.array(5).number(0).number(u64::from(holder.0));
                write_about(&mut w, about);
                w.number(question as u64).number(u64::from(due.days()));
            }
            Step::Answered { query, answer } => {
                w.array(3).number(1).number(query);
                write_answer(&mut w, answer);
            }
            Step::Extended { query, due } => {
                w.array(3).number(2).number(query);
                w.number(u64::from(due.days()));
            }
            Step::Closed { query, outcome } => {
                w.array(3).number(3).number(query).number(outcome as u64);
            }
            Step::Reopened { query, due } => {
                w.array(3).number(4).number(query);
                w.number(u64::from(due.days()));
            }
        }
        w.bytes(self.text.as_ref().map_or(&[], |hash| hash.as_slice()));
        w.finish()
    }

    /// Reads canonical bytes.
    ///
    /// # Errors
    /// [`Damaged`] where the bytes are not what [`QueryStep::encode`] writes.
    pub fn decode(bytes: &[u8]) -> Result<QueryStep, Damaged> {
        let mut r = Reader::new(bytes);
        if r.array()? != 3 || r.number()? != FORM {
            return Err(Damaged("form of a query"));
        }
        let step = match (r.array()?, r.tiny()?) {
            (5, 0) => Step::Asked {
                holder: HolderId(r.small()?),
                about: read_about(&mut r)?,
                question: Question::from_number(r.tiny()?).ok_or(WRONG)?,
                due: r.date()?,
            },
            (3, 1) => Step::Answered {
                query: r.number()?,
                answer: read_answer(&mut r)?,
            },
            (3, 2) => Step::Extended {
                query: r.number()?,
                due: r.date()?,
            },
            (3, 3) => Step::Closed {
                query: r.number()?,
                outcome: Outcome::from_number(r.tiny()?).ok_or(WRONG)?,
            },
            (3, 4) => Step::Reopened {
                query: r.number()?,
                due: r.date()?,
            },
            _ => return Err(WRONG),
        };
        let text = match r.bytes()? {
            [] => None,
            hash => Some(hash.try_into().map_err(|_| WRONG)?),
        };
        r.end()?;
        Ok(QueryStep { step, text })
    }
}

fn write_about(w: &mut Writer, about: About) {
    match about {
        About::Holder => w.array(1).number(0),
        About::Balance { site, substance } => write_series(w, 1, site, substance),
        About::Consignment(line) => write_line(w, 2, line),
        About::Row(line) => write_line(w, 3, line),
        About::Unexplained { site, substance } => write_series(w, 4, site, substance),
    };
}

fn write_series(w: &mut Writer, kind: u64, site: SiteId, substance: SubstanceId) -> &mut Writer {
    let substance = SubstanceTable::shipped().get(substance).id;
    w.array(3).number(kind).number(u64::from(site.0));
    w.text(substance)
}

fn write_line(w: &mut Writer, kind: u64, line: LineRef) -> &mut Writer {
    w.array(3).number(kind).number(line.seq);
    w.number(u64::from(line.row))
}

fn read_about(r: &mut Reader<'_>) -> Result<About, Damaged> {
    match (r.array()?, r.tiny()?) {
        (1, 0) => Ok(About::Holder),
        (3, 1) => read_series(r).map(|(site, substance)| About::Balance { site, substance }),
        (3, 2) => read_line(r).map(About::Consignment),
        (3, 3) => read_line(r).map(About::Row),
        (3, 4) => read_series(r).map(|(site, substance)| About::Unexplained { site, substance }),
        _ => Err(WRONG),
    }
}

fn read_series(r: &mut Reader<'_>) -> Result<(SiteId, SubstanceId), Damaged> {
    let site = SiteId(r.small()?);
    let substance = SubstanceTable::shipped().by_code(r.str()?).ok_or(WRONG)?;
    Ok((site, substance))
}

fn read_line(r: &mut Reader<'_>) -> Result<LineRef, Damaged> {
    Ok(LineRef {
        seq: r.number()?,
        row: r.small()?,
    })
}

fn write_answer(w: &mut Writer, answer: Answer) {
    match answer {
        Answer::Explained => w.array(1).number(0),
        Answer::CorrectedIn(entry) => w.array(2).number(1).number(entry),
        Answer::WillFileLate => w.array(1).number(2),
        Answer::MistakeOfOtherSide => w.array(1).number(3),
        Answer::NeedMoreTime(due) => w.array(2).number(4).number(u64::from(due.days())),
    };
}

fn read_answer(r: &mut Reader<'_>) -> Result<Answer, Damaged> {
    match (r.array()?, r.tiny()?) {
        (1, 0) => Ok(Answer::Explained),
        (2, 1) => r.number().map(Answer::CorrectedIn),
        (1, 2) => Ok(Answer::WillFileLate),
        (1, 3) => Ok(Answer::MistakeOfOtherSide),
        (2, 4) => r.date().map(Answer::NeedMoreTime),
        _ => Err(WRONG),
    }
}
