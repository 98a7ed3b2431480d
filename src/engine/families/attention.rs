//! Queries, keys and values: three matrices (most families), one (Phi), or a latent (DeepSeek).
//!
//! Deliberately absent: arithmetic. Start at [`Parts::attention`].

use super::Parts;
use crate::engine::attention::{Attention, Made};
use crate::engine::decoder::Norm;
use crate::engine::latent::Latent;
use crate::engine::weight::Matrix;
use crate::models;
use crate::problem::Fatal;

impl Parts<'_> {
    pub(super) fn attention(&self, index: usize) -> Result<Attention, Fatal> {
        let hyper = self.hyper;
        let of = |name: &str| format!("blk.{index}.{name}");
        let norms =
            || -> Result<(Norm, Norm), Fatal> { Ok((self.norm(&of("attn_q_norm"))?, self.norm(&of("attn_k_norm"))?)) };
        let window = hyper.window(index);
        Ok(Attention {
            made: match hyper.latent {
                Some(sizes) => Made::Latent(Box::new(self.latent(index, sizes)?)),
                None => self.plain(index)?,
            },
            head_norms: hyper.qk_norm.then(norms).transpose()?,
            window,
            sinks: hyper
                .layer
                .sinks
                .then(|| self.vector(&of("attn_sinks.weight")))
                .transpose()?,
            rope: usize::from(window.is_some() && hyper.window_theta.is_some()),
        })
    }

    fn plain(&self, index: usize) -> Result<Made, Fatal> {
        let of = |name: &str| format!("blk.{index}.{name}");
        if !self.hyper.fused_qkv {
            return Ok(Made::Plain(Box::new([
                self.loader.linear(&of("attn_q"))?,
                self.loader.linear(&of("attn_k"))?,
                self.loader.linear(&of("attn_v"))?,
            ])));
        }
        let (queries, keys) = (
            self.hyper.heads * self.hyper.head_dim,
            self.hyper.kv_heads * self.hyper.head_dim,
        );
        let rows = |rows| self.loader.rows(&of("attn_qkv"), rows);
        Ok(Made::Plain(Box::new([
            rows(0..queries)?,
            rows(queries..queries + keys)?,
            rows(queries + keys..queries + 2 * keys)?,
        ])))
    }

    fn latent(&self, index: usize, sizes: models::Latent) -> Result<Latent, Fatal> {
        let of = |name: &str| format!("blk.{index}.{name}");
        let narrow = match sizes.query {
            Some(_) => Some((self.loader.linear(&of("attn_q_a"))?, self.norm(&of("attn_q_a_norm"))?)),
            None => None,
        };
        let heads = 0..self.hyper.heads;
        Ok(Latent {
            q: self
                .loader
                .linear(&of(if narrow.is_some() { "attn_q_b" } else { "attn_q" }))?,
            narrow,
            kv: self.loader.linear(&of("attn_kv_a_mqa"))?,
            norm: self.norm(&of("attn_kv_a_norm"))?,
            keys: heads
                .clone()
                .map(|head| self.keys(index, head, sizes))
                .collect::<Result<_, _>>()?,
            values: heads
                .map(|head| self.values(index, head, sizes))
                .collect::<Result<_, _>>()?,
            sizes,
        })
    }

    /// `[kv, plain]` of one head; a file that holds keys and values together holds its transpose.
    fn keys(&self, index: usize, head: usize, sizes: models::Latent) -> Result<Matrix, Fatal> {
        if sizes.split {
            return self.loader.plane(&format!("blk.{index}.attn_k_b.weight"), head);
        }
        let name = format!("blk.{index}.attn_kv_b.weight");
        let start = head * (sizes.plain + sizes.value);
        let rows = self.loader.floats(&name, start..start + sizes.plain)?;
        let transposed: Vec<f32> = (0..sizes.kv)
            .flat_map(|column| rows.iter().skip(column).step_by(sizes.kv))
            .copied()
            .collect();
        self.loader.made(&name, &transposed, (sizes.kv, sizes.plain))
    }

    /// `[value, kv]` of one head.
    fn values(&self, index: usize, head: usize, sizes: models::Latent) -> Result<Matrix, Fatal> {
        if sizes.split {
            return self.loader.plane(&format!("blk.{index}.attn_v_b.weight"), head);
        }
        let start = head * (sizes.plain + sizes.value) + sizes.plain;
        let rows = self
            .loader
            .rows(&format!("blk.{index}.attn_kv_b"), start..start + sizes.value)?;
        Ok(rows.matrix)
    }
}
