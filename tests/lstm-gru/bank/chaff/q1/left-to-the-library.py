"""The step is PyTorch's own LSTM cell, and this question asks for its equations.

Hint: Four gates and two lines for the states are all there is in that cell. Which weights make which gate?
"""

credit = 0

import torch


def lstm_step(x, h, c, w_ih, w_hh, b_ih, b_hh):
    h, c = torch.lstm_cell(x, (h, c), w_ih, w_hh, b_ih, b_hh)
    return h, c, {"i": h, "f": h, "g": c, "o": h}
