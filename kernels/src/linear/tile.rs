//! The tile loop behind [`super::multiply`]: a panel of weights meets up to eight rows of bytes.
//!
//! Per group of inputs: whole numbers are summed, turned into floats, scaled by the weights' scale and the row's, and
//! added to the result, in this order, so that a result does not know its neighbours. Deliberately absent: any choice
//! that depends on the number of rows, except how many of them share a pass. Start at [`item`].

use std::ops::Range;

use super::activations::{Activations, QUADS, TILE};
use super::blocks::{EIGHT, GROUP, Kind};
use super::dots::{Dots, Line};
use super::pack::{PANEL, Packed};
use super::sink::Out;
use crate::lanes::LANES;

/// How many lines ahead of the one in hand the next are asked for.
const AHEAD: usize = 160;

/// A kind of weights, and whether activations are fine; known when the loop is compiled.
pub(super) trait Form {
    const KIND: Kind;
    const FINE: bool;
}

/// Makes a [`Form`].
pub(super) struct Of<const KIND: usize, const FINE: bool>;

impl<const KIND: usize, const FINE: bool> Form for Of<KIND, FINE> {
    const KIND: Kind = Kind::ALL[KIND];
    const FINE: bool = FINE;
}

/// Some rows of a tile; pointers to the first of them.
#[derive(Clone, Copy)]
struct Rows {
    quads: *const i32,
    lows: *const i32,
    scales: *const f32,
    sums: *const f32,
    starts: *const i32,
    /// Rows of the whole tile.
    stride: usize,
}

/// `panels` of `w` times the tiles `tiles` of `x`, into `out`. Both must be of form `F`.
#[inline(always)]
pub(super) fn item<D: Dots, F: Form>(
    x: &Activations,
    w: &Packed,
    tiles: Range<usize>,
    panels: Range<usize>,
    out: &Out<'_>,
) {
    assert!(
        x.k == w.k && x.fine == F::FINE && w.kind == F::KIND,
        "activations for these weights"
    );
    let groups = x.k / GROUP;
    for panel in panels {
        let lines = w.panel(panel);
        for tile in tiles.clone() {
            let (first, stride) = (tile * TILE, TILE.min(x.rows - tile * TILE));
            let rows = Rows {
                quads: x.quads[first * x.k / 4..].as_ptr(),
                lows: x.lows[first * x.k / 4 * usize::from(F::FINE)..].as_ptr(),
                scales: x.scales[first * groups..].as_ptr(),
                sums: x.sums[first * groups..].as_ptr(),
                starts: x.starts[first * groups * 3..].as_ptr(),
                stride,
            };
            let mut at = 0;
            while at < stride {
                let place = (first + at, panel * PANEL);
                // SAFETY: a panel holds all groups, and a tile's arrays hold `stride` rows, of which `at` on are taken.
                at += unsafe {
                    let rows = rows.from(at);
                    match (stride - at).min(D::ROWS) {
                        8.. => pass::<D, F, 8>(rows, lines.as_ptr(), groups, place, out),
                        4.. => pass::<D, F, 4>(rows, lines.as_ptr(), groups, place, out),
                        2.. => pass::<D, F, 2>(rows, lines.as_ptr(), groups, place, out),
                        _ => pass::<D, F, 1>(rows, lines.as_ptr(), groups, place, out),
                    }
                };
            }
        }
    }
}

impl Rows {
    /// Without the first `at` rows.
    unsafe fn from(self, at: usize) -> Self {
        // SAFETY: the caller knows that there are more than `at` rows.
        unsafe {
            Self {
                quads: self.quads.add(at),
                lows: if self.lows.is_null() {
                    self.lows
                } else {
                    self.lows.wrapping_add(at)
                },
                scales: self.scales.add(at),
                sums: self.sums.add(at),
                starts: self.starts.add(at),
                stride: self.stride,
            }
        }
    }
}

/// `R` rows by one panel; returns R.
#[inline(always)]
unsafe fn pass<D: Dots, F: Form, const R: usize>(
    rows: Rows,
    panel: *const Line,
    groups: usize,
    place: (usize, usize),
    out: &Out<'_>,
) -> usize {
    let mut total = [[D::splat(0.0); 2]; R];
    for g in 0..groups {
        // SAFETY: the panel holds a group for each index, with its head; the caller vouches for the rows.
        unsafe {
            let group = panel.add(F::KIND.place(g));
            let head = panel.add(F::KIND.place(g / EIGHT * EIGHT) - F::KIND.head());
            if F::KIND as usize == Kind::Q6K as usize {
                half::<D, F, R>(&mut total, rows, (head, group), g, 0);
                half::<D, F, R>(&mut total, rows, (head, group), g, 1);
            } else {
                whole::<D, F, R>(&mut total, rows, (head, group), g);
            }
        }
    }
    for (r, sums) in total.into_iter().enumerate() {
        for (side, sum) in sums.into_iter().enumerate() {
            let mut lanes = [0f32; LANES];
            sum.store(&mut lanes);
            out.put(place.0 + r, place.1 + side * LANES, &lanes);
        }
    }
    R
}

/// A group whose inputs share one scale.
#[inline(always)]
unsafe fn whole<D: Dots, F: Form, const R: usize>(
    total: &mut [[D; 2]; R],
    rows: Rows,
    (head, group): (*const Line, *const Line),
    g: usize,
) {
    // SAFETY: the caller vouches for the pointers.
    unsafe {
        let lift = if F::KIND.lift() == 128 { D::LIFT } else { F::KIND.lift() };
        let lift = if F::FINE { lift / 128 } else { lift };
        let mut sums: [[D::Sums; 2]; R] =
            std::array::from_fn(|r| [D::sums(*rows.starts.add((g * 3 + 2) * rows.stride + r) * lift); 2]);
        let quads = rows.quads.add(g * QUADS * rows.stride);
        all::<D, F, R>(&mut sums, group, quads, rows.stride);
        if F::FINE {
            for pair in &mut sums {
                *pair = pair.map(D::shift);
            }
            let lows = rows.lows.add(g * QUADS * rows.stride);
            all::<D, F, R>(&mut sums, group, lows, rows.stride);
        }
        let at = |line: *const Line, byte: usize| line.cast::<u8>().add(byte);
        let scale: [D; 2] = std::array::from_fn(|side| match F::KIND {
            Kind::Q4K | Kind::Q5K => {
                let fine = D::unsigned(&*at(group, side * LANES).cast());
                fine.mul(D::halves(&*at(head, side * 32).cast()))
            }
            _ => D::halves(&*at(group, side * 32).cast()),
        });
        add::<D, R>(total, &sums, scale, rows.scales.add(g * rows.stride));
        if matches!(F::KIND, Kind::Q4K | Kind::Q5K) {
            let offset: [D; 2] = std::array::from_fn(|side| {
                let fine = D::unsigned(&*at(group, PANEL + side * LANES).cast());
                fine.mul(D::halves(&*at(head.add(1), side * 32).cast()))
            });
            for r in 0..R {
                let sum = D::splat(*rows.sums.add(g * rows.stride + r));
                for side in 0..2 {
                    total[r][side] = offset[side].fma(sum, total[r][side]);
                }
            }
        }
    }
}

/// One half of a group whose halves have scales of their own.
#[inline(always)]
unsafe fn half<D: Dots, F: Form, const R: usize>(
    total: &mut [[D; 2]; R],
    rows: Rows,
    (head, group): (*const Line, *const Line),
    g: usize,
    half: usize,
) {
    // SAFETY: the caller vouches for the pointers.
    unsafe {
        let mut sums: [[D::Sums; 2]; R] =
            std::array::from_fn(|r| [D::sums(*rows.starts.add((g * 3 + half) * rows.stride + r) * F::KIND.lift()); 2]);
        let quads = rows.quads.add(g * QUADS * rows.stride);
        if half == 0 {
            four::<D, F, R, false>(&mut sums, group, quads, rows.stride);
        } else {
            four::<D, F, R, true>(&mut sums, group, quads, rows.stride);
        }
        let at = |line: *const Line, byte: usize| line.cast::<u8>().add(byte);
        let scale: [D; 2] = std::array::from_fn(|side| {
            let fine = D::signed(&*at(group, half * PANEL + side * LANES).cast());
            fine.mul(D::halves(&*at(head, side * 32).cast()))
        });
        add::<D, R>(total, &sums, scale, rows.scales.add(g * rows.stride));
    }
}

/// `total[r] += sums[r] * scale * scales[r]`.
#[inline(always)]
unsafe fn add<D: Dots, const R: usize>(
    total: &mut [[D; 2]; R],
    sums: &[[D::Sums; 2]; R],
    scale: [D; 2],
    scales: *const f32,
) {
    for r in 0..R {
        // SAFETY: the caller vouches for R scales.
        let own = D::splat(unsafe { *scales.add(r) });
        for side in 0..2 {
            total[r][side] = D::floats(sums[r][side]).mul(scale[side]).fma(own, total[r][side]);
        }
    }
}

/// All eight quads of a group.
#[inline(always)]
unsafe fn all<D: Dots, F: Form, const R: usize>(
    sums: &mut [[D::Sums; 2]; R],
    group: *const Line,
    quads: *const i32,
    stride: usize,
) {
    // SAFETY: the caller vouches for the pointers.
    unsafe {
        four::<D, F, R, false>(sums, group, quads, stride);
        four::<D, F, R, true>(sums, group, quads, stride);
    }
}

/// Quads 0 to 3, or 4 to 7.
#[inline(always)]
unsafe fn four<D: Dots, F: Form, const R: usize, const LAST: bool>(
    sums: &mut [[D::Sums; 2]; R],
    group: *const Line,
    quads: *const i32,
    stride: usize,
) {
    // SAFETY: the caller vouches for the pointers.
    unsafe {
        if LAST {
            one::<D, F, R, 4>(sums, group, quads, stride);
            one::<D, F, R, 5>(sums, group, quads, stride);
            one::<D, F, R, 6>(sums, group, quads, stride);
            one::<D, F, R, 7>(sums, group, quads, stride);
        } else {
            one::<D, F, R, 0>(sums, group, quads, stride);
            one::<D, F, R, 1>(sums, group, quads, stride);
            one::<D, F, R, 2>(sums, group, quads, stride);
            one::<D, F, R, 3>(sums, group, quads, stride);
        }
    }
}

/// Quad `Q` of both sides of a panel meets `R` rows.
#[inline(always)]
unsafe fn one<D: Dots, F: Form, const R: usize, const Q: usize>(
    sums: &mut [[D::Sums; 2]; R],
    group: *const Line,
    quads: *const i32,
    stride: usize,
) {
    // SAFETY: the caller vouches for the pointers.
    unsafe {
        let codes = [
            codes::<D, F, Q>(group.add(1)),
            codes::<D, F, Q>(group.add(1 + F::KIND.lines())),
        ];
        for r in 0..R {
            let quad = *quads.add(Q * stride + r);
            for side in 0..2 {
                sums[r][side] = if matches!(F::KIND, Kind::Q8_0) {
                    D::dot_wide(sums[r][side], codes[side], quad)
                } else {
                    D::dot(sums[r][side], codes[side], quad)
                };
            }
        }
    }
}

/// The codes of quad `Q`, put together from their bits.
#[inline(always)]
unsafe fn codes<D: Dots, F: Form, const Q: usize>(side: *const Line) -> D::Codes {
    // SAFETY: the caller vouches for the lines of one side.
    unsafe {
        if Q < F::KIND.lines() {
            D::soon(side.wrapping_add(Q + AHEAD));
        }
        let low = match F::KIND {
            Kind::Q8_0 => return D::codes(&*side.add(Q)),
            _ if Q < 4 => D::low(D::codes(&*side.add(Q))),
            _ => D::high(D::codes(&*side.add(Q - 4))),
        };
        match F::KIND {
            Kind::Q5_0 | Kind::Q5K => {
                let above = D::codes(&*side.add(4));
                D::join(
                    low,
                    match Q {
                        0 => D::bits::<4, 16>(above),
                        1 => D::bits::<3, 16>(above),
                        2 => D::bits::<2, 16>(above),
                        3 => D::bits::<1, 16>(above),
                        4 => D::bits::<0, 16>(above),
                        5 => D::bits::<-1, 16>(above),
                        6 => D::bits::<-2, 16>(above),
                        _ => D::bits::<-3, 16>(above),
                    },
                )
            }
            Kind::Q6K => {
                let above = D::codes(&*side.add(4 + Q / 4));
                D::join(
                    low,
                    match Q % 4 {
                        0 => D::bits::<4, 48>(above),
                        1 => D::bits::<2, 48>(above),
                        2 => D::bits::<0, 48>(above),
                        _ => D::bits::<-2, 48>(above),
                    },
                )
            }
            _ => low,
        }
    }
}
