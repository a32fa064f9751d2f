"""The loop runs over the batch axis and takes the time axis for the batch.

Hint: x is (N, T, D). Over which axis should your loop run, and which should stay whole in every step?
"""

credit = 0.4

import math

import torch
from torch import nn


def draw(module, blocks, D, H):
    bound = 1 / math.sqrt(H)
    module.hidden_size = H
    module.weight_ih_l0 = nn.Parameter(torch.empty(blocks * H, D).uniform_(-bound, bound))
    module.weight_hh_l0 = nn.Parameter(torch.empty(blocks * H, H).uniform_(-bound, bound))
    module.bias_ih_l0 = nn.Parameter(torch.empty(blocks * H).uniform_(-bound, bound))
    module.bias_hh_l0 = nn.Parameter(torch.empty(blocks * H).uniform_(-bound, bound))


class LSTM(nn.Module):
    def __init__(self, input_size, hidden_size, forget_bias=None):
        super().__init__()
        draw(self, 4, input_size, hidden_size)
        if forget_bias is not None:
            with torch.no_grad():
                self.bias_ih_l0[hidden_size : 2 * hidden_size] = forget_bias
                self.bias_hh_l0[hidden_size : 2 * hidden_size] = 0.0

    def forward(self, x, state=None):
        if state is None:
            h = c = x.new_zeros(x.shape[1], self.hidden_size)
        else:
            h, c = state
        outputs = []
        for x_t in x:
            h, c, _ = lstm_step(x_t, h, c, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0)
            outputs.append(h)
        return torch.stack(outputs), (h, c)


class GRU(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        draw(self, 3, input_size, hidden_size)

    def forward(self, x, state=None):
        h = x.new_zeros(x.shape[1], self.hidden_size) if state is None else state
        outputs = []
        for x_t in x:
            h, _ = gru_step(x_t, h, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0)
            outputs.append(h)
        return torch.stack(outputs), h
