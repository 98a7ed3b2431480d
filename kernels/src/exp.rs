//! e to the x in `f32`: one number in, one out, the same bits at every instruction set.
//!
//! Range reduction by ln 2 in two parts and a polynomial of degree six (Cody and Waite 1980; the coefficients are the
//! Taylor series, whose error on [-ln 2 / 2, ln 2 / 2] is below 2 units in the last place).
//! Deliberately absent: the libm function, which differs between machines and does not vectorise.
//! Start at [`exp`].

pub(crate) const LOG2_E: f32 = std::f32::consts::LOG2_E;
/// ln 2 with the low bits cut off, so that `n * LN2_HI` is exact for |n| < 2^9.
pub(crate) const LN2_HI: f32 = 0.693_359_4;
pub(crate) const LN2_LO: f32 = -2.121_944_4e-4;
/// Adding and subtracting this rounds to the nearest integer (ties to even) for |x| < 2^22.
pub(crate) const ROUND: f32 = 12_582_912.0;
/// Below this the result is taken as zero: e^-87.3 is the smallest normal `f32`.
pub(crate) const LEAST: f32 = -87.3;
pub(crate) const MOST: f32 = 88.3;

/// Coefficients, highest power first.
pub(crate) const SERIES: [f32; 7] = [1.0 / 720.0, 1.0 / 120.0, 1.0 / 24.0, 1.0 / 6.0, 0.5, 1.0, 1.0];

/// e^x; zero below -87.3, clamped above 88.3, NaN for NaN.
#[inline(always)]
pub fn exp(x: f32) -> f32 {
    let clamped = if x > MOST { MOST } else { x };
    let clamped = if clamped < LEAST { LEAST } else { clamped };
    let n = clamped.mul_add(LOG2_E, ROUND) - ROUND;
    let r = n.mul_add(-LN2_HI, clamped);
    let r = n.mul_add(-LN2_LO, r);
    let mut p = SERIES[0];
    for term in &SERIES[1..] {
        p = r.mul_add(p, *term);
    }
    // 2^n by its bits: `n + ROUND` holds n in its low mantissa bits, so no float-to-int conversion is needed.
    let bits = (n + ROUND).to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23;
    let y = p * f32::from_bits(bits);
    if x < LEAST { 0.0 } else { y }
}

#[cfg(test)]
mod tests {
    use super::exp;

    #[test]
    fn stays_within_three_units_in_the_last_place_of_the_true_value() {
        let mut x = -87.0f32;
        while x < 88.0 {
            let want = f64::from(x).exp();
            let error = (f64::from(exp(x)) - want).abs() / want;
            assert!(error < 3.0 * f64::from(f32::EPSILON), "exp({x}) is off by {error}");
            x += 0.0137;
        }
        assert_eq!(exp(0.0), 1.0);
        assert_eq!(exp(f32::NEG_INFINITY), 0.0);
        assert_eq!(exp(-88.0), 0.0);
        assert!(exp(f32::NAN).is_nan());
    }
}
