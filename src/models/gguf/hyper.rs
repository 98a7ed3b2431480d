//! Hyper-parameters out of GGUF metadata.
//!
//! In: a parsed file. Out: [`Hyper`], checked against caps.
//! Deliberately absent: tensor shapes; `weights` compares them with what is read here.
//! Start at [`Gguf::hyper`]. Keys are those of ggml's `docs/gguf.md`.

use super::Gguf;
use crate::models::dtype::Dtype;
use crate::models::family::FamilyCard;
use crate::models::fault::{damaged, quoted, refused};
use crate::models::hyper::{Family, Hyper, RopeScaling, SlidingWindow};
use crate::problem::Fatal;

/// Most values of `rope_freqs.weight`, half of the largest accepted head.
const FACTOR_CAP: usize = 1 << 11;

impl Gguf {
    /// The family by `general.architecture`; an unknown one is refused with the list of known ones.
    pub(crate) fn family(&self) -> Result<&'static FamilyCard, Fatal> {
        let name = self.text("general.architecture")?;
        let name = name.ok_or_else(|| damaged(self.file(), "the key `general.architecture` is missing"))?;
        FamilyCard::of_gguf(name).ok_or_else(|| {
            let cause = format!("its architecture is {}, which is not supported", quoted(name));
            refused(
                self.file(),
                cause,
                &format!("choose a model of one of these: {}", FamilyCard::gguf_names()),
            )
        })
    }

    /// Everything the decoder needs to know.
    pub(crate) fn hyper(&self) -> Result<Hyper, Fatal> {
        let card = self.family()?;
        self.refuse_variants()?;
        let (hidden, heads) = (self.size("embedding_length")?, self.size("attention.head_count")?);
        let head_dim = match self.optional_size("attention.key_length")? {
            Some(size) => size,
            None if heads > 0 && hidden.is_multiple_of(heads) => hidden / heads,
            None => {
                return Err(damaged(
                    self.file(),
                    format!("{hidden} hidden values do not divide into {heads} heads"),
                ));
            }
        };
        if self
            .optional_size("attention.value_length")?
            .is_some_and(|size| size != head_dim)
        {
            return Err(damaged(self.file(), "key and value heads differ in size"));
        }
        let layers = self.size("block_count")?;
        let rope_dim = self.optional_size("rope.dimension_count")?.unwrap_or(head_dim);
        let hyper = Hyper {
            family: card.family,
            layers,
            hidden,
            heads,
            kv_heads: self.optional_size("attention.head_count_kv")?.unwrap_or(heads),
            head_dim,
            feed_forward: self.size("feed_forward_length")?,
            vocab: self.shape_of("token_embd.weight").map_or(0, |shape| shape[0]),
            context: self.size("context_length")?,
            rms_eps: self.required_float("attention.layer_norm_rms_epsilon")?,
            rope_theta: self.float(&self.key("rope.freq_base"))?.unwrap_or(10_000.0),
            rope_dim,
            rope_scaling: self.rope_scaling()?,
            rope_pairing: card.gguf_rope,
            sliding_window: self.sliding_window(card.family)?,
            qkv_bias: self.shape_of("blk.0.attn_q.bias").is_some(),
            output_bias: self.shape_of("blk.0.attn_output.bias").is_some(),
            qk_norm: self.shape_of("blk.0.attn_q_norm.weight").is_some(),
            tied: self.shape_of("output.weight").is_none(),
        };
        hyper.check().map_err(|cause| damaged(self.file(), cause))?;
        Ok(hyper)
    }

    /// Files of a supported architecture whose arithmetic differs all the same.
    fn refuse_variants(&self) -> Result<(), Fatal> {
        let merge = "merge the parts into one file first (llama.cpp's gguf-split does it), then import that";
        if self.whole("split.count")?.is_some_and(|count| count > 1) {
            return Err(refused(self.file(), "it is one part of several", merge));
        }
        let dense = "choose a dense model; mixtures of experts are not supported";
        if self.whole(&self.key("expert_count"))?.is_some_and(|count| count > 0) {
            return Err(refused(self.file(), "it is a mixture of experts", dense));
        }
        for name in [
            "attn_logit_softcapping",
            "final_logit_softcapping",
            "logit_scale",
            "attention.scale",
        ] {
            let key = self.key(name);
            if self.has_key(&key) {
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

    fn rope_scaling(&self) -> Result<RopeScaling, Fatal> {
        if self.shape_of("rope_freqs.weight").is_some() {
            return self.rope_factors();
        }
        let factor = self.float(&self.key("rope.scaling.factor"))?;
        let old_factor = self.float(&self.key("rope.scale_linear"))?;
        let kind = self.text(&self.key("rope.scaling.type"))?;
        let missing = || damaged(self.file(), "rotary scaling is named without its factor");
        match (kind, old_factor) {
            (Some("none"), _) | (None, None) => Ok(RopeScaling::None),
            (Some("linear"), _) => Ok(RopeScaling::Linear {
                factor: factor.ok_or_else(missing)?,
            }),
            (None, Some(factor)) => Ok(RopeScaling::Linear { factor }),
            (Some("yarn"), _) => self.yarn(factor.ok_or_else(missing)?),
            (Some(other), _) => {
                let cause = format!("its rotary scaling is {}, which is not supported", quoted(other));
                Err(refused(
                    self.file(),
                    cause,
                    "choose a model with no, linear, llama3 or yarn scaling",
                ))
            }
        }
    }

    fn yarn(&self, factor: f32) -> Result<RopeScaling, Fatal> {
        let or =
            |name: &str, default: f32| -> Result<f32, Fatal> { Ok(self.float(&self.key(name))?.unwrap_or(default)) };
        let original = self.size("rope.scaling.original_context_length")?;
        let own = or("rope.scaling.yarn_attn_factor", or("rope.scaling.attn_factor", 1.0)?)?;
        Ok(RopeScaling::Yarn {
            factor,
            original_context: original as f32,
            beta_fast: or("rope.scaling.yarn_beta_fast", 32.0)?,
            beta_slow: or("rope.scaling.yarn_beta_slow", 1.0)?,
            // The file's factor comes on top of YaRN's own temperature (eq. 22 of arXiv 2309.00071).
            attention_factor: own * RopeScaling::yarn_temperature(factor, 1.0),
        })
    }

    fn rope_factors(&self) -> Result<RopeScaling, Fatal> {
        let tensor = &self.tensors()["rope_freqs.weight"];
        let values = tensor.range.len() / 4;
        if tensor.dtype != Dtype::F32 || tensor.shape.len() != 1 || values > FACTOR_CAP {
            return Err(damaged(
                self.file(),
                "the tensor `rope_freqs.weight` is not a short list of F32",
            ));
        }
        let Some(bytes) = self.bytes().get(tensor.range.clone()) else {
            // Only the head of the file is here: shape and type were checked, values will be when it is whole.
            return Ok(RopeScaling::Factors(vec![1.0; values]));
        };
        let (quads, _) = bytes.as_chunks::<4>();
        Ok(RopeScaling::Factors(
            quads.iter().map(|quad| f32::from_le_bytes(*quad)).collect(),
        ))
    }

    /// Files of the qwen families may carry a window that their configuration switches off; it has no effect there.
    fn sliding_window(&self, family: Family) -> Result<Option<SlidingWindow>, Fatal> {
        if family != Family::Llama {
            return Ok(None);
        }
        let tokens = self
            .optional_size("attention.sliding_window")?
            .filter(|tokens| *tokens > 0);
        Ok(tokens.map(|tokens| SlidingWindow { tokens, first_layer: 0 }))
    }

    /// `name` under this file's architecture.
    fn key(&self, name: &str) -> String {
        let architecture = self.text("general.architecture").ok().flatten().unwrap_or_default();
        format!("{architecture}.{name}")
    }

    fn optional_size(&self, name: &str) -> Result<Option<usize>, Fatal> {
        let key = self.key(name);
        let value = self.whole(&key)?;
        let narrow = |value| usize::try_from(value).ok().filter(|value| *value <= 1 << 30);
        let refuse = |value| {
            damaged(
                self.file(),
                format!("the key {} is {value}, which is absurd", quoted(&key)),
            )
        };
        value
            .map(|value| narrow(value).ok_or_else(|| refuse(value)))
            .transpose()
    }

    fn size(&self, name: &str) -> Result<usize, Fatal> {
        let value = self.optional_size(name)?;
        value.ok_or_else(|| damaged(self.file(), format!("the key {} is missing", quoted(&self.key(name)))))
    }

    fn required_float(&self, name: &str) -> Result<f32, Fatal> {
        let value = self.float(&self.key(name))?;
        value.ok_or_else(|| damaged(self.file(), format!("the key {} is missing", quoted(&self.key(name)))))
    }

    fn shape_of(&self, tensor: &str) -> Option<&[usize]> {
        self.tensors().get(tensor).map(|tensor| tensor.shape.as_slice())
    }
}
