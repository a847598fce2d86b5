//! The two sides of a consignment compared, and the clock of a silent side (rules page, sections 4 and 5).

use std::collections::BTreeSet;

use weighbridge_books::substances::vocabulary::{Mode, Packaging};
use weighbridge_measure::{Date, SubstanceTable};

use super::pairing::{Group, Half, within_k_u};
use super::register::Register;
use super::{Consignment, LineRef, Stage, State};

/// Every consignment, sorted.
pub(super) fn consignments(register: &Register, groups: &[Group], as_of: Date) -> Vec<Consignment> {
    let happened = |group: &Group| {
        let mut group = group.clone();
        group.halves.retain(|h| h.date <= as_of);
        let is_shown = |line: &LineRef| group.halves.iter().any(|h| h.line == *line);
        group.ambiguous.retain(is_shown);
        group.suggestions.retain(|(line, _)| is_shown(line));
        (!group.halves.is_empty()).then_some(group)
    };
    let mut all: Vec<Consignment> = groups
        .iter()
        .filter_map(happened)
        .map(|group| consignment(register, &group, as_of))
        .collect();
    all.sort();
    all
}

fn consignment(register: &Register, group: &Group, as_of: Date) -> Consignment {
    let (dispatches, receipts): (Vec<&Half>, Vec<&Half>) =
        group.halves.iter().partition(|h| h.is_dispatch);
    let one_substance = group
        .halves
        .iter()
        .all(|h| h.substance == group.halves[0].substance);
    let two_sided = !dispatches.is_empty() && !receipts.is_empty();
    let sum = |side: &[&Half]| {
        let one = side.iter().all(|h| h.substance == side[0].substance);
        (one && !side.is_empty()).then(|| side.iter().map(|h| h.base_ug).sum::<i128>())
    };
    let (dispatched_ug, received_ug) = (sum(&dispatches), sum(&receipts));
    let difference_ug = match (dispatched_ug, received_ug) {
        (Some(s), Some(r)) if one_substance => Some(s - r),
        _ => None,
    };
    let variance: i128 = group.halves.iter().map(|h| h.variance).sum();
    let allowances = allowances(&dispatches);
    let state = if !two_sided {
        if receipts.is_empty() {
            State::AwaitingReceipt
        } else {
            State::AwaitingDispatch
        }
    } else if disputed(group, &dispatches, &receipts) {
        State::Disputed
    } else {
        match difference_ug {
            Some(d) if within_k_u(d, variance) => State::Matched,
            Some(d) if d < 0 => State::Over,
            Some(d) if d <= allowances.0 => State::WithinAllowance,
            Some(_) => State::Short,
            None => State::Disputed,
        }
    };
    let silent_reports = group
        .halves
        .iter()
        .any(|h| register.0[if h.is_dispatch { h.receiver } else { h.sender }].reports);
    let due = (!two_sided && silent_reports)
        .then(|| due(&group.halves))
        .flatten();
    Consignment {
        dispatches: lines(&dispatches),
        receipts: lines(&receipts),
        state,
        stage: group.stage,
        dispatched_ug,
        received_ug,
        difference_ug,
        notify: state == State::Short && difference_ug.is_some_and(|d| d > allowances.1),
        due,
        overdue: due.is_some_and(|due| as_of > due),
        ambiguous: !group.ambiguous.is_empty(),
        suggestions: group.suggestions.clone(),
    }
}

fn lines(halves: &[&Half]) -> Vec<LineRef> {
    let mut lines: Vec<LineRef> = halves.iter().map(|h| h.line).collect();
    lines.sort();
    lines
}

fn disputed(group: &Group, dispatches: &[&Half], receipts: &[&Half]) -> bool {
    let mixed = matches!(
        group.stage,
        Stage::ConsigneeDiffers | Stage::SenderDiffers | Stage::SubstanceDiffers
    ) || group.halves.iter().any(|h| {
        let first = &group.halves[0];
        (h.sender, h.receiver, h.substance) != (first.sender, first.receiver, first.substance)
    });
    let fields: [fn(&Half) -> &str; 4] = [
        |h| &h.permit,
        |h| &h.carrier,
        |h| &h.sender_site,
        |h| &h.receiver_site,
    ];
    mixed
        || fields.iter().any(|field| {
            let values = |side: &[&Half]| -> BTreeSet<String> {
                side.iter()
                    .map(|h| field(h).to_owned())
                    .filter(|v| !v.is_empty())
                    .collect()
            };
            let (s, r) = (values(dispatches), values(receipts));
            !s.is_subset(&r) && !r.is_subset(&s)
        })
}

/// The limits A and B. Readings: `other` packaging is a packaging, so it has no allowance; of smallest dispatches that
/// are equal in everything named, the one reported as a mass counts.
fn allowances(dispatches: &[&Half]) -> (i128, i128) {
    let smallest = dispatches
        .iter()
        .min_by_key(|h| (h.date, h.base_ug, h.mode, h.packaging, h.is_volume));
    let total: i128 = dispatches.iter().map(|h| h.base_ug).sum();
    let Some(first) = smallest else { return (0, 0) };
    let loose = match first.packaging {
        Packaging::Bulk => true,
        Packaging::Unknown => first.is_volume,
        _ => false,
    };
    match (loose, first.mode) {
        (false, _) => (0, 0),
        (true, Mode::Sea) => (total * 3 / 1_000, total * 5 / 1_000),
        (true, _) => (total / 1_000, total * 3 / 1_000),
    }
}

/// The last date of the halves plus the days of the substance's Chinese class; without a class the 15th of the month
/// after. Reading: of several substances (reviewer's pairs only) the earliest.
fn due(halves: &[Half]) -> Option<Date> {
    let last = halves.iter().map(|h| h.date).max()?;
    halves
        .iter()
        .filter_map(
            |h| match SubstanceTable::shipped().get(h.substance).cn_class {
                Some(1) => last.plus_days(5),
                Some(_) => last.plus_days(30),
                None => match last.ymd() {
                    (year, 12, _) => Date::from_ymd(year + 1, 1, 15),
                    (year, month, _) => Date::from_ymd(year, month + 1, 15),
                },
            },
        )
        .min()
}
