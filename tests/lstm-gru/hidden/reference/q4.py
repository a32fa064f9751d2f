"""Reference for q4: how much of the last output's gradient reaches each step."""

import torch
from torch import Tensor, nn


def gradient_norms(layer: nn.Module, x: Tensor) -> Tensor:
    """‖∂L/∂x_t‖₂ over batch and features, L the sum of the last step's outputs; x (N, T, D) → (T,)."""
    x = x.detach().clone().requires_grad_(True)  # a leaf of its own: the caller's x keeps its .grad
    outputs, _ = layer(x)
    loss = outputs[:, -1].sum()
    (gradient,) = torch.autograd.grad(loss, x)  # unlike backward(), leaves the parameters' .grad alone
    squares = gradient**2  # (N, T, D)
    return squares.sum(dim=(0, 2)).sqrt()


def cell_path_gain(forget_gates: Tensor) -> Tensor:
    """Product of the forget gates after each step, (T, …) → (T, …)."""
    gain = torch.ones_like(forget_gates[0])
    gains = [gain]  # the last step's
    for f in forget_gates[1:].flip(0):
        gain = gain * f
        gains.append(gain)
    return torch.stack(gains[::-1])
