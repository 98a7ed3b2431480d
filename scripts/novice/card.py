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
1. Our own programs: {programs} in {pairs} pairs of twins, written by `scripts/novice/generate.py`: a vulnerable and a safe program that look alike, \
over {cwes} weaknesses and {languages} languages ({families} families). A family is a language, a weakness, a dangerous API and a pair of mechanisms, for \
instance "encoder for this context / for another one", "check that leaves / that only logs", "check of this variable / of another one". Names, frameworks, \
way of building text, length, number of hops, files, dead code and comments (true and lying) vary.
2. Ordinary code: what the scanner raises in released open-source projects: PyPI, Debian and npm (`scripts/novice/ordinary.txt` lists them with versions), all of it \
called safe, since nearly all of it is false alarms; short direct flows of the gravest kinds are left out.
3. Labelled development corpora that allow it: Juliet 1.3 for C and for Java (public domain) and gosec's samples (Apache-2.0). Training rows are written \
eight times over, each with other names, so that what is learnt is the code and not the suite.

The scanner itself rendered all of it, so training text equals scan text. No other benchmark, no data from users.

{data_table}

## Recipe
`CORPORA=DIR sh scripts/novice/make.sh ANCHORITE WORK` regenerates everything in one piece, from random weights. {recipe} Examples are drawn by \
origin ({shares}) and, inside an origin, rare cards and languages above their number; {prior:.0%} of the weight in the loss is on vulnerable ones.

## Splits
Set aside by a fixed hash of the family's name, never trained on:
- *combination*: an API and a mechanism that were each seen, never together;
- *api*: a dangerous API (with all its mechanisms) that was never seen for this language and weakness;
- *template*: a hand-written template, all variants of it, in all languages. Templates written later share
  some APIs with held-out ones (TLS settings, secrets), which flatters the template figures of CWE-295 and CWE-798.

Other authors' code is split by a fixed hash of the weakness's number (Juliet; the same number in C and Java falls together), of the rule (gosec), and by \
project, into `train`, `fit` (nothing but the scaling of the manifest) and `test` (nothing but the figures below):

{parts}

## Measured: other authors' code
Candidates of the part `test` that are kept (detect says yes and verify says stands, their log-odds scaled as the manifest says: {scaling}), 95 % intervals in brackets (Wilson). \
"Keeps everything" is the scanner without a model. A candidate in a fixed function counts as safe, also one about another weakness than the function's. \
The bag of tokens is a logistic regression on which tokens occur, trained on the same rows and fitted on the same part.

{foreign_table}

Area under the ROC curve of detect: {areas}. Expected calibration error on the corpora, scaled: {ece}. Of {named[1]} weak \
candidates kept, the verifier names the right sink line for {named[0]}; the scanner lets it choose only among the lines of the sink.

{corpus_table}

{foreign_language}

{foreign_cwe}

{project_table}

## Measured: our own programs
95 % intervals in brackets (Wilson). "Pairs" counts twins of which both were judged rightly; "ordered" counts twins of which the vulnerable one got the higher
probability. "Exact" also wants every line number right. Measured in float32 before quantising, as trained. {engine}

{tables}

Detect and verify together, unseen families, with the scaling that suits other authors' code and as trained:

{own_table}

Controls on the same unseen families (detect):

{controls}

Weaknesses, unseen families, detect:

{cwe_table}

Languages, unseen families, detect:

{language_table}

## Known failures
{foreign}{plain}- It was taught what is a false alarm mostly by ordinary Python; see the table of languages for how few ordinary candidates others gave.
- That ordinary code is safe is assumed, not checked: a real weakness among those projects was taught as safe.
- The corpora's safe functions differ from their weak ones in few ways, and the scanner sees most of these itself: what is left to tell apart there is little.
- Programs of this generator are short and their authors alike; on real repositories expect less than the numbers above.
- "Unseen combination" is the mildest test: both halves were seen. "Unseen template" is the hardest.
- What the brief does not show it cannot know: a check in a function that was left out is a coin toss ({undecidable}).
- Weaknesses with the fewest families (see the table) are close to guessing. So are weaknesses that are not in the table at all.
- The scaling keeps weak candidates at the price of safe ones, and counts both as equally common: its probabilities do not say how rare weaknesses are.
- An API that stood in none of the training families is judged by its surroundings alone, often wrongly (see "unseen api" and "unseen template").
- A number is compared digit by digit and often wrongly: off-by-one errors, sizes and conditions decided by arithmetic.
- It can be misled by code written to mislead it. The scanner's rules, not the model, decide what is reported.
"""


def share(kept, interval, total):
    return f"{kept} of {total} ({kept / total:.2f} [{interval[0]:.2f}, {interval[1]:.2f}])" if total else "-"


def kept_row(name, m):
    return f"| {name} | {share(m['weak_kept'], m['weak_kept_95'], m['weak'])} | {share(m['safe_kept'], m['safe_kept_95'], m['safe'])} |"


def kept_table(what, block):
    return "\n".join([f"| {what} | weak kept | safe kept |", "|---|---|---|"] + [kept_row(name, m) for name, m in block.items()])


NOTHING = {"weak": 0, "weak_kept": 0, "weak_kept_95": [0, 1], "safe": 0, "safe_kept": 0, "safe_kept_95": [0, 1], "balanced": 0.5, "precision_before": 0.0, "precision_after": 0.0}


def judges(foreign):
    """The judges side by side: corpora, then ordinary projects."""
    foreign = {name: {"corpora": NOTHING, "ordinary": NOTHING} | block for name, block in foreign.items()}
    out = ["| judge | corpora: weak kept | corpora: safe kept | balanced accuracy | precision of what is kept | ordinary: kept |", "|---|---|---|---|---|---|"]
    first = foreign["novice"]["corpora"]
    out.append(f"| keeps everything | {first['weak']} of {first['weak']} | {first['safe']} of {first['safe']} | 0.50 | {first['precision_before']:.3f} | {foreign['novice']['ordinary']['safe']} of {foreign['novice']['ordinary']['safe']} |")
    for name in ("novice", "novice as trained", "bag of tokens", "bag of tokens, shuffled labels"):
        a, b = foreign[name]["corpora"], foreign[name]["ordinary"]
        out.append(f"| {name} | {share(a['weak_kept'], a['weak_kept_95'], a['weak'])} | {share(a['safe_kept'], a['safe_kept_95'], a['safe'])} | {a['balanced']:.2f} | "
                   f"{a['precision_after']:.3f} | {share(b['safe_kept'], b['safe_kept_95'], b['safe'])} |")
    return "\n".join(out)


def foreign_parts(metrics):
    """The fields of the card that tell of other authors' code."""
    foreign = metrics["foreign"]
    rows = ["| origin | part | weak candidates | safe candidates |", "|---|---|---|---|"]
    count = {(o, p, v): n for o, p, v, n in metrics["data"]["candidates"]}
    rows += [f"| {o} | {p} | {count.get((o, p, True), 0):,} | {count.get((o, p, False), 0):,} |" for o, p in sorted({key[:2] for key in count})]
    parts = [f"- {o}, {p}: {', '.join(names)}" for o, p, names in metrics["data"]["names"] if o != "securityeval"]
    areas = [f"{name} {foreign[name]['auc']['corpora']:.3f} on the corpora, {foreign[name]['auc']['both']:.3f} on all of it" for name in ("novice", "bag of tokens", "bag of tokens, shuffled labels")]
    a, b = (foreign[name]["auc"] for name in ("novice", "bag of tokens"))
    weak = foreign["novice"].get("corpora", NOTHING)
    lines = ""
    if a["both"] < b["both"]:
        lines += ("- **On other authors' code a bag of tokens ranks candidates better than the novice does** (areas above): much of what it learnt there is how code of one "
                  "origin reads. It tells ordinary code from written test programs far better than weak from safe code of one origin.\n")
    if weak["weak"] and weak["weak_kept"] / weak["weak"] < 0.95:
        lines += (f"- The scaling was fitted to lose at most one weak candidate in twenty; on the weaknesses measured here it loses {weak['weak'] - weak['weak_kept']} of {weak['weak']}. "
                  f"Of the safe ones of the same corpora it dismisses {weak['safe'] - weak['safe_kept']} of {weak['safe']}.\n")
    if min(slope for slope, _ in foreign["scaling"].values()) < 0.3:
        lines += "- The slopes are small: its odds on unseen code are far too sure as trained.\n"
    return {"plain": lines, "named": foreign["novice"].get("sink_named", [0, 0]), "prior": metrics["data"]["prior"], "shares": metrics["data"]["shares"].replace(",", ", ").replace("=", " "), "data_table": "\n".join(rows), "parts": "\n".join(parts), "scaling": ", ".join(f"{task} {slope:.2f} x {shift:+.2f}" for task, (slope, shift) in foreign["scaling"].items()),
            "foreign_table": judges(foreign), "areas": "; ".join(areas), "ece": ", ".join(f"{task} {e:.3f}" for task, e in foreign["calibration error"].items()),
            "own_table": kept_table("our own programs", foreign["own"]), "corpus_table": kept_table("corpus (securityeval has weak ones only)", foreign["by corpus"]), "foreign_language": kept_table("language", foreign["by language"]),
            "foreign_cwe": kept_table("weakness (corpora)", foreign["by cwe"]), "project_table": kept_table("ordinary project", foreign["by project"])}


def recipe(path):
    """What the training log says."""
    with open(path, encoding="utf-8") as file:
        lines = [json.loads(line) for line in file]
    if not lines:
        return ""
    last = lines[-1]
    return f"These weights: {last['minutes']:.0f} minutes of training on two cores that were busy with other work, {last['seen'] / 1e6:.1f} million tokens, {last['step']:,} steps."


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
    parser.add_argument("--log", help="the training log")
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
        families=f"{len({r['family'] for r in labels}):,}", engine=args.engine, foreign=f"- {args.foreign}\n" if args.foreign else "", recipe=recipe(args.log) if args.log else "", **foreign_parts(metrics), tables=tables.rstrip(), controls=rows(metrics["controls"], metrics["controls"]),
        cwe_table=short(metrics["detect"]["by cwe"]), language_table=short(metrics["detect"]["by language"]),
        undecidable=f"{unseen['examples'] - sure['examples']} of the {unseen['examples']} test examples")
    with open(os.path.join(args.folder, "README.md"), "w", encoding="utf-8") as file:
        file.write(text)


if __name__ == "__main__":
    main()
