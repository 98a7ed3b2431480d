//! Qwen 2 (biases on queries, keys and values) and Qwen 3 (none, but norms over each head of queries and keys).
//!
//! Deliberately absent: mixtures of experts and the hybrids with linear attention. Start at [`layer2`] and [`layer3`].

use super::Parts;
use crate::engine::decoder::Layer;
use crate::problem::Fatal;

pub(super) fn layer2(parts: &Parts<'_>, index: usize) -> Result<Layer, Fatal> {
    parts.layer(index)
}

pub(super) fn layer3(parts: &Parts<'_>, index: usize) -> Result<Layer, Fatal> {
    let gains = (
        parts.vector(index, "attn_q_norm.weight")?,
        parts.vector(index, "attn_k_norm.weight")?,
    );
    Ok(Layer {
        qk_norm: Some(gains),
        ..parts.layer(index)?
    })
}
