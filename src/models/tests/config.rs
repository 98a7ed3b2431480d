//! The forms that config.json takes.

use std::collections::BTreeSet;

use super::super::config::Source;
use super::*;

fn hyper(family: Family, more: serde_json::Value) -> Result<Hyper, String> {
    let bytes = config_json(&tiny_hyper(family), more);
    let read = Source::parse(&bytes).and_then(|source| source.hyper(&BTreeSet::new()));
    read.map_err(|error| error.to_string())
}

#[test]
fn rotary_scaling_is_read_in_every_supported_form() {
    let cases = [
        (serde_json::json!(null), RopeScaling::None),
        (serde_json::json!({"rope_type": "default"}), RopeScaling::None),
        (
            serde_json::json!({"type": "linear", "factor": 4}),
            RopeScaling::Linear { factor: 4.0 },
        ),
        (
            serde_json::json!({"rope_type": "llama3", "type": "llama3", "factor": 8.0, "low_freq_factor": 1.0,
                "high_freq_factor": 4.0, "original_max_position_embeddings": 8192}),
            RopeScaling::Llama3 {
                factor: 8.0,
                low_freq_factor: 1.0,
                high_freq_factor: 4.0,
                original_context: 8192.0,
            },
        ),
        (
            serde_json::json!({"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32768}),
            RopeScaling::Yarn {
                factor: 4.0,
                original_context: 32768.0,
                beta_fast: 32.0,
                beta_slow: 1.0,
                attention_factor: 0.1 * 4f32.ln() + 1.0,
                truncate: true,
            },
        ),
    ];
    for (json, expected) in cases {
        let found = hyper(Family::Llama, serde_json::json!({"rope_scaling": json}));
        assert_eq!(found.unwrap().rope_scaling, expected, "{json}");
    }
}

#[test]
fn version_5_keeps_the_rotary_base_elsewhere() {
    let more = serde_json::json!({"rope_theta": null, "rope_parameters": {"rope_type": "default", "rope_theta": 5e5}});
    assert_eq!(hyper(Family::Llama, more).unwrap().rope_theta, 5e5);
}

#[test]
fn windows_apply_where_each_family_applies_them() {
    let window = |tokens, first: usize| {
        let layers = vec![first == 0, true];
        Some(SlidingWindow { tokens, layers })
    };
    let plain = serde_json::json!({"sliding_window": 16});
    assert_eq!(hyper(Family::Llama, plain.clone()).unwrap().sliding_window, None);
    assert_eq!(
        hyper(Family::Mistral, plain.clone()).unwrap().sliding_window,
        window(16, 0)
    );
    assert_eq!(
        hyper(Family::Mistral, serde_json::json!({"sliding_window": null}))
            .unwrap()
            .sliding_window,
        None
    );
    assert_eq!(hyper(Family::Qwen2, plain).unwrap().sliding_window, None);
    let on = serde_json::json!({"sliding_window": 16, "use_sliding_window": true, "max_window_layers": 1});
    assert_eq!(hyper(Family::Qwen2, on).unwrap().sliding_window, window(16, 1));
    let types = |first: &str, second: &str| serde_json::json!({"sliding_window": 16, "use_sliding_window": true, "layer_types": [first, second]});
    let (full, sliding) = ("full_attention", "sliding_attention");
    assert_eq!(
        hyper(Family::Qwen3, types(full, sliding)).unwrap().sliding_window,
        window(16, 1)
    );
    assert_eq!(hyper(Family::Qwen3, types(full, full)).unwrap().sliding_window, None);
    assert_eq!(
        hyper(Family::Qwen3, types(sliding, full)).unwrap().sliding_window,
        Some(SlidingWindow {
            tokens: 16,
            layers: vec![true, false]
        })
    );
}

#[test]
fn head_size_and_key_heads_have_their_usual_defaults() {
    let more = serde_json::json!({"head_dim": null, "num_key_value_heads": null});
    let found = hyper(Family::Llama, more).unwrap();
    assert_eq!((found.head_dim, found.kv_heads), (8, 4));
}

#[test]
fn models_that_compute_differently_are_refused_with_the_reason() {
    for (more, words) in [
        (
            serde_json::json!({"architectures": ["MambaForCausalLM"]}),
            "`MambaForCausalLM`, which is not supported",
        ),
        (
            serde_json::json!({"architectures": []}),
            "LlamaForCausalLM, MistralForCausalLM",
        ),
        (
            serde_json::json!({"quantization_config": {"quant_method": "gptq"}}),
            "quantised",
        ),
        (serde_json::json!({"hidden_act": "gelu"}), "`gelu`"),
        (serde_json::json!({"partial_rotary_factor": 0.5}), "part of each head"),
        (
            serde_json::json!({"rope_scaling": {"rope_type": "longrope", "factor": 2.0}}),
            "lacks `short_factor`",
        ),
        (
            serde_json::json!({"rope_scaling": {"rope_type": "linear"}}),
            "lacks `factor`",
        ),
        (
            serde_json::json!({"rope_scaling": {"rope_type": "dynamic", "factor": 2.0}}),
            "`dynamic`",
        ),
        (serde_json::json!({"num_hidden_layers": 513}), "513"),
        (
            serde_json::json!({"num_attention_heads": 0, "head_dim": null}),
            "0 heads",
        ),
        (serde_json::json!({"hidden_size": -1}), "`-1`, expected usize"),
        (serde_json::json!({"rms_norm_eps": 1e40}), "epsilon"),
        (serde_json::json!({"vocab_size": u64::MAX}), "vocabulary"),
    ] {
        let error = hyper(Family::Llama, more.clone()).unwrap_err();
        assert!(error.contains(words) && error.contains("help:"), "{more}: {error}");
    }
}

#[test]
fn a_gemma_that_sees_is_read_by_its_text_part_and_the_familys_usual_values() {
    let config = serde_json::json!({
        "architectures": ["Gemma3ForConditionalGeneration"],
        "vision_config": {"hidden_size": 1152},
        "text_config": {"hidden_size": 64, "intermediate_size": 128, "num_hidden_layers": 7, "sliding_window": 24,
            "rope_scaling": {"factor": 8.0, "rope_type": "linear"}},
    });
    let source = Source::parse(&serde_json::to_vec(&config).unwrap()).unwrap();
    let hyper = source.hyper(&BTreeSet::new()).unwrap();
    assert_eq!(
        (hyper.heads, hyper.kv_heads, hyper.head_dim, hyper.vocab),
        (8, 4, 256, 262_208)
    );
    assert_eq!(
        (hyper.rope_theta, hyper.window_theta, hyper.tied),
        (1e6, Some(1e4), true)
    );
    assert_eq!(hyper.rope_scaling, RopeScaling::Linear { factor: 8.0 });
    let full: Vec<usize> = (0..7).filter(|layer| hyper.window(*layer).is_none()).collect();
    assert_eq!(full, [5]);
    assert_eq!(hyper.scales.embedding, 8.0);
}

#[test]
fn positions_of_phi_are_stretched_by_its_lists() {
    let lists =
        serde_json::json!({"type": "longrope", "short_factor": [1.0, 1.5, 2.0], "long_factor": [2.0, 3.0, 4.0]});
    let more = serde_json::json!({"rope_scaling": lists, "original_max_position_embeddings": 32,
        "partial_rotary_factor": 0.75});
    let found = hyper(Family::Phi3, more).unwrap();
    assert_eq!(found.rope_dim, 6);
    let factor = (1.0 + 4f32.ln() / 32f32.ln()).sqrt();
    assert_eq!(
        found.rope_scaling,
        RopeScaling::Long {
            short: vec![1.0, 1.5, 2.0],
            long: vec![2.0, 3.0, 4.0],
            original_context: 32.0,
            attention_factor: factor,
        }
    );
}
