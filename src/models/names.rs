//! Canonical tensor names (GGUF's) for the names that Hugging Face checkpoints use, and the tensors a model must have.
//!
//! In: a name from a safetensors file, or a [`Hyper`]. Out: a canonical name, or the list of names and shapes.
//! Deliberately absent: reading files.
//! Start at [`canonical`] and [`expected`].

use super::hyper::Hyper;

/// What a name in a checkpoint stands for.
pub(super) enum Named {
    Tensor(String),
    /// Derived values that some exporters leave in the file; the engine works them out itself.
    Redundant,
    Unknown,
}

/// Parts of a block: Hugging Face's name, GGUF's name.
const BLOCK: [(&str, &str); 11] = [
    ("input_layernorm", "attn_norm"),
    ("self_attn.q_proj", "attn_q"),
    ("self_attn.k_proj", "attn_k"),
    ("self_attn.v_proj", "attn_v"),
    ("self_attn.o_proj", "attn_output"),
    ("self_attn.q_norm", "attn_q_norm"),
    ("self_attn.k_norm", "attn_k_norm"),
    ("post_attention_layernorm", "ffn_norm"),
    ("mlp.gate_proj", "ffn_gate"),
    ("mlp.up_proj", "ffn_up"),
    ("mlp.down_proj", "ffn_down"),
];

/// The canonical name of a tensor in a Hugging Face checkpoint.
pub(super) fn canonical(name: &str) -> Named {
    if name.ends_with("rotary_emb.inv_freq") {
        return Named::Redundant;
    }
    match name {
        "model.embed_tokens.weight" => return Named::Tensor("token_embd.weight".into()),
        "model.norm.weight" => return Named::Tensor("output_norm.weight".into()),
        "lm_head.weight" => return Named::Tensor("output.weight".into()),
        _ => {}
    }
    block(name).map_or(Named::Unknown, Named::Tensor)
}

fn block(name: &str) -> Option<String> {
    let (index, part) = name.strip_prefix("model.layers.")?.split_once('.')?;
    let layer: u16 = index.parse().ok()?;
    if layer.to_string() != index {
        return None; // `+1` and `01` parse too, and would let one tensor stand under two names.
    }
    let (part, kind) = part.rsplit_once('.')?;
    let (_, ours) = BLOCK.iter().find(|(theirs, _)| *theirs == part)?;
    matches!(kind, "weight" | "bias").then(|| format!("blk.{layer}.{ours}.{kind}"))
}

/// Every tensor that a model of this shape has: canonical name and shape, outermost first.
pub(super) fn expected(hyper: &Hyper) -> Vec<(String, Vec<usize>)> {
    let (hidden, feed) = (hyper.hidden, hyper.feed_forward);
    let (queries, keys) = (hyper.heads * hyper.head_dim, hyper.kv_heads * hyper.head_dim);
    let mut list = vec![
        ("token_embd.weight".to_owned(), vec![hyper.vocab, hidden]),
        ("output_norm.weight".to_owned(), vec![hidden]),
    ];
    if !hyper.tied {
        list.push(("output.weight".to_owned(), vec![hyper.vocab, hidden]));
    }
    for layer in 0..hyper.layers {
        let mut add = |part: &str, shape: &[usize]| list.push((format!("blk.{layer}.{part}"), shape.to_vec()));
        add("attn_norm.weight", &[hidden]);
        add("attn_q.weight", &[queries, hidden]);
        add("attn_k.weight", &[keys, hidden]);
        add("attn_v.weight", &[keys, hidden]);
        add("attn_output.weight", &[hidden, queries]);
        if hyper.qkv_bias {
            add("attn_q.bias", &[queries]);
            add("attn_k.bias", &[keys]);
            add("attn_v.bias", &[keys]);
        }
        if hyper.output_bias {
            add("attn_output.bias", &[hidden]);
        }
        if hyper.qk_norm {
            add("attn_q_norm.weight", &[hyper.head_dim]);
            add("attn_k_norm.weight", &[hyper.head_dim]);
        }
        add("ffn_norm.weight", &[hidden]);
        add("ffn_gate.weight", &[feed, hidden]);
        add("ffn_up.weight", &[feed, hidden]);
        add("ffn_down.weight", &[hidden, feed]);
    }
    list
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn checkpoint_names_become_canonical_and_strange_ones_stay_unknown() {
        let name = |name: &str| match canonical(name) {
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
        assert_eq!(name("model.layers.3.block_sparse_moe.gate.weight"), "unknown");
    }
}
