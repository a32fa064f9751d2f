"""Outputs preallocated and filled step by step; init in a reset_parameters method; nn.Parameter of empty."""
import torch
from torch import nn


class LSTM(nn.Module):
    def __init__(self, input_size, hidden_size, forget_bias=None):
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        self.forget_bias = forget_bias
        self.weight_ih_l0 = nn.Parameter(torch.empty(4 * hidden_size, input_size))
        self.weight_hh_l0 = nn.Parameter(torch.empty(4 * hidden_size, hidden_size))
        self.bias_ih_l0 = nn.Parameter(torch.empty(4 * hidden_size))
        self.bias_hh_l0 = nn.Parameter(torch.empty(4 * hidden_size))
        self.reset_parameters()

    def reset_parameters(self):
        k = self.hidden_size ** -0.5
        for p in self.parameters():
            nn.init.uniform_(p, -k, k)
        if self.forget_bias is not None:
            H = self.hidden_size
            nn.init.constant_(self.bias_ih_l0[H:2 * H], self.forget_bias)
            nn.init.zeros_(self.bias_hh_l0[H:2 * H])

    def forward(self, x, state=None):
        N, T, _ = x.shape
        if state is None:
            state = (torch.zeros(N, self.hidden_size, dtype=x.dtype, device=x.device),) * 2
        h, c = state
        outputs = torch.empty(N, T, self.hidden_size, dtype=x.dtype, device=x.device)
        for t in range(T):
            h, c, gates = lstm_step(x[:, t, :], h, c, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0)
            outputs[:, t, :] = h
        return outputs, (h, c)


class GRU(nn.Module):
    def __init__(self, input_size, hidden_size):
        super().__init__()
        self.input_size, self.hidden_size = input_size, hidden_size
        k = hidden_size ** -0.5
        self.weight_ih_l0 = nn.Parameter(torch.empty(3 * hidden_size, input_size))
        self.weight_hh_l0 = nn.Parameter(torch.empty(3 * hidden_size, hidden_size))
        self.bias_ih_l0 = nn.Parameter(torch.empty(3 * hidden_size))
        self.bias_hh_l0 = nn.Parameter(torch.empty(3 * hidden_size))
        for p in self.parameters():
            nn.init.uniform_(p, -k, k)

    def forward(self, x, state=None):
        N, T, _ = x.shape
        h = state
        if h is None:
            h = torch.zeros(N, self.hidden_size, dtype=x.dtype, device=x.device)
        outputs = torch.empty(N, T, self.hidden_size, dtype=x.dtype, device=x.device)
        for t in range(T):
            h, gates = gru_step(x[:, t, :], h, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0)
            outputs[:, t, :] = h
        return outputs, h
