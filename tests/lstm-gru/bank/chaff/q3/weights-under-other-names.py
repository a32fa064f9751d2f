"""The parameters do not have PyTorch's names, so the two layers cannot load each other's weights.

Hint: Print list(torch.nn.LSTM(2, 3).state_dict()) beside your own.
"""

credit = 0.6

import math

import torch
from torch import nn


def draw(module, blocks, D, H):
    bound = 1 / math.sqrt(H)
    module.hidden_size = H
    module.W_ih = nn.Parameter(torch.empty(blocks * H, D).uniform_(-bound, bound))
    module.W_hh = nn.Parameter(torch.empty(blocks * H, H).uniform_(-bound, bound))
    module.b_ih = nn.Parameter(torch.empty(blocks * H).uniform_(-bound, bound))
    module.b_hh = nn.Parameter(torch.empty(blocks * H).uniform_(-bound, bound))


class LSTM(nn.Module):
    def __init__(self, input_size, hidden_size, forget_bias=None):
        super().__init__()
        draw(self, 4, input_size, hidden_size)
        if forget_bias is not None:
            with torch.no_grad():
                self.b_ih[hidden_size : 2 * hidden_size] = forget_bias
                self.b_hh[hidden_size : 2 * hidden_size] = 0.0

    def forward(self, x, state=None):
        zeros = x.new_zeros(x.shape[0], self.hidden_size)
        h, c = (zeros, zeros) if state is None else state
        outputs = []
        for t in range(x.shape[1]):
            h, c, _ = lstm_step(x[:, t], h, c, self.W_ih, self.W_hh, self.b_ih, self.b_hh)
            outputs.append(h)
        return torch.stack(outputs, dim=1), (h, c)


class GRU(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        draw(self, 3, input_size, hidden_size)

    def forward(self, x, state=None):
        h = x.new_zeros(x.shape[0], self.hidden_size) if state is None else state
        outputs = []
        for t in range(x.shape[1]):
            h, _ = gru_step(x[:, t], h, self.W_ih, self.W_hh, self.b_ih, self.b_hh)
            outputs.append(h)
        return torch.stack(outputs, dim=1), h
