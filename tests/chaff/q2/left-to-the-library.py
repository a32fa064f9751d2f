"""The step returns the new state and no gates.

Hint: A library's step keeps its gates to itself; a step written out has them by name. Which equations make them,
and what should the dict hold?
"""

import torch


def gru_step(x, h, w_ih, w_hh, b_ih, b_hh):
    return torch.gru_cell(x, h, w_ih, w_hh, b_ih, b_hh), {}
