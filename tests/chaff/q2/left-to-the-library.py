"""The step is left to the library, which does not hand out its gates.

Hint: The library gives the new state but hides what this question is about. Which equations would you need to
return the gates?
"""

import torch


def gru_step(x, h, w_ih, w_hh, b_ih, b_hh):
    return torch.gru_cell(x, h, w_ih, w_hh, b_ih, b_hh), {}
