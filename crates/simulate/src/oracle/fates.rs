//! Which lines are live (rules page, section 1).

use weighbridge_books::substances::quarantine::Code;
use weighbridge_books::substances::vocabulary::Action;
use weighbridge_measure::Timestamp;

use super::register::Register;
use super::stated::{Stated, read};
use super::{Fate, LineRef, Submission, recorded_at};

/// The rows and what is left to count.
pub(super) struct Judged {
    pub(super) rows: Vec<(LineRef, Fate)>,
    pub(super) live: Vec<Stated>,
}

/// The fate of every row.
///
/// A conflict of line numbers is found when a submission is decided, so rows of submissions that are withdrawn later
/// take part in it; in what repeats what they take no part.
pub(super) fn judge(register: &Register, submissions: &[Submission]) -> Judged {
    let mut rows: Vec<(LineRef, Fate)> = Vec::new();
    let mut kept: Vec<Stated> = Vec::new();
    for (place, submission) in submissions.iter().enumerate() {
        for (i, row) in submission.rows.iter().enumerate() {
            let number = u32::try_from(i).unwrap_or(u32::MAX).saturating_add(2);
            let line = LineRef {
                submission: submission.id,
                row: number,
            };
            let fate = match read(register, row, line, place) {
                Err(code) => Fate::SetAside(code),
                Ok(stated) if in_conflict(&kept, &stated) => Fate::SetAside(Code::LineIdConflict),
                Ok(stated) => {
                    kept.push(stated);
                    Fate::Accepted
                }
            };
            rows.push((
                line,
                if submission.withdrawn {
                    Fate::Withdrawn
                } else {
                    fate
                },
            ));
        }
    }
    let mut set = |line: LineRef, fate: Fate| {
        for row in rows.iter_mut().filter(|(of, _)| *of == line) {
            row.1 = fate;
        }
    };
    let mut accepted: Vec<Stated> = Vec::new();
    let mut seen: Vec<Stated> = Vec::new();
    for stated in kept.into_iter().filter(|s| !submissions[s.place].withdrawn) {
        let duplicate = is_duplicate(&accepted, &seen, &stated);
        seen.push(stated.clone());
        if duplicate {
            set(stated.line, Fate::Duplicate);
        } else {
            accepted.push(stated);
        }
    }
    let settled = settle(&accepted);
    for (stated, fate) in accepted.iter().zip(&settled) {
        set(stated.line, *fate);
    }
    let live = accepted
        .into_iter()
        .zip(settled)
        .filter(|(_, fate)| *fate == Fate::Live)
        .map(|(s, _)| s)
        .collect();
    Judged { rows, live }
}

/// Whether an earlier row has this line number with another content.
fn in_conflict(kept: &[Stated], row: &Stated) -> bool {
    let same = |k: &&Stated| k.reporter == row.reporter && k.line_id == row.line_id;
    !row.line_id.is_empty()
        && kept
            .iter()
            .find(same)
            .is_some_and(|first| first.content != row.content)
}

/// Whether earlier rows bring this one; `seen` are the rows before it, accepted or not.
fn is_duplicate(accepted: &[Stated], seen: &[Stated], row: &Stated) -> bool {
    if !row.line_id.is_empty() {
        return accepted
            .iter()
            .any(|a| a.reporter == row.reporter && a.line_id == row.line_id);
    }
    let nth = 1 + seen
        .iter()
        .filter(|s| s.place == row.place && s.content == row.content)
        .count();
    let before = accepted
        .iter()
        .filter(|a| a.place < row.place && a.content == row.content)
        .count();
    nth <= before
}

/// The final fate of every accepted row.
///
/// A correction counts only as part of a chain from an insert to the correction that holds. Reading: what corrects a
/// waiting correction waits too, and so does a ring of corrections; of a chain that ends in a delete only the line just
/// before it is called deleted.
fn settle(accepted: &[Stated]) -> Vec<Fate> {
    let targets: Vec<Option<usize>> = (0..accepted.len()).map(|i| target(accepted, i)).collect();
    let holding = |of: usize| -> Option<usize> {
        (0..accepted.len())
            .filter(|i| targets[*i] == Some(of))
            .max_by_key(|i| (time(&accepted[*i]), accepted[*i].place, *i))
    };
    let mut fates: Vec<Fate> = (0..accepted.len())
        .map(|i| {
            if grounded(accepted, &targets, i) {
                Fate::Superseded
            } else {
                Fate::Waiting
            }
        })
        .collect();
    for (i, row) in accepted.iter().enumerate() {
        if row.action != Action::Insert {
            continue;
        }
        let (mut before, mut end) = (i, i);
        while let Some(next) = holding(end) {
            fates[end] = Fate::Superseded;
            (before, end) = (end, next);
        }
        if accepted[end].action == Action::Delete {
            fates[before] = Fate::Deleted;
            fates[end] = Fate::Accepted;
        } else {
            fates[end] = Fate::Live;
        }
    }
    fates
}

fn time(row: &Stated) -> Timestamp {
    row.reported_at.unwrap_or_else(|| recorded_at(row.place))
}

/// What a correction corrects.
fn target(accepted: &[Stated], i: usize) -> Option<usize> {
    let row = &accepted[i];
    if row.action == Action::Insert {
        return None;
    }
    let same = |j: &usize| *j != i && accepted[*j].reporter == row.reporter;
    let by_line = (0..accepted.len())
        .filter(same)
        .find(|j| accepted[*j].line_id == row.corrects);
    by_line.or_else(|| {
        let inserts: Vec<usize> = (0..accepted.len())
            .filter(same)
            .filter(|j| {
                accepted[*j].action == Action::Insert && accepted[*j].document == row.corrects
            })
            .collect();
        if let [only] = inserts.as_slice() {
            Some(*only)
        } else {
            None
        }
    })
}

/// Whether the chain of targets ends in an insert.
fn grounded(accepted: &[Stated], targets: &[Option<usize>], i: usize) -> bool {
    let mut at = i;
    for _ in 0..=accepted.len() {
        if accepted[at].action == Action::Insert {
            return true;
        }
        match targets[at] {
            Some(next) => at = next,
            None => return false,
        }
    }
    false
}
