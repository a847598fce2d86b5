//! The result of `check`: one object, the same for programs (JSON) and for the pages and sentences made of it.
//!
//! Masses are integer micrograms of base equivalent. `docs/reference/check.schema.json` describes the JSON.

use std::collections::BTreeMap;

use serde::{Serialize, Serializer};
use weighbridge_books::Books;
use weighbridge_books::registry::{HolderId, SiteId};
use weighbridge_books::substances::balance::Balance;
use weighbridge_books::substances::consignment::{Consignment, State};
use weighbridge_books::substances::line::{LineNo, State as LineState};
use weighbridge_books::substances::movement::Text;
use weighbridge_books::substances::pairing::{Half, Side};
use weighbridge_measure::{Date, SubstanceId, SubstanceTable};

use crate::slip;
use crate::sources::{FileNote, LineCounts, QuarantineItem, RowRef, Sources};
use crate::unexplained::Unexplained;

/// Version of the JSON object; grows when a field changes its meaning or goes away, not when one is added.
pub const SCHEMA: &str = "weighbridge-check/1";

/// The object of `check --json`.
#[derive(Clone, Debug, Serialize)]
pub struct CheckResult {
    /// [`SCHEMA`].
    pub schema: &'static str,
    /// The day asked about.
    #[serde(serialize_with = "date")]
    pub as_of: Date,
    /// What became of the rows.
    pub lines: LineCounts,
    /// The files and what they were found to be.
    pub files: Vec<FileNote>,
    /// Rows set aside with their reasons.
    pub quarantine: Vec<QuarantineItem>,
    /// Consignments by state.
    pub consignments: StateCounts,
    /// Consignments that need somebody, largest first.
    pub discrepancies: Vec<Discrepancy>,
    /// Every balance, by holder, site and substance.
    pub balances: Vec<BalanceItem>,
    /// What accepted rows are questioned for.
    pub findings: Vec<FindingItem>,
    /// Corrections whose target is not known, or not unique.
    pub waiting: Vec<WaitingItem>,
    /// What balances leave unexplained; absent where nothing was counted twice, and where it was not asked for.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub unexplained: Option<Unexplained>,
}

/// Consignments by state. `overdue` and `ambiguous` are also counted under another state.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default, Serialize)]
pub struct StateCounts {
    /// Equal within twice the weighing uncertainty.
    pub matched: u64,
    /// Missing, within the loss allowance.
    pub within_allowance: u64,
    /// Missing beyond the allowance.
    pub short: u64,
    /// More arrived than was sent.
    pub over: u64,
    /// One-sided: only the dispatch is known.
    pub awaiting_receipt: u64,
    /// One-sided: only the receipt is known.
    pub awaiting_dispatch: u64,
    /// One-sided ones past their clock.
    pub overdue: u64,
    /// The halves contradict each other.
    pub disputed: u64,
    /// One-sided ones for which several partners were possible.
    pub ambiguous: u64,
}

/// A consignment that is short, over, disputed or overdue.
#[derive(Clone, Debug, Serialize)]
pub struct Discrepancy {
    /// Code of the sender.
    pub sender: String,
    /// Code of the receiver, by the dispatch where there is one.
    pub receiver: String,
    /// Id of the substance.
    pub substance: String,
    /// Document number; of the dispatch where it has one.
    pub document: Option<String>,
    /// Sum of the dispatches.
    pub dispatched_ug: Option<i128>,
    /// Sum of the receipts.
    pub received_ug: Option<i128>,
    /// Dispatched minus received, positive = missing; none for one side alone and for two substances.
    pub difference_ug: Option<i128>,
    /// `short`, `over`, `disputed` or `overdue`.
    pub state: &'static str,
    /// Rows of the sender.
    pub dispatch_rows: Vec<RowRef>,
    /// Rows of the receiver.
    pub receipt_rows: Vec<RowRef>,
    /// The half that is missing: `receipt` or `dispatch`.
    pub missing: Option<&'static str>,
    /// How the halves found each other.
    pub stage: &'static str,
    /// Who reported the receipt, where it was not the receiver named by the dispatch.
    pub received_by: Option<String>,
    /// Whom the receipt names as sender, where it was not the sender.
    pub received_from: Option<String>,
    /// Substance of the receipt, where it is another one.
    pub receipt_substance: Option<String>,
    /// Missing beyond the limit at which the authority is told.
    pub notify: bool,
    /// First date of the halves.
    #[serde(serialize_with = "date")]
    pub first_date: Date,
    /// Last day on which the other half was not yet missing.
    #[serde(serialize_with = "optional_date")]
    pub due: Option<Date>,
    /// Several partners were possible.
    pub ambiguous: bool,
    /// A row elsewhere that may be meant; never paired by itself.
    pub suggestion: Option<RowRef>,
    /// Site of the sender; only for transfers between sites of one holder, as far as it is known.
    pub from_site: Option<String>,
    /// Site of the receiver; likewise.
    pub to_site: Option<String>,
    /// The consignment in the books.
    #[serde(skip)]
    pub consignment: Consignment,
}

impl Discrepancy {
    /// The mass in question: the difference, or that of the one side there is. Base µg.
    #[must_use]
    pub fn mass(&self) -> i128 {
        self.consignment.mass()
    }

    /// The sender, with its site where goods stayed with one holder.
    #[must_use]
    pub fn from(&self) -> String {
        with_site(&self.sender, &self.from_site)
    }

    /// The receiver, likewise.
    #[must_use]
    pub fn to(&self) -> String {
        with_site(&self.receiver, &self.to_site)
    }
}

/// One balance.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct BalanceItem {
    /// Code of the holder.
    pub holder: String,
    /// Code of the site.
    pub site: String,
    /// Id of the substance.
    pub substance: String,
    /// First count; none without one.
    pub opening_ug: Option<i128>,
    /// What came in since.
    pub in_ug: i128,
    /// What went out since.
    pub out_ug: i128,
    /// Opening + in − out; without an opening a net flow.
    pub book_ug: i128,
    /// Latest later count.
    pub counted_ug: Option<i128>,
    /// Book at that count minus the count, positive = missing.
    pub unexplained_ug: Option<i128>,
    /// `stock`, or `net_flow` without an opening.
    pub book_is: &'static str,
    /// Day of the first count.
    #[serde(serialize_with = "optional_date")]
    pub opened_on: Option<Date>,
    /// Day of the latest count.
    #[serde(serialize_with = "optional_date")]
    pub counted_on: Option<Date>,
    /// The book at the close of that day.
    pub book_at_count_ug: Option<i128>,
    /// Live lines in the balance.
    pub lines: u32,
    /// Where the balance does not close: a row about a thousand times larger or smaller than is usual for its kind here.
    pub unit_slip: Option<RowRef>,
    /// The balance in the books.
    #[serde(skip)]
    pub balance: Balance,
}

/// What an accepted row is questioned for.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct FindingItem {
    /// File.
    pub file: String,
    /// Row.
    pub row: u32,
    /// Code of the finding.
    pub code: &'static str,
}

/// A correction whose target is not known or not unique.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug, Serialize)]
pub struct WaitingItem {
    /// File.
    pub file: String,
    /// Row.
    pub row: u32,
    /// What it corrects, as written.
    pub corrects: String,
}

impl CheckResult {
    /// Works out the result on a day. The books must be settled.
    #[must_use]
    pub fn build(books: &Books, as_of: Date, sources: &dyn Sources) -> CheckResult {
        let (consignments, discrepancies) = consignments(books, as_of, sources);
        let ledger = &books.substances;
        let live = |line: LineNo| {
            ledger
                .lines()
                .get(line)
                .is_some_and(|l| l.is_live() && l.date() <= as_of)
        };
        let mut findings: Vec<FindingItem> =
            (ledger.findings().iter().filter(|(line, _)| live(*line)))
                .map(|(line, finding)| {
                    let RowRef { file, row } = sources.row(*line);
                    FindingItem {
                        file,
                        row,
                        code: finding.code(),
                    }
                })
                .collect();
        findings.sort();
        let mut waiting: Vec<WaitingItem> = (ledger
            .lines()
            .iter()
            .filter(|l| l.state() == LineState::Waiting))
        .map(|l| {
            let RowRef { file, row } = sources.row(l.number());
            WaitingItem {
                file,
                row,
                corrects: sources.text(l.number(), Text::Corrects),
            }
        })
        .collect();
        waiting.sort();
        let mut balances = balances(books, as_of);
        let slips = slip::find(books, as_of, &balances);
        for b in &mut balances {
            b.unit_slip = slips.get(&b.balance.number).map(|l| sources.row(*l));
        }
        CheckResult {
            schema: SCHEMA,
            as_of,
            lines: sources.counts(),
            files: sources.files(),
            quarantine: sources.quarantine(),
            consignments,
            discrepancies,
            balances,
            findings,
            waiting,
            unexplained: None,
        }
    }

    /// Writes the object as indented JSON with a line end.
    ///
    /// # Errors
    /// What the writer reports.
    pub fn write_json(&self, mut out: impl std::io::Write) -> std::io::Result<()> {
        serde_json::to_writer_pretty(&mut out, self)?;
        out.write_all(b"\n")
    }

    /// Rows set aside by their first reason, most rows first, then by code: they add up to the rows set aside.
    #[must_use]
    pub fn reasons(&self) -> Vec<(&str, u64)> {
        counted(self.quarantine.iter().filter(|i| i.nth == 0))
    }

    /// Every reason of every row by its code, most frequent first, then by code.
    #[must_use]
    pub fn all_reasons(&self) -> Vec<(&str, u64)> {
        counted(self.quarantine.iter())
    }

    /// Balances whose latest count is not the book, largest difference first, then by holder, site and substance.
    #[must_use]
    pub fn unclosed(&self) -> Vec<&BalanceItem> {
        let magnitude = |b: &BalanceItem| b.unexplained_ug.map_or(0, i128::unsigned_abs);
        let mut open: Vec<&BalanceItem> =
            self.balances.iter().filter(|b| magnitude(b) > 0).collect();
        open.sort_by_key(|b| std::cmp::Reverse(magnitude(b)));
        open
    }
}

fn counted<'i>(items: impl Iterator<Item = &'i QuarantineItem>) -> Vec<(&'i str, u64)> {
    let mut counts: BTreeMap<&str, u64> = BTreeMap::new();
    for item in items {
        *counts.entry(&item.code).or_default() += 1;
    }
    let mut counts: Vec<_> = counts.into_iter().collect();
    counts.sort_by_key(|(_, n)| std::cmp::Reverse(*n));
    counts
}

/// A day as ISO 8601 writes it.
pub(crate) fn date<S: Serializer>(date: &Date, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_str(date)
}

#[allow(clippy::ref_option, reason = "the shape that serde asks for")]
pub(crate) fn optional_date<S: Serializer>(
    date: &Option<Date>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    match date {
        Some(date) => serializer.collect_str(date),
        None => serializer.serialize_none(),
    }
}

#[allow(clippy::ref_option, reason = "as the fields are")]
fn with_site(holder: &str, site: &Option<String>) -> String {
    match site {
        Some(site) => format!("{holder}/{site}"),
        None => holder.to_owned(),
    }
}

/// A holder's code.
#[must_use]
pub(crate) fn holder_code(books: &Books, id: HolderId) -> String {
    books
        .registry
        .holder(id)
        .map(|h| h.code.clone())
        .unwrap_or_default()
}

/// A site's code.
#[must_use]
pub(crate) fn site_code(books: &Books, id: SiteId) -> String {
    books
        .registry
        .site(id)
        .map(|s| s.code.clone())
        .unwrap_or_default()
}

/// Stable id of a substance.
#[must_use]
pub(crate) fn substance_code(id: SubstanceId) -> &'static str {
    SubstanceTable::shipped().get(id).id
}

/// Every balance on a day, by holder, site and substance.
pub(crate) fn balances(books: &Books, as_of: Date) -> Vec<BalanceItem> {
    let all = books.substances.balances(as_of);
    let mut items: Vec<BalanceItem> = all.iter().map(|b| balance(books, b, as_of)).collect();
    items.sort_by(|a, b| {
        (&a.holder, &a.site, &a.substance).cmp(&(&b.holder, &b.site, &b.substance))
    });
    items
}

/// A balance with its codes.
pub(crate) fn balance(books: &Books, b: &Balance, as_of: Date) -> BalanceItem {
    BalanceItem {
        holder: holder_code(books, b.series.holder_on(&books.registry, as_of)),
        site: site_code(books, b.series.site),
        substance: substance_code(b.series.substance).to_owned(),
        opening_ug: b.opening_ug,
        in_ug: b.in_ug,
        out_ug: b.out_ug,
        book_ug: b.book_ug,
        counted_ug: b.counted_ug,
        unexplained_ug: b.unexplained_ug,
        book_is: if b.opening_ug.is_some() {
            "stock"
        } else {
            "net_flow"
        },
        opened_on: b.opened_on,
        counted_on: b.counted_on,
        book_at_count_ug: b.book_at_count_ug,
        lines: b.lines,
        unit_slip: None,
        balance: *b,
    }
}

fn consignments(
    books: &Books,
    as_of: Date,
    sources: &dyn Sources,
) -> (StateCounts, Vec<Discrepancy>) {
    let mut counts = StateCounts::default();
    let mut open = Vec::new();
    for c in books.substances.consignments(&books.registry, as_of) {
        *match c.state {
            State::Matched => &mut counts.matched,
            State::WithinAllowance => &mut counts.within_allowance,
            State::Short => &mut counts.short,
            State::Over => &mut counts.over,
            State::Disputed => &mut counts.disputed,
            State::AwaitingReceipt => &mut counts.awaiting_receipt,
            State::AwaitingDispatch => &mut counts.awaiting_dispatch,
        } += 1;
        counts.overdue += u64::from(c.is_overdue(as_of));
        counts.ambiguous += u64::from(c.ambiguous);
        if c.is_open(as_of) {
            open.push(discrepancy(books, c, as_of, sources));
        }
    }
    open.sort_by(Discrepancy::largest_first);
    (counts, open)
}

impl Discrepancy {
    /// What it is sorted by: the difference, or the mass of the side that there is.
    #[must_use]
    pub fn magnitude(&self) -> u128 {
        self.mass().unsigned_abs()
    }

    /// Largest magnitude first, equal ones by content, so that the order does not depend on arrival.
    #[must_use]
    pub fn largest_first(a: &Discrepancy, b: &Discrepancy) -> std::cmp::Ordering {
        (b.magnitude(), a.content()).cmp(&(a.magnitude(), b.content()))
    }

    #[allow(clippy::type_complexity, reason = "a sort key, used once")]
    fn content(&self) -> (&str, &str, &str, Option<&str>, &[RowRef], &[RowRef]) {
        let document = self.document.as_deref();
        (
            &self.sender,
            &self.receiver,
            &self.substance,
            document,
            &self.dispatch_rows,
            &self.receipt_rows,
        )
    }
}

/// A consignment as the JSON and the tables show it; `state` is `overdue` for one that is.
pub(crate) fn discrepancy(
    books: &Books,
    c: Consignment,
    as_of: Date,
    sources: &dyn Sources,
) -> Discrepancy {
    let rows = |lines: &[LineNo]| {
        let mut rows: Vec<RowRef> = lines.iter().map(|l| sources.row(*l)).collect();
        rows.sort();
        rows
    };
    let mut lines = c.dispatches.iter().chain(&c.receipts);
    let document =
        lines.find_map(|l| Some(sources.text(*l, Text::Document)).filter(|text| !text.is_empty()));
    let receipts: Vec<Half> = c
        .receipts
        .iter()
        .filter_map(|l| Half::of(&books.substances, &books.registry, *l))
        .collect();
    debug_assert!(receipts.iter().all(|h| h.side == Side::Receipt));
    let other = |wrong: Option<HolderId>| wrong.map(|id| holder_code(books, id));
    let site = |side: &[LineNo]| {
        let line = books.substances.lines().get(*side.first()?)?;
        let series = books.substances.series(line.series())?;
        (c.sender == c.receiver).then(|| site_code(books, series.site))
    };
    let (from_site, to_site) = (site(&c.dispatches), site(&c.receipts));
    let substance = receipts.iter().find(|h| h.substance != c.substance.index());
    Discrepancy {
        sender: holder_code(books, c.sender),
        receiver: holder_code(books, c.receiver),
        substance: substance_code(c.substance).to_owned(),
        document,
        dispatched_ug: c.dispatched_ug,
        received_ug: c.received_ug,
        difference_ug: c.difference_ug,
        state: if c.is_overdue(as_of) {
            "overdue"
        } else {
            c.state.code()
        },
        dispatch_rows: rows(&c.dispatches),
        receipt_rows: rows(&c.receipts),
        missing: match c.state {
            State::AwaitingReceipt => Some("receipt"),
            State::AwaitingDispatch => Some("dispatch"),
            _ => None,
        },
        stage: c.stage.code(),
        received_by: other(
            receipts
                .iter()
                .map(|h| h.receiver)
                .find(|id| *id != c.receiver),
        ),
        received_from: other(receipts.iter().map(|h| h.sender).find(|id| *id != c.sender)),
        receipt_substance: substance
            .and_then(|h| SubstanceId::from_index(h.substance))
            .map(|id| substance_code(id).to_owned()),
        notify: c.notify,
        first_date: c.first,
        due: c.due,
        ambiguous: c.ambiguous,
        suggestion: c.suggestion.map(|l| sources.row(l)),
        from_site,
        to_site,
        consignment: c,
    }
}

#[cfg(test)]
#[path = "check_tests.rs"]
mod tests;
