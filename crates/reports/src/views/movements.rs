//! Movement lines with their texts, filtered.

use weighbridge_books::Books;
use weighbridge_books::registry::HolderId;
use weighbridge_books::substances::key::text_key;
use weighbridge_books::substances::kind::Kind as Movement;
use weighbridge_books::substances::line::{Line, LineNo};
use weighbridge_books::substances::movement::Text;
use weighbridge_measure::{Date, SubstanceId};

use super::{holder_code, site_code};
use crate::check::substance_code;
use crate::locale::Texts;
use crate::sources::Sources;
use crate::table::{Cell, Column, Kind, Table};

/// The columns of a list of movements.
pub const COLUMNS: [Column; 30] = [
    Column::new("date", "head-date", Kind::Date),
    Column::new("kind", "head-kind", Kind::Code("kind")),
    Column::new("reporter", "head-reporter", Kind::Text),
    Column::new("holder", "head-holder", Kind::Text),
    Column::new("site", "head-site", Kind::Text),
    Column::new("substance", "head-substance_id", Kind::Text),
    Column::new("substance_name", "head-substance", Kind::Text),
    Column::mass("mass_ug", "head-mass"),
    Column::new("counterparty", "head-counterparty", Kind::Text),
    Column::new("counterparty_site", "head-counterparty_site", Kind::Text),
    Column::new("reason", "head-reason", Kind::Code("reason")),
    Column::new("document", "head-document", Kind::Text),
    Column::new("lot", "head-lot", Kind::Text),
    Column::new("permit", "head-permit", Kind::Text),
    Column::new("case", "head-case", Kind::Text),
    Column::new("mode", "head-mode", Kind::Code("mode")),
    Column::new("packaging", "head-packaging", Kind::Code("packaging")),
    Column::new("carrier", "head-carrier", Kind::Text),
    Column::new("batch", "head-batch", Kind::Text),
    Column::new("line_id", "head-line_id", Kind::Text),
    Column::new("corrects", "head-corrects", Kind::Text),
    Column::new("line_state", "head-line_state", Kind::Code("line_state")),
    Column::new("stage", "head-stage", Kind::Code("stage")),
    Column::new("file", "head-file", Kind::Text),
    Column::new("row", "head-row", Kind::Int),
    Column::new("recorded_at", "head-recorded_at", Kind::Time),
    Column::new("entry", "head-entry", Kind::Int),
    Column::new("line", "head-line", Kind::Int),
    Column::new("reference", "head-reference", Kind::Text),
    Column::new("reported", "head-reported", Kind::Text),
];

/// Which lines are asked for; what is not named does not filter.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct MovementFilter {
    /// Reporter.
    pub holder: Option<HolderId>,
    /// The other party.
    pub counterparty: Option<HolderId>,
    /// Code of the reporter's site, as registered.
    pub site: Option<String>,
    /// Substance.
    pub substance: Option<SubstanceId>,
    /// Movement kind.
    pub kind: Option<Movement>,
    /// First day.
    pub from: Option<Date>,
    /// Last day.
    pub to: Option<Date>,
    /// Document number, compared folded.
    pub document: Option<String>,
    /// Lot, compared folded.
    pub lot: Option<String>,
    /// Also lines that do not count: duplicates, superseded, deleted, waiting, withdrawn.
    pub every_state: bool,
    /// At most so many.
    pub limit: Option<usize>,
}

impl MovementFilter {
    /// The lines that fit, by date and then in order of record.
    #[must_use]
    pub fn lines(&self, books: &Books) -> Vec<LineNo> {
        let fits = self.of(books);
        let lines = books.substances.lines();
        let mut lines: Vec<(Date, LineNo)> = lines
            .iter()
            .filter(fits)
            .map(|l| (l.date(), l.number()))
            .collect();
        lines.sort_unstable();
        lines.truncate(self.limit.unwrap_or(usize::MAX));
        lines.into_iter().map(|(_, line)| line).collect()
    }

    /// Whether a line fits.
    pub fn of<'a>(&'a self, books: &'a Books) -> impl Fn(&Line<'a>) -> bool + 'a {
        let ledger = &books.substances;
        let document = self
            .document
            .as_deref()
            .map(|text| text_key(text, &mut Vec::new()));
        let lot = self
            .lot
            .as_deref()
            .map(|text| ledger.lot(text).unwrap_or(u32::MAX));
        move |l: &Line<'a>| {
            (self.every_state || l.is_live())
                && self.from.is_none_or(|d| d <= l.date())
                && self.to.is_none_or(|d| l.date() <= d)
                && self.kind.is_none_or(|k| k == l.kind())
                && document.is_none_or(|d| d == l.document())
                && lot.is_none_or(|n| n == l.lot())
                && self.fits_parties(books, l)
        }
    }

    fn fits_parties(&self, books: &Books, l: &Line<'_>) -> bool {
        let ledger = &books.substances;
        let Some(series) = ledger.series(l.series()) else {
            return false;
        };
        let owner = || series.holder_on(&books.registry, l.date());
        let site = || {
            books
                .registry
                .site(series.site)
                .map_or("", |s| s.code.as_str())
        };
        self.substance.is_none_or(|s| s == series.substance)
            && self
                .holder
                .is_none_or(|h| h == series.holder || h == owner())
            && self.site.as_deref().is_none_or(|code| code == site())
            && self
                .counterparty
                .is_none_or(|h| ledger.place(l.other()).is_some_and(|(other, _)| other == h))
    }
}

/// The cells of one line under [`COLUMNS`]; none for a line that is not there.
#[must_use]
pub fn movement_cells(
    books: &Books,
    line: LineNo,
    sources: &dyn Sources,
    texts: &Texts,
) -> Option<Vec<Cell>> {
    let ledger = &books.substances;
    let l = ledger.lines().get(line)?;
    let series = ledger.series(l.series())?;
    let text = |column| Cell::text(sources.text(line, column));
    let other = ledger.place(l.other());
    let row = sources.row(line);
    let row_number = row.row;
    let entry = ledger.entry_of(line).map(|(entry, _)| entry);
    let moved = !ledger.is_deletion(line);
    let only = |cell: Cell| if moved { cell } else { Cell::Null };
    Some(vec![
        only(Cell::Date(l.date())),
        only(Cell::text(l.kind().code())),
        Cell::text(sources.reporter(line)),
        // The site's holder of the day, whoever reported the line or registered the site.
        holder_code(books, series.holder_on(&books.registry, l.date())),
        only(site_code(books, series.site)),
        only(Cell::text(substance_code(series.substance))),
        only(Cell::text(texts.substance(series.substance))),
        only(Cell::MassUg(i128::from(l.base_ug()))),
        other.map_or(Cell::Null, |(holder, _)| holder_code(books, holder)),
        other
            .and_then(|(_, site)| site)
            .map_or(Cell::Null, |site| site_code(books, site)),
        Cell::text(l.reason().code()),
        text(Text::Document),
        text(Text::Lot),
        text(Text::Permit),
        text(Text::Case),
        Cell::text(l.traits().mode().code()),
        Cell::text(l.traits().packaging().code()),
        text(Text::Carrier),
        text(Text::Batch),
        text(Text::LineId),
        text(Text::Corrects),
        Cell::text(l.state().code()),
        Cell::text(if l.is_half() { l.stage().code() } else { "" }),
        Cell::text(row.file),
        Cell::int(row.row),
        entry.map_or(Cell::Null, |e| Cell::Time(e.recorded_at)),
        entry.map_or(Cell::Null, |e| Cell::int(e.seq)),
        Cell::int(line),
        entry.map_or(Cell::Null, |e| {
            Cell::text(format!("{}:{}", e.seq, row_number))
        }),
        Cell::text(sources.amount(line)),
    ])
}

/// The lines that fit a filter. For very many lines, write [`movement_cells`] row by row instead.
#[must_use]
pub fn movements(
    books: &Books,
    filter: &MovementFilter,
    sources: &dyn Sources,
    texts: &Texts,
) -> Table {
    let mut table = Table::new("movements", "title-movements", &COLUMNS);
    let lines = filter.lines(books);
    table.rows = lines
        .into_iter()
        .filter_map(|line| movement_cells(books, line, sources, texts))
        .collect();
    table
}
