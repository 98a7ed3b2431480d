"""Makes the fixtures of tests/parity: tiny models with random weights, and what other implementations say about them.

In: nothing but the seeds below. Out: one folder per model under tests/parity/fixtures/: the model (safetensors with
config.json and tokenizer.json, or one GGUF file), `golden.json` (prompts, their tokens, greedy continuations) and
`golden.f32` (logits, little-endian, in the order that golden.json tells).

Safetensors are judged by Hugging Face `transformers` in f32 on the CPU, GGUF files by llama.cpp on the same file.

    pip install torch transformers tokenizers safetensors gguf numpy llama-cpp-python
    python scripts/parity/make_golden.py
"""

import json
import shutil
from pathlib import Path

import gguf
import llama_cpp
import numpy as np
import torch
from safetensors.torch import save_file
from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers
from transformers import (
    LlamaConfig, LlamaForCausalLM, MistralConfig, MistralForCausalLM, Qwen2Config, Qwen2ForCausalLM, Qwen3Config,
    Qwen3ForCausalLM,
)

HERE = Path(__file__).resolve().parent
OUT = HERE.parent.parent / "tests" / "parity" / "fixtures"
NEW_TOKENS = 24

TEXTS = [
    "def read(path):\n    with open(path) as f:\n        return f.read()\n",
    "if (user == NULL) { return -1; } /* naïve Überprüfung, 日本語 */\n" * 3,
    "x = 1234567 + 89; print('it\\'s', x)\n\n\n\tend",
]
CORPUS = TEXTS + [
    "int main(void) { char buffer[64]; strcpy(buffer, argv[1]); return 0; }\n",
    "SELECT name FROM users WHERE id = 42; -- the rest is a comment\n",
    "import os\nos.system('ls ' + request.args['dir'])\n",
    "the quick brown fox jumps over the lazy dog and then it says the same thing again\n",
]
LLAMA3 = (
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
QWEN2 = LLAMA3.replace(r"\p{N}{1,3}", r"\p{N}")
CHATML = (
    "{% for m in messages %}<|im_start|>{{ m['role'] }}\n{{ m['content'] }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
INST = "{{ bos_token }}{% for m in messages %}[INST] {{ m['content'] }} [/INST]{% endfor %}"


def byte_level(split, specials, normalizer=None):
    """A byte-level BPE as Llama 3 and Qwen have it, with 60-odd merges."""
    tokenizer = Tokenizer(models.BPE())
    if normalizer:
        tokenizer.normalizer = normalizer
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(split), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=320, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(CORPUS, trainer)
    tokenizer.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in specials])
    return tokenizer


def sentencepiece_like():
    """A BPE with byte fallback and a visible space, as Llama 2 and Mistral have it."""
    vocabulary = {"<unk>": 0, "<s>": 1, "</s>": 2}
    vocabulary.update({f"<0x{b:02X}>": 3 + b for b in range(256)})
    base = Tokenizer(models.BPE(unk_token="<unk>"))
    base.normalizer = normalizers.Sequence([normalizers.Prepend("▁"), normalizers.Replace(" ", "▁")])
    trainer = trainers.BpeTrainer(vocab_size=130, show_progress=False)
    base.train_from_iterator([t for text in CORPUS for t in text.replace("\n", " ").split("  ")], trainer)
    learned = json.loads(base.to_str())["model"]
    for token in sorted(learned["vocab"], key=learned["vocab"].get):
        vocabulary.setdefault(token, len(vocabulary))
    merges = [tuple(m) for m in learned["merges"]]
    tokenizer = Tokenizer(models.BPE(vocabulary, merges, unk_token="<unk>", fuse_unk=True, byte_fallback=True))
    tokenizer.normalizer = base.normalizer
    tokenizer.decoder = decoders.Sequence([
        decoders.Replace("▁", " "), decoders.ByteFallback(), decoders.Fuse(), decoders.Strip(" ", 1, 0)])
    tokenizer.add_special_tokens([AddedToken(s, special=True, normalized=False) for s in ["<unk>", "<s>", "</s>"]])
    return tokenizer


def randomise(model, seed):
    """Weights large enough that attention and position matter, and that two logits are rarely close."""
    torch.manual_seed(seed)
    with torch.no_grad():
        for name, p in model.named_parameters():
            if name.endswith("norm.weight"):
                p.copy_(1 + 0.2 * torch.randn_like(p))
            elif name.endswith("bias"):
                p.copy_(0.3 * torch.randn_like(p))
            elif "embed" in name:
                p.copy_(torch.randn_like(p))
            else:
                p.copy_(torch.randn_like(p) * 1.4 / p.shape[-1] ** 0.5)
    return model.float().eval()


def narrow(model, dtype):
    """Rounds the weights as the file will, so that both sides compute with the same numbers."""
    with torch.no_grad():
        for p in model.parameters():
            p.copy_(p.to(dtype).float())


def judge(prompts, margin, forward):
    """Logits at two positions of each prompt, and the greedy continuation while its lead is at least `margin`."""
    cases, logits = [], []
    for ids in prompts:
        rows = forward(ids)
        kept = [len(ids) // 2, len(ids) - 1]
        logits += [rows[i] for i in kept]
        sequence = list(ids)
        for _ in range(NEW_TOKENS):
            second, first = np.argsort(rows[-1])[-2:]
            if rows[-1][first] - rows[-1][second] < margin:
                break
            sequence.append(int(first))
            rows = forward(sequence)
        cases.append({"tokens": list(ids), "positions": kept, "greedy": sequence[len(ids):]})
    return cases, np.stack(logits).astype("<f4")


def by_transformers(model):
    def forward(ids):
        with torch.no_grad():
            return model(torch.tensor([ids])).logits[0].numpy()
    return forward


def by_llama_cpp(llama):
    def forward(ids):
        llama.reset()
        llama.eval(ids)
        return np.array(llama.scores[:len(ids)], dtype=np.float32)
    return forward


def save(folder, cases, logits):
    for case, text in zip(cases, TEXTS):
        case["text"] = text
    (folder / "golden.json").write_text(json.dumps({"vocab": int(logits.shape[1]), "cases": cases}) + "\n")
    logits.tofile(folder / "golden.f32")
    print(folder.name, [(len(c["tokens"]), len(c["greedy"])) for c in cases],
          sum(f.stat().st_size for f in folder.iterdir()) // 1024, "KiB")


def fresh(name):
    folder = OUT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder


def safetensors_fixture(name, model, tokenizer, dtype, bos, template=None):
    folder = fresh(name)
    narrow(model, dtype)
    tensors = {k: v.to(dtype).contiguous() for k, v in model.state_dict().items()}
    if model.config.tie_word_embeddings:
        tensors.pop("lm_head.weight", None)
    save_file(tensors, folder / "model.safetensors", metadata={"format": "pt"})
    config = model.config.to_dict()
    config["architectures"] = [type(model).__name__]
    config["dtype"] = str(dtype).removeprefix("torch.")
    (folder / "config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")
    (folder / "tokenizer.json").write_text(tokenizer.to_str() + "\n")
    eos = tokenizer.id_to_token(config["eos_token_id"])
    settings = {"bos_token": bos, "eos_token": eos, "add_bos_token": bos is not None}
    if template:
        settings["chat_template"] = template
    (folder / "tokenizer_config.json").write_text(json.dumps(settings, indent=1) + "\n")
    prompts = [([tokenizer.token_to_id(bos)] if bos else []) + tokenizer.encode(t).ids for t in TEXTS]
    save(folder, *judge(prompts, 2e-3, by_transformers(model)))


def gguf_fixture(name, arch, model, tokenizer, pre, kind):
    """`kind`: a gguf quantisation type for the matrices, or the name of a mix that llama.cpp quantises itself."""
    folder = fresh(name)
    path = folder / "model.gguf"
    own = kind in ("Q4_K_M",)
    write_gguf(folder / "wide.gguf" if own else path, arch, model, tokenizer, pre,
               gguf.GGMLQuantizationType.F32 if own else kind)
    if own:
        params = llama_cpp.llama_model_quantize_default_params()
        params.ftype = llama_cpp.LLAMA_FTYPE_MOSTLY_Q4_K_M
        params.nthread = 1
        wide = folder / "wide.gguf"
        assert llama_cpp.llama_model_quantize(str(wide).encode(), str(path).encode(), params) == 0
        wide.unlink()
    prompts = [tokenizer.encode(t).ids for t in TEXTS]
    load_dequantised(model, path, arch)
    # Where we or they quantise activations to eight bits, a close race may end either way.
    cases, logits = judge(prompts, 0.3 if own else 2e-3, by_transformers(model))
    llama = llama_cpp.Llama(str(path), n_ctx=256, n_batch=256, n_threads=1, logits_all=True, verbose=False)
    theirs, their_logits = judge(prompts, 0.3, by_llama_cpp(llama))
    for case, other, text in zip(cases, theirs, TEXTS):
        ids = llama.tokenize(text.encode(), add_bos=False, special=False)
        case["llama_cpp"] = {"tokens": ids, "greedy": other["greedy"]}
    their_logits.tofile(folder / "llama_cpp.f32")
    save(folder, cases, logits)


def load_dequantised(model, path, arch):
    """Gives `model` the numbers that the file really holds."""
    c = model.config
    held = {t.name: gguf.quants.dequantize(t.data, t.tensor_type).astype(np.float32) for t in gguf.GGUFReader(path).tensors}
    with torch.no_grad():
        for name, p in model.named_parameters():
            data = held[gguf_name(name)].reshape(p.shape)
            if arch == "llama" and name.endswith(("q_proj.weight", "k_proj.weight")):
                data = half_split(data, c.num_attention_heads if "q_proj" in name else c.num_key_value_heads)
            p.copy_(torch.from_numpy(np.ascontiguousarray(data)))


NAMES = {
    "input_layernorm": "attn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "self_attn.q_norm": "attn_q_norm",
    "self_attn.k_norm": "attn_k_norm", "post_attention_layernorm": "ffn_norm", "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up", "mlp.down_proj": "ffn_down",
}


def gguf_name(name):
    fixed = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight",
             "lm_head.weight": "output.weight"}
    if name in fixed:
        return fixed[name]
    _, _, layer, rest = name.split(".", 3)
    stem, last = rest.rsplit(".", 1)
    return f"blk.{layer}.{NAMES[stem]}.{last}"


def interleave(weight, heads):
    """Rows of q and k in the order that llama.cpp's interleaved rotation wants."""
    shape = weight.shape
    return weight.reshape(heads, 2, shape[0] // heads // 2, *shape[1:]).swapaxes(1, 2).reshape(shape)


def half_split(weight, heads):
    """The inverse of `interleave`."""
    shape = weight.shape
    return weight.reshape(heads, shape[0] // heads // 2, 2, *shape[1:]).swapaxes(1, 2).reshape(shape)


def write_gguf(path, arch, model, tokenizer, pre, kind):
    c = model.config
    w = gguf.GGUFWriter(str(path), arch)
    head_dim = getattr(c, "head_dim", None) or c.hidden_size // c.num_attention_heads
    w.add_context_length(c.max_position_embeddings)
    w.add_embedding_length(c.hidden_size)
    w.add_block_count(c.num_hidden_layers)
    w.add_feed_forward_length(c.intermediate_size)
    w.add_head_count(c.num_attention_heads)
    w.add_head_count_kv(c.num_key_value_heads)
    w.add_layer_norm_rms_eps(c.rms_norm_eps)
    w.add_rope_freq_base(c.rope_parameters["rope_theta"])
    w.add_key_length(head_dim)
    w.add_value_length(head_dim)
    if arch == "llama":
        w.add_rope_dimension_count(head_dim)
        w.add_vocab_size(c.vocab_size)
    add_vocabulary(w, tokenizer, pre, c.vocab_size)
    for name, tensor in model.state_dict().items():
        if name == "lm_head.weight" and c.tie_word_embeddings:
            continue
        data = tensor.float().numpy()
        if arch == "llama" and name.endswith(("q_proj.weight", "k_proj.weight")):
            data = interleave(data, c.num_attention_heads if "q_proj" in name else c.num_key_value_heads)
        data = np.ascontiguousarray(data)
        if data.ndim == 1 or kind == gguf.GGMLQuantizationType.F32:
            w.add_tensor(gguf_name(name), data)
        elif kind == gguf.GGMLQuantizationType.F16:
            w.add_tensor(gguf_name(name), data.astype(np.float16))
        else:
            w.add_tensor(gguf_name(name), gguf.quants.quantize(data, kind), raw_dtype=kind)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def add_vocabulary(w, tokenizer, pre, rows):
    spec = json.loads(tokenizer.to_str())
    tokens = [tokenizer.id_to_token(i) or f"[PAD{i}]" for i in range(rows)]
    special = {t["content"] for t in spec["added_tokens"] if t["special"]}
    if pre is None:
        kinds = [6 if t.startswith("<0x") else 3 if t in special else 1 for t in tokens]
        kinds[0] = 2
        ranks = {"".join(m): -float(i) for i, m in enumerate(spec["model"]["merges"])}
        w.add_tokenizer_model("llama")
        w.add_token_list(tokens)
        w.add_token_scores([ranks.get(t, -1000.0) for t in tokens])
        w.add_token_types(kinds)
        w.add_bos_token_id(1)
        w.add_eos_token_id(2)
        w.add_unk_token_id(0)
        w.add_add_bos_token(True)
        w.add_add_space_prefix(True)
        w.add_chat_template(INST)
        return
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre(pre)
    w.add_token_list(tokens)
    w.add_token_types([3 if t in special else 5 if t.startswith("[PAD") else 1 for t in tokens])
    w.add_token_merges([" ".join(m) for m in spec["model"]["merges"]])
    w.add_eos_token_id(tokenizer.token_to_id("<|im_end|>" if pre == "qwen2" else "<|eot_id|>"))
    if pre == "llama-bpe":
        w.add_bos_token_id(tokenizer.token_to_id("<|begin_of_text|>"))
        w.add_add_bos_token(True)
    else:
        w.add_add_bos_token(False)
        w.add_chat_template(CHATML)


SPLITS = ["gpt-2", "starcoder", "llama-bpe", "smaug-bpe", "qwen2", "tekken", "gpt-4o", "deepseek-v3", "deepseek-coder",
          "seed-coder", "refact", "dbrx", "mellum", "pixtral", "glm4", "chatglm-bpe", "qwen35", "deepseek-llm"]
SPLIT_TEXTS = TEXTS + [
    "It's Don't WE'LL  they'VE 3.14159 1000000 x2y  \n\n\n  def f(a,b):\n\treturn a+b//c  \r\n\r\n",
    "camelCaseName HTTPServer snake_case_name __init__ ALLCAPS lowerCASE éÉcole ÑandÚ",
    "日本語のテキスト、中文文本。 한국어 텍스트 ١٢٣ ½ Ⅷ  \u00a0\u2003x  a\u0301e\u0308",
    "!!!???... --- ==> ((([[{{}}]])))  ;;;\n//////\n**bold** #tag @user $var %d ^x ~y `code` <b>\n",
    "   leading and trailing   ", "tab\t\tseparated\n \n \n", "a  b   c    d", "\U0001f600\U0001f468\u200d\U0001f469 emoji",
    "\x01\x02 \x1b[31mred\x1b[0m \x7f bell\x07 form\x0cfeed vt\x0b nel\u0085 ls\u2028 ps\u2029 zw\u200b\ufeff end",
    "values = [" + "1024, -7, 0x1F, " * 120 + "]",
    "public static void main(String[] args) throws IOException { List<Map<String, int[]>> all = new ArrayList<>(); }",
    "func (s *Server) Handle(w http.ResponseWriter, r *http.Request) { go func() { ch <- struct{}{} }() }",
    "impl<'a, T: Clone + 'static> Iterator for Rows<'a, T> { fn next(&mut self) -> Option<&'a T> { self.0?.pop() } }",
    "<?php $rows = $db->query(\"SELECT * FROM t WHERE id='{$_GET['id']}'\"); foreach ($rows as $k => $v): ?>\n<b><?= $v ?></b>",
    "const f = async ({a, ...rest}) => `${await g(a)}-${rest?.b ?? 0}`; // don't\n/^[\\w.+-]+@\\d{2,}$/u.test(x)",
    "class Note < ApplicationRecord\n  scope :mine, ->(u) { where(user: u) }\n  def to_s = \"#{id}: #{title&.strip}\"\nend",
    "fun <T> List<T>.second(): T? = getOrNull(1)?.also { println(\"$it ${it!!::class}\") }",
    "var q = from u in db.Users where u.Id == id select new { u.Name, Age = u.Age ?? default };",
    "template <typename T, size_t N> auto get(T (&a)[N]) noexcept -> decltype(a[0]) { return a[N-1]; } // 'q' \"s\"\n#define X(a) #a##_t",
    "Привет, мир! Ελληνικά κείμενο 1,234.50 € עברית עם רווחים हिन्दी पाठ ภาษาไทย ꭰꮿ ՀայերեՆ ﬁ Ⓐ ª º µ ǅ",
]


def splits_fixture():
    """How llama.cpp cuts text under each name: a vocabulary whose merges run across every border shows where."""
    folder = fresh("splits")
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)
    trainer = trainers.BpeTrainer(vocab_size=1100, show_progress=False, min_frequency=1,
                                  initial_alphabet=pre_tokenizers.ByteLevel.alphabet())
    tokenizer.train_from_iterator(SPLIT_TEXTS * 2, trainer)
    tokenizer.add_special_tokens([AddedToken(s, special=True) for s in ["<|im_end|>", "<|eot_id|>", "<|begin_of_text|>"]])
    spec = json.loads(tokenizer.to_str())
    golden = {}
    for name in SPLITS:
        path = folder / "vocabulary.gguf"
        w = gguf.GGUFWriter(str(path), "llama")
        add_vocabulary(w, tokenizer, name, tokenizer.get_vocab_size())
        w.write_header_to_file()
        w.write_kv_data_to_file()
        w.write_tensors_to_file()
        w.close()
        llama = llama_cpp.Llama(str(path), vocab_only=True, verbose=False)
        golden[name] = [llama.tokenize(t.encode(), add_bos=False, special=False) for t in SPLIT_TEXTS]
        path.unlink()
    tokens = [tokenizer.id_to_token(i) for i in range(tokenizer.get_vocab_size())]
    merges = [" ".join(m) for m in spec["model"]["merges"]]
    (folder / "golden.json").write_text(json.dumps(
        {"tokens": tokens, "merges": merges, "texts": SPLIT_TEXTS, "splits": golden}, ensure_ascii=False) + "\n")
    print("splits", {name: sum(map(len, ids)) for name, ids in golden.items()})


def main():
    splits_fixture()
    torch.set_num_threads(1)
    llama3 = byte_level(LLAMA3, [
        "<|begin_of_text|>", "<|end_of_text|>", "<|start_header_id|>", "<|end_header_id|>", "<|eot_id|>"])
    qwen = byte_level(QWEN2, ["<|endoftext|>", "<|im_start|>", "<|im_end|>"], normalizers.NFC())
    mistral = sentencepiece_like()

    shape = dict(hidden_size=64, intermediate_size=96, num_hidden_layers=2, num_attention_heads=4,
                 num_key_value_heads=2, max_position_embeddings=256, rms_norm_eps=1e-5)
    llama3_id, qwen_id = llama3.token_to_id, qwen.token_to_id

    safetensors_fixture("llama", randomise(LlamaForCausalLM(LlamaConfig(
        **shape, vocab_size=336, bos_token_id=llama3_id("<|begin_of_text|>"), eos_token_id=llama3_id("<|eot_id|>"),
        rope_parameters={"rope_type": "llama3", "rope_theta": 10000.0, "factor": 8.0, "low_freq_factor": 1.0,
                         "high_freq_factor": 4.0, "original_max_position_embeddings": 64})), 1),
        llama3, torch.bfloat16, "<|begin_of_text|>")
    safetensors_fixture("mistral", randomise(MistralForCausalLM(MistralConfig(
        **{**shape, "hidden_size": 48, "num_attention_heads": 3, "num_key_value_heads": 1}, vocab_size=400,
        bos_token_id=1, eos_token_id=2, sliding_window=24, head_dim=16, tie_word_embeddings=True)), 2), mistral, torch.float32, "<s>")
    safetensors_fixture("qwen2", randomise(Qwen2ForCausalLM(Qwen2Config(
        **shape, vocab_size=336, tie_word_embeddings=True, bos_token_id=None, eos_token_id=qwen_id("<|im_end|>"),
        rope_parameters={"rope_type": "linear", "rope_theta": 100000.0, "factor": 2.0})), 3),
        qwen, torch.float16, None, CHATML)
    safetensors_fixture("qwen3", randomise(Qwen3ForCausalLM(Qwen3Config(
        **shape, vocab_size=336, tie_word_embeddings=True, head_dim=32, bos_token_id=None,
        eos_token_id=qwen_id("<|im_end|>"),
        rope_parameters={"rope_type": "yarn", "rope_theta": 10000.0, "factor": 4.0,
                         "original_max_position_embeddings": 64})), 4),
        qwen, torch.bfloat16, None, CHATML)

    kinds = gguf.GGMLQuantizationType
    plain = {"rope_type": "default", "rope_theta": 10000.0}
    gguf_fixture("llama-q8", "llama", randomise(LlamaForCausalLM(LlamaConfig(
        **shape, vocab_size=336, rope_parameters=plain)), 5), llama3, "llama-bpe", kinds.Q8_0)
    gguf_fixture("llama-spm-f16", "llama", randomise(LlamaForCausalLM(LlamaConfig(
        **{**shape, "hidden_size": 48, "num_attention_heads": 3, "num_key_value_heads": 1}, vocab_size=400,
        tie_word_embeddings=True, rope_parameters=plain)), 6), mistral, None, kinds.F16)
    gguf_fixture("qwen3-q8", "qwen3", randomise(Qwen3ForCausalLM(Qwen3Config(
        **shape, vocab_size=336, tie_word_embeddings=True, head_dim=32, rope_parameters=plain)), 7),
        qwen, "qwen2", kinds.Q8_0)
    gguf_fixture("qwen2-q4km", "qwen2", randomise(Qwen2ForCausalLM(Qwen2Config(
        **{**shape, "hidden_size": 256, "num_hidden_layers": 1, "intermediate_size": 256,
           "num_key_value_heads": 1}, vocab_size=336,
        tie_word_embeddings=True, rope_parameters=plain)), 8), qwen, "qwen2", "Q4_K_M")


if __name__ == "__main__":
    main()
