//! Who is in the province: firms, sites, what they hold, whom they buy from.

use std::ops::Range;

use weighbridge_books::registry::{HolderRow, Reports};
use weighbridge_books::substances::vocabulary::{Mode, Packaging};
use weighbridge_measure::Date;

use super::Plan;
use super::names::{self, CITIES};
use super::rates;
use super::render::Dialect;
use super::wares::WARES;
use crate::draw::{Draw, Seed};
use crate::small::invented_uscc;

/// What a firm does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Trade {
    /// Makes one or two wares.
    Manufacturer,
    /// Buys and sells.
    Trader,
    /// Uses chemicals in a process.
    Process,
    /// Makes medicines.
    Pharma,
    /// Laboratory or school.
    Laboratory,
    /// Abroad; does not report here.
    Foreign,
    /// Registered, never reports: exists only in its suppliers' dispatches.
    Phantom,
}

/// A firm.
#[derive(Clone, Debug)]
pub(super) struct Firm {
    pub(super) code: String,
    pub(super) name: [String; 2],
    pub(super) uscc: String,
    pub(super) trade: Trade,
    pub(super) area: String,
    pub(super) licence_to: Option<Date>,
    /// Places in [`Network::sites`].
    pub(super) sites: Range<u32>,
    pub(super) dialect: Dialect,
    /// How the firm spells substances: a place in a ware's names.
    pub(super) spelling: usize,
    /// Numbers its lines.
    pub(super) numbered: bool,
    /// Writes the supplier's document on its receipts.
    pub(super) documented: bool,
    /// Counts at the end of a quarter instead of every month.
    pub(super) quarterly: bool,
    /// Reports liquids in litres.
    pub(super) litres: bool,
    /// Class of its scales as written; empty for the default.
    pub(super) scale: &'static str,
}

/// A site.
#[derive(Clone, Debug)]
pub(super) struct Site {
    pub(super) firm: u32,
    pub(super) code: String,
}

/// What an account does with its ware.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Role {
    /// Produces it when an order comes.
    Make,
    /// Buys and sells it.
    Trade,
    /// Buys and uses it.
    Use,
}

/// A ware at a site.
#[derive(Clone, Debug)]
pub(super) struct Account {
    pub(super) site: u32,
    pub(super) firm: u32,
    pub(super) ware: usize,
    pub(super) role: Role,
    /// Grams of a usual order.
    pub(super) load: i64,
    pub(super) suppliers: Vec<Supplier>,
    pub(super) mode: Mode,
    pub(super) packaging: Packaging,
    /// Carrier of its purchases, 0 where none is written.
    pub(super) carrier: u8,
}

/// Where an account buys.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Supplier {
    /// Another account of the province.
    Account(u32),
    /// A site abroad.
    Abroad(u32),
}

/// Everything that does not change with time.
#[derive(Clone, Debug)]
pub(super) struct Network {
    pub(super) firms: Vec<Firm>,
    pub(super) sites: Vec<Site>,
    pub(super) accounts: Vec<Account>,
    /// Sites of the firms abroad.
    pub(super) abroad: Vec<u32>,
    /// Sites of the phantom firms.
    pub(super) phantoms: Vec<u32>,
}

impl Network {
    pub(super) fn new(plan: &Plan) -> Network {
        let mut draw = Draw::new(plan.seed.part(1));
        let mut network = Network {
            firms: Vec::new(),
            sites: Vec::new(),
            accounts: Vec::new(),
            abroad: Vec::new(),
            phantoms: Vec::new(),
        };
        let abroad = (plan.holders / 40).max(2);
        let phantoms = (plan.losses / 5).max(1);
        let home = plan.holders.saturating_sub(abroad + phantoms).max(8);
        for number in 0..home + abroad + phantoms {
            let trade = match number {
                n if n >= home + abroad => Trade::Phantom,
                n if n >= home => Trade::Foreign,
                // The first ones cover every trade, so that the smallest province works.
                0 | 1 => Trade::Manufacturer,
                2 => Trade::Trader,
                _ => match draw.below(100) {
                    0..=11 => Trade::Manufacturer,
                    12..=29 => Trade::Trader,
                    30..=69 => Trade::Process,
                    70..=79 => Trade::Pharma,
                    _ => Trade::Laboratory,
                },
            };
            network.add_firm(&mut draw, plan, number, trade);
        }
        network.add_accounts(&mut draw);
        network.add_suppliers(&mut draw);
        network
    }

    fn add_firm(&mut self, draw: &mut Draw, plan: &Plan, number: u32, trade: Trade) {
        let city = draw.pick(CITIES);
        let code = format!("{}-{:04}", city.prefix, number);
        let first = self.sites.len() as u32;
        let sites = match trade {
            Trade::Manufacturer | Trade::Trader | Trade::Process => [1, 1, 2, 3][draw.index(4)],
            _ => 1,
        };
        for site in 0..sites {
            self.sites.push(Site {
                firm: self.firms.len() as u32,
                code: format!("{code}-W{}", site + 1),
            });
        }
        let days = i64::from(plan.months) * 30;
        let licence_to = draw
            .ppm(rates::LICENCE_ENDS)
            .then(|| {
                plan.start
                    .plus_days(i32::try_from(draw.between(0, days)).unwrap_or(0))
            })
            .flatten();
        let dialect = Dialect::draw(draw, plan.workbooks_ppm);
        self.firms.push(Firm {
            name: names::firm(draw, city, trade, number),
            uscc: invented_uscc(u64::from(number)),
            area: names::area(draw, city),
            licence_to,
            sites: first..self.sites.len() as u32,
            spelling: if dialect.is_chinese() {
                3
            } else {
                draw.one(&[0, 0, 0, 1, 2])
            },
            dialect,
            numbered: !draw.ppm(rates::UNNUMBERED_FIRM),
            documented: !draw.ppm(rates::UNDOCUMENTED_FIRM),
            quarterly: draw.one_in(3),
            litres: draw.one_in(12),
            scale: draw.one(&["", "", "III", "II", "IIII"]),
            code,
            trade,
        });
        match trade {
            Trade::Foreign => self.abroad.push(first),
            Trade::Phantom => self.phantoms.push(first),
            _ => {}
        }
    }

    fn add_accounts(&mut self, draw: &mut Draw) {
        for firm in 0..self.firms.len() {
            let Firm {
                trade, ref sites, ..
            } = self.firms[firm];
            let sites = sites.clone();
            let (wares, role) = match trade {
                // The first two manufacturers make everything between them.
                Trade::Manufacturer if firm < 2 => (
                    (0..WARES.len()).filter(|w| w % 2 == firm).collect(),
                    Role::Make,
                ),
                Trade::Manufacturer => (draw_wares(draw, 2, |_| true), Role::Make),
                Trade::Trader => (draw_wares(draw, 4, |w| WARES[w].class > 1), Role::Trade),
                Trade::Process => (draw_wares(draw, 3, |w| WARES[w].class > 1), Role::Use),
                Trade::Pharma => (
                    draw_wares(draw, 3, |w| WARES[w].class < 3 || w < 4),
                    Role::Use,
                ),
                Trade::Laboratory => (draw_wares(draw, 2, |_| true), Role::Use),
                Trade::Foreign | Trade::Phantom => (Vec::new(), Role::Use),
            };
            for site in sites.clone() {
                for ware in &wares {
                    if site == sites.start || draw.one_in(2) {
                        self.accounts
                            .push(account(draw, site, firm as u32, *ware, trade, role));
                    }
                }
            }
        }
    }

    fn add_suppliers(&mut self, draw: &mut Draw) {
        let of = |network: &Network, ware: usize, role: Role| -> Vec<u32> {
            let all = network.accounts.iter().enumerate();
            all.filter(|(_, a)| a.ware == ware && a.role == role)
                .map(|(i, _)| i as u32)
                .collect()
        };
        let makers: Vec<Vec<u32>> = (0..WARES.len()).map(|w| of(self, w, Role::Make)).collect();
        let traders: Vec<Vec<u32>> = (0..WARES.len()).map(|w| of(self, w, Role::Trade)).collect();
        for i in 0..self.accounts.len() {
            let Account {
                ware,
                role,
                firm,
                site,
                ..
            } = self.accounts[i];
            let mut suppliers = Vec::new();
            for _ in 0..=draw.below(3) {
                let from_trader =
                    role == Role::Use && !traders[ware].is_empty() && draw.below(10) < 6;
                let list = if from_trader {
                    &traders[ware]
                } else {
                    &makers[ware]
                };
                match list.as_slice() {
                    [] => {}
                    list => suppliers.push(Supplier::Account(draw.one(list))),
                }
            }
            if role == Role::Trade && draw.one_in(4) {
                suppliers.push(Supplier::Abroad(draw.one(&self.abroad)));
            }
            // A second site is often served by the firm's first one.
            let own = self
                .accounts
                .iter()
                .position(|a| a.firm == firm && a.ware == ware);
            if let Some(own) =
                own.filter(|own| *own < i && self.accounts[*own].site != site && draw.one_in(2))
            {
                suppliers = vec![Supplier::Account(own as u32)];
            }
            suppliers.retain(|s| *s != Supplier::Account(i as u32));
            if suppliers.is_empty() && role != Role::Make {
                suppliers.push(Supplier::Abroad(draw.one(&self.abroad)));
            }
            self.accounts[i].suppliers = suppliers;
        }
    }

    /// The register: one row per site.
    pub(super) fn holders(&self) -> Vec<HolderRow> {
        let mut rows = Vec::new();
        for firm in &self.firms {
            let foreign = firm.trade == Trade::Foreign;
            let mut classes: Vec<u8> = self
                .accounts
                .iter()
                .filter(|a| self.firms[a.firm as usize].code == firm.code)
                .map(|a| WARES[a.ware].class)
                .collect();
            classes.sort_unstable();
            classes.dedup();
            for site in firm.sites.clone() {
                let site = &self.sites[site as usize];
                rows.push(HolderRow {
                    row: rows.len() as u32 + 2,
                    code: firm.code.clone(),
                    name: firm.name[0].clone(),
                    name_en: firm.name[1].clone(),
                    uscc: if foreign {
                        String::new()
                    } else {
                        firm.uscc.clone()
                    },
                    licence: if foreign {
                        String::new()
                    } else {
                        format!("YZD{}", firm.code.replace('-', ""))
                    },
                    licence_classes: classes.clone(),
                    licence_to: firm.licence_to,
                    site: site.code.clone(),
                    site_name: site.code.clone(),
                    area: if foreign {
                        "境外".to_owned()
                    } else {
                        firm.area.clone()
                    },
                    authority: if foreign {
                        String::new()
                    } else {
                        firm.code.chars().take(2).collect::<String>() + "-JD"
                    },
                    reports: if foreign { Reports::No } else { Reports::Yes },
                    ..HolderRow::default()
                });
            }
        }
        rows
    }
}

/// Up to `most` wares by their share of the market.
fn draw_wares(draw: &mut Draw, most: u64, fits: impl Fn(usize) -> bool) -> Vec<usize> {
    let mut wares = Vec::new();
    for _ in 0..=draw.below(most) {
        let mut at = draw.below(100);
        let ware = WARES.iter().position(|w| {
            let here = at < w.share;
            at = at.saturating_sub(w.share);
            here
        });
        if let Some(ware) = ware.filter(|w| fits(*w) && !wares.contains(w)) {
            wares.push(ware);
        }
    }
    if wares.is_empty() {
        wares.extend((0..WARES.len()).find(|w| fits(*w)));
    }
    wares
}

fn account(
    draw: &mut Draw,
    site: u32,
    firm: u32,
    ware: usize,
    trade: Trade,
    role: Role,
) -> Account {
    let usual = WARES[ware].load;
    let (load, packaging) = match trade {
        Trade::Laboratory => (usual / 2_000, Packaging::Bottle),
        Trade::Process | Trade::Pharma if draw.one_in(3) => (usual / 10, Packaging::Drum),
        _ => (usual, WARES[ware].packaging),
    };
    let load = (load * draw.between(60, 140) / 100).max(500);
    let mode = match trade {
        Trade::Laboratory => draw.one(&[Mode::Post, Mode::Road]),
        _ => draw.one(&[
            Mode::Road,
            Mode::Road,
            Mode::Road,
            Mode::Unknown,
            Mode::Rail,
            Mode::InlandWater,
        ]),
    };
    let carrier = if draw.one_in(3) {
        u8::try_from(1 + draw.below(40)).unwrap_or(1)
    } else {
        0
    };
    Account {
        site,
        firm,
        ware,
        role,
        load,
        suppliers: Vec::new(),
        mode,
        packaging,
        carrier,
    }
}

/// The seed of one part of a province.
pub(super) fn part(plan: &Plan, number: u64) -> Seed {
    plan.seed.part(number)
}
