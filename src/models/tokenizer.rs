//! What a tokenizer is built from: the sibling tokenizer.json, or the vocabulary inside a GGUF file.
//!
//! In: a [`Verified`] model and its [`Weights`]. Out: [`Tokenizer`]: raw material, special tokens, chat template.
//! Deliberately absent: a tokenizer library, and rendering templates; both are the engine's.
//! Start at [`Tokenizer::of`].

use std::collections::BTreeMap;

use super::bytes::Bytes;
use super::family::FamilyCard;
use super::fault::{damaged, refused};
use super::gguf::Gguf;
use super::parts::{GENERATION_CONFIG, TEMPLATE, TOKENIZER, TOKENIZER_CONFIG};
use super::side::{self, GenerationConfig, TokenizerConfig};
use super::verified::Verified;
use super::vocabulary::Vocabulary;
use super::weights::Weights;
use crate::problem::Fatal;

/// Longest chat template in bytes; published ones stay below 20,000.
const TEMPLATE_CAP: usize = 128 << 10;

/// What only a model trained on the terse form knows.
const COMPACT: [&str; 2] = ["<|detect|>", "<|verify|>"];

/// Tokenizer material, with the special tokens and the template that belong to it.
#[derive(Debug, Clone)]
pub struct Tokenizer {
    pub source: TokenizerSource,
    /// Jinja source of the chat template: from `chat_template.jinja`, tokenizer_config.json or GGUF. Hostile text.
    pub chat_template: Option<String>,
    pub bos: Option<u32>,
    /// Every id that ends a reply, sorted: eos, end of turn, generation_config's list, and the family's stop tokens.
    pub stop: Vec<u32>,
    /// Whether the file asks for `bos` in front of every text; None where it does not say.
    pub add_bos: Option<bool>,
    /// Text of bos and eos, which templates want as variables.
    pub bos_text: Option<String>,
    pub eos_text: Option<String>,
    /// Whether the vocabulary has the control tokens of the terse form that this project trains models on.
    pub compact: bool,
}

#[derive(Debug, Clone)]
pub enum TokenizerSource {
    /// Contents of tokenizer.json (preferred where both exist).
    Json(Bytes),
    Gguf(GgufVocabulary),
}

/// A vocabulary as GGUF stores it.
#[derive(Debug, Clone)]
pub struct GgufVocabulary {
    /// `gpt2` (byte-level BPE), `llama` (SentencePiece).
    pub model: String,
    /// The pre-tokenizer's name: `qwen2`, `llama-bpe`; empty where the file has none.
    pub pre: String,
    /// Token texts by id.
    pub tokens: Vec<String>,
    /// `left right`, best first; empty for SentencePiece.
    pub merges: Vec<String>,
    /// ggml token types by id: 1 normal, 2 unknown, 3 control, 4 user-defined, 5 unused, 6 byte. May be empty.
    pub types: Vec<i32>,
    /// SentencePiece scores by id; empty for BPE.
    pub scores: Vec<f32>,
    /// Whether a SentencePiece text gets a space in front.
    pub space_prefix: bool,
}

impl Tokenizer {
    /// Gathers the material and refuses a vocabulary that does not match the embedding: ids beyond its rows, or, where
    /// a GGUF file and a tokenizer.json both carry one, other texts under the same ids.
    pub fn of(verified: &Verified, weights: &Weights) -> Result<Self, Fatal> {
        Self::of_files(verified.files(), weights)
    }

    pub(super) fn of_files(files: &BTreeMap<String, Bytes>, weights: &Weights) -> Result<Self, Fatal> {
        let inside = weights.gguf().map(inside).transpose()?.flatten();
        let (vocabulary, source) = match (files.get(TOKENIZER), inside) {
            (Some(json), inside) => {
                let vocabulary = Vocabulary::of_json(json)?;
                if let Some(inside) = inside.filter(|inside| inside.model == "gpt2") {
                    vocabulary.compare(&inside.tokens)?;
                }
                (vocabulary, TokenizerSource::Json(json.clone()))
            }
            (None, Some(inside)) => (Vocabulary::of_gguf(&inside), TokenizerSource::Gguf(inside)),
            (None, None) => {
                let help = "import a folder that holds the weights and their tokenizer.json";
                return Err(refused(
                    TOKENIZER,
                    "there is none, and the weights carry no vocabulary",
                    help,
                ));
            }
        };
        vocabulary.check(weights.hyper().vocab)?;
        let mut tokenizer = Self {
            source,
            chat_template: None,
            bos: None,
            stop: Vec::new(),
            add_bos: None,
            bos_text: None,
            eos_text: None,
            compact: COMPACT.iter().all(|text| vocabulary.special(text).is_some()),
        };
        tokenizer.take_gguf(weights.gguf(), &vocabulary)?;
        tokenizer.take_config(files, &vocabulary)?;
        tokenizer.take_generation(files)?;
        let card = FamilyCard::of(weights.hyper().family);
        tokenizer
            .stop
            .extend(card.stop.iter().filter_map(|text| vocabulary.special(text)));
        tokenizer.finish(files, weights.hyper().vocab)
    }

    fn take_gguf(&mut self, gguf: Option<&Gguf>, vocabulary: &Vocabulary) -> Result<(), Fatal> {
        let Some(gguf) = gguf else { return Ok(()) };
        let id = |name: &str| {
            gguf.whole(name)
                .map(|value| value.and_then(|value| u32::try_from(value).ok()))
        };
        self.bos = id("tokenizer.ggml.bos_token_id")?;
        let eos = id("tokenizer.ggml.eos_token_id")?;
        self.bos_text = self.bos.and_then(|id| vocabulary.text(id));
        self.eos_text = eos.and_then(|id| vocabulary.text(id));
        self.stop.extend(eos);
        for name in ["tokenizer.ggml.eot_token_id", "tokenizer.ggml.eom_token_id"] {
            self.stop.extend(id(name)?);
        }
        self.add_bos = gguf.boolean("tokenizer.ggml.add_bos_token")?;
        self.chat_template = gguf.text("tokenizer.chat_template")?.map(str::to_owned);
        Ok(())
    }

    fn take_config(&mut self, files: &BTreeMap<String, Bytes>, vocabulary: &Vocabulary) -> Result<(), Fatal> {
        let config: TokenizerConfig = side::read(files, TOKENIZER_CONFIG)?;
        if let Some(text) = config.bos {
            self.bos = vocabulary.id(&text).or(self.bos);
            self.bos_text = Some(text);
        }
        if let Some(text) = config.eos {
            self.stop.extend(vocabulary.id(&text));
            self.eos_text = Some(text);
        }
        self.add_bos = config.add_bos.or(self.add_bos);
        self.chat_template = config.chat_template.or(self.chat_template.take());
        if let Some(bytes) = files.get(TEMPLATE) {
            let text = std::str::from_utf8(bytes).map_err(|error| damaged(TEMPLATE, error))?;
            self.chat_template = Some(text.to_owned());
        }
        Ok(())
    }

    fn take_generation(&mut self, files: &BTreeMap<String, Bytes>) -> Result<(), Fatal> {
        let generation: GenerationConfig = side::read(files, GENERATION_CONFIG)?;
        self.stop.extend(generation.eos);
        self.bos = self.bos.or(generation.bos);
        Ok(())
    }

    fn finish(mut self, files: &BTreeMap<String, Bytes>, rows: usize) -> Result<Self, Fatal> {
        let place = files
            .keys()
            .find(|name| name.ends_with(".gguf"))
            .map_or(TOKENIZER_CONFIG, String::as_str);
        if let Some(length) = self
            .chat_template
            .as_ref()
            .map(String::len)
            .filter(|length| *length > TEMPLATE_CAP)
        {
            let cause = format!("its chat template has {length} bytes; at most {TEMPLATE_CAP} are accepted");
            return Err(refused(
                place,
                cause,
                "choose a file with a template of ordinary length",
            ));
        }
        self.stop.sort_unstable();
        self.stop.dedup();
        let ids = self.stop.iter().chain(&self.bos);
        if let Some(id) = ids.into_iter().find(|id| **id as usize >= rows) {
            let cause = format!("it names the special token {id}, but the embedding has {rows} rows");
            return Err(refused(place, cause, "use the tokenizer that belongs to these weights"));
        }
        Ok(self)
    }
}

/// The vocabulary inside a GGUF file, when it has one.
fn inside(gguf: &Gguf) -> Result<Option<GgufVocabulary>, Fatal> {
    let Some(tokens) = gguf.texts("tokenizer.ggml.tokens")? else {
        return Ok(None);
    };
    let owned = |texts: Option<Vec<&str>>| texts.unwrap_or_default().into_iter().map(str::to_owned).collect();
    let narrow = |value: i64| i32::try_from(value).unwrap_or(0);
    let types = gguf.wholes("tokenizer.ggml.token_type")?.unwrap_or_default();
    let scores = gguf.floats("tokenizer.ggml.scores")?.unwrap_or_default();
    for (name, length) in [("token_type", types.len()), ("scores", scores.len())] {
        if length != 0 && length != tokens.len() {
            let cause = format!(
                "the key `tokenizer.ggml.{name}` has {length} items for {} tokens",
                tokens.len()
            );
            return Err(damaged(gguf.file(), cause));
        }
    }
    Ok(Some(GgufVocabulary {
        model: gguf.text("tokenizer.ggml.model")?.unwrap_or_default().to_owned(),
        pre: gguf.text("tokenizer.ggml.pre")?.unwrap_or_default().to_owned(),
        tokens: owned(Some(tokens)),
        merges: owned(gguf.texts("tokenizer.ggml.merges")?),
        types: types.into_iter().map(narrow).collect(),
        scores,
        space_prefix: gguf.boolean("tokenizer.ggml.add_space_prefix")?.unwrap_or(true),
    }))
}
