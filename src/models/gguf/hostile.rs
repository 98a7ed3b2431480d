//! The regression corpus: shapes that crashed, hung or overran other readers, and a model cut at every byte.
//!
//! In: files forged here. Out: a [`Fatal`](crate::problem::Fatal) with the right words for each, and no panic.

use super::forge::{self, Forge};
use super::*;
use crate::models::hyper::Family;
use crate::models::weights::Weights;

fn parse(file: Vec<u8>) -> Result<Gguf, Fatal> {
    Gguf::parse("model.gguf", Bytes::Owned(file.into()))
}

fn refusal(file: Vec<u8>) -> String {
    let error = parse(file).and_then(Weights::of_gguf).expect_err("the file is hostile");
    assert!(!error.help.is_empty() && error.what.contains("`model.gguf`"), "{error}");
    error.to_string()
}

#[track_caller]
fn refuses(file: Vec<u8>, words: &str) {
    let message = refusal(file);
    assert!(message.contains(words), "expected {words:?} in:\n{message}");
}

fn array(kind: u32, count: u64, items: &[u8]) -> Vec<u8> {
    [&kind.to_le_bytes()[..], &count.to_le_bytes(), items].concat()
}

#[test]
fn a_51_byte_file_with_an_array_of_2_to_the_63_items_is_refused() {
    let file = Forge::new().raw("a", 9, &array(4, 1 << 63, &[0, 0])).build();
    assert_eq!(file.len(), 51);
    refuses(file, "key `a`: byte 41: array length is 9223372036854775808");
}

#[test]
fn counts_that_the_file_cannot_hold_are_refused_before_anything_is_reserved() {
    refuses(
        Forge::new().raw("a", 9, &array(8, 1 << 22, &[])).build(),
        "more than the 0 bytes left can hold",
    );
    refuses(
        Forge::new().raw("a", 9, &array(9, 1 << 20, &[0; 12])).build(),
        "more than the 12 bytes left",
    );
    refuses(
        Forge::new().raw("a", 8, &u64::MAX.to_le_bytes()).build(),
        "string length is 18446744073709551615",
    );
    refuses(
        Forge::new().raw("a", 8, &1000u64.to_le_bytes()).build(),
        "more than the 0 bytes left can hold",
    );
    for (offset, words) in [(8, "tensor count"), (16, "key count")] {
        for count in [u64::MAX, 1 << 40, 1 << 15] {
            let mut file = Forge::new().build();
            file[offset..offset + 8].copy_from_slice(&count.to_le_bytes());
            refuses(file, words);
        }
    }
}

#[test]
fn arrays_inside_arrays_end_at_a_fixed_depth() {
    let mut value = Vec::new();
    for _ in 0..100_000 {
        value.extend(array(9, 1, &[]));
    }
    refuses(Forge::new().raw("deep", 9, &value).build(), "nested more than 4 deep");
}

#[test]
fn alien_files_are_told_apart() {
    refuses(Vec::new(), "magic number needs 4 bytes");
    refuses(b"PK\x03\x04 and so on, long enough".to_vec(), "not with `GGUF`");
    refuses(vec![0; 4096], "not with `GGUF`");
    refuses([&b"GGUF"[..], &1u32.to_le_bytes(), &[0; 16]].concat(), "GGUF version 1");
    refuses([&b"GGUF"[..], &3u32.to_be_bytes(), &[0; 16]].concat(), "big-endian");
    refuses(Forge::new().raw("a", 13, &[0; 8]).build(), "value type 13");
    refuses(Forge::new().raw("a", 7, &[2]).build(), "a boolean is 2");
    refuses(
        Forge::new().text("x", "1").text("x", "2").build(),
        "the key `x` stands twice",
    );
}

#[test]
fn every_truncation_of_a_valid_model_is_refused() {
    let file = forge::tiny("qwen2", Family::Qwen2);
    parse(file.clone())
        .and_then(Weights::of_gguf)
        .expect("whole, it is fine");
    for end in 0..file.len() {
        assert!(parse(file[..end].to_vec()).is_err(), "cut at byte {end}");
    }
}

#[test]
fn no_flipped_header_byte_causes_a_panic() {
    let file = forge::tiny("llama", Family::Llama);
    let header = parse(file.clone())
        .expect("a valid file")
        .tensors()
        .values()
        .map(|tensor| tensor.range.start)
        .min()
        .expect("it has tensors");
    for at in 0..header {
        for flip in [0x01, 0x80, 0xff] {
            let mut bent = file.clone();
            bent[at] ^= flip;
            let _ = parse(bent).and_then(Weights::of_gguf);
        }
    }
}

#[test]
fn tensors_must_lie_inside_the_file_apart_and_aligned() {
    let one = || Forge::new().entry("t", &[8], 0, 0);
    refuses(one().data(31).build(), "but the file has");
    refuses(
        Forge::new().entry("t", &[8], 0, 64).data(64).build(),
        "byte 24: tensor `t`: its 32 bytes end",
    );
    refuses(
        Forge::new().entry("t", &[8], 0, u64::MAX - 31).data(64).build(),
        "overflows",
    );
    refuses(
        Forge::new().entry("t", &[8], 0, 4).data(64).build(),
        "not a multiple of the alignment 32",
    );
    refuses(
        one().entry("u", &[16], 0, 0).data(64).build(),
        "the tensors `t` and `u` overlap",
    );
    refuses(
        one().entry("t", &[8], 0, 32).data(64).build(),
        "the tensor `t` stands twice",
    );
    refuses(
        Forge::new().entry("t", &[1 << 33, 1 << 33], 0, 0).data(64).build(),
        "overflows",
    );
    refuses(Forge::new().entry("t", &[u64::MAX], 0, 0).data(64).build(), "overflows");
}

#[test]
fn impossible_tensors_are_refused_by_name() {
    refuses(
        Forge::new().entry("t", &[8, 0], 0, 0).data(64).build(),
        "tensor `t`: byte 24: a dimension is 0",
    );
    refuses(Forge::new().entry("t", &[], 0, 0).data(64).build(), "0 dimensions");
    refuses(Forge::new().entry("t", &[1; 5], 0, 0).data(64).build(), "5 dimensions");
    refuses(
        Forge::new().entry("t", &[32], 99, 0).data(64).build(),
        "tensor `t`: byte 24: tensor type 99 (unknown)",
    );
    refuses(
        Forge::new().entry("t", &[32], 4, 0).data(64).build(),
        "4 (Q4_2, withdrawn",
    );
    refuses(
        Forge::new().entry("t", &[100], 12, 0).data(64).build(),
        "do not divide into Q4_K blocks",
    );
    refuses(
        Forge::new().entry(&"n".repeat(200), &[8], 0, 0).data(64).build(),
        "tensor name length is 200",
    );
}

#[test]
fn alignments_that_are_no_power_of_two_are_refused() {
    for value in [0, 1, 33, 1 << 31] {
        refuses(
            Forge::new().u32("general.alignment", value).build(),
            "general.alignment",
        );
    }
}

/// A tiny model with one key changed.
fn bent(key: &str, change: impl Fn(Forge) -> Forge) -> Vec<u8> {
    let hyper = forge::tiny_hyper(Family::Llama);
    let keys = forge::tiny_keys("llama", &hyper).without(key);
    forge::with_tensors(change(keys), &hyper).build()
}

#[test]
fn hyper_parameters_out_of_bounds_are_refused() {
    let set = |name: &str, value: u32| bent(name, |forge| forge.u32(name, value));
    refuses(set("llama.block_count", 513), "layers (block count) is 513; 1 to 512");
    refuses(set("llama.block_count", 0), "layers (block count) is 0");
    refuses(set("llama.block_count", u32::MAX), "absurd");
    refuses(
        set("llama.block_count", 3),
        "the tensor `blk.2.attn_k.weight` is missing",
    );
    refuses(set("llama.block_count", 1), "`blk.1.attn_k.weight` has no place");
    refuses(set("llama.attention.head_count", 0), "attention heads is 0");
    refuses(set("llama.attention.head_count_kv", 3), "cannot share 3");
    refuses(
        set("llama.attention.key_length", 7),
        "7 rotated values per head is not an even number",
    );
    refuses(set("llama.attention.key_length", 10), "has the shape");
    refuses(set("llama.context_length", 0), "context length is 0");
    refuses(
        bent("llama.block_count", |forge| forge),
        "the key `llama.block_count` is missing",
    );
    refuses(
        bent("llama.block_count", |forge| forge.text("llama.block_count", "2")),
        "is not a whole number",
    );
    for value in [f32::NAN, f32::INFINITY, -1.0] {
        refuses(
            bent("llama.rope.freq_base", |forge| forge.f32("llama.rope.freq_base", value)),
            "rotary base",
        );
    }
    refuses(
        bent("", |forge| forge.u32("llama.expert_count", 8)),
        "mixture of experts",
    );
    refuses(bent("", |forge| forge.u32("split.count", 2)), "one part of several");
    refuses(
        bent("", |forge| forge.text("llama.rope.scaling.type", "longrope")),
        "`longrope`, which is not supported",
    );
}

#[test]
fn an_unknown_architecture_or_type_is_named_with_what_is_supported() {
    let message = refusal(Forge::new().text("general.architecture", "mamba\u{1b}[31m").build());
    assert!(
        message.contains(r"`mamba\u{1b}[31m`") && message.contains("llama, mistral3, qwen2, qwen3, qwen3moe"),
        "{message}"
    );
    let hyper = forge::tiny_hyper(Family::Llama);
    let without_head = |forge: Forge| forge.without_tensor("output.weight");
    let file = without_head(forge::with_tensors(forge::tiny_keys("llama", &hyper), &hyper));
    let file = file
        .tensor(
            "output.weight",
            &[hyper.vocab, hyper.hidden],
            Dtype::Q8_1,
            &[0; 48 * 36],
        )
        .build();
    let message = refusal(file);
    assert!(
        message.contains("`output.weight` is of type `Q8_1`") && message.contains("Q4_K"),
        "{message}"
    );
}
