//! What a decoder of the supported families needs to know about a model, in one struct, whatever file it came from.
//!
//! In: (built by the readers of GGUF metadata and of config.json). Out: [`Hyper`].
//! Deliberately absent: where the values come from.
//! Start at [`Hyper`].

use std::collections::BTreeSet;
use std::ops::RangeInclusive;

use serde::{Deserialize, Serialize};

use super::shape::{Experts, Growth, Latent, LayerKind, Scales};

/// Most decoder blocks; a file that claims more is refused before anything is sized by it.
const LAYER_CAP: usize = 512;

/// A supported architecture. Names are those of a manifest and of GGUF.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Family {
    Llama,
    Mistral,
    Mistral3,
    Qwen2,
    Qwen3,
    Qwen3Moe,
    Gemma2,
    Gemma3,
    Phi3,
    Granite,
    Glm4,
    Glm4Moe,
    Starcoder2,
    #[serde(rename = "gpt-oss")]
    GptOss,
    Deepseek2,
}

impl Family {
    /// Whether its layers have experts.
    pub(super) fn has_experts(self) -> bool {
        matches!(self, Self::Qwen3Moe | Self::Glm4Moe | Self::GptOss | Self::Deepseek2)
    }

    /// Whether its files hold blocks, after the others, that only guess further tokens.
    pub(super) fn guesses(self) -> bool {
        matches!(self, Self::Glm4Moe | Self::Deepseek2)
    }
}

impl std::fmt::Display for Family {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.pad(match self {
            Self::Llama => "llama",
            Self::Mistral => "mistral",
            Self::Mistral3 => "mistral3",
            Self::Qwen2 => "qwen2",
            Self::Qwen3 => "qwen3",
            Self::Qwen3Moe => "qwen3moe",
            Self::Gemma2 => "gemma2",
            Self::Gemma3 => "gemma3",
            Self::Phi3 => "phi3",
            Self::Granite => "granite",
            Self::Glm4 => "glm4",
            Self::Glm4Moe => "glm4moe",
            Self::Starcoder2 => "starcoder2",
            Self::GptOss => "gpt-oss",
            Self::Deepseek2 => "deepseek2",
        })
    }
}

/// Shape and constants of a decoder-only transformer with rotary positions.
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
    /// Rotary base of windowed layers, which are not stretched, where it is another.
    pub window_theta: Option<f32>,
    pub sliding_window: Option<SlidingWindow>,
    pub layer: LayerKind,
    pub scales: Scales,
    pub experts: Option<Experts>,
    pub latent: Option<Latent>,
    pub growth: Option<Growth>,
    /// Parts of a block that have a bias, as `attn_q`.
    pub biases: BTreeSet<String>,
    /// q, k and v are one matrix `attn_qkv`.
    pub fused_qkv: bool,
    /// Gate and value are one matrix `ffn_gate_up`.
    pub fused_gate: bool,
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
    /// LongRoPE (arXiv 2402.13753): as `Factors`, with one list for contexts up to `original_context` and one for longer
    /// ones; cos and sin are multiplied by `attention_factor`.
    Long {
        short: Vec<f32>,
        long: Vec<f32>,
        original_context: f32,
        attention_factor: f32,
    },
    /// YaRN (arXiv 2309.00071): blend by rotations over the original context between `beta_fast` and `beta_slow`;
    /// cos and sin are multiplied by `attention_factor`.
    Yarn {
        factor: f32,
        original_context: f32,
        beta_fast: f32,
        beta_slow: f32,
        attention_factor: f32,
        /// Whether the ends of the blend are moved to whole frequencies.
        truncate: bool,
    },
}

/// Which two values of a head turn together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum RopePairing {
    /// `(2i, 2i + 1)`: GGUF files of the llama architecture, whose q and k rows were permuted for it, and GLM-4.
    Interleaved,
    /// `(i, i + rope_dim / 2)`: nearly everything else.
    #[default]
    HalfSplit,
}

/// Attention that looks back only so far.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct SlidingWindow {
    /// A query at position `p` sees keys at positions above `p - tokens`.
    pub tokens: usize,
    /// Per layer, whether it is windowed; the others see everything.
    pub layers: Vec<bool>,
}

impl SlidingWindow {
    /// A window on the layers that `on` wants; None when those are none.
    pub(super) fn on(tokens: usize, layers: usize, on: impl Fn(usize) -> bool) -> Option<Self> {
        let layers: Vec<bool> = (0..layers.min(LAYER_CAP)).map(on).collect();
        layers.contains(&true).then_some(Self { tokens, layers })
    }
}

impl Hyper {
    /// Heads whose keys and values are kept, and their width.
    #[must_use]
    pub fn kept(&self) -> (usize, usize) {
        match &self.latent {
            Some(latent) => (1, latent.turned + latent.kv),
            None => (self.kv_heads, self.head_dim),
        }
    }

    /// Whether layer `index` has experts.
    #[must_use]
    pub fn has_experts(&self, index: usize) -> bool {
        self.experts.is_some_and(|experts| index >= experts.first_layer)
    }

    /// The window of layer `index`.
    #[must_use]
    pub fn window(&self, index: usize) -> Option<usize> {
        let window = self.sliding_window.as_ref()?;
        window
            .layers
            .get(index)
            .copied()
            .unwrap_or(false)
            .then_some(window.tokens)
    }

    /// Sets what only the names of the tensors tell: biases, fused matrices, norms of heads.
    pub(super) fn take_presence(&mut self, names: &BTreeSet<String>) {
        let first = |part: &str| names.contains(&format!("blk.0.{part}"));
        self.fused_qkv = first("attn_qkv.weight");
        self.fused_gate = first("ffn_gate_up.weight");
        self.qk_norm = first("attn_q_norm.weight");
        for name in names {
            let part = name.strip_prefix("blk.").and_then(|rest| rest.split_once('.'));
            let Some(part) = part.and_then(|(_, part)| part.strip_suffix(".bias")) else {
                continue;
            };
            let together: &[&str] = match part {
                "exp_probs_b" => &[],
                "attn_q" | "attn_k" | "attn_v" => &["attn_q", "attn_k", "attn_v"],
                other => &[other],
            };
            // A part that no layer expects stays out of `expected` all the same, and is refused there.
            self.biases.extend(together.iter().map(|part| (*part).to_owned()));
        }
    }

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
        if let Some(window) = &self.sliding_window {
            within("sliding window", window.tokens, 1..=1 << 28)?;
        }
        self.scales.check()?;
        self.experts.as_ref().map_or(Ok(()), Experts::check)?;
        self.latent.as_ref().map_or(Ok(()), Latent::check)?;
        real("RMS norm epsilon", self.rms_eps, 0.0..=1e-2)?;
        real("rotary base", self.window_theta.unwrap_or(1.0), 1.0..=1e12)?;
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
            Self::Factors(values) => check_factors(values, rope_dim / 2),
            Self::Long {
                short,
                long,
                original_context,
                attention_factor,
            } => {
                original(*original_context)?;
                real("LongRoPE attention factor", *attention_factor, 1e-3..=1e3)?;
                check_factors(short, rope_dim / 2)?;
                check_factors(long, rope_dim / 2)
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
                ..
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

fn check_factors(values: &[f32], pairs: usize) -> Result<(), String> {
    if values.len() != pairs {
        return Err(format!("{} rotary factors for {pairs} rotated pairs", values.len()));
    }
    values
        .iter()
        .try_for_each(|value| real("rotary scaling factor", *value, 1e-3..=1e6))
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

impl Hyper {
    /// A plain model of `family`, of no size yet; what a reader does not set stays so.
    pub(crate) fn plain(family: Family) -> Self {
        Self {
            family,
            layers: 0,
            hidden: 0,
            heads: 0,
            kv_heads: 0,
            head_dim: 0,
            feed_forward: 0,
            vocab: 0,
            context: 0,
            rms_eps: 1e-5,
            rope_theta: 10_000.0,
            rope_dim: 0,
            rope_scaling: RopeScaling::None,
            rope_pairing: RopePairing::HalfSplit,
            window_theta: None,
            sliding_window: None,
            layer: LayerKind::default(),
            scales: Scales::default(),
            experts: None,
            latent: None,
            growth: None,
            biases: BTreeSet::new(),
            fused_qkv: false,
            fused_gate: false,
            qk_norm: false,
            tied: false,
        }
    }
}
