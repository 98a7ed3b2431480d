//! The one decoder: a ragged batch and the cache in, logits of the wanted rows out.
//!
//! Norms, attention over blocks and a feed-forward part, with the switches that the supported families need. All
//! activations are plain `f32` on the CPU; only products with weights may run elsewhere. Every step treats each row by
//! itself, so a row's logits never depend on the batch.
//! Deliberately absent: families (they only choose switches), sampling, and the decision what to run next.
//! Start at [`Decoder::forward`].

use anchorite_kernels::pointwise;

use super::attention::{Attention, Shape};
use super::batch::RaggedBatch;
use super::cache::BlockPool;
use super::crew::Crew;
use super::feed::Feed;
use super::rope::{Angles, Rope};
use super::weight::{self, Linear, Matrix, add_product};
use crate::models::Weights;
use crate::problem::Fatal;

/// Rows per piece of element-wise work.
pub(super) const PIECE: usize = 16;

/// Gains over rows, and offsets where the mean is taken out too.
pub(super) struct Norm {
    pub(super) gain: Vec<f32>,
    pub(super) offset: Option<Vec<f32>>,
    pub(super) epsilon: f32,
}

/// One decoder block; shapes as in [`crate::models::Hyper`].
pub(super) struct Layer {
    pub(super) attn_norm: Norm,
    pub(super) attention: Attention,
    pub(super) output: Linear,
    /// On what attention gives, before it is added.
    pub(super) post_attention: Option<Norm>,
    pub(super) ffn_norm: Norm,
    pub(super) feed: Feed,
    /// On what the feed-forward part gives.
    pub(super) post_feed: Option<Norm>,
}

/// A whole model.
pub(super) struct Decoder {
    /// Embeddings are read from the file row by row.
    pub(super) weights: Weights,
    pub(super) layers: Vec<Layer>,
    pub(super) norm: Norm,
    pub(super) head: Matrix,
    pub(super) shape: Shape,
    /// Positions of full layers, then those of windowed ones where they turn otherwise.
    pub(super) ropes: Vec<Rope>,
    /// Factors on embeddings, on what is added to a row, and on logits.
    pub(super) factors: (f32, f32, f32),
    pub(super) logit_cap: Option<f32>,
}

impl Decoder {
    /// Runs all rows of `batch`, writes their keys and values into `pool`, and returns logits `[rows wanted, vocab]`.
    pub(super) fn forward(&self, crew: &Crew, batch: &RaggedBatch, pool: &mut BlockPool) -> Result<Vec<f32>, Fatal> {
        let hidden = self.norm.gain.len();
        let mut x = self.embed(batch)?;
        let angles: Vec<Angles> = self.ropes.iter().map(|rope| rope.of(&batch.positions)).collect();
        for (index, layer) in self.layers.iter().enumerate() {
            let normed = layer.attn_norm.rows(crew, &x);
            let turning = &angles[layer.attention.rope];
            let place = (&mut *pool, index);
            let mixed = layer.attention.mix(crew, batch, place, &self.shape, &normed, turning)?;
            crew.give(normed);
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
            self.join(crew, &mut x, layer.post_attention.as_ref(), |out| {
                add_product(crew, &mixed, &layer.output, out)
            })?;
            let normed = layer.ffn_norm.rows(crew, &x);
            self.join(crew, &mut x, layer.post_feed.as_ref(), |out| {
                layer.feed.add(crew, &normed, out)
            })?;
            [mixed, normed].into_iter().for_each(|done| crew.give(done));
        }
        let mut logits = self.head.times(crew, &self.norm.rows(crew, &x))?;
        if self.factors.2 != 1.0 {
            logits.iter_mut().for_each(|logit| *logit *= self.factors.2);
        }
        if let Some(cap) = self.logit_cap {
            logits.iter_mut().for_each(|logit| *logit = cap * (*logit / cap).tanh());
        }
        Ok(logits)
    }

    /// `[rows, hidden]`
    fn embed(&self, batch: &RaggedBatch) -> Result<Vec<f32>, Fatal> {
        let mut x = Vec::with_capacity(batch.rows() * self.norm.gain.len());
        for &token in &batch.tokens {
            x.extend(weight::row(&self.weights, "token_embd.weight", token as usize)?);
        }
        if self.factors.0 != 1.0 {
            x.iter_mut().for_each(|value| *value *= self.factors.0);
        }
        Ok(x)
    }

    /// Adds to the rows `x` what `part` adds to rows of zeros, normed and scaled if the family does.
    fn join(
        &self,
        crew: &Crew,
        x: &mut [f32],
        norm: Option<&Norm>,
        part: impl FnOnce(&mut [f32]) -> Result<(), Fatal>,
    ) -> Result<(), Fatal> {
        let factor = self.factors.1;
        if norm.is_none() && factor == 1.0 {
            return part(x);
        }
        let mut own = crew.take(x.len());
        own.fill(0.0);
        part(&mut own)?;
        let own = match norm {
            Some(norm) => {
                let normed = norm.rows(crew, &own);
                crew.give(own);
                normed
            }
            None => own,
        };
        for (x, own) in x.iter_mut().zip(&own) {
            *x += own * factor;
        }
        crew.give(own);
        Ok(())
    }
}

impl Norm {
    /// `[rows, width]` in and out.
    pub(super) fn rows(&self, crew: &Crew, x: &[f32]) -> Vec<f32> {
        let width = self.gain.len();
        let mut out = crew.take(x.len());
        crew.parts(&mut out, PIECE * width, |piece, part| {
            for (i, to) in part.chunks_exact_mut(width).enumerate() {
                self.row(&x[(piece * PIECE + i) * width..][..width], to);
            }
        });
        out
    }

    /// One row.
    pub(super) fn row(&self, x: &[f32], out: &mut [f32]) {
        match &self.offset {
            Some(offset) => pointwise::layer_norm(x, (&self.gain, offset), self.epsilon, out),
            None => pointwise::rms_norm(x, &self.gain, self.epsilon, out),
        }
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
