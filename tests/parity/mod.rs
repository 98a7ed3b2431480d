//! The engine against other implementations on the same files: `transformers` in f32 and llama.cpp.
//!
//! In: the fixtures beside this file, made by scripts/parity/make_golden.py: tiny models with random weights of every
//! family, and what the others computed from them. Out: cosines of logits, and the same greedy tokens.
//! Deliberately absent: a real model; none is needed to tell whether two decoders do the same arithmetic.

use std::path::{Path, PathBuf};

use anchorite::engine::model::Part;
use anchorite::engine::{Engine, EngineSettings};
use anchorite::models::{Dtype, InProcess, Registry};

struct Golden {
    json: serde_json::Value,
    vocab: usize,
    folder: PathBuf,
}

impl Golden {
    fn of(name: &str) -> Self {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("tests/parity/fixtures")
            .join(name);
        let text = std::fs::read_to_string(folder.join("golden.json")).expect("golden.json");
        let json: serde_json::Value = serde_json::from_str(&text).expect("JSON");
        Self {
            vocab: json["vocab"].as_u64().expect("a number") as usize,
            json,
            folder,
        }
    }

    /// Logits of one judge: a row per case and position.
    fn rows(&self, file: &str) -> Vec<Vec<f32>> {
        let bytes = std::fs::read(self.folder.join(file)).expect("logits");
        let numbers: Vec<f32> = bytes
            .as_chunks::<4>()
            .0
            .iter()
            .map(|b| f32::from_le_bytes(*b))
            .collect();
        numbers.chunks_exact(self.vocab).map(<[f32]>::to_vec).collect()
    }

    fn cases(&self) -> &[serde_json::Value] {
        self.json["cases"].as_array().expect("cases")
    }
}

fn ids(value: &serde_json::Value) -> Vec<u32> {
    serde_json::from_value(value.clone()).expect("token ids")
}

/// Imports a fixture as a user would and loads it.
fn engine(golden: &Golden) -> (Engine, tempfile::TempDir) {
    engine_with(golden, None)
}

fn engine_with(golden: &Golden, quantize: Option<Dtype>) -> (Engine, tempfile::TempDir) {
    let store = tempfile::tempdir().expect("a folder");
    let registry = Registry::at(store.path().join("models"));
    let gguf = golden.folder.join("model.gguf");
    let source = if gguf.exists() { gguf } else { golden.folder.clone() };
    registry
        .import(&source, Some("tiny"), &mut InProcess)
        .expect("an import");
    let verified = registry
        .resolve(Some("tiny"))
        .expect("a model")
        .open()
        .expect("its bytes");
    let settings = EngineSettings {
        quantize,
        ..EngineSettings::new(256, 64, 4, 2)
    };
    (Engine::load(&verified, settings).expect("an engine"), store)
}

fn cosine(a: &[f32], b: &[f32]) -> f64 {
    let dot = |x: &[f32], y: &[f32]| x.iter().zip(y).map(|(p, q)| f64::from(*p) * f64::from(*q)).sum::<f64>();
    dot(a, b) / (dot(a, a) * dot(b, b)).sqrt()
}

/// The smallest cosine over all cases between our logits and those in `file`.
fn agreement(golden: &Golden, engine: &mut Engine, file: &str) -> f64 {
    let mut rows = golden.rows(file).into_iter();
    let mut least = 1.0f64;
    for case in golden.cases() {
        let tokens = ids(&case["tokens"]);
        let ours = engine.logits(&tokens, tokens.len()).expect("logits");
        for position in ids(&case["positions"]) {
            let ours = &ours[position as usize * golden.vocab..][..golden.vocab];
            least = least.min(cosine(ours, &rows.next().expect("a row per position")));
        }
    }
    least
}

/// Our greedy continuation of `tokens`.
fn greedy(engine: &mut Engine, tokens: &[u32], count: usize) -> Vec<u32> {
    let mut all = tokens.to_vec();
    for _ in 0..count {
        let logits = engine.logits(&all, 1).expect("logits");
        let best = (0..logits.len())
            .rev()
            .max_by(|&a, &b| logits[a].total_cmp(&logits[b]))
            .expect("a token");
        all.push(best as u32);
    }
    all.split_off(tokens.len())
}

fn same_greedy_tokens(golden: &Golden, engine: &mut Engine, of: impl Fn(&serde_json::Value) -> Vec<u32>) {
    for case in golden.cases() {
        let (tokens, want) = (ids(&case["tokens"]), of(case));
        assert_eq!(greedy(engine, &tokens, want.len()), want, "after {}", case["text"]);
    }
}

fn agrees_with_transformers(name: &str, least: f64) {
    let golden = Golden::of(name);
    let (mut engine, _store) = engine(&golden);
    let cosine = agreement(&golden, &mut engine, "golden.f32");
    println!("{name}: least cosine with transformers {cosine:.7}");
    assert!(cosine > least, "{name}: cosine {cosine}");
    same_greedy_tokens(&golden, &mut engine, |case| ids(&case["greedy"]));
    for case in golden.cases() {
        let ours = engine
            .tokens(&[Part::Hostile(case["text"].as_str().expect("text").into())])
            .expect("tokens");
        assert!(ids(&case["tokens"]).ends_with(&ours), "{name}: {}", case["text"]);
    }
}

/// `least`: llama.cpp rounds activations to eight bits before most products, which costs more than a difference in code.
fn agrees_with_llama_cpp(name: &str, least: f64) {
    let golden = Golden::of(name);
    let (mut engine, _store) = engine(&golden);
    let cosine = agreement(&golden, &mut engine, "llama_cpp.f32");
    println!("{name}: least cosine with llama.cpp {cosine:.7}");
    assert!(cosine > least, "{name}: cosine {cosine}");
    same_greedy_tokens(&golden, &mut engine, |case| ids(&case["llama_cpp"]["greedy"]));
}

#[test]
fn llama_with_its_stretched_positions_agrees_with_transformers() {
    agrees_with_transformers("llama", 0.999_999);
}

#[test]
fn mistral_with_a_sliding_window_agrees_with_transformers() {
    agrees_with_transformers("mistral", 0.999_999);
}

#[test]
fn qwen2_with_biases_and_linear_scaling_agrees_with_transformers() {
    agrees_with_transformers("qwen2", 0.999_999);
}

#[test]
fn qwen3_with_head_norms_and_yarn_agrees_with_transformers() {
    agrees_with_transformers("qwen3", 0.999_999);
}

#[test]
fn gguf_in_16_and_8_bits_agrees_with_transformers_on_the_same_numbers() {
    for name in ["llama-spm-f16", "llama-q8", "qwen3-q8"] {
        agrees_with_transformers(name, 0.999_99);
    }
}

#[test]
fn gguf_in_4_bits_agrees_with_transformers_as_far_as_8_bit_activations_allow() {
    agrees_with_transformers("qwen2-q4km", 0.999);
}

#[test]
fn gguf_agrees_with_llama_cpp_on_the_same_file() {
    agrees_with_llama_cpp("llama-spm-f16", 0.9999);
    for name in ["llama-q8", "qwen3-q8", "qwen2-q4km"] {
        agrees_with_llama_cpp(name, 0.999);
    }
}

/// Families beyond the plain layer, as scripts/parity/families.py makes them: a checkpoint and a GGUF file each.
const FAMILIES: [&str; 12] = [
    "qwen3moe",
    "gemma2",
    "gemma3",
    "phi3",
    "granite",
    "glm4",
    "starcoder2",
    "gpt-oss",
    "mistral3",
    "glm4moe",
    "deepseek2",
    "deepseek2-lite",
];

#[test]
fn every_other_family_agrees_with_transformers_from_a_checkpoint() {
    for name in FAMILIES {
        agrees_with_transformers(name, 0.999_99);
    }
}

#[test]
fn every_other_family_agrees_with_transformers_from_gguf() {
    for name in FAMILIES.iter().filter(|name| **name != "gpt-oss") {
        agrees_with_transformers(&format!("{name}-gguf"), 0.999_99);
    }
}

#[test]
fn gpt_oss_in_4_bits_agrees_with_transformers_as_far_as_8_bit_activations_allow() {
    for name in ["gpt-oss-mxfp4", "gpt-oss-gguf"] {
        agrees_with_transformers(name, 0.999);
    }
}

#[test]
fn every_other_family_agrees_with_llama_cpp_where_it_computes_what_transformers_does() {
    for name in FAMILIES {
        if ["starcoder2", "deepseek2-lite"].contains(&name) {
            continue;
        }
        let least = if name == "gpt-oss" { 0.999 } else { 0.9999 };
        agrees_with_llama_cpp(&format!("{name}-gguf"), least);
    }
}

#[test]
fn every_other_type_of_gguf_agrees_with_both_as_far_as_8_bit_activations_allow() {
    agrees_with_transformers("qwen2-types", 0.999);
    agrees_with_llama_cpp("qwen2-types", 0.999);
}

#[test]
fn weights_narrowed_at_load_stay_close_to_what_they_were() {
    for name in ["llama", "qwen3moe", "gpt-oss", "deepseek2"] {
        let golden = Golden::of(name);
        let (mut engine, _store) = engine_with(&golden, Some(Dtype::Q8_0));
        let cosine = agreement(&golden, &mut engine, "golden.f32");
        println!("{name}: least cosine with transformers {cosine:.7} in Q8_0");
        assert!(cosine > 0.995 && cosine < 0.999_999_9, "{name}: cosine {cosine}");
    }
}
