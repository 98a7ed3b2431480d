//! Hyper-parameters out of GGUF metadata.
//!
//! In: a parsed file. Out: [`Hyper`], checked against caps.
//! Deliberately absent: tensor shapes; `weights` compares them with what is read here. What only some families have is
//! read in `traits`.
//! Start at [`Gguf::hyper`]. Keys are those of ggml's `docs/gguf.md`.

use std::collections::BTreeSet;

use super::Gguf;
use crate::models::family::FamilyCard;
use crate::models::fault::{damaged, quoted, refused};
use crate::models::hyper::Hyper;
use crate::models::shape::NormKind;
use crate::problem::Fatal;

/// Lists of factors that stand among the tensors.
const FACTORS: [&str; 3] = [
    "rope_freqs.weight",
    "rope_factors_long.weight",
    "rope_factors_short.weight",
];

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
        self.refuse_variants(card.family)?;
        let (hidden, heads) = (self.size("embedding_length")?, self.size("attention.head_count")?);
        let latent = self.latent()?;
        let head_dim = match (latent, self.optional_size("attention.key_length")?) {
            (Some(latent), _) => latent.plain + latent.turned,
            (None, Some(size)) => size,
            (None, None) if heads > 0 && hidden.is_multiple_of(heads) => hidden / heads,
            (None, None) => {
                return Err(damaged(
                    self.file(),
                    format!("{hidden} hidden values do not divide into {heads} heads"),
                ));
            }
        };
        let value = self.optional_size("attention.value_length")?;
        if latent.is_none() && value.is_some_and(|size| size != head_dim) {
            return Err(damaged(self.file(), "key and value heads differ in size"));
        }
        // The blocks at the end that only guess further tokens are not used.
        let guessing = self.optional_size("nextn_predict_layers")?.unwrap_or(0);
        let layers = self.size("block_count")?.saturating_sub(guessing);
        let rope_dim = self.optional_size("rope.dimension_count")?.unwrap_or(head_dim);
        let kv_heads = self.optional_size("attention.head_count_kv")?.unwrap_or(heads);
        let epsilon = match card.layer.norm {
            NormKind::Rms => self.required_float("attention.layer_norm_rms_epsilon")?,
            NormKind::Mean => self.required_float("attention.layer_norm_epsilon")?,
        };
        let mut hyper = Hyper {
            layers,
            hidden,
            heads,
            kv_heads: if latent.is_some() { heads } else { kv_heads },
            head_dim,
            feed_forward: self.feed_forward()?,
            vocab: self.shape_of("token_embd.weight").map_or(0, |shape| shape[0]),
            context: self.size("context_length")?,
            rms_eps: epsilon,
            rope_theta: self.float(&self.key("rope.freq_base"))?.unwrap_or(10_000.0),
            rope_dim,
            rope_scaling: self.rope_scaling(card.family)?,
            rope_pairing: card.gguf_rope,
            window_theta: self.window_theta(card.family)?,
            sliding_window: self.sliding_window(card.family, layers)?,
            layer: card.layer,
            scales: self.scales(card.family, (hidden, heads, head_dim, layers))?,
            experts: self.experts(card.family)?,
            latent,
            growth: self.growth()?,
            tied: self.shape_of("output.weight").is_none(),
            ..Hyper::plain(card.family)
        };
        hyper.take_presence(&self.canonical_names(card, layers));
        hyper.check().map_err(|cause| damaged(self.file(), cause))?;
        Ok(hyper)
    }

    /// The name we use for a tensor of the file; None for one that is not used as a tensor.
    pub(crate) fn canonical(&self, hyper: &Hyper, name: &str) -> Option<String> {
        rename(FamilyCard::of(hyper.family), hyper.layers, name)
    }

    fn canonical_names(&self, card: &FamilyCard, layers: usize) -> BTreeSet<String> {
        let names = self.tensors().keys();
        names.filter_map(|name| rename(card, layers, name)).collect()
    }

    /// `name` under this file's architecture.
    pub(super) fn key(&self, name: &str) -> String {
        let architecture = self.text("general.architecture").ok().flatten().unwrap_or_default();
        format!("{architecture}.{name}")
    }

    pub(super) fn optional_size(&self, name: &str) -> Result<Option<usize>, Fatal> {
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

    pub(super) fn size(&self, name: &str) -> Result<usize, Fatal> {
        let value = self.optional_size(name)?;
        value.ok_or_else(|| damaged(self.file(), format!("the key {} is missing", quoted(&self.key(name)))))
    }

    fn required_float(&self, name: &str) -> Result<f32, Fatal> {
        let value = self.float(&self.key(name))?;
        value.ok_or_else(|| damaged(self.file(), format!("the key {} is missing", quoted(&self.key(name)))))
    }

    pub(super) fn shape_of(&self, tensor: &str) -> Option<&[usize]> {
        self.tensors().get(tensor).map(|tensor| tensor.shape.as_slice())
    }
}

/// A tensor's name as we use it.
fn rename(card: &FamilyCard, layers: usize, name: &str) -> Option<String> {
    if FACTORS.contains(&name) {
        return None;
    }
    let Some((layer, part)) = name.strip_prefix("blk.").and_then(|rest| rest.split_once('.')) else {
        return Some(name.to_owned());
    };
    if layer.parse().is_ok_and(|layer: usize| layer >= layers) && card.family.guesses() {
        return None;
    }
    let (stem, end) = part.split_once('.').unwrap_or((part, "weight"));
    Some(match card.gguf_names.get(stem) {
        Some(ours) => format!("blk.{layer}.{ours}.{end}"),
        None => name.to_owned(),
    })
}
