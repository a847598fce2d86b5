//! The province day by day: what really moves, and the honest lines that report it.

mod trade;

use std::collections::VecDeque;

use weighbridge_books::substances::kind::Kind;
use weighbridge_books::substances::vocabulary::{Mode, Packaging, Reason};
use weighbridge_measure::Date;

use super::Plan;
use super::line::{Line, NOWHERE};
use super::losses::{LossKind, Planted, plant};
use super::network::{Network, Role, part};
use super::rates;
use super::wares::WARES;
use crate::draw::Draw;

/// Days that goods may be on their way; the length of the ring of arrivals.
const RING: usize = 64;
/// Uses that one load feeds.
const USES_PER_LOAD: i64 = 3;
/// Lines that one use brings with its share of orders; measured, to hit the planned number of lines.
const LINES_PER_USE_PERCENT: u64 = 195;
/// Lots that one delivery is made of, at most.
const LOTS_PER_DELIVERY: usize = 3;

/// Real stock of an account.
#[derive(Clone, Debug, Default)]
struct Stock {
    grams: i64,
    /// Oldest first; the rest of the stock is of no named lot.
    lots: VecDeque<(u64, i64)>,
    on_order: i64,
}

/// Goods on their way.
#[derive(Clone, Copy, Debug)]
struct Arrival {
    account: u32,
    /// The sender's account, if it is one of the province.
    sender: Option<u32>,
    from_site: u32,
    grams: i64,
    lot: u64,
    document: u64,
    permit: u32,
    reason: Reason,
    mode: Mode,
    packaging: Packaging,
    carrier: u8,
}

/// Running numbers of a firm.
#[derive(Clone, Copy, Debug, Default)]
struct Numbers {
    line: u32,
    document: u64,
    lot: u64,
    batch: u32,
}

/// The province in motion.
#[derive(Clone, Debug)]
pub(super) struct World {
    pub(super) network: Network,
    pub(super) planted: Vec<Planted>,
    /// This month's lines by firm.
    pub(super) outbox: Vec<Vec<Line>>,
    draw: Draw,
    stock: Vec<Stock>,
    arrivals: Vec<Vec<Arrival>>,
    numbers: Vec<Numbers>,
    /// Uses of an account in a million days.
    rate: u64,
    /// Number of the month, for permits.
    month: u32,
}

impl World {
    pub(super) fn new(plan: &Plan) -> World {
        let network = Network::new(plan);
        let planted = plant(plan, &network);
        let accounts = network.accounts.len();
        let users = network
            .accounts
            .iter()
            .filter(|a| a.role == Role::Use)
            .count() as u64;
        let months = u64::from(plan.months).max(1);
        let counts = accounts as u64 * (months * 7 / 9 + 1);
        let days = months * 365 / 12;
        let uses = plan.lines.saturating_sub(counts) * 100 / LINES_PER_USE_PERCENT;
        World {
            rate: uses.saturating_mul(1_000_000) / (users * days).max(1),
            planted,
            outbox: vec![Vec::new(); network.firms.len()],
            draw: Draw::new(part(plan, 2)),
            stock: vec![Stock::default(); accounts],
            arrivals: vec![Vec::new(); RING],
            numbers: vec![Numbers::default(); network.firms.len()],
            month: 0,
            network,
        }
    }

    /// Opens every account with a count on the first day.
    pub(super) fn open(&mut self, day: u16) {
        for i in 0..self.stock.len() as u32 {
            let account = &self.network.accounts[i as usize];
            let grams = account.load * self.draw.between(200, 400) / 100;
            let lot = self.lot(account.firm);
            let stock = &mut self.stock[i as usize];
            stock.grams = grams;
            stock.lots.push_back((lot, grams));
            self.count(i, day);
        }
    }

    /// Lives through one month.
    pub(super) fn month(&mut self, first: Date) {
        let period = first.month().period();
        let (_, month, _) = first.ymd();
        self.month += 1;
        for day in first.days()..period.end().days() {
            self.deliveries(day);
            for i in 0..self.stock.len() as u32 {
                self.demand(i, day, usize::from(month) - 1);
            }
            self.thefts(day);
        }
        let last = period.end().days() - 1;
        for i in 0..self.stock.len() as u32 {
            let firm = self.network.accounts[i as usize].firm;
            if !self.network.firms[firm as usize].quarterly || month % 3 == 0 {
                self.count(i, last);
            }
        }
    }

    fn lot(&mut self, firm: u32) -> u64 {
        let numbers = &mut self.numbers[firm as usize];
        numbers.lot += 1;
        (u64::from(firm) << 32) | numbers.lot
    }

    fn document(&mut self, firm: u32) -> u64 {
        let numbers = &mut self.numbers[firm as usize];
        numbers.document += 1;
        (u64::from(firm) << 32) | numbers.document
    }

    fn batch(&mut self, firm: u32) -> u32 {
        self.numbers[firm as usize].batch += 1;
        self.numbers[firm as usize].batch
    }

    fn report(&mut self, mut line: Line) {
        let firm = self.network.accounts[line.account as usize].firm as usize;
        if self.network.firms[firm].numbered {
            self.numbers[firm].line += 1;
            line.line_id = self.numbers[firm].line;
        }
        self.outbox[firm].push(line);
    }

    /// The next line number of a firm, 0 where it has none.
    pub(super) fn line_id(&mut self, firm: usize) -> u32 {
        if self.network.firms[firm].numbered {
            self.numbers[firm].line += 1;
            self.numbers[firm].line
        } else {
            0
        }
    }

    /// What a firm's scale or meter shows. Packed goods are counted, not weighed.
    fn weigh(&mut self, account: u32, packaging: Packaging, grams: i64) -> i64 {
        let of = &self.network.accounts[account as usize];
        let firm = &self.network.firms[of.firm as usize];
        let ppm = match (packaging, firm.scale) {
            (Packaging::Drum | Packaging::Bag | Packaging::Bottle | Packaging::Ibc, _) => {
                return grams;
            }
            _ if firm.litres && WARES[of.ware].density.is_some() => 1_500,
            (_, "II") => 100,
            (_, "IIII") => 2_000,
            _ => 500,
        };
        // Instruments are used better than their class allows: a third of the permitted deviation.
        (grams + grams / 1_000 * self.draw.bell(ppm / 3) / 1_000).max(1)
    }

    fn count(&mut self, account: u32, day: u16) {
        let grams = self.stock[account as usize].grams;
        let shown = if grams == 0 {
            0
        } else {
            self.weigh(account, Packaging::Unknown, grams)
        };
        self.report(Line::new(Kind::Stocktake, day, account, shown));
    }

    /// Takes goods out of stock, oldest lots first; the parts with their lots.
    fn take(&mut self, account: u32, grams: i64) -> Vec<(u64, i64)> {
        let stock = &mut self.stock[account as usize];
        stock.grams -= grams;
        let mut parts: Vec<(u64, i64)> = Vec::new();
        let mut left = grams;
        while left > 0 {
            let (lot, part) = match stock.lots.front_mut() {
                Some((lot, there)) if *there > left => {
                    *there -= left;
                    (*lot, left)
                }
                Some(_) => stock.lots.pop_front().unwrap_or_default(),
                None => (parts.last().map_or(0, |(lot, _)| *lot), left),
            };
            left -= part;
            let full = parts.len() >= LOTS_PER_DELIVERY;
            match parts.last_mut() {
                Some(last) if full || lot == 0 || lot == last.0 => last.1 += part,
                _ if part > 0 => parts.push((lot, part)),
                _ => {}
            }
        }
        parts
    }

    fn put(&mut self, account: u32, lot: u64, grams: i64) {
        let stock = &mut self.stock[account as usize];
        stock.grams += grams;
        stock.lots.push_back((lot, grams));
    }

    /// Uses and exports of one account on one day.
    fn demand(&mut self, account: u32, day: u16, month: usize) {
        let Network { accounts, .. } = &self.network;
        let (ware, role) = (
            accounts[account as usize].ware,
            accounts[account as usize].role,
        );
        let season = u64::from(WARES[ware].season[month]);
        let rate = match role {
            Role::Use => self.rate * season / 100,
            // A maker exports now and then.
            Role::Make => self.rate * season / 4_000,
            Role::Trade => return,
        };
        let events = rate / 1_000_000 + u64::from(self.draw.ppm((rate % 1_000_000) as u32));
        for _ in 0..events {
            if role == Role::Use {
                self.consume(account, day);
            } else {
                self.export(account, day);
            }
        }
    }

    fn consume(&mut self, account: u32, day: u16) {
        let of = &self.network.accounts[account as usize];
        let (load, firm, ware) = (of.load, of.firm, of.ware);
        let wanted = load * self.draw.between(50, 150) / 100 / USES_PER_LOAD;
        let grams = wanted.min(self.stock[account as usize].grams);
        if grams > 0 {
            if self.draw.ppm(rates::REPORTED_LOSS) {
                let lost = grams / 2 + 1;
                self.take(account, lost.min(grams));
                let batch = self.batch(firm);
                self.report(Line {
                    batch,
                    ..Line::new(Kind::Loss, day, account, lost.min(grams))
                });
            }
            let grams = grams.min(self.stock[account as usize].grams);
            let parts = self.take(account, grams);
            let kind = match self.draw.below(1_000_000) as u32 {
                n if n < rates::SAMPLING => Kind::Sampling,
                n if n < rates::SAMPLING + rates::WASTE => Kind::Waste,
                _ => Kind::Use,
            };
            let batch = self.batch(firm);
            let lot = parts.first().map_or(0, |(lot, _)| *lot);
            let shown = self.weigh(account, Packaging::Unknown, grams);
            self.report(Line {
                lot,
                batch,
                ..Line::new(kind, day, account, shown)
            });
            self.leak(account, day, grams);
            if WARES[ware].density.is_some() && self.draw.ppm(rates::RECOVERY) {
                let back = grams * self.draw.between(5, 30) / 100;
                let lot = self.lot(firm);
                self.put(account, lot, back);
                self.report(Line {
                    lot,
                    batch,
                    ..Line::new(Kind::Recovery, day, account, back)
                });
            }
        }
        // Two loads and the demand of eight days are kept in stock or on order.
        let target = load * 2 + load / USES_PER_LOAD * (self.rate as i64) / 125_000;
        for _ in 0..4 {
            let stock = &self.stock[account as usize];
            if stock.grams + stock.on_order >= target || !self.order(account, day, 0) {
                break;
            }
        }
    }

    fn leak(&mut self, account: u32, day: u16, grams: i64) {
        let planted = self
            .planted
            .iter()
            .position(|p| p.kind == LossKind::SteadyLeak && p.account == account && p.active(day));
        if let Some(at) = planted {
            let gone =
                (grams * self.planted[at].ppm / 1_000_000).min(self.stock[account as usize].grams);
            self.take(account, gone);
            self.planted[at].take(day, gone);
        }
    }

    fn export(&mut self, account: u32, day: u16) {
        let to = self.draw.one(&self.network.abroad);
        let grams = self.network.accounts[account as usize].load;
        self.make(account, day, grams);
        self.send_away(account, to, day, grams, Reason::Export, Mode::Sea);
    }

    /// A maker produces until it can send an order.
    fn make(&mut self, account: u32, day: u16, grams: i64) {
        let (role, load, firm) = {
            let of = &self.network.accounts[account as usize];
            (of.role, of.load, of.firm)
        };
        while role == Role::Make && self.stock[account as usize].grams < grams {
            let made = (load * self.draw.between(250, 500) / 100).max(grams / 4);
            let (lot, batch) = (self.lot(firm), self.batch(firm));
            self.put(account, lot, made);
            let shown = self.weigh(account, Packaging::Unknown, made);
            self.report(Line {
                lot,
                batch,
                ..Line::new(Kind::Production, day, account, shown)
            });
        }
    }

    /// The planted losses that need no movement of their own.
    fn thefts(&mut self, day: u16) {
        for at in 0..self.planted.len() {
            let Planted {
                kind,
                account,
                partner,
                ppm,
                ..
            } = self.planted[at];
            if !self.planted[at].active(day) {
                continue;
            }
            let stock = self.stock[account as usize].grams;
            let load = self.network.accounts[account as usize].load;
            match kind {
                LossKind::Theft => {
                    let gone = (stock / 1_000 * ppm / 1_000).min(stock);
                    self.take(account, gone);
                    self.planted[at].take(day, gone);
                }
                LossKind::UnreportedDispatches if self.draw.ppm(ppm as u32) => {
                    self.make(account, day, load);
                    let gone = load.min(self.stock[account as usize].grams);
                    self.take(account, gone);
                    self.planted[at].take(day, gone);
                }
                LossKind::PhantomConsignee if self.draw.ppm(ppm as u32) => {
                    self.make(account, day, load);
                    self.send_away(account, partner, day, load, Reason::Sale, Mode::Road);
                    self.planted[at].take(day, load);
                }
                _ => {}
            }
        }
    }
}

/// Whether a line is one half of a consignment with a partner named.
pub(super) fn is_half(line: &Line) -> bool {
    line.kind.is_half() && line.other_site != NOWHERE
}
