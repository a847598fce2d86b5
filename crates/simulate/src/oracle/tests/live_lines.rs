//! Section 1: which lines are live.

use super::*;

#[test]
fn identity() {
    use Fate::{Duplicate, Live, SetAside, Withdrawn};
    let conflict = SetAside(Code::LineIdConflict);
    let n1 = "A use 03-01 5 line_id=N1";
    let plain = "A use 03-01 5";
    let withdrawn = |rows: &[&str]| Submission {
        withdrawn: true,
        ..file(9, rows)
    };
    let table: Vec<(&str, Vec<Submission>, Vec<Fate>)> = vec![
        (
            "same line, same content",
            vec![file(0, &[n1]), file(1, &[n1])],
            vec![Live, Duplicate],
        ),
        (
            "same line twice in one file",
            vec![file(0, &[n1, n1])],
            vec![Live, Duplicate],
        ),
        (
            "same line, other content",
            vec![file(0, &[n1, "A use 03-01 6 line_id=N1"])],
            vec![Live, conflict],
        ),
        (
            "same number of another reporter",
            vec![file(0, &[n1, "B use 03-01 5 line_id=N1"])],
            vec![Live, Live],
        ),
        (
            "equal rows in one file are two movements",
            vec![file(0, &[plain, plain])],
            vec![Live, Live],
        ),
        (
            "one row in two files counts once",
            vec![file(0, &[plain]), file(1, &[plain])],
            vec![Live, Duplicate],
        ),
        // n = 3 in the third file: two are known, the third is new.
        (
            "the n-th equal row",
            vec![
                file(0, &[plain, plain]),
                file(1, &[plain]),
                file(2, &[plain, plain, plain]),
            ],
            vec![Live, Live, Duplicate, Duplicate, Duplicate, Live],
        ),
        (
            "content is not in the spelling",
            vec![
                file(0, &[plain]),
                file(
                    1,
                    &[
                        "lic-a use 03-01 5.00 unit=公斤 substance=丙酮 remark=x reported_at=2024-03-02",
                    ],
                ),
            ],
            vec![Live, Duplicate],
        ),
        (
            "another lot is another content",
            vec![file(0, &[plain]), file(1, &["A use 03-01 5 lot=L"])],
            vec![Live, Live],
        ),
        (
            "set aside for a conflict with a withdrawn line",
            vec![withdrawn(&[n1]), file(1, &["A use 03-01 6 line_id=N1"])],
            vec![Withdrawn, conflict],
        ),
        (
            "what a withdrawn line was repeated by",
            vec![withdrawn(&[n1]), file(1, &[n1, n1])],
            vec![Withdrawn, Live, Duplicate],
        ),
        // As if it had never been sent: the second file's row is no duplicate.
        (
            "withdrawn",
            vec![withdrawn(&[plain, n1]), file(1, &[plain])],
            vec![Withdrawn, Withdrawn, Live],
        ),
    ];
    for (name, submissions, expected) in table {
        assert_eq!(fates(&submissions), expected, "{name}");
    }
}

#[test]
fn corrections() {
    use Fate::{Accepted, Deleted, Live, Superseded, Waiting};
    let insert = "A use 03-01 5 line_id=N1 document=D1";
    let at = |minute: u32, rest: &str| {
        format!("A use 03-01 6 action=adjust {rest} reported_at=2025-01-01_10:{minute:02}")
    };
    let adjust = |rest: &str| format!("A use 03-01 6 action=adjust {rest}");
    let table: Vec<(&str, Vec<String>, Vec<Fate>)> = vec![
        (
            "by line number",
            vec![insert.into(), adjust("corrects=N1")],
            vec![Superseded, Live],
        ),
        (
            "by document",
            vec![insert.into(), adjust("corrects=d1")],
            vec![Superseded, Live],
        ),
        (
            "before its target",
            vec![adjust("corrects=N1"), insert.into()],
            vec![Live, Superseded],
        ),
        (
            "a document of two inserts names neither",
            vec![
                insert.into(),
                "A use 03-02 5 document=D1".into(),
                adjust("corrects=D1"),
            ],
            vec![Live, Live, Waiting],
        ),
        (
            "absent",
            vec![insert.into(), adjust("corrects=N9")],
            vec![Live, Waiting],
        ),
        (
            "with its target's own number",
            vec![
                insert.into(),
                adjust("corrects=N1 line_id=N1"),
                "A delete corrects=N9 line_id=N9".into(),
            ],
            vec![Superseded, Live, Waiting],
        ),
        (
            "of another reporter",
            vec![
                insert.into(),
                "B use 03-01 6 action=adjust corrects=N1".into(),
            ],
            vec![Live, Waiting],
        ),
        (
            "delete",
            vec![insert.into(), "A delete corrects=N1".into()],
            vec![Deleted, Accepted],
        ),
        (
            "correction of a correction",
            vec![
                insert.into(),
                adjust("corrects=N1 line_id=N2"),
                adjust("corrects=N2 amount=7"),
            ],
            vec![Superseded, Superseded, Live],
        ),
        (
            "deleted correction",
            vec![
                insert.into(),
                adjust("corrects=N1 line_id=N2"),
                "A delete corrects=N2".into(),
            ],
            vec![Superseded, Deleted, Accepted],
        ),
        (
            "a deletion deleted brings nothing back",
            vec![
                insert.into(),
                "A delete corrects=N1 line_id=N2".into(),
                "A delete corrects=N2".into(),
            ],
            vec![Superseded, Deleted, Accepted],
        ),
        (
            "the latest of two holds, whichever was recorded first",
            vec![
                insert.into(),
                at(30, "corrects=N1 amount=7"),
                at(20, "corrects=N1 amount=8"),
            ],
            vec![Superseded, Live, Superseded],
        ),
        // Without a time the time of record counts: 2025-06-01, after 2025-01-01.
        (
            "no time is the time of record",
            vec![
                insert.into(),
                adjust("corrects=N1 amount=7"),
                at(20, "corrects=N1 amount=8"),
            ],
            vec![Superseded, Live, Superseded],
        ),
        (
            "ties by order of record",
            vec![
                insert.into(),
                at(20, "corrects=N1 amount=7"),
                at(20, "corrects=N1 amount=8"),
            ],
            vec![Superseded, Superseded, Live],
        ),
        (
            "what corrects a superseded correction is superseded",
            vec![
                insert.into(),
                at(10, "corrects=N1 line_id=N2"),
                at(20, "corrects=N1 amount=8"),
                at(30, "corrects=N2 amount=9"),
            ],
            vec![Superseded, Superseded, Live, Superseded],
        ),
        (
            "what corrects a waiting correction waits",
            vec![
                adjust("corrects=N9 line_id=N2"),
                adjust("corrects=N2 amount=9"),
            ],
            vec![Waiting, Waiting],
        ),
        (
            "a ring of corrections waits",
            vec![
                adjust("corrects=N3 line_id=N2"),
                adjust("corrects=N2 line_id=N3"),
            ],
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
        (
            "M>M 03-01 5 site=M1 counterparty_site=M1",
            Code::CounterpartyIsSelf,
        ),
        ("M>A 03-01 5", Code::SiteMissing),
        ("M>A 03-01 5 site=M3", Code::SiteUnknown),
        ("ZZ>A 03-01 5", Code::ReporterUnknown),
        ("A loss 03-01 5", Code::CaseMissing),
        ("A teleport 03-01 5", Code::KindUnknown),
        ("A use 03-01 5 form=bogus", Code::FormUnlisted),
        (
            "A use 03-01 5 concentration=120",
            Code::ConcentrationInvalid,
        ),
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
    register.push(HolderRow {
        code: "M".into(),
        site: "M".into(),
        ..HolderRow::default()
    });
    let at_main = account(
        &register,
        &[file(0, &["M use 03-01 5", "M delete corrects=N1"])],
        &[],
        date("2024-12-31"),
    );
    assert_eq!(
        (at_main.rows[0].1, at_main.balances[0].site.as_str()),
        (Fate::Live, "M")
    );
    assert_eq!(at_main.rows[1].1, Fate::Waiting);
    assert_eq!(
        fates(&[file(0, &["A stocktake 03-01 0", "A loss 03-01 5 case=X"])]),
        [Fate::Live, Fate::Live]
    );
}
