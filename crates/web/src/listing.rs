//! A list of a book as a page: cut to what the caller sees, filtered, sorted and paged by the URL, every name a link, and
//! the whole of it as CSV, XLSX or JSON.

use std::collections::BTreeMap;

use askama::Template;
use parking_lot::MutexGuard;
use weighbridge_books::Books;
use weighbridge_reports::table::{Cell, Column};
use weighbridge_reports::{Table, Texts, csv, json, number, views, xlsx};

use crate::access::Sight;
use crate::answer::{Answer, Answered, Refusal};
use crate::ask::{Ask, encoded, link};
use crate::frame::{Frame, rendered};
use crate::limits::{EXPORT_ROWS, PAGE_ROWS, SEARCH_MAX};
use crate::state::Server;

/// Columns that name a holder: a row is seen by who sees one of them.
const HOLDERS: [&str; 5] = ["holder", "sender", "receiver", "from_holder", "to_holder"];
/// Columns that say how the other side's books are kept; a firm does not get them.
const OF_OTHERS: [&str; 5] = [
    "dispatch_rows",
    "receipt_rows",
    "suggestion",
    "file",
    "reporter",
];

/// Keeps the rows that the caller sees.
pub(crate) fn cut(table: &mut Table, sight: &Sight, books: &Books) {
    if *sight == Sight::All {
        return;
    }
    let of: Vec<usize> = places(table, &HOLDERS);
    let mut known: BTreeMap<String, bool> = BTreeMap::new();
    let mut sees = |code: &str| {
        let known = known.entry(code.to_owned());
        *known.or_insert_with(|| sight.sees_code(books, code))
    };
    table.rows.retain(|row| {
        of.iter()
            .any(|at| matches!(row.get(*at), Some(Cell::Text(code)) if sees(code)))
    });
}

fn places(table: &Table, keys: &[&str]) -> Vec<usize> {
    let columns = table.columns.iter().enumerate();
    columns
        .filter(|(_, c)| keys.contains(&c.key))
        .map(|(at, _)| at)
        .collect()
}

/// Without the columns that are the other side's own.
pub(crate) fn without_others(table: Table) -> Table {
    let keys: Vec<&str> = table
        .columns
        .iter()
        .map(|c| c.key)
        .filter(|k| !OF_OTHERS.contains(k))
        .collect();
    views::only(table, &keys)
}

/// What a filter is.
pub(crate) enum Field {
    /// A text.
    Text,
    /// A day.
    Date,
    /// One of some codes, with their words.
    Choice(Vec<(String, String)>),
}

/// A filter of a list.
pub(crate) struct Filter {
    pub(crate) name: &'static str,
    pub(crate) label: String,
    pub(crate) field: Field,
    pub(crate) value: String,
}

impl Filter {
    pub(crate) fn text(ask: &Ask, t: &Texts, name: &'static str, key: &str) -> Filter {
        Filter::new(ask, t, name, key, Field::Text)
    }

    pub(crate) fn date(ask: &Ask, t: &Texts, name: &'static str, key: &str) -> Filter {
        Filter::new(ask, t, name, key, Field::Date)
    }

    pub(crate) fn choice(
        ask: &Ask,
        t: &Texts,
        name: &'static str,
        key: &str,
        of: Vec<(String, String)>,
    ) -> Filter {
        Filter::new(ask, t, name, key, Field::Choice(of))
    }

    fn new(ask: &Ask, t: &Texts, name: &'static str, key: &str, field: Field) -> Filter {
        let value = ask
            .query(name)
            .unwrap_or("")
            .chars()
            .take(SEARCH_MAX)
            .collect();
        Filter {
            name,
            label: t.word(key),
            field,
            value,
        }
    }
}

/// A cell as it is shown.
pub(crate) struct Shown {
    pub(crate) text: String,
    pub(crate) href: String,
    pub(crate) head: String,
    pub(crate) is_number: bool,
    /// Whether it is a sentence, which may take several lines.
    pub(crate) is_long: bool,
}

/// A heading that sorts.
pub(crate) struct Head {
    pub(crate) label: String,
    pub(crate) href: String,
    pub(crate) sorted: &'static str,
    pub(crate) is_number: bool,
}

/// A table as it is shown.
#[derive(Template)]
#[template(path = "table.html")]
pub(crate) struct TableView {
    pub(crate) heads: Vec<Head>,
    pub(crate) rows: Vec<Vec<Shown>>,
    pub(crate) empty: String,
    pub(crate) caption: String,
}

#[derive(Template)]
#[template(path = "list.html")]
struct ListPage<'a> {
    f: Frame<'a>,
    lead: String,
    filters: Vec<Filter>,
    table: String,
    count: String,
    exports: Vec<(&'static str, String)>,
    previous: String,
    next: String,
}

/// A list that becomes a page or a file.
pub(crate) struct List {
    pub(crate) table: Table,
    /// Which rows of the whole list these are.
    pub(crate) extent: Extent,
    pub(crate) lead: String,
    pub(crate) filters: Vec<Filter>,
    /// Columns of the page, where they are not those of the terminal.
    pub(crate) shown: Option<&'static [&'static str]>,
}

impl List {
    /// A list of which every row is there.
    pub(crate) fn whole(table: Table) -> List {
        List {
            table,
            extent: Extent::Whole,
            lead: String::new(),
            filters: Vec::new(),
            shown: None,
        }
    }
}

/// Which rows of a list are there.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Extent {
    /// Every one.
    Whole,
    /// Those of the page that is asked for.
    Page {
        /// How many there are in all, where that is known without looking at them all.
        all: Option<usize>,
        /// Whether there are more behind.
        more: bool,
    },
}

/// How much of a list a request needs.
pub(crate) enum Reach<'s> {
    /// The rows of a page, behind so many.
    Page(usize),
    /// All of it, sorted or as a file.
    Whole {
        /// Held meanwhile.
        _leave: MutexGuard<'s, ()>,
    },
}

impl<'s> Reach<'s> {
    /// Of a request.
    pub(crate) fn of(server: &'s Server, ask: &Ask) -> Result<Reach<'s>, Refusal> {
        if ask.query("format").is_some() || ask.query("sort").is_some() {
            let _leave = server.heavy()?;
            return Ok(Reach::Whole { _leave });
        }
        Ok(Reach::Page((page_of(ask) - 1).saturating_mul(PAGE_ROWS)))
    }

    /// Takes what is needed from what there is, which may be endless; `all` where the number is known.
    pub(crate) fn take<T>(
        &self,
        from: impl Iterator<Item = T>,
        all: Option<usize>,
    ) -> Result<(Vec<T>, Extent), Refusal> {
        match self {
            Reach::Page(skip) => {
                let mut rows: Vec<T> = from.skip(*skip).take(PAGE_ROWS + 1).collect();
                let more = rows.len() > PAGE_ROWS;
                rows.truncate(PAGE_ROWS);
                let all = match all {
                    // The end was seen.
                    None if !more && !rows.is_empty() => Some(skip + rows.len()),
                    all => all,
                };
                Ok((rows, Extent::Page { all, more }))
            }
            Reach::Whole { .. } => {
                let rows: Vec<T> = from.take(EXPORT_ROWS + 1).collect();
                if rows.len() > EXPORT_ROWS {
                    return Err(Refusal::Bad("export", EXPORT_ROWS.to_string()));
                }
                Ok((rows, Extent::Whole))
            }
        }
    }
}

/// The page of a list that is asked for, from 1.
pub(crate) fn page_of(ask: &Ask) -> usize {
    let page = ask.query("page").and_then(|p| p.parse().ok());
    page.unwrap_or(1).max(1)
}

/// Answers with a list.
pub(crate) fn answer(server: &Server, ask: &Ask, list: List) -> Answered {
    let t = server.texts(ask.lang);
    let List {
        mut table,
        extent,
        lead,
        filters,
        shown,
    } = list;
    if let Some(key) = ask.query("sort") {
        sort(
            &mut table,
            key.trim_start_matches('-'),
            key.starts_with('-'),
        );
    }
    if let Some(format) = ask.query("format") {
        return file(&table, format, t);
    }
    let page = page_of(ask);
    let mut first = (page - 1).saturating_mul(PAGE_ROWS);
    let (all, more) = match extent {
        Extent::Page { all, more } => (all, more),
        Extent::Whole => {
            let all = table.rows.len();
            first = first.min(all);
            table.rows.truncate(first + PAGE_ROWS);
            table.rows.drain(..first);
            (Some(all), first + table.rows.len() < all)
        }
    };
    let last = first + table.rows.len();
    let to = |page: usize| ask.here_with(&[("page", &page.to_string())]);
    let title = table.title(t);
    let mut count = vec![("first", (first + 1).into()), ("last", last.into())];
    count.extend(all.map(|all| ("all", all.into())));
    let said = match all {
        Some(_) => "web-rows_shown",
        None => "web-rows_shown_of_more",
    };
    let view = ListPage {
        lead,
        filters,
        table: view(Some(ask), t, &table, shown),
        count: if table.rows.is_empty() {
            String::new()
        } else {
            t.say(said, &count)
        },
        exports: [("CSV", "csv"), ("XLSX", "xlsx"), ("JSON", "json")]
            .map(|(label, format)| (label, ask.here_with(&[("format", format), ("page", "")])))
            .into(),
        previous: if first > 0 {
            to(page - 1)
        } else {
            String::new()
        },
        next: if more { to(page + 1) } else { String::new() },
        f: Frame::new(server, ask, title),
    };
    Ok(Answer::Page(rendered(&view)))
}

fn file(table: &Table, format: &str, t: &Texts) -> Answered {
    let named = |end: &str| format!("{}.{end}", table.name);
    let failed = |_| Refusal::Bad("format", format.to_owned());
    let (name, kind, bytes) = match format {
        "csv" => (
            named("csv"),
            "text/csv; charset=utf-8",
            csv::write(table, t, csv::Audience::People, Vec::new()).map_err(failed)?,
        ),
        "json" => {
            let mut bytes = Vec::new();
            json::write(table, &mut bytes).map_err(failed)?;
            (named("json"), "application/json", bytes)
        }
        "xlsx" => {
            let bytes = xlsx::workbook(&[table], t)
                .map_err(|_| Refusal::Bad("format", format.to_owned()))?;
            (
                named("xlsx"),
                "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
                bytes,
            )
        }
        other => return Err(Refusal::Bad("format", other.chars().take(20).collect())),
    };
    Ok(Answer::File { name, kind, bytes })
}

fn sort(table: &mut Table, key: &str, falling: bool) {
    let Some(at) = table.place_of(key) else {
        return;
    };
    let by = |row: &Vec<Cell>| match row.get(at) {
        None | Some(Cell::Null) => (0, 0, String::new()),
        Some(Cell::Text(text)) => (1, 0, text.to_lowercase()),
        Some(Cell::Int(n) | Cell::MassUg(n)) => (1, *n, String::new()),
        Some(Cell::Date(date)) => (1, i128::from(date.days()), String::new()),
        Some(Cell::Time(time)) => (1, i128::from(time.micros()), String::new()),
    };
    table.rows.sort_by_cached_key(by);
    if falling {
        table.rows.reverse();
    }
}

/// A table as markup, with links to what its cells name; headings sort where the page is that of the list.
pub(crate) fn view(ask: Option<&Ask>, t: &Texts, table: &Table, shown: Option<&[&str]>) -> String {
    rendered(&table_view(ask, t, table, shown))
}

fn table_view(ask: Option<&Ask>, t: &Texts, table: &Table, shown: Option<&[&str]>) -> TableView {
    let brief = match shown {
        Some(keys) => views::only(table.clone_head(), keys),
        None => views::brief(table.clone_head()),
    };
    let at: Vec<usize> = brief
        .columns
        .iter()
        .filter_map(|c| table.place_of(c.key))
        .collect();
    let column = |at: &usize| table.columns.get(*at);
    let sorted = ask.and_then(|a| a.query("sort")).unwrap_or("");
    let heads = at.iter().filter_map(column).map(|c| Head {
        label: c.heading(t),
        href: ask.map_or_else(String::new, |a| {
            let key = if sorted == c.key {
                format!("-{}", c.key)
            } else {
                c.key.to_owned()
            };
            a.here_with(&[("sort", &key), ("page", "")])
        }),
        sorted: match sorted.strip_prefix('-') {
            Some(key) if key == c.key => "descending",
            None if sorted == c.key => "ascending",
            _ => "",
        },
        is_number: c.kind.is_numeric(),
    });
    let rows = table.rows.iter().map(|row| {
        let cells = at
            .iter()
            .filter_map(|at| Some((column(at)?, row.get(*at)?)));
        cells
            .map(|(c, cell)| (c, cell, shown_cell(cell, c, t)))
            .map(|(c, cell, text)| Shown {
                is_long: text.chars().count() > LONG,
                text,
                href: target(table, row, c, cell),
                head: c.heading(t),
                is_number: c.kind.is_numeric(),
            })
            .collect()
    });
    TableView {
        heads: heads.collect(),
        rows: rows.collect(),
        empty: t.word("table_empty"),
        caption: table.title(t),
    }
}

/// A cell as a page shows it: grams are enough for the eye, what is less than that is shown in full, and files have every
/// digit. Estimates (`_kg`) come rounded to what they are worth.
fn shown_cell(cell: &Cell, column: &Column, t: &Texts) -> String {
    match cell {
        Cell::MassUg(ug)
            if column.key.ends_with("_ug") && (*ug == 0 || ug.unsigned_abs() >= GRAM) =>
        {
            number::kg_short(*ug)
        }
        other => other.shown(column, t),
    }
}

/// Characters beyond which a text is a sentence.
const LONG: usize = 32;
/// In µg.
const GRAM: u128 = 1_000_000;

/// Where a cell leads.
fn target(table: &Table, row: &[Cell], column: &Column, cell: &Cell) -> String {
    let Cell::Text(text) = cell else {
        if let (Cell::MassUg(_), Some(place)) = (cell, behind(table, row, column)) {
            return place;
        }
        return match (column.key, cell) {
            ("entry", Cell::Int(seq)) => format!("/entries/{seq}"),
            ("query", Cell::Int(seq)) => format!("/queries/{seq}"),
            ("row", Cell::Int(of)) if table.name == "quarantine" => {
                let of = of.to_string();
                count_in(table, row, "entry").map_or_else(String::new, |seq| {
                    link(&format!("/entries/{seq}"), [("row", of.as_str())])
                })
            }
            _ => String::new(),
        };
    };
    let of = |key: &str| table.text_of(row, key);
    match column.key {
        "holder" | "sender" | "receiver" | "counterparty" | "from_holder" | "to_holder"
        | "answered_by" => {
            format!("/holders/{}", encoded(text))
        }
        "substance_name" => format!("/substances/{}", encoded(of("substance"))),
        "to_substance_name" => format!("/substances/{}", encoded(of("to_substance"))),
        "document" => link("/movements", [("document", text.as_str())]),
        "lot" | "from_lot" | "to_lot" => link("/trace", [("lot", text.as_str())]),
        // A list of queries is about rows that not everybody who sees it may open.
        "reference" if table.name == "queries" => String::new(),
        "state" if table.name == "consignments" => count_in(table, row, "consignment")
            .map_or_else(String::new, |line| format!("/consignments/{line}")),
        "reference" => match text.split_once(':') {
            Some((seq, row)) => link(&format!("/entries/{seq}"), [("row", row)]),
            None => format!("/entries/{text}"),
        },
        "site" if table.name == "balances" => place(row, table),
        _ => String::new(),
    }
}

/// A number of a row.
fn count_in(table: &Table, row: &[Cell], key: &str) -> Option<i128> {
    match row.get(table.place_of(key)?) {
        Some(Cell::Int(n)) => Some(*n),
        _ => None,
    }
}

/// The lines behind a mass of a balance.
fn behind(table: &Table, row: &[Cell], column: &Column) -> Option<String> {
    (table.name == "balances"
        && ["in_ug", "out_ug", "book_ug", "unexplained_ug", "opening_ug"].contains(&column.key))
    .then(|| place(row, table))
}

fn place(row: &[Cell], table: &Table) -> String {
    let of = |key: &str| table.text_of(row, key);
    link(
        "/movements",
        [
            ("holder", of("holder")),
            ("site", of("site")),
            ("substance", of("substance")),
        ],
    )
}
