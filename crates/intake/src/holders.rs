//! Holders files: who may hold, at which sites, under which licence. One row per holder, site and licence.

use std::cell::Cell;
use std::collections::HashMap;
use std::io::BufRead;
use std::sync::LazyLock;

use weighbridge_books::registry::holder_row::{HolderRow, Reports};
use weighbridge_books::substances::draft::TEXT_MAX;
use weighbridge_books::substances::quarantine::{Code, FOUND_MAX};
use weighbridge_measure::{Date, dea_ok, uscc_check_char, uscc_ok};

use crate::dates::{self, DateStyle};
use crate::detect::Detection;
use crate::encoding::Utf8Stream;
use crate::formats::Format;
use crate::guard::holds_identity_number;
use crate::issue::FileIssue;
use crate::limits::{MAX_COUNTED, MAX_RECORD, MAX_ROWS};
use crate::records::{Found, Records};
use crate::text::{fold, key};

/// A column of a holders file.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(crate) enum HolderField {
    Code,
    Name,
    NameEn,
    Uscc,
    Dea,
    Licence,
    LicenceClasses,
    LicenceFrom,
    LicenceTo,
    Site,
    SiteName,
    Area,
    Authority,
    ValidFrom,
    ValidTo,
    Reports,
}

/// Column, code, other header names written as [`key`] makes them.
const COLUMNS: [(HolderField, &str, &str); 16] = [
    (
        HolderField::Code,
        "code",
        "holder holdercode id 编码 代码 企业编码 单位编码 企业代码",
    ),
    (
        HolderField::Name,
        "name",
        "holdername company 名称 企业名称 单位名称",
    ),
    (
        HolderField::NameEn,
        "name_en",
        "englishname nameenglish 英文名称 英文名",
    ),
    (
        HolderField::Uscc,
        "uscc",
        "creditcode unifiedsocialcreditcode 统一社会信用代码 信用代码",
    ),
    (HolderField::Dea, "dea", "deanumber deano dea号"),
    (
        HolderField::Licence,
        "licence",
        "license licenceno licencenumber licensenumber 许可证号 备案证明号 许可证 许可证号/备案证明号",
    ),
    (
        HolderField::LicenceClasses,
        "licence_classes",
        "licenseclasses classes class 类别 许可类别 品种类别",
    ),
    (
        HolderField::LicenceFrom,
        "licence_from",
        "licensefrom 许可起始日期 发证日期 许可证生效日期",
    ),
    (
        HolderField::LicenceTo,
        "licence_to",
        "licenseto expires expiry 许可截止日期 许可证到期日期 有效期至",
    ),
    (
        HolderField::Site,
        "site",
        "siteid sitecode 场所 仓库 场所编码 仓库编码",
    ),
    (HolderField::SiteName, "site_name", "场所名称 仓库名称"),
    (
        HolderField::Area,
        "area",
        "region 地区 行政区划 所在地区 区域",
    ),
    (
        HolderField::Authority,
        "authority",
        "主管部门 主管机关 监管部门",
    ),
    (
        HolderField::ValidFrom,
        "valid_from",
        "from 生效日期 起始日期",
    ),
    (HolderField::ValidTo, "valid_to", "to 失效日期 终止日期"),
    (
        HolderField::Reports,
        "reports",
        "reportshere 是否报送 是否填报 报送",
    ),
];

/// Every accepted header of a holders file, folded.
static HOLDER_NAMES: LazyLock<HashMap<String, HolderField>> = LazyLock::new(|| {
    let mut all = HashMap::new();
    for (field, code, names) in COLUMNS {
        for name in std::iter::once(key(code)).chain(names.split(' ').map(str::to_owned)) {
            all.entry(name).or_insert(field);
        }
    }
    all
});

impl HolderField {
    /// The column of a header.
    pub(crate) fn of(header: &str) -> Option<HolderField> {
        HOLDER_NAMES
            .get(&key(fold(header).trim_matches(['*', ' ', ':'])))
            .copied()
    }

    fn code(self) -> &'static str {
        COLUMNS
            .iter()
            .find(|(f, ..)| *f == self)
            .map_or("", |(_, code, _)| code)
    }
}

/// What is wrong with a row of a holders file.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HolderIssue {
    /// Row number in the file.
    pub row: u32,
    /// The column.
    pub column: &'static str,
    /// The reason.
    pub code: Code,
    /// What stood there; empty where the guard refused it.
    pub found: String,
    /// What would have been right.
    pub expected: String,
}

/// What reading a holders file came to.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HoldersSummary {
    /// Rows with content.
    pub rows_read: u64,
    /// Rows handed on.
    pub accepted: u64,
    /// Rows with issues, which are not handed on.
    pub rejected: u64,
    /// The issues; beyond a limit only counted in `rejected`.
    pub issues: Vec<HolderIssue>,
    /// Numbers of DEA shape whose check digit is wrong (a note only: the rule is not verified).
    pub dea_check: u64,
    /// Header cells that were not understood.
    pub unknown_headers: Vec<String>,
}

/// Reads a holders file.
///
/// # Errors
/// [`FileIssue`] where the file as a whole cannot be read.
pub fn read_holders(
    input: &mut dyn BufRead,
    detection: &Detection,
    take: &mut dyn FnMut(HolderRow),
) -> Result<HoldersSummary, FileIssue> {
    if detection.format != Format::HoldersCsv {
        return Err(FileIssue::WrongKind {
            found: detection.format.code(),
            expected: Format::HoldersCsv.code(),
        });
    }
    let fields: Vec<Option<HolderField>> = detection
        .columns
        .iter()
        .map(|c| HolderField::of(&c.header))
        .collect();
    let unknown = detection
        .columns
        .iter()
        .zip(&fields)
        .filter(|(c, f)| f.is_none() && !c.header.is_empty());
    let mut summary = HoldersSummary {
        unknown_headers: unknown.map(|(c, _)| c.header.clone()).collect(),
        ..HoldersSummary::default()
    };
    let count = Cell::new(0);
    let mut records = Records::new(
        Utf8Stream::new(input, detection.encoding, &count),
        detection.delimiter.unwrap_or(b','),
    );
    loop {
        let found = records.next()?;
        let row = records.row();
        if found == Found::End {
            break;
        }
        if row <= detection.header_row {
            continue;
        }
        let mut reader = RowReader {
            row,
            style: detection.date_style,
            issues: Vec::new(),
            dea_check: 0,
        };
        let parsed = match (found, std::str::from_utf8(records.text())) {
            (Found::Record, Ok(text)) if !text.bytes().any(|b| b == 0 || b == 0x7F) => {
                match reader.read(text, records.cells(), &fields) {
                    Some(parsed) => Some(parsed),
                    None if reader.issues.is_empty() => continue,
                    None => None,
                }
            }
            (Found::TooLong, _) if records.unclosed() => {
                reader.reject("row", Code::QuotationOpen, "", "closing quotation mark")
            }
            (Found::TooLong, _) => reader.reject(
                "row",
                Code::TextTooLong,
                "",
                &format!("<= {MAX_RECORD} bytes"),
            ),
            _ => reader.reject(
                "row",
                Code::Unreadable,
                "",
                "valid text in the file's encoding",
            ),
        };
        summary.rows_read += 1;
        summary.dea_check += reader.dea_check;
        match parsed.filter(|_| reader.issues.is_empty()) {
            Some(parsed) => {
                summary.accepted += 1;
                take(parsed);
            }
            None => {
                summary.rejected += 1;
                if summary.issues.len() < MAX_COUNTED {
                    summary.issues.append(&mut reader.issues);
                }
            }
        }
        if summary.rows_read > MAX_ROWS {
            return Err(FileIssue::TooManyRows { limit: MAX_ROWS });
        }
    }
    if summary.rows_read == 0 {
        Err(FileIssue::Empty)
    } else {
        Ok(summary)
    }
}

struct RowReader {
    row: u32,
    style: DateStyle,
    issues: Vec<HolderIssue>,
    dea_check: u64,
}

impl RowReader {
    fn reject(
        &mut self,
        column: &'static str,
        code: Code,
        found: &str,
        expected: &str,
    ) -> Option<HolderRow> {
        let found = found.chars().take(FOUND_MAX).collect();
        self.issues.push(HolderIssue {
            row: self.row,
            column,
            code,
            found,
            expected: expected.to_owned(),
        });
        None
    }

    /// `None` without issues is a blank row.
    fn read(
        &mut self,
        text: &str,
        ranges: &[(usize, usize)],
        fields: &[Option<HolderField>],
    ) -> Option<HolderRow> {
        let mut holder = HolderRow {
            row: self.row,
            ..HolderRow::default()
        };
        let mut blank = true;
        for (n, (a, b)) in ranges.iter().enumerate() {
            let cell = fold(text.get(*a..*b).unwrap_or_default());
            if cell.is_empty() {
                continue;
            }
            blank = false;
            let field = fields.get(n).copied();
            if holds_identity_number(&cell) {
                self.issues.clear();
                return self.reject(
                    field.flatten().map_or("row", HolderField::code),
                    Code::IdentityNumber,
                    "",
                    "",
                );
            }
            match field {
                Some(Some(field)) => self.cell(field, cell.into_owned(), &mut holder),
                Some(None) => {}
                None => {
                    let _ = self.reject(
                        "row",
                        Code::Unreadable,
                        &cell,
                        &format!("<= {} columns", fields.len()),
                    );
                }
            }
        }
        if blank {
            return None;
        }
        if holder.code.is_empty() {
            return self.reject("code", Code::Missing, "", "code of the holder");
        }
        for (from, to, column) in [
            (holder.licence_from, holder.licence_to, "licence_to"),
            (holder.valid_from, holder.valid_to, "valid_to"),
        ] {
            if let (Some(from), Some(to)) = (from, to)
                && to < from
            {
                return self.reject(
                    column,
                    Code::DatesReversed,
                    &to.to_string(),
                    &format!(">= {from}"),
                );
            }
        }
        Some(holder)
    }

    fn cell(&mut self, field: HolderField, cell: String, holder: &mut HolderRow) {
        if cell.len() > TEXT_MAX {
            let _ = self.reject(
                field.code(),
                Code::TextTooLong,
                &cell,
                &format!("<= {TEXT_MAX} bytes"),
            );
            return;
        }
        match field {
            HolderField::Code => holder.code = cell,
            HolderField::Name => holder.name = cell,
            HolderField::NameEn => holder.name_en = cell,
            HolderField::Uscc => {
                let upper = cell.to_ascii_uppercase();
                if uscc_ok(&upper) {
                    holder.uscc = upper;
                } else {
                    let check = upper.get(..17).and_then(uscc_check_char);
                    let expected =
                        check.map_or_else(|| "18 characters".to_owned(), |c| format!("…{c}"));
                    let _ = self.reject(field.code(), Code::PartyCheckDigit, &cell, &expected);
                }
            }
            HolderField::Dea => {
                self.dea_check += u64::from(!dea_ok(&cell));
                holder.dea = cell;
            }
            HolderField::Licence => holder.licence = cell,
            HolderField::LicenceClasses => match classes(&cell) {
                Some(classes) => holder.licence_classes = classes,
                None => {
                    let _ = self.reject(field.code(), Code::WordUnknown, &cell, "1; 2; 3");
                }
            },
            HolderField::LicenceFrom => holder.licence_from = self.date(field, &cell),
            HolderField::LicenceTo => holder.licence_to = self.date(field, &cell),
            HolderField::Site => holder.site = cell,
            HolderField::SiteName => holder.site_name = cell,
            HolderField::Area => holder.area = cell,
            HolderField::Authority => holder.authority = cell,
            HolderField::ValidFrom => holder.valid_from = self.date(field, &cell),
            HolderField::ValidTo => holder.valid_to = self.date(field, &cell),
            HolderField::Reports => match key(&cell).as_str() {
                "yes" | "y" | "true" | "1" | "是" => holder.reports = Reports::Yes,
                "no" | "n" | "false" | "0" | "否" => holder.reports = Reports::No,
                _ => {
                    let _ = self.reject(field.code(), Code::WordUnknown, &cell, "yes; no");
                }
            },
        }
    }

    fn date(&mut self, field: HolderField, cell: &str) -> Option<Date> {
        let date = dates::parse(cell, self.style).ok();
        if date.is_none() {
            let _ = self.reject(field.code(), Code::DateInvalid, cell, "YYYY-MM-DD");
        }
        date
    }
}

/// Classes as digits or Chinese numerals in any separators: `1;3`, `一、三`, `第一类`.
fn classes(text: &str) -> Option<Vec<u8>> {
    let mut classes = Vec::new();
    for c in text.chars() {
        let class = match c {
            '1' | '一' => 1,
            '2' | '二' => 2,
            '3' | '三' => 3,
            ';' | ',' | '/' | '、' | ' ' | '+' | '第' | '类' => continue,
            _ => return None,
        };
        if !classes.contains(&class) {
            classes.push(class);
        }
    }
    classes.sort_unstable();
    Some(classes).filter(|c| !c.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::detect::sniff;

    fn read(text: &str) -> (Vec<HolderRow>, HoldersSummary) {
        let detection = sniff(text.as_bytes(), "holders.csv").unwrap();
        let mut rows = Vec::new();
        let summary =
            read_holders(&mut text.as_bytes(), &detection, &mut |r| rows.push(r)).unwrap();
        (rows, summary)
    }

    #[test]
    fn a_holders_file() {
        let (rows, summary) = read(
            "code,name,name_en,uscc,licence,licence_classes,licence_from,licence_to,site,area,reports,colour\n\
             H1,甲化工,Alpha,91110000100006485K,L-1,1;3,2023-01-01,2025-12-31,W1,云南/昆明,yes,red\n\
             H2,乙,,,L-2,二,2024-03-01,,,,否,\n",
        );
        assert_eq!(summary.issues, []);
        assert_eq!(summary.unknown_headers, ["colour"]);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].licence_classes, [1, 3]);
        assert_eq!(rows[0].area, "云南/昆明");
        assert_eq!(rows[0].licence_to, Date::from_ymd(2025, 12, 31));
        assert_eq!(
            (rows[1].reports, rows[1].licence_classes.as_slice()),
            (Reports::No, &[2u8][..])
        );
    }

    #[test]
    fn a_list_of_codes_is_a_holders_file() {
        for text in ["code\nH1\nH2\n", "code\r\nH1\r\nH2"] {
            let (rows, summary) = read(text);
            assert_eq!(summary.issues, []);
            let codes: Vec<&str> = rows.iter().map(|r| r.code.as_str()).collect();
            assert_eq!(codes, ["H1", "H2"]);
        }
        // Any other single word is no header.
        assert!(sniff(b"hello\nworld\n", "t.csv").is_err());
    }

    #[test]
    fn chinese_headers() {
        let (rows, _) =
            read("企业编码,企业名称,统一社会信用代码,许可证号,类别,场所\nH1,甲,,L1,第一类,W1\n");
        assert_eq!((rows[0].code.as_str(), rows[0].site.as_str()), ("H1", "W1"));
    }

    #[test]
    fn rejected_rows() {
        for (row, column, code) in [
            (",甲,,1,,", "code", Code::Missing),
            (
                "H1,甲,91110000100006485X,1,,",
                "uscc",
                Code::PartyCheckDigit,
            ),
            ("H1,甲,,4,,", "licence_classes", Code::WordUnknown),
            ("H1,甲,,1,2024-02-30,", "licence_from", Code::DateInvalid),
            (
                "H1,甲,,1,2024-02-03,2023-01-01",
                "licence_to",
                Code::DatesReversed,
            ),
            ("H1,11010519491231002X,,1,,", "name", Code::IdentityNumber),
            ("H1,甲,,1,,,extra", "row", Code::Unreadable),
        ] {
            let (rows, summary) = read(&format!(
                "code,name,uscc,licence_classes,licence_from,licence_to\n{row}\n"
            ));
            assert!(rows.is_empty(), "{row}");
            let issue = &summary.issues[0];
            assert_eq!(
                (issue.row, issue.column, issue.code),
                (2, column, code),
                "{row}"
            );
        }
    }

    #[test]
    fn a_movements_file_is_no_holders_file() {
        let text = "reporter,kind,date,substance,amount,unit\nA,use,2024-01-31,acetone,5,kg\n";
        let detection = sniff(text.as_bytes(), "x.csv").unwrap();
        let result = read_holders(&mut text.as_bytes(), &detection, &mut |_| {});
        assert_eq!(result.unwrap_err().code(), "wrong_kind");
    }
}
