//! Which switches of the decoder a family sets: hyper-parameters and weights in, a [`Decoder`] out.
//!
//! What a family is made of stands in `models/<family>.toml` and was read into [`Hyper`]; here its tensors become the
//! blocks that all share. One file per kind of block. Deliberately absent: arithmetic. Start at [`build`].

mod attention;
mod feed;

use candle_core::Device;

use super::attend::Heads;
use super::attention::Shape;
use super::crew::Crew;
use super::decoder::{Decoder, Layer, Norm};
use super::load::Loader;
use super::rope::Rope;
use super::settings::EngineSettings;
use super::weight;
use crate::models::{Hyper, NormKind, RopePairing, Weights};
use crate::problem::Fatal;

/// Loads every tensor that the model's family has.
pub(super) fn build(
    weights: &Weights,
    device: &Device,
    crew: &Crew,
    settings: &EngineSettings,
) -> Result<Decoder, Fatal> {
    let hyper = weights.hyper();
    let loader = Loader::new(weights, device, crew, settings.quantize)?;
    let parts = Parts { weights, loader, hyper };
    let layers = (0..hyper.layers)
        .map(|index| parts.layer(index))
        .collect::<Result<_, _>>()?;
    let head = if hyper.tied {
        "token_embd.weight"
    } else {
        "output.weight"
    };
    let (keys, dim) = hyper.kept();
    let scales = &hyper.scales;
    Ok(Decoder {
        weights: weights.clone(),
        layers,
        norm: parts.norm("output_norm")?,
        head: parts.loader.matrix(head)?,
        shape: Shape {
            heads: Heads {
                queries: hyper.heads,
                keys,
                dim,
                scale: scales.scores.unwrap_or(1.0 / (hyper.head_dim as f32).sqrt()),
                cap: scales.score_cap,
            },
            interleaved: hyper.rope_pairing == RopePairing::Interleaved,
            growth: hyper.growth,
        },
        ropes: [
            Some(Rope::new(hyper, settings.context)),
            Rope::of_windows(hyper, settings.context),
        ]
        .into_iter()
        .flatten()
        .collect(),
        factors: (scales.embedding, scales.residual, scales.logits),
        logit_cap: scales.logit_cap,
    })
}

/// What layers are built from.
struct Parts<'a> {
    weights: &'a Weights,
    loader: Loader<'a>,
    hyper: &'a Hyper,
}

impl Parts<'_> {
    fn layer(&self, index: usize) -> Result<Layer, Fatal> {
        let of = |name: &str| format!("blk.{index}.{name}");
        let post = |name: &str| self.hyper.layer.post_norms.then(|| self.norm(&of(name))).transpose();
        Ok(Layer {
            attn_norm: self.norm(&of("attn_norm"))?,
            attention: self.attention(index)?,
            output: self.loader.linear(&of("attn_output"))?,
            post_attention: post("post_attention_norm")?,
            ffn_norm: self.norm(&of("ffn_norm"))?,
            feed: self.feed(index)?,
            post_feed: post("post_ffw_norm")?,
        })
    }

    fn vector(&self, name: &str) -> Result<Vec<f32>, Fatal> {
        weight::vector(self.weights, name)
    }

    /// The norm called `name`, of the family's kind.
    fn norm(&self, name: &str) -> Result<Norm, Fatal> {
        let mut gain = self.vector(&format!("{name}.weight"))?;
        gain.iter_mut().for_each(|gain| *gain += self.hyper.scales.gain);
        let offset = match self.hyper.layer.norm {
            NormKind::Rms => None,
            NormKind::Mean => Some(self.vector(&format!("{name}.bias"))?),
        };
        Ok(Norm {
            gain,
            offset,
            epsilon: self.hyper.rms_eps,
        })
    }
}
