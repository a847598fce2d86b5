//! DEA ARCOS transactions as published: tab-separated, a header row, 34 raw columns and up to 8 that publishers added.
//!
//! The quantity booked is the authority's own base weight (`CALC_BASE_WT_IN_GM`). Beside it we compute dosage units ×
//! strength × share of base and count where the two agree to the published digit (0.1 mg) and where not, by reason.
//! Where a party is a natural person, its business activity stands in for it: no name, number or address is kept.

use std::cell::Cell;
use std::io::BufRead;

use weighbridge_books::substances::kind::Kind;
use weighbridge_books::substances::quarantine::Code;
use weighbridge_books::substances::vocabulary::Field;
use weighbridge_measure::{Decimal, FormTable, SubstanceTable};

use crate::detect::Detection;
use crate::encoding::Utf8Stream;
use crate::formats::arcos::{Meaning, action, corrects, iso_date, meaning};
use crate::guard::holds_identity_number;
use crate::issue::FileIssue;
use crate::limits::{HEADER_SEARCH, MAX_PARTIES};
use crate::movements::{Options, Parser, Spelling};
use crate::number::DecimalMark;
use crate::records::{Found, Records};
use crate::row::RawRow;
use crate::sink::Sink;
use crate::summary::{Arcos, PartyNote, Summary};
use crate::table::{Out, Table};
use crate::text::fold;

/// The columns that are read, by header name; the others are skipped.
#[derive(Clone, Copy)]
enum Col {
    Reporter,
    ReporterActivity,
    ReporterName,
    ReporterState,
    ReporterCounty,
    Buyer,
    BuyerActivity,
    BuyerName,
    BuyerState,
    BuyerCounty,
    Transaction,
    Drug,
    Action,
    OrderForm,
    Correction,
    Date,
    Grams,
    Quantity,
    Doses,
    Ingredient,
    Strength,
}

const COLUMNS: [(Col, &str, bool); 21] = [
    (Col::Reporter, "REPORTER_DEA_NO", true),
    (Col::ReporterActivity, "REPORTER_BUS_ACT", true),
    (Col::ReporterName, "REPORTER_NAME", false),
    (Col::ReporterState, "REPORTER_STATE", false),
    (Col::ReporterCounty, "REPORTER_COUNTY", false),
    (Col::Buyer, "BUYER_DEA_NO", true),
    (Col::BuyerActivity, "BUYER_BUS_ACT", true),
    (Col::BuyerName, "BUYER_NAME", false),
    (Col::BuyerState, "BUYER_STATE", false),
    (Col::BuyerCounty, "BUYER_COUNTY", false),
    (Col::Transaction, "TRANSACTION_CODE", true),
    (Col::Drug, "DRUG_CODE", true),
    (Col::Action, "ACTION_INDICATOR", false),
    (Col::OrderForm, "ORDER_FORM_NO", false),
    (Col::Correction, "CORRECTION_NO", false),
    (Col::Date, "TRANSACTION_DATE", true),
    (Col::Grams, "CALC_BASE_WT_IN_GM", true),
    (Col::Quantity, "QUANTITY", false),
    (Col::Doses, "DOSAGE_UNIT", false),
    (Col::Ingredient, "Ingredient_Name", false),
    (Col::Strength, "dos_str", false),
];

/// Shares of base other than the one of the ingredient that the authority's figures show for single products.
const OTHER_SHARES: [(&str, i128, &str); 4] = [
    ("9143", 8964, "product share 0.8964"),
    ("9193", 6046, "product share 0.6046"),
    ("9250B", 8946, "product share 0.8946"),
    ("9250B", 8757, "product share 0.8757"),
];

/// Whether the cells are this format's header.
pub(crate) fn is_header(cells: &[String]) -> bool {
    ["REPORTER_DEA_NO", "TRANSACTION_CODE", "TRANSACTION_DATE"]
        .iter()
        .all(|h| cells.iter().any(|c| c.eq_ignore_ascii_case(h)))
}

pub(crate) fn read(
    input: &mut dyn BufRead,
    detection: &Detection,
    options: &Options,
    sink: &mut dyn Sink,
    progress: &mut dyn FnMut(u64),
) -> Result<Summary, FileIssue> {
    let count = Cell::new(0);
    let mut records =
        Records::new(Utf8Stream::new(input, detection.encoding, &count), b'\t').unquoted();
    let spelling = Spelling {
        mark: DecimalMark::Dot,
        ..Spelling::default()
    };
    let mut out = Out {
        parser: Parser::new(options, spelling),
        sink,
        summary: Summary {
            arcos: Some(Arcos::default()),
            ..Summary::default()
        },
    };
    let (year, ..) = options.today.ymd();
    let mut at: Option<[Option<usize>; COLUMNS.len()]> = None;
    let mut shown = 0;
    loop {
        let found = records.next()?;
        if count.get() != shown {
            shown = count.get();
            progress(shown);
        }
        let number = records.row();
        if found == Found::End {
            return out.finish();
        }
        let text = match (found, std::str::from_utf8(records.text())) {
            (Found::Record, Ok(text)) if !text.bytes().any(|b| b < 0x20 && b != b'\t') => text,
            (Found::TooLong, _) => {
                Table::too_long(number, &mut out);
                continue;
            }
            _ => {
                out.unreadable(
                    &RawRow::new(number),
                    Code::Unreadable,
                    "",
                    "valid text in the file's encoding",
                );
                continue;
            }
        };
        let row = Row {
            text,
            cells: records.cells(),
            at: at.unwrap_or([None; COLUMNS.len()]),
        };
        if at.is_none() {
            let cells: Vec<String> = row.all().map(|c| fold(c).into_owned()).collect();
            if is_header(&cells) {
                at = Some(columns(&cells)?);
            } else if number as usize > HEADER_SEARCH {
                return Err(FileIssue::HeaderMissing {
                    absent: vec!["REPORTER_DEA_NO"],
                    seen: Vec::new(),
                });
            }
            continue;
        }
        if row.all().any(holds_identity_number) {
            out.refuse(number, Field::Row);
            continue;
        }
        take(number, &row, year, &mut out);
        out.limit()?;
    }
}

fn columns(header: &[String]) -> Result<[Option<usize>; COLUMNS.len()], FileIssue> {
    let at = COLUMNS.map(|(_, name, _)| header.iter().position(|h| h.eq_ignore_ascii_case(name)));
    let absent: Vec<&'static str> = COLUMNS
        .iter()
        .zip(&at)
        .filter(|((_, _, required), at)| *required && at.is_none())
        .map(|((_, name, _), _)| *name)
        .collect();
    if absent.is_empty() {
        Ok(at)
    } else {
        Err(FileIssue::HeaderMissing {
            absent,
            seen: header.to_vec(),
        })
    }
}

struct Row<'r> {
    text: &'r str,
    cells: &'r [(usize, usize)],
    at: [Option<usize>; COLUMNS.len()],
}

impl<'r> Row<'r> {
    /// A cell; an empty one and the word `null` mean no value.
    fn get(&self, column: Col) -> &'r str {
        let range = self
            .at
            .get(column as usize)
            .copied()
            .flatten()
            .and_then(|at| self.cells.get(at));
        let cell = range
            .and_then(|(a, b)| self.text.get(*a..*b))
            .unwrap_or_default()
            .trim();
        if matches!(cell, "null" | "NA") {
            ""
        } else {
            cell
        }
    }

    fn all(&self) -> impl Iterator<Item = &'r str> + use<'_, 'r> {
        self.cells
            .iter()
            .map(|(a, b)| self.text.get(*a..*b).unwrap_or_default())
    }
}

/// One side of a transaction.
struct Side<'r> {
    code: &'r str,
    note: Option<PartyNote>,
}

impl<'r> Side<'r> {
    fn new(code: &'r str, activity: &'r str, name: &str, state: &str, county: &str) -> Side<'r> {
        if is_person(activity) {
            return Side {
                code: activity,
                note: None,
            };
        }
        let area = if county.is_empty() {
            state.to_owned()
        } else {
            format!("{state}/{county}")
        };
        Side {
            code,
            note: Some(PartyNote {
                name: name.to_owned(),
                activity: activity.to_owned(),
                area,
            }),
        }
    }

    fn keep(self, summary: &mut Summary) {
        if let Some(note) = self.note
            && !self.code.is_empty()
            && !summary.parties.contains_key(self.code)
            && summary.parties.len() < MAX_PARTIES
        {
            summary.parties.insert(self.code.to_owned(), note);
        }
    }
}

/// Business activities that only natural persons have.
fn is_person(activity: &str) -> bool {
    let upper = activity.to_ascii_uppercase();
    [
        "PRACTITIONER",
        "RESEARCH",
        "MID-LEVEL",
        "MLP",
        "PHYSICIAN",
        "DENTIST",
        "VETERINAR",
        "NURSE",
    ]
    .iter()
    .any(|w| upper.contains(w))
}

fn take(number: u32, row: &Row<'_>, year: i32, out: &mut Out<'_>) {
    let code = row.get(Col::Transaction);
    let mut raw = RawRow::new(number);
    let reporter = Side::new(
        row.get(Col::Reporter),
        row.get(Col::ReporterActivity),
        row.get(Col::ReporterName),
        row.get(Col::ReporterState),
        row.get(Col::ReporterCounty),
    );
    let buyer = Side::new(
        row.get(Col::Buyer),
        row.get(Col::BuyerActivity),
        row.get(Col::BuyerName),
        row.get(Col::BuyerState),
        row.get(Col::BuyerCounty),
    );
    compare(row, out);
    let action = action(row.get(Col::Action));
    let order_form = row.get(Col::OrderForm);
    let date = iso_date(row.get(Col::Date), year);
    let substance = SubstanceTable::shipped()
        .by_dea_code(row.get(Col::Drug))
        .map(|id| SubstanceTable::shipped().get(id).id);
    raw.set(Field::Reporter, reporter.code);
    raw.set(Field::Counterparty, buyer.code);
    raw.set(Field::Action, action);
    raw.set(
        Field::Corrects,
        corrects(action, row.get(Col::Correction), order_form),
    );
    raw.set(Field::Document, order_form);
    raw.set(Field::Date, &date);
    raw.set(Field::Substance, substance.unwrap_or(row.get(Col::Drug)));
    raw.set(Field::Amount, row.get(Col::Grams));
    raw.set(Field::Unit, "g");
    // A row that ends before its columns do has neither; a negative count beside a positive weight is no movement.
    if code.is_empty() {
        let expected = format!("{} columns", row.at.iter().flatten().count());
        return out.unreadable(&raw, Code::Unreadable, row.text.trim(), &expected);
    }
    let quantity = row.get(Col::Quantity);
    if quantity.starts_with('-') {
        return out.unreadable(&raw, Code::AmountNegative, quantity, "> 0");
    }
    match meaning(code) {
        Meaning::Movement(kind, reason) => {
            raw.set(Field::Kind, kind.code());
            raw.set(Field::Reason, reason.code());
            // Nobody is named as the other side of what happens within one registrant.
            if !kind.is_half() && kind != Kind::Destruction {
                raw.set(Field::Counterparty, "");
            }
            out.row(&raw);
        }
        Meaning::Nothing(what) => {
            out.summary.rows_read += 1;
            Summary::count(&mut out.summary.ignored, what);
        }
        Meaning::Unmapped => {
            raw.set(Field::Kind, code);
            out.unmapped(&raw, code);
        }
    }
    reporter.keep(&mut out.summary);
    buyer.keep(&mut out.summary);
}

/// Compares our base weight with the authority's.
fn compare(row: &Row<'_>, out: &mut Out<'_>) {
    let Some(arcos) = &mut out.summary.arcos else {
        return;
    };
    arcos.rows += 1;
    let number = |c: Col| Decimal::parse(row.get(c)).ok();
    let (Some(doses), Some(strength)) = (number(Col::Doses), number(Col::Strength)) else {
        arcos.without_strength += 1;
        return;
    };
    let forms = FormTable::shipped();
    let share = forms
        .find_product(row.get(Col::Ingredient))
        .map(|f| forms.get(f))
        .map(|f| f.regime_factor.unwrap_or(f.factor));
    let (Some(share), Some(grams)) = (share, number(Col::Grams)) else {
        let reason = if share.is_none() {
            "ingredient not listed"
        } else {
            "no weight stated"
        };
        *arcos.differ.entry(reason).or_default() += 1;
        return;
    };
    let shares = i128::try_from(share.num())
        .ok()
        .zip(i128::try_from(share.den()).ok());
    if shares.is_some_and(|(num, den)| agrees(doses, strength, grams, num, den) == Some(true)) {
        arcos.equal += 1;
        return;
    }
    let drug = row.get(Col::Drug);
    let other = OTHER_SHARES.iter().find(|(code, num, _)| {
        *code == drug && agrees(doses, strength, grams, *num, 10_000) == Some(true)
    });
    *arcos
        .differ
        .entry(other.map_or("other", |(_, _, reason)| reason))
        .or_default() += 1;
}

/// Whether doses × strength (mg) × num/den is the stated weight to half of its last published digit, 0.1 mg.
fn agrees(doses: Decimal, strength: Decimal, grams: Decimal, num: i128, den: i128) -> Option<bool> {
    let scale = u32::from(doses.scale()) + u32::from(strength.scale());
    let ours = doses
        .mantissa()
        .checked_mul(strength.mantissa())?
        .checked_mul(1000)?
        .checked_mul(num)?;
    let unit = 10i128.checked_pow(scale)?.checked_mul(den)?;
    // Both sides times the scale of the grams, in micrograms.
    let grams_unit = 10i128.checked_pow(u32::from(grams.scale()))?;
    let theirs = grams.mantissa().checked_mul(1_000_000)?.checked_mul(unit)?;
    let difference = ours
        .checked_mul(grams_unit)?
        .checked_sub(theirs)?
        .checked_abs()?;
    Some(difference <= unit.checked_mul(grams_unit)?.checked_mul(50)?)
}

#[cfg(test)]
mod tests {
    use crate::testing::run;

    const SOLO: &[u8] = include_bytes!("../../testdata/arcos/solo_pharmacy_2006_2012.tsv");
    const METHADONE: &[u8] =
        include_bytes!("../../testdata/arcos/methadone_suffolk_ma_2006_2008.tsv");
    const BY_HAND: &[u8] = include_bytes!("../../testdata/arcos/by_hand.tsv");

    #[test]
    fn the_pharmacy_agrees_with_the_authority() {
        let (c, summary) = run(SOLO, "a.tsv").unwrap();
        let arcos = summary.arcos.unwrap();
        assert_eq!(
            (arcos.rows, arcos.without_strength, arcos.equal),
            (4102, 32, 4046)
        );
        let differ: Vec<_> = arcos.differ.into_iter().collect();
        assert_eq!(
            differ,
            [("product share 0.6046", 4), ("product share 0.8964", 20)]
        );
        assert_eq!(
            (summary.rows_read, summary.accepted, summary.set_aside),
            (4102, 4102, 0)
        );
        assert_eq!(c.taken[0].base_ug, 7_172_000);
        assert_eq!(
            (
                c.taken[0].kind,
                c.taken[0].date.as_str(),
                c.taken[0].substance
            ),
            ("dispatch", "2006-01-11", "oxycodone")
        );
        assert_eq!(summary.parties["BW8487438"].activity, "CHAIN PHARMACY");
    }

    #[test]
    fn a_negative_count_and_a_cut_row_are_set_aside() {
        let text = std::str::from_utf8(SOLO).unwrap();
        let mut lines = text.lines();
        let (header, row) = (lines.next().unwrap(), lines.next().unwrap());
        let at = header
            .split('\t')
            .position(|h| h.trim_matches('"') == "QUANTITY")
            .unwrap();
        let mut cells: Vec<&str> = row.split('\t').collect();
        cells[at] = "-5";
        let negative = cells.join("\t");
        let cut = cells[..10].join("\t");
        let (c, summary) = run(
            format!("{header}\n{row}\n{negative}\n{cut}\n").as_bytes(),
            "a.tsv",
        )
        .unwrap();
        let codes: Vec<&str> = c.aside.iter().map(|a| a.issues[0].code.code()).collect();
        assert_eq!(codes, ["amount_negative", "unreadable"]);
        assert_eq!((summary.accepted, summary.set_aside), (1, 2));
    }

    #[test]
    fn methadone_agrees_but_for_two_labelers() {
        let (c, summary) = run(METHADONE, "a.tsv").unwrap();
        let arcos = summary.arcos.unwrap();
        assert_eq!((arcos.rows, arcos.without_strength), (12_398, 1_660));
        assert_eq!(arcos.equal + arcos.differ.values().sum::<u64>(), 10_738);
        assert_eq!(arcos.equal, 5_831);
        let differ: Vec<_> = arcos.differ.into_iter().collect();
        assert_eq!(
            differ,
            [
                ("product share 0.8757", 2708),
                ("product share 0.8946", 2199)
            ]
        );
        // Two rows lost in transit wait for a case.
        assert_eq!((summary.accepted, summary.set_aside), (12_396, 2));
        assert!(
            c.issues()
                .iter()
                .all(|(_, f, code)| (*f, *code) == ("case", "case_missing"))
        );
        let total: i128 = c.taken.iter().map(|t| i128::from(t.base_ug)).sum();
        assert!(total > 0);
    }

    #[test]
    fn adjusted_deleted_empty_and_unknown_rows() {
        let (c, summary) = run(BY_HAND, "a.tsv").unwrap();
        let fates: Vec<_> = c
            .taken
            .iter()
            .map(|t| (t.row, t.action.code(), t.kind, t.texts[10].as_str()))
            .collect();
        assert_eq!(
            fates,
            [
                (2, "insert", "dispatch", ""),
                (3, "adjust", "dispatch", "00000017"),
                (4, "delete", "stocktake", "00000018"),
                (5, "insert", "dispatch", ""),
                (6, "insert", "receipt", ""),
                (9, "insert", "stocktake", ""),
                (11, "insert", "dispatch", ""),
            ]
        );
        assert_eq!(
            c.issues(),
            [(10, "kind", "unmapped"), (12, "case", "case_missing")]
        );
        assert_eq!(
            summary
                .ignored
                .iter()
                .map(|(k, n)| (k.as_str(), *n))
                .collect::<Vec<_>>(),
            [("arcos 7: no activity", 1), ("arcos 8: no stock", 1)]
        );
        // The buyer of row 11 is a natural person: the activity stands in for it.
        let last = c.taken.last().unwrap();
        assert_eq!(last.counterparty, "PRACTITIONER");
        assert!(!format!("{:?}{:?}", summary.parties, c.taken).contains("AB1234563"));
        assert!(!summary.parties.values().any(|p| p.name.contains("DOE")));
    }
}
