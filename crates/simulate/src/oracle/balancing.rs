//! Balances (rules page, section 6).

use std::collections::BTreeMap;

use weighbridge_books::substances::kind::{Kind, Line};
use weighbridge_measure::{Date, SubstanceId, SubstanceTable};

use super::Balance;
use super::register::{Party, Register};
use super::stated::{Goods, Stated};

/// Every balance of the live lines dated on or before the day, sorted.
pub(super) fn balances(register: &Register, live: &[Stated], as_of: Date) -> Vec<Balance> {
    let mut groups: BTreeMap<(Party, String, SubstanceId), Vec<&Goods>> = BTreeMap::new();
    for stated in live {
        if let Some(goods) = stated.goods.as_ref().filter(|g| g.date <= as_of) {
            groups
                .entry((stated.reporter, goods.site.clone(), goods.substance))
                .or_default()
                .push(goods);
        }
    }
    let mut all: Vec<Balance> = groups
        .into_iter()
        .map(|((holder, site, substance), lines)| {
            balance(&register.0[holder].code, &site, substance, &lines)
        })
        .collect();
    all.sort();
    all
}

fn balance(holder: &str, site: &str, substance: SubstanceId, lines: &[&Goods]) -> Balance {
    let mut counts: BTreeMap<Date, i128> = BTreeMap::new();
    for line in lines.iter().filter(|l| l.kind == Kind::Stocktake) {
        *counts.entry(line.date).or_insert(0) += i128::from(line.base_ug);
    }
    let opened = counts.first_key_value().map(|(date, _)| *date);
    let opening_ug = counts.first_key_value().map(|(_, ug)| *ug);
    let counted_on = counts
        .last_key_value()
        .map(|(date, _)| *date)
        .filter(|date| Some(*date) != opened);
    let counted_ug = counted_on.and_then(|date| counts.get(&date).copied());
    let sum = |side: Line, to: Date| -> i128 {
        lines
            .iter()
            .filter(|l| {
                l.kind.line() == side && l.date <= to && opened.is_none_or(|from| l.date >= from)
            })
            .map(|l| i128::from(l.base_ug))
            .sum()
    };
    let book = |to: Date| opening_ug.unwrap_or(0) + sum(Line::In, to) - sum(Line::Out, to);
    let book_at_count_ug = counted_on.map(book);
    Balance {
        holder: holder.to_owned(),
        site: site.to_owned(),
        substance: SubstanceTable::shipped().get(substance).id.to_owned(),
        opening_ug,
        in_ug: sum(Line::In, Date::MAX),
        out_ug: sum(Line::Out, Date::MAX),
        book_ug: book(Date::MAX),
        counted_on,
        counted_ug,
        book_at_count_ug,
        unexplained_ug: book_at_count_ug
            .zip(counted_ug)
            .map(|(book, counted)| book - counted),
    }
}
