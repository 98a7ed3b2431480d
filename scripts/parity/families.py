"""Makes fixtures of tests/parity for the families that have more than the plain layer.

In: nothing but the seeds below. Out: per family a folder of safetensors with config.json, as published checkpoints are
laid out, and a folder with one GGUF file of the same numbers; what `transformers` (f32) computes, and, where it knows
the architecture, llama.cpp.

    pip install torch transformers tokenizers safetensors gguf numpy llama-cpp-python
    python scripts/parity/families.py [family ...]
"""

import json
import re
import sys
import tempfile

import gguf
import llama_cpp
import numpy as np
import torch
import transformers as hf
from safetensors.torch import load_file, save_file

from make_golden import (
    CHATML, QWEN2, TEXTS, add_vocabulary, by_llama_cpp, by_transformers, byte_level, fresh, interleave, judge, save,
)
from tokenizers import normalizers

Q = gguf.GGMLQuantizationType
SHAPE = dict(hidden_size=64, intermediate_size=64, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
             max_position_embeddings=256, vocab_size=336, bos_token_id=None, pad_token_id=None)
PLAIN = {"rope_type": "default", "rope_theta": 10000.0}
YARN = {"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0, "original_max_position_embeddings": 64}
MOE = dict(num_experts_per_tok=2, moe_intermediate_size=32)


def models(eos):
    """Name, class and configuration; windows are short enough to matter in texts of some dozen tokens."""
    ends = {**SHAPE, "eos_token_id": eos}
    norm = {**ends, "rms_norm_eps": 1e-5}
    long = {"rope_type": "longrope", "rope_theta": 10000.0, "short_factor": [1.0 + 0.1 * i for i in range(6)],
            "long_factor": [1.5 + 0.5 * i for i in range(6)], "original_max_position_embeddings": 256,
            "partial_rotary_factor": 0.75}
    latent = dict(kv_lora_rank=32, qk_nope_head_dim=16, qk_rope_head_dim=8, v_head_dim=16, n_routed_experts=8,
                  n_shared_experts=1, first_k_dense_replace=1, num_key_value_heads=4)
    scaled = {**YARN, "mscale": 1.0, "mscale_all_dim": 1.0}
    return {
        "qwen3moe": (hf.Qwen3MoeForCausalLM, hf.Qwen3MoeConfig(
            **norm, **MOE, head_dim=16, num_experts=8, norm_topk_prob=True, rope_parameters=PLAIN)),
        "gemma2": (hf.Gemma2ForCausalLM, hf.Gemma2Config(
            **norm, head_dim=16, sliding_window=24, query_pre_attn_scalar=16, attn_logit_softcapping=5.0,
            final_logit_softcapping=20.0)),
        "gemma3": (hf.Gemma3ForCausalLM, hf.Gemma3TextConfig(
            **{**norm, "num_hidden_layers": 6}, head_dim=16, sliding_window=24, query_pre_attn_scalar=16,
            rope_parameters={"full_attention": {"rope_type": "linear", "rope_theta": 1e6, "factor": 8.0},
                             "sliding_attention": PLAIN})),
        "phi3": (hf.Phi3ForCausalLM, hf.Phi3Config(
            **{**norm, "max_position_embeddings": 512}, original_max_position_embeddings=256, rope_parameters=long,
            partial_rotary_factor=0.75)),
        "granite": (hf.GraniteForCausalLM, hf.GraniteConfig(
            **norm, embedding_multiplier=3.0, residual_multiplier=0.4, attention_multiplier=0.2, logits_scaling=2.0,
            tie_word_embeddings=True, rope_parameters=PLAIN)),
        "glm4": (hf.Glm4ForCausalLM, hf.Glm4Config(
            **norm, head_dim=16, rope_parameters={**PLAIN, "partial_rotary_factor": 0.5})),
        "starcoder2": (hf.Starcoder2ForCausalLM, hf.Starcoder2Config(
            **ends, sliding_window=40, rope_parameters=PLAIN)),
        "gpt-oss": (hf.GptOssForCausalLM, hf.GptOssConfig(
            **norm, num_experts_per_tok=2, head_dim=16, num_local_experts=4, sliding_window=24,
            # An original context at which llama.cpp's rounding of the blend changes next to nothing.
            rope_parameters={**YARN, "truncate": False, "original_max_position_embeddings": 62})),
        "mistral3": (hf.Ministral3ForCausalLM, hf.Ministral3Config(
            **norm, head_dim=16, rope_parameters={
                **scaled, "original_max_position_embeddings": 16, "llama_4_scaling_beta": 0.1, "type": "yarn"})),
        "glm4moe": (hf.Glm4MoeForCausalLM, hf.Glm4MoeConfig(
            **norm, **MOE, head_dim=16, n_routed_experts=8, n_shared_experts=1, first_k_dense_replace=1, n_group=1,
            topk_group=1, routed_scaling_factor=1.5, attention_bias=True, use_qk_norm=True,
            rope_parameters={**PLAIN, "partial_rotary_factor": 0.5})),
        "deepseek2": (hf.DeepseekV3ForCausalLM, hf.DeepseekV3Config(
            **{**norm, **latent}, **MOE, q_lora_rank=48, n_group=4, topk_group=2, rope_parameters=scaled)),
        "deepseek2-lite": (hf.DeepseekV2ForCausalLM, hf.DeepseekV2Config(
            **{**norm, **latent}, **MOE, q_lora_rank=None, topk_method="greedy", rope_parameters=PLAIN)),
    }


def randomise(model, seed):
    """As for the plain families; gains of Gemma lie around zero, and 3-dimensional matrices of gpt-oss are transposed."""
    torch.manual_seed(seed)
    around = 0.0 if "gemma" in type(model).__name__.lower() else 1.0
    with torch.no_grad():
        for name, p in list(model.named_parameters()) + list(model.named_buffers()):
            if name.endswith("inv_freq"):
                continue
            noise = torch.randn_like(p)
            if "norm" in name and name.endswith("weight"):
                p.copy_(around + 0.2 * noise)
            elif name.endswith(("bias", "sinks")):
                p.copy_(0.3 * noise)
            elif "embed" in name and p.dim() == 2:
                p.copy_(noise)
            elif p.dim() >= 2:
                p.copy_(noise * 1.4 / p.shape[-1] ** 0.5)
            p.copy_(p.to(torch.bfloat16).float())
    return model.float().eval()


def on_grid(model):
    """Rounds the experts of gpt-oss to what MXFP4 can hold; returns the blocks, `[experts, rows, bytes]`."""
    blocks = {}
    with torch.no_grad():
        for name, p in model.named_parameters():
            if name.endswith(("gate_up_proj", "down_proj")):
                rows = np.ascontiguousarray(p.transpose(1, 2).numpy())
                blocks[name] = gguf.quants.quantize(rows, Q.MXFP4)
                held = gguf.quants.dequantize(blocks[name], Q.MXFP4).reshape(rows.shape)
                p.copy_(torch.from_numpy(held).transpose(1, 2))
    return blocks


def published(model):
    """Tensors under the names that published checkpoints have."""
    with tempfile.TemporaryDirectory() as folder:
        model.save_pretrained(folder)
        tensors = {}
        for shard in sorted(p for p in __import__("pathlib").Path(folder).iterdir() if p.suffix == ".safetensors"):
            tensors.update(load_file(shard))
        return tensors, json.loads(open(f"{folder}/config.json").read())


def apart(blocks):
    """Blocks of MXFP4 as published: codes (two neighbours in a byte) and scales."""
    experts, rows, size = blocks.shape
    cut = blocks.reshape(experts, rows, size // 17, 17)
    low, high = cut[..., 1:] & 15, cut[..., 1:] >> 4
    codes = np.concatenate([low, high], -1)
    return torch.from_numpy(codes[..., 0::2] | codes[..., 1::2] << 4), torch.from_numpy(cut[..., 0].copy())


def write_checkpoint(folder, tensors, config, tokenizer):
    if config.get("tie_word_embeddings"):
        tensors.pop("lm_head.weight", None)
    save_file({k: v.contiguous() for k, v in tensors.items()}, folder / "model.safetensors", metadata={"format": "pt"})
    (folder / "config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    (folder / "tokenizer.json").write_text(tokenizer.to_str() + "\n")
    (folder / "tokenizer_config.json").write_text(json.dumps(
        {"eos_token": "<|im_end|>", "add_bos_token": False, "chat_template": CHATML}, indent=1) + "\n")


PARTS = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.qkv_proj": "attn_qkv", "self_attn.o_proj": "attn_output",
    "self_attn.q_norm": "attn_q_norm", "self_attn.k_norm": "attn_k_norm", "self_attn.q_a_proj": "attn_q_a",
    "self_attn.q_a_layernorm": "attn_q_a_norm", "self_attn.q_b_proj": "attn_q_b",
    "self_attn.kv_a_proj_with_mqa": "attn_kv_a_mqa", "self_attn.kv_a_layernorm": "attn_kv_a_norm",
    "self_attn.kv_b_proj": "attn_kv_b", "post_attention_layernorm": "ffn_norm", "pre_feedforward_layernorm": "ffn_norm",
    "post_feedforward_layernorm": "post_ffw_norm", "post_self_attn_layernorm": "post_attention_norm",
    "post_mlp_layernorm": "post_ffw_norm", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
    "mlp.gate_up_proj": "ffn_up", "mlp.down_proj": "ffn_down", "mlp.c_fc": "ffn_up", "mlp.c_proj": "ffn_down",
    "mlp.gate": "ffn_gate_inp", "mlp.router": "ffn_gate_inp", "mlp.shared_experts.gate_proj": "ffn_gate_shexp",
    "mlp.shared_experts.up_proj": "ffn_up_shexp", "mlp.shared_experts.down_proj": "ffn_down_shexp",
    "mlp.experts.gate_proj": "ffn_gate_exps", "mlp.experts.up_proj": "ffn_up_exps",
    "mlp.experts.down_proj": "ffn_down_exps",
}
FIXED = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight",
         "model.norm.bias": "output_norm.bias", "lm_head.weight": "output.weight"}


def gguf_tensors(arch, tensors, c, blocks):
    """The tensors of a checkpoint as a GGUF file of `arch` holds them."""
    out, stacks = {}, {}
    for name, tensor in tensors.items():
        data = tensor.float().numpy()
        if name in FIXED:
            out[FIXED[name]] = data + 1 if arch.startswith("gemma") and "norm" in name else data
            continue
        layer, rest = re.match(r"model\.layers\.(\d+)\.(.*)", name).groups()
        at = f"blk.{layer}."
        if rest == "self_attn.sinks":
            out[at + "attn_sinks.weight"] = data
        elif rest == "mlp.gate.e_score_correction_bias":
            out[at + "exp_probs_b.bias"] = data
        elif arch == "gpt-oss" and rest.startswith("mlp.experts."):
            split_experts(out, at, rest, data, blocks.get(name))
        elif found := re.match(r"mlp\.experts\.(\d+)\.(\w+)\.weight", rest):
            stacks.setdefault((at, PARTS[f"mlp.experts.{found[2]}"]), {})[int(found[1])] = data
        else:
            stem, end = rest.rsplit(".", 1)
            part = PARTS[stem]
            if stem == "post_attention_layernorm" and (arch.startswith("gemma") or arch in ("gpt-oss", "glm4moe")):
                part = "post_attention_norm"
            if arch.startswith("gemma") and "norm" in part:
                data = data + 1
            if arch in ("granite", "mistral3") and part in ("attn_q", "attn_k"):
                data = interleave(data, c.num_attention_heads if part == "attn_q" else c.num_key_value_heads)
            if part == "attn_kv_b":
                heads = data.reshape(c.num_attention_heads, c.qk_nope_head_dim + c.v_head_dim, c.kv_lora_rank)
                out[at + "attn_k_b.weight"] = heads[:, :c.qk_nope_head_dim].transpose(0, 2, 1)
                out[at + "attn_v_b.weight"] = heads[:, c.qk_nope_head_dim:]
                continue
            out[at + f"{part}.{end}"] = data
    for (at, part), experts in stacks.items():
        out[at + part + ".weight"] = np.stack([experts[i] for i in range(len(experts))])
    return out


def split_experts(out, at, rest, data, blocks):
    """gpt-oss: gate and value alternate, and matrices are transposed; `blocks` are not."""
    name = rest.removeprefix("mlp.experts.")
    if name.endswith("_bias"):
        if name.startswith("gate_up"):
            out[at + "ffn_gate_exps.bias"], out[at + "ffn_up_exps.bias"] = data[:, 0::2], data[:, 1::2]
        else:
            out[at + "ffn_down_exps.bias"] = data
    elif name.startswith("gate_up"):
        out[at + "ffn_gate_exps.weight"], out[at + "ffn_up_exps.weight"] = blocks[:, 0::2], blocks[:, 1::2]
    else:
        out[at + "ffn_down_exps.weight"] = blocks


def write_keys(w, arch, c):
    head = getattr(c, "head_dim", None) or c.hidden_size // c.num_attention_heads
    rope = getattr(c, "rope_parameters", None) or {}
    rope = rope.get("full_attention", rope)
    w.add_context_length(c.max_position_embeddings)
    w.add_embedding_length(c.hidden_size)
    w.add_block_count(c.num_hidden_layers)
    w.add_feed_forward_length(c.intermediate_size)
    w.add_head_count(c.num_attention_heads)
    w.add_rope_freq_base(rope["rope_theta"])
    w.add_vocab_size(c.vocab_size)
    if arch == "starcoder2":
        w.add_layer_norm_eps(c.norm_epsilon)
    else:
        w.add_layer_norm_rms_eps(c.rms_norm_eps)
    if arch == "deepseek2":
        w.add_head_count_kv(1)
        w.add_key_length(c.kv_lora_rank + c.qk_rope_head_dim)
        w.add_value_length(c.kv_lora_rank)
        w.add_key_length_mla(c.qk_nope_head_dim + c.qk_rope_head_dim)
        w.add_value_length_mla(c.v_head_dim)
        w.add_kv_lora_rank(c.kv_lora_rank)
        w.add_rope_dimension_count(c.qk_rope_head_dim)
        if c.q_lora_rank:
            w.add_q_lora_rank(c.q_lora_rank)
    else:
        w.add_head_count_kv(c.num_key_value_heads)
        w.add_key_length(head)
        w.add_value_length(head)
        w.add_rope_dimension_count(int(head * rope.get("partial_rotary_factor", 1.0)))
    if getattr(c, "sliding_window", None) and arch in ("gemma2", "gemma3", "phi3", "gpt-oss", "starcoder2"):
        w.add_sliding_window(c.sliding_window)
    if rope.get("rope_type") in ("yarn", "linear"):
        w.add_rope_scaling_type(gguf.RopeScalingType(rope["rope_type"]))
        w.add_rope_scaling_factor(rope["factor"])
    if rope.get("rope_type") == "yarn":
        w.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
        if arch in ("deepseek2", "mistral3"):
            w.add_rope_scaling_yarn_log_mul(rope["mscale_all_dim"] * (0.1 if arch == "deepseek2" else 1.0))
    own_keys(w, arch, c, rope)


def own_keys(w, arch, c, rope):
    if arch == "gemma2":
        w.add_attn_logit_softcapping(c.attn_logit_softcapping)
        w.add_final_logit_softcapping(c.final_logit_softcapping)
    elif arch == "granite":
        w.add_embedding_scale(c.embedding_multiplier)
        w.add_residual_scale(c.residual_multiplier)
        w.add_attention_scale(c.attention_multiplier)
        w.add_logit_scale(c.logits_scaling)
    elif arch == "phi3":
        w.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
        factor = c.max_position_embeddings / rope["original_max_position_embeddings"]
        w.add_rope_scaling_attn_factors((1 + np.log(factor) / np.log(rope["original_max_position_embeddings"])) ** 0.5)
        w.add_tensor("rope_factors_long.weight", np.array(rope["long_factor"], np.float32))
        w.add_tensor("rope_factors_short.weight", np.array(rope["short_factor"], np.float32))
    elif arch == "mistral3":
        w.add_attn_temperature_scale(rope["llama_4_scaling_beta"])
    if arch in ("qwen3moe", "gpt-oss", "glm4moe", "deepseek2"):
        w.add_expert_count(getattr(c, "num_local_experts", None) or getattr(c, "n_routed_experts", None) or c.num_experts)
        w.add_expert_used_count(c.num_experts_per_tok)
        w.add_expert_feed_forward_length(getattr(c, "moe_intermediate_size", None) or c.intermediate_size)
    if arch in ("glm4moe", "deepseek2"):
        sigmoid = not isinstance(c, hf.DeepseekV2Config)
        w.add_expert_shared_count(c.n_shared_experts)
        w.add_leading_dense_block_count(c.first_k_dense_replace)
        w.add_expert_weights_scale(c.routed_scaling_factor)
        w.add_expert_weights_norm(sigmoid)
        w.add_expert_gating_func(gguf.ExpertGatingFuncType.SIGMOID if sigmoid else gguf.ExpertGatingFuncType.SOFTMAX)
        if sigmoid and c.n_group > 1:
            w.add_expert_group_count(c.n_group)
            w.add_expert_group_used_count(c.topk_group)


def write_gguf(path, arch, c, tensors, tokenizer):
    w = gguf.GGUFWriter(str(path), arch)
    write_keys(w, arch, c)
    add_vocabulary(w, tokenizer, "qwen2", c.vocab_size)
    for name, data in tensors.items():
        data = np.ascontiguousarray(data)
        if data.dtype == np.uint8:
            w.add_tensor(name, data, raw_dtype=Q.MXFP4)
        elif data.ndim == 1 or name.endswith(".bias") or "ffn_gate_inp" in name:
            w.add_tensor(name, data)
        else:
            w.add_tensor(name, data.astype(np.float16))
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def by_llama(path):
    llama = llama_cpp.Llama(str(path), n_ctx=256, n_batch=256, n_threads=1, logits_all=True, verbose=False)
    return by_llama_cpp(llama)


def family(name, model, tokenizer, seed):
    arch = "deepseek2" if name.startswith("deepseek2") else name
    randomise(model, seed)
    blocks = on_grid(model) if arch == "gpt-oss" else {}
    prompts = [tokenizer.encode(t).ids for t in TEXTS]
    cases, logits = judge(prompts, 2e-3, by_transformers(model))
    tensors, config = published(model)
    half = {k: v.to(torch.float32 if v.dim() == 1 else torch.bfloat16) for k, v in tensors.items()}
    folder = fresh(name)
    if blocks:
        write_checkpoint(folder, dict(half), config, tokenizer)
        save(folder, [dict(c) for c in cases], logits)
        # Experts in four bits are multiplied by rows of eight: a close race may end either way.
        cases, logits = judge(prompts, 0.3, by_transformers(model))
        folder = fresh(f"{name}-mxfp4")
        for key, block in blocks.items():
            half.pop(key)
            half[f"{key}_blocks"], half[f"{key}_scales"] = apart(block)
        config["quantization_config"] = {"quant_method": "mxfp4"}
    write_checkpoint(folder, half, config, tokenizer)
    save(folder, [dict(c) for c in cases], logits)
    folder = fresh(f"{name}-gguf")
    write_gguf(folder / "model.gguf", arch, model.config, gguf_tensors(arch, tensors, model.config, blocks), tokenizer)
    try:
        theirs, their_logits = judge(prompts, 0.3, by_llama(folder / "model.gguf"))
        dot = (their_logits * logits).sum(-1)
        near = dot / np.linalg.norm(their_logits, axis=-1) / np.linalg.norm(logits, axis=-1)
        print(name, "llama.cpp and transformers agree to", near.min())
        # Where the two compute different things (llama.cpp knows no window of StarCoder2) the publisher's code counts.
        if near.min() > 0.999:
            their_logits.tofile(folder / "llama_cpp.f32")
            for case, other in zip(cases, theirs):
                case["llama_cpp"] = {"greedy": other["greedy"]}
    except (ValueError, RuntimeError) as problem:
        print(name, "llama.cpp:", problem)
    save(folder, cases, logits)


# How many bytes a block has, and where which 16-bit scales lie in it.
BLOCKS = {
    Q.IQ4_NL: (18, {0: 0.0015}), Q.IQ4_XS: (136, {0: 0.0001}), Q.Q3_K: (110, {108: 0.0015}),
    Q.Q2_K: (84, {80: 0.012, 82: 0.018}), Q.Q4_1: (20, {0: 0.02, 2: -0.15}), Q.Q5_1: (24, {0: 0.01, 2: -0.15}),
    Q.MXFP4: (17, {}), Q.Q8_0: (34, {0: 0.0015}),
}


def noise_blocks(rng, kind, rows, columns):
    """A matrix of random blocks: no encoder is needed to compare decoders."""
    size, scales = BLOCKS[kind]
    values = gguf.GGML_QUANT_SIZES[kind][0]
    blocks = rng.integers(0, 256, (rows, columns // values, size), dtype=np.uint8)
    for at, scale in scales.items():
        factors = scale * rng.uniform(0.8, 1.2, blocks.shape[:2])
        blocks[..., at:at + 2] = factors.astype(np.float16)[..., None].view(np.uint8)
    if kind == Q.MXFP4:
        blocks[..., 0] = 121 + blocks[..., 0] % 3
    return blocks.reshape(rows, -1)


def types_fixture(tokenizer, seed):
    """One small model in which nearly every matrix is of another type."""
    rng = np.random.default_rng(seed)
    c = hf.Qwen2Config(hidden_size=256, intermediate_size=256, num_hidden_layers=1, num_attention_heads=4,
                       num_key_value_heads=1, max_position_embeddings=256, vocab_size=336, bos_token_id=None,
                       eos_token_id=tokenizer.token_to_id("<|im_end|>"), rms_norm_eps=1e-5, rope_parameters=PLAIN)
    model = randomise(hf.Qwen2ForCausalLM._from_config(c, attn_implementation="eager"), seed)
    kinds = {"attn_q": Q.IQ4_XS, "attn_k": Q.IQ4_NL, "attn_v": Q.Q3_K, "attn_output": Q.Q2_K, "ffn_gate": Q.Q4_1,
             "ffn_up": Q.Q5_1, "ffn_down": Q.MXFP4, "token_embd": Q.IQ4_NL, "output": Q.Q8_0}
    tensors, named = {}, dict(model.named_parameters())
    for name, p in named.items():
        ours = next(iter(gguf_tensors("qwen2", {name: p.detach()}, c, {})))
        stem = ours.removesuffix(".weight").split(".")[-1]
        if p.dim() == 1:
            tensors[ours] = (p.detach().numpy(), None)
            continue
        blocks = noise_blocks(rng, kinds[stem], *p.shape)
        held = gguf.quants.dequantize(blocks, kinds[stem]).reshape(p.shape).astype(np.float32)
        with torch.no_grad():
            p.copy_(torch.from_numpy(held))
        tensors[ours] = (blocks, kinds[stem])
    folder = fresh("qwen2-types")
    w = gguf.GGUFWriter(str(folder / "model.gguf"), "qwen2")
    write_keys(w, "qwen2", c)
    add_vocabulary(w, tokenizer, "qwen2", c.vocab_size)
    for name, (data, kind) in tensors.items():
        w.add_tensor(name, data, raw_dtype=kind)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()
    prompts = [tokenizer.encode(t).ids for t in TEXTS]
    cases, logits = judge(prompts, 0.3, by_transformers(model))
    theirs, their_logits = judge(prompts, 0.3, by_llama(folder / "model.gguf"))
    their_logits.tofile(folder / "llama_cpp.f32")
    for case, other in zip(cases, theirs):
        case["llama_cpp"] = {"greedy": other["greedy"]}
    dot = (their_logits * logits).sum(-1)
    print((dot / np.linalg.norm(their_logits, axis=-1) / np.linalg.norm(logits, axis=-1)).min())
    save(folder, cases, logits)


def main():
    torch.set_num_threads(1)
    tokenizer = byte_level(QWEN2, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], normalizers.NFC())
    wanted = sys.argv[1:]
    for seed, (name, (kind, config)) in enumerate(models(tokenizer.token_to_id("<|im_end|>")).items(), 20):
        if not wanted or name in wanted:
            family(name, kind._from_config(config, attn_implementation="eager"), tokenizer, seed)
    if not wanted or "types" in wanted:
        types_fixture(tokenizer, 40)


if __name__ == "__main__":
    main()
