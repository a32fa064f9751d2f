"""Time first inside, permuted back at the end; helper functions in another cell; states as lists."""
import math

import torch
import torch.nn as nn


def fresh(rows, columns, H):
    bound = 1 / math.sqrt(H)
    if columns is None:
        return nn.Parameter(torch.distributions.Uniform(-bound, bound).sample((rows,)))
    return nn.Parameter(torch.distributions.Uniform(-bound, bound).sample((rows, columns)))


def unroll(step, x, states):
    """step maps (x_t, states) to states; the first state is the output."""
    collected = []
    for x_t in x.transpose(0, 1):
        states = step(x_t, states)
        collected.append(states[0])
    return torch.stack(collected).permute(1, 0, 2), states


class LSTM(nn.Module):
    def __init__(self, input_size, hidden_size, forget_bias=None):
        super().__init__()
        H = self.H = hidden_size
        self.weight_ih_l0 = fresh(4 * H, input_size, H)
        self.weight_hh_l0 = fresh(4 * H, H, H)
        b_ih, b_hh = fresh(4 * H, None, H), fresh(4 * H, None, H)
        if forget_bias is not None:
            b_ih.data[H:2 * H] = forget_bias
            b_hh.data[H:2 * H] = 0
        self.bias_ih_l0, self.bias_hh_l0 = b_ih, b_hh
        self.last_gates = []          # for the plots

    def step(self, x_t, states):
        h, c, gates = lstm_step(x_t, *states, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0)
        self.last_gates.append({k: v.detach() for k, v in gates.items()})
        return [h, c]

    def forward(self, x, state=None):
        self.last_gates = []
        zeros = [x.new_zeros((x.shape[0], self.H)) for _ in range(2)]
        outputs, (h, c) = unroll(self.step, x, list(state) if state is not None else zeros)
        return outputs, (h, c)


class GRU(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        H = self.H = hidden_size
        self.weight_ih_l0 = fresh(3 * H, input_size, H)
        self.weight_hh_l0 = fresh(3 * H, H, H)
        self.bias_ih_l0 = fresh(3 * H, None, H)
        self.bias_hh_l0 = fresh(3 * H, None, H)

    def step(self, x_t, states):
        (h,) = states
        h, _ = gru_step(x_t, h, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0)
        return [h]

    def forward(self, x, state=None):
        outputs, (h,) = unroll(self.step, x, [x.new_zeros((x.shape[0], self.H)) if state is None else state])
        return outputs, h
