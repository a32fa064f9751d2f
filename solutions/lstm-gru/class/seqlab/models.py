"""Layers to compare your own with: they are called as yours are and return `(outputs (N, T, H), state)`."""

from __future__ import annotations

from torch import nn


def rnn(input_size: int, hidden_size: int) -> nn.RNN:
    """PyTorch's plain tanh RNN, batch first: no gates, no cell state."""
    return nn.RNN(input_size, hidden_size, batch_first=True)


def torch_gru(input_size: int, hidden_size: int) -> nn.GRU:
    """PyTorch's GRU, batch first: the same sums as a Python loop's, many times faster."""
    return nn.GRU(input_size, hidden_size, batch_first=True)


def torch_lstm(input_size: int, hidden_size: int) -> nn.LSTM:
    """PyTorch's LSTM, batch first; its `state` is `(h, c)`."""
    return nn.LSTM(input_size, hidden_size, batch_first=True)
