//! Every rule of the page with hand-computed figures; here sections 2 and 3, halves and pairing.
//!
//! Unless said otherwise amounts are kilograms of acetone (Chinese class 3) weighed on class III scales: a half of
//! 1,000 kg has u = 500 ppm = 0.5 kg, two of them k·u = 2·√(0.5² + 0.5²) = 1.414 kg.

mod figures;
mod live_lines;

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
            row = row
                .with(Field::Reporter, me)
                .with(Field::Counterparty, other)
                .with(Field::Kind, kind);
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
        row.set(
            Field::Date,
            if date.len() == 5 {
                format!("2024-{date}")
            } else {
                (*date).to_owned()
            },
        );
        row.set(Field::Amount, *amount);
    }
    for (field, value) in named {
        row.set(Field::from_code(field).unwrap(), value.replace('_', " "));
    }
    row
}

fn file(id: u32, rows: &[&str]) -> Submission {
    Submission {
        id,
        rows: rows.iter().map(|r| row(r)).collect(),
        withdrawn: false,
    }
}

fn date(text: &str) -> Date {
    text.parse().unwrap()
}

fn of(rows: &[&str]) -> Account {
    account(&holders(), &[file(0, rows)], &[], date("2024-12-31"))
}

fn fates(submissions: &[Submission]) -> Vec<Fate> {
    account(&holders(), submissions, &[], date("2024-12-31"))
        .rows
        .into_iter()
        .map(|(_, fate)| fate)
        .collect()
}

/// `state stage dispatch rows>receipt rows difference`, with `?` for ambiguous and `!` for notify.
fn show(account: &Account) -> Vec<String> {
    let rows = |lines: &[LineRef]| {
        lines
            .iter()
            .map(|l| l.row.to_string())
            .collect::<Vec<_>>()
            .join("+")
    };
    account
        .consignments
        .iter()
        .map(|c| {
            let difference = c
                .difference_ug
                .map_or_else(|| "-".to_owned(), |d| d.to_string());
            let marks = format!(
                "{}{}",
                if c.ambiguous { "?" } else { "" },
                if c.notify { "!" } else { "" }
            );
            let sides = format!("{}>{}", rows(&c.dispatches), rows(&c.receipts));
            format!(
                "{} {:?} {sides} {difference}{marks}",
                c.state.code(),
                c.stage
            )
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
fn stage_1_document() {
    check(&[
        (
            "folded",
            &[
                "A>B 03-01 1000 document=d-1",
                "B<A 05-01 1000 document=Ｄ－_1",
            ],
            &["matched Document 2>3 0"],
        ),
        // 600 + 400 = 1,000; no window and no band in this stage.
        (
            "any number on each side",
            &[
                "A>B 03-01 1000 document=D",
                "B<A 03-02 600 document=D",
                "B<A 03-03 300 document=D",
            ],
            &["short Document 2>3+4 100000000000!"],
        ),
        (
            "180 days are one cluster",
            &[
                "A>B 2024-01-01 1000 document=D",
                "B<A 2024-06-29 1000 document=D",
            ],
            &["matched Document 2>3 0"],
        ),
        (
            "181 days are two",
            &[
                "A>B 2024-01-01 1000 document=D",
                "B<A 2024-06-30 1000 document=D",
            ],
            &[
                "awaiting_receipt OneSided 2> -",
                "awaiting_dispatch OneSided >3 -",
            ],
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
            &[
                "A>B 03-01 1000 document=D",
                "B<A 03-02 1000 document=D substance=toluene",
            ],
            &["disputed SubstanceDiffers 2>3 -"],
        ),
        (
            "an own half comes first",
            &[
                "A>B 03-01 1000 document=D",
                "B<A 03-02 1000 document=D",
                "C<A 03-02 1000 document=D",
            ],
            &["matched Document 2>3 0", "awaiting_dispatch OneSided >4 -"],
        ),
    ]);
}

#[test]
fn stage_5_permit() {
    check(&[
        (
            "documents on one side are compatible",
            &[
                "A>B 03-01 1000 permit=P document=D",
                "B<A 03-05 1000 permit=P",
            ],
            &["matched Permit 2>3 0"],
        ),
        // Documents that differ are not; the halves point at each other.
        (
            "other documents",
            &[
                "A>B 03-01 1000 permit=P document=D",
                "B<A 03-05 1000 permit=P document=E",
            ],
            &[
                "awaiting_receipt OneSided 2> -",
                "awaiting_dispatch OneSided >3 -",
            ],
        ),
        (
            "two candidates",
            &[
                "A>B 03-01 1000 permit=P",
                "B<A 03-05 1000 permit=P",
                "B<A 03-06 1000 permit=P",
            ],
            &[
                "awaiting_receipt OneSided 2> -?",
                "awaiting_dispatch OneSided >3 -",
                "awaiting_dispatch OneSided >4 -",
            ],
        ),
        (
            "the permit tells two equal loads apart",
            &[
                "A>B 03-01 1000 permit=P",
                "A>B 03-01 1000 permit=Q",
                "B<A 03-02 1000 permit=Q",
                "B<A 03-02 1000 permit=P",
            ],
            &["matched Permit 2>5 0", "matched Permit 3>4 0"],
        ),
    ]);
}

#[test]
fn stage_6_lane_windows_and_band() {
    let pair = &["matched Lane 2>3 0"][..];
    let apart = &[
        "awaiting_receipt OneSided 2> -",
        "awaiting_dispatch OneSided >3 -",
    ][..];
    check(&[
        ("a day before", &["A>B 03-02 1000", "B<A 03-01 1000"], pair),
        (
            "two days before",
            &["A>B 03-03 1000", "B<A 03-01 1000"],
            apart,
        ),
        (
            "unknown mode 10",
            &["A>B 03-01 1000", "B<A 03-11 1000"],
            pair,
        ),
        (
            "unknown mode 11",
            &["A>B 03-01 1000", "B<A 03-12 1000"],
            apart,
        ),
        (
            "road 5",
            &["A>B 03-01 1000 mode=road", "B<A 03-06 1000 mode=road"],
            pair,
        ),
        (
            "road 6",
            &["A>B 03-01 1000 mode=road", "B<A 03-07 1000 mode=road"],
            apart,
        ),
        (
            "the wider window of the two",
            &["A>B 03-01 1000 mode=road", "B<A 03-16 1000 mode=rail"],
            pair,
        ),
        (
            "sea 30",
            &["A>B 03-01 1000 mode=sea", "B<A 03-31 1000"],
            pair,
        ),
        (
            "sea 31",
            &["A>B 03-01 1000 mode=sea", "B<A 04-01 1000"],
            apart,
        ),
        // ⌊1,000 kg × 2 %⌋ = 20 kg; with classes up to 2,000 ppm k·u of a pair (0.57 %) never goes beyond the share.
        (
            "band 2 %",
            &["A>B 03-01 1000", "B<A 03-02 980"],
            &["short Lane 2>3 20000000000!"],
        ),
        (
            "beyond the band",
            &["A>B 03-01 1000", "B<A 03-02 979.999999999"],
            apart,
        ),
        (
            "gain in the band",
            &["A>B 03-01 1000", "B<A 03-02 1020"],
            &["over Lane 2>3 -20000000000"],
        ),
        ("other lane", &["A>B 03-01 1000", "C<A 03-02 1000"], apart),
        (
            "other permits",
            &["A>B 03-01 1000 permit=P", "B<A 03-02 1000 permit=Q"],
            apart,
        ),
        (
            "two candidates",
            &["A>B 03-01 1000", "A>B 03-01 1000", "B<A 03-02 1000"],
            &[
                "awaiting_receipt OneSided 2> -",
                "awaiting_receipt OneSided 3> -",
                "awaiting_dispatch OneSided >4 -?",
            ],
        ),
    ]);
}

#[test]
fn stage_7_splits() {
    check(&[
        (
            "one dispatch over three receipts",
            &[
                "A>B 03-01 1000",
                "B<A 03-02 500",
                "B<A 03-03 300",
                "B<A 03-04 200",
            ],
            &["matched Split 2>3+4+5 0"],
        ),
        (
            "three dispatches arriving as one",
            &[
                "A>B 03-01 500",
                "A>B 03-02 300",
                "A>B 03-02 200",
                "B<A 03-03 1000",
            ],
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
            &[
                "awaiting_receipt OneSided 2> -",
                "awaiting_dispatch OneSided >3 -",
                "awaiting_dispatch OneSided >4 -",
            ],
        ),
        // 600 + 400 and 700 + 300 share the dispatch: neither is taken, the dispatch is marked.
        (
            "two sets that share a half",
            &[
                "A>B 03-01 1000",
                "B<A 03-02 600",
                "B<A 03-03 400",
                "B<A 03-03 700",
                "B<A 03-04 300",
            ],
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
            &[
                "A>B 03-01 1000 mode=road",
                "B<A 03-02 600 mode=road",
                "B<A 03-07 400 mode=road",
            ],
            &[
                "awaiting_receipt OneSided 2> -",
                "awaiting_dispatch OneSided >3 -",
                "awaiting_dispatch OneSided >4 -",
            ],
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
    assert!(
        account
            .consignments
            .iter()
            .all(|c| c.ambiguous && c.stage == Stage::OneSided)
    );
    // Thirteen dispatches and nobody on the other side are simply thirteen dispatches.
    let alone: Vec<String> = (1..=13).map(|kg| format!("A>B 03-02 {kg}")).collect();
    let alone: Vec<&str> = alone.iter().map(String::as_str).collect();
    assert!(of(&alone).consignments.iter().all(|c| !c.ambiguous));
    // Eleven receipts that are 66 kg in all fit into one cluster; only the whole of them is 66.
    let mut text: Vec<&str> = text[..12].to_vec();
    text[0] = "A>B 03-01 66";
    assert_eq!(
        show(&of(&text)),
        ["matched Split 2>3+4+5+6+7+8+9+10+11+12+13 0"]
    );
}

#[test]
fn one_sided_halves() {
    check(&[
        (
            "grouped by document and kind, each of the others alone",
            &[
                "A>B 03-01 5 document=D",
                "A>B 03-02 6 document=D",
                "A>B 03-02 6",
                "A>B 04-20 7",
                "B<C 03-01 1",
            ],
            &[
                "awaiting_receipt OneSided 2+3> -",
                "awaiting_receipt OneSided 4> -",
                "awaiting_receipt OneSided 5> -",
                "awaiting_dispatch OneSided >6 -",
            ],
        ),
        (
            "date clusters",
            &[
                "A>B 2024-01-01 5 document=D",
                "A>B 2024-06-29 6 document=D",
                "A>B 2024-12-27 6 document=D",
            ],
            &[
                "awaiting_receipt OneSided 2+3> -",
                "awaiting_receipt OneSided 4> -",
            ],
        ),
    ]);
}

#[test]
fn suggestions() {
    let account = of(&[
        "A>B 03-01 1000 document=D1",
        "B<A 03-02 1001 document=D2",
        "B<A 03-02 900 document=D3",
    ]);
    let line = |row| LineRef { submission: 0, row };
    let all: Vec<_> = account
        .consignments
        .iter()
        .flat_map(|c| c.suggestions.clone())
        .collect();
    // 1,001 kg is within k·u = 1.415 kg of 1,000 kg, 900 kg is not.
    assert_eq!(all, [(line(3), line(2)), (line(2), line(3))]);
    let two = of(&[
        "A>B 03-01 1000 document=D1",
        "B<A 03-02 1000 document=D2",
        "B<A 03-02 1000 document=D3",
    ]);
    let all: Vec<_> = two
        .consignments
        .iter()
        .flat_map(|c| c.suggestions.clone())
        .collect();
    assert_eq!(
        all,
        [(line(3), line(2)), (line(4), line(2))],
        "the dispatch has two, the receipts one each"
    );
}

#[test]
fn reviewers() {
    let line = |row| LineRef { submission: 0, row };
    let with = |rows: &[&str], decisions: &[Decision]| {
        show(&account(
            &holders(),
            &[file(0, rows)],
            decisions,
            date("2024-12-31"),
        ))
    };
    let rows = ["A>B 03-01 1000", "B<A 03-02 1000", "B<A 03-03 1000"];
    let pair = Decision::Pair(vec![line(2), line(4)]);
    assert_eq!(
        with(&rows, &[pair]),
        ["awaiting_dispatch OneSided >3 -", "matched Reviewer 2>4 0"]
    );
    // Kept apart from one of its two candidates, the dispatch has one left.
    let apart = Decision::Apart(line(3), line(2));
    assert_eq!(
        with(&rows, std::slice::from_ref(&apart)),
        ["awaiting_dispatch OneSided >3 -", "matched Lane 2>4 0"]
    );
    // Kept apart under one document: the group goes to the later stages, where they may not meet either.
    let rows = ["A>B 03-01 1000 document=D", "B<A 03-02 1000 document=D"];
    assert_eq!(
        with(&rows, &[apart]),
        [
            "awaiting_dispatch OneSided >3 -",
            "awaiting_receipt OneSided 2> -"
        ]
    );
    let rows = ["A>B 03-01 1000", "C<B 03-02 1000"];
    assert_eq!(
        with(&rows, &[Decision::Pair(vec![line(2), line(3)])]),
        ["disputed Reviewer 2>3 0"]
    );
}
