"""The step is given the sum of both biases and zeros: what it does with each of them alone is lost.

Hint: The step knows itself what to do with two biases. What does another step, with other equations, get from yours?
"""

credit = 0.7

EDITS = [
    (
        '''h, c, _ = lstm_step(  # noqa: F821 (the notebook's)
                x[:, t], h, c, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0
            )''',
        '''h, c, _ = lstm_step(  # noqa: F821 (the notebook's)
                x[:, t], h, c, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0 + self.bias_hh_l0, torch.zeros_like(self.bias_hh_l0)
            )''',
    ),
    (
        '''h, _ = gru_step(  # noqa: F821 (the notebook's)
                x[:, t], h, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0, self.bias_hh_l0
            )''',
        '''h, _ = gru_step(  # noqa: F821 (the notebook's)
                x[:, t], h, self.weight_ih_l0, self.weight_hh_l0, self.bias_ih_l0 + self.bias_hh_l0, torch.zeros_like(self.bias_hh_l0)
            )''',
    ),
]
