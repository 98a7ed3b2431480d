"""Asks a checkpoint: replies to examples, with the same choice of words that the scanner's grammar leaves open.

In: a checkpoint, a tokenizer, examples. Out: replies, one JSON object a line: `key`, `task`, `others` (logits of `no`, or of `falls`
and `unsure`, less that of `yes` or `stands`), `p` (the probability of `yes` or `stands`), `said` and `right`: whether greedy
decoding gives the expected reply to the letter.
"""
import argparse
import json
import os
import random

import torch
from tokenizers import Tokenizer

from export import load
from train import encode, read


def choices(tokenizer, task):
    words = ("yes", "no") if task == "detect" else ("stands", "falls", "unsure")
    ids = [tokenizer.encode(word, add_special_tokens=False).ids for word in words]
    assert all(len(i) == 1 for i in ids), "every verdict is one token"
    return words, [i[0] for i in ids]


def predict(model, tokenizer, rows, size=48):
    """Yields one reply per row, in order."""
    coded, _ = encode(rows, tokenizer, 10 ** 9)
    order = sorted(range(len(rows)), key=lambda i: len(coded[i][0]))
    replies = [None] * len(rows)
    space = tokenizer.encode("stands 1", add_special_tokens=False).ids[1]
    model.eval()
    with torch.no_grad():
        for start in range(0, len(order), size):
            part = [i for i in order[start:start + size] if len(coded[i][0]) <= model.shape.context]
            if not part:
                continue
            longest = max(len(coded[i][0]) for i in part)
            inputs = torch.zeros(len(part), longest, dtype=torch.long)
            for k, i in enumerate(part):
                inputs[k, : len(coded[i][0])] = torch.from_numpy(coded[i][0])
            hidden = model(inputs)
            for k, i in enumerate(part):
                ids, answer, _ = coded[i]
                logits = model.logits(hidden[k, answer:len(ids) - 1])
                words, allowed = choices(tokenizer, rows[i]["task"])
                first = logits[0, allowed]
                said = words[int(first.argmax())]
                exact = said == rows[i]["answer"].split()[0] and bool((logits[1:].argmax(-1) == torch.from_numpy(ids[answer + 2:])).all())
                # Whether the last number, the sink, follows from the ones before it.
                spaces = (torch.from_numpy(ids[answer + 1:]) == space).nonzero()
                tail = int(spaces[-1]) if len(spaces) else 0
                last = bool((logits[tail:].argmax(-1) == torch.from_numpy(ids[answer + 1 + tail:])).all())
                replies[i] = {"last": last, "others": [round(x, 4) for x in (first[1:] - first[0]).tolist()], "p": round(torch.softmax(first, 0)[0].item(), 4), "said": said, "right": exact}
    return replies


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("checkpoint")
    parser.add_argument("tokenizer")
    parser.add_argument("out")
    parser.add_argument("examples", nargs="+")
    parser.add_argument("--limit", type=int, default=0, help="at most so many examples per split and task, seeded")
    parser.add_argument("--unseen", action="store_true", help="only examples that did not train")
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    torch.set_num_threads(args.threads)
    if os.path.exists(args.out) and os.path.getmtime(args.out) > os.path.getmtime(args.checkpoint):
        print(f"{args.out} is newer than the checkpoint and stays")
        return
    rows = [row for row in read(args.examples) if not args.unseen or row["split"] != "train"]
    if args.limit:
        chooser = random.Random(3)
        groups = {}
        for row in rows:
            groups.setdefault((row["split"] == "train", row["task"], row["pair"]), []).append(row)
        keys = list(groups)
        chooser.shuffle(keys)
        kept = {}
        for key in keys:
            if len(kept.setdefault(key[:2], [])) < args.limit:
                kept[key[:2]] += groups[key]
        rows = [row for part in kept.values() for row in part]
    replies = predict(load(args.checkpoint), Tokenizer.from_file(args.tokenizer), rows)
    with open(args.out + ".part", "w", encoding="utf-8") as file:
        for row, reply in zip(rows, replies):
            if reply:
                keep = {k: v for k, v in row.items() if k not in ("text", "head", "weight")}
                file.write(json.dumps({**keep, **reply}) + "\n")
    os.replace(args.out + ".part", args.out)


if __name__ == "__main__":
    main()
