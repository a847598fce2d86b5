//! Rows that cannot be accepted: kept in the entry with their reasons, never in a balance.

use super::vocabulary::{Field, vocabulary};

vocabulary! {
    /// Why a row was set aside. The texts and remedies are in the locale files under these codes.
    Code {
        /// The row could not be read at all.
        #[default]
        Unreadable = "unreadable",
        /// A required cell is empty.
        Missing = "missing",
        /// A date that is no date, or can be read in two ways.
        DateInvalid = "date_invalid",
        /// Later than the day the row was recorded.
        DateInFuture = "date_in_future",
        /// Before the account can hold dates.
        DateTooOld = "date_too_old",
        /// No such movement kind.
        KindUnknown = "kind_unknown",
        /// A code of a foreign format that is kept and shown but never booked.
        Unmapped = "unmapped",
        /// No such substance.
        SubstanceUnknown = "substance_unknown",
        /// The name fits several substances.
        SubstanceAmbiguous = "substance_ambiguous",
        /// The check digit of the CAS number is wrong.
        CasCheckDigit = "cas_check_digit",
        /// Not a number.
        AmountInvalid = "amount_invalid",
        /// The number can be read with two decimal marks.
        AmountAmbiguous = "amount_ambiguous",
        /// Below zero.
        AmountNegative = "amount_negative",
        /// Zero where something must have moved.
        AmountZero = "amount_zero",
        /// Beyond what an account can hold.
        AmountTooLarge = "amount_too_large",
        /// NaN or infinite.
        AmountNotFinite = "amount_not_finite",
        /// No such unit.
        UnitUnknown = "unit_unknown",
        /// A count, which has no mass.
        UnitNotMass = "unit_not_mass",
        /// The salt or hydrate is not listed.
        FormUnlisted = "form_unlisted",
        /// No listed density for substance, concentration and temperature.
        DensityUnlisted = "density_unlisted",
        /// Not a percentage in (0, 100].
        ConcentrationInvalid = "concentration_invalid",
        /// Not a temperature.
        TemperatureInvalid = "temperature_invalid",
        /// Not a density.
        DensityInvalid = "density_invalid",
        /// The reporter is not in the register.
        ReporterUnknown = "reporter_unknown",
        /// The sender of the submission may not report for this holder.
        ReporterNotAllowed = "reporter_not_allowed",
        /// The counterparty is not in the register.
        CounterpartyUnknown = "counterparty_unknown",
        /// The check character of a number is wrong.
        PartyCheckDigit = "party_check_digit",
        /// The text fits several holders.
        PartyAmbiguous = "party_ambiguous",
        /// The site is not one of this holder's.
        SiteUnknown = "site_unknown",
        /// A holder with several sites did not say which.
        SiteMissing = "site_missing",
        /// Loss, seizure and found enter only through a case.
        CaseMissing = "case_missing",
        /// Dispatch and receipt need the other party.
        CounterpartyMissing = "counterparty_missing",
        /// The goods went to where they came from.
        CounterpartyIsSelf = "counterparty_is_self",
        /// Adjust and delete must say what they correct.
        CorrectsMissing = "corrects_missing",
        /// An insert that names a line to correct.
        CorrectsUnexpected = "corrects_unexpected",
        /// No such action.
        ActionUnknown = "action_unknown",
        /// No such mode of transport.
        ModeUnknown = "mode_unknown",
        /// The line number was used for another content.
        LineIdConflict = "line_id_conflict",
        /// A cell longer than the limit.
        TextTooLong = "text_too_long",
        /// A resident identity number; the account keeps no persons.
        IdentityNumber = "identity_number",
        /// The event is of a kind that moves nothing.
        NotAMovement = "not_a_movement",
        /// The name of the substance says one form, the form another.
        FormContradicts = "form_contradicts",
        /// Finer than an account can hold, perhaps rounded to nothing.
        AmountTooFine = "amount_too_fine",
        /// Two units are stated for one amount.
        UnitContradicts = "unit_contradicts",
        /// A quotation mark that is never closed.
        QuotationOpen = "quotation_open",
        /// A row of totals, not of a movement.
        TotalRow = "total_row",
        /// An event is declared wrong with fewer quantities than are booked of it.
        EventInPart = "event_in_part",
        /// A cell of a workbook that is merged with the one above, where the value stands.
        MergedAbove = "merged_above",
        /// A formula of a workbook whose value was not stored with it.
        FormulaUncomputed = "formula_uncomputed",
    }
}

/// One reason why a row was set aside.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Issue {
    /// Row number in the file as a spreadsheet shows it (the header is row 1); for formats without rows the event's number.
    pub row: u32,
    /// The column.
    pub field: Field,
    /// The reason.
    pub code: Code,
    /// What stood there, cut to [`FOUND_MAX`] characters; empty for refused texts.
    pub found: String,
    /// What would have been right, as data (a pattern, a list, a suggestion), not as a sentence.
    pub expected: String,
}

/// Characters of a found text that a report repeats.
pub const FOUND_MAX: usize = 80;

impl Issue {
    /// An issue; the found text is cut to [`FOUND_MAX`] characters.
    #[must_use]
    pub fn new(
        row: u32,
        field: Field,
        code: Code,
        found: &str,
        expected: impl Into<String>,
    ) -> Issue {
        let found = found.chars().take(FOUND_MAX).collect();
        Issue {
            row,
            field,
            code,
            found,
            expected: expected.into(),
        }
    }
}

/// A row that was set aside: what was sent (but for remarks) and why.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetAside {
    /// Row number in the file.
    pub row: u32,
    /// At least one reason.
    pub issues: Vec<Issue>,
    /// What was sent, cell by cell; empty where the input guard refused the row.
    pub cells: Vec<(Field, String)>,
}
