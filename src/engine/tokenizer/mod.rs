//! Text in, tokens out, and back: the one place where text becomes numbers.
//!
//! Special tokens are found by us and only in [`Part::Ours`]; the encoder behind never learns that they exist, so text
//! of others cannot become one, and a last check refuses any that appeared by another way.
//! Neighbouring parts are encoded as one text: merges may cross from ours to theirs, as they did in training.
//! Deliberately absent: chat templates and truncation. Start at [`Tokenizer::new`] and [`Tokenizer::encode`].

mod gguf;
mod json;
mod splits;
mod spm;

use std::collections::BTreeMap;

use regex::Regex;

use super::model::Part;
use crate::models;
use crate::problem::{Exit, Fatal};

/// A model's tokenizer.
pub(super) struct Tokenizer {
    encoder: Encoder,
    /// By id: the bytes that a token stands for; empty for special tokens and for ids without a token.
    bytes: Vec<Vec<u8>>,
    /// Text of every special or added token.
    special: BTreeMap<String, u32>,
    /// By id: true for what text of others must never become.
    forbidden: Vec<bool>,
    /// Finds special tokens in our own text; None where there are none.
    finder: Option<Regex>,
    pub(super) bos: Option<u32>,
    pub(super) stop: Vec<u32>,
}

/// Turns plain text into tokens; knows no special ones.
enum Encoder {
    Merges(Box<tokenizers::Tokenizer>),
    Sentences(spm::Sentences),
}

/// What the readers of both formats find.
struct Vocabulary {
    encoder: Encoder,
    bytes: Vec<Vec<u8>>,
    special: BTreeMap<String, u32>,
    /// Ids of special tokens that stand for "unknown text" and may therefore come out of any text.
    unknown: Option<u32>,
}

impl Tokenizer {
    /// Builds the tokenizer of a model whose embedding has `rows` rows.
    pub(super) fn new(material: &models::Tokenizer, rows: usize) -> Result<Self, Fatal> {
        let found = match &material.source {
            models::TokenizerSource::Json(text) => json::read(text, rows),
            models::TokenizerSource::Gguf(vocabulary) => gguf::read(vocabulary, rows),
        };
        let found = found.map_err(|cause| unusable(&cause))?;
        let mut forbidden = vec![false; rows];
        for &id in found.special.values().chain(&material.stop).chain(&material.bos) {
            let place = forbidden.get_mut(id as usize);
            *place.ok_or_else(|| unusable(&format!("token {id} is beyond the {rows} rows of the embedding")))? = true;
        }
        if let Some(id) = found.unknown.and_then(|id| forbidden.get_mut(id as usize)) {
            *id = false;
        }
        if material.stop.is_empty() {
            return Err(unusable("it has no token that ends a reply"));
        }
        let mut texts: Vec<&String> = found.special.keys().filter(|text| !text.is_empty()).collect();
        texts.sort_by_key(|text| std::cmp::Reverse(text.len()));
        let pattern = texts
            .iter()
            .map(|text| regex::escape(text))
            .collect::<Vec<_>>()
            .join("|");
        let finder = (!texts.is_empty()).then(|| Regex::new(&pattern)).transpose();
        Ok(Self {
            encoder: found.encoder,
            bytes: found.bytes,
            finder: finder.map_err(|cause| unusable(&cause.to_string()))?,
            special: found.special,
            forbidden,
            bos: material.bos,
            stop: material.stop.clone(),
        })
    }

    /// Tokens of a text made of parts. An error is a sentence fragment: why this text cannot be encoded.
    pub(super) fn encode(&self, parts: &[Part]) -> Result<Vec<u32>, String> {
        let mut tokens = Vec::new();
        let mut plain = String::new();
        for part in parts {
            match part {
                Part::Hostile(text) => plain.push_str(text),
                Part::Ours(text) => {
                    let mut from = 0;
                    for found in self.finder.iter().flat_map(|finder| finder.find_iter(text)) {
                        plain.push_str(&text[from..found.start()]);
                        self.flush(&mut plain, &mut tokens)?;
                        tokens.push(self.special[found.as_str()]);
                        from = found.end();
                    }
                    plain.push_str(&text[from..]);
                }
            }
        }
        self.flush(&mut plain, &mut tokens)?;
        Ok(tokens)
    }

    /// Encodes `plain` as text in which nothing is special, and empties it.
    fn flush(&self, plain: &mut String, tokens: &mut Vec<u32>) -> Result<(), String> {
        if !plain.is_empty() {
            tokens.extend(self.plain(plain)?);
            plain.clear();
        }
        Ok(())
    }

    /// Tokens of text in which nothing is special.
    pub(super) fn plain(&self, text: &str) -> Result<Vec<u32>, String> {
        let tokens = self.encoder.encode(text)?;
        if tokens.iter().all(|&id| self.allowed(id)) {
            return Ok(tokens);
        }
        // A vocabulary in which ordinary merges can spell a special token: without merges they cannot.
        let mut tokens = Vec::new();
        for c in text.chars() {
            tokens.extend(self.encoder.encode(c.encode_utf8(&mut [0; 4]))?);
        }
        match tokens.iter().find(|&&id| !self.allowed(id)) {
            None => Ok(tokens),
            Some(id) => Err(format!("not encoded: a character of it is the special token {id}")),
        }
    }

    fn allowed(&self, id: u32) -> bool {
        self.forbidden.get(id as usize) == Some(&false)
    }

    /// The bytes that a token stands for; none for special tokens.
    pub(super) fn bytes(&self, id: u32) -> &[u8] {
        self.bytes.get(id as usize).map_or(&[], Vec::as_slice)
    }

    /// Texts and ids of the special tokens.
    pub(super) fn special(&self) -> &BTreeMap<String, u32> {
        &self.special
    }

    /// Whether equal bytes always give equal tokens, wherever they stand: then text that a grammar forces can be
    /// encoded at once.
    pub(super) fn canonical(&self) -> bool {
        matches!(&self.encoder, Encoder::Merges(encoder) if json::is_byte_level(encoder))
    }
}

impl Encoder {
    fn encode(&self, text: &str) -> Result<Vec<u32>, String> {
        match self {
            Self::Merges(encoder) => encoder
                .encode_fast(text, false)
                .map(|encoding| encoding.get_ids().to_vec())
                .map_err(|cause| format!("not encoded: {cause}")),
            Self::Sentences(sentences) => Ok(sentences.encode(text)),
        }
    }
}

/// The 256 characters by which byte-level vocabularies write bytes (Radford et al. 2019), by byte.
fn byte_alphabet() -> [char; 256] {
    let mut spare = 256..;
    std::array::from_fn(|byte| {
        let byte = byte as u32;
        let printable = matches!(byte, 0x21..=0x7e | 0xa1..=0xac | 0xae..=0xff);
        let code = if printable { Some(byte) } else { spare.next() };
        code.and_then(char::from_u32).expect("codes below 0x180 are characters")
    })
}

/// Bytes of a byte-level token; None when a character is not of that alphabet.
fn bytes_of_byte_level(text: &str, alphabet: &BTreeMap<char, u8>) -> Option<Vec<u8>> {
    text.chars().map(|c| alphabet.get(&c).copied()).collect()
}

/// Bytes of a SentencePiece token: `<0x0A>` is a byte, `▁` a space.
fn bytes_of_piece(text: &str) -> Vec<u8> {
    let byte = text
        .strip_prefix("<0x")
        .and_then(|t| t.strip_suffix('>'))
        .filter(|t| t.len() == 2);
    match byte.and_then(|t| u8::from_str_radix(t, 16).ok()) {
        Some(byte) => vec![byte],
        None => text.replace('▁', " ").into_bytes(),
    }
}

fn unusable(cause: &str) -> Fatal {
    let help = "import the model again with the tokenizer.json that belongs to it";
    Fatal::new(
        Exit::Integrity,
        "the tokenizer does not match the model or cannot be used",
        help,
    )
    .because(cause)
}

#[cfg(test)]
mod tests;
