//! Every rule of the page with hand-computed figures.
//!
//! Unless said otherwise amounts are kilograms of acetone (Chinese class 3) weighed on class III scales: a half of
//! 1,000 kg has u = 500 ppm = 0.5 kg, two of them k·u = 2·√(0.5² + 0.5²) = 1.414 kg.

use weighbridge_books::registry::{HolderRow, Reports};
use weighbridge_books::substances::quarantine::Code;
use weighbridge_books::substances::vocabulary::Field;

use super::*;

/// A, B, C with one site each; M with the sites M1 and M2; F does not report.
fn holders() -> Vec<HolderRow> {
    let one = |code: &str, site: &str, reports| HolderRow {
        code: code.into(),
        site: site.into(),
        licence: format!("LIC-{code}"),
        reports,
        ..HolderRow::default()
    };
    vec![
        one("A", "", Reports::Yes),
        one("B", "", Reports::Yes),
        one("C", "", Reports::Yes),
        one("M", "M1", Reports::Yes),
        one("M", "M2", Reports::Yes),
        one("F", "", Reports::No),
    ]
}

/// `A>B 03-01 1000 document=D1`: a dispatch of A to B; `B<A …`: a receipt of B from A; `A use 03-01 5`: another kind;
/// `A delete corrects=X`: a delete. `_` in a value is a blank.
fn row(text: &str) -> Row {
    let mut words = text.split_whitespace();
    let who = words.next().unwrap();
    let mut row = Row::of(&[(Field::Substance, "acetone"), (Field::Unit, "kg")]);
    let mut bare: Vec<&str> = Vec::new();
    let mut named: Vec<(&str, &str)> = Vec::new();
    for word in words {
        match word.split_once('=') {
            Some(pair) => named.push(pair),
            None => bare.push(word),
        }
    }
    for (sign, kind) in [('>', "dispatch"), ('<', "receipt")] {
        if let Some((me, other)) = who.split_once(sign) {
            row = row.with(Field::Reporter, me).with(Field::Counterparty, other).with(Field::Kind, kind);
        }
    }
    if row.get(Field::Reporter).is_empty() {
        row.set(Field::Reporter, who);
        let kind = bare.remove(0);
        if kind == "delete" {
            row = Row::of(&[(Field::Reporter, who), (Field::Action, "delete")]);
        } else {
            row.set(Field::Kind, kind);
        }
    }
    if let [date, amount] = bare.as_slice() {
        row.set(Field::Date, if date.len() == 5 { format!("2024-{date}") } else { (*date).to_owned() });
        row.set(Field::Amount, *amount);
    }
    for (field, value) in named {
        row.set(Field::from_code(field).unwrap(), value.replace('_', " "));
    }
    row
}

fn file(id: u32, rows: &[&str]) -> Submission {
    Submission { id, rows: rows.iter().map(|r| row(r)).collect(), withdrawn: false }
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn of(rows: &[&str]) -> Account {
    account(&holders(), &[file(0, rows)], &[], date("2024-12-31"))
}

fn fates(submissions: &[Submission]) -> Vec<Fate> {
    account(&holders(), submissions, &[], date("2024-12-31")).rows.into_iter().map(|(_, fate)| fate).collect()
}

/// `state stage dispatch rows>receipt rows difference`, with `?` for ambiguous and `!` for notify.
fn show(account: &Account) -> Vec<String> {
    let rows = |lines: &[LineRef]| lines.iter().map(|l| l.row.to_string()).collect::<Vec<_>>().join("+");
    account
        .consignments
        .iter()
        .map(|c| {
            let difference = c.difference_ug.map_or_else(|| "-".to_owned(), |d| d.to_string());
            let marks = format!("{}{}", if c.ambiguous { "?" } else { "" }, if c.notify { "!" } else { "" });
            let sides = format!("{}>{}", rows(&c.dispatches), rows(&c.receipts));
            format!("{} {:?} {sides} {difference}{marks}", c.state.code(), c.stage)
        })
        .collect()
}

/// Rows (numbered from 2) and the consignments they end in.
fn check(cases: &[(&str, &[&str], &[&str])]) {
    for (name, rows, expected) in cases {
        let mut shown = show(&of(rows));
        shown.sort();
        let mut expected: Vec<String> = expected.iter().map(|e| (*e).to_owned()).collect();
        expected.sort();
        assert_eq!(shown, expected, "{name}");
    }
}

#[test]
fn identity() {
    use Fate::{Duplicate, Live, SetAside, Withdrawn};
    let conflict = SetAside(Code::LineIdConflict);
    let n1 = "A use 03-01 5 line_id=N1";
    let plain = "A use 03-01 5";
    let withdrawn = |rows: &[&str]| Submission { withdrawn: true, ..file(9, rows) };
    let table: Vec<(&str, Vec<Submission>, Vec<Fate>)> = vec![
        ("same line, same content", vec![file(0, &[n1]), file(1, &[n1])], vec![Live, Duplicate]),
        ("same line twice in one file", vec![file(0, &[n1, n1])], vec![Live, Duplicate]),
        ("same line, other content", vec![file(0, &[n1, "A use 03-01 6 line_id=N1"])], vec![Live, conflict]),
        ("same number of another reporter", vec![file(0, &[n1, "B use 03-01 5 line_id=N1"])], vec![Live, Live]),
        ("equal rows in one file are two movements", vec![file(0, &[plain, plain])], vec![Live, Live]),
        ("one row in two files counts once", vec![file(0, &[plain]), file(1, &[plain])], vec![Live, Duplicate]),
        // n = 3 in the third file: two are known, the third is new.
        (
            "the n-th equal row",
            vec![file(0, &[plain, plain]), file(1, &[plain]), file(2, &[plain, plain, plain])],
            vec![Live, Live, Duplicate, Duplicate, Duplicate, Live],
        ),
        (
            "content is not in the spelling",
            vec![file(0, &[plain]), file(1, &["lic-a use 03-01 5.00 unit=公斤 substance=丙酮 remark=x reported_at=2024-03-02"])],
            vec![Live, Duplicate],
        ),
        ("another lot is another content", vec![file(0, &[plain]), file(1, &["A use 03-01 5 lot=L"])], vec![Live, Live]),
        (
            "set aside for a conflict with a withdrawn line",
            vec![withdrawn(&[n1]), file(1, &["A use 03-01 6 line_id=N1"])],
            vec![Withdrawn, conflict],
        ),
        ("what a withdrawn line was repeated by", vec![withdrawn(&[n1]), file(1, &[n1, n1])], vec![Withdrawn, Live, Duplicate]),
        // As if it had never been sent: the second file's row is no duplicate.
        ("withdrawn", vec![withdrawn(&[plain, n1]), file(1, &[plain])], vec![Withdrawn, Withdrawn, Live]),
    ];
    for (name, submissions, expected) in table {
        assert_eq!(fates(&submissions), expected, "{name}");
    }
}

#[test]
fn corrections() {
    use Fate::{Accepted, Deleted, Live, Superseded, Waiting};
    let insert = "A use 03-01 5 line_id=N1 document=D1";
    let at = |minute: u32, rest: &str| format!("A use 03-01 6 action=adjust {rest} reported_at=2025-01-01_10:{minute:02}");
    let adjust = |rest: &str| format!("A use 03-01 6 action=adjust {rest}");
    let table: Vec<(&str, Vec<String>, Vec<Fate>)> = vec![
        ("by line number", vec![insert.into(), adjust("corrects=N1")], vec![Superseded, Live]),
        ("by document", vec![insert.into(), adjust("corrects=d1")], vec![Superseded, Live]),
        ("before its target", vec![adjust("corrects=N1"), insert.into()], vec![Live, Superseded]),
        (
            "a document of two inserts names neither",
            vec![insert.into(), "A use 03-02 5 document=D1".into(), adjust("corrects=D1")],
            vec![Live, Live, Waiting],
        ),
        ("absent", vec![insert.into(), adjust("corrects=N9")], vec![Live, Waiting]),
        (
            "with its target's own number",
            vec![insert.into(), adjust("corrects=N1 line_id=N1"), "A delete corrects=N9 line_id=N9".into()],
            vec![Superseded, Live, Waiting],
        ),
        ("of another reporter", vec![insert.into(), "B use 03-01 6 action=adjust corrects=N1".into()], vec![Live, Waiting]),
        ("delete", vec![insert.into(), "A delete corrects=N1".into()], vec![Deleted, Accepted]),
        (
            "correction of a correction",
            vec![insert.into(), adjust("corrects=N1 line_id=N2"), adjust("corrects=N2 amount=7")],
            vec![Superseded, Superseded, Live],
        ),
        (
            "deleted correction",
            vec![insert.into(), adjust("corrects=N1 line_id=N2"), "A delete corrects=N2".into()],
            vec![Superseded, Deleted, Accepted],
        ),
        (
            "the latest of two holds, whichever was recorded first",
            vec![insert.into(), at(30, "corrects=N1 amount=7"), at(20, "corrects=N1 amount=8")],
            vec![Superseded, Live, Superseded],
        ),
        // Without a time the time of record counts: 2025-06-01, after 2025-01-01.
        (
            "no time is the time of record",
            vec![insert.into(), adjust("corrects=N1 amount=7"), at(20, "corrects=N1 amount=8")],
            vec![Superseded, Live, Superseded],
        ),
        (
            "ties by order of record",
            vec![insert.into(), at(20, "corrects=N1 amount=7"), at(20, "corrects=N1 amount=8")],
            vec![Superseded, Superseded, Live],
        ),
        (
            "what corrects a superseded correction is superseded",
            vec![insert.into(), at(10, "corrects=N1 line_id=N2"), at(20, "corrects=N1 amount=8"), at(30, "corrects=N2 amount=9")],
            vec![Superseded, Superseded, Live, Superseded],
        ),
        (
            "what corrects a waiting correction waits",
            vec![adjust("corrects=N9 line_id=N2"), adjust("corrects=N2 amount=9")],
            vec![Waiting, Waiting],
        ),
        (
            "a ring of corrections waits",
            vec![adjust("corrects=N3 line_id=N2"), adjust("corrects=N2 line_id=N3")],
            vec![Waiting, Waiting],
        ),
    ];
    for (name, rows, expected) in table {
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        assert_eq!(fates(&[file(0, &rows)]), expected, "{name}");
    }
}

#[test]
fn rows_set_aside() {
    let table = [
        ("A>B 03-01 5 substance=unobtainium", Code::SubstanceUnknown),
        ("A>B 03-01 5 substance=67-64-2", Code::CasCheckDigit),
        ("A>B 03-01 -5", Code::AmountNegative),
        ("A>B 03-01 0", Code::AmountZero),
        ("A>B 03-01 NaN", Code::AmountNotFinite),
        ("A>B 03-01 ten", Code::AmountInvalid),
        ("A>B 03-01 5 unit=furlong", Code::UnitUnknown),
        ("A>B 03-01 5 unit=each", Code::UnitNotMass),
        ("A>B 2023-02-29 5", Code::DateInvalid),
        ("A>ZZ 03-01 5", Code::CounterpartyUnknown),
        ("A>A 03-01 5", Code::CounterpartyIsSelf),
        ("M>M 03-01 5 site=M1 counterparty_site=M1", Code::CounterpartyIsSelf),
        ("M>A 03-01 5", Code::SiteMissing),
        ("M>A 03-01 5 site=M3", Code::SiteUnknown),
        ("ZZ>A 03-01 5", Code::ReporterUnknown),
        ("A loss 03-01 5", Code::CaseMissing),
        ("A teleport 03-01 5", Code::KindUnknown),
        ("A use 03-01 5 form=bogus", Code::FormUnlisted),
        ("A use 03-01 5 concentration=120", Code::ConcentrationInvalid),
        ("A use 03-01 5 action=adjust", Code::CorrectsMissing),
        ("A use 03-01 5 corrects=N1", Code::CorrectsUnexpected),
        ("A use 03-01 5 action=undo", Code::ActionUnknown),
        ("A dispatch 03-01 5", Code::CounterpartyMissing),
    ];
    for (text, code) in table {
        assert_eq!(fates(&[file(0, &[text])]), [Fate::SetAside(code)], "{text}");
    }
    // A holder's own code is the code of its main site, which a row without a site is at.
    let mut register = holders();
    register.push(HolderRow { code: "M".into(), site: "M".into(), ..HolderRow::default() });
    let at_main = account(&register, &[file(0, &["M use 03-01 5", "M delete corrects=N1"])], &[], date("2024-12-31"));
    assert_eq!((at_main.rows[0].1, at_main.balances[0].site.as_str()), (Fate::Live, "M"));
    assert_eq!(at_main.rows[1].1, Fate::Waiting);
    assert_eq!(fates(&[file(0, &["A stocktake 03-01 0", "A loss 03-01 5 case=X"])]), [Fate::Live, Fate::Live]);
}

#[test]
fn stage_1_document() {
    check(&[
        ("folded", &["A>B 03-01 1000 document=d-1", "B<A 05-01 1000 document=Ｄ－_1"], &["matched Document 2>3 0"]),
        // 600 + 400 = 1,000; no window and no band in this stage.
        (
            "any number on each side",
            &["A>B 03-01 1000 document=D", "B<A 03-02 600 document=D", "B<A 03-03 300 document=D"],
            &["short Document 2>3+4 100000000000!"],
        ),
        (
            "180 days are one cluster",
            &["A>B 2024-01-01 1000 document=D", "B<A 2024-06-29 1000 document=D"],
            &["matched Document 2>3 0"],
        ),
        (
            "181 days are two",
            &["A>B 2024-01-01 1000 document=D", "B<A 2024-06-30 1000 document=D"],
            &["awaiting_receipt OneSided 2> -", "awaiting_dispatch OneSided >3 -"],
        ),
    ]);
}

#[test]
fn stages_2_to_4_something_differs() {
    check(&[
        (
            "a third party received",
            &["A>B 03-01 1000 document=D", "C<A 03-02 990 document=D"],
            &["disputed ConsigneeDiffers 2>3 10000000000"],
        ),
        (
            "the receiver names another sender",
            &["A>B 03-01 1000 document=D", "B<C 03-02 1000 document=D"],
            &["disputed SenderDiffers 2>3 0"],
        ),
        (
            "another substance: no difference",
            &["A>B 03-01 1000 document=D", "B<A 03-02 1000 document=D substance=toluene"],
            &["disputed SubstanceDiffers 2>3 -"],
        ),
        (
            "an own half comes first",
            &["A>B 03-01 1000 document=D", "B<A 03-02 1000 document=D", "C<A 03-02 1000 document=D"],
            &["matched Document 2>3 0", "awaiting_dispatch OneSided >4 -"],
        ),
    ]);
}

#[test]
fn stage_5_permit() {
    check(&[
        (
            "documents on one side are compatible",
            &["A>B 03-01 1000 permit=P document=D", "B<A 03-05 1000 permit=P"],
            &["matched Permit 2>3 0"],
        ),
        // Documents that differ are not; the halves point at each other.
        (
            "other documents",
            &["A>B 03-01 1000 permit=P document=D", "B<A 03-05 1000 permit=P document=E"],
            &["awaiting_receipt OneSided 2> -", "awaiting_dispatch OneSided >3 -"],
        ),
        (
            "two candidates",
            &["A>B 03-01 1000 permit=P", "B<A 03-05 1000 permit=P", "B<A 03-06 1000 permit=P"],
            &["awaiting_receipt OneSided 2> -?", "awaiting_dispatch OneSided >3 -", "awaiting_dispatch OneSided >4 -"],
        ),
        (
            "the permit tells two equal loads apart",
            &["A>B 03-01 1000 permit=P", "A>B 03-01 1000 permit=Q", "B<A 03-02 1000 permit=Q", "B<A 03-02 1000 permit=P"],
            &["matched Permit 2>5 0", "matched Permit 3>4 0"],
        ),
    ]);
}

#[test]
fn stage_6_lane_windows_and_band() {
    let pair = &["matched Lane 2>3 0"][..];
    let apart = &["awaiting_receipt OneSided 2> -", "awaiting_dispatch OneSided >3 -"][..];
    check(&[
        ("a day before", &["A>B 03-02 1000", "B<A 03-01 1000"], pair),
        ("two days before", &["A>B 03-03 1000", "B<A 03-01 1000"], apart),
        ("unknown mode 10", &["A>B 03-01 1000", "B<A 03-11 1000"], pair),
        ("unknown mode 11", &["A>B 03-01 1000", "B<A 03-12 1000"], apart),
        ("road 5", &["A>B 03-01 1000 mode=road", "B<A 03-06 1000 mode=road"], pair),
        ("road 6", &["A>B 03-01 1000 mode=road", "B<A 03-07 1000 mode=road"], apart),
        ("the wider window of the two", &["A>B 03-01 1000 mode=road", "B<A 03-16 1000 mode=rail"], pair),
        ("sea 30", &["A>B 03-01 1000 mode=sea", "B<A 03-31 1000"], pair),
        ("sea 31", &["A>B 03-01 1000 mode=sea", "B<A 04-01 1000"], apart),
        // ⌊1,000 kg × 2 %⌋ = 20 kg; with classes up to 2,000 ppm k·u of a pair (0.57 %) never goes beyond the share.
        ("band 2 %", &["A>B 03-01 1000", "B<A 03-02 980"], &["short Lane 2>3 20000000000!"]),
        ("beyond the band", &["A>B 03-01 1000", "B<A 03-02 979.999999999"], apart),
        ("gain in the band", &["A>B 03-01 1000", "B<A 03-02 1020"], &["over Lane 2>3 -20000000000"]),
        ("other lane", &["A>B 03-01 1000", "C<A 03-02 1000"], apart),
        ("other permits", &["A>B 03-01 1000 permit=P", "B<A 03-02 1000 permit=Q"], apart),
        (
            "two candidates",
            &["A>B 03-01 1000", "A>B 03-01 1000", "B<A 03-02 1000"],
            &["awaiting_receipt OneSided 2> -", "awaiting_receipt OneSided 3> -", "awaiting_dispatch OneSided >4 -?"],
        ),
    ]);
}

#[test]
fn stage_7_splits() {
    check(&[
        (
            "one dispatch over three receipts",
            &["A>B 03-01 1000", "B<A 03-02 500", "B<A 03-03 300", "B<A 03-04 200"],
            &["matched Split 2>3+4+5 0"],
        ),
        (
            "three dispatches arriving as one",
            &["A>B 03-01 500", "A>B 03-02 300", "A>B 03-02 200", "B<A 03-03 1000"],
            &["matched Split 2+3+4>5 0"],
        ),
        // u² = 0.5² + 0.3² + 0.2² = 0.38 kg², k·u = 1.2328 kg: 1.23 fits, 1.24 does not, though the band is 20 kg.
        (
            "k·u and no band",
            &["A>B 03-01 1000", "B<A 03-02 600", "B<A 03-03 398.77"],
            &["matched Split 2>3+4 1230000000"],
        ),
        (
            "beyond k·u",
            &["A>B 03-01 1000", "B<A 03-02 600", "B<A 03-03 398.76"],
            &["awaiting_receipt OneSided 2> -", "awaiting_dispatch OneSided >3 -", "awaiting_dispatch OneSided >4 -"],
        ),
        // 600 + 400 and 700 + 300 share the dispatch: neither is taken, the dispatch is marked.
        (
            "two sets that share a half",
            &["A>B 03-01 1000", "B<A 03-02 600", "B<A 03-03 400", "B<A 03-03 700", "B<A 03-04 300"],
            &[
                "awaiting_receipt OneSided 2> -?",
                "awaiting_dispatch OneSided >3 -",
                "awaiting_dispatch OneSided >4 -",
                "awaiting_dispatch OneSided >5 -",
                "awaiting_dispatch OneSided >6 -",
            ],
        ),
        (
            "every pair in time",
            &["A>B 03-01 1000 mode=road", "B<A 03-02 600 mode=road", "B<A 03-07 400 mode=road"],
            &["awaiting_receipt OneSided 2> -", "awaiting_dispatch OneSided >3 -", "awaiting_dispatch OneSided >4 -"],
        ),
    ]);
}

#[test]
fn stage_7_a_cluster_of_more_than_twelve_is_left() {
    // One dispatch of 78 kg and receipts of 1, 2, … 12 kg, 78 in all: one split, but thirteen halves.
    let mut rows = vec!["A>B 03-01 78".to_owned()];
    rows.extend((1..=12).map(|kg| format!("B<A 03-02 {kg}")));
    let text: Vec<&str> = rows.iter().map(String::as_str).collect();
    let account = of(&text);
    assert_eq!(account.consignments.len(), 13);
    assert!(account.consignments.iter().all(|c| c.ambiguous && c.stage == Stage::OneSided));
    // Thirteen dispatches and nobody on the other side are simply thirteen dispatches.
    let alone: Vec<String> = (1..=13).map(|kg| format!("A>B 03-02 {kg}")).collect();
    let alone: Vec<&str> = alone.iter().map(String::as_str).collect();
    assert!(of(&alone).consignments.iter().all(|c| !c.ambiguous));
    // Eleven receipts that are 66 kg in all fit into one cluster; only the whole of them is 66.
    let mut text: Vec<&str> = text[..12].to_vec();
    text[0] = "A>B 03-01 66";
    assert_eq!(show(&of(&text)), ["matched Split 2>3+4+5+6+7+8+9+10+11+12+13 0"]);
}

#[test]
fn one_sided_halves() {
    check(&[
        (
            "grouped by document and kind, each of the others alone",
            &["A>B 03-01 5 document=D", "A>B 03-02 6 document=D", "A>B 03-02 6", "A>B 04-20 7", "B<C 03-01 1"],
            &[
                "awaiting_receipt OneSided 2+3> -",
                "awaiting_receipt OneSided 4> -",
                "awaiting_receipt OneSided 5> -",
                "awaiting_dispatch OneSided >6 -",
            ],
        ),
        (
            "date clusters",
            &["A>B 2024-01-01 5 document=D", "A>B 2024-06-29 6 document=D", "A>B 2024-12-27 6 document=D"],
            &["awaiting_receipt OneSided 2+3> -", "awaiting_receipt OneSided 4> -"],
        ),
    ]);
}

#[test]
fn suggestions() {
    let account = of(&["A>B 03-01 1000 document=D1", "B<A 03-02 1001 document=D2", "B<A 03-02 900 document=D3"]);
    let line = |row| LineRef { submission: 0, row };
    let all: Vec<_> = account.consignments.iter().flat_map(|c| c.suggestions.clone()).collect();
    // 1,001 kg is within k·u = 1.415 kg of 1,000 kg, 900 kg is not.
    assert_eq!(all, [(line(3), line(2)), (line(2), line(3))]);
    let two = of(&["A>B 03-01 1000 document=D1", "B<A 03-02 1000 document=D2", "B<A 03-02 1000 document=D3"]);
    let all: Vec<_> = two.consignments.iter().flat_map(|c| c.suggestions.clone()).collect();
    assert_eq!(all, [(line(3), line(2)), (line(4), line(2))], "the dispatch has two, the receipts one each");
}

#[test]
fn reviewers() {
    let line = |row| LineRef { submission: 0, row };
    let with = |rows: &[&str], decisions: &[Decision]| {
        show(&account(&holders(), &[file(0, rows)], decisions, date("2024-12-31")))
    };
    let rows = ["A>B 03-01 1000", "B<A 03-02 1000", "B<A 03-03 1000"];
    let pair = Decision::Pair(vec![line(2), line(4)]);
    assert_eq!(with(&rows, &[pair]), ["awaiting_dispatch OneSided >3 -", "matched Reviewer 2>4 0"]);
    // Kept apart from one of its two candidates, the dispatch has one left.
    let apart = Decision::Apart(line(3), line(2));
    assert_eq!(with(&rows, &[apart.clone()]), ["awaiting_dispatch OneSided >3 -", "matched Lane 2>4 0"]);
    // Kept apart under one document: the group goes to the later stages, where they may not meet either.
    let rows = ["A>B 03-01 1000 document=D", "B<A 03-02 1000 document=D"];
    assert_eq!(with(&rows, &[apart]), ["awaiting_dispatch OneSided >3 -", "awaiting_receipt OneSided 2> -"]);
    let rows = ["A>B 03-01 1000", "C<B 03-02 1000"];
    assert_eq!(with(&rows, &[Decision::Pair(vec![line(2), line(3)])]), ["disputed Reviewer 2>3 0"]);
}

#[test]
fn comparison() {
    // Class I on both sides: u = 10 ppm of 1,000 kg = 0.01 kg, k·u = 0.02828 kg (28,284,271 µg).
    let load = |packing: &str, received: &str| {
        let cells = format!("document=D instrument=I {packing}");
        let rows = [format!("A>B 03-01 1000 {cells}"), format!("B<A 03-02 {received} {cells}")];
        show(&of(&[&rows[0], &rows[1]])).join(" ").replace(" Document 2>3", "")
    };
    for (packing, received, expected) in [
        ("", "999.972", "matched 28000000"),
        ("", "999.971", "short 29000000!"),
        ("", "1000.028", "matched -28000000"),
        ("", "1000.029", "over -29000000"),
        ("packaging=drum", "999.971", "short 29000000!"),
        ("packaging=other", "999.971", "short 29000000!"),
        // A = 0.1 % of 1,000 kg = 1 kg, B = 0.3 % = 3 kg.
        ("packaging=bulk", "999.971", "within_allowance 29000000"),
        ("packaging=bulk", "999", "within_allowance 1000000000"),
        ("packaging=bulk", "998.999999999", "short 1000000001"),
        ("packaging=bulk", "997", "short 3000000000"),
        ("packaging=bulk", "996.999999999", "short 3000000001!"),
        // At sea A = 3 kg, B = 5 kg.
        ("packaging=bulk mode=sea", "997", "within_allowance 3000000000"),
        ("packaging=bulk mode=sea", "995", "short 5000000000"),
        ("packaging=bulk mode=sea", "994.999999999", "short 5000000001!"),
        // 1,000 L at 0.7899 kg/L are 789.9 kg; A = 0.7899 kg = the loss of one litre.
        ("unit=L", "999", "within_allowance 789900000"),
        ("unit=L packaging=drum", "999", "short 789900000!"),
    ] {
        assert_eq!(load(packing, received), expected, "{packing} {received}");
    }
    // Nothing stated: u = 500 ppm on each side, k·u = 1.414 kg (1.41322 for 1,000 and 998.59).
    check(&[
        ("default class", &["A>B 03-01 1000 document=D", "B<A 03-01 998.59 document=D"], &["matched Document 2>3 1410000000"]),
        ("above it", &["A>B 03-01 1000 document=D", "B<A 03-01 998.58 document=D"], &["short Document 2>3 1420000000!"]),
        // The smallest dispatch by date, then mass, decides: 1 kg in drums on the first day.
        (
            "packaging of the smallest dispatch",
            &["A>B 03-02 999 document=D packaging=bulk instrument=I", "A>B 03-01 1 document=D packaging=drum", "B<A 03-03 999.5 document=D instrument=I"],
            &["short Document 2+3>4 500000000!"],
        ),
    ]);
}

#[test]
fn fields_in_dispute() {
    let states = |rows: &[&str]| show(&of(rows)).join(";");
    for (dispatch, receipt, expected) in [
        ("permit=P", "permit=Q", "disputed"),
        ("permit=P", "permit=ｐ", "matched"),
        ("permit=P", "", "matched"),
        ("carrier=X", "carrier=Y", "disputed"),
        ("counterparty_site=B", "site=B", "matched"),
    ] {
        let rows = [format!("A>B 03-01 5 document=D {dispatch}"), format!("B<A 03-01 5 document=D {receipt}")];
        assert_eq!(states(&[&rows[0], &rows[1]]), format!("{expected} Document 2>3 0"), "{dispatch} {receipt}");
    }
    // M's dispatch from M1, while B says M2; between own sites with both sites stated alike.
    assert_eq!(
        states(&["M>B 03-01 5 document=D site=M1", "B<M 03-01 5 document=D counterparty_site=M2"]),
        "disputed Document 2>3 0"
    );
    assert_eq!(
        states(&[
            "M>M 03-01 5 document=D site=M1 counterparty_site=M2",
            "M<M 03-01 5 document=D site=M2 counterparty_site=M1"
        ]),
        "matched Document 2>3 0"
    );
    // {P} within {P, Q}: no dispute; {P, Q} against {Q, R}: one.
    let d = "A>B 03-01 5 document=D permit=P";
    assert_eq!(
        states(&[d, "B<A 03-01 2 document=D permit=P", "B<A 03-01 3 document=D permit=Q"]),
        "matched Document 2>3+4 0"
    );
    assert_eq!(
        states(&[d, "A>B 03-01 5 document=D permit=Q", "B<A 03-01 5 document=D permit=Q", "B<A 03-01 5 document=D permit=R"]),
        "disputed Document 2+3>4+5 0"
    );
}

#[test]
fn clocks() {
    let due = |text: &str, as_of: &str| {
        let account = account(&holders(), &[file(0, &[text])], &[], date(as_of));
        let c = &account.consignments[0];
        (c.due.unwrap().to_string(), c.overdue)
    };
    for (text, as_of, day, overdue) in [
        // Class 3: 1 March + 30 days = 31 March.
        ("A>B 03-01 5", "2024-03-31", "2024-03-31", false),
        ("A>B 03-01 5", "2024-04-01", "2024-03-31", true),
        // Class 1: + 5 days, over 29 February.
        ("A>B 02-26 5 substance=ephedrine", "2024-03-02", "2024-03-02", false),
        ("A>B 02-26 5 substance=ephedrine", "2024-03-03", "2024-03-02", true),
        // No Chinese class: the 15th of the next month.
        ("A>B 2023-12-31 5 substance=methyl_isobutyl_ketone", "2024-01-16", "2024-01-15", true),
        ("B<A 03-01 5", "2024-04-01", "2024-03-31", true),
        // The silent party does not report here.
        ("A>F 03-01 5", "2024-12-31", "2024-03-31", false),
        ("A<F 03-01 5", "2024-12-31", "2024-03-31", false),
        ("F>A 03-01 5", "2024-12-31", "2024-03-31", true),
    ] {
        assert_eq!(due(text, as_of), (day.to_owned(), overdue), "{text} {as_of}");
    }
}

#[test]
fn balances() {
    let balance = |rows: &[&str], as_of: &str| {
        let account = account(&holders(), &[file(0, rows)], &[], date(as_of));
        let kg = |ug: i128| ug / 1_000_000_000;
        let all: Vec<String> = account
            .balances
            .iter()
            .map(|b| {
                let null = |ug: Option<i128>| ug.map_or_else(|| "-".to_owned(), |ug| kg(ug).to_string());
                format!(
                    "{} {} open {} in {} out {} book {} counted {} on {} book then {} unexplained {}",
                    b.site,
                    b.substance,
                    null(b.opening_ug),
                    kg(b.in_ug),
                    kg(b.out_ug),
                    kg(b.book_ug),
                    null(b.counted_ug),
                    b.counted_on.map_or_else(|| "-".to_owned(), |d| d.to_string()),
                    null(b.book_at_count_ug),
                    null(b.unexplained_ug)
                )
            })
            .collect();
        all.join("; ")
    };
    let rows = [
        "A use 02-28 7",
        "A stocktake 03-01 60",
        "A stocktake 03-01 40",
        "A<B 03-01 30",
        "A use 03-10 5",
        "A>B 03-31 20",
        "A stocktake 03-31 100",
        "A use 04-01 6",
        "A sampling 05-01 1",
    ];
    for (as_of, expected) in [
        // Before any count: a net flow.
        ("2024-02-29", "A acetone open - in 0 out 7 book -7 counted - on - book then - unexplained -"),
        // 60 + 40 open the day; its receipt of 30 is after the opening, the use before it is not in the book.
        ("2024-03-01", "A acetone open 100 in 30 out 0 book 130 counted - on - book then - unexplained -"),
        // At the close of 31 March: 100 + 30 − 5 − 20 = 105, counted 100, missing 5.
        ("2024-03-31", "A acetone open 100 in 30 out 25 book 105 counted 100 on 2024-03-31 book then 105 unexplained 5"),
        // The count does not change the book: 105 − 6 = 99.
        ("2024-04-30", "A acetone open 100 in 30 out 31 book 99 counted 100 on 2024-03-31 book then 105 unexplained 5"),
    ] {
        assert_eq!(balance(&rows, as_of), expected, "{as_of}");
    }
    assert_eq!(
        balance(&["M use 03-01 1 site=M2", "M use 03-01 2 site=M1", "M use 03-01 3 site=M1 substance=toluene"], "2024-12-31"),
        "M1 acetone open - in 0 out 2 book -2 counted - on - book then - unexplained -; \
         M1 toluene open - in 0 out 3 book -3 counted - on - book then - unexplained -; \
         M2 acetone open - in 0 out 1 book -1 counted - on - book then - unexplained -"
    );
}

#[test]
fn base_equivalents() {
    // 1,000 kg of pseudoephedrine hydrochloride: × 165.24 / 201.70 = 819.236 … kg; litres of 36 % acid:
    // 1,000 L × 1.1789 kg/L × 36 % = 424.404 kg.
    let account = of(&[
        "A use 03-01 1000 substance=pseudoephedrine form=hydrochloride",
        "A use 03-01 1000 substance=hydrochloric_acid concentration=36 unit=L",
    ]);
    let out: Vec<i128> = account.balances.iter().map(|b| b.out_ug).collect();
    assert_eq!(out, [424_404_000_000, 819_236_489_836]);
}
