"""The reset gate scales the input's share of the candidate instead of the state's.

Hint: What should a GRU be able to forget when it makes its candidate: the present or the past?
"""

credit = 0.4

EDITS = [
    ("reset = r * h_n", "reset = r * x_n"),
    ("torch.tanh(x_n + reset)", "torch.tanh(h_n + reset)"),
]
