//! Whether a step may be taken, and why not.

use weighbridge_measure::{Date, SubstanceId, Timestamp};

use super::{About, Answer, DUE_DAYS_MAX, Owner, Query, Question, Stage, Step, day, moved};
use crate::entry::{Books, LineRef};
use crate::registry::{HolderId, SiteId};
use crate::substances::consignment::{Consignment, State};
use crate::substances::grace;
use crate::substances::line::LineNo;

/// For whom somebody acts.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum By {
    /// The authority.
    Authority,
    /// A firm.
    Holder(HolderId),
}

/// Whether anything was written.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Said {
    /// Nothing.
    Nothing,
    /// Something; the books never see what.
    Something,
}

/// A step that somebody wants to take.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Proposal {
    /// For whom.
    pub by: By,
    /// The step.
    pub step: Step,
    /// Whether words come with it.
    pub said: Said,
    /// The line of the row that a new query is about, found in the entry by who can read it; the books keep no row numbers.
    pub line: Option<LineNo>,
    /// When.
    pub now: Timestamp,
}

/// Why a step is not taken. The texts are in the locale files under [`Rejection::code`].
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Rejection {
    /// No such holder.
    HolderUnknown,
    /// No such site, substance there, entry or row.
    SubjectUnknown,
    /// It is no matter of the holder that is asked.
    SubjectOfOthers,
    /// This cannot be asked about that, or the two halves do not say so.
    QuestionUnfit,
    /// The same is asked already and not closed.
    AskedAlready,
    /// The day is over.
    DueInPast,
    /// The day is too far away.
    DueTooFar,
    /// More time that is not more.
    DueNotLater,
    /// No such query.
    QueryUnknown,
    /// Another firm is asked.
    NotAsked,
    /// Only a firm answers.
    ForFirm,
    /// Only the authority asks, extends, closes and asks again.
    ForAuthority,
    /// It is answered and waits for a decision.
    AnsweredAlready,
    /// It is closed.
    ClosedAlready,
    /// It is open already.
    StillOpen,
    /// Without an answer nothing is resolved.
    Unanswered,
    /// No such entry of this firm.
    EntryUnknown,
    /// This says nothing without words.
    WordsMissing,
    /// The two firms still have until a day to mend it themselves.
    InGrace(Date),
}

impl Rejection {
    /// Every rejection, for who has to have a text for each.
    pub const CODES: [&'static str; 19] = [
        "holder_unknown",
        "subject_unknown",
        "subject_of_others",
        "question_unfit",
        "asked_already",
        "due_in_past",
        "due_too_far",
        "due_not_later",
        "query_unknown",
        "not_asked",
        "for_firm",
        "for_authority",
        "answered_already",
        "closed_already",
        "still_open",
        "unanswered",
        "entry_unknown",
        "words_missing",
        "in_grace",
    ];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Rejection::HolderUnknown => "holder_unknown",
            Rejection::SubjectUnknown => "subject_unknown",
            Rejection::SubjectOfOthers => "subject_of_others",
            Rejection::QuestionUnfit => "question_unfit",
            Rejection::AskedAlready => "asked_already",
            Rejection::DueInPast => "due_in_past",
            Rejection::DueTooFar => "due_too_far",
            Rejection::DueNotLater => "due_not_later",
            Rejection::QueryUnknown => "query_unknown",
            Rejection::NotAsked => "not_asked",
            Rejection::ForFirm => "for_firm",
            Rejection::ForAuthority => "for_authority",
            Rejection::AnsweredAlready => "answered_already",
            Rejection::ClosedAlready => "closed_already",
            Rejection::StillOpen => "still_open",
            Rejection::Unanswered => "unanswered",
            Rejection::EntryUnknown => "entry_unknown",
            Rejection::WordsMissing => "words_missing",
            Rejection::InGrace(_) => "in_grace",
        }
    }
}

/// Whether a step may be taken. The books must be settled. A late answer is an answer: lateness is shown, never refused.
///
/// # Errors
/// [`Rejection`].
pub fn decide(books: &Books, proposal: &Proposal) -> Result<(), Rejection> {
    let Proposal {
        by,
        step,
        said,
        line,
        now,
    } = *proposal;
    match (step.owner(), by) {
        (Owner::Firm, By::Authority) => return Err(Rejection::ForFirm),
        (Owner::Authority, By::Holder(_)) => return Err(Rejection::ForAuthority),
        _ => {}
    }
    let on = day(now);
    match step {
        Step::Asked {
            holder,
            about,
            question,
            due,
        } => {
            asked(books, (holder, about, question), line, on)?;
            within_reach(due, on)?;
            needs_words(question == Question::Other, said)
        }
        Step::Answered { query, answer } => {
            let query = known(books, query)?;
            if by != By::Holder(query.holder) {
                return Err(Rejection::NotAsked);
            }
            moved(query.stage, query.answer, step)?;
            match answer {
                Answer::CorrectedIn(entry) if !is_entry_of(books, entry, query.holder) => {
                    return Err(Rejection::EntryUnknown);
                }
                Answer::NeedMoreTime(until) => {
                    within_reach(until, on)?;
                    later(until, query)?;
                }
                _ => {}
            }
            let speaks_for_itself = matches!(answer, Answer::CorrectedIn(_));
            needs_words(!speaks_for_itself, said)
        }
        Step::Extended { query, due } => {
            let query = known(books, query)?;
            moved(query.stage, query.answer, step)?;
            within_reach(due, on)?;
            // After an answer the day that is waited for is the authority's own.
            match query.stage {
                Stage::Open => later(due, query),
                _ => Ok(()),
            }
        }
        Step::Closed { query, .. } => {
            let query = known(books, query)?;
            moved(query.stage, query.answer, step).map(|_| ())
        }
        Step::Reopened { query, due } => {
            let query = known(books, query)?;
            moved(query.stage, query.answer, step)?;
            within_reach(due, on)
        }
    }
}

fn known(books: &Books, query: u64) -> Result<&Query, Rejection> {
    books.queries.get(query).ok_or(Rejection::QueryUnknown)
}

fn within_reach(due: Date, on: Date) -> Result<(), Rejection> {
    match due.minus(on) {
        ..0 => Err(Rejection::DueInPast),
        0..=DUE_DAYS_MAX => Ok(()),
        _ => Err(Rejection::DueTooFar),
    }
}

fn later(due: Date, query: &Query) -> Result<(), Rejection> {
    if due > query.due {
        Ok(())
    } else {
        Err(Rejection::DueNotLater)
    }
}

fn needs_words(needed: bool, said: Said) -> Result<(), Rejection> {
    if needed && said == Said::Nothing {
        Err(Rejection::WordsMissing)
    } else {
        Ok(())
    }
}

/// Whether this can be asked of the holder.
fn asked(
    books: &Books,
    (holder, about, question): (HolderId, About, Question),
    line: Option<LineNo>,
    on: Date,
) -> Result<(), Rejection> {
    if books.registry.holder(holder).is_none() {
        return Err(Rejection::HolderUnknown);
    }
    if !about.questions().contains(&question) {
        return Err(Rejection::QuestionUnfit);
    }
    match about {
        About::Holder => {}
        About::Balance { site, substance } | About::Unexplained { site, substance } => {
            its_series(books, holder, (site, substance), on)?;
        }
        About::Consignment(row) => its_consignment(books, holder, (row, line), question, on)?,
        About::Row(row) => its_row(books, holder, (row, line))?,
    }
    let same = |q: &Query| {
        (q.holder, q.about, q.question) == (holder, about, question) && q.owner().is_some()
    };
    if books.queries.all().any(same) {
        return Err(Rejection::AskedAlready);
    }
    Ok(())
}

fn its_series(
    books: &Books,
    holder: HolderId,
    (site, substance): (SiteId, SubstanceId),
    on: Date,
) -> Result<(), Rejection> {
    let mut all = books.substances.all_series();
    if !all.any(|(_, s)| (s.site, s.substance) == (site, substance)) {
        return Err(Rejection::SubjectUnknown);
    }
    if books.registry.site_holder(site, on) == Some(holder) {
        Ok(())
    } else {
        Err(Rejection::SubjectOfOthers)
    }
}

fn its_consignment(
    books: &Books,
    holder: HolderId,
    (row, line): (LineRef, Option<LineNo>),
    question: Question,
    on: Date,
) -> Result<(), Rejection> {
    let ledger = &books.substances;
    let line = line.filter(|l| is_of(books, *l, row));
    let c = line.and_then(|l| ledger.consignment_of(&books.registry, l, Date::MAX));
    let c = c.ok_or(Rejection::SubjectUnknown)?;
    if c.sender != holder && c.receiver != holder {
        return Err(Rejection::SubjectOfOthers);
    }
    if question != Question::Other && Some(question) != question_of(&c, on) {
        return Err(Rejection::QuestionUnfit);
    }
    grace::until(ledger, &c, on).map_or(Ok(()), |until| Err(Rejection::InGrace(until)))
}

/// What a consignment raises by itself on a day.
#[must_use]
pub fn question_of(c: &Consignment, on: Date) -> Option<Question> {
    match c.state {
        State::Short => Some(Question::Short),
        State::Over => Some(Question::Over),
        State::Disputed => Some(Question::Disputed),
        State::AwaitingReceipt | State::AwaitingDispatch if c.is_overdue(on) => {
            Some(Question::MissingHalf)
        }
        _ => None,
    }
}

fn its_row(
    books: &Books,
    holder: HolderId,
    (row, line): (LineRef, Option<LineNo>),
) -> Result<(), Rejection> {
    let ledger = &books.substances;
    let own = match line.filter(|l| is_of(books, *l, row)) {
        Some(line) => {
            let line = ledger.lines().get(line);
            let series = line.and_then(|l| Some((ledger.series(l.series())?, l.date())));
            series.map(|(s, date)| s.holder_on(&books.registry, date)) == Some(holder)
        }
        None => {
            let aside = ledger.set_aside().iter();
            if !aside.clone().any(|a| (a.seq, a.row) == (row.seq, row.row)) {
                return Err(Rejection::SubjectUnknown);
            }
            // Whose it is, where a firm sent it; what the authority took in may be anybody's.
            let entry = entry(books, row.seq);
            let sender = entry.and_then(|e| books.registry.by_code(&e.organisation));
            sender.is_none_or(|s| s == holder)
        }
    };
    if own {
        Ok(())
    } else {
        Err(Rejection::SubjectOfOthers)
    }
}

fn is_of(books: &Books, line: LineNo, row: LineRef) -> bool {
    let entry = books.substances.entry_of(line);
    entry.is_some_and(|(e, at)| e.seq == row.seq && at < e.lines)
}

fn entry(books: &Books, seq: u64) -> Option<&crate::substances::ledger::EntryLines> {
    let entries = books.substances.entries();
    let at = entries.partition_point(|e| e.seq < seq);
    entries.get(at).filter(|e| e.seq == seq)
}

/// Whether an entry brought anything of a holder.
fn is_entry_of(books: &Books, seq: u64, holder: HolderId) -> bool {
    let ledger = &books.substances;
    let Some(entry) = entry(books, seq) else {
        return false;
    };
    let of = |line: LineNo| -> Option<HolderId> {
        let l = ledger.lines().get(line)?;
        let series = ledger.series(l.series())?;
        Some(series.holder_on(&books.registry, l.date()))
    };
    let mut lines = entry.first..entry.first.saturating_add(entry.lines);
    lines.any(|l| of(l) == Some(holder))
}
