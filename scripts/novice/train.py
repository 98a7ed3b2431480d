"""Trains the novice on briefs with answers.

In: examples (JSONL of `label.py`), a tokenizer, optionally a checkpoint to go on from. Out: a checkpoint and a log.
The loss weighs answer tokens strongly and a sample of the code tokens lightly; batches hold examples of like length.
Matrices inside the blocks are moved by orthogonalised momentum (Jordan et al. 2024, "Muon"), the rest by AdamW.
Start at `main`.
"""
import argparse
import collections
import json
import os
import random
import time

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from model import Novice, Shape

PAD, END = 0, 2
# How often examples of each origin are drawn.
SHARES = "own=0.5,corpora=0.2,ordinary=0.3"


def encode(rows, tokenizer, limit):
    """`(ids, answer start, weight)` of the rows that are short enough, and which rows those are."""
    heads = tokenizer.encode_batch([f"<|begin|><|{r['task']}|>{r['head']}<|code|>" for r in rows], add_special_tokens=False)
    bodies = tokenizer.encode_batch([r["text"] for r in rows], add_special_tokens=False)
    answers = tokenizer.encode_batch([f"<|answer|>{r['answer']}<|end|>" for r in rows], add_special_tokens=False)
    out, kept = [], []
    for at, (row, a, b, c) in enumerate(zip(rows, heads, bodies, answers)):
        ids = a.ids + b.ids + c.ids
        if len(ids) <= limit:
            out.append((np.array(ids, dtype=np.int64), len(a.ids) + len(b.ids), row.get("weight", 1.0)))
            kept.append(at)
    return out, kept


def kind(row):
    """Where an example comes from: our own programs, labelled corpora, ordinary code."""
    origin = row.get("origin", "own")
    return origin if origin in ("own", "ordinary") else "corpora"


def chances(rows, shares):
    """How likely each row is to be drawn: origins by their shares, inside an origin rare cards and languages above their number."""
    groups = collections.Counter((kind(r), r["card"], r["language"]) for r in rows)
    shares = {name: float(value) for name, value in (part.split("=") for part in shares.split(","))}
    chance = np.array([groups[kind(r), r["card"], r["language"]] ** -0.4 for r in rows])
    kinds = np.array([kind(r) for r in rows])
    for name in set(kinds):
        chance[kinds == name] *= shares[name] / chance[kinds == name].sum()
    return chance / chance.sum()


def prior(rows, chance):
    """How much of the answers' weight in the loss is on vulnerable examples."""
    weight = chance * np.array([r.get("weight", 1.0) for r in rows])
    return float(weight[[r["vulnerable"] for r in rows]].sum() / weight.sum())


def learnt(rows, least=200):
    """The languages with enough examples of both kinds."""
    count = collections.Counter((r["language"], r["vulnerable"]) for r in rows)
    return sorted({language for language, _ in count if min(count[language, True], count[language, False]) >= least})


def batches(examples, chance, tokens, rng):
    """Endless batches of about `tokens` tokens; neighbours in length share a batch."""
    while True:
        chunk = sorted(rng.choice(len(examples), 4096, p=chance), key=lambda i: len(examples[i][0]))
        packs, pack = [], []
        for i in chunk:
            if pack and (len(pack) + 1) * len(examples[i][0]) > tokens:
                packs.append(pack)
                pack = []
            pack.append(i)
        packs.append(pack)
        for at in rng.permutation(len(packs)):
            yield [examples[i] for i in packs[at]]


def collate(batch, code_share, rng):
    """Inputs `[batch, time]`, flat positions that count, their targets and weights; positions are `row * time + t`."""
    longest = max(len(ids) for ids, _, _ in batch)
    inputs = np.full((len(batch), longest - 1), PAD, dtype=np.int64)
    where, target, weight = [], [], []
    for row, (ids, answer, importance) in enumerate(batch):
        inputs[row, : len(ids) - 1] = ids[:-1]
        base = row * (longest - 1)
        for t in range(answer, len(ids) - 1):
            where.append(base + t)
            target.append(ids[t + 1])
            weight.append(importance * (3.0 if t == answer else 1.0))
        code = np.nonzero(rng.random(answer) < code_share)[0]
        where.extend(base + code)
        target.extend(ids[code + 1])
        weight.extend([0.0] * len(code))
    return torch.from_numpy(inputs), torch.tensor(np.array(where)), torch.tensor(np.array(target)), torch.tensor(weight)


def orthogonal(g):
    """Newton-Schulz iteration of order five: the nearest matrix with singular values near one."""
    a, b, c = 3.4445, -4.7750, 2.0315
    x = (g / (g.norm() + 1e-7)).bfloat16()
    tall = x.shape[0] > x.shape[1]
    if tall:
        x = x.T
    for _ in range(5):
        y = x @ x.T
        x = a * x + (b * y + c * y @ y) @ x
    return (x.T if tall else x).to(g.dtype)


class Muon(torch.optim.Optimizer):
    def __init__(self, params, lr, momentum=0.95, decay=0.01):
        super().__init__(params, dict(lr=lr, momentum=momentum, decay=decay))

    @torch.no_grad()
    def step(self):
        for group in self.param_groups:
            for p in group["params"]:
                if p.grad is None:
                    continue
                state = self.state[p]
                if not state:
                    state["velocity"] = torch.zeros_like(p)
                v = state["velocity"]
                v.lerp_(p.grad, 1 - group["momentum"])
                update = orthogonal(p.grad.lerp(v, group["momentum"]))
                p.mul_(1 - group["lr"] * group["decay"])
                p.add_(update, alpha=-group["lr"] * max(1, p.shape[0] / p.shape[1]) ** 0.5)


def optimizers(model, lr):
    matrices = [p for n, p in model.named_parameters() if n.startswith("blocks") and p.ndim == 2]
    rest = [p for n, p in model.named_parameters() if not (n.startswith("blocks") and p.ndim == 2)]
    return [Muon(matrices, lr), torch.optim.AdamW(rest, lr=lr * 0.2, betas=(0.9, 0.97), weight_decay=0.0)]


def measure(model, examples, device, bf16):
    """Share of examples whose first answer token is right, the weighted loss, on a few batches."""
    model.eval()
    right = total = 0
    with torch.no_grad(), torch.autocast(device, dtype=torch.bfloat16, enabled=bf16):
        for start in range(0, len(examples), 32):
            batch = examples[start:start + 32]
            inputs, _, _, _ = collate(batch, 0.0, np.random.default_rng(0))
            hidden = model(inputs.to(device))
            rows = torch.stack([hidden[i, a] for i, (_, a, _) in enumerate(batch)])
            best = model.logits(rows).argmax(-1).tolist()
            right += sum(b == int(ids[a + 1]) for b, (ids, a, _) in zip(best, batch))
            total += len(batch)
    model.train()
    return right / max(total, 1)


def save(path, model, opts, languages, step, seen, spent):
    temporary = path + ".part"
    torch.save({"shape": model.shape.asdict(), "model": model.state_dict(), "optimizers": [o.state_dict() for o in opts], "languages": languages,
                "step": step, "seen": seen, "spent": spent}, temporary)
    os.replace(temporary, path)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tokenizer")
    parser.add_argument("examples", nargs="+")
    parser.add_argument("--out", required=True)
    parser.add_argument("--minutes", type=float, default=65, help="time of training in all, earlier parts of a resumed run counted in")
    parser.add_argument("--steps", type=int, default=0, help="stop after so many steps; 0 is no limit")
    parser.add_argument("--shares", default=SHARES, help="how often examples of each origin are drawn")
    parser.add_argument("--tokens", type=int, default=6144, help="tokens per batch")
    parser.add_argument("--lr", type=float, default=0.02)
    parser.add_argument("--warmup", type=int, default=60)
    parser.add_argument("--floor", type=float, default=0.02, help="share of the learning rate left at the end")
    parser.add_argument("--code", type=float, default=0.12, help="share of code tokens in the loss")
    parser.add_argument("--code-weight", type=float, default=0.15)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--layers", type=int, default=6)
    parser.add_argument("--f32", action="store_true")
    parser.add_argument("--plain", action="store_true", help="do not compile the model: slower, but needs no C++ compiler")
    return parser.parse_args()


def read(paths):
    rows = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            rows += [json.loads(line) for line in file]
    return rows


def watched(rows, tokenizer, limit):
    """A few examples of each origin that training never sees, to follow it by."""
    held = {}
    for name in ("own", "corpora", "ordinary"):
        mine = [r for r in rows if kind(r) == name and r["split"] not in ("train", "test")]
        held[name] = encode(random.Random(5).sample(mine, min(150, len(mine))), tokenizer, limit)[0] if mine else []
    return held


def losses(model, run, batch, args, pick):
    """The weighted loss of the answers, and the mean loss of a sample of the code."""
    inputs, where, target, weight = (t.to(args.device) for t in collate(batch, args.code, pick))
    with torch.autocast(args.device, dtype=torch.bfloat16, enabled=not args.f32):
        hidden = run(inputs).flatten(0, 1)[where]
        each = F.cross_entropy(model.logits(hidden).float(), target, reduction="none")
    answer = weight > 0
    told = (each * weight).sum() / weight.sum()
    return told, each[~answer].mean() if bool((~answer).any()) else told * 0, inputs.numel()


def start(args, vocabulary):
    """The model and its optimizers, fresh or where an earlier part of this run stopped; and its counters."""
    model = Novice(Shape(vocabulary=vocabulary, layers=args.layers)).to(args.device)
    opts = optimizers(model, args.lr)
    if not os.path.exists(args.out):
        return model, opts, 0, 0, 0.0
    saved = torch.load(args.out, map_location=args.device, weights_only=True)
    model.load_state_dict(saved["model"])
    for opt, state in zip(opts, saved["optimizers"]):
        opt.load_state_dict(state)
    print(f"goes on from step {saved['step']}", flush=True)
    return model, opts, saved["step"], saved["seen"], saved["spent"]


def main():
    args = arguments()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    tokenizer = Tokenizer.from_file(args.tokenizer)
    model, opts, step, seen, spent = start(args, tokenizer.get_vocab_size())
    model.train()
    run = model if args.plain else torch.compile(model, dynamic=True)
    pick = np.random.default_rng([args.seed, step])
    rows = read(args.examples)
    held = watched(rows, tokenizer, model.shape.context)
    rows = [r for r in rows if r["split"] == "train"]
    train, kept = encode(rows, tokenizer, model.shape.context)
    rows = [rows[i] for i in kept]
    chance = chances(rows, args.shares)
    count = collections.Counter((kind(r), r["vulnerable"]) for r in rows)
    languages = learnt(rows)
    print(f"{len(train)} examples {dict(count)}, of {sum(len(e[0]) * c for e, c in zip(train, chance)):.0f} tokens as drawn, "
          f"{prior(rows, chance):.3f} of their weight vulnerable; {model.size():,} parameters", flush=True)
    log = open(args.out + ".log.jsonl", "a", encoding="utf-8")
    begin = mark = time.time()
    recent, since = [], 0
    for batch in batches(train, chance, args.tokens, pick):
        used = spent + (time.time() - begin) / 60
        done = max(used / args.minutes, step / args.steps if args.steps else 0)
        if done >= 1:
            break
        share = min(1.0, (step + 1) / args.warmup) * (args.floor + (1 - args.floor) * 0.5 * (1 + np.cos(np.pi * done)))
        for opt, base in zip(opts, (args.lr, args.lr * 0.2)):
            for group in opt.param_groups:
                group["lr"] = float(base * share)
        told, code, size = losses(model, run, batch, args, pick)
        (told + args.code_weight * code).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for opt in opts:
            opt.step()
            opt.zero_grad(set_to_none=True)
        step, since, seen = step + 1, since + size, seen + size
        recent.append((told.item(), code.item()))
        if step % 20 == 0:
            row = {"step": step, "minutes": round(used, 2), "answer": round(float(np.mean([a for a, _ in recent])), 4),
                   "code": round(float(np.mean([c for _, c in recent])), 4), "tokens_per_second": round(since / (time.time() - mark)), "seen": seen}
            if step % 400 == 0:
                row["held"] = {name: round(measure(model, part, args.device, not args.f32), 3) for name, part in held.items() if part}
            log.write(json.dumps(row) + "\n")
            log.flush()
            print(row, flush=True)
            mark, recent, since = time.time(), [], 0
        if step % 100 == 0:
            save(args.out, model, opts, languages, step, seen, spent + (time.time() - begin) / 60)
    save(args.out, model, opts, languages, step, seen, spent + (time.time() - begin) / 60)


if __name__ == "__main__":
    main()
