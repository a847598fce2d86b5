//! What is true of a province: its faults by number and its losses by place, time and mass.

use std::collections::BTreeMap;

use weighbridge_measure::Date;

use super::line::Slip;
use super::losses::{LossKind, Planted};
use super::network::Network;
use super::wares::WARES;

/// A reporting fault; see [`super::rates`].
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
#[allow(missing_docs, reason = "each is described at its rate")]
pub enum Fault {
    LateFile,
    FileTwice,
    DatesSwapped,
    MissingHalf,
    RepeatedLine,
    DoubleEntry,
    GramsForKilograms,
    LitresForKilograms,
    FormMissing,
    DocumentTypo,
    PartyTypo,
    PartyCheck,
    IdentityNumber,
    Correction,
    Deletion,
}

impl Fault {
    pub(super) fn of(slip: Slip) -> Fault {
        match slip {
            Slip::Grams => Fault::GramsForKilograms,
            Slip::None | Slip::Litres => Fault::LitresForKilograms,
            Slip::Form => Fault::FormMissing,
            Slip::Document => Fault::DocumentTypo,
            Slip::Party => Fault::PartyTypo,
            Slip::PartyCheck => Fault::PartyCheck,
            Slip::Identity => Fault::IdentityNumber,
        }
    }

    /// The stable code.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Fault::LateFile => "late_file",
            Fault::FileTwice => "file_twice",
            Fault::DatesSwapped => "dates_swapped",
            Fault::MissingHalf => "missing_half",
            Fault::RepeatedLine => "repeated_line",
            Fault::DoubleEntry => "double_entry",
            Fault::GramsForKilograms => "grams_for_kilograms",
            Fault::LitresForKilograms => "litres_for_kilograms",
            Fault::FormMissing => "form_missing",
            Fault::DocumentTypo => "document_typo",
            Fault::PartyTypo => "party_typo",
            Fault::PartyCheck => "party_check",
            Fault::IdentityNumber => "identity_number",
            Fault::Correction => "correction",
            Fault::Deletion => "deletion",
        }
    }
}

/// A planted loss that happened.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Loss {
    /// How.
    pub kind: LossKind,
    /// Code of the holder that lost it; of short deliveries the receiver, whose receipts are right.
    pub holder: String,
    /// Its site.
    pub site: String,
    /// Substance id.
    pub substance: String,
    /// The other holder: sender of short deliveries, phantom consignee; else `None`.
    pub partner: Option<String>,
    /// First day.
    pub from: Date,
    /// Last day.
    pub to: Date,
    /// Base equivalent, µg.
    pub ug: i128,
}

/// The truth of a province.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct Truth {
    /// Lines in all files, repeated files and lines included.
    pub lines: u64,
    /// How often each fault happened.
    pub faults: BTreeMap<Fault, u64>,
    /// Where identity numbers stand: file name and row (header = 1).
    pub identity_numbers: Vec<(String, u32)>,
    /// The losses, largest first.
    pub losses: Vec<Loss>,
}

impl Truth {
    pub(super) fn note(&mut self, fault: Fault) {
        *self.faults.entry(fault).or_insert(0) += 1;
    }

    pub(super) fn plant(&mut self, network: &Network, planted: &[Planted]) {
        self.losses = planted
            .iter()
            .filter_map(|p| {
                let (from, to) = p.happened?;
                let account = &network.accounts[p.account as usize];
                let firm_of = |site: u32| {
                    network.firms[network.sites[site as usize].firm as usize]
                        .code
                        .clone()
                };
                let partner = match p.kind {
                    LossKind::ShortDeliveries => {
                        Some(firm_of(network.accounts[p.partner as usize].site))
                    }
                    LossKind::PhantomConsignee => Some(firm_of(p.partner)),
                    _ => None,
                };
                Some(Loss {
                    kind: p.kind,
                    holder: firm_of(account.site),
                    site: network.sites[account.site as usize].code.clone(),
                    substance: WARES[account.ware].names[0].to_owned(),
                    partner,
                    from: Date::from_days(from),
                    to: Date::from_days(to),
                    ug: WARES[account.ware].base_ug(p.grams),
                })
            })
            .collect();
        self.losses
            .sort_by(|a, b| b.ug.cmp(&a.ug).then_with(|| a.cmp(b)));
    }
}
