//! Tiny provinces full of edges, for property tests: two to five holders and a few dozen rows that contradict, repeat,
//! split and correct each other.

mod stories;

use weighbridge_books::registry::{HolderRow, Reports};
use weighbridge_books::substances::vocabulary::Field;
use weighbridge_measure::{Date, uscc_check_char};

use crate::draw::{Draw, Seed};
use crate::oracle::{Decision, LineRef, Submission};
use crate::row::Row;

/// A tiny province.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Small {
    /// The register.
    pub holders: Vec<HolderRow>,
    /// The files in their order of arrival; ids count from 0 in this order.
    pub submissions: Vec<Submission>,
    /// Decisions of a reviewer; none but in [`small_reviewed`].
    pub decisions: Vec<Decision>,
}

/// What a tiny province may contain.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
struct Flavour {
    /// Only rows whose account does not depend on the order in which submissions arrive.
    order_free: bool,
    /// A reviewer has decided.
    reviewed: bool,
}

/// A tiny province with everything but a reviewer.
#[must_use]
pub fn small(seed: u64) -> Small {
    make(
        Seed(seed),
        Flavour {
            order_free: false,
            reviewed: false,
        },
    )
}

/// A tiny province whose account is the same in every order of arrival: no line number with two contents, every
/// correction with its own `reported_at`.
#[must_use]
pub fn small_order_free(seed: u64) -> Small {
    make(
        Seed(seed),
        Flavour {
            order_free: true,
            reviewed: false,
        },
    )
}

/// A tiny province with decisions of a reviewer.
#[must_use]
pub fn small_reviewed(seed: u64) -> Small {
    make(
        Seed(seed),
        Flavour {
            order_free: false,
            reviewed: true,
        },
    )
}

/// The submissions in another order of arrival; their ids stay.
#[must_use]
pub fn shuffle(seed: u64, submissions: &[Submission]) -> Vec<Submission> {
    let mut list = submissions.to_vec();
    Draw::new(Seed(seed).part(0x5_4f)).shuffle(&mut list);
    list
}

/// A day to ask a tiny province about, often at the edge of a clock.
#[must_use]
pub fn day(seed: u64) -> Date {
    let mut draw = Draw::new(Seed(seed).part(0xda));
    at_day(draw.between(0, 700))
}

/// Day 0 of the tiny provinces is 2024-01-10; 29 February 2024 is day 50.
fn at_day(day: i64) -> Date {
    const START: u16 = 19_732;
    let days = i64::from(START)
        .saturating_add(day)
        .clamp(0, i64::from(u16::MAX));
    Date::from_days(u16::try_from(days).unwrap_or(START))
}

/// A social credit code of an invented firm: the region `000000` is assigned to nobody, the check character is right.
pub(crate) fn invented_uscc(number: u64) -> String {
    let body = format!("Y1000000{:09}", number % 1_000_000_000);
    let check = uscc_check_char(&body).unwrap_or('0');
    format!("{body}{check}")
}

fn make(seed: Seed, flavour: Flavour) -> Small {
    let mut draw = Draw::new(seed);
    let holders = holders(&mut draw);
    let rows = stories::rows(&mut draw, &holders, flavour);
    let submissions = submissions(&mut draw, rows, flavour);
    let decisions = if flavour.reviewed {
        decisions(&mut draw, &submissions)
    } else {
        Vec::new()
    };
    Small {
        holders,
        submissions,
        decisions,
    }
}

fn holders(draw: &mut Draw) -> Vec<HolderRow> {
    let mut rows = Vec::new();
    let silent = draw.below(8);
    for holder in 0..draw.between(2, 5).unsigned_abs() {
        let sites = draw.between(1, 3).unsigned_abs();
        for site in 0..sites {
            let named = sites > 1 || draw.one_in(2);
            rows.push(HolderRow {
                row: u32::try_from(rows.len()).unwrap_or(0).saturating_add(2),
                code: format!("H-{holder}"),
                name: format!("厂{holder}"),
                uscc: invented_uscc(holder),
                licence: format!("LIC-{holder}"),
                site: if named {
                    format!("H-{holder}.S{site}")
                } else {
                    String::new()
                },
                reports: if holder == silent {
                    Reports::No
                } else {
                    Reports::Yes
                },
                ..HolderRow::default()
            });
        }
    }
    rows
}

/// Spreads rows over files. Most files are of one reporter; some are of several, like an authority's collection.
fn submissions(draw: &mut Draw, rows: Vec<stories::Placed>, flavour: Flavour) -> Vec<Submission> {
    let mixed = draw.one_in(3);
    let files = draw.between(1, 3).unsigned_abs();
    let mut list: Vec<(u64, Submission)> = Vec::new();
    for placed in rows {
        let reporter = if mixed { 0 } else { placed.reporter };
        // A copy goes into a file of its own kind, so that "the same line in two files" happens.
        let key = reporter * 100
            + if placed.copy {
                50 + draw.below(files)
            } else {
                draw.below(files)
            };
        let at = list.iter().position(|(k, _)| *k == key).unwrap_or_else(|| {
            list.push((
                key,
                Submission {
                    id: 0,
                    rows: Vec::new(),
                    withdrawn: false,
                },
            ));
            list.len() - 1
        });
        if let Some((_, submission)) = list.get_mut(at) {
            submission.rows.push(placed.row);
        }
    }
    let mut submissions: Vec<Submission> = list.into_iter().map(|(_, s)| s).collect();
    draw.shuffle(&mut submissions);
    if draw.one_in(3) && !submissions.is_empty() {
        // The same file sent twice under two keys: every row is a duplicate.
        let again = submissions[draw.index(submissions.len())].clone();
        submissions.push(again);
    }
    if draw.one_in(3) && !submissions.is_empty() {
        let at = draw.index(submissions.len());
        submissions[at].withdrawn = true;
    }
    for (id, submission) in submissions.iter_mut().enumerate() {
        submission.id = u32::try_from(id).unwrap_or(u32::MAX);
        if !flavour.order_free {
            draw.shuffle(&mut submission.rows);
        }
    }
    submissions
}

/// Pairs and separations of random halves. Lines of one kind are paired only where they are of one substance: what a
/// one-sided consignment of several substances would wait for is not defined.
fn decisions(draw: &mut Draw, submissions: &[Submission]) -> Vec<Decision> {
    let mut halves: Vec<(LineRef, &Row)> = Vec::new();
    for submission in submissions {
        for (i, row) in submission.rows.iter().enumerate() {
            if matches!(row.get(Field::Kind), "dispatch" | "receipt")
                && row.get(Field::Action).is_empty()
            {
                let number = u32::try_from(i).unwrap_or(0).saturating_add(2);
                halves.push((
                    LineRef {
                        submission: submission.id,
                        row: number,
                    },
                    row,
                ));
            }
        }
    }
    draw.shuffle(&mut halves);
    let mut decisions = Vec::new();
    while halves.len() >= 4 && decisions.len() < 4 && !draw.one_in(4) {
        let count = 2 + draw.index(2);
        let chosen: Vec<(LineRef, &Row)> = halves.drain(..count).collect();
        let lines: Vec<LineRef> = chosen.iter().map(|(line, _)| *line).collect();
        if draw.one_in(3) {
            decisions.push(Decision::Apart(lines[0], lines[1]));
        } else if chosen
            .iter()
            .all(|(_, row)| row.get(Field::Substance) == chosen[0].1.get(Field::Substance))
        {
            decisions.push(Decision::Pair(lines));
        }
    }
    decisions
}

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use weighbridge_measure::uscc_ok;

    use super::*;
    use crate::oracle::{Account, Fate, account};

    const SEEDS: u64 = 600;

    #[test]
    fn a_seed_gives_the_same_province() {
        for seed in 0..20 {
            assert_eq!(small(seed), small(seed));
            assert_eq!(
                shuffle(seed, &small(seed).submissions),
                shuffle(seed, &small(seed).submissions)
            );
        }
    }

    #[test]
    fn the_provinces_are_small_and_their_numbers_well_formed() {
        for seed in 0..SEEDS {
            let small = small(seed);
            let rows: usize = small.submissions.iter().map(|s| s.rows.len()).sum();
            assert!((5..=200).contains(&rows), "{seed}: {rows} rows");
            assert!(small.holders.iter().all(|h| uscc_ok(&h.uscc)));
            for (id, submission) in small.submissions.iter().enumerate() {
                assert_eq!(submission.id as usize, id);
                assert!(!submission.rows.is_empty());
            }
        }
    }

    /// Everything that can happen happens often.
    #[test]
    fn the_edges_are_reached() {
        let mut seen: BTreeMap<String, u32> = BTreeMap::new();
        for seed in 0..SEEDS {
            let small = small_reviewed(seed);
            let account = account(
                &small.holders,
                &small.submissions,
                &small.decisions,
                day(seed),
            );
            let mut note = |what: String| *seen.entry(what).or_insert(0) += 1;
            account
                .rows
                .iter()
                .for_each(|(_, fate)| note(format!("{fate:?}")));
            for c in &account.consignments {
                note(c.state.code().to_owned());
                note(format!("{:?}", c.stage));
                for (what, is) in [
                    ("overdue", c.overdue),
                    ("notify", c.notify),
                    ("ambiguous", c.ambiguous),
                    ("suggestion", !c.suggestions.is_empty()),
                ] {
                    if is {
                        note(what.to_owned());
                    }
                }
            }
            let explained = account
                .balances
                .iter()
                .filter(|b| b.unexplained_ug.is_some())
                .count();
            (0..explained).for_each(|_| note("counted".to_owned()));
        }
        let wanted = "Live Accepted Duplicate Waiting Superseded Deleted Withdrawn matched within_allowance short over \
            awaiting_receipt awaiting_dispatch disputed Reviewer Document ConsigneeDiffers SenderDiffers SubstanceDiffers \
            Permit Lane Split OneSided overdue notify ambiguous suggestion counted SetAside(LineIdConflict) \
            SetAside(SubstanceUnknown) SetAside(AmountNegative) SetAside(AmountZero) SetAside(UnitUnknown) \
            SetAside(UnitNotMass) SetAside(CounterpartyMissing) SetAside(CounterpartyUnknown) SetAside(SiteUnknown) \
            SetAside(SiteMissing) SetAside(KindUnknown) SetAside(AmountNotFinite) SetAside(AmountInvalid) \
            SetAside(ConcentrationInvalid) SetAside(DateInvalid) SetAside(FormUnlisted) SetAside(CorrectsMissing) \
            SetAside(CorrectsUnexpected) SetAside(CaseMissing) SetAside(CounterpartyIsSelf)";
        for what in wanted.split_whitespace() {
            assert!(
                seen.get(what).copied().unwrap_or(0) >= 5,
                "{what} is too rare: {seen:?}"
            );
        }
    }

    /// Consignments and balances with rows in place of numbers, copies being equal but for their remark.
    fn nameless(account: &Account, submissions: &[Submission]) -> BTreeSet<String> {
        let text = |line: &LineRef| -> Row {
            let submission = submissions
                .iter()
                .find(|s| s.id == line.submission)
                .unwrap();
            submission.rows[line.row as usize - 2]
                .clone()
                .with(Field::Remark, "")
        };
        let side = |lines: &[LineRef]| {
            let mut rows: Vec<Row> = lines.iter().map(text).collect();
            rows.sort();
            rows
        };
        let mut all: Vec<String> = account
            .consignments
            .iter()
            .map(|c| {
                let figures = (
                    c.state,
                    c.stage,
                    c.difference_ug,
                    c.due,
                    c.overdue,
                    c.ambiguous,
                );
                let mut suggestions: Vec<_> = c
                    .suggestions
                    .iter()
                    .map(|(a, b)| (text(a), text(b)))
                    .collect();
                suggestions.sort();
                format!(
                    "{figures:?} {:?} {:?} {suggestions:?}",
                    side(&c.dispatches),
                    side(&c.receipts)
                )
            })
            .chain(account.balances.iter().map(|b| format!("{b:?}")))
            .collect();
        all.sort();
        let nth = |i: usize| all[..i].iter().filter(|t| **t == all[i]).count();
        (0..all.len())
            .map(|i| format!("{} #{}", all[i], nth(i)))
            .collect()
    }

    #[test]
    fn the_order_of_arrival_makes_no_difference_where_it_should_not() {
        for seed in 0..SEEDS {
            let small = small_order_free(seed);
            let first = account(&small.holders, &small.submissions, &[], day(seed));
            for order in 0..3 {
                let shuffled = shuffle(seed * 3 + order, &small.submissions);
                let second = account(&small.holders, &shuffled, &[], day(seed));
                let (first_text, second_text) = (
                    nameless(&first, &small.submissions),
                    nameless(&second, &shuffled),
                );
                let only = |a: &BTreeSet<String>, b: &BTreeSet<String>| {
                    a.difference(b).cloned().collect::<Vec<_>>()
                };
                let none: Vec<String> = Vec::new();
                let other = only(&second_text, &first_text);
                assert_eq!(
                    only(&first_text, &second_text),
                    none,
                    "seed {seed}, order {order}: {other:#?}"
                );
                let live = |a: &Account| {
                    a.rows
                        .iter()
                        .filter(|(_, fate)| *fate == Fate::Live)
                        .count()
                };
                assert_eq!(live(&first), live(&second), "seed {seed}, order {order}");
            }
        }
    }
}
