"""`forget_bias` is added to the random numbers of bias_ih_l0, where those rows should be that number itself.

Hint: With forget_bias=1, what should the forget rows of bias_ih_l0 print?
"""

credit = 0.8

EDITS = [
    (
        'self.bias_ih_l0[hidden_size : 2 * hidden_size] = forget_bias',
        'self.bias_ih_l0[hidden_size : 2 * hidden_size] += forget_bias',
    ),
]
