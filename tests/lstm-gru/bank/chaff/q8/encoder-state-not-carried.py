"""The encoder starts anew at every token: the state that it is in is not handed to the next step.

Hint: What does the layer start from when it is called without a state?
"""

credit = 0.5

EDITS = [
    (
        'self.encoder(x[:, t : t + 1], (h, c))',
        'self.encoder(x[:, t : t + 1])',
    ),
]
