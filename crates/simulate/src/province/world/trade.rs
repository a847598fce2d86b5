//! Orders, deliveries, returns: goods between two accounts.

use weighbridge_books::substances::kind::Kind;
use weighbridge_books::substances::vocabulary::{Mode, Packaging, Reason};

use super::super::line::Line;
use super::super::losses::LossKind;
use super::super::network::{Network, Role, Supplier};
use super::super::rates;
use super::super::wares::WARES;
use super::{Arrival, RING, World};

impl World {
    /// A dispatch that nobody in the province receives.
    pub(super) fn send_away(
        &mut self,
        account: u32,
        to: u32,
        day: u16,
        grams: i64,
        reason: Reason,
        mode: Mode,
    ) {
        let Network { accounts, .. } = &self.network;
        let (firm, packaging) = (
            accounts[account as usize].firm,
            accounts[account as usize].packaging,
        );
        let document = self.document(firm);
        let permit = self.permit(account);
        for (lot, part) in self.take(account, grams) {
            let shown = self.weigh(account, packaging, part);
            let line = Line::new(Kind::Dispatch, day, account, shown);
            self.report(Line {
                other_site: to,
                document,
                lot,
                permit,
                reason,
                mode,
                packaging,
                ..line
            });
        }
    }

    /// The permit of a buyer's month; class 3 has filings without a number on the papers.
    fn permit(&self, account: u32) -> u32 {
        let ware = self.network.accounts[account as usize].ware;
        if WARES[ware].class < 3 {
            account * 128 + self.month
        } else {
            0
        }
    }

    /// Orders a load; false if no supplier can send it today. A trader without stock orders too; `depth` ends that.
    pub(super) fn order(&mut self, account: u32, day: u16, depth: u8) -> bool {
        let of = &self.network.accounts[account as usize];
        let (load, role, mode, packaging, carrier) =
            (of.load, of.role, of.mode, of.packaging, of.carrier);
        let grams = load
            * if role == Role::Trade {
                self.draw.between(2, 4)
            } else {
                self.draw.between(1, 2)
            };
        let first = self.draw.index(of.suppliers.len().max(1));
        for n in 0..of.suppliers.len() {
            let suppliers = &self.network.accounts[account as usize].suppliers;
            match suppliers[(first + n) % suppliers.len()] {
                Supplier::Abroad(site) => {
                    let document = u64::from(self.draw.below(1 << 30) as u32) | (1 << 63);
                    let permit = self.permit(account);
                    let arrival = Arrival {
                        account,
                        sender: None,
                        from_site: site,
                        grams,
                        lot: document,
                        document,
                        permit,
                        reason: Reason::Import,
                        mode: Mode::Sea,
                        packaging,
                        carrier,
                    };
                    self.on_the_way(arrival, day);
                    return true;
                }
                Supplier::Account(from) => {
                    self.make(from, day, grams);
                    if self.stock[from as usize].grams >= grams {
                        let own = self.network.accounts[from as usize].firm
                            == self.network.accounts[account as usize].firm;
                        let reason = if own { Reason::Transfer } else { Reason::Sale };
                        self.send(
                            from,
                            account,
                            day,
                            grams,
                            reason,
                            (mode, packaging, carrier),
                        );
                        return true;
                    }
                    if depth < 2 && self.stock[from as usize].on_order < grams {
                        self.order(from, day, depth + 1);
                    }
                }
            }
        }
        false
    }

    /// Dispatches goods between two accounts and puts them on their way.
    fn send(
        &mut self,
        from: u32,
        to: u32,
        day: u16,
        grams: i64,
        reason: Reason,
        how: (Mode, Packaging, u8),
    ) {
        let (mode, packaging, carrier) = how;
        let sender = self.network.accounts[from as usize].firm;
        let (from_site, to_site) = (
            self.network.accounts[from as usize].site,
            self.network.accounts[to as usize].site,
        );
        let document = self.document(sender);
        let permit = self.permit(to);
        let parts = self.take(from, grams);
        let collected = parts.len() > 1 && self.draw.ppm(rates::COLLECTED_LOAD);
        let mut whole = 0;
        for (n, (lot, part)) in parts.iter().copied().enumerate() {
            let shown = self.weigh(from, packaging, part);
            let line = Line::new(Kind::Dispatch, day, from, shown);
            self.report(Line {
                other_site: to_site,
                document,
                lot,
                permit,
                reason,
                mode,
                packaging,
                carrier,
                ..line
            });
            let arriving = part - self.lost_on_the_way(from, to, day, part, packaging);
            whole += arriving;
            if collected && n + 1 < parts.len() {
                continue;
            }
            let grams = if collected { whole } else { arriving };
            let arrival = Arrival {
                account: to,
                sender: Some(from),
                from_site,
                grams,
                lot,
                document,
                permit,
                reason: if reason == Reason::Sale {
                    Reason::Purchase
                } else {
                    reason
                },
                mode,
                packaging,
                carrier,
            };
            if self.draw.ppm(rates::SPLIT_DELIVERY) {
                let part = grams * self.draw.between(30, 60) / 100;
                self.on_the_way(
                    Arrival {
                        grams: part,
                        ..arrival
                    },
                    day,
                );
                self.on_the_way(
                    Arrival {
                        grams: grams - part,
                        ..arrival
                    },
                    day,
                );
            } else {
                self.on_the_way(arrival, day);
            }
        }
    }

    fn lost_on_the_way(
        &mut self,
        from: u32,
        to: u32,
        day: u16,
        grams: i64,
        packaging: Packaging,
    ) -> i64 {
        let natural = if packaging == Packaging::Bulk {
            grams / 1_000_000 * self.draw.below(u64::from(rates::TRANSIT_LOSS_MAX)) as i64
        } else {
            0
        };
        let planted = self.planted.iter_mut().find(|p| {
            p.kind == LossKind::ShortDeliveries
                && p.account == to
                && p.partner == from
                && p.active(day)
        });
        let short = planted.map_or(0, |p| {
            let gone = grams * p.ppm / 1_000_000;
            p.take(day, gone);
            gone
        });
        natural + short
    }

    fn on_the_way(&mut self, arrival: Arrival, day: u16) {
        let days = match arrival.mode {
            Mode::Road => self.draw.between(0, 3),
            Mode::Post => self.draw.between(1, 4),
            Mode::Rail => self.draw.between(3, 12),
            Mode::InlandWater => self.draw.between(4, 14),
            Mode::Sea => self.draw.between(12, 28),
            _ => self.draw.between(0, 6),
        };
        self.stock[arrival.account as usize].on_order += arrival.grams;
        // What leaves today arrives tomorrow at the earliest in the ring; its paper says so too.
        self.arrivals[(usize::from(day) + days.max(1) as usize) % RING].push(arrival);
    }

    pub(super) fn deliveries(&mut self, day: u16) {
        let today = std::mem::take(&mut self.arrivals[usize::from(day) % RING]);
        for a in &today {
            let stock = &mut self.stock[a.account as usize];
            stock.on_order = (stock.on_order - a.grams).max(0);
            self.put(a.account, a.lot, a.grams);
            let of = &self.network.accounts[a.account as usize];
            let documented = self.network.firms[of.firm as usize].documented;
            let role = of.role;
            let shown = self.weigh(a.account, a.packaging, a.grams);
            self.report(Line {
                other_site: a.from_site,
                document: if documented { a.document } else { 0 },
                lot: a.lot,
                permit: a.permit,
                reason: a.reason,
                mode: a.mode,
                packaging: a.packaging,
                carrier: a.carrier,
                ..Line::new(Kind::Receipt, day, a.account, shown)
            });
            if let Some(sender) = a.sender.filter(|_| a.reason != Reason::Return)
                && self.draw.ppm(rates::RETURN)
            {
                let back = a.grams * self.draw.between(5, 20) / 100;
                self.send(
                    a.account,
                    sender,
                    day,
                    back,
                    Reason::Return,
                    (a.mode, a.packaging, a.carrier),
                );
            } else if role == Role::Trade && self.draw.ppm(rates::REFINED) {
                self.refine(
                    a.account,
                    day,
                    a.grams.min(self.stock[a.account as usize].grams),
                );
            }
        }
    }

    /// A trader cleans a delivery up: the old lot is used, a new one is produced with a little less.
    fn refine(&mut self, account: u32, day: u16, grams: i64) {
        let firm = self.network.accounts[account as usize].firm;
        let parts = self.take(account, grams);
        let batch = self.batch(firm);
        for (lot, part) in &parts {
            self.report(Line {
                lot: *lot,
                batch,
                ..Line::new(Kind::Use, day, account, *part)
            });
        }
        let made = grams * self.draw.between(970, 995) / 1_000;
        let lot = self.lot(firm);
        self.put(account, lot, made);
        let input = parts.first().map_or(0, |(lot, _)| *lot);
        self.report(Line {
            lot,
            batch,
            input,
            ..Line::new(Kind::Production, day, account, made.max(1))
        });
    }
}
