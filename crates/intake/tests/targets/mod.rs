//! What any bytes must leave true of the readers: shared by the replay of the corpora and the fuzz targets.

use std::io::{BufReader, Cursor};

use weighbridge_books::substances::movement::Movement;
use weighbridge_books::substances::quarantine::{Issue, SetAside};
use weighbridge_intake::limits::SNIFF_LEN;
use weighbridge_intake::{
    Format, Input, Options, Sink, Summary, holds_identity_number, read, read_holders, sniff,
};
use weighbridge_measure::Date;

/// A target by name, and the file name that its inputs pretend to have.
pub(crate) const TARGETS: [(&str, &str); 7] = [
    ("movements_csv", "movements.csv"),
    ("holders_csv", "holders.csv"),
    ("movements_xlsx", "movements.xlsx"),
    ("arcos_fixed", "arcos.txt"),
    ("arcos_tsv", "arcos.tsv"),
    ("epcis_xml", "events.xml"),
    ("epcis_json", "events.json"),
];

#[derive(Default, PartialEq, Debug)]
struct Counts {
    taken: u64,
    aside: u64,
    base_ug: i128,
}

impl Sink for Counts {
    fn movement(&mut self, m: &Movement<'_>) -> Result<(), Issue> {
        let texts = [
            m.reporter,
            m.site,
            m.counterparty,
            m.counterparty_site,
            m.remark,
        ];
        for text in texts.iter().chain(&m.texts) {
            assert!(
                !holds_identity_number(text),
                "the guard let a number of a person through"
            );
        }
        assert!(!m.amount.is_negative());
        self.taken += 1;
        self.base_ug += i128::from(m.row);
        Ok(())
    }

    fn set_aside(&mut self, row: SetAside) {
        assert!(!row.issues.is_empty(), "a row set aside without a reason");
        self.aside += 1;
    }
}

fn options() -> Options {
    Options {
        reporter: Some("R".to_owned()),
        today: Date::from_ymd(2026, 11, 20).unwrap_or(Date::MIN),
    }
}

fn check(summary: &Summary, counts: &Counts) {
    assert_eq!(
        (summary.accepted, summary.set_aside),
        (counts.taken, counts.aside)
    );
    assert!(
        summary.accepted + summary.set_aside <= summary.rows_read.max(counts.taken + counts.aside)
    );
}

/// Detects and reads; a stream in small pieces must give what the whole gives.
pub(crate) fn read_any(bytes: &[u8], name: &str) {
    let head = bytes.get(..SNIFF_LEN).unwrap_or(bytes);
    let Ok(detection) = sniff(head, name) else {
        return;
    };
    if detection.format == Format::HoldersCsv {
        let mut rows = 0_u64;
        if let Ok(summary) = read_holders(&mut Cursor::new(bytes), &detection, &mut |_| rows += 1) {
            assert_eq!(
                (summary.accepted, summary.accepted + summary.rejected),
                (rows, summary.rows_read)
            );
        }
        return;
    }
    let mut whole = Counts::default();
    let result = read(
        Input::Bytes(bytes),
        name,
        &detection,
        &options(),
        &mut whole,
        &mut |_| {},
    );
    if let Ok(summary) = &result {
        check(summary, &whole);
    }
    if detection.format.needs_bytes() {
        return;
    }
    let mut pieces = Counts::default();
    let mut stream = BufReader::with_capacity(7, bytes);
    let again = read(
        Input::Stream(&mut stream),
        name,
        &detection,
        &options(),
        &mut pieces,
        &mut |_| {},
    );
    assert_eq!(
        result.is_ok(),
        again.is_ok(),
        "in pieces the file reads otherwise"
    );
    if result.is_ok() {
        assert_eq!(whole, pieces, "in pieces the file reads otherwise");
    }
}
