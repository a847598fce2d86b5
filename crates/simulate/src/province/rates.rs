//! How often reporters make which mistake. All rates are chances in a million; they are ours, chosen so that every
//! path of the account is walked in a province of 300,000 lines, not measured on anybody.

/// Files that arrive late, by 6 to 120 days.
pub const LATE_FILE: u32 = 80_000;
/// Files that arrive twice under two names.
pub const FILE_TWICE: u32 = 10_000;
/// Files whose dates have day and month swapped (`2024-31-01`); up to the 12th the swap reads as another date.
pub const DATES_SWAPPED: u32 = 2_000;
/// Dispatch or receipt lines that are forgotten.
pub const MISSING_HALF: u32 = 6_000;
/// Lines that stand in the next file again.
pub const REPEATED_LINE: u32 = 4_000;
/// Lines entered twice in one file under two line numbers.
pub const DOUBLE_ENTRY: u32 = 1_000;
/// Amounts in grams with the unit kg: a thousand times too much.
pub const GRAMS_FOR_KILOGRAMS: u32 = 500;
/// Amounts in kilograms with the unit L.
pub const LITRES_FOR_KILOGRAMS: u32 = 500;
/// Salts reported without their form, so that they count as base.
pub const FORM_MISSING: u32 = 20_000;
/// Document numbers with two digits exchanged or one replaced.
pub const DOCUMENT_TYPO: u32 = 5_000;
/// Counterparty codes with one digit replaced by a letter.
pub const PARTY_TYPO: u32 = 2_000;
/// Counterparties given by a social credit code with a wrong check character.
pub const PARTY_CHECK: u32 = 1_000;
/// Lines with a resident identity number in the remark; none belongs to a living person (born in 2099).
pub const IDENTITY_NUMBER: u32 = 20;
/// Share of the wrong lines that their reporter corrects in the next file, where it numbers its lines.
pub const CORRECTED: u32 = 500_000;
/// Firms that do not number their lines.
pub const UNNUMBERED_FIRM: u32 = 550_000;
/// Firms that leave the supplier's document out of their receipts.
pub const UNDOCUMENTED_FIRM: u32 = 80_000;
/// Firms whose licence ends inside the time of the province while they go on.
pub const LICENCE_ENDS: u32 = 15_000;

/// Deliveries that arrive in two or three parts.
pub const SPLIT_DELIVERY: u32 = 20_000;
/// Deliveries of several lots that the receiver books as one.
pub const COLLECTED_LOAD: u32 = 20_000;
/// Deliveries of which a part goes back.
pub const RETURN: u32 = 5_000;
/// Trader's receipts that are refined into a new lot (use of the old lot, production of the new one).
pub const REFINED: u32 = 60_000;
/// Uses that are samples for the laboratory.
pub const SAMPLING: u32 = 10_000;
/// Uses that are written off as waste.
pub const WASTE: u32 = 4_000;
/// Uses of solvents after which a part is recovered.
pub const RECOVERY: u32 = 50_000;
/// Uses before which goods were lost and reported with a case.
pub const REPORTED_LOSS: u32 = 100;
/// Real loss of a loose liquid on the way, at most; below the allowance of 0.1 % by road.
pub const TRANSIT_LOSS_MAX: u32 = 800;
