"""A bias of the caller is changed in place: one is added onto the other.

Hint: `b = b + a` and `b += a` look alike. Call your step twice with the same tensors: are the results the same?
"""

credit = 0.7

EDITS = [
    ("from_input = x @ w_ih.T + b_ih", "b_ih += b_hh\n    from_input = x @ w_ih.T + b_ih"),
    ("h @ w_hh.T + b_hh", "h @ w_hh.T"),
]
