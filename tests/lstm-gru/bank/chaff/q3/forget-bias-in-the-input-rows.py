"""The forget bias is set in the input gate's rows.

Hint: Row blocks are i, f, g, o. Where does the second block start, and where does it end?
"""

credit = 0.85

EDITS = [
    ("self.bias_ih_l0[hidden_size : 2 * hidden_size] = forget_bias  # rows i, f, g, o", "self.bias_ih_l0[:hidden_size] = forget_bias  # rows i, f, g, o"),
    ("self.bias_hh_l0[hidden_size : 2 * hidden_size] = 0.0", "self.bias_hh_l0[:hidden_size] = 0.0"),
]
