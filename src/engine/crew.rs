//! The threads of one engine: independent pieces of work in, done when the call returns.
//!
//! Deliberately absent: any result that depends on which thread did what; work is cut up so that each piece owns its
//! part of the output. Start at [`Crew::rows`] and [`Crew::matrix`].

use anchorite_kernels::gemm::{self, Panels};
use rayon::prelude::*;

use crate::problem::{Exit, Fatal};

/// Rows that one thread takes through a whole weight matrix at a time.
const ROWS: usize = 32;

/// A fixed set of threads.
pub(super) struct Crew {
    pool: rayon::ThreadPool,
    threads: usize,
}

impl Crew {
    /// `threads`: at least one.
    pub(super) fn new(threads: usize) -> Result<Self, Fatal> {
        let threads = threads.max(1);
        let pool = rayon::ThreadPoolBuilder::new()
            .num_threads(threads)
            .thread_name(|i| format!("engine-{i}"))
            .build()
            .map_err(|e| {
                let help = "raise the limit on threads (ulimit -u) or ask for fewer";
                Fatal::new(
                    Exit::Incomplete,
                    format!("the engine could not start {threads} threads"),
                    help,
                )
                .because(e)
            })?;
        Ok(Self { pool, threads })
    }

    /// `work(i, part)` for each of the equal parts of `out`, `size` values long.
    pub(super) fn parts(&self, out: &mut [f32], size: usize, work: impl Fn(usize, &mut [f32]) + Sync) {
        if self.threads == 1 || out.len() <= size {
            out.chunks_mut(size).enumerate().for_each(|(i, part)| work(i, part));
        } else {
            self.pool
                .install(|| out.par_chunks_mut(size).enumerate().for_each(|(i, part)| work(i, part)));
        }
    }

    /// `work(i)` for each `i` below `count`, results in order.
    pub(super) fn map<T: Send>(&self, count: usize, work: impl Fn(usize) -> T + Sync) -> Vec<T> {
        if self.threads == 1 || count <= 1 {
            (0..count).map(work).collect()
        } else {
            self.pool
                .install(|| (0..count).into_par_iter().with_max_len(1).map(&work).collect())
        }
    }

    /// `[rows, k]` times a packed matrix `[n, k]`, giving `[rows, n]`.
    pub(super) fn matrix(&self, x: &[f32], weights: &Panels) -> Vec<f32> {
        let (n, k, count) = (weights.columns(), weights.depth(), weights.count());
        let rows = x.len() / k;
        let mut out = vec![0f32; rows * n];
        if self.threads == 1 {
            gemm::multiply(x, weights, 0..count, &mut out);
        } else if rows >= ROWS * self.threads {
            self.parts(&mut out, ROWS * n, |i, part| {
                let rows = part.len() / n;
                gemm::multiply(&x[i * ROWS * k..][..rows * k], weights, 0..count, part);
            });
        } else {
            let step = count.div_ceil(self.threads * 2).next_multiple_of(2);
            let pieces = self.map(count.div_ceil(step), |i| {
                let panels = i * step..((i + 1) * step).min(count);
                let mut piece = vec![0f32; rows * weights.width(&panels)];
                gemm::multiply(x, weights, panels, &mut piece);
                piece
            });
            let mut column = 0;
            for piece in &pieces {
                let width = piece.len() / rows.max(1);
                for (to, from) in out.chunks_exact_mut(n).zip(piece.chunks_exact(width)) {
                    to[column..column + width].copy_from_slice(from);
                }
                column += width;
            }
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use anchorite_kernels::gemm::Rows;

    #[test]
    fn a_product_is_the_same_bits_with_any_number_of_threads_and_rows() {
        let (n, k) = (100, 40);
        let w: Vec<f32> = (0..n * k).map(|i| ((i * 37 % 101) as f32 - 50.0) / 64.0).collect();
        let x: Vec<f32> = (0..200 * k).map(|i| ((i * 53 % 97) as f32 - 48.0) / 32.0).collect();
        let weights = Panels::pack(Rows::F32(&w), n, k);
        let want = Crew::new(1).expect("one thread").matrix(&x, &weights);
        for threads in [2, 3] {
            let crew = Crew::new(threads).expect("threads");
            assert_eq!(crew.matrix(&x, &weights), want);
            for row in [0, 7, 199] {
                assert_eq!(crew.matrix(&x[row * k..][..k], &weights), want[row * n..][..n]);
            }
        }
    }
}
