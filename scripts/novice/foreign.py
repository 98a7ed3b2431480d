"""Measures the novice on other authors' code: what detect and verify together keep of weak and of safe candidates.

In: replies of `predict.py` to them and to our own programs, the scaling of the manifest, examples for the controls. Out: the block `foreign` of `metrics.json`.
Only the part `test` is measured, on which nothing was trained or fitted; the scored candidates are as the scanner raises them.
Start at `measure`.
"""
import collections
import random

import numpy as np

from calibrate import TASKS, cases, fit, kept, odds
from export import pinned
from measures import area, bag, wilson
from train import kind, read


PLAIN = (1.0, 0.0), (1.0, 0.0)


def scaling(path):
    """`(slope, shift)` of either task in the manifest."""
    table = pinned(path)["calibration"]
    return tuple((table[task]["slope"], table[task]["shift"]) for task in TASKS)


def shares(rows, keeps):
    """What is kept of both sides, with intervals; precision before and after."""
    weak = np.array([r["vulnerable"] for r in rows], dtype=bool)
    a, b, n, m = int(keeps[weak].sum()), int(keeps[~weak].sum()), int(weak.sum()), int((~weak).sum())
    out = {"weak": n, "weak_kept": a, "weak_kept_95": wilson(a, n), "safe": m, "safe_kept": b, "safe_kept_95": wilson(b, m)}
    if n and m:
        out.update(balanced=round((a / n + 1 - b / m) / 2, 4), precision_before=round(n / (n + m), 4), precision_after=round(a / max(a + b, 1), 4))
    return out


def by(rows, keeps, key):
    groups = collections.defaultdict(list)
    for i, row in enumerate(rows):
        groups[key(row)].append(i)
    return {name: shares([rows[i] for i in at], keeps[at]) for name, at in sorted(groups.items())}


def calibration_error(rows, scale, task):
    """Expected calibration error of one task's probabilities, ten bins of equal width."""
    p = 1 / (1 + np.exp(-(odds(rows, task, scale[0]) + scale[1])))
    y = np.array([r["vulnerable"] for r in rows], dtype=float)
    at = np.minimum((p * 10).astype(int), 9)
    return round(float(sum(abs(p[at == k].mean() - y[at == k].mean()) * (at == k).mean() for k in range(10) if (at == k).any())), 4)


def control(examples, tokenizer, shuffle):
    """A bag of tokens, trained on the same training rows and fitted on the same `fit` part, in place of the novice."""
    detect = [r for r in examples if r["task"] == "detect"]
    train = [r for r in detect if r["split"] == "train"]
    random.Random(6).shuffle(train)
    rest = [r for r in detect if r["split"] in ("fit", "test") and "origin" in r]
    scored = bag(train[:12000], rest, tokenizer, shuffle)
    for row, score in zip(rest, scored):
        p = min(max(score["p"], 1e-6), 1 - 1e-6)
        row["detect"], row["verify"] = [float(np.log((1 - p) / p))], [-100.0]
    scale, _ = fit([r for r in rest if r["split"] == "fit"])
    return [r for r in rest if r["split"] == "test"], scale


def block(rows, detect, verify):
    """Everything said about one judge."""
    keeps = kept(rows, detect, verify)
    inside = lambda name: [i for i, r in enumerate(rows) if kind(r) == name and r["origin"] != "securityeval"]
    out = {}
    for name in ("corpora", "ordinary"):
        at = inside(name)
        if at:
            out[name] = shares([rows[i] for i in at], keeps[at])
    at = inside("corpora") + inside("ordinary")
    mixed = [rows[i] for i in at]
    out["both"] = shares(mixed, keeps[at])
    sure = [i for i in at if keeps[i] and rows[i]["vulnerable"]]
    if sure and "last" in rows[0]:
        out["sink_named"] = [sum(rows[i]["verify_last"] for i in sure), len(sure)]
    out["auc"] = {name: round(area([{"p": p, "vulnerable": r["vulnerable"]} for r, p in zip(part, odds(part, "detect"))]), 4)
                  for name, part in (("corpora", [rows[i] for i in inside("corpora")]), ("both", mixed))}
    return out


def own_programs(replies, detect, verify):
    """The same shares for our own programs of unseen families, with the scaling and without."""
    rows = [c for c in cases([r for r in read([replies]) if not r.get("moved") and not r.get("blind") and not r.get("other")]) if c["split"] != "train"]
    return {"scaled": shares(rows, kept(rows, detect, verify)), "as trained": shares(rows, kept(rows, *PLAIN))}


def measure(replies, own, examples, tokenizer, manifest):
    detect, verify = scaling(manifest)
    rows = [c for c in cases(read([replies])) if c["split"] == "test" and kind(c) != "own"]
    keeps = kept(rows, detect, verify)
    out = {"scaling": {"detect": detect, "verify": verify}, "novice": block(rows, detect, verify), "novice as trained": block(rows, *PLAIN)}
    out["own"] = own_programs(own, detect, verify)
    out["by corpus"] = by(rows, keeps, lambda r: r["origin"])
    labelled = np.array([kind(r) == "corpora" and r["origin"] != "securityeval" for r in rows], dtype=bool)
    out["by cwe"] = by([r for r, x in zip(rows, labelled) if x], keeps[labelled], lambda r: r["cwe"])
    out["by language"] = by(rows, keeps, lambda r: r["language"])
    out["by project"] = by([r for r in rows if kind(r) == "ordinary"], keeps[[kind(r) == "ordinary" for r in rows]], lambda r: r["family"].split("/")[1])
    out["beside the point"] = by([r for r in rows if r.get("beside")], keeps[[bool(r.get("beside")) for r in rows]], lambda r: r["origin"])
    chosen = [r for r, x in zip(rows, labelled) if x]
    out["calibration error"] = {task: calibration_error(chosen, scale, task) for task, scale in zip(TASKS, (detect, verify))} if chosen else {}
    loaded = read(examples)
    for name, shuffle in (("bag of tokens", False), ("bag of tokens, shuffled labels", True)):
        test, scale = control(loaded, tokenizer, shuffle)
        out[name] = block(test, scale, PLAIN[0])
    return out
