//! The tile loop behind [`super::multiply`]: panels and rows in, a block of results out.
//!
//! A tile is eight rows by two panels: sixteen accumulators of sixteen lanes, which is what AVX-512 has registers for
//! (AVX2 takes the same tile in halves). Deliberately absent: any choice that depends on the number of rows, except how
//! many of them share a pass. Start at [`multiply`].

use super::{GROUP, PANEL};
use crate::lanes::Lanes;

/// Rows that share one pass over the weights.
const ROWS: usize = 8;

/// Sixteen columns of weights, `[k][16]`, that can be widened one input element at a time.
pub(super) trait Panel: Copy {
    /// What the weights from input `d` on are multiplied by, for a whole group.
    fn scale<L: Lanes>(self, d: usize) -> L;
    /// The weights of input `d`, multiplied by the scale of its group.
    fn lanes<L: Lanes>(self, d: usize, scale: L) -> L;
}

impl Panel for &[[f32; PANEL]] {
    #[inline(always)]
    fn scale<L: Lanes>(self, _: usize) -> L {
        L::splat(1.0)
    }
    #[inline(always)]
    fn lanes<L: Lanes>(self, d: usize, _: L) -> L {
        L::load(&self[d])
    }
}

impl Panel for &[[u16; PANEL]] {
    #[inline(always)]
    fn scale<L: Lanes>(self, _: usize) -> L {
        L::splat(1.0)
    }
    #[inline(always)]
    fn lanes<L: Lanes>(self, d: usize, _: L) -> L {
        L::load_halves(&self[d])
    }
}

/// Bytes and their scales, one scale per column and group of 32 inputs.
#[derive(Clone, Copy)]
pub(super) struct Scaled<'a> {
    pub(super) bytes: &'a [[i8; PANEL]],
    pub(super) scales: &'a [[f32; PANEL]],
}

impl Panel for Scaled<'_> {
    #[inline(always)]
    fn scale<L: Lanes>(self, d: usize) -> L {
        L::load(&self.scales[d / GROUP])
    }
    #[inline(always)]
    fn lanes<L: Lanes>(self, d: usize, scale: L) -> L {
        L::load_bytes(&self.bytes[d]).mul(scale)
    }
}

/// Cuts panel `index` out of a store.
pub(super) trait Cut: Copy {
    type Piece: Panel;
    fn cut(self, index: usize, k: usize) -> Self::Piece;
}

impl<'a> Cut for &'a [[f32; PANEL]] {
    type Piece = &'a [[f32; PANEL]];
    #[inline(always)]
    fn cut(self, index: usize, k: usize) -> Self::Piece {
        &self[index * k..][..k]
    }
}

impl<'a> Cut for &'a [[u16; PANEL]] {
    type Piece = &'a [[u16; PANEL]];
    #[inline(always)]
    fn cut(self, index: usize, k: usize) -> Self::Piece {
        &self[index * k..][..k]
    }
}

impl<'a> Cut for Scaled<'a> {
    type Piece = Scaled<'a>;
    #[inline(always)]
    fn cut(self, index: usize, k: usize) -> Self::Piece {
        Scaled {
            bytes: &self.bytes[index * k..][..k],
            scales: &self.scales[index * (k / GROUP)..][..k / GROUP],
        }
    }
}

/// See [`super::multiply`]; `panels` of `w` are used, `width` columns are written per row of `out`.
#[inline(always)]
pub(super) fn multiply<L: Lanes>(
    x: &[f32],
    w: impl Cut,
    k: usize,
    panels: std::ops::Range<usize>,
    width: usize,
    out: &mut [f32],
) {
    let first = panels.start;
    let mut at = panels.start;
    while at < panels.end {
        let column = (at - first) * PANEL;
        let a = w.cut(at, k);
        if at + 1 < panels.end {
            rows_by::<L, _>(x, (a, Some(w.cut(at + 1, k))), k, (width, column), out);
            at += 2;
        } else {
            rows_by::<L, _>(x, (a, None), k, (width, column), out);
            at += 1;
        }
    }
}

#[inline(always)]
fn rows_by<L: Lanes, P: Panel>(x: &[f32], w: (P, Option<P>), k: usize, place: (usize, usize), out: &mut [f32]) {
    let width = place.0;
    let mut x_rest = x;
    let mut o_rest = out;
    while !x_rest.is_empty() {
        let rows = (x_rest.len() / k).min(ROWS);
        let (x_now, x_after) = x_rest.split_at(rows * k);
        let (o_now, o_after) = o_rest.split_at_mut(rows * width);
        match rows {
            8 => tile::<L, 8, P>(x_now, w, k, place, o_now),
            7 => tile::<L, 7, P>(x_now, w, k, place, o_now),
            6 => tile::<L, 6, P>(x_now, w, k, place, o_now),
            5 => tile::<L, 5, P>(x_now, w, k, place, o_now),
            4 => tile::<L, 4, P>(x_now, w, k, place, o_now),
            3 => tile::<L, 3, P>(x_now, w, k, place, o_now),
            2 => tile::<L, 2, P>(x_now, w, k, place, o_now),
            _ => tile::<L, 1, P>(x_now, w, k, place, o_now),
        }
        x_rest = x_after;
        o_rest = o_after;
    }
}

/// `R` rows by one or two panels.
#[inline(always)]
fn tile<L: Lanes, const R: usize, P: Panel>(
    x: &[f32],
    (a, b): (P, Option<P>),
    k: usize,
    (width, column): (usize, usize),
    out: &mut [f32],
) {
    let rows: [&[f32]; R] = std::array::from_fn(|i| &x[i * k..][..k]);
    let mut left = [L::splat(0.0); R];
    if let Some(b) = b {
        let mut right = [L::splat(0.0); R];
        for start in (0..k).step_by(GROUP) {
            let (sa, sb) = (a.scale::<L>(start), b.scale::<L>(start));
            for d in start..k.min(start + GROUP) {
                let (wa, wb) = (a.lanes(d, sa), b.lanes(d, sb));
                for i in 0..R {
                    let v = L::splat(rows[i][d]);
                    left[i] = v.fma(wa, left[i]);
                    right[i] = v.fma(wb, right[i]);
                }
            }
        }
        store(&right, out, width, column + PANEL);
    } else {
        for start in (0..k).step_by(GROUP) {
            let scale = a.scale::<L>(start);
            for d in start..k.min(start + GROUP) {
                let w = a.lanes(d, scale);
                for i in 0..R {
                    left[i] = L::splat(rows[i][d]).fma(w, left[i]);
                }
            }
        }
    }
    store(&left, out, width, column);
}

#[inline(always)]
fn store<L: Lanes, const R: usize>(sums: &[L; R], out: &mut [f32], width: usize, column: usize) {
    let take = (width - column).min(PANEL);
    let mut lanes = [0f32; PANEL];
    for i in 0..R {
        sums[i].store(&mut lanes);
        out[i * width + column..][..take].copy_from_slice(&lanes[..take]);
    }
}
