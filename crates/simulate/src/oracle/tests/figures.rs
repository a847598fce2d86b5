//! Sections 4 to 6: comparing, clocks, balances.

use super::*;

#[test]
fn comparison() {
    // Class I on both sides: u = 10 ppm of 1,000 kg = 0.01 kg, k·u = 0.02828 kg (28,284,271 µg).
    let load = |packing: &str, received: &str| {
        let cells = format!("document=D instrument=I {packing}");
        let rows = [
            format!("A>B 03-01 1000 {cells}"),
            format!("B<A 03-02 {received} {cells}"),
        ];
        show(&of(&[&rows[0], &rows[1]]))
            .join(" ")
            .replace(" Document 2>3", "")
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
        (
            "packaging=bulk mode=sea",
            "997",
            "within_allowance 3000000000",
        ),
        ("packaging=bulk mode=sea", "995", "short 5000000000"),
        (
            "packaging=bulk mode=sea",
            "994.999999999",
            "short 5000000001!",
        ),
        // 1,000 L at 0.7899 kg/L are 789.9 kg; A = 0.7899 kg = the loss of one litre.
        ("unit=L", "999", "within_allowance 789900000"),
        ("unit=L packaging=drum", "999", "short 789900000!"),
    ] {
        assert_eq!(load(packing, received), expected, "{packing} {received}");
    }
    // Nothing stated: u = 500 ppm on each side, k·u = 1.414 kg (1.41322 for 1,000 and 998.59).
    check(&[
        (
            "default class",
            &["A>B 03-01 1000 document=D", "B<A 03-01 998.59 document=D"],
            &["matched Document 2>3 1410000000"],
        ),
        (
            "above it",
            &["A>B 03-01 1000 document=D", "B<A 03-01 998.58 document=D"],
            &["short Document 2>3 1420000000!"],
        ),
        // The smallest dispatch by date, then mass, decides: 1 kg in drums on the first day.
        (
            "packaging of the smallest dispatch",
            &[
                "A>B 03-02 999 document=D packaging=bulk instrument=I",
                "A>B 03-01 1 document=D packaging=drum",
                "B<A 03-03 999.5 document=D instrument=I",
            ],
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
        let rows = [
            format!("A>B 03-01 5 document=D {dispatch}"),
            format!("B<A 03-01 5 document=D {receipt}"),
        ];
        assert_eq!(
            states(&[&rows[0], &rows[1]]),
            format!("{expected} Document 2>3 0"),
            "{dispatch} {receipt}"
        );
    }
    // M's dispatch from M1, while B says M2; between own sites with both sites stated alike.
    assert_eq!(
        states(&[
            "M>B 03-01 5 document=D site=M1",
            "B<M 03-01 5 document=D counterparty_site=M2"
        ]),
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
        states(&[
            d,
            "B<A 03-01 2 document=D permit=P",
            "B<A 03-01 3 document=D permit=Q"
        ]),
        "matched Document 2>3+4 0"
    );
    assert_eq!(
        states(&[
            d,
            "A>B 03-01 5 document=D permit=Q",
            "B<A 03-01 5 document=D permit=Q",
            "B<A 03-01 5 document=D permit=R"
        ]),
        "disputed Document 2+3>4+5 0"
    );
}

#[test]
fn clocks() {
    let due = |text: &str, as_of: &str| {
        let account = account(&holders(), &[file(0, &[text])], &[], date(as_of));
        let c = &account.consignments[0];
        (
            c.due.map_or_else(|| "-".to_owned(), |d| d.to_string()),
            c.overdue,
        )
    };
    for (text, as_of, day, overdue) in [
        // Class 3: 1 March + 30 days = 31 March.
        ("A>B 03-01 5", "2024-03-31", "2024-03-31", false),
        ("A>B 03-01 5", "2024-04-01", "2024-03-31", true),
        // Class 1: + 5 days, over 29 February.
        (
            "A>B 02-26 5 substance=ephedrine",
            "2024-03-02",
            "2024-03-02",
            false,
        ),
        (
            "A>B 02-26 5 substance=ephedrine",
            "2024-03-03",
            "2024-03-02",
            true,
        ),
        // No Chinese class: the 15th of the next month.
        (
            "A>B 2023-12-31 5 substance=methyl_isobutyl_ketone",
            "2024-01-16",
            "2024-01-15",
            true,
        ),
        ("B<A 03-01 5", "2024-04-01", "2024-03-31", true),
        // The silent party does not report here, so no clock runs.
        ("A>F 03-01 5", "2024-12-31", "-", false),
        ("A<F 03-01 5", "2024-12-31", "-", false),
        ("F>A 03-01 5", "2024-12-31", "2024-03-31", true),
    ] {
        assert_eq!(
            due(text, as_of),
            (day.to_owned(), overdue),
            "{text} {as_of}"
        );
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
        (
            "2024-02-29",
            "A acetone open - in 0 out 7 book -7 counted - on - book then - unexplained -",
        ),
        // 60 + 40 open the day; its receipt of 30 is after the opening, the use before it is not in the book.
        (
            "2024-03-01",
            "A acetone open 100 in 30 out 0 book 130 counted - on - book then - unexplained -",
        ),
        // At the close of 31 March: 100 + 30 − 5 − 20 = 105, counted 100, missing 5.
        (
            "2024-03-31",
            "A acetone open 100 in 30 out 25 book 105 counted 100 on 2024-03-31 book then 105 unexplained 5",
        ),
        // The count does not change the book: 105 − 6 = 99.
        (
            "2024-04-30",
            "A acetone open 100 in 30 out 31 book 99 counted 100 on 2024-03-31 book then 105 unexplained 5",
        ),
    ] {
        assert_eq!(balance(&rows, as_of), expected, "{as_of}");
    }
    assert_eq!(
        balance(
            &[
                "M use 03-01 1 site=M2",
                "M use 03-01 2 site=M1",
                "M use 03-01 3 site=M1 substance=toluene"
            ],
            "2024-12-31"
        ),
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
