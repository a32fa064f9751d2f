"""PyTorch's own cells and layer under the contract's signatures.

A check puts them in the place of what a question builds on, so that q3 can be checked whatever q1 does. They
return no gates and call no step of the notebook's, so they are no answer to q1, q2 or q3.
"""

from __future__ import annotations

import torch
from torch import Tensor, nn

State = tuple[Tensor, Tensor]


def lstm_step(
    x: Tensor, h: Tensor, c: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor
) -> tuple[Tensor, Tensor, dict]:
    """x (N, D), h and c (N, H) → the new h and c, and no gates."""
    return *torch.func.functional_call(nn.LSTMCell(1, 1), _named(w_ih, w_hh, b_ih, b_hh), (x, (h, c))), {}


def gru_step(
    x: Tensor, h: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor
) -> tuple[Tensor, dict]:
    """x (N, D), h (N, H) → the new h, and no gates."""
    return torch.func.functional_call(nn.GRUCell(1, 1), _named(w_ih, w_hh, b_ih, b_hh), (x, h)), {}


class LSTM(nn.LSTM):
    """x (N, T, D) → outputs (N, T, H) and the state (h, c), each (N, H)."""

    def __init__(self, input_size: int, hidden_size: int, forget_bias: float | None = None) -> None:
        super().__init__(input_size, hidden_size, batch_first=True)

    def forward(self, x: Tensor, state: State | None = None) -> tuple[Tensor, State]:
        if not isinstance(x, Tensor):  # PyTorch's takes a packed batch, the one that you wrote does not
            raise TypeError(f"LSTM takes a tensor x (N, T, D), not a {type(x).__name__}")
        outputs, (h, c) = super().forward(x, None if state is None else (state[0][None], state[1][None]))
        return outputs, (h[0], c[0])


def _named(w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor) -> dict[str, Tensor]:
    """Under the names of torch.nn's cells."""
    return {"weight_ih": w_ih, "weight_hh": w_hh, "bias_ih": b_ih, "bias_hh": b_hh}
