//! Stages 5 and 6, what stays one-sided, and suggestions: halves without a common document, lane by lane.

use super::half::{DOCUMENT_GAP_DAYS, Half, clusters, compatible, window_days, within_uncertainty};
use super::split::pair_splits;
use super::{Pairing, Side};
use crate::substances::line::{LineNo, Lines, Stage};
use crate::substances::vocabulary::Mode;

/// Pairs what documents left.
pub(super) fn pair_lanes(lines: &mut Lines, mut halves: Vec<Half>, pairing: &mut Pairing) {
    halves.sort_by_key(|h| (h.lane(), h.date, h.line));
    for lane in halves.chunk_by(|a, b| a.lane() == b.lane()) {
        let mut lane = Lane::new(lane);
        lane.pair(lines, pairing, Stage::Permit, |s, r| {
            s.permit != 0 && s.permit == r.permit
        });
        lane.pair(lines, pairing, Stage::Lane, |s, r| {
            compatible(s.permit, r.permit)
        });
        pair_splits(lines, &mut lane, pairing);
        lane.suggest(pairing);
        lane.close(lines, pairing);
    }
}

/// The halves of one lane that are not yet paired, each side by date.
pub(super) struct Lane {
    pub(super) dispatches: Vec<Half>,
    pub(super) receipts: Vec<Half>,
    pub(super) ambiguous: Vec<LineNo>,
}

/// How many candidates a half has, and the position of one.
#[derive(Clone, Copy, Default)]
struct Candidates {
    count: u32,
    one: usize,
}

impl Candidates {
    fn add(&mut self, at: usize) {
        self.count += 1;
        self.one = at;
    }
}

impl Lane {
    fn new(halves: &[Half]) -> Lane {
        let (dispatches, receipts) = halves.iter().partition(|h| h.side == Side::Dispatch);
        Lane {
            dispatches,
            receipts,
            ambiguous: Vec::new(),
        }
    }

    pub(super) fn remove(&mut self, taken: &[LineNo]) {
        self.dispatches.retain(|h| !taken.contains(&h.line));
        self.receipts.retain(|h| !taken.contains(&h.line));
    }

    /// Every pair that is in time, by positions.
    fn in_time(&self) -> impl Iterator<Item = (usize, usize, &Half, &Half)> {
        let longest = window_days(Mode::Sea);
        self.dispatches
            .iter()
            .enumerate()
            .flat_map(move |(s, dispatch)| {
                let day = i32::from(dispatch.date);
                let from = self
                    .receipts
                    .partition_point(|r| i32::from(r.date) < day - 1);
                let window = self.receipts.get(from..).unwrap_or(&[]).iter().enumerate();
                window
                    .take_while(move |(_, r)| i32::from(r.date) <= day + longest)
                    .filter(move |(_, r)| dispatch.in_time(r))
                    .map(move |(r, receipt)| (s, from + r, dispatch, receipt))
            })
    }

    fn pair(
        &mut self,
        lines: &mut Lines,
        pairing: &Pairing,
        stage: Stage,
        agree: fn(&Half, &Half) -> bool,
    ) {
        if self.dispatches.is_empty() || self.receipts.is_empty() {
            return;
        }
        let mut of_dispatch = vec![Candidates::default(); self.dispatches.len()];
        let mut of_receipt = vec![Candidates::default(); self.receipts.len()];
        for (s, r, dispatch, receipt) in self.in_time() {
            let fits = agree(dispatch, receipt)
                && compatible(dispatch.document, receipt.document)
                && dispatch.in_band(receipt)
                && !pairing.are_apart(dispatch.line, receipt.line);
            if let (true, Some(a), Some(b)) = (fits, of_dispatch.get_mut(s), of_receipt.get_mut(r))
            {
                a.add(r);
                b.add(s);
            }
        }
        let mut taken = Vec::new();
        for (dispatch, candidates) in self.dispatches.iter().zip(&of_dispatch) {
            let partner = self.receipts.get(candidates.one);
            let back = of_receipt.get(candidates.one);
            if let (1, Some(receipt), Some(Candidates { count: 1, .. })) =
                (candidates.count, partner, back)
            {
                lines.join(&[dispatch.line, receipt.line], stage);
                taken.extend([dispatch.line, receipt.line]);
            }
        }
        let several = |halves: &[Half], candidates: &[Candidates]| -> Vec<LineNo> {
            halves
                .iter()
                .zip(candidates)
                .filter(|(_, c)| c.count > 1)
                .map(|(h, _)| h.line)
                .collect()
        };
        self.ambiguous
            .extend(several(&self.dispatches, &of_dispatch));
        self.ambiguous.extend(several(&self.receipts, &of_receipt));
        taken.sort_unstable();
        self.dispatches
            .retain(|h| taken.binary_search(&h.line).is_err());
        self.receipts
            .retain(|h| taken.binary_search(&h.line).is_err());
    }

    fn suggest(&self, pairing: &mut Pairing) {
        let mut of_dispatch = vec![Candidates::default(); self.dispatches.len()];
        let mut of_receipt = vec![Candidates::default(); self.receipts.len()];
        for (s, r, dispatch, receipt) in self.in_time() {
            let difference = i128::from(dispatch.base_ug) - i128::from(receipt.base_ug);
            if !compatible(dispatch.document, receipt.document)
                && within_uncertainty(difference, dispatch.variance + receipt.variance)
                && let (Some(a), Some(b)) = (of_dispatch.get_mut(s), of_receipt.get_mut(r))
            {
                a.add(r);
                b.add(s);
            }
        }
        let mut note = |halves: &[Half], others: &[Half], candidates: &[Candidates]| {
            for (half, c) in halves.iter().zip(candidates) {
                if let (1, Some(other)) = (c.count, others.get(c.one)) {
                    pairing.suggestions.insert(half.line, other.line);
                }
            }
        };
        note(&self.dispatches, &self.receipts, &of_dispatch);
        note(&self.receipts, &self.dispatches, &of_receipt);
    }

    /// What is left stands alone, grouped by document.
    fn close(&mut self, lines: &mut Lines, pairing: &mut Pairing) {
        for side in [&mut self.dispatches, &mut self.receipts] {
            side.sort_by_key(|h| (h.document, h.date, h.line));
            for same in side.chunk_by(|a, b| a.document == b.document && a.document != 0) {
                for cluster in clusters(same, DOCUMENT_GAP_DAYS) {
                    let mut members: Vec<LineNo> = cluster.iter().map(|h| h.line).collect();
                    members.sort_unstable();
                    lines.join(&members, Stage::OneSided);
                }
            }
        }
        let ambiguous = std::mem::take(&mut self.ambiguous);
        let stands_alone = |l: &LineNo| lines.get(*l).is_some_and(|l| l.stage() == Stage::OneSided);
        pairing
            .ambiguous
            .extend(ambiguous.into_iter().filter(stands_alone));
    }
}
