"""b_hh is not added.

Hint: PyTorch keeps two biases for every gate. Count which of your seven arguments appear in your equations.
"""

credit = 0.6

EDITS = [
    ("h @ w_hh.T + b_hh", "h @ w_hh.T"),
]
