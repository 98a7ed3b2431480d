//! What only some families say in GGUF metadata: windows, factors, experts, latents, stretched positions.
//!
//! In: a parsed file. Out: parts of a `Hyper`. Where llama.cpp knows a value that files do not state, it stands here.
//! Deliberately absent: what every model has. Start at [`Gguf::scales`].

use super::Gguf;
use crate::models::dtype::Dtype;
use crate::models::fault::{damaged, quoted, refused};
use crate::models::hyper::{Family, RopeScaling, SlidingWindow};
use crate::models::shape::{ExpertForm, Experts, Growth, Latent, Scales, Scoring};
use crate::problem::Fatal;

/// Most values of a list of rotary factors, half of the largest accepted head.
const FACTOR_CAP: usize = 1 << 11;

impl Gguf {
    /// Files of a supported architecture whose arithmetic differs all the same.
    pub(super) fn refuse_variants(&self, family: Family) -> Result<(), Fatal> {
        let merge = "merge the parts into one file first (llama.cpp's gguf-split does it), then import that";
        if self.whole("split.count")?.is_some_and(|count| count > 1) {
            return Err(refused(self.file(), "it is one part of several", merge));
        }
        let dense = "choose a dense model of this family, or a family with experts that is supported";
        if self.whole(&self.key("expert_count"))?.is_some_and(|count| count > 0) && !family.has_experts() {
            return Err(refused(self.file(), "it is a mixture of experts", dense));
        }
        let heeded: &[&str] = match family {
            Family::Gemma2 | Family::Gemma3 => &["attn_logit_softcapping", "final_logit_softcapping"],
            Family::Granite => &["logit_scale", "attention.scale"],
            _ => &[],
        };
        for name in [
            "attn_logit_softcapping",
            "final_logit_softcapping",
            "logit_scale",
            "attention.scale",
            "embedding_scale",
            "residual_scale",
        ] {
            let key = self.key(name);
            let known = heeded.contains(&name) || (family == Family::Granite && name.ends_with("_scale"));
            if self.has_key(&key) && !known {
                let cause = format!("it sets {}, which this family's decoder does not do", quoted(&key));
                return Err(refused(
                    self.file(),
                    cause,
                    "choose an unmodified model of a supported family",
                ));
            }
        }
        Ok(())
    }

    fn of(&self, name: &str) -> Result<Option<f32>, Fatal> {
        self.float(&self.key(name))
    }

    /// Width of the dense layers; files whose layers all have experts may leave it out.
    pub(super) fn feed_forward(&self) -> Result<usize, Fatal> {
        match self.optional_size("feed_forward_length")? {
            None if self.has_key(&self.key("expert_feed_forward_length")) => self.size("expert_feed_forward_length"),
            _ => self.size("feed_forward_length"),
        }
    }

    /// `sizes`: hidden, heads, head size, layers.
    pub(super) fn scales(&self, family: Family, sizes: (usize, usize, usize, usize)) -> Result<Scales, Fatal> {
        let (hidden, heads, head_dim, layers) = sizes;
        let mut scales = Scales::default();
        match family {
            Family::Gemma2 | Family::Gemma3 => {
                scales.embedding = (hidden as f32).sqrt();
                // The files do not say it: the models of 27 billion, known by their layers, scale by hidden size per head.
                let large = layers == if family == Family::Gemma2 { 46 } else { 62 };
                let size = if large { hidden / heads.max(1) } else { head_dim };
                scales.scores = Some(1.0 / (size as f32).sqrt());
                scales.score_cap = self.of("attn_logit_softcapping")?;
                scales.logit_cap = self.of("final_logit_softcapping")?;
            }
            Family::Granite => {
                scales.embedding = self.of("embedding_scale")?.unwrap_or(1.0);
                scales.residual = self.of("residual_scale")?.unwrap_or(1.0);
                scales.scores = self.of("attention.scale")?.filter(|scale| *scale != 0.0);
                scales.logits = 1.0 / self.of("logit_scale")?.unwrap_or(1.0);
            }
            Family::Deepseek2 => {
                let stretch = self
                    .of("rope.scaling.factor")?
                    .zip(self.of("rope.scaling.yarn_log_multiplier")?);
                scales.scores = stretch.map(|(factor, tenth)| {
                    let temperature = RopeScaling::yarn_temperature(factor, tenth * 10.0);
                    temperature * temperature / (head_dim as f32).sqrt()
                });
            }
            _ => {}
        }
        Ok(scales)
    }

    pub(super) fn experts(&self, family: Family) -> Result<Option<Experts>, Fatal> {
        if !family.has_experts() {
            return Ok(None);
        }
        let width = match self.optional_size("expert_feed_forward_length")? {
            Some(width) => width,
            None => self.size("feed_forward_length")?,
        };
        let shared = match self.optional_size("expert_shared_feed_forward_length")? {
            Some(width) => width,
            None => self.optional_size("expert_shared_count")?.unwrap_or(0) * width,
        };
        let scoring = match (family, self.optional_size("expert_gating_func")?) {
            (Family::GptOss, _) => Scoring::Chosen,
            (_, Some(2)) | (Family::Glm4Moe, None | Some(0)) => Scoring::Sigmoid,
            _ => Scoring::Softmax,
        };
        let normalise = self.boolean(&self.key("expert_weights_norm"))?;
        let groups = self.optional_size("expert_group_count")?.filter(|count| *count > 0);
        let kept = self
            .optional_size("expert_group_used_count")?
            .filter(|count| *count > 0);
        Ok(Some(Experts {
            count: self.size("expert_count")?,
            used: self.size("expert_used_count")?,
            feed_forward: width,
            shared,
            first_layer: self.optional_size("leading_dense_block_count")?.unwrap_or(0),
            scoring,
            normalise: family == Family::Qwen3Moe || normalise.unwrap_or(false),
            scale: self
                .of("expert_weights_scale")?
                .filter(|scale| *scale != 0.0)
                .unwrap_or(1.0),
            groups: groups.zip(kept).unwrap_or((1, 1)),
            biased: self.tensors().keys().any(|name| name.ends_with(".exp_probs_b.bias")),
            form: ExpertForm::Stacked,
        }))
    }

    pub(super) fn latent(&self) -> Result<Option<Latent>, Fatal> {
        let Some(kv) = self.optional_size("attention.kv_lora_rank")? else {
            return Ok(None);
        };
        // Newer files give the sizes of the kept latent as key_length, and those of a head apart.
        let apart = |name: &str| self.optional_size(&format!("attention.{name}_mla"));
        let turned = self.size("rope.dimension_count")?;
        let key = match apart("key_length")? {
            Some(size) => size,
            None => self.size("attention.key_length")?,
        };
        let value = match apart("value_length")? {
            Some(size) => size,
            None => self.size("attention.value_length")?,
        };
        let plain = key.checked_sub(turned).filter(|size| *size > 0);
        Ok(Some(Latent {
            query: self.optional_size("attention.q_lora_rank")?.filter(|size| *size > 0),
            kv,
            plain: plain.ok_or_else(|| damaged(self.file(), "every value of a key is rotated"))?,
            turned,
            value,
            split: self.shape_of("blk.0.attn_k_b.weight").is_some(),
        }))
    }

    pub(super) fn growth(&self) -> Result<Option<Growth>, Fatal> {
        let Some(beta) = self.of("attention.temperature_scale")? else {
            return Ok(None);
        };
        let original = self.size("rope.scaling.original_context_length")?;
        Ok(Some(Growth {
            beta,
            original: original as f32,
        }))
    }

    /// The rotary base of windowed layers where it is another than that of full ones; files may leave it to llama.cpp.
    pub(super) fn window_theta(&self, family: Family) -> Result<Option<f32>, Fatal> {
        let stated = self.of("rope.freq_base_swa")?;
        Ok((family == Family::Gemma3).then(|| stated.unwrap_or(10_000.0)))
    }

    /// Files of the qwen families may carry a window that their configuration switches off; it has no effect there.
    pub(super) fn sliding_window(&self, family: Family, layers: usize) -> Result<Option<SlidingWindow>, Fatal> {
        let period = match family {
            Family::Llama | Family::Mistral3 | Family::Phi3 | Family::Starcoder2 => None,
            Family::Gemma2 | Family::GptOss => Some(2),
            Family::Gemma3 => Some(6),
            _ => return Ok(None),
        };
        let tokens = self
            .optional_size("attention.sliding_window")?
            .filter(|tokens| *tokens > 0);
        Ok(tokens.and_then(|tokens| {
            SlidingWindow::on(tokens, layers, |index| {
                period.is_none_or(|period| !(index + 1).is_multiple_of(period))
            })
        }))
    }

    pub(super) fn rope_scaling(&self, family: Family) -> Result<RopeScaling, Fatal> {
        if self.shape_of("rope_freqs.weight").is_some() {
            return Ok(RopeScaling::Factors(self.rope_factors("rope_freqs.weight")?));
        }
        if self.shape_of("rope_factors_long.weight").is_some() {
            let original = self.size("rope.scaling.original_context_length")?;
            return Ok(RopeScaling::Long {
                short: self.rope_factors("rope_factors_short.weight")?,
                long: self.rope_factors("rope_factors_long.weight")?,
                original_context: original as f32,
                attention_factor: self.of("rope.scaling.attn_factor")?.unwrap_or(1.0),
            });
        }
        let factor = self.of("rope.scaling.factor")?;
        let old_factor = self.of("rope.scale_linear")?;
        let kind = self.text(&self.key("rope.scaling.type"))?;
        let missing = || damaged(self.file(), "rotary scaling is named without its factor");
        match (kind, old_factor) {
            (Some("none"), _) | (None, None) => Ok(RopeScaling::None),
            (Some("linear"), _) => Ok(RopeScaling::Linear {
                factor: factor.ok_or_else(missing)?,
            }),
            (None, Some(factor)) => Ok(RopeScaling::Linear { factor }),
            (Some("yarn"), _) => self.yarn(family, factor.ok_or_else(missing)?),
            (Some(other), _) => {
                let cause = format!("its rotary scaling is {}, which is not supported", quoted(other));
                Err(refused(
                    self.file(),
                    cause,
                    "choose a model with no, linear, llama3, longrope or yarn scaling",
                ))
            }
        }
    }

    fn yarn(&self, family: Family, factor: f32) -> Result<RopeScaling, Fatal> {
        let or = |name: &str, default: f32| -> Result<f32, Fatal> { Ok(self.of(name)?.unwrap_or(default)) };
        let original = self.size("rope.scaling.original_context_length")?;
        let own = or("rope.scaling.yarn_attn_factor", or("rope.scaling.attn_factor", 1.0)?)?;
        // DeepSeek's and the newest Mistral's files say by a multiplier that the temperature is part of the scores.
        let apart = self.of("rope.scaling.yarn_log_multiplier")?.is_some_and(|by| by != 0.0);
        let usual = if apart {
            1.0
        } else {
            RopeScaling::yarn_temperature(factor, 1.0)
        };
        Ok(RopeScaling::Yarn {
            factor,
            original_context: original as f32,
            beta_fast: or("rope.scaling.yarn_beta_fast", 32.0)?,
            beta_slow: or("rope.scaling.yarn_beta_slow", 1.0)?,
            // The file's factor comes on top of YaRN's own temperature (eq. 22 of arXiv 2309.00071).
            attention_factor: own * usual,
            // The publisher of gpt-oss does not round; its files have no key for that.
            truncate: family != Family::GptOss,
        })
    }

    fn rope_factors(&self, name: &str) -> Result<Vec<f32>, Fatal> {
        let Some(tensor) = self.tensors().get(name) else {
            return Err(damaged(self.file(), format!("the tensor {} is missing", quoted(name))));
        };
        let values = tensor.range.len() / 4;
        if tensor.dtype != Dtype::F32 || tensor.shape.len() != 1 || values > FACTOR_CAP {
            return Err(damaged(
                self.file(),
                format!("the tensor {} is not a short list of F32", quoted(name)),
            ));
        }
        let Some(bytes) = self.bytes().get(tensor.range.clone()) else {
            // Only the head of the file is here: shape and type were checked, values will be when it is whole.
            return Ok(vec![1.0; values]);
        };
        let (quads, _) = bytes.as_chunks::<4>();
        Ok(quads.iter().map(|quad| f32::from_le_bytes(*quad)).collect())
    }
}
