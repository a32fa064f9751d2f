"""The forcing ratio is drawn once for every sequence instead of at every step.

Hint: Can a sequence of yours read its true token at step 3 and its own at step 4?
"""

credit = 0.75

EDITS = [
    (
        '        for t in range(targets.shape[1]):',
        '        coins = torch.rand(targets.shape[0])\n        for t in range(targets.shape[1]):',
    ),
    (
        'forced = torch.rand(own.shape) < forcing',
        'forced = coins < forcing',
    ),
]
