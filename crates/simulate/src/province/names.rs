//! Invented names. Every firm's name ends in "simulated" in its language; province, cities and counties do not exist.

use crate::draw::Draw;

use super::network::Trade;

/// The province.
const PROVINCE: &str = "岚江省";

/// An invented city: prefix of its firms' codes, Chinese and English name, counties.
pub(super) struct City {
    pub(super) prefix: &'static str,
    pub(super) name: [&'static str; 2],
    counties: [&'static str; 4],
}

pub(super) const CITIES: &[City] = &[
    City {
        prefix: "CY",
        name: ["澄砚", "Chengyan"],
        counties: ["上砚县", "下砚县", "砚东县", "澄西区"],
    },
    City {
        prefix: "ML",
        name: ["墨岚", "Molan"],
        counties: ["北墨县", "南墨县", "岚口县", "墨中区"],
    },
    City {
        prefix: "JC",
        name: ["霁川", "Jichuan"],
        counties: ["霁东县", "川阴县", "霁原区", "小霁县"],
    },
    City {
        prefix: "QY",
        name: ["栖岩", "Qiyan"],
        counties: ["栖前县", "岩后县", "栖湖区", "岩湾县"],
    },
    City {
        prefix: "YT",
        name: ["沅棠", "Yuantang"],
        counties: ["棠西县", "棠北县", "沅上县", "沅心区"],
    },
    City {
        prefix: "LX",
        name: ["泠汐", "Lingxi"],
        counties: ["汐南县", "汐北县", "泠岛县", "泠汐新区"],
    },
];

const STEMS: &[[&str; 2]] = &[
    ["明澈", "Mingche"],
    ["恒砺", "Hengli"],
    ["素衡", "Suheng"],
    ["青稞", "Qingke"],
    ["远砂", "Yuansha"],
    ["禾墨", "Hemo"],
    ["云钧", "Yunjun"],
    ["瑞砚", "Ruiyan"],
    ["松泠", "Songling"],
    ["川棠", "Chuantang"],
    ["石桥湾", "Shiqiaowan"],
    ["白榆", "Baiyu"],
    ["星渚", "Xingzhu"],
    ["长汀岩", "Changtingyan"],
    ["赤栎", "Chili"],
    ["银杉", "Yinshan"],
];

fn sector(trade: Trade) -> [&'static str; 2] {
    match trade {
        Trade::Manufacturer => ["化工制造有限公司", "Chemical Works"],
        Trade::Trader => ["化工贸易有限公司", "Chemical Trading"],
        Trade::Process => ["新材料有限公司", "Materials"],
        Trade::Pharma => ["制药有限公司", "Pharmaceuticals"],
        Trade::Laboratory => ["检测与教学实验中心", "Testing and Teaching Laboratory"],
        Trade::Foreign => ["境外商社", "Overseas Trading House"],
        Trade::Phantom => ["商贸有限公司", "General Trading"],
    }
}

/// A firm's name in Chinese and English; the number makes it unique.
pub(super) fn firm(draw: &mut Draw, city: &City, trade: Trade, number: u32) -> [String; 2] {
    let stem = draw.pick(STEMS);
    let sector = sector(trade);
    [
        format!("{}{}{}{number}(模拟)", city.name[0], stem[0], sector[0]),
        format!(
            "{} {} {} {number} (simulated)",
            city.name[1], stem[1], sector[1]
        ),
    ]
}

/// The path of an area: province, city, county.
pub(super) fn area(draw: &mut Draw, city: &City) -> String {
    format!(
        "{PROVINCE}/{}市/{}",
        city.name[0],
        draw.pick(&city.counties)
    )
}
