//! Exact quantities for the account of controlled chemicals.
//!
//! Everything here is integer or rational arithmetic on shipped, sourced tables: no I/O, no floats, no clock, no
//! locale. An amount as reported becomes micrograms of base (or acid) equivalent in one place, [`base_ug`], and is
//! rounded there once, half-even, to 1 µg. What is not in a table (a salt, a density) is an error, never an assumption.
//!
//! Substances and dimensions cannot be mixed by accident: see [`in_substance`].
#![cfg_attr(
    not(test),
    deny(
        clippy::unwrap_used,
        clippy::expect_used,
        clippy::panic,
        clippy::indexing_slicing,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        clippy::cast_possible_wrap
    )
)]

mod convert;
mod date;
mod decimal;
mod density;
mod form;
mod ids;
mod mass;
mod ratio;
mod scale;
mod substance;
mod table;
mod text;
mod unit;

pub use convert::{AmountError, Basis, BasisError, Factor, base_ug, gross_ug};
pub use date::{Date, DateError, Month, Period, Timestamp};
pub use decimal::{Decimal, DecimalError};
pub use density::{Density, DensityError, DensityTable, density};
pub use form::{Form, FormId, FormTable, Status};
pub use ids::{cas_ok, dea_ok, find_identity_number, gb11643_ok, uscc_check_char, uscc_ok};
pub use mass::{BaseMass, Brand, MassOf, Volume, in_substance};
pub use ratio::{Ratio, mul_div_half_even};
pub use scale::ScaleClass;
pub use substance::{Found, List, Substance, SubstanceId, SubstanceTable};
pub use text::{fold, fold_width};
pub use unit::{Dimension, Unit};
