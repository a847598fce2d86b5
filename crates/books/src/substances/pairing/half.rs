//! A half as pairing sees it.

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
    /// Who sent.
    pub sender: HolderId,
    /// Who received.
    pub receiver: HolderId,
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
pub(super) fn window_days(mode: Mode) -> i32 {
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
        (self.sender, self.receiver, self.substance)
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
