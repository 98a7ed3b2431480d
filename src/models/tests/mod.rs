//! Tests across the files of this folder: both formats give the same view, and nothing gets past the store.
//!
//! In: models forged in memory. Out: assertions.
//! Deliberately absent: real models; those are too large for tests.
//! Start at [`hugging_face`], which turns hyper-parameters into a folder's files.

mod config;
mod files;
mod store;

use std::collections::BTreeMap;

use ::safetensors::tensor::{TensorView as SafeView, serialize};

use super::forge::tiny_hyper;
use super::names::expected;
use super::*;

/// The name that a checkpoint gives to a canonical tensor: the reverse of `names::canonical`, written out for tests.
fn checkpoint_name(name: &str) -> String {
    let parts = [
        ("token_embd.", "model.embed_tokens."),
        ("output_norm.", "model.norm."),
        ("attn_q_norm.", "self_attn.q_norm."),
        ("attn_k_norm.", "self_attn.k_norm."),
        ("attn_norm.", "input_layernorm."),
        ("attn_output.", "self_attn.o_proj."),
        ("attn_q.", "self_attn.q_proj."),
        ("attn_k.", "self_attn.k_proj."),
        ("attn_v.", "self_attn.v_proj."),
        ("ffn_norm.", "post_attention_layernorm."),
        ("ffn_gate.", "mlp.gate_proj."),
        ("ffn_up.", "mlp.up_proj."),
        ("ffn_down.", "mlp.down_proj."),
        ("blk.", "model.layers."),
    ];
    if name == "output.weight" {
        return "lm_head.weight".into();
    }
    parts
        .iter()
        .fold(name.to_owned(), |name, (ours, theirs)| name.replace(ours, theirs))
}

/// config.json of `hyper`; `more` is added to its fields.
fn config_json(hyper: &Hyper, more: serde_json::Value) -> Vec<u8> {
    let architecture = &FamilyCard::of(hyper.family).hugging_face[0];
    let mut config = serde_json::json!({
        "architectures": [architecture],
        "hidden_size": hyper.hidden,
        "intermediate_size": hyper.feed_forward,
        "num_hidden_layers": hyper.layers,
        "num_attention_heads": hyper.heads,
        "num_key_value_heads": hyper.kv_heads,
        "head_dim": hyper.head_dim,
        "vocab_size": hyper.vocab,
        "max_position_embeddings": hyper.context,
        "rms_norm_eps": hyper.rms_eps,
        "rope_theta": hyper.rope_theta,
        "tie_word_embeddings": hyper.tied,
        "hidden_act": "silu",
    });
    for (key, value) in more.as_object().expect("fields") {
        config[key] = value.clone();
    }
    serde_json::to_vec(&config).unwrap()
}

/// A safetensors file with the tensors of `hyper` that `keep` wants, as zeros of BF16.
fn shard(hyper: &Hyper, keep: impl Fn(&str) -> bool) -> Vec<u8> {
    let kept = expected(hyper).into_iter().filter(|(name, _)| keep(name));
    let tensors = kept.map(|(name, shape)| {
        let data = vec![0u8; 2 * shape.iter().product::<usize>()];
        (checkpoint_name(&name), shape, data)
    });
    let tensors = tensors.collect::<Vec<_>>();
    let view = |shape: &Vec<usize>, data| SafeView::new(::safetensors::Dtype::BF16, shape.clone(), data).unwrap();
    serialize(
        tensors.iter().map(|(name, shape, data)| (name, view(shape, data))),
        None,
    )
    .unwrap()
}

/// tokenizer.json with `plain` ordinary tokens and two special ones after them.
fn tokenizer_json(plain: u32) -> Vec<u8> {
    let vocab = (0..plain)
        .map(|id| (char::from(b'!' + id as u8).to_string(), id))
        .collect::<BTreeMap<_, _>>();
    let special = |id, content| serde_json::json!({"id": id, "content": content, "special": true});
    let json = serde_json::json!({
        "added_tokens": [special(plain, "<|im_end|>"), special(plain + 1, "<|endoftext|>")],
        "model": {"type": "BPE", "vocab": vocab, "merges": []},
    });
    serde_json::to_vec(&json).unwrap()
}

/// The files of a tiny Hugging Face checkpoint.
fn hugging_face(family: Family) -> Vec<(String, Vec<u8>)> {
    let hyper = tiny_hyper(family);
    vec![
        ("config.json".into(), config_json(&hyper, serde_json::json!({}))),
        ("model.safetensors".into(), shard(&hyper, |_| true)),
        ("tokenizer.json".into(), tokenizer_json(38)),
    ]
}

fn open(files: Vec<(String, Vec<u8>)>) -> Result<Weights, crate::problem::Fatal> {
    Weights::of(&Verified::unpinned(Family::Llama, Profile::Chat, files))
}
