"""The reset gate scales the whole sum of the candidate, the input's share too.

Hint: With a closed reset gate the candidate should still see x. Does yours?
"""

credit = 0.4

EDITS = [
    ("torch.tanh(x_n + reset)", "torch.tanh(r * x_n + reset)"),
]
