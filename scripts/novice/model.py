"""The novice: a small decoder of the Qwen3 shape.

In: token ids `[batch, time]`. Out: hidden states `[batch, time, width]`; `logits` maps chosen rows to the vocabulary.
Deliberately absent: training and files.
"""
from dataclasses import asdict, dataclass

import torch
import torch.nn.functional as F
from torch import nn


@dataclass
class Shape:
    vocabulary: int = 8192
    width: int = 256
    layers: int = 6
    heads: int = 4
    kv_heads: int = 2
    head: int = 64
    inner: int = 512
    context: int = 1024
    theta: float = 10000.0
    epsilon: float = 1e-6

    def asdict(self):
        return asdict(self)


class Norm(nn.Module):
    """Root-mean-square norm over the last axis."""

    def __init__(self, width, epsilon):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(width))
        self.epsilon = epsilon

    def forward(self, x):
        return F.rms_norm(x, (x.shape[-1],), self.weight.to(x.dtype), self.epsilon)


def rotation(shape, length):
    """Cosines and sines `[length, head]` for the half-split rotary embedding."""
    power = torch.arange(0, shape.head, 2, dtype=torch.float64) / shape.head
    angle = torch.outer(torch.arange(length, dtype=torch.float64), shape.theta ** -power)
    return torch.cat([angle.cos()] * 2, -1).float(), torch.cat([angle.sin()] * 2, -1).float()


def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat([-b, a], -1) * sin


def attend(q, k, v):
    """Causal attention, `[batch, heads, time, head]`; on a CPU and at this size plain products take a quarter of the time
    of the fused kernel, forward and backward."""
    batch, heads, time, head = q.shape
    few = k.shape[1]
    scores = (q.reshape(batch * few, -1, head) * head ** -0.5) @ k.reshape(batch * few, time, head).transpose(1, 2)
    hidden = torch.full((time, time), float("-inf"), dtype=scores.dtype, device=scores.device).triu(1)
    shares = torch.softmax(scores.view(batch, heads, time, time) + hidden, -1).to(v.dtype)
    return (shares.view(batch * few, -1, time) @ v.reshape(batch * few, time, head)).view(batch, heads, time, head)


class Block(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        w, q, kv = shape.width, shape.heads * shape.head, shape.kv_heads * shape.head
        self.norm1 = Norm(w, shape.epsilon)
        self.qkv = nn.Linear(w, q + 2 * kv, bias=False)
        self.q_norm = Norm(shape.head, shape.epsilon)
        self.k_norm = Norm(shape.head, shape.epsilon)
        self.out = nn.Linear(q, w, bias=False)
        self.norm2 = Norm(w, shape.epsilon)
        self.gate_up = nn.Linear(w, 2 * shape.inner, bias=False)
        self.down = nn.Linear(shape.inner, w, bias=False)

    def forward(self, x, cos, sin):
        s = self.shape
        batch, time, _ = x.shape
        q, k, v = self.qkv(self.norm1(x)).split([s.heads * s.head, s.kv_heads * s.head, s.kv_heads * s.head], -1)
        q = rotate(self.q_norm(q.view(batch, time, s.heads, s.head)).transpose(1, 2), cos, sin)
        k = rotate(self.k_norm(k.view(batch, time, s.kv_heads, s.head)).transpose(1, 2), cos, sin)
        v = v.view(batch, time, s.kv_heads, s.head).transpose(1, 2)
        x = x + self.out(attend(q, k, v.to(q.dtype)).transpose(1, 2).reshape(batch, time, -1))
        gate, up = self.gate_up(self.norm2(x)).chunk(2, -1)
        return x + self.down(F.silu(gate) * up)


class Novice(nn.Module):
    def __init__(self, shape):
        super().__init__()
        self.shape = shape
        self.embed = nn.Embedding(shape.vocabulary, shape.width)
        self.blocks = nn.ModuleList(Block(shape) for _ in range(shape.layers))
        self.norm = Norm(shape.width, shape.epsilon)
        cos, sin = rotation(shape, shape.context)
        self.register_buffer("cos", cos, persistent=False)
        self.register_buffer("sin", sin, persistent=False)
        nn.init.normal_(self.embed.weight, std=0.02)
        for name, p in self.named_parameters():
            if name.endswith(("qkv.weight", "gate_up.weight")):
                nn.init.normal_(p, std=0.04)
            elif name.endswith(("out.weight", "down.weight")):
                nn.init.normal_(p, std=0.04 / (2 * shape.layers) ** 0.5)

    def forward(self, tokens):
        x = self.embed(tokens) * 1.0
        cos, sin = self.cos[: tokens.shape[1]], self.sin[: tokens.shape[1]]
        dtype = torch.get_autocast_dtype("cpu") if torch.is_autocast_enabled("cpu") else x.dtype
        x, cos, sin = x.to(dtype), cos.to(dtype), sin.to(dtype)
        for block in self.blocks:
            x = block(x, cos, sin)
        return self.norm(x)

    def logits(self, rows):
        """`[n, width]` to `[n, vocabulary]`; the head is the embedding."""
        return F.linear(rows, self.embed.weight)

    def size(self):
        return sum(p.numel() for p in self.parameters())
