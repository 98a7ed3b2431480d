"""Writes a checkpoint as GGUF (Q8_0 matrices, f32 norms, arch `qwen3`) with its tokenizer and manifest.

In: a checkpoint of `train.py` (or `--untrained`) and a tokenizer. Out: `model.gguf`, `tokenizer.json`, `manifest.toml`.
"""
import argparse
import hashlib
import json
import os
import shutil
import tomllib

import gguf
import torch

from model import Novice, Shape
from tokenizer import SPECIALS


def tensors(model):
    """GGUF names with `[out, in]` matrices, in file order."""
    s = model.shape
    q, kv = s.heads * s.head, s.kv_heads * s.head
    state = {k: v.detach().float() for k, v in model.state_dict().items()}
    yield "token_embd.weight", state["embed.weight"]
    yield "output_norm.weight", state["norm.weight"]
    for i in range(s.layers):
        at = lambda name: state[f"blocks.{i}.{name}.weight"]
        wq, wk, wv = at("qkv").split([q, kv, kv], 0)
        gate, up = at("gate_up").chunk(2, 0)
        for name, value in [("attn_norm", at("norm1")), ("attn_q", wq), ("attn_k", wk), ("attn_v", wv),
                            ("attn_q_norm", at("q_norm")), ("attn_k_norm", at("k_norm")), ("attn_output", at("out")),
                            ("ffn_norm", at("norm2")), ("ffn_gate", gate), ("ffn_up", up), ("ffn_down", at("down"))]:
            yield f"blk.{i}.{name}.weight", value


def vocabulary(writer, path):
    with open(path, encoding="utf-8") as file:
        described = json.load(file)
    ids = described["model"]["vocab"]
    words = sorted(ids, key=ids.get)
    special = {t["content"] for t in described["added_tokens"]}
    kind = gguf.TokenType
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(words)
    writer.add_token_types([kind.CONTROL if w in special else kind.NORMAL for w in words])
    merges = described["model"]["merges"]
    writer.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in merges])
    writer.add_bos_token_id(SPECIALS.index("<|begin|>"))
    writer.add_eos_token_id(SPECIALS.index("<|end|>"))
    writer.add_pad_token_id(SPECIALS.index("<|pad|>"))
    writer.add_add_bos_token(False)
    writer.add_add_eos_token(False)


def write(model, tokenizer, out):
    s = model.shape
    writer = gguf.GGUFWriter(out, "qwen3")
    writer.add_name("anchorite-novice")
    writer.add_license("Apache-2.0")
    writer.add_vocab_size(s.vocabulary)
    writer.add_context_length(s.context)
    writer.add_embedding_length(s.width)
    writer.add_block_count(s.layers)
    writer.add_feed_forward_length(s.inner)
    writer.add_head_count(s.heads)
    writer.add_head_count_kv(s.kv_heads)
    writer.add_key_length(s.head)
    writer.add_value_length(s.head)
    writer.add_rope_dimension_count(s.head)
    writer.add_rope_freq_base(s.theta)
    writer.add_layer_norm_rms_eps(s.epsilon)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_Q8_0)
    vocabulary(writer, tokenizer)
    for name, value in tensors(model):
        array = value.numpy()
        if array.ndim == 1:
            writer.add_tensor(name, array)
            continue
        packed = gguf.quants.quantize(array, gguf.GGMLQuantizationType.Q8_0)
        writer.add_tensor(name, packed, raw_dtype=gguf.GGMLQuantizationType.Q8_0)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def digest(path):
    with open(path, "rb") as file:
        return hashlib.sha256(file.read()).hexdigest()


def manifest(folder, context, languages, detect=(1.0, 0.0), verify=(1.0, 0.0)):
    """Pins the two files; the fields are those that the scanner's manifest reader knows. `detect` and `verify` are slopes and
    shifts for the log-odds of `yes` against `no` and of `stands` against the rest."""
    lines = ['name = "novice"', 'family = "qwen3"', 'profile = "compact"', f"context = {context}", 'licence = "Apache-2.0"',
             'source = "trained from scratch by this project; see README.md beside"',
             "starter = true", f"languages = {json.dumps(sorted(languages))}", "", "[memory]", "sequences = 16", "rows = 512", "",
             "[calibration]", *(f"{task} = {{ slope = {slope:.3f}, shift = {shift:.3f} }}" for task, (slope, shift) in (("detect", detect), ("verify", verify)))]
    for name in ("model.gguf", "tokenizer.json"):
        path = os.path.join(folder, name)
        lines += ["", "[[files]]", f'name = "{name}"', f"bytes = {os.path.getsize(path)}", f'sha256 = "{digest(path)}"']
    with open(os.path.join(folder, "manifest.toml"), "w", encoding="utf-8") as file:
        file.write("\n".join(lines) + "\n")


def pinned(path):
    """What a manifest says."""
    with open(path, "rb") as file:
        return tomllib.load(file)


def load(path):
    """A checkpoint's model, in float32, ready to evaluate; `languages` are those that it was trained on."""
    saved = torch.load(path, map_location="cpu", weights_only=True)
    model = Novice(Shape(**saved["shape"]))
    model.load_state_dict(saved["model"])
    model.languages = saved["languages"]
    return model.eval()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tokenizer")
    parser.add_argument("out")
    parser.add_argument("--checkpoint")
    parser.add_argument("--untrained", action="store_true")
    args = parser.parse_args()
    if args.untrained:
        torch.manual_seed(1)
        model = Novice(Shape())
        model.languages = []
    else:
        model = load(args.checkpoint)
    os.makedirs(args.out, exist_ok=True)
    path = os.path.join(args.out, "model.gguf")
    write(model, args.tokenizer, path)
    target = os.path.join(args.out, "tokenizer.json")
    if os.path.abspath(args.tokenizer) != os.path.abspath(target):
        shutil.copyfile(args.tokenizer, target)
    manifest(args.out, model.shape.context, model.languages)
    print(f"{path}: {model.size():,} parameters, {os.path.getsize(path):,} bytes")


if __name__ == "__main__":
    main()
