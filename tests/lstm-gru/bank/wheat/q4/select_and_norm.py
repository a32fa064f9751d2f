"""outputs.select, autograd.grad on the parameters of a detached alias; transpose-flatten-norm; typed."""
from __future__ import annotations

import torch
from torch import Tensor, nn


def per_step(g: Tensor) -> Tensor:
    return g.transpose(0, 1).flatten(start_dim=1).norm(p=2, dim=1)


def gradient_norms(layer: nn.Module, x: Tensor) -> Tensor:
    """(N, T, D) -> (T,)"""
    with torch.enable_grad():
        probe = torch.zeros_like(x, requires_grad=True)
        outputs, *_ = layer(x.detach() + probe)
        objective = torch.einsum("nh->", outputs.select(1, -1))
        gradient = torch.autograd.grad(objective, [probe])[0]
    return per_step(gradient).detach()


def cell_path_gain(forget_gates: Tensor) -> Tensor:
    shifted = torch.roll(forget_gates, -1, dims=0).clone()
    shifted[-1] = 1.0
    return shifted.flip(0).cumprod(0).flip(0)
