"""Writes labelled twin programs: `OUT/programs/<hundreds>/<id>/<files>` and `OUT/labels.jsonl`.

In: a seed and a count. Out: pairs of a vulnerable and a safe program that look alike, each with the file and lines that
decide. Deliberately absent: the scanner; `label.py` joins its candidates with these labels.
Whole families are set aside for testing: `split` is a fixed hash of the family's name, so training never sees them.
"""
import argparse
import importlib
import json
import os
import random

import twins
from dress import Dresser
from names import Names
from parts import split
from weave import PAIRS, Impossible, weave

LANGUAGES = {"python": 1.4, "javascript": 1.0, "typescript": 0.7, "java": 1.2, "go": 1.0, "c": 1.2, "cpp": 0.9,
             "php": 0.9, "ruby": 0.6, "csharp": 0.8, "kotlin": 0.5, "rust": 0.5}
# How many of a language's pairs come from text templates, where that is not the usual share.
TWIN_SHARE = {"c": 0.6, "cpp": 0.45, "rust": 0.3}
FOLDERS = ["src", "app", "lib", "core", "api", "server", "internal", "service", "backend", "web", "pkg", "main"]
# Mechanisms that the scanner itself sees through, or that are easy.
RARER = {"cast": 0.4, "overwrite": 0.5, "decided": 0.6, "elsewhere": 0.5, "reach": 0.6, "plain": 0.6, "context": 0.8}
TAGS = ("src", "step", "sink", "guard", "fact", "free", "log")


def tables(language):
    module = importlib.import_module({"typescript": "flows_javascript", "cpp": "flows_c"}.get(language, f"flows_{language}"))
    if language in ("c", "cpp"):
        return module.data(language)
    return module.data(language == "typescript") if hasattr(module, "data") else module.DATA


def strip(program):
    """Marks off: the files' lines, and `{tag: [(file, line)]}`."""
    marks, files = {tag: [] for tag in TAGS}, []
    for path, lines in program.files:
        clean = []
        for line in lines:
            while "@@" in line:
                line, _, rest = line.rpartition("@@")
                tag = next(t for t in TAGS if rest.startswith(t))
                line += rest[len(tag):]
                marks[tag].append((path, len(clean) + 1))
            clean.append(line.rstrip())
        files.append((path, clean))
    return files, marks


def write(out, ident, pair, folder, program, log):
    """One program; `folder` is the same for both twins, since briefs show it."""
    program.files = [(path if "/" in path else f"{folder}/{path}", lines) for path, lines in program.files]
    files, marks = strip(program)
    if len(marks["sink"]) != 1 or (not program.vulnerable and not marks["guard"] and program.reason != "harmless"):
        raise ValueError(f"{program.family}: {marks}")
    for path, lines in files:
        target = os.path.join(out, "programs", f"c{int(pair[1:]) // 250:03d}", ident, path)
        os.makedirs(os.path.dirname(target), exist_ok=True)
        with open(target, "w", encoding="utf-8") as file:
            file.write("\n".join(lines) + "\n")
    path, sink = marks["sink"][0]
    source = (marks["src"] or marks["sink"])[0]
    guard = marks["guard"][0] if marks["guard"] else (path, 0)
    fact = marks["fact"][0] if marks["fact"] else (path, 0)
    log.write(json.dumps({
        "id": ident, "pair": pair, "family": program.family, "split": split(program.family), "language": program.language,
        "cwe": program.cwe, "vulnerable": program.vulnerable, "file": path, "sink_line": sink,
        "source_file": source[0], "source_line": source[1], "step_lines": [[f, n] for f, n in marks["step"]],
        "guard_file": guard[0], "guard_line": guard[1], "fact_file": fact[0], "fact_line": fact[1], "reason": program.reason,
        "free": marks["free"], "logged": marks["log"]}) + "\n")


def flow_pair(rng, language, data):
    cwes = sorted(data["sinks"])
    cwe = rng.choices(cwes, [len(data["sinks"][c]) ** 0.7 for c in cwes])[0]
    sink, seed = rng.choice(data["sinks"][cwe]), rng.randrange(10 ** 9)
    pair = rng.choices(PAIRS, [RARER.get(p[0], 1.0) for p in PAIRS])[0]
    return [weave(language, data, cwe, sink, pair, safe, seed) for safe in (False, True)]


def twin_pair(rng, language, templates):
    template = rng.choice([t for t in templates if language in t.languages])
    seed = rng.randrange(10 ** 9)
    return [twins.make(template, language, rng.choice(template.bad), seed),
            twins.make(template, language, rng.choice(sorted(template.good)), seed)]


def generate(out, pairs, seed, share=None, languages=tuple(LANGUAGES), dresser=None, dressed=0.0):
    """Writes `pairs` pairs; returns how many of which language. `share` of them come from text templates; by default
    that depends on the language. The share `dressed` of them looks like ordinary code."""
    rng, templates = random.Random(seed), twins.load()
    data = {language: tables(language) for language in languages}
    shares = [LANGUAGES[language] for language in languages]
    written = {language for template in templates for language in template.languages}
    os.makedirs(out, exist_ok=True)
    count, tried = {}, 0
    with open(os.path.join(out, "labels.jsonl"), "w", encoding="utf-8") as log:
        done = 0
        while done < pairs:
            tried += 1
            language = rng.choices(languages, shares)[0]
            Names.ordinary = dresser.names(language) if dresser and dresser.rng.random() < dressed else None
            try:
                if language in written and rng.random() < (share or TWIN_SHARE.get(language, 0.25)):
                    both = twin_pair(rng, language, templates)
                else:
                    both = flow_pair(rng, language, data[language])
            except Impossible:
                continue
            folder = rng.choice(FOLDERS)
            if Names.ordinary:
                dresser.dress(both)
            for side, program in enumerate(both):
                write(out, f"p{done:05d}{'ab'[side]}", f"p{done:05d}", folder, program, log)
            done += 1
            count[language] = count.get(language, 0) + 1
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("out")
    parser.add_argument("--pairs", type=int, default=7000)
    parser.add_argument("--seed", type=int, default=20)
    parser.add_argument("--twins", type=float, help="share of pairs that come from text templates")
    parser.add_argument("--languages", default=",".join(LANGUAGES))
    parser.add_argument("--dress", help="vocabulary of `dress.py harvest`")
    parser.add_argument("--dressed", type=float, default=0.6, help="share of pairs that look like ordinary code")
    args = parser.parse_args()
    dresser = Dresser(args.dress, args.seed) if args.dress else None
    print(generate(args.out, args.pairs, args.seed, args.twins, args.languages.split(","), dresser, args.dressed))


if __name__ == "__main__":
    main()
