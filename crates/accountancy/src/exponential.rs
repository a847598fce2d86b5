//! The exponential without a branch, for loops in which several run side by side.

/// eˣ for −700 ≤ x ≤ 700, within two units of the last place, without a branch, so that lanes run side by side.
///
/// Reduction by log 2 in two parts (W. J. Cody, W. Waite, Software Manual for the Elementary Functions, 1980), then the
/// series of the exponential to the thirteenth power.
#[inline(always)]
pub(crate) fn exponential(x: f64) -> f64 {
    /// 1.5 · 2⁵²: adding it rounds to an integer, which stands in the lowest bits then.
    const ROUND: f64 = 6_755_399_441_055_744.0;
    const LOG_HIGH: f64 = 0.693_147_180_369_123_8;
    const LOG_LOW: f64 = 1.908_214_929_270_587_7e-10;
    const SERIES: [f64; 14] = [
        1.0 / 6_227_020_800.0,
        1.0 / 479_001_600.0,
        1.0 / 39_916_800.0,
        1.0 / 3_628_800.0,
        1.0 / 362_880.0,
        1.0 / 40_320.0,
        1.0 / 5_040.0,
        1.0 / 720.0,
        1.0 / 120.0,
        1.0 / 24.0,
        1.0 / 6.0,
        0.5,
        1.0,
        1.0,
    ];
    let x = x.clamp(-700.0, 700.0);
    let rounded = x * std::f64::consts::LOG2_E + ROUND;
    let n = rounded - ROUND;
    let r = (x - n * LOG_HIGH) - n * LOG_LOW;
    let mut sum = 0.0;
    for term in SERIES {
        sum = sum * r + term;
    }
    let scale = f64::from_bits((rounded.to_bits() << 52).wrapping_add(1023 << 52));
    sum * scale
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_exponential_is_one() {
        for n in -7_000..=7_000 {
            let x = f64::from(n) / 10.0 + 0.037;
            if x.abs() < 700.0 {
                let want = libm::exp(x);
                assert!((exponential(x) / want - 1.0).abs() < 1e-15, "{x}");
            }
        }
        assert_eq!(exponential(0.0), 1.0);
        assert!(exponential(-1e300) > 0.0);
    }
}
