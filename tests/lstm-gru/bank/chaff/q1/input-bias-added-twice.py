"""b_ih is added twice, and b_hh not at all.

Hint: Two products, two biases. Read the two lines aloud: which bias belongs to which product?
"""

credit = 0.6

EDITS = [
    ("h @ w_hh.T + b_hh", "h @ w_hh.T + b_ih"),
]
