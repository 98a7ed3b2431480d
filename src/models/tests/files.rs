//! What the two formats give, side by side.

use super::super::forge::{self, tiny};
use super::*;

const GGUF: [(&str, Family); 3] = [
    ("llama", Family::Llama),
    ("qwen2", Family::Qwen2),
    ("qwen3", Family::Qwen3),
];

fn gguf(architecture: &str, family: Family) -> Vec<(String, Vec<u8>)> {
    vec![("model.gguf".into(), tiny(architecture, family))]
}

fn tokenizer(files: Vec<(String, Vec<u8>)>) -> Result<Tokenizer, crate::problem::Fatal> {
    let verified = Verified::unpinned(Family::Llama, Profile::Chat, files);
    Tokenizer::of(&verified, &Weights::of(&verified)?)
}

#[test]
fn hyper_parameters_come_back_from_gguf() {
    for (architecture, family) in GGUF {
        assert_eq!(*open(gguf(architecture, family)).unwrap().hyper(), tiny_hyper(family));
    }
}

#[test]
fn hyper_parameters_come_back_from_config_json_in_the_half_split_convention() {
    for family in [Family::Llama, Family::Mistral, Family::Qwen2, Family::Qwen3] {
        let expected = Hyper {
            rope_pairing: RopePairing::HalfSplit,
            ..tiny_hyper(family)
        };
        assert_eq!(*open(hugging_face(family)).unwrap().hyper(), expected);
    }
}

#[test]
fn both_formats_give_the_same_tensors() {
    for (architecture, family) in GGUF {
        let (ours, theirs) = (
            open(gguf(architecture, family)).unwrap(),
            open(hugging_face(family)).unwrap(),
        );
        assert!(ours.names().eq(theirs.names()));
        for name in ours.names() {
            let (left, right) = (ours.tensor(name).unwrap(), theirs.tensor(name).unwrap());
            assert_eq!(
                (left.shape, left.dtype, right.dtype),
                (right.shape, Dtype::F32, Dtype::BF16)
            );
            assert_eq!(left.bytes.len(), 2 * right.bytes.len());
        }
        assert_eq!(ours.total_bytes(), 2 * theirs.total_bytes());
    }
}

#[test]
fn tensor_bytes_are_those_that_were_written() {
    let weights = open(gguf("llama", Family::Llama)).unwrap();
    let index = expected(weights.hyper())
        .iter()
        .position(|(name, _)| name == "blk.1.ffn_down.weight")
        .unwrap();
    let (quads, _) = weights.tensor("blk.1.ffn_down.weight").unwrap().bytes.as_chunks::<4>();
    let values = quads.iter().map(|quad| f32::from_le_bytes(*quad));
    let written = (0..32 * 64).map(|at| ((at * 31 + index * 17) % 61) as f32 / 61.0 - 0.5);
    assert!(values.eq(written));
    assert!(
        weights
            .tensor("blk.9.ffn_down.weight")
            .unwrap_err()
            .to_string()
            .contains("`blk.9.ffn_down.weight`")
    );
}

#[test]
fn shards_read_like_one_file() {
    let hyper = tiny_hyper(Family::Qwen3);
    let first = |name: &str| name.starts_with("blk.0");
    let map = expected(&hyper).into_iter().map(|(name, _)| {
        let file = if first(&name) {
            "model-1.safetensors"
        } else {
            "model-2.safetensors"
        };
        (checkpoint_name(&name), file)
    });
    let index = serde_json::json!({"metadata": {}, "weight_map": map.collect::<BTreeMap<_, _>>()});
    let files = |second: Vec<u8>| {
        vec![
            ("config.json".into(), config_json(&hyper, serde_json::json!({}))),
            (
                "model.safetensors.index.json".into(),
                serde_json::to_vec(&index).unwrap(),
            ),
            ("model-1.safetensors".into(), shard(&hyper, first)),
            ("model-2.safetensors".into(), second),
        ]
    };
    let sharded = open(files(shard(&hyper, |name| !first(name)))).unwrap();
    assert!(sharded.names().eq(open(hugging_face(Family::Qwen3)).unwrap().names()));
    let message = open(files(shard(&hyper, |_| true))).unwrap_err().to_string();
    assert!(message.contains("stands in two shards"), "{message}");
    let message = open(files(shard(&hyper, |name| {
        !first(name) && name != "blk.1.attn_k.weight"
    })))
    .unwrap_err();
    assert!(
        message.to_string().contains("`blk.1.attn_k.weight` is missing"),
        "{message}"
    );
}

#[test]
fn a_tied_head_that_was_written_out_is_left_aside() {
    let hyper = tiny_hyper(Family::Llama);
    let mut files = hugging_face(Family::Llama);
    files[0].1 = config_json(&hyper, serde_json::json!({"tie_word_embeddings": true}));
    let weights = open(files).unwrap();
    assert!(weights.hyper().tied && !weights.has("output.weight"));
}

#[test]
fn tensors_that_change_the_arithmetic_are_refused_instead_of_ignored() {
    let hyper = tiny_hyper(Family::Llama);
    let forge = forge::with_tensors(forge::tiny_keys("llama", &hyper), &hyper);
    let file = forge
        .tensor("blk.0.attn_sinks.weight", &[4], Dtype::F32, &[0; 16])
        .build();
    let message = open(vec![("model.gguf".into(), file)]).unwrap_err().to_string();
    assert!(message.contains("`blk.0.attn_sinks.weight` has no place"), "{message}");
}

#[test]
fn rotary_factors_in_a_gguf_file_are_read() {
    let hyper = tiny_hyper(Family::Llama);
    let factors = [1.0f32, 1.5, 4.0, 8.0].map(f32::to_le_bytes).concat();
    let forge = forge::with_tensors(forge::tiny_keys("llama", &hyper), &hyper);
    let file = forge
        .clone()
        .tensor("rope_freqs.weight", &[4], Dtype::F32, &factors)
        .build();
    let weights = open(vec![("model.gguf".into(), file)]).unwrap();
    assert_eq!(
        weights.hyper().rope_scaling,
        RopeScaling::Factors(vec![1.0, 1.5, 4.0, 8.0])
    );
    assert!(!weights.has("rope_freqs.weight"));
    let file = forge
        .tensor("rope_freqs.weight", &[3], Dtype::F32, &factors[..12])
        .build();
    let message = open(vec![("model.gguf".into(), file)]).unwrap_err().to_string();
    assert!(message.contains("3 rotary factors for 4 rotated pairs"), "{message}");
}

#[test]
fn the_vocabulary_of_a_gguf_file_comes_with_its_special_tokens() {
    let tokenizer = tokenizer(gguf("qwen2", Family::Qwen2)).unwrap();
    let TokenizerSource::Gguf(vocabulary) = &tokenizer.source else {
        panic!("no tokenizer.json was given")
    };
    assert_eq!((vocabulary.model.as_str(), vocabulary.pre.as_str()), ("gpt2", "qwen2"));
    assert_eq!((vocabulary.tokens.len(), vocabulary.types.len()), (40, 40));
    assert_eq!(vocabulary.merges, ["! \"", "# $"]);
    assert_eq!(tokenizer.stop, [38, 39]);
    assert_eq!(
        (tokenizer.add_bos, tokenizer.eos_text.as_deref()),
        (Some(false), Some("<|endoftext|>"))
    );
    assert_eq!(tokenizer.chat_template.as_deref(), Some("{{ messages[0].content }}"));
}

#[test]
fn side_files_name_template_and_stop_tokens() {
    let mut files = hugging_face(Family::Mistral);
    let config = r#"{"bos_token": {"content": "!"}, "eos_token": "<|endoftext|>", "add_bos_token": true,
        "chat_template": [{"name": "tool_use", "template": "no"}, {"name": "default", "template": "yes"}]}"#;
    files.push(("tokenizer_config.json".into(), config.into()));
    files.push((
        "generation_config.json".into(),
        br#"{"eos_token_id": [39, 7]}"#.to_vec(),
    ));
    let found = tokenizer(files.clone()).unwrap();
    assert!(matches!(found.source, TokenizerSource::Json(_)));
    assert_eq!(
        (found.bos, found.bos_text.as_deref(), found.add_bos),
        (Some(0), Some("!"), Some(true))
    );
    assert_eq!(
        (found.stop.as_slice(), found.chat_template.as_deref()),
        (&[7, 39][..], Some("yes"))
    );
    files.push(("chat_template.jinja".into(), b"newer".to_vec()));
    assert_eq!(tokenizer(files).unwrap().chat_template.as_deref(), Some("newer"));
}

#[test]
fn a_tokenizer_of_another_model_is_refused() {
    let refused = |files| tokenizer(files).unwrap_err().to_string();
    let mut too_large = hugging_face(Family::Llama);
    too_large[2].1 = tokenizer_json(47);
    let message = refused(too_large);
    assert!(
        message.contains("does not match") && message.contains("id 48") && message.contains("48 rows"),
        "{message}"
    );
    let mut shifted = gguf("qwen2", Family::Qwen2);
    shifted.push(("tokenizer.json".into(), tokenizer_json(38)));
    assert!(matches!(
        tokenizer(shifted.clone()).unwrap().source,
        TokenizerSource::Json(_)
    ));
    let swapped = String::from_utf8(tokenizer_json(38))
        .unwrap()
        .replace("\"A\":32", "\"A\":33")
        .replace("\"B\":33", "\"B\":32");
    shifted[1].1 = swapped.into_bytes();
    assert!(refused(shifted).contains("token 33 is `A` here and `B` in the GGUF file"));
    let mut none = hugging_face(Family::Llama);
    none.pop();
    assert!(refused(none).contains("`tokenizer.json`"));
    let mut special = hugging_face(Family::Llama);
    special.push(("generation_config.json".into(), br#"{"eos_token_id": 48}"#.to_vec()));
    assert!(refused(special).contains("special token 48"));
    let mut template = hugging_face(Family::Llama);
    template.push(("chat_template.jinja".into(), "{% if x %}".repeat(20_000).into_bytes()));
    assert!(refused(template).contains("chat template has 200000 bytes"));
}

#[test]
fn hostile_json_is_an_error_and_no_panic() {
    let nested = "[".repeat(1 << 20);
    for text in [
        "",
        "{",
        "null",
        "[]",
        "{\"model\":{\"vocab\":3}}",
        "{\"model\":{\"vocab\":{\"a\":-1}}}",
        nested.as_str(),
    ] {
        for name in [
            "config.json",
            "tokenizer.json",
            "tokenizer_config.json",
            "model.safetensors.index.json",
        ] {
            let mut files = hugging_face(Family::Llama);
            files.retain(|(other, _)| other != name);
            files.push((name.into(), text.into()));
            // An object without any known field says nothing, which is allowed there.
            let lenient = name == "tokenizer_config.json" && text.starts_with("{\"");
            let error = tokenizer(files)
                .map(|_| ())
                .err()
                .map(|error| error.to_string())
                .unwrap_or_default();
            assert!(
                lenient || error.contains(name),
                "{name} = {:?}: {error}",
                &text[..text.len().min(40)]
            );
        }
    }
}
