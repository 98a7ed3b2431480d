//! What the products of bytes are written in: 64 codes and 16 sums at a time, on top of [`Lanes`].
//!
//! Sums of codes times bytes are whole numbers, so every kind gives the same ones, however it gets there.
//! Deliberately absent: anything that rounds. Start at [`Dots`].

use crate::lanes::{Base, LANES, Lanes};

/// 64 bytes at the start of a cache line.
#[derive(Debug, Clone, Copy)]
#[repr(C, align(64))]
pub(super) struct Line(pub(super) [u8; 64]);

/// As for [`Lanes`]: methods of a kind run only where its instruction set does.
pub(super) trait Dots: Lanes {
    /// 64 codes: for each of sixteen columns, four inputs.
    type Codes: Copy;
    /// A whole number per column.
    type Sums: Copy;
    /// Rows that a tile holds in registers, at most.
    const ROWS: usize;
    /// What [`Dots::dot_wide`] adds to each code, which the start of a sum takes off again.
    const LIFT: i32;

    fn codes(from: &Line) -> Self::Codes;
    /// The lower four bits of each byte.
    fn low(codes: Self::Codes) -> Self::Codes;
    /// The upper four bits of each byte.
    fn high(codes: Self::Codes) -> Self::Codes;
    /// The bits of `MASK` in each byte after moving them `BY` places up (down if negative).
    fn bits<const BY: i32, const MASK: u8>(codes: Self::Codes) -> Self::Codes;
    fn join(a: Self::Codes, b: Self::Codes) -> Self::Codes;
    fn sums(all: i32) -> Self::Sums;
    /// Adds codes below 64 times the four signed bytes of `quad`.
    fn dot(to: Self::Sums, codes: Self::Codes, quad: i32) -> Self::Sums;
    /// Adds codes of eight bits, of which 128 minus [`Dots::LIFT`] is taken off, times the four signed bytes of `quad`.
    fn dot_wide(to: Self::Sums, codes: Self::Codes, quad: i32) -> Self::Sums;
    /// Times 128.
    fn shift(sums: Self::Sums) -> Self::Sums;
    /// Rounded to the nearest where a sum has more than 24 bits.
    fn floats(sums: Self::Sums) -> Self;
    /// Sixteen 16-bit floats.
    fn halves(from: &[u8; 32]) -> Self;
    fn unsigned(from: &[u8; LANES]) -> Self;
    fn signed(from: &[u8; LANES]) -> Self;
    /// Asks for the line at `from`, which will be needed soon. Any address will do.
    fn soon(from: *const Line);
}

impl Dots for Base {
    type Codes = [u8; 64];
    type Sums = [i32; LANES];
    const ROWS: usize = 1;
    const LIFT: i32 = 0;

    #[inline(always)]
    fn codes(from: &Line) -> Self::Codes {
        from.0
    }
    #[inline(always)]
    fn low(codes: Self::Codes) -> Self::Codes {
        codes.map(|c| c & 15)
    }
    #[inline(always)]
    fn high(codes: Self::Codes) -> Self::Codes {
        codes.map(|c| c >> 4)
    }
    #[inline(always)]
    fn bits<const BY: i32, const MASK: u8>(codes: Self::Codes) -> Self::Codes {
        codes.map(|c| {
            let moved = if BY < 0 {
                c.wrapping_shr(BY.unsigned_abs())
            } else {
                c.wrapping_shl(BY.unsigned_abs())
            };
            moved & MASK
        })
    }
    #[inline(always)]
    fn join(mut a: Self::Codes, b: Self::Codes) -> Self::Codes {
        a.iter_mut().zip(b).for_each(|(a, b)| *a |= b);
        a
    }
    #[inline(always)]
    fn sums(all: i32) -> Self::Sums {
        [all; LANES]
    }
    #[inline(always)]
    fn dot(mut to: Self::Sums, codes: Self::Codes, quad: i32) -> Self::Sums {
        let quad = quad.to_le_bytes();
        for (to, codes) in to.iter_mut().zip(codes.as_chunks::<4>().0) {
            for i in 0..4 {
                *to += i32::from(codes[i]) * i32::from(quad[i].cast_signed());
            }
        }
        to
    }
    #[inline(always)]
    fn dot_wide(mut to: Self::Sums, codes: Self::Codes, quad: i32) -> Self::Sums {
        let quad = quad.to_le_bytes();
        for (to, codes) in to.iter_mut().zip(codes.as_chunks::<4>().0) {
            for i in 0..4 {
                *to += (i32::from(codes[i]) - 128) * i32::from(quad[i].cast_signed());
            }
        }
        to
    }
    #[inline(always)]
    fn shift(sums: Self::Sums) -> Self::Sums {
        sums.map(|s| s << 7)
    }
    #[inline(always)]
    fn floats(sums: Self::Sums) -> Self {
        Self::load(&sums.map(|s| s as f32))
    }
    #[inline(always)]
    fn halves(from: &[u8; 32]) -> Self {
        let pairs = from.as_chunks::<2>().0;
        Self::load(&std::array::from_fn(|l| widen(u16::from_le_bytes(pairs[l]))))
    }
    #[inline(always)]
    fn unsigned(from: &[u8; LANES]) -> Self {
        Self::load(&from.map(f32::from))
    }
    #[inline(always)]
    fn signed(from: &[u8; LANES]) -> Self {
        Self::load(&from.map(|b| f32::from(b.cast_signed())))
    }
    #[inline(always)]
    fn soon(_: *const Line) {}
}

/// A 16-bit float, widened: the bits are moved into place and the exponent's bias is mended by a product, which is
/// exact for small numbers too.
pub(super) fn widen(half: u16) -> f32 {
    let magnitude = f32::from_bits(u32::from(half & 0x7fff) << 13);
    let wide = if half & 0x7c00 == 0x7c00 {
        f32::from_bits(magnitude.to_bits() | 0x7f80_0000)
    } else {
        magnitude * f32::from_bits((127 + 112) << 23)
    };
    f32::from_bits(wide.to_bits() | u32::from(half & 0x8000) << 16)
}

#[cfg(target_arch = "x86_64")]
mod x86;
