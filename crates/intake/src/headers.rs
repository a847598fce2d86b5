//! Header cells to columns of the account.

use std::collections::HashMap;
use std::sync::LazyLock;

use weighbridge_books::substances::vocabulary::Field;
use weighbridge_measure::Unit;

use crate::text::{fold, key};

/// Names of each column beside its code, written as [`key`] makes them.
const NAMES: &[(Field, &str)] = &[
    (
        Field::Reporter,
        "reportedby registrant holder 填报单位 上报单位 企业编码 报告单位 填报企业 企业名称 单位编码 单位名称 企业代码 统一社会信用代码 信用代码 持证单位 reportercode reportername uscc creditcode",
    ),
    (
        Field::Site,
        "siteid premises warehouse location 场所 仓库 场所编码 库房 仓库编码 储存场所",
    ),
    (
        Field::Kind,
        "type movement movementkind movementtype transactiontype 业务类型 类型 业务类别 出入库类型 变动类型 流向类型",
    ),
    (
        Field::Date,
        "movementdate transactiondate happenedon 日期 发生日期 业务日期 出入库日期 交易日期",
    ),
    (
        Field::Substance,
        "chemical product material cas casno casnumber 品种 物质名称 化学品名称 品名 物质 易制毒化学品 化学品 产品名称 cas号 物料名称",
    ),
    (
        Field::Amount,
        "quantity qty weight netweight volume 数量 重量 净重 净含量",
    ),
    (
        Field::Unit,
        "units uom unitofmeasure 单位 计量单位 数量单位",
    ),
    (
        Field::Concentration,
        "conc purity percent strength 浓度 含量 纯度 百分含量 质量分数 浓度/含量",
    ),
    (
        Field::Form,
        "salt saltform 形态 盐型 形态/盐型 盐类 存在形式",
    ),
    (
        Field::Counterparty,
        "partner customer supplier otherparty consignee 对方单位 交易对方 客户 供应商 对方企业 往来单位 对方 购销单位 对方单位编码 对方企业编码 对方代码 对方统一社会信用代码 对方信用代码 对方单位名称 对方企业名称 counterpartycode counterpartyname partnercode partnername",
    ),
    (
        Field::CounterpartySite,
        "partnersite customersite othersite 对方场所 对方仓库 对方场所编码",
    ),
    (Field::Reason, "purpose 事由 原因 业务原因"),
    (
        Field::Document,
        "documentno documentnumber doc docno invoice waybill deliverynote reference 单据号 单号 运单号 单据编号 发票号 送货单号 出库单号 入库单号 运单",
    ),
    (Field::Lot, "lotno lotnumber 批号 产品批号 货物批号"),
    (
        Field::Permit,
        "permitno permitnumber filing filingno 许可证号 备案证明号 许可证 备案号 许可证/备案证明号 许可证号/备案证明号 购买许可证号 运输许可证号 备案证明编号",
    ),
    (Field::Case, "caseno casenumber 案卷号 案号 案件编号"),
    (
        Field::Mode,
        "modeoftransport transportmode transport 运输方式",
    ),
    (
        Field::Packaging,
        "package packing 包装 包装方式 包装形式 包装类型",
    ),
    (
        Field::Carrier,
        "haulier 承运单位 承运人 承运商 运输单位 承运企业",
    ),
    (Field::Temperature, "temp 温度"),
    (Field::Density, "specificgravity 密度"),
    (
        Field::Instrument,
        "scale meter scaleclass 计量器具 衡器 计量设备 衡器等级",
    ),
    (
        Field::Batch,
        "batchno batchnumber processbatch 批次 生产批次 批次(生产) 生产批号",
    ),
    (Field::InputLots, "inputs 投料批号 原料批号"),
    (
        Field::ReportedAt,
        "reportedon reporttime 填报时间 上报时间 报告时间",
    ),
    (
        Field::LineId,
        "line lineno linenumber recordid 行号 流水号 记录号 行标识",
    ),
    (
        Field::Corrects,
        "correctionof correctsline 更正 更正行号 更正对象 被更正行号 被更正流水号",
    ),
    (Field::Action, "operation 操作 操作类型"),
    (
        Field::Remark,
        "remarks note notes comment comments memo 备注 说明 附注",
    ),
];

/// What a header cell was taken for.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Column {
    /// The cell as it stands in the file.
    pub header: String,
    /// The column of the account; `None` for one that is not read.
    pub field: Option<Field>,
    /// A unit named in the header (`数量(kg)`, `amount_kg`).
    pub unit: Option<Unit>,
}

/// Reads one header cell.
#[must_use]
pub(crate) fn column(header: &str) -> Column {
    let folded = fold(header);
    let text = folded.trim_matches(['*', ' ', ':', '"', '\'']);
    let mut unit = None;
    let mut field = field(text);
    if field.is_none()
        && let Some((name, inside)) = text.split_once(['(', '['])
    {
        field = self::field(name);
        unit = Unit::parse(inside.trim_end_matches([')', ']', ' ']));
    }
    if field.is_none()
        && let Some((name, suffix)) = text.rsplit_once(['_', ' ', '/'])
        && let Some(suffix) = Unit::parse(suffix)
    {
        field = self::field(name);
        unit = Some(suffix);
    }
    if field != Some(Field::Amount) {
        unit = None;
    }
    Column {
        header: folded.into_owned(),
        field,
        unit,
    }
}

/// Every accepted name, folded, with its column; codes go before names.
static BY_NAME: LazyLock<HashMap<String, Field>> = LazyLock::new(|| {
    let codes = Field::ALL
        .iter()
        .filter(|f| **f != Field::Row)
        .map(|f| (key(f.code()), *f));
    let names = NAMES
        .iter()
        .flat_map(|(f, names)| names.split(' ').map(|n| (n.to_owned(), *f)));
    let mut all = HashMap::new();
    for (name, field) in codes.chain(names) {
        all.entry(name).or_insert(field);
    }
    all
});

fn field(text: &str) -> Option<Field> {
    if text.is_empty() {
        return None;
    }
    BY_NAME
        .get(&key(text.trim_matches(['*', ' ', ':'])))
        .copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_code_is_its_own_header() {
        for f in Field::ALL.iter().filter(|f| **f != Field::Row) {
            assert_eq!(column(f.code()).field, Some(*f));
            assert_eq!(
                column(&f.code().to_uppercase().replace('_', " ")).field,
                Some(*f)
            );
        }
    }

    #[test]
    fn names() {
        for (header, field, unit) in [
            ("*日期*", Some(Field::Date), None),
            ("数量（千克）", Some(Field::Amount), Some(Unit::Kilogram)),
            ("数量(kg)", Some(Field::Amount), Some(Unit::Kilogram)),
            ("amount_kg", Some(Field::Amount), Some(Unit::Kilogram)),
            ("浓度（%）", Some(Field::Concentration), None),
            ("浓度/含量(%)", Some(Field::Concentration), None),
            ("单位", Some(Field::Unit), None),
            ("形态/盐型", Some(Field::Form), None),
            ("许可证号/备案证明号", Some(Field::Permit), None),
            ("许可证/备案证明号", Some(Field::Permit), None),
            ("批次(生产)", Some(Field::Batch), None),
            ("Lot No", Some(Field::Lot), None),
            ("对方单位", Some(Field::Counterparty), None),
            ("天气", None, None),
            ("", None, None),
        ] {
            let c = column(header);
            assert_eq!((c.field, c.unit), (field, unit), "{header}");
        }
    }

    #[test]
    fn no_name_stands_for_two_columns() {
        let mut seen = std::collections::HashMap::new();
        for (field, names) in NAMES {
            for name in names.split(' ') {
                assert_eq!(key(name), name, "written as a key");
                assert_eq!(seen.insert(name, field), None, "{name}");
            }
        }
    }
}
