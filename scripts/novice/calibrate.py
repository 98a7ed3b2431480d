"""Fits what turns the novice's odds into verdicts on other authors' code (Platt scaling), and pins it in the manifest.

In: replies of `predict.py` to candidates of corpora and of ordinary projects, of which only the part `fit` is read. Out: the
manifest with its table `[calibration]`: a slope and a shift for the log-odds of either task.
A candidate is kept if detect and verify both keep it. The shifts are those with the largest share of weak candidates kept
less the share of safe ones kept, of all that lose at most one weak candidate in twenty; the slopes then make the
probabilities as likely as can be, both sides counting the same. Start at `fit`.
"""
import argparse
import os

import numpy as np

from export import manifest, pinned
from train import kind, read

LOSS = 0.05
SLOPES = np.exp(np.linspace(np.log(0.02), np.log(2.0), 24))
TASKS = ("detect", "verify")


def cases(replies):
    """One row per candidate with the relative logits of both tasks."""
    out = {}
    for row in replies:
        case = out.setdefault((row.get("origin", "own"), row["id"], row["key"]), dict(row))
        case[row["task"]] = row["others"]
        case[row["task"] + "_last"] = row.get("last", False)
    return [c for c in out.values() if all(task in c for task in TASKS)]


def odds(cases, task, slope=1.0):
    """Log-odds of the accusing word, as the engine forms them: every logit times the slope."""
    return np.array([-np.logaddexp.reduce(slope * np.array(c[task])) for c in cases])


def kept(cases, detect, verify):
    """Which candidates both tasks keep; `detect` and `verify` are `(slope, shift)`."""
    return np.logical_and(*(odds(cases, task, slope) + shift >= 0 for task, (slope, shift) in zip(TASKS, (detect, verify))))


def safe_share(cases, kept):
    """The share of safe candidates kept, in corpora and in ordinary projects, whichever there are, each counting the same."""
    shares = []
    for name in ("corpora", "ordinary"):
        mine = np.array([kind(c) == name and not c["vulnerable"] for c in cases])
        if mine.any():
            shares.append(kept[mine].mean())
    return float(np.mean(shares)) if shares else 0.0


def thresholds(cases, weak):
    """The log-odds of either task from which on a candidate is kept."""
    found = {task: odds(cases, task) for task in TASKS}
    best = (-1.0, 0.0, 0.0)
    # Thresholds at the odds of the weak candidates: only there does the number of lost ones change.
    levels = {task: np.quantile(found[task][weak], np.linspace(0, 2 * LOSS, 41)) - 1e-4 for task in TASKS}
    for d in levels["detect"]:
        for v in levels["verify"]:
            keeps = (found["detect"] >= d) & (found["verify"] >= v)
            if keeps[weak].mean() >= 1 - LOSS:
                best = max(best, (float(keeps[weak].mean()) - safe_share(cases, keeps), float(d), float(v)))
    return dict(zip(TASKS, best[1:]))


def scaled(cases, weak, task, threshold):
    """`(slope, shift)`: the threshold stays where it is, the likelihood of the labels decides how steep the odds are."""
    at, side = odds(cases, task), np.where(weak, 0.5 / weak.sum(), 0.5 / (~weak).sum())
    def loss(slope):
        x = slope * (at - threshold)
        return float((side * np.logaddexp(0, np.where(weak, -x, x))).sum())
    slope = float(min(SLOPES, key=loss))
    # The shift at this slope of the candidate nearest to the threshold, since three words scale a little otherwise than two.
    nearest = cases[int(np.abs(at - threshold).argmin())]
    return slope, float(-odds([nearest], task, slope)[0] + slope * (odds([nearest], task)[0] - threshold))


def fit(cases):
    """`(slope, shift)` of detect and of verify; nothing is changed where there is nothing to fit on."""
    weak = np.array([c["vulnerable"] for c in cases], dtype=bool)
    if not weak.any() or weak.all():
        return (1.0, 0.0), (1.0, 0.0)
    at = thresholds(cases, weak)
    return tuple(scaled(cases, weak, task, at[task]) for task in TASKS)


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("replies")
    parser.add_argument("folder")
    args = parser.parse_args()
    rows = [c for c in cases(read([args.replies])) if c["split"] == "fit"]
    detect, verify = fit(rows)
    assert np.isfinite([*detect, *verify]).all()
    now = pinned(os.path.join(args.folder, "manifest.toml"))
    manifest(args.folder, now["context"], now["languages"], detect, verify)
    keeps, weak = kept(rows, detect, verify), np.array([c["vulnerable"] for c in rows], dtype=bool)
    if len(rows):
        raw = kept(rows, (1, 0), (1, 0))
        print(f"fitted on {len(rows)} candidates: detect {detect[0]:.3f} x {detect[1]:+.3f}, verify {verify[0]:.3f} x {verify[1]:+.3f}; keeps "
              f"{keeps[weak].sum()} of {weak.sum()} weak ones and {keeps[~weak].sum()} of {(~weak).sum()} safe ones (unscaled {raw[weak].sum()} and {raw[~weak].sum()})")


if __name__ == "__main__":
    main()
