//! Consignments as a view: a ring of halves, compared.

use std::collections::BTreeSet;
use std::hash::Hash;

use weighbridge_measure::{Date, SubstanceId};

use super::allowance::{self, Allowance, Stated};
use super::clock;
use super::ledger::Ledger;
use super::line::{LineNo, Stage};
use super::pairing::{Half, Side, carry, within_uncertainty};
use super::vocabulary::vocabulary;
use crate::registry::{HolderId, Registry, Reports};

vocabulary! {
    /// What the two halves of a consignment say together.
    State {
        /// Equal within twice the standard uncertainty.
        #[default]
        Matched = "matched",
        /// Missing, within the loss allowance.
        WithinAllowance = "within_allowance",
        /// Missing beyond the allowance.
        Short = "short",
        /// More arrived than was sent.
        Over = "over",
        /// The halves contradict each other in something else than mass.
        Disputed = "disputed",
        /// Only the dispatch is known.
        AwaitingReceipt = "awaiting_receipt",
        /// Only the receipt is known.
        AwaitingDispatch = "awaiting_dispatch",
    }
}

/// One consignment.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Consignment {
    /// What the halves say.
    pub state: State,
    /// How they were found.
    pub stage: Stage,
    /// Who sent, by the dispatch where there is one.
    pub sender: HolderId,
    /// Who received, by the dispatch where there is one.
    pub receiver: HolderId,
    /// Substance of the dispatch, or of the receipt where there is none.
    pub substance: SubstanceId,
    /// Sender's lines, ascending.
    pub dispatches: Vec<LineNo>,
    /// Receiver's lines, ascending.
    pub receipts: Vec<LineNo>,
    /// Sum of the dispatches, base µg.
    pub dispatched_ug: Option<i128>,
    /// Sum of the receipts, base µg.
    pub received_ug: Option<i128>,
    /// Dispatched minus received, positive = missing; none for one side alone and for different substances.
    pub difference_ug: Option<i128>,
    /// What may go missing on the way without a question, base µg; only where there is a difference.
    pub allowed_ug: Option<i128>,
    /// Beyond the limit at which the authority is told.
    pub notify: bool,
    /// First date of its halves.
    pub first: Date,
    /// Day after which a missing half is overdue; only for one-sided ones.
    pub due: Option<Date>,
    /// Several partners were possible.
    pub ambiguous: bool,
    /// A half elsewhere that may be meant.
    pub suggestion: Option<LineNo>,
}

impl Consignment {
    /// Whether the silent side is past its clock on a day.
    #[must_use]
    pub fn is_overdue(&self, on: Date) -> bool {
        self.due.is_some_and(|due| on > due)
    }

    /// The mass in question: the difference, or that of the one side there is. Base µg.
    #[must_use]
    pub fn mass(&self) -> i128 {
        let one_side = self.dispatched_ug.or(self.received_ug);
        self.difference_ug.or(one_side).unwrap_or(0)
    }

    /// Whether it needs somebody: short, over, disputed, or overdue on a day.
    #[must_use]
    pub fn is_open(&self, on: Date) -> bool {
        matches!(self.state, State::Short | State::Over | State::Disputed) || self.is_overdue(on)
    }
}

impl Ledger {
    /// Every consignment as far as it had happened on a day, in the order of its first line: halves dated later are not
    /// yet there, so that what was on the way then shows as awaited. The ledger must be settled.
    pub fn consignments<'a>(
        &'a self,
        registry: &'a Registry,
        on: Date,
    ) -> impl Iterator<Item = Consignment> + 'a {
        let happened = move |l: &LineNo| self.lines.get(*l).is_some_and(|l| l.date() <= on);
        let halves = self
            .lines
            .iter()
            .filter(move |l| l.date() <= on && l.is_half());
        halves.filter_map(move |l| {
            let mut ring = self.lines.ring(l.number());
            ring.retain(happened);
            (ring.iter().min() == Some(&l.number())).then(|| self.compare(registry, &ring))?
        })
    }

    /// The consignment that a line belongs to, as far as it had happened on a day.
    #[must_use]
    pub fn consignment_of(
        &self,
        registry: &Registry,
        line: LineNo,
        on: Date,
    ) -> Option<Consignment> {
        let happened = |l: &LineNo| self.lines.get(*l).is_some_and(|l| l.date() <= on);
        if !self.lines.get(line)?.is_half() || !happened(&line) {
            return None;
        }
        let mut ring = self.lines.ring(line);
        ring.retain(happened);
        self.compare(registry, &ring)
    }

    fn compare(&self, registry: &Registry, ring: &[LineNo]) -> Option<Consignment> {
        let halves = ring.iter().filter_map(|l| Half::of(self, registry, *l));
        let mut halves: Vec<Half> = halves.collect();
        carry(&mut halves, registry, |_, _| true);
        let (mut dispatches, mut receipts): (Vec<Half>, Vec<Half>) =
            halves.iter().partition(|h| h.side == Side::Dispatch);
        dispatches.sort_by_key(|h| h.line);
        receipts.sort_by_key(|h| h.line);
        let speaks = dispatches.first().or(receipts.first())?;
        let stage = self.lines.get(speaks.line)?.stage();
        let (dispatched, received) = (sum(&dispatches), sum(&receipts));
        let one_substance = halves.iter().all(|h| h.substance == speaks.substance);
        let difference = dispatched
            .zip(received)
            .filter(|_| one_substance)
            .map(|(s, r)| s - r);
        let last = halves.iter().map(|h| h.date).max()?;
        let first = halves.iter().map(|h| h.date).min()?;
        let goods = dispatches.iter().min_by_key(smallest);
        let judged = goods
            .zip(dispatched.zip(difference))
            .map(|(goods, (s, d))| (goods, self.allowance(goods), s, d));
        let (state, notify) = match (dispatches.is_empty(), receipts.is_empty(), judged) {
            (_, true, _) => (State::AwaitingReceipt, false),
            (true, _, _) => (State::AwaitingDispatch, false),
            (_, _, Some((goods, allowance, s, d))) => {
                judge(&dispatches, &receipts, goods, allowance, (s, d))
            }
            (_, _, None) => (State::Disputed, false),
        };
        let allowed = judged.map(|(_, a, s, _)| allowance::share(s, a.explain_ppm));
        let one_sided = matches!(state, State::AwaitingReceipt | State::AwaitingDispatch);
        let bound = |h: &Half| {
            let silent = if h.side == Side::Dispatch {
                h.receiver
            } else {
                h.sender
            };
            registry
                .holder(silent)
                .is_some_and(|h| h.reports == Reports::Yes)
        };
        let due = (one_sided && halves.iter().any(bound))
            .then(|| {
                halves
                    .iter()
                    .map(|h| clock::due(h.substance, Date::from_days(last)))
                    .min()
            })
            .flatten();
        Some(Consignment {
            state,
            stage,
            sender: speaks.sender,
            receiver: speaks.receiver,
            substance: SubstanceId::from_index(speaks.substance)?,
            dispatches: dispatches.iter().map(|h| h.line).collect(),
            receipts: receipts.iter().map(|h| h.line).collect(),
            dispatched_ug: dispatched,
            received_ug: received,
            difference_ug: difference,
            allowed_ug: allowed,
            notify,
            first: Date::from_days(first),
            due,
            ambiguous: halves.iter().any(|h| self.pairing.is_ambiguous(h.line)),
            suggestion: halves.iter().find_map(|h| self.pairing.suggestion(h.line)),
        })
    }

    /// What goods that left in a half may lose on the way.
    fn allowance(&self, goods: &Half) -> &'static Allowance {
        let line = self.lines.get(goods.line);
        let stated = line.map_or(Stated::Mass, |l| l.traits().stated());
        let on = Date::from_days(goods.date);
        allowance::in_force(on, goods.packaging, stated, goods.mode)
    }
}

/// By which half of several the goods are known.
fn smallest(half: &&Half) -> (u16, i64, u8, u8) {
    let packaging = half.packaging as u8;
    (half.date, half.base_ug, half.mode as u8, packaging)
}

fn judge(
    dispatches: &[Half],
    receipts: &[Half],
    goods: &Half,
    allowance: &Allowance,
    (s, d): (i128, i128),
) -> (State, bool) {
    let all = || dispatches.iter().chain(receipts);
    let variance = all().fold(0u128, |v, h| v.saturating_add(h.variance));
    let notify = d > allowance::share(s, allowance.notify_ppm) && !within_uncertainty(d, variance);
    let one_lane = all().all(|h| h.lane() == goods.lane());
    if !one_lane || fields_differ(dispatches, receipts) {
        (State::Disputed, false)
    } else if within_uncertainty(d, variance) {
        (State::Matched, false)
    } else if d < 0 {
        (State::Over, false)
    } else if d <= allowance::share(s, allowance.explain_ppm) {
        (State::WithinAllowance, false)
    } else {
        (State::Short, notify)
    }
}

/// The mass of one side; none where it is absent or of several substances, which are never added.
fn sum(side: &[Half]) -> Option<i128> {
    let substance = side.first()?.substance;
    let one = side.iter().all(|h| h.substance == substance);
    one.then(|| side.iter().map(|h| i128::from(h.base_ug)).sum())
}

fn fields_differ(dispatches: &[Half], receipts: &[Half]) -> bool {
    fn differ<T: Ord + Hash>(
        dispatches: &[Half],
        receipts: &[Half],
        field: impl Fn(&Half) -> Option<T>,
    ) -> bool {
        let s: BTreeSet<T> = dispatches.iter().filter_map(&field).collect();
        let r: BTreeSet<T> = receipts.iter().filter_map(&field).collect();
        !s.is_subset(&r) && !r.is_subset(&s)
    }
    let some = |key: u64| (key != 0).then_some(key);
    differ(dispatches, receipts, |h| some(h.permit))
        || differ(dispatches, receipts, |h| some(h.carrier))
        || differ(dispatches, receipts, |h| h.sender_site)
        || differ(dispatches, receipts, |h| h.receiver_site)
}
