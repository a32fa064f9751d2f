"""The step is given c in place of h and h in place of c.

Hint: Compare your call with the line `def lstm_step(…)` of the notebook, argument by argument.
"""

credit = 0.6

EDITS = [
    (
        '''h, c, _ = lstm_step(  # noqa: F821 (the notebook's)
                x[:, t], h, c, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0
            )''',
        '''h, c, _ = lstm_step(  # noqa: F821 (the notebook's)
                x[:, t], c, h, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0
            )''',
    ),
]
