"""A helper Module with Linear-like parts, called through functional_call; match on names, typed."""
from typing import Dict, Tuple

import torch
from torch import nn


class Projection(nn.Module):
    def __init__(self, into: int, out: int):
        super().__init__()
        self.linear = nn.Linear(into, out)

    def forward(self, v: torch.Tensor) -> torch.Tensor:
        return self.linear(v)


def project(v: torch.Tensor, weight: torch.Tensor, bias: torch.Tensor) -> torch.Tensor:
    module = Projection(weight.shape[1], weight.shape[0])
    return torch.func.functional_call(module, {"linear.weight": weight, "linear.bias": bias}, (v,))


def lstm_step(
    x: torch.Tensor, h: torch.Tensor, c: torch.Tensor,
    w_ih: torch.Tensor, w_hh: torch.Tensor, b_ih: torch.Tensor, b_hh: torch.Tensor,
) -> Tuple[torch.Tensor, torch.Tensor, Dict[str, torch.Tensor]]:
    total = project(x, w_ih, b_ih) + project(h, w_hh, b_hh)
    total = total.view(x.size(0), 4, -1)                       # (N, 4, H)
    activation = {"i": nn.Sigmoid(), "f": nn.Sigmoid(), "g": nn.Tanh(), "o": nn.Sigmoid()}
    gates = {name: act(total[:, k]) for k, (name, act) in enumerate(activation.items())}
    new_cell = gates["f"].mul(c).add(gates["i"].mul(gates["g"]))
    new_hidden = gates["o"].mul(new_cell.tanh())
    return new_hidden, new_cell, gates
