//! Rows of movements files and what becomes of them.

use weighbridge_books::substances::movement::Text;
use weighbridge_books::substances::vocabulary::{Action, Field};

use crate::testing::{Collect, options, run, run_with};
use crate::{DateStyle, DecimalMark, FileIssue, Options, sniff};

const HEADER: &str = "reporter,kind,date,substance,amount,unit,counterparty,case,concentration,form,temperature,density,action,corrects,line_id,remark,reported_at,mode,packaging,reason,instrument";

/// A row of the columns in [`HEADER`]; the rest is empty.
fn file(row: &str) -> Collect {
    run(format!("{HEADER}\n{row}\n").as_bytes(), "x.csv")
        .map(|(c, _)| c)
        .unwrap_or_else(|e| panic!("{row}: {e}"))
}

fn base(row: &str) -> i64 {
    let c = file(row);
    assert_eq!(c.issues(), [], "{row}");
    c.taken[0].base_ug
}

const KG: i64 = 1_000_000_000;

#[test]
fn amounts_become_base() {
    for (row, ug) in [
        ("A,use,2024-01-31,acetone,25,kg", 25 * KG),
        ("A,use,2024-01-31,67-64-1,25,kg", 25 * KG),
        ("A,use,2024-01-31,丙酮,25,公斤", 25 * KG),
        ("A,use,2024-01-31,acetone,25 kg,", 25 * KG),
        ("A,use,2024-01-31,acetone,25kg,kg", 25 * KG),
        ("A,use,2024-01-31,acetone,２５．５,ｋｇ", 25 * KG + KG / 2),
        ("A,use,2024-01-31,acetone,1 500,g", KG + KG / 2),
        ("A,领用,2024年1月31日,丙酮,25,千克", 25 * KG),
        ("A,use,2024-01-31,acetone,1e3,g", KG),
        ("A,stocktake,2024-01-31,acetone,0,kg", 0),
        ("A,use,2024-01-31,acetic_anhydride,100,kg,,,50", 50 * KG),
        ("A,use,2024-01-31,acetic_anhydride,100,kg,,,50%", 50 * KG),
        ("A,use,2024-01-31,acetic_anhydride,100,kg,,,0.5", KG / 2),
        ("A,use,2024-01-31,acetone,100,L,,,,,,0.79", 79 * KG),
        ("A,use,2024-01-31,acetone,100,L,,,,,,790 kg/m3", 79 * KG),
    ] {
        assert_eq!(base(row), ug, "{row}");
    }
}

#[test]
fn kilograms_reported_as_grams_differ_a_thousandfold() {
    assert_eq!(
        base("A,use,2024-01-31,acetone,25,kg"),
        1000 * base("A,use,2024-01-31,acetone,25,g")
    );
}

#[test]
fn litres_of_a_solution_at_36_percent() {
    // 36 % hydrochloric acid at 20 °C: 1.1789 kg/L × 0.36.
    assert_eq!(
        base("A,use,2024-01-31,hydrochloric_acid,1000,L,,,36"),
        424_404_000_000
    );
}

#[test]
fn hydrochloride_against_base() {
    let salt = base("A,use,2024-01-31,pseudoephedrine,1000,kg,,,,hydrochloride");
    assert_eq!(
        salt,
        base("A,use,2024-01-31,pseudoephedrine hydrochloride,1000,kg")
    );
    assert_eq!(salt, 819_236_489_836);
    assert_eq!(base("A,use,2024-01-31,pseudoephedrine,1000,kg"), 1000 * KG);
}

#[test]
fn rows_set_aside() {
    for (row, expected) in [
        (
            "A,use,2024-01-31,acetone,-5,kg",
            vec![("amount", "amount_negative")],
        ),
        (
            "A,use,2024-01-31,acetone,(5),kg",
            vec![("amount", "amount_negative")],
        ),
        (
            "A,use,2024-01-31,acetone,0,kg",
            vec![("amount", "amount_zero")],
        ),
        (
            "A,use,2024-01-31,acetone,1e30,kg",
            vec![("amount", "amount_too_large")],
        ),
        (
            "A,use,2024-01-31,acetone,99999999999999,t",
            vec![("amount", "amount_too_large")],
        ),
        (
            "A,use,2024-01-31,acetone,NaN,kg",
            vec![("amount", "amount_not_finite")],
        ),
        (
            "A,use,2024-01-31,acetone,-inf,kg",
            vec![("amount", "amount_not_finite")],
        ),
        (
            "A,use,2024-01-31,acetone,\"1,234\",kg",
            vec![("amount", "amount_ambiguous")],
        ),
        (
            "A,use,2024-01-31,acetone,=1+1,kg",
            vec![("amount", "amount_invalid")],
        ),
        (
            "A,use,2024-01-31,acetone,25 g,kg",
            vec![("amount", "amount_invalid")],
        ),
        ("A,use,2024-01-31,acetone,,kg", vec![("amount", "missing")]),
        (
            "A,use,2024-01-31,acetone,5,stone",
            vec![("unit", "unit_unknown")],
        ),
        ("A,use,2024-01-31,acetone,5,", vec![("unit", "missing")]),
        (
            "A,use,2024-01-31,acetone,5,each",
            vec![("unit", "unit_not_mass")],
        ),
        (
            "A,use,2024-01-31,ephedrine,5,L",
            vec![("density", "density_unlisted")],
        ),
        (
            "A,use,2024-01-31,unobtainium,5,kg",
            vec![("substance", "substance_unknown")],
        ),
        (
            "A,use,2024-01-31,67-64-2,5,kg",
            vec![("substance", "cas_check_digit")],
        ),
        (
            "A,use,2024-01-31,ephedrine,5,kg,,,,stearate",
            vec![("form", "form_unlisted")],
        ),
        (
            "A,use,2024-01-31,acetone,5,kg,,,0",
            vec![("concentration", "concentration_invalid")],
        ),
        (
            "A,use,2024-01-31,acetone,5,kg,,,100.1",
            vec![("concentration", "concentration_invalid")],
        ),
        (
            "A,use,2024-01-31,acetone,5,kg,,,abc",
            vec![("concentration", "concentration_invalid")],
        ),
        (
            "A,use,2024-01-31,acetone,5,L,,,,,hot",
            vec![("temperature", "temperature_invalid")],
        ),
        (
            "A,use,2024-01-31,acetone,5,L,,,,,,heavy",
            vec![("density", "density_invalid")],
        ),
        (
            "A,eat,2024-01-31,acetone,5,kg",
            vec![("kind", "kind_unknown")],
        ),
        (
            "A,退货,2024-01-31,acetone,5,kg",
            vec![("kind", "kind_unknown")],
        ),
        (
            "A,dispatch,2024-01-31,acetone,5,kg",
            vec![("counterparty", "counterparty_missing")],
        ),
        (
            "A,receipt,2024-01-31,acetone,5,kg",
            vec![("counterparty", "counterparty_missing")],
        ),
        (
            "A,loss,2024-01-31,acetone,5,kg",
            vec![("case", "case_missing")],
        ),
        (
            "A,seizure,2024-01-31,acetone,5,kg",
            vec![("case", "case_missing")],
        ),
        (
            "A,found,2024-01-31,acetone,5,kg",
            vec![("case", "case_missing")],
        ),
        (
            "A,use,2024-02-30,acetone,5,kg",
            vec![("date", "date_invalid")],
        ),
        (
            "A,use,2023-02-29,acetone,5,kg",
            vec![("date", "date_invalid")],
        ),
        (
            "A,use,03/04/2024,acetone,5,kg",
            vec![("date", "date_invalid")],
        ),
        (
            "A,use,1969-12-31,acetone,5,kg",
            vec![("date", "date_too_old")],
        ),
        (
            "A,use,2026-11-21,acetone,5,kg",
            vec![("date", "date_in_future")],
        ),
        (
            "A,use,2200-01-01,acetone,5,kg",
            vec![("date", "date_in_future")],
        ),
        ("A,use,,acetone,5,kg", vec![("date", "missing")]),
        (
            ",use,2024-01-31,acetone,5,kg",
            vec![("reporter", "missing")],
        ),
        (
            "91110000100006485X,use,2024-01-31,acetone,5,kg",
            vec![("reporter", "party_check_digit")],
        ),
        (
            "A,dispatch,2024-01-31,acetone,5,kg,91110000100006485X",
            vec![("counterparty", "party_check_digit")],
        ),
        (
            "A,use,2024-01-31,acetone,5,kg,,,,,,,adjust",
            vec![("corrects", "corrects_missing")],
        ),
        (
            "A,,,,,,,,,,,,delete",
            vec![("corrects", "corrects_missing")],
        ),
        (
            "A,use,2024-01-31,acetone,5,kg,,,,,,,,L1",
            vec![("corrects", "corrects_unexpected")],
        ),
        (
            "A,use,2024-01-31,acetone,5,kg,,,,,,,upsert,L1",
            vec![("action", "action_unknown")],
        ),
        (
            "A,use,2024-01-31,acetone,5,kg,,,,,,,,,,,yesterday",
            vec![("reported_at", "date_invalid")],
        ),
        (
            "A,use,2024-01-31,acetone,5,kg,,,,,,,,,,,,teleport",
            vec![("mode", "mode_unknown")],
        ),
        (
            "A,use,2024-01-31,acetone,5,kg,,,,,,,,,,,,,,,,extra",
            vec![("row", "unreadable")],
        ),
        (
            "A,eat,2024-02-30,unobtainium,-5,stone",
            vec![
                ("kind", "kind_unknown"),
                ("date", "date_invalid"),
                ("amount", "amount_negative"),
                ("substance", "substance_unknown"),
                ("unit", "unit_unknown"),
            ],
        ),
    ] {
        let c = file(row);
        let issues: Vec<_> = c
            .issues()
            .into_iter()
            .map(|(_, f, code)| (f, code))
            .collect();
        assert_eq!(issues, expected, "{row}");
        assert!(c.taken.is_empty());
        assert_eq!(c.aside[0].row, 2);
    }
}

#[test]
fn a_row_set_aside_keeps_what_was_sent_but_for_the_remark() {
    let c = file("A,use,2024-01-31,acetone,-5,kg,,,,,,,,,,keep me out");
    let cells = &c.aside[0].cells;
    assert!(cells.contains(&(Field::Amount, "-5".to_owned())));
    assert!(!cells.iter().any(|(f, _)| *f == Field::Remark));
    let issue = &c.aside[0].issues[0];
    assert_eq!(
        (issue.found.as_str(), issue.expected.as_str()),
        ("-5", "> 0")
    );
}

#[test]
fn an_identity_number_in_a_remark_refuses_the_row() {
    for row in [
        "A,use,2024-01-31,acetone,5,kg,,,,,,,,,,经办人11010519491231002X",
        "A,use,2024-01-31,acetone,5,kg,,,,,,,,,１１０１０５１９４９１２３１００２Ｘ",
        "11010519491231002X,use,2024-01-31,acetone,5,kg",
    ] {
        let c = file(row);
        assert!(c.taken.is_empty());
        let aside = &c.aside[0];
        assert!(aside.cells.is_empty());
        assert_eq!(
            (aside.issues[0].code.code(), aside.issues[0].found.as_str()),
            ("identity_number", "")
        );
    }
    let text = "reporter,kind,date,substance,amount,unit,weather\nA,use,2024-01-31,acetone,5,kg,11010519491231002X\n";
    let (c, summary) = run(text.as_bytes(), "x.csv").unwrap();
    assert_eq!(
        (c.issues(), summary.refused_rows),
        (vec![(2, "row", "identity_number")], 1)
    );
}

#[test]
fn a_column_of_persons_refuses_the_file() {
    for header in ["身份证号", "ID card", "经办人身份证号码"] {
        let text = format!(
            "reporter,kind,date,substance,amount,unit,{header}\nA,use,2024-01-31,acetone,5,kg,\n"
        );
        assert_eq!(
            run(text.as_bytes(), "x.csv").err().map(|e| e.code()),
            Some("person_column")
        );
    }
}

#[test]
fn corrections() {
    let c = file("A,use,2024-01-31,acetone,5,kg,,,,,,,更正,L1,L2");
    assert_eq!(
        (
            c.taken[0].action,
            c.taken[0].text(Text::Corrects),
            c.taken[0].text(Text::LineId)
        ),
        (Action::Adjust, "L1", "L2")
    );
    let c = file("A,,,,,,,,,,,,delete,L1");
    assert_eq!((c.taken[0].action, c.taken[0].base_ug), (Action::Delete, 0));
    let c = file("A,nonsense,never,nothing,none,of,this,,,,,,delete,L1");
    assert_eq!(c.taken.len(), 1, "a deletion says only what it deletes");
}

#[test]
fn words_and_scales() {
    let c = file(
        "A,use,2024-01-31,acetone,5,kg,,,,,,,,,,,2024-02-01T08:00:00+08:00,铁路,桶装,调拨,地磅",
    );
    let t = &c.taken[0];
    assert_eq!(
        (t.words, t.class),
        (["transfer", "rail", "drum"], "class_iiii")
    );
    assert_eq!(t.text(Text::ReportedAt), "2024-02-01T08:00:00+08:00");
    assert_eq!(t.text(Text::Instrument), "地磅");
    let c = file("A,use,2024-01-31,acetone,5,L,,,,,,,,,,,2024/2/1,,,gift,serial 4711");
    let t = &c.taken[0];
    assert_eq!((t.words, t.class), (["other", "", ""], "flow_meter"));
    assert_eq!(t.text(Text::ReportedAt), "2024-02-01");
}

#[test]
fn notes() {
    let text = format!("{HEADER}\nA,dispatch,2024-01-31,acetone,5,kg,PP1234567,,0.36\n");
    let (_, summary) = run(text.as_bytes(), "x.csv").unwrap();
    let notes: Vec<_> = summary
        .notes
        .iter()
        .map(|((code, _), n)| (*code, *n))
        .collect();
    assert_eq!(
        notes,
        [("concentration_below_one", 1), ("dea_check_digit", 1)]
    );
}

#[test]
fn a_reporter_from_outside() {
    let text = "kind,date,substance,amount,unit\nuse,2024-01-31,acetone,5,kg\n";
    assert_eq!(
        run(text.as_bytes(), "x.csv").err().map(|e| e.code()),
        Some("header_missing")
    );
    let with = Options {
        reporter: Some("A".to_owned()),
        ..options()
    };
    let (c, _) = run_with(text.as_bytes(), "x.csv", &with).unwrap();
    assert_eq!(c.taken[0].reporter, "A");
}

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
        (b"reporter,kind,date,substance,amount,unit\n", "empty"),
        (b"hello world", "header_missing"),
        (b"<html></html>", "unknown_format"),
        (b"{\"a\":1}", "unknown_format"),
        (
            b"reporter,kind,date,amount,unit\nA,use,2024-01-31,5,kg\n",
            "header_missing",
        ),
        (b"a,b,c\n1,2,3\n", "header_missing"),
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
fn a_billion_empty_lines() {
    assert_eq!(
        sniff(&vec![b'\n'; crate::limits::SNIFF_LEN], "x.csv").unwrap_err(),
        FileIssue::Empty
    );
    // Below a header they are counted and skipped; a million stand for a billion here.
    let mut text = b"reporter,kind,date,substance,amount,unit\n".to_vec();
    text.extend(std::iter::repeat_n(b'\n', 1_000_000));
    assert_eq!(run(&text, "x.csv").err(), Some(FileIssue::Empty));
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

#[test]
fn the_29th_of_february_and_today() {
    assert_eq!(
        file("A,use,2024-02-29,acetone,5,kg").taken[0].date,
        "2024-02-29"
    );
    assert_eq!(
        file("A,use,2026-11-20,acetone,5,kg").taken[0].date,
        "2026-11-20"
    );
}

#[test]
fn a_formula_stays_text() {
    let c = file("A,use,2024-01-31,acetone,5,kg,,,,,,,,,,=HYPERLINK(\"http://x\")");
    assert_eq!(c.taken[0].remark, "=HYPERLINK(\"http://x\")");
}

proptest::proptest! {
    #[test]
    fn random_bytes_never_panic(bytes in proptest::collection::vec(proptest::num::u8::ANY, 0..300)) {
        let _ = run(&bytes, "x.csv");
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
