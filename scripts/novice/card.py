"""Writes the novice's model card.

In: the model folder, `metrics.json` of `evaluate.py`, the training log, the labels' file. Out: `README.md` in the folder.
"""
import argparse
import json
import os

import gguf

from export import digest
from train import read

TEXT = """# The novice: the starter model inside the scanner

A decoder of {millions:.2f} million parameters (Qwen3 shape: {layers} layers, width {width}, {heads} heads of {head}, {kv} key/value heads, \
feed-forward {inner}, context {context}), trained from scratch by this project on one two-core machine. It lets the scanner run with nothing \
installed, and it is the floor that any model you bring should clear. It is no match for a large code model: treat its verdicts as a sorting aid.

| file | bytes | SHA-256 |
|---|---|---|
{files}

Licence: Apache-2.0, like the project. No third party's weights went into it.

## What it does
Two tasks, each on one brief (the slice of code that the scanner cuts for one candidate), in a fixed terse form and nothing else:
- `detect`: is the candidate a real weakness? Replies `yes SOURCE SINK` or `no LINE`.
- `verify`: does the claim stand? Replies `stands SOURCE STEP SINK`, `falls guarded|unreachable|harmless|inconsistent LINE`, or `unsure`.

It cannot chat, explain or patch. Replies are constrained by the scanner's grammar, and every line they point at is checked by code.

## Data
{programs} programs in {pairs} pairs of twins, written by `scripts/novice/generate.py`: a vulnerable and a safe program that look alike, over {cwes} \
weaknesses and {languages} languages ({families} families). A family is a language, a weakness, a dangerous API and a pair of mechanisms, for instance \
"encoder for this context / for another one", "check that leaves / that only logs", "check of this variable / of another one". Names, frameworks, \
way of building text, number of hops, files, dead code and comments (true and lying) vary. The scanner itself rendered the briefs, so training text \
equals scan text. The tokenizer also read the Python standard library and a few packages from PyPI. Nothing else was used: no public vulnerability
benchmark, no data from users.

## Recipe
`sh scripts/novice/make.sh` regenerates everything. {recipe}

## Splits
Set aside by a fixed hash of the family's name, never trained on:
- *combination*: an API and a mechanism that were each seen, never together;
- *api*: a dangerous API (with all its mechanisms) that was never seen for this language and weakness;
- *template*: a hand-written template, all variants of it, in all languages. Templates written later share
  some APIs with held-out ones (TLS settings, secrets), which flatters the template figures of CWE-295 and CWE-798.

## Measured
95 % intervals in brackets (Wilson). "Pairs" counts twins of which both were judged rightly; "ordered" counts twins of which the vulnerable one got the higher
probability. "Exact" also wants every line number right. Measured in float32 before quantising. {engine}

{tables}

Controls on the same unseen families (detect):

{controls}

Weaknesses, unseen families, detect:

{cwe_table}

Languages, unseen families, detect:

{language_table}

## Known failures
- Programs of this generator are short and their authors alike; on real repositories expect less than the numbers above.
{foreign}- "Unseen combination" is the mildest test: both halves were seen. "Unseen template" is the hardest, and there the twins are hardly told apart.
- What the brief does not show it cannot know: a check in a function that was left out is a coin toss ({undecidable}).
- Weaknesses with the fewest families (see the table) are close to guessing. So are weaknesses that are not in the table at all.
- It was trained on programs half of which are vulnerable, so its probabilities are too high where weaknesses are rare.
- An API that stood in none of the training families is judged by its surroundings alone, often wrongly (see "unseen api" and "unseen template").
- A number is compared digit by digit and often wrongly: off-by-one errors, sizes and conditions decided by arithmetic.
- It can be misled by code written to mislead it. The scanner's rules, not the model, decide what is reported.
"""


def interval(m, key):
    return f"{m[key]:.3f} [{m[key + '_95'][0]:.3f}, {m[key + '_95'][1]:.3f}]"


def rows(block, names):
    out = ["| | n | accuracy | balanced | AUC | pairs, both right | pairs, ordered | exact |", "|---|---|---|---|---|---|---|---|"]
    for name in names:
        m = block[name]
        if m["examples"]:
            exact = interval(m, "reply_exact") if "reply_exact" in m else "-"
            out.append(f"| {name} | {m['examples']} | {interval(m, 'accuracy')} | {m['balanced']:.3f} | {m['auc']:.3f} | {interval(m, 'pairs_both_right')} | {interval(m, 'pairs_ordered')} | {exact} |")
    return "\n".join(out)


def short(block):
    out = ["| | n | accuracy | pairs, both right |", "|---|---|---|---|"]
    return "\n".join(out + [f"| {k} | {m['examples']} | {interval(m, 'accuracy')} | {m['pairs_both_right']:.2f} of {m['pairs']} |" for k, m in block.items()])


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder")
    parser.add_argument("metrics")
    parser.add_argument("labels", nargs="+")
    parser.add_argument("--recipe", default="")
    parser.add_argument("--engine", default="", help="a sentence on how the scanner's engine agrees with this measurement")
    parser.add_argument("--foreign", default="", help="a sentence on programs by other authors")
    args = parser.parse_args()
    with open(args.metrics, encoding="utf-8") as file:
        metrics = json.load(file)
    labels = read(args.labels)
    reader = gguf.GGUFReader(os.path.join(args.folder, "model.gguf"))
    field = lambda name: int(reader.fields["qwen3." + name].contents())
    names = ["train families", "unseen families", "unseen families, decidable", "unseen combination", "unseen api", "unseen template"]
    tables = "".join(f"{task}:\n\n{rows(metrics[task], names)}\n\n" for task in ("detect", "verify"))
    unseen, sure = metrics["detect"]["unseen families"], metrics["detect"]["unseen families, decidable"]
    files = "\n".join(f"| `{n}` | {os.path.getsize(os.path.join(args.folder, n)):,} | `{digest(os.path.join(args.folder, n))}` |" for n in ("model.gguf", "tokenizer.json"))
    text = TEXT.format(
        millions=sum(int(t.n_elements) for t in reader.tensors) / 1e6, layers=field("block_count"), width=field("embedding_length"), heads=field("attention.head_count"),
        head=field("attention.key_length"), kv=field("attention.head_count_kv"), inner=field("feed_forward_length"), context=field("context_length"), files=files,
        programs=f"{len(labels):,}", pairs=f"{len(labels) // 2:,}", cwes=len({r["cwe"] for r in labels}), languages=len({r["language"] for r in labels}),
        families=f"{len({r['family'] for r in labels}):,}", engine=args.engine, foreign=f"- {args.foreign}\n" if args.foreign else "", recipe=args.recipe, tables=tables.rstrip(), controls=rows(metrics["controls"], metrics["controls"]),
        cwe_table=short(metrics["detect"]["by cwe"]), language_table=short(metrics["detect"]["by language"]),
        undecidable=f"{unseen['examples'] - sure['examples']} of the {unseen['examples']} test examples")
    with open(os.path.join(args.folder, "README.md"), "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
