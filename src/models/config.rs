//! Hyper-parameters out of a Hugging Face config.json.
//!
//! In: its bytes, which may be hostile, and the canonical names in the weights. Out: [`Hyper`], checked against caps.
//! Deliberately absent: models whose arithmetic differs from their family's (quantised checkpoints, other activations).
//! Start at [`read`]. Field names are those of `transformers`' configuration classes, versions 4 and 5.

use serde::Deserialize;

use super::family::FamilyCard;
use super::fault::{damaged, quoted, refused};
use super::hyper::{Family, Hyper, RopePairing, RopeScaling, SlidingWindow};
use super::parts::CONFIG;
use crate::problem::Fatal;

#[derive(Deserialize)]
struct Config {
    architectures: Vec<String>,
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    vocab_size: usize,
    max_position_embeddings: usize,
    rms_norm_eps: f32,
    rope_theta: Option<f32>,
    rope_scaling: Option<Rope>,
    /// Where version 5 puts what was `rope_scaling` and `rope_theta`.
    rope_parameters: Option<Rope>,
    partial_rotary_factor: Option<f32>,
    sliding_window: Option<usize>,
    use_sliding_window: Option<bool>,
    max_window_layers: Option<usize>,
    layer_types: Option<Vec<String>>,
    tie_word_embeddings: Option<bool>,
    hidden_act: Option<String>,
    quantization_config: Option<serde::de::IgnoredAny>,
}

#[derive(Deserialize)]
struct Rope {
    rope_type: Option<String>,
    /// The older name of `rope_type`; files often carry both.
    #[serde(rename = "type")]
    old_type: Option<String>,
    rope_theta: Option<f32>,
    factor: Option<f32>,
    low_freq_factor: Option<f32>,
    high_freq_factor: Option<f32>,
    original_max_position_embeddings: Option<f32>,
    beta_fast: Option<f32>,
    beta_slow: Option<f32>,
    attention_factor: Option<f32>,
    mscale: Option<f32>,
    mscale_all_dim: Option<f32>,
    truncate: Option<bool>,
}

impl Config {
    fn rope(&self) -> Option<&Rope> {
        self.rope_parameters.as_ref().or(self.rope_scaling.as_ref())
    }
}

/// The family that config.json names, and the hyper-parameters; `has` tells whether the weights hold a tensor.
pub(super) fn read(bytes: &[u8], has: impl Fn(&str) -> bool) -> Result<Hyper, Fatal> {
    let config: Config = serde_json::from_slice(bytes).map_err(|error| damaged(CONFIG, error))?;
    let card = family(&config)?;
    refuse_variants(&config)?;
    let (heads, hidden) = (config.num_attention_heads, config.hidden_size);
    let head_dim = match config.head_dim {
        Some(size) => size,
        None if heads > 0 && hidden.is_multiple_of(heads) => hidden / heads,
        None => {
            return Err(damaged(
                CONFIG,
                format!("{hidden} hidden values do not divide into {heads} heads"),
            ));
        }
    };
    let theta = config.rope_theta.or(config.rope().and_then(|rope| rope.rope_theta));
    let hyper = Hyper {
        family: card.family,
        layers: config.num_hidden_layers,
        hidden,
        heads,
        kv_heads: config.num_key_value_heads.unwrap_or(heads),
        head_dim,
        feed_forward: config.intermediate_size,
        vocab: config.vocab_size,
        context: config.max_position_embeddings,
        rms_eps: config.rms_norm_eps,
        rope_theta: theta.unwrap_or(10_000.0),
        rope_dim: head_dim,
        rope_scaling: scaling(&config)?,
        rope_pairing: RopePairing::HalfSplit,
        sliding_window: window(card.family, &config)?,
        qkv_bias: has("blk.0.attn_q.bias"),
        output_bias: has("blk.0.attn_output.bias"),
        qk_norm: has("blk.0.attn_q_norm.weight"),
        tied: config.tie_word_embeddings.unwrap_or(false),
    };
    hyper.check().map_err(|cause| damaged(CONFIG, cause))?;
    Ok(hyper)
}

fn family(config: &Config) -> Result<&'static FamilyCard, Fatal> {
    let found = config
        .architectures
        .iter()
        .find_map(|name| FamilyCard::of_hugging_face(name));
    found.ok_or_else(|| {
        let name = config.architectures.first().map_or("missing", String::as_str);
        let cause = format!("its architecture is {}, which is not supported", quoted(name));
        refused(
            CONFIG,
            cause,
            &format!("choose a model of one of these: {}", FamilyCard::hugging_face_names()),
        )
    })
}

fn refuse_variants(config: &Config) -> Result<(), Fatal> {
    let plain = "choose the unquantised model, or a GGUF file of it";
    if config.quantization_config.is_some() {
        return Err(refused(
            CONFIG,
            "its weights are quantised in a way that is not supported",
            plain,
        ));
    }
    if let Some(other) = config.hidden_act.as_deref().filter(|name| *name != "silu") {
        let cause = format!("its activation is {}; only `silu` is supported", quoted(other));
        return Err(refused(
            CONFIG,
            cause,
            "choose an unmodified model of a supported family",
        ));
    }
    if config.partial_rotary_factor.is_some_and(|factor| factor != 1.0) {
        let cause = "it rotates only part of each head";
        return Err(refused(
            CONFIG,
            cause,
            "choose an unmodified model of a supported family",
        ));
    }
    Ok(())
}

fn scaling(config: &Config) -> Result<RopeScaling, Fatal> {
    let Some(rope) = config.rope() else {
        return Ok(RopeScaling::None);
    };
    let missing = |name: &str| damaged(CONFIG, format!("the rotary scaling lacks `{name}`"));
    let factor = || rope.factor.ok_or_else(|| missing("factor"));
    let original = rope.original_max_position_embeddings;
    match rope.rope_type.as_deref().or(rope.old_type.as_deref()) {
        None | Some("default") => Ok(RopeScaling::None),
        Some("linear") => Ok(RopeScaling::Linear { factor: factor()? }),
        Some("llama3") => Ok(RopeScaling::Llama3 {
            factor: factor()?,
            low_freq_factor: rope.low_freq_factor.ok_or_else(|| missing("low_freq_factor"))?,
            high_freq_factor: rope.high_freq_factor.ok_or_else(|| missing("high_freq_factor"))?,
            original_context: original.ok_or_else(|| missing("original_max_position_embeddings"))?,
        }),
        Some("yarn") if rope.truncate != Some(false) => {
            let factor = factor()?;
            Ok(RopeScaling::Yarn {
                factor,
                original_context: original.unwrap_or(config.max_position_embeddings as f32),
                beta_fast: rope.beta_fast.unwrap_or(32.0),
                beta_slow: rope.beta_slow.unwrap_or(1.0),
                attention_factor: rope.attention_factor.unwrap_or_else(|| temperature(rope, factor)),
            })
        }
        Some(other) => {
            let cause = format!(
                "its rotary scaling is {}, which is not supported in this form",
                quoted(other)
            );
            Err(refused(
                CONFIG,
                cause,
                "choose a model with no, linear, llama3 or yarn scaling",
            ))
        }
    }
}

fn temperature(rope: &Rope, factor: f32) -> f32 {
    match (rope.mscale, rope.mscale_all_dim) {
        (Some(above), Some(below)) if above != 0.0 && below != 0.0 => {
            RopeScaling::yarn_temperature(factor, above) / RopeScaling::yarn_temperature(factor, below)
        }
        _ => RopeScaling::yarn_temperature(factor, 1.0),
    }
}

/// Where a window applies: in all layers of Mistral, in the later ones of Qwen when switched on.
fn window(family: Family, config: &Config) -> Result<Option<SlidingWindow>, Fatal> {
    let on = match family {
        Family::Llama => false,
        Family::Mistral => true,
        Family::Qwen2 | Family::Qwen3 => config.use_sliding_window.unwrap_or(false),
    };
    let Some(tokens) = config.sliding_window.filter(|_| on) else {
        return Ok(None);
    };
    let first_layer = match &config.layer_types {
        Some(types) => first_windowed(types)?,
        None if family == Family::Mistral => 0,
        None => config.max_window_layers.unwrap_or(28),
    };
    Ok((first_layer < config.num_hidden_layers).then_some(SlidingWindow { tokens, first_layer }))
}

fn first_windowed(types: &[String]) -> Result<usize, Fatal> {
    let first = types
        .iter()
        .position(|name| name == "sliding_attention")
        .unwrap_or(types.len());
    let regular = types[..first].iter().all(|name| name == "full_attention")
        && types[first..].iter().all(|name| name == "sliding_attention");
    if regular {
        return Ok(first);
    }
    let cause = "its layers alternate between full and sliding attention";
    Err(refused(CONFIG, cause, "choose a model whose full layers come first"))
}
