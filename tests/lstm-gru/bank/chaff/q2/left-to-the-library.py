"""The step is PyTorch's own GRU cell, and this question asks for its equations.

Hint: Two gates, a candidate and one line for the state are all there is in that cell. Which weights make which gate?
"""

credit = 0

import torch


def gru_step(x, h, w_ih, w_hh, b_ih, b_hh):
    h = torch.gru_cell(x, h, w_ih, w_hh, b_ih, b_hh)
    return h, {"r": h, "z": h, "n": h}
