//! Just enough of a vocabulary to see whether it belongs to the weights, and to find special tokens by their text.
//!
//! In: tokenizer.json, or GGUF's lists. Out: [`Vocabulary`].
//! Deliberately absent: merges, normalisation, encoding.
//! Start at [`Vocabulary::check`].

use std::collections::BTreeMap;
use std::fmt;

use serde::Deserialize;
use serde::de::{Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use super::fault::{damaged, quoted, refused};
use super::parts::TOKENIZER;
use super::tokenizer::GgufVocabulary;
use crate::problem::Fatal;

const HELP: &str = "use the tokenizer that belongs to these weights";
/// ggml's token type for control tokens.
const CONTROL: i32 = 3;

/// Texts and ids.
#[derive(Debug)]
pub(super) struct Vocabulary {
    file: &'static str,
    /// Tokens of the model proper, by text.
    plain: BTreeMap<String, u32>,
    /// Special tokens, by text.
    special: BTreeMap<String, u32>,
}

impl Vocabulary {
    pub(super) fn of_json(bytes: &[u8]) -> Result<Self, Fatal> {
        let json: Json = serde_json::from_slice(bytes).map_err(|error| damaged(TOKENIZER, error))?;
        let mut plain = json.model.vocab.0;
        let mut special = BTreeMap::new();
        for token in json.added_tokens {
            let list = if token.special { &mut special } else { &mut plain };
            list.insert(token.content, token.id);
        }
        Ok(Self {
            file: TOKENIZER,
            plain,
            special,
        })
    }

    pub(super) fn of_gguf(vocabulary: &GgufVocabulary) -> Self {
        let (mut plain, mut special) = (BTreeMap::new(), BTreeMap::new());
        for (id, text) in (0u32..).zip(&vocabulary.tokens) {
            let control = vocabulary.types.get(id as usize) == Some(&CONTROL);
            let list = if control { &mut special } else { &mut plain };
            list.insert(text.clone(), id);
        }
        Self {
            file: "the vocabulary in the GGUF file",
            plain,
            special,
        }
    }

    /// Refuses ids that have no row in the embedding.
    pub(super) fn check(&self, rows: usize) -> Result<(), Fatal> {
        let largest = self.plain.iter().chain(&self.special).max_by_key(|(_, id)| **id);
        let Some((text, id)) = largest else {
            return Err(refused(
                self.file,
                "the tokenizer does not match the weights: it has no tokens",
                HELP,
            ));
        };
        if (*id as usize) < rows {
            return Ok(());
        }
        let cause = format!(
            "the tokenizer does not match the weights: its token {} has the id {id}, but the embedding has {rows} rows",
            quoted(text)
        );
        Err(refused(self.file, cause, HELP))
    }

    /// Refuses a tokenizer.json whose model has other texts than the GGUF file under the same ids.
    pub(super) fn compare(&self, tokens: &[String]) -> Result<(), Fatal> {
        let differs = |(text, id): &(&String, &u32)| tokens.get(**id as usize).is_none_or(|other| other != *text);
        let Some((text, id)) = self.plain.iter().find(differs) else {
            return Ok(());
        };
        let other = tokens.get(*id as usize).map_or("nothing".into(), |other| quoted(other));
        let cause = format!(
            "the tokenizer does not match the weights: token {id} is {} here and {other} in the GGUF file",
            quoted(text)
        );
        Err(refused(self.file, cause, HELP))
    }

    /// The id of a special token, by its text.
    pub(super) fn special(&self, text: &str) -> Option<u32> {
        self.special.get(text).copied()
    }

    /// The id of any token, by its text.
    pub(super) fn id(&self, text: &str) -> Option<u32> {
        self.special.get(text).or_else(|| self.plain.get(text)).copied()
    }

    /// The text of any token.
    pub(super) fn text(&self, id: u32) -> Option<String> {
        let mut all = self.special.iter().chain(&self.plain);
        all.find(|(_, other)| **other == id).map(|(text, _)| text.clone())
    }
}

#[derive(Deserialize)]
struct Json {
    #[serde(default)]
    added_tokens: Vec<Added>,
    model: Model,
}

#[derive(Deserialize)]
struct Added {
    id: u32,
    content: String,
    #[serde(default)]
    special: bool,
}

#[derive(Deserialize)]
struct Model {
    vocab: Texts,
}

/// `{text: id}` for BPE and WordPiece, `[[text, score]]` by id for Unigram.
struct Texts(BTreeMap<String, u32>);

impl<'de> Deserialize<'de> for Texts {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextsVisitor)
    }
}

struct TextsVisitor;

impl<'de> Visitor<'de> for TextsVisitor {
    type Value = Texts;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a vocabulary: an object of ids by text, or a list of texts with scores")
    }

    fn visit_map<M: MapAccess<'de>>(self, mut map: M) -> Result<Texts, M::Error> {
        let mut texts = BTreeMap::new();
        while let Some((text, id)) = map.next_entry()? {
            texts.insert(text, id);
        }
        Ok(Texts(texts))
    }

    fn visit_seq<S: SeqAccess<'de>>(self, mut list: S) -> Result<Texts, S::Error> {
        let mut texts = BTreeMap::new();
        let mut id = 0u32;
        while let Some((text, IgnoredAny)) = list.next_element()? {
            texts.insert(text, id);
            id = id
                .checked_add(1)
                .ok_or_else(|| serde::de::Error::custom("too many tokens"))?;
        }
        Ok(Texts(texts))
    }
}
