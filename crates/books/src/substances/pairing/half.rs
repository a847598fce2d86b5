//! A half as pairing sees it.

use std::collections::BTreeSet;

use weighbridge_measure::Date;

use crate::registry::{HolderId, Registry, SiteId};
use crate::substances::kind::Kind;
use crate::substances::ledger::Ledger;
use crate::substances::line::LineNo;
use crate::substances::vocabulary::{Mode, Packaging};

/// Which side of a consignment a half is.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Side {
    /// The sender's half.
    Dispatch,
    /// The receiver's half.
    Receipt,
}

/// A live half with everything that pairing compares.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Half {
    /// Its line.
    pub line: LineNo,
    /// Its side.
    pub side: Side,
    /// Who sent, on the day.
    pub sender: HolderId,
    /// Who received, on the day.
    pub receiver: HolderId,
    /// Who answers for the sender after all mergers: by this halves are compared.
    pub from: HolderId,
    /// Who answers for the receiver after all mergers.
    pub to: HolderId,
    /// Sender's site, where stated.
    pub sender_site: Option<SiteId>,
    /// Receiver's site, where stated.
    pub receiver_site: Option<SiteId>,
    /// Index of the substance.
    pub substance: u16,
    /// Days since 1970-01-01.
    pub date: u16,
    /// Base µg.
    pub base_ug: i64,
    /// Square of the standard uncertainty, µg².
    pub variance: u128,
    /// Document key, 0 = none.
    pub document: u64,
    /// Permit key, 0 = none.
    pub permit: u64,
    /// Carrier key, 0 = none.
    pub carrier: u64,
    /// Mode of transport.
    pub mode: Mode,
    /// Packaging.
    pub packaging: Packaging,
}

/// Days a consignment may take by mode (matching rules, 2).
#[must_use]
pub fn window_days(mode: Mode) -> i32 {
    match mode {
        Mode::Road | Mode::Air | Mode::Pipeline | Mode::Post => 5,
        Mode::Unknown => 10,
        Mode::Rail | Mode::InlandWater => 15,
        Mode::Sea => 30,
    }
}

/// k·u with k = 2: whether a difference is within twice the standard uncertainty. Squares are compared.
#[must_use]
pub fn within_uncertainty(difference_ug: i128, variance: u128) -> bool {
    let d = difference_ug.unsigned_abs();
    d.checked_mul(d)
        .is_some_and(|square| square <= variance.saturating_mul(4))
}

/// Share of the quantity within which date and parties may stand for a document: 2 %.
const BAND_PER_MILLE: i128 = 20;

impl Half {
    /// The half of a line; none if the line is no half.
    #[must_use]
    pub fn of(ledger: &Ledger, registry: &Registry, line: LineNo) -> Option<Half> {
        let l = ledger.lines.get(line)?;
        let series = ledger.series(l.series())?;
        let facing = l.facing()?;
        let (other, other_site) = ledger.place(facing.other)?;
        let date = l.date();
        let (own, other) = if registry.has_successions() {
            (
                series.holder_on(registry, date),
                match other_site {
                    Some(site) => registry.site_holder(site, date).unwrap_or(other),
                    None => registry.in_force(other, date),
                },
            )
        } else {
            (series.holder, other)
        };
        let (permit, carrier) = ledger.papers.get(facing.papers);
        let (side, sender, receiver, sender_site, receiver_site) = match l.kind() {
            Kind::Dispatch => (Side::Dispatch, own, other, Some(series.site), other_site),
            Kind::Receipt => (Side::Receipt, other, own, other_site, Some(series.site)),
            _ => return None,
        };
        Some(Half {
            line,
            side,
            sender,
            receiver,
            from: registry.at_last(sender),
            to: registry.at_last(receiver),
            sender_site,
            receiver_site,
            substance: series.substance.index(),
            date: date.days(),
            base_ug: l.base_ug(),
            variance: l.variance(),
            document: facing.document,
            permit,
            carrier,
            mode: l.traits().mode(),
            packaging: l.traits().packaging(),
        })
    }

    /// Parties and substance: the lane a half runs in.
    #[must_use]
    pub fn lane(&self) -> (HolderId, HolderId, u16) {
        (self.from, self.to, self.substance)
    }

    /// What the half says of one of its parties: who that is after all mergers, and its site.
    fn party(&mut self, side: Side) -> (&mut HolderId, Option<SiteId>) {
        match side {
            Side::Dispatch => (&mut self.from, self.sender_site),
            Side::Receipt => (&mut self.to, self.receiver_site),
        }
    }

    /// Whether a receipt can belong to this dispatch by its date.
    #[must_use]
    pub fn in_time(&self, receipt: &Half) -> bool {
        let days = i32::from(receipt.date) - i32::from(self.date);
        -1 <= days && days <= window_days(self.mode).max(window_days(receipt.mode))
    }

    /// Whether a receipt's mass is within the band of this dispatch.
    #[must_use]
    pub fn in_band(&self, receipt: &Half) -> bool {
        let (s, r) = (i128::from(self.base_ug), i128::from(receipt.base_ug));
        (s - r).abs() <= s * BAND_PER_MILLE / 1000
            || within_uncertainty(s - r, self.variance + receipt.variance)
    }
}

/// Goods that were under way when a site changed hands: the half of that site names its holder of its own day, the other half
/// may name that of another day between the two, and both are right. Such a half of the site is compared by the holder
/// that the other one names, unless one `with` it names its own, or several holders are named.
pub(crate) fn carry(halves: &mut [Half], registry: &Registry, with: fn(&Half, &Half) -> bool) {
    if !registry.has_successions() {
        return;
    }
    for half in halves.iter_mut() {
        half.from = registry.at_last(half.sender);
        half.to = registry.at_last(half.receiver);
    }
    for at in 0..halves.len() {
        let Some(mut half) = halves.get(at).copied() else {
            return;
        };
        let side = half.side;
        let (own, Some(site)) = half.party(side) else {
            continue;
        };
        let own = *own;
        if !registry.changed_hands(site) {
            continue;
        }
        let mut named = BTreeSet::new();
        for mut other in halves.iter().copied().filter(|o| o.side != side) {
            if !with(&half, &other) {
                continue;
            }
            let days = half.date.min(other.date)..=half.date.max(other.date);
            let (party, at_site) = other.party(side);
            let held = |d: u16| {
                registry
                    .site_holder(site, Date::from_days(d))
                    .map(|h| registry.at_last(h))
            };
            if at_site.is_none_or(|s| s == site)
                && days.into_iter().any(|d| held(d) == Some(*party))
            {
                named.insert(*party);
            }
        }
        if let (Some(party), 1, false) = (named.first(), named.len(), named.contains(&own))
            && let Some(half) = halves.get_mut(at)
        {
            *half.party(side).0 = *party;
        }
    }
}

/// Whether halves under one document may speak of the same goods.
pub(super) fn is_near(a: &Half, b: &Half) -> bool {
    a.date.abs_diff(b.date) <= DOCUMENT_GAP_DAYS
}

/// Whether halves without a document in common may speak of the same goods.
pub(super) fn is_alike(a: &Half, b: &Half) -> bool {
    let (s, r) = match a.side {
        Side::Dispatch => (a, b),
        Side::Receipt => (b, a),
    };
    s.substance == r.substance && compatible(s.document, r.document) && s.in_time(r) && s.in_band(r)
}

/// Equal, or absent on one side.
#[must_use]
pub(super) fn compatible(a: u64, b: u64) -> bool {
    a == b || a == 0 || b == 0
}

/// Days between neighbours at which a set of halves with one document is cut: numbers come round every year.
pub(super) const DOCUMENT_GAP_DAYS: u16 = 180;

/// Cuts a slice sorted by date wherever neighbours are more than `gap` days apart.
pub(super) fn clusters(halves: &[Half], gap: u16) -> impl Iterator<Item = &[Half]> {
    halves.chunk_by(move |a, b| b.date.saturating_sub(a.date) <= gap)
}

/// Whether both sides are present.
#[must_use]
pub(super) fn has_both(halves: &[Half]) -> bool {
    halves.iter().any(|h| h.side == Side::Dispatch)
        && halves.iter().any(|h| h.side == Side::Receipt)
}
