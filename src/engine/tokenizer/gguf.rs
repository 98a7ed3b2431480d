//! A vocabulary out of a GGUF file in, a [`Vocabulary`] out.
//!
//! Byte-level BPE is rewritten as the tokenizer.json that it came from, so that there is one encoder for both.
//! Deliberately absent: a guess at the split when the file names one that we do not know. Start at [`read`].

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::{Encoder, Vocabulary, bytes_of_piece, json, splits, spm};
use crate::models::GgufVocabulary;

/// ggml's token types.
const UNKNOWN: i32 = 2;
const CONTROL: i32 = 3;
const USER_DEFINED: i32 = 4;

/// Reads the vocabulary for an embedding of `rows` rows; an error is a sentence.
pub(super) fn read(vocabulary: &GgufVocabulary, rows: usize) -> Result<Vocabulary, String> {
    if vocabulary.tokens.len() > rows {
        return Err(format!(
            "it has {} tokens for the {rows} rows of the embedding",
            vocabulary.tokens.len()
        ));
    }
    match vocabulary.model.as_str() {
        "gpt2" => byte_level(vocabulary, rows),
        "llama" => sentence_piece(vocabulary, rows),
        other => Err(format!(
            "`tokenizer.ggml.model` is `{other}`; supported are gpt2 and llama"
        )),
    }
}

/// Text and id of the tokens of one of the types `kinds`.
fn of_types(vocabulary: &GgufVocabulary, kinds: &[i32]) -> BTreeMap<String, u32> {
    let typed = vocabulary.tokens.iter().zip(0u32..).zip(&vocabulary.types);
    typed
        .filter(|(_, kind)| kinds.contains(kind))
        .map(|((text, id), _)| (text.clone(), id))
        .collect()
}

fn byte_level(vocabulary: &GgufVocabulary, rows: usize) -> Result<Vocabulary, String> {
    let split = splits::of(&vocabulary.pre)?;
    let special = of_types(vocabulary, &[UNKNOWN, CONTROL, USER_DEFINED]);
    let tokens = vocabulary
        .tokens
        .iter()
        .zip(0u32..)
        .filter(|(text, _)| !special.contains_key(*text));
    let tokens: serde_json::Map<String, Value> = tokens.map(|(text, id)| (text.clone(), id.into())).collect();
    let merges: Vec<Value> = vocabulary
        .merges
        .iter()
        .map(|merge| {
            merge
                .split_once(' ')
                .map(|(a, b)| json!([a, b]))
                .ok_or_else(|| format!("merge `{merge}` has no space"))
        })
        .collect::<Result<_, _>>()?;
    let mut steps: Vec<Value> = split
        .patterns
        .iter()
        .map(|p| json!({"type": "Split", "pattern": {"Regex": p}, "behavior": "Isolated", "invert": false}))
        .collect();
    steps.push(json!({"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false}));
    let added: Vec<Value> = special
        .iter()
        .map(|(text, id)| json!({"content": text, "id": id}))
        .collect();
    let file = json!({
        "version": "1.0",
        "added_tokens": added,
        "normalizer": split.normalizer.map(|name| json!({"type": name})),
        "pre_tokenizer": {"type": "Sequence", "pretokenizers": steps},
        "decoder": {"type": "ByteLevel", "add_prefix_space": false, "trim_offsets": true, "use_regex": false},
        "model": {
            "type": "BPE", "vocab": tokens, "merges": merges, "ignore_merges": split.whole_words,
            "dropout": null, "unk_token": null, "continuing_subword_prefix": null, "end_of_word_suffix": null,
            "fuse_unk": false, "byte_fallback": false,
        },
    });
    json::from_value(file, rows)
}

fn sentence_piece(vocabulary: &GgufVocabulary, rows: usize) -> Result<Vocabulary, String> {
    if vocabulary.scores.len() != vocabulary.tokens.len() || vocabulary.types.len() != vocabulary.tokens.len() {
        return Err("a SentencePiece vocabulary needs a score and a type per token".into());
    }
    let mut special = of_types(vocabulary, &[UNKNOWN, CONTROL, USER_DEFINED]);
    // Indentation and empty lines are text and control nothing.
    let blank = |text: &str| !text.is_empty() && text.chars().all(|c| spm::BLANK.contains(&c));
    let runs: BTreeMap<String, u32> = of_types(vocabulary, &[USER_DEFINED])
        .into_iter()
        .filter(|(text, _)| blank(text))
        .collect();
    special.retain(|text, _| !runs.contains_key(text));
    let unknown = vocabulary
        .types
        .iter()
        .zip(0u32..)
        .find(|(kind, _)| **kind == UNKNOWN)
        .map(|(_, id)| id);
    let ordinary = vocabulary
        .tokens
        .iter()
        .zip(0u32..)
        .filter(|(text, _)| !special.contains_key(*text));
    let mut bytes = vec![Vec::new(); rows];
    let mut pieces = BTreeMap::new();
    for (text, id) in ordinary {
        bytes[id as usize] = bytes_of_piece(text);
        pieces
            .entry(text.clone())
            .or_insert((id, vocabulary.scores[id as usize]));
    }
    for (text, id) in &runs {
        bytes[*id as usize] = bytes_of_piece(text);
        pieces.remove(text);
    }
    Ok(Vocabulary {
        encoder: Encoder::Sentences(spm::Sentences::new(pieces, unknown, runs, vocabulary.space_prefix)),
        bytes,
        special,
        unknown,
    })
}
