//! The closed word lists of a movement row, apart from its kind.

/// Declares a closed list with stable codes; the position is the number in the journal.
macro_rules! vocabulary {
    ($(#[$doc:meta])* $name:ident { $($(#[$vdoc:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$doc])*
        #[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug, Default)]
        #[repr(u8)]
        pub enum $name { $($(#[$vdoc])* $variant),+ }

        impl $name {
            /// Every member, in the order of its number in the journal. Append only.
            pub const ALL: &'static [$name] = &[$($name::$variant),+];

            /// The stable code.
            #[must_use]
            pub fn code(self) -> &'static str {
                match self { $($name::$variant => $code),+ }
            }

            /// The member with this code.
            #[must_use]
            pub fn from_code(code: &str) -> Option<Self> {
                match code { $($code => Some($name::$variant),)+ _ => None }
            }

            /// The member with this number in the journal.
            #[must_use]
            pub fn from_number(number: u8) -> Option<Self> {
                Self::ALL.get(usize::from(number)).copied()
            }
        }
    };
}
pub(crate) use vocabulary;

vocabulary! {
    /// What a row asks for.
    Action {
        /// A new movement.
        #[default]
        Insert = "insert",
        /// Restates the whole line that it corrects.
        Adjust = "adjust",
        /// Takes the line that it corrects out of the account.
        Delete = "delete",
    }
}

vocabulary! {
    /// Why goods moved between two parties.
    Reason {
        /// Not stated.
        #[default]
        None = "",
        /// Sold.
        Sale = "sale",
        /// Bought.
        Purchase = "purchase",
        /// Brought into the country.
        Import = "import",
        /// Sent out of the country.
        Export = "export",
        /// Sent back to the supplier.
        Return = "return",
        /// Between own sites.
        Transfer = "transfer",
        /// Supplied by an authority.
        GovernmentSupply = "government_supply",
        /// Sent back unasked; the sender may be unknown.
        UnsolicitedReturn = "unsolicited_return",
        /// Any other stated reason; the text is in the record.
        Other = "other",
    }
}

vocabulary! {
    /// How goods travelled; decides date window and loss allowance.
    Mode {
        /// Not stated.
        #[default]
        Unknown = "",
        /// Lorry.
        Road = "road",
        /// Train.
        Rail = "rail",
        /// Sea-going ship.
        Sea = "sea",
        /// Inland ship.
        InlandWater = "inland_water",
        /// Aeroplane.
        Air = "air",
        /// Pipe.
        Pipeline = "pipeline",
        /// Post or parcel.
        Post = "post",
    }
}

vocabulary! {
    /// How goods were packed; decides the loss allowance.
    Packaging {
        /// Not stated.
        #[default]
        Unknown = "",
        /// Tank, tanker, flexitank: loose liquid.
        Bulk = "bulk",
        /// Drum, barrel.
        Drum = "drum",
        /// Bag, sack.
        Bag = "bag",
        /// Bottle, carboy, jerrican.
        Bottle = "bottle",
        /// Box, carton, sealed pack.
        Pack = "pack",
        /// Intermediate bulk container.
        Ibc = "ibc",
        /// Any other stated packaging.
        Other = "other",
    }
}

vocabulary! {
    /// The columns of a movements file; the documentation in `docs/reference/movements.md` lists them.
    Field {
        /// The whole row.
        #[default]
        Row = "row",
        /// Who reports.
        Reporter = "reporter",
        /// The reporter's site.
        Site = "site",
        /// Movement kind.
        Kind = "kind",
        /// Date of the movement at the site.
        Date = "date",
        /// Substance.
        Substance = "substance",
        /// Amount as reported.
        Amount = "amount",
        /// Unit of the amount.
        Unit = "unit",
        /// Percent by mass.
        Concentration = "concentration",
        /// Salt or hydrate.
        Form = "form",
        /// The other party.
        Counterparty = "counterparty",
        /// The other party's site.
        CounterpartySite = "counterparty_site",
        /// Why goods moved.
        Reason = "reason",
        /// Document number.
        Document = "document",
        /// Lot number.
        Lot = "lot",
        /// Permit or filing number.
        Permit = "permit",
        /// Case number.
        Case = "case",
        /// Mode of transport.
        Mode = "mode",
        /// Packaging.
        Packaging = "packaging",
        /// Carrier.
        Carrier = "carrier",
        /// Temperature in degrees Celsius.
        Temperature = "temperature",
        /// Density in kg/L.
        Density = "density",
        /// Scale or meter.
        Instrument = "instrument",
        /// Process batch.
        Batch = "batch",
        /// Lots that went into a batch, separated by `;`.
        InputLots = "input_lots",
        /// When the reporter wrote the row.
        ReportedAt = "reported_at",
        /// The reporter's own number of the line.
        LineId = "line_id",
        /// The line or document that this row corrects.
        Corrects = "corrects",
        /// insert, adjust or delete.
        Action = "action",
        /// Free text; kept outside the journal.
        Remark = "remark",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_and_numbers_lead_back() {
        for (n, f) in Field::ALL.iter().enumerate() {
            assert_eq!(Field::from_code(f.code()), Some(*f));
            assert_eq!(Field::from_number(n as u8), Some(*f));
        }
        for m in Mode::ALL {
            assert_eq!(Mode::from_code(m.code()), Some(*m));
        }
    }
}
