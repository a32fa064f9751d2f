"""Many seeds at once: recurrent cells whose parameters carry a leading seed dimension M.

A Python loop over time costs per step, not per element, so M models cost little more than one. The sums are those of the student-style loop
(`test_calibration.py` compares them with it); only the order of floating-point additions differs.
"""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch.nn.functional import pad

Params = dict[str, Tensor]  # each (M, …)


def stack(rows: list[Params]) -> Params:
    """One set of stacked leaves from the parameters of M models."""
    return {name: torch.stack([row[name].detach() for row in rows]).requires_grad_() for name in rows[0]}


def linear(x: Tensor, weight: Tensor, bias: Tensor) -> Tensor:
    """x (M, N, D), weight (M, O, D), bias (M, O) → (M, N, O)."""
    return torch.baddbmm(bias[:, None], x, weight.mT)


def embed(weight: Tensor, tokens: Tensor) -> Tensor:
    """weight (M, V, E), tokens (M, …) → (M, …, E)."""
    M, V, E = weight.shape
    first = (torch.arange(M) * V).view(M, *[1] * (tokens.dim() - 1))
    return torch.nn.functional.embedding(tokens + first, weight.reshape(M * V, E))


def lstm_step(pre: Tensor, h: Tensor, c: Tensor, w_hh: Tensor) -> tuple[Tensor, Tensor]:
    """pre (M, N, 4H) = input product and both biases; h, c (M, N, H)."""
    H = h.shape[-1]
    gates = torch.baddbmm(pre, h, w_hh.mT)
    i, f, g, o = gates.split(H, -1)
    c = torch.sigmoid(f) * c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def lstm_without_carry(pre: Tensor, h: Tensor, c: Tensor, w_hh: Tensor) -> tuple[Tensor, Tensor]:
    """Wrong: the cell state starts from zero at every step."""
    return lstm_step(pre, h, torch.zeros_like(c), w_hh)


def lstm_without_forget_gate(pre: Tensor, h: Tensor, c: Tensor, w_hh: Tensor) -> tuple[Tensor, Tensor]:
    """Wrong: c = c + i · g, nothing is ever forgotten."""
    i, _, g, o = torch.baddbmm(pre, h, w_hh.mT).split(h.shape[-1], -1)
    c = c + torch.sigmoid(i) * torch.tanh(g)
    return torch.sigmoid(o) * torch.tanh(c), c


def lstm_detached(pre: Tensor, h: Tensor, c: Tensor, w_hh: Tensor) -> tuple[Tensor, Tensor]:
    """Wrong: no gradient flows through the cell state."""
    return lstm_step(pre, h, c.detach(), w_hh)


def gru_step(pre: Tensor, h: Tensor, c: Tensor, w_hh: Tensor, b_hh: Tensor) -> tuple[Tensor, Tensor]:
    """pre (M, N, 3H) = input product and its bias. `c` only keeps the signature of the LSTM's steps."""
    H = h.shape[-1]
    hidden = torch.baddbmm(b_hh[:, None], h, w_hh.mT)
    rz = torch.sigmoid(pre[..., : 2 * H] + hidden[..., : 2 * H])
    n = torch.tanh(pre[..., 2 * H :] + rz[..., :H] * hidden[..., 2 * H :])
    return n + rz[..., H:] * (h - n), c


def rnn_step(pre: Tensor, h: Tensor, c: Tensor, w_hh: Tensor) -> tuple[Tensor, Tensor]:
    """The plain RNN: h = tanh(W x + U h + b)."""
    return torch.tanh(torch.baddbmm(pre, h, w_hh.mT)), c


STEPS: dict[str, Callable] = {
    "lstm": lstm_step,
    "lstm-no-carry": lstm_without_carry,
    "lstm-no-forget": lstm_without_forget_gate,
    "lstm-detached": lstm_detached,
    "gru": gru_step,
    "rnn": rnn_step,
}


def run(
    kind: str,
    p: Params,
    prefix: str,
    x: Tensor,
    state: tuple[Tensor, Tensor] | None = None,
    active: list[int] | None = None,
    block: int = 8,
) -> Tensor:
    """The layer `prefix` over x (M, N, T, D): all hidden states (M, N, T, H).

    active: how many rows each step is needed for, never growing (longest sequences first); the outputs of the other rows are left at zero.
    A third of the sums of a padded batch is spared so.
    """
    M, N, T, _ = x.shape
    H = p[f"{prefix}.weight_hh_l0"].shape[-1]
    h = c = x.new_zeros(M, N, H)
    if state is not None:
        h, c = state
    blocks = []
    for first in range(0, T, block):
        n = N if active is None else active[first]
        if n == 0:
            blocks.append(x.new_zeros(M, N, T - first, H))
            break
        outputs = []
        h, c = h[:, :n], c[:, :n]
        for pre in project(kind, p, prefix, x[:, :n, first : first + block]).unbind(2):
            h, c = advance(kind, p, prefix, pre, h, c)
            outputs.append(h)
        blocks.append(pad(torch.stack(outputs, 2), (0, 0, 0, 0, 0, N - n)))
    return torch.cat(blocks, 2)


def project(kind: str, p: Params, prefix: str, x: Tensor) -> Tensor:
    """The part of every step's sum that does not wait for h: (M, N, T, D) → (M, N, T, gates · H)."""
    M, N, T, D = x.shape
    bias = p[f"{prefix}.bias_ih_l0"]
    if kind != "gru":
        bias = bias + p[f"{prefix}.bias_hh_l0"]
    return linear(x.reshape(M, N * T, D), p[f"{prefix}.weight_ih_l0"], bias).view(M, N, T, -1)


def advance(kind: str, p: Params, prefix: str, pre: Tensor, h: Tensor, c: Tensor) -> tuple[Tensor, Tensor]:
    extra = (p[f"{prefix}.bias_hh_l0"],) if kind == "gru" else ()
    return STEPS[kind](pre, h, c, p[f"{prefix}.weight_hh_l0"], *extra)


def clip(p: Params, largest: float) -> None:
    """`clip_grad_norm_` for every seed by itself."""
    M = len(next(iter(p.values())))
    square = sum(t.grad.reshape(M, -1).square().sum(1) for t in p.values() if t.grad is not None)
    scale = (largest / (square.sqrt() + 1e-6)).clamp(max=1.0)  # (M,)
    for t in p.values():
        if t.grad is None:  # an encoder that nothing is read from
            continue
        t.grad.mul_(scale.view(M, *[1] * (t.dim() - 1)))
