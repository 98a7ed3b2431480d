//! [`Dots`] for AVX2 (two registers) and AVX-512 with VNNI (one).
//!
//! Deliberately absent: any sum that [`super::Base`] would not reach too. Start at [`Avx512`].

use std::arch::x86_64::*;

use super::{Dots, LANES, Line};
use crate::lanes::{Avx2, Avx512};

// SAFETY, for every block below: the processor has the instructions, because functions that name these kinds are entered
// only after asking for them; loads touch exactly the bytes of the reference they are given.
impl Dots for Avx512 {
    type Codes = __m512i;
    type Sums = __m512i;
    const ROWS: usize = 8;
    const LIFT: i32 = 128;

    #[inline(always)]
    fn codes(from: &Line) -> Self::Codes {
        // SAFETY: see above; a `Line` is aligned.
        unsafe { _mm512_load_si512(from.0.as_ptr().cast()) }
    }
    #[inline(always)]
    fn low(codes: Self::Codes) -> Self::Codes {
        // SAFETY: see above.
        unsafe { _mm512_and_si512(codes, _mm512_set1_epi8(15)) }
    }
    #[inline(always)]
    fn high(codes: Self::Codes) -> Self::Codes {
        // SAFETY: see above.
        unsafe { _mm512_and_si512(_mm512_srli_epi16::<4>(codes), _mm512_set1_epi8(15)) }
    }
    #[inline(always)]
    fn bits<const BY: i32, const MASK: u8>(codes: Self::Codes) -> Self::Codes {
        // SAFETY: see above.
        unsafe {
            let moved = match BY {
                -3 => _mm512_srli_epi16::<3>(codes),
                -2 => _mm512_srli_epi16::<2>(codes),
                -1 => _mm512_srli_epi16::<1>(codes),
                1 => _mm512_slli_epi16::<1>(codes),
                2 => _mm512_slli_epi16::<2>(codes),
                3 => _mm512_slli_epi16::<3>(codes),
                4 => _mm512_slli_epi16::<4>(codes),
                _ => codes,
            };
            _mm512_and_si512(moved, _mm512_set1_epi8(MASK.cast_signed()))
        }
    }
    #[inline(always)]
    fn join(a: Self::Codes, b: Self::Codes) -> Self::Codes {
        // SAFETY: see above.
        unsafe { _mm512_or_si512(a, b) }
    }
    #[inline(always)]
    fn sums(all: i32) -> Self::Sums {
        // SAFETY: see above.
        unsafe { _mm512_set1_epi32(all) }
    }
    #[inline(always)]
    fn dot(to: Self::Sums, codes: Self::Codes, quad: i32) -> Self::Sums {
        // SAFETY: see above.
        unsafe { _mm512_dpbusd_epi32(to, codes, _mm512_set1_epi32(quad)) }
    }
    #[inline(always)]
    fn dot_wide(to: Self::Sums, codes: Self::Codes, quad: i32) -> Self::Sums {
        Self::dot(to, codes, quad)
    }
    #[inline(always)]
    fn shift(sums: Self::Sums) -> Self::Sums {
        // SAFETY: see above.
        unsafe { _mm512_slli_epi32::<7>(sums) }
    }
    #[inline(always)]
    fn floats(sums: Self::Sums) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_cvtepi32_ps(sums) })
    }
    #[inline(always)]
    fn halves(from: &[u8; 32]) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_cvtph_ps(_mm256_loadu_si256(from.as_ptr().cast())) })
    }
    #[inline(always)]
    fn unsigned(from: &[u8; LANES]) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(from.as_ptr().cast()))) })
    }
    #[inline(always)]
    fn signed(from: &[u8; LANES]) -> Self {
        // SAFETY: see above.
        Self(unsafe { _mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(from.as_ptr().cast()))) })
    }
    #[inline(always)]
    fn soon(from: *const Line) {
        // SAFETY: a prefetch reads nothing that could be seen.
        unsafe { _mm_prefetch::<_MM_HINT_T0>(from.cast()) }
    }
}

/// Both halves through the same steps.
macro_rules! both {
    ($a:expr, $b:expr, |$x:ident, $y:ident| $body:expr) => {{
        let ((a0, a1), (b0, b1)) = ($a, $b);
        // SAFETY: see above.
        unsafe {
            let low = {
                let ($x, $y) = (a0, b0);
                $body
            };
            let ($x, $y) = (a1, b1);
            (low, $body)
        }
    }};
}

// SAFETY, for every block below: as above.
impl Dots for Avx2 {
    type Codes = (__m256i, __m256i);
    type Sums = (__m256i, __m256i);
    const ROWS: usize = 2;
    const LIFT: i32 = 0;

    #[inline(always)]
    fn codes(from: &Line) -> Self::Codes {
        let at: *const __m256i = from.0.as_ptr().cast();
        // SAFETY: see above; a `Line` is aligned.
        unsafe { (_mm256_load_si256(at), _mm256_load_si256(at.add(1))) }
    }
    #[inline(always)]
    fn low(codes: Self::Codes) -> Self::Codes {
        // SAFETY: see above.
        let mask = unsafe { _mm256_set1_epi8(15) };
        both!(codes, (mask, mask), |x, m| _mm256_and_si256(x, m))
    }
    #[inline(always)]
    fn high(codes: Self::Codes) -> Self::Codes {
        // SAFETY: see above.
        let mask = unsafe { _mm256_set1_epi8(15) };
        both!(codes, (mask, mask), |x, m| _mm256_and_si256(
            _mm256_srli_epi16::<4>(x),
            m
        ))
    }
    #[inline(always)]
    fn bits<const BY: i32, const MASK: u8>(codes: Self::Codes) -> Self::Codes {
        // SAFETY: see above.
        let mask = unsafe { _mm256_set1_epi8(MASK.cast_signed()) };
        both!(codes, (mask, mask), |x, m| {
            let moved = match BY {
                -3 => _mm256_srli_epi16::<3>(x),
                -2 => _mm256_srli_epi16::<2>(x),
                -1 => _mm256_srli_epi16::<1>(x),
                1 => _mm256_slli_epi16::<1>(x),
                2 => _mm256_slli_epi16::<2>(x),
                3 => _mm256_slli_epi16::<3>(x),
                4 => _mm256_slli_epi16::<4>(x),
                _ => x,
            };
            _mm256_and_si256(moved, m)
        })
    }
    #[inline(always)]
    fn join(a: Self::Codes, b: Self::Codes) -> Self::Codes {
        both!(a, b, |x, y| _mm256_or_si256(x, y))
    }
    #[inline(always)]
    fn sums(all: i32) -> Self::Sums {
        // SAFETY: see above.
        let all = unsafe { _mm256_set1_epi32(all) };
        (all, all)
    }
    #[inline(always)]
    fn dot(to: Self::Sums, codes: Self::Codes, quad: i32) -> Self::Sums {
        // SAFETY: see above. Two products of a code below 64 and a byte fit 16 bits.
        let (quad, ones) = unsafe { (_mm256_set1_epi32(quad), _mm256_set1_epi16(1)) };
        {
            both!(to, codes, |to, codes| _mm256_add_epi32(
                to,
                _mm256_madd_epi16(_mm256_maddubs_epi16(codes, quad), ones)
            ))
        }
    }
    #[inline(always)]
    fn dot_wide(to: Self::Sums, codes: Self::Codes, quad: i32) -> Self::Sums {
        // SAFETY: see above. The sign goes over to the activation, which is never -128; two products of 128 and 127
        // fit 16 bits.
        let (quad, ones) = unsafe { (_mm256_set1_epi32(quad), _mm256_set1_epi16(1)) };
        {
            both!(to, codes, |to, codes| {
                let weights = _mm256_xor_si256(codes, _mm256_set1_epi8(-128));
                let pairs = _mm256_maddubs_epi16(_mm256_abs_epi8(weights), _mm256_sign_epi8(quad, weights));
                _mm256_add_epi32(to, _mm256_madd_epi16(pairs, ones))
            })
        }
    }
    #[inline(always)]
    fn shift(sums: Self::Sums) -> Self::Sums {
        both!(sums, sums, |x, _same| _mm256_slli_epi32::<7>(x))
    }
    #[inline(always)]
    fn floats(sums: Self::Sums) -> Self {
        // SAFETY: see above.
        unsafe { Self(_mm256_cvtepi32_ps(sums.0), _mm256_cvtepi32_ps(sums.1)) }
    }
    #[inline(always)]
    fn halves(from: &[u8; 32]) -> Self {
        let at: *const __m128i = from.as_ptr().cast();
        // SAFETY: see above.
        unsafe {
            Self(
                _mm256_cvtph_ps(_mm_loadu_si128(at)),
                _mm256_cvtph_ps(_mm_loadu_si128(at.add(1))),
            )
        }
    }
    #[inline(always)]
    fn unsigned(from: &[u8; LANES]) -> Self {
        // SAFETY: see above.
        unsafe {
            let bytes = _mm_loadu_si128(from.as_ptr().cast());
            Self(
                _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(bytes)),
                _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_srli_si128::<8>(bytes))),
            )
        }
    }
    #[inline(always)]
    fn signed(from: &[u8; LANES]) -> Self {
        // SAFETY: see above.
        unsafe {
            let bytes = _mm_loadu_si128(from.as_ptr().cast());
            Self(
                _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(bytes)),
                _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128::<8>(bytes))),
            )
        }
    }
    #[inline(always)]
    fn soon(from: *const Line) {
        Avx512::soon(from);
    }
}
