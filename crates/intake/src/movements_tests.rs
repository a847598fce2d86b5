//! Rows of movements files and what becomes of them.

use weighbridge_books::substances::movement::Text;
use weighbridge_books::substances::vocabulary::{Action, Field};

use crate::testing::{Collect, options, run, run_with};
use crate::{Options, sniff};

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
            "A,use,2024-01-31,acetone,#REF!,kg",
            vec![("amount", "error_value")],
        ),
        (
            "A,use,2024-01-31,acetone,5,kg,#N/A",
            vec![("counterparty", "error_value")],
        ),
        (
            "A,use,2024-01-31,acetone,=1+1,kg",
            vec![("amount", "amount_invalid")],
        ),
        (
            "A,use,2024-01-31,acetone,25 g,kg",
            vec![("amount", "unit_contradicts")],
        ),
        (
            "A,use,2024-01-31,acetone,25 lots,kg",
            vec![("amount", "amount_invalid")],
        ),
        (
            "A,use,2024-01-31,acetone,25 g,lots",
            vec![("unit", "unit_unknown")],
        ),
        (
            "A,use,2024-01-31,acetone,1e-400,kg",
            vec![("amount", "amount_too_fine")],
        ),
        (
            "A,use,2024-01-31,acetone,0.1234567890123456789,kg",
            vec![("amount", "amount_too_fine")],
        ),
        (
            "A,use,2024-01-31,acetone,1e400,kg",
            vec![("amount", "amount_too_large")],
        ),
        (
            "A,use,2024-01-31,pseudoephedrine hydrochloride,5,kg,,,,sulfate",
            vec![("form", "form_contradicts")],
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
            "A,use,2024-01-31,acetone,5,kg,,,,,,,,,,,2024-01-31T10:00:00+99:00",
            vec![("reported_at", "date_invalid")],
        ),
        (
            "A,use,2024-01-31,acetone,5,kg,,,,,,,,,,,2024-01-31T10:00:00-14:01",
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

/// What was expected says what would be right, never again what is wrong.
#[test]
fn expected_is_what_would_be_right() {
    for (row, expected) in [
        ("A,use,2024-01-31,acetone,25 g,kg", "25 kg | 25 g"),
        ("A,use,2024-01-31,acetone,25 lots,kg", "1234.5"),
        ("A,use,2024-01-31,acetone,,kg", "1234.5"),
        (
            "A,use,2024-01-31,acetone,1e-400,kg",
            weighbridge_books::substances::draft::FINEST,
        ),
        (
            "A,use,2024-01-31,ephedrine,5,L",
            "mass, or density of the batch",
        ),
        ("A,use,2024-01-31,hydrochloric acid,5,L", "concentration"),
        (
            "A,use,2024-01-31,pseudoephedrine hydrochloride,5,kg,,,,sulfate",
            "hydrochloride",
        ),
        ("A,use,2024-01-31,acetone,5,L,,,,,400", "-100 – 300 °C"),
        ("A,use,2024-01-31,acetone,5,L,,,,,,99", "0.05 – 25 kg/L"),
    ] {
        let c = file(row);
        assert_eq!(c.aside[0].issues[0].expected, expected, "{row}");
    }
    // The same unit in both cells is no contradiction.
    assert_eq!(file("A,use,2024-01-31,acetone,5 KG,kg").taken.len(), 1);
}

#[test]
fn a_unit_in_the_header_and_another_in_the_cell() {
    let text = "reporter,kind,date,substance,amount (kg)\nA,use,2024-01-31,acetone,5 g\nA,use,2024-01-31,acetone,5 kg\n";
    let (c, _) = run(text.as_bytes(), "x.csv").unwrap();
    assert_eq!(c.taken.len(), 1);
    assert_eq!(c.issues(), [(2, "unit", "unit_contradicts")]);
    assert_eq!(c.aside[0].issues[0].expected, "kg");
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
fn the_guard_reads_titles_too() {
    let text = "制表人11010519491231002X\nreporter,kind,date,substance,amount,unit\nA,use,2024-01-31,acetone,5,kg\n";
    let (c, summary) = run(text.as_bytes(), "x.csv").unwrap();
    assert_eq!(
        (c.issues(), c.taken.len(), summary.refused_rows),
        (vec![(1, "row", "identity_number")], 1, 1)
    );
}

#[test]
fn a_party_by_number_and_by_name() {
    let text = "企业名称,统一社会信用代码,业务类型,日期,品种,数量,单位\n甲厂,91110000100006485K,领用,2024-01-31,丙酮,5,公斤\n";
    let (c, _) = run(text.as_bytes(), "x.csv").unwrap();
    assert_eq!(c.taken[0].reporter, "91110000100006485K");
    assert_eq!(
        sniff(text.as_bytes(), "x.csv")
            .unwrap()
            .unknown_headers()
            .collect::<Vec<_>>(),
        ["企业名称"]
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
        .map(|((note, _), n)| (note.code(), *n))
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
