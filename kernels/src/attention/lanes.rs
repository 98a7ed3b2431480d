//! The tile loop behind [`super::absorb`]: up to four queries meet one block.
//!
//! Deliberately absent: any step in which one query of the tile can touch another. Start at [`absorb`].

use super::{BLOCK, Block, Running, Span};
use crate::exp::exp;
use crate::pointwise::{LANES, fold};

/// Queries that share one pass over a block.
const TILE: usize = 4;
/// Value elements summed in registers at a time.
const WIDE: usize = 16;

type Scores = [f32; BLOCK];

#[inline(always)]
pub(super) fn absorb(queries: &[f32], dim: usize, block: Block<'_>, spans: &[Span], running: Running<'_>) {
    let Running { max, sum, acc } = running;
    let mut at = 0;
    while at < spans.len() {
        let take = (spans.len() - at).min(TILE);
        let now = Running {
            max: &mut max[at..at + take],
            sum: &mut sum[at..at + take],
            acc: &mut acc[at * dim..(at + take) * dim],
        };
        let (queries, spans) = (&queries[at * dim..(at + take) * dim], &spans[at..at + take]);
        match take {
            4 => tile::<4>(queries, dim, block, spans, now),
            3 => tile::<3>(queries, dim, block, spans, now),
            2 => tile::<2>(queries, dim, block, spans, now),
            _ => tile::<1>(queries, dim, block, spans, now),
        }
        at += take;
    }
}

#[inline(always)]
fn tile<const M: usize>(queries: &[f32], dim: usize, block: Block<'_>, spans: &[Span], running: Running<'_>) {
    let mut weights = score::<M>(queries, dim, block.keys);
    let mut keep = [1f32; M];
    for i in 0..M {
        if spans[i].from < spans[i].to {
            (running.max[i], keep[i]) = soften(&mut weights[i], spans[i], running.max[i]);
            let tops = std::array::from_fn(|l| weights[i][l] + weights[i][l + LANES]);
            running.sum[i] = running.sum[i].mul_add(keep[i], fold(tops));
        } else {
            weights[i] = [0.0; BLOCK];
        }
    }
    let mut d = 0;
    while d + WIDE <= dim {
        blend::<M, WIDE>(&weights, &keep, dim, d, block.values, running.acc);
        d += WIDE;
    }
    while d + 8 <= dim {
        blend::<M, 8>(&weights, &keep, dim, d, block.values, running.acc);
        d += 8;
    }
    while d < dim {
        blend::<M, 1>(&weights, &keep, dim, d, block.values, running.acc);
        d += 1;
    }
}

/// `scores[i][j] = sum over d of q[i][d] * keys[d][j]`, in order of d.
#[inline(always)]
fn score<const M: usize>(queries: &[f32], dim: usize, keys: &[f32]) -> [Scores; M] {
    let rows: [&[f32]; M] = std::array::from_fn(|i| &queries[i * dim..][..dim]);
    let mut low = [[0f32; LANES]; M];
    let mut high = [[0f32; LANES]; M];
    for (d, keys) in keys.as_chunks::<BLOCK>().0.iter().enumerate().take(dim) {
        let left: [f32; LANES] = std::array::from_fn(|l| keys[l]);
        let right: [f32; LANES] = std::array::from_fn(|l| keys[l + LANES]);
        for i in 0..M {
            let q = rows[i][d];
            for l in 0..LANES {
                low[i][l] = q.mul_add(left[l], low[i][l]);
            }
            for l in 0..LANES {
                high[i][l] = q.mul_add(right[l], high[i][l]);
            }
        }
    }
    std::array::from_fn(|i| std::array::from_fn(|j| if j < LANES { low[i][j] } else { high[i][j - LANES] }))
}

/// Scores become weights relative to the new maximum; returns it and the factor for what was summed before.
#[inline(always)]
fn soften(scores: &mut Scores, span: Span, old: f32) -> (f32, f32) {
    let (from, to) = (u32::from(span.from), u32::from(span.to));
    for (j, s) in scores.iter_mut().enumerate() {
        *s = if (j as u32) >= from && (j as u32) < to {
            *s
        } else {
            f32::NEG_INFINITY
        };
    }
    let top = largest(scores);
    let new = larger(old, top);
    for s in scores.iter_mut() {
        *s = exp(*s - new);
    }
    (new, exp(old - new))
}

/// The largest of 32 numbers, as a tree.
#[inline(always)]
fn largest(scores: &Scores) -> f32 {
    let a: [f32; 16] = std::array::from_fn(|j| larger(scores[j], scores[j + 16]));
    let b: [f32; 8] = std::array::from_fn(|j| larger(a[j], a[j + 8]));
    let c: [f32; 4] = std::array::from_fn(|j| larger(b[j], b[j + 4]));
    larger(larger(c[0], c[2]), larger(c[1], c[3]))
}

#[inline(always)]
fn larger(a: f32, b: f32) -> f32 {
    if a > b { a } else { b }
}

/// `acc[i][d] = acc[i][d] * keep[i] + sum over j of weights[i][j] * values[j][d]`, in order of j.
#[inline(always)]
fn blend<const M: usize, const W: usize>(
    weights: &[Scores; M],
    keep: &[f32; M],
    dim: usize,
    from: usize,
    values: &[f32],
    acc: &mut [f32],
) {
    let mut sums: [[f32; W]; M] = std::array::from_fn(|i| {
        let before = &acc[i * dim + from..][..W];
        std::array::from_fn(|l| before[l] * keep[i])
    });
    for j in 0..BLOCK {
        let row = &values[j * dim + from..][..W];
        let row: [f32; W] = std::array::from_fn(|l| row[l]);
        for i in 0..M {
            let weight = weights[i][j];
            for l in 0..W {
                sums[i][l] = weight.mul_add(row[l], sums[i][l]);
            }
        }
    }
    for i in 0..M {
        acc[i * dim + from..][..W].copy_from_slice(&sums[i]);
    }
}
