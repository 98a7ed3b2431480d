"""Fits the two biases that turn the novice's odds into verdicts on other authors' code, and pins them in the manifest.

In: replies of `predict.py` to candidates of corpora and of ordinary projects, of which only the part `fit` is read. Out: the
manifest with its table `[calibration]`.
A candidate is kept if detect and verify both keep it. The biases are those with the largest share of weak candidates kept
less the share of safe ones kept, of all that lose at most one weak candidate in twenty. Start at `fit`.
"""
import argparse
import math
import os

import numpy as np

from export import manifest
from train import kind, read

LOSS = 0.05


def cases(replies):
    """One row per candidate with the odds of both tasks."""
    out = {}
    for row in replies:
        case = out.setdefault((row.get("origin", "own"), row["id"], row["key"]), dict(row))
        case[row["task"] + "_odds"] = row["odds"]
        case[row["task"] + "_last"] = row.get("last", False)
    return [c for c in out.values() if "detect_odds" in c and "verify_odds" in c]


def kept(cases, detect, verify):
    """Which candidates both tasks keep."""
    d, v = (np.array([c[task + "_odds"] for c in cases]) for task in ("detect", "verify"))
    return (d + detect >= 0) & (v + verify >= 0)


def safe_share(cases, kept):
    """The share of safe candidates kept, in corpora and in ordinary projects, whichever there are, each counting the same."""
    shares = []
    for name in ("corpora", "ordinary"):
        mine = np.array([kind(c) == name and not c["vulnerable"] for c in cases])
        if mine.any():
            shares.append(kept[mine].mean())
    return float(np.mean(shares)) if shares else 0.0


def fit(cases):
    """`(detect, verify)`; zero where there is nothing to fit on."""
    weak = np.array([c["vulnerable"] for c in cases], dtype=bool)
    if not weak.any() or weak.all():
        return 0.0, 0.0
    best = (-1.0, 0.0, 0.0)
    # Thresholds at the odds of the weak candidates: only there does the number of lost ones change.
    levels = {task: np.quantile([c[task + "_odds"] for c in cases if c["vulnerable"]], np.linspace(0, 2 * LOSS, 41)) - 1e-4 for task in ("detect", "verify")}
    for d in levels["detect"]:
        for v in levels["verify"]:
            keeps = kept(cases, -d, -v)
            if keeps[weak].mean() >= 1 - LOSS:
                gain = float(keeps[weak].mean()) - safe_share(cases, keeps)
                best = max(best, (gain, -float(d), -float(v)))
    return best[1], best[2]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("replies")
    parser.add_argument("folder")
    args = parser.parse_args()
    rows = [c for c in cases(read([args.replies])) if c["split"] == "fit"]
    detect, verify = fit(rows)
    assert math.isfinite(detect) and math.isfinite(verify)
    with open(os.path.join(args.folder, "manifest.toml"), encoding="utf-8") as file:
        context = next(int(line.split("=")[1]) for line in file if line.startswith("context"))
    manifest(args.folder, context, detect, verify)
    keeps, weak = kept(rows, detect, verify), np.array([c["vulnerable"] for c in rows], dtype=bool)
    if len(rows):
        print(f"fitted on {len(rows)} candidates: detect {detect:+.3f}, verify {verify:+.3f}; keeps {keeps[weak].sum()} of {weak.sum()} weak ones "
              f"and {keeps[~weak].sum()} of {(~weak).sum()} safe ones (without biases {kept(rows, 0, 0)[weak].sum()} and {kept(rows, 0, 0)[~weak].sum()})")


if __name__ == "__main__":
    main()
