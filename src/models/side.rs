//! The small JSON files beside the weights: tokenizer_config.json and generation_config.json.
//!
//! In: their bytes, which may be hostile. Out: the few fields that are used.
//! Deliberately absent: everything else those files say.
//! Start at [`read`].

use std::collections::BTreeMap;

use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::bytes::Bytes;
use super::fault::damaged;
use crate::problem::Fatal;

/// Most bytes of one of these files; tokenizer_config.json lists thousands of reserved tokens in some models.
const CAP: usize = 8 << 20;

/// Reads `name` out of `files`; an absent file has no fields.
pub(super) fn read<T: DeserializeOwned + Default>(files: &BTreeMap<String, Bytes>, name: &str) -> Result<T, Fatal> {
    let Some(bytes) = files.get(name) else {
        return Ok(T::default());
    };
    if bytes.len() > CAP {
        return Err(damaged(
            name,
            format!("it has {} bytes; at most {CAP} are accepted", bytes.len()),
        ));
    }
    serde_json::from_slice(bytes).map_err(|error| damaged(name, error))
}

/// What tokenizer_config.json says.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "RawTokenizerConfig")]
pub(super) struct TokenizerConfig {
    pub(super) chat_template: Option<String>,
    pub(super) bos: Option<String>,
    pub(super) eos: Option<String>,
    pub(super) add_bos: Option<bool>,
}

#[derive(Deserialize)]
struct RawTokenizerConfig {
    chat_template: Option<Template>,
    bos_token: Option<Token>,
    eos_token: Option<Token>,
    add_bos_token: Option<bool>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Template {
    One(String),
    Named(Vec<NamedTemplate>),
}

#[derive(Deserialize)]
struct NamedTemplate {
    name: String,
    template: String,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Token {
    Text(String),
    Object { content: String },
}

impl Token {
    fn text(self) -> String {
        match self {
            Self::Text(text) | Self::Object { content: text } => text,
        }
    }
}

impl From<RawTokenizerConfig> for TokenizerConfig {
    fn from(raw: RawTokenizerConfig) -> Self {
        let named = |list: Vec<NamedTemplate>| list.into_iter().find(|entry| entry.name == "default");
        let chat_template = match raw.chat_template {
            Some(Template::One(text)) => Some(text),
            Some(Template::Named(list)) => named(list).map(|entry| entry.template),
            None => None,
        };
        let (bos, eos) = (raw.bos_token.map(Token::text), raw.eos_token.map(Token::text));
        Self {
            chat_template,
            bos,
            eos,
            add_bos: raw.add_bos_token,
        }
    }
}

/// What generation_config.json says.
#[derive(Debug, Default, Deserialize)]
#[serde(from = "RawGenerationConfig")]
pub(super) struct GenerationConfig {
    pub(super) bos: Option<u32>,
    pub(super) eos: Vec<u32>,
}

#[derive(Deserialize)]
struct RawGenerationConfig {
    bos_token_id: Option<Ids>,
    eos_token_id: Option<Ids>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Ids {
    One(u32),
    Many(Vec<u32>),
}

impl From<RawGenerationConfig> for GenerationConfig {
    fn from(raw: RawGenerationConfig) -> Self {
        let list = |ids: Option<Ids>| match ids {
            None => Vec::new(),
            Some(Ids::One(id)) => vec![id],
            Some(Ids::Many(ids)) => ids,
        };
        Self {
            bos: list(raw.bos_token_id).first().copied(),
            eos: list(raw.eos_token_id),
        }
    }
}
