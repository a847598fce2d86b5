//! The words that stand for kinds, actions, reasons, modes and packagings in files, English and Chinese.
//!
//! A word that could mean two things (退货 without a direction, for one) is left out: the row is then set aside.

use std::collections::HashMap;
use std::sync::LazyLock;

use weighbridge_books::substances::kind::{Kind, RULES};
use weighbridge_books::substances::vocabulary::{Action, Mode, Packaging, Reason};

use crate::cache::Fast;
use crate::text::key;

const KINDS: &[(Kind, &str)] = &[
    (
        Kind::Stocktake,
        "inventory count counted physicalcount opening openingstock closingstock 盘点 盘存 库存盘点 期初 期末 期初库存 期末库存 期初盘点 期末盘点 库存",
    ),
    (
        Kind::Receipt,
        "receive received receiving purchase goodsreceipt 入库 收货 购进 购入 采购入库 进货 收到 购买入库",
    ),
    (
        Kind::Production,
        "produced manufacture manufactured 生产 产出 生产入库 制造",
    ),
    (Kind::Recovery, "recovered 回收 回收入库 溶剂回收"),
    (
        Kind::ProcessReversal,
        "reversal 工艺回退 退料 生产退料 逆工艺",
    ),
    (
        Kind::SampleReturn,
        "samplereturned 样品退回 样品返库 留样退回",
    ),
    (
        Kind::ReweighGain,
        "weighinggain 复磅盈 复秤盈 复称盈余 复称增重",
    ),
    (Kind::Found, "foundagain 找回 追回 寻获 找到"),
    (
        Kind::Dispatch,
        "dispatched ship shipped shipment shipping sale sold 出库 发货 销售 售出 销售出库 出货 发出 发运",
    ),
    (
        Kind::Use,
        "used consume consumed consumption 使用 消耗 领用 生产领用 投料 自用 耗用 使用消耗",
    ),
    (Kind::Sampling, "sample sampled 取样 抽样 送检 采样"),
    (Kind::Destruction, "destroy destroyed 销毁"),
    (Kind::Waste, "wasted scrap 报废 废弃 废料"),
    (
        Kind::ReweighLoss,
        "weighingloss 复磅亏 复秤亏 复称亏损 复称减重",
    ),
    (
        Kind::Loss,
        "lost theft stolen robbery robbed 丢失 被盗 被抢 损失 遗失 失窃 丢失/被盗/损失 丢失/被盗 丢失、被盗、被抢 丢失、被盗",
    ),
    (
        Kind::Seizure,
        "seized confiscated confiscation 查获 收缴 没收 查获/收缴 扣押",
    ),
];

const ACTIONS: &[(Action, &str)] = &[
    (Action::Insert, "new add 新增 新建 录入"),
    (
        Action::Adjust,
        "correct correction update amend 更正 修改 更改 变更",
    ),
    (Action::Delete, "remove cancel void 删除 作废 撤销"),
];

const REASONS: &[(Reason, &str)] = &[
    (Reason::Sale, "sell sold 销售 出售 售出"),
    (Reason::Purchase, "buy bought 购买 采购 购进"),
    (Reason::Import, "imported 进口"),
    (Reason::Export, "exported 出口"),
    (Reason::Return, "returned 退货 退回 返还"),
    (Reason::Transfer, "transferred 调拨 转移 移库 调库"),
    (Reason::GovernmentSupply, "政府供应 国家储备"),
    (Reason::UnsolicitedReturn, ""),
    (Reason::Other, "其他 其它"),
];

const MODES: &[(Mode, &str)] = &[
    (Mode::Unknown, "unknown 不详 未知"),
    (
        Mode::Road,
        "truck lorry 公路 道路 汽车 公路运输 汽运 道路运输",
    ),
    (Mode::Rail, "train railway 铁路 火车 铁路运输"),
    (Mode::Sea, "ship vessel 海运 海路"),
    (Mode::InlandWater, "barge river 内河 水路 水运 内河运输"),
    (Mode::Air, "plane airfreight 空运 航空 航空运输"),
    (Mode::Pipeline, "pipe 管道 管道运输"),
    (Mode::Post, "parcel courier mail 邮寄 快递"),
];

const PACKAGINGS: &[(Packaging, &str)] = &[
    (Packaging::Unknown, "unknown 不详 未知"),
    (Packaging::Bulk, "tank tanker flexitank 散装 槽车 罐车 储罐"),
    (Packaging::Drum, "drums barrel barrels 桶 桶装 铁桶 塑料桶"),
    (Packaging::Bag, "bags sack 袋 袋装 编织袋"),
    (Packaging::Bottle, "bottles carboy jerrican 瓶 瓶装"),
    (Packaging::Pack, "box carton case 盒 箱 箱装 盒装"),
    (Packaging::Ibc, "吨桶 ibc吨桶 ibc桶"),
    (Packaging::Other, "其他 其它"),
];

/// Looks words of closed lists up, as written first and then by [`key`].
pub(crate) struct Words {
    kinds: HashMap<String, Kind, Fast>,
    actions: HashMap<String, Action, Fast>,
    reasons: HashMap<String, Reason, Fast>,
    modes: HashMap<String, Mode, Fast>,
    packagings: HashMap<String, Packaging, Fast>,
}

impl Words {
    /// The lists, made once.
    pub(crate) fn all() -> &'static Words {
        static WORDS: LazyLock<Words> = LazyLock::new(Words::new);
        &WORDS
    }

    fn new() -> Words {
        Words {
            kinds: list(RULES.iter().map(|r| (r.kind, r.code)), KINDS),
            actions: list(Action::ALL.iter().map(|a| (*a, a.code())), ACTIONS),
            reasons: list(Reason::ALL.iter().map(|r| (*r, r.code())), REASONS),
            modes: list(Mode::ALL.iter().map(|m| (*m, m.code())), MODES),
            packagings: list(Packaging::ALL.iter().map(|p| (*p, p.code())), PACKAGINGS),
        }
    }

    pub(crate) fn kind(&self, text: &str) -> Option<Kind> {
        find(&self.kinds, text)
    }

    pub(crate) fn action(&self, text: &str) -> Option<Action> {
        find(&self.actions, text)
    }

    pub(crate) fn reason(&self, text: &str) -> Option<Reason> {
        find(&self.reasons, text)
    }

    pub(crate) fn mode(&self, text: &str) -> Option<Mode> {
        find(&self.modes, text)
    }

    pub(crate) fn packaging(&self, text: &str) -> Option<Packaging> {
        find(&self.packagings, text)
    }
}

fn list<T: Copy>(
    codes: impl Iterator<Item = (T, &'static str)>,
    words: &[(T, &str)],
) -> HashMap<String, T, Fast> {
    let mut map = HashMap::with_hasher(Fast);
    for (value, code) in codes {
        map.insert(code.to_owned(), value);
        map.insert(key(code), value);
    }
    for (value, words) in words {
        for word in words.split(' ').filter(|w| !w.is_empty()) {
            map.entry(word.to_owned()).or_insert(*value);
        }
    }
    map
}

fn find<T: Copy>(map: &HashMap<String, T, Fast>, text: &str) -> Option<T> {
    map.get(text).or_else(|| map.get(&key(text))).copied()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words() {
        let words = Words::all();
        for (text, kind) in [
            ("dispatch", Kind::Dispatch),
            ("Dispatch", Kind::Dispatch),
            ("process reversal", Kind::ProcessReversal),
            ("Process-Reversal", Kind::ProcessReversal),
            ("出库", Kind::Dispatch),
            ("购进", Kind::Receipt),
            ("丢失/被盗", Kind::Loss),
            ("盘点", Kind::Stocktake),
        ] {
            assert_eq!(words.kind(text), Some(kind), "{text}");
        }
        assert_eq!(words.kind("退货"), None);
        assert_eq!(words.action("删除"), Some(Action::Delete));
        assert_eq!(words.reason("调拨"), Some(Reason::Transfer));
        assert_eq!(words.mode("铁路"), Some(Mode::Rail));
        assert_eq!(words.packaging("IBC"), Some(Packaging::Ibc));
    }

    #[test]
    fn no_word_has_two_meanings() {
        let mut seen = HashMap::new();
        for (kind, words) in KINDS {
            for word in words.split(' ') {
                assert_eq!(key(word), word, "written as a key");
                assert_eq!(seen.insert(word, kind), None, "{word}");
            }
        }
    }
}
