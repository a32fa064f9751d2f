"""The reset gate scales the product with h but not the bias b_hh that belongs to it.

Hint: In PyTorch's GRU everything that comes from the state goes through the reset gate. Is part of it outside your
brackets?
"""

credit = 0.6

EDITS = [
    ("reset = r * h_n", "reset = r * (h_n - b_hh[-h.shape[1] :]) + b_hh[-h.shape[1] :]"),
]
