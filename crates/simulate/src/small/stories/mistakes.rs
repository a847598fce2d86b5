//! Rows about rows: copies, corrections, and rows with one thing wrong.

use weighbridge_books::substances::vocabulary::Field;

use super::super::at_day;
use super::{AMOUNTS, GOODS, Maker, Placed, kilograms};
use crate::row::Row;

impl Maker<'_> {
    /// A row again: the very same, or with another remark; without line numbers it may be spelled otherwise.
    pub(super) fn copy(&mut self) {
        if self.out.is_empty() {
            return;
        }
        let mut placed = self.out[self.draw.index(self.out.len())].clone();
        if self.draw.one_in(2) {
            placed.row.set(Field::Remark, "again");
        }
        if !self.flavour.order_free && self.draw.one_in(3) {
            let amount = placed.row.get(Field::Amount).to_owned();
            if !amount.is_empty() && !amount.contains('.') {
                placed.row.set(Field::Amount, format!("{amount}.0"));
            }
            if placed.row.get(Field::Unit) == "kg" {
                placed
                    .row
                    .set(Field::Unit, self.draw.one(&["KG", "公斤", "kg"]));
            }
            let names = GOODS
                .iter()
                .find(|g| g.names[0] == placed.row.get(Field::Substance))
                .map(|g| g.names);
            if let Some(names) = names {
                placed.row.set(Field::Substance, self.draw.one(names));
            }
        }
        if !self.flavour.order_free && self.draw.one_in(5) {
            // The same line number with another content.
            placed.row.set(Field::Lot, "LOT-X");
        }
        placed.copy = self.draw.below(3) > 0;
        self.out.push(placed);
    }

    /// An adjust or delete of some row, by line number or document, of a correction or of nothing at all.
    pub(super) fn correction(&mut self) {
        if self.out.is_empty() {
            return;
        }
        let target = self.out[self.draw.index(self.out.len())].clone();
        let by_line = target.row.get(Field::LineId).to_owned();
        let document = target.row.get(Field::Document).to_owned();
        let corrects = match self.draw.below(12) {
            0 => "N-NOWHERE".to_owned(),
            _ if !by_line.is_empty() => by_line,
            _ if !document.is_empty() => document,
            _ => return,
        };
        let mut row = target.row.clone();
        if self.draw.one_in(4) {
            let reporter = row.get(Field::Reporter).to_owned();
            row = Row::default()
                .with(Field::Reporter, reporter)
                .with(Field::Action, "delete");
        } else {
            row.set(Field::Action, "adjust");
            match self.draw.below(4) {
                0 => row.set(Field::Date, at_day(self.draw.between(0, 125)).to_string()),
                1 => row.set(Field::Document, format!("D-1{}", self.draw.below(12))),
                _ => {
                    let ug = self.draw.one(AMOUNTS);
                    row.set(Field::Amount, kilograms(ug));
                }
            }
            row.set(Field::Remark, "corrected");
        }
        row.set(Field::Corrects, corrects);
        row.set(Field::LineId, "");
        let numbered = self
            .numbers
            .get(usize::try_from(target.reporter).unwrap_or(0))
            == Some(&true);
        // Equal corrections of different times are one content, so an order-free one has its own number.
        if numbered || self.flavour.order_free || self.draw.one_in(3) {
            let repeats = !self.flavour.order_free && self.draw.one_in(4);
            let own = if repeats {
                row.get(Field::Corrects).to_owned()
            } else {
                format!("N{}", self.next_line)
            };
            row.set(Field::LineId, own);
            self.next_line += 1;
        }
        self.next_second += 1;
        let time = |second: u64| format!("2025-{:02}-01T08:00:{second:02}Z", 4 + second % 4);
        if self.flavour.order_free {
            // Every time its own: two corrections at one time would be told apart by the order of record.
            let (minute, second) = (self.next_second / 60, self.next_second % 60);
            row.set(
                Field::ReportedAt,
                format!("2025-05-01T08:{minute:02}:{second:02}Z"),
            );
        } else if !self.draw.one_in(3) {
            row.set(Field::ReportedAt, time(self.draw.below(4)));
        } else {
            row.set(Field::ReportedAt, "");
        }
        self.out.push(Placed {
            reporter: target.reporter,
            copy: self.draw.one_in(2),
            row,
        });
    }

    /// Exactly one thing wrong.
    pub(super) fn fault(&mut self) {
        let mut load = self.load();
        if load.sender == load.receiver {
            load.receiver = (load.sender + 1) % self.places.len();
            load.receiver_site
                .clone_from(&self.places[load.receiver].sites[0]);
        }
        let mut row = self.half(&load, true, load.day, load.ug);
        let many_sites = self.places[load.sender].sites.len() > 1;
        let own = self.places[load.sender].code.clone();
        let sets: &[(Field, &str)] = match self.draw.below(19) {
            0 => &[(Field::Substance, "unobtainium")],
            1 => &[(Field::Amount, "-5")],
            2 => &[(Field::Amount, "0")],
            3 => &[(Field::Unit, "furlong")],
            4 => &[(Field::Unit, "each")],
            5 => &[(Field::Counterparty, ""), (Field::CounterpartySite, "")],
            6 => &[
                (Field::Counterparty, "ZZ-99"),
                (Field::CounterpartySite, ""),
            ],
            7 => &[(Field::Site, "NOWHERE")],
            8 if many_sites => &[(Field::Site, "")],
            9 => &[(Field::Kind, "teleport")],
            10 => &[(Field::Amount, "NaN")],
            11 => &[(Field::Amount, "about ten")],
            12 => &[(Field::Concentration, "120")],
            13 => &[(Field::Date, "2023-02-29")],
            14 => &[(Field::Form, "bogus")],
            15 => &[(Field::Action, "adjust")],
            16 => &[(Field::Corrects, "N1")],
            17 => &[
                (Field::Kind, "loss"),
                (Field::Counterparty, ""),
                (Field::CounterpartySite, ""),
            ],
            _ => {
                let site = row.get(Field::Site).to_owned();
                row.set(Field::Counterparty, own);
                row.set(Field::CounterpartySite, site);
                &[]
            }
        };
        for (field, text) in sets {
            row.set(*field, *text);
        }
        self.put(load.sender, row);
    }
}
