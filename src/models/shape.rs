//! What a family's layers have beyond the plain ones: gates, experts, latents, factors; parts of [`super::Hyper`].
//!
//! In: (read from `models/<family>.toml`, GGUF metadata or config.json). Out: plain values with their caps.
//! Deliberately absent: arithmetic. Start at [`LayerKind`].

use serde::{Deserialize, Serialize};

/// How rows are normalised.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum NormKind {
    /// By the root of the mean square.
    #[default]
    Rms,
    /// By mean and variance, with an offset (LayerNorm).
    Mean,
}

/// What the feed-forward part does between its matrices.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Activation {
    #[default]
    Silu,
    /// GELU in its form with tanh.
    Gelu,
    /// gpt-oss: a sigmoid gate of slope 1.702, gate and value clamped at 7, one added to the value.
    Clamped,
}

/// What every layer of a family is made of.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct LayerKind {
    pub norm: NormKind,
    pub activation: Activation,
    /// Whether the feed-forward part has a gate beside its value.
    pub gated: bool,
    /// Norms on what attention and feed-forward give, before it is added.
    pub post_norms: bool,
    /// A learned score per head that takes part in the softmax and has no value.
    pub sinks: bool,
}

impl Default for LayerKind {
    fn default() -> Self {
        Self {
            norm: NormKind::Rms,
            activation: Activation::Silu,
            gated: true,
            post_norms: false,
            sinks: false,
        }
    }
}

/// Fixed factors and caps along the way of a row.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Scales {
    /// On embeddings.
    pub embedding: f32,
    /// On what a layer's parts add.
    pub residual: f32,
    /// On scores of attention; None for one over the root of the head size.
    pub scores: Option<f32>,
    /// On logits.
    pub logits: f32,
    /// `cap * tanh(score / cap)`.
    pub score_cap: Option<f32>,
    pub logit_cap: Option<f32>,
    /// Added to every gain: 1 where a checkpoint stores them around zero.
    pub gain: f32,
}

impl Default for Scales {
    fn default() -> Self {
        Self {
            embedding: 1.0,
            residual: 1.0,
            scores: None,
            logits: 1.0,
            score_cap: None,
            logit_cap: None,
            gain: 0.0,
        }
    }
}

/// Feed-forward parts of which each row takes a few.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Experts {
    pub count: usize,
    /// How many a row takes.
    pub used: usize,
    /// Width of one.
    pub feed_forward: usize,
    /// Width of the part that every row takes; 0 for none.
    pub shared: usize,
    /// Layers before this one are dense.
    pub first_layer: usize,
    pub scoring: Scoring,
    /// Whether the weights of a row's experts are divided by their sum.
    pub normalise: bool,
    /// On the weights.
    pub scale: f32,
    /// Experts are chosen from the best `groups.1` of `groups.0` equal groups.
    pub groups: (usize, usize),
    /// Whether a bias takes part in choosing (and in nothing else).
    pub biased: bool,
    pub form: ExpertForm,
}

/// How a router's logits become weights.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum Scoring {
    /// Softmax over all experts.
    Softmax,
    /// Each by itself.
    Sigmoid,
    /// Softmax over the chosen ones.
    Chosen,
}

/// How a file holds the experts of a layer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ExpertForm {
    /// One tensor `[experts, rows, columns]` per matrix: GGUF.
    Stacked,
    /// A tensor per expert and matrix: checkpoints.
    Single,
    /// gpt-oss checkpoints: gate and value in alternating columns of `[experts, hidden, 2 * width]`, not transposed.
    Columns,
    /// gpt-oss checkpoints as published: rows of MXFP4, scales apart, gate and value in alternating rows.
    Blocks,
}

/// Keys and values as one short vector per position (DeepSeek-AI 2024, arXiv 2405.04434).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Latent {
    /// Width through which queries are made; None where they come straight from the row.
    pub query: Option<usize>,
    /// Width of the latent.
    pub kv: usize,
    /// Values of a head's query and key that are not rotated.
    pub plain: usize,
    /// Values that are; the key's are the same for all heads.
    pub turned: usize,
    /// Values of a head's value.
    pub value: usize,
    /// Whether the file holds the matrices out of the latent apart for keys (transposed) and values.
    pub split: bool,
}

/// Queries grow with their position: times `1 + beta * ln(1 + floor(position / original))`.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Growth {
    pub beta: f32,
    pub original: f32,
}

impl Experts {
    pub(super) fn check(&self) -> Result<(), String> {
        let (groups, kept) = self.groups;
        let sound = (1..=1 << 12).contains(&self.count)
            && (1..=self.count).contains(&self.used)
            && (1..=1 << 20).contains(&self.feed_forward)
            && self.shared <= 1 << 20
            && groups > 0
            && self.count.is_multiple_of(groups)
            && (1..=groups).contains(&kept)
            && kept * (self.count / groups) >= self.used;
        let scale = self.scale.is_finite() && self.scale > 0.0 && self.scale < 1e4;
        if sound && scale {
            Ok(())
        } else {
            Err(format!(
                "{} of {} experts of width {} in {groups} groups, of which {kept} count, are not possible",
                self.used, self.count, self.feed_forward
            ))
        }
    }
}

impl Latent {
    pub(super) fn check(&self) -> Result<(), String> {
        let sound = |size: usize| (1..=1 << 14).contains(&size);
        if sound(self.kv)
            && sound(self.plain)
            && sound(self.turned)
            && sound(self.value)
            && self.query.is_none_or(|size| (1..=1 << 16).contains(&size))
        {
            Ok(())
        } else {
            Err(format!("latent attention of the sizes {self:?} is not possible"))
        }
    }
}

impl Scales {
    pub(super) fn check(&self) -> Result<(), String> {
        let factors = [
            Some(self.embedding),
            Some(self.residual),
            self.scores,
            Some(self.logits),
            self.score_cap,
            self.logit_cap,
        ];
        match factors.into_iter().flatten().find(|f| !(1e-6..=1e6).contains(f)) {
            Some(factor) => Err(format!(
                "a fixed factor or cap is {factor}; 0.000001 to 1000000 is accepted"
            )),
            None => Ok(()),
        }
    }
}
