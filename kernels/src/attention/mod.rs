//! Softmax attention over blocks of 32 positions, one block at a time: queries and a block in, a running result out.
//!
//! The running result of a query is (largest score, sum of exponentials, weighted sum of values), as in Milakov and
//! Gimelshein 2018 and Dao et al. 2022. Blocks must be absorbed in order of position; [`merge`] joins the results of
//! two runs of blocks. If the caller always starts a new run at the same positions, a query's result is the same bits
//! whatever else is in its tile.
//! Deliberately absent: the cache, masks other than an interval of visible positions, and threads.
//! Start at [`absorb`].

pub mod oracle;
mod tile;

use crate::exp::exp;
use crate::level::{Level, dispatch, level};

/// Positions in one block.
pub const BLOCK: usize = 32;

/// Keys and values of one head at 32 positions.
#[derive(Debug, Clone, Copy)]
pub struct Block<'a> {
    /// `[dim][32]`: transposed, so that one query element meets 32 positions at once.
    pub keys: &'a [f32],
    /// `[32][dim]`. Must be finite even where no query looks.
    pub values: &'a [f32],
}

/// Which positions of a block a query sees: `from <= position < to`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    pub from: u8,
    pub to: u8,
}

/// `m` queries.
#[derive(Debug, Clone, Copy)]
pub struct Queries<'a> {
    /// `[m, dim]`, already scaled.
    pub rows: &'a [f32],
    pub dim: usize,
    /// Scores become `cap * tanh(score / cap)`.
    pub cap: Option<f32>,
}

/// Results so far of `m` queries.
#[derive(Debug)]
pub struct Running<'a> {
    /// `[m]`, negative infinity at the start.
    pub max: &'a mut [f32],
    /// `[m]`, zero at the start.
    pub sum: &'a mut [f32],
    /// `[m, dim]`, zero at the start; divide by `sum` at the end.
    pub acc: &'a mut [f32],
}

/// Lets each of `m` queries look at one block. `spans`: `[m]`.
pub fn absorb(queries: Queries<'_>, block: Block<'_>, spans: &[Span], running: Running<'_>) {
    absorb_at(level(), queries, block, spans, running);
}

/// As [`absorb`], at a chosen level.
pub fn absorb_at(at: Level, queries: Queries<'_>, block: Block<'_>, spans: &[Span], running: Running<'_>) {
    let (m, dim) = (spans.len(), queries.dim);
    assert!(
        block.keys.len() == dim * BLOCK && block.values.len() == dim * BLOCK,
        "one block of {dim} wide heads"
    );
    assert!(
        queries.rows.len() == m * dim && running.acc.len() == m * dim,
        "one query and one result per span"
    );
    assert!(
        running.max.len() == m && running.sum.len() == m,
        "one maximum and one sum per span"
    );
    assert!(
        spans.iter().all(|s| usize::from(s.to) <= BLOCK),
        "spans end inside the block"
    );
    dispatch!(
        at,
        tile::absorb,
        (queries: Queries<'_>, block: Block<'_>, spans: &[Span], running: Running<'_>)
    );
}

/// Adds the result `part` of later blocks to `total`; `dim` wide, one query.
pub fn merge(total: (&mut f32, &mut f32, &mut [f32]), part: (f32, f32, &[f32])) {
    let (max, sum, acc) = total;
    let (part_max, part_sum, part_acc) = part;
    if part_max == f32::NEG_INFINITY {
        return;
    }
    let new_max = if *max > part_max { *max } else { part_max };
    let (keep, take) = (exp(*max - new_max), exp(part_max - new_max));
    *sum = *sum * keep + part_sum * take;
    for (a, &p) in acc.iter_mut().zip(part_acc) {
        *a = *a * keep + p * take;
    }
    *max = new_max;
}

#[cfg(test)]
mod tests {
    use super::*;

    fn noise(n: usize, seed: u32) -> Vec<f32> {
        let mut s = seed;
        (0..n)
            .map(|_| {
                s = s.wrapping_mul(1_664_525).wrapping_add(1_013_904_223);
                (s >> 8) as f32 / 4_194_304.0 - 2.0
            })
            .collect()
    }

    struct Case {
        dim: usize,
        queries: Vec<f32>,
        keys: Vec<f32>,
        values: Vec<f32>,
        spans: Vec<Span>,
    }

    fn case(m: usize, dim: usize) -> Case {
        let spans = (0..m)
            .map(|i| Span {
                from: (i * 7 % 20) as u8,
                to: (32 - i * 5 % 33) as u8,
            })
            .collect();
        Case {
            dim,
            queries: noise(m * dim, 1),
            keys: noise(dim * BLOCK, 2),
            values: noise(dim * BLOCK, 3),
            spans,
        }
    }

    fn run(at: Level, c: &Case, cap: Option<f32>, from: usize, to: usize) -> (Vec<f32>, Vec<f32>, Vec<f32>) {
        let m = to - from;
        let (mut max, mut sum, mut acc) = (vec![f32::NEG_INFINITY; m], vec![0.0; m], vec![0.0; m * c.dim]);
        for _ in 0..3 {
            let running = Running {
                max: &mut max,
                sum: &mut sum,
                acc: &mut acc,
            };
            let block = Block {
                keys: &c.keys,
                values: &c.values,
            };
            let queries = Queries {
                rows: &c.queries[from * c.dim..to * c.dim],
                dim: c.dim,
                cap,
            };
            absorb_at(at, queries, block, &c.spans[from..to], running);
        }
        (max, sum, acc)
    }

    #[test]
    fn every_level_and_every_tile_gives_the_same_bits_and_agrees_with_the_oracle() {
        for (m, dim) in [(1, 16), (3, 20), (4, 64), (7, 33), (13, 80), (9, 128), (5, 1)] {
            let cap = (m % 2 == 0 || dim == 33).then_some(4.5);
            let c = case(m, dim);
            let want = oracle::attend(&c.queries, dim, (&c.keys, &c.values), &c.spans, cap);
            let first = run(Level::Base, &c, cap, 0, m);
            for at in Level::available() {
                let got = run(at, &c, cap, 0, m);
                assert_eq!(got, first, "{at:?} {m} {dim}");
                for i in 0..m {
                    assert_eq!(
                        run(at, &c, cap, i, i + 1).2,
                        got.2[i * dim..][..dim],
                        "{at:?}: query {i} alone"
                    );
                    for d in 0..dim {
                        let (y, w) = (got.2[i * dim + d] / got.1[i], want[i * dim + d]);
                        let seen = c.spans[i].from < c.spans[i].to;
                        assert!(!seen || (y - w).abs() < 2e-5 * w.abs().max(1.0), "{y} {w}");
                    }
                }
            }
        }
    }

    #[test]
    fn a_query_that_sees_nothing_is_left_alone() {
        let mut c = case(4, 16);
        c.spans = vec![Span { from: 5, to: 5 }; 4];
        let (max, sum, acc) = run(level(), &c, None, 0, 4);
        assert!(max.iter().all(|&v| v == f32::NEG_INFINITY));
        assert!(sum.iter().chain(&acc).all(|&v| v == 0.0));
    }

    #[test]
    fn merging_two_runs_gives_the_whole() {
        let mut whole = (f32::NEG_INFINITY, 0.0, vec![0.0; 2]);
        let parts = [
            (1.0, 1.5, [3.0, 4.0]),
            (f32::NEG_INFINITY, 0.0, [0.0, 0.0]),
            (2.0, 1.0, [1.0, 1.0]),
        ];
        for (max, sum, acc) in parts {
            merge((&mut whole.0, &mut whole.1, &mut whole.2), (max, sum, &acc));
        }
        let e = (-1f32).exp();
        assert_eq!(whole.0, 2.0);
        assert!((whole.1 - (1.5 * e + 1.0)).abs() < 1e-6);
        assert!((whole.2[1] - (4.0 * e + 1.0)).abs() < 1e-6);
    }
}
