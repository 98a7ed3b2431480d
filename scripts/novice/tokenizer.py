"""Trains the novice's byte-level BPE tokenizer.

In: folders of source text. Out: `tokenizer.json`. The split is the one GGUF files call `qwen2` (digits one by one), so
that every reader of GGUF vocabularies splits alike. Deliberately absent: the model.
"""
import argparse
import os
import random

from tokenizers import AddedToken, Regex, Tokenizer, decoders, models, pre_tokenizers, trainers

SPECIALS = ["<|pad|>", "<|begin|>", "<|end|>", "<|detect|>", "<|verify|>", "<|code|>", "<|answer|>", "<|spare0|>",
            "<|spare1|>", "<|spare2|>", "<|spare3|>", "<|spare4|>", "<|spare5|>", "<|spare6|>", "<|spare7|>", "<|spare8|>"]
SPLIT = (r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+")
REPLIES = "yes 1 2\nno 3\nstands 4 5 6\nfalls guarded 7\nfalls unreachable 8\nfalls harmless 9\nfalls inconsistent 0\nunsure\n"
SUFFIXES = (".py", ".js", ".ts", ".tsx", ".php", ".java", ".go", ".c", ".h", ".cc", ".cpp", ".hpp", ".rb", ".cs", ".kt", ".rs")


def blank():
    """A byte-level BPE without merges."""
    tokenizer = Tokenizer(models.BPE())
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence([
        pre_tokenizers.Split(Regex(SPLIT), "isolated"),
        pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
    ])
    tokenizer.decoder = decoders.ByteLevel()
    return tokenizer


def sources(folder, limit, seed):
    """Yields the text of up to `limit` bytes of source files below `folder`, in a seeded order."""
    found = []
    for top, _, names in os.walk(folder):
        found += [os.path.join(top, n) for n in names if n.endswith(SUFFIXES)]
    found.sort()
    random.Random(seed).shuffle(found)
    taken = 0
    for path in found:
        if taken > limit:
            return
        with open(path, encoding="utf-8", errors="replace") as file:
            text = file.read(60_000)
        taken += len(text)
        yield text


def train(folders, size, limit, seed):
    tokenizer = blank()
    trainer = trainers.BpeTrainer(
        vocab_size=size, min_frequency=2, show_progress=False, max_token_length=24,
        special_tokens=[AddedToken(s, special=True, normalized=False) for s in SPECIALS],
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()))
    def texts():
        """The folders' sources, and the replies often enough that each of their words becomes one token."""
        yield REPLIES * 20_000
        for folder in folders:
            yield from sources(folder, limit, seed)

    tokenizer.train_from_iterator(texts(), trainer)
    return tokenizer


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("folders", nargs="+")
    parser.add_argument("--size", type=int, default=8192)
    parser.add_argument("--limit", type=int, default=5_000_000, help="most characters taken per folder")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    tokenizer = train(args.folders, args.size, args.limit, args.seed)
    tokenizer.save(args.out)
    print(f"{args.out}: {tokenizer.get_vocab_size()} tokens")


if __name__ == "__main__":
    main()
