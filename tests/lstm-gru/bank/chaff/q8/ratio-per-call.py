"""The forcing ratio is drawn once for the whole call instead of for every sequence and step.

Hint: How many coins are tossed for N sequences of T steps?
"""

credit = 0.75

EDITS = [
    (
        '        for t in range(targets.shape[1]):',
        '        coin = torch.rand(())\n        for t in range(targets.shape[1]):',
    ),
    (
        'forced = torch.rand(own.shape) < forcing',
        'forced = coin < forcing',
    ),
]
