//! Queries from the authority to a firm: what is asked about, by when, what was answered, what came of it.
//!
//! A query is about a holder, a site, a substance, a consignment or a row, never about a person. Its id is the number of
//! the entry that asked it. What was written is outside the journal, encrypted; the entry has its salted hash. Lateness is
//! a function of a date and the state and is never stored: whose turn it is has a day, first the firm's, then the
//! authority's.
//!
//! Absent: who may sign in as whom; languages; reminders.

mod decide;
mod step;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use weighbridge_measure::{Date, SubstanceId, Timestamp};

pub use decide::{By, Proposal, Rejection, Said, decide, question_of};

use crate::entry::LineRef;
use crate::registry::{HolderId, SiteId};
use crate::substances::ledger::Stamp;
use crate::substances::vocabulary::vocabulary;

/// Days that the authority has to decide on an answer. Ours: no rule names one.
pub const DECISION_DAYS: i32 = 15;
/// Days within which a firm can be asked to answer, at most. Ours.
pub const DUE_DAYS_MAX: i32 = 365;

vocabulary! {
    /// What is asked.
    Question {
        /// Less arrived than was sent.
        #[default]
        Short = "short",
        /// More arrived than was sent.
        Over = "over",
        /// The two halves contradict each other in something else than mass.
        Disputed = "disputed",
        /// One half is not there.
        MissingHalf = "missing_half",
        /// A row could not be booked.
        SetAside = "set_aside",
        /// A balance does not close.
        Unexplained = "unexplained",
        /// Reports are overdue.
        DataOverdue = "data_overdue",
        /// Anything else, in words.
        Other = "other",
    }
}

vocabulary! {
    /// What came of a query.
    Outcome {
        /// The question is answered.
        #[default]
        Resolved = "resolved",
        /// It is not, and is left so.
        NotResolved = "not_resolved",
        /// It is no question any more.
        Withdrawn = "withdrawn",
    }
}

/// What a query is about.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum About {
    /// The holder as such.
    Holder,
    /// The book of a substance at a site.
    Balance {
        /// The site.
        site: SiteId,
        /// The substance.
        substance: SubstanceId,
    },
    /// The consignment that a row belongs to.
    Consignment(LineRef),
    /// A row, booked or set aside.
    Row(LineRef),
    /// What is unexplained of a substance at a site.
    Unexplained {
        /// The site.
        site: SiteId,
        /// The substance.
        substance: SubstanceId,
    },
}

impl About {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            About::Holder => "holder",
            About::Balance { .. } => "balance",
            About::Consignment(_) => "consignment",
            About::Row(_) => "row",
            About::Unexplained { .. } => "unexplained",
        }
    }

    /// The row that names it.
    #[must_use]
    pub fn row(self) -> Option<LineRef> {
        match self {
            About::Consignment(row) | About::Row(row) => Some(row),
            About::Holder | About::Balance { .. } | About::Unexplained { .. } => None,
        }
    }

    /// The site and substance that it is about.
    #[must_use]
    pub fn series(self) -> Option<(SiteId, SubstanceId)> {
        match self {
            About::Balance { site, substance } | About::Unexplained { site, substance } => {
                Some((site, substance))
            }
            About::Holder | About::Consignment(_) | About::Row(_) => None,
        }
    }

    /// What can be asked about it.
    #[must_use]
    pub fn questions(self) -> &'static [Question] {
        use Question::{
            DataOverdue, Disputed, MissingHalf, Other, Over, SetAside, Short, Unexplained,
        };
        match self {
            About::Holder => &[DataOverdue, Other],
            About::Balance { .. } | About::Unexplained { .. } => &[Unexplained, DataOverdue, Other],
            About::Consignment(_) => &[Short, Over, Disputed, MissingHalf, Other],
            About::Row(_) => &[SetAside, Other],
        }
    }
}

/// What a firm answers.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Answer {
    /// It is explained in words.
    Explained,
    /// An entry of the firm's corrects it.
    CorrectedIn(u64),
    /// What is missing will be filed.
    WillFileLate,
    /// The other side is mistaken.
    MistakeOfOtherSide,
    /// More time is needed, until a day.
    NeedMoreTime(Date),
}

impl Answer {
    /// The codes of all answers, in the order of their numbers in the journal.
    pub const CODES: [&'static str; 5] = [
        "explained",
        "corrected_in",
        "will_file_late",
        "mistake_of_other_side",
        "need_more_time",
    ];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        let [explained, corrected, late, mistake, time] = Answer::CODES;
        match self {
            Answer::Explained => explained,
            Answer::CorrectedIn(_) => corrected,
            Answer::WillFileLate => late,
            Answer::MistakeOfOtherSide => mistake,
            Answer::NeedMoreTime(_) => time,
        }
    }
}

/// A step of a query, as its entry states it. All but the first name the query.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Step {
    /// The authority asks.
    Asked {
        /// Who is asked.
        holder: HolderId,
        /// About what.
        about: About,
        /// What.
        question: Question,
        /// The last day for an answer.
        due: Date,
    },
    /// The firm answers.
    Answered {
        /// The query.
        query: u64,
        /// How.
        answer: Answer,
    },
    /// The authority gives more time, unasked or asked.
    Extended {
        /// The query.
        query: u64,
        /// The new last day.
        due: Date,
    },
    /// The authority ends it.
    Closed {
        /// The query.
        query: u64,
        /// With what.
        outcome: Outcome,
    },
    /// The authority asks again, after an answer or an end.
    Reopened {
        /// The query.
        query: u64,
        /// The new last day.
        due: Date,
    },
}

impl Step {
    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Step::Asked { .. } => "asked",
            Step::Answered { .. } => "answered",
            Step::Extended { .. } => "extended",
            Step::Closed { .. } => "closed",
            Step::Reopened { .. } => "reopened",
        }
    }

    /// Whose step it is.
    #[must_use]
    pub fn owner(self) -> Owner {
        match self {
            Step::Answered { .. } => Owner::Firm,
            _ => Owner::Authority,
        }
    }
}

/// The body of an entry: a step, and the salted hash of what was written with it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct QueryStep {
    /// The step.
    pub step: Step,
    /// Name of the text in the private store; none where nothing was written.
    pub text: Option<[u8; 32]>,
}

vocabulary! {
    /// Whose turn it is, and who is late when the day has passed.
    Owner {
        /// The firm, with its answer.
        #[default]
        Firm = "firm",
        /// The authority, with its decision.
        Authority = "authority",
    }
}

/// Where a query stands.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Stage {
    /// The firm has to answer.
    Open,
    /// The authority has to decide.
    Answered,
    /// It is over.
    Closed(Outcome),
}

impl Stage {
    /// The codes of all stages.
    pub const CODES: [&'static str; 3] = ["open", "answered", "closed"];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        let [open, answered, closed] = Stage::CODES;
        match self {
            Stage::Open => open,
            Stage::Answered => answered,
            Stage::Closed(_) => closed,
        }
    }
}

/// A step that was taken.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Taken {
    /// Its entry.
    pub seq: u64,
    /// When it was recorded.
    pub at: Timestamp,
    /// What it states.
    pub stated: QueryStep,
    /// The day by which its owner had to take it; none where nobody waited for it.
    pub due: Option<Date>,
}

impl Taken {
    /// Whether it came after its day.
    #[must_use]
    pub fn is_late(&self) -> bool {
        self.due.is_some_and(|due| day(self.at) > due)
    }
}

/// A query as its steps leave it.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Query {
    /// Its id: the entry that asked it.
    pub seq: u64,
    /// Who is asked.
    pub holder: HolderId,
    /// About what.
    pub about: About,
    /// What.
    pub question: Question,
    /// Where it stands.
    pub stage: Stage,
    /// The last answer; none before the first, and none again once it is asked anew.
    pub answer: Option<Answer>,
    /// The last day of whose turn it is; the last such day where it is over.
    pub due: Date,
    /// What was done, oldest first.
    pub steps: Vec<Taken>,
}

impl Query {
    /// Whose turn it is; nobody's where it is over.
    #[must_use]
    pub fn owner(&self) -> Option<Owner> {
        match self.stage {
            Stage::Open => Some(Owner::Firm),
            Stage::Answered => Some(Owner::Authority),
            Stage::Closed(_) => None,
        }
    }

    /// Who is late on a day.
    #[must_use]
    pub fn late(&self, on: Date) -> Option<Owner> {
        self.owner().filter(|_| on > self.due)
    }

    /// Days that whose turn it is has left on a day; below zero where it is late, none where it is over.
    #[must_use]
    pub fn days_left(&self, on: Date) -> Option<i32> {
        self.owner().map(|_| self.due.minus(on))
    }

    /// When it was asked.
    #[must_use]
    pub fn asked_on(&self) -> Option<Date> {
        self.steps.first().map(|s| day(s.at))
    }
}

/// Where a step leads from a stage; the one place that says which steps there are.
fn moved(stage: Stage, answer: Option<Answer>, step: Step) -> Result<Stage, Rejection> {
    match (stage, step) {
        (_, Step::Asked { .. }) => Err(Rejection::AskedAlready),
        (Stage::Open, Step::Answered { .. }) => Ok(Stage::Answered),
        (Stage::Answered, Step::Answered { .. }) => Err(Rejection::AnsweredAlready),
        (Stage::Open, Step::Extended { .. }) => Ok(Stage::Open),
        (Stage::Answered, Step::Extended { .. }) => match answer {
            Some(Answer::NeedMoreTime(_)) => Ok(Stage::Open),
            _ => Err(Rejection::AnsweredAlready),
        },
        (
            Stage::Open,
            Step::Closed {
                outcome: Outcome::Resolved,
                ..
            },
        ) => Err(Rejection::Unanswered),
        (Stage::Open | Stage::Answered, Step::Closed { outcome, .. }) => Ok(Stage::Closed(outcome)),
        (Stage::Answered | Stage::Closed(_), Step::Reopened { .. }) => Ok(Stage::Open),
        (Stage::Open, Step::Reopened { .. }) => Err(Rejection::StillOpen),
        (Stage::Closed(_), _) => Err(Rejection::ClosedAlready),
    }
}

/// Every query: a fold over the entries.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct Queries {
    all: BTreeMap<u64, Query>,
}

impl Queries {
    /// A query by its id.
    #[must_use]
    pub fn get(&self, seq: u64) -> Option<&Query> {
        self.all.get(&seq)
    }

    /// Every query, oldest first.
    pub fn all(&self) -> impl DoubleEndedIterator<Item = &Query> {
        self.all.values()
    }

    /// The query that an entry is a step of.
    #[must_use]
    pub fn of_entry(&self, seq: u64) -> Option<&Query> {
        let is_step = |q: &&Query| q.steps.iter().any(|s| s.seq == seq);
        self.all.values().find(is_step)
    }

    /// Takes in a step. One that leads nowhere changes nothing: [`decide`] lets none through, and the books take in whatever a
    /// journal says.
    pub fn apply(&mut self, stamp: &Stamp, stated: &QueryStep) {
        let taken = |due| Taken {
            seq: stamp.seq,
            at: stamp.recorded_at,
            stated: *stated,
            due,
        };
        let query = match stated.step {
            Step::Asked {
                holder,
                about,
                question,
                due,
            } => {
                let query = Query {
                    seq: stamp.seq,
                    holder,
                    about,
                    question,
                    stage: Stage::Open,
                    answer: None,
                    due,
                    steps: vec![taken(None)],
                };
                self.all.insert(stamp.seq, query);
                return;
            }
            Step::Answered { query, .. }
            | Step::Extended { query, .. }
            | Step::Closed { query, .. }
            | Step::Reopened { query, .. } => query,
        };
        let Some(query) = self.all.get_mut(&query) else {
            return;
        };
        let Ok(stage) = moved(query.stage, query.answer, stated.step) else {
            return;
        };
        let waited = query.owner() == Some(stated.step.owner());
        query.steps.push(taken(waited.then_some(query.due)));
        query.stage = stage;
        match stated.step {
            Step::Answered { answer, .. } => {
                query.answer = Some(answer);
                let decided = day(stamp.recorded_at).plus_days(DECISION_DAYS);
                query.due = decided.unwrap_or(Date::MAX);
            }
            Step::Extended { due, .. } | Step::Reopened { due, .. } => {
                query.answer = None;
                query.due = due;
            }
            Step::Asked { .. } | Step::Closed { .. } => {}
        }
    }
}

/// The day of a time of record.
fn day(at: Timestamp) -> Date {
    at.date().unwrap_or(Date::MIN)
}
