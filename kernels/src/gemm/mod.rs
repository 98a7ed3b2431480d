//! Activations times a weight matrix: `[rows, k]` and `[n, k]` in, `[rows, n]` out.
//!
//! Weights are repacked once into panels of sixteen output columns, `[n / 16][k][16]`, so that one broadcast activation
//! meets sixteen weights. Every output element is the chain `fma(x[i][k], w[j][k], …)` for k = 0, 1, 2 …: the same bits
//! for one row or a thousand, in any tile, at any level. Bytes with a scale (ggml's Q8_0) are widened in registers; a
//! byte times a 16-bit scale is exact in `f32`, so they too give the bits of the same weights widened beforehand.
//! Deliberately absent: quantised activations, and splitting over threads, which is the caller's.
//! Start at [`Panels::pack`] and [`multiply`].

pub mod oracle;
mod tile;

use std::ops::Range;

use crate::level::{Level, dispatch, level};
use tile::Scaled;

/// Output columns in one panel.
pub const PANEL: usize = 16;
/// Inputs that share one scale in [`Rows::Q8`].
pub const GROUP: usize = 32;

#[derive(Debug, Clone)]
enum Store {
    F32(Vec<[f32; PANEL]>),
    Bf16(Vec<[u16; PANEL]>),
    Q8 {
        bytes: Vec<[i8; PANEL]>,
        scales: Vec<[f32; PANEL]>,
    },
}

/// A weight matrix `[n, k]` in panels, the last one filled up with zeros.
#[derive(Debug, Clone)]
pub struct Panels {
    n: usize,
    k: usize,
    store: Store,
}

/// Weights as they come, row-major `[n, k]`.
#[derive(Debug, Clone, Copy)]
pub enum Rows<'a> {
    F32(&'a [f32]),
    /// The upper halves of `f32`s.
    Bf16(&'a [u16]),
    /// Bytes `[n, k]` and one scale per [`GROUP`] of them, `[n, k / 32]`.
    Q8 {
        bytes: &'a [i8],
        scales: &'a [f32],
    },
}

impl Panels {
    /// Repacks a row-major matrix `[n, k]`; for [`Rows::Q8`], `k` is a multiple of [`GROUP`].
    pub fn pack(rows: Rows<'_>, n: usize, k: usize) -> Self {
        let store = match rows {
            Rows::F32(w) => Store::F32(interleave(w, n, k, 0.0)),
            Rows::Bf16(w) => Store::Bf16(interleave(w, n, k, 0)),
            Rows::Q8 { bytes, scales } => {
                assert_eq!(k % GROUP, 0, "whole groups");
                Store::Q8 {
                    bytes: interleave(bytes, n, k, 0),
                    scales: interleave(scales, n, k / GROUP, 0.0),
                }
            }
        };
        Self { n, k, store }
    }

    /// Output columns.
    pub fn columns(&self) -> usize {
        self.n
    }

    /// Input width.
    pub fn depth(&self) -> usize {
        self.k
    }

    /// Panels, the last of which may be part zeros.
    pub fn count(&self) -> usize {
        self.n.div_ceil(PANEL)
    }

    /// Columns that the panels of a range really hold.
    pub fn width(&self, panels: &Range<usize>) -> usize {
        (panels.end * PANEL).min(self.n).saturating_sub(panels.start * PANEL)
    }
}

fn interleave<T: Copy>(w: &[T], n: usize, k: usize, zero: T) -> Vec<[T; PANEL]> {
    assert_eq!(w.len(), n * k, "a matrix of {n} x {k}");
    let mut out = vec![[zero; PANEL]; n.div_ceil(PANEL) * k];
    for (j, row) in w.chunks_exact(k).enumerate() {
        let panel = &mut out[(j / PANEL) * k..][..k];
        for (to, &v) in panel.iter_mut().zip(row) {
            to[j % PANEL] = v;
        }
    }
    out
}

/// `out[i][j] = sum over k of x[i][k] * w[16 * panels.start + j][k]`.
///
/// `x`: `[rows, k]`; `out`: `[rows, weights.width(panels)]`.
pub fn multiply(x: &[f32], weights: &Panels, panels: Range<usize>, out: &mut [f32]) {
    multiply_at(level(), x, weights, panels, out);
}

/// As [`multiply`], at a chosen level.
pub fn multiply_at(at: Level, x: &[f32], weights: &Panels, panels: Range<usize>, out: &mut [f32]) {
    let (k, rows, width) = (weights.k, x.len() / weights.k.max(1), weights.width(&panels));
    assert!(
        panels.end <= weights.count() && x.len() == rows * k,
        "whole rows and panels that exist"
    );
    assert_eq!(out.len(), rows * width, "room for {rows} x {width}");
    match &weights.store {
        Store::F32(w) => {
            let w = w.as_slice();
            dispatch!(at, tile::multiply, (x: &[f32], w: &[[f32; PANEL]], k: usize, panels: Range<usize>, width: usize, out: &mut [f32]));
        }
        Store::Bf16(w) => {
            let w = w.as_slice();
            dispatch!(at, tile::multiply, (x: &[f32], w: &[[u16; PANEL]], k: usize, panels: Range<usize>, width: usize, out: &mut [f32]));
        }
        Store::Q8 { bytes, scales } => {
            let w = Scaled { bytes, scales };
            dispatch!(at, tile::multiply, (x: &[f32], w: Scaled<'_>, k: usize, panels: Range<usize>, width: usize, out: &mut [f32]));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: usize, seed: u32) -> Vec<f32> {
        let mut s = seed;
        (0..n)
            .map(|_| {
                s = s.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (s >> 8) as f32 / 8_388_608.0 - 1.0
            })
            .collect()
    }

    #[test]
    fn every_level_and_every_tile_gives_exactly_the_oracle() {
        for (rows, n, k) in [
            (1, 1, 1),
            (3, 17, 5),
            (8, 32, 64),
            (13, 50, 33),
            (33, 100, 48),
            (7, 16, 256),
        ] {
            let (x, w) = (noise(rows * k, 7), noise(n * k, 9));
            let want = oracle::multiply(&x, &w, n, k);
            let packed = Panels::pack(Rows::F32(&w), n, k);
            for at in Level::available() {
                let mut got = vec![0.0; rows * n];
                multiply_at(at, &x, &packed, 0..packed.count(), &mut got);
                assert_eq!(got, want, "{at:?} {rows} {n} {k}");
                for p in 0..packed.count() {
                    let width = PANEL.min(n - p * PANEL);
                    let mut part = vec![0.0; rows * width];
                    multiply_at(at, &x, &packed, p..p + 1, &mut part);
                    for i in 0..rows {
                        assert_eq!(part[i * width..][..width], want[i * n + p * PANEL..][..width]);
                    }
                }
            }
        }
    }

    #[test]
    fn sixteen_bit_weights_give_the_same_bits_as_the_same_weights_widened() {
        let (rows, n, k) = (5, 37, 40);
        let half: Vec<u16> = noise(n * k, 3).iter().map(|v| (v.to_bits() >> 16) as u16).collect();
        let wide: Vec<f32> = half.iter().map(|&h| f32::from_bits(u32::from(h) << 16)).collect();
        let x = noise(rows * k, 4);
        let want = oracle::multiply(&x, &wide, n, k);
        let packed = Panels::pack(Rows::Bf16(&half), n, k);
        for at in Level::available() {
            let mut got = vec![0.0; rows * n];
            multiply_at(at, &x, &packed, 0..packed.count(), &mut got);
            assert_eq!(got, want, "{at:?}");
        }
    }

    #[test]
    fn bytes_with_scales_give_the_same_bits_as_the_same_weights_widened() {
        for (rows, n, k) in [(1, 16, 32), (9, 33, 96), (8, 64, 256)] {
            let bytes: Vec<i8> = noise(n * k, 5).iter().map(|v| (v * 127.0) as i8).collect();
            let scales: Vec<f32> = noise(n * k / GROUP, 6)
                .iter()
                .map(|v| (v * 64.0).round() / 4096.0)
                .collect();
            let wide: Vec<f32> = bytes
                .iter()
                .enumerate()
                .map(|(i, &b)| f32::from(b) * scales[i / GROUP])
                .collect();
            let x = noise(rows * k, 8);
            let want = oracle::multiply(&x, &wide, n, k);
            let packed = Panels::pack(
                Rows::Q8 {
                    bytes: &bytes,
                    scales: &scales,
                },
                n,
                k,
            );
            for at in Level::available() {
                let mut got = vec![0.0; rows * n];
                multiply_at(at, &x, &packed, 0..packed.count(), &mut got);
                assert_eq!(got, want, "{at:?} {rows} {n} {k}");
            }
        }
    }
}
