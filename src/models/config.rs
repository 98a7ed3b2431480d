//! Hyper-parameters out of a Hugging Face config.json.
//!
//! In: its bytes, which may be hostile, and the canonical names in the weights. Out: [`Hyper`], checked against caps.
//! Deliberately absent: models whose arithmetic differs from their family's (quantised checkpoints, other activations).
//! Start at [`Source::parse`]. Field names are those of `transformers`' configuration classes, versions 4 and 5.

use std::collections::BTreeSet;

use serde::Deserialize;
use serde_json::Value;

use super::family::FamilyCard;
use super::fault::{damaged, quoted, refused};
use super::hyper::{Family, Hyper, RopeScaling, SlidingWindow};
use super::parts::CONFIG;
use super::shape::{Activation, ExpertForm, Experts, Growth, Latent, Scales, Scoring};
use crate::problem::Fatal;

#[derive(Deserialize)]
struct Config {
    hidden_size: usize,
    intermediate_size: usize,
    num_hidden_layers: usize,
    num_attention_heads: usize,
    num_key_value_heads: Option<usize>,
    head_dim: Option<usize>,
    vocab_size: usize,
    max_position_embeddings: usize,
    original_max_position_embeddings: Option<f32>,
    rms_norm_eps: Option<f32>,
    norm_epsilon: Option<f32>,
    rope_theta: Option<f32>,
    rope_local_base_freq: Option<f32>,
    rope_scaling: Option<Rope>,
    /// Where version 5 puts what was `rope_scaling` and `rope_theta`.
    rope_parameters: Option<Parameters>,
    partial_rotary_factor: Option<f32>,
    sliding_window: Option<usize>,
    use_sliding_window: Option<bool>,
    sliding_window_pattern: Option<usize>,
    max_window_layers: Option<usize>,
    layer_types: Option<Vec<String>>,
    tie_word_embeddings: Option<bool>,
    hidden_act: Option<String>,
    /// Stands above `hidden_act` where both are.
    hidden_activation: Option<String>,
    use_bidirectional_attention: Option<bool>,
    quantization_config: Option<Value>,
    query_pre_attn_scalar: Option<f32>,
    attn_logit_softcapping: Option<f32>,
    final_logit_softcapping: Option<f32>,
    embedding_multiplier: Option<f32>,
    residual_multiplier: Option<f32>,
    attention_multiplier: Option<f32>,
    logits_scaling: Option<f32>,
    num_experts: Option<usize>,
    num_local_experts: Option<usize>,
    n_routed_experts: Option<usize>,
    num_experts_per_tok: Option<usize>,
    moe_intermediate_size: Option<usize>,
    n_shared_experts: Option<usize>,
    first_k_dense_replace: Option<usize>,
    decoder_sparse_step: Option<usize>,
    mlp_only_layers: Option<Vec<usize>>,
    moe_layer_freq: Option<usize>,
    norm_topk_prob: Option<bool>,
    routed_scaling_factor: Option<f32>,
    topk_method: Option<String>,
    n_group: Option<usize>,
    topk_group: Option<usize>,
    kv_lora_rank: Option<usize>,
    q_lora_rank: Option<usize>,
    qk_nope_head_dim: Option<usize>,
    qk_rope_head_dim: Option<usize>,
    v_head_dim: Option<usize>,
    rope_interleave: Option<bool>,
}

/// One kind of rotation, or one per kind of layer.
#[derive(Deserialize)]
#[serde(untagged)]
enum Parameters {
    PerLayer {
        full_attention: Box<Rope>,
        sliding_attention: Box<Rope>,
    },
    One(Box<Rope>),
}

#[derive(Deserialize)]
struct Rope {
    rope_type: Option<String>,
    /// The older name of `rope_type`; files often carry both.
    #[serde(rename = "type")]
    old_type: Option<String>,
    rope_theta: Option<f32>,
    partial_rotary_factor: Option<f32>,
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
    short_factor: Option<Vec<f32>>,
    long_factor: Option<Vec<f32>>,
    llama_4_scaling_beta: Option<f32>,
}

impl Rope {
    fn kind(&self) -> Option<&str> {
        self.rope_type.as_deref().or(self.old_type.as_deref())
    }
}

impl Config {
    fn rope(&self) -> Option<&Rope> {
        match &self.rope_parameters {
            Some(Parameters::One(rope)) => Some(rope),
            Some(Parameters::PerLayer { full_attention, .. }) => Some(full_attention),
            None => self.rope_scaling.as_ref(),
        }
    }
}

/// A config.json whose family is known.
pub(super) struct Source {
    config: Config,
    card: &'static FamilyCard,
}

impl Source {
    /// Reads the text part of a config.json; what a family's files leave out comes from its card.
    pub(super) fn parse(bytes: &[u8]) -> Result<Self, Fatal> {
        let mut outer: Value = serde_json::from_slice(bytes).map_err(|error| damaged(CONFIG, error))?;
        let card = family(&outer["architectures"])?;
        let mut inner = outer["text_config"].take();
        if inner.is_object() {
            for shared in ["tie_word_embeddings", "quantization_config"] {
                if inner[shared].is_null() {
                    inner[shared] = outer[shared].take();
                }
            }
        } else {
            inner = outer;
        }
        for (field, usual) in &card.config {
            if inner
                .get(field)
                .is_none_or(|value| value.is_null() && field != "sliding_window" && !field.ends_with("capping"))
            {
                inner[field] = usual.clone();
            }
        }
        let config: Config = serde_json::from_value(inner).map_err(|error| damaged(CONFIG, error))?;
        refuse_variants(&config, card)?;
        Ok(Self { config, card })
    }

    pub(super) fn family(&self) -> Family {
        self.card.family
    }

    pub(super) fn layers(&self) -> usize {
        self.config.num_hidden_layers
    }

    /// The hyper-parameters; `names` are the canonical names in the weights.
    pub(super) fn hyper(&self, names: &BTreeSet<String>) -> Result<Hyper, Fatal> {
        let (config, card) = (&self.config, self.card);
        let (heads, hidden) = (config.num_attention_heads, config.hidden_size);
        let latent = latent(config, names)?;
        let head_dim = match (latent, config.head_dim) {
            (Some(latent), _) => latent.plain + latent.turned,
            (None, Some(size)) => size,
            (None, None) if heads > 0 && hidden.is_multiple_of(heads) => hidden / heads,
            (None, None) => {
                return Err(damaged(
                    CONFIG,
                    format!("{hidden} hidden values do not divide into {heads} heads"),
                ));
            }
        };
        // The newer place first: the older may hold the family's usual value.
        let theta = config.rope().and_then(|rope| rope.rope_theta).or(config.rope_theta);
        let kv_heads = config.num_key_value_heads.unwrap_or(heads);
        let epsilon = config.rms_norm_eps.or(config.norm_epsilon);
        let mut hyper = Hyper {
            layers: config.num_hidden_layers,
            hidden,
            heads,
            kv_heads: if latent.is_some() { heads } else { kv_heads },
            head_dim,
            feed_forward: config.intermediate_size,
            vocab: config.vocab_size,
            context: config.max_position_embeddings,
            rms_eps: epsilon.ok_or_else(|| damaged(CONFIG, "the field `rms_norm_eps` is missing"))?,
            rope_theta: theta.unwrap_or(10_000.0),
            rope_dim: latent.map_or_else(|| turned(config, card.family, head_dim), |latent| latent.turned),
            rope_scaling: scaling(config)?,
            rope_pairing: if config.rope_interleave == Some(false) {
                Default::default()
            } else {
                card.safetensors_rope
            },
            window_theta: window_theta(config, card.family),
            sliding_window: window(card.family, config),
            layer: card.layer,
            scales: scales(config, card.family, head_dim),
            experts: experts(config, card.family, names)?,
            latent,
            growth: growth(config),
            tied: config.tie_word_embeddings.unwrap_or(false),
            ..Hyper::plain(card.family)
        };
        hyper.take_presence(names);
        hyper.check().map_err(|cause| damaged(CONFIG, cause))?;
        Ok(hyper)
    }
}

fn family(architectures: &Value) -> Result<&'static FamilyCard, Fatal> {
    let names: Vec<&str> = architectures
        .as_array()
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let found = names.iter().find_map(|name| FamilyCard::of_hugging_face(name));
    found.ok_or_else(|| {
        let name = names.first().copied().unwrap_or("missing");
        let cause = format!("its architecture is {}, which is not supported", quoted(name));
        refused(
            CONFIG,
            cause,
            &format!("choose a model of one of these: {}", FamilyCard::hugging_face_names()),
        )
    })
}

fn refuse_variants(config: &Config, card: &FamilyCard) -> Result<(), Fatal> {
    let unmodified = "choose an unmodified model of a supported family";
    let method = config
        .quantization_config
        .as_ref()
        .map(|q| q["quant_method"].as_str().unwrap_or(""));
    if method.is_some_and(|method| !(method == "mxfp4" && card.family == Family::GptOss)) {
        let plain = "choose the unquantised model, or a GGUF file of it";
        return Err(refused(
            CONFIG,
            "its weights are quantised in a way that is not supported",
            plain,
        ));
    }
    let wanted: &[&str] = match card.layer.activation {
        Activation::Gelu => &["gelu_pytorch_tanh", "gelu"],
        Activation::Silu | Activation::Clamped => &["silu"],
    };
    if let Some(other) = config
        .hidden_activation
        .as_deref()
        .or(config.hidden_act.as_deref())
        .filter(|name| !wanted.contains(name))
    {
        let cause = format!("its activation is {}; only `{}` is supported", quoted(other), wanted[0]);
        return Err(refused(CONFIG, cause, unmodified));
    }
    let partial = partial(config).is_some_and(|factor| factor != 1.0);
    let may = matches!(card.family, Family::Phi3 | Family::Glm4 | Family::Glm4Moe);
    let reasons = [
        (partial && !may, "it rotates only part of each head"),
        (
            config.use_bidirectional_attention == Some(true),
            "its attention looks ahead",
        ),
        (
            config.decoder_sparse_step.is_some_and(|step| step != 1)
                || config.moe_layer_freq.is_some_and(|step| step != 1)
                || config.mlp_only_layers.as_ref().is_some_and(|layers| !layers.is_empty()),
            "dense layers and layers with experts alternate",
        ),
    ];
    match reasons.iter().find(|(found, _)| *found) {
        Some((_, cause)) => Err(refused(CONFIG, cause, unmodified)),
        None => Ok(()),
    }
}

fn partial(config: &Config) -> Option<f32> {
    config
        .partial_rotary_factor
        .or(config.rope().and_then(|rope| rope.partial_rotary_factor))
}

/// Values of a head that are rotated.
fn turned(config: &Config, family: Family, head_dim: usize) -> usize {
    let usual = if matches!(family, Family::Glm4 | Family::Glm4Moe) {
        0.5
    } else {
        1.0
    };
    (head_dim as f32 * partial(config).unwrap_or(usual)) as usize
}

fn scales(config: &Config, family: Family, head_dim: usize) -> Scales {
    let mut scales = Scales::default();
    match family {
        Family::Gemma2 | Family::Gemma3 => {
            scales.embedding = (config.hidden_size as f32).sqrt();
            scales.scores = config.query_pre_attn_scalar.map(|scalar| 1.0 / scalar.sqrt());
            scales.score_cap = config.attn_logit_softcapping;
            scales.logit_cap = config.final_logit_softcapping;
            scales.gain = 1.0;
        }
        Family::Granite => {
            scales.embedding = config.embedding_multiplier.unwrap_or(1.0);
            scales.residual = config.residual_multiplier.unwrap_or(1.0);
            scales.scores = config.attention_multiplier.or(Some(1.0));
            scales.logits = 1.0 / config.logits_scaling.unwrap_or(1.0);
        }
        Family::Deepseek2 => {
            // YaRN's temperature on both sides of a score (appendix of arXiv 2405.04434).
            let rope = config
                .rope()
                .filter(|rope| !matches!(rope.kind(), None | Some("default")));
            let stretched = rope.and_then(|rope| Some((rope.factor?, rope.mscale_all_dim.filter(|all| *all != 0.0)?)));
            scales.scores = stretched.map(|(factor, all)| {
                let temperature = RopeScaling::yarn_temperature(factor, all);
                temperature * temperature / (head_dim as f32).sqrt()
            });
        }
        _ => {}
    }
    scales
}

fn experts(config: &Config, family: Family, names: &BTreeSet<String>) -> Result<Option<Experts>, Fatal> {
    if !family.has_experts() {
        return Ok(None);
    }
    let missing = |name: &str| damaged(CONFIG, format!("the field `{name}` is missing"));
    let count = config
        .num_experts
        .or(config.num_local_experts)
        .or(config.n_routed_experts);
    let biased = names.iter().any(|name| name.ends_with(".exp_probs_b.bias"));
    let sigmoid = biased || family == Family::Glm4Moe;
    let width = config.moe_intermediate_size.unwrap_or(config.intermediate_size);
    let has = |end: &str| names.iter().any(|name| name.ends_with(end));
    let grouped = sigmoid || config.topk_method.as_deref() == Some("group_limited_greedy");
    let groups = (config.n_group.unwrap_or(1), config.topk_group.unwrap_or(1));
    Ok(Some(Experts {
        count: count.ok_or_else(|| missing("num_experts"))?,
        used: config
            .num_experts_per_tok
            .ok_or_else(|| missing("num_experts_per_tok"))?,
        feed_forward: width,
        shared: config.n_shared_experts.unwrap_or(0).saturating_mul(width),
        first_layer: config.first_k_dense_replace.unwrap_or(0),
        scoring: match family {
            Family::GptOss => Scoring::Chosen,
            _ if sigmoid => Scoring::Sigmoid,
            _ => Scoring::Softmax,
        },
        // DeepSeek V2 writes the switch and does not heed it.
        normalise: family != Family::GptOss
            && (family != Family::Deepseek2 || sigmoid)
            && config.norm_topk_prob.unwrap_or(sigmoid),
        scale: config.routed_scaling_factor.unwrap_or(1.0),
        groups: if grouped { groups } else { (1, 1) },
        biased,
        form: if has("_exps.blocks") {
            ExpertForm::Blocks
        } else if has("_exps.weight") {
            ExpertForm::Columns
        } else {
            ExpertForm::Single
        },
    }))
}

fn latent(config: &Config, names: &BTreeSet<String>) -> Result<Option<Latent>, Fatal> {
    let Some(kv) = config.kv_lora_rank else { return Ok(None) };
    let missing = |name: &str| damaged(CONFIG, format!("the field `{name}` is missing"));
    Ok(Some(Latent {
        query: config.q_lora_rank,
        kv,
        plain: config.qk_nope_head_dim.ok_or_else(|| missing("qk_nope_head_dim"))?,
        turned: config.qk_rope_head_dim.ok_or_else(|| missing("qk_rope_head_dim"))?,
        value: config.v_head_dim.ok_or_else(|| missing("v_head_dim"))?,
        split: names.contains("blk.0.attn_k_b.weight"),
    }))
}

fn growth(config: &Config) -> Option<Growth> {
    let rope = config.rope()?;
    Some(Growth {
        beta: rope.llama_4_scaling_beta?,
        original: rope.original_max_position_embeddings?,
    })
}

fn scaling(config: &Config) -> Result<RopeScaling, Fatal> {
    let Some(rope) = config.rope() else {
        return Ok(RopeScaling::None);
    };
    let missing = |name: &str| damaged(CONFIG, format!("the rotary scaling lacks `{name}`"));
    let factor = || rope.factor.ok_or_else(|| missing("factor"));
    let original = rope.original_max_position_embeddings;
    match rope.kind() {
        None | Some("default") => Ok(RopeScaling::None),
        Some("linear") => Ok(RopeScaling::Linear { factor: factor()? }),
        Some("llama3") => Ok(RopeScaling::Llama3 {
            factor: factor()?,
            low_freq_factor: rope.low_freq_factor.ok_or_else(|| missing("low_freq_factor"))?,
            high_freq_factor: rope.high_freq_factor.ok_or_else(|| missing("high_freq_factor"))?,
            original_context: original.ok_or_else(|| missing("original_max_position_embeddings"))?,
        }),
        Some("yarn") => {
            let original = original.or(config.original_max_position_embeddings);
            let original = original.unwrap_or(config.max_position_embeddings as f32);
            let factor = rope.factor.unwrap_or(config.max_position_embeddings as f32 / original);
            Ok(RopeScaling::Yarn {
                factor,
                original_context: original,
                truncate: rope.truncate.unwrap_or(true),
                beta_fast: rope.beta_fast.unwrap_or(32.0),
                beta_slow: rope.beta_slow.unwrap_or(1.0),
                attention_factor: rope.attention_factor.unwrap_or_else(|| temperature(rope, factor)),
            })
        }
        Some("longrope" | "su") => long(config, rope),
        Some(other) => {
            let cause = format!(
                "its rotary scaling is {}, which is not supported in this form",
                quoted(other)
            );
            Err(refused(
                CONFIG,
                cause,
                "choose a model with no, linear, llama3, longrope or yarn scaling",
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

fn long(config: &Config, rope: &Rope) -> Result<RopeScaling, Fatal> {
    let missing = |name: &str| damaged(CONFIG, format!("the rotary scaling lacks `{name}`"));
    let whole = config.max_position_embeddings as f32;
    let original = config
        .original_max_position_embeddings
        .or(rope.original_max_position_embeddings);
    let original = original.unwrap_or(whole);
    let factor = rope.factor.unwrap_or(whole / original);
    let usual = if factor <= 1.0 {
        1.0
    } else {
        (1.0 + factor.ln() / original.ln()).sqrt()
    };
    Ok(RopeScaling::Long {
        short: rope.short_factor.clone().ok_or_else(|| missing("short_factor"))?,
        long: rope.long_factor.clone().ok_or_else(|| missing("long_factor"))?,
        original_context: original,
        attention_factor: rope.attention_factor.unwrap_or(usual),
    })
}

/// The rotary base of windowed layers where it is another than that of full ones.
fn window_theta(config: &Config, family: Family) -> Option<f32> {
    match &config.rope_parameters {
        Some(Parameters::PerLayer { sliding_attention, .. }) => sliding_attention.rope_theta,
        _ => config.rope_local_base_freq.filter(|_| family == Family::Gemma3),
    }
}

/// Which layers a window is on: all of Mistral's and Phi's, the later ones of Qwen when switched on, every other one of
/// Gemma 2 and gpt-oss, five of six of Gemma 3, unless the file lists them.
fn window(family: Family, config: &Config) -> Option<SlidingWindow> {
    let layers = config.num_hidden_layers;
    let on = match family {
        Family::Qwen2 | Family::Qwen3 | Family::Qwen3Moe => config.use_sliding_window.unwrap_or(false),
        Family::Mistral | Family::Mistral3 | Family::Phi3 | Family::Starcoder2 => true,
        Family::Gemma2 | Family::Gemma3 | Family::GptOss => true,
        Family::Llama | Family::Granite | Family::Glm4 | Family::Glm4Moe | Family::Deepseek2 => false,
    };
    let tokens = config.sliding_window.filter(|_| on)?;
    if let Some(types) = &config.layer_types {
        let windowed = |index| types.get(index).is_some_and(|name| name == "sliding_attention");
        return SlidingWindow::on(tokens, layers, windowed);
    }
    let pattern = config.sliding_window_pattern.unwrap_or(6).max(1);
    let first = config.max_window_layers.unwrap_or(28);
    SlidingWindow::on(tokens, layers, |index| match family {
        Family::Qwen2 | Family::Qwen3 | Family::Qwen3Moe => index >= first,
        Family::Gemma2 | Family::GptOss => index % 2 == 0,
        Family::Gemma3 => !(index + 1).is_multiple_of(pattern),
        _ => true,
    })
}
