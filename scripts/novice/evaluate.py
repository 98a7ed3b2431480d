"""Measures replies: accuracy, balanced accuracy, twins told apart, per weakness and language, against controls.

In: replies of `predict.py` (or of the scanner, in the same form) and, for the bag-of-tokens control, the examples.
Out: `metrics.json` and a table. Intervals: Wilson for shares of examples, bootstrap over pairs where examples come in
pairs. Start at `summary`.
"""
import argparse
import collections
import json
import random

from tokenizers import Tokenizer

from foreign import measure
from measures import area, bag, balanced, bootstrap, wilson
from train import SHARES, chances, prior, read

def pairs(rows):
    """The rows of each pair that has both twins."""
    by = collections.defaultdict(list)
    for row in rows:
        by[row["pair"]].append(row)
    return [g for g in by.values() if len({r["vulnerable"] for r in g}) == 2]


def summary(rows):
    """Everything said about one set of replies."""
    right = sum((r["p"] >= 0.5) == r["vulnerable"] for r in rows)
    both = pairs(rows)
    strict = lambda gs: sum(all((r["p"] >= 0.5) == r["vulnerable"] for r in g) for g in gs) / max(len(gs), 1)
    order = lambda gs: sum(min(r["p"] for r in g if r["vulnerable"]) > max(r["p"] for r in g if not r["vulnerable"]) for g in gs) / max(len(gs), 1)
    groups = list({r["pair"]: [x for x in rows if x["pair"] == r["pair"]] for r in rows}.values()) if len(rows) < 3000 else [[r] for r in rows]
    flat = lambda gs: balanced([r for g in gs for r in g])
    out = {"examples": len(rows), "accuracy": round(right / max(len(rows), 1), 4), "accuracy_95": wilson(right, len(rows)),
           "balanced": round(balanced(rows), 4), "balanced_95": bootstrap(groups, flat) if rows else [0, 1], "auc": round(area(rows), 4),
           "pairs": len(both), "pairs_both_right": round(strict(both), 4), "pairs_both_right_95": wilson(round(strict(both) * len(both)), len(both)),
           "pairs_ordered": round(order(both), 4), "pairs_ordered_95": wilson(round(order(both) * len(both)), len(both))}
    if rows and "right" in rows[0]:
        exact = sum(r["right"] for r in rows)
        out["reply_exact"], out["reply_exact_95"] = round(exact / len(rows), 4), wilson(exact, len(rows))
    return out


def controls(examples, tokenizer):
    detect = [r for r in read(examples) if r["task"] == "detect" and "origin" not in r]
    random.Random(8).shuffle(detect)
    train = [r for r in detect if r["split"] == "train"][:12000]
    test = [r for r in detect if r["split"] != "train"][:4000]
    yes = sum(r["vulnerable"] for r in train) * 2 >= len(train)
    return {"majority": summary([{k: r[k] for k in ("pair", "vulnerable")} | {"p": float(yes)} for r in test]),
            "bag of tokens": summary(bag(train, test, tokenizer, False)), "bag of tokens, shuffled labels": summary(bag(train, test, tokenizer, True))}


def all_metrics(replies):
    out = {}
    for task in ("detect", "verify"):
        mine = [r for r in replies if r["task"] == task and not r.get("moved") and not r.get("other") and not r.get("blind")]
        seen, unseen = [r for r in mine if r["split"] == "train"], [r for r in mine if r["split"] != "train"]
        out[task] = {"train families": summary(seen), "unseen families": summary(unseen)}
        for split in ("combination", "api", "template"):
            out[task][f"unseen {split}"] = summary([r for r in unseen if r["split"] == split])
        out[task]["beside the point"] = summary([r for r in replies if r["task"] == task and r.get("other") and r["split"] != "train"])
        out[task]["unseen families, blinded"] = summary([r for r in replies if r["task"] == task and r.get("blind") and r["split"] != "train"])
        certain = [r for r in unseen if r.get("certain", True)]
        out[task]["unseen families, decidable"] = summary(certain)
        out[task]["by cwe"] = {c: summary([r for r in unseen if r["cwe"] == c]) for c in sorted({r["cwe"] for r in unseen})}
        out[task]["by language"] = {c: summary([r for r in unseen if r["language"] == c]) for c in sorted({r["language"] for r in unseen})}
    return out


def data(examples):
    """How many candidates of each origin and part, and which weaknesses and projects a part holds."""
    count, names = collections.defaultdict(set), collections.defaultdict(set)
    rows = read(examples)
    train = [r for r in rows if r["split"] == "train"]
    for row in rows:
        origin, part = row.get("origin", "own"), row["split"] if "origin" in row or row["split"] == "train" else "unseen"
        count[origin, part, row["vulnerable"]].add((row["id"], row["key"]))
        if origin != "own":
            names[origin, part].add(row["family"].split("/")[1])
    return {"prior": round(prior(train, chances(train, SHARES)), 3), "shares": SHARES, "candidates": [[*key, len(ids)] for key, ids in sorted(count.items())], "names": [[*key, sorted(found)] for key, found in sorted(names.items())]}


def table(name, block):
    lines = [f"## {name}"]
    for key, m in block.items():
        if "accuracy" in m:
            lines.append(f"{key:28} n={m['examples']:5} acc {m['accuracy']:.3f} {m['accuracy_95']} bal {m['balanced']:.3f} auc {m['auc']:.3f} "
                         f"pairs {m['pairs']:4} both {m['pairs_both_right']:.3f} ordered {m['pairs_ordered']:.3f} exact {m.get('reply_exact', 0):.3f}")
        else:
            lines += [f"  {k:12} n={v['examples']:4} acc {v['accuracy']:.3f} pairs {v['pairs']:3} both {v['pairs_both_right']:.3f} exact {v.get('reply_exact', 0):.3f}" for k, v in m.items()]
    return "\n".join(lines)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("replies")
    parser.add_argument("out")
    parser.add_argument("--examples", nargs="+", help="with it, the controls are trained and measured")
    parser.add_argument("--tokenizer")
    parser.add_argument("--foreign", help="replies to other authors' code")
    parser.add_argument("--manifest", help="whose scaling applies to them")
    args = parser.parse_args()
    metrics = all_metrics(read([args.replies]))
    for task in ("detect", "verify"):
        print(table(task, metrics[task]))
    if args.examples:
        metrics["data"] = data(args.examples)
        metrics["controls"] = controls(args.examples, Tokenizer.from_file(args.tokenizer))
        print(table("controls (detect, unseen families)", metrics["controls"]))
    if args.foreign:
        metrics["foreign"] = measure(args.foreign, args.replies, args.examples, Tokenizer.from_file(args.tokenizer), args.manifest)
        print(json.dumps(metrics["foreign"], indent=1))
    with open(args.out, "w", encoding="utf-8") as file:
        json.dump(metrics, file, indent=1)


if __name__ == "__main__":
    main()
