"""Reference for q3: the layers loop over time and call the notebook's own step at every one."""

import math

import torch
from torch import Tensor, nn


class LSTM(nn.Module):
    """A one-layer LSTM, x (N, T, D) → outputs (N, T, H) and the state (h, c), each (N, H)."""

    def __init__(self, input_size: int, hidden_size: int, forget_bias: float | None = None) -> None:
        super().__init__()
        self.hidden_size = hidden_size
        bound = 1 / math.sqrt(hidden_size)
        self.weight_ih_l0 = nn.Parameter(torch.empty(4 * hidden_size, input_size).uniform_(-bound, bound))
        self.weight_hh_l0 = nn.Parameter(torch.empty(4 * hidden_size, hidden_size).uniform_(-bound, bound))
        self.bias_ih_l0 = nn.Parameter(torch.empty(4 * hidden_size).uniform_(-bound, bound))
        self.bias_hh_l0 = nn.Parameter(torch.empty(4 * hidden_size).uniform_(-bound, bound))
        if forget_bias is not None:
            with torch.no_grad():
                self.bias_ih_l0[hidden_size : 2 * hidden_size] = forget_bias  # rows i, f, g, o
                self.bias_hh_l0[hidden_size : 2 * hidden_size] = 0.0

    def forward(
        self, x: Tensor, state: tuple[Tensor, Tensor] | None = None
    ) -> tuple[Tensor, tuple[Tensor, Tensor]]:
        if state is None:
            h = x.new_zeros(x.shape[0], self.hidden_size)
            c = x.new_zeros(x.shape[0], self.hidden_size)
        else:
            h, c = state
        outputs = []
        for t in range(x.shape[1]):
            h, c, _ = lstm_step(  # noqa: F821 (the notebook's)
                x[:, t], h, c, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0
            )
            outputs.append(h)
        return torch.stack(outputs, dim=1), (h, c)


class GRU(nn.Module):
    """A one-layer GRU, x (N, T, D) → outputs (N, T, H) and the state h (N, H)."""

    def __init__(self, input_size: int, hidden_size: int) -> None:
        super().__init__()
        self.hidden_size = hidden_size
        bound = 1 / math.sqrt(hidden_size)
        self.weight_ih_l0 = nn.Parameter(torch.empty(3 * hidden_size, input_size).uniform_(-bound, bound))
        self.weight_hh_l0 = nn.Parameter(torch.empty(3 * hidden_size, hidden_size).uniform_(-bound, bound))
        self.bias_ih_l0 = nn.Parameter(torch.empty(3 * hidden_size).uniform_(-bound, bound))
        self.bias_hh_l0 = nn.Parameter(torch.empty(3 * hidden_size).uniform_(-bound, bound))

    def forward(self, x: Tensor, state: Tensor | None = None) -> tuple[Tensor, Tensor]:
        h = x.new_zeros(x.shape[0], self.hidden_size) if state is None else state
        outputs = []
        for t in range(x.shape[1]):
            h, _ = gru_step(  # noqa: F821 (the notebook's)
                x[:, t], h, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0
            )
            outputs.append(h)
        return torch.stack(outputs, dim=1), h
