"""Every sum is divided by the longest length of the batch instead of its own.

Hint: Does the mean of one sequence depend on which others are in its batch? It should not.
"""

credit = 0.65

EDITS = [
    (
        'return total / lengths[:, None]',
        'return total / lengths.max()',
    ),
]
