//! Movements files as a whole: encodings, delimiters, headers, damage, limits.

use crate::testing::{Collect, options, run};
use crate::{DateStyle, DecimalMark, FileIssue, sniff};

const HEADER: &str = "reporter,kind,date,substance,amount,unit,counterparty,case,remark";

#[test]
fn delimiters_encodings_and_chinese_headers() {
    let rows = "填报单位;业务类型;日期;品种;数量（公斤）;对方单位;备注\n甲;出库;2024.01.31;丙酮;1.234,5;乙;急\n甲;领用;2024.01.31;丙酮;0,5;;\n";
    let gb = encoding_rs::GB18030.encode(rows).0.into_owned();
    let utf16: Vec<u8> = rows.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let bom = [b"\xEF\xBB\xBF", rows.as_bytes()].concat();
    let utf16 = [&[0xFF, 0xFE], &utf16[..]].concat();
    for bytes in [rows.as_bytes(), &gb, &utf16, &bom] {
        let (c, summary) = run(bytes, "x.csv").unwrap();
        assert_eq!(c.issues(), []);
        assert_eq!(summary.accepted, 2);
        assert_eq!(
            (
                c.taken[0].kind,
                c.taken[0].base_ug,
                c.taken[0].counterparty.as_str()
            ),
            ("dispatch", 1_234_500_000_000, "乙")
        );
        assert_eq!(c.taken[0].remark, "急");
    }
    let detection = sniff(rows.as_bytes(), "x.csv").unwrap();
    assert_eq!(
        (detection.decimal_mark, detection.delimiter),
        (DecimalMark::Comma, Some(b';'))
    );
    assert!(
        detection
            .pairs()
            .contains(&("column", "数量(公斤) = amount [kg]".to_owned()))
    );
    for delimiter in [",", "\t", "|"] {
        let text = rows
            .replace("1.234,5", "1234.5")
            .replace("0,5", "0.5")
            .replace(';', delimiter);
        assert_eq!(run(text.as_bytes(), "x.csv").unwrap().1.accepted, 2);
    }
}

#[test]
fn the_sample_decides_the_order_of_day_and_month() {
    for (other, style, date) in [
        ("31/01/2024", DateStyle::DayFirst, "2024-04-03"),
        ("01/31/2024", DateStyle::MonthFirst, "2024-03-04"),
    ] {
        let text = format!(
            "reporter,kind,date,substance,amount,unit\nA,use,{other},acetone,5,kg\nA,use,03/04/2024,acetone,5,kg\n"
        );
        assert_eq!(sniff(text.as_bytes(), "x.csv").unwrap().date_style, style);
        assert_eq!(run(text.as_bytes(), "x.csv").unwrap().0.taken[1].date, date);
    }
}

#[test]
fn titles_blank_lines_and_unknown_columns() {
    let text = "2024年台账,,,,,,\n\nreporter,kind,date,substance,amount,unit,天气\n\nA,use,2024-01-31,acetone,5,kg,晴\n,,,,,,\nA,use,2024-01-31,acetone,6,kg\n";
    let detection = sniff(text.as_bytes(), "x.csv").unwrap();
    assert_eq!(detection.header_row, 3);
    assert_eq!(detection.unknown_headers().collect::<Vec<_>>(), ["天气"]);
    let (c, summary) = run(text.as_bytes(), "x.csv").unwrap();
    assert_eq!((summary.rows_read, summary.accepted), (2, 2));
    assert_eq!(c.taken.iter().map(|t| t.row).collect::<Vec<_>>(), [5, 7]);
}

#[test]
fn quoting() {
    let text = "reporter,kind,date,substance,amount,unit,remark\nA,use,2024-01-31,\"acetone\",\"5\",kg,\"two\nlines, \"\"quoted\"\"\"\nA,use,2024-01-31,acetone,5,kg,6\" pipe\n";
    let (c, _) = run(text.as_bytes(), "x.csv").unwrap();
    assert_eq!(c.taken[0].remark, "two\nlines, \"quoted\"");
    assert_eq!(
        (c.taken[1].row, c.taken[1].remark.as_str()),
        (3, "6\" pipe")
    );
}

#[test]
fn damaged_text() {
    let mut text = b"reporter,kind,date,substance,amount,unit,remark\nA,use,2024-01-31,acetone,5,kg,a\0b\nA,use,2024-01-31,acetone,5,kg,".to_vec();
    text.extend(b"\xFF\nA,use,2024-01-31,acetone,5,kg,\xE5\x87\xBA\nA,use,2024-01-31,acetone,5,kg,\xE5\x87\xBA\xE5\x87\xBA");
    let detection = sniff(&text[..48], "x.csv").unwrap();
    let mut sink = Collect::default();
    crate::read(
        crate::Input::Bytes(&text),
        "x.csv",
        &detection,
        &options(),
        &mut sink,
        &mut |_| {},
    )
    .unwrap();
    assert_eq!(
        sink.issues(),
        [(2, "row", "unreadable"), (3, "row", "unreadable")]
    );
    assert_eq!(sink.taken.len(), 2);
}

#[test]
fn file_issues() {
    for (bytes, code) in [
        (&b""[..], "empty"),
        (b"\n\n  \r\n", "empty"),
        (b"reporter,kind,date,substance,amount,unit\n", "no_rows"),
        (b"%PDF-1.7\n1 0 obj", "not_table"),
        (b"hello world", "header_not_found"),
        (b"<html></html>", "unknown_format"),
        (b"{\"a\":1}", "unknown_format"),
        (
            b"reporter,kind,date,amount,unit\nA,use,2024-01-31,5,kg\n",
            "header_missing",
        ),
        (b"a,b,c\n1,2,3\n", "header_not_found"),
        (
            b"reporter,kind,date,substance,amount,quantity,unit\n",
            "header_twice",
        ),
        (b"\x7FELF\x02\x01\x01\x00\x00\x00\x00", "not_text"),
    ] {
        assert_eq!(
            run(bytes, "x.csv").err().map(|e| e.code()),
            Some(code),
            "{:?}",
            String::from_utf8_lossy(bytes)
        );
    }
    assert_eq!(
        run(b"hello world", "x.txt").err().map(|e| e.code()),
        Some("unknown_format")
    );
    match run(
        b"reporter,kind,date,amount,unit\nA,use,2024-01-31,5,kg\n",
        "x.csv",
    ) {
        Err(FileIssue::HeaderMissing { absent, .. }) => assert_eq!(absent, ["substance"]),
        other => panic!("{:?}", other.map(|_| ())),
    }
}

#[test]
fn a_quotation_mark_that_is_never_closed_costs_its_line() {
    let head = "reporter,kind,date,substance,amount,unit,document\n";
    let good = "A,use,2024-01-31,acetone,5,kg,\n";
    let of = |line: &str| {
        let (c, _) = run(format!("{head}{good}{line}\n{good}").as_bytes(), "x.csv").unwrap();
        assert_eq!(c.taken.len(), 2, "{line}");
        let issue = c.aside[0].issues[0].clone();
        (issue.row, issue.code, issue.found, issue.expected)
    };
    let (row, code, found, expected) = of("A,use,2024-01-31,acetone,7,kg,\"D-1");
    assert_eq!(
        (row, code.code(), found.as_str()),
        (3, "quotation_open", "\"D-1")
    );
    assert_eq!(expected, "closing quotation mark");
    // A quotation may run over lines before; what is shown is cut.
    let (row, code, found, _) =
        of("A,use,2024-01-31,acetone,7,kg,\"0123456789012345678901234567890123456789");
    assert_eq!((row, code.code(), found.len()), (3, "quotation_open", 30));
    // The line is not read, but it is guarded.
    let (row, code, found, _) = of("A,use,2024-01-31,acetone,7,kg,\"11010519491231002X");
    assert_eq!(
        (row, code.code(), found.as_str()),
        (3, "identity_number", "")
    );
    // Closed at the end of the file by its end.
    let text = format!("{head}{good}A,use,2024-01-31,acetone,7,kg,\"D-1");
    assert_eq!(run(text.as_bytes(), "x.csv").unwrap().0.taken.len(), 2);
}

#[test]
fn a_billion_empty_lines() {
    assert_eq!(
        sniff(&vec![b'\n'; crate::limits::SNIFF_LEN], "x.csv").unwrap_err(),
        FileIssue::Empty
    );
    // Below a header they are counted and skipped; a million stand for a billion here.
    let mut text = b"reporter,kind,date,substance,amount,unit\n".to_vec();
    text.extend(std::iter::repeat_n(b'\n', 1_000_000));
    assert_eq!(run(&text, "x.csv").err(), Some(FileIssue::NoRows));
    text.extend(b"A,use,2024-01-31,acetone,5,kg");
    assert_eq!(run(&text, "x.csv").unwrap().0.taken[0].row, 1_000_002);
}

#[test]
fn a_line_of_two_gigabytes() {
    use std::io::{BufReader, Read};
    let head = b"reporter,kind,date,substance,amount,unit\n";
    let detection = sniff(head, "x.csv").unwrap();
    let line = std::io::repeat(b'x').take(2 << 30);
    let rest = &b"\nA,use,2024-01-31,acetone,5,kg\n"[..];
    let mut input = BufReader::new(head.chain(line).chain(rest));
    let mut sink = Collect::default();
    let summary = crate::read(
        crate::Input::Stream(&mut input),
        "x.csv",
        &detection,
        &options(),
        &mut sink,
        &mut |_| {},
    )
    .unwrap();
    assert_eq!(
        (summary.accepted, sink.issues()),
        (1, vec![(2, "row", "text_too_long")])
    );
    assert_eq!(
        sniff(&vec![b'x'; crate::limits::SNIFF_LEN], "x.csv")
            .unwrap_err()
            .code(),
        "line_too_long"
    );
}

proptest::proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        let _ = run(&bytes, "x.csv");
    }

    #[test]
    fn random_bytes_behind_every_beginning_never_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..200)) {
        for head in [
            "reporter,kind,date,substance,amount,unit\n",
            "code,name,uscc\n",
            "REPORTER_DEA_NO\tREPORTER_BUS_ACT\tBUYER_DEA_NO\tBUYER_BUS_ACT\tTRANSACTION_CODE\tDRUG_CODE\tTRANSACTION_DATE\tCALC_BASE_WT_IN_GM\n",
            "PK0070297S 0040657710100000004 BK569737708X000003011708\n",
            "<EPCISDocument>",
            "{\"type\":\"EPCISDocument\",",
            "PK\u{3}\u{4}",
        ] {
            let all = [head.as_bytes(), &bytes].concat();
            let _ = run(&all, "x");
            if let Ok(detection) = sniff(&all, "x") {
                let _ = crate::read_holders(&mut &all[..], &detection, &mut |_| {});
            }
        }
    }

    #[test]
    fn random_rows_end_in_one_of_three_ways(rows in proptest::collection::vec("[-0-9a-zA,\"'.;/ 出公\r\n]{0,60}", 0..8)) {
        let text = format!("{HEADER}\n{}\n", rows.join("\n"));
        if let Ok((c, summary)) = run(text.as_bytes(), "x.csv") {
            proptest::prop_assert_eq!(summary.rows_read, summary.accepted + summary.set_aside);
            proptest::prop_assert_eq!(summary.accepted as usize, c.taken.len());
            proptest::prop_assert_eq!(summary.set_aside as usize, c.aside.len());
        }
    }
}
