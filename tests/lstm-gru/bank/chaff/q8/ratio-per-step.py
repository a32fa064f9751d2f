"""The forcing ratio is drawn once a step for the whole batch instead of for every sequence.

Hint: Must all sequences of a batch read their own token at the same step?
"""

credit = 0.75

EDITS = [
    (
        'torch.rand(own.shape) < forcing',
        'torch.rand(()) < forcing',
    ),
]
