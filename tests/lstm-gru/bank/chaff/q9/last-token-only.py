"""Only the last real token of every sequence counts.

Hint: How many tokens of a sequence of 4 should the mean be taken over?
"""

credit = 0

EDITS = [
    (
        'real = targets != pad',
        'real = (targets != pad) & ((targets != pad).cumsum(1) == (targets != pad).sum(1, keepdim=True))',
    ),
]
