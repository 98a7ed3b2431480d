//! Builds GGUF files for tests: small valid ones, and ones that lie.
//!
//! In: keys and tensors. Out: the bytes of a file.
//! Deliberately absent: anything a release build needs.
//! Start at [`Forge::new`]; [`tiny`] makes a whole model.

use crate::models::dtype::Dtype;
use crate::models::hyper::{Family, Hyper, RopePairing};
use crate::models::names::expected;

/// A GGUF file in the making.
#[derive(Default, Clone)]
pub(crate) struct Forge {
    keys: Vec<Vec<u8>>,
    tensors: Vec<(String, Vec<u64>, u32, u64)>,
    data: Vec<u8>,
}

fn string(text: &str) -> Vec<u8> {
    [&(text.len() as u64).to_le_bytes(), text.as_bytes()].concat()
}

impl Forge {
    pub(crate) fn new() -> Self {
        Self::default()
    }

    /// Adds a key with a value whose bytes are given as they are.
    pub(crate) fn raw(mut self, key: &str, kind: u32, value: &[u8]) -> Self {
        self.keys
            .push([string(key).as_slice(), &kind.to_le_bytes(), value].concat());
        self
    }

    pub(crate) fn text(self, key: &str, value: &str) -> Self {
        self.raw(key, 8, &string(value))
    }

    pub(crate) fn u32(self, key: &str, value: u32) -> Self {
        self.raw(key, 4, &value.to_le_bytes())
    }

    pub(crate) fn f32(self, key: &str, value: f32) -> Self {
        self.raw(key, 6, &value.to_le_bytes())
    }

    pub(crate) fn boolean(self, key: &str, value: bool) -> Self {
        self.raw(key, 7, &[u8::from(value)])
    }

    pub(crate) fn texts(self, key: &str, values: &[&str]) -> Self {
        let items = values.iter().flat_map(|value| string(value)).collect::<Vec<_>>();
        self.raw(
            key,
            9,
            &[&8u32.to_le_bytes()[..], &(values.len() as u64).to_le_bytes(), &items].concat(),
        )
    }

    pub(crate) fn i32s(self, key: &str, values: &[i32]) -> Self {
        let items = values.iter().flat_map(|value| value.to_le_bytes()).collect::<Vec<_>>();
        self.raw(
            key,
            9,
            &[&5u32.to_le_bytes()[..], &(values.len() as u64).to_le_bytes(), &items].concat(),
        )
    }

    /// Adds a directory entry that may lie: `dims` innermost first, `offset` into the data.
    pub(crate) fn entry(mut self, name: &str, dims: &[u64], type_id: u32, offset: u64) -> Self {
        self.tensors.push((name.into(), dims.to_vec(), type_id, offset));
        self
    }

    /// Adds an honest tensor; `shape` outermost first.
    pub(crate) fn tensor(mut self, name: &str, shape: &[usize], dtype: Dtype, bytes: &[u8]) -> Self {
        let dims = shape.iter().rev().map(|dim| *dim as u64).collect::<Vec<_>>();
        self.data.resize(self.data.len().next_multiple_of(32), 0);
        let offset = self.data.len() as u64;
        self.data.extend(bytes);
        self.entry(name, &dims, dtype.id(), offset)
    }

    /// Appends data without an entry.
    pub(crate) fn data(mut self, bytes: usize) -> Self {
        self.data.resize(self.data.len() + bytes, 0);
        self
    }

    /// Takes a key out again.
    pub(crate) fn without(mut self, key: &str) -> Self {
        let opening = string(key);
        self.keys.retain(|entry| !entry.starts_with(&opening));
        self
    }

    /// Takes a tensor's entry out again; its data stays.
    pub(crate) fn without_tensor(mut self, name: &str) -> Self {
        self.tensors.retain(|tensor| tensor.0 != name);
        self
    }

    pub(crate) fn build(&self) -> Vec<u8> {
        let mut file = [&b"GGUF"[..], &3u32.to_le_bytes()].concat();
        file.extend((self.tensors.len() as u64).to_le_bytes());
        file.extend((self.keys.len() as u64).to_le_bytes());
        file.extend(self.keys.concat());
        for (name, dims, type_id, offset) in &self.tensors {
            file.extend(string(name));
            file.extend((dims.len() as u32).to_le_bytes());
            file.extend(dims.iter().flat_map(|dim| dim.to_le_bytes()));
            file.extend(type_id.to_le_bytes());
            file.extend(offset.to_le_bytes());
        }
        if !self.data.is_empty() {
            file.resize(file.len().next_multiple_of(32), 0);
            file.extend(&self.data);
        }
        file
    }
}

/// The shape of a model small enough for tests.
pub(crate) fn tiny_hyper(family: Family) -> Hyper {
    Hyper {
        layers: 2,
        hidden: 32,
        heads: 4,
        kv_heads: 2,
        head_dim: if family == Family::Qwen3 { 16 } else { 8 },
        feed_forward: 64,
        vocab: 48,
        context: 128,
        rope_dim: if family == Family::Qwen3 { 16 } else { 8 },
        rope_pairing: if family == Family::Llama {
            RopePairing::Interleaved
        } else {
            RopePairing::HalfSplit
        },
        biases: ["attn_q", "attn_k", "attn_v"]
            .into_iter()
            .filter(|_| family == Family::Qwen2)
            .map(str::to_owned)
            .collect(),
        qk_norm: family == Family::Qwen3,
        tied: family == Family::Qwen2,
        ..Hyper::plain(family)
    }
}

/// Keys of a tiny model, without tensors and without a vocabulary.
pub(crate) fn tiny_keys(architecture: &str, hyper: &Hyper) -> Forge {
    let key = |name: &str| format!("{architecture}.{name}");
    Forge::new()
        .text("general.architecture", architecture)
        .u32(&key("block_count"), hyper.layers as u32)
        .u32(&key("embedding_length"), hyper.hidden as u32)
        .u32(&key("attention.head_count"), hyper.heads as u32)
        .u32(&key("attention.head_count_kv"), hyper.kv_heads as u32)
        .u32(&key("attention.key_length"), hyper.head_dim as u32)
        .u32(&key("feed_forward_length"), hyper.feed_forward as u32)
        .u32(&key("context_length"), hyper.context as u32)
        .f32(&key("attention.layer_norm_rms_epsilon"), hyper.rms_eps)
        .f32(&key("rope.freq_base"), hyper.rope_theta)
}

/// Adds every tensor that `hyper` asks for, as F32 of small repeatable values.
pub(crate) fn with_tensors(mut forge: Forge, hyper: &Hyper) -> Forge {
    for (index, (name, shape)) in expected(hyper).into_iter().enumerate() {
        let count = shape.iter().product::<usize>();
        let value = |at: usize| ((at * 31 + index * 17) % 61) as f32 / 61.0 - 0.5;
        let bytes = (0..count).flat_map(|at| value(at).to_le_bytes()).collect::<Vec<_>>();
        forge = forge.tensor(&name, &shape, Dtype::F32, &bytes);
    }
    forge
}

/// A whole GGUF model of `architecture` with a byte-level vocabulary of 40 tokens (48 embedding rows).
pub(crate) fn tiny(architecture: &str, family: Family) -> Vec<u8> {
    let hyper = tiny_hyper(family);
    let mut tokens = (0..38u8)
        .map(|at| char::from(b'!' + at).to_string())
        .collect::<Vec<_>>();
    tokens.extend(["<|im_end|>".to_owned(), "<|endoftext|>".to_owned()]);
    let texts = tokens.iter().map(String::as_str).collect::<Vec<_>>();
    let types = (0..40).map(|at| if at < 38 { 1 } else { 3 }).collect::<Vec<_>>();
    let forge = tiny_keys(architecture, &hyper)
        .text("tokenizer.ggml.model", "gpt2")
        .text("tokenizer.ggml.pre", "qwen2")
        .texts("tokenizer.ggml.tokens", &texts)
        .i32s("tokenizer.ggml.token_type", &types)
        .texts("tokenizer.ggml.merges", &["! \"", "# $"])
        .u32("tokenizer.ggml.eos_token_id", 39)
        .boolean("tokenizer.ggml.add_bos_token", false)
        .text("tokenizer.chat_template", "{{ messages[0].content }}");
    with_tensors(forge, &hyper).build()
}
