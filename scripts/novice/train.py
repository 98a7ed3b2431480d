"""Trains the novice on briefs with answers.

In: examples (JSONL of `label.py`), a tokenizer, optionally a checkpoint to go on from. Out: a checkpoint and a log.
The loss weighs answer tokens strongly and a sample of the code tokens lightly; batches hold examples of like length.
Matrices inside the blocks are moved by orthogonalised momentum (Jordan et al. 2024, "Muon"), the rest by AdamW.
Start at `main`.
"""
import argparse
import json
import os
import random
import time

import numpy as np
import torch
import torch.nn.functional as F
from tokenizers import Tokenizer

from export import load
from model import Novice, Shape

PAD, END = 0, 2


def encode(rows, tokenizer, limit):
    """`(ids, answer start, weight)` per row; rows that are too long are left out."""
    heads = tokenizer.encode_batch([f"<|begin|><|{r['task']}|>{r['head']}<|code|>" for r in rows], add_special_tokens=False)
    bodies = tokenizer.encode_batch([r["text"] for r in rows], add_special_tokens=False)
    answers = tokenizer.encode_batch([f"<|answer|>{r['answer']}<|end|>" for r in rows], add_special_tokens=False)
    out = []
    for row, a, b, c in zip(rows, heads, bodies, answers):
        ids = a.ids + b.ids + c.ids
        if len(ids) <= limit:
            out.append((np.array(ids, dtype=np.int64), len(a.ids) + len(b.ids), row.get("weight", 1.0)))
    return out


def batches(examples, tokens, rng):
    """Endless batches of about `tokens` tokens; neighbours in length share a batch."""
    while True:
        order = list(range(len(examples)))
        rng.shuffle(order)
        for start in range(0, len(order), 4096):
            chunk = sorted(order[start:start + 4096], key=lambda i: len(examples[i][0]))
            packs, pack = [], []
            for i in chunk:
                if pack and (len(pack) + 1) * len(examples[i][0]) > tokens:
                    packs.append(pack)
                    pack = []
                pack.append(i)
            packs.append(pack)
            rng.shuffle(packs)
            for pack in packs:
                yield [examples[i] for i in pack]


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


def save(path, model, opts, step, seen):
    temporary = path + ".part"
    torch.save({"shape": model.shape.asdict(), "model": model.state_dict(), "optimizers": [o.state_dict() for o in opts],
                "step": step, "seen": seen}, temporary)
    os.replace(temporary, path)


def arguments():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("tokenizer")
    parser.add_argument("examples", nargs="+")
    parser.add_argument("--out", required=True)
    parser.add_argument("--start", help="checkpoint whose weights to begin with")
    parser.add_argument("--resume", action="store_true", help="go on from --out with its optimizer state")
    parser.add_argument("--held", help="JSONL of examples to watch")
    parser.add_argument("--minutes", type=float, default=55)
    parser.add_argument("--begun", type=float, default=0.0, help="share of the schedule that an earlier run has done")
    parser.add_argument("--steps", type=int, default=0, help="stop after so many steps; 0 is no limit")
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
    return parser.parse_args()


def read(paths):
    rows = []
    for path in paths:
        with open(path, encoding="utf-8") as file:
            rows += [json.loads(line) for line in file]
    return rows


def main():
    args = arguments()
    torch.manual_seed(args.seed)
    torch.set_num_threads(args.threads)
    rng, pick = random.Random(args.seed), np.random.default_rng(args.seed)
    tokenizer = Tokenizer.from_file(args.tokenizer)
    model = load(args.start) if args.start else Novice(Shape(vocabulary=tokenizer.get_vocab_size(), layers=args.layers))
    opts = optimizers(model, args.lr)
    step = seen = 0
    if args.resume and os.path.exists(args.out):
        saved = torch.load(args.out, weights_only=True)
        model.load_state_dict(saved["model"])
        [o.load_state_dict(s) for o, s in zip(opts, saved["optimizers"])]
        step, seen = saved["step"], saved["seen"]
    model.to(args.device).train()
    train = encode([r for r in read(args.examples) if r["split"] == "train"], tokenizer, model.shape.context)
    held = []
    if args.held:
        rows = [r for r in read([args.held]) if r["split"] != "train"]
        held = encode(random.Random(5).sample(rows, min(400, len(rows))), tokenizer, model.shape.context)
    length = sum(len(e[0]) for e in train) / len(train)
    print(f"{len(train)} examples of {length:.0f} tokens, {model.size():,} parameters", flush=True)
    log = open(args.out + ".log.jsonl", "a", encoding="utf-8")
    begin = mark = time.time()
    recent, since = [], 0
    for batch in batches(train, args.tokens, rng):
        done = args.begun + (1 - args.begun) * (time.time() - begin) / (args.minutes * 60)
        if args.steps:
            done = max(done, step / args.steps)
        if done >= 1:
            break
        share = min(1.0, (step + 1) / args.warmup) * (args.floor + (1 - args.floor) * 0.5 * (1 + np.cos(np.pi * done)))
        for opt, base in zip(opts, (args.lr, args.lr * 0.2)):
            for group in opt.param_groups:
                group["lr"] = float(base * share)
        inputs, where, target, weight = (t.to(args.device) for t in collate(batch, args.code, pick))
        with torch.autocast(args.device, dtype=torch.bfloat16, enabled=not args.f32):
            hidden = model(inputs).flatten(0, 1)[where]
            loss_each = F.cross_entropy(model.logits(hidden).float(), target, reduction="none")
        answer = weight > 0
        told = (loss_each * weight).sum() / weight.sum()
        code = loss_each[~answer].mean() if bool((~answer).any()) else told * 0
        (told + args.code_weight * code).backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        for opt in opts:
            opt.step()
            opt.zero_grad(set_to_none=True)
        step += 1
        since += inputs.numel()
        seen += inputs.numel()
        recent.append((told.item(), code.item()))
        if step % 20 == 0:
            now = time.time()
            row = {"step": step, "minutes": round((now - begin) / 60, 2), "answer": round(float(np.mean([a for a, _ in recent])), 4),
                   "code": round(float(np.mean([c for _, c in recent])), 4), "tokens_per_second": round(since / (now - mark)), "seen": seen}
            if held and step % 200 == 0:
                row["held_verdict"] = round(measure(model, held, args.device, not args.f32), 4)
            log.write(json.dumps(row) + "\n")
            log.flush()
            print(row, flush=True)
            mark, recent, since = time.time(), [], 0
        if step % 200 == 0:
            save(args.out, model, opts, step, seen)
    save(args.out, model, opts, step, seen)


if __name__ == "__main__":
    main()
