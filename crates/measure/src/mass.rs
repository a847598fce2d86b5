//! Masses that cannot be added by accident.
//!
//! A [`BaseMass`] is a stored number of one substance that the type does not know: it has no arithmetic at all. To add,
//! open the books of one substance with [`in_substance`]; the brand it hands out has a lifetime of its own, so that
//! masses of two substances are two types.

use std::iter::Sum;
use std::marker::PhantomData;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};

use crate::SubstanceId;

/// Micrograms of base or acid equivalent of one substance, which the holder of the value knows. No arithmetic.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct BaseMass(i64);

impl BaseMass {
    /// A mass of `ug` micrograms.
    pub const fn from_ug(ug: i64) -> Self {
        Self(ug)
    }

    /// Micrograms.
    pub const fn ug(self) -> i64 {
        self.0
    }
}

/// The lifetime is invariant, so that no two brands can be made to agree.
type Invariant<'s> = PhantomData<fn(&'s ()) -> &'s ()>;

/// The right to add masses of one substance, given out by [`in_substance`].
#[derive(Clone, Copy, Debug)]
pub struct Brand<'s>(Invariant<'s>, SubstanceId);

/// Runs `f` with a brand for the substance that no other brand equals.
///
/// ```
/// use weighbridge_measure::{BaseMass, SubstanceTable, in_substance};
/// let acetone = SubstanceTable::shipped().by_code("acetone").ok_or("acetone")?;
/// let total = in_substance(acetone, |book| {
///     (book.mass(BaseMass::from_ug(40)) + book.mass(BaseMass::from_ug(2))).ug()
/// });
/// assert_eq!(total, 42);
/// # Ok::<(), &str>(())
/// ```
///
/// Two substances do not add:
/// ```compile_fail
/// use weighbridge_measure::{BaseMass, SubstanceId, in_substance};
/// fn mix(one: SubstanceId, other: SubstanceId) -> i128 {
///     in_substance(one, |a| in_substance(other, |b| {
///         (a.mass(BaseMass::from_ug(1)) + b.mass(BaseMass::from_ug(1))).ug()
///     }))
/// }
/// ```
///
/// A mass and a volume do not add:
/// ```compile_fail,E0308
/// use weighbridge_measure::{BaseMass, SubstanceId, Volume, in_substance};
/// fn mix(one: SubstanceId) -> i128 {
///     in_substance(one, |a| (a.mass(BaseMass::from_ug(1)) + Volume::from_ul(1)).ug())
/// }
/// ```
///
/// Two masses of unnamed substances do not add:
/// ```compile_fail,E0369
/// use weighbridge_measure::BaseMass;
/// let sum = BaseMass::from_ug(1) + BaseMass::from_ug(1);
/// ```
///
/// A brand does not leave its books:
/// ```compile_fail
/// use weighbridge_measure::{SubstanceId, in_substance};
/// fn escape(one: SubstanceId) -> i128 { in_substance(one, |a| a).zero().ug() }
/// ```
pub fn in_substance<R>(id: SubstanceId, f: impl for<'s> FnOnce(Brand<'s>) -> R) -> R {
    f(Brand(PhantomData, id))
}

impl<'s> Brand<'s> {
    /// Takes a stored mass into the substance's arithmetic. That it is of this substance is the caller's knowledge.
    pub fn mass(self, mass: BaseMass) -> MassOf<'s> {
        MassOf {
            ug: i128::from(mass.ug()),
            brand: PhantomData,
        }
    }

    /// No mass.
    pub fn zero(self) -> MassOf<'s> {
        MassOf {
            ug: 0,
            brand: PhantomData,
        }
    }

    /// The substance.
    pub fn id(self) -> SubstanceId {
        self.1
    }
}

/// A sum of masses of one substance: 128 bits, which no number of 64-bit lines overflows.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct MassOf<'s> {
    ug: i128,
    brand: Invariant<'s>,
}

impl MassOf<'_> {
    /// Micrograms of base or acid equivalent.
    pub const fn ug(self) -> i128 {
        self.ug
    }

    /// The mass without its brand, `None` where it does not fit 64 bits.
    pub fn to_base(self) -> Option<BaseMass> {
        i64::try_from(self.ug).ok().map(BaseMass)
    }
}

impl Add for MassOf<'_> {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            ug: self.ug + other.ug,
            ..self
        }
    }
}

impl Sub for MassOf<'_> {
    type Output = Self;

    fn sub(self, other: Self) -> Self {
        Self {
            ug: self.ug - other.ug,
            ..self
        }
    }
}

impl Neg for MassOf<'_> {
    type Output = Self;

    fn neg(self) -> Self {
        Self {
            ug: -self.ug,
            ..self
        }
    }
}

impl AddAssign for MassOf<'_> {
    fn add_assign(&mut self, other: Self) {
        self.ug += other.ug;
    }
}

impl SubAssign for MassOf<'_> {
    fn sub_assign(&mut self, other: Self) {
        self.ug -= other.ug;
    }
}

impl Sum for MassOf<'_> {
    fn sum<I: Iterator<Item = Self>>(masses: I) -> Self {
        Self {
            ug: masses.map(Self::ug).sum(),
            brand: PhantomData,
        }
    }
}

/// Microlitres.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Volume(i64);

impl Volume {
    /// A volume of `ul` microlitres.
    pub const fn from_ul(ul: i64) -> Self {
        Self(ul)
    }

    /// Microlitres.
    pub const fn ul(self) -> i64 {
        self.0
    }

    /// The sum, `None` beyond 64 bits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        self.0.checked_add(other.0).map(Self)
    }
}

impl Add for Volume {
    type Output = Self;

    /// Saturates at the ends of 64 bits (nine million cubic kilometres).
    fn add(self, other: Self) -> Self {
        Self(self.0.saturating_add(other.0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn order_of_addition_does_not_matter(mut ugs in prop::collection::vec(any::<i64>(), 0..50)) {
            let id = SubstanceId::from_index(0).unwrap();
            let total = |ugs: &[i64]| in_substance(id, |book| {
                ugs.iter().map(|ug| book.mass(BaseMass::from_ug(*ug))).sum::<MassOf<'_>>().ug()
            });
            let before = total(&ugs);
            ugs.sort_unstable();
            prop_assert_eq!(before, total(&ugs));
            let folded = in_substance(id, |book| {
                ugs.iter().rev().fold(book.zero(), |sum, ug| sum - -book.mass(BaseMass::from_ug(*ug))).ug()
            });
            prop_assert_eq!(before, folded);
        }
    }

    #[test]
    fn sums_return_to_the_ledger_only_if_they_fit() {
        let id = SubstanceId::from_index(0).unwrap();
        in_substance(id, |book| {
            let most = book.mass(BaseMass::from_ug(i64::MAX));
            assert_eq!(most.to_base(), Some(BaseMass::from_ug(i64::MAX)));
            assert_eq!((most + most).to_base(), None);
            assert_eq!(book.id(), id);
        });
        assert_eq!(
            Volume::from_ul(i64::MAX).checked_add(Volume::from_ul(1)),
            None
        );
    }
}
