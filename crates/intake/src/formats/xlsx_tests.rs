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
    assert_eq!(fails(&other).code(), "header_missing");
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
