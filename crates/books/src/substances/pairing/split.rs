//! Stage 7: one dispatch against several receipts, or several dispatches against one receipt.

use super::half::{Half, compatible, has_both, within_uncertainty};
use super::lane::Lane;
use super::{Pairing, Side};
use crate::substances::line::{LineNo, Lines, Stage};

/// Halves of a cluster that are searched: 2^11 subsets for each single half at the most.
const SPLIT_MAX: usize = 12;

/// Days between neighbours at which a lane is cut: one more than the longest window.
const SPLIT_GAP_DAYS: u16 = 31;

/// Pairs one against several where exactly one such set exists.
pub(super) fn pair_splits(lines: &mut Lines, lane: &mut Lane, pairing: &Pairing) {
    if lane.dispatches.is_empty()
        || lane.receipts.is_empty()
        || lane.dispatches.len() + lane.receipts.len() < 3
    {
        return;
    }
    let mut all: Vec<Half> = lane
        .dispatches
        .iter()
        .chain(&lane.receipts)
        .copied()
        .collect();
    all.sort_by_key(|h| (h.date, h.line));
    for cluster in super::half::clusters(&all, SPLIT_GAP_DAYS) {
        if !has_both(cluster) {
            continue;
        }
        if cluster.len() > SPLIT_MAX {
            lane.ambiguous.extend(cluster.iter().map(|h| h.line));
            continue;
        }
        let sets = find_sets(cluster, pairing);
        for (at, set) in sets.iter().enumerate() {
            let shares = |other: &Vec<LineNo>| other.iter().any(|l| set.contains(l));
            let alone = sets
                .iter()
                .enumerate()
                .all(|(o, other)| o == at || !shares(other));
            if alone {
                lines.join(set, Stage::Split);
                lane.remove(set);
            }
            let shared = set
                .iter()
                .filter(|l| sets.iter().filter(|other| other.contains(l)).count() > 1);
            lane.ambiguous.extend(shared);
        }
    }
}

/// Every set of a cluster that balances within k·u, as ascending lines.
fn find_sets(cluster: &[Half], pairing: &Pairing) -> Vec<Vec<LineNo>> {
    let mut sets = Vec::new();
    for single in cluster {
        let fits = |other: &&Half| {
            let (s, r) = if single.side == Side::Dispatch {
                (single, *other)
            } else {
                (*other, single)
            };
            s.side != r.side
                && s.in_time(r)
                && compatible(s.document, r.document)
                && compatible(s.permit, r.permit)
        };
        let others: Vec<&Half> = cluster.iter().filter(fits).collect();
        for subset in 0u32..1 << others.len() {
            if subset.count_ones() < 2 {
                continue;
            }
            let members = || {
                others
                    .iter()
                    .enumerate()
                    .filter(move |(i, _)| subset >> i & 1 == 1)
                    .map(|(_, h)| *h)
            };
            let sum: i128 = members().map(|h| i128::from(h.base_ug)).sum();
            let variance = members().fold(single.variance, |v, h| v.saturating_add(h.variance));
            if within_uncertainty(i128::from(single.base_ug) - sum, variance) {
                let mut set: Vec<LineNo> = members().map(|h| h.line).chain([single.line]).collect();
                set.sort_unstable();
                let split_up = set
                    .iter()
                    .any(|a| set.iter().any(|b| pairing.are_apart(*a, *b)));
                if !split_up {
                    sets.push(set);
                }
            }
        }
    }
    sets.sort();
    sets.dedup();
    sets
}
