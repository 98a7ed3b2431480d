//! The attention part of a layer: normed rows in, what the heads gathered out; keys and values into the cache on the way.
//!
//! Deliberately absent: attention itself ([`super::attend`]) and the product behind it. Start at [`Attention::mix`].

use anchorite_kernels::attention::BLOCK;
use anchorite_kernels::pointwise;

use super::attend::{Heads, View, attend};
use super::batch::RaggedBatch;
use super::cache::BlockPool;
use super::crew::Crew;
use super::decoder::{Norm, PIECE};
use super::latent::Latent;
use super::rope::Angles;
use super::weight::{Linear, products};
use crate::models::Growth;
use crate::problem::Fatal;

/// Sizes that stay the same over all layers.
#[derive(Debug, Clone, Copy)]
pub(super) struct Shape {
    pub(super) heads: Heads,
    pub(super) interleaved: bool,
    pub(super) growth: Option<Growth>,
}

/// One layer's attention.
pub(super) struct Attention {
    pub(super) made: Made,
    /// Norms over `head_dim` for queries and keys, before they are turned.
    pub(super) head_norms: Option<(Norm, Norm)>,
    /// How many positions a row sees, itself included.
    pub(super) window: Option<usize>,
    /// A score per query head that has no value.
    pub(super) sinks: Option<Vec<f32>>,
    /// Which of the decoder's rotations turns it.
    pub(super) rope: usize,
}

/// What queries, keys and values are made with.
pub(super) enum Made {
    /// Of queries, keys and values.
    Plain(Box<[Linear; 3]>),
    Latent(Box<Latent>),
}

impl Attention {
    /// `normed`: `[rows, hidden]`. Returns `[rows, heads * width of a value]`.
    pub(super) fn mix(
        &self,
        crew: &Crew,
        batch: &RaggedBatch,
        (pool, index): (&mut BlockPool, usize),
        shape: &Shape,
        normed: &[f32],
        angles: &Angles,
    ) -> Result<Vec<f32>, Fatal> {
        let [mut q, mut k, v] = match &self.made {
            Made::Plain(three) => products(crew, normed, three.each_ref())?,
            Made::Latent(latent) => latent.open(crew, shape.heads.queries, normed)?,
        };
        let (q_norm, k_norm) = self
            .head_norms
            .as_ref()
            .map_or((None, None), |(q, k)| (Some(q), Some(k)));
        turn(crew, &mut q, (shape.heads.queries, shape), q_norm, angles);
        turn(crew, &mut k, (shape.heads.keys, shape), k_norm, angles);
        if let Some(growth) = &shape.growth {
            let width = shape.heads.queries * shape.heads.dim;
            for (row, position) in q.chunks_exact_mut(width).zip(&batch.positions) {
                let factor = 1.0 + growth.beta * (1.0 + (*position as f32 / growth.original).floor()).ln();
                row.iter_mut().for_each(|value| *value *= factor);
            }
        }
        let width = shape.heads.keys * shape.heads.dim;
        for row in 0..batch.rows() {
            let (position, at) = (batch.positions[row], row * width..(row + 1) * width);
            let block = batch.block_tables[batch.sequence_of_row[row]][position / BLOCK];
            pool.write(block, index, position % BLOCK, &k[at.clone()], &v[at]);
        }
        let view = View {
            layer: index,
            heads: shape.heads,
            window: self.window,
            sinks: self.sinks.as_deref(),
        };
        let mixed = attend(crew, batch, pool, view, &q);
        [q, k, v].into_iter().for_each(|done| crew.give(done));
        match &self.made {
            Made::Plain(_) => Ok(mixed),
            Made::Latent(latent) => latent.close(crew, shape.heads.queries, mixed),
        }
    }
}

/// Norms (if there is one) and turns every head of `[rows, count, head_dim]` by its row's angles.
fn turn(crew: &Crew, x: &mut [f32], (count, shape): (usize, &Shape), norm: Option<&Norm>, angles: &Angles) {
    let (dim, pairs) = (shape.heads.dim, angles.pairs);
    crew.parts(x, PIECE * count * dim, |piece, part| {
        let mut normed = vec![0f32; dim];
        for (i, head) in part.chunks_exact_mut(dim).enumerate() {
            if let Some(norm) = norm {
                norm.row(head, &mut normed);
                head.copy_from_slice(&normed);
            }
            let at = (piece * PIECE + i / count) * pairs;
            let (cos, sin) = (&angles.cos[at..at + pairs], &angles.sin[at..at + pairs]);
            pointwise::rotate(head, cos, sin, shape.interleaved);
        }
    });
}
