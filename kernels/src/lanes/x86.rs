//! [`Lanes`] for AVX2 with FMA (two registers) and AVX-512 (one).
//!
//! Deliberately absent: any operation that [`super::Base`] does not do in the same way. Start at [`Avx512`].

use std::arch::x86_64::*;

use super::{LANES, Lanes};
use crate::exp::ROUND;

/// Two registers of eight.
#[derive(Clone, Copy)]
pub(crate) struct Avx2(pub(crate) __m256, pub(crate) __m256);

/// One register of sixteen.
#[derive(Clone, Copy)]
pub(crate) struct Avx512(pub(crate) __m512);

/// 2^n from n + ROUND, whose low mantissa bits hold n.
const BIAS: i32 = 127 - ROUND.to_bits().cast_signed();

/// Adds or compares eight lanes as 4 + 4, 2 + 2, 1 + 1.
macro_rules! tree {
    ($eight:expr, $four:ident, $one:ident) => {{
        let four = $four(_mm256_castps256_ps128($eight), _mm256_extractf128_ps::<1>($eight));
        let two = $four(four, _mm_movehl_ps(four, four));
        _mm_cvtss_f32($one(two, _mm_shuffle_ps::<1>(two, two)))
    }};
}

// SAFETY, for every block below: the processor has the instructions, because values of these types are made only in
// functions that `dispatch!` enters after asking for them; loads and stores touch exactly the sixteen numbers of the
// reference they are given and need no alignment.
impl Lanes for Avx512 {
    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm512_set1_ps(value)) }
    }
    #[inline(always)]
    fn load(from: &[f32; LANES]) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm512_loadu_ps(from.as_ptr())) }
    }
    #[inline(always)]
    fn load_halves(from: &[u16; LANES]) -> Self {
        // SAFETY: see above.
        unsafe {
            let halves = _mm256_loadu_si256(from.as_ptr().cast());
            Self(_mm512_castsi512_ps(_mm512_slli_epi32::<16>(_mm512_cvtepu16_epi32(
                halves,
            ))))
        }
    }
    #[inline(always)]
    fn load_bytes(from: &[i8; LANES]) -> Self {
        // SAFETY: see above.
        unsafe {
            Self(_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(
                from.as_ptr().cast(),
            ))))
        }
    }
    #[inline(always)]
    fn store(self, to: &mut [f32; LANES]) {
        // SAFETY: see above.
        unsafe { _mm512_storeu_ps(to.as_mut_ptr(), self.0) }
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm512_add_ps(self.0, other.0)) }
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm512_sub_ps(self.0, other.0)) }
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm512_mul_ps(self.0, other.0)) }
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm512_div_ps(self.0, other.0)) }
    }
    #[inline(always)]
    fn fma(self, by: Self, plus: Self) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm512_fmadd_ps(self.0, by.0, plus.0)) }
    }
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm512_max_ps(self.0, other.0)) }
    }
    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm512_min_ps(self.0, other.0)) }
    }
    #[inline(always)]
    fn within(self, first: i32, last: i32, other: f32) -> Self {
        let below = |n: i32| ((1u32 << n.clamp(0, 16)) - 1) as u16;
        // SAFETY: see above.
        unsafe {
            Self(_mm512_mask_blend_ps(
                below(last) & !below(first),
                _mm512_set1_ps(other),
                self.0,
            ))
        }
    }
    #[inline(always)]
    fn zero_below(self, bound: Self, then: Self) -> Self {
        // SAFETY: see above.
        unsafe {
            let less = _mm512_cmp_ps_mask::<_CMP_LT_OQ>(self.0, bound.0);
            Self(_mm512_mask_blend_ps(less, then.0, _mm512_setzero_ps()))
        }
    }
    #[inline(always)]
    fn scale(self, power: Self) -> Self {
        // SAFETY: see above.
        unsafe {
            let n = _mm512_add_epi32(_mm512_castps_si512(power.0), _mm512_set1_epi32(BIAS));
            Self(_mm512_mul_ps(self.0, _mm512_castsi512_ps(_mm512_slli_epi32::<23>(n))))
        }
    }
    #[inline(always)]
    fn fold(self) -> f32 {
        // SAFETY: see above.
        unsafe {
            let eight = _mm256_add_ps(_mm512_castps512_ps256(self.0), _mm512_extractf32x8_ps::<1>(self.0));
            tree!(eight, _mm_add_ps, _mm_add_ss)
        }
    }
    #[inline(always)]
    fn largest(self) -> f32 {
        // SAFETY: see above.
        unsafe {
            let eight = _mm256_max_ps(_mm512_castps512_ps256(self.0), _mm512_extractf32x8_ps::<1>(self.0));
            tree!(eight, _mm_max_ps, _mm_max_ss)
        }
    }
    #[inline(always)]
    fn low_bytes(self) -> [i32; 4] {
        let mut out = [0; 4];
        // SAFETY: see above.
        unsafe {
            let bytes = _mm512_cvtepi32_epi8(_mm512_castps_si512(self.0));
            _mm_storeu_si128(out.as_mut_ptr().cast(), bytes);
        }
        out
    }
}

impl Avx2 {
    /// All bits set in the lanes `start + l` that lie between `first` and `last`.
    #[inline(always)]
    fn mask(start: i32, first: i32, last: i32) -> __m256 {
        // SAFETY: see above.
        unsafe {
            let lane = _mm256_add_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_set1_epi32(start));
            let not_before = _mm256_cmpgt_epi32(lane, _mm256_set1_epi32(first - 1));
            _mm256_castsi256_ps(_mm256_and_si256(
                not_before,
                _mm256_cmpgt_epi32(_mm256_set1_epi32(last), lane),
            ))
        }
    }

    #[inline(always)]
    fn power(n: __m256) -> __m256 {
        // SAFETY: see above.
        unsafe {
            let n = _mm256_add_epi32(_mm256_castps_si256(n), _mm256_set1_epi32(BIAS));
            _mm256_castsi256_ps(_mm256_slli_epi32::<23>(n))
        }
    }
}

impl Lanes for Avx2 {
    #[inline(always)]
    fn splat(value: f32) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm256_set1_ps(value), _mm256_set1_ps(value)) }
    }
    #[inline(always)]
    fn load(from: &[f32; LANES]) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm256_loadu_ps(from.as_ptr()), _mm256_loadu_ps(from.as_ptr().add(8))) }
    }
    #[inline(always)]
    fn load_halves(from: &[u16; LANES]) -> Self {
        // SAFETY: see above.
        unsafe {
            let (a, b) = (
                _mm_loadu_si128(from.as_ptr().cast()),
                _mm_loadu_si128(from.as_ptr().add(8).cast()),
            );
            Self(
                _mm256_castsi256_ps(_mm256_slli_epi32::<16>(_mm256_cvtepu16_epi32(a))),
                _mm256_castsi256_ps(_mm256_slli_epi32::<16>(_mm256_cvtepu16_epi32(b))),
            )
        }
    }
    #[inline(always)]
    fn load_bytes(from: &[i8; LANES]) -> Self {
        // SAFETY: see above.
        unsafe {
            let bytes = _mm_loadu_si128(from.as_ptr().cast());
            Self(
                _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes)),
                _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_unpackhi_epi64(bytes, bytes))),
            )
        }
    }
    #[inline(always)]
    fn store(self, to: &mut [f32; LANES]) {
        // SAFETY: see above.
        unsafe {
            _mm256_storeu_ps(to.as_mut_ptr(), self.0);
            _mm256_storeu_ps(to.as_mut_ptr().add(8), self.1);
        }
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm256_add_ps(self.0, other.0), _mm256_add_ps(self.1, other.1)) }
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm256_sub_ps(self.0, other.0), _mm256_sub_ps(self.1, other.1)) }
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm256_mul_ps(self.0, other.0), _mm256_mul_ps(self.1, other.1)) }
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm256_div_ps(self.0, other.0), _mm256_div_ps(self.1, other.1)) }
    }
    #[inline(always)]
    fn fma(self, by: Self, plus: Self) -> Self {
        // SAFETY: see above.
        unsafe {
            Self(
                _mm256_fmadd_ps(self.0, by.0, plus.0),
                _mm256_fmadd_ps(self.1, by.1, plus.1),
            )
        }
    }
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm256_max_ps(self.0, other.0), _mm256_max_ps(self.1, other.1)) }
    }
    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm256_min_ps(self.0, other.0), _mm256_min_ps(self.1, other.1)) }
    }
    #[inline(always)]
    fn within(self, first: i32, last: i32, other: f32) -> Self {
        // SAFETY: see above.
        unsafe {
            let other = _mm256_set1_ps(other);
            Self(
                _mm256_blendv_ps(other, self.0, Self::mask(0, first, last)),
                _mm256_blendv_ps(other, self.1, Self::mask(8, first, last)),
            )
        }
    }
    #[inline(always)]
    fn zero_below(self, bound: Self, then: Self) -> Self {
        // SAFETY: see above.
        unsafe {
            Self(
                _mm256_andnot_ps(_mm256_cmp_ps::<_CMP_LT_OQ>(self.0, bound.0), then.0),
                _mm256_andnot_ps(_mm256_cmp_ps::<_CMP_LT_OQ>(self.1, bound.1), then.1),
            )
        }
    }
    #[inline(always)]
    fn scale(self, power: Self) -> Self {
        // SAFETY: see above.
        unsafe {
            Self(
                _mm256_mul_ps(self.0, Self::power(power.0)),
                _mm256_mul_ps(self.1, Self::power(power.1)),
            )
        }
    }
    #[inline(always)]
    fn fold(self) -> f32 {
        // SAFETY: see above.
        unsafe { tree!(_mm256_add_ps(self.0, self.1), _mm_add_ps, _mm_add_ss) }
    }
    #[inline(always)]
    fn largest(self) -> f32 {
        // SAFETY: see above.
        unsafe { tree!(_mm256_max_ps(self.0, self.1), _mm_max_ps, _mm_max_ss) }
    }
    #[inline(always)]
    fn low_bytes(self) -> [i32; 4] {
        let mut out = [0; 4];
        // SAFETY: see above.
        unsafe {
            let low = _mm256_set1_epi32(255);
            let (a, b) = (_mm256_castps_si256(self.0), _mm256_castps_si256(self.1));
            let words = _mm256_packus_epi32(_mm256_and_si256(a, low), _mm256_and_si256(b, low));
            let words = _mm256_permute4x64_epi64::<0b11_01_10_00>(words);
            let bytes = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256::<1>(words));
            _mm_storeu_si128(out.as_mut_ptr().cast(), bytes);
        }
        out
    }
}
