//! Random draws by integers only.

use rand_chacha::ChaCha8Rng;
use rand_chacha::rand_core::{Rng, SeedableRng};

/// What everything follows from.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Seed(pub u64);

impl Seed {
    /// A seed for a part, so that parts do not disturb each other: SplitMix64 of the seed and the part's number.
    #[must_use]
    pub fn part(self, number: u64) -> Seed {
        let mut z = self.0
            ^ number
                .wrapping_mul(0x9e37_79b9_7f4a_7c15)
                .wrapping_add(0x632b_e59b_d9b4_e019);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Seed(z ^ (z >> 31))
    }
}

/// A stream of draws. ChaCha with 8 rounds: portable and of fixed output.
#[derive(Clone, Debug)]
pub struct Draw(ChaCha8Rng);

impl Draw {
    /// The stream of a seed.
    #[must_use]
    pub fn new(seed: Seed) -> Draw {
        Draw(ChaCha8Rng::seed_from_u64(seed.0))
    }

    /// 64 random bits.
    pub fn bits(&mut self) -> u64 {
        self.0.next_u64()
    }

    /// A number in `0..n`, 0 where `n` is 0. The bias of the multiplication is below 2⁻³² for every `n` used here.
    #[allow(
        clippy::cast_possible_truncation,
        reason = "the high half of the product is below n"
    )]
    pub fn below(&mut self, n: u64) -> u64 {
        ((u128::from(self.0.next_u64()) * u128::from(n)) >> 64) as u64
    }

    /// A number in `low..=high`; `low` where the range is empty.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = high.saturating_sub(low).max(0).unsigned_abs();
        low.saturating_add_unsigned(self.below(span.saturating_add(1)))
    }

    /// True with a chance of `n` in a million.
    pub fn ppm(&mut self, n: u32) -> bool {
        self.below(1_000_000) < u64::from(n)
    }

    /// True with a chance of one in `n`.
    pub fn one_in(&mut self, n: u64) -> bool {
        self.below(n) == 0
    }

    /// One of several.
    ///
    /// # Panics
    /// On an empty list.
    pub fn pick<'a, T>(&mut self, of: &'a [T]) -> &'a T {
        &of[self.index(of.len())]
    }

    /// One of several, copied.
    ///
    /// # Panics
    /// On an empty list.
    pub fn one<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.index(of.len())]
    }

    /// An index into a list of `n`.
    #[allow(clippy::cast_possible_truncation, reason = "below a usize")]
    pub fn index(&mut self, n: usize) -> usize {
        self.below(n as u64) as usize
    }

    /// An integer of mean 0 and standard deviation close to `sigma`: the sum of twelve uniform draws from
    /// `-sigma..=sigma` halved (Irwin–Hall, never beyond 6 sigma).
    pub fn bell(&mut self, sigma: i64) -> i64 {
        // Twelve 21-bit parts of four 64-bit draws; each part is uniform in 0..2^21, variance 2^42/12.
        let mut sum: i64 = 0;
        for _ in 0..4 {
            let bits = self.0.next_u64();
            for shift in [0, 21, 42] {
                sum += ((bits >> shift) & 0x1f_ffff).cast_signed();
            }
        }
        let centred = i128::from(sum - 12 * 0x10_0000);
        i64::try_from(centred * i128::from(sigma) / 0x20_0000).unwrap_or(0)
    }

    /// A permutation of the list, Fisher–Yates.
    pub fn shuffle<T>(&mut self, list: &mut [T]) {
        for i in (1..list.len()).rev() {
            let j = self.index(i + 1);
            list.swap(i, j);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_the_same_draws_for_ever() {
        let mut a = Draw::new(Seed(7));
        let mut b = Draw::new(Seed(7));
        assert_eq!(
            (0..100).map(|_| a.bits()).collect::<Vec<_>>(),
            (0..100).map(|_| b.bits()).collect::<Vec<_>>()
        );
        assert_ne!(Seed(7).part(1), Seed(7).part(2));
    }

    #[test]
    fn draws_stay_in_their_range() {
        let mut draw = Draw::new(Seed(1));
        let (mut sum, mut squares) = (0_i128, 0_i128);
        for _ in 0..10_000 {
            assert!(draw.below(7) < 7);
            assert!((-3..=3).contains(&draw.between(-3, 3)));
            let x = i128::from(draw.bell(1_000));
            assert!(x.abs() <= 6_000);
            sum += x;
            squares += x * x;
        }
        assert_eq!(draw.between(5, 4), 5);
        assert!((sum / 10_000).abs() < 50, "mean {}", sum / 10_000);
        assert!(
            (900_000..1_100_000).contains(&(squares / 10_000)),
            "variance {}",
            squares / 10_000
        );
    }
}
