"""With a forget bias, all of bias_hh_l0 is set to 0, where only its forget rows should be.

Hint: Which rows does the text want at 0, and what happens to the rows of the other three gates?
"""

credit = 0.8

EDITS = [
    (
        'self.bias_hh_l0[hidden_size : 2 * hidden_size] = 0.0',
        'self.bias_hh_l0.zero_()',
    ),
]
