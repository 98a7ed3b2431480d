"""Measures of replies, and the bag of tokens that every judge has to beat.

In: rows with `vulnerable` and the judged probability `p`. Out: a number, or an interval of 95 %: Wilson for shares of
examples, bootstrap over groups where examples come in groups.
"""
import math
import random

import numpy as np
import torch

Z = 1.96


def wilson(hits, total):
    """95 % interval of a share (Wilson 1927)."""
    if not total:
        return [0.0, 1.0]
    share, z2 = hits / total, Z * Z
    middle = (share + z2 / (2 * total)) / (1 + z2 / total)
    half = Z * math.sqrt(share * (1 - share) / total + z2 / (4 * total * total)) / (1 + z2 / total)
    return [round(max(middle - half, 0.0), 4), round(min(middle + half, 1.0), 4)]


def bootstrap(groups, value, rounds=400):
    """95 % interval of `value(list of groups)` when whole groups are drawn again."""
    rng = random.Random(9)
    values = sorted(value(rng.choices(groups, k=len(groups))) for _ in range(rounds))
    return [round(values[int(rounds * 0.025)], 4), round(values[int(rounds * 0.975)], 4)]


def balanced(rows):
    """Mean of the shares of vulnerable and of safe examples judged rightly."""
    shares = []
    for side in (True, False):
        part = [r for r in rows if r["vulnerable"] == side]
        if part:
            shares.append(sum((r["p"] >= 0.5) == side for r in part) / len(part))
    return sum(shares) / len(shares) if shares else 0.0


def area(rows):
    """Area under the ROC curve."""
    good = sorted(r["p"] for r in rows if not r["vulnerable"])
    bad = [r["p"] for r in rows if r["vulnerable"]]
    if not good or not bad:
        return 0.5
    array = np.array(good)
    return float(np.mean([(np.searchsorted(array, p, "left") + np.searchsorted(array, p, "right")) / 2 for p in bad]) / len(good))


def bag(train, test, tokenizer, shuffle):
    """Test rows with `p` of a logistic regression on which tokens occur; `shuffle` trains it on shuffled labels."""
    torch.manual_seed(4)
    size = tokenizer.get_vocab_size()

    def bags(rows):
        coded = tokenizer.encode_batch([row["head"] + row["text"] for row in rows], add_special_tokens=False)
        return [torch.tensor(sorted(set(c.ids))) for c in coded]

    def sums(part):
        at = torch.tensor([0] + [len(ids) for ids in part[:-1]]).cumsum(0)
        return torch.nn.functional.embedding_bag(torch.cat(part), weight, at, mode="sum").squeeze(1) + bias

    x, y = bags(train), torch.tensor([float(r["vulnerable"]) for r in train])
    if shuffle:
        y = y[torch.randperm(len(y))]
    weight, bias = torch.zeros(size, 1, requires_grad=True), torch.zeros(1, requires_grad=True)
    optimizer = torch.optim.AdamW([weight, bias], lr=0.02, weight_decay=0.05)
    for _ in range(12):
        for part in torch.randperm(len(y)).split(512):
            loss = torch.nn.functional.binary_cross_entropy_with_logits(sums([x[i] for i in part]), y[part])
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
    with torch.no_grad():
        p = torch.sigmoid(sums(bags(test))).tolist()
    return [{k: r[k] for k in ("pair", "vulnerable")} | {"p": v} for r, v in zip(test, p)]
