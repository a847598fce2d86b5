//! Positive rationals and the one rounding of the ledger.

use std::fmt;

use crate::Decimal;

/// A positive rational in lowest terms: a unit, a density, a share, a salt factor.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub struct Ratio {
    num: u128,
    den: u128,
}

impl Ratio {
    /// One.
    pub const ONE: Self = Self { num: 1, den: 1 };

    /// `num / den` in lowest terms; `None` if either is zero.
    pub const fn new(num: u128, den: u128) -> Option<Self> {
        if num == 0 || den == 0 {
            return None;
        }
        Some(Self::reduced(num, den))
    }

    /// `num / den` for operands known not to be zero.
    pub(crate) const fn reduced(num: u128, den: u128) -> Self {
        let divisor = gcd(num, den);
        Self {
            num: num / divisor,
            den: den / divisor,
        }
    }

    /// A whole number that is not zero.
    pub(crate) const fn whole(num: u128) -> Self {
        Self { num, den: 1 }
    }

    /// The exact value of a positive decimal, `None` if it is zero or negative.
    pub fn from_decimal(value: Decimal) -> Option<Self> {
        let num = u128::try_from(value.mantissa()).ok()?;
        Self::new(num, 10u128.pow(u32::from(value.scale())))
    }

    /// Numerator.
    pub const fn num(self) -> u128 {
        self.num
    }

    /// Denominator.
    pub const fn den(self) -> u128 {
        self.den
    }

    /// The exact product, `None` if it does not fit 128 bits in lowest terms.
    pub fn checked_mul(self, other: Self) -> Option<Self> {
        let (a, b) = (gcd(self.num, other.den), gcd(other.num, self.den));
        Some(Self {
            num: (self.num / a).checked_mul(other.num / b)?,
            den: (self.den / b).checked_mul(other.den / a)?,
        })
    }

    /// The exact sum, `None` if it does not fit 128 bits.
    pub fn checked_add(self, other: Self) -> Option<Self> {
        let divisor = gcd(self.den, other.den);
        let left = self.num.checked_mul(other.den / divisor)?;
        let right = other.num.checked_mul(self.den / divisor)?;
        Self::new(
            left.checked_add(right)?,
            (self.den / divisor).checked_mul(other.den)?,
        )
    }

    /// One over the value.
    #[must_use]
    pub const fn inverse(self) -> Self {
        Self {
            num: self.den,
            den: self.num,
        }
    }

    /// The value in parts per million, half-even; `None` beyond 128 bits.
    pub fn ppm(self) -> Option<u128> {
        mul_div_half_even(1_000_000, self.num, self.den)
    }

    /// The value with at most `digits` (up to 18) decimals, half-even: for people, never for a ledger.
    pub fn to_decimal(self, digits: u8) -> Option<Decimal> {
        let scaled = mul_div_half_even(10u128.checked_pow(u32::from(digits))?, self.num, self.den)?;
        Decimal::new(i128::try_from(scaled).ok()?, digits).ok()
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.num, self.den)
    }
}

pub(crate) const fn gcd(mut a: u128, mut b: u128) -> u128 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}

/// `a × num / den`, rounded half-even to a whole number, through a 256-bit product.
///
/// `None` if `den` is zero or the result does not fit 128 bits.
pub fn mul_div_half_even(a: u128, num: u128, den: u128) -> Option<u128> {
    if den == 0 {
        return None;
    }
    let (quotient, remainder) = match a.checked_mul(num) {
        Some(product) => (product / den, product % den),
        None => {
            let (high, low) = widening_mul(a, num);
            div_wide(high, low, den)?
        }
    };
    // `remainder < den`, so the subtraction holds where a doubled remainder might not.
    let rest = den - remainder;
    let up = remainder > rest || (remainder == rest && quotient % 2 == 1);
    quotient.checked_add(u128::from(up))
}

/// High and low half of the 256-bit product.
fn widening_mul(a: u128, b: u128) -> (u128, u128) {
    const LOW: u128 = u64::MAX as u128;
    let (a_high, a_low, b_high, b_low) = (a >> 64, a & LOW, b >> 64, b & LOW);
    let low = a_low * b_low;
    let cross = a_high * b_low + (low >> 64);
    let middle = a_low * b_high + (cross & LOW);
    (
        a_high * b_high + (cross >> 64) + (middle >> 64),
        (middle << 64) | (low & LOW),
    )
}

/// Shift-and-subtract division of a 256-bit number; `None` if the quotient does not fit 128 bits.
fn div_wide(high: u128, low: u128, den: u128) -> Option<(u128, u128)> {
    if high >= den {
        return None;
    }
    let (mut remainder, mut quotient) = (high, 0u128);
    for bit in (0..128).rev() {
        let carry = remainder >> 127;
        remainder = (remainder << 1) | ((low >> bit) & 1);
        quotient <<= 1;
        if carry == 1 || remainder >= den {
            remainder = remainder.wrapping_sub(den);
            quotient |= 1;
        }
    }
    Some((quotient, remainder))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Unsigned big numbers in base 2^32, lowest digit first: slow and plain.
    fn big_mul(a: u128, b: u128) -> Vec<u32> {
        let digits = |value: u128| {
            (0..4)
                .map(|at| (value >> (32 * at)) as u32)
                .collect::<Vec<_>>()
        };
        let mut product = vec![0u64; 9];
        for (i, x) in digits(a).iter().enumerate() {
            for (j, y) in digits(b).iter().enumerate() {
                let mut carry = u64::from(*x) * u64::from(*y);
                let mut at = i + j;
                while carry > 0 {
                    let sum = product[at] + (carry & 0xffff_ffff);
                    product[at] = sum & 0xffff_ffff;
                    carry = (carry >> 32) + (sum >> 32);
                    at += 1;
                }
            }
        }
        product.into_iter().map(|digit| digit as u32).collect()
    }

    /// Decimal long division over the bits; `None` where the quotient has more than 128 bits.
    fn oracle(a: u128, num: u128, den: u128) -> Option<u128> {
        let product = big_mul(a, num);
        let bits: Vec<bool> = product
            .iter()
            .rev()
            .flat_map(|digit| (0..32).rev().map(move |bit| digit >> bit & 1 == 1))
            .collect();
        let (mut remainder, mut over, mut quotient) = (0u128, false, Vec::new());
        for bit in bits {
            over = remainder >> 127 == 1;
            remainder = remainder.wrapping_mul(2) | u128::from(bit);
            let fits = over || remainder >= den;
            if fits {
                remainder = remainder.wrapping_sub(den);
            }
            quotient.push(fits);
        }
        let _ = over;
        let leading = quotient
            .iter()
            .position(|bit| *bit)
            .unwrap_or(quotient.len());
        if quotient.len() - leading > 128 {
            return None;
        }
        let whole = quotient
            .iter()
            .fold(0u128, |value, bit| value << 1 | u128::from(*bit));
        let twice = big_mul(remainder, 2);
        let den = big_mul(den, 1);
        let order = twice.iter().rev().cmp(den.iter().rev());
        let up = order.is_gt() || (order.is_eq() && whole & 1 == 1);
        whole.checked_add(u128::from(up))
    }

    #[test]
    fn halves_go_to_the_even_neighbour() {
        let table = [
            (1, 1, 2, Some(0)),
            (3, 1, 2, Some(2)),
            (5, 1, 2, Some(2)),
            (7, 1, 2, Some(4)),
            (1, 2, 3, Some(1)),
            (0, 9, 7, Some(0)),
            (1, 1, 0, None),
            (u128::MAX, 1, 1, Some(u128::MAX)),
            (u128::MAX, 2, 1, None),
            (u128::MAX, u128::MAX, u128::MAX, Some(u128::MAX)),
            (u128::MAX, 3, 6, Some(1 << 127)),
        ];
        for (a, num, den, expected) in table {
            assert_eq!(mul_div_half_even(a, num, den), expected, "{a}×{num}/{den}");
        }
    }

    #[test]
    fn ratios_are_in_lowest_terms() {
        let half = Ratio::new(6, 12).unwrap();
        assert_eq!(half.to_string(), "1/2");
        assert_eq!(half.checked_mul(half).unwrap().to_string(), "1/4");
        assert_eq!(half.checked_add(half), Some(Ratio::ONE));
        assert_eq!(Ratio::new(0, 1), None);
        assert_eq!(Ratio::new(1, 0), None);
        assert_eq!(
            Ratio::from_decimal("0.8".parse().unwrap())
                .unwrap()
                .to_string(),
            "4/5"
        );
        assert_eq!(Ratio::from_decimal("-1".parse().unwrap()), None);
        let large = Ratio::new(u128::MAX, 3).unwrap();
        assert_eq!(large.checked_mul(large), None);
        assert_eq!(large.checked_mul(large.inverse()), Some(Ratio::ONE));
    }

    proptest! {
        #[test]
        fn rounding_agrees_with_long_division(
            a in any::<u128>(), num in any::<u128>(), den in 1u128.., a_bits in 0u32..128, n_bits in 0u32..128, d_bits in 0u32..128,
        ) {
            let (a, num, den) = (a >> a_bits, num >> n_bits, (den >> d_bits).max(1));
            prop_assert_eq!(mul_div_half_even(a, num, den), oracle(a, num, den));
        }

        #[test]
        fn exact_halves_agree_with_long_division(a in any::<u64>(), half in 1u64..) {
            let (a, den) = (u128::from(a) * 2 + 1, u128::from(half) * 2);
            prop_assert_eq!(mul_div_half_even(a, u128::from(half), den), oracle(a, u128::from(half), den));
        }
    }
}
