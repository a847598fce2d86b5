//! The little stories that a tiny province is made of; each one puts a few rows on the list.

mod mistakes;

use weighbridge_books::registry::HolderRow;
use weighbridge_books::substances::vocabulary::Field;

use super::{Flavour, at_day};
use crate::draw::Draw;
use crate::row::Row;

/// A row on its way into a file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) struct Placed {
    /// Number of the reporter.
    pub(super) reporter: u64,
    /// Whether it repeats another row.
    pub(super) copy: bool,
    /// The cells.
    pub(super) row: Row,
}

/// A substance with the spellings of its name, a form that it may be reported in, and a concentration.
struct Goods {
    names: &'static [&'static str],
    form: &'static str,
    concentration: &'static str,
    litres: bool,
}

/// Classes 3, 1, 2 and none of the Chinese list; one liquid that is sold as a solution.
const GOODS: &[Goods] = &[
    Goods {
        names: &["acetone", "67-64-1", "丙酮"],
        form: "",
        concentration: "",
        litres: true,
    },
    Goods {
        names: &["pseudoephedrine", "90-82-4"],
        form: "hydrochloride",
        concentration: "",
        litres: false,
    },
    Goods {
        names: &["acetic_anhydride", "108-24-7"],
        form: "",
        concentration: "",
        litres: true,
    },
    Goods {
        names: &["methyl_isobutyl_ketone", "108-10-1"],
        form: "",
        concentration: "",
        litres: false,
    },
    Goods {
        names: &["hydrochloric_acid", "7647-01-0"],
        form: "",
        concentration: "36",
        litres: true,
    },
    Goods {
        names: &["toluene", "108-88-3", "甲苯"],
        form: "",
        concentration: "",
        litres: false,
    },
];

const MODES: &[&str] = &[
    "",
    "",
    "road",
    "road",
    "rail",
    "sea",
    "inland_water",
    "air",
    "pipeline",
    "post",
];
const PACKAGINGS: &[&str] = &[
    "", "", "bulk", "bulk", "drum", "bag", "bottle", "pack", "ibc", "other",
];
const INSTRUMENTS: &[&str] = &["", "", "", "I", "II", "III", "IIII", "flow meter"];
/// Days between dispatch and receipt around the edges of the windows 5, 10, 15 and 30.
const LAGS: &[i64] = &[
    0, 0, 1, 2, 3, -1, -2, 4, 5, 6, 9, 10, 11, 14, 15, 16, 29, 30, 31, 45,
];
/// Days after which a document is used again, around the edge of a date cluster.
const REUSE: &[i64] = &[0, 20, 179, 180, 181, 182, 400];
/// Spellings of a document that fold to the same text.
const SPELLINGS: &[fn(&str) -> String] = &[
    str::to_owned,
    str::to_owned,
    str::to_lowercase,
    |t| format!(" {t} "),
    |t| t.replace('-', "－").replace('1', "１"),
    |t| t.replace('-', " - "),
];

/// Integer kilograms and grams as µg, few enough that equal amounts happen by chance.
const AMOUNTS: &[i128] = &[
    25_000_000_000,
    100_000_000_000,
    100_000_000_000,
    200_000_000_000,
    1_000_000_000_000,
    7_350_000_000,
    12_000_000,
];

struct Place {
    holder: u64,
    code: String,
    numbers: [String; 2],
    sites: Vec<String>,
}

struct Maker<'a> {
    draw: &'a mut Draw,
    places: Vec<Place>,
    goods: Vec<&'static Goods>,
    flavour: Flavour,
    next_line: u64,
    next_second: u64,
    /// Whether a reporter numbers its lines.
    numbers: Vec<bool>,
    out: Vec<Placed>,
}

/// The rows of a tiny province.
pub(super) fn rows(draw: &mut Draw, holders: &[HolderRow], flavour: Flavour) -> Vec<Placed> {
    let mut places: Vec<Place> = Vec::new();
    for row in holders {
        match places.iter_mut().find(|p| p.code == row.code) {
            Some(place) => place.sites.push(row.site.clone()),
            None => places.push(Place {
                holder: places.len() as u64,
                code: row.code.clone(),
                numbers: [row.uscc.clone(), row.licence.clone()],
                sites: vec![row.site.clone()],
            }),
        }
    }
    let mut goods: Vec<&'static Goods> = GOODS.iter().collect();
    draw.shuffle(&mut goods);
    goods.truncate(draw.index(3) + 1);
    let numbers = places.iter().map(|_| draw.one_in(2)).collect();
    let mut maker = Maker {
        draw,
        places,
        goods,
        flavour,
        next_line: 1,
        next_second: 0,
        numbers,
        out: Vec::new(),
    };
    let wanted = 5 + maker.draw.index(50);
    while maker.out.len() < wanted {
        maker.story();
    }
    maker.out
}

/// One planned consignment: who, what and the cells that both halves share.
#[derive(Clone)]
struct Load {
    sender: usize,
    receiver: usize,
    sender_site: String,
    receiver_site: String,
    goods: &'static Goods,
    day: i64,
    ug: i128,
    mode: &'static str,
    packaging: &'static str,
    document: String,
    permit: String,
    carrier: String,
}

impl Maker<'_> {
    fn story(&mut self) {
        match self.draw.below(28) {
            0..=6 => self.plain(),
            7..=8 => self.split(),
            9 => self.collected(),
            10 => self.reused_document(),
            11 => self.crowded_lane(),
            12..=13 => self.count(),
            14..=15 => self.one_sided_kind(),
            16..=17 => self.copy(),
            18..=21 => self.correction(),
            22 => self.fault(),
            23 => self.mismatch(),
            24 => self.crossed(),
            25..=26 => self.tanker(),
            _ => self.mixed_amounts(),
        }
    }

    fn load(&mut self) -> Load {
        let sender = self.draw.index(self.places.len());
        let mut receiver = self.draw.index(self.places.len());
        if receiver == sender && (self.places[sender].sites.len() < 2 || !self.draw.one_in(2)) {
            receiver = (sender + 1) % self.places.len();
        }
        let own = self.draw.index(self.places[sender].sites.len());
        let mut other = self.draw.index(self.places[receiver].sites.len());
        if sender == receiver && own == other {
            other = (own + 1) % self.places[sender].sites.len();
        }
        let documented = self.draw.below(3) > 0;
        let permitted = self.draw.one_in(4);
        Load {
            sender,
            receiver,
            sender_site: self.places[sender].sites[own].clone(),
            receiver_site: self.places[receiver].sites[other].clone(),
            goods: self.draw.one(&self.goods),
            day: self.draw.between(0, 120),
            ug: self.draw.one(AMOUNTS),
            mode: self.draw.one(MODES),
            packaging: self.draw.one(PACKAGINGS),
            document: if documented {
                format!("D-1{}", self.draw.below(12))
            } else {
                String::new()
            },
            permit: if permitted {
                format!("P-{}", self.draw.below(3))
            } else {
                String::new()
            },
            carrier: if self.draw.one_in(5) {
                format!("C-{}", self.draw.below(2))
            } else {
                String::new()
            },
        }
    }

    /// A half of a load. `day` and `ug` are the half's own.
    fn half(&mut self, load: &Load, is_dispatch: bool, day: i64, ug: i128) -> Row {
        let (me, other, my_site, other_site) = if is_dispatch {
            (
                load.sender,
                load.receiver,
                &load.sender_site,
                &load.receiver_site,
            )
        } else {
            (
                load.receiver,
                load.sender,
                &load.receiver_site,
                &load.sender_site,
            )
        };
        let kind = if is_dispatch { "dispatch" } else { "receipt" };
        let mut row = self.line(me, my_site, kind, load.goods, day, ug);
        row.set(Field::Counterparty, self.party(other));
        // A holder's own sites must be told apart; a stranger's site is often left out.
        if me == other || self.draw.one_in(4) {
            row.set(Field::CounterpartySite, other_site.as_str());
        }
        row.set(Field::Mode, load.mode);
        row.set(Field::Packaging, load.packaging);
        if !load.document.is_empty() {
            let spelling = if self.flavour.order_free {
                &SPELLINGS[0]
            } else {
                self.draw.pick(SPELLINGS)
            };
            row.set(Field::Document, spelling(&load.document));
        }
        row.set(Field::Permit, load.permit.as_str());
        row.set(Field::Carrier, load.carrier.as_str());
        row.set(Field::Instrument, self.draw.one(INSTRUMENTS));
        row
    }

    fn line(
        &mut self,
        me: usize,
        site: &str,
        kind: &str,
        goods: &Goods,
        day: i64,
        ug: i128,
    ) -> Row {
        let mut row = Row::default();
        row.set(Field::Reporter, self.party(me));
        row.set(Field::Site, site);
        row.set(Field::Kind, kind);
        row.set(Field::Date, at_day(day).to_string());
        row.set(Field::Substance, goods.names[0]);
        row.set(Field::Amount, kilograms(ug));
        row.set(Field::Unit, "kg");
        row.set(Field::Form, goods.form);
        row.set(Field::Concentration, goods.concentration);
        if goods.litres && self.draw.one_in(6) {
            row.set(Field::Unit, "L");
        }
        if self.numbers[me] {
            row.set(Field::LineId, format!("N{}", self.next_line));
            self.next_line += 1;
        }
        row
    }

    fn party(&mut self, at: usize) -> String {
        let place = &self.places[at];
        match self.draw.below(8) {
            // Two spellings are one content, so the one that arrives first would stay.
            _ if self.flavour.order_free => place.code.clone(),
            0 => place.numbers[0].clone(),
            1 => place.numbers[1].clone(),
            2 => place.code.to_lowercase(),
            _ => place.code.clone(),
        }
    }

    fn put(&mut self, reporter: usize, row: Row) {
        let reporter = self.places[reporter].holder;
        self.out.push(Placed {
            reporter,
            copy: false,
            row,
        });
    }

    fn send(&mut self, load: &Load, day: i64, ug: i128) {
        let row = self.half(load, true, day, ug);
        self.put(load.sender, row);
    }

    fn receive(&mut self, load: &Load, day: i64, ug: i128) {
        let row = self.half(load, false, day, ug);
        self.put(load.receiver, row);
    }

    fn lag(&mut self) -> i64 {
        self.draw.one(LAGS)
    }

    /// A difference at the edge of a rule: k·u, the allowances, the band, one µg beside each.
    fn edge(&mut self, ug: i128) -> i128 {
        let u = ug * 500 / 1_000_000;
        let k_u = i128::try_from((8 * u * u).unsigned_abs().isqrt()).unwrap_or(0);
        let edge = self.draw.one(&[
            0,
            0,
            k_u,
            k_u,
            ug / 1_000,
            ug * 3 / 1_000,
            ug * 5 / 1_000,
            ug / 50,
            ug / 10,
        ]);
        let beside = i128::from(self.draw.between(-2, 2));
        if self.draw.one_in(5) {
            -(edge + beside)
        } else {
            edge + beside
        }
    }

    fn plain(&mut self) {
        let load = self.load();
        if !self.draw.one_in(7) {
            self.send(&load, load.day, load.ug);
        }
        if !self.draw.one_in(7) {
            let received = (load.ug - self.edge(load.ug)).max(1);
            let mut other = load.clone();
            match self.draw.below(10) {
                0 => other.document.clear(),
                1 => other.permit.clear(),
                2 => other.document = "D-19".to_owned(),
                3 => other.mode = self.draw.one(MODES),
                _ => {}
            }
            let lag = self.lag();
            self.receive(&other, load.day + lag, received);
        }
    }

    /// A loose liquid on the finest scales, so that the allowances are wider than the scales.
    fn tanker(&mut self) {
        let mut load = self.load();
        load.packaging = "bulk";
        let received = load.ug - self.edge(load.ug);
        let day = load.day + self.draw.between(0, 3);
        let rows = [
            self.half(&load, true, load.day, load.ug),
            self.half(&load, false, day, received),
        ];
        for (row, who) in rows.into_iter().zip([load.sender, load.receiver]) {
            self.put(
                who,
                row.with(Field::Instrument, "I").with(Field::Unit, "kg"),
            );
        }
    }

    fn split(&mut self) {
        let mut load = self.load();
        if self.draw.one_in(2) {
            load.document.clear();
        }
        self.send(&load, load.day, load.ug);
        let mut left = load.ug;
        for part in (1..=self.draw.between(2, 4)).rev() {
            let ug = if part == 1 {
                left
            } else {
                left / i128::from(part + i64::from(self.draw.one_in(2)))
            };
            left -= ug;
            let extra = if self.draw.one_in(6) {
                self.edge(ug)
            } else {
                0
            };
            let day = load.day + self.draw.between(0, 5);
            self.receive(&load, day, (ug - extra).max(1));
        }
    }

    fn collected(&mut self) {
        let mut load = self.load();
        if self.draw.one_in(2) {
            load.document.clear();
        }
        let parts = self.draw.between(2, 3);
        for _ in 0..parts {
            let day = load.day + self.draw.between(0, 2);
            self.send(&load, day, load.ug);
        }
        self.receive(&load, load.day + 2, load.ug * i128::from(parts));
    }

    /// The same document on different days, lanes or substances.
    fn reused_document(&mut self) {
        let first = self.load();
        let mut load = if self.draw.one_in(2) {
            self.load()
        } else {
            first.clone()
        };
        load.document.clone_from(&first.document);
        load.day = first.day + self.draw.one(REUSE);
        for load in [first, load] {
            self.send(&load, load.day, load.ug);
            if !self.draw.one_in(3) {
                self.receive(&load, load.day + 1, load.ug);
            }
        }
    }

    /// Equal amounts in one lane without documents: nobody's only candidate; now and then more than twelve halves.
    fn crowded_lane(&mut self) {
        let mut load = self.load();
        load.document.clear();
        let halves = if self.draw.one_in(6) {
            14
        } else {
            self.draw.between(3, 5)
        };
        for i in 0..halves {
            let day = load.day + self.draw.between(0, 8);
            if i == 0 || self.draw.one_in(2) {
                self.send(&load, day, load.ug);
            } else {
                self.receive(&load, day, load.ug);
            }
        }
    }

    /// Lanes of sums: receipts that fit one dispatch or, together, another.
    fn mixed_amounts(&mut self) {
        let mut load = self.load();
        load.document.clear();
        for part in [1, 2, 3] {
            if !self.draw.one_in(3) {
                self.send(&load, load.day, load.ug * part);
            }
            if !self.draw.one_in(3) {
                let day = load.day + self.draw.between(0, 1);
                self.receive(&load, day, load.ug * part);
            }
        }
    }

    fn count(&mut self) {
        let load = self.load();
        for _ in 0..self.draw.between(1, 3) {
            let day = self.draw.one(&[0, 0, 30, 31, 61, 61, 121]);
            let ug = if self.draw.one_in(6) { 0 } else { load.ug };
            let row = self.line(
                load.sender,
                &load.sender_site,
                "stocktake",
                load.goods,
                day,
                ug,
            );
            self.put(load.sender, row);
        }
    }

    fn one_sided_kind(&mut self) {
        let load = self.load();
        let kinds = [
            "production",
            "use",
            "use",
            "recovery",
            "sampling",
            "destruction",
            "waste",
            "reweigh_gain",
            "loss",
        ];
        let kind = self.draw.one(&kinds);
        let day = self.draw.one(&[0, 30, 31, 61, load.day]);
        let mut row = self.line(
            load.sender,
            &load.sender_site,
            kind,
            load.goods,
            day,
            load.ug,
        );
        if kind == "loss" {
            row.set(Field::Case, "CASE-1");
        }
        if kind == "use" {
            row.set(Field::Lot, "LOT-1");
        }
        self.put(load.sender, row);
    }

    /// One field of the two halves differs.
    fn mismatch(&mut self) {
        let load = self.load();
        self.send(&load, load.day, load.ug);
        let mut other = load.clone();
        match self.draw.below(5) {
            0 => other.permit = "P-9".to_owned(),
            1 => other.carrier = "C-9".to_owned(),
            2 => other.receiver_site = self.draw.pick(&self.places[other.receiver].sites).clone(),
            3 => other.goods = self.draw.pick(GOODS),
            _ => other.sender_site = self.draw.pick(&self.places[other.sender].sites).clone(),
        }
        if other.sender == other.receiver && other.sender_site == other.receiver_site {
            return;
        }
        self.receive(&other, load.day + 1, load.ug);
    }

    /// A third party received, or sent, under the document.
    fn crossed(&mut self) {
        let load = self.load();
        self.send(&load, load.day, load.ug);
        let mut other = load.clone();
        let third = self.draw.index(self.places.len());
        let site = self.draw.pick(&self.places[third].sites).clone();
        if self.draw.one_in(2) {
            (other.receiver, other.receiver_site) = (third, site);
        } else {
            (other.sender, other.sender_site) = (third, site);
        }
        if other.sender == other.receiver && other.sender_site == other.receiver_site {
            return;
        }
        let lag = self.lag();
        self.receive(&other, load.day + lag, load.ug);
    }
}

/// µg as an exact number of kilograms.
fn kilograms(ug: i128) -> String {
    let (whole, part) = (ug / 1_000_000_000, ug % 1_000_000_000);
    if part == 0 {
        return whole.to_string();
    }
    format!("{whole}.{part:09}")
        .trim_end_matches('0')
        .to_owned()
}
