//! What a decoder of the supported families needs to know about a model, in one struct, whatever file it came from.
//!
//! In: (built by the readers of GGUF metadata and of config.json). Out: [`Hyper`].
//! Deliberately absent: where the values come from.
//! Start at [`Hyper`].

use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

/// Most decoder blocks; a file that claims more is refused before anything is sized by it.
const LAYER_CAP: usize = 512;

/// A supported architecture. Names are those of a manifest and of Hugging Face's `model_type`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    Llama,
    Mistral,
    Qwen2,
    Qwen3,
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Llama => "llama",
            Self::Mistral => "mistral",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
        })
    }
}

/// Shape and constants of a decoder-only transformer: RMSNorm, rotary positions, grouped attention, SwiGLU.
///
/// Shapes that follow (outermost first): embedding `[vocab, hidden]`; q `[heads * head_dim, hidden]`; k and v
/// `[kv_heads * head_dim, hidden]`; attention output `[hidden, heads * head_dim]`; gate and up
/// `[feed_forward, hidden]`; down `[hidden, feed_forward]`. [`super::Weights`] has checked them all.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Hyper {
    pub family: Family,
    /// Decoder blocks.
    pub layers: usize,
    pub hidden: usize,
    /// Query heads.
    pub heads: usize,
    /// Key and value heads; divides `heads`.
    pub kv_heads: usize,
    pub head_dim: usize,
    pub feed_forward: usize,
    /// Rows of the embedding; the tokenizer may use fewer.
    pub vocab: usize,
    /// Longest sequence the model was trained for, in tokens.
    pub context: usize,
    pub rms_eps: f32,
    pub rope_theta: f32,
    /// Values of a head that are rotated; even, at most `head_dim`.
    pub rope_dim: usize,
    pub rope_scaling: RopeScaling,
    pub rope_pairing: RopePairing,
    pub sliding_window: Option<SlidingWindow>,
    /// `blk.N.attn_{q,k,v}.bias` exist.
    pub qkv_bias: bool,
    /// `blk.N.attn_output.bias` exists.
    pub output_bias: bool,
    /// `blk.N.attn_{q,k}_norm.weight` exist: RMSNorm over `head_dim` before rotation.
    pub qk_norm: bool,
    /// No `output.weight`: logits come from the embedding.
    pub tied: bool,
}

/// How rotary frequencies are stretched for long contexts. `d` below is `rope_dim`, `i` runs over `d / 2`, and the
/// unscaled frequency is `theta^(-2i/d)`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub enum RopeScaling {
    None,
    /// Every frequency divided by `factor`.
    Linear {
        factor: f32,
    },
    /// Frequency `i` divided by `factors[i]` (`d / 2` values; GGUF's `rope_freqs.weight`, already worked out).
    Factors(Vec<f32>),
    /// Llama 3.1's rule: wavelengths beyond `original / low_freq_factor` are divided by `factor`, those below
    /// `original / high_freq_factor` stay, between them a linear blend.
    Llama3 {
        factor: f32,
        low_freq_factor: f32,
        high_freq_factor: f32,
        original_context: f32,
    },
    /// YaRN (arXiv 2309.00071): blend by rotations over the original context between `beta_fast` and `beta_slow`;
    /// cos and sin are multiplied by `attention_factor`.
    Yarn {
        factor: f32,
        original_context: f32,
        beta_fast: f32,
        beta_slow: f32,
        attention_factor: f32,
    },
}

/// Which two values of a head turn together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RopePairing {
    /// `(2i, 2i + 1)`: GGUF files of the llama architecture, whose q and k rows were permuted for it.
    Interleaved,
    /// `(i, i + rope_dim / 2)`: safetensors of every family, and GGUF of the qwen families.
    HalfSplit,
}

/// Attention that looks back only so far.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlidingWindow {
    /// A query at position `p` sees keys at positions above `p - tokens`.
    pub tokens: usize,
    /// Layers from this one on are windowed; those before see everything.
    pub first_layer: usize,
}

impl Hyper {
    /// Refuses values outside what any model of these families has, so that nothing is ever sized by a hostile number.
    pub(super) fn check(&self) -> Result<(), String> {
        within("layers (block count)", self.layers, 1..=LAYER_CAP)?;
        within("hidden size", self.hidden, 1..=1 << 17)?;
        within("attention heads", self.heads, 1..=1 << 12)?;
        within("key and value heads", self.kv_heads, 1..=self.heads)?;
        within("head size", self.head_dim, 1..=1 << 12)?;
        within("feed-forward size", self.feed_forward, 1..=1 << 20)?;
        within("vocabulary", self.vocab, 1..=1 << 24)?;
        within("context length", self.context, 1..=1 << 28)?;
        within("rotated values per head", self.rope_dim, 2..=self.head_dim)?;
        if !self.heads.is_multiple_of(self.kv_heads) {
            return Err(format!(
                "{} attention heads cannot share {} key and value heads",
                self.heads, self.kv_heads
            ));
        }
        if !self.rope_dim.is_multiple_of(2) {
            return Err(format!(
                "{} rotated values per head is not an even number",
                self.rope_dim
            ));
        }
        if let Some(window) = self.sliding_window {
            within("sliding window", window.tokens, 1..=1 << 28)?;
        }
        real("RMS norm epsilon", self.rms_eps, 0.0..=1e-2)?;
        real("rotary base", self.rope_theta, 1.0..=1e12)?;
        self.rope_scaling.check(self.rope_dim)
    }
}

impl RopeScaling {
    fn check(&self, rope_dim: usize) -> Result<(), String> {
        let factor = |value: f32| real("rotary scaling factor", value, 1e-3..=1e6);
        let original = |value: f32| real("original context of the rotary scaling", value, 1.0..=1e9);
        match self {
            Self::None => Ok(()),
            Self::Linear { factor: value } => factor(*value),
            Self::Factors(values) => {
                if values.len() != rope_dim / 2 {
                    return Err(format!(
                        "{} rotary factors for {} rotated pairs",
                        values.len(),
                        rope_dim / 2
                    ));
                }
                values.iter().try_for_each(|value| factor(*value))
            }
            Self::Llama3 {
                factor: value,
                low_freq_factor,
                high_freq_factor,
                original_context,
            } => {
                factor(*value)?;
                original(*original_context)?;
                real("low frequency factor", *low_freq_factor, 1e-3..=1e3)?;
                real("high frequency factor", *high_freq_factor, 1e-3..=1e3)?;
                if high_freq_factor <= low_freq_factor {
                    return Err("the high frequency factor is not above the low one".into());
                }
                Ok(())
            }
            Self::Yarn {
                factor: value,
                original_context,
                beta_fast,
                beta_slow,
                attention_factor,
            } => {
                factor(*value)?;
                original(*original_context)?;
                real("YaRN beta_fast", *beta_fast, 1e-3..=1e4)?;
                real("YaRN beta_slow", *beta_slow, 1e-3..=1e4)?;
                real("YaRN attention factor", *attention_factor, 1e-3..=1e3)
            }
        }
    }
}

fn within(what: &str, value: usize, range: RangeInclusive<usize>) -> Result<(), String> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(format!(
        "{what} is {value}; {} to {} is accepted",
        range.start(),
        range.end()
    ))
}

/// NaN and infinities are in no range.
fn real(what: &str, value: f32, range: RangeInclusive<f32>) -> Result<(), String> {
    if range.contains(&value) {
        return Ok(());
    }
    Err(format!(
        "{what} is {value}; {} to {} is accepted",
        range.start(),
        range.end()
    ))
}

impl RopeScaling {
    /// `0.1 * scale * ln(factor) + 1` for a factor above 1 (YaRN, eq. 22 of arXiv 2309.00071, as published models use it).
    pub(super) fn yarn_temperature(factor: f32, scale: f32) -> f32 {
        if factor > 1.0 {
            0.1 * scale * factor.ln() + 1.0
        } else {
            1.0
        }
    }
}
