"""Reference for q1: one LSTM step, one equation a line so that the bank's edits can be combined."""

import torch
from torch import Tensor


def lstm_step(
    x: Tensor, h: Tensor, c: Tensor, w_ih: Tensor, w_hh: Tensor, b_ih: Tensor, b_hh: Tensor
) -> tuple[Tensor, Tensor, dict[str, Tensor]]:
    """x (N, D), h and c (N, H), weights as in torch.nn.LSTMCell; the new h and c, and the four gates, all (N, H)."""
    from_input = x @ w_ih.T + b_ih  # (N, 4H)
    from_state = h @ w_hh.T + b_hh  # (N, 4H)
    pre = from_input + from_state
    pre_i, pre_f, pre_g, pre_o = pre.chunk(4, dim=1)  # (N, H) each
    i = torch.sigmoid(pre_i)
    f = torch.sigmoid(pre_f)
    g = torch.tanh(pre_g)
    o = torch.sigmoid(pre_o)
    kept = f * c
    written = i * g
    new_c = kept + written
    shown = torch.tanh(new_c)
    new_h = o * shown
    gates = {"i": i, "f": f, "g": g, "o": o}
    return new_h, new_c, gates
