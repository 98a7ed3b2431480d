//! The tile loop behind [`super::absorb`]: up to four queries meet one block.
//!
//! Deliberately absent: any step in which one query of the tile can touch another. Start at [`absorb`].

use super::{BLOCK, Block, Queries, Running, Span};
use crate::exp::exp;
use crate::lanes::{LANES, Lanes};

/// Queries that share one pass over a block.
const TILE: usize = 4;

/// The two halves of a block: positions 0 to 15 and 16 to 31.
type Pair<L> = (L, L);

#[inline(always)]
pub(super) fn absorb<L: Lanes>(all: Queries<'_>, block: Block<'_>, spans: &[Span], running: Running<'_>) {
    let dim = all.dim;
    let Running { max, sum, acc } = running;
    let mut at = 0;
    while at < spans.len() {
        let take = (spans.len() - at).min(TILE);
        let now = Running {
            max: &mut max[at..at + take],
            sum: &mut sum[at..at + take],
            acc: &mut acc[at * dim..(at + take) * dim],
        };
        let rows = &all.rows[at * dim..(at + take) * dim];
        let (queries, spans) = (Queries { rows, ..all }, &spans[at..at + take]);
        match take {
            4 => tile::<L, 4>(queries, block, spans, now),
            3 => tile::<L, 3>(queries, block, spans, now),
            2 => tile::<L, 2>(queries, block, spans, now),
            _ => tile::<L, 1>(queries, block, spans, now),
        }
        at += take;
    }
}

#[inline(always)]
fn tile<L: Lanes, const M: usize>(queries: Queries<'_>, block: Block<'_>, spans: &[Span], running: Running<'_>) {
    let dim = queries.dim;
    let mut scores = score::<L, M>(queries.rows, dim, block.keys);
    if let Some(cap) = queries.cap {
        for pair in &mut scores {
            *pair = (bend(pair.0, cap), bend(pair.1, cap));
        }
    }
    let mut keep = [1f32; M];
    let mut weights = [[0f32; BLOCK]; M];
    for i in 0..M {
        let span = spans[i];
        if span.from < span.to {
            let (low, high, new) = soften::<L>(scores[i], span, running.max[i]);
            keep[i] = exp(running.max[i] - new);
            running.max[i] = new;
            running.sum[i] = running.sum[i].mul_add(keep[i], low.add(high).fold());
            let (first, second) = weights[i].split_at_mut(LANES);
            low.store(lanes_mut(first));
            high.store(lanes_mut(second));
        }
    }
    let mut d = 0;
    while d + 2 * LANES <= dim {
        blend_pair::<L, M>(&weights, &keep, dim, d, block.values, running.acc);
        d += 2 * LANES;
    }
    while d + LANES <= dim {
        blend_one::<L, M>(&weights, &keep, dim, d, block.values, running.acc);
        d += LANES;
    }
    for d in d..dim {
        for i in 0..M {
            let mut sum = running.acc[i * dim + d] * keep[i];
            for (j, weight) in weights[i].iter().enumerate() {
                sum = weight.mul_add(block.values[j * dim + d], sum);
            }
            running.acc[i * dim + d] = sum;
        }
    }
}

/// `scores[i][j] = sum over d of q[i][d] * keys[d][j]`, in order of d.
#[inline(always)]
fn score<L: Lanes, const M: usize>(queries: &[f32], dim: usize, keys: &[f32]) -> [Pair<L>; M] {
    let rows: [&[f32]; M] = std::array::from_fn(|i| &queries[i * dim..][..dim]);
    let (halves, _) = keys.as_chunks::<LANES>();
    let (pairs, _) = halves.as_chunks::<2>();
    let pairs = &pairs[..dim];
    let mut scores = [(L::splat(0.0), L::splat(0.0)); M];
    for d in 0..dim {
        let (low, high) = (L::load(&pairs[d][0]), L::load(&pairs[d][1]));
        for i in 0..M {
            let q = L::splat(rows[i][d]);
            scores[i] = (q.fma(low, scores[i].0), q.fma(high, scores[i].1));
        }
    }
    scores
}

/// `cap * tanh(score / cap)`, as `cap - 2 cap / (e^(2 score / cap) + 1)`.
#[inline(always)]
fn bend<L: Lanes>(scores: L, cap: f32) -> L {
    let below = scores.mul(L::splat(2.0 / cap)).exp().add(L::splat(1.0));
    L::splat(cap).sub(L::splat(2.0 * cap).div(below))
}

/// Scores become weights relative to the new maximum, which is returned too.
#[inline(always)]
fn soften<L: Lanes>((low, high): Pair<L>, span: Span, old: f32) -> (L, L, f32) {
    let (from, to) = (i32::from(span.from), i32::from(span.to));
    let half = LANES as i32;
    let low = low.within(from, to, f32::NEG_INFINITY);
    let high = high.within(from - half, to - half, f32::NEG_INFINITY);
    let top = low.larger(high).largest();
    let new = if old > top { old } else { top };
    let base = L::splat(new);
    (low.sub(base).exp(), high.sub(base).exp(), new)
}

/// `acc[i][d] = acc[i][d] * keep[i] + sum over j of weights[i][j] * values[j][d]`, in order of j, for 32 values of d.
#[inline(always)]
fn blend_pair<L: Lanes, const M: usize>(
    weights: &[[f32; BLOCK]; M],
    keep: &[f32; M],
    dim: usize,
    from: usize,
    values: &[f32],
    acc: &mut [f32],
) {
    let mut left = [L::splat(0.0); M];
    let mut right = [L::splat(0.0); M];
    for i in 0..M {
        let scale = L::splat(keep[i]);
        left[i] = L::load(lanes(acc, i * dim + from)).mul(scale);
        right[i] = L::load(lanes(acc, i * dim + from + LANES)).mul(scale);
    }
    for j in 0..BLOCK {
        let (low, high) = (
            L::load(lanes(values, j * dim + from)),
            L::load(lanes(values, j * dim + from + LANES)),
        );
        for i in 0..M {
            let weight = L::splat(weights[i][j]);
            left[i] = weight.fma(low, left[i]);
            right[i] = weight.fma(high, right[i]);
        }
    }
    for i in 0..M {
        left[i].store(lanes_mut(&mut acc[i * dim + from..][..LANES]));
        right[i].store(lanes_mut(&mut acc[i * dim + from + LANES..][..LANES]));
    }
}

/// As [`blend_pair`], for sixteen values of d.
#[inline(always)]
fn blend_one<L: Lanes, const M: usize>(
    weights: &[[f32; BLOCK]; M],
    keep: &[f32; M],
    dim: usize,
    from: usize,
    values: &[f32],
    acc: &mut [f32],
) {
    let mut sums = [L::splat(0.0); M];
    for i in 0..M {
        sums[i] = L::load(lanes(acc, i * dim + from)).mul(L::splat(keep[i]));
    }
    for j in 0..BLOCK {
        let row = L::load(lanes(values, j * dim + from));
        for i in 0..M {
            sums[i] = L::splat(weights[i][j]).fma(row, sums[i]);
        }
    }
    for i in 0..M {
        sums[i].store(lanes_mut(&mut acc[i * dim + from..][..LANES]));
    }
}

/// Sixteen numbers from `at` on.
#[inline(always)]
fn lanes(from: &[f32], at: usize) -> &[f32; LANES] {
    from[at..].first_chunk().expect("sixteen numbers")
}

#[inline(always)]
fn lanes_mut(from: &mut [f32]) -> &mut [f32; LANES] {
    from.first_chunk_mut().expect("sixteen numbers")
}
