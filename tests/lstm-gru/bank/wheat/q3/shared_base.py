"""A base class for both layers, register_parameter, unbind over time, keyword arguments, typed."""
from __future__ import annotations

from typing import Optional, Tuple

import torch
from torch import Tensor, nn

NAMES = ("weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0")


class Recurrent(nn.Module):
    blocks: int

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.hidden_size = hidden_size
        rows = self.blocks * hidden_size
        limit = 1.0 / hidden_size**0.5
        for name, shape in zip(NAMES, [(rows, input_size), (rows, hidden_size), (rows,), (rows,)]):
            values = (2 * torch.rand(shape) - 1) * limit
            self.register_parameter(name, nn.Parameter(values))

    @property
    def weights(self) -> dict:
        return dict(w_ih=self.weight_ih_l0, w_hh=self.weight_hh_l0, b_ih=self.bias_ih_l0, b_hh=self.bias_hh_l0)

    def zeros(self, x: Tensor) -> Tensor:
        return torch.zeros(x.size(0), self.hidden_size).to(x)

    def extra_repr(self) -> str:
        return f"hidden_size={self.hidden_size}"


class LSTM(Recurrent):
    blocks = 4

    def __init__(self, input_size: int, hidden_size: int, forget_bias: Optional[float] = None) -> None:
        super().__init__(input_size, hidden_size)
        if forget_bias is not None:
            self.bias_ih_l0.data.view(4, -1)[1].fill_(forget_bias)
            self.bias_hh_l0.data.view(4, -1)[1].zero_()

    def forward(self, x: Tensor, state: Optional[Tuple[Tensor, Tensor]] = None) -> Tuple[Tensor, Tuple[Tensor, Tensor]]:
        h, c = state or (self.zeros(x), self.zeros(x))
        hs = []
        for x_t in x.unbind(dim=1):
            h, c, _ = lstm_step(x=x_t, h=h, c=c, **self.weights)
            hs += [h.unsqueeze(1)]
        return torch.cat(hs, dim=1), (h, c)


class GRU(Recurrent):
    blocks = 3

    def forward(self, x: Tensor, state: Optional[Tensor] = None) -> Tuple[Tensor, Tensor]:
        h = self.zeros(x) if state is None else state
        hs = []
        for x_t in x.unbind(dim=1):
            h, _ = gru_step(x=x_t, h=h, **self.weights)
            hs += [h.unsqueeze(1)]
        return torch.cat(hs, dim=1), h
