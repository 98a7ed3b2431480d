//! The one decoder: a ragged batch and the cache in, logits of the wanted rows out.
//!
//! RMSNorm, rotary positions, grouped attention over blocks and SwiGLU, with the switches that the supported families
//! need. All activations are plain `f32` on the CPU; only products with weights may run elsewhere. Every step treats
//! each row by itself, so a row's logits never depend on the batch.
//! Deliberately absent: families (they only choose switches), sampling, and the decision what to run next.
//! Start at [`Decoder::forward`].

use anchorite_kernels::attention::BLOCK;
use anchorite_kernels::pointwise;

use super::attend::{Heads, attend};
use super::batch::RaggedBatch;
use super::cache::BlockPool;
use super::crew::Crew;
use super::rope::Rope;
use super::weight::{self, Linear, Matrix, add_product, products};
use crate::models::Weights;
use crate::problem::Fatal;

/// Rows per piece of element-wise work.
const PIECE: usize = 16;

/// One decoder block; shapes as in [`crate::models::Hyper`].
pub(super) struct Layer {
    pub(super) attn_norm: Vec<f32>,
    pub(super) q: Linear,
    pub(super) k: Linear,
    pub(super) v: Linear,
    pub(super) output: Linear,
    /// Gains over `head_dim` for queries and keys, before they are turned.
    pub(super) qk_norm: Option<(Vec<f32>, Vec<f32>)>,
    /// How many positions a row sees, itself included.
    pub(super) window: Option<usize>,
    pub(super) ffn_norm: Vec<f32>,
    pub(super) gate: Linear,
    pub(super) up: Linear,
    pub(super) down: Linear,
}

/// A whole model.
pub(super) struct Decoder {
    /// Embeddings are read from the file row by row.
    pub(super) weights: Weights,
    pub(super) layers: Vec<Layer>,
    pub(super) norm: Vec<f32>,
    pub(super) head: Matrix,
    pub(super) heads: Heads,
    pub(super) rope: Rope,
    pub(super) epsilon: f32,
}

impl Decoder {
    /// Runs all rows of `batch`, writes their keys and values into `pool`, and returns logits `[rows wanted, vocab]`.
    pub(super) fn forward(&self, crew: &Crew, batch: &RaggedBatch, pool: &mut BlockPool) -> Result<Vec<f32>, Fatal> {
        let hidden = self.norm.len();
        let mut x = self.embed(batch)?;
        let (mut cos, mut sin) = (Vec::new(), Vec::new());
        batch
            .positions
            .iter()
            .for_each(|&p| self.rope.at(p, &mut cos, &mut sin));
        for (index, layer) in self.layers.iter().enumerate() {
            let mixed = self.attention(crew, batch, pool, (index, layer), &x, (&cos, &sin))?;
            let last = index + 1 == self.layers.len();
            let (kept, mixed) = if last {
                (pick(&x, batch, hidden), pick(&mixed, batch, mixed.len() / batch.rows()))
            } else {
                (x, mixed)
            };
            x = kept;
            if x.is_empty() {
                return Ok(Vec::new());
            }
            add_product(crew, &mixed, &layer.output, &mut x)?;
            let normed = self.norm(crew, &x, &layer.ffn_norm);
            let [mut gate, up] = products(crew, &normed, [&layer.gate, &layer.up])?;
            let size = PIECE * gate.len() / (x.len() / hidden);
            crew.parts(&mut gate, size, |i, part| {
                pointwise::silu_times(part, &up[i * size..][..part.len()]);
            });
            add_product(crew, &gate, &layer.down, &mut x)?;
            [mixed, normed, gate, up].into_iter().for_each(|done| crew.give(done));
        }
        self.head.times(crew, &self.norm(crew, &x, &self.norm))
    }

    /// `[rows, hidden]`
    fn embed(&self, batch: &RaggedBatch) -> Result<Vec<f32>, Fatal> {
        let mut x = Vec::with_capacity(batch.rows() * self.norm.len());
        for &token in &batch.tokens {
            x.extend(weight::row(&self.weights, "token_embd.weight", token as usize)?);
        }
        Ok(x)
    }

    /// Norm, projections, turning, cache and attention of one layer; returns `[rows, heads * head_dim]`.
    fn attention(
        &self,
        crew: &Crew,
        batch: &RaggedBatch,
        pool: &mut BlockPool,
        (index, layer): (usize, &Layer),
        x: &[f32],
        (cos, sin): (&[f32], &[f32]),
    ) -> Result<Vec<f32>, Fatal> {
        let normed = self.norm(crew, x, &layer.attn_norm);
        let [mut q, mut k, v] = products(crew, &normed, [&layer.q, &layer.k, &layer.v])?;
        let (q_gain, k_gain) = layer.qk_norm.as_ref().map_or((None, None), |(q, k)| (Some(q), Some(k)));
        self.turn(crew, &mut q, self.heads.queries, q_gain, (cos, sin));
        self.turn(crew, &mut k, self.heads.keys, k_gain, (cos, sin));
        let width = self.heads.keys * self.heads.dim;
        for row in 0..batch.rows() {
            let (position, at) = (batch.positions[row], row * width..(row + 1) * width);
            let block = batch.block_tables[batch.sequence_of_row[row]][position / BLOCK];
            pool.write(block, index, position % BLOCK, &k[at.clone()], &v[at]);
        }
        let mixed = attend(crew, batch, pool, index, self.heads, layer.window, &q);
        [normed, q, k, v].into_iter().for_each(|done| crew.give(done));
        Ok(mixed)
    }

    /// Norms (if there are gains) and turns every head of `[rows, count, head_dim]` by its row's angles.
    fn turn(&self, crew: &Crew, x: &mut [f32], count: usize, gain: Option<&Vec<f32>>, angles: (&[f32], &[f32])) {
        let (dim, pairs) = (self.heads.dim, self.rope.pairs());
        crew.parts(x, PIECE * count * dim, |piece, part| {
            let mut normed = vec![0f32; dim];
            for (i, head) in part.chunks_exact_mut(dim).enumerate() {
                if let Some(gain) = gain {
                    pointwise::rms_norm(head, gain, self.epsilon, &mut normed);
                    head.copy_from_slice(&normed);
                }
                let at = (piece * PIECE + i / count) * pairs;
                pointwise::rotate(
                    head,
                    &angles.0[at..at + pairs],
                    &angles.1[at..at + pairs],
                    self.rope.interleaved,
                );
            }
        });
    }

    /// `[rows, hidden]` in and out.
    fn norm(&self, crew: &Crew, x: &[f32], gain: &[f32]) -> Vec<f32> {
        let hidden = gain.len();
        let mut out = crew.take(x.len());
        crew.parts(&mut out, PIECE * hidden, |piece, part| {
            for (i, to) in part.chunks_exact_mut(hidden).enumerate() {
                pointwise::rms_norm(&x[(piece * PIECE + i) * hidden..][..hidden], gain, self.epsilon, to);
            }
        });
        out
    }
}

/// The wanted rows of `[rows, width]`.
fn pick(x: &[f32], batch: &RaggedBatch, width: usize) -> Vec<f32> {
    batch
        .rows_wanted
        .iter()
        .flat_map(|&row| &x[row * width..][..width])
        .copied()
        .collect()
}
