"""The step is left to the library, which does not hand out its gates.

Hint: The library gives the new states but hides what this question is about. Which equations would you need
to return the gates?
"""

import torch


def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):
    h, c = torch.lstm_cell(x, (h, c), w_ih, w_hh, b_ih, b_hh)
    return h, c, {}
