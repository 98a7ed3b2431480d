//! Rows of `f32` as bytes with a scale per 32 of them: `[rows, k]` in, [`Activations`] out.
//!
//! A value is `scale * byte`, where the scale is a 127th of the group's largest magnitude; or, *fine*, `scale * (128 *
//! high + low)` with a scale 128 times smaller. With weights that are exact, a product of normally distributed values
//! then has a cosine of about 0.99999 with the exact one, or fine 0.999999999. (llama.cpp shares one scale among 256
//! values where weights are of a K type, which is coarser.)
//!
//! Eight neighbouring rows are a tile, in which a *quad*, four neighbouring bytes of a row, stands beside the same quad of
//! the other rows: that is the order in which the products read them.
//! Deliberately absent: anything in which two rows meet. Start at [`Activations::new`].

use super::blocks::GROUP;
use crate::crew::{Base, Crew};
use crate::exp::ROUND;
use crate::lanes::{LANES, Lanes};
use crate::level::{Level, dispatch, level};

/// Rows of one tile; the last may have fewer.
pub(super) const TILE: usize = 8;
/// Quads of a group.
pub(super) const QUADS: usize = GROUP / 4;
/// Magnitudes below this are taken as zero: their reciprocal times 127 must be finite.
const LEAST: f32 = 1e-30;
/// The largest whole number of a fine value.
const FINEST: f32 = 16_319.0;

/// Quantised rows. In every array a tile's part follows that of the tile before; `r` counts rows inside a tile.
#[derive(Debug, Default)]
pub struct Activations {
    pub(super) rows: usize,
    pub(super) k: usize,
    pub(super) fine: bool,
    /// `[tiles][k / 4][r]`: the bytes, or the high ones.
    pub(super) quads: Vec<i32>,
    /// As `quads`: the low bytes of fine rows, otherwise empty.
    pub(super) lows: Vec<i32>,
    /// `[tiles][k / 32][r]`
    pub(super) scales: Vec<f32>,
    /// `[tiles][k / 32][r]`: minus the sum of the group's values.
    pub(super) sums: Vec<f32>,
    /// `[tiles][k / 32][first half, last half, both][r]`: minus the sum of the whole numbers.
    pub(super) starts: Vec<i32>,
}

/// Where a tile's results go.
struct Places<'a> {
    quads: &'a mut [i32],
    lows: &'a mut [i32],
    scales: &'a mut [f32],
    sums: &'a mut [f32],
    starts: &'a mut [i32],
}

impl Activations {
    /// Quantises `[rows, k]`; `k` is a multiple of 32.
    pub fn new(crew: &Crew, x: &[f32], k: usize, fine: bool) -> Self {
        Self::at(level(), crew, x, k, fine)
    }

    /// As [`Activations::new`], at a chosen level.
    pub fn at(at: Level, crew: &Crew, x: &[f32], k: usize, fine: bool) -> Self {
        let mut new = Self::default();
        new.fill(at, crew, x, k, fine);
        new
    }

    /// As [`Activations::new`], in the memory of rows that are no longer needed.
    pub fn again(mut self, crew: &Crew, x: &[f32], k: usize, fine: bool) -> Self {
        self.fill(level(), crew, x, k, fine);
        self
    }

    fn fill(&mut self, at: Level, crew: &Crew, x: &[f32], k: usize, fine: bool) {
        assert!(
            k > 0 && k.is_multiple_of(GROUP) && x.len().is_multiple_of(k),
            "whole rows of whole groups"
        );
        let (rows, groups) = (x.len() / k, k / GROUP);
        (self.rows, self.k, self.fine) = (rows, k, fine);
        self.quads.resize(rows * k / 4, 0);
        self.lows.resize(if fine { rows * k / 4 } else { 0 }, 0);
        self.scales.resize(rows * groups, 0.0);
        self.sums.resize(rows * groups, 0.0);
        self.starts.resize(rows * groups * 3, 0);
        let (quads, lows) = (Base(self.quads.as_mut_ptr()), Base(self.lows.as_mut_ptr()));
        let (scales, sums, starts) = (
            Base(self.scales.as_mut_ptr()),
            Base(self.sums.as_mut_ptr()),
            Base(self.starts.as_mut_ptr()),
        );
        crew.run(rows.div_ceil(TILE), |tile| {
            let first = tile * TILE;
            let r = TILE.min(rows - first);
            // SAFETY: each tile has its own part of each array, and all of them lie inside.
            let to = unsafe {
                Places {
                    quads: std::slice::from_raw_parts_mut(quads.at(first * k / 4), r * k / 4),
                    lows: std::slice::from_raw_parts_mut(
                        lows.at(first * k / 4 * usize::from(fine)),
                        if fine { r * k / 4 } else { 0 },
                    ),
                    scales: std::slice::from_raw_parts_mut(scales.at(first * groups), r * groups),
                    sums: std::slice::from_raw_parts_mut(sums.at(first * groups), r * groups),
                    starts: std::slice::from_raw_parts_mut(starts.at(first * groups * 3), r * groups * 3),
                }
            };
            let x = &x[first * k..][..r * k];
            dispatch!(at, quantise, (x: &[f32], k: usize, to: Places<'_>));
        });
    }
}

/// One tile.
#[inline(always)]
fn quantise<L: Lanes>(x: &[f32], k: usize, to: Places<'_>) {
    let (r, fine) = (x.len() / k, !to.lows.is_empty());
    for (row, x) in x.chunks_exact(k).enumerate() {
        for (g, x) in x.as_chunks::<GROUP>().0.iter().enumerate() {
            let (scale, whole) = group::<L>(x, fine);
            // Sums of whole numbers below 2^24 are exact.
            let (first, last) = (whole[0].fold(), whole[1].fold());
            to.scales[g * r + row] = scale;
            to.sums[g * r + row] = -(scale * (first + last));
            let starts = &mut to.starts[g * 3 * r..][..3 * r];
            starts[row] = -(first as i32);
            starts[r + row] = -(last as i32);
            starts[2 * r + row] = -((first + last) as i32);
            let quads = &mut to.quads[g * QUADS * r..][..QUADS * r];
            if fine {
                let ((high, low), (next_high, next_low)) = (split(whole[0]), split(whole[1]));
                place([high, next_high], quads, r, row);
                place([low, next_low], &mut to.lows[g * QUADS * r..][..QUADS * r], r, row);
            } else {
                place(whole, quads, r, row);
            }
        }
    }
}

/// Whole numbers as `128 * high + low`.
#[inline(always)]
fn split<L: Lanes>(whole: L) -> (L, L) {
    let round = L::splat(ROUND);
    let high = whole.fma(L::splat(1.0 / 128.0), round).sub(round);
    (high, high.fma(L::splat(-128.0), whole))
}

/// Writes whole numbers that fit a byte as quads of row `row` of `r`.
#[inline(always)]
fn place<L: Lanes>(whole: [L; 2], quads: &mut [i32], r: usize, row: usize) {
    // The low bits of a number plus ROUND are the number itself.
    let round = L::splat(ROUND);
    let (first, last) = (whole[0].add(round).low_bytes(), whole[1].add(round).low_bytes());
    for q in 0..QUADS / 2 {
        quads[q * r + row] = first[q];
        quads[(q + QUADS / 2) * r + row] = last[q];
    }
}

/// The scale of a group, and its whole numbers.
#[inline(always)]
fn group<L: Lanes>(x: &[f32; GROUP], fine: bool) -> (f32, [L; 2]) {
    let (halves, _) = x.as_chunks::<LANES>();
    let (a, b) = (L::load(&halves[0]), L::load(&halves[1]));
    let zero = L::splat(0.0);
    let top = a.larger(zero.sub(a)).larger(b.larger(zero.sub(b))).largest();
    if top < LEAST {
        return (0.0, [zero; 2]);
    }
    let most = if fine { FINEST } else { 127.0 };
    let (inverse, round) = (L::splat(most / top), L::splat(ROUND));
    // Adding and taking away ROUND leaves the nearest whole number.
    (
        top / most,
        [a.fma(inverse, round).sub(round), b.fma(inverse, round).sub(round)],
    )
}
