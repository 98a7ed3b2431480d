//! What is known about each supported family, as data: `models/<family>.toml`, embedded.
//!
//! In: an architecture's name as some file spells it. Out: a [`FamilyCard`].
//! Deliberately absent: anything that is code in the engine.
//! Start at [`FamilyCard::of_gguf`].

use std::collections::BTreeMap;
use std::sync::LazyLock;

use serde::Deserialize;

use super::hyper::{Family, RopePairing};
use super::manifest::{MemoryHints, Profile};
use super::shape::LayerKind;

/// One family's facts and defaults.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FamilyCard {
    pub family: Family,
    pub profile: Profile,
    /// Values of GGUF's `general.architecture`.
    pub gguf: Vec<String>,
    /// How a GGUF file of this family pairs values for rotation.
    pub gguf_rope: RopePairing,
    /// The same for a checkpoint.
    #[serde(default)]
    pub safetensors_rope: RopePairing,
    /// Parts that GGUF files of this family call by another name than ours: theirs, ours.
    #[serde(default)]
    pub gguf_names: BTreeMap<String, String>,
    #[serde(default)]
    pub layer: LayerKind,
    /// Fields of config.json that published files leave to their defaults.
    #[serde(default)]
    pub config: serde_json::Map<String, serde_json::Value>,
    /// Values of config.json's `architectures`.
    pub hugging_face: Vec<String>,
    /// Working context in tokens for a newly imported model.
    pub context: usize,
    /// Special tokens that end a turn.
    pub stop: Vec<String>,
    /// Models known to be of this family, for people.
    pub known: Vec<String>,
    pub memory: MemoryHints,
}

const TEXTS: [&str; 15] = [
    include_str!("../../models/llama.toml"),
    include_str!("../../models/mistral.toml"),
    include_str!("../../models/mistral3.toml"),
    include_str!("../../models/qwen2.toml"),
    include_str!("../../models/qwen3.toml"),
    include_str!("../../models/qwen3moe.toml"),
    include_str!("../../models/gemma2.toml"),
    include_str!("../../models/gemma3.toml"),
    include_str!("../../models/phi3.toml"),
    include_str!("../../models/granite.toml"),
    include_str!("../../models/glm4.toml"),
    include_str!("../../models/glm4moe.toml"),
    include_str!("../../models/starcoder2.toml"),
    include_str!("../../models/gptoss.toml"),
    include_str!("../../models/deepseek2.toml"),
];

static CARDS: LazyLock<Vec<FamilyCard>> = LazyLock::new(|| {
    let parsed = TEXTS.iter().map(|text| toml::from_str(text));
    parsed
        .collect::<Result<_, _>>()
        .expect("the embedded family cards parse, checked by a test")
});

impl FamilyCard {
    /// Every supported family, by name.
    #[must_use]
    pub fn all() -> &'static [Self] {
        &CARDS
    }

    #[must_use]
    pub fn of(family: Family) -> &'static Self {
        let card = CARDS.iter().find(|card| card.family == family);
        card.expect("there is a card for every family, checked by a test")
    }

    /// The family of a GGUF file.
    #[must_use]
    pub fn of_gguf(architecture: &str) -> Option<&'static Self> {
        CARDS
            .iter()
            .find(|card| card.gguf.iter().any(|name| name == architecture))
    }

    /// The family of a config.json.
    #[must_use]
    pub fn of_hugging_face(architecture: &str) -> Option<&'static Self> {
        CARDS
            .iter()
            .find(|card| card.hugging_face.iter().any(|name| name == architecture))
    }

    /// `llama, qwen2, …`: what a GGUF file may be, for messages.
    #[must_use]
    pub fn gguf_names() -> String {
        CARDS
            .iter()
            .flat_map(|card| card.gguf.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(", ")
    }

    /// `LlamaForCausalLM, …`: what a config.json may name, for messages.
    #[must_use]
    pub fn hugging_face_names() -> String {
        CARDS
            .iter()
            .flat_map(|card| card.hugging_face.iter().map(String::as_str))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_family_has_one_card() {
        for card in FamilyCard::all() {
            assert_eq!(FamilyCard::of(card.family), card);
            assert!(!card.hugging_face.is_empty() && !card.known.is_empty());
        }
        assert!(FamilyCard::gguf_names().starts_with("llama, mistral3, qwen2, qwen3, qwen3moe, gemma2"));
    }
}
