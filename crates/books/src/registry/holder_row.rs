//! One row of a holders file: what the register learns of a holder, a site and a licence at once.

use weighbridge_measure::Date;

/// Whether a party reports to this account; the silence of one that does not is never overdue.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Default)]
pub enum Reports {
    /// Reports its movements here.
    #[default]
    Yes,
    /// Does not (foreign party, end user, other account).
    No,
}

/// A row of a holders file after intake. Texts are trimmed and folded; empty means absent.
///
/// A holder with several sites or licences has several rows with the same `code`.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct HolderRow {
    /// Row number in the file (header = 1).
    pub row: u32,
    /// Our code, unique; required.
    pub code: String,
    /// Registered name of the firm or institution, never of a natural person.
    pub name: String,
    /// Name in English.
    pub name_en: String,
    /// Unified social credit code (GB 32100-2015), check character verified.
    pub uscc: String,
    /// DEA-style registration number.
    pub dea: String,
    /// Licence or filing number.
    pub licence: String,
    /// Classes covered (1, 2, 3), as a set.
    pub licence_classes: Vec<u8>,
    /// First day in force.
    pub licence_from: Option<Date>,
    /// Last day in force.
    pub licence_to: Option<Date>,
    /// Site code, unique within the holder; a row without one gives a holder without sites one named like itself.
    pub site: String,
    /// Site name.
    pub site_name: String,
    /// Area path from large to small, parts separated by `/`.
    pub area: String,
    /// Code of the responsible authority.
    pub authority: String,
    /// First day on which the holder exists.
    pub valid_from: Option<Date>,
    /// Last day on which the holder exists.
    pub valid_to: Option<Date>,
    /// Whether it reports to this account.
    pub reports: Reports,
}
