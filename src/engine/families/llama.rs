//! Llama and Mistral: the plain layer; biases and the sliding window come from the hyper-parameters.
//!
//! Deliberately absent: Llama 4 and mixtures of experts. Start at [`layer`].

use super::Parts;
use crate::engine::decoder::Layer;
use crate::problem::Fatal;

pub(super) fn layer(parts: &Parts<'_>, index: usize) -> Result<Layer, Fatal> {
    parts.layer(index)
}
