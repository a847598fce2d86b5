//! Planted losses: where goods really go missing without a report.

use super::network::{Network, Role, Supplier, Trade, part};
use super::{Plan, wares::WARES};
use crate::draw::Draw;

/// How goods go missing.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum LossKind {
    /// 0.5 to 2 % of everything that is used or sent disappears from stock over months.
    SteadyLeak,
    /// A quarter to three quarters of the stock disappears on one day.
    Theft,
    /// 1 to 3 % of every delivery of one supplier to one customer is gone on arrival.
    ShortDeliveries,
    /// Goods go to a registered firm that never reports.
    PhantomConsignee,
    /// Whole loads leave without any report.
    UnreportedDispatches,
}

impl LossKind {
    /// Every kind.
    pub const ALL: [LossKind; 5] = [
        LossKind::SteadyLeak,
        LossKind::Theft,
        LossKind::ShortDeliveries,
        LossKind::PhantomConsignee,
        LossKind::UnreportedDispatches,
    ];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            LossKind::SteadyLeak => "steady_leak",
            LossKind::Theft => "theft",
            LossKind::ShortDeliveries => "short_deliveries",
            LossKind::PhantomConsignee => "phantom_consignee",
            LossKind::UnreportedDispatches => "unreported_dispatches",
        }
    }
}

/// A loss on its way to happen.
#[derive(Clone, Debug)]
pub(super) struct Planted {
    pub(super) kind: LossKind,
    /// Where goods go missing; of short deliveries the receiving account.
    pub(super) account: u32,
    /// Of short deliveries the sending account, of a phantom consignee its site.
    pub(super) partner: u32,
    /// First and last day.
    pub(super) from: u16,
    pub(super) to: u16,
    /// Share that disappears, in a million.
    pub(super) ppm: i64,
    /// Grams gone so far.
    pub(super) grams: i64,
    /// Day of the first and of the last gram gone.
    pub(super) happened: Option<(u16, u16)>,
}

impl Planted {
    pub(super) fn active(&self, day: u16) -> bool {
        (self.from..=self.to).contains(&day)
    }

    pub(super) fn take(&mut self, day: u16, grams: i64) {
        if grams > 0 {
            self.grams += grams;
            self.happened = Some((self.happened.map_or(day, |(first, _)| first), day));
        }
    }
}

/// Chooses the losses: the kinds in turn, each at an account that no other loss touches.
pub(super) fn plant(plan: &Plan, network: &Network) -> Vec<Planted> {
    let mut draw = Draw::new(part(plan, 3));
    let days = i64::from(plan.months) * 30;
    let start = i64::from(plan.start.days());
    let mut planted: Vec<Planted> = Vec::new();
    let mut order: Vec<u32> = (0..network.accounts.len() as u32).collect();
    draw.shuffle(&mut order);
    for n in 0..plan.losses {
        let kind = LossKind::ALL[n as usize % LossKind::ALL.len()];
        let chosen = order
            .iter()
            .position(|at| fits(network, kind, *at, &planted));
        let Some(account) = chosen.map(|i| order.remove(i)) else {
            continue;
        };
        let partner = match kind {
            LossKind::ShortDeliveries => supplier(network, account).unwrap_or(0),
            LossKind::PhantomConsignee => draw.one(&network.phantoms),
            _ => 0,
        };
        let from = start + draw.between(days / 5, days * 3 / 5);
        let (length, ppm) = match kind {
            LossKind::SteadyLeak => (
                draw.between(days / 4, days / 2),
                draw.between(5_000, 20_000),
            ),
            LossKind::Theft => (0, draw.between(250_000, 750_000)),
            LossKind::ShortDeliveries => (
                draw.between(days / 4, days / 2),
                draw.between(10_000, 30_000),
            ),
            LossKind::PhantomConsignee => (draw.between(days / 8, days / 3), 40_000),
            LossKind::UnreportedDispatches => (draw.between(days / 8, days / 3), 25_000),
        };
        let day = |at: i64| u16::try_from(at.clamp(0, start + days - 1)).unwrap_or(u16::MAX);
        planted.push(Planted {
            kind,
            account,
            partner,
            from: day(from),
            to: day(from + length),
            ppm,
            grams: 0,
            happened: None,
        });
    }
    planted
}

fn supplier(network: &Network, account: u32) -> Option<u32> {
    let of = &network.accounts[account as usize];
    of.suppliers.iter().find_map(|s| match s {
        Supplier::Account(at) if network.accounts[*at as usize].firm != of.firm => Some(*at),
        _ => None,
    })
}

fn fits(network: &Network, kind: LossKind, at: u32, planted: &[Planted]) -> bool {
    let account = &network.accounts[at as usize];
    let trade = network.firms[account.firm as usize].trade;
    // Losses of laboratories would be bottles; a loss should be worth finding.
    let worth = trade != Trade::Laboratory && account.load >= WARES[account.ware].load / 2;
    let free = planted.iter().all(|p| p.account != at);
    worth
        && free
        && match kind {
            LossKind::SteadyLeak => account.role == Role::Use,
            LossKind::Theft => account.role != Role::Make,
            LossKind::ShortDeliveries => {
                account.role == Role::Use && supplier(network, at).is_some()
            }
            LossKind::PhantomConsignee => account.role == Role::Make,
            LossKind::UnreportedDispatches => account.role != Role::Use,
        }
}
