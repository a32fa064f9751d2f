"""The forget bias is set in all rows of the biases, for every gate.

Hint: A bias for one gate only: which rows belong to it?
"""

credit = 0.85

EDITS = [
    ("self.bias_ih_l0[hidden_size : 2 * hidden_size] = forget_bias  # rows i, f, g, o", "self.bias_ih_l0[:] = forget_bias  # rows i, f, g, o"),
    ("self.bias_hh_l0[hidden_size : 2 * hidden_size] = 0.0", "self.bias_hh_l0[:] = 0.0"),
]
