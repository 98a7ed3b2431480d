//! The threads of one engine: independent pieces of work in, done when the call returns.
//!
//! Beside the threads it keeps memory that one product no longer needs for the next: a step's matrices have tens of
//! megabytes, which the system would otherwise take back and clear again for each.
//!
//! Deliberately absent: any result that depends on which thread did what; work is cut up so that each piece owns its
//! part of the output. Start at [`Crew::matrix`]; the threads themselves are [`anchorite_kernels::crew`]'s.

use std::ops::Deref;
use std::sync::{Mutex, MutexGuard, PoisonError};

use anchorite_kernels::crew;
use anchorite_kernels::gemm::{self, Panels};
use anchorite_kernels::linear::Activations;

use crate::problem::{Exit, Fatal};

/// Rows that one thread takes through a whole weight matrix at a time.
const ROWS: usize = 32;

/// A fixed set of threads, and memory to reuse.
pub(super) struct Crew {
    crew: crew::Crew,
    spare: Mutex<Spare>,
}

/// Memory whose contents no longer matter.
#[derive(Default)]
struct Spare {
    matrices: Vec<Vec<f32>>,
    rows: Vec<Activations>,
}

impl Deref for Crew {
    type Target = crew::Crew;

    fn deref(&self) -> &crew::Crew {
        &self.crew
    }
}

impl Crew {
    /// `threads`: at least one.
    pub(super) fn new(threads: usize) -> Result<Self, Fatal> {
        let crew = crew::Crew::new(threads).map_err(|e| {
            let help = "raise the limit on threads (ulimit -u) or ask for fewer";
            let what = format!("the engine could not start {threads} threads");
            Fatal::new(Exit::Incomplete, what, help).because(e)
        })?;
        Ok(Self {
            crew,
            spare: Mutex::default(),
        })
    }

    fn spare(&self) -> MutexGuard<'_, Spare> {
        self.spare.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `size` numbers that the caller will overwrite.
    pub(super) fn take(&self, size: usize) -> Vec<f32> {
        let matrices = &mut self.spare().matrices;
        let fits = matrices.iter().position(|m| m.capacity() >= size);
        // Where none is large enough the smallest goes, so that there are never more than were needed at once.
        let mut matrix = if matrices.is_empty() {
            Vec::new()
        } else {
            matrices.remove(fits.unwrap_or(0))
        };
        if matrix.capacity() < size {
            matrix = Vec::with_capacity(size);
        }
        matrix.resize(size, 0.0);
        matrix
    }

    /// Takes back what [`Crew::take`] gave.
    pub(super) fn give(&self, matrix: Vec<f32>) {
        let matrices = &mut self.spare().matrices;
        let place = matrices.partition_point(|m| m.capacity() < matrix.capacity());
        matrices.insert(place, matrix);
    }

    /// Quantised rows, in memory that was given back if there is any.
    pub(super) fn quantise(&self, x: &[f32], k: usize, fine: bool) -> Activations {
        let old = self.spare().rows.pop().unwrap_or_default();
        old.again(self, x, k, fine)
    }

    /// Takes back what [`Crew::quantise`] gave.
    pub(super) fn give_rows(&self, rows: Activations) {
        self.spare().rows.push(rows);
    }

    /// `[rows, k]` times a packed matrix `[n, k]`, giving `[rows, n]`.
    pub(super) fn matrix(&self, x: &[f32], weights: &Panels) -> Vec<f32> {
        let (n, k, count) = (weights.columns(), weights.depth(), weights.count());
        let rows = x.len() / k;
        let mut out = vec![0f32; rows * n];
        if self.threads() == 1 {
            gemm::multiply(x, weights, 0..count, &mut out);
        } else if rows >= ROWS * self.threads() {
            self.parts(&mut out, ROWS * n, |i, part| {
                let rows = part.len() / n;
                gemm::multiply(&x[i * ROWS * k..][..rows * k], weights, 0..count, part);
            });
        } else {
            let step = count.div_ceil(self.threads() * 2).next_multiple_of(2);
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
