//! Halves into consignments (rules page, sections 2 and 3).

use std::collections::{BTreeMap, BTreeSet};

use weighbridge_books::substances::kind::Kind;
use weighbridge_books::substances::vocabulary::{Mode, Packaging};
use weighbridge_measure::{Date, SubstanceId};

use super::register::Party;
use super::stated::Stated;
use super::{Decision, LineRef, Stage};

/// Days between two neighbours of a date cluster of a document.
const DOCUMENT_GAP: i32 = 180;
/// Days between two neighbours of a cluster of the split search.
const SPLIT_GAP: i32 = 31;
/// Halves of a cluster of the split search.
const SPLIT_HALVES: usize = 12;

/// One half.
#[derive(Clone, Debug)]
pub(super) struct Half {
    pub(super) line: LineRef,
    pub(super) is_dispatch: bool,
    pub(super) sender: Party,
    pub(super) receiver: Party,
    pub(super) sender_site: String,
    pub(super) receiver_site: String,
    pub(super) substance: SubstanceId,
    pub(super) date: Date,
    pub(super) base_ug: i128,
    pub(super) variance: i128,
    pub(super) is_volume: bool,
    pub(super) mode: Mode,
    pub(super) packaging: Packaging,
    pub(super) document: String,
    pub(super) permit: String,
    pub(super) carrier: String,
}

/// Halves that make one consignment.
#[derive(Clone, Debug)]
pub(super) struct Group {
    pub(super) stage: Stage,
    pub(super) halves: Vec<Half>,
    /// The halves that are marked ambiguous.
    pub(super) ambiguous: Vec<LineRef>,
    pub(super) suggestions: Vec<(LineRef, LineRef)>,
}

fn half(stated: &Stated) -> Option<Half> {
    let goods = stated.goods.as_ref()?;
    let is_dispatch = match goods.kind {
        Kind::Dispatch => true,
        Kind::Receipt => false,
        _ => return None,
    };
    let other = goods.counterparty?;
    let (own_site, other_site) = (goods.site.clone(), goods.counterparty_site.clone());
    let (sender, receiver, sender_site, receiver_site) = if is_dispatch {
        (stated.reporter, other, own_site, other_site)
    } else {
        (other, stated.reporter, other_site, own_site)
    };
    let base_ug = i128::from(goods.base_ug);
    let u = base_ug * goods.ppm / 1_000_000;
    Some(Half {
        line: stated.line,
        is_dispatch,
        sender,
        receiver,
        sender_site,
        receiver_site,
        substance: goods.substance,
        date: goods.date,
        base_ug,
        variance: u * u,
        is_volume: goods.is_volume,
        mode: goods.mode,
        packaging: goods.packaging,
        document: stated.document.clone(),
        permit: goods.permit.clone(),
        carrier: goods.carrier.clone(),
    })
}

fn window(mode: Mode) -> i32 {
    match mode {
        Mode::Road | Mode::Air | Mode::Pipeline | Mode::Post => 5,
        Mode::Unknown => 10,
        Mode::Rail | Mode::InlandWater => 15,
        Mode::Sea => 30,
    }
}

fn in_time(dispatch: &Half, receipt: &Half) -> bool {
    let days = receipt.date.minus(dispatch.date);
    (-1..=window(dispatch.mode).max(window(receipt.mode))).contains(&days)
}

fn compatible(a: &str, b: &str) -> bool {
    a.is_empty() || b.is_empty() || a == b
}

/// (s − r)² ≤ 4·u²; a square beyond 128 bits is above any variance.
pub(super) fn within_k_u(difference: i128, variance: i128) -> bool {
    difference
        .checked_mul(difference)
        .is_some_and(|square| square <= 4 * variance)
}

fn in_band(dispatch: &Half, receipt: &Half) -> bool {
    let difference = dispatch.base_ug - receipt.base_ug;
    difference.abs() <= dispatch.base_ug * 2 / 100
        || within_k_u(difference, dispatch.variance + receipt.variance)
}

/// The pool of halves that no consignment has yet.
struct Pool {
    halves: Vec<Half>,
    left: BTreeSet<usize>,
    apart: Vec<(LineRef, LineRef)>,
    ambiguous: BTreeSet<usize>,
    groups: Vec<Group>,
}

/// Every consignment of the live lines.
pub(super) fn pair(live: &[Stated], decisions: &[Decision]) -> Vec<Group> {
    let halves: Vec<Half> = live.iter().filter_map(half).collect();
    let apart = decisions.iter().filter_map(|d| {
        if let Decision::Apart(a, b) = d {
            Some((*a, *b))
        } else {
            None
        }
    });
    let mut pool = Pool {
        left: (0..halves.len()).collect(),
        apart: apart.collect(),
        halves,
        ambiguous: BTreeSet::new(),
        groups: Vec::new(),
    };
    pool.reviewer(decisions);
    pool.by_document(Stage::Document, |h| (h.sender, h.receiver, h.substance));
    pool.by_document(Stage::ConsigneeDiffers, |h| (h.sender, h.substance));
    pool.by_document(Stage::SenderDiffers, |h| (h.receiver, h.substance));
    pool.by_document(Stage::SubstanceDiffers, |h| (h.sender, h.receiver));
    pool.only_candidates(Stage::Permit);
    pool.only_candidates(Stage::Lane);
    pool.splits();
    pool.leave_over();
    pool.groups
}

impl Pool {
    fn take(&mut self, stage: Stage, members: &[usize]) {
        let halves = members.iter().map(|i| self.halves[*i].clone()).collect();
        self.left.retain(|i| !members.contains(i));
        self.groups.push(Group {
            stage,
            halves,
            ambiguous: Vec::new(),
            suggestions: Vec::new(),
        });
    }

    fn kept_apart(&self, a: usize, b: usize) -> bool {
        let (a, b) = (self.halves[a].line, self.halves[b].line);
        self.apart
            .iter()
            .any(|pair| *pair == (a, b) || *pair == (b, a))
    }

    fn any_kept_apart(&self, members: &[usize]) -> bool {
        members
            .iter()
            .any(|a| members.iter().any(|b| self.kept_apart(*a, *b)))
    }

    /// Cuts a group, sorted by date, wherever two neighbours are more than `gap` days apart.
    fn clusters(&self, mut members: Vec<usize>, gap: i32) -> Vec<Vec<usize>> {
        members.sort_by_key(|i| (self.halves[*i].date, *i));
        let mut clusters: Vec<Vec<usize>> = Vec::new();
        let mut last: Option<Date> = None;
        for i in members {
            let date = self.halves[i].date;
            match clusters.last_mut() {
                Some(cluster) if last.is_some_and(|l| date.minus(l) <= gap) => cluster.push(i),
                _ => clusters.push(vec![i]),
            }
            last = Some(date);
        }
        clusters
    }

    /// The halves left, grouped by a key.
    fn grouped<K: Ord>(&self, key: impl Fn(&Half) -> Option<K>) -> Vec<Vec<usize>> {
        let mut groups: BTreeMap<K, Vec<usize>> = BTreeMap::new();
        for i in &self.left {
            if let Some(key) = key(&self.halves[*i]) {
                groups.entry(key).or_default().push(*i);
            }
        }
        groups.into_values().collect()
    }

    fn both_sides(&self, members: &[usize]) -> bool {
        members.iter().any(|i| self.halves[*i].is_dispatch)
            && members.iter().any(|i| !self.halves[*i].is_dispatch)
    }

    /// Before stage 1: a reviewer's pairs. Reading: of a pair with one live line left nothing is left.
    fn reviewer(&mut self, decisions: &[Decision]) {
        for (at, decision) in decisions.iter().enumerate() {
            let undone = |lines: &[LineRef]| {
                decisions[at..].iter().any(|later| matches!(later, Decision::Apart(a, b) if lines.contains(a) && lines.contains(b)))
            };
            if let Decision::Pair(lines) = decision
                && !undone(lines)
            {
                let members: Vec<usize> = self
                    .left
                    .iter()
                    .copied()
                    .filter(|i| lines.contains(&self.halves[*i].line))
                    .collect();
                if members.len() > 1 {
                    self.take(Stage::Reviewer, &members);
                }
            }
        }
    }

    /// Stages 1 to 4. Reading: two lines kept apart spoil their date cluster, not the whole group.
    fn by_document<K: Ord>(&mut self, stage: Stage, key: impl Fn(&Half) -> K) {
        for group in
            self.grouped(|h| (!h.document.is_empty()).then(|| (key(h), h.document.clone())))
        {
            for cluster in self.clusters(group, DOCUMENT_GAP) {
                if self.both_sides(&cluster) && !self.any_kept_apart(&cluster) {
                    self.take(stage, &cluster);
                }
            }
        }
    }

    /// Stages 5 and 6. A half with several candidates is marked and stays in the pool of the later stages, where it may
    /// stand in the way of others or find its partner.
    fn only_candidates(&mut self, stage: Stage) {
        let mut candidates: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for a in &self.left {
            for b in &self.left {
                let (s, r) = (&self.halves[*a], &self.halves[*b]);
                if !s.is_dispatch || r.is_dispatch || self.kept_apart(*a, *b) {
                    continue;
                }
                let lane =
                    (s.sender, s.receiver, s.substance) == (r.sender, r.receiver, r.substance);
                let permits = match stage {
                    Stage::Permit => !s.permit.is_empty() && s.permit == r.permit,
                    _ => compatible(&s.permit, &r.permit),
                };
                if lane
                    && permits
                    && compatible(&s.document, &r.document)
                    && in_time(s, r)
                    && in_band(s, r)
                {
                    candidates.entry(*a).or_default().push(*b);
                    candidates.entry(*b).or_default().push(*a);
                }
            }
        }
        let mut pairs = Vec::new();
        for (a, of_a) in &candidates {
            match of_a.as_slice() {
                [b] if self.halves[*a].is_dispatch
                    && candidates.get(b).is_some_and(|of_b| of_b.len() == 1) =>
                {
                    pairs.push([*a, *b]);
                }
                [_] => {}
                _ => {
                    self.ambiguous.insert(*a);
                }
            }
        }
        for pair in pairs {
            self.take(stage, &pair);
        }
    }

    /// Stage 7. Readings: of sets that share a half, that half is marked; two lines kept apart are in no set together.
    fn splits(&mut self) {
        for group in self.grouped(|h| Some((h.sender, h.receiver, h.substance))) {
            for cluster in self.clusters(group, SPLIT_GAP) {
                if cluster.len() > SPLIT_HALVES {
                    let (s, r): (Vec<usize>, Vec<usize>) =
                        cluster.iter().partition(|i| self.halves[**i].is_dispatch);
                    if !s.is_empty() && !r.is_empty() {
                        self.ambiguous.extend(cluster);
                    }
                    continue;
                }
                let sets: Vec<Vec<usize>> = (1_u32..1 << cluster.len())
                    .map(|mask| {
                        let chosen = cluster
                            .iter()
                            .enumerate()
                            .filter(|(i, _)| mask & (1 << i) != 0);
                        chosen.map(|(_, half)| *half).collect::<Vec<usize>>()
                    })
                    .filter(|set| self.is_split(set))
                    .collect();
                let times = |half: &usize| sets.iter().filter(|set| set.contains(half)).count();
                self.ambiguous
                    .extend(cluster.iter().filter(|half| times(half) > 1));
                for set in &sets {
                    if set.iter().all(|half| times(half) == 1) {
                        self.take(Stage::Split, set);
                    }
                }
            }
        }
    }

    fn is_split(&self, set: &[usize]) -> bool {
        let (s, r): (Vec<usize>, Vec<usize>) =
            set.iter().partition(|i| self.halves[**i].is_dispatch);
        if !matches!((s.len(), r.len()), (1, 2..) | (2.., 1)) || self.any_kept_apart(set) {
            return false;
        }
        let fits = |a: &Half, b: &Half| {
            compatible(&a.document, &b.document)
                && compatible(&a.permit, &b.permit)
                && in_time(a, b)
        };
        let pairs = s
            .iter()
            .all(|a| r.iter().all(|b| fits(&self.halves[*a], &self.halves[*b])));
        let sum = |side: &[usize]| side.iter().map(|i| self.halves[*i].base_ug).sum::<i128>();
        let variance = set.iter().map(|i| self.halves[*i].variance).sum();
        pairs && within_k_u(sum(&s) - sum(&r), variance)
    }

    /// What is left is one-sided.
    fn leave_over(&mut self) {
        let documented = self.grouped(|h| {
            (!h.document.is_empty()).then(|| {
                (
                    h.sender,
                    h.receiver,
                    h.substance,
                    h.document.clone(),
                    h.is_dispatch,
                )
            })
        });
        let mut groups: Vec<Vec<usize>> = documented
            .into_iter()
            .flat_map(|group| self.clusters(group, DOCUMENT_GAP))
            .collect();
        groups.extend(
            self.left
                .iter()
                .filter(|i| self.halves[**i].document.is_empty())
                .map(|i| vec![*i]),
        );
        let one_sided = self.left.clone();
        for members in groups {
            let marked = members.iter().filter(|i| self.ambiguous.contains(i));
            let ambiguous = marked.map(|i| self.halves[*i].line).collect();
            let mut suggestions: Vec<(LineRef, LineRef)> = members
                .iter()
                .filter_map(|i| self.suggestion(*i, &one_sided))
                .collect();
            suggestions.sort();
            self.take(Stage::OneSided, &members);
            if let Some(group) = self.groups.last_mut() {
                group.ambiguous = ambiguous;
                group.suggestions = suggestions;
            }
        }
    }

    /// Reading: only one-sided halves are suggested to one-sided halves, and documents differ where both are stated.
    fn suggestion(&self, i: usize, one_sided: &BTreeSet<usize>) -> Option<(LineRef, LineRef)> {
        let half = &self.halves[i];
        let fits = |other: &Half| {
            let (s, r) = if half.is_dispatch {
                (half, other)
            } else {
                (other, half)
            };
            half.is_dispatch != other.is_dispatch
                && (s.sender, s.receiver, s.substance) == (r.sender, r.receiver, r.substance)
                && !compatible(&s.document, &r.document)
                && in_time(s, r)
                && within_k_u(s.base_ug - r.base_ug, s.variance + r.variance)
        };
        let others: Vec<&Half> = one_sided
            .iter()
            .map(|j| &self.halves[*j])
            .filter(|other| fits(other))
            .collect();
        if let [only] = others.as_slice() {
            Some((half.line, only.line))
        } else {
            None
        }
    }
}
