//! Accepted lines that are questioned: they count all the same (ADR 5).

use weighbridge_books::Books;
use weighbridge_books::substances::body::Finding;
use weighbridge_books::substances::line::LineNo;
use weighbridge_measure::Date;

use super::{MovementFilter, holder_code, site_code};
use crate::check::{FindingItem, substance_code};
use crate::locale::Texts;
use crate::sources::Sources;
use crate::table::{Cell, Column, Kind, Table};

const COLUMNS: [Column; 15] = [
    Column::new("code", "head-finding", Kind::Code("question")),
    Column::new("questioned", "head-questioned", Kind::Text),
    Column::new("date", "head-date", Kind::Date),
    Column::new("kind", "head-kind", Kind::Code("kind")),
    Column::new("holder", "head-holder", Kind::Text),
    Column::new("site", "head-site", Kind::Text),
    Column::new("counterparty", "head-counterparty", Kind::Text),
    Column::new("substance", "head-substance_id", Kind::Text),
    Column::new("substance_name", "head-substance", Kind::Text),
    Column::mass("mass_ug", "head-mass"),
    Column::new("document", "head-document", Kind::Text),
    Column::new("line_state", "head-line_state", Kind::Code("line_state")),
    Column::new("reference", "head-reference", Kind::Text),
    Column::new("file", "head-file", Kind::Text),
    Column::new("row", "head-row", Kind::Int),
];

/// Which questions are asked for; what is not named does not filter.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct FindingFilter {
    /// The questioned lines, but for [`MovementFilter::limit`], which is of lines and not of questions.
    pub lines: MovementFilter,
    /// What they are questioned for.
    pub finding: Option<Finding>,
    /// At most so many.
    pub limit: Option<usize>,
}

impl FindingFilter {
    /// The questions that fit, by date and then in order of record.
    #[must_use]
    pub fn found(&self, books: &Books) -> Vec<(LineNo, Finding)> {
        let (ledger, fits) = (&books.substances, self.lines.of(books));
        let mut found: Vec<(Date, LineNo, Finding)> = ledger
            .findings()
            .iter()
            .filter(|(_, finding)| self.finding.is_none_or(|f| f == *finding))
            .filter_map(|(line, finding)| {
                let l = ledger.lines().get(*line)?;
                fits(&l).then(|| (l.date(), *line, *finding))
            })
            .collect();
        found.sort_unstable_by_key(|(date, line, finding)| (*date, *line, *finding as u8));
        found.truncate(self.limit.unwrap_or(usize::MAX));
        found.into_iter().map(|(_, l, f)| (l, f)).collect()
    }
}

/// The questions on the lines of an account, by date and then in order of record.
#[must_use]
pub fn findings(
    books: &Books,
    filter: &FindingFilter,
    sources: &dyn Sources,
    texts: &Texts,
) -> Table {
    finding_table(books, filter.found(books), sources, texts)
}

/// Some questions, in their order.
#[must_use]
pub fn finding_table(
    books: &Books,
    found: impl IntoIterator<Item = (LineNo, Finding)>,
    sources: &dyn Sources,
    texts: &Texts,
) -> Table {
    let mut table = Table::new("findings", "title-findings", &COLUMNS);
    table.rows = found
        .into_iter()
        .filter_map(|(line, finding)| cells(books, line, finding, sources, texts))
        .collect();
    table
}

fn cells(
    books: &Books,
    line: LineNo,
    finding: Finding,
    sources: &dyn Sources,
    texts: &Texts,
) -> Option<Vec<Cell>> {
    use weighbridge_books::substances::movement::Text;
    let ledger = &books.substances;
    let l = ledger.lines().get(line)?;
    let series = ledger.series(l.series())?;
    let holder = holder_code(books, series.holder_on(&books.registry, l.date()));
    let other = ledger
        .place(l.other())
        .map_or(Cell::Null, |(other, _)| holder_code(books, other));
    let questioned = if of_counterparty(finding) {
        other.clone()
    } else {
        reporter(books, line, sources).unwrap_or_else(|| holder.clone())
    };
    let row = sources.row(line);
    let entry = ledger.entry_of(line).map(|(entry, _)| entry.seq);
    Some(vec![
        Cell::text(finding.code()),
        questioned,
        Cell::Date(l.date()),
        Cell::text(l.kind().code()),
        holder,
        site_code(books, series.site),
        other,
        Cell::text(substance_code(series.substance)),
        Cell::text(texts.substance(series.substance)),
        Cell::MassUg(i128::from(l.base_ug())),
        Cell::text(sources.text(line, Text::Document)),
        Cell::text(l.state().code()),
        entry.map_or(Cell::Null, |seq| Cell::text(format!("{seq}:{}", row.row))),
        Cell::text(row.file),
        Cell::int(row.row),
    ])
}

/// Whose licence was judged: who reported, which after a succession need not be who holds the site.
fn reporter(books: &Books, line: LineNo, sources: &dyn Sources) -> Option<Cell> {
    let id = books.registry.one(&sources.reporter(line))?;
    Some(holder_code(books, id))
}

/// Whether it is the other party's licence that is questioned.
fn of_counterparty(finding: Finding) -> bool {
    match finding {
        Finding::LicenceNotInForce | Finding::ClassNotCovered | Finding::HolderNotInForce => false,
        Finding::CounterpartyLicenceNotInForce
        | Finding::CounterpartyClassNotCovered
        | Finding::CounterpartyNotInForce => true,
    }
}

/// What accepted rows of a check are questioned for.
#[must_use]
pub fn questions(items: &[FindingItem]) -> Table {
    let columns = [
        Column::new("file", "head-file", Kind::Text),
        Column::new("row", "head-row", Kind::Int),
        Column::new("code", "head-finding", Kind::Code("finding")),
    ];
    let mut table = Table::new("questions", "title-findings", &columns);
    let cells = |f: &FindingItem| vec![Cell::text(&f.file), Cell::int(f.row), Cell::text(f.code)];
    table.rows = items.iter().map(cells).collect();
    table
}
