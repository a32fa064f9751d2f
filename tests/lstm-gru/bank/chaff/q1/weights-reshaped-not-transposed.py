"""The weight matrices are reshaped where they should be transposed.

Hint: `reshape` and `view` keep the numbers in their old order. Does row k become column k?
"""

credit = 0.6

EDITS = [
    ('x @ w_ih.T', 'x @ w_ih.reshape(w_ih.shape[1], -1)'),
    ('h @ w_hh.T', 'h @ w_hh.reshape(w_hh.shape[1], -1)'),
]
