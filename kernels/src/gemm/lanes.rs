//! The tile loop behind [`super::multiply`]: panels and rows in, a block of results out.
//!
//! A tile is eight rows by two panels: sixteen accumulators of sixteen lanes, which is what AVX-512 has registers for
//! (AVX2 takes the same tile in halves). Deliberately absent: any choice that depends on the number of rows, except how
//! many of them share a pass. Start at [`multiply`].

use super::{GROUP, PANEL};

/// Rows that share one pass over the weights.
const ROWS: usize = 8;

/// Sixteen columns of weights, `[k][16]`, that can be widened one input element at a time.
pub(super) trait Panel: Copy {
    fn lanes(self, d: usize) -> [f32; PANEL];
}

impl Panel for &[[f32; PANEL]] {
    #[inline(always)]
    fn lanes(self, d: usize) -> [f32; PANEL] {
        self[d]
    }
}

impl Panel for &[[u16; PANEL]] {
    #[inline(always)]
    fn lanes(self, d: usize) -> [f32; PANEL] {
        let halves = self[d];
        std::array::from_fn(|l| widen(halves[l]))
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
    fn lanes(self, d: usize) -> [f32; PANEL] {
        let (bytes, scales) = (self.bytes[d], self.scales[d / GROUP]);
        std::array::from_fn(|l| f32::from(bytes[l]) * scales[l])
    }
}

/// The exact `f32` whose upper half is `half`.
#[inline(always)]
pub(super) fn widen(half: u16) -> f32 {
    f32::from_bits(u32::from(half) << 16)
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
pub(super) fn multiply<W: Cut>(
    x: &[f32],
    w: W,
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
            rows_by(x, (a, Some(w.cut(at + 1, k))), k, (width, column), out);
            at += 2;
        } else {
            rows_by(x, (a, None), k, (width, column), out);
            at += 1;
        }
    }
}

#[inline(always)]
fn rows_by<P: Panel>(x: &[f32], w: (P, Option<P>), k: usize, place: (usize, usize), out: &mut [f32]) {
    let width = place.0;
    let mut x_rest = x;
    let mut o_rest = out;
    while !x_rest.is_empty() {
        let rows = (x_rest.len() / k).min(ROWS);
        let (x_now, x_after) = x_rest.split_at(rows * k);
        let (o_now, o_after) = o_rest.split_at_mut(rows * width);
        match rows {
            8 => tile::<8, P>(x_now, w, k, place, o_now),
            7 => tile::<7, P>(x_now, w, k, place, o_now),
            6 => tile::<6, P>(x_now, w, k, place, o_now),
            5 => tile::<5, P>(x_now, w, k, place, o_now),
            4 => tile::<4, P>(x_now, w, k, place, o_now),
            3 => tile::<3, P>(x_now, w, k, place, o_now),
            2 => tile::<2, P>(x_now, w, k, place, o_now),
            _ => tile::<1, P>(x_now, w, k, place, o_now),
        }
        x_rest = x_after;
        o_rest = o_after;
    }
}

#[inline(always)]
fn tile<const R: usize, P: Panel>(x: &[f32], w: (P, Option<P>), k: usize, place: (usize, usize), out: &mut [f32]) {
    let (width, column) = place;
    if let (a, Some(b)) = w {
        let (left, right) = pair::<R, P>(x, a, b, k);
        store(&left, out, width, column);
        store(&right, out, width, column + PANEL);
    } else {
        store(&single::<R, P>(x, w.0, k), out, width, column);
    }
}

#[inline(always)]
fn store<const R: usize>(sums: &Sums<R>, out: &mut [f32], width: usize, column: usize) {
    let take = (width - column).min(PANEL);
    for (i, lanes) in sums.iter().enumerate() {
        let to = &mut out[i * width + column..][..take];
        if take == PANEL {
            to.copy_from_slice(lanes);
        } else {
            to.copy_from_slice(&lanes[..take]);
        }
    }
}

#[inline(always)]
fn rows_of<const R: usize>(x: &[f32], k: usize) -> [&[f32]; R] {
    std::array::from_fn(|i| &x[i * k..][..k])
}

type Sums<const R: usize> = [[f32; PANEL]; R];

#[inline(always)]
fn pair<const R: usize, P: Panel>(x: &[f32], a: P, b: P, k: usize) -> (Sums<R>, Sums<R>) {
    let rows = rows_of::<R>(x, k);
    let mut left = [[0f32; PANEL]; R];
    let mut right = [[0f32; PANEL]; R];
    for d in 0..k {
        let (wa, wb) = (a.lanes(d), b.lanes(d));
        for i in 0..R {
            let v = rows[i][d];
            for l in 0..PANEL {
                left[i][l] = v.mul_add(wa[l], left[i][l]);
            }
            for l in 0..PANEL {
                right[i][l] = v.mul_add(wb[l], right[i][l]);
            }
        }
    }
    (left, right)
}

#[inline(always)]
fn single<const R: usize, P: Panel>(x: &[f32], w: P, k: usize) -> Sums<R> {
    let rows = rows_of::<R>(x, k);
    let mut sums = [[0f32; PANEL]; R];
    for d in 0..k {
        let w = w.lanes(d);
        for i in 0..R {
            let v = rows[i][d];
            for l in 0..PANEL {
                sums[i][l] = v.mul_add(w[l], sums[i][l]);
            }
        }
    }
    sums
}
