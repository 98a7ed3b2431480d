//! Canonical tensor names (GGUF's) for the names that Hugging Face checkpoints use, and the tensors a model must have.
//!
//! In: a name from a safetensors file, or a [`Hyper`]. Out: a canonical name, or the list of names and shapes.
//! Deliberately absent: reading files.
//! Start at [`canonical`] and [`expected`].

use super::hyper::{Family, Hyper};
use super::shape::{ExpertForm, Latent, NormKind};

/// What a name in a checkpoint stands for.
pub(super) enum Named {
    Tensor(String),
    /// Derived values that some exporters leave in the file; the engine works them out itself.
    Redundant,
    Unknown,
}

/// Parts of a block: Hugging Face's name, GGUF's name.
const BLOCK: [(&str, &str); 33] = [
    ("input_layernorm", "attn_norm"),
    ("self_attn.q_proj", "attn_q"),
    ("self_attn.k_proj", "attn_k"),
    ("self_attn.v_proj", "attn_v"),
    ("self_attn.qkv_proj", "attn_qkv"),
    ("self_attn.o_proj", "attn_output"),
    ("self_attn.q_norm", "attn_q_norm"),
    ("self_attn.k_norm", "attn_k_norm"),
    ("self_attn.q_a_proj", "attn_q_a"),
    ("self_attn.q_a_layernorm", "attn_q_a_norm"),
    ("self_attn.q_b_proj", "attn_q_b"),
    ("self_attn.kv_a_proj_with_mqa", "attn_kv_a_mqa"),
    ("self_attn.kv_a_layernorm", "attn_kv_a_norm"),
    ("self_attn.kv_b_proj", "attn_kv_b"),
    ("post_self_attn_layernorm", "post_attention_norm"),
    ("post_attention_layernorm", "ffn_norm"),
    ("pre_feedforward_layernorm", "ffn_norm"),
    ("post_feedforward_layernorm", "post_ffw_norm"),
    ("post_mlp_layernorm", "post_ffw_norm"),
    ("mlp.gate_proj", "ffn_gate"),
    ("mlp.up_proj", "ffn_up"),
    ("mlp.gate_up_proj", "ffn_gate_up"),
    ("mlp.down_proj", "ffn_down"),
    ("mlp.c_fc", "ffn_up"),
    ("mlp.c_proj", "ffn_down"),
    ("mlp.gate", "ffn_gate_inp"),
    ("mlp.router", "ffn_gate_inp"),
    ("mlp.shared_experts.gate_proj", "ffn_gate_shexp"),
    ("mlp.shared_experts.up_proj", "ffn_up_shexp"),
    ("mlp.shared_experts.down_proj", "ffn_down_shexp"),
    ("gate_proj", "ffn_gate_exps"),
    ("up_proj", "ffn_up_exps"),
    ("down_proj", "ffn_down_exps"),
];

/// Parts that have no `.weight` behind them: Hugging Face's name, ours in full.
const BARE: [(&str, &str); 10] = [
    ("self_attn.sinks", "attn_sinks.weight"),
    ("mlp.gate.e_score_correction_bias", "exp_probs_b.bias"),
    ("mlp.experts.gate_up_proj", "ffn_gate_up_exps.weight"),
    ("mlp.experts.gate_up_proj_bias", "ffn_gate_up_exps.bias"),
    ("mlp.experts.gate_up_proj_blocks", "ffn_gate_up_exps.blocks"),
    ("mlp.experts.gate_up_proj_scales", "ffn_gate_up_exps.scales"),
    ("mlp.experts.down_proj", "ffn_down_exps.weight"),
    ("mlp.experts.down_proj_bias", "ffn_down_exps.bias"),
    ("mlp.experts.down_proj_blocks", "ffn_down_exps.blocks"),
    ("mlp.experts.down_proj_scales", "ffn_down_exps.scales"),
];

/// Where the text part of a model that also sees lies, and what of it is left out.
const TEXT: [(&str, &str); 3] = [
    ("model.language_model.", "model."),
    ("language_model.model.", "model."),
    ("language_model.lm_head.", "lm_head."),
];
const SIGHT: [&str; 4] = [
    "vision_tower.",
    "multi_modal_projector.",
    "model.vision_tower.",
    "model.multi_modal_projector.",
];

/// The canonical name of a tensor in a Hugging Face checkpoint of `family` with `layers` blocks; blocks after those
/// only guess further tokens and are not used.
pub(super) fn canonical(family: Family, layers: usize, name: &str) -> Named {
    let sees = matches!(family, Family::Gemma3 | Family::Mistral3);
    if name.ends_with("rotary_emb.inv_freq") || sees && SIGHT.iter().any(|part| name.starts_with(part)) {
        return Named::Redundant;
    }
    let inner = TEXT
        .iter()
        .filter(|_| sees)
        .find_map(|(theirs, ours)| Some(format!("{ours}{}", name.strip_prefix(theirs)?)));
    let name = inner.as_deref().unwrap_or(name);
    match name {
        "model.embed_tokens.weight" => return Named::Tensor("token_embd.weight".into()),
        "model.norm.weight" => return Named::Tensor("output_norm.weight".into()),
        "model.norm.bias" => return Named::Tensor("output_norm.bias".into()),
        "lm_head.weight" => return Named::Tensor("output.weight".into()),
        _ => {}
    }
    let Some((layer, part)) = block(name) else {
        return Named::Unknown;
    };
    if layer >= layers && family.guesses() {
        return Named::Redundant;
    }
    part_name(family, part).map_or(Named::Unknown, |part| Named::Tensor(format!("blk.{layer}.{part}")))
}

/// The number of a block, and what follows it.
fn block(name: &str) -> Option<(usize, &str)> {
    let (index, part) = name.strip_prefix("model.layers.")?.split_once('.')?;
    Some((number(index)?, part))
}

/// `+1` and `01` parse too, and would let one tensor stand under two names.
fn number(text: &str) -> Option<usize> {
    let value: u16 = text.parse().ok()?;
    (value.to_string() == text).then_some(usize::from(value))
}

fn part_name(family: Family, part: &str) -> Option<String> {
    if let Some((_, ours)) = BARE.iter().find(|(theirs, _)| *theirs == part) {
        return Some((*ours).to_owned());
    }
    let (stem, kind) = part.rsplit_once('.')?;
    if !matches!(kind, "weight" | "bias") {
        return None;
    }
    if let Some(rest) = stem.strip_prefix("mlp.experts.") {
        let (expert, matrix) = rest.split_once('.')?;
        let (_, ours) = BLOCK.iter().rfind(|(theirs, _)| *theirs == matrix)?;
        return (kind == "weight").then_some(format!("{ours}.{}.weight", number(expert)?));
    }
    if stem == "post_attention_layernorm" && matches!(family, Family::Gemma2 | Family::Gemma3) {
        return Some(format!("post_attention_norm.{kind}"));
    }
    let (_, ours) = BLOCK[..30].iter().find(|(theirs, _)| *theirs == stem)?;
    Some(format!("{ours}.{kind}"))
}

/// Every tensor that a model of this shape has: canonical name and shape, outermost first.
pub(super) fn expected(hyper: &Hyper) -> Vec<(String, Vec<usize>)> {
    let hidden = hyper.hidden;
    let mut list = vec![
        ("token_embd.weight".to_owned(), vec![hyper.vocab, hidden]),
        ("output_norm.weight".to_owned(), vec![hidden]),
    ];
    if hyper.layer.norm == NormKind::Mean {
        list.push(("output_norm.bias".to_owned(), vec![hidden]));
    }
    if !hyper.tied {
        list.push(("output.weight".to_owned(), vec![hyper.vocab, hidden]));
    }
    for layer in 0..hyper.layers {
        let mut parts = attention(hyper);
        parts.extend(feed_forward(hyper, layer));
        for (part, shape) in parts {
            let stem = part.split('.').next().unwrap_or(part.as_str());
            let bias =
                (part.ends_with(".weight") && hyper.biases.contains(stem)).then(|| bias_shape(stem, hyper, &shape));
            if let Some(shape) = bias {
                list.push((format!("blk.{layer}.{stem}.bias"), shape));
            }
            list.push((format!("blk.{layer}.{part}"), shape));
        }
        if let Some(experts) = hyper
            .experts
            .filter(|e| e.form == ExpertForm::Blocks && hyper.has_experts(layer))
        {
            for (stem, rows) in [
                ("ffn_gate_up_exps", 2 * experts.feed_forward),
                ("ffn_down_exps", hidden),
            ] {
                list.push((format!("blk.{layer}.{stem}.bias"), vec![experts.count, rows]));
            }
        }
    }
    list
}

/// One value per row of the matrix, or per value of the norm.
fn bias_shape(stem: &str, hyper: &Hyper, weight: &[usize]) -> Vec<usize> {
    let columns = hyper.experts.is_some_and(|e| e.form == ExpertForm::Columns);
    match weight {
        [count, _, rows] if columns && stem.ends_with("_exps") => vec![*count, *rows],
        [one] => vec![*one],
        [most @ .., _] => most.to_vec(),
        [] => Vec::new(),
    }
}

type Part = (String, Vec<usize>);

fn weight(part: &str, shape: &[usize]) -> Part {
    (format!("{part}.weight"), shape.to_vec())
}

fn attention(hyper: &Hyper) -> Vec<Part> {
    let hidden = hyper.hidden;
    let (queries, keys) = (hyper.heads * hyper.head_dim, hyper.kv_heads * hyper.head_dim);
    let mut parts = vec![weight("attn_norm", &[hidden])];
    if let Some(latent) = &hyper.latent {
        parts.extend(latent_attention(hyper, latent));
    } else {
        if hyper.fused_qkv {
            parts.push(weight("attn_qkv", &[queries + 2 * keys, hidden]));
        } else {
            parts.push(weight("attn_q", &[queries, hidden]));
            parts.push(weight("attn_k", &[keys, hidden]));
            parts.push(weight("attn_v", &[keys, hidden]));
        }
        parts.push(weight("attn_output", &[hidden, queries]));
    }
    if hyper.qk_norm {
        parts.push(weight("attn_q_norm", &[hyper.head_dim]));
        parts.push(weight("attn_k_norm", &[hyper.head_dim]));
    }
    if hyper.layer.sinks {
        parts.push(weight("attn_sinks", &[hyper.heads]));
    }
    if hyper.layer.post_norms {
        parts.push(weight("post_attention_norm", &[hidden]));
        parts.push(weight("post_ffw_norm", &[hidden]));
    }
    parts
}

fn latent_attention(hyper: &Hyper, latent: &Latent) -> Vec<Part> {
    let (hidden, heads) = (hyper.hidden, hyper.heads);
    let queries = heads * (latent.plain + latent.turned);
    let mut parts = vec![
        weight("attn_kv_a_mqa", &[latent.kv + latent.turned, hidden]),
        weight("attn_kv_a_norm", &[latent.kv]),
        weight("attn_output", &[hidden, heads * latent.value]),
    ];
    match latent.query {
        Some(width) => parts.extend([
            weight("attn_q_a", &[width, hidden]),
            weight("attn_q_a_norm", &[width]),
            weight("attn_q_b", &[queries, width]),
        ]),
        None => parts.push(weight("attn_q", &[queries, hidden])),
    }
    if latent.split {
        parts.push(weight("attn_k_b", &[heads, latent.kv, latent.plain]));
        parts.push(weight("attn_v_b", &[heads, latent.value, latent.kv]));
    } else {
        parts.push(weight("attn_kv_b", &[heads * (latent.plain + latent.value), latent.kv]));
    }
    parts
}

fn feed_forward(hyper: &Hyper, layer: usize) -> Vec<Part> {
    let (hidden, feed) = (hyper.hidden, hyper.feed_forward);
    let mut parts = vec![weight("ffn_norm", &[hidden])];
    let experts = hyper.experts.filter(|_| hyper.has_experts(layer));
    let Some(experts) = experts else {
        if hyper.fused_gate {
            parts.push(weight("ffn_gate_up", &[2 * feed, hidden]));
        } else {
            parts.extend(hyper.layer.gated.then(|| weight("ffn_gate", &[feed, hidden])));
            parts.push(weight("ffn_up", &[feed, hidden]));
        }
        parts.push(weight("ffn_down", &[hidden, feed]));
        return parts;
    };
    let (count, feed) = (experts.count, experts.feed_forward);
    parts.push(weight("ffn_gate_inp", &[count, hidden]));
    if experts.biased {
        parts.push(("exp_probs_b.bias".into(), vec![count]));
    }
    if experts.shared > 0 {
        parts.push(weight("ffn_gate_shexp", &[experts.shared, hidden]));
        parts.push(weight("ffn_up_shexp", &[experts.shared, hidden]));
        parts.push(weight("ffn_down_shexp", &[hidden, experts.shared]));
    }
    let matrices = [("gate", feed, hidden), ("up", feed, hidden), ("down", hidden, feed)];
    match experts.form {
        ExpertForm::Stacked => {
            parts.extend(
                matrices.map(|(name, rows, columns)| weight(&format!("ffn_{name}_exps"), &[count, rows, columns])),
            );
        }
        ExpertForm::Single => parts.extend((0..count).flat_map(|expert| {
            matrices.map(|(name, rows, columns)| weight(&format!("ffn_{name}_exps.{expert}"), &[rows, columns]))
        })),
        ExpertForm::Columns => {
            parts.push(weight("ffn_gate_up_exps", &[count, hidden, 2 * feed]));
            parts.push(weight("ffn_down_exps", &[count, feed, hidden]));
        }
        ExpertForm::Blocks => {
            for (stem, rows, columns) in [("ffn_gate_up_exps", 2 * feed, hidden), ("ffn_down_exps", hidden, feed)] {
                parts.push((format!("{stem}.blocks"), vec![count, rows, columns / 32, 16]));
                parts.push((format!("{stem}.scales"), vec![count, rows, columns / 32]));
            }
        }
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_part_of_a_model_that_sees_is_taken_and_the_rest_left() {
        let name = |family, name: &str| match canonical(family, 4, name) {
            Named::Tensor(name) => name,
            Named::Redundant => "redundant".into(),
            Named::Unknown => "unknown".into(),
        };
        let norm = "language_model.model.layers.0.post_attention_layernorm.weight";
        assert_eq!(name(Family::Gemma3, norm), "blk.0.post_attention_norm.weight");
        assert_eq!(name(Family::Mistral3, norm), "blk.0.ffn_norm.weight");
        assert_eq!(
            name(Family::Mistral3, "model.language_model.norm.weight"),
            "output_norm.weight"
        );
        assert_eq!(name(Family::Gemma3, "vision_tower.encoder.x.weight"), "redundant");
        assert_eq!(name(Family::Llama, "vision_tower.encoder.x.weight"), "unknown");
        assert_eq!(name(Family::Llama, norm), "unknown");
        assert_eq!(
            name(Family::Glm4Moe, "model.layers.4.eh_proj.weight"),
            "redundant",
            "it only guesses"
        );
        assert_eq!(name(Family::Glm4Moe, "model.layers.3.eh_proj.weight"), "unknown");
        assert_eq!(
            name(Family::GptOss, "model.layers.1.mlp.experts.down_proj_blocks"),
            "blk.1.ffn_down_exps.blocks"
        );
    }

    #[test]
    fn checkpoint_names_become_canonical_and_strange_ones_stay_unknown() {
        let name = |name: &str| match canonical(Family::Qwen3Moe, 48, name) {
            Named::Tensor(name) => name,
            Named::Redundant => "redundant".into(),
            Named::Unknown => "unknown".into(),
        };
        assert_eq!(name("model.layers.12.self_attn.q_proj.bias"), "blk.12.attn_q.bias");
        assert_eq!(
            name("model.layers.0.post_attention_layernorm.weight"),
            "blk.0.ffn_norm.weight"
        );
        assert_eq!(name("lm_head.weight"), "output.weight");
        assert_eq!(name("model.layers.3.self_attn.rotary_emb.inv_freq"), "redundant");
        assert_eq!(name("model.layers.+3.mlp.up_proj.weight"), "unknown");
        assert_eq!(name("model.layers.03.mlp.up_proj.weight"), "unknown");
        assert_eq!(name("model.layers.3.mlp.up_proj.qweight"), "unknown");
        assert_eq!(
            name("model.layers.3.mlp.experts.17.down_proj.weight"),
            "blk.3.ffn_down_exps.17.weight"
        );
        assert_eq!(name("model.layers.3.mlp.experts.017.down_proj.weight"), "unknown");
        assert_eq!(name("model.layers.3.down_proj.weight"), "unknown");
        assert_eq!(name("model.layers.3.block_sparse_moe.gate.weight"), "unknown");
    }
}
