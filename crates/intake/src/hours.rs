//! Hours files: how long a visit to a site takes. One row per site.

use std::collections::BTreeMap;

use crate::issue::FileIssue;
use crate::number::{self, DecimalMark};
use crate::text::key;
use crate::whole::{self, Layout, Row, RowReason, Taken};

const LAYOUT: Layout = Layout {
    columns: &[
        ("holder", "code holdercode 持有单位 单位编码 编码"),
        ("site", "sitecode 场所 仓库 场所编码"),
        ("hours", "hour h 小时 小时数 工时"),
    ],
    required: &["holder", "site", "hours"],
};
/// Hours that a visit may take; more is a slip.
const HOURS_MAX: f64 = 1_000.0;

/// How long a visit takes.
#[derive(Clone, PartialEq, Debug)]
pub struct HoursRow {
    /// Row number in the file.
    pub row: u32,
    /// Code, licence or number of the holder.
    pub holder: String,
    /// Code of its site.
    pub site: String,
    /// Hours.
    pub hours: f64,
}

impl HoursRow {
    /// What is wrong with this row where an earlier one has other hours for the same site.
    #[must_use]
    pub fn against(&self, earlier: &HoursRow) -> Option<whole::RowIssue> {
        let same = self.hours.total_cmp(&earlier.hours).is_eq();
        (!same).then(|| whole::RowIssue {
            row: self.row,
            column: "hours",
            reason: RowReason::HoursContradict,
            found: self.hours.to_string(),
            expected: format!("row {}: {}", earlier.row, earlier.hours),
        })
    }
}

/// Reads an hours file; every row, or what is wrong with those that are.
///
/// # Errors
/// [`FileIssue`] where the file as a whole cannot be read.
pub fn read_hours(bytes: &[u8]) -> Result<Taken<HoursRow>, FileIssue> {
    let mut before: BTreeMap<(String, String), HoursRow> = BTreeMap::new();
    whole::read(bytes, &LAYOUT, |row| {
        let (holder, site) = (row.needed("holder"), row.needed("site"));
        let hours = hours(row);
        let read = HoursRow {
            row: row.number(),
            holder: holder?,
            site: site?,
            hours: hours?,
        };
        let place = (key(&read.holder), key(&read.site));
        match before.get(&place).and_then(|earlier| read.against(earlier)) {
            Some(issue) => row.reject(issue.column, issue.reason, &issue.found, &issue.expected),
            None => {
                before.entry(place).or_insert_with(|| read.clone());
                Some(read)
            }
        }
    })
}

fn hours(row: &mut Row<'_>) -> Option<f64> {
    let text = row.needed("hours")?;
    let read = number::parse(&text, DecimalMark::Unstated).ok();
    let hours = read.map(|d| d.mantissa() as f64 / 10f64.powi(i32::from(d.scale())));
    let hours = hours.filter(|h| *h > 0.0 && *h <= HOURS_MAX);
    match hours {
        Some(hours) => Some(hours),
        None => row.reject(
            "hours",
            RowReason::HoursRange,
            &text,
            &format!("0 < h <= {HOURS_MAX}"),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn gb18030(text: &str) -> Vec<u8> {
        encoding_rs::GB18030.encode(text).0.into_owned()
    }

    #[test]
    fn rows_as_people_write_them() {
        let want = [("A", "A1", 2.5), ("B", "B 1, north", 8.0)];
        let plain = "holder,site,hours\nA,A1,2.5\nB,\"B 1, north\",8\n";
        let chinese = "持有单位,场所,小时\nA,A1,2.5\nB,\"B 1, north\",8\n";
        let utf16: Vec<u8> = [0xFF, 0xFE]
            .into_iter()
            .chain(chinese.encode_utf16().flat_map(u16::to_le_bytes))
            .collect();
        for bytes in [
            plain.as_bytes().to_vec(),
            format!("\u{feff}{plain}").into_bytes(),
            plain.replace('\n', "\r\n").into_bytes(),
            chinese.as_bytes().to_vec(),
            gb18030(chinese),
            utf16,
            b"\n hours ;Holder;Site Code;note\n2,5;A;A1;x\n\n8;B;B 1, north;\n".to_vec(),
            "单位编码\t仓库\t工时\nA\tA1\t２．５\nB\tB 1, north\t8\n".into(),
            // The same again contradicts nothing.
            format!("{plain}a,a1,2.50\n").into_bytes(),
        ] {
            let rows = read_hours(&bytes).unwrap().unwrap();
            let rows: Vec<_> = rows
                .iter()
                .map(|r| (r.holder.as_str(), r.site.as_str(), r.hours))
                .collect();
            let told = String::from_utf8_lossy(&bytes);
            assert_eq!(rows[..2], want, "{told}");
        }
    }

    #[test]
    fn what_is_wrong_is_named() {
        let missing = RowReason::Cell(weighbridge_books::substances::quarantine::Code::Missing);
        let range = RowReason::HoursRange;
        for (row, column, reason, found) in [
            ("A,A1,0", "hours", range, "0"),
            ("A,A1,-2", "hours", range, "-2"),
            ("A,A1,NaN", "hours", range, "NaN"),
            ("A,A1,1e9", "hours", range, "1e9"),
            ("A,A1,1001", "hours", range, "1001"),
            ("A,A1,two", "hours", range, "two"),
            // A thousand, or one and a half.
            ("A,A1,\"1,500\"", "hours", range, "1,500"),
            ("A,A1,", "hours", missing, ""),
            ("A,A1", "hours", missing, ""),
            (",A1,2", "holder", missing, ""),
            ("A,,2", "site", missing, ""),
        ] {
            let text = format!("holder,site,hours\n{row}\n");
            let issues = read_hours(text.as_bytes()).unwrap().unwrap_err();
            let issue = &issues[0];
            let told = (issue.row, issue.column, issue.reason, issue.found.as_str());
            assert_eq!(told, (2, column, reason, found), "{row}");
        }
    }

    #[test]
    fn a_contradiction_names_both_rows() {
        let text = "holder,site,hours\nA,A1,2\nB,B1,3\nＡ,a1,4\n";
        let issues = read_hours(text.as_bytes()).unwrap().unwrap_err();
        assert_eq!(issues.len(), 1);
        assert_eq!(
            (issues[0].row, issues[0].expected.as_str()),
            (4, "row 2: 2")
        );
        assert_eq!(issues[0].reason, RowReason::HoursContradict);
    }

    #[test]
    fn files_that_are_none() {
        for (bytes, code) in [
            (&b""[..], "empty"),
            (b"\n \n", "empty"),
            (b"holder,site,hours\n", "no_rows"),
            (b"A,A1,2\n", "header_missing"),
            (b"holder,site\nA,A1\n", "header_missing"),
            (b"holder,site,hours,h\nA,A1,2,3\n", "header_twice"),
            (b"PK\x03\x04 and xl/workbook.xml", "workbook"),
            (b"\xD0\xCF\x11\xE0\xA1\xB1\x1A\xE1", "workbook"),
            (b"%PDF-1.7", "not_table"),
            (b"holder,site,hours\n\x00\x01\x02", "not_text"),
        ] {
            let issue = read_hours(bytes).unwrap_err();
            assert_eq!(issue.code(), code, "{}", String::from_utf8_lossy(bytes));
        }
        let person = "holder,site,hours,身份证号\nA,A1,2,\n";
        let issue = read_hours(person.as_bytes()).unwrap_err();
        assert_eq!(issue.code(), "person_column");
        let open = read_hours(b"holder,site,hours\nA,\"A1,2\n").unwrap();
        assert_eq!(open.unwrap_err()[0].row, 2);
    }
}
