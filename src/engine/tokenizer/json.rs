//! A tokenizer.json in, a [`Vocabulary`] out.
//!
//! Added tokens are taken out of the file before the encoder sees it. Deliberately absent: models other than BPE.
//! Start at [`read`].

use std::collections::BTreeMap;

use serde_json::Value;
use tokenizers::models::ModelWrapper;

use super::{Encoder, Vocabulary, byte_alphabet, bytes_of_byte_level, bytes_of_piece, spm};

/// Reads the bytes of a tokenizer.json for an embedding of `rows` rows; an error is a sentence.
pub(super) fn read(text: &[u8], rows: usize) -> Result<Vocabulary, String> {
    let file: Value = serde_json::from_slice(text).map_err(|e| format!("tokenizer.json is not JSON: {e}"))?;
    from_value(file, rows)
}

/// As [`read`], from parsed JSON.
pub(super) fn from_value(mut file: Value, rows: usize) -> Result<Vocabulary, String> {
    let kind = file["model"]["type"].as_str().unwrap_or("BPE");
    if kind != "BPE" {
        return Err(format!("its model is of type {kind}; only BPE is supported"));
    }
    let byte_level = has_type(&file["pre_tokenizer"], "ByteLevel") || has_type(&file["decoder"], "ByteLevel");
    let added = file["added_tokens"].take();
    for unused in ["post_processor", "truncation", "padding"] {
        file[unused] = Value::Null;
    }
    let (blank, added): (Vec<Value>, Vec<Value>) = added
        .as_array()
        .cloned()
        .unwrap_or_default()
        .into_iter()
        .partition(is_blank);
    // Indentation and empty lines are text and control nothing: the encoder takes them out itself.
    file["added_tokens"] = Value::Array(blank);
    let mut special = BTreeMap::new();
    for token in &added {
        let id = token["id"].as_u64().and_then(|id| u32::try_from(id).ok());
        let (Some(text), Some(id)) = (token["content"].as_str(), id) else {
            return Err("an added token lacks `content` or `id`".into());
        };
        special.insert(text.to_owned(), id);
    }
    let unknown = file["model"]["unk_token"].as_str().map(str::to_owned);
    let bytes = bytes(&file["model"]["vocab"], &special, byte_level, rows)?;
    let unknown = unknown.and_then(|text| {
        special
            .get(&text)
            .copied()
            .or_else(|| id_of(&file["model"]["vocab"], &text))
    });
    let text = serde_json::to_vec(&file).map_err(|e| e.to_string())?;
    drop(file);
    let encoder = tokenizers::Tokenizer::from_bytes(text).map_err(|e| format!("tokenizer.json: {e}"))?;
    Ok(Vocabulary {
        encoder: Encoder::Merges(Box::new(encoder)),
        bytes,
        special,
        unknown,
    })
}

/// Whether an added token is a run of white space that is not special.
fn is_blank(token: &Value) -> bool {
    let text = token["content"].as_str().unwrap_or_default();
    token["special"] == false && !text.is_empty() && text.chars().all(|c| spm::BLANK.contains(&c))
}

/// True for an encoder that works on bytes and adds nothing in front of a text.
pub(super) fn is_byte_level(encoder: &tokenizers::Tokenizer) -> bool {
    let fallback = matches!(encoder.get_model(), ModelWrapper::BPE(bpe) if bpe.byte_fallback);
    let step = encoder.get_pre_tokenizer().and_then(|p| serde_json::to_value(p).ok());
    let whole = !encoder.get_added_tokens_decoder().is_empty();
    !fallback && !whole && step.is_some_and(|step| has_type(&step, "ByteLevel") && !adds_space(&step))
}

fn adds_space(step: &Value) -> bool {
    step["add_prefix_space"] == true
        || step["pretokenizers"]
            .as_array()
            .is_some_and(|s| s.iter().any(adds_space))
}

/// Whether a step, or one of the steps of a sequence, is of that type.
fn has_type(step: &Value, name: &str) -> bool {
    let inner = step["pretokenizers"].as_array().or_else(|| step["decoders"].as_array());
    step["type"] == name || inner.is_some_and(|steps| steps.iter().any(|step| has_type(step, name)))
}

fn id_of(vocabulary: &Value, text: &str) -> Option<u32> {
    vocabulary.get(text)?.as_u64()?.try_into().ok()
}

/// By id, the bytes of each ordinary token.
fn bytes(
    vocabulary: &Value,
    special: &BTreeMap<String, u32>,
    byte_level: bool,
    rows: usize,
) -> Result<Vec<Vec<u8>>, String> {
    let alphabet = byte_alphabet().iter().zip(0..=255).map(|(&c, b)| (c, b)).collect();
    let mut bytes = vec![Vec::new(); rows];
    for (text, id) in vocabulary.as_object().ok_or("its model has no vocabulary")? {
        let id = id.as_u64().unwrap_or(u64::MAX);
        let place = usize::try_from(id).ok().and_then(|id| bytes.get_mut(id));
        let place = place.ok_or_else(|| format!("token {id} is beyond the {rows} rows of the embedding"))?;
        *place = if special.contains_key(text) {
            Vec::new()
        } else if byte_level {
            bytes_of_byte_level(text, &alphabet).unwrap_or_default()
        } else {
            bytes_of_piece(text)
        };
    }
    Ok(bytes)
}
