//! Sixteen `f32`s that are worked on together: the words in which every kernel is written.
//!
//! In and out: [`Lanes`]. Each kind does exactly the arithmetic of [`Base`], lane by lane, so results do not depend on
//! the instruction set. Deliberately absent: anything in which lanes meet, except the two sums [`Lanes::fold`] and
//! [`Lanes::largest`], which are trees of one fixed shape. Start at [`Lanes`].

use crate::exp::{LEAST, LN2_HI, LN2_LO, LOG2_E, MOST, ROUND, SERIES};

/// Lanes in one value.
pub(crate) const LANES: usize = 16;

/// Sixteen numbers. The methods of a kind for an instruction set may only run where that set does; the functions that
/// name a kind are compiled for it and are reached only through `dispatch!`.
pub(crate) trait Lanes: Copy {
    fn splat(value: f32) -> Self;
    fn load(from: &[f32; LANES]) -> Self;
    /// Exact `f32`s whose upper halves are given.
    fn load_halves(from: &[u16; LANES]) -> Self;
    fn load_bytes(from: &[i8; LANES]) -> Self;
    fn store(self, to: &mut [f32; LANES]);
    fn add(self, other: Self) -> Self;
    fn sub(self, other: Self) -> Self;
    fn mul(self, other: Self) -> Self;
    fn div(self, other: Self) -> Self;
    /// `self * by + plus`, rounded once.
    fn fma(self, by: Self, plus: Self) -> Self;
    /// The larger of each pair; `other` where one is not a number.
    fn larger(self, other: Self) -> Self;
    /// The smaller of each pair; `other` where one is not a number.
    fn smaller(self, other: Self) -> Self;
    /// Lane `l` where `first <= l < last`, otherwise `other`.
    fn within(self, first: i32, last: i32, other: f32) -> Self;
    /// Where `self < bound`: zero, otherwise `then`.
    fn zero_below(self, bound: Self, then: Self) -> Self;
    /// `self * 2^n`, where `power` is n plus `exp::ROUND`.
    fn scale(self, power: Self) -> Self;
    /// The sum: 8 + 8, 4 + 4, 2 + 2, 1 + 1.
    fn fold(self) -> f32;
    /// The largest, by the same tree.
    fn largest(self) -> f32;
    /// The lowest byte of each lane's bits, four in a word, the first lane lowest.
    fn low_bytes(self) -> [i32; 4];

    /// e^x lane by lane; see [`crate::exp::exp`].
    #[inline(always)]
    fn exp(self) -> Self {
        let x = Self::splat(LEAST).larger(Self::splat(MOST).smaller(self));
        let power = x.fma(Self::splat(LOG2_E), Self::splat(ROUND));
        let n = power.sub(Self::splat(ROUND));
        let r = n.fma(Self::splat(-LN2_HI), x);
        let r = n.fma(Self::splat(-LN2_LO), r);
        let mut p = Self::splat(SERIES[0]);
        for term in &SERIES[1..] {
            p = r.fma(p, Self::splat(*term));
        }
        self.zero_below(Self::splat(LEAST), p.scale(power))
    }
}

/// Plain numbers: what every processor can do.
#[derive(Clone, Copy)]
pub(crate) struct Base([f32; LANES]);

impl Base {
    #[inline(always)]
    fn each(mut self, other: Self, of: impl Fn(f32, f32) -> f32) -> Self {
        for l in 0..LANES {
            self.0[l] = of(self.0[l], other.0[l]);
        }
        self
    }

    #[inline(always)]
    fn tree(self, of: impl Fn(f32, f32) -> f32) -> f32 {
        let mut lanes = self.0;
        for width in [8, 4, 2, 1] {
            for l in 0..width {
                lanes[l] = of(lanes[l], lanes[l + width]);
            }
        }
        lanes[0]
    }
}

impl Lanes for Base {
    #[inline(always)]
    fn splat(value: f32) -> Self {
        Self([value; LANES])
    }
    #[inline(always)]
    fn load(from: &[f32; LANES]) -> Self {
        Self(*from)
    }
    #[inline(always)]
    fn load_halves(from: &[u16; LANES]) -> Self {
        Self(from.map(|half| f32::from_bits(u32::from(half) << 16)))
    }
    #[inline(always)]
    fn load_bytes(from: &[i8; LANES]) -> Self {
        Self(from.map(f32::from))
    }
    #[inline(always)]
    fn store(self, to: &mut [f32; LANES]) {
        *to = self.0;
    }
    #[inline(always)]
    fn add(self, other: Self) -> Self {
        self.each(other, |a, b| a + b)
    }
    #[inline(always)]
    fn sub(self, other: Self) -> Self {
        self.each(other, |a, b| a - b)
    }
    #[inline(always)]
    fn mul(self, other: Self) -> Self {
        self.each(other, |a, b| a * b)
    }
    #[inline(always)]
    fn div(self, other: Self) -> Self {
        self.each(other, |a, b| a / b)
    }
    #[inline(always)]
    fn fma(mut self, by: Self, plus: Self) -> Self {
        for l in 0..LANES {
            self.0[l] = self.0[l].mul_add(by.0[l], plus.0[l]);
        }
        self
    }
    #[inline(always)]
    fn larger(self, other: Self) -> Self {
        self.each(other, |a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn smaller(self, other: Self) -> Self {
        self.each(other, |a, b| if a < b { a } else { b })
    }
    #[inline(always)]
    fn within(mut self, first: i32, last: i32, other: f32) -> Self {
        for l in 0..LANES {
            self.0[l] = if (first..last).contains(&(l as i32)) {
                self.0[l]
            } else {
                other
            };
        }
        self
    }
    #[inline(always)]
    fn zero_below(self, bound: Self, mut then: Self) -> Self {
        for l in 0..LANES {
            then.0[l] = if self.0[l] < bound.0[l] { 0.0 } else { then.0[l] };
        }
        then
    }
    #[inline(always)]
    fn scale(self, power: Self) -> Self {
        self.each(power, |p, power| {
            let bits = power.to_bits().wrapping_sub(ROUND.to_bits()).wrapping_add(127) << 23;
            p * f32::from_bits(bits)
        })
    }
    #[inline(always)]
    fn fold(self) -> f32 {
        self.tree(|a, b| a + b)
    }
    #[inline(always)]
    fn largest(self) -> f32 {
        self.tree(|a, b| if a > b { a } else { b })
    }
    #[inline(always)]
    fn low_bytes(self) -> [i32; 4] {
        let byte = |l: usize| self.0[l].to_bits() as u8;
        std::array::from_fn(|q| i32::from_le_bytes(std::array::from_fn(|i| byte(q * 4 + i))))
    }
}

#[cfg(target_arch = "x86_64")]
pub(crate) use x86::{Avx2, Avx512};

#[cfg(target_arch = "x86_64")]
mod x86;
