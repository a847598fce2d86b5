//! Instruments files: with what a site measures, how well, when it was calibrated. One row per calibration.
//!
//! A tolerance ±T without more (also a legal maximum permissible error) means that errors are evenly spread within it:
//! r² + s² = T²/3, split evenly between what varies from reading to reading and what stays (JCGM 100:2008, 4.3.7).

use weighbridge_books::registry::{InstrumentRow, Measures};
use weighbridge_books::substances::quarantine::Code;
use weighbridge_measure::{Date, Found, ScaleClass, SubstanceTable};

use crate::issue::FileIssue;
use crate::number::{self, DecimalMark, NumberIssue};
use crate::text::key;
use crate::whole::{self, Layout, Row, RowIssue, RowReason, Taken};

const LAYOUT: Layout = Layout {
    columns: &[
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
    ],
    required: &["holder", "site", "measures", "calibrated_on"],
};
/// Words for what is measured.
const MEASURES: [(Measures, &str); 4] = [
    (Measures::Receipts, "receipts receipt in 收货 入库"),
    (Measures::Issues, "issues dispatch dispatches out 发货 出库"),
    (Measures::Process, "process use production 工艺 使用 生产"),
    (Measures::Stock, "stock stocktake inventory 库存 盘点"),
];
/// How an error is stated.
const WAYS: &str = "tolerance_percent; random_percent + systematic_percent; class";
/// Percent, at most: what is worse measures nothing.
const PERCENT_MAX: f64 = 50.0;

/// Reads an instruments file; every row, or what is wrong with those that are.
///
/// # Errors
/// [`FileIssue`] where the file as a whole cannot be read.
pub fn read_instruments(bytes: &[u8]) -> Result<Taken<InstrumentRow>, FileIssue> {
    whole::read(bytes, &LAYOUT, |row| {
        let (holder, site) = (row.needed("holder"), row.needed("site"));
        let substance = substance(row);
        let measures = measures(row);
        let error = error(row);
        let step_ug = step(row);
        let calibrated_on = calibrated_on(row);
        let (random_ppm, systematic_ppm) = error?;
        Some(InstrumentRow {
            row: row.number(),
            holder: holder?,
            site: site?,
            substance: substance?,
            measures: measures?,
            code: row.cell("instrument").to_owned(),
            random_ppm,
            systematic_ppm,
            step_ug: step_ug?,
            calibrated_on: calibrated_on?,
        })
    })
}

/// What is wrong with a row where an earlier one states the same calibration with other figures. Both must name holder and
/// site alike, which only the register can tell of codes, licences and numbers.
#[must_use]
pub fn contradiction(row: &InstrumentRow, earlier: &InstrumentRow) -> Option<RowIssue> {
    let figures = |r: &InstrumentRow| (r.random_ppm, r.systematic_ppm, r.step_ug);
    let said = |r: &InstrumentRow| {
        let percent = |ppm: u32| f64::from(ppm) / 1e4;
        let (random, systematic) = (percent(r.random_ppm), percent(r.systematic_ppm));
        format!("{random} % + {systematic} %, {} kg", r.step_ug as f64 / 1e9)
    };
    let same = |r: &InstrumentRow| {
        let place = (r.holder.clone(), r.site.clone(), r.substance.clone());
        (place, r.measures, r.code.clone(), r.calibrated_on)
    };
    (same(row) == same(earlier) && figures(row) != figures(earlier)).then(|| RowIssue {
        row: row.row,
        column: "calibrated_on",
        reason: RowReason::CalibrationContradict,
        found: said(row),
        expected: format!("row {}: {}", earlier.row, said(earlier)),
    })
}

/// Id of the substance; empty for whatever the site has.
fn substance(row: &mut Row<'_>) -> Option<String> {
    let text = row.cell("substance").to_owned();
    if text.is_empty() {
        return Some(text);
    }
    let table = SubstanceTable::shipped();
    match table.find(&text) {
        Found::One(id) => Some(table.get(id).id.to_owned()),
        _ => {
            let reason = RowReason::Cell(Code::SubstanceUnknown);
            row.reject("substance", reason, &text, "id, CAS number or name")
        }
    }
}

fn measures(row: &mut Row<'_>) -> Option<Measures> {
    let text = row.cell("measures").to_owned();
    let word = key(&text);
    let found = MEASURES
        .iter()
        .find(|(_, words)| words.split(' ').any(|w| w == word));
    if let Some((measures, _)) = found {
        return Some(*measures);
    }
    let codes: Vec<&str> = Measures::ALL.iter().map(|m| m.code()).collect();
    let reason = RowReason::Cell(Code::WordUnknown);
    row.reject("measures", reason, &text, &codes.join("; "))
}

/// Parts per million, from reading to reading and until the next calibration.
fn error(row: &mut Row<'_>) -> Option<(u32, u32)> {
    let [random, systematic, tolerance] =
        ["random_percent", "systematic_percent", "tolerance_percent"].map(|c| percent(row, c));
    let class = ScaleClass::parse(row.cell("class")).map(ScaleClass::u_ppm);
    #[allow(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "at most half a million"
    )]
    let ppm = |percent: f64| (percent * 1e4).round() as u32;
    // Only what is counted has no error at all.
    let stated = [random, systematic, tolerance].into_iter().flatten();
    if stated.clone().next().is_some() && stated.clone().all(|p| p == 0.0) {
        let expected = format!("0 < p <= {PERCENT_MAX} %");
        return row.reject("tolerance_percent", RowReason::PercentRange, "0", &expected);
    }
    let ways = [
        random.is_some() || systematic.is_some(),
        tolerance.is_some(),
        class.is_some(),
    ];
    if ways.into_iter().filter(|way| *way).count() > 1 {
        let found = [
            "tolerance_percent",
            "random_percent",
            "systematic_percent",
            "class",
        ]
        .map(|c| row.cell(c))
        .join("; ");
        return row.reject("tolerance_percent", RowReason::ErrorTwice, &found, WAYS);
    }
    match (random, systematic, tolerance, class) {
        (Some(r), Some(s), _, _) => Some((ppm(r), ppm(s))),
        (None, None, Some(t), _) => {
            let part = t / 6f64.sqrt();
            Some((ppm(part), ppm(part)))
        }
        (None, None, None, Some(u)) => {
            let part = f64::from(u) / 1e4 / std::f64::consts::SQRT_2;
            Some((ppm(part), ppm(part)))
        }
        _ if !row.is_right() => None,
        // Half of an error is none: 0 is for the reporter to say.
        (Some(_), None, _, _) => row.reject(
            "systematic_percent",
            RowReason::Cell(Code::Missing),
            "",
            WAYS,
        ),
        (None, Some(_), _, _) => {
            row.reject("random_percent", RowReason::Cell(Code::Missing), "", WAYS)
        }
        _ => {
            let found = row.cell("class").to_owned();
            let reason = RowReason::Cell(Code::Missing);
            row.reject("tolerance_percent", reason, &found, WAYS)
        }
    }
}

/// A share that was stated and is one.
fn percent(row: &mut Row<'_>, column: &'static str) -> Option<f64> {
    let text = row.cell(column).trim_end_matches('%').trim().to_owned();
    if text.is_empty() {
        return None;
    }
    let number = text.trim_start_matches('±').trim();
    // A group of thousands would be beyond any percentage: a comma is decimal.
    let value = number::parse(number, DecimalMark::Comma)
        .or_else(|_| number::parse(number, DecimalMark::Dot));
    let value = value
        .ok()
        .map(|d| d.mantissa() as f64 / 10f64.powi(i32::from(d.scale())));
    let value = value.filter(|v| (0.0..=PERCENT_MAX).contains(v));
    if value.is_some() {
        return value;
    }
    let expected = format!("0..{PERCENT_MAX} %");
    row.reject(column, RowReason::PercentRange, &text, &expected)
}

fn step(row: &mut Row<'_>) -> Option<u64> {
    let text = row.cell("step_kg").to_owned();
    if text.is_empty() {
        return Some(0);
    }
    let read = number::parse(&text, DecimalMark::Unstated);
    if let Err(NumberIssue::Ambiguous(one, other)) = &read {
        let expected = format!("{one}; {other}");
        return row.reject(
            "step_kg",
            RowReason::Cell(Code::AmountAmbiguous),
            &text,
            &expected,
        );
    }
    let ug = read.ok().and_then(|d| {
        let scale = 9u32.checked_sub(u32::from(d.scale()))?;
        u64::try_from(d.mantissa().checked_mul(10i128.pow(scale))?).ok()
    });
    if ug.is_some() {
        return ug;
    }
    let reason = RowReason::Cell(Code::AmountInvalid);
    row.reject("step_kg", reason, &text, "1234.5")
}

fn calibrated_on(row: &mut Row<'_>) -> Option<Date> {
    let text = row.cell("calibrated_on").to_owned();
    if let Ok(date) = text.parse() {
        return Some(date);
    }
    let reason = RowReason::Cell(Code::DateInvalid);
    row.reject("calibrated_on", reason, &text, "YYYY-MM-DD")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Taken<InstrumentRow> {
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
        let other = InstrumentRow {
            row: 3,
            random_ppm: 355,
            ..row.clone()
        };
        assert_eq!(contradiction(row, row), None);
        let said = contradiction(&other, row).unwrap();
        assert_eq!(said.expected, "row 2: 0.0354 % + 0.0354 %, 0 kg");
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
                RowReason::Cell(Code::DateInvalid),
            ),
            (
                "A,A1,acetone,stock,99,2025-03-01",
                "tolerance_percent",
                RowReason::PercentRange,
            ),
            (
                "A,A1,acetone,stock,,2025-03-01",
                "tolerance_percent",
                RowReason::Cell(Code::Missing),
            ),
            (
                "A,A1,acetone,tank,0.3,2025-03-01",
                "measures",
                RowReason::Cell(Code::WordUnknown),
            ),
            (
                "A,A1,unobtainium,stock,0.3,2025-03-01",
                "substance",
                RowReason::Cell(Code::SubstanceUnknown),
            ),
            (
                "A,A1,acetone,stock,\"0,3,1\",2025-03-01",
                "tolerance_percent",
                RowReason::PercentRange,
            ),
            (
                ",A1,acetone,stock,0.3,2025-03-01",
                "holder",
                RowReason::Cell(Code::Missing),
            ),
        ] {
            let issues = read(&format!("{head}{row}\n")).unwrap_err();
            assert_eq!(
                (issues[0].column, issues[0].reason, issues[0].row),
                (column, code, 2),
                "{row}"
            );
        }
        // An error is stated in one way, and whole.
        let head_all = "holder;site;measures;class;tolerance_percent;random_percent;systematic_percent;step_kg;calibrated_on\n";
        for (cells, column, code) in [
            ("三级;0.3;;;1", "tolerance_percent", RowReason::ErrorTwice),
            (";0.3;0.1;0.1;1", "tolerance_percent", RowReason::ErrorTwice),
            (
                ";;0.1;;1",
                "systematic_percent",
                RowReason::Cell(Code::Missing),
            ),
            (";;;0.1;1", "random_percent", RowReason::Cell(Code::Missing)),
            (
                ";0.3;;;1,500",
                "step_kg",
                RowReason::Cell(Code::AmountAmbiguous),
            ),
            (";;0;0;1", "tolerance_percent", RowReason::PercentRange),
        ] {
            let issues = read(&format!("{head_all}A;A1;stock;{cells};2025-03-01\n")).unwrap_err();
            assert_eq!(
                (issues[0].column, issues[0].reason),
                (column, code),
                "{cells}"
            );
        }
        let right = read(&format!("{head_all}A;A1;stock;;±0,3 %;;;0,5;2025-03-01\n")).unwrap();
        assert_eq!(
            (right[0].random_ppm, right[0].step_ug),
            (1_225, 500_000_000)
        );
        assert!(matches!(
            read_instruments(b"a,b\n1,2\n"),
            Err(FileIssue::HeaderMissing { .. })
        ));
        assert!(matches!(
            read_instruments(head.as_bytes()),
            Err(FileIssue::NoRows)
        ));
    }
}
