"""The forget bias is set in both biases, so that it counts twice.

Hint: The two biases of a gate are added. What is their sum over the forget rows?
"""

credit = 0.85

EDITS = [
    ("self.bias_hh_l0[hidden_size : 2 * hidden_size] = 0.0", "self.bias_hh_l0[hidden_size : 2 * hidden_size] = forget_bias"),
]
