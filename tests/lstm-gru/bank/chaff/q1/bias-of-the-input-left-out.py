"""b_ih is not added.

Hint: PyTorch keeps two biases for every gate. Count which of your seven arguments appear in your equations.
"""

credit = 0.6

EDITS = [
    ("x @ w_ih.T + b_ih", "x @ w_ih.T"),
]
