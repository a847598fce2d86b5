//! Consignments, by state; the discrepancies among them.

use weighbridge_books::Books;
use weighbridge_books::registry::HolderId;
use weighbridge_books::substances::consignment::{Consignment, State};
use weighbridge_measure::{Date, SubstanceId, SubstanceTable};

use super::{flag, holder_name};
use crate::check::{Discrepancy, discrepancy};
use crate::locale::Texts;
use crate::names::rows;
use crate::number;
use crate::sources::Sources;
use crate::table::{Cell, Column, Kind, Table};

const COLUMNS: [Column; 25] = [
    Column::new("state", "head-state", Kind::Code("state")),
    Column::new("missing", "head-missing", Kind::Code("missing")),
    Column::new("sender", "head-sender", Kind::Text),
    Column::new("sender_name", "head-sender_name", Kind::Text),
    Column::new("receiver", "head-receiver", Kind::Text),
    Column::new("receiver_name", "head-receiver_name", Kind::Text),
    Column::new("substance", "head-substance_id", Kind::Text),
    Column::new("substance_name", "head-substance", Kind::Text),
    Column::new("document", "head-document", Kind::Text),
    Column::new("first_date", "head-first", Kind::Date),
    Column::mass("dispatched_ug", "head-dispatched"),
    Column::mass("received_ug", "head-received"),
    Column::mass("difference_ug", "head-difference"),
    Column::new("difference_ppm", "head-share", Kind::Percent),
    Column::new("stage", "head-stage", Kind::Code("stage")),
    Column::new("due", "head-due", Kind::Date),
    Column::new("overdue", "head-overdue", Kind::Code("flag")),
    Column::new("notify", "head-notify", Kind::Code("flag")),
    Column::new("ambiguous", "head-ambiguous", Kind::Code("flag")),
    Column::new("received_by", "head-received_by", Kind::Text),
    Column::new("receipt_substance", "head-receipt_substance", Kind::Text),
    Column::new("dispatch_rows", "head-dispatch_rows", Kind::Text),
    Column::new("receipt_rows", "head-receipt_rows", Kind::Text),
    Column::new("suggestion", "head-suggestion", Kind::Text),
    Column::new("consignment", "head-consignment", Kind::Int),
];

/// What a state filter may ask for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum StateFilter {
    /// One of the states.
    Is(State),
    /// One-sided and past its clock.
    Overdue,
    /// Needs somebody: short, over, disputed or overdue.
    Open,
    /// One-sided with several possible partners.
    Ambiguous,
}

impl StateFilter {
    /// The words that a user may give, in the order in which help lists them.
    pub const CODES: [&'static str; 10] = [
        "open",
        "short",
        "over",
        "disputed",
        "overdue",
        "awaiting_receipt",
        "awaiting_dispatch",
        "ambiguous",
        "within_allowance",
        "matched",
    ];

    /// The filter of a word; none for an unknown one.
    #[must_use]
    pub fn from_code(code: &str) -> Option<StateFilter> {
        match code {
            "overdue" => Some(StateFilter::Overdue),
            "open" => Some(StateFilter::Open),
            "ambiguous" => Some(StateFilter::Ambiguous),
            code => State::from_code(code).map(StateFilter::Is),
        }
    }

    /// Whether a consignment is of this kind on a day.
    #[must_use]
    pub fn fits(self, c: &Consignment, as_of: Date) -> bool {
        match self {
            StateFilter::Is(state) => c.state == state,
            StateFilter::Overdue => c.is_overdue(as_of),
            StateFilter::Open => c.is_open(as_of),
            StateFilter::Ambiguous => c.ambiguous,
        }
    }
}

/// Which consignments are asked for. Halves after `as_of` are not there yet.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct ConsignmentFilter {
    /// The day asked about.
    pub as_of: Date,
    /// Any of these; every one where empty.
    pub states: Vec<StateFilter>,
    /// Sender or receiver.
    pub holder: Option<HolderId>,
    /// Substance.
    pub substance: Option<SubstanceId>,
    /// At most so many, after sorting.
    pub limit: Option<usize>,
}

impl ConsignmentFilter {
    /// Every consignment on a day.
    #[must_use]
    pub fn all(as_of: Date) -> ConsignmentFilter {
        ConsignmentFilter {
            as_of,
            states: Vec::new(),
            holder: None,
            substance: None,
            limit: None,
        }
    }

    /// Whether a consignment is asked for.
    #[must_use]
    pub fn fits(&self, c: &Consignment) -> bool {
        (self.states.is_empty() || self.states.iter().any(|s| s.fits(c, self.as_of)))
            && self.holder.is_none_or(|h| c.sender == h || c.receiver == h)
            && self.substance.is_none_or(|s| c.substance == s)
    }
}

/// The consignments that fit a filter, largest difference first. The books must be settled.
#[must_use]
pub fn consignments(
    books: &Books,
    filter: &ConsignmentFilter,
    sources: &dyn Sources,
    texts: &Texts,
) -> Table {
    let all = books
        .substances
        .consignments(&books.registry, filter.as_of)
        .filter(|c| filter.fits(c));
    consignments_of(books, all.collect(), filter, sources, texts)
}

/// Some consignments as a list, largest difference first. Texts are read for those alone that are within the limit.
#[must_use]
pub fn consignments_of(
    books: &Books,
    mut all: Vec<Consignment>,
    filter: &ConsignmentFilter,
    sources: &dyn Sources,
    texts: &Texts,
) -> Table {
    let limit = filter.limit.unwrap_or(usize::MAX);
    if let Some(last) = limit.checked_sub(1).filter(|last| *last < all.len()) {
        let by = |c: &Consignment| std::cmp::Reverse(c.mass().unsigned_abs());
        let (_, least, _) = all.select_nth_unstable_by_key(last, by);
        // Those of one mass are told apart by what is read only later.
        let least = least.mass().unsigned_abs();
        all.retain(|c| c.mass().unsigned_abs() >= least);
    }
    let all = all.into_iter();
    let mut items: Vec<Discrepancy> = all
        .map(|c| discrepancy(books, c, filter.as_of, sources))
        .collect();
    items.sort_by(Discrepancy::largest_first);
    items.truncate(limit);
    listed(&items, books, filter.as_of, texts)
}

/// Some consignments as a list, in their order.
#[must_use]
pub fn consignments_as(
    books: &Books,
    all: Vec<Consignment>,
    as_of: Date,
    sources: &dyn Sources,
    texts: &Texts,
) -> Table {
    let all = all.into_iter();
    let items: Vec<Discrepancy> = all.map(|c| discrepancy(books, c, as_of, sources)).collect();
    listed(&items, books, as_of, texts)
}

fn listed(items: &[Discrepancy], books: &Books, as_of: Date, texts: &Texts) -> Table {
    Table {
        name: "consignments",
        title_key: "title-consignments",
        ..discrepancies(items, books, as_of, texts)
    }
}

/// Open consignments of a check, in their order.
#[must_use]
pub fn discrepancies<'a>(
    items: impl IntoIterator<Item = &'a Discrepancy>,
    books: &Books,
    as_of: Date,
    texts: &Texts,
) -> Table {
    let mut table = Table::new("discrepancies", "title-discrepancies", &COLUMNS);
    for d in items {
        let c = &d.consignment;
        let share = d
            .difference_ug
            .zip(d.dispatched_ug)
            .and_then(|(d, s)| number::ppm(d, s));
        let option = |text: &Option<String>| text.as_deref().map_or(Cell::Null, Cell::text);
        let receipt_substance = d
            .receipt_substance
            .as_deref()
            .and_then(|id| SubstanceTable::shipped().by_code(id));
        table.rows.push(vec![
            Cell::text(d.state),
            Cell::text(d.missing.unwrap_or("")),
            Cell::text(&d.sender),
            holder_name(books, c.sender, as_of, texts),
            Cell::text(&d.receiver),
            holder_name(books, c.receiver, as_of, texts),
            Cell::text(&d.substance),
            Cell::text(texts.substance(c.substance)),
            option(&d.document),
            Cell::Date(d.first_date),
            Cell::mass(d.dispatched_ug),
            Cell::mass(d.received_ug),
            Cell::mass(d.difference_ug),
            share.map_or(Cell::Null, Cell::Int),
            Cell::text(d.stage),
            Cell::date(d.due),
            flag(c.is_overdue(as_of)),
            flag(d.notify),
            flag(d.ambiguous),
            option(&d.received_by),
            receipt_substance.map_or(Cell::Null, |id| Cell::text(texts.substance(id))),
            Cell::text(rows(&d.dispatch_rows)),
            Cell::text(rows(&d.receipt_rows)),
            d.suggestion
                .as_ref()
                .map_or(Cell::Null, |r| Cell::text(rows(std::slice::from_ref(r)))),
            // By the first of its lines, whose number is nobody's own.
            c.dispatches
                .iter()
                .chain(&c.receipts)
                .min()
                .map_or(Cell::Null, |l| Cell::int(*l)),
        ]);
    }
    table
}
