//! Queries as a fold: who may do what when, what is late, and that any journal can be taken in.

use proptest::prelude::*;
use weighbridge_measure::{
    Basis, Date, Decimal, ScaleClass, SubstanceId, SubstanceTable, Timestamp, Unit,
};

use super::*;
use crate::entry::Books;
use crate::registry::{Event, HolderRow};
use crate::substances::decide::{Submission, decide as decide_rows};
use crate::substances::draft::Draft;
use crate::substances::grace::GRACE_DAYS;
use crate::substances::kind::Kind;
use crate::substances::line::LineNo;
use crate::substances::movement::Movement;
use crate::substances::quarantine::{Code, Issue, SetAside};
use crate::substances::vocabulary::{Action, Field, Mode, Packaging, Reason};
use crate::{Body, EntryKind};

const A: HolderId = HolderId(0);
const B: HolderId = HolderId(1);
const C: HolderId = HolderId(2);

fn acetone() -> SubstanceId {
    SubstanceTable::shipped().by_code("acetone").unwrap()
}

fn on(text: &str) -> Date {
    text.parse().unwrap()
}

fn noon(text: &str) -> Timestamp {
    Timestamp::from_micros(on(text).midnight().micros() + 43_200_000_000)
}

fn stamp(books: &Books, at: Timestamp, organisation: &str) -> Stamp {
    Stamp {
        seq: books.entries(),
        recorded_at: at,
        organisation: organisation.to_owned(),
    }
}

/// A row of acetone: (reporter, kind, counterparty, day, kilograms).
type Row<'a> = (&'a str, Kind, &'a str, &'a str, &'a str);

fn send(books: &mut Books, at: &str, organisation: &str, rows: &[Row<'_>]) {
    let basis = Basis::plain(acetone(), Unit::Kilogram);
    let mut draft = Draft::new();
    for (row, (reporter, kind, counterparty, date, kg)) in (2..).zip(rows) {
        let mut texts = [""; 11];
        texts[0] = "D-7";
        let movement = Movement {
            row,
            action: Action::Insert,
            kind: *kind,
            date: on(date),
            reporter,
            site: "",
            counterparty,
            counterparty_site: "",
            basis: &basis,
            amount_text: kg,
            amount: Decimal::parse(kg).unwrap(),
            class: ScaleClass::ClassIII,
            reason: Reason::None,
            mode: Mode::Road,
            packaging: Packaging::Drum,
            texts,
            remark: "",
        };
        draft.push(&movement).unwrap();
    }
    draft.set_aside(SetAside {
        row: 99,
        issues: vec![Issue::new(99, Field::Amount, Code::AmountInvalid, "x", "")],
        cells: Vec::new(),
    });
    let mut submission = Submission::begin("movements_csv", &books.substances, None);
    let movements = decide_rows(&books.substances, &books.registry, &mut submission, draft);
    assert_eq!(movements.rows.len(), rows.len(), "{:?}", movements.aside);
    let stamp = stamp(books, noon(at), organisation);
    books.apply(&stamp, &Body::Movements(Box::new(movements)));
    books.settle();
}

/// Three firms; A sent B 1,000 kg, of which 940 arrived: entry 1 is A's, recorded on the 4th, entry 2 B's, on the 10th. C has
/// nothing to do with it (entry 3).
fn books() -> Books {
    let mut books = Books::default();
    let holder = |code: &str| {
        Event::Holder(HolderRow {
            code: code.to_owned(),
            ..HolderRow::default()
        })
    };
    let stamp = stamp(&books, noon("2025-06-01"), "local");
    books.apply(&stamp, &Body::Registry(["A", "B", "C"].map(holder).into()));
    let sent = ("A", Kind::Dispatch, "B", "2025-06-03", "1000");
    let came = ("B", Kind::Receipt, "A", "2025-06-04", "940");
    let used = ("C", Kind::Stocktake, "", "2025-06-04", "7");
    send(&mut books, "2025-06-04", "A", &[sent]);
    send(&mut books, "2025-06-10", "B", &[came]);
    send(&mut books, "2025-06-10", "local", &[used]);
    books
}

fn line(books: &Books, seq: u64) -> Option<LineNo> {
    let entry = books.substances.entries().iter().find(|e| e.seq == seq);
    entry.map(|e| e.first)
}

fn ask(holder: HolderId, about: About, question: Question, due: &str) -> Step {
    Step::Asked {
        holder,
        about,
        question,
        due: on(due),
    }
}

/// Tries a step and takes it where it may be taken.
fn take(books: &mut Books, by: By, step: Step, at: &str) -> Result<u64, Rejection> {
    take_with(books, by, step, at, Said::Something)
}

fn take_with(
    books: &mut Books,
    by: By,
    step: Step,
    at: &str,
    said: Said,
) -> Result<u64, Rejection> {
    let row = match step {
        Step::Asked {
            about: About::Consignment(row) | About::Row(row),
            ..
        } if row.row != 99 => Some(row),
        _ => None,
    };
    let proposal = Proposal {
        by,
        step,
        said,
        line: row.and_then(|r| line(books, r.seq)),
        now: noon(at),
    };
    decide(books, &proposal)?;
    let stamp = stamp(books, noon(at), "x");
    let text = (said == Said::Something).then_some([1; 32]);
    books.apply(&stamp, &Body::Query(QueryStep { step, text }));
    Ok(stamp.seq)
}

const DIFFERENCE: About = About::Consignment(LineRef { seq: 1, row: 2 });

#[test]
fn what_may_be_asked() {
    let site = |books: &Books, h: HolderId| books.registry.holder(h).unwrap().sites[0];
    let all = books();
    let (of_a, of_c) = (site(&all, A), site(&all, C));
    let substance = acetone();
    let row = |seq, row| About::Row(LineRef { seq, row });
    let balance = |site| About::Balance { site, substance };
    let far = "2026-06-20";
    let other = SubstanceId::from_index(acetone().index() + 1).unwrap();
    #[rustfmt::skip]
    let cases = [
        (A, About::Holder, Question::DataOverdue, "2025-06-30", Ok(4)),
        (A, DIFFERENCE, Question::Short, "2025-06-30", Ok(4)),
        (B, DIFFERENCE, Question::Short, "2025-06-30", Ok(4)),
        (B, DIFFERENCE, Question::Other, "2025-06-20", Ok(4)),
        (A, row(1, 2), Question::Other, "2025-06-30", Ok(4)),
        (A, row(1, 99), Question::SetAside, "2025-06-30", Ok(4)),
        // What the authority took in may be anybody's.
        (A, row(3, 99), Question::SetAside, "2025-06-30", Ok(4)),
        (A, balance(of_a), Question::Unexplained, "2025-06-30", Ok(4)),
        (A, About::Unexplained { site: of_a, substance }, Question::Unexplained, "2026-06-20", Ok(4)),
        (HolderId(9), About::Holder, Question::Other, "2025-06-30", Err(Rejection::HolderUnknown)),
        (C, DIFFERENCE, Question::Short, "2025-06-30", Err(Rejection::SubjectOfOthers)),
        (C, row(1, 2), Question::Other, "2025-06-30", Err(Rejection::SubjectOfOthers)),
        (B, row(1, 99), Question::SetAside, "2025-06-30", Err(Rejection::SubjectOfOthers)),
        (A, balance(of_c), Question::Unexplained, "2025-06-30", Err(Rejection::SubjectOfOthers)),
        (A, row(7, 2), Question::Other, "2025-06-30", Err(Rejection::SubjectUnknown)),
        (A, About::Consignment(LineRef { seq: 3, row: 2 }), Question::Other, "2025-06-30", Err(Rejection::SubjectUnknown)),
        (A, About::Balance { site: of_a, substance: other }, Question::Unexplained, "2025-06-30", Err(Rejection::SubjectUnknown)),
        (A, About::Holder, Question::Short, "2025-06-30", Err(Rejection::QuestionUnfit)),
        (A, DIFFERENCE, Question::Over, "2025-06-30", Err(Rejection::QuestionUnfit)),
        (A, DIFFERENCE, Question::MissingHalf, "2025-06-30", Err(Rejection::QuestionUnfit)),
        (A, About::Holder, Question::DataOverdue, "2025-06-19", Err(Rejection::DueInPast)),
        (A, About::Holder, Question::DataOverdue, "2026-06-21", Err(Rejection::DueTooFar)),
    ];
    for (holder, about, question, due, want) in cases {
        let step = ask(holder, about, question, due);
        let got = take(&mut all.clone(), By::Authority, step, "2025-06-20");
        assert_eq!(got, want, "{step:?}");
        let own = take(&mut all.clone(), By::Holder(holder), step, "2025-06-20");
        assert_eq!(own, Err(Rejection::ForAuthority));
    }
    let mut twice = all.clone();
    let step = ask(A, DIFFERENCE, Question::Short, far);
    assert_eq!(take(&mut twice, By::Authority, step, "2025-06-20"), Ok(4));
    let again = take(&mut twice, By::Authority, step, "2025-06-20");
    assert_eq!(again, Err(Rejection::AskedAlready));
    let wordless = ask(A, About::Holder, Question::Other, far);
    let got = take_with(
        &mut twice,
        By::Authority,
        wordless,
        "2025-06-20",
        Said::Nothing,
    );
    assert_eq!(got, Err(Rejection::WordsMissing));
}

/// Each step by who may not take it, and where it leads nowhere.
#[test]
fn the_way_of_a_query() {
    let mut books = books();
    let books = &mut books;
    let (authority, firm) = (By::Authority, By::Holder(B));
    let q = take(
        books,
        authority,
        ask(B, DIFFERENCE, Question::Short, "2025-06-30"),
        "2025-06-20",
    )
    .unwrap();
    let answer = |answer| Step::Answered { query: q, answer };
    let close = |outcome| Step::Closed { query: q, outcome };
    let extend = |due: &str| Step::Extended {
        query: q,
        due: on(due),
    };
    let reopen = |due: &str| Step::Reopened {
        query: q,
        due: on(due),
    };
    let stage = |books: &Books| books.queries.get(q).unwrap().stage.code();
    let explained = answer(Answer::Explained);
    let more = |due: &str| answer(Answer::NeedMoreTime(on(due)));
    #[rustfmt::skip]
    let script = [
        (authority, explained, "2025-06-21", Err(Rejection::ForFirm), "open"),
        (By::Holder(A), explained, "2025-06-21", Err(Rejection::NotAsked), "open"),
        (firm, Step::Answered { query: 2, answer: Answer::Explained }, "2025-06-21", Err(Rejection::QueryUnknown), "open"),
        (firm, answer(Answer::CorrectedIn(1)), "2025-06-21", Err(Rejection::EntryUnknown), "open"),
        (firm, more("2025-06-30"), "2025-06-21", Err(Rejection::DueNotLater), "open"),
        (firm, close(Outcome::Withdrawn), "2025-06-21", Err(Rejection::ForAuthority), "open"),
        (authority, close(Outcome::Resolved), "2025-06-21", Err(Rejection::Unanswered), "open"),
        (authority, reopen("2025-07-30"), "2025-06-21", Err(Rejection::StillOpen), "open"),
        (authority, extend("2025-06-29"), "2025-06-21", Err(Rejection::DueNotLater), "open"),
        (authority, extend("2025-07-01"), "2025-06-21", Ok(()), "open"),
        (firm, more("2025-07-10"), "2025-06-22", Ok(()), "answered"),
        (firm, explained, "2025-06-23", Err(Rejection::AnsweredAlready), "answered"),
        (authority, extend("2025-06-25"), "2025-06-23", Ok(()), "open"),
        (firm, explained, "2025-06-27", Ok(()), "answered"),
        (authority, extend("2025-07-30"), "2025-06-27", Err(Rejection::AnsweredAlready), "answered"),
        (authority, reopen("2025-07-30"), "2025-07-20", Ok(()), "open"),
        (firm, answer(Answer::CorrectedIn(2)), "2025-07-30", Ok(()), "answered"),
        (authority, close(Outcome::Resolved), "2025-08-01", Ok(()), "closed"),
        (firm, explained, "2025-08-01", Err(Rejection::ClosedAlready), "closed"),
        (authority, close(Outcome::Resolved), "2025-08-01", Err(Rejection::ClosedAlready), "closed"),
        (authority, reopen("2025-08-30"), "2025-08-02", Ok(()), "open"),
        (authority, close(Outcome::NotResolved), "2025-09-02", Ok(()), "closed"),
    ];
    for (by, step, at, want, then) in script {
        let got = take(books, by, step, at).map(|_| ());
        assert_eq!((got, stage(books)), (want, then), "{step:?} on {at}");
    }
    let told: Vec<(&str, Option<Date>, bool)> = books
        .queries
        .get(q)
        .unwrap()
        .steps
        .iter()
        .map(|s| (s.stated.step.code(), s.due, s.is_late()))
        .collect();
    // Late are the answer after the day that was granted and the decision after more than fifteen days.
    #[rustfmt::skip]
    assert_eq!(told, [
        ("asked", None, false),
        ("extended", None, false),
        ("answered", Some(on("2025-07-01")), false),
        ("extended", Some(on("2025-07-07")), false),
        ("answered", Some(on("2025-06-25")), true),
        ("reopened", Some(on("2025-07-12")), true),
        ("answered", Some(on("2025-07-30")), false),
        ("closed", Some(on("2025-08-14")), false),
        ("reopened", None, false),
        ("closed", None, false),
    ]);
}

#[test]
fn whose_turn_it_is() {
    let mut books = books();
    let step = ask(A, About::Holder, Question::DataOverdue, "2025-06-30");
    let q = take(&mut books, By::Authority, step, "2025-06-20").unwrap();
    let late = |books: &Books, at: &str| books.queries.get(q).unwrap().late(on(at));
    assert_eq!(late(&books, "2025-06-30"), None);
    assert_eq!(late(&books, "2025-07-01"), Some(Owner::Firm));
    let answer = Step::Answered {
        query: q,
        answer: Answer::WillFileLate,
    };
    take(&mut books, By::Holder(A), answer, "2025-07-05").unwrap();
    assert_eq!(late(&books, "2025-07-20"), None);
    assert_eq!(late(&books, "2025-07-21"), Some(Owner::Authority));
    let left = books.queries.get(q).unwrap();
    assert_eq!(left.days_left(on("2025-07-19")), Some(1));
    assert_eq!(books.queries.of_entry(q + 1), Some(left));
    let close = Step::Closed {
        query: q,
        outcome: Outcome::Resolved,
    };
    take(&mut books, By::Authority, close, "2025-07-21").unwrap();
    assert_eq!(late(&books, "2026-07-21"), None);
}

/// The two firms have their days from the newest half on, whatever day the goods moved; what has to be told at once has none.
#[test]
fn a_difference_is_the_firms_first() {
    let mut books = books();
    let ledger = &books.substances;
    let c = |books: &Books| {
        let line = line(books, 1).unwrap();
        let ledger = &books.substances;
        let found = ledger.consignment_of(&books.registry, line, Date::MAX);
        found.unwrap()
    };
    let mut small = c(&books);
    small.notify = false;
    let end = on("2025-06-10").plus_days(GRACE_DAYS);
    for (at, want) in [
        ("2025-06-10", end),
        ("2025-06-12", end),
        ("2025-06-13", None),
        ("2025-07-13", None),
    ] {
        let got = crate::substances::grace::until(ledger, &small, on(at));
        assert_eq!(got, want, "{at}");
    }
    small.notify = true;
    let until = |c: &_| crate::substances::grace::until(ledger, c, on("2025-06-10"));
    assert_eq!(until(&small), None);
    small.notify = false;
    small.state = crate::substances::consignment::State::Matched;
    assert_eq!(until(&small), None);
    // More than was sent is told to nobody at once: its grace keeps a query back.
    let more = ("B", Kind::Receipt, "A", "2025-06-04", "200");
    send(&mut books, "2025-06-18", "B", &[more]);
    let now = c(&books);
    assert!(!now.notify && now.difference_ug.unwrap() < 0, "{now:?}");
    let step = ask(A, DIFFERENCE, Question::Over, "2025-06-30");
    let early = take(&mut books, By::Authority, step, "2025-06-20");
    assert_eq!(early, Err(Rejection::InGrace(on("2025-06-21"))));
    assert!(take(&mut books, By::Authority, step, "2025-06-21").is_ok());
}

#[test]
fn every_rejection_has_its_code() {
    let codes: std::collections::BTreeSet<&str> = Rejection::CODES.into();
    assert_eq!(codes.len(), Rejection::CODES.len());
    assert!(codes.contains(Rejection::InGrace(Date::MIN).code()));
}

fn step() -> impl Strategy<Value = Step> {
    let due = || (0u16..400).prop_map(|d| on("2025-06-01").plus_days(i32::from(d)).unwrap());
    let query = || 3u64..12;
    let site = || prop_oneof![Just(0u32), Just(1), any::<u32>()].prop_map(SiteId);
    let line = || {
        let seq = prop_oneof![0u64..4, any::<u64>()];
        let row = prop_oneof![Just(2u32), Just(99), any::<u32>()];
        (seq, row).prop_map(|(seq, row)| LineRef { seq, row })
    };
    let substance = || (0u16..20).prop_map(|i| SubstanceId::from_index(i).unwrap_or(acetone()));
    let about = prop_oneof![
        Just(About::Holder),
        line().prop_map(About::Consignment),
        line().prop_map(About::Row),
        (site(), substance()).prop_map(|(site, substance)| About::Balance { site, substance }),
        (site(), substance()).prop_map(|(site, substance)| About::Unexplained { site, substance }),
    ];
    let answer = prop_oneof![
        Just(Answer::Explained),
        (0u64..6).prop_map(Answer::CorrectedIn),
        Just(Answer::WillFileLate),
        Just(Answer::MistakeOfOtherSide),
        due().prop_map(Answer::NeedMoreTime),
    ];
    let asked = (0u32..4, about, prop::sample::select(Question::ALL), due());
    prop_oneof![
        asked.prop_map(|(h, about, question, due)| Step::Asked {
            holder: HolderId(h),
            about,
            question,
            due
        }),
        (query(), answer).prop_map(|(query, answer)| Step::Answered { query, answer }),
        (query(), due()).prop_map(|(query, due)| Step::Extended { query, due }),
        (query(), prop::sample::select(Outcome::ALL))
            .prop_map(|(query, outcome)| Step::Closed { query, outcome }),
        (query(), due()).prop_map(|(query, due)| Step::Reopened { query, due }),
    ]
}

fn text() -> impl Strategy<Value = Option<[u8; 32]>> {
    prop_oneof![Just(None), any::<[u8; 32]>().prop_map(Some)]
}

/// What must hold of a query, whatever was tried.
fn is_sound(q: &Query) -> bool {
    let first = q.steps.first().map(|s| s.seq) == Some(q.seq);
    let rising = q.steps.windows(2).all(|w| w[0].seq < w[1].seq);
    let last = q.steps.last().map(|s| s.stated.step.code());
    let fits = match q.stage {
        Stage::Open => {
            matches!(last, Some("asked" | "extended" | "reopened")) && q.answer.is_none()
        }
        Stage::Answered => last == Some("answered") && q.answer.is_some(),
        Stage::Closed(_) => last == Some("closed"),
    };
    let asked_once = q.steps.iter().filter(|s| s.stated.step.code() == "asked");
    let nobody_late = q.owner().is_some() || q.late(Date::MAX).is_none();
    first && rising && fits && asked_once.count() == 1 && nobody_late
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    /// Any sequence of steps by anybody at any time: what is let through moves along the machine, what is not changes
    /// nothing, and an answer is never refused for being late.
    #[test]
    fn any_steps_keep_the_invariants(tried in prop::collection::vec((step(), 0u32..4, 0i32..20), 0..40)) {
        let mut books = books();
        let mut now = on("2025-06-20");
        for (step, by, days) in tried {
            now = now.plus_days(days).unwrap();
            let by = By::Holder(HolderId(by));
            let by = if step.owner() == Owner::Authority { By::Authority } else { by };
            let before = books.queries.clone();
            let got = take(&mut books, by, step, &now.to_string());
            match got {
                Ok(_) => prop_assert!(books.queries != before),
                Err(_) => prop_assert!(books.queries == before),
            }
            if let (Step::Answered { query, answer: Answer::Explained }, Some(q)) = (step, match step {
                Step::Answered { query, .. } => before.get(query),
                _ => None,
            }) {
                let may = q.stage == Stage::Open && by == By::Holder(q.holder);
                prop_assert_eq!(got.is_ok(), may);
                let taken = books.queries.get(query).and_then(|q| q.steps.last());
                prop_assert!(!may || taken.is_some_and(|t| t.is_late() == (now > q.due)));
            }
        }
        prop_assert!(books.queries.all().all(is_sound));
    }

    /// A journal may say anything; the books take it in and stay sound.
    #[test]
    fn any_journal_can_be_taken_in(steps in prop::collection::vec((step(), text()), 0..40)) {
        let mut queries = Queries::default();
        for (seq, (step, text)) in (3..).zip(steps) {
            let stated = QueryStep { step, text };
            let bytes = Body::Query(stated).encode();
            prop_assert_eq!(Body::decode(EntryKind::Query as u16, &bytes), Ok(Body::Query(stated)));
            let stamp = Stamp { seq, recorded_at: noon("2025-06-20"), organisation: String::new() };
            queries.apply(&stamp, &stated);
        }
        prop_assert!(queries.all().all(is_sound));
    }

    /// Damaged bytes are refused, or they are the only bytes of what they say.
    #[test]
    fn damaged_bytes(step in step(), text in text(), at in any::<prop::sample::Index>(), flip in 1u8.., cut in any::<bool>()) {
        let mut bytes = QueryStep { step, text }.encode();
        let at = at.index(bytes.len());
        if cut {
            bytes.truncate(at);
            prop_assert!(QueryStep::decode(&bytes).is_err());
        } else {
            bytes[at] ^= flip;
            if let Ok(read) = QueryStep::decode(&bytes) {
                prop_assert_eq!(read.encode(), bytes);
            }
        }
    }
}
