"""Reference for q2: one GRU step, one equation a line so that the bank's edits can be combined."""

import torch
from torch import Tensor


def gru_step(
    x: Tensor, h: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor
) -> tuple[Tensor, dict[str, Tensor]]:
    """x (N, D), h (N, H), weights as in torch.nn.GRUCell; the new h and the three gates, all (N, H)."""
    from_input = x @ w_ih.T + b_ih  # (N, 3H)
    from_state = h @ w_hh.T + b_hh  # (N, 3H)
    x_r, x_z, x_n = from_input.chunk(3, dim=1)  # (N, H) each
    h_r, h_z, h_n = from_state.chunk(3, dim=1)  # (N, H) each
    r = torch.sigmoid(x_r + h_r)
    z = torch.sigmoid(x_z + h_z)
    reset = r * h_n  # after the matmul, bias included
    n = torch.tanh(x_n + reset)
    fresh = (1 - z) * n
    kept = z * h
    new_h = fresh + kept
    gates = {"r": r, "z": z, "n": n}
    return new_h, gates
