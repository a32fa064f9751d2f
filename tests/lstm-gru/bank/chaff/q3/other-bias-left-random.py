"""With a forget bias, the forget rows of bias_hh_l0 keep their random numbers.

Hint: The two biases of a gate are added. Is their sum over the forget rows what was asked for?
"""

credit = 0.9

EDITS = [
    ("self.bias_hh_l0[hidden_size : 2 * hidden_size] = 0.0", "pass"),
]
