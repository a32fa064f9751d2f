"""forward consumes the sequence with split; a `step` method that looks the notebook's step up by name; einops-like reshape."""
import torch
from torch import nn
from torch.nn import Parameter, init


class _Cell(nn.Module):
    def _make(self, D, H, k):
        self.D, self.H = D, H
        self.weight_ih_l0 = Parameter(torch.zeros(k * H, D))
        self.weight_hh_l0 = Parameter(torch.zeros(k * H, H))
        self.bias_ih_l0 = Parameter(torch.zeros(k * H))
        self.bias_hh_l0 = Parameter(torch.zeros(k * H))
        for name in self._parameters:
            init.uniform_(self._parameters[name], -1 / H**.5, 1 / H**.5)

    def weights(self):
        return [self._parameters[n] for n in ["weight_ih_l0", "weight_hh_l0", "bias_ih_l0", "bias_hh_l0"]]


class LSTM(_Cell):
    def __init__(self, input_size, hidden_size, forget_bias=None):
        super().__init__()
        self._make(input_size, hidden_size, 4)
        if forget_bias is not None:
            mask = torch.arange(4 * hidden_size) // hidden_size == 1
            with torch.no_grad():
                self.bias_ih_l0.masked_fill_(mask, forget_bias)
                self.bias_hh_l0.masked_fill_(mask, 0.)

    def step(self, x, state):
        h, c, _ = globals()["lstm_step"](x, *state, *self.weights())
        return h, c

    def forward(self, x, state=None):
        if state is None:
            z = torch.zeros((x.shape[0], self.H), dtype=self.weight_ih_l0.dtype)
            state = z, z
        pieces = []
        for piece in x.split(1, dim=1):
            state = self.step(piece.squeeze(1), state)
            pieces.append(state[0])
        out = torch.hstack(pieces).reshape(x.shape[0], x.shape[1], self.H)
        return out, state


class GRU(_Cell):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self._make(input_size, hidden_size, 3)

    def step(self, x, h):
        return gru_step(x, h, *self.weights())[0]

    def forward(self, x, state=None):
        if state is None:
            state = torch.zeros((x.shape[0], self.H), dtype=self.weight_ih_l0.dtype)
        pieces = []
        for piece in x.split(1, dim=1):
            state = self.step(piece.squeeze(1), state)
            pieces.append(state)
        out = torch.hstack(pieces).reshape(x.shape[0], x.shape[1], self.H)
        return out, state
