//! Workbooks that people send, and workbooks that nobody should.

use std::io::{Cursor, Write};

use rust_xlsxwriter::{ExcelDateTime, Format, Formula, Workbook};
use zip::write::SimpleFileOptions;

use crate::testing::{Collect, run};
use crate::{FileIssue, Summary};

const HEADER: [&str; 7] = [
    "reporter",
    "kind",
    "date",
    "substance",
    "amount",
    "unit",
    "remark",
];

fn book(fill: impl FnOnce(&mut Workbook)) -> Vec<u8> {
    let mut book = Workbook::new();
    fill(&mut book);
    book.save_to_buffer().unwrap()
}

fn sheet(book: &mut Workbook) -> &mut rust_xlsxwriter::Worksheet {
    let sheet = book.add_worksheet();
    for (n, h) in HEADER.iter().enumerate() {
        sheet.write_string(0, n as u16, *h).unwrap();
    }
    sheet
}

fn row(sheet: &mut rust_xlsxwriter::Worksheet, row: u32, amount: f64) {
    for (n, text) in ["A", "use", "2024-01-31", "acetone"].iter().enumerate() {
        sheet.write_string(row, n as u16, *text).unwrap();
    }
    sheet.write_number(row, 4, amount).unwrap();
    sheet.write_string(row, 5, "kg").unwrap();
}

fn read(bytes: &[u8]) -> (Collect, Summary) {
    run(bytes, "book.xlsx").unwrap()
}

fn fails(bytes: &[u8]) -> FileIssue {
    run(bytes, "book.xlsx").err().unwrap()
}

#[test]
fn cells_of_every_kind() {
    let bytes = book(|b| {
        let date = Format::new().set_num_format("yyyy-mm-dd");
        let s = sheet(b);
        row(s, 1, 25.5);
        s.write_datetime_with_format(1, 2, ExcelDateTime::from_ymd(2024, 2, 29).unwrap(), &date)
            .unwrap();
        row(s, 2, 0.1);
        s.write_number(2, 2, 45_322.0).unwrap();
        row(s, 3, 1.0);
        s.write_formula(3, 4, Formula::new("=5*5").set_result("25"))
            .unwrap();
        row(s, 4, 1.0);
        s.write_number(4, 2, 20_240_131.0).unwrap();
        s.write_string(4, 6, "=cmd|' /C calc'!A0").unwrap();
        row(s, 5, -1.0);
        row(s, 6, 1.0);
        s.write_string(6, 6, "11010519491231002X").unwrap();
        row(s, 7, 1.0);
        s.write_string(7, 4, "１，２３４．５").unwrap();
    });
    let (c, summary) = read(&bytes);
    let taken: Vec<_> = c
        .taken
        .iter()
        .map(|t| (t.row, t.date.as_str(), t.base_ug / 1_000_000))
        .collect();
    assert_eq!(
        taken,
        [
            (2, "2024-02-29", 25_500),
            (3, "2024-01-31", 100),
            (4, "2024-01-31", 25_000),
            (5, "2024-01-31", 1_000),
            (8, "2024-01-31", 1_234_500)
        ]
    );
    assert_eq!(c.taken[1].amount_text, "0.1");
    assert_eq!(c.taken[3].remark, "=cmd|' /C calc'!A0");
    assert_eq!(
        c.issues(),
        [
            (6, "amount", "amount_negative"),
            (7, "remark", "identity_number")
        ]
    );
    assert_eq!(summary.refused_rows, 1);
    assert_eq!(summary.detected.unwrap().columns.len(), 7);
}

#[test]
fn day_numbers_with_a_time_of_day() {
    let bytes = book(|b| {
        let s = sheet(b);
        row(s, 1, 1.0);
        for (at, number) in [
            (2, 45_291.5),
            (3, 45_291.520_833_333_336),
            (4, 1.5),
            (5, 452_910.5),
        ] {
            row(s, at, 1.0);
            s.write_number(at, 2, number).unwrap();
        }
    });
    let (c, _) = read(&bytes);
    let taken: Vec<_> = c.taken.iter().map(|t| (t.row, t.date.as_str())).collect();
    assert_eq!(
        taken,
        [(2, "2024-01-31"), (3, "2023-12-31"), (4, "2023-12-31")]
    );
    assert_eq!(
        c.issues(),
        [(5, "date", "date_invalid"), (6, "date", "date_invalid")]
    );
}

#[test]
fn hidden_rows_are_read_and_told() {
    let bytes = book(|b| {
        b.add_worksheet().set_row_hidden(3).unwrap();
        let s = sheet(b);
        for at in 1..6 {
            row(s, at, 1.0);
        }
        for at in [0, 2, 4, 9] {
            s.set_row_hidden(at).unwrap();
        }
    });
    let (c, summary) = read(&bytes);
    assert_eq!(c.taken.len(), 5);
    assert_eq!(summary.notes.get(&("hidden_rows", String::new())), Some(&2));
    let (_, summary) = read(&small());
    assert!(!summary.notes.keys().any(|(code, _)| *code == "hidden_rows"));
}

/// The workbook with something else in its sheets.
fn rewritten(bytes: &[u8], from: &str, to: &str) -> Vec<u8> {
    let mut package = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
    let mut out = zip::ZipWriter::new(Cursor::new(Vec::new()));
    for n in 0..package.len() {
        let mut part = package.by_index(n).unwrap();
        let name = part.name().unwrap().into_owned();
        let mut text = Vec::new();
        std::io::Read::read_to_end(&mut part, &mut text).unwrap();
        if name.starts_with("xl/worksheets/sheet") {
            let xml = String::from_utf8(text).unwrap();
            assert!(xml.contains(from), "{xml}");
            text = xml.replace(from, to).into_bytes();
        }
        out.start_file(name, SimpleFileOptions::default()).unwrap();
        out.write_all(&text).unwrap();
    }
    out.finish().unwrap().into_inner()
}

#[test]
fn a_formula_without_its_value_is_not_an_empty_cell() {
    let computed = book(|b| {
        let s = sheet(b);
        row(s, 1, 1.0);
        s.write_formula(1, 4, Formula::new("=5*5")).unwrap();
        row(s, 2, 1.0);
        s.write_formula(2, 6, Formula::new("=1+1")).unwrap();
        row(s, 3, 1.0);
        s.write_formula(3, 1, Formula::new("=B2")).unwrap();
        s.write_formula(3, 2, Formula::new("=C2")).unwrap();
        for column in 0..6 {
            s.write_formula(4, column, Formula::new("=A1")).unwrap();
        }
    });
    // As programs write formulas that do not compute.
    let bytes = rewritten(&computed, "</f><v>0</v>", "</f><v></v>");
    let (c, summary) = read(&bytes);
    assert_eq!(
        (c.taken.len(), summary.rows_read, summary.set_aside),
        (1, 4, 3)
    );
    let found: Vec<_> = c.aside.iter().flat_map(|a| &a.issues).collect();
    let found: Vec<_> = found
        .iter()
        .map(|i| (i.row, i.field.code(), i.code.code(), i.found.as_str()))
        .collect();
    let code = "formula_uncomputed";
    assert_eq!(
        found,
        [
            (2, "amount", code, "E2"),
            (4, "kind", code, "B4"),
            (4, "date", code, "C4"),
            (5, "reporter", code, "A5"),
            (5, "kind", code, "B5"),
            (5, "date", code, "C5"),
            (5, "substance", code, "D5"),
            (5, "amount", code, "E5"),
            (5, "unit", code, "F5"),
        ]
    );
    // A formula that came to an empty text has its value.
    let bytes = book(|b| {
        let s = sheet(b);
        row(s, 1, 1.0);
        s.write_formula(1, 1, Formula::new("=IF(1,\"\",2)").set_result("nothing"))
            .unwrap();
    });
    let bytes = rewritten(&bytes, "<v>nothing</v>", "<v></v>");
    assert_eq!(read(&bytes).0.issues(), [(2, "kind", "missing")]);
}

#[test]
fn cells_merged_with_the_one_above() {
    let plain = Format::new();
    let bytes = book(|b| {
        let s = sheet(b);
        s.write_string(0, 7, "document").unwrap();
        for at in 1..7 {
            row(s, at, 1.0);
        }
        s.merge_range(1, 2, 3, 2, "2024-01-31", &plain).unwrap();
        s.merge_range(2, 7, 3, 7, "D-1", &plain).unwrap();
        s.merge_range(1, 6, 6, 6, "a remark", &plain).unwrap();
        // Nothing stands above, and a block beside: neither hides a value of this row.
        s.merge_range(4, 7, 6, 7, "", &plain).unwrap();
        s.merge_range(5, 8, 5, 9, "", &plain).unwrap();
    });
    let (c, _) = read(&bytes);
    let taken: Vec<_> = c.taken.iter().map(|t| t.row).collect();
    assert_eq!(taken, [2, 5, 6, 7]);
    let found: Vec<_> = c.aside.iter().flat_map(|a| &a.issues).collect();
    let found: Vec<_> = found
        .iter()
        .map(|i| (i.row, i.field.code(), i.code.code(), i.found.as_str()))
        .collect();
    assert_eq!(
        found,
        [
            (3, "date", "merged_above", "C2:C4"),
            (4, "date", "merged_above", "C2:C4"),
            (4, "document", "merged_above", "H3:H4"),
        ]
    );
}

#[test]
fn the_first_sheet_with_a_header_is_read_and_the_others_are_named() {
    let bytes = book(|b| {
        b.add_worksheet()
            .set_name("封面")
            .unwrap()
            .write_string(0, 0, "台账")
            .unwrap();
        let s = sheet(b);
        s.set_name("流水").unwrap();
        row(s, 1, 5.0);
        b.add_worksheet().set_name("说明").unwrap();
    });
    let (c, summary) = read(&bytes);
    assert_eq!(c.taken.len(), 1);
    let others: Vec<_> = summary
        .notes
        .keys()
        .map(|(code, text)| (*code, text.as_str()))
        .collect();
    assert_eq!(others, [("other_sheet", "封面"), ("other_sheet", "说明")]);
    assert_eq!(summary.detected.unwrap().sheet.as_deref(), Some("流水"));
}

#[test]
fn the_guard_reads_every_sheet() {
    let bytes = book(|b| {
        row(sheet(b), 1, 5.0);
        b.add_worksheet()
            .write_string(3, 3, "11010519491231002X")
            .unwrap();
    });
    let (c, summary) = read(&bytes);
    assert_eq!(
        (c.issues(), summary.refused_rows),
        (vec![(4, "row", "identity_number")], 1)
    );
}

#[test]
fn a_cell_in_the_last_row() {
    let bytes = book(|b| {
        let s = sheet(b);
        row(s, 1, 5.0);
        row(s, 1_048_575, 6.0);
        s.write_string(5, 16_383, "far away").unwrap();
    });
    let (c, _) = read(&bytes);
    assert_eq!(
        c.taken.iter().map(|t| t.row).collect::<Vec<_>>(),
        [2, 1_048_576]
    );
    assert_eq!(c.issues(), [(6, "row", "unreadable")]);
}

#[test]
fn workbooks_without_rows_or_header() {
    assert_eq!(
        fails(&book(|b| {
            b.add_worksheet();
        })),
        FileIssue::Empty
    );
    assert_eq!(
        fails(&book(|b| {
            sheet(b);
        })),
        FileIssue::NoRows
    );
    let other = book(|b| {
        b.add_worksheet().write_string(0, 0, "hello").unwrap();
    });
    assert_eq!(fails(&other).code(), "header_not_found");
    let late = book(|b| {
        let s = b.add_worksheet();
        for at in 0..20 {
            s.write_string(at, 0, format!("title {at}")).unwrap();
        }
        for (n, h) in HEADER.iter().enumerate() {
            s.write_string(20, n as u16, *h).unwrap();
        }
        row(s, 21, 5.0);
    });
    let issue = fails(&late);
    assert!(
        matches!(&issue, FileIssue::HeaderNotFound { rows: 20, wanted, seen } if wanted.len() == 6 && seen == &["title 0"]),
        "{issue:?}"
    );
    let bytes = book(|b| {
        let s = b.add_worksheet();
        for (n, h) in ["reporter", "kind", "date", "amount"].iter().enumerate() {
            s.write_string(0, n as u16, *h).unwrap();
        }
    });
    assert_eq!(fails(&bytes).code(), "header_missing");
    let persons = book(|b| {
        sheet(b).write_string(0, 7, "身份证号").unwrap();
    });
    assert_eq!(fails(&persons).code(), "person_column");
}

/// A package whose one part unpacks to a thousand times its size.
fn bomb() -> Vec<u8> {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file(
        "xl/workbook.xml",
        SimpleFileOptions::default().compression_method(zip::CompressionMethod::Deflated),
    )
    .unwrap();
    let zeros = vec![0u8; 1 << 20];
    for _ in 0..64 {
        zip.write_all(&zeros).unwrap();
    }
    zip.finish().unwrap().into_inner()
}

#[test]
fn a_workbook_that_unpacks_to_terabytes() {
    let bytes = bomb();
    assert!(bytes.len() < 1 << 20);
    assert_eq!(fails(&bytes).code(), "zip_bomb");
}

#[test]
fn a_directory_that_lies_about_sizes() {
    let mut bytes = bomb();
    let size = (64u32 << 20).to_le_bytes();
    let found: Vec<usize> = memchr::memmem::find_iter(&bytes, &size).collect();
    assert!(!found.is_empty());
    for at in found {
        bytes[at..at + 4].copy_from_slice(&100u32.to_le_bytes());
    }
    assert!(matches!(fails(&bytes).code(), "zip_bomb" | "damaged"));
}

#[test]
fn packages_that_are_no_workbook() {
    let mut zip = zip::ZipWriter::new(Cursor::new(Vec::new()));
    zip.start_file("hello.txt", SimpleFileOptions::default())
        .unwrap();
    zip.write_all(b"hello").unwrap();
    let found = fails(&zip.finish().unwrap().into_inner());
    assert_eq!(found, FileIssue::NotTable { what: "archive" });
    assert_eq!(fails(b"PK\x03\x04 and then nothing").code(), "damaged");
}

#[test]
fn an_xls_and_a_wps_file() {
    for (bytes, name) in [
        (
            &include_bytes!("../../testdata/workbooks/movements.xls")[..],
            "movements.xls",
        ),
        (
            &include_bytes!("../../testdata/workbooks/movements.et")[..],
            "movements.et",
        ),
    ] {
        let (c, summary) = run(bytes, name).unwrap();
        assert_eq!(c.issues(), []);
        let taken: Vec<_> = c
            .taken
            .iter()
            .map(|t| (t.row, t.kind, t.date.as_str(), t.base_ug / 1_000_000))
            .collect();
        assert_eq!(
            taken,
            [
                (2, "use", "2024-01-31", 25_500),
                (3, "use", "2024-02-01", 12_500)
            ]
        );
        assert_eq!(summary.detected.unwrap().pairs()[0].1, "movements_xls");
    }
}

#[test]
fn encrypted_and_broken_old_workbooks() {
    let mut bytes = vec![0xD0, 0xCF, 0x11, 0xE0, 0xA1, 0xB1, 0x1A, 0xE1];
    bytes.resize(512, 0);
    assert_eq!(fails(&bytes).code(), "legacy_workbook");
    bytes.extend("EncryptedPackage".encode_utf16().flat_map(u16::to_le_bytes));
    assert_eq!(fails(&bytes).code(), "encrypted_workbook");
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig::with_cases(64))]

    #[test]
    fn broken_workbooks_never_end_the_program(at in 0usize..100_000, byte in proptest::num::u8::ANY, cut in 0usize..10_000) {
        for bytes in [&include_bytes!("../../testdata/workbooks/movements.xls")[..], &small()] {
            let mut bytes = bytes.to_vec();
            let n = bytes.len();
            bytes[at % n] = byte;
            let _ = run(&bytes, "x");
            bytes.truncate(n - cut % n);
            let _ = run(&bytes, "x");
        }
    }
}

fn small() -> Vec<u8> {
    book(|b| row(sheet(b), 1, 5.0))
}
