"""Makes GGUF files with random weights at the shapes of real models, so that speed can be compared without a download.

In: a folder. Out: one file per shape and mix of types, as llama.cpp's quantiser would choose them: Q4_K_M takes Q6_K for
the head and half of the value and down projections, and where rows are no multiple of 256 it falls back to Q5_0 and Q8_0.

    pip install gguf numpy
    python scripts/bench-peers/make.py FOLDER
"""

import sys
from pathlib import Path

import gguf
import numpy as np

SHAPES = {
    "qwen2.5-0.5b": dict(layers=24, hidden=896, heads=14, kv_heads=2, feed_forward=4864, vocab=151936),
    "qwen2.5-1.5b": dict(layers=28, hidden=1536, heads=12, kv_heads=2, feed_forward=8960, vocab=151936),
}
TYPES = gguf.GGMLQuantizationType
MIXES = ["Q4_K_M", "Q8_0"]
#: Bytes of a block, inputs of a block, where 16-bit scales lie in it, and the largest code.
BLOCKS = {
    TYPES.Q4_K: (144, 256, [0, 2], 15 * 63),
    TYPES.Q6_K: (210, 256, [208], 32 * 128),
    TYPES.Q5_0: (22, 32, [0], 16),
    TYPES.Q8_0: (34, 32, [0], 128),
}


def blocks(kind, n, k, random):
    """Random codes with scales that keep weights near a standard deviation of 1 / sqrt(k)."""
    size, inputs, scales, largest = BLOCKS[kind]
    data = np.frombuffer(random.bytes(n * k // inputs * size), dtype=np.uint8).reshape(-1, size).copy()
    scale = np.array([2.0 / largest / k**0.5], "<f2").view(np.uint8)
    for at in scales:
        data[:, at:at + 2] = scale
    return data.reshape(n, -1)


def kind_of(mix, name, layer, layers, k):
    if mix == "Q8_0":
        return TYPES.Q8_0
    more = layer < layers // 8 or layer >= 7 * layers // 8 or (layer - layers // 8) % 3 == 2
    six = name == "token_embd" or (name in ("attn_v", "ffn_down") and more)
    if k % 256:
        return TYPES.Q8_0 if six else TYPES.Q5_0
    return TYPES.Q6_K if six else TYPES.Q4_K


def vocabulary(writer, size):
    """Bytes, then made-up tokens and a single merge: nobody will tokenize with it."""
    letters = [chr(b) for b in range(33, 127)] + [chr(b) for b in range(161, 173)] + [chr(b) for b in range(174, 256)]
    letters += [chr(256 + i) for i in range(256 - len(letters))]
    made_up = ["ab"] + [f"{letters[i % 94]}{letters[i // 94 % 94]}{i}" for i in range(size - 260)]
    specials = ["<|endoftext|>", "<|im_start|>", "<|im_end|>"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("qwen2")
    writer.add_token_list(letters + made_up + specials)
    writer.add_token_types([1] * (size - 3) + [3] * 3)
    writer.add_token_merges(["a b"])
    writer.add_eos_token_id(size - 1)
    writer.add_bos_token_id(size - 3)
    writer.add_add_bos_token(False)


def make(path, mix, layers, hidden, heads, kv_heads, feed_forward, vocab):
    random = np.random.default_rng(7)
    writer = gguf.GGUFWriter(path, "qwen2")
    writer.add_name(path.stem)
    writer.add_block_count(layers)
    writer.add_context_length(32768)
    writer.add_embedding_length(hidden)
    writer.add_feed_forward_length(feed_forward)
    writer.add_head_count(heads)
    writer.add_head_count_kv(kv_heads)
    writer.add_layer_norm_rms_eps(1e-6)
    writer.add_rope_freq_base(1_000_000.0)
    vocabulary(writer, vocab)
    wide = hidden // heads * kv_heads

    def matrix(name, short, layer, n, k):
        kind = kind_of(mix, short, layer, layers, k)
        writer.add_tensor(name + ".weight", blocks(kind, n, k, random), raw_dtype=kind)

    def vector(name, size):
        writer.add_tensor(name, np.ones(size, np.float32))

    matrix("token_embd", "token_embd", 0, vocab, hidden)
    vector("output_norm.weight", hidden)
    for layer in range(layers):
        block = f"blk.{layer}."
        for short, n, k in [("attn_q", hidden, hidden), ("attn_k", wide, hidden), ("attn_v", wide, hidden),
                            ("attn_output", hidden, hidden), ("ffn_gate", feed_forward, hidden),
                            ("ffn_up", feed_forward, hidden), ("ffn_down", hidden, feed_forward)]:
            matrix(block + short, short, layer, n, k)
        for short, size in [("attn_q.bias", hidden), ("attn_k.bias", wide), ("attn_v.bias", wide),
                            ("attn_norm.weight", hidden), ("ffn_norm.weight", hidden)]:
            vector(block + short, size)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


def all_files(folder):
    """Paths of all files, made where they do not exist."""
    folder.mkdir(parents=True, exist_ok=True)
    for shape, sizes in SHAPES.items():
        for mix in MIXES:
            path = folder / f"{shape}-{mix.lower()}.gguf"
            if not path.exists():
                make(path.with_suffix(".part"), mix, **sizes)
                path.with_suffix(".part").rename(path)
            yield path


if __name__ == "__main__":
    for made in all_files(Path(sys.argv[1])):
        print(made, made.stat().st_size >> 20, "MiB")
