//! Instruments files: with what a site measures, how well, when it was calibrated. One row per calibration.
//!
//! A tolerance ±T without more (also a legal maximum permissible error) means that errors are evenly spread within it:
//! r² + s² = T²/3, split evenly between what varies from reading to reading and what stays (JCGM 100:2008, 4.3.7).
//! Absent: taking some rows of a file and not others; a file is right as a whole or is not taken.

use std::cell::Cell;

use weighbridge_books::registry::{InstrumentRow, Measures};
use weighbridge_books::substances::draft::TEXT_MAX;
use weighbridge_books::substances::quarantine::{Code, FOUND_MAX};
use weighbridge_measure::{Date, Decimal, Found, ScaleClass, SubstanceTable};

use crate::encoding::{Encoding, Utf8Stream};
use crate::guard::holds_identity_number;
use crate::holders::HolderIssue;
use crate::issue::FileIssue;
use crate::limits::{MAX_COUNTED, MAX_ROWS};
use crate::records::{Found as Record, Records};
use crate::text::{fold, key};

/// A column with its other names, as [`key`] makes them.
const COLUMNS: [(&str, &str); 11] = [
    ("holder", "code holdercode 持有单位 单位编码 编码"),
    ("site", "sitecode 场所 仓库 场所编码"),
    ("substance", "品种 物质"),
    ("measures", "use 用途 计量对象"),
    ("instrument", "serial serialno 器具编号 编号"),
    ("class", "scaleclass 等级 准确度等级"),
    ("tolerance_percent", "tolerance mpe 允差 最大允许误差"),
    ("random_percent", "random 随机误差"),
    ("systematic_percent", "systematic 系统误差"),
    ("step_kg", "step resolution 分度值 分辨力"),
    (
        "calibrated_on",
        "calibrated calibrationdate 校准日期 检定日期",
    ),
];
/// Words for what is measured.
const MEASURES: [(Measures, &str); 4] = [
    (Measures::Receipts, "receipts receipt in 收货 入库"),
    (Measures::Issues, "issues dispatch dispatches out 发货 出库"),
    (Measures::Process, "process use production 工艺 使用 生产"),
    (Measures::Stock, "stock stocktake inventory 库存 盘点"),
];
/// Percent, at most: what is worse measures nothing.
const PERCENT_MAX: f64 = 50.0;

/// Reads an instruments file; every row, or what is wrong with those that are.
///
/// # Errors
/// [`FileIssue`] where the file as a whole cannot be read.
pub fn read_instruments(
    bytes: &[u8],
) -> Result<Result<Vec<InstrumentRow>, Vec<HolderIssue>>, FileIssue> {
    let count = Cell::new(0);
    let encoding = Encoding::of(bytes)?;
    let first = bytes.split(|b| *b == b'\n').next().unwrap_or_default();
    let delimiters = [b',', b';', b'\t'];
    let delimiter = delimiters
        .into_iter()
        .max_by_key(|d| first.iter().filter(|b| *b == d).count())
        .unwrap_or(b',');
    let mut stream = bytes;
    let mut records = Records::new(Utf8Stream::new(&mut stream, encoding, &count), delimiter);
    let mut columns: Vec<Option<&'static str>> = Vec::new();
    let (mut rows, mut issues) = (Vec::new(), Vec::new());
    loop {
        let found = records.next()?;
        if found == Record::End {
            break;
        }
        let text = String::from_utf8_lossy(records.text()).into_owned();
        let cells: Vec<String> = records
            .cells()
            .iter()
            .map(|(a, b)| fold(text.get(*a..*b).unwrap_or_default()).into_owned())
            .collect();
        if cells.iter().all(String::is_empty) {
            continue;
        }
        if columns.is_empty() {
            columns = cells.iter().map(|c| column(c)).collect();
            let needed = ["holder", "site", "measures", "calibrated_on"].into_iter();
            let absent: Vec<&str> = needed.filter(|n| !columns.contains(&Some(n))).collect();
            if !absent.is_empty() {
                return Err(FileIssue::HeaderMissing {
                    absent,
                    seen: cells,
                });
            }
            continue;
        }
        let mut reader = Row {
            number: records.row(),
            columns: &columns,
            cells: &cells,
            issues: Vec::new(),
        };
        if found != Record::Record {
            reader.reject("row", Code::Unreadable, "", "");
        }
        match reader.read().filter(|_| reader.issues.is_empty()) {
            Some(row) => rows.push(row),
            None if issues.len() < MAX_COUNTED => issues.append(&mut reader.issues),
            None => {}
        }
        if rows.len() as u64 > MAX_ROWS {
            return Err(FileIssue::TooManyRows { limit: MAX_ROWS });
        }
    }
    match (rows.is_empty(), issues.is_empty()) {
        (true, true) => Err(FileIssue::Empty),
        (_, true) => Ok(Ok(rows)),
        _ => Ok(Err(issues)),
    }
}

fn column(header: &str) -> Option<&'static str> {
    let header = key(header.trim_matches(['*', ' ', ':']));
    let fits = |(code, names): &&(&'static str, &str)| {
        key(code) == header || names.split(' ').any(|n| n == header)
    };
    COLUMNS.iter().find(fits).map(|(code, _)| *code)
}

struct Row<'a> {
    number: u32,
    columns: &'a [Option<&'static str>],
    cells: &'a [String],
    issues: Vec<HolderIssue>,
}

impl Row<'_> {
    fn reject(&mut self, column: &'static str, code: Code, found: &str, expected: &str) {
        self.issues.push(HolderIssue {
            row: self.number,
            column,
            code,
            found: found.chars().take(FOUND_MAX).collect(),
            expected: expected.to_owned(),
        });
    }

    fn cell(&self, column: &str) -> &str {
        let at = self.columns.iter().position(|c| *c == Some(column));
        at.and_then(|at| self.cells.get(at))
            .map_or("", String::as_str)
    }

    fn read(&mut self) -> Option<InstrumentRow> {
        for (n, cell) in self.cells.iter().enumerate() {
            let column = self.columns.get(n).copied().flatten().unwrap_or("row");
            if holds_identity_number(cell) {
                self.issues.clear();
                self.reject(column, Code::IdentityNumber, "", "");
                return None;
            }
            if cell.len() > TEXT_MAX {
                self.reject(
                    column,
                    Code::TextTooLong,
                    cell,
                    &format!("<= {TEXT_MAX} bytes"),
                );
                return None;
            }
        }
        for needed in ["holder", "site"] {
            if self.cell(needed).is_empty() {
                self.reject(needed, Code::Missing, "", "code");
            }
        }
        let substance = self.substance();
        let measures = self.measures();
        let error = self.error();
        let step_ug = self.step();
        let calibrated_on = self.calibrated_on();
        let (random_ppm, systematic_ppm) = error?;
        Some(InstrumentRow {
            row: self.number,
            holder: self.cell("holder").to_owned(),
            site: self.cell("site").to_owned(),
            substance,
            measures: measures?,
            code: self.cell("instrument").to_owned(),
            random_ppm,
            systematic_ppm,
            step_ug,
            calibrated_on: calibrated_on?,
        })
    }

    fn substance(&mut self) -> String {
        let text = self.cell("substance").to_owned();
        if text.is_empty() {
            return text;
        }
        let table = SubstanceTable::shipped();
        match table.find(&text) {
            Found::One(id) => table.get(id).id.to_owned(),
            _ => {
                self.reject("substance", Code::SubstanceUnknown, &text, "id, CAS, name");
                String::new()
            }
        }
    }

    fn measures(&mut self) -> Option<Measures> {
        let text = self.cell("measures").to_owned();
        let word = key(&text);
        let found = MEASURES
            .iter()
            .find(|(_, words)| words.split(' ').any(|w| w == word));
        if found.is_none() {
            let codes: Vec<&str> = Measures::ALL.iter().map(|m| m.code()).collect();
            self.reject("measures", Code::WordUnknown, &text, &codes.join("; "));
        }
        found.map(|(m, _)| *m)
    }

    /// Parts per million, from reading to reading and until the next calibration.
    fn error(&mut self) -> Option<(u32, u32)> {
        let [random, systematic, tolerance] =
            ["random_percent", "systematic_percent", "tolerance_percent"].map(|c| self.percent(c));
        let class = ScaleClass::parse(self.cell("class")).map(ScaleClass::u_ppm);
        #[allow(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "at most half a million"
        )]
        let ppm = |percent: f64| (percent * 1e4).round() as u32;
        match (random, systematic, tolerance, class) {
            (Some(r), s, _, _) => Some((ppm(r), ppm(s.unwrap_or(0.0)))),
            (None, Some(s), _, _) => Some((0, ppm(s))),
            (None, None, Some(t), _) => {
                let part = t / 6f64.sqrt();
                Some((ppm(part), ppm(part)))
            }
            (None, None, None, Some(u)) => {
                let part = f64::from(u) / 1e4 / std::f64::consts::SQRT_2;
                Some((ppm(part), ppm(part)))
            }
            _ if !self.issues.is_empty() => None,
            _ => {
                let expected = "tolerance_percent; random_percent + systematic_percent; class";
                let found = self.cell("class").to_owned();
                self.reject("tolerance_percent", Code::Missing, &found, expected);
                None
            }
        }
    }

    fn percent(&mut self, column: &'static str) -> Option<f64> {
        let text = self.cell(column).trim_end_matches('%').trim().to_owned();
        if text.is_empty() {
            return None;
        }
        let value = text
            .trim_start_matches('±')
            .trim()
            .parse::<f64>()
            .unwrap_or(f64::NAN);
        if (0.0..=PERCENT_MAX).contains(&value) {
            return Some(value);
        }
        self.reject(
            column,
            Code::AmountInvalid,
            &text,
            &format!("0..{PERCENT_MAX} %"),
        );
        None
    }

    fn step(&mut self) -> u64 {
        let text = self.cell("step_kg").to_owned();
        if text.is_empty() {
            return 0;
        }
        let ug = Decimal::parse(&text).ok().and_then(|d| {
            let scale = 9u32.checked_sub(u32::from(d.scale()))?;
            u64::try_from(d.mantissa().checked_mul(10i128.pow(scale))?).ok()
        });
        if ug.is_none() {
            self.reject("step_kg", Code::AmountInvalid, &text, "kg");
        }
        ug.unwrap_or(0)
    }

    fn calibrated_on(&mut self) -> Option<Date> {
        let text = self.cell("calibrated_on").to_owned();
        let date = text.parse().ok();
        if date.is_none() {
            self.reject("calibrated_on", Code::DateInvalid, &text, "YYYY-MM-DD");
        }
        date
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Vec<InstrumentRow>, Vec<HolderIssue>> {
        read_instruments(text.as_bytes()).unwrap()
    }

    #[test]
    fn rows_in_both_languages() {
        let english = "holder,site,substance,measures,instrument,tolerance_percent,step_kg,calibrated_on\n\
                       A,A1,acetone,stock,SN-7,0.3,0.5,2025-03-01\n";
        let row = &read(english).unwrap()[0];
        // ±0.3 %: standard deviations of 0.3/√6 % each.
        assert_eq!((row.random_ppm, row.systematic_ppm), (1_225, 1_225));
        assert_eq!((row.step_ug, row.measures), (500_000_000, Measures::Stock));
        assert_eq!(
            (row.substance.as_str(), row.code.as_str()),
            ("acetone", "SN-7")
        );
        let chinese = "持有单位;场所;品种;用途;等级;检定日期\nA;A1;;收货;三级;2025-03-01\n";
        let row = &read(chinese).unwrap()[0];
        assert_eq!((row.random_ppm, row.systematic_ppm), (354, 354));
        assert_eq!(
            (row.measures, row.substance.as_str()),
            (Measures::Receipts, "")
        );
        let both = "holder,site,measures,random_percent,systematic_percent,calibrated_on\n\
                    A,A1,issues,0.02,0.01,2025-03-01\n";
        let row = &read(both).unwrap()[0];
        assert_eq!((row.random_ppm, row.systematic_ppm), (200, 100));
    }

    #[test]
    fn what_is_wrong_is_named() {
        let head = "holder,site,substance,measures,tolerance_percent,calibrated_on\n";
        for (row, column, code) in [
            (
                "A,A1,acetone,stock,0.3,March",
                "calibrated_on",
                Code::DateInvalid,
            ),
            (
                "A,A1,acetone,stock,99,2025-03-01",
                "tolerance_percent",
                Code::AmountInvalid,
            ),
            (
                "A,A1,acetone,stock,,2025-03-01",
                "tolerance_percent",
                Code::Missing,
            ),
            (
                "A,A1,acetone,tank,0.3,2025-03-01",
                "measures",
                Code::WordUnknown,
            ),
            (
                "A,A1,unobtainium,stock,0.3,2025-03-01",
                "substance",
                Code::SubstanceUnknown,
            ),
            (",A1,acetone,stock,0.3,2025-03-01", "holder", Code::Missing),
        ] {
            let issues = read(&format!("{head}{row}\n")).unwrap_err();
            assert_eq!(
                (issues[0].column, issues[0].code, issues[0].row),
                (column, code, 2),
                "{row}"
            );
        }
        assert!(matches!(
            read_instruments(b"a,b\n1,2\n"),
            Err(FileIssue::HeaderMissing { .. })
        ));
        assert!(matches!(
            read_instruments(head.as_bytes()),
            Err(FileIssue::Empty)
        ));
    }
}
