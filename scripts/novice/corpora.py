"""Joins the scanner's briefs of a labelled development corpus with its labels: examples by other authors than ours.

In: JSONL of `anchorite brief`, the corpus's labels (JSONL with path, cwe, vulnerable and ranges of lines). Out: examples.
A corpus is split by weakness, with a fixed hash: some weaknesses train (`train`), some fit the scaling (`fit`), some only
measure (`test`). Training rows are written several times over, each with other names, so that what is learnt is the code and
not the suite; `fit` and `test` rows stay as the scanner wrote them. Start at `join`.
"""
import argparse
import collections
import json
import random
import re
import sys

from label import compatible
from parts import hashed
from rename import declared, renamed


# Chosen, before anything was trained, so that each part has weaknesses with safe candidates.
SALT = 657


def folder(label):
    """What is kept together: a weakness's number in Juliet, a rule in gosec."""
    match = re.match(r"J[CJ]-(CWE\d+)_|GS-(G\d+)", label["id"])
    return (match.group(1) or match.group(2)) if match else "other " + label["cwe"]


def part(name):
    """`train`, `fit` or `test`, for good; weaknesses without a suite's number only measure."""
    if not re.match(r"CWE\d+$|G\d+$", name):
        return "test"
    at = hashed(f"folder {SALT} {name}")
    return "train" if at < 0.6 else "fit" if at < 0.78 else "test"


def fitting(row, labels):
    """The label that this candidate is about, where all that match agree."""
    sink = row["candidate"]["trace"][-1]
    inside = [x for x in labels.get(sink["path"], []) if any(a <= sink["line"] <= b for a, b in x.get("ranges") or [[1, 10 ** 9]])]
    near = [x for x in inside if compatible(row["candidate"]["card"], x["cwe"])]
    if not near:  # a candidate about another weakness in a fixed function is a false alarm too, as far as the suite's authors know
        near = [x for x in inside if not x["vulnerable"]] if not any(x["vulnerable"] for x in inside) else []
    return near[0] if len({x["vulnerable"] for x in near}) == 1 else None


def replies(row, label):
    """Answers with the best line numbers that the labels allow: they say which function is safe, not which line makes it so."""
    shown = {(line["path"], line["line"]): line["number"] for line in row["lines"]}
    trace = row["candidate"]["trace"]
    at = lambda step: shown.get((step["path"], step["line"]), 0)
    sink = at(trace[-1])
    source = at(trace[0]) or sink
    if label["vulnerable"]:
        middle = [n for n in map(at, trace[1:-1]) if n and n not in (source, sink)]
        return f"yes {source} {sink}", f"stands {source} {(middle or [sink])[0]} {sink}"
    guard = re.search(r"^(\d+)\?", row["text"], re.M)
    if guard:
        return f"no {guard.group(1)}", f"falls guarded {guard.group(1)}"
    return f"no {source}", f"falls harmless {source}"


def examples(row, label, corpus, own, views, rng):
    name, candidate = folder(label), row["candidate"]
    detect, verify = replies(row, label)
    base = {"id": label["id"], "pair": label.get("pair", label["id"]), "family": f"{corpus}/{name}", "split": part(name), "origin": corpus,
            "language": candidate["language"], "cwe": label["cwe"], "card": candidate["card"], "vulnerable": label["vulnerable"], "key": candidate["id"],
            "certain": True, "beside": not compatible(candidate["card"], label["cwe"]), "head": f"{candidate['card']} {candidate['language']} {row['name']}\n"}
    if base["split"] != "train":
        yield {**base, "task": "detect", "text": row["text"], "answer": detect}
        yield {**base, "task": "verify", "text": row["text"], "answer": verify}
        return
    for view in range(views):
        text = renamed(row["text"], own, candidate["language"], rng)
        yield {**base, "task": "detect" if view % 2 == 0 else "verify", "text": text, "answer": detect if view % 2 == 0 else verify}


def join(rows, labels, corpus, root, views, seed):
    by_file, count, out, names = collections.defaultdict(list), collections.Counter(), [], {}
    for label in labels:
        by_file[label["path"]].append(label)
    for row in rows:
        label = fitting(row, by_file)
        if label is None:
            count["dropped"] += 1
            continue
        files = sorted({line["path"] for line in row["lines"]})
        for path in files:
            if path not in names:
                names[path] = declared(root, path)
        own = set().union(*(names[path] for path in files))
        count[part(folder(label)), label["vulnerable"]] += 1
        out += examples(row, label, corpus, own, views, random.Random(f"{seed} {row['candidate']['id']}"))
    return out, count


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("corpus")
    parser.add_argument("briefs")
    parser.add_argument("labels")
    parser.add_argument("root", help="the folder that was scanned")
    parser.add_argument("out")
    parser.add_argument("--views", type=int, default=8, help="how often a training row is written, each time with other names")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    read = lambda path: [json.loads(line) for line in open(path, encoding="utf-8")]
    labels = read(args.labels)
    out, count = join(read(args.briefs), labels, args.corpus, args.root, args.views, args.seed)
    with open(args.out, "w", encoding="utf-8") as file:
        for row in out:
            file.write(json.dumps(row, ensure_ascii=False) + "\n")
    by = collections.defaultdict(set)
    for label in labels:
        by[part(folder(label))].add(folder(label))
    for key in ("train", "fit", "test"):
        print(f"{args.corpus} {key}: {count[key, True]} weak, {count[key, False]} safe candidates; {' '.join(sorted(by[key]))}", file=sys.stderr)
    print(f"{args.corpus}: {count['dropped']} candidates about nothing that is labelled, {len(out)} examples", file=sys.stderr)


if __name__ == "__main__":
    main()
