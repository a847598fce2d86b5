//! Lines to the bytes of a file, in the dialects that firms write.

use weighbridge_books::substances::kind::Kind;
use weighbridge_books::substances::vocabulary::{Action, Field, Reason};
use weighbridge_measure::Date;

use super::line::{Line, NOWHERE, Slip};
use super::network::{Firm, Network};
use super::wares::{WARES, Ware};
use crate::draw::Draw;

/// How a firm writes its files.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Dialect {
    /// Comma, UTF-8, English headers.
    Csv,
    /// The same with a byte order mark.
    CsvBom,
    /// Semicolon and decimal comma.
    Semicolon,
    /// Tabulator and UTF-16LE with a byte order mark, as spreadsheets save "Unicode text".
    Utf16,
    /// Comma, UTF-8, Chinese headers and words.
    Chinese,
    /// Comma, GB18030, Chinese headers and words.
    Gb18030,
    /// A workbook. The bytes given are those of [`Dialect::Csv`]; the caller puts them into a sheet.
    Workbook,
}

impl Dialect {
    /// Shares in percent; workbooks apart.
    pub(super) fn draw(draw: &mut Draw, workbooks_ppm: u32) -> Dialect {
        if draw.ppm(workbooks_ppm) {
            return Dialect::Workbook;
        }
        match draw.below(100) {
            0..=59 => Dialect::Csv,
            60..=69 => Dialect::CsvBom,
            70..=75 => Dialect::Semicolon,
            76..=79 => Dialect::Utf16,
            80..=86 => Dialect::Chinese,
            _ => Dialect::Gb18030,
        }
    }

    pub(super) fn is_chinese(self) -> bool {
        matches!(self, Dialect::Chinese | Dialect::Gb18030)
    }

    fn delimiter(self) -> u8 {
        match self {
            Dialect::Semicolon => b';',
            Dialect::Utf16 => b'\t',
            _ => b',',
        }
    }

    /// The ending of a file's name.
    pub(super) fn ending(self) -> &'static str {
        match self {
            Dialect::Utf16 => "txt",
            Dialect::Workbook => "xlsx",
            _ => "csv",
        }
    }
}

/// The columns of a file, in order, with their Chinese headers.
const COLUMNS: [(Field, &str); 25] = [
    (Field::LineId, "流水号"),
    (Field::Reporter, "填报单位"),
    (Field::Site, "场所"),
    (Field::Kind, "业务类型"),
    (Field::Date, "日期"),
    (Field::Substance, "物质名称"),
    (Field::Amount, "数量"),
    (Field::Unit, "计量单位"),
    (Field::Concentration, "浓度"),
    (Field::Form, "形态"),
    (Field::Counterparty, "对方单位"),
    (Field::CounterpartySite, "对方场所"),
    (Field::Reason, "事由"),
    (Field::Document, "单据号"),
    (Field::Lot, "批号"),
    (Field::Permit, "许可证号"),
    (Field::Mode, "运输方式"),
    (Field::Packaging, "包装"),
    (Field::Carrier, "承运单位"),
    (Field::Instrument, "计量器具"),
    (Field::Batch, "生产批次"),
    (Field::InputLots, "投料批号"),
    (Field::Case, "案卷号"),
    (Field::Corrects, "更正"),
    (Field::Action, "操作"),
];

/// Chinese words of the closed lists, by number.
const KINDS: [&str; 16] = [
    "盘点",
    "入库",
    "生产",
    "回收",
    "退料",
    "样品退回",
    "复磅盈",
    "找回",
    "出库",
    "使用",
    "取样",
    "销毁",
    "报废",
    "复磅亏",
    "丢失",
    "查获",
];
const REASONS: [&str; 10] = [
    "",
    "销售",
    "购买",
    "进口",
    "出口",
    "退货",
    "调拨",
    "政府供应",
    "",
    "其他",
];
const MODES: [&str; 8] = ["", "公路", "铁路", "海运", "内河", "空运", "管道", "邮寄"];
const PACKAGINGS: [&str; 8] = ["", "散装", "桶装", "袋装", "瓶装", "箱装", "吨桶", "其他"];
const ACTIONS: [&str; 3] = ["", "更正", "删除"];

/// A synthetic identity number for a remark: an invented region of a real province, born in 2099, so nobody's.
const IDENTITY_BODY: &str = "53999920990101";

/// Writes files; keeps its buffers.
#[derive(Clone, Debug, Default)]
pub(super) struct Writer {
    out: Vec<u8>,
}

/// What one file is written with.
#[derive(Clone, Copy)]
pub(super) struct Manner<'a> {
    pub(super) network: &'a Network,
    pub(super) firm: &'a Firm,
    /// Day and month exchanged in every date.
    pub(super) swapped: bool,
}

impl Writer {
    /// A file of lines in the firm's dialect.
    pub(super) fn file(&mut self, manner: Manner<'_>, lines: &[Line]) -> Vec<u8> {
        let dialect = manner.firm.dialect;
        self.out.clear();
        self.out.reserve(lines.len() * 192 + 512);
        let delimiter = dialect.delimiter();
        for (n, (field, chinese)) in COLUMNS.iter().enumerate() {
            if n > 0 {
                self.out.push(delimiter);
            }
            self.text(if dialect.is_chinese() {
                chinese
            } else {
                field.code()
            });
        }
        self.out.push(delimiter);
        self.text(if dialect.is_chinese() {
            "备注"
        } else {
            Field::Remark.code()
        });
        self.text("\r\n");
        for line in lines {
            self.line(manner, line, delimiter);
        }
        encode(dialect, &self.out)
    }

    fn text(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn line(&mut self, manner: Manner<'_>, line: &Line, delimiter: u8) {
        let Manner {
            network,
            firm,
            swapped,
        } = manner;
        let account = &network.accounts[line.account as usize];
        let ware = &WARES[account.ware];
        let delete = line.action == Action::Delete;
        for (n, (field, _)) in COLUMNS.iter().enumerate() {
            if n > 0 {
                self.out.push(delimiter);
            }
            match field {
                Field::LineId if line.line_id > 0 => self.number(i64::from(line.line_id), 0),
                Field::Reporter => self.text(&firm.code),
                Field::Corrects if line.corrects > 0 => self.number(i64::from(line.corrects), 0),
                Field::Action if line.action != Action::Insert => {
                    self.text(if firm.dialect.is_chinese() {
                        ACTIONS[line.action as usize]
                    } else {
                        line.action.code()
                    });
                }
                _ if delete => {}
                Field::Site => self.text(&network.sites[account.site as usize].code),
                Field::Kind => self.text(if firm.dialect.is_chinese() {
                    KINDS[line.kind as usize]
                } else {
                    line.kind.code()
                }),
                Field::Date => self.date(line.day, swapped),
                Field::Substance => self.text(ware.names[firm.spelling]),
                Field::Amount => self.amount(firm, ware, line),
                Field::Unit => self.text(unit(firm, ware, line).1),
                Field::Concentration => self.text(ware.concentration),
                Field::Form if line.slip != Slip::Form => {
                    self.text(ware.form[usize::from(firm.dialect.is_chinese())]);
                }
                Field::Counterparty if line.other_site != NOWHERE => self.party(network, line),
                // Foreign sites are not known to most; a transfer must name the other site.
                Field::CounterpartySite if line.reason == Reason::Transfer => {
                    self.text(&network.sites[line.other_site as usize].code);
                }
                Field::Document if line.document > 0 => self.document(network, line),
                Field::Lot if line.lot > 0 => self.lot(network, line.lot),
                Field::InputLots if line.input > 0 => self.lot(network, line.input),
                Field::Permit if line.permit > 0 => {
                    self.text("GX");
                    self.padded(u64::from(line.permit), 8);
                }
                Field::Carrier if line.carrier > 0 => {
                    self.text("CAR");
                    self.padded(u64::from(line.carrier), 3);
                }
                Field::Instrument => self.text(firm.scale),
                Field::Case if line.kind == Kind::Loss => {
                    self.text("AJ");
                    self.padded(u64::from(line.batch), 6);
                }
                Field::Batch if line.batch > 0 && line.kind != Kind::Loss => {
                    self.text("PC");
                    self.padded(u64::from(line.batch), 6);
                }
                Field::Reason | Field::Mode | Field::Packaging => {
                    self.word(firm.dialect.is_chinese(), *field, line);
                }
                _ => {}
            }
        }
        self.out.push(delimiter);
        if line.slip == Slip::Identity {
            self.identity(line);
        }
        self.text("\r\n");
    }

    fn word(&mut self, chinese: bool, field: Field, line: &Line) {
        self.text(match (field, chinese) {
            (Field::Reason, true) => REASONS[line.reason as usize],
            (Field::Reason, false) => line.reason.code(),
            (Field::Mode, true) => MODES[line.mode as usize],
            (Field::Mode, false) => line.mode.code(),
            (_, true) => PACKAGINGS[line.packaging as usize],
            (_, false) => line.packaging.code(),
        });
    }

    /// An amount in the firm's unit. Decimal commas come with four digits, so that they cannot be read as groups.
    fn amount(&mut self, firm: &Firm, ware: &Ware, line: &Line) {
        let value = match unit(firm, ware, line).0 {
            Written::Grams => return self.number(line.grams, 0),
            Written::Kilograms => line.grams,
            // Grams ÷ (tenths of a gram per litre ÷ 10) = litres; times 1,000 for three digits.
            Written::Litres(density) => (line.grams * 10_000 + density / 2) / density,
        };
        if firm.dialect == Dialect::Semicolon {
            self.number(value * 10, 4);
            let at = self.out.len() - 5;
            self.out[at] = b',';
        } else if value % 1_000 == 0 {
            self.number(value / 1_000, 0);
        } else {
            self.number(value, 3);
        }
    }

    /// `value / 10^digits`, `digits` below 5.
    fn number(&mut self, value: i64, digits: usize) {
        let mut buffer = [b'0'; 24];
        let mut at = buffer.len();
        let mut left = value.unsigned_abs();
        let mut written = 0;
        while left > 0 || written <= digits {
            if written == digits && digits > 0 {
                at -= 1;
                buffer[at] = b'.';
            }
            at -= 1;
            buffer[at] = b'0' + (left % 10) as u8;
            left /= 10;
            written += 1;
        }
        self.out.extend_from_slice(&buffer[at..]);
    }

    fn padded(&mut self, value: u64, width: usize) {
        let mut buffer = [b'0'; 20];
        let mut at = buffer.len();
        let mut left = value;
        while left > 0 {
            at -= 1;
            buffer[at] = b'0' + (left % 10) as u8;
            left /= 10;
        }
        self.out
            .extend_from_slice(&buffer[at.min(buffer.len() - width)..]);
    }

    fn date(&mut self, day: u16, swapped: bool) {
        let (year, month, day) = Date::from_days(day).ymd();
        let (second, third) = if swapped { (day, month) } else { (month, day) };
        self.padded(u64::from(year.unsigned_abs()), 4);
        self.out.push(b'-');
        self.padded(u64::from(second), 2);
        self.out.push(b'-');
        self.padded(u64::from(third), 2);
    }

    fn party(&mut self, network: &Network, line: &Line) {
        let firm = &network.firms[network.sites[line.other_site as usize].firm as usize];
        match line.slip {
            Slip::Party => {
                // A digit read as a letter: LX-0042 becomes LX-O042.
                let typo = firm.code.replacen('0', "O", 1);
                self.text(if typo == firm.code { "LX-0O00" } else { &typo });
            }
            Slip::PartyCheck => {
                let (body, check) = firm.uscc.split_at(17);
                self.text(body);
                self.text(if check == "0" { "1" } else { "0" });
            }
            _ => self.text(&firm.code),
        }
    }

    fn document(&mut self, network: &Network, line: &Line) {
        let number = line.document & 0xffff_ffff;
        // Two neighbouring digits exchanged; the last one replaced where that changes nothing.
        let number = if line.slip == Slip::Document {
            let (tens, ones) = (number / 10 % 10, number % 10);
            let swapped = number - number % 100 + ones * 10 + tens;
            if swapped == number {
                number - ones + (ones + 1) % 10
            } else {
                swapped
            }
        } else {
            number
        };
        self.text("DN");
        self.origin(network, line.document);
        self.padded(number, 6);
    }

    fn lot(&mut self, network: &Network, lot: u64) {
        self.out.push(b'L');
        self.origin(network, lot);
        self.padded(lot & 0xffff_ffff, 6);
    }

    /// The firm that gave a number, the upper half; the top bit marks a number from abroad.
    fn origin(&mut self, network: &Network, number: u64) {
        let firm = (number >> 32) as usize;
        match network.firms.get(firm) {
            Some(_) => self.padded(firm as u64, 5),
            None => self.text("F"),
        }
        self.out.push(b'-');
    }

    fn identity(&mut self, line: &Line) {
        let body = format!("{IDENTITY_BODY}{:03}", line.grams % 1_000);
        let number = format!("{body}{}", check_11_2(&body));
        self.text(&number);
    }
}

/// The check character of ISO 7064 MOD 11-2.
fn check_11_2(body: &str) -> char {
    let sum = body
        .bytes()
        .fold(0_u32, |sum, b| (sum + u32::from(b - b'0')) * 2 % 11);
    match (12 - sum) % 11 {
        10 => 'X',
        n => char::from(b'0' + n as u8),
    }
}

/// What number is written.
#[derive(Clone, Copy)]
enum Written {
    Grams,
    Kilograms,
    Litres(i64),
}

/// The number and the unit of a line; a slip makes them disagree.
fn unit(firm: &Firm, ware: &Ware, line: &Line) -> (Written, &'static str) {
    let chinese = firm.dialect.is_chinese();
    let kilograms = if chinese { "千克" } else { "kg" };
    match (line.slip, ware.density) {
        (Slip::Grams, _) => (Written::Grams, kilograms),
        (Slip::Litres, _) => (Written::Kilograms, if chinese { "升" } else { "L" }),
        (_, Some(density)) if firm.litres => {
            (Written::Litres(density), if chinese { "升" } else { "L" })
        }
        // Small amounts of the strictest class are weighed in grams.
        (_, None) if ware.class == 1 && !matches!(firm.dialect, Dialect::Semicolon) => {
            (Written::Grams, if chinese { "克" } else { "g" })
        }
        _ => (Written::Kilograms, kilograms),
    }
}

/// Text to the bytes of a dialect.
fn encode(dialect: Dialect, utf8: &[u8]) -> Vec<u8> {
    match dialect {
        Dialect::CsvBom => [b"\xef\xbb\xbf", utf8].concat(),
        Dialect::Utf16 => {
            let text = String::from_utf8_lossy(utf8);
            let mut bytes = Vec::with_capacity(utf8.len() * 2 + 2);
            bytes.extend_from_slice(&[0xff, 0xfe]);
            text.encode_utf16()
                .for_each(|unit| bytes.extend_from_slice(&unit.to_le_bytes()));
            bytes
        }
        Dialect::Gb18030 => encoding_rs::GB18030
            .encode(&String::from_utf8_lossy(utf8))
            .0
            .into_owned(),
        _ => utf8.to_vec(),
    }
}

#[cfg(test)]
mod tests {
    use weighbridge_books::substances::vocabulary::{Mode, Packaging};
    use weighbridge_measure::gb11643_ok;

    use super::*;

    #[test]
    fn numbers() {
        let mut writer = Writer::default();
        for (value, digits, expected) in [
            (0, 0, "0"),
            (7, 0, "7"),
            (12_345, 3, "12.345"),
            (5, 3, "0.005"),
            (1_234_500, 4, "123.4500"),
        ] {
            writer.out.clear();
            writer.number(value, digits);
            assert_eq!(writer.out, expected.as_bytes());
        }
        for (value, width, expected) in [(0, 3, "000"), (42, 3, "042"), (12_345, 3, "12345")] {
            writer.out.clear();
            writer.padded(value, width);
            assert_eq!(writer.out, expected.as_bytes());
        }
    }

    #[test]
    fn identity_numbers_are_valid_and_nobodys() {
        let mut writer = Writer::default();
        writer.identity(&Line::new(Kind::Use, 0, 0, 123_456));
        let number = String::from_utf8(writer.out).unwrap();
        assert!(gb11643_ok(&number), "{number}");
        assert_eq!(&number[6..10], "2099");
    }

    #[test]
    fn words_stand_at_their_numbers() {
        assert_eq!(KINDS[Kind::Dispatch as usize], "出库");
        assert_eq!(KINDS[Kind::Seizure as usize], "查获");
        assert_eq!(REASONS[Reason::Transfer as usize], "调拨");
        assert_eq!(MODES[Mode::Post as usize], "邮寄");
        assert_eq!(PACKAGINGS[Packaging::Ibc as usize], "吨桶");
        assert_eq!(REASONS.len(), Reason::ALL.len());
        assert_eq!(MODES.len(), Mode::ALL.len());
        assert_eq!(PACKAGINGS.len(), Packaging::ALL.len());
    }
}
