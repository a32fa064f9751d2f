"""A forcing ratio between 0 and 1 is rounded: from one half on everything is forced, below nothing.

Hint: With forcing = 0.75, should one step in four read the model's own token, or none?
"""

credit = 0.7

EDITS = [
    (
        'forced = torch.rand(own.shape) < forcing',
        'forced = torch.full(own.shape, forcing >= 0.5)',
    ),
]
