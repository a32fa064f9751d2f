"""The layer does not call the notebook's own step: it leaves the loop to the library or repeats the equations.

Hint: What happens to your layer when someone puts another lstm_step into the notebook? It should follow.
"""

import torch
from torch import nn


class LSTM(nn.LSTM):
    def __init__(self, input_size, hidden_size, forget_bias=None):
        super().__init__(input_size, hidden_size, batch_first=True)
        if forget_bias is not None:
            with torch.no_grad():
                self.bias_ih_l0[hidden_size : 2 * hidden_size] = forget_bias
                self.bias_hh_l0[hidden_size : 2 * hidden_size] = 0.0

    def forward(self, x, state=None):
        if state is not None:
            state = state[0][None], state[1][None]
        outputs, (h, c) = super().forward(x, state)
        return outputs, (h[0], c[0])


class GRU(nn.GRU):
    def __init__(self, input_size, hidden_size):
        super().__init__(input_size, hidden_size, batch_first=True)

    def forward(self, x, state=None):
        outputs, h = super().forward(x, None if state is None else state[None])
        return outputs, h[0]
