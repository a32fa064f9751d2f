"""The forcing ratio is inverted: the true token is read with probability 1 − forcing.

Hint: With forcing = 1 no step may read the model's own token. How often is `torch.rand` below 1?
"""

credit = 0.65

EDITS = [
    (
        'torch.rand(own.shape) < forcing',
        'torch.rand(own.shape) >= forcing',
    ),
]
