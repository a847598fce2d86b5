//! The formats that are read: one module each, and this list.

pub(crate) mod arcos;
pub(crate) mod arcos_fixed;
pub(crate) mod arcos_tsv;
pub(crate) mod epcis;
pub(crate) mod epcis_json;
#[cfg(test)]
mod epcis_tests;
pub(crate) mod epcis_xml;
pub(crate) mod movements_csv;
pub(crate) mod movements_xlsx;
mod xlsx_marks;
#[cfg(test)]
mod xlsx_tests;

/// A format.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum Format {
    /// Delimited text with the columns of `docs/reference/movements.md`.
    MovementsCsv,
    /// A workbook (`.xlsx`) with these columns.
    MovementsXlsx,
    /// An old binary workbook (`.xls`, WPS `.et`) with these columns.
    MovementsXls,
    /// Delimited text of holders.
    HoldersCsv,
    /// DEA ARCOS automated records, 80 columns.
    ArcosFixed,
    /// DEA ARCOS transactions as published, tab-separated.
    ArcosTsv,
    /// GS1 EPCIS 1.2 or 2.0 in XML.
    EpcisXml,
    /// GS1 EPCIS 2.0 in JSON-LD.
    EpcisJson,
}

impl Format {
    /// Every format.
    pub const ALL: &'static [Format] = &[
        Format::MovementsCsv,
        Format::MovementsXlsx,
        Format::MovementsXls,
        Format::HoldersCsv,
        Format::ArcosFixed,
        Format::ArcosTsv,
        Format::EpcisXml,
        Format::EpcisJson,
    ];

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Format::MovementsCsv => "movements_csv",
            Format::MovementsXlsx => "movements_xlsx",
            Format::MovementsXls => "movements_xls",
            Format::HoldersCsv => "holders_csv",
            Format::ArcosFixed => "arcos_fixed",
            Format::ArcosTsv => "arcos_tsv",
            Format::EpcisXml => "epcis_xml",
            Format::EpcisJson => "epcis_json",
        }
    }

    /// Whether the format is text, so that an encoding can be shown.
    #[must_use]
    pub fn is_text(self) -> bool {
        !matches!(self, Format::MovementsXlsx | Format::MovementsXls)
    }

    /// Whether the format is read as a whole, not as a stream.
    #[must_use]
    pub fn needs_bytes(self) -> bool {
        matches!(self, Format::MovementsXlsx | Format::MovementsXls)
    }
}
