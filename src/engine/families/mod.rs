//! Which switches of the decoder a family sets: hyper-parameters and weights in, a [`Decoder`] out.
//!
//! One short file per family names its tensors. Deliberately absent: arithmetic. Start at [`build`].

mod llama;
mod qwen;

use candle_core::Device;

use super::attend::Heads;
use super::crew::Crew;
use super::decoder::{Decoder, Layer};
use super::rope::Rope;
use super::weight::{self, Linear, Loader};
use crate::models::{Family, Hyper, Weights};
use crate::problem::Fatal;

/// Loads every tensor that the model's family has.
pub(super) fn build(weights: &Weights, device: &Device, crew: &Crew) -> Result<Decoder, Fatal> {
    let hyper = weights.hyper();
    let loader = Loader::new(weights, device, crew)?;
    let parts = Parts { weights, loader, hyper };
    let layer = match hyper.family {
        Family::Llama | Family::Mistral => llama::layer,
        Family::Qwen2 => qwen::layer2,
        Family::Qwen3 => qwen::layer3,
    };
    let layers = (0..hyper.layers)
        .map(|index| layer(&parts, index))
        .collect::<Result<_, _>>()?;
    let head = if hyper.tied {
        "token_embd.weight"
    } else {
        "output.weight"
    };
    Ok(Decoder {
        weights: weights.clone(),
        layers,
        norm: weight::vector(weights, "output_norm.weight")?,
        head: loader.matrix(head)?,
        heads: Heads {
            queries: hyper.heads,
            keys: hyper.kv_heads,
            dim: hyper.head_dim,
        },
        rope: Rope::new(hyper),
        epsilon: hyper.rms_eps,
    })
}

/// What the families' files build layers from.
struct Parts<'a> {
    weights: &'a Weights,
    loader: Loader<'a>,
    hyper: &'a Hyper,
}

impl Parts<'_> {
    fn linear(&self, layer: usize, name: &str, bias: bool) -> Result<Linear, Fatal> {
        self.loader.linear(&format!("blk.{layer}.{name}"), bias)
    }

    fn vector(&self, layer: usize, name: &str) -> Result<Vec<f32>, Fatal> {
        weight::vector(self.weights, &format!("blk.{layer}.{name}"))
    }

    /// The layer that all families share: no norm of queries and keys.
    fn layer(&self, index: usize) -> Result<Layer, Fatal> {
        let (qkv_bias, output_bias) = (self.hyper.qkv_bias, self.hyper.output_bias);
        let window = self
            .hyper
            .sliding_window
            .filter(|w| index >= w.first_layer)
            .map(|w| w.tokens);
        Ok(Layer {
            attn_norm: self.vector(index, "attn_norm.weight")?,
            q: self.linear(index, "attn_q", qkv_bias)?,
            k: self.linear(index, "attn_k", qkv_bias)?,
            v: self.linear(index, "attn_v", qkv_bias)?,
            output: self.linear(index, "attn_output", output_bias)?,
            qk_norm: None,
            window,
            ffn_norm: self.vector(index, "ffn_norm.weight")?,
            gate: self.linear(index, "ffn_gate", false)?,
            up: self.linear(index, "ffn_up", false)?,
            down: self.linear(index, "ffn_down", false)?,
        })
    }
}
